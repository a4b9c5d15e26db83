/* SPDX-License-Identifier: GPL-2.0 */
/* Small files of the kernel, tracefs above all: one call to read or write. */

#ifndef SELFTESTS_USER_EVENTS_TRACEFS_H
#define SELFTESTS_USER_EVENTS_TRACEFS_H

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "event.h"
#include "task.h"

#define TRACEFS		"/sys/kernel/tracing"
#define DATA_FILE	TRACEFS "/user_events_data"
#define STATUS_FILE	TRACEFS "/user_events_status"
#define LOST_FILE	TRACEFS "/user_events_lost"
#define DYNAMIC_FILE	TRACEFS "/dynamic_events"
#define MAX_FILE	"/proc/sys/kernel/user_events_max"

#define SYSTEM		USER_EVENTS_SYSTEM
#define MULTI_SYSTEM	USER_EVENTS_MULTI_SYSTEM

static inline int write_all(int fd, const char *text)
{
	const size_t size = strlen(text);
	const ssize_t done = write(fd, text, size);

	if (done < 0)
		return -errno;
	return (size_t)done == size ? 0 : -EIO;
}

static inline int file_write(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write_all(fd, text);
	close(fd);
	return ret;
}

/* Empties a file such as `trace`. */
static inline int file_truncate(const char *path)
{
	const int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* The whole file as a string, or NULL with errno set. */
static inline char *file_read(const char *path)
{
	size_t size = 1 << 16, used = 0;
	char *text = malloc(size);
	ssize_t got;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !text)
		return NULL;
	while ((got = read(fd, text + used, size - used - 1)) > 0) {
		used += got;
		if (used > size / 2) {
			size *= 2;
			text = realloc(text, size);
			if (!text)
				abort();
		}
	}
	text[used] = '\0';
	close(fd);
	if (!got)
		return text;
	free(text);
	return NULL;
}

/*
 * Whether another program could register @text now: 0 or the negative errno.
 * Nothing of it stays.
 */
static inline int event_try(const char *text, int flags)
{
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	__u64 word = 0;
	int ret;

	if (fd < 0)
		return -errno;
	ret = event_register(fd, text, &word, 0, flags);
	if (ret >= 0)
		ret = event_unregister(fd, &word, 0);
	close(fd);
	return ret;
}

/* Whether one of the lines of @text is @line, to the letter. */
static inline bool has_line(const char *text, const char *line)
{
	const size_t size = strlen(line);
	const char *at = text;

	while (at && (at = strstr(at, line))) {
		if ((at == text || at[-1] == '\n') &&
		    (at[size] == '\n' || !at[size]))
			return true;
		at++;
	}
	return false;
}

static inline bool file_has_line(const char *path, const char *line)
{
	char *text = file_read(path);
	const bool found = text && has_line(text, line);

	free(text);
	return found;
}

/* What user_events_lost says of a tracepoint, or -1 if there is no line. */
static inline long long lost_by(const char *consumer, const char *event)
{
	char *text = file_read(LOST_FILE);
	const char *start = say("%s ", event);
	const char *line = text;
	long long lost = -1;

	while (line && strncmp(line, start, strlen(start))) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	if (line) {
		line = strstr(line + strlen(event), say(" %s ", consumer));
		lost = line ? atoll(line + strlen(consumer) + 2) : -2;
	}
	free(text);
	return lost;
}

/* Whether the kernel has complained since @log, of /dev/kmsg, was at its end. */
static inline bool kernel_warned(int log)
{
	char line[2048];
	ssize_t size;

	while ((size = read(log, line, sizeof(line) - 1)) > 0 ||
	       errno == EPIPE) {
		line[size > 0 ? size : 0] = '\0';
		if (strstr(line, "WARNING:") || strstr(line, "BUG:"))
			return true;
	}
	return false;
}

/* How many events the default group has. */
static inline int events_active(void)
{
	char *text = file_read(STATUS_FILE);
	const char *at = text ? strstr(text, "Active: ") : NULL;
	const int active = at ? atoi(at + strlen("Active: ")) : -ENOENT;

	free(text);
	return active;
}

/* The most events that there may be in all groups. */
static inline int events_set_max(int max)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", max);
	return file_write(MAX_FILE, text);
}

/* How often @word stands in @text. */
static inline int count_of(const char *text, const char *word)
{
	int count = 0;

	while (text && (text = strstr(text, word))) {
		count++;
		text += strlen(word);
	}
	return count;
}

/* How many records of @event the instance at @dir shows. */
static inline int trace_count(const char *dir, const char *event)
{
	char *text = file_read(say("%s/trace", dir));
	const int count = count_of(text, say(" %s: ", event)) +
			  count_of(text, say(" %s:\n", event));

	free(text);
	return count;
}

/*
 * The values of an integer field in the records of @event, in their order: how
 * many, of which the first @max are stored.  Decimal or hex, as it is shown.
 */
