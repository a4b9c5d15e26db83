// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: mirror in user memory whether an event is recorded.
 *
 * An enabler is an address and a bit of an address space.  The enablers of an
 * address space are a set; a fork shares it, and whoever changes a shared set
 * first makes a copy of its own.
 *
 * Toggling an event walks the event's enablers, and for each of them the
 * address spaces that share it.  It holds event_mutex, so it must never wait
 * for user space: what is not to be had at once (a page, the mmap_lock) is left
 * to a job of the address space, and what even that would have to wait for, as a
 * page that a program provides, to another.
 *
 * Who may use a struct user_event_mm:
 *  - a task in its address space: it is dropped once there is none any more;
 *  - who has a reference: it may have been dropped, and then has no set.
 */
#include <linux/delay.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/rhashtable.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/task_work.h>
#include <linux/workqueue.h>

#include "trace_events_user.h"

/*
 * Longer than a fork takes from copying the memory to attaching the child.  Just
 * for the first fork of a thread, or of one that takes turns with others.
 */
#define FORK_WINDOW (60 * HZ)

static_assert(FORK_WINDOW < USER_EVENT_LONG, "what never changed counts as changed");

/*
 * How often to fault in a page that is not there, or not writable, when it is
 * looked at afterwards: another fault may have got in between, with the page
 * just to be read, or the page may have gone again.  More than what happens by
 * chance; a program that drops it all the time does not keep us for ever.
 */
#define FAULT_TRIES 100

/* How often, ever more rarely, to look whether suspects are dead */
#define MAX_RECHECKS 10

/**
 * struct user_event_set - registrations that address spaces share
 * @lock: guards @sharers and @nr_sharers
 * @enablers: struct user_event_enabler by address and bit.  Changes while
 *	there is one sharer, under its user_event_mm::lock; may be read under
 *	that of any sharer.
 * @sharers: struct user_event_sharer; walked under user_event_srcu
 * @nr_sharers: how many; grows only under the user_event_mm::lock of one
 * @rcu: frees it after user_event_srcu readers
 */
struct user_event_set {
	spinlock_t		lock; /* sharers, nr_sharers */
	struct rb_root		enablers;
	struct list_head	sharers;
	unsigned int		nr_sharers;
	struct rcu_head		rcu;
};

/**
 * struct user_event_enabler - an address and bit that mirrors an event
 * @node: in user_event_set::enablers
 * @rcu: frees it, once out of the set, after user_event_srcu readers
 * @of_event: in user_event::enablers; changed under user_event::lock, walked
 *	under user_event_srcu
 * @event: what it mirrors; holds a reference
 * @set: where it belongs; never changes
 * @addr: user address of the value
 * @bit: of the value
 * @size: of the value in bytes, 4 or 8
 */
struct user_event_enabler {
	union {
		struct rb_node	node;
		struct rcu_head	rcu;
	};
	struct list_head	of_event;
	struct user_event	*event;
	struct user_event_set	*set;
	unsigned long		addr;
	u8			bit;
	u8			size;
};

/**
 * struct user_event_sharer - that an address space uses a set
 * @of_set: in user_event_set::sharers; changed under user_event_set::lock
 * @umm: the address space
 * @rcu: frees it after user_event_srcu readers
 */
struct user_event_sharer {
	struct list_head	of_set;
	struct user_event_mm	*umm;
	struct rcu_head		rcu;
};

/**
 * struct user_event_job - mirror in an address space what toggling could not
 * @umm: the address space
 * @work: does it
 * @wanted: whether there is something that @work has not begun with
 * @running: whether it has begun, and not ended
 *
 * Flags are under user_event_mm::lock.  The address space has two: one that
 * never waits for a page, and one that does.
 */
struct user_event_job {
	struct user_event_mm	*umm;
	struct work_struct	work;
	bool			wanted;
	bool			running;
};

/**
 * struct user_event_mm - an address space that has registrations
 * @node: in the table of address spaces, by @mm
 * @mm: the address space; holds mm_count
 * @lock: guards @set, @sharer and what the set says of this address space
 * @set: its registrations; NULL before the first and after the end
 * @sharer: in the list of @set; NULL when @set is
 * @refs: the table's, the suspects', one for each job while it is queued, and
 *	those of who is about to drop it
 * @suspect: in the list of suspects; under suspects_lock
 * @holders: how many of the mm_users of @mm are ours, and no task's; under
 *	@lock.  Counted after they are taken, and off before they are dropped.
 * @job: never waits for a page; in the end, frees it all
 * @waiting_job: does what @job would have had to wait for
 * @rcu: waits for user_event_srcu readers before the end, and then for RCU ones
 * @behind_since: when the jobs have something to do, it is all that changed
 *	since then, in 32 bits of jiffies; under @lock
 * @changes: counts the bits that have changed; under @lock
 * @seen: what @changes was when @seen_by was last seen not to be forking;
 *	under @lock
 * @seen_at: when, in 32 bits of jiffies; under @lock
 * @seen_by: the task; not for following, it may be gone; under @lock
 */
struct user_event_mm {
	struct rhash_head		node;
	struct mm_struct		*mm;
	struct mutex			lock; /* see above */
	struct user_event_set		*set;
	struct user_event_sharer	*sharer;
	refcount_t			refs;
	struct list_head		suspect;
	struct user_event_job		job;
	struct user_event_job		waiting_job;
	struct rcu_head			rcu;
	int				holders;
	u32				behind_since;
	u32				changes;
	u32				seen;
	u32				seen_at;
	const struct task_struct	*seen_by;
};

