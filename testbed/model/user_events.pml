/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of how user_events keeps the bits in user memory: register,
 * unregister, fork and end of two address spaces, toggles of two events, the
 * job of each address space, and delete.  What begins with user_event or ue_ is
 * the function of that name in kernel/trace/trace_events_user*.c.
 *
 * Each scenario (-DNAME, at the end) is searched completely and checks that
 *
 *  - no bit is lost: when everything has come to rest, the bit of each
 *    registration of a live address space says whether its event is enabled,
 *    and a bit without a registration is clear (rest());
 *  - no event is used after its removal, and no enabler, sharer or address
 *    space after its memory was freed (USE(), and the asserts beside it);
 *  - no -EBUSY passes: a delete that starts when wait() has told of the end of
 *    the last process that had registered the event succeeds (deleter());
 *  - nothing waits for ever (invalid end states), which includes that no toggle
 *    and no delete waits for user space: whatever user space can hold up is
 *    held up until all of them are through (STALL).
 *
 * Each macro that starts with M_ is a mistake, and `mutations` tells which.
 *
 * Memory is sequentially consistent here.  Where the code relies on a barrier,
 * a mutation does the accesses in the other order.
 */

#ifndef TOGGLES
#define TOGGLES 2
#endif

/* Where only event 0 is toggled, jobs need not look at the other one. */
#ifdef ONE_EVENT
#define JOB_EVENTS	1
#else
#define JOB_EVENTS	2
#endif

#define MMS	2
#define EVENTS	2
#define SETS	4
#define NIL	7

#define PARENT	0
#define CHILD	1

/* A mutex is taken in the step that finds it free. */
#define LOCK(l)		atomic { !l -> l = true }
#define UNLOCK(l)	l = false

/* The event must be there. */
#define USE(e)		assert(alive[e])

/* A task that is not run, or a page that does not come, may hold up what is here. */
#ifdef STALLS
#define STALL()		if :: true :: true -> patient == 0 fi
#else
#define STALL()		skip
#endif

/* Events.  event->enablers is a list of sets here: a set has one enabler for
 * each event in it.  A removed enabler keeps its pointer to the next one. */
bool event_mutex;
bool status[EVENTS];
byte nr;			/* of the last toggle */
byte toggled[EVENTS];
byte refs[EVENTS];
bool alive[EVENTS];
byte enablers[EVENTS];		/* head of the list */
byte enabler_next[8];		/* EVENTS * SETS */
#define ENABLER(e, s)	enabler_next[(e) * SETS + (s)]

/* Sets. */
byte has[SETS];			/* a bit for each event */
byte nr_sharers[SETS];
byte sharers[SETS];		/* head of the list */
byte sharer_next[8];		/* SETS * MMS */
#define SHARER(s, m)	sharer_next[(s) * MMS + (m)]
byte discarded;			/* a bit for each set: user_event_discard() */
#ifdef BUDGET
byte deferred[SETS];		/* number of the toggle */
#endif

/* Address spaces. */
byte mm_users[MMS];
bool umm[MMS];			/* mm_struct::user_event_mm */
byte readers[MMS];		/* mmap_lock */
bool writer[MMS];
bool change[MMS];		/* umm->change */
bool lock[MMS];			/* umm->lock */
byte set[MMS];			/* umm->set */
byte nr_held[MMS];		/* in the list ue_held, unless 0 */
bool held_lock;			/* ue_held_lock */
bool absent[MMS];		/* its page */
byte bits[MMS];			/* in the page: a bit for each event */
byte registered[MMS];		/* what user space relies on: a bit for each event */

/* Jobs. */
bool behind[MMS];
bool again[MMS];
byte behind_since[MMS];
bool queued[MMS];
bool wanted[MMS];		/* the waiter */
bool running[MMS];
bool waiting[MMS];

/* The programs. */
byte patient;			/* toggles and deletes that are not through yet */
byte programs;			/* all that have not ended */
bool born;			/* the child */
byte exited;			/* a bit for each mm that wait() has told of */

