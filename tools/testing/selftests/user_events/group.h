/* SPDX-License-Identifier: GPL-2.0 */
/* Groups: making them, their files, and removing what a test has left. */

#ifndef SELFTESTS_USER_EVENTS_GROUP_H
#define SELFTESTS_USER_EVENTS_GROUP_H

#include "common.h"

#define GROUPS		TRACEFS "/user_events_groups"
#define GROUP_NAME_MAX	63

static inline char *group_path(const char *group, const char *file)
{
	return say(GROUPS "/%s/%s", group, file);
}

static inline int group_make(const char *group)
{
	return mkdir(say(GROUPS "/%s", group), 0750) ? -errno : 0;
}

static inline int group_remove(const char *group)
{
	return rmdir(say(GROUPS "/%s", group)) ? -errno : 0;
}

static inline bool group_exists(const char *group)
{
	return !access(say(GROUPS "/%s", group), F_OK);
}

/* Opens one of its files: the descriptor, or a negative errno. */
static inline int group_open(const char *group, const char *file, int flags)
{
	const int fd = open(group_path(group, file), flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static inline int group_open_data(const char *group)
{
	return group_open(group, "user_events_data", O_RDWR);
}

static inline char *group_read(const char *group, const char *file)
{
	return file_read(group_path(group, file));
}

static inline int group_write(const char *group, const char *file,
			      const char *text)
{
	return file_write(group_path(group, file), text);
}

static inline char *group_system(const char *group)
{
	return say(SYSTEM "-%s", group);
}

static inline char *group_multi_system(const char *group)
{
	return say(MULTI_SYSTEM "-%s", group);
}

/* Whether the group's status has a line that is @name, or its multi format. */
static inline bool group_lists(const char *group, const char *name)
{
	char *text = group_read(group, "user_events_status");
	const bool found = text && (has_line(text, name) ||
				    strstr(text, say("%s:[", name)));

	free(text);
	return found;
}

/* The tracepoint of the only event in @system, or NULL. */
static inline char *group_only_event(const char *system)
{
	DIR *dir = opendir(say(TRACEFS "/events/%s", system));
	struct dirent *entry;
	char *found = NULL;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			found = strdup(entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Registers and unregisters in the group: 0 or the negative errno. */
static inline int group_try(const char *group, const char *text, int flags)
{
	const int fd = group_open_data(group);
	__u64 word = 0;
	int ret;

	if (fd < 0)
		return fd;
	ret = event_register(fd, text, &word, 0, flags);
	if (ret >= 0)
		ret = event_unregister(fd, &word, 0);
	close(fd);
	return ret;
}

/* Detaches all from the group's events that are called @name and more. */
static inline void group_detach(const char *group, const char *name)
{
	detach_all(group_system(group), name);
	detach_all(group_multi_system(group), name);
}

static inline void group_delete_persistent(const char *group)
{
	const char *single = say("u:%s/", group_system(group));
	const char *multi = say("u:%s/", group_multi_system(group));
	char *text = file_read(DYNAMIC_FILE), *line, *rest;
	int patience = PATIENCE_MS;

	for (line = text; line; line = rest) {
		rest = strchr(line, '\n');
		if (rest)
			*rest++ = '\0';
		if (strncmp(line, single, strlen(single)) &&
		    strncmp(line, multi, strlen(multi)))
			continue;
		while (is_still_busy(file_write(DYNAMIC_FILE, say("!%s", line)), &patience))
			;
	}
	free(text);
}

/* Removes all groups called @prefix and more, whose events begin with @name. */
static inline void groups_clean(const char *prefix, const char *name)
{
	DIR *dir = opendir(GROUPS);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		group_detach(entry->d_name, name);
		group_delete_persistent(entry->d_name);
		dir_clean(group_path(entry->d_name, ""));
	}
	if (dir)
		closedir(dir);
}

/* Two groups, each with its user_events_data open, beside the default one. */
struct groups {
	struct stage stage;
	char prefix[32];	/* of the names of all groups of the test */
	char web[GROUP_NAME_MAX + 1];
	char api[GROUP_NAME_MAX + 1];
	int web_fd;
	int api_fd;
};

/* To stand first in a FIXTURE_SETUP(), which ends if this returns false. */
static inline bool groups_open(struct __test_metadata *_metadata,
			       struct groups *groups)
{
	if (!stage_open(_metadata, &groups->stage))
		return false;
	snprintf(groups->prefix, sizeof(groups->prefix), "kst%d_", getpid());
	snprintf(groups->web, sizeof(groups->web), "%sweb", groups->prefix);
	snprintf(groups->api, sizeof(groups->api), "%sapi", groups->prefix);
	if (group_make(groups->web) || group_make(groups->api))
		return false;
	groups->web_fd = group_open_data(groups->web);
	groups->api_fd = group_open_data(groups->api);
	return groups->web_fd >= 0 && groups->api_fd >= 0;
}

/* To stand in a FIXTURE_TEARDOWN_PARENT(). */
static inline void groups_close(struct groups *groups)
{
	/* An instance that records events of a group goes before them */
	stage_clean(&groups->stage);
	if (groups->prefix[0])
		groups_clean(groups->prefix, groups->stage.name);
}

#endif