/**
 * struct leaver - a task that is leaving an address space others may be in
 * @work: runs once it has left
 * @mm: the address space; holds mm_count
 */
struct leaver {
	struct callback_head	work;
	struct mm_struct	*mm;
};

/* Of times of changes */
static bool is_before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

DEFINE_STATIC_SRCU(user_event_srcu);

static struct kmem_cache *enabler_cache;

/* Of jobs, and of those that wait, which are not to get in the way of the others */
static struct workqueue_struct *mirror_wq;
static struct workqueue_struct *waiting_wq;

/* All address spaces that have registrations */
static struct rhashtable mms;

static const struct rhashtable_params mm_params = {
	.head_offset		= offsetof(struct user_event_mm, node),
	.key_offset		= offsetof(struct user_event_mm, mm),
	.key_len		= sizeof(struct mm_struct *),
	.automatic_shrinking	= true,
};

/*
 * Sets
 */

/* Caller holds user_event_mm::lock of a sharer */
static struct user_event_enabler *find_enabler(const struct user_event_set *set,
					       unsigned long addr, u8 bit)
{
	struct rb_node *node = set ? set->enablers.rb_node : NULL;

	while (node) {
		struct user_event_enabler *enabler;

		enabler = rb_entry(node, struct user_event_enabler, node);
		if (addr == enabler->addr && bit == enabler->bit)
			return enabler;
		if (addr < enabler->addr ||
		    (addr == enabler->addr && bit < enabler->bit))
			node = node->rb_left;
		else
			node = node->rb_right;
	}
	return NULL;
}

static int compare_enablers(struct rb_node *a, const struct rb_node *b)
{
	const struct user_event_enabler *x = rb_entry(a, struct user_event_enabler, node);
	const struct user_event_enabler *y = rb_entry(b, struct user_event_enabler, node);

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->bit - y->bit;
}

/*
 * Add an enabler, or refuse with -EADDRINUSE.  Caller has a reference to the
 * event, and holds user_event_mm::lock of the set's one sharer.
 */
static int insert_enabler(struct user_event_set *set,
			  struct user_event_enabler *enabler)
{
	struct user_event *event = enabler->event;

	if (rb_find_add(&enabler->node, &set->enablers, compare_enablers))
		return -EADDRINUSE;
	enabler->set = set;
	refcount_inc(&event->refs);

	/*
	 * At the tail: who toggles and finds an address space gone from a set
	 * it used to share meets its own enabler further on.
	 */
	spin_lock(&event->lock);
	list_add_tail_rcu(&enabler->of_event, &event->enablers);
	spin_unlock(&event->lock);
	return 0;
}

static void free_enabler_rcu(struct rcu_head *rcu)
{
	kmem_cache_free(enabler_cache, container_of(rcu, struct user_event_enabler, rcu));
}

/*
 * Out of the event's list, and freed after those who toggle; of the set's tree
 * the caller takes care.  Returns the event, whose reference goes over to the
 * caller: it may be the last, which needs event_mutex to drop.
 */
static struct user_event *discard_enabler(struct user_event_enabler *enabler)
{
	struct user_event *event = enabler->event;

	spin_lock(&event->lock);
	list_del_rcu(&enabler->of_event);
	spin_unlock(&event->lock);
	call_srcu(&user_event_srcu, &enabler->rcu, free_enabler_rcu);
	return event;
}

static struct user_event_set *alloc_set(void)
{
	struct user_event_set *set = kzalloc(sizeof(*set), USER_EVENT_GFP);

	if (set) {
		spin_lock_init(&set->lock);
		set->enablers = RB_ROOT;
		INIT_LIST_HEAD(&set->sharers);
	}
	return set;
}

static void free_set_rcu(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct user_event_set, rcu));
}

/* The set has no sharer any more.  Drops references: may sleep, holds no lock */
static void destroy_set(struct user_event_set *set)
{
	struct user_event_enabler *enabler, *next;

	/* Post-order: a node's memory is not touched once its turn is over */
	rbtree_postorder_for_each_entry_safe(enabler, next, &set->enablers, node)
		user_event_put(discard_enabler(enabler));
	call_srcu(&user_event_srcu, &set->rcu, free_set_rcu);
}

/* Undo a copy, or drop what was copied: never the last references */
static void discard_copied_set(struct user_event_set *set)
{
	struct user_event_enabler *enabler, *next;

	rbtree_postorder_for_each_entry_safe(enabler, next, &set->enablers, node)
		WARN_ON_ONCE(refcount_dec_and_test(&discard_enabler(enabler)->refs));
	call_srcu(&user_event_srcu, &set->rcu, free_set_rcu);
}

/* The references of the original hold the events while its set is shared */
static bool copy_enablers(struct user_event_set *to, const struct user_event_set *from)
{
	struct user_event_enabler *old, *new;
	struct rb_node *node;

	for (node = rb_first(&from->enablers); node; node = rb_next(node)) {
		new = kmem_cache_alloc(enabler_cache, USER_EVENT_GFP);
		if (!new)
			return false;

		old = rb_entry(node, struct user_event_enabler, node);
		new->event = old->event;
		new->addr = old->addr;
		new->bit = old->bit;
		new->size = old->size;
		insert_enabler(to, new);
	}
	return true;
}

static struct user_event_sharer *alloc_sharer(struct user_event_mm *umm)
{
	struct user_event_sharer *sharer = kmalloc(sizeof(*sharer), USER_EVENT_GFP);

	if (sharer)
		sharer->umm = umm;
	return sharer;
}

static void free_sharer_rcu(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct user_event_sharer, rcu));
}