/* Used inside of d_step only. */
hidden byte at;

#define BIT(e)		(1 << (e))

/* Lists: RCU lists, of which a reader sees each step but the pointers back. */
inline list_add_rcu(e, s)
{
	ENABLER(e, s) = enablers[e];
	enablers[e] = s;
}

inline list_add_tail_rcu(e, s)
{
	ENABLER(e, s) = NIL;
	if
	:: enablers[e] == NIL -> enablers[e] = s
	:: else ->
		at = enablers[e];
		do
		:: ENABLER(e, at) != NIL -> at = ENABLER(e, at)
		:: else -> break
		od;
		ENABLER(e, at) = s
	fi
}

inline list_del_rcu(e, s)
{
	if
	:: enablers[e] == s -> enablers[e] = ENABLER(e, s)
	:: else ->
		at = enablers[e];
		do
		:: ENABLER(e, at) != s -> at = ENABLER(e, at)
		:: else -> break
		od;
		ENABLER(e, at) = ENABLER(e, s)
	fi
}

/* set->lock */
inline user_event_set_share(s, m)
{
	d_step {
#ifdef M_SHARER_HEAD
		SHARER(s, m) = sharers[s];
		sharers[s] = m;
#else
		SHARER(s, m) = NIL;
		if
		:: sharers[s] == NIL -> sharers[s] = m
		:: else ->
			at = sharers[s];
			do
			:: SHARER(s, at) != NIL -> at = SHARER(s, at)
			:: else -> break
			od;
			SHARER(s, at) = m
		fi;
#endif
		nr_sharers[s]++;
		at = 0
	}
}

/* set->lock; the last one does user_event_discard() */
inline user_event_set_leave(s, m)
{
	d_step {
		assert(nr_sharers[s] > 0);
		if
		:: sharers[s] == m -> sharers[s] = SHARER(s, m)
		:: else ->
			at = sharers[s];
			do
			:: SHARER(s, at) != m -> at = SHARER(s, at)
			:: else -> break
			od;
			SHARER(s, at) = SHARER(s, m)
		fi;
		nr_sharers[s]--;
		last = (nr_sharers[s] == 0);
#ifdef M_SHARER_FREE
		SHARER(s, m) = NIL + 1;
#endif
		at = 0
	};
	if
	:: last -> discarded = discarded | BIT(s); last = false
	:: else
	fi
}

/* The caller has taken mm_struct::user_event_mm; only a job can still be in there. */
inline ue_mm_detach(m)
{
	if
	:: mine && set[m] != NIL ->
		old = set[m];
#ifdef M_END_DROPS
		d_step {
			if
			:: nr_sharers[old] == 1 && (has[old] & BIT(0)) -> user_event_put_locked(0)
			:: else
			fi;
			if
			:: nr_sharers[old] == 1 && (has[old] & BIT(1)) -> user_event_put_locked(1)
			:: else
			fi
		};
#endif
		atomic {
			set[m] = NIL;
			user_event_set_leave(old, m);
			old = NIL
		}
	:: else
	fi;
	mine = false
}

/* mm_users is 0 */
inline user_event_mm_end(m)
{
#ifdef M_END_NO_XCHG
	mine = umm[m];
	umm[m] = false;
#else
	atomic { mine = umm[m]; umm[m] = false };
#endif
	ue_mm_detach(m)
}

inline user_event_put_locked(e)
{
	refs[e]--;
	alive[e] = (refs[e] > 0)
}

/* The last one removes the event, under event_mutex. */
inline user_event_put(e)
{
	if
	:: atomic { refs[e] > 1 -> refs[e]-- }
	:: atomic { refs[e] == 1 && !event_mutex -> event_mutex = true };
		d_step { user_event_put_locked(e) };
		UNLOCK(event_mutex)
	fi
}

inline drop_enabler(s, e)
{
	if
	:: has[s] & BIT(e) ->
		USE(e);
		list_del_rcu(e, s);
		user_event_put_locked(e)
	:: else
	fi
}

