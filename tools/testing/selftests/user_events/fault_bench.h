/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations for fault_test.c: what has to be there before, what is undone
 * afterwards, and what there is to see of all of them.
 */

#ifndef SELFTESTS_USER_EVENTS_FAULT_BENCH_H
#define SELFTESTS_USER_EVENTS_FAULT_BENCH_H

#include "arm.h"
#include "fault.h"
#include "group.h"
#include "perf.h"
#include "uring.h"

#define MAPPINGS 12

#define SMALL	64
#define LARGE	3000

/* What an operation works on. */
struct bench {
	struct stage stage;
	struct fault_settings faults;
	char group[GROUP_NAME_MAX + 1];
	char text[300];		/* what is registered */
	char path[300];		/* what is opened or written to */
	char line[300];		/* what is written there */
	char payload[LARGE];
	int nth;		/* fail-nth */
	int anchor;		/* has an event that is always recorded */
	int fd;			/* user_events_data of the operation, or -1 */
	int other;		/* another one, or -1 */
	int perf;		/* a perf event, or -1 */
	int bit;		/* of stage.word */
	pid_t child;
	struct perf_event_attr attr;
	char *mappings;
	struct uring ring;
};

/* Returns 0 or more, or -errno. */
typedef int (*bench_call)(struct bench *bench);

/*
 * Files, and who holds them.
 */

static int open_file(struct bench *bench)
{
	bench->fd = open(bench->path, O_RDWR | O_CLOEXEC);
	return bench->fd < 0 ? -errno : 0;
}

static int aim_at_data(struct bench *bench)
{
	snprintf(bench->path, sizeof(bench->path), "%s", DATA_FILE);
	return 0;
}

static int close_file(struct bench *bench)
{
	const int fd = bench->fd;

	bench->fd = -1;
	return close(fd) ? -errno : 0;
}

/* Without a file, and so without its events. */
static int have_file(struct bench *bench)
{
	aim_at_data(bench);
	bench->bit = 0;
	snprintf(bench->text, sizeof(bench->text), "%s u32 a; char[8] b",
		 bench->stage.name);
	return open_file(bench);
}

/*
 * Registrations.
 */

static int do_register(struct bench *bench)
{
	return event_register(bench->fd, bench->text, bench->stage.word,
			      bench->bit, SINGLE);
}

static int register_multi(struct bench *bench)
{
	return event_register(bench->fd, bench->text, bench->stage.word,
			      bench->bit, MULTI);
}

static int register_persistent(struct bench *bench)
{
	return event_register(bench->fd, bench->text, bench->stage.word,
			      bench->bit, PERSIST);
}

/* Whatever bits are registered. */
static int unregister_all(struct bench *bench)
{
	int bit, ret = -ENOENT;

	for (bit = 0; bit < 8; bit++)
		if (!event_unregister(bench->anchor, bench->stage.word, bit))
			ret = 0;
	return ret;
}

static int unregister_and_close(struct bench *bench)
{
	const int ret = unregister_all(bench);

	return close_file(bench) ?: ret;
}

static int delete_event(struct bench *bench)
{
	return event_delete(bench->anchor, bench->stage.name);
}

static int unregister_and_delete(struct bench *bench)
{
	return unregister_and_close(bench) ?: delete_event(bench);
}

static int have_registered(struct bench *bench)
{
	return have_file(bench) ?: do_register(bench);
}

/* The next bit is what the operation is about. */
static int have_some_bits(struct bench *bench)
{
	int ret = have_file(bench);

	for (; bench->bit < 4 && ret >= 0; bench->bit++)
		ret = do_register(bench);
	return ret;
}

static int have_another_file(struct bench *bench)
{
	int ret = have_registered(bench);

	bench->other = bench->fd;
	bench->bit = 1;
	return ret < 0 ? ret : open_file(bench);
}

static int unregister_and_close_both(struct bench *bench)
{
	close(bench->other);
	bench->other = -1;
	return unregister_and_close(bench);
}