static void add_sharer(struct user_event_set *set, struct user_event_sharer *sharer)
{
	spin_lock(&set->lock);
	set->nr_sharers++;
	list_add_tail_rcu(&sharer->of_set, &set->sharers);
	spin_unlock(&set->lock);
}

/* Returns true when that was the last: the caller destroys the set */
static bool remove_sharer(struct user_event_set *set, struct user_event_sharer *sharer)
{
	bool last;

	spin_lock(&set->lock);
	list_del_rcu(&sharer->of_set);
	last = !--set->nr_sharers;
	spin_unlock(&set->lock);
	call_srcu(&user_event_srcu, &sharer->rcu, free_sharer_rcu);
	return last;
}

/* With the lock: those who have left the set have done with reading it */
static bool is_only_sharer(struct user_event_set *set)
{
	bool only;

	spin_lock(&set->lock);
	only = set->nr_sharers == 1;
	spin_unlock(&set->lock);
	return only;
}

/**
 * own_set - give an address space a set that it may change
 * @umm: the address space; its lock is held
 *
 * Who toggles meanwhile finds the address space in the old set, or else its
 * copies in the events' lists: they are there before it leaves the old set.
 * Either way it looks, under the lock, into the set that is current then.
 *
 * Return: 0 or -ENOMEM, and then nothing has changed.
 */
static int own_set(struct user_event_mm *umm)
{
	struct user_event_set *old = umm->set, *new;
	struct user_event_sharer *sharer;

	lockdep_assert_held(&umm->lock);
	/* A fork of this address space needs the lock to add a sharer */
	if (old && is_only_sharer(old))
		return 0;

	new = alloc_set();
	sharer = alloc_sharer(umm);
	if (!new || !sharer) {
		kfree(new);
		kfree(sharer);
		return -ENOMEM;
	}

	add_sharer(new, sharer);
	if (old && !copy_enablers(new, old)) {
		remove_sharer(new, sharer);
		discard_copied_set(new);
		return -ENOMEM;
	}

	if (old && remove_sharer(old, umm->sharer))
		discard_copied_set(old);
	umm->set = new;
	umm->sharer = sharer;
	return 0;
}

/*
 * Bits in user memory
 */

/* Caller holds mmap_lock; the page is writable and stays until unpinned */
static struct page *pin_page(struct mm_struct *mm, unsigned long addr)
{
	struct page *page;

	mmap_assert_locked(mm);
	if (pin_user_pages_remote(mm, addr & PAGE_MASK, 1, FOLL_WRITE | FOLL_NOFAULT,
				  &page, NULL) != 1)
		return NULL;
	return page;
}

/*
 * Caller holds mmap_lock and no other lock.  With @wait, it may wait for user
 * space; else -EAGAIN says that it would have to.
 */
static int fault_in(struct mm_struct *mm, unsigned long addr, bool wait)
{
	unsigned int flags = FAULT_FLAG_WRITE;
	bool unlocked = false;
	struct page *page;
	long ret;

	if (!wait) {
		ret = pin_user_pages_remote(mm, addr & PAGE_MASK, 1,
					    FOLL_WRITE | FOLL_NOWAIT, &page, NULL);
		if (ret == 1)
			unpin_user_page(page);
		return ret == 1 ? 0 : ret ?: -EAGAIN;
	}

	if (mm != current->mm)
		flags |= FAULT_FLAG_REMOTE;
	return fixup_user_fault(mm, addr, flags, &unlocked);
}

/*
 * User space may change its neighbours with atomic operations of the value's
 * own size meanwhile.  Returns whether the bit was another before.
 */
static bool assign_user_bit(void *value, u8 size, u8 bit, bool on)
{
	u64 mask = BIT_ULL(bit), old;

#ifdef CONFIG_64BIT
	if (size == sizeof(u64))
		old = on ? atomic64_fetch_or(mask, value) :
			   atomic64_fetch_andnot(mask, value);
	else
#endif
		old = on ? atomic_fetch_or(mask, value) :
			   atomic_fetch_andnot(mask, value);
	return !(old & mask) == on;
}

/*
 * Caller holds user_event_mm::lock, which orders what is written to a bit, and
 * mmap_lock, so that a copy of the memory has it all up to some change.
 */
static void write_bit(struct user_event_mm *umm, struct user_event_enabler *enabler,
		      struct page *page, bool on)
{
	void *base = kmap_local_page(page);
	bool changed;

	changed = assign_user_bit(base + offset_in_page(enabler->addr),
				  enabler->size, enabler->bit, on);
	flush_dcache_page(page);
	kunmap_local(base);

	if (changed) {
		/* For a fork that has copied the memory before: see share_set() */
		WRITE_ONCE(enabler->event->changed, USER_EVENT_NOW);
		umm->changes++;
	}
}

static void unpin_page(struct page *page)
{
	unpin_user_pages_dirty_lock(&page, 1, true);
}

/* Caller holds mmap_lock and user_event_mm::lock; false for an absent page */
static bool mirror(struct user_event_mm *umm, struct user_event_enabler *enabler)
{
	struct page *page;

	lockdep_assert_held(&umm->lock);
	page = pin_page(umm->mm, enabler->addr);
	if (!page)
		return false;
	write_bit(umm, enabler, page, READ_ONCE(enabler->event->status));
	unpin_page(page);
	return true;
}

/*
 * Of a task in the address space, which is at a point where it has not copied
 * the memory for a child that is not in the list of sharers yet.
 */
static void note_not_forking(struct user_event_mm *umm, const struct task_struct *task)
{
	lockdep_assert_held(&umm->lock);
	umm->seen = umm->changes;
	umm->seen_at = USER_EVENT_NOW;
	umm->seen_by = task;
}