inline ue_set_drop(s)
{
	if
	:: discarded & BIT(s) ->
		drop_enabler(s, 0);
		drop_enabler(s, 1);
		has[s] = 0
	:: else
	fi
}

/* event_mutex is held */
inline user_events_drop_locked()
{
	d_step {
		ue_set_drop(0);
		ue_set_drop(1);
		ue_set_drop(2);
		ue_set_drop(3);
		discarded = 0;
		at = 0
	}
}

/* job_lock, then the queue.  The job has a reference to umm, which can not be
 * taken when the last one has gone. */
inline user_event_mirror_later(m, n)
{
	d_step {
		if
		:: !behind[m] || n < behind_since[m] -> behind_since[m] = n
		:: else
		fi;
		behind[m] = true;
#ifndef M_NO_AGAIN
		again[m] = true
#endif
	};
	atomic {
		if
		:: umm[m] || queued[m] || running[m] || waiting[m] -> queued[m] = true
		:: else ->
#ifdef M_LATER_REVIVES
			assert(false)
#else
			skip
#endif
		fi
	}
}

/* Jobs and waiters enter with this, and are counted in the same critical section. */
inline user_event_mm_hold(m)
{
#ifdef M_HOLD_COUNTS_LATE
	atomic { ok = (mm_users[m] > 0); mm_users[m] = mm_users[m] + ok };
	skip;
	atomic { !held_lock -> nr_held[m] = nr_held[m] + ok }
#else
	atomic {
		!held_lock -> ok = (mm_users[m] > 0);
		mm_users[m] = mm_users[m] + ok;
		nr_held[m] = nr_held[m] + ok
	}
#endif
}

/* An address space that ends by this has ended before others can take the lock. */
inline user_event_mm_release(m)
{
#ifdef M_RELEASE_LEAVES_LATE
	atomic { !held_lock -> nr_held[m]-- };
	atomic { mm_users[m]--; ok = (mm_users[m] == 0) };
#else
	atomic {
		!held_lock -> nr_held[m]--;
		mm_users[m]--;
		ok = (mm_users[m] == 0);
		held_lock = ok
	};
#endif
	if
	:: ok ->
#ifndef M_RELEASE_NO_END
		user_event_mm_end(m);
#endif
		held_lock = false
	:: else
	fi
}

inline settle_one(m)
{
#ifdef M_SETTLE_LOCKS_FIRST
	if
	:: nr_held[m] > 0 -> !lock[m]
	:: else
	fi;
#endif
	/* ue_take_abandoned() */
	atomic {
		!held_lock;
		if
#ifdef M_SETTLE_TAKES_LIVE
		:: nr_held[m] > 0 -> mine = umm[m]; umm[m] = false
#else
		:: nr_held[m] > 0 && mm_users[m] <= nr_held[m] -> mine = umm[m]; umm[m] = false
#endif
		:: else
		fi
	};
	if
	:: mine ->
#ifndef M_SETTLE_NO_LOCK
		LOCK(lock[m]);
#endif
		ue_mm_detach(m);
#ifndef M_SETTLE_NO_LOCK
		UNLOCK(lock[m])
#endif
	:: else
	fi
}

/* event_mutex is held */
inline user_event_mm_settle()
{
	settle_one(PARENT);
	settle_one(CHILD)
}

/*
 * A bit is written under umm->lock, in two steps, since status can change
 * between them.  The first one comes with the taking of the lock, the second
 * with its release: nobody else can tell.
 */
inline find_bit(m, e, since)
{
	yes = false;
	if
	:: set[m] != NIL -> yes = ((has[set[m]] & BIT(e)) != 0 && toggled[e] >= since)
	:: else
	fi
}

inline read_status(e)
{
	USE(e);
	value = status[e]
}

inline user_event_write_bit(m, e)
{
	USE(e);
	bits[m] = (value -> bits[m] | BIT(e) : bits[m] & ~BIT(e));
	value = false
}

