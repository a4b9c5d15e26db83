// SPDX-License-Identifier: GPL-2.0
/*
 * user-events: whole files, directories and paths.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <tracefs.h>

#include "tool.h"

/**
 * grow - make room for one more element
 * @array: what there is, or NULL
 * @count: how many elements it has
 * @size: of an element
 *
 * The room doubles whenever @count has reached a power of two.
 *
 * Return: the array, which may have moved.
 */
void *grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	array = reallocarray(array, count ? 2 * count : 1, size);
	if (!array)
		out_of_memory();
	return array;
}

/**
 * vformat_text - print to a new string
 * @format: as for printf()
 * @args: as for vprintf()
 *
 * Return: the string, which is the caller's.
 */
char *vformat_text(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		out_of_memory();
	return text;
}

/**
 * format_text - print to a new string
 * @format: as for printf()
 *
 * Return: the string, which is the caller's.
 */
char *format_text(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = vformat_text(format, args);
	va_end(args);
	return text;
}

/**
 * copy_text - copy a string
 * @text: which
 *
 * Return: the copy, which is the caller's.
 */
char *copy_text(const char *text)
{
	return format_text("%s", text);
}

/**
 * escape_glob - make a glob that matches one text alone
 * @text: which
 *
 * Return: the glob, which is the caller's.
 */
char *escape_glob(const char *text)
{
	char *escaped = malloc(2 * strlen(text) + 1), *to = escaped;

	if (!escaped)
		out_of_memory();
	for (; *text; text++) {
		if (strchr("*?[]\\", *text))
			*to++ = '\\';
		*to++ = *text;
	}
	*to = '\0';
	return escaped;
}

/**
 * strings_add - put a string at the end of a list
 * @strings: the list
 * @string: an allocated string, which the list takes over
 */
void strings_add(struct strings *strings, char *string)
{
	strings->string = grow(strings->string, strings->count, sizeof(*strings->string));
	strings->string[strings->count++] = string;
}

/**
 * strings_have - look for a string
 * @strings: the list
 * @string: what to look for
 *
 * Return: whether the list has it.
 */
bool strings_have(const struct strings *strings, const char *string)
{
	size_t i;

	for (i = 0; i < strings->count; i++) {
		if (!strcmp(strings->string[i], string))
			return true;
	}
	return false;
}

/**
 * strings_free - free a list and what is in it
 * @strings: the list, which is empty afterwards
 */
void strings_free(struct strings *strings)
{
	size_t i;

	for (i = 0; i < strings->count; i++)
		free(strings->string[i]);
	free(strings->string);
	*strings = (struct strings){};
}

/**
 * tracing_dir - find out where tracefs is mounted
 *
 * Return: the path; there is no way back from here without it.
 */
const char *tracing_dir(void)
{
	const char *dir = tracefs_tracing_dir();

	if (!dir)
		fatal("cannot find tracefs: use 'mount -t tracefs tracing /sys/kernel/tracing'");
	return dir;
}

static char *join_path(char *directory, const char *format, va_list args)
{
	char *file = vformat_text(format, args);
	char *path;

	path = format_text("%s/%s", directory, file);
	free(file);
	free(directory);
	return path;
}

/**
 * tracing_path - name a file of tracefs
 * @format: its path from the top directory, as for printf()
 *
 * Return: the whole path, which is the caller's.
 */
char *tracing_path(const char *format, ...)
{
	va_list args;
	char *path;

	va_start(args, format);
	path = join_path(copy_text(tracing_dir()), format, args);
	va_end(args);
	return path;
}

/**
 * group_path - name a file of a group
 * @group: which, or NULL for the one without a name
 * @file: the name of the file
 *
 * Return: the whole path, which is the caller's.
 */
char *group_path(const char *group, const char *file)
{
	if (!group || !strcmp(group, DEFAULT_GROUP))
		return tracing_path("%s", file);
	return tracing_path("user_events_groups/%s/%s", group, file);
}

