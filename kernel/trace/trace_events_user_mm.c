// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: the life of an address space that has registrations.
 *
 * It begins with the first registration or with a fork, and ends when mm_users
 * is 0, which mm core reports in __mmput().  Jobs and waiters hold mm_users as
 * well.  How many they hold is counted, so that an address space without a task
 * can be told from a live one.
 */
#include <linux/cred.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/srcu.h>
#include <linux/user_namespace.h>
#include <linux/workqueue.h>

#include "trace_events_user_mm.h"

struct workqueue_struct *user_event_job_wq;

/* Address spaces whose mm_users are held by jobs and waiters */
static LIST_HEAD(ue_held);
static DEFINE_SPINLOCK(ue_held_lock);

/*
 * Returns the user of the initial user namespace who is accountable for current:
 * in other namespaces, a user may have any number of user ids.
 */
static kuid_t ue_accountable_user(void)
{
	const struct user_namespace *ns = current_user_ns();
	kuid_t user = current_uid();

	/* A namespace has a reference to its parent */
	for (; ns != &init_user_ns; ns = ns->parent)
		user = ns->owner;
	return user;
}

/**
 * user_event_mm_alloc - allocate the user_event_mm of an address space
 * @mm: the address space
 * @group: user_event_group::id of the group of its first registration
 * @job: the function of its job
 *
 * Context: Process context, may sleep; @mm is current's, or is being created by
 * current's fork().
 *
 * Return: the struct with one reference, or NULL without memory.
 */
struct user_event_mm *user_event_mm_alloc(struct mm_struct *mm, u32 group, work_func_t job)
{
	struct user_event_mm *umm = kzalloc(sizeof(*umm), USER_EVENT_GFP);

	if (!umm)
		return NULL;
	mmgrab(mm);
	umm->mm = mm;
	mutex_init(&umm->change);
	mutex_init(&umm->lock);
	spin_lock_init(&umm->job_lock);
	refcount_set(&umm->refs, 1);
	umm->user = ue_accountable_user();
	umm->group = group;
	INIT_LIST_HEAD(&umm->held);
	INIT_LIST_HEAD(&umm->waiters);
	INIT_DELAYED_WORK(&umm->job, job);
	return umm;
}

/**
 * user_event_mm_forget_failures - let failed pages be waited for again
 * @umm: the address space
 *
 * Context: Process context.
 */
void user_event_mm_forget_failures(struct user_event_mm *umm)
{
	struct user_event_waiter *waiter, *next;

	spin_lock(&umm->job_lock);
	list_for_each_entry_safe(waiter, next, &umm->waiters, of_umm) {
		if (waiter->failed) {
			list_del(&waiter->of_umm);
			kfree(waiter);
		}
	}
	umm->nr_failed = 0;
	spin_unlock(&umm->job_lock);
}

static void ue_mm_free_work(struct work_struct *work)
{
	struct user_event_mm *umm = container_of(to_delayed_work(work),
						 struct user_event_mm, job);

	user_event_mm_forget_failures(umm);
	mmdrop(umm->mm);
	kfree(umm);
}

/* The last mmdrop() needs process context */
static void ue_mm_free_rcu(struct rcu_head *rcu)
{
	struct user_event_mm *umm = container_of(rcu, struct user_event_mm, rcu);

	INIT_DELAYED_WORK(&umm->job, ue_mm_free_work);
	schedule_delayed_work(&umm->job, 0);
}

/**
 * user_event_mm_put - drop a reference, and free the struct after the last one
 * @umm: the struct; freed after readers under user_event_srcu, which may still
 *	find it in the list of sharers
 *
 * Context: Process context.
 */
void user_event_mm_put(struct user_event_mm *umm)
{
	if (refcount_dec_and_test(&umm->refs))
		call_srcu(&user_event_srcu, &umm->rcu, ue_mm_free_rcu);
}

/* The caller has cleared mm_struct::user_event_mm, and owns its reference */
static void ue_mm_detach(struct user_event_mm *umm)
{
	struct user_event_set *set = umm->set;
	struct user_event_sharer *sharer = umm->sharer;

	umm->set = NULL;
	umm->sharer = NULL;
	if (set)
		user_event_set_leave(set, sharer);
}

/**
 * user_event_mm_end - drop the registrations of an address space that has ended
 * @mm: its mm_users is 0; the caller holds mm_count
 *
 * A toggle and a job access an address space only after mmget_not_zero(), which
 * fails now, so no lock is needed.
 *
 * Context: Any that mmput() is allowed in, event_mutex held or not.  Takes no
 * mutex and allocates nothing.
 */
void user_event_mm_end(struct mm_struct *mm)
{
	struct user_event_mm *umm = xchg(&mm->user_event_mm, NULL);

	VM_WARN_ON_ONCE(atomic_read(&mm->mm_users));
	if (!umm)
		return;
	ue_mm_detach(umm);
	user_event_mm_put(umm);
}

