/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Races: each side repeats a step of its own until time is over, in a thread or
 * in a process, and makes some rounds at least.  In the end nothing refers to an
 * event of the test, and its name is as good as new.
 *
 * USER_EVENTS_SECONDS in the environment tells how long a race takes.
 */

#ifndef SELFTESTS_USER_EVENTS_RACE_H
#define SELFTESTS_USER_EVENTS_RACE_H

#include "common.h"

#define RACE_SIDES	16	/* of a race, at most */
#define RACE_SECONDS	2
#define RACE_ROUNDS	2	/* of a side, at least, however slow it is */
#define RACE_TIMEOUT	3600	/* seconds of a test */

/* What a step returns that failed since another side was there first */
#define REFUSED 1

/**
 * struct side - what repeats a step
 * @step: one round: 0, REFUSED, or the negative errno of what must not fail
 * @name: what it is called in the log
 * @process: it is a process of its own, else a thread of the test
 * @race: what all sides know
 * @page: its own memory, zeroed before the first round
 * @number: of the side, from 0
 * @end: when time is over
 * @done: rounds that ended with 0
 * @refused: rounds that ended with REFUSED
 * @ret: of the last round, if that was an error
 * @thread: what repeats the step, unless it is @process
 * @pid: what does, if it is
 */
struct side {
	int		(*step)(struct side *side);
	const char	*name;
	bool		process;
	void		*race;
	__u32		*page;
	int		number;
	__u64		end;
	__u32		done;
	__u32		refused;
	int		ret;
	pthread_t	thread;
	pid_t		pid;
};

#define THREAD(_step)	{ .step = (_step), .name = #_step }
#define PROCESS(_step)	{ .step = (_step), .name = #_step, .process = true }

static inline int race_seconds(int by_default)
{
	const char *wanted = getenv("USER_EVENTS_SECONDS");

	return wanted ? atoi(wanted) : by_default;
}

/* The number of the round, from 0. */
static inline __u32 round_of(const struct side *side)
{
	return side->done + side->refused;
}

/* What @ret means to a step, if two errors may be. */
static inline int may(int ret, int error, int other_error)
{
	if (ret >= 0)
		return 0;
	return ret == error || ret == other_error ? REFUSED : ret;
}

static inline bool side_goes_on(const struct side *side)
{
	return side->ret >= 0 && (now_ns() < side->end ||
				  round_of(side) < RACE_ROUNDS);
}

static void *side_run(void *data)
{
	struct side *side = data;
	int ret;

	side->page = map_pages(1, MAP_PRIVATE);
	while (side_goes_on(side)) {
		ret = side->step(side);
		if (ret < 0)
			side->ret = ret;
		else if (ret == REFUSED)
			side->refused++;
		else
			side->done++;
	}
	return NULL;
}

static inline int side_start(struct side *side)
{
	pid_t child;

	if (!side->process)
		return -pthread_create(&side->thread, NULL, side_run, side);
	child = spawn();
	if (!child) {
		side_run(side);
		_exit(0);
	}
	/* in memory that the child shares, which must not write it, too */
	side->pid = child;
	return child < 0 ? -errno : 0;
}

/* Starts those that are processes, or those that are not. */
static inline int sides_start(struct side *sides, int count, bool process)
{
	int i, ret = 0;

	for (i = 0; i < count && !ret; i++) {
		if (sides[i].process == process)
			ret = side_start(sides + i);
	}
	return ret;
}

static inline int side_wait(struct side *side)
{
	if (side->process)
		return reap(side->pid);
	return -pthread_join(side->thread, NULL);
}

/* Lets all run at once, and expects each to have made its rounds. */
static inline void run_race(struct __test_metadata *_metadata, void *race,
			    const struct side *of, int count)
{
	struct side *sides = map_pages(1, MAP_SHARED);
	int i;

	ASSERT_GE(RACE_SIDES, count);
	memcpy(sides, of, count * sizeof(*of));
	for (i = 0; i < count; i++) {
		sides[i].race = race;
		sides[i].number = i;
		sides[i].end = now_ns() + race_seconds(RACE_SECONDS) * 1000000000ULL;
	}
	/* A process that starts later would keep what a thread has opened */
	ASSERT_EQ(0, sides_start(sides, count, true));
	ASSERT_EQ(0, sides_start(sides, count, false));
	for (i = 0; i < count; i++) {
		const struct side *side = sides + i;

		EXPECT_EQ(0, side_wait(sides + i));
		EXPECT_EQ(0, side->ret) {
			TH_LOG("%s", side->name);
		}
		EXPECT_LE(RACE_ROUNDS, round_of(side));
		TH_LOG("%s: %u rounds, of which %u were refused", side->name,
		       round_of(side), side->refused);
	}
	munmap(sides, getpagesize());
}

/* Deletes what persists, and expects that the name is nowhere then. */
static inline void expect_no_event(struct __test_metadata *_metadata,
				   const char *name)
{
	tracefs_clean(name);
	EXPECT_EQ(0, count_of(file_read(DYNAMIC_FILE), name)) {
		TH_LOG("%s", file_read(DYNAMIC_FILE));
	}
	EXPECT_EQ(0, count_of(file_read(STATUS_FILE), name)) {
		TH_LOG("%s", file_read(STATUS_FILE));
	}
}

/*
 * Expects that an event of @name can be made, recorded, written and removed.  A job of
 * the race may still be at work on this address space's bits.
 */
static inline void expect_new_event(struct __test_metadata *_metadata,
				    const char *name)
{
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	__u32 *word = map_pages(1, MAP_PRIVATE);
	__u64 value = 1;

	ASSERT_EQ(0, event_register(fd, say("%s u64 anew", name), word, 0,
				    SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, name, true));
	EXPECT_TRUE(wait32(word, 1));
	EXPECT_EQ(12, event_emit(fd, 0, &value, sizeof(value)));
	ASSERT_EQ(0, event_trace(SYSTEM, name, false));
	EXPECT_TRUE(wait32(word, 0));
	EXPECT_EQ(-EBADF, event_emit(fd, 0, &value, sizeof(value)));
	EXPECT_EQ(0, event_unregister(fd, word, 0));
	close(fd);
	EXPECT_EQ(0, event_try(say("%s u32 other", name), SINGLE));
}

/* After a race, when the test itself has let go of its events. */
static inline void expect_nothing_left(struct __test_metadata *_metadata,
				       const char *name)
{
	expect_no_event(_metadata, name);
	expect_new_event(_metadata, name);
	expect_no_event(_metadata, name);
}

#endif
