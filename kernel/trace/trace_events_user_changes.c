// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: tell those who poll user_events_status that something changed.
 *
 * Changes happen under event_mutex, and waking up takes as long as there are
 * pollers, whom nobody has counted: it is left to a work item.
 */
#include <linux/poll.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "trace_events_user.h"

static void ue_wake_pollers(struct work_struct *work)
{
	struct user_event_changes *changes = container_of(work, struct user_event_changes, wake);

	wake_up_interruptible_poll(&changes->wait, EPOLLPRI | EPOLLERR);
}

/**
 * user_event_changes_init - prepare for pollers
 * @changes: of a new group
 */
void user_event_changes_init(struct user_event_changes *changes)
{
	init_waitqueue_head(&changes->wait);
	INIT_WORK(&changes->wake, ue_wake_pollers);
}

/**
 * user_event_changes_end - wait until nothing refers to it any more
 * @changes: of a group that has neither events nor open files
 *
 * Context: May sleep, for as long as it takes to wake up nobody.
 */
void user_event_changes_end(struct user_event_changes *changes)
{
	cancel_work_sync(&changes->wake);
}

/**
 * user_event_changed - note that an event has come, gone or changed consumers
 * @group: whose event it is
 *
 * Wakes pollers up unless nobody has read the status since they were woken last:
 * all that sleep have read the current generation.
 *
 * Context: event_mutex held; does not sleep.
 */
void user_event_changed(struct user_event_group *group)
{
	struct user_event_changes *changes = &group->changes;

	lockdep_assert_held(&event_mutex);
	/* Before the work is queued, so that a poller that is not woken up reads it */
	WRITE_ONCE(changes->generation, changes->generation + 1);
	if (!changes->awaited)
		return;
	changes->awaited = false;
	schedule_work(&changes->wake);
}

/**
 * user_event_changes_await - note that somebody reads the status from now on
 * @group: whose status
 *
 * Context: event_mutex held, which is not released before the first event has
 * been read.
 *
 * Return: the generation that is read.
 */
u32 user_event_changes_await(struct user_event_group *group)
{
	lockdep_assert_held(&event_mutex);
	group->changes.awaited = true;
	return group->changes.generation;
}

/**
 * user_event_changes_poll - the poll method of user_events_status
 * @group: whose status
 * @filp: the open file
 * @wait: who polls
 * @seen: the generation that was read last
 *
 * Return: that there is something to read, as always, and whether it has
 * changed.
 */
__poll_t user_event_changes_poll(struct user_event_group *group, struct file *filp,
				 struct poll_table_struct *wait, u32 seen)
{
	__poll_t mask = EPOLLIN | EPOLLRDNORM;

	poll_wait(filp, &group->changes.wait, wait);
	if (seen != READ_ONCE(group->changes.generation))
		mask |= EPOLLERR | EPOLLPRI;
	return mask;
}
