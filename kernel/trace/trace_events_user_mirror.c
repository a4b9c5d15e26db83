// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: bits in user memory that mirror whether an event is recorded.
 *
 * A toggle is a change of whether an event has consumers.  It holds
 * event_mutex, so it writes only the bits that can be written at once: it tries
 * locks, and never faults.  It leaves the rest to a job of the address space,
 * which does not wait for user space either.  If a page has to be waited for,
 * the job starts a waiter, of which each user has a limited number.  A waiter
 * writes no bits: it faults a page in, and then the job continues.
 */
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/srcu.h>
#include <linux/workqueue.h>

#include "trace_events_user_mm.h"

/* Maximum number of bits that one toggle writes itself */
#define UE_TOGGLE_BITS 4096

/* Number of enablers that a job handles before it releases its locks */
#define UE_JOB_CHUNK 256

/* Number of pages that a job skips before it ends and runs again later */
#define UE_JOB_SKIPS 64

/* Maximum delay in jiffies of a job that has skipped a page */
#define UE_MAX_DELAY HZ

/**
 * struct ue_pass - one run of a job over the enablers of an address space
 * @since: only events with this user_event::toggled or a later one are mirrored
 * @addr: address of the enabler to continue with
 * @bit: bit of that enabler
 * @tries: how often the page of that enabler has been faulted in
 * @nr_skipped: number of pages that have been skipped
 * @changed: a bit has changed
 * @ended: the pass has reached the end of the set
 */
struct ue_pass {
	u64		since;
	unsigned long	addr;
	u8		bit;
	u8		tries;
	unsigned int	nr_skipped;
	bool		changed;
	bool		ended;
};

/* Number of the last toggle; guarded by event_mutex */
static u64 ue_last_toggle;

/*
 * Writes the bit of an enabler.  Returns false if the page can't be written to
 * without waiting; sets @changed if the bit has changed.
 */
static bool ue_mirror(struct user_event_mm *umm, struct user_event_enabler *enabler,
		      bool *changed)
{
	struct page *page;

	lockdep_assert_held(&umm->lock);
	page = user_event_pin_page(umm->mm, enabler->addr);
	if (!page)
		return false;
	/*
	 * A toggle stores the status before it tries the lock: either the new
	 * status is read here, or the toggle finds the lock held and queues a
	 * job.
	 */
	if (user_event_write_bit(page, enabler, READ_ONCE(enabler->event->status)))
		*changed = true;
	return user_event_unpin_page(page);
}

/*
 * Jobs
 */

/**
 * user_event_mirror_later - let a job write the bits that a toggle could not
 * @umm: the address space; found under user_event_srcu, or the caller has a
 *	reference
 * @since: number of the toggle
 *
 * Context: Process context.  Takes no mutex and allocates nothing.
 */
void user_event_mirror_later(struct user_event_mm *umm, u64 since)
{
	bool queued;

	scoped_guard(spinlock, &umm->job_lock) {
		if (!umm->behind || since < umm->behind_since)
			umm->behind_since = since;
		/* The job clears it when it begins: until then it is queued */
		queued = umm->again;
		umm->behind = true;
		umm->again = true;
		umm->tries = 0;
	}
	if (!queued)
		user_event_mm_queue_job(umm);
}

/**
 * user_event_inherit_job - let a child's job do what its parent's has not done
 * @child: the address space of the child, in the list of sharers
 * @parent: the address space of its parent, whose mmap_lock is held for
 *	writing: its job has written a bit before the memory was copied, or is
 *	still behind
 *
 * Context: Process context.
 */
void user_event_inherit_job(struct user_event_mm *child, struct user_event_mm *parent)
{
	bool behind;
	u64 since;

	mmap_assert_write_locked(parent->mm);
	spin_lock(&parent->job_lock);
	behind = parent->behind;
	since = parent->behind_since;
	spin_unlock(&parent->job_lock);
	if (behind)
		user_event_mirror_later(child, since);
}

static bool ue_was_toggled(struct user_event *event, u64 since)
{
	bool toggled;

	spin_lock(&event->lock);
	toggled = event->toggled >= since;
	spin_unlock(&event->lock);
	return toggled;
}

/* Lets a pass continue after the page that it has reached */
static void ue_skip_page(struct ue_pass *pass)
{
	pass->addr = (pass->addr & PAGE_MASK) + PAGE_SIZE;
	pass->bit = 0;
	pass->tries = 0;
}

/* Skips the page, and lets the job run again unless the page has failed */
static void ue_leave_page(struct user_event_mm *umm, struct ue_pass *pass)
{
	if (user_event_wait_for_page(umm, pass->addr))
		pass->nr_skipped++;
	ue_skip_page(pass);
}

