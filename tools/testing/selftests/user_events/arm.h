/* SPDX-License-Identifier: GPL-2.0 */
/* set_user_event: what an instance is to record by registered name. */

#ifndef SELFTESTS_USER_EVENTS_ARM_H
#define SELFTESTS_USER_EVENTS_ARM_H

#include "common.h"

/* The file of the instance at @dir. */
static inline char *arm_path(const char *dir)
{
	return say("%s/set_user_event", dir);
}

/* `echo PATTERN >> set_user_event`; with a `!` before it, it is taken away. */
static inline int arm(const char *dir, const char *pattern)
{
	return file_write(arm_path(dir), pattern);
}

static inline int disarm(const char *dir, const char *pattern)
{
	return arm(dir, say("!%s", pattern));
}

/* `echo PATTERN > set_user_event`. */
static inline int arm_only(const char *dir, const char *pattern)
{
	const int fd = open(arm_path(dir), O_WRONLY | O_TRUNC | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write_all(fd, pattern);
	close(fd);
	return ret;
}

/* Whether the instance at @dir records an event: 1, 0 or -1 for no such event. */
static inline int is_recorded(const char *dir, const char *system,
			      const char *event)
{
	char *text = file_read(say("%s/events/%s/%s/enable", dir, system,
				   event));
	const int recorded = text ? *text == '1' : -1;

	free(text);
	return recorded;
}

/*
 * A program that registers, emits once, and ends: 0 when all went well, and the
 * bit was set by the registration.
 */
static inline int run_program(const char *text, int flags)
{
	const pid_t child = spawn();
	__u32 word = 0, a = 7;
	int fd, index;

	if (child)
		return reap(child);
	fd = open(DATA_FILE, O_WRONLY | O_CLOEXEC);
	index = event_register(fd, text, &word, 0, flags);
	if (index < 0)
		_exit(1);
	if (load32(&word) != 1)
		_exit(2);
	_exit(event_emit(fd, index, &a, sizeof(a)) == 8 ? 0 : 3);
}

/* How many records of events whose names start with @name an instance has. */
static inline int count_records(const char *dir, const char *name)
{
	char *text = file_read(say("%s/trace", dir));
	const int count = count_of(text, say(": %s", name));

	free(text);
	return count;
}

/* Two instances, once they are made; they go with their patterns in the end. */
struct arm_stage {
	struct stage stage;
	char one[128];
	char two[128];
};

static inline bool arm_stage_open(struct __test_metadata *_metadata,
				  struct arm_stage *arms)
{
	if (!stage_open(_metadata, &arms->stage))
		return false;
	snprintf(arms->one, sizeof(arms->one), TRACEFS "/instances/%s_1",
		 arms->stage.name);
	snprintf(arms->two, sizeof(arms->two), TRACEFS "/instances/%s_2",
		 arms->stage.name);
	return true;
}

/* Makes both. */
static inline int arm_instances(const struct arm_stage *arms)
{
	return mkdir(arms->one, 0700) || mkdir(arms->two, 0700) ? -errno : 0;
}

static inline void arm_stage_clean(struct arm_stage *arms)
{
	file_truncate(arm_path(TRACEFS));
	stage_clean(&arms->stage);
}

#endif
