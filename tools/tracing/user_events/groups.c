// SPDX-License-Identifier: GPL-2.0
/*
 * user-events groups: closed worlds of events.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"

static const char *const titles[] = {
	"GROUP", "EVENTS", "MAX", "MULTI ONLY", "MODE", "OWNER",
};

/**
 * struct group_info - what there is to know of a group
 * @name: its name
 * @events: how many events it has, or -1
 * @max: how many it may have, or -1
 * @multi_only: whether programs have to register with the flag for many formats
 * @mode: of its user_events_data
 * @owner: of that, as chown takes it
 */
struct group_info {
	const char *name;
	long events;
	long max;
	bool multi_only;
	unsigned int mode;
	char *owner;
};

static bool groups_exist(void)
{
	char *path = tracing_path("user_events_groups");
	int error = access(path, F_OK) ? errno : 0;

	if (error)
		complain("cannot access '%s': %s", path, error == ENOENT ?
			 "This kernel has no groups of user_events" : strerror(error));
	free(path);
	return !error;
}

static long read_number(char *path, const char *before)
{
	char *text = NULL, *at;
	long number = -1;

	if (!read_file(path, &text, NULL)) {
		at = strstr(text, before);
		if (at)
			number = atol(at + strlen(before));
	}
	free(text);
	free(path);
	return number;
}

static char *owner_text(const struct stat *status)
{
	const struct passwd *user = getpwuid(status->st_uid);
	const struct group *group = getgrgid(status->st_gid);
	char *user_text = user ? copy_text(user->pw_name) :
			  format_text("%u", (unsigned int)status->st_uid);
	char *text;

	if (group)
		text = format_text("%s:%s", user_text, group->gr_name);
	else
		text = format_text("%s:%u", user_text, (unsigned int)status->st_gid);
	free(user_text);
	return text;
}

/* Returns whether the group is still there */
static bool read_group(const char *name, struct group_info *info)
{
	char *path = group_path(name, "user_events_data");
	struct stat status;
	int ret = stat(path, &status);

	free(path);
	if (ret)
		return false;
	*info = (struct group_info){
		.name = name,
		.mode = status.st_mode & 07777,
		.owner = owner_text(&status),
		.events = read_number(group_path(name, "user_events_status"), "\nActive: "),
	};
	if (!strcmp(name, DEFAULT_GROUP)) {
		info->max = read_number(copy_text("/proc/sys/kernel/user_events_max"), "");
		return true;
	}
	info->max = read_number(group_path(name, "max"), "");
	info->multi_only = read_number(group_path(name, "multi_format_only"), "") > 0;
	return true;
}

static void list_json(const struct group_info *info)
{
	json_begin(NULL, '{');
	json_string("group", info->name);
	if (info->events >= 0)
		json_number("events", "%ld", info->events);
	else
		json_null("events");
	if (info->max >= 0)
		json_number("max", "%ld", info->max);
	else
		json_null("max");
	json_bool("multi_format_only", info->multi_only);
	json_number("mode", "\"%04o\"", info->mode);
	json_string("owner", info->owner);
	json_end('\n');
}

static void number_cell(struct table *table, long number)
{
	if (number < 0)
		table_cell(table, "?");
	else
		table_cell(table, "%ld", number);
}

static void list_cells(struct table *table, const struct group_info *info)
{
	table_cell(table, "%s", info->name);
	number_cell(table, info->events);
	number_cell(table, info->max);
	table_cell(table, "%s", info->multi_only ? "yes" : "no");
	table_cell(table, "%04o", info->mode);
	table_cell(table, "%s", info->owner);
}

static int list_groups(const struct options *options)
{
	struct strings groups = {};
	struct table table = {};
	struct group_info info;
	size_t i;

	find_groups(&groups);
	table_titles(&table, ARRAY_SIZE(titles), titles);
	for (i = 0; i < groups.count; i++) {
		if (options->group && strcmp(options->group, groups.string[i]))
			continue;
		if (!read_group(groups.string[i], &info))
			continue;
		if (options->json)
			list_json(&info);
		else
			list_cells(&table, &info);
		free(info.owner);
	}
	if (!options->json)
		table_print(&table);
	strings_free(&groups);
	return EXIT_SUCCESS;
}

static const char *reason(int error)
{
	switch (error) {
	case EINVAL:
		return "A name has 1 to 63 letters, digits and underscores";
	case EBUSY:
		return "It has events or open files";
	default:
		return strerror(error);
	}
}

/* A name is never to lead out of the directory */
static int change_group(const char *verb, const char *name)
{
	char *path = tracing_path("user_events_groups/%s", name);
	int error = 0;

	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		error = EINVAL;
	else if (!strcmp(verb, "make") ? mkdir(path, 0750) : rmdir(path))
		error = errno;
	free(path);
	if (!error)
		return EXIT_SUCCESS;
	complain("cannot %s group '%s': %s", verb, name, reason(error));
	return EXIT_FAILURE;
}

static int set_limit(const char *group, const char *assignment)
{
	static const char *const files[] = { "max", "multi_format_only" };
	const char *value = strchr(assignment, '=');
	size_t i, length = value ? value - assignment : 0;
	char *path;
	int ret;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		if (strlen(files[i]) == length && !strncmp(files[i], assignment, length))
			break;
	}
	if (i == ARRAY_SIZE(files))
		return usage("invalid limit '%s': use max=NUMBER or multi_format_only=0|1",
			     assignment);
	path = group_path(group, files[i]);
	ret = write_file(path, value + 1, false);
	if (ret)
		complain("cannot set '%s' to '%s': %s", path, value + 1, strerror(-ret));
	free(path);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int change_limits(const struct options *options)
{
	const char *group = options->argv[1];
	struct options only = { .json = options->json, .group = group };
	char *path = group_path(group, "max");
	int i, status = EXIT_SUCCESS;
	bool exists = *group && !strchr(group, '/') && path_exists(path);

	free(path);
	if (!exists) {
		complain("cannot access group '%s': %s", group, strerror(ENOENT));
		return EXIT_FAILURE;
	}
	if (options->argc == 2)
		return list_groups(&only);
	for (i = 2; i < options->argc; i++)
		status |= set_limit(group, options->argv[i]);
	return status;
}

static int change_groups(const struct options *options)
{
	const char *verb = options->argv[0];
	int i, status = EXIT_SUCCESS;

	for (i = 1; i < options->argc; i++) {
		if (change_group(verb, options->argv[i])) {
			status = EXIT_FAILURE;
		} else if (options->json) {
			json_begin(NULL, '{');
			json_string(*verb == 'm' ? "made" : "removed", options->argv[i]);
			json_end('\n');
		}
	}
	return status;
}

/**
 * groups_command - user-events groups [make NAME...|remove NAME...|limits NAME [LIMIT=N]...]
 * @options: the command line
 *
 * Return: the exit status.
 */
int groups_command(const struct options *options)
{
	const char *verb = options->argc ? options->argv[0] : "list";
	bool changes = !strcmp(verb, "make") || !strcmp(verb, "remove");

	if (!changes && strcmp(verb, "list") && strcmp(verb, "limits"))
		return usage("unknown operand '%s': use list, make, remove or limits", verb);
	if (strcmp(verb, "list") && options->argc < 2)
		return usage("missing operand after '%s'", verb);
	if (!groups_exist())
		return EXIT_FAILURE;
	if (changes)
		return change_groups(options);
	return !strcmp(verb, "limits") ? change_limits(options) : list_groups(options);
}