/* A file has room for four events at first. */
static int have_four_events(struct bench *bench)
{
	int ret = have_file(bench);

	for (; bench->bit < 4 && ret >= 0; bench->bit++)
		ret = event_register(bench->fd, say("%s_%d", bench->stage.name,
						    bench->bit),
				     bench->stage.word, bench->bit, SINGLE);
	return ret;
}

static int unregister_last(struct bench *bench)
{
	return event_unregister(bench->fd, bench->stage.word, 0);
}

static int have_persistent(struct bench *bench)
{
	int ret = have_file(bench) ?: register_persistent(bench);

	return ret ?: unregister_and_close(bench);
}

/*
 * Forks: what is shared has to be copied before it is changed.
 */

static int have_shared(struct bench *bench)
{
	const int ret = have_some_bits(bench);
	pid_t child;

	if (ret < 0)
		return ret;
	/* The bench is shared with it */
	child = spawn();
	if (!child)
		for (;;)
			pause();
	bench->child = child;
	return child < 0 ? -errno : 0;
}

/*
 * Memory whose copy takes many pages, as each page is a mapping of its own, and
 * has a page table entry.
 */
static int have_mappings(struct bench *bench)
{
	const size_t size = getpagesize();
	int i;

	if (!bench->mappings)
		bench->mappings = map_pages(MAPPINGS, MAP_PRIVATE);
	for (i = 0; i < MAPPINGS; i += 2) {
		bench->mappings[i * size] = 1;
		if (mprotect(bench->mappings + i * size, size, PROT_READ |
			     PROT_WRITE | PROT_EXEC))
			return -errno;
	}
	return have_some_bits(bench);
}

static int end_child(struct bench *bench)
{
	kill(bench->child, SIGKILL);
	if (reap(bench->child) != -SIGKILL)
		return -ECHILD;
	bench->child = 0;
	return unregister_and_close(bench);
}

/*
 * In a child: either all is mirrored or nothing, and registering works.
 */
static int check_inherited(struct bench *bench)
{
	int ret = event_unregister(bench->fd, bench->stage.word, 0);

	if (ret != event_unregister(bench->fd, bench->stage.word, 1))
		return 1;
	if (ret && ret != -ENOENT)
		return 2;
	return do_register(bench) ? 3 : 0;
}

static int do_fork(struct bench *bench)
{
	const pid_t child = fork();

	if (!child)
		_exit(check_inherited(bench));
	bench->child = child < 0 ? 0 : child;
	return child < 0 ? -errno : 0;
}

static int reap_forked(struct bench *bench)
{
	const pid_t child = bench->child;

	bench->child = 0;
	return reap(child);
}

/*
 * Consumers.
 */

/*
 * With one event that is recorded all the time, the tracepoints that ftrace needs
 * for names of processes have their probes.  The core can't stand that they get
 * none: it warns in tracepoint_probe_unregister() when it takes back those it
 * had added before.  (And it uses memory that it has freed in
 * set_trigger_filter(), so no trigger is set here.)
 */
static int record_anchor(struct bench *bench)
{
	char *name = say("%s_anchor", bench->stage.name);
	int ret;

	bench->anchor = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	ret = event_register(bench->anchor, name, bench->stage.word + 1, 0,
			     SINGLE);
	return ret ?: event_trace(SYSTEM, name, true);
}

static int aim_at_enable(struct bench *bench)
{
	snprintf(bench->path, sizeof(bench->path), "%s",
		 event_path(SYSTEM, bench->stage.name, "enable"));
	return 0;
}

static int have_to_enable(struct bench *bench)
{
	return have_registered(bench) ?: aim_at_enable(bench);
}

static int enable(struct bench *bench)
{
	return file_write(bench->path, "1");
}

static int have_enabled(struct bench *bench)
{
	return have_to_enable(bench) ?: enable(bench);
}

static int disable(struct bench *bench)
{
	return file_write(bench->path, "0");
}

