// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: registrations of an address space, and how a child inherits
 * them.
 *
 * A task changes the registrations of its own address space only, and copies
 * the set first if another address space shares it.  A fork holds the mmap_lock
 * for writing while it copies the memory and shares the set, so it happens
 * wholly before or wholly after each change.
 */
#include <linux/mm.h>
#include <linux/sched.h>

#include "trace_events_user_mm.h"

static struct user_event_mm *ue_find_or_add_mm(struct mm_struct *mm, u32 group)
{
	struct user_event_mm *umm = READ_ONCE(mm->user_event_mm), *other;

	/* @mm is current's address space, so it can't end meanwhile */
	if (umm)
		return umm;
	umm = user_event_mm_alloc(mm, group, user_event_job);
	if (!umm)
		return NULL;
	other = cmpxchg(&mm->user_event_mm, NULL, umm);
	if (!other)
		return umm;
	user_event_mm_put(umm);
	return other;
}

/**
 * user_event_is_registered - look for a registration of current's address space
 * @addr: its address
 * @bit: its bit
 *
 * Context: Process context, may sleep.
 *
 * Return: true if there is one.
 */
bool user_event_is_registered(unsigned long addr, u8 bit)
{
	struct user_event_mm *umm = READ_ONCE(current->mm->user_event_mm);

	if (!umm)
		return false;
	guard(mutex)(&umm->lock);
	return user_event_set_find(umm->set, addr, bit);
}

/* Takes the locks to change the registrations of current's address space */
static int ue_begin_change(struct user_event_mm *umm)
{
	if (mutex_lock_killable(&umm->change))
		return -EINTR;
	if (mmap_read_lock_killable(umm->mm)) {
		mutex_unlock(&umm->change);
		return -EINTR;
	}
	return 0;
}

static void ue_end_change(struct user_event_mm *umm)
{
	mmap_read_unlock(umm->mm);
	mutex_unlock(&umm->change);
}

/*
 * Gives an address space a set that it may change.  A shared set is copied
 * without a lock that a toggle takes; as long as the address space shares it,
 * it does not change.  The copies of the enablers are in the lists of their
 * events before the address space leaves the old set, so a toggle finds the
 * address space by the old enabler or by its copy, and then looks into the
 * current set.  Returns 0, or -ENOMEM with nothing changed.
 */
static int ue_own_set(struct user_event_mm *umm)
{
	struct user_event_set *old = umm->set, *new;
	struct user_event_sharer *old_sharer = umm->sharer, *sharer;

	lockdep_assert_held(&umm->change);
	mmap_assert_locked(umm->mm);
	if (old && !user_event_set_is_shared(old))
		return 0;

	sharer = user_event_sharer_alloc(umm);
	if (!sharer)
		return -ENOMEM;
	new = user_event_set_copy(old, sharer);
	if (!new)
		return -ENOMEM;

	mutex_lock(&umm->lock);
	umm->set = new;
	umm->sharer = sharer;
	mutex_unlock(&umm->lock);
	if (old)
		user_event_set_leave(old, old_sharer);
	return 0;
}

/*
 * Adds an enabler and writes its bit.  The caller has to drop @page afterwards
 * without a lock, since user_event_put_dirty_page() may wait for the folio
 * lock.
 */
static int ue_try_register(struct user_event_mm *umm, struct user_event_enabler *enabler,
			   struct page **page)
{
	int ret;

	ret = ue_own_set(umm);
	if (ret)
		return ret;

	guard(mutex)(&umm->lock);
	*page = user_event_pin_page(umm->mm, enabler->addr);
	if (!*page)
		return -EAGAIN;
	ret = user_event_set_insert(umm->set, enabler);
	/* A toggle has either stored the status before, or finds the enabler */
	if (!ret)
		user_event_write_bit(*page, enabler, READ_ONCE(enabler->event->status));
	return ret;
}

/* Returns 0, -EAGAIN when the page has to be faulted in first, or an error */
static int ue_register_once(struct user_event_mm *umm, struct user_event_enabler *enabler)
{
	struct page *page = NULL;
	int ret;

	ret = ue_begin_change(umm);
	if (ret)
		return ret;
	ret = ue_try_register(umm, enabler, &page);
	ue_end_change(umm);
	user_event_put_dirty_page(page);
	return ret;
}

static int ue_add_enabler(struct user_event_mm *umm, struct user_event_enabler *enabler)
{
	unsigned int tries;
	int ret;

	for (tries = 0; tries < USER_EVENT_FAULT_TRIES; tries++) {
		ret = ue_register_once(umm, enabler);
		if (ret != -EAGAIN)
			return ret;
		ret = user_event_fault_in(umm->mm, enabler->addr);
		if (ret && ret != -EAGAIN)
			return ret;
	}
	return -EFAULT;
}

/**
 * user_event_register - register an address and bit of current
 * @event: the event to mirror; the caller has a reference
 * @addr: user address of the value, a multiple of @size
 * @bit: bit of the value
 * @size: size of the value in bytes, 4 or 8
 *
 * Context: Process context, may sleep and fault; holds no lock while it waits
 * for user space, and can be killed while it waits for a page.
 *
 * Return: 0, and the bit tells whether the event is recorded, -EADDRINUSE when
 * the bit is registered already, -EFAULT when it can't be written, -ENOMEM,
 * -EINTR when current is being killed.
 */