/*
 * One address space of a toggle.  It waits for nothing.  mmget_not_zero() comes
 * with the tries to lock: who drops mm_users in between does nothing else.
 */
inline ue_toggle_sharer(m, e)
{
	atomic {
		ok = (mm_users[m] > 0);
		if
		:: ok && !writer[m] && !lock[m] ->
			mm_users[m]++;
			readers[m]++;
			lock[m] = true;
#ifdef M_TOGGLE_NO_LOOKUP
			yes = true;
#else
			find_bit(m, e, 0);
#endif
			later = yes && absent[m];
			yes = yes && !absent[m];
			if
			:: yes -> read_status(e)
			:: else
			fi
#ifdef M_TOGGLE_LOCKS_MMAP
		:: ok && writer[m] ->
			mm_users[m]++;
			!writer[m] && !lock[m] -> readers[m]++; lock[m] = true; yes = true;
			read_status(e)
#endif
#ifdef M_TOGGLE_LOCKS
		:: ok && !writer[m] && lock[m] ->
			mm_users[m]++;
			readers[m]++;
			!lock[m] -> lock[m] = true; yes = true;
			read_status(e)
#endif
		:: else ->
			mm_users[m] = mm_users[m] + ok;
#ifndef M_TRYLOCK_IGNORED
			later = ok;
#endif
			gone = !ok;
			ok = false
		fi
	};
#ifdef M_TOGGLE_FAULTS
	if
	:: ok && later ->
		STALL();
		absent[m] = false;
		later = false;
		yes = true;
		read_status(e)
	:: else
	fi;
#endif
	if
	:: ok ->
		atomic {
			if
			:: yes -> user_event_write_bit(m, e)
			:: else
			fi;
			lock[m] = false;
			readers[m]--;
			yes = false
		}
	:: else
	fi;
	if
	:: later -> user_event_mirror_later(m, nr)
	:: else
	fi;
	/* user_event_mm_leave() */
	atomic {
		ok = gone;
		if
		:: !gone ->
			mm_users[m]--;
#ifndef M_TOGGLE_NO_END
			ok = (mm_users[m] == 0)
#endif
		:: else
		fi;
		gone = false;
		later = false
	};
	if
	:: ok -> user_event_mm_end(m); ok = false
	:: else
	fi
}

/* user_event_set_status() of any event, TOGGLES times */
proctype toggler()
{
	byte n, e, s = NIL, next = NIL, m = NIL, old = NIL;
	bool ok, later, yes, value, last, mine, gone, spent;

	do
	:: n < TOGGLES ->
		n++;
		if
		:: e = 0
#ifndef ONE_EVENT
		:: e = 1
#endif
		fi;
		LOCK(event_mutex);
		if
		:: alive[e] ->
			/* event->lock */
			d_step {
				status[e] = !status[e];
				refs[e] = (status[e] -> refs[e] + 1 : refs[e]);
				nr++;
				toggled[e] = nr
			};
			s = enablers[e];
			do
			:: s != NIL ->
				assert(s < NIL);
#ifdef M_NEXT_ENABLER_EARLY
				next = ENABLER(e, s);
#endif
				m = sharers[s];
#ifdef BUDGET
				if
				:: spent = true
				:: true
				fi;
				if
				:: spent && deferred[s] == nr -> m = NIL
				:: spent && deferred[s] != nr -> deferred[s] = nr
				:: else
				fi;
#endif
				do
				:: m != NIL ->
					assert(m < NIL);
#ifdef M_NEXT_SHARER_EARLY
					next = SHARER(s, m);
#endif
					if
					:: !spent -> ue_toggle_sharer(m, e)
					:: else -> user_event_mirror_later(m, nr)
					fi;
#ifndef M_NEXT_SHARER_EARLY
					next = SHARER(s, m);
#endif
					m = next
				:: else -> break
				od;
#ifndef M_NEXT_ENABLER_EARLY
				next = ENABLER(e, s);
#endif
				s = next;
				next = NIL
			:: else -> break
			od;
			spent = false;
			/* The consumer drops its reference. */
			if
			:: !status[e] -> d_step { user_event_put_locked(e) }
			:: else
			fi
		:: else
		fi;
		atomic { event_mutex = false; e = 0 }
	:: else -> break
	od;
	atomic { patient--; programs-- }
}

