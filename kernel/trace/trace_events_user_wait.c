// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: pages that have to be waited for.
 *
 * A waiter faults in one page for the job of an address space, which never
 * waits itself, and then lets the job run.  A waiter may wait for user space
 * for ever, so the number of waiters per user and group is limited.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "trace_events_user_mm.h"

/* Maximum number of waiters of a user in a group */
#define UE_MAX_WAITERS 16

/* Maximum number of pages of an address space that are noted as failed */
#define UE_MAX_FAILED 128

/* Number of waiters of each user and group that has one, by ue_waiter_key() */
static DEFINE_XARRAY(ue_waiters_of_user);

static struct workqueue_struct *ue_waiter_wq;

/* On 32-bit architectures, a user has the same key in all groups */
static unsigned long ue_waiter_key(const struct user_event_mm *umm)
{
	return (u64)umm->group << 32 | __kuid_val(umm->user);
}

static bool ue_take_waiter_of(const struct user_event_mm *umm)
{
	const unsigned long key = ue_waiter_key(umm);
	bool taken = false;
	unsigned long nr;
	void *entry;

	xa_lock(&ue_waiters_of_user);
	entry = xa_load(&ue_waiters_of_user, key);
	nr = entry ? xa_to_value(entry) : 0;
	if (nr < UE_MAX_WAITERS)
		taken = !xa_is_err(__xa_store(&ue_waiters_of_user, key,
					      xa_mk_value(nr + 1),
					      GFP_NOWAIT | __GFP_NOWARN));
	xa_unlock(&ue_waiters_of_user);
	return taken;
}

static void ue_give_waiter_of(const struct user_event_mm *umm)
{
	const unsigned long key = ue_waiter_key(umm);
	unsigned long nr;

	xa_lock(&ue_waiters_of_user);
	nr = xa_to_value(xa_load(&ue_waiters_of_user, key)) - 1;
	/* Replacing an entry needs no memory */
	if (nr)
		__xa_store(&ue_waiters_of_user, key, xa_mk_value(nr), 0);
	else
		__xa_erase(&ue_waiters_of_user, key);
	xa_unlock(&ue_waiters_of_user);
}

static struct user_event_waiter *ue_find_waiter(struct user_event_mm *umm, unsigned long addr)
{
	struct user_event_waiter *waiter;

	lockdep_assert_held(&umm->job_lock);
	list_for_each_entry(waiter, &umm->waiters, of_umm) {
		if (waiter->addr == addr)
			return waiter;
	}
	return NULL;
}

/* Returns true if the waiter is kept, to tell the job that the page failed */
static bool ue_end_waiter(struct user_event_waiter *waiter, int ret)
{
	struct user_event_mm *umm = waiter->umm;
	bool failed;

	spin_lock(&umm->job_lock);
	failed = ret == -EFAULT && umm->nr_failed < UE_MAX_FAILED;
	waiter->failed = failed;
	if (failed)
		umm->nr_failed++;
	else
		list_del(&waiter->of_umm);
	spin_unlock(&umm->job_lock);
	return failed;
}

static int ue_wait(struct user_event_waiter *waiter)
{
	struct mm_struct *mm = waiter->umm->mm;

	if (waiter->addr != USER_EVENT_JUST_THE_LOCK)
		return user_event_fault_in(mm, waiter->addr);
	mmap_read_lock(mm);
	mmap_read_unlock(mm);
	return 0;
}

/* Lets the job run now after a success; otherwise the job keeps its delay */
static void ue_waiter_work(struct work_struct *work)
{
	struct user_event_waiter *waiter = container_of(work, struct user_event_waiter, work);
	struct user_event_mm *umm = waiter->umm;
	int ret = -EINTR;

	if (user_event_mm_hold(umm)) {
		ret = ue_wait(waiter);
		user_event_mm_release(umm);
	}
	ue_give_waiter_of(umm);
	if (!ue_end_waiter(waiter, ret))
		kfree(waiter);
	if (!ret)
		user_event_mm_queue_job(umm);
	user_event_mm_put(umm);
}

static void ue_start_waiter(struct user_event_mm *umm, unsigned long addr)
{
	struct user_event_waiter *waiter;

	if (!ue_take_waiter_of(umm))
		return;
	waiter = kzalloc(sizeof(*waiter), GFP_KERNEL | __GFP_NOWARN);
	if (!waiter) {
		ue_give_waiter_of(umm);
		return;
	}
	INIT_WORK(&waiter->work, ue_waiter_work);
	waiter->umm = umm;
	waiter->addr = addr;
	refcount_inc(&umm->refs);
	scoped_guard(spinlock, &umm->job_lock)
		list_add(&waiter->of_umm, &umm->waiters);
	queue_work(ue_waiter_wq, &waiter->work);
}

/**
 * user_event_wait_for_page - let a waiter fault in a page
 * @umm: the address space.  Only its job calls this, so no other waiter for the
 *	page can be started in parallel.
 * @addr: user address on the page, or %USER_EVENT_JUST_THE_LOCK
 *
 * No waiter is started before the job has tried without it several times, or
 * when the user has too many of them, or when memory is short.  The job calls
 * this again at its next run.
 *
 * Context: Workqueue, may sleep for memory.
 *
 * Return: false for a page that has failed since the last toggle.
 */
bool user_event_wait_for_page(struct user_event_mm *umm, unsigned long addr)
{
	struct user_event_waiter *waiter;
	bool wanted, failed = false;

	addr &= PAGE_MASK;
	scoped_guard(spinlock, &umm->job_lock) {
		waiter = ue_find_waiter(umm, addr);
		wanted = !waiter && umm->tries >= USER_EVENT_TRIES_UNTIL_WAIT;
		failed = waiter && waiter->failed;
	}
	if (wanted)
		ue_start_waiter(umm, addr);
	return !failed;
}

/**
 * user_event_wait_init - create the workqueue of waiters
 *
 * Return: 0 or -ENOMEM.
 */
int __init user_event_wait_init(void)
{
	/* It is separate from that of jobs, which waiters must not hold up */
	ue_waiter_wq = alloc_workqueue("user_events_wait", WQ_UNBOUND, WQ_MAX_ACTIVE);
	return ue_waiter_wq ? 0 : -ENOMEM;
}