#ifndef CONFIG_MMU
static void ue_mmput_work(struct work_struct *work)
{
	mmput(container_of(work, struct mm_struct, async_put_work));
}

/* mm core has this function only with an MMU */
static void mmput_async(struct mm_struct *mm)
{
	int users = atomic_read(&mm->mm_users);

	while (users > 1) {
		if (atomic_try_cmpxchg(&mm->mm_users, &users, users - 1))
			return;
	}
	INIT_WORK(&mm->async_put_work, ue_mmput_work);
	schedule_work(&mm->async_put_work);
}
#endif

/**
 * user_event_mm_leave - drop mm_users where mmput() can't be called
 * @mm: the address space; the caller holds mm_count
 *
 * If this ends the address space, its registrations are dropped at once, before
 * a task that was told of its end can see them.  (Without an MMU, they are
 * dropped a moment later.)
 *
 * Context: Process context, event_mutex held or not.
 */
void user_event_mm_leave(struct mm_struct *mm)
{
	mmput_async(mm);
	if (!atomic_read(&mm->mm_users))
		user_event_mm_end(mm);
}

/**
 * user_event_mm_hold - take mm_users for a job or a waiter
 * @umm: the address space; the caller has a reference
 *
 * Context: Process context.
 *
 * Return: true with mm_users held, or false when the address space has ended.
 */
bool user_event_mm_hold(struct user_event_mm *umm)
{
	bool alive;

	spin_lock(&ue_held_lock);
	alive = mmget_not_zero(umm->mm);
	if (alive && !umm->nr_held++)
		list_add(&umm->held, &ue_held);
	spin_unlock(&ue_held_lock);
	return alive;
}

/**
 * user_event_mm_release - drop mm_users of a job or a waiter
 * @umm: the address space, which ends here if these were the last mm_users
 *
 * Context: Process context.
 */
void user_event_mm_release(struct user_event_mm *umm)
{
	spin_lock(&ue_held_lock);
	if (!--umm->nr_held)
		list_del(&umm->held);
	/* @umm holds mm_count, and the caller holds @umm */
	user_event_mm_leave(umm->mm);
	spin_unlock(&ue_held_lock);
}

/**
 * user_event_mm_any_held - tell whether user_event_mm_settle() may be needed
 *
 * Context: any; the answer may be outdated at once.
 *
 * Return: true while a job or a waiter holds an address space.
 */
bool user_event_mm_any_held(void)
{
	return !list_empty(&ue_held);
}

/* Takes the user_event_mm of an address space that only jobs or waiters hold */
static struct user_event_mm *ue_take_abandoned(void)
{
	struct user_event_mm *umm, *found = NULL;

	spin_lock(&ue_held_lock);
	list_for_each_entry(umm, &ue_held, held) {
		struct mm_struct *mm = umm->mm;

		/* Without a task, there can be no new registrations */
		if (atomic_read(&mm->mm_users) <= umm->nr_held)
			found = xchg(&mm->user_event_mm, NULL);
		if (found)
			break;
	}
	spin_unlock(&ue_held_lock);
	return found;
}

/**
 * user_event_mm_settle - end the address spaces without a task
 *
 * A job may hold an address space for a moment after its last task, and a
 * waiter for ever.  A caller that finds an event in use calls this and checks
 * again, so that neither of them keeps an event.
 *
 * Context: event_mutex held, may sleep.
 */
void user_event_mm_settle(void)
{
	struct user_event_mm *umm;

	lockdep_assert_held(&event_mutex);
	while ((umm = ue_take_abandoned())) {
		/* Only a job may hold it, since there is no task any more */
		mutex_lock(&umm->lock);
		ue_mm_detach(umm);
		mutex_unlock(&umm->lock);
		user_event_mm_put(umm);
	}
}

/**
 * user_event_mm_queue_job - let the job of an address space run now
 * @umm: the address space; found under user_event_srcu, or the caller has a
 *	reference
 *
 * Context: Process context.
 */
void user_event_mm_queue_job(struct user_event_mm *umm)
{
	/* 0: the address space has ended, but a toggle has found the struct */
	if (!refcount_inc_not_zero(&umm->refs))
		return;
	/* A job that was queued already has a reference, and runs now */
	if (mod_delayed_work(user_event_job_wq, &umm->job, 0))
		user_event_mm_put(umm);
}

/**
 * user_event_mm_init - create the workqueue of jobs
 *
 * Return: 0 or -ENOMEM.
 */
int __init user_event_mm_init(void)
{
	user_event_job_wq = alloc_workqueue("user_events", WQ_UNBOUND, WQ_MAX_ACTIVE);
	return user_event_job_wq ? 0 : -ENOMEM;
}