proctype job(byte m)
{
	byte e, since, old = NIL;
	bool ok, left, yes, fault, value, last, mine;

end:
	do
	:: atomic { queued[m] -> queued[m] = false; running[m] = true };
		user_event_mm_hold(m);
		if
		:: ok ->
			d_step {
				again[m] = false;
				since = behind_since[m];
#ifdef M_JOB_CLEARS_EARLY
				behind[m] = false;
#endif
				left = false
			};
			e = 0;
			do
			:: e < JOB_EVENTS ->
				/* mmap_lock is only tried.  Nobody takes it under umm->lock. */
				atomic {
					writer[m] || !lock[m];
					if
					:: writer[m] -> left = true
					:: else ->
						find_bit(m, e, since);
						fault = yes && absent[m];
						yes = yes && !absent[m];
						if
						:: yes -> lock[m] = true; readers[m]++; read_status(e)
						:: fault -> readers[m]++
						:: else
						fi
					fi
				};
				if
				:: fault ->
					fault = false;
					STALL();
					if
					:: absent[m] = false
					:: left = true
#ifdef WAITERS
						; wanted[m] = true
#endif
					fi;
					atomic {
						!lock[m];
#ifdef M_JOB_KEEPS_SET
						yes = !absent[m];
#else
						find_bit(m, e, since);
						yes = yes && !absent[m];
#endif
						if
						:: yes -> lock[m] = true; read_status(e)
						:: else -> readers[m]--
						fi
					}
				:: else
				fi;
				if
				:: yes ->
					atomic {
						user_event_write_bit(m, e);
						lock[m] = false;
						readers[m]--;
						yes = false
					}
				:: else
				fi;
				e++
			:: else -> break
			od;
			e = 0;
			/* job_lock */
			d_step {
				since = 0;
				if
				/* user_event_mirror_later() has queued it again then */
				:: !left -> behind[m] = again[m]
				:: else ->
					behind[m] = true;
#ifndef M_JOB_NO_REQUEUE
					queued[m] = true
#endif
				fi;
				left = false
			};
			user_event_mm_release(m)
		:: else
		fi;
		atomic { running[m] = false; ok = false }
	od
}

#ifdef WAITERS
/* Faults a page in, however long that takes, and has the job look again. */
proctype waiter(byte m)
{
	byte old = NIL;
	bool ok, last, mine;

end:
	do
	:: atomic { wanted[m] -> wanted[m] = false; waiting[m] = true };
		user_event_mm_hold(m);
		if
		:: ok ->
			atomic { !writer[m] -> readers[m]++ };
			STALL();
			absent[m] = false;
			readers[m]--;
			user_event_mm_release(m);
			queued[m] = true
		:: else
		fi;
		atomic { waiting[m] = false; ok = false }
	od
}
#endif

#if defined(DELETE) || defined(HANG) || defined(LIFE) || defined(NEIGHBOUR)
#define WORKER
/* Completes what the end of an address space leaves behind. */
proctype worker()
{
end:
	do
	:: atomic { discarded != 0 && !event_mutex -> event_mutex = true };
		user_events_drop_locked();
		UNLOCK(event_mutex)
	od
}
#endif

/*
 * The calls of a task follow.  umm->change is held over all of register and
 * unregister, and so is mmap_lock for reading.
 */

inline ue_copy_enabler(e, from, to)
{
	if
	:: has[from] & BIT(e) ->
		d_step {
			USE(e);
#ifndef M_COPY_NO_REF
			refs[e]++;
#endif
			has[to] = has[to] | BIT(e);
#ifdef M_COPY_HEAD
			list_add_rcu(e, to);
#else
			list_add_tail_rcu(e, to);
#endif
			at = 0
		}
	:: else
	fi
}

