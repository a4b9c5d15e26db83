// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: repeat what failed for a transient reason.
 *
 * After an address space has ended, a job may still hold it, its references may
 * still wait in the list of discarded objects, and the tracing core may need an
 * event for a grace period more.  A registration or a deletion that fails waits
 * for that and tries again; this takes time, so it does not wait before.
 */
#include <linux/delay.h>
#include <linux/tracepoint.h>

#include "trace_events_user_mm.h"

/**
 * user_events_settle_locked - drop the references of ended address spaces
 *
 * Address spaces that only jobs and waiters hold are ended first.  This removes
 * no event, so it may be called while the tracing core walks events.
 *
 * Context: event_mutex held, may sleep.
 */
void user_events_settle_locked(void)
{
	lockdep_assert_held(&event_mutex);
	user_event_mm_settle();
	user_events_drop_locked();
}

static void ue_settle(void)
{
	scoped_guard(mutex, &event_mutex)
		user_event_mm_settle();
	user_events_drop_all();
}

/**
 * user_events_settle - remove the events that only ended address spaces use
 *
 * This is called before patterns are matched, so that an event which is about
 * to be removed is neither enabled nor shared.
 *
 * Context: Process context, may sleep; event_mutex not held.
 */
void user_events_settle(void)
{
	if (user_event_mm_any_held())
		ue_settle();
	user_events_clean();
}

/* Waits if @ret may be transient; returns false when a retry is useless */
static bool ue_may_have_passed(int ret, unsigned int *tries)
{
	if (ret != -EBUSY && ret != -EADDRINUSE && ret != -EMFILE && ret != -EAGAIN)
		return false;
	if (!(*tries)++) {
		ue_settle();
		/* A group at its limit may have events that wait for removal */
		if (ret == -EMFILE)
			user_events_clean();
		return true;
	}
	if (ret != -EAGAIN || *tries > USER_EVENT_CORE_TRIES)
		return false;
	tracepoint_synchronize_unregister();
	msleep(*tries);
	return true;
}

/**
 * user_event_obtain - find or create the event that a description asks for
 * @group: the group
 * @desc: the description
 * @reg_flags: of enum user_reg_flag
 *
 * This is user_event_get(), repeated after a transient failure.
 *
 * Context: Process context, may sleep; event_mutex not held.
 *
 * Return: the event with a reference, or an error of user_event_get(), with
 * -EADDRINUSE instead of -EAGAIN.
 */
struct user_event *user_event_obtain(struct user_event_group *group, const char *desc,
				     unsigned int reg_flags)
{
	struct user_event *event;
	unsigned int tries = 0;

	/*
	 * Patterns enable an event when it is added, so an event that only an
	 * ended address space uses must be removed before, and not be shared.
	 */
	if (unlikely(user_event_has_patterns()))
		user_events_settle();
	do {
		event = user_event_get(group, desc, reg_flags);
	} while (IS_ERR(event) && ue_may_have_passed(PTR_ERR(event), &tries));
	return event == ERR_PTR(-EAGAIN) ? ERR_PTR(-EADDRINUSE) : event;
}

/**
 * user_event_delete_all - delete all events of a name that are not in use
 * @group: the group
 * @name: the name
 *
 * This is user_event_delete(), repeated after a transient failure.
 *
 * Context: Process context, may sleep; event_mutex not held.
 *
 * Return: 0, or an error of user_event_delete(), with -EBUSY instead of
 * -EAGAIN.
 */
int user_event_delete_all(struct user_event_group *group, const char *name)
{
	unsigned int tries = 0;
	int ret;

	do {
		ret = user_event_delete(group, name);
		/* The last event has been removed meanwhile */
		if (ret == -ENOENT && tries)
			return 0;
	} while (ue_may_have_passed(ret, &tries));
	return ret == -EAGAIN ? -EBUSY : ret;
}

/* Returns 0, -EBUSY in use, or -EAGAIN if only the core needs the events */
static int ue_check_empty(struct user_event_group *group)
{
	struct user_event *event;
	unsigned long id;

	guard(mutex)(&event_mutex);
	xa_for_each(&group->events, id, event) {
		if (refcount_read(&event->refs))
			return -EBUSY;
	}
	return group->nr_events ? -EAGAIN : 0;
}

/**
 * user_event_group_empty - check that a group has no events
 * @group: the group
 *
 * This repeats the check while the reason may be transient.
 *
 * Context: Process context, may sleep; event_mutex not held.
 *
 * Return: 0 when it has no event, or -EBUSY.
 */
int user_event_group_empty(struct user_event_group *group)
{
	unsigned int tries = 0;
	int ret;

	do {
		user_events_clean();
		user_events_retry_stuck();
		ret = ue_check_empty(group);
	} while (ue_may_have_passed(ret, &tries));
	return ret ? -EBUSY : 0;
}
