// SPDX-License-Identifier: GPL-2.0
/*
 * user-events enable and disable: what a trace instance records, by name.
 *
 * `set_user_event` holds patterns of registered names and also enables what is
 * registered later.  Where the kernel does not have it, what there is has to do.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static char *pattern_path(const char *instance)
{
	return instance_path(instance, "set_user_event");
}

static int write_pattern(const char *instance, const char *prefix, const char *system,
			 const char *name)
{
	char *path = pattern_path(instance), *pattern;
	int ret;

	/* A name that starts with what takes a pattern away */
	pattern = format_text("%s%s%s%s%s\n", prefix, system, *system ? ":" : "",
			      !*system && *name == '!' ? "\\" : "", name);
	ret = write_file(path, pattern, true);
	free(pattern);
	free(path);
	return ret;
}

static int write_for_group(const char *instance, const char *prefix, const char *group,
			   const char *name)
{
	static const char *const systems[] = { "user_events", "user_events_multi" };
	bool is_default = !strcmp(group, DEFAULT_GROUP);
	int error, ret = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(systems); i++) {
		char *system = format_text("%s%s%s", systems[i], is_default ? "" : "-",
					   is_default ? "" : group);

		error = write_pattern(instance, prefix, system, name);
		free(system);
		if (error && !ret)
			ret = error;
	}
	return ret;
}

/**
 * change_pattern - let the kernel enable a name, or not any more
 * @instance: where, or NULL for the top directory
 * @prefix: what comes before the pattern, "" or "!"
 * @group: the only group that counts, or NULL for all
 * @name: the registered name, or a glob
 *
 * Return: 0 or a negative errno.
 */
int change_pattern(const char *instance, const char *prefix, const char *group,
		   const char *name)
{
	if (!group)
		return write_pattern(instance, prefix, "", name);
	return write_for_group(instance, prefix, group, name);
}

/**
 * have_patterns - find out whether an instance has `set_user_event`
 * @instance: which, or NULL for the top directory
 *
 * Return: whether it does.
 */
bool have_patterns(const char *instance)
{
	char *path = pattern_path(instance);
	bool have = path_exists(path);

	free(path);
	return have;
}

/**
 * switch_tracepoint - enable or disable one tracepoint
 * @instance: where, or NULL for the top directory
 * @system: its system
 * @tracepoint: its name
 * @value: "1" or "0"
 *
 * Return: 0 or a negative errno.
 */
int switch_tracepoint(const char *instance, const char *system, const char *tracepoint,
		      const char *value)
{
	char *path = instance_path(instance, "events/%s/%s/enable", system, tracepoint);
	int ret;

	ret = write_file(path, value, false);
	free(path);
	return ret;
}

static bool is_enabled(const char *instance, const struct event *event)
{
	char *path = instance_path(instance, "events/%s/%s/enable", event->system,
				   event->tracepoint);
	char *text = NULL;
	bool enabled;

	enabled = !read_file(path, &text, NULL) && *text == '1';
	free(text);
	free(path);
	return enabled;
}

/* Returns how many were switched, or a negative errno */
static int switch_present(const char *instance, const struct selection *selection, bool enable)
{
	struct events events;
	int error, ret, count = 0;
	size_t i;

	ret = find_events(selection, &events);
	for (i = 0; i < events.count && !ret; i++) {
		const struct event *event = &events.event[i];

		if (!enable && !is_enabled(instance, event))
			continue;
		error = switch_tracepoint(instance, event->system, event->tracepoint,
					  enable ? "1" : "0");
		if (!error)
			count++;
		else if (!is_gone(error))
			ret = error;
	}
	free_events(&events);
	return ret ? ret : count;
}

static void report(const struct options *options, const char *verb, const char *name, bool later)
{
	if (!options->json)
		return;
	json_begin(NULL, '{');
	json_string(verb, name);
	json_bool("later_formats", later);
	json_end('\n');
}

static int complain_about(const char *verb, const char *name, int error)
{
	const char *reason = strerror(-error);

	if (error == -EINVAL)
		reason = "Not a pattern of names";
	else if (error == -E2BIG)
		reason = "The instance has as many patterns as it can";
	complain("cannot %s '%s': %s", verb, name, reason);
	return EXIT_FAILURE;
}

static struct selection select_name(const struct options *options, char **name)
{
	return (struct selection) {
		.group = options->group,
		.names = name,
		.name_count = 1,
	};
}

static int enable_name(const struct options *options, char *name, bool patterns)
{
	const struct selection selection = select_name(options, &name);
	int ret;

	if (patterns)
		ret = change_pattern(options->instance, "", options->group, name);
	else
		ret = switch_present(options->instance, &selection, true);
	if (ret < 0)
		return complain_about("enable", name, ret);
	if (!patterns && !ret) {
		complain("cannot enable '%s': it is not registered", name);
		return EXIT_FAILURE;
	}
	report(options, "enabled", name, patterns);
	return EXIT_SUCCESS;
}

/* Somebody may have enabled tracepoints one by one: disabled means all of them */
static int disable_name(const struct options *options, char *name, bool patterns)
{
	const struct selection selection = select_name(options, &name);
	int ret = -ENOENT, count;

	if (patterns)
		ret = change_pattern(options->instance, "!", options->group, name);
	if (ret && ret != -ENOENT)
		return complain_about("disable", name, ret);
	count = switch_present(options->instance, &selection, false);
	if (count < 0)
		return complain_about("disable", name, count);
	if (ret && !count) {
		complain("cannot disable '%s': it is not enabled", name);
		return EXIT_FAILURE;
	}
	report(options, "disabled", name, false);
	return EXIT_SUCCESS;
}

static int list_patterns(const struct options *options)
{
	char *path = pattern_path(options->instance), *text, *rest, *line;
	int ret;

	ret = read_file(path, &text, NULL);
	if (ret) {
		complain("cannot read '%s': %s", path, strerror(-ret));
		free(path);
		return EXIT_FAILURE;
	}
	free(path);
	for (rest = text; (line = strsep(&rest, "\n"));) {
		if (!*line)
			continue;
		if (options->json) {
			json_begin(NULL, '{');
			json_string("pattern", line);
			json_end('\n');
		} else {
			puts(line);
		}
	}
	free(text);
	return EXIT_SUCCESS;
}

static bool instance_exists(const struct options *options)
{
	char *path = instance_path(options->instance, "events");
	bool exists = path_exists(path);

	if (!exists)
		complain("cannot access '%s': %s", path, strerror(errno));
	free(path);
	return exists;
}

/**
 * enable_command - user-events enable [NAME]...
 * @options: the command line
 *
 * Return: the exit status.
 */
int enable_command(const struct options *options)
{
	bool patterns = have_patterns(options->instance);
	int i, status = EXIT_SUCCESS;

	if (!instance_exists(options))
		return EXIT_FAILURE;
	if (!options->argc)
		return list_patterns(options);
	if (!patterns)
		complain("no 'set_user_event' in this kernel: only what is there now is enabled");
	for (i = 0; i < options->argc; i++)
		status |= enable_name(options, options->argv[i], patterns);
	return status;
}

/**
 * disable_command - user-events disable NAME...
 * @options: the command line
 *
 * Return: the exit status.
 */
int disable_command(const struct options *options)
{
	bool patterns = have_patterns(options->instance);
	int i, status = EXIT_SUCCESS;

	if (!options->argc)
		return usage("missing operand");
	if (!instance_exists(options))
		return EXIT_FAILURE;
	for (i = 0; i < options->argc; i++)
		status |= disable_name(options, options->argv[i], patterns);
	return status;
}