static void ue_move_to(struct ue_pass *pass, const struct user_event_enabler *enabler)
{
	if (pass->addr == enabler->addr && pass->bit == enabler->bit)
		return;
	pass->addr = enabler->addr;
	pass->bit = enabler->bit;
	pass->tries = 0;
}

/*
 * Writes the bits whose pages can be written to at once.  Returns false at an
 * enabler whose page can't, after moving @pass to it.  The caller holds the
 * mmap_lock.
 */
static bool ue_mirror_present(struct user_event_mm *umm, struct ue_pass *pass)
{
	struct user_event_enabler *enabler;
	unsigned int nr;

	mmap_assert_locked(umm->mm);
	guard(mutex)(&umm->lock);
	enabler = user_event_set_first(umm->set, pass->addr, pass->bit);
	for (nr = 0; enabler; nr++) {
		ue_move_to(pass, enabler);
		if (nr == UE_JOB_CHUNK)
			return true;
		if (ue_was_toggled(enabler->event, pass->since) &&
		    !ue_mirror(umm, enabler, &pass->changed))
			return false;
		enabler = user_event_set_next(enabler);
	}
	pass->ended = true;
	return true;
}

/* Faults in the page that @pass has reached, or skips it */
static void ue_bring_page(struct user_event_mm *umm, struct ue_pass *pass)
{
	int ret = -EFAULT;

	if (pass->tries++ < USER_EVENT_FAULT_TRIES)
		ret = user_event_fault_in_nowait(umm->mm, pass->addr);
	if (ret == -EAGAIN || ret == -ENOMEM || ret == -EINTR)
		ue_leave_page(umm, pass);
	else if (ret)
		ue_skip_page(pass);
}

/*
 * Executes one step of a job, and holds the mmap_lock no longer than that.  The
 * lock is only tried, since it may be held for ever: by a page fault that waits
 * for user space, while a writer waits for the lock.
 */
static void ue_mirror_step(struct user_event_mm *umm, struct ue_pass *pass)
{
	if (!mmap_read_trylock(umm->mm)) {
		user_event_wait_for_page(umm, USER_EVENT_JUST_THE_LOCK);
		/* The lock is needed for all other pages as well */
		pass->nr_skipped = UE_JOB_SKIPS;
		return;
	}
	if (!ue_mirror_present(umm, pass))
		ue_bring_page(umm, pass);
	mmap_read_unlock(umm->mm);
}

/*
 * Returns true when all bits have been written: the pass has begun at the start
 * of the set, reached its end, and skipped nothing.
 */
static bool ue_mirror_pass(struct user_event_mm *umm, struct ue_pass *pass)
{
	bool whole = !umm->resume;

	pass->addr = umm->resume;
	while (!pass->ended && pass->nr_skipped < UE_JOB_SKIPS) {
		ue_mirror_step(umm, pass);
		cond_resched();
	}
	umm->resume = pass->ended ? 0 : pass->addr;
	return whole && pass->ended && !pass->nr_skipped;
}

static u64 ue_begin_job(struct user_event_mm *umm)
{
	bool again;
	u64 since;

	scoped_guard(spinlock, &umm->job_lock) {
		again = umm->again;
		since = umm->behind_since;
		umm->again = false;
	}
	/* After another toggle, pages that failed before are tried again */
	if (again)
		user_event_mm_forget_failures(umm);
	return since;
}

/* Returns the delay in jiffies before the job tries the skipped pages again */
static unsigned long ue_job_delay(struct user_event_mm *umm, const struct ue_pass *pass)
{
	lockdep_assert_held(&umm->job_lock);
	if (!pass->nr_skipped)
		return 0;
	/* Keep the delay short as long as pages become available */
	if (pass->changed && umm->tries > USER_EVENT_TRIES_UNTIL_WAIT)
		umm->tries = USER_EVENT_TRIES_UNTIL_WAIT;
	if (1UL << umm->tries >= UE_MAX_DELAY)
		return UE_MAX_DELAY;
	return 1UL << umm->tries++;
}

/*
 * Until a job is done, user_event_mm::behind tells a fork that the memory which
 * it copies may lack bits.
 */
static void ue_end_job(struct user_event_mm *umm, const struct ue_pass *pass, bool done)
{
	unsigned long delay = 0;

	spin_lock(&umm->job_lock);
	if (done)
		umm->behind = umm->again;
	else
		delay = ue_job_delay(umm, pass);
	spin_unlock(&umm->job_lock);
	if (done)
		return;

	/* A toggle may have queued the job already, to run at once */
	refcount_inc(&umm->refs);
	if (!queue_delayed_work(user_event_job_wq, &umm->job, delay))
		user_event_mm_put(umm);
}

