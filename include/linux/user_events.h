/* SPDX-License-Identifier: GPL-2.0 */
/*
 * user_events: calls from mm core.
 *
 * Registrations belong to an address space: fork() copies them together with
 * the memory, and they end with the address space.  For an address space
 * without registrations, each call only tests a pointer.
 */
#ifndef _LINUX_USER_EVENTS_H
#define _LINUX_USER_EVENTS_H

#include <linux/compiler.h>
#include <linux/mm_types.h>
#include <uapi/linux/user_events.h>

#ifdef CONFIG_USER_EVENTS

void user_event_mm_dup(struct mm_struct *mm, struct mm_struct *oldmm);
void user_event_mm_end(struct mm_struct *mm);

/**
 * user_events_mm_init - let a new address space have no registrations
 * @mm: the address space, which may be a copy of another mm_struct
 */
static inline void user_events_mm_init(struct mm_struct *mm)
{
	mm->user_event_mm = NULL;
}

/**
 * user_events_mm_fork - let the copy of an address space inherit registrations
 * @mm: the complete copy, which no task runs in yet
 * @oldmm: the address space that it was copied from
 *
 * Context: Process context, may sleep; both mmap_locks are held for writing.
 */
static inline void user_events_mm_fork(struct mm_struct *mm, struct mm_struct *oldmm)
{
	/* Another thread of the parent may register for the first time now */
	if (unlikely(READ_ONCE(oldmm->user_event_mm)))
		user_event_mm_dup(mm, oldmm);
}

/**
 * user_events_mm_exit - drop the registrations of an address space
 * @mm: the address space, whose mm_users is 0
 *
 * Context: Any that mmput() is allowed in.  Takes no mutex.
 */
static inline void user_events_mm_exit(struct mm_struct *mm)
{
	/* A job that has held the address space may take it now */
	if (unlikely(READ_ONCE(mm->user_event_mm)))
		user_event_mm_end(mm);
}

#else /* !CONFIG_USER_EVENTS */

static inline void user_events_mm_init(struct mm_struct *mm)
{
}

static inline void user_events_mm_fork(struct mm_struct *mm, struct mm_struct *oldmm)
{
}

static inline void user_events_mm_exit(struct mm_struct *mm)
{
}

#endif /* CONFIG_USER_EVENTS */

#endif /* _LINUX_USER_EVENTS_H */
