// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: nobody is refused an event for a reason that does not last.
 *
 * An address space that has ended may still be held by a job, its references be
 * in the list of what was discarded, and the tracing core let go of an event
 * only after a grace period.  That is seen to before a registration or a deletion
 * fails, and not before, since it takes time.
 */
#include <linux/delay.h>
#include <linux/tracepoint.h>

#include "trace_events_user_mm.h"

/**
 * user_events_settle_locked - drop what address spaces have left behind
 *
 * Those that only jobs hold are ended first.  Removes no event, so it may be
 * called from a walk of the tracing core.
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
 * user_events_settle - remove the events that only what has ended keeps
 *
 * For readers of a list of events, which must not show those that are about to go.
 *
 * Context: Process context, may sleep; event_mutex not held.
 */
void user_events_settle(void)
{
	if (user_event_mm_any_held())
		ue_settle();
	user_events_clean();
}

/* Whether it is worth trying again what has failed with @ret; @tries counts */
static bool ue_may_have_passed(int ret, unsigned int *tries)
{
	if (ret != -EBUSY && ret != -EADDRINUSE && ret != -EMFILE && ret != -EAGAIN)
		return false;
	if (!(*tries)++) {
		ue_settle();
		/* At its limit, a group may have events that wait for removal */
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
 * user_event_obtain - find or make the event that a description asks for
 * @group: where
 * @desc: the description
 * @reg_flags: of enum user_reg_flag
 *
 * As user_event_get(), but what does not last is no reason to fail.
 *
 * Context: Process context, may sleep; event_mutex not held.
 *
 * Return: the event with a reference, or an error as of user_event_get(), but for
 * -EAGAIN.
 */
struct user_event *user_event_obtain(struct user_event_group *group, const char *desc,
				     unsigned int reg_flags)
{
	struct user_event *event;
	unsigned int tries = 0;

	/* What a pattern asks for is the event that comes after such a one */
	if (unlikely(user_event_has_patterns()))
		user_events_settle();
	do {
		event = user_event_get(group, desc, reg_flags);
	} while (IS_ERR(event) && ue_may_have_passed(PTR_ERR(event), &tries));
	return event == ERR_PTR(-EAGAIN) ? ERR_PTR(-EADDRINUSE) : event;
}

/**
 * user_event_delete_all - delete all events of a name that are not in use
 * @group: whose name
 * @name: the name
 *
 * As user_event_delete(), but what does not last is no reason to fail.
 *
 * Context: Process context, may sleep; event_mutex not held.
 *
 * Return: 0, or an error as of user_event_delete(), but for -EAGAIN.
 */
int user_event_delete_all(struct user_event_group *group, const char *name)
{
	unsigned int tries = 0;
	int ret;

	do {
		ret = user_event_delete(group, name);
		/* The last that was there has gone by itself meanwhile */
		if (ret == -ENOENT && tries)
			return 0;
	} while (ue_may_have_passed(ret, &tries));
	return ret == -EAGAIN ? -EBUSY : ret;
}

/* Returns 0, -EBUSY in use, -EAGAIN when just the tracing core keeps an event */
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
 * user_event_group_empty - look whether a group has events, in spite of what does
 *	not last
 * @group: the group
 *
 * Context: Process context, may sleep; event_mutex not held.
 *
 * Return: 0 when there is none, or -EBUSY.
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
