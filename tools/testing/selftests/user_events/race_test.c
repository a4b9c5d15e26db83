// SPDX-License-Identifier: GPL-2.0
/*
 * Races of registrations: address spaces, events and their names come and go
 * against one another.
 *
 * With registrations freed at once, and not after readers under user_event_srcu,
 * KASAN reports a use after free in user_event_set_status() within seconds.
 */

#include "perf.h"
#include "race.h"

#define WORDS	400	/* registrations of a race with many */

/* What all sides know. */
struct course {
	struct stage stage;
	char max[16];		/* kernel.user_events_max as it was */
	int active;		/* events that there were */
};

FIXTURE(race)
{
	struct course course;
};

FIXTURE_SETUP(race)
{
	struct course *course = &self->course;

	if (!stage_open(_metadata, &course->stage))
		return;
	snprintf(course->max, sizeof(course->max), "%s",
		 file_read(MAX_FILE) ?: "");
}

FIXTURE_TEARDOWN_PARENT(race)
{
	if (self->course.max[0])
		file_write(MAX_FILE, self->course.max);
	stage_clean(&self->course.stage);
}

static struct stage *stage_of(const struct side *side)
{
	struct course *course = side->race;

	return &course->stage;
}

/* Switches the test's event on and off, if there is one. */
static int toggle(struct side *side)
{
	return may(event_trace(SYSTEM, stage_of(side)->name,
			       round_of(side) % 2), -ENOENT, -ENODEV);
}

/* Runs one thing in a child: what that returns, or -EINTR if it is killed. */
static int in_child(int (*run)(struct side *side), struct side *side)
{
	const pid_t child = spawn();
	int ret;

	if (!child)
		_exit(-run(side));
	if (child < 0)
		return -errno;
	ret = reap(child);
	return ret < 0 ? -EINTR : -ret;
}

/*
 * Fork against unregister.
 */

/* Takes some registrations away, the bits of which stay clear, and renews them. */
static int renew(struct side *side)
{
	struct stage *stage = stage_of(side);
	__u32 *words = stage->word + 1 + side->number * WORDS / 2;
	const int first = round_of(side) * 16 % (WORDS / 2 - 16);
	int i, ret = 0;

	for (i = first; i < first + 16 && !ret; i++) {
		ret = event_unregister(stage->fd, words + i, 0);
		if (!ret && load32(words + i))
			ret = -EILSEQ;
	}
	while (i-- > first && !ret)
		ret = event_register(stage->fd, stage->name, words + i, 0,
				     SINGLE);
	return ret;
}

/* The registration that nobody touches is there, and so is its bit. */
static int be_child(struct side *side)
{
	struct stage *stage = stage_of(side);
	pid_t child;

	if (round_of(side) % 4 == 0)
		return 0;
	if (event_unregister(stage->fd, stage->word, 0))
		return -EPROTO;
	if (load32(stage->word))
		return -EILSEQ;
	if (round_of(side) % 4 == 1) {
		child = spawn();
		if (!child)
			_exit(event_unregister(stage->fd, stage->word, 0) !=
			      -ENOENT);
		return reap(child) ? -ECHILD : 0;
	}
	return 0;
}

static int fork_once(struct side *side)
{
	return in_child(be_child, side);
}

TEST_F_TIMEOUT(race, fork_against_unregister, RACE_TIMEOUT)
{
	static const struct side sides[] = {
		THREAD(renew), THREAD(renew), THREAD(fork_once),
		THREAD(fork_once), THREAD(toggle),
	};
	struct stage *stage = &self->course.stage;
	int i;

	for (i = 0; i <= WORDS; i++)
		ASSERT_EQ(0, event_register(stage->fd, stage->name,
					    stage->word + i, 0, SINGLE));
	run_race(_metadata, &self->course, sides, ARRAY_SIZE(sides));

	ASSERT_EQ(0, event_trace(SYSTEM, stage->name, true));
	for (i = 0; i <= WORDS; i++)
		ASSERT_TRUE(wait32(stage->word + i, 1));
	ASSERT_EQ(0, event_trace(SYSTEM, stage->name, false));
	for (i = 0; i <= WORDS; i++) {
		ASSERT_TRUE(wait32(stage->word + i, 0));
		ASSERT_EQ(0, event_unregister(stage->fd, stage->word + i, 0));
	}
	close(stage->fd);
	expect_nothing_left(_metadata, stage->name);
}

/*
 * A toggle against munmap, exec and exit.
 */

#define PAGES 8