/* The first enabler of a set at or behind an address and bit */
static struct rb_node *first_from(const struct user_event_set *set,
				  unsigned long addr, u8 bit)
{
	struct rb_node *node = set ? set->enablers.rb_node : NULL, *first = NULL;

	while (node) {
		struct user_event_enabler *enabler;

		enabler = rb_entry(node, struct user_event_enabler, node);
		if (enabler->addr < addr ||
		    (enabler->addr == addr && enabler->bit < bit)) {
			node = node->rb_right;
		} else {
			first = node;
			node = node->rb_left;
		}
	}
	return first;
}

/**
 * mirror_since - mirror what may have changed since a point in time
 * @umm: where; the caller holds mm_users
 * @since: 32 bits of jiffies
 * @wait: for pages to come
 *
 * What can't be written any more is skipped.
 *
 * Return: true when something was skipped that had to be waited for.
 */
static bool mirror_since(struct user_event_mm *umm, u32 since, bool wait)
{
	struct user_event_enabler *enabler;
	unsigned long addr = 0;
	unsigned int tries = 0;
	struct rb_node *node;
	bool left = false;
	u8 bit = 0;
	int ret;

	mmap_read_lock(umm->mm);
	mutex_lock(&umm->lock);
	node = first_from(umm->set, 0, 0);
	while (node) {
		enabler = rb_entry(node, struct user_event_enabler, node);
		if (enabler->addr != addr || enabler->bit != bit) {
			addr = enabler->addr;
			bit = enabler->bit;
			tries = 0;
		}
		if (is_before(READ_ONCE(enabler->event->changed), since) ||
		    mirror(umm, enabler) || tries == FAULT_TRIES) {
			node = rb_next(node);
			continue;
		}

		/* The lock must not wait for user space; the set may change */
		mutex_unlock(&umm->lock);
		ret = fault_in(umm->mm, addr, wait);
		left = left || ret == -EAGAIN;
		tries = ret ? FAULT_TRIES : tries + 1;
		mutex_lock(&umm->lock);
		node = first_from(umm->set, addr, bit);
	}
	mutex_unlock(&umm->lock);
	mmap_read_unlock(umm->mm);
	return left;
}

/*
 * Address spaces
 */

/* Of one that no one can find any more, or could yet */
static void free_umm(struct user_event_mm *umm)
{
	mmdrop(umm->mm);
	kfree(umm);
}

static void free_umm_work(struct work_struct *work)
{
	free_umm(container_of(work, struct user_event_mm, job.work));
}

/* Dropping an mm_struct wants a process */
static void free_umm_rcu(struct rcu_head *rcu)
{
	struct user_event_mm *umm = container_of(rcu, struct user_event_mm, rcu);

	INIT_WORK(&umm->job.work, free_umm_work);
	schedule_work(&umm->job.work);
}

/* No user_event_srcu reader has it any more; wait for those of the table */
static void free_umm_srcu(struct rcu_head *rcu)
{
	call_rcu(rcu, free_umm_rcu);
}

static void put_umm(struct user_event_mm *umm)
{
	if (refcount_dec_and_test(&umm->refs))
		call_srcu(&user_event_srcu, &umm->rcu, free_umm_srcu);
}

/* Current's own, or one whose mm_users the caller holds, or under RCU */
static struct user_event_mm *find_umm(struct mm_struct *mm)
{
	return rhashtable_lookup_fast(&mms, &mm, mm_params);
}

/*
 * The end of an address space's registrations: no task is in it any more, or
 * current is the last and leaving.  Only one of those who try gets through.
 * Drops references to events: holds no lock.
 */
static void drop_umm(struct user_event_mm *umm)
{
	struct user_event_set *set;
	bool last = false;

	if (rhashtable_remove_fast(&mms, &umm->node, mm_params))
		return;

	mutex_lock(&umm->lock);
	set = umm->set;
	if (set)
		last = remove_sharer(set, umm->sharer);
	umm->set = NULL;
	umm->sharer = NULL;
	mutex_unlock(&umm->lock);

	if (last)
		destroy_set(set);
	put_umm(umm);
}

/*
 * Whether mm_users is down to @nr, apart from what we hold of it ourselves.
 * Since that is counted late and early, tasks are never missed; and once there
 * is no task in an address space, none can get in.
 */
static bool has_users(struct user_event_mm *umm, int nr)
{
	guard(mutex)(&umm->lock);
	return atomic_read(&umm->mm->mm_users) - umm->holders > nr;
}

/*
 * Suspects: address spaces that a task has left, and that were not dead yet
 * though no other task may be left to notice when they are, because someone
 * reading /proc, say, held them on.
 */

static LIST_HEAD(suspects);
static DEFINE_SPINLOCK(suspects_lock);

/* Who reaps has the list to itself: the next one finds what it has left */
static DEFINE_MUTEX(reap_mutex);

static void recheck_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(recheck_work, recheck_work_fn);

/* How many times the work will still run; a race costs one time at most */
static unsigned int rechecks;

/* Caller has a reference, or is in the address space */
static void add_suspect(struct user_event_mm *umm)
{
	spin_lock(&suspects_lock);
	if (list_empty(&umm->suspect)) {
		refcount_inc(&umm->refs);
		list_add_tail(&umm->suspect, &suspects);
	}
	spin_unlock(&suspects_lock);

	WRITE_ONCE(rechecks, MAX_RECHECKS);
	schedule_delayed_work(&recheck_work, 1);
}