/*
 * Afterwards @m alone has umm->set, which is the old one or set number @new.
 * Copying needs no lock: a set that is shared does not change.
 */
inline ue_own_set(m, new)
{
	if
	:: set[m] == NIL ->
		user_event_set_share(new, m);
		atomic { !lock[m] -> set[m] = new }
#ifndef M_OWN_NOT
	:: set[m] != NIL && nr_sharers[set[m]] > 1 ->
		old = set[m];
		user_event_set_share(new, m);
#ifndef M_COPY_LATE
		ue_copy_enabler(0, old, new);
		ue_copy_enabler(1, old, new);
#endif
		atomic { !lock[m] -> set[m] = new };
		user_event_set_leave(old, m);
#ifdef M_COPY_LATE
		ue_copy_enabler(0, old, new);
		ue_copy_enabler(1, old, new);
#endif
		old = NIL
#endif
	:: else
	fi
}

inline ue_begin_change(m)
{
#ifdef THREADS
#ifndef M_NO_CHANGE
	LOCK(change[m]);
#endif
#endif
	atomic { !writer[m] -> readers[m]++ }
}

inline ue_end_change(m)
{
	readers[m]--;
#ifdef THREADS
#ifndef M_NO_CHANGE
	UNLOCK(change[m])
#endif
#endif
}

/* The page is there: it is faulted in with no lock held. */
inline user_event_register(m, e, new)
{
	USE(e);
	ue_begin_change(m);
	ue_own_set(m, new);
	LOCK(lock[m]);
#ifdef M_REGISTER_READS_FIRST
	value = status[e];
#endif
#ifndef M_REGISTER_WRITES_FIRST
	/* user_event_set_insert() */
	d_step {
		refs[e]++;
		has[set[m]] = has[set[m]] | BIT(e);
		list_add_rcu(e, set[m])
	};
#endif
	STALL();
#ifndef M_REGISTER_READS_FIRST
	atomic { read_status(e) };
#endif
	d_step {
		user_event_write_bit(m, e);
		registered[m] = registered[m] | BIT(e)
	};
#ifdef M_REGISTER_WRITES_FIRST
	UNLOCK(lock[m]);
	LOCK(lock[m]);
	d_step {
		refs[e]++;
		has[set[m]] = has[set[m]] | BIT(e);
		list_add_rcu(e, set[m])
	};
#endif
	UNLOCK(lock[m]);
	ue_end_change(m)
}

inline user_event_unregister(m, e, new)
{
	ue_begin_change(m);
	ue_own_set(m, new);
	LOCK(lock[m]);
	d_step {
		bits[m] = bits[m] & ~BIT(e);
		registered[m] = registered[m] & ~BIT(e)
	};
	STALL();
#ifdef M_UNREGISTER_UNLOCKS
	UNLOCK(lock[m]);
	LOCK(lock[m]);
#endif
#ifdef M_PUT_EARLY
	user_event_put(e);
#endif
	/* user_event_set_erase() */
	USE(e);
	d_step {
		list_del_rcu(e, set[m]);
		has[set[m]] = has[set[m]] & ~BIT(e);
#ifdef M_ENABLER_FREE
		ENABLER(e, set[m]) = NIL + 1;
#endif
		at = 0
	};
	UNLOCK(lock[m]);
	ue_end_change(m);
#ifndef M_PUT_EARLY
	user_event_put(e)
#endif
}

/* dup_mmap(), with both mmap_locks held for writing */
inline dup_mmap()
{
	atomic { !writer[PARENT] && readers[PARENT] == 0 -> writer[PARENT] = true };
	d_step {
		writer[CHILD] = true;
		mm_users[CHILD] = 1;
		absent[CHILD] = absent[PARENT];
		bits[CHILD] = bits[PARENT];
		registered[CHILD] = registered[PARENT]
	};
	STALL();
#ifdef M_FORK_SHARES_LATE
	d_step { writer[PARENT] = false; writer[CHILD] = false };
#endif
	user_event_mm_dup();
#ifndef M_FORK_SHARES_LATE
	d_step { writer[PARENT] = false; writer[CHILD] = false };
#endif
	born = true
}