/* Registers in memory that goes: the registrations stay until they are ended. */
static int unmap(struct side *side)
{
	const size_t size = getpagesize();
	struct stage *stage = stage_of(side);
	const int round = round_of(side);
	char *area = map_pages(PAGES, MAP_PRIVATE);
	int i, ret = 0;

	for (i = 0; i < PAGES && ret >= 0; i++)
		ret = event_register(stage->fd, stage->name, area + i * size,
				     round % 32, SINGLE);
	madvise(area, round % PAGES * size, MADV_DONTNEED);
	mprotect(area + size, size, PROT_READ);
	munmap(area + 2 * size, (PAGES - 2) * size);
	for (i = 0; i < PAGES && ret >= 0; i++)
		ret = event_unregister(stage->fd, area + i * size, round % 32);
	munmap(area, 2 * size);
	return ret;
}

/* Ends with registrations, in one of the ways there are. */
static int leave(struct side *side)
{
	struct stage *stage = stage_of(side);
	const int round = round_of(side);
	char *area = map_pages(PAGES, MAP_PRIVATE);
	int i;

	for (i = 0; i < PAGES; i++)
		if (event_register(stage->fd, stage->name,
				   area + i * getpagesize(), 1, SINGLE) < 0)
			return -EPROTO;
	madvise(area, round % PAGES * getpagesize(), MADV_DONTNEED);
	if (round % 3 == 0)
		execl("/bin/true", "true", NULL);
	if (round % 3 == 1)
		kill(getpid(), SIGKILL);
	return 0;
}

static int end_child(struct side *side)
{
	const int ret = in_child(leave, side);

	return ret == -EINTR && round_of(side) % 3 == 1 ? 0 : ret;
}

TEST_F_TIMEOUT(race, toggle_against_munmap_exec_and_exit, RACE_TIMEOUT)
{
	static const struct side sides[] = {
		THREAD(toggle), THREAD(toggle), THREAD(unmap), THREAD(unmap),
		PROCESS(end_child), PROCESS(end_child),
	};
	struct stage *stage = &self->course.stage;

	ASSERT_EQ(0, event_register(stage->fd, stage->name, stage->word, 0,
				    SINGLE));
	run_race(_metadata, &self->course, sides, ARRAY_SIZE(sides));
	ASSERT_EQ(0, event_trace(SYSTEM, stage->name, true));
	EXPECT_TRUE(wait32(stage->word, 1));
	ASSERT_EQ(0, event_trace(SYSTEM, stage->name, false));
	EXPECT_TRUE(wait32(stage->word, 0));
	ASSERT_EQ(0, event_unregister(stage->fd, stage->word, 0));
	close(stage->fd);
	expect_nothing_left(_metadata, stage->name);
}

/*
 * One name.
 *
 * With a delete that drops the reference of an event that persists even if a task
 * has taken another one since the event was found unused, 5 ms before, the kernel
 * reports in register_against_delete_of_one_name that a refcount_t has an underflow,
 * in user_event_put(), within 18 seconds.
 */

/* Takes an address: the event is there, and used, until that is given back. */
static int use_event(int fd, const char *text, __u32 *word, int flags)
{
	const int index = event_register(fd, text, word, 3, flags);
	__u64 value = 0;
	int ret;

	if (index < 0)
		return index;
	ret = event_emit(fd, index, &value, sizeof(value));
	if (ret != 4 + sizeof(value) && ret != -EBADF)
		return ret < 0 ? ret : -EMSGSIZE;
	ret = event_unregister(fd, word, 3);
	return ret ?: load32(word) ? -EILSEQ : 0;
}

/* A program with one of several layouts, in both worlds; some events persist. */
static int be_program(struct side *side)
{
	static const char *const fields[] = {
		"u32 a", "u64 a", "", "u8 a; u16 b",
	};
	const int round = round_of(side) + side->number;
	const int world = round % 3 ? SINGLE : MULTI;
	const int flags = round % 5 ? world : world | PERSIST;
	char text[128];
	int fd, ret;

	snprintf(text, sizeof(text), "%s %s", stage_of(side)->name,
		 fields[round % ARRAY_SIZE(fields)]);
	fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	ret = use_event(fd, text, side->page, flags);
	close(fd);
	return world == MULTI ? ret : may(ret, -EADDRINUSE, 0);
}

static int delete_name(struct side *side)
{
	struct stage *stage = stage_of(side);

	return may(event_delete(stage->fd, stage->name), -EBUSY, -ENOENT);
}

/* An event that persists, until the next command. */
static int command(struct side *side)
{
	const bool delete = round_of(side) % 2;
	char text[128];
	int ret;

	snprintf(text, sizeof(text), "%su:%s u32 a", delete ? "!" : "",
		 stage_of(side)->name);
	ret = file_write(DYNAMIC_FILE, text);
	if (delete)
		return may(ret, -EBUSY, -ENOENT);
	return may(ret, -EADDRINUSE, 0);
}

TEST_F_TIMEOUT(race, register_against_delete_of_one_name, RACE_TIMEOUT)
{
	static const struct side sides[] = {
		THREAD(be_program), THREAD(be_program), PROCESS(be_program),
		PROCESS(be_program), THREAD(delete_name), PROCESS(delete_name),
		THREAD(command), PROCESS(command),
	};

	run_race(_metadata, &self->course, sides, ARRAY_SIZE(sides));
	close(self->course.stage.fd);
	expect_nothing_left(_metadata, self->course.stage.name);
}

