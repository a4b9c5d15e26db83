// SPDX-License-Identifier: GPL-2.0
/*
 * user-events: the events there are, and who records them.
 *
 * Nothing holds an event while we look at it: whatever is gone when its files are
 * opened is left out.
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

#define SYSTEM		"user_events"
#define MULTI_SYSTEM	"user_events_multi"

/**
 * parse_system - tell what a system of trace events is
 * @system: its name
 * @multi: set to whether its events have many formats of one name
 * @group: set to the group of its events, a part of @system or DEFAULT_GROUP
 *
 * Return: whether it is one of user_events at all.
 */
bool parse_system(const char *system, bool *multi, const char **group)
{
	*multi = !strncmp(system, MULTI_SYSTEM, strlen(MULTI_SYSTEM));
	if (!*multi && strncmp(system, SYSTEM, strlen(SYSTEM)))
		return false;
	system += strlen(*multi ? MULTI_SYSTEM : SYSTEM);
	if (!*system) {
		*group = DEFAULT_GROUP;
		return true;
	}
	*group = system + 1;
	return *system == '-';
}

/**
 * selects_system - tell whether events of a system are meant
 * @selection: what is meant
 * @system: the name of the system
 *
 * Return: whether it is a system of user_events and of the right group.
 */
bool selects_system(const struct selection *selection, const char *system)
{
	const char *group;
	bool multi;

	return parse_system(system, &multi, &group) &&
	       (!selection->group || !strcmp(selection->group, group));
}

/* On kernels that do not know `:`, the id is what follows the last `.` */
static size_t name_length(const char *tracepoint, bool multi)
{
	const char *end;

	if (!multi)
		return strlen(tracepoint);
	end = strchr(tracepoint, ':');
	if (!end)
		end = strrchr(tracepoint, '.');
	return end ? (size_t)(end - tracepoint) : strlen(tracepoint);
}

/**
 * registered_name - find out by which name a program has registered an event
 * @tracepoint: the name of its tracepoint
 * @multi: whether it is one of many formats
 *
 * Return: the name, which is the caller's.
 */
char *registered_name(const char *tracepoint, bool multi)
{
	return format_text("%.*s", (int)name_length(tracepoint, multi), tracepoint);
}

/**
 * selects_tracepoint - tell whether an event is meant
 * @selection: what is meant
 * @tracepoint: the name of the event's tracepoint
 * @multi: whether it is one of many formats
 *
 * Return: whether one of the names is its registered name, or matches it.
 */
bool selects_tracepoint(const struct selection *selection, const char *tracepoint, bool multi)
{
	bool selected = !selection->name_count;
	char *name = registered_name(tracepoint, multi);
	size_t i;

	for (i = 0; i < selection->name_count && !selected; i++)
		selected = !strcmp(selection->names[i], name) ||
			   !fnmatch(selection->names[i], name, 0);
	free(name);
	return selected;
}

/*
 * A program says char[8] text where a format file says char text[8], or char text[]
 * on kernels that do not print what they know.
 */
static char *registered_field(char *field, char *name, int size)
{
	char *length = strchr(name, '[');
	int name_size;

	if (!length)
		return copy_text(field);
	*name++ = '\0';
	name_size = length - name;
	if (length[1] == ']' && strncmp(field, "__", 2))
		return format_text("%s[%d] %.*s", field, size, name_size, name);
	return format_text("%s%s %.*s", field, length, name_size, name);
}

/* One line of a format file: "\tfield:TYPE NAME;\toffset:8;\tsize:4;\tsigned:0;" */
static char *field_text(char *line)
{
	char *field = line + strlen("\tfield:"), *end = strchr(field, ';'), *size, *name;
	int bytes;

	if (!end)
		return NULL;
	*end = '\0';
	name = strrchr(field, ' ');
	if (!name || !strncmp(name, " common_", 8))
		return NULL;
	size = strstr(end + 1, "size:");
	bytes = size ? atoi(size + strlen("size:")) : 0;
	if (!strncmp(field, "struct ", 7))
		return format_text("%s %d", field, bytes);
	return registered_field(field, name, bytes);
}

