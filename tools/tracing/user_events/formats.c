// SPDX-License-Identifier: GPL-2.0
/*
 * user-events: the formats of what is recorded.
 *
 * A format is read while its event is enabled, which keeps the event; it stays known
 * to us after that.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <event-parse.h>

#include "tool.h"

/**
 * struct formats - what is known
 * @selection: which events are meant
 * @instance: where to enable those that are found, or NULL if the kernel does
 * @tep: what takes formats apart
 * @by_id: all formats, a tree
 * @by_place: the same ones
 */
struct formats {
	const struct selection *selection;
	const char *instance;
	struct tep_handle *tep;
	void *by_id;
	void *by_place;
};

/**
 * formats_new - begin to know formats
 * @selection: which events are meant
 * @instance: where to enable those that are found, or NULL if the kernel does
 *
 * Return: nothing yet, for formats_refresh() and formats_find().
 */
struct formats *formats_new(const struct selection *selection, const char *instance)
{
	struct formats *formats = calloc(1, sizeof(*formats));

	if (!formats)
		out_of_memory();
	formats->selection = selection;
	formats->instance = instance;
	formats->tep = tep_alloc();
	if (!formats->tep)
		out_of_memory();
	tep_set_loglevel(TEP_LOG_NONE);
	return formats;
}

static int compare_ids(const void *left, const void *right)
{
	const struct format *a = left, *b = right;

	return a->id < b->id ? -1 : a->id > b->id;
}

static int compare_places(const void *left, const void *right)
{
	const struct format *a = left, *b = right;

	return strcmp(a->place, b->place);
}

/* libtraceevent takes nothing but identifiers; older kernels print others */
static void tidy_name(char *text)
{
	char *at;

	if (strncmp(text, "name: ", 6))
		return;
	for (at = text + 6; *at && *at != '\n'; at++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *at))
			*at = '_';
	}
}

static const struct tep_event *parse_format(struct formats *formats, const char *system,
					    const char *tracepoint)
{
	char *path = tracing_path("events/%s/%s/format", system, tracepoint), *text;
	struct tep_event *event = NULL;
	size_t size;
	int ret;

	ret = read_file(path, &text, &size);
	free(path);
	if (ret)
		return NULL;
	tidy_name(text);
	tep_parse_format(formats->tep, &event, text, size, system);
	free(text);
	return event;
}

static void load_format(struct formats *formats, const char *system, const char *tracepoint)
{
	struct format *format;
	const char *group;

	format = calloc(1, sizeof(*format));
	if (!format)
		out_of_memory();
	format->event = parse_format(formats, system, tracepoint);
	if (!format->event) {
		free(format);
		return;
	}
	format->id = format->event->id;
	format->place = format_text("%s/%s", system, tracepoint);
	format->tracepoint = strchr(format->place, '/') + 1;
	parse_system(system, &format->multi, &group);
	format->group = copy_text(group);
	format->name = registered_name(tracepoint, format->multi);
	if (!tsearch(format, &formats->by_id, compare_ids) ||
	    !tsearch(format, &formats->by_place, compare_places))
		out_of_memory();
}

static bool is_known(struct formats *formats, const char *system, const char *tracepoint)
{
	struct format key = { .place = format_text("%s/%s", system, tracepoint) };
	bool known = tfind(&key, &formats->by_place, compare_places);

	free(key.place);
	return known;
}

/* What we have enabled does not go away before we are done with it */
static void meet_event(struct formats *formats, const char *system, const char *tracepoint)
{
	int ret = 0;

	if (is_known(formats, system, tracepoint))
		return;
	if (formats->instance)
		ret = switch_tracepoint(formats->instance, system, tracepoint, "1");
	if (!ret)
		load_format(formats, system, tracepoint);
	else if (!is_gone(ret))
		complain("cannot record '%s:%s': %s", system, tracepoint, strerror(-ret));
}

static void meet_system(struct formats *formats, const char *system)
{
	char *path = tracing_path("events/%s", system);
	struct strings entries = {};
	const char *group;
	size_t i;
	bool multi;

	parse_system(system, &multi, &group);
	list_dir(path, &entries);
	free(path);
	for (i = 0; i < entries.count; i++) {
		if (strcmp(entries.string[i], "enable") && strcmp(entries.string[i], "filter") &&
		    selects_tracepoint(formats->selection, entries.string[i], multi))
			meet_event(formats, system, entries.string[i]);
	}
	strings_free(&entries);
}

/**
 * formats_refresh - look for formats that are not known yet
 * @formats: what is known
 */
void formats_refresh(struct formats *formats)
{
	char *path = tracing_path("events");
	struct strings systems = {};
	size_t i;

	list_dir(path, &systems);
	free(path);
	for (i = 0; i < systems.count; i++) {
		if (selects_system(formats->selection, systems.string[i]))
			meet_system(formats, systems.string[i]);
	}
	strings_free(&systems);
}

/* Remembers that there is nothing to be found */
static struct format *add_nothing(struct formats *formats, int id)
{
	struct format *format = calloc(1, sizeof(*format));

	if (!format)
		out_of_memory();
	format->id = id;
	if (!tsearch(format, &formats->by_id, compare_ids))
		out_of_memory();
	return format;
}

/**
 * formats_find - find the format of a record
 * @formats: what is known; what is not is looked for
 * @sample: the record
 *
 * Return: the format, whose event is NULL if there is none.
 */
const struct format *formats_find(struct formats *formats, const struct sample *sample)
{
	static const struct format none;
	struct format key = {}, **found;
	unsigned short id;

	if (sample->size < sizeof(id))
		return &none;
	memcpy(&id, sample->data, sizeof(id));
	key.id = id;
	found = tfind(&key, &formats->by_id, compare_ids);
	if (!found) {
		formats_refresh(formats);
		found = tfind(&key, &formats->by_id, compare_ids);
	}
	return found ? *found : add_nothing(formats, id);
}

static void free_format(void *node)
{
	struct format *format = node;

	free(format->group);
	free(format->place);
	free(format->name);
	free(format);
}

static void keep(void *node)
{
}

/**
 * formats_free - forget all formats
 * @formats: these, or NULL
 */
void formats_free(struct formats *formats)
{
	if (!formats)
		return;
	tdestroy(formats->by_place, keep);
	tdestroy(formats->by_id, free_format);
	tep_free(formats->tep);
	free(formats);
}
