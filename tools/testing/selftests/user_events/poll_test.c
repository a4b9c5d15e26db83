// SPDX-License-Identifier: GPL-2.0
/* Checks that poll() reports changes of user_events_status since a read. */

#include <sys/epoll.h>
#include "common.h"
#include "perf.h"

/* Registrations that a poller sees go by; few enough for a slow kernel. */
#define MANY 1000

FIXTURE(poll)
{
	struct stage stage;
	int status;		/* user_events_status, read to its end */
	int epoll;		/* waits for it, edge-triggered */
};

static void read_all(int fd)
{
	char buffer[4096];

	lseek(fd, 0, SEEK_SET);
	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
}

static int open_epoll(int fd)
{
	struct epoll_event wanted = { .events = EPOLLPRI | EPOLLET };
	const int epoll = epoll_create1(EPOLL_CLOEXEC);

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted) ? -errno : epoll;
}

FIXTURE_SETUP(poll)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
	self->status = open(STATUS_FILE, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->status);
	read_all(self->status);
	self->epoll = open_epoll(self->status);
	ASSERT_LE(0, self->epoll);
}

FIXTURE_TEARDOWN_PARENT(poll)
{
	stage_clean(&self->stage);
}

/* What poll() says of the file within @ms. */
static int poll_for(int fd, int ms)
{
	struct pollfd ready = { .fd = fd, .events = POLLPRI };

	return poll(&ready, 1, ms) == 1 ? ready.revents : 0;
}

/* How many events of the epoll descriptor there are within @ms: 0 or 1. */
static int epoll_for(int epoll, int ms)
{
	struct epoll_event event;

	return epoll_wait(epoll, &event, 1, ms);
}

#define CHANGED (POLLPRI | POLLERR)

TEST_F(poll, file_is_always_readable)
{
	struct pollfd ready = { .fd = self->status, .events = POLLIN };

	EXPECT_EQ(1, poll(&ready, 1, 0));
	EXPECT_EQ(POLLIN, ready.revents);
}

TEST_F(poll, nothing_changes_by_opening_and_reading)
{
	const int other = open(STATUS_FILE, O_RDONLY | O_CLOEXEC);

	EXPECT_EQ(0, poll_for(other, 0));
	read_all(other);
	EXPECT_EQ(0, poll_for(other, 0));
	EXPECT_EQ(0, poll_for(self->status, 0));
	EXPECT_EQ(0, epoll_for(self->epoll, 0));
}

TEST_F(poll, change_is_told_until_it_is_read)
{
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(CHANGED, poll_for(self->status, 0));
	EXPECT_EQ(CHANGED, poll_for(self->status, 0));
	read_all(self->status);
	EXPECT_EQ(0, poll_for(self->status, 0));
}

TEST_F(poll, change_is_told_to_each_file)
{
	const int other = open(STATUS_FILE, O_RDONLY | O_CLOEXEC);

	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	read_all(self->status);
	EXPECT_EQ(0, poll_for(self->status, 0));
	EXPECT_EQ(CHANGED, poll_for(other, 0));
}

TEST_F(poll, change_amid_a_read_is_told)
{
	char byte;

	ASSERT_EQ(1, pread(self->status, &byte, 1, 0));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	ASSERT_EQ(1, pread(self->status, &byte, 1, 1));
	EXPECT_EQ(CHANGED, poll_for(self->status, 0));
	ASSERT_EQ(1, pread(self->status, &byte, 1, 10));
	EXPECT_EQ(CHANGED, poll_for(self->status, 0));
	ASSERT_EQ(1, pread(self->status, &byte, 1, 0));
	EXPECT_EQ(0, poll_for(self->status, 0));
}

/* A thread that sleeps in poll(), and what that returns. */
struct sleeper {
	int fd;
	pid_t thread;
	int revents;
};

static int sleep_in_poll(void *arg)
{
	struct sleeper *sleeper = arg;

	store32(&sleeper->thread, gettid());
	/* A time limit would have it look once more at the end, unwoken */
	sleeper->revents = poll_for(sleeper->fd, -1);
	return 0;
}

/* Waits until the thread sleeps, which it does nowhere else. */
static bool wait_asleep(const struct sleeper *sleeper)
{
	int patience = PATIENCE_MS;
	pid_t thread;
	char *text;

	do {
		thread = load32(&sleeper->thread);
		text = thread ? file_read(say("/proc/self/task/%d/stat",
					      thread)) : NULL;
		text = text ? strrchr(text, ')') : NULL;
		if (text && text[2] == 'S')
			return true;
	} while (wait_more(&patience));
	return false;
}

enum change { CREATE, DELETE, ATTACH, DETACH, ATTACH_PERF, DETACH_PERF };

FIXTURE(wake)
{
	struct stage stage;
	int perf;
};

FIXTURE_VARIANT(wake)
{
	enum change change;
};

FIXTURE_VARIANT_ADD(wake, create) { .change = CREATE, };
FIXTURE_VARIANT_ADD(wake, delete) { .change = DELETE, };
FIXTURE_VARIANT_ADD(wake, attach) { .change = ATTACH, };
FIXTURE_VARIANT_ADD(wake, detach) { .change = DETACH, };
FIXTURE_VARIANT_ADD(wake, attach_perf) { .change = ATTACH_PERF, };
FIXTURE_VARIANT_ADD(wake, detach_perf) { .change = DETACH_PERF, };

