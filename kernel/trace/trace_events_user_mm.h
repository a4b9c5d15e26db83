/* SPDX-License-Identifier: GPL-2.0 */
/*
 * user_events: the registrations of an address space, and its bits.
 */
#ifndef _TRACE_EVENTS_USER_MM_H
#define _TRACE_EVENTS_USER_MM_H

#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/uidgid.h>
#include <linux/workqueue.h>

#include "trace_events_user_set.h"

/*
 * Maximum number of times that a page is faulted in, if it is absent or not
 * writable afterwards: a read fault may have come in between, or the page may
 * have been reclaimed.  By chance this happens once or twice; a program that
 * drops the page all the time must not make the kernel try for ever.
 */
#define USER_EVENT_FAULT_TRIES 100

/*
 * Maximum number of times to wait until the tracing core does not need an event
 * any more.  After the removal of a trigger, that takes a grace period and a
 * kernel thread.  An event probe keeps its event in use.
 */
#define USER_EVENT_CORE_TRIES 10

/* Number of runs of a job that skip a page before it starts waiters */
#define USER_EVENT_TRIES_UNTIL_WAIT 3

/* user_event_waiter::addr of a waiter for the mmap_lock, not for a page */
#define USER_EVENT_JUST_THE_LOCK 0UL

/**
 * struct user_event_waiter - faults in a page that has to be waited for
 * @of_umm: in user_event_mm::waiters, under user_event_mm::job_lock
 * @work: faults the page in
 * @umm: the address space; holds a reference until @work has run
 * @addr: user address of the page
 * @failed: the page can't be written to; under user_event_mm::job_lock
 */
struct user_event_waiter {
	struct list_head	of_umm;
	struct work_struct	work;
	struct user_event_mm	*umm;
	unsigned long		addr;
	bool			failed;
};

/**
 * struct user_event_mm - an address space that has registrations
 * @mm: the address space; holds mm_count
 * @change: serializes the tasks of @mm that register and unregister.  It is
 *	held while memory is allocated and a set is copied, so neither a toggle
 *	nor a job nor a fork takes it.
 * @lock: orders writes of bits and changes of user_event::status.  It is never
 *	held while waiting for user space, memory or a folio.
 * @set: the registrations; NULL before the first one and after the end.
 *	Changed with @lock and the mmap_lock (for reading) held, or at the end;
 *	either of the two, or @change, is enough to read it.
 * @sharer: the sharer of @set; NULL when @set is; changes together with it
 * @refs: one for mm_struct::user_event_mm, one for @job while it is queued or
 *	runs, one for each waiter that is queued or runs
 * @user: the user who is accountable for the process of the first registration
 * @group: user_event_group::id of the group of the first registration; in each
 *	group, each user has a limited number of waiters
 * @nr_held: number of mm_users of @mm that @job and @waiters hold, in contrast
 *	to tasks and others; changed together with mm_users under ue_held_lock
 * @held: in the list of address spaces with @nr_held, under ue_held_lock
 * @job_lock: guards the members up to @waiters
 * @behind: a toggle has left bits to @job, which has not finished
 * @again: a toggle has left bits to @job since @job began to run last
 * @tries: number of runs of @job that had to skip a page since that toggle
 * @behind_since: number of the first toggle that @job has to mirror
 * @nr_failed: entries of @waiters that have failed
 * @waiters: struct user_event_waiter: pages that are being waited for, and
 *	pages that have failed since the last toggle
 * @resume: user address at which @job continues; only @job uses it
 * @job: mirrors what toggles could not; never waits for a page
 * @rcu: frees the struct after readers under user_event_srcu
 */
struct user_event_mm {
	struct mm_struct		*mm;
	struct mutex			change; /* see above */
	struct mutex			lock; /* see above */
	struct user_event_set		*set;
	struct user_event_sharer	*sharer;
	refcount_t			refs;
	kuid_t				user;
	u32				group;
	int				nr_held;
	struct list_head		held;
	spinlock_t			job_lock; /* behind to waiters */
	bool				behind;
	bool				again;
	u8				tries;
	u8				nr_failed;
	u64				behind_since;
	struct list_head		waiters;
	unsigned long			resume;
	struct delayed_work		job;
	struct rcu_head			rcu;
};

/* The workqueue of jobs */
extern struct workqueue_struct *user_event_job_wq;

/* trace_events_user_page.c: pages and bits */
struct page *user_event_pin_page(struct mm_struct *mm, unsigned long addr);
bool user_event_unpin_page(struct page *page);
void user_event_put_dirty_page(struct page *page);
bool user_event_write_bit(struct page *page, const struct user_event_enabler *enabler, bool on);
int user_event_fault_in_nowait(struct mm_struct *mm, unsigned long addr);
int user_event_fault_in(struct mm_struct *mm, unsigned long addr);

/* trace_events_user_mm.c: the life of an address space */
struct user_event_mm *user_event_mm_alloc(struct mm_struct *mm, u32 group, work_func_t job);
void user_event_mm_put(struct user_event_mm *umm);
bool user_event_mm_hold(struct user_event_mm *umm);
void user_event_mm_release(struct user_event_mm *umm);
void user_event_mm_leave(struct mm_struct *mm);
bool user_event_mm_any_held(void);
void user_event_mm_settle(void);
void user_event_mm_forget_failures(struct user_event_mm *umm);
void user_event_mm_queue_job(struct user_event_mm *umm);
int user_event_mm_init(void);

/* trace_events_user_wait.c: pages that have to be waited for */
bool user_event_wait_for_page(struct user_event_mm *umm, unsigned long addr);
int user_event_wait_init(void);

/* trace_events_user_mirror.c: toggles and jobs */
void user_event_job(struct work_struct *work);
void user_event_mirror_later(struct user_event_mm *umm, u64 since);
void user_event_inherit_job(struct user_event_mm *child, struct user_event_mm *parent);
void user_event_set_status(struct user_event *event, u8 status);

/* trace_events_user_register.c: registrations */
bool user_event_is_registered(unsigned long addr, u8 bit);
int user_event_register(struct user_event *event, unsigned long addr, u8 bit, u8 size);
int user_event_unregister(unsigned long addr, u8 bit);

/* trace_events_user_settle.c: repeats what failed for a transient reason */
void user_events_settle_locked(void);
void user_events_settle(void);
struct user_event *user_event_obtain(struct user_event_group *group, const char *desc,
				     unsigned int reg_flags);
int user_event_delete_all(struct user_event_group *group, const char *name);
int user_event_group_empty(struct user_event_group *group);

#endif /* _TRACE_EVENTS_USER_MM_H */