/*
 * Whether a task is in an address space: costs a look at all tasks.  Where
 * there is none, none can come.
 */
static bool has_task(struct mm_struct *mm)
{
	struct task_struct *process, *task;
	bool found = false;

	read_lock(&tasklist_lock);
	for_each_process_thread(process, task)
		found = found || READ_ONCE(task->mm) == mm;
	read_unlock(&tasklist_lock);
	return found;
}

/* Takes one out of a list, before looking at it: from then on, it may be back */
static struct user_event_mm *next_suspect(struct list_head *list)
{
	struct user_event_mm *umm;

	spin_lock(&suspects_lock);
	umm = list_first_entry_or_null(list, struct user_event_mm, suspect);
	if (umm)
		list_del_init(&umm->suspect);
	spin_unlock(&suspects_lock);
	return umm;
}

/* Suspect still, unless it is back already; true when the reference is used */
static bool keep_suspect(struct user_event_mm *umm, struct list_head *list)
{
	bool kept;

	spin_lock(&suspects_lock);
	kept = list_empty(&umm->suspect);
	if (kept)
		list_add_tail(&umm->suspect, list);
	spin_unlock(&suspects_lock);
	return kept;
}

/*
 * Drop those that are dead.  At @last, be thorough with the others and then
 * forget them: they have a task, which will look when it leaves.
 */
static void reap(bool last)
{
	struct user_event_mm *umm;
	LIST_HEAD(kept);
	LIST_HEAD(list);

	guard(mutex)(&reap_mutex);
	spin_lock(&suspects_lock);
	list_splice_init(&suspects, &list);
	spin_unlock(&suspects_lock);

	while ((umm = next_suspect(&list))) {
		if (!has_users(umm, 0) || (last && !has_task(umm->mm)))
			drop_umm(umm);
		else if (!last && keep_suspect(umm, &kept))
			continue;
		put_umm(umm);
	}

	spin_lock(&suspects_lock);
	list_splice(&kept, &suspects);
	spin_unlock(&suspects_lock);
}

/**
 * user_event_mm_reap - drop the registrations of address spaces that are dead
 *
 * The last task of an address space drops them.  Where it could not, who needs
 * what they hold calls this before giving up.
 *
 * Context: Process context, may sleep; event_mutex not held.
 */
void user_event_mm_reap(void)
{
	reap(false);
}

static void recheck_work_fn(struct work_struct *work)
{
	unsigned int left = READ_ONCE(rechecks);

	reap(!left);
	if (!left)
		return;
	WRITE_ONCE(rechecks, left - 1);
	schedule_delayed_work(&recheck_work, (HZ / 100 + 1) << (MAX_RECHECKS - left));
}

/* Returns what the table has of an mm, with a reference, or NULL */
static struct user_event_mm *get_umm(struct mm_struct *mm)
{
	struct user_event_mm *umm;

	/* Freed a grace period after it has left the table */
	rcu_read_lock();
	umm = find_umm(mm);
	if (umm && !refcount_inc_not_zero(&umm->refs))
		umm = NULL;
	rcu_read_unlock();
	return umm;
}

/*
 * A task has left an address space, whose @mm is just a key here: it may have
 * been freed.  @last tells that no other task is known to be in there.
 */
static void left_umm(struct mm_struct *mm, bool last)
{
	struct user_event_mm *umm = get_umm(mm);

	if (!umm)
		return;
	if (!has_users(umm, 0))
		drop_umm(umm);
	else if (last)
		add_suspect(umm);
	put_umm(umm);
}

/* How often to look whether a page has come by itself, before waiting for it */
#define MIRROR_TRIES 3

/* Whether toggling has left something, or begins to.  Caller holds the lock */
static bool is_behind(const struct user_event_mm *umm)
{
	return umm->job.wanted || umm->job.running ||
	       umm->waiting_job.wanted || umm->waiting_job.running;
}

/* Let a job of the address space do it.  Caller holds mm_users */
static void mirror_later(struct user_event_job *job, u32 since)
{
	struct user_event_mm *umm = job->umm;

	mutex_lock(&umm->lock);
	if (!is_behind(umm) || is_before(since, umm->behind_since))
		umm->behind_since = since;
	job->wanted = true;
	mutex_unlock(&umm->lock);

	/* Found under user_event_srcu: 0 when it is gone from the table */
	if (!refcount_inc_not_zero(&umm->refs))
		return;
	if (!queue_work(job == &umm->job ? mirror_wq : waiting_wq, &job->work))
		put_umm(umm);
}

/* Caller holds mm_users, counted in user_event_mm::holders */
static void do_job(struct user_event_job *job, u32 since)
{
	struct user_event_mm *umm = job->umm;
	unsigned int tries;

	if (job == &umm->waiting_job) {
		mirror_since(umm, since, true);
		return;
	}

	for (tries = 1; mirror_since(umm, since, false); tries++) {
		if (tries == MIRROR_TRIES) {
			mirror_later(&umm->waiting_job, since);
			return;
		}
		msleep(1 << tries);
	}
}

/* Who has queued it has left a reference */
static void job_work(struct work_struct *work)
{
	struct user_event_job *job = container_of(work, struct user_event_job, work);
	struct user_event_mm *umm = job->umm;
	u32 since;

	if (mmget_not_zero(umm->mm)) {
		mutex_lock(&umm->lock);
		umm->holders++;
		since = umm->behind_since;
		job->running = job->wanted;
		job->wanted = false;
		mutex_unlock(&umm->lock);

		if (job->running)
			do_job(job, since);

		mutex_lock(&umm->lock);
		job->running = false;
		umm->holders--;
		mutex_unlock(&umm->lock);
		mmput(umm->mm);
		if (!has_users(umm, 0))
			drop_umm(umm);
	}
	put_umm(umm);
}

