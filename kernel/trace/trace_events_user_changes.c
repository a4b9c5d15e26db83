// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: tell the pollers of user_events_status that something changed.
 *
 * Changes happen under event_mutex.  The number of pollers is not limited, so a
 * work item wakes them up without the mutex.
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
 * @changes: the pollers of a new group
 */
void user_event_changes_init(struct user_event_changes *changes)
{
	init_waitqueue_head(&changes->wait);
	INIT_WORK(&changes->wake, ue_wake_pollers);
}

/**
 * user_event_changes_end - wait until the work item does not run any more
 * @changes: the pollers of a group that has neither events nor open files
 *
 * Context: May sleep, but not for long: there are no pollers to wake up.
 */
void user_event_changes_end(struct user_event_changes *changes)
{
	cancel_work_sync(&changes->wake);
}

/**
 * user_event_changed - count a change of a group's events or their consumers
 * @group: the group
 *
 * Wakes pollers up, unless nobody has read the status since this happened last:
 * then no poller waits for this change.
 *
 * Context: event_mutex held; does not sleep.
 */
void user_event_changed(struct user_event_group *group)
{
	struct user_event_changes *changes = &group->changes;

	lockdep_assert_held(&event_mutex);
	/* A poller that comes after the wake-up sees the new generation */
	WRITE_ONCE(changes->generation, changes->generation + 1);
	if (!changes->awaited)
		return;
	changes->awaited = false;
	schedule_work(&changes->wake);
}

/**
 * user_event_changes_await - ask for a wake-up after the next change
 * @group: the group whose status the caller begins to read
 *
 * Context: event_mutex held until the first event has been read.
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
 * @group: the group
 * @filp: the open file
 * @wait: the poller's table
 * @seen: the generation that was read last
 *
 * Return: EPOLLIN as always, and EPOLLPRI if the status has changed.
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