int user_event_register(struct user_event *event, unsigned long addr, u8 bit, u8 size)
{
	struct user_event_mm *umm = ue_find_or_add_mm(current->mm, event->name->group->id);
	struct user_event_enabler *enabler;
	int ret;

	if (!umm)
		return -ENOMEM;
	enabler = user_event_enabler_alloc(event, addr, bit, size);
	if (!enabler)
		return -ENOMEM;
	ret = ue_add_enabler(umm, enabler);
	if (ret)
		user_event_enabler_free(enabler);
	return ret;
}

/**
 * struct ue_removal - a registration that is being removed
 * @addr: its address
 * @bit: its bit
 * @gone: its memory can't be written to any more, so the bit is not cleared
 * @event: the event that it mirrored, once removed; owns its reference
 */
struct ue_removal {
	unsigned long		addr;
	u8			bit;
	bool			gone;
	struct user_event	*event;
};

/* Removes an enabler; @page is as for ue_try_register() */
static int ue_try_unregister(struct user_event_mm *umm, struct ue_removal *removal,
			     struct page **page)
{
	struct user_event_enabler *enabler;
	int ret;

	lockdep_assert_held(&umm->change);
	/* The caller holds @change, so the enabler is found again below */
	if (!user_event_set_find(umm->set, removal->addr, removal->bit))
		return -ENOENT;
	ret = ue_own_set(umm);
	if (ret)
		return ret;

	guard(mutex)(&umm->lock);
	enabler = user_event_set_find(umm->set, removal->addr, removal->bit);
	*page = user_event_pin_page(umm->mm, removal->addr);
	if (!*page && !removal->gone)
		return -EAGAIN;
	if (*page)
		user_event_write_bit(*page, enabler, false);
	removal->event = user_event_set_erase(umm->set, enabler);
	return 0;
}

static int ue_unregister_once(struct user_event_mm *umm, struct ue_removal *removal)
{
	struct page *page = NULL;
	int ret;

	ret = ue_begin_change(umm);
	if (ret)
		return ret;
	ret = ue_try_unregister(umm, removal, &page);
	ue_end_change(umm);
	user_event_put_dirty_page(page);
	return ret;
}

static int ue_remove_enabler(struct user_event_mm *umm, struct ue_removal *removal)
{
	unsigned int tries;
	int ret;

	for (tries = 0;; tries++) {
		ret = ue_unregister_once(umm, removal);
		if (ret != -EAGAIN)
			return ret;
		ret = user_event_fault_in(umm->mm, removal->addr);
		if (ret == -EINTR)
			return ret;
		/* Like a program's page fault, retry until current is killed */
		if (ret == -ENOMEM)
			schedule_timeout_killable(1);
		else
			removal->gone = ret == -EFAULT || tries >= USER_EVENT_FAULT_TRIES;
	}
}

/**
 * user_event_unregister - unregister an address and bit of current
 * @addr: its address
 * @bit: its bit
 *
 * The bit is cleared, unless its memory is gone.
 *
 * Context: Process context, may sleep and fault; event_mutex not held.  Holds
 * no lock while it waits for user space, and can be killed while it waits for a
 * page.
 *
 * Return: 0, -ENOENT when the bit is not registered, -ENOMEM when there is no
 * memory to copy a shared set, -EINTR when current is being killed.  After an
 * error nothing has changed.
 */
int user_event_unregister(unsigned long addr, u8 bit)
{
	struct user_event_mm *umm = READ_ONCE(current->mm->user_event_mm);
	struct ue_removal removal = { .addr = addr, .bit = bit };
	int ret;

	if (!umm)
		return -ENOENT;
	ret = ue_remove_enabler(umm, &removal);
	if (!ret)
		user_event_put(removal.event);
	return ret;
}

/**
 * user_event_mm_dup - let a child inherit the registrations of its parent
 * @mm: the address space of the child, a complete copy that no task runs in yet
 * @oldmm: the address space of its parent, which has a user_event_mm
 *
 * A bit is written with the mmap_lock held for reading.  So either a toggle has
 * written the parent's bit before the memory was copied, and the copy has it;
 * or the toggle comes after this, and finds the child in the list of sharers;
 * or it has left the bit to the parent's job, which the child inherits.
 *
 * If memory is short, the child starts without registrations.
 *
 * Context: Both mmap_locks are held for writing; may sleep for memory.
 */
void user_event_mm_dup(struct mm_struct *mm, struct mm_struct *oldmm)
{
	struct user_event_mm *parent = READ_ONCE(oldmm->user_event_mm), *child;
	struct user_event_sharer *sharer;

	mmap_assert_write_locked(mm);
	mmap_assert_write_locked(oldmm);
	/* The set can't change, since that takes the mmap_lock */
	if (!user_event_set_first(parent->set, 0, 0))
		return;

	child = user_event_mm_alloc(mm, parent->group, user_event_job);
	if (!child)
		return;
	sharer = user_event_sharer_alloc(child);
	if (!sharer) {
		user_event_mm_put(child);
		return;
	}

	child->set = parent->set;
	child->sharer = sharer;
	mm->user_event_mm = child;
	user_event_set_share(parent->set, sharer);
	/* A toggle that comes to the parent later finds the child as well */
	user_event_inherit_job(child, parent);
}
