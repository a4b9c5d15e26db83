// SPDX-License-Identifier: GPL-2.0
/*
 * user-events: the processes that have registered events.
 *
 * fdinfo tells without touching the file itself, so that no file system of
 * somebody's own can hold us up.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

#define GROUP_KEY	"user_events_group:\t"
#define EVENT_KEY	"user_event:\t"

/* Each file begins with some lines of the VFS; ours would come next */
#define VFS_LINES	8

/**
 * have_fdinfo - find out whether the kernel tells who has registered an event
 *
 * Return: whether it does.
 */
bool have_fdinfo(void)
{
	char *path = group_path(NULL, "user_events_data"), *text = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool found;

	free(path);
	if (fd < 0)
		return false;
	path = format_text("/proc/self/fdinfo/%d", fd);
	found = !read_file(path, &text, NULL) && strstr(text, GROUP_KEY);
	free(path);
	free(text);
	close(fd);
	return found;
}

/* A process may choose its name: let it not write to the terminal */
static char *process_name(const char *pid)
{
	char *path = format_text("/proc/%s/comm", pid), *comm, *at;
	int ret = read_file(path, &comm, NULL);

	free(path);
	if (ret)
		return copy_text("?");
	comm[strcspn(comm, "\n")] = '\0';
	for (at = comm; *at; at++) {
		if (!isprint((unsigned char)*at))
			*at = '?';
	}
	return comm;
}

static void add_registrant(struct event *event, const char *pid, const char *fd)
{
	struct registrant *registrant;

	event->registrants = grow(event->registrants, event->registrant_count,
				  sizeof(*registrant));
	registrant = &event->registrants[event->registrant_count++];
	registrant->pid = atoi(pid);
	registrant->fd = atoi(fd);
	registrant->comm = process_name(pid);
}

static void add_line(struct events *events, const char *group, const char *line,
		     const char *pid, const char *fd)
{
	struct event *event;
	const char *tracepoint;

	if (!group || strncmp(line, EVENT_KEY, strlen(EVENT_KEY)))
		return;
	tracepoint = strchr(line, ' ');
	if (!tracepoint)
		return;
	event = lookup_event(events, group, tracepoint + 1);
	if (event)
		add_registrant(event, pid, fd);
}

static void read_fdinfo(struct events *events, FILE *file, const char *pid, const char *fd)
{
	char *line = NULL, *group = NULL;
	size_t room = 0;
	int lines = 0;

	while ((group || lines++ < VFS_LINES) && getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!group && !strncmp(line, GROUP_KEY, strlen(GROUP_KEY)))
			group = copy_text(line + strlen(GROUP_KEY));
		add_line(events, group, line, pid, fd);
	}
	free(line);
	free(group);
}

/* Returns whether the process could be looked into, or is gone */
static bool read_process(struct events *events, const char *pid)
{
	char *dir = format_text("/proc/%s/fdinfo", pid), *path;
	struct strings fds = {};
	FILE *file;
	size_t i;
	int ret;

	ret = list_dir(dir, &fds);
	for (i = 0; i < fds.count; i++) {
		path = format_text("%s/%s", dir, fds.string[i]);
		file = fopen(path, "re");
		free(path);
		if (!file)
			continue;
		read_fdinfo(events, file, pid, fds.string[i]);
		fclose(file);
	}
	strings_free(&fds);
	free(dir);
	return ret != -EACCES && ret != -EPERM;
}

/**
 * find_registrants - find out who has registered events
 * @events: the events, as find_events() has left them
 *
 * Return: how many processes may not be looked into.
 */
size_t find_registrants(struct events *events)
{
	struct strings entries = {};
	size_t i, hidden = 0;

	list_dir("/proc", &entries);
	for (i = 0; i < entries.count; i++) {
		if (isdigit((unsigned char)entries.string[i][0]) &&
		    !read_process(events, entries.string[i]))
			hidden++;
	}
	strings_free(&entries);
	return hidden;
}
