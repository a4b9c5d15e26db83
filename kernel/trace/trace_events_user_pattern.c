// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: patterns of registered names, and events that match them.
 *
 * The patterns of all instances are in one list, so that a registration has
 * only one list to check, which is nearly always empty.
 */
#include <linux/glob.h>
#include <linux/list.h>

#include "trace_events_user.h"

LIST_HEAD(user_event_patterns);

/**
 * user_event_pattern_match - tell whether an event matches a pattern
 * @pattern: the pattern
 * @event: the event
 *
 * Return: true when both its registered name and its system match.
 */
bool user_event_pattern_match(const struct user_event_pattern *pattern,
			      const struct user_event *event)
{
	return glob_match(pattern->name, event->name->reg_name) &&
	       glob_match(pattern->system, event->call.class->system);
}

/*
 * Returns the file of an event in an instance, or NULL if the instance is for
 * other systems only, or had no memory for the file.  The core adds new files
 * at the head, so the file of a new event is found at once.
 */
static struct trace_event_file *ue_find_file(struct trace_array *tr,
					     const struct user_event *event)
{
	struct trace_event_file *file;

	lockdep_assert_held(&event_mutex);
	list_for_each_entry(file, &tr->events, list) {
		if (file->event_call == &event->call)
			return file;
	}
	return NULL;
}

/**
 * user_event_arm - enable an event in the instances with a pattern for it
 * @event: the event, which is new or has waited for removal, and has no
 *	reference
 *
 * An instance in which the event can't be enabled does not record it; the core
 * reports this in the log.
 *
 * Context: event_mutex held, may sleep.
 *
 * Return: true if the event has consumers now; the caller adds the reference
 * that they hold.
 */
bool user_event_arm(struct user_event *event)
{
	struct user_event_pattern *pattern;
	struct trace_event_file *file;

	lockdep_assert_held(&event_mutex);
	list_for_each_entry(pattern, &user_event_patterns, list) {
		if (!user_event_pattern_match(pattern, event))
			continue;
		file = ue_find_file(pattern->tr, event);
		if (file)
			trace_event_enable_disable(file, 1, 0);
	}
	return rcu_access_pointer(event->consumers);
}