/**
 * user_event_job - write the bits of an address space that toggles could not
 * @work: the job of the address space, which holds a reference
 *
 * Context: Workqueue.
 */
void user_event_job(struct work_struct *work)
{
	struct user_event_mm *umm = container_of(to_delayed_work(work),
						 struct user_event_mm, job);
	struct ue_pass pass = {};

	if (user_event_mm_hold(umm)) {
		pass.since = ue_begin_job(umm);
		ue_end_job(umm, &pass, ue_mirror_pass(umm, &pass));
		user_event_mm_release(umm);
	}
	user_event_mm_put(umm);
}

/*
 * Toggle
 */

/* Looks the enabler up again: it may have been removed, or the set copied */
static bool ue_mirror_own(struct user_event_mm *umm, const struct user_event_enabler *found)
{
	struct user_event_enabler *enabler;
	bool changed;

	lockdep_assert_held(&umm->lock);
	enabler = user_event_set_find(umm->set, found->addr, found->bit);
	if (!enabler || enabler->event != found->event)
		return true;
	return ue_mirror(umm, enabler, &changed);
}

/* Returns false if the bit has to be written later; mm_users must be held */
static bool ue_try_mirror(struct user_event_mm *umm, const struct user_event_enabler *found)
{
	bool done = false;

	if (!mmap_read_trylock(umm->mm))
		return false;
	if (mutex_trylock(&umm->lock)) {
		done = ue_mirror_own(umm, found);
		mutex_unlock(&umm->lock);
	}
	mmap_read_unlock(umm->mm);
	return done;
}

static void ue_toggle_sharer(struct user_event_mm *umm,
			     const struct user_event_enabler *enabler, u64 toggle)
{
	struct mm_struct *mm = umm->mm;

	if (!mmget_not_zero(mm)) {
		user_event_mm_end(mm);
		return;
	}
	if (!ue_try_mirror(umm, enabler))
		user_event_mirror_later(umm, toggle);
	user_event_mm_leave(mm);
}

/*
 * Toggles an enabler in all address spaces that share it, until @budget is used
 * up.  The other address spaces get jobs.  A job handles all enablers of its
 * set, so one toggle queues it only once for a set.
 */
static void ue_toggle_enabler(const struct user_event_enabler *enabler, u64 toggle,
			      unsigned int *budget)
{
	struct user_event_set *set = enabler->set;
	struct user_event_sharer *sharer;
	bool defer = !*budget;

	lockdep_assert_held(&event_mutex);
	if (set->deferred == toggle)
		return;
	list_for_each_entry_srcu(sharer, &set->sharers, of_set,
				 srcu_read_lock_held(&user_event_srcu)) {
		if (*budget) {
			--*budget;
			ue_toggle_sharer(sharer->umm, enabler, toggle);
		} else {
			user_event_mirror_later(sharer->umm, toggle);
		}
	}
	if (defer)
		set->deferred = toggle;
	cond_resched();
	/*
	 * Read the list of sharers before the next enabler: an address space
	 * that is not in the list any more has added its copy of the enabler to
	 * the event's list before it left the set, see ue_own_set().
	 */
	smp_rmb();
}

/* The lock makes an enabler that is added later see the new status */
static void ue_store_status(struct user_event *event, u8 status, u64 toggle)
{
	spin_lock(&event->lock);
	WRITE_ONCE(event->status, status);
	event->toggled = toggle;
	spin_unlock(&event->lock);
}

/**
 * user_event_set_status - set the status of an event, and mirror it
 * @event: the event
 * @status: the kinds of its consumers, USER_EVENT_BY_*
 *
 * Context: event_mutex held; may sleep, but never waits for user space, memory,
 * or a lock that a task may hold while it waits for them.
 */
void user_event_set_status(struct user_event *event, u8 status)
{
	unsigned int budget = UE_TOGGLE_BITS;
	struct user_event_enabler *enabler;
	u8 old = event->status;
	int idx;

	lockdep_assert_held(&event_mutex);
	if (old != status)
		user_event_changed(event->name->group);
	if (!old == !status) {
		ue_store_status(event, status, event->toggled);
		return;
	}
	ue_store_status(event, status, ++ue_last_toggle);
	event->name->group->nr_busy += status ? 1 : -1;

	idx = srcu_read_lock(&user_event_srcu);
	list_for_each_entry_srcu(enabler, &event->enablers, of_event,
				 srcu_read_lock_held(&user_event_srcu))
		ue_toggle_enabler(enabler, ue_last_toggle, &budget);
	srcu_read_unlock(&user_event_srcu, idx);
}