static int disable_and_close(struct bench *bench)
{
	aim_at_enable(bench);
	return disable(bench) ?: unregister_and_close(bench);
}

static int have_for_perf(struct bench *bench)
{
	const int ret = have_registered(bench);

	bench->attr = perf_attr(0);
	bench->attr.config = event_id(SYSTEM, bench->stage.name);
	return ret;
}

static int open_perf(struct bench *bench)
{
	bench->perf = syscall(__NR_perf_event_open, &bench->attr, 0, -1, -1,
			      PERF_FLAG_FD_CLOEXEC);
	return bench->perf < 0 ? -errno : 0;
}

static int close_perf(struct bench *bench)
{
	close(bench->perf);
	bench->perf = -1;
	return unregister_and_close(bench);
}

/*
 * Writes: perf counts them, also those of a worker; ftrace has them, too.
 */

static int have_recorded(struct bench *bench)
{
	int ret = have_enabled(bench);

	bench->attr = perf_attr(0);
	bench->attr.config = event_id(SYSTEM, bench->stage.name);
	bench->attr.inherit = 1;
	return ret ?: open_perf(bench);
}

static int write_small(struct bench *bench)
{
	const ssize_t ret = write(bench->fd, bench->payload, SMALL);

	return ret < 0 ? -errno : ret - SMALL;
}

static int write_large(struct bench *bench)
{
	const ssize_t ret = write(bench->fd, bench->payload, LARGE);

	return ret < 0 ? -errno : ret - LARGE;
}

static int writev_small(struct bench *bench)
{
	return event_emit(bench->fd, 0, bench->payload, SMALL);
}

static int writev_large(struct bench *bench)
{
	return event_emit(bench->fd, 0, bench->payload, LARGE);
}

static int disable_and_close_perf(struct bench *bench)
{
	close(bench->perf);
	bench->perf = -1;
	return disable_and_close(bench);
}

static int have_ring(struct bench *bench)
{
	return have_recorded(bench) ?: uring_open(&bench->ring, 0);
}

static int uring_small(struct bench *bench)
{
	return uring_write(&bench->ring, bench->fd, bench->payload, SMALL, 0);
}

static int uring_large(struct bench *bench)
{
	return uring_write(&bench->ring, bench->fd, bench->payload, LARGE, 0);
}

static int close_ring(struct bench *bench)
{
	uring_close(&bench->ring);
	return disable_and_close_perf(bench);
}

/*
 * dynamic_events and set_user_event.
 */

static int write_line(struct bench *bench)
{
	return file_write(bench->path, bench->line);
}

static int truncate_path(struct bench *bench)
{
	return file_truncate(bench->path);
}

static __printf(3, 4) int aim(struct bench *bench, const char *path,
			      const char *fmt, ...)
{
	va_list args;

	snprintf(bench->path, sizeof(bench->path), "%s", path);
	va_start(args, fmt);
	vsnprintf(bench->line, sizeof(bench->line), fmt, args);
	va_end(args);
	return 0;
}

static int have_to_make(struct bench *bench)
{
	return aim(bench, DYNAMIC_FILE, "u:%s u32 a; char[8] b",
		   bench->stage.name);
}

static int have_to_delete(struct bench *bench)
{
	return have_persistent(bench) ?:
	       aim(bench, DYNAMIC_FILE, "!u:%s u32 a; char[8] b",
		   bench->stage.name);
}

static int have_to_arm(struct bench *bench)
{
	return have_registered(bench) ?:
	       aim(bench, arm_path(TRACEFS), "%s", bench->stage.name);
}

static int have_to_disarm(struct bench *bench)
{
	return have_to_arm(bench) ?: write_line(bench) ?:
	       aim(bench, arm_path(TRACEFS), "!%s", bench->stage.name);
}

static int have_pattern(struct bench *bench)
{
	return have_file(bench) ?: arm(TRACEFS, bench->stage.name);
}

static int disarm_and_close(struct bench *bench)
{
	return disarm(TRACEFS, bench->stage.name) ?:
	       unregister_and_close(bench);
}