static void init_job(struct user_event_job *job, struct user_event_mm *umm)
{
	job->umm = umm;
	INIT_WORK(&job->work, job_work);
}

static struct user_event_mm *alloc_umm(struct mm_struct *mm)
{
	struct user_event_mm *umm = kzalloc(sizeof(*umm), USER_EVENT_GFP);

	if (!umm)
		return NULL;
	mmgrab(mm);
	umm->mm = mm;
	mutex_init(&umm->lock);
	refcount_set(&umm->refs, 1);
	INIT_LIST_HEAD(&umm->suspect);
	init_job(&umm->job, umm);
	init_job(&umm->waiting_job, umm);
	return umm;
}

/*
 * A task's user_event_mm is not for following.  It is the address of its
 * mm_struct, which says that the table has it, or has had it: in exec, when
 * task_struct::mm is another already, it still leads to the registrations.
 */
static void mark_task(struct task_struct *task, struct mm_struct *mm)
{
	WRITE_ONCE(task->user_event_mm, (struct user_event_mm *)mm);
}

static struct mm_struct *marked_mm(const struct task_struct *task)
{
	return (struct mm_struct *)READ_ONCE(task->user_event_mm);
}

/*
 * The threads there are, which may be older than the first registration; those
 * to come inherit it.  A new task is in the list before current->user_event_mm
 * is looked at in its name, so tasklist_lock lets none slip through.
 */
static void mark_tasks(struct mm_struct *mm)
{
	struct task_struct *process, *task;
	int marked = 0;

	read_lock(&tasklist_lock);
	for_each_thread(current, task) {
		if (READ_ONCE(task->mm) != mm)
			continue;
		mark_task(task, mm);
		marked++;
	}

	/* CLONE_VM without CLONE_THREAD is rare: only then look at all tasks */
	if (atomic_read(&mm->mm_users) > marked) {
		for_each_process_thread(process, task) {
			if (READ_ONCE(task->mm) == mm)
				mark_task(task, mm);
		}
	}
	read_unlock(&tasklist_lock);
}

static struct user_event_mm *find_or_add_umm(struct mm_struct *mm)
{
	struct user_event_mm *umm = find_umm(mm), *other;

	if (umm)
		return umm;

	umm = alloc_umm(mm);
	if (!umm)
		return ERR_PTR(-ENOMEM);

	/* Before it can be found: who registers then, forks with a mark */
	mark_tasks(mm);
	other = rhashtable_lookup_get_insert_fast(&mms, &umm->node, mm_params);
	if (other) {
		free_umm(umm);
		return IS_ERR(other) ? ERR_PTR(-ENOMEM) : other;
	}
	return umm;
}

/*
 * Register and unregister
 */

/**
 * user_event_enabler_find - look for a registration of current's address space
 * @addr: its address
 * @bit: its bit
 *
 * Context: Process context, may sleep.
 *
 * Return: -EADDRINUSE when there is one, else 0.
 */
int user_event_enabler_find(unsigned long addr, u8 bit)
{
	struct user_event_mm *umm = find_umm(current->mm);

	if (!umm)
		return 0;
	guard(mutex)(&umm->lock);
	return find_enabler(umm->set, addr, bit) ? -EADDRINUSE : 0;
}

/**
 * lock_and_pin - lock an address space's registrations with a page at hand
 * @umm: current's; mmap_lock is held
 * @addr: on which page
 *
 * Return: the page, pinned, and then the lock is held, else -EFAULT or -ENOMEM.
 */
static struct page *lock_and_pin(struct user_event_mm *umm, unsigned long addr)
{
	unsigned int tries;
	struct page *page;
	int ret;

	for (tries = 0; tries < FAULT_TRIES; tries++) {
		mutex_lock(&umm->lock);
		page = pin_page(umm->mm, addr);
		if (page)
			return page;
		/* The lock must not wait for user space: toggling wants it */
		mutex_unlock(&umm->lock);
		ret = fault_in(umm->mm, addr, true);
		if (ret)
			return ERR_PTR(ret == -ENOMEM ? ret : -EFAULT);
	}
	return ERR_PTR(-EFAULT);
}

/* Caller holds the lock */
static int add_enabler(struct user_event_mm *umm, struct user_event_enabler *enabler)
{
	int ret;

	lockdep_assert_held(&umm->lock);
	ret = own_set(umm);
	return ret ?: insert_enabler(umm->set, enabler);
}

/**
 * user_event_enabler_add - register an address and bit of current
 * @event: what to mirror; the caller has a reference
 * @addr: user address of the value, a multiple of @size
 * @bit: of the value
 * @size: of the value in bytes, 4 or 8
 *
 * Context: Process context, may sleep and fault.
 *
 * Return: 0, and the bit says whether the event is recorded, -EADDRINUSE when
 * it is registered already, -EFAULT when it can't be written, -ENOMEM.
 */