static inline int trace_values(const char *dir, const char *event,
			       const char *field, __u64 *values, int max)
{
	char *text = file_read(say("%s/trace", dir));
	const char *mark = say(" %s: ", event);
	const char *key = say(" %s=", field);
	const char *at = text;
	int count = 0;

	while (at && (at = strstr(at, mark))) {
		at = strstr(at + strlen(mark) - 1, key);
		if (at && count < max)
			values[count] = strtoull(at + strlen(key), NULL, 0);
		count += !!at;
	}
	free(text);
	return count;
}

/* events/SYSTEM/EVENT/FILE of the top instance. */
static inline char *event_path(const char *system, const char *event,
			       const char *file)
{
	return say(TRACEFS "/events/%s/%s/%s", system, event, file);
}

static inline bool event_exists(const char *system, const char *event)
{
	return !access(event_path(system, event, "format"), F_OK);
}

/* Whether dynamic_events shows an event by registered name. */
static inline bool event_listed(const char *name)
{
	char *text = file_read(DYNAMIC_FILE);
	const size_t size = strlen(name);
	const char *line = text;
	bool found = false;

	while (line && *line && !found) {
		found = !strncmp(line, "u:", 2) &&
			!strncmp(line + 2, name, size) &&
			(!line[2 + size] || isspace(line[2 + size]));
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	free(text);
	return found;
}

/* Turns ftrace's top instance on or off for an event. */
static inline int event_trace(const char *system, const char *event, bool on)
{
	return file_write(event_path(system, event, "enable"), on ? "1" : "0");
}

/* The same, and how long it took: in milliseconds, or a negative errno. */
static inline int event_trace_ms(const char *system, const char *event, bool on)
{
	const __u64 start = now_ns();
	const int err = event_trace(system, event, on);

	return err ?: (int)((now_ns() - start) / 1000000);
}

static inline __u64 multi_id(const char *event)
{
	const char *id = strstr(event, ":[");

	return id ? strtoull(id + 2, NULL, 16) : 0;
}

/*
 * The tracepoint of the multi-format event @name that was created as the
 * @nth, from 0, or NULL.
 */
static inline char *multi_event(const char *name, int nth)
{
	const char *prefix = say("%s:[", name);
	const size_t size = strlen(prefix);
	char *found[256], *swap;
	struct dirent *entry;
	int count = 0, i;
	DIR *dir;

	dir = opendir(TRACEFS "/events/" MULTI_SYSTEM);
	if (!dir)
		return NULL;
	while ((entry = readdir(dir)) && count < 256) {
		if (strncmp(entry->d_name, prefix, size))
			continue;
		found[count] = strdup(entry->d_name);
		for (i = count++; i > 0; i--) {
			if (multi_id(found[i - 1]) < multi_id(found[i]))
				break;
			swap = found[i];
			found[i] = found[i - 1];
			found[i - 1] = swap;
		}
	}
	closedir(dir);
	return nth < count ? found[nth] : NULL;
}

static inline int multi_count(const char *name)
{
	int count = 0;

	while (multi_event(name, count))
		count++;
	return count;
}

/* Detaches ftrace and its triggers from all events of @system below @name. */
static inline void detach_all(const char *system, const char *name)
{
	char *line, *rest, *end, *text;
	struct dirent *entry;
	DIR *dir;

	dir = opendir(say(TRACEFS "/events/%s", system));
	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, name, strlen(name)))
			continue;
		event_trace(system, entry->d_name, false);
		text = file_read(event_path(system, entry->d_name, "trigger"));
		for (line = text; line; line = rest) {
			rest = strchr(line, '\n');
			if (rest)
				*rest++ = '\0';
			end = strstr(line, " [");
			if (end)
				*end = '\0';
			if (*line && *line != '#')
				file_write(event_path(system, entry->d_name,
						      "trigger"),
					   say("!%s", line));
		}
	}
	if (dir)
		closedir(dir);
}

/* Removes a directory of a test that has ended. */
static inline void dir_clean(const char *path)
{
	int patience = PATIENCE_MS;

	while (is_still_busy(rmdir(path) ? -errno : 0, &patience))
		;
}

/* Removes whatever a test left: tracers, instances, persistent events. */
static inline void tracefs_clean(const char *name)
{
	const char *dirs = TRACEFS "/instances";
	char *text, *line, *rest;
	struct dirent *entry;
	DIR *dir;
	int fd, patience = PATIENCE_MS;

	dir = opendir(dirs);
	while (dir && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, name, strlen(name)))
			dir_clean(say("%s/%s", dirs, entry->d_name));
	if (dir)
		closedir(dir);

	text = file_read(DYNAMIC_FILE);
	if (!text || !strstr(text, name))
		return;
	detach_all(SYSTEM, name);
	detach_all(MULTI_SYSTEM, name);

	fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	for (line = text; line; line = rest) {
		rest = strchr(line, '\n');
		if (rest)
			*rest++ = '\0';
		if (strncmp(line, "u:", 2) ||
		    strncmp(line + 2, name, strlen(name)))
			continue;
		line[strcspn(line, " ")] = '\0';
		while (is_still_busy(event_delete(fd, line + 2), &patience))
			;
	}
	close(fd);
	free(text);
}

#endif