/**
 * event_fields - tell how a program would describe the fields of an event
 * @format: what stands in its format file; it is taken apart
 * @id: set to the number of the event, 0 if there is none
 *
 * Return: the fields, which are the caller's.
 */
char *event_fields(char *format, int *id)
{
	char *fields = copy_text(""), *line, *field, *more;

	*id = 0;
	while ((line = strsep(&format, "\n"))) {
		if (!strncmp(line, "ID: ", 4))
			*id = atoi(line + 4);
		if (strncmp(line, "\tfield:", 7))
			continue;
		field = field_text(line);
		if (!field)
			continue;
		more = format_text("%s%s%s", fields, *fields ? "; " : "", field);
		free(field);
		free(fields);
		fields = more;
	}
	return fields;
}

static int add_event(struct events *events, const char *system, const char *tracepoint)
{
	char *path = tracing_path("events/%s/%s/format", system, tracepoint);
	struct event *event;
	const char *group;
	char *format;
	int ret;

	ret = read_file(path, &format, NULL);
	free(path);
	if (ret)
		return ret;
	events->event = grow(events->event, events->count, sizeof(*event));
	event = &events->event[events->count++];
	*event = (struct event){
		.system = copy_text(system),
		.tracepoint = copy_text(tracepoint),
	};
	parse_system(system, &event->multi, &group);
	event->group = copy_text(group);
	event->name = registered_name(tracepoint, event->multi);
	event->fields = event_fields(format, &event->id);
	free(format);
	return 0;
}

static int add_system(struct events *events, const struct selection *selection,
		      const char *system)
{
	char *path = tracing_path("events/%s", system);
	struct strings entries = {};
	const char *group;
	int ret;
	size_t i;
	bool multi;

	parse_system(system, &multi, &group);
	ret = list_dir(path, &entries);
	free(path);
	for (i = 0; i < entries.count && !ret; i++) {
		const char *entry = entries.string[i];

		if (!strcmp(entry, "enable") || !strcmp(entry, "filter") ||
		    !selects_tracepoint(selection, entry, multi))
			continue;
		ret = add_event(events, system, entry);
		if (is_gone(ret))
			ret = 0;
	}
	strings_free(&entries);
	return is_gone(ret) ? 0 : ret;
}

static int compare_places(const void *left, const void *right)
{
	const struct event *a = left, *b = right;
	int order = strcmp(a->group, b->group);

	return order ? order : strcmp(a->tracepoint, b->tracepoint);
}

/**
 * find_events - find the events that are meant
 * @selection: what is meant
 * @events: they are stored here, in the order that lookup_event() needs
 *
 * Return: 0 or a negative errno.
 */
int find_events(const struct selection *selection, struct events *events)
{
	char *path = tracing_path("events");
	struct strings systems = {};
	size_t i;
	int ret;

	*events = (struct events){};
	ret = list_dir(path, &systems);
	free(path);
	for (i = 0; i < systems.count && !ret; i++) {
		if (selects_system(selection, systems.string[i]))
			ret = add_system(events, selection, systems.string[i]);
	}
	strings_free(&systems);
	if (events->count)
		qsort(events->event, events->count, sizeof(*events->event), compare_places);
	return ret;
}

/**
 * lookup_event - find one event by its place
 * @events: where to look, as find_events() has left them
 * @group: its group
 * @tracepoint: the name of its tracepoint
 *
 * Return: the event, or NULL.
 */
struct event *lookup_event(struct events *events, const char *group, const char *tracepoint)
{
	const struct event key = {
		.group = (char *)group,
		.tracepoint = (char *)tracepoint,
	};

	if (!events->count)
		return NULL;
	return bsearch(&key, events->event, events->count, sizeof(key), compare_places);
}