int user_event_enabler_add(struct user_event *event, unsigned long addr,
			   u8 bit, u8 size)
{
	struct mm_struct *mm = current->mm;
	struct user_event_enabler *enabler;
	struct user_event_mm *umm;
	struct page *page;
	int ret;

	umm = find_or_add_umm(mm);
	if (IS_ERR(umm))
		return PTR_ERR(umm);

	enabler = kmem_cache_alloc(enabler_cache, USER_EVENT_GFP);
	if (!enabler)
		return -ENOMEM;
	enabler->event = event;
	enabler->addr = addr;
	enabler->bit = bit;
	enabler->size = size;

	mmap_read_lock(mm);
	page = lock_and_pin(umm, addr);
	ret = PTR_ERR_OR_ZERO(page);
	if (ret)
		goto unlock_mm;

	ret = add_enabler(umm, enabler);
	/* Who toggles has either set status before, or finds the enabler now */
	if (!ret)
		write_bit(umm, enabler, page, READ_ONCE(event->status));
	note_not_forking(umm, current);
	mutex_unlock(&umm->lock);
	unpin_page(page);
unlock_mm:
	mmap_read_unlock(mm);
	if (ret)
		kmem_cache_free(enabler_cache, enabler);
	return ret;
}

/* Caller holds the lock; returns the event with the enabler's reference */
static struct user_event *remove_enabler(struct user_event_mm *umm,
					 unsigned long addr, u8 bit,
					 struct page *page)
{
	struct user_event_enabler *enabler;
	int ret;

	lockdep_assert_held(&umm->lock);
	if (!find_enabler(umm->set, addr, bit))
		return ERR_PTR(-ENOENT);

	ret = own_set(umm);
	if (ret)
		return ERR_PTR(ret);

	enabler = find_enabler(umm->set, addr, bit);
	if (page)
		write_bit(umm, enabler, page, false);
	note_not_forking(umm, current);
	rb_erase(&enabler->node, &umm->set->enablers);
	return discard_enabler(enabler);
}

/**
 * user_event_enabler_remove - unregister an address and bit of current
 * @addr: its address
 * @bit: its bit
 *
 * The bit is cleared, unless its memory is gone.
 *
 * Context: Process context, may sleep and fault; event_mutex not held.
 *
 * Return: 0, -ENOENT when it is not registered, -ENOMEM.
 */
int user_event_enabler_remove(unsigned long addr, u8 bit)
{
	struct mm_struct *mm = current->mm;
	struct user_event_mm *umm = find_umm(mm);
	struct user_event *event;
	struct page *page;

	if (!umm)
		return -ENOENT;

	mmap_read_lock(mm);
	page = lock_and_pin(umm, addr);
	if (IS_ERR(page)) {
		page = NULL;
		mutex_lock(&umm->lock);
	}
	event = remove_enabler(umm, addr, bit, page);
	mutex_unlock(&umm->lock);
	if (page)
		unpin_page(page);
	mmap_read_unlock(mm);

	if (IS_ERR(event))
		return PTR_ERR(event);
	user_event_put(event);
	return 0;
}

/*
 * Toggle
 */

/* Caller holds mmap_lock; false when there is something to be done yet */
static bool try_mirror(struct user_event_mm *umm, const struct user_event_enabler *found)
{
	struct user_event_enabler *enabler;

	guard(mutex)(&umm->lock);
	/* Its own of now: it may have been removed, or have become a copy */
	enabler = find_enabler(umm->set, found->addr, found->bit);
	if (!enabler || enabler->event != found->event)
		return true;
	return mirror(umm, enabler);
}

static void toggle_enabler(struct user_event_mm *umm,
			   const struct user_event_enabler *enabler, u32 since)
{
	struct mm_struct *mm = umm->mm;
	bool done = false;

	if (!mmget_not_zero(mm))
		return;

	/* Trying only: its holders may wait for what we hold, or for ever */
	if (mmap_read_trylock(mm)) {
		done = try_mirror(umm, enabler);
		mmap_read_unlock(mm);
	}
	if (!done)
		mirror_later(&umm->job, since);

	/* Tearing it down may need event_mutex */
	mmput_async(mm);
	/* mm_count keeps the mm_struct; its last task may have met us in there */
	if (!atomic_read(&mm->mm_users) && refcount_inc_not_zero(&umm->refs)) {
		add_suspect(umm);
		put_umm(umm);
	}
}

/**
 * user_event_set_status - note who records an event, and mirror it
 * @event: the event
 * @status: USER_EVENT_BY_*
 *
 * Context: event_mutex held; may sleep, but never waits for user space.
 */
void user_event_set_status(struct user_event *event, u8 status)
{
	struct user_event_enabler *enabler;
	struct user_event_sharer *sharer;
	u32 now = USER_EVENT_NOW;
	u8 old = event->status;
	int idx;

	lockdep_assert_held(&event_mutex);
	/* With the lock: an enabler is either added before this, or reads it */
	spin_lock(&event->lock);
	WRITE_ONCE(event->status, status);
	if (!old != !status)
		WRITE_ONCE(event->changed, now);
	spin_unlock(&event->lock);

	if (!old == !status)
		return;
	event->name->group->nr_busy += status ? 1 : -1;

	idx = srcu_read_lock(&user_event_srcu);
	list_for_each_entry_srcu(enabler, &event->enablers, of_event,
				 srcu_read_lock_held(&user_event_srcu)) {
		list_for_each_entry_srcu(sharer, &enabler->set->sharers, of_set,
					 srcu_read_lock_held(&user_event_srcu))
			toggle_enabler(sharer->umm, enabler, now);
	}
	srcu_read_unlock(&user_event_srcu, idx);
}

/*
 * fork, exec, exit
 */

/**
 * share_set - let a child's address space share the set of its parent's
 * @parent: current's address space
 * @child: of a task that current is forking
 * @since: set to when, in 32 bits of jiffies, what the child has to mirror
 *	itself may have begun to change
 *
 * The child's memory is a copy from before, so what has changed between is
 * missing there.  Nearly always, nothing has changed since current was last
 * seen not to be forking, which was before the copy.
 *
 * Who toggles has looked at the parent before this, and then has changed a bit
 * or left the parent behind; or else it finds the child further on.
 *
 * Return: true when something may be missing.  False when not, and without
 * memory, too: the child then has no set.
 */
