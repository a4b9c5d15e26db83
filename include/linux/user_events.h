/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What fork, exec and exit tell user_events.
 *
 * Registrations belong to the address space.  A task whose address space may
 * have some carries that address space's key in task_struct::user_event_mm,
 * so that all other tasks pay one test of a pointer here.
 */
#ifndef _LINUX_USER_EVENTS_H
#define _LINUX_USER_EVENTS_H

#include <linux/sched.h>
#include <uapi/linux/user_events.h>

#ifdef CONFIG_USER_EVENTS

void user_event_mm_fork(struct task_struct *child, bool shares_mm);
void user_event_mm_exec(struct task_struct *task);
void user_event_mm_exit(struct task_struct *task);

/**
 * user_events_fork - hand the registrations of current on to a new task
 * @child: the task that current has just made, not yet running
 * @clone_flags: what it shares with current
 *
 * Context: Process context, may sleep.
 */
static inline void user_events_fork(struct task_struct *child, u64 clone_flags)
{
	if (unlikely(current->user_event_mm))
		user_event_mm_fork(child, clone_flags & CLONE_VM);
}

/**
 * user_events_execve - forget the registrations of the program just left
 * @task: current, already in its new address space
 *
 * Context: Process context, may sleep.
 */
static inline void user_events_execve(struct task_struct *task)
{
	if (unlikely(task->user_event_mm))
		user_event_mm_exec(task);
}

/**
 * user_events_exit - a task is about to leave its address space for good
 * @task: current
 *
 * Context: Process context, may sleep; @task still has its address space.
 */
static inline void user_events_exit(struct task_struct *task)
{
	if (unlikely(task->user_event_mm))
		user_event_mm_exit(task);
}

#else /* !CONFIG_USER_EVENTS */

static inline void user_events_fork(struct task_struct *child, u64 clone_flags)
{
}

static inline void user_events_execve(struct task_struct *task)
{
}

static inline void user_events_exit(struct task_struct *task)
{
}

#endif /* CONFIG_USER_EVENTS */

#endif /* _LINUX_USER_EVENTS_H */