FIXTURE_SETUP(wake)
{
	const char *name = self->stage.name;

	if (!stage_open(_metadata, &self->stage))
		return;
	ASSERT_EQ(0, event_register(self->stage.fd, name, self->stage.word, 0,
				    SINGLE));
	ASSERT_EQ(0, event_try(say("%s_2", name), PERSIST));
	if (variant->change == DETACH)
		ASSERT_EQ(0, event_trace(SYSTEM, name, true));
	/* Perf comes to what ftrace has already, whose bit does not change */
	if (variant->change == ATTACH_PERF || variant->change == DETACH_PERF)
		ASSERT_EQ(0, event_trace(SYSTEM, name, true));
	if (variant->change == DETACH_PERF)
		self->perf = perf_open(SYSTEM, name);
}

FIXTURE_TEARDOWN_PARENT(wake)
{
	stage_clean(&self->stage);
}

static int do_change(const struct stage *stage, int perf, enum change change)
{
	const char *name = stage->name;

	switch (change) {
	case CREATE:
		return event_register(stage->fd, say("%s_3", name),
				      stage->word, 1, MULTI) < 0;
	case DELETE:
		return event_delete(stage->fd, say("%s_2", name));
	case ATTACH:
	case DETACH:
		return event_trace(SYSTEM, name, change == ATTACH);
	case ATTACH_PERF:
		return perf_open(SYSTEM, name) < 0;
	case DETACH_PERF:
		return close(perf);
	}
	return -EINVAL;
}

/* What programs before have left behind may go a moment later. */
static void read_until_quiet(int status)
{
	int i;

	for (i = 0; i < 20 && poll_for(status, 100); i++)
		read_all(status);
}

TEST_F(wake, change_wakes_who_sleeps_in_poll)
{
	const int status = open(STATUS_FILE, O_RDONLY | O_CLOEXEC);
	struct sleeper sleeper = { .fd = status };
	struct thread_call call = { sleep_in_poll, &sleeper };
	pthread_t thread;

	read_until_quiet(status);
	ASSERT_EQ(0, poll_for(status, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, thread_call_run, &call));
	ASSERT_TRUE(wait_asleep(&sleeper));
	EXPECT_EQ(0, do_change(&self->stage, self->perf, variant->change));
	pthread_join(thread, NULL);
	EXPECT_EQ(CHANGED, sleeper.revents);
	read_all(status);
	EXPECT_EQ(0, poll_for(status, 0));
}

TEST_F(poll, edge_is_told_again_after_a_read)
{
	int round;

	for (round = 0; round < 10; round++) {
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name,
					 !(round % 2)));
		ASSERT_EQ(1, epoll_for(self->epoll, PATIENCE_MS)) {
			TH_LOG("round %d", round);
		}
		read_all(self->status);
		ASSERT_EQ(0, epoll_for(self->epoll, 0));
	}
}

/* A poller that is woken up, waits for more of that, and then may read. */
struct poller {
	int status, epoll;
	bool does_read;
	__u32 end;
	int wakes, reads;
};

static int poll_and_read(void *arg)
{
	struct poller *poller = arg;
	int i;

	while (!load32(&poller->end)) {
		if (epoll_for(poller->epoll, 100) != 1)
			continue;
		poller->wakes++;
		for (i = 0; i < 5; i++)
			poller->wakes += epoll_for(poller->epoll, 2) == 1;
		if (!poller->does_read)
			continue;
		poller->reads++;
		read_all(poller->status);
	}
	return 0;
}

static bool register_many(const struct stage *stage)
{
	int i;

	for (i = 0; i < MANY; i++) {
		if (event_register(stage->fd, say("%s_%d", stage->name, i),
				   (char *)stage->word + 4 + i / 32 * 4, i % 32,
				   SINGLE) < 0)
			return false;
	}
	return true;
}

/* What wakes once too often: a change from before, whose wake-up comes late. */
#define SPARE	2

/* What the poller sees of many registrations: 0, or a negative errno. */
static int watch_registrations(const struct stage *stage, struct poller *poller)
{
	struct thread_call call = { poll_and_read, poller };
	pthread_t thread;
	bool registered;

	if (pthread_create(&thread, NULL, thread_call_run, &call))
		return -EAGAIN;
	registered = register_many(stage);
	store32(&poller->end, 1);
	pthread_join(thread, NULL);
	return registered ? 0 : -EIO;
}

TEST_F(poll, poller_is_not_woken_more_often_than_it_reads)
{
	struct poller poller = { self->status, self->epoll, true };

	ASSERT_EQ(0, watch_registrations(&self->stage, &poller));
	EXPECT_LT(0, poller.reads);
	EXPECT_GE(poller.reads + SPARE, poller.wakes);
}

TEST_F(poll, poller_that_does_not_read_is_woken_once)
{
	struct poller poller = { self->status, self->epoll, false };

	ASSERT_EQ(0, watch_registrations(&self->stage, &poller));
	EXPECT_LT(0, poller.wakes);
	EXPECT_GE(SPARE, poller.wakes);
}

TEST_HARNESS_MAIN
