// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: patterns of registered names, and events that match them.
 *
 * The patterns of all instances are in one list: nearly always it is empty, and
 * that is all a registration has to look at.
 */
#include <linux/glob.h>
#include <linux/list.h>

#include "trace_events_user.h"

LIST_HEAD(user_event_patterns);

/**
 * user_event_pattern_match - tell whether an event is one that a pattern asks for
 * @pattern: which
 * @event: which
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
 * The file of an event in an instance.  The core puts the newest first, so that
 * this one is found at once unless it has waited for removal.  NULL where the
 * instance is for other systems only, or memory was short.
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
 * user_event_arm - let an event be recorded where a pattern asks for it
 * @event: which; new, or saved from its removal; nobody has a reference to it
 *
 * Where it can't be enabled it is not recorded; the core tells so in the log.
 *
 * Context: event_mutex held, may sleep.
 *
 * Return: true when it is recorded from now on; its consumers have one reference,
 * which the caller adds.
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