static void read_status(struct events *events, const char *group, char *status)
{
	char *line, *users;
	struct event *event;

	while ((line = strsep(&status, "\n")) && *line) {
		users = strstr(line, " # Used by");
		if (!users)
			continue;
		*users++ = '\0';
		event = lookup_event(events, group, line);
		if (!event)
			continue;
		event->ftrace = strstr(users, " ftrace");
		event->perf = strstr(users, " perf");
		event->other = strstr(users, " other");
	}
}

/**
 * find_groups - name all groups
 * @groups: the names are added here, DEFAULT_GROUP being the first
 */
void find_groups(struct strings *groups)
{
	char *path = tracing_path("user_events_groups");

	strings_add(groups, copy_text(DEFAULT_GROUP));
	list_dir(path, groups);
	free(path);
}

/**
 * find_status - find out who records events
 * @selection: says which groups count
 * @events: the events, as find_events() has left them
 *
 * Return: 0, or the negative errno of the last file that could not be read.
 */
int find_status(const struct selection *selection, struct events *events)
{
	struct strings groups = {};
	char *path, *status;
	int error, ret = 0;
	size_t i;

	find_groups(&groups);
	for (i = 0; i < groups.count; i++) {
		if (selection->group && strcmp(selection->group, groups.string[i]))
			continue;
		path = group_path(groups.string[i], "user_events_status");
		error = read_file(path, &status, NULL);
		free(path);
		if (!error) {
			read_status(events, groups.string[i], status);
			free(status);
		} else if (!is_gone(error)) {
			ret = error;
		}
	}
	strings_free(&groups);
	return ret;
}

/* `enable` reads as 1, or as 0 with a star where a trigger has it enabled */
static bool is_enabled_in(const char *instance, const struct event *event)
{
	char *path = instance_path(strcmp(instance, TOP_INSTANCE) ? instance : NULL,
				   "events/%s/%s/enable", event->system, event->tracepoint);
	bool enabled = false;
	char *text;

	if (!read_file(path, &text, NULL)) {
		enabled = strpbrk(text, "1*");
		free(text);
	}
	free(path);
	return enabled;
}

/**
 * find_instances - find out in which trace instances events are recorded
 * @events: these; find_status() has told which ftrace records
 */
void find_instances(struct events *events)
{
	char *path = tracing_path("instances");
	struct strings instances = {};
	size_t i, j;

	strings_add(&instances, copy_text(TOP_INSTANCE));
	list_dir(path, &instances);
	free(path);
	for (i = 0; i < events->count; i++) {
		struct event *event = &events->event[i];

		for (j = 0; event->ftrace && j < instances.count; j++) {
			if (is_enabled_in(instances.string[j], event))
				strings_add(&event->instances, copy_text(instances.string[j]));
		}
	}
	strings_free(&instances);
}

/* The older of two formats comes first: their ids have no leading zeros */
static int compare_names(const void *left, const void *right)
{
	const struct event *a = left, *b = right;
	size_t a_length = strlen(a->tracepoint), b_length = strlen(b->tracepoint);
	int order = strcmp(a->group, b->group);

	if (!order)
		order = strcmp(a->name, b->name);
	if (!order)
		order = (int)a->multi - (int)b->multi;
	if (!order && a_length != b_length)
		order = a_length < b_length ? -1 : 1;
	return order ? order : strcmp(a->tracepoint, b->tracepoint);
}

/**
 * sort_events - bring events into the order in which a reader wants to see them
 * @events: these; lookup_event() does not work any more
 */
void sort_events(struct events *events)
{
	if (events->count)
		qsort(events->event, events->count, sizeof(*events->event), compare_names);
}

/**
 * free_events - free events
 * @events: these; they are empty afterwards
 */
void free_events(struct events *events)
{
	size_t i, j;

	for (i = 0; i < events->count; i++) {
		struct event *event = &events->event[i];

		for (j = 0; j < event->registrant_count; j++)
			free(event->registrants[j].comm);
		free(event->registrants);
		strings_free(&event->instances);
		free(event->system);
		free(event->tracepoint);
		free(event->name);
		free(event->group);
		free(event->fields);
	}
	free(events->event);
	*events = (struct events){};
}