static bool share_set(struct user_event_mm *parent, struct user_event_mm *child, u32 *since)
{
	struct user_event_sharer *sharer = alloc_sharer(child);
	bool seen, behind;

	if (!sharer)
		return false;

	guard(mutex)(&parent->lock);
	/* No one else knows the child before it is in the list of the set */
	child->set = parent->set;
	child->sharer = sharer;
	add_sharer(parent->set, sharer);

	/* A task that has the address of one that is gone, was not forking either */
	seen = parent->seen_by == current;
	behind = is_behind(parent);
	*since = USER_EVENT_NOW - FORK_WINDOW;
	if (seen && is_before(*since, parent->seen_at))
		*since = parent->seen_at;
	if (behind && is_before(parent->behind_since, *since))
		*since = parent->behind_since;
	seen = seen && parent->seen == parent->changes;

	/* What changes from here on, changes for the child as well */
	note_not_forking(parent, current);
	return behind || !seen;
}

/* Only tasks of its own, such as current, change what an address space has */
static bool has_enablers(struct user_event_mm *umm)
{
	guard(mutex)(&umm->lock);
	return umm->set && !RB_EMPTY_ROOT(&umm->set->enablers);
}

/**
 * user_event_mm_fork - hand current's registrations on to a new task
 * @child: the new task, not running yet
 * @shares_mm: it shares current's address space
 *
 * Without memory the child starts without registrations.
 *
 * Context: Process context, may sleep.
 */
void user_event_mm_fork(struct task_struct *child, bool shares_mm)
{
	struct user_event_mm *parent = NULL, *umm;
	u32 since;

	if (shares_mm) {
		mark_task(child, current->mm);
		return;
	}

	mark_task(child, NULL);
	if (current->mm && child->mm)
		parent = find_umm(current->mm);
	if (!parent || !has_enablers(parent))
		return;

	umm = alloc_umm(child->mm);
	if (!umm)
		return;
	if (rhashtable_insert_fast(&mms, &umm->node, mm_params)) {
		free_umm(umm);
		return;
	}
	mark_task(child, child->mm);

	/* The parent must not wait for a page of the child's either */
	if (share_set(parent, umm, &since) && mirror_since(umm, since, false))
		mirror_later(&umm->job, since);

	guard(mutex)(&umm->lock);
	note_not_forking(umm, child);
}

/**
 * user_event_mm_exec - forget the registrations of the program just left
 * @task: current, whose mm is the new program's
 *
 * Context: Process context, may sleep.
 */
void user_event_mm_exec(struct task_struct *task)
{
	struct mm_struct *old = marked_mm(task);

	mark_task(task, NULL);
	left_umm(old, true);
}

/* The task has left its address space, or for io_uring's sake, is about to */
static void left_mm(struct callback_head *work)
{
	struct leaver *leaver = container_of(work, struct leaver, work);

	/* Threads that remain do the same when they leave */
	left_umm(leaver->mm, current->mm || atomic_read(&current->signal->live) < 2);
	mmdrop(leaver->mm);
	kfree(leaver);
}

/* Look once more when the task has left.  Without memory, look later */
static void look_again(struct task_struct *task, struct user_event_mm *umm)
{
	struct leaver *leaver = kmalloc(sizeof(*leaver), GFP_KERNEL);

	if (!leaver) {
		add_suspect(umm);
		return;
	}
	init_task_work(&leaver->work, left_mm);
	leaver->mm = umm->mm;
	mmgrab(leaver->mm);
	if (task_work_add(task, &leaver->work, TWA_NONE)) {
		mmdrop(leaver->mm);
		kfree(leaver);
		add_suspect(umm);
	}
}

/**
 * user_event_mm_exit - a task is about to leave its address space for good
 * @task: current
 *
 * Context: Process context, may sleep.
 */
void user_event_mm_exit(struct task_struct *task)
{
	struct mm_struct *mm = task->mm, *marked = marked_mm(task);
	struct user_event_mm *umm;

	mark_task(task, NULL);
	/* An exec that failed half-way has left that address space before */
	if (marked != mm)
		left_umm(marked, true);

	umm = mm ? find_umm(mm) : NULL;
	if (!umm)
		return;

	/* Without another task in it, no one can use it or hand it on any more */
	if (!has_users(umm, 1))
		drop_umm(umm);
	else
		look_again(task, umm);
}

/**
 * user_event_enabler_init - set up what this room keeps for all
 *
 * Return: 0 or -ENOMEM.
 */
int __init user_event_enabler_init(void)
{
	int ret;

	enabler_cache = KMEM_CACHE(user_event_enabler, SLAB_ACCOUNT);
	if (!enabler_cache)
		return -ENOMEM;

	mirror_wq = alloc_workqueue("user_events", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (!mirror_wq) {
		ret = -ENOMEM;
		goto destroy_cache;
	}

	waiting_wq = alloc_workqueue("user_events_wait", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (!waiting_wq) {
		ret = -ENOMEM;
		goto destroy_wq;
	}

	ret = rhashtable_init(&mms, &mm_params);
	if (ret)
		goto destroy_waiting_wq;
	return 0;
destroy_waiting_wq:
	destroy_workqueue(waiting_wq);
destroy_wq:
	destroy_workqueue(mirror_wq);
destroy_cache:
	kmem_cache_destroy(enabler_cache);
	return ret;
}
