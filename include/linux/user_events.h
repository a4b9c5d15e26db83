/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What mm core tells user_events.
 *
 * Registrations belong to an address space: they are copied with the memory,
 * and they end with it.  Each call is one test of a pointer for an address space
 * that has none.
 */
#ifndef _LINUX_USER_EVENTS_H
#define _LINUX_USER_EVENTS_H

#include <linux/mm_types.h>
#include <uapi/linux/user_events.h>

#ifdef CONFIG_USER_EVENTS

void user_event_mm_dup(struct mm_struct *mm, struct mm_struct *oldmm);
void user_event_mm_end(struct mm_struct *mm);

/**
 * user_events_mm_init - a new address space has no registrations
 * @mm: the address space, which may be a copy of another mm_struct
 */
static inline void user_events_mm_init(struct mm_struct *mm)
{
	mm->user_event_mm = NULL;
}

/**
 * user_events_mm_fork - an address space has been copied
 * @mm: the copy, complete, that nobody runs in yet
 * @oldmm: what it was copied from
 *
 * Context: Process context, may sleep; both mmap_locks are held for writing.
 */
static inline void user_events_mm_fork(struct mm_struct *mm, struct mm_struct *oldmm)
{
	if (unlikely(oldmm->user_event_mm))
		user_event_mm_dup(mm, oldmm);
}

/**
 * user_events_mm_exit - an address space ends
 * @mm: the address space, whose mm_users is 0
 *
 * Context: Any that mmput() is allowed in.  Takes no mutex.
 */
static inline void user_events_mm_exit(struct mm_struct *mm)
{
	if (unlikely(mm->user_event_mm))
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