inline user_event_mm_dup()
{
	if
	:: umm[PARENT] && set[PARENT] != NIL ->
#ifdef M_FORK_READS_FIRST
		d_step { ok = behind[PARENT]; since = behind_since[PARENT] };
#endif
		set[CHILD] = set[PARENT];
		umm[CHILD] = true;
		user_event_set_share(set[PARENT], CHILD);
#ifndef M_FORK_READS_FIRST
		/* job_lock */
		d_step { ok = behind[PARENT]; since = behind_since[PARENT] };
#endif
#ifndef M_FORK_INHERITS_NOT
		if
		:: ok -> user_event_mirror_later(CHILD, since)
		:: else
		fi;
#endif
		ok = false;
		since = 0
	:: else
	fi
}

/* The last mmput() comes before wait() tells. */
inline exit_mm(m)
{
	atomic { mm_users[m]--; ok = (mm_users[m] == 0) };
	if
	:: ok -> ok = false; user_event_mm_end(m)
	:: else
	fi;
	exited = exited | BIT(m)
}

#define TASK_LOCALS				\
	byte since, old = NIL;			\
	bool ok, value, last, mine

#if defined(DELETE) || defined(HANG) || defined(NEIGHBOUR)
/* A delete of event 0, which nobody has registered any more, and which is off
 * when all toggles are through. */
proctype deleter()
{
	byte old = NIL;
	bool last, mine;

#ifdef NEIGHBOUR
	exited == BIT(PARENT);
#else
	exited == (BIT(PARENT) | BIT(CHILD)) && patient == 1 && !status[0];
#endif
	LOCK(event_mutex);
	if
	:: refs[0] > 1 ->
#ifndef M_NO_SETTLE
		user_event_mm_settle();
#endif
#ifndef M_NO_DRAIN
		user_events_drop_locked()
#endif
	:: else
	fi;
	/* else it is -EBUSY, which would pass */
	assert(refs[0] == 1);
	d_step { user_event_put_locked(0) };
	UNLOCK(event_mutex);
	atomic { patient--; programs-- }
}
#endif

#define RIGHT(m)	(mm_users[m] == 0 || bits[m] == (registered[m] & (status[0] + 2 * status[1])))

proctype rest()
{
	atomic {
		programs == 0 &&
#ifdef WORKER
		discarded == 0 &&
#endif
		!queued[PARENT] && !running[PARENT] && !wanted[PARENT] && !waiting[PARENT] &&
		!queued[CHILD] && !running[CHILD] && !wanted[CHILD] && !waiting[CHILD] ->
		assert(RIGHT(PARENT));
		assert(RIGHT(CHILD));
#ifdef LIFE
		/* Nobody is left who has a reference. */
		assert(!alive[0] || status[0]);
		assert(!alive[1] || status[1])
#endif
	}
}

/* The start: how many programs, what is registered, in which set. */
inline begin_scenario(nr_programs, nr_patient)
{
	at = 0;
	do
	:: at < SETS ->
		sharers[at] = NIL;
		at++
	:: else -> break
	od;
	at = 0;
	programs = nr_programs;
	patient = nr_patient;
	enablers[0] = NIL;
	enablers[1] = NIL;
	refs[0] = 1;
	refs[1] = 1;
	alive[0] = true;
	alive[1] = true;
	set[PARENT] = NIL;
	set[CHILD] = NIL;
	mm_users[PARENT] = 1;
	umm[PARENT] = true
}

/* The parent has registered @e, in set 0, which it does not share. */
inline begin_registered(e)
{
	ENABLER(e, 0) = NIL;
	enablers[e] = 0;
	has[0] = has[0] | BIT(e);
	refs[e]++;
	registered[PARENT] = registered[PARENT] | BIT(e);
	set[PARENT] = 0;
	sharers[0] = PARENT;
	SHARER(0, PARENT) = NIL;
	nr_sharers[0] = 1
}