/*
 * Groups.
 */

static int have_group_name(struct bench *bench)
{
	snprintf(bench->path, sizeof(bench->path), "%s/%s", GROUPS,
		 bench->group);
	return 0;
}

static int make_group(struct bench *bench)
{
	return mkdir(bench->path, 0750) ? -errno : 0;
}

static int remove_group(struct bench *bench)
{
	return rmdir(bench->path) ? -errno : 0;
}

static int have_group(struct bench *bench)
{
	return have_group_name(bench) ?: make_group(bench);
}

static int have_group_data(struct bench *bench)
{
	return have_group(bench) ?:
	       aim(bench, group_path(bench->group, "user_events_data"), "-");
}

static int close_and_remove_group(struct bench *bench)
{
	return close_file(bench) ?: group_remove(bench->group);
}

static int have_group_file(struct bench *bench)
{
	int ret = have_file(bench) ?: close_file(bench);

	return ret ?: have_group_data(bench) ?: open_file(bench);
}

static int unregister_and_remove_group(struct bench *bench)
{
	return unregister_and_close(bench) ?: group_remove(bench->group);
}

static int have_to_limit(struct bench *bench)
{
	return have_group(bench) ?:
	       aim(bench, group_path(bench->group, "max"), "7");
}

static int remove_limited(struct bench *bench)
{
	return group_remove(bench->group);
}

/*
 * Listings.
 */

static int have_status(struct bench *bench)
{
	return have_registered(bench) ?: aim(bench, STATUS_FILE, "-");
}

static int have_fdinfo(struct bench *bench)
{
	return have_registered(bench) ?:
	       aim(bench, say("/proc/self/fdinfo/%d", bench->fd), "-");
}

static int read_path(struct bench *bench)
{
	const int fd = open(bench->path, O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t size;

	if (fd < 0)
		return -errno;
	size = read(fd, text, sizeof(text));
	if (size < 0)
		size = -errno;
	close(fd);
	return size;
}

static int nothing(struct bench *bench)
{
	return 0;
}

/*
 * What there is to see of an operation.
 */

static void add_text(char **all, char *text)
{
	char *longer = say("%s%s\n", *all, text ?: "none");

	free(*all);
	free(text);
	*all = longer;
}

/* The ids of tracepoints differ each time. */
static char *without_ids(char *text)
{
	char *at = text;

	while (at && (at = strstr(at, ":["))) {
		at += 2;
		memmove(at, at + strcspn(at, "]"),
			strlen(at + strcspn(at, "]")) + 1);
	}
	return text;
}

static char *list_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char *all = say("%s:\n", path);

	while (dir && (entry = readdir(dir)))
		add_text(&all, strdup(entry->d_name));
	if (dir)
		closedir(dir);
	return all;
}

static char *list_registered(int fd)
{
	char *text = file_read(say("/proc/self/fdinfo/%d", fd));
	char *lines = text ? strstr(text, "user_events_group") : NULL;
	char *all = without_ids(strdup(lines ?: "none"));

	free(text);
	return all;
}

static char *look(struct bench *bench)
{
	char *all = say("bits %#x, %lld events, file %d, child %d\n",
			load32(bench->stage.word),
			bench->perf < 0 ? -1 : perf_count(bench->perf),
			bench->fd >= 0, bench->child > 0);

	add_text(&all, without_ids(file_read(STATUS_FILE)));
	add_text(&all, file_read(DYNAMIC_FILE));
	add_text(&all, file_read(arm_path(TRACEFS)));
	add_text(&all, list_registered(bench->fd));
	add_text(&all, list_dir(GROUPS));
	if (group_exists(bench->group)) {
		add_text(&all, list_dir(say("%s/%s", GROUPS, bench->group)));
		add_text(&all, without_ids(group_read(bench->group,
						      "user_events_status")));
		add_text(&all, group_read(bench->group, "max"));
	}
	return all;
}

#endif