/**
 * instance_path - name a file of a trace instance
 * @instance: which, or NULL for the top directory
 * @format: its path from there, as for printf()
 *
 * Return: the whole path, which is the caller's.
 */
char *instance_path(const char *instance, const char *format, ...)
{
	char *directory, *path;
	va_list args;

	directory = instance ? tracing_path("instances/%s", instance) : copy_text(tracing_dir());
	va_start(args, format);
	path = join_path(directory, format, args);
	va_end(args);
	return path;
}

/* Files of tracefs do not know their size, and a read ends where the kernel likes */
static int read_all(int fd, char **text, size_t *size)
{
	size_t room = 4096, length = 0;
	char *bytes = NULL;
	ssize_t got;

	do {
		if (!bytes || length + 1 == room) {
			room *= 2;
			bytes = realloc(bytes, room);
			if (!bytes)
				out_of_memory();
		}
		got = read(fd, bytes + length, room - 1 - length);
		if (got > 0)
			length += got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0) {
		got = -errno;
		free(bytes);
		return got;
	}
	bytes[length] = '\0';
	*text = bytes;
	if (size)
		*size = length;
	return 0;
}

/**
 * read_file - read a file as a whole
 * @path: which
 * @text: set to its content and a NUL, which are the caller's
 * @size: set to its length, unless NULL
 *
 * Return: 0 or a negative errno.
 */
int read_file(const char *path, char **text, size_t *size)
{
	int fd, ret;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = read_all(fd, text, size);
	close(fd);
	return ret;
}

/**
 * write_file - give a file of tracefs one command
 * @path: which
 * @text: the command
 * @append: whether what stands in the file is to stay
 *
 * Return: 0 or a negative errno.
 */
int write_file(const char *path, const char *text, bool append)
{
	size_t length = strlen(text);
	ssize_t done;
	int fd, ret = 0;

	fd = open(path, O_WRONLY | O_CLOEXEC | (append ? O_APPEND : O_TRUNC));
	if (fd < 0)
		return -errno;
	do {
		done = write(fd, text, length);
	} while (done < 0 && errno == EINTR);
	if (done < 0)
		ret = -errno;
	else if ((size_t)done != length)
		ret = -EIO;
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

/*
 * Room for the names of as many events as there can be.  A directory of events is read
 * at once: what it counts between two calls are places, and when something goes, what
 * comes after it moves up, and is left out.
 */
#define LISTING_SIZE	(32 << 20)

/**
 * list_dir - name what is in a directory
 * @path: which
 * @entries: the names are added here, without those that start with a dot
 *
 * A directory of events that was removed after it has been opened reads as invalid.
 *
 * Return: 0 or a negative errno: -ENOENT if there is none, or none any more.
 */
int list_dir(const char *path, struct strings *entries)
{
	const struct dirent64 *entry;
	ssize_t size, at;
	char *listing;
	int fd, ret;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	listing = malloc(LISTING_SIZE);
	if (!listing)
		out_of_memory();
	while ((size = getdents64(fd, listing, LISTING_SIZE)) > 0) {
		for (at = 0; at < size; at += entry->d_reclen) {
			entry = (const struct dirent64 *)(listing + at);
			if (entry->d_name[0] != '.')
				strings_add(entries, copy_text(entry->d_name));
		}
	}
	ret = -errno;
	if (!size)
		ret = 0;
	else if (ret == -EINVAL)
		ret = -ENOENT;
	free(listing);
	close(fd);
	return ret;
}

/**
 * is_gone - tell whether an operation failed since its object does not exist any more
 * @error: 0 or a negative errno
 *
 * Return: whether it did.
 */
bool is_gone(int error)
{
	return error == -ENOENT || error == -ENODEV;
}

/**
 * path_exists - tell whether there is a file
 * @path: its path
 *
 * Return: whether there is, as far as the caller may know.
 */
bool path_exists(const char *path)
{
	return !access(path, F_OK);
}