/* The child has come by a fork. */
inline begin_forked()
{
	mm_users[CHILD] = 1;
	umm[CHILD] = true;
	registered[CHILD] = registered[PARENT];
	set[CHILD] = 0;
	SHARER(0, PARENT) = CHILD;
	SHARER(0, CHILD) = NIL;
	nr_sharers[0] = 2;
	born = true
}

/*
 * The scenarios
 */

proctype parent()
{
	TASK_LOCALS;

#ifdef FORK
	dup_mmap();
#endif
#ifdef OWN
	user_event_unregister(PARENT, 1, 2);
#endif
#ifdef LEAVE
	exit_mm(PARENT);
#endif
#ifdef REGISTER
	user_event_register(PARENT, 0, 0);
	dup_mmap();
#endif
#if defined(DELETE) || defined(HANG) || defined(NEIGHBOUR)
	exit_mm(PARENT);
#endif
#ifdef LIFE
	exit_mm(PARENT);
#endif
	programs--
}

/* Two of them have one address space. */
#ifdef THREADS
proctype thread(byte e, new)
{
	TASK_LOCALS;

	user_event_register(PARENT, e, new);
	programs--
}
#endif

proctype child()
{
	TASK_LOCALS;

	born;
#if defined(OWN) || defined(LEAVE) || defined(NEIGHBOUR)
	user_event_unregister(CHILD, 1, 1);
#endif
#ifdef DELETE
	exit_mm(CHILD);
#endif
#ifdef LIFE
	user_event_unregister(CHILD, 1, 1);
	exit_mm(CHILD);
#endif
	programs--
}

init {
	atomic {
#ifdef FORK
		d_step { begin_scenario(2, 1); begin_registered(0) };
#ifdef ABSENT
		absent[PARENT] = true;
#endif
		run parent();
#endif
#ifdef PAGE
		d_step { begin_scenario(1, 1); begin_registered(0); begin_registered(1) };
		absent[PARENT] = true;
#endif
#if defined(OWN) || defined(LEAVE)
		d_step { begin_scenario(3, 1); begin_registered(0); begin_registered(1); begin_forked() };
		run parent();
		run child();
#endif
#ifdef REGISTER
		d_step { begin_scenario(2, 1) };
		run parent();
#endif
#ifdef THREADS
		d_step { begin_scenario(3, 1) };
		run thread(0, 0);
		run thread(1, 1);
#endif
#ifdef DELETE
		d_step { begin_scenario(4, 2); begin_registered(0); begin_forked() };
#ifdef ABSENT
		absent[PARENT] = true;
#endif
		run parent();
		run child();
		run deleter();
#endif
#ifdef HANG
		d_step { begin_scenario(3, 2); begin_registered(0); exited = BIT(CHILD) };
		absent[PARENT] = true;
		run parent();
		run deleter();
#endif
#ifdef NEIGHBOUR
		d_step {
			begin_scenario(4, 2);
			begin_registered(0);
			mm_users[CHILD] = 1;
			umm[CHILD] = true;
			ENABLER(1, 1) = NIL;
			enablers[1] = 1;
			has[1] = BIT(1);
			refs[1]++;
			registered[CHILD] = BIT(1);
			set[CHILD] = 1;
			sharers[1] = CHILD;
			SHARER(1, CHILD) = NIL;
			nr_sharers[1] = 1;
			born = true;
			queued[PARENT] = true;
			queued[CHILD] = true
		};
		run parent();
		run child();
		run deleter();
#endif
#ifdef LIFE
		d_step { begin_scenario(3, 1); begin_registered(0); begin_registered(1); begin_forked() };
		refs[0]--;
		refs[1]--;
		run parent();
		run child();
#endif
#ifdef WORKER
		run worker();
#endif
		run toggler();
#ifdef WAITERS
		run waiter(PARENT);
#endif
		run job(PARENT);
		run job(CHILD);
		run rest()
	}
}