/*
 * One event, which a tracer alone keeps at times.
 *
 * With a registration that takes an event that waits for removal back into use, and
 * leaves it in the list of those that wait, the kernel reports a corrupted list and a
 * use after free within 15 seconds.
 */

/* Takes an address of the event, and gives it back. */
static int register_at_times(struct side *side)
{
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	int ret;

	ret = use_event(fd, say("%s u32 a", stage_of(side)->name), side->page, SINGLE);
	close(fd);
	pause_ms(round_of(side) % 4);
	return ret;
}

/* Leaves the event to a tracer, which then detaches. */
static int leave_to(struct side *side, int (*attach)(const char *name),
		    int (*detach)(const char *name, int attached))
{
	const char *name = stage_of(side)->name;
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	int attached, ret;

	ret = event_register(fd, say("%s u32 a", name), side->page, 0, SINGLE);
	attached = attach(name);
	if (ret >= 0)
		ret = event_unregister(fd, side->page, 0);
	close(fd);
	if (attached < 0)
		return attached;
	return detach(name, attached) ?: ret;
}

static int ftrace_attach(const char *name)
{
	return event_trace(SYSTEM, name, true);
}

/* Another side may have detached it, so that there is no event any more. */
static int ftrace_detach(const char *name, int attached)
{
	const int ret = event_trace(SYSTEM, name, false);

	return ret == -ENOENT || ret == -ENODEV ? 0 : ret;
}

static int leave_to_ftrace(struct side *side)
{
	return leave_to(side, ftrace_attach, ftrace_detach);
}

static int perf_attach(const char *name)
{
	return perf_open(SYSTEM, name);
}

static int perf_detach(const char *name, int attached)
{
	return close(attached) ? -errno : 0;
}

static int leave_to_perf(struct side *side)
{
	return leave_to(side, perf_attach, perf_detach);
}

TEST_F_TIMEOUT(race, last_tracer_detaches_against_register, RACE_TIMEOUT)
{
	static const struct side sides[] = {
		THREAD(register_at_times), PROCESS(register_at_times),
		THREAD(leave_to_ftrace), PROCESS(leave_to_ftrace),
		THREAD(leave_to_perf), PROCESS(leave_to_perf),
	};

	run_race(_metadata, &self->course, sides, ARRAY_SIZE(sides));
	close(self->course.stage.fd);
	expect_nothing_left(_metadata, self->course.stage.name);
}

/*
 * The limit of all events.  The test fails where an event that goes while there
 * are more than the limit is not counted down.
 */

/* Some that come and go, of names of their own. */
static int come_and_go(struct side *side)
{
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	int i, ret = 0;
	char text[64];

	for (i = 0; i < 6 && ret >= 0; i++) {
		snprintf(text, sizeof(text), "%s_%d_%d u32 a",
			 stage_of(side)->name, side->number, i);
		ret = event_register(fd, text, side->page, i, i % 2 ? MULTI : SINGLE);
	}
	close(fd);
	while (i--)
		event_unregister(stage_of(side)->fd, side->page, i);
	return may(ret, -EMFILE, 0);
}

static int change_max(struct side *side)
{
	const struct course *course = side->race;
	const int max = course->active + round_of(side) % 20;
	char *text;
	int ret;

	ret = events_set_max(max);
	text = file_read(MAX_FILE);
	free(text);
	return ret ?: text ? 0 : -EIO;
}

TEST_F_TIMEOUT(race, limit_changes_against_register, RACE_TIMEOUT)
{
	static const struct side sides[] = {
		THREAD(come_and_go), THREAD(come_and_go), PROCESS(come_and_go),
		PROCESS(come_and_go), THREAD(change_max), PROCESS(change_max),
	};
	const char *name = self->course.stage.name;
	int i;

	self->course.active = events_active();
	run_race(_metadata, &self->course, sides, ARRAY_SIZE(sides));

	/* what is counted is what there is */
	ASSERT_EQ(self->course.active, events_active());
	ASSERT_EQ(0, events_set_max(self->course.active + 3));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(i, event_register(self->course.stage.fd,
					    say("%s_%d", name, i),
					    self->course.stage.word, i, SINGLE));
	EXPECT_EQ(-EMFILE, event_try(say("%s_%d", name, i), SINGLE));
	ASSERT_EQ(0, file_write(MAX_FILE, self->course.max));
	while (i--)
		EXPECT_EQ(0, event_unregister(self->course.stage.fd, self->course.stage.word,
					      i));
	close(self->course.stage.fd);
	expect_nothing_left(_metadata, name);
}

TEST_HARNESS_MAIN
