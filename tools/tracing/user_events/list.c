// SPDX-License-Identifier: GPL-2.0
/*
 * user-events list: the events there are.
 */
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const char *const titles[] = {
	"NAME", "WORLD", "GROUP", "TRACEPOINT", "RECORDED BY", "REGISTERED BY", "FIELDS",
};

/* Appends to a list; both texts are freed */
static char *append(char *list, char *item)
{
	char *longer = format_text("%s%s%s", list, *list ? "," : "", item);

	free(list);
	free(item);
	return longer;
}

/* An instance goes with its name, the top directory without */
static char *recorders(const struct event *event)
{
	char *text = copy_text("");
	size_t i;

	for (i = 0; i < event->instances.count; i++) {
		const char *instance = event->instances.string[i];

		if (strcmp(instance, TOP_INSTANCE))
			text = append(text, format_text("ftrace(%s)", instance));
		else
			text = append(text, copy_text("ftrace"));
	}
	if (event->ftrace && !event->instances.count)
		text = append(text, copy_text("ftrace"));
	if (event->perf)
		text = append(text, copy_text("perf"));
	if (event->other)
		text = append(text, copy_text("other"));
	return *text ? text : append(text, copy_text("-"));
}

/* A program may have registered an event on several of its files */
static bool is_repeated(const struct event *event, size_t which)
{
	return which && event->registrants[which].pid == event->registrants[which - 1].pid;
}

static char *registrants(const struct event *event)
{
	char *text = copy_text("");
	size_t i;

	for (i = 0; i < event->registrant_count; i++) {
		const struct registrant *registrant = &event->registrants[i];

		if (!is_repeated(event, i))
			text = append(text, format_text("%s(%d)", registrant->comm,
							(int)registrant->pid));
	}
	return text;
}

static void list_text(const struct events *events, bool known)
{
	struct table table = {};
	size_t i;

	table_titles(&table, ARRAY_SIZE(titles), titles);
	for (i = 0; i < events->count; i++) {
		const struct event *event = &events->event[i];
		char *who = registrants(event);
		char *by = recorders(event);

		table_cell(&table, "%s", event->name);
		table_cell(&table, "%s", event->multi ? "multi" : "single");
		table_cell(&table, "%s", event->group);
		table_cell(&table, "%s:%s", event->system, event->tracepoint);
		table_cell(&table, "%s", by);
		table_cell(&table, "%s", *who ? who : known ? "-" : "?");
		table_cell(&table, "%s", event->fields);
		free(who);
		free(by);
	}
	table_print(&table);
}

static void list_registrants(const struct event *event)
{
	size_t i;

	json_begin("registered_by", '[');
	for (i = 0; i < event->registrant_count; i++) {
		json_begin(NULL, '{');
		json_number("pid", "%d", (int)event->registrants[i].pid);
		json_string("comm", event->registrants[i].comm);
		json_number("fd", "%d", event->registrants[i].fd);
		json_end('}');
	}
	json_end(']');
}

static void list_json(const struct event *event, bool known)
{
	size_t i;

	json_begin(NULL, '{');
	json_string("name", event->name);
	json_string("world", event->multi ? "multi" : "single");
	json_string("group", event->group);
	json_string("system", event->system);
	json_string("tracepoint", event->tracepoint);
	json_number("id", "%d", event->id);
	json_string("fields", event->fields);
	json_begin("recorded_by", '[');
	if (event->ftrace)
		json_string(NULL, "ftrace");
	if (event->perf)
		json_string(NULL, "perf");
	if (event->other)
		json_string(NULL, "other");
	json_end(']');
	json_begin("instances", '[');
	for (i = 0; i < event->instances.count; i++)
		json_string(NULL, event->instances.string[i]);
	json_end(']');
	if (known)
		list_registrants(event);
	else
		json_null("registered_by");
	json_end('\n');
}

static int list_all(const struct options *options, const struct selection *selection,
		    struct events *events)
{
	bool known = have_fdinfo();
	size_t i, hidden = 0;
	int ret;

	ret = find_status(selection, events);
	if (ret)
		complain("cannot tell who records: cannot read 'user_events_status': %s",
			 strerror(-ret));
	find_instances(events);
	if (known)
		hidden = find_registrants(events);
	sort_events(events);
	if (options->json) {
		for (i = 0; i < events->count; i++)
			list_json(&events->event[i], known);
	} else {
		list_text(events, known);
	}
	if (hidden)
		complain("cannot tell what %zu processes have registered: Permission denied",
			 hidden);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

/**
 * list_command - user-events list [NAME]...
 * @options: the command line
 *
 * Return: the exit status.
 */
int list_command(const struct options *options)
{
	const struct selection selection = {
		.group = options->group,
		.names = options->argv,
		.name_count = options->argc,
	};
	struct events events;
	int ret, status = EXIT_FAILURE;

	ret = find_events(&selection, &events);
	if (ret)
		complain("cannot list '%s/events': %s", tracing_dir(), strerror(-ret));
	else if (options->argc && !events.count)
		complain("no event of that name is registered");
	else
		status = list_all(options, &selection, &events);
	free_events(&events);
	return status;
}
