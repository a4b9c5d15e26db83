// SPDX-License-Identifier: GPL-2.0
/* Checks that user_events_lost counts exactly what consumers have lost. */

#include "common.h"
#include "perf.h"

/* More than ftrace takes with sub-buffers of a page, less than perf does. */
#define ONLY_PERF	6000
#define NOBODY		100000

FIXTURE(lost)
{
	struct stage stage;
	const char *system;
	char *event;
	char *dir;		/* of an instance that has been made */
	char *payload;
};

FIXTURE_VARIANT(lost)
{
	int flags;
};

FIXTURE_VARIANT_ADD(lost, single)
{
	.flags = SINGLE,
};

FIXTURE_VARIANT_ADD(lost, multi)
{
	.flags = MULTI,
};

FIXTURE_SETUP(lost)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	self->payload = map_pages(64, MAP_PRIVATE);
	self->system = variant->flags ? MULTI_SYSTEM : SYSTEM;
	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s u32 a", self->stage.name),
				    self->stage.word, 0, variant->flags));
	self->event = variant->flags ? multi_event(self->stage.name, 0) :
		      self->stage.name;
	ASSERT_TRUE(!!self->event);
	self->dir = say(TRACEFS "/instances/%s", self->stage.name);
	ASSERT_EQ(0, mkdir(self->dir, 0700));
	pin_to_cpu(0);
}

FIXTURE_TEARDOWN_PARENT(lost)
{
	stage_clean(&self->stage);
}

static int instance_write(const char *dir, const char *file, const char *text)
{
	return file_write(say("%s/%s", dir, file), text);
}

static int instance_trace(const char *dir, const char *system,
			  const char *event)
{
	return instance_write(dir, say("events/%s/%s/enable", system, event),
			      "1");
}

TEST_F(lost, file_is_0440_and_takes_nothing)
{
	struct stat st;

	ASSERT_EQ(0, stat(LOST_FILE, &st));
	EXPECT_EQ(0440, st.st_mode & 0777);
	EXPECT_EQ(-EINVAL, file_write(LOST_FILE, "0"));
}

TEST_F(lost, what_is_recorded_has_no_line)
{
	struct perf_ring ring;
	int i;

	EXPECT_EQ(-1, lost_by("ftrace", self->event));
	ASSERT_EQ(0, event_trace(self->system, self->event, true));
	ASSERT_EQ(0, perf_ring_open(&ring, self->system, self->event, 8));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(104, event_emit(self->stage.fd, 0, self->payload,
					  100));
	EXPECT_EQ(3004, event_emit(self->stage.fd, 0, self->payload, 3000));
	EXPECT_EQ(-1, lost_by("ftrace", self->event));
}

TEST_F(lost, what_is_wrong_is_no_loss)
{
	ASSERT_EQ(0, event_trace(self->system, self->event, true));
	EXPECT_EQ(-EINVAL, event_emit(self->stage.fd, 0, self->payload, 3));
	EXPECT_EQ(-EFAULT, event_emit(self->stage.fd, 0, NULL, 4));
	ASSERT_EQ(0, event_trace(self->system, self->event, false));
	EXPECT_EQ(-EBADF, event_emit(self->stage.fd, 0, self->payload, NOBODY));
	EXPECT_EQ(-1, lost_by("ftrace", self->event));
}

TEST_F(lost, too_large_for_ftrace_beside_perf)
{
	const int perf = perf_open(self->system, self->event);

	ASSERT_LE(0, perf);
	ASSERT_EQ(0, event_trace(self->system, self->event, true));
	EXPECT_EQ(4 + ONLY_PERF, event_emit(self->stage.fd, 0, self->payload,
					    ONLY_PERF));
	EXPECT_EQ(1, perf_count(perf));
	EXPECT_TRUE(file_has_line(LOST_FILE, say("%s ftrace 1 perf 0",
						 self->event))) {
		TH_LOG("%s", file_read(LOST_FILE));
	}
}

TEST_F(lost, too_large_for_perf_beside_ftrace)
{
	const int perf = perf_open(self->system, self->event);

	ASSERT_LE(0, perf);
	if (instance_write(self->dir, "buffer_subbuf_size_kb", "64"))
		SKIP(return, "no buffer_subbuf_size_kb in this kernel");
	ASSERT_EQ(0, instance_trace(self->dir, self->system, self->event));
	if (event_emit(self->stage.fd, 0, self->payload, 40000) == -E2BIG)
		SKIP(return, "no entries of a large sub-buffer in this kernel");
	EXPECT_EQ(1, trace_count(self->dir, self->event));
	EXPECT_EQ(0, perf_count(perf));
	EXPECT_TRUE(file_has_line(LOST_FILE, say("%s ftrace 0 perf 1",
						 self->event))) {
		TH_LOG("%s", file_read(LOST_FILE));
	}
}

TEST_F(lost, too_large_for_perf_alone)
{
	const int perf = perf_open(self->system, self->event);

	ASSERT_LE(0, perf);
	EXPECT_EQ(-E2BIG, event_emit(self->stage.fd, 0, self->payload, 40000));
	EXPECT_TRUE(file_has_line(LOST_FILE, say("%s ftrace 0 perf 1",
						 self->event))) {
		TH_LOG("%s", file_read(LOST_FILE));
	}
}

TEST_F(lost, too_large_for_everyone_is_lost_by_each)
{
	const int perf = perf_open(self->system, self->event);

	ASSERT_LE(0, perf);
	ASSERT_EQ(0, event_trace(self->system, self->event, true));
	ASSERT_EQ(0, instance_trace(self->dir, self->system, self->event));
	EXPECT_EQ(-E2BIG, event_emit(self->stage.fd, 0, self->payload, NOBODY));
	EXPECT_EQ(2, lost_by("ftrace", self->event));
	EXPECT_EQ(1, lost_by("perf", self->event));
}

TEST_F(lost, perf_of_another_task_has_lost_nothing)
{
	const pid_t child = spawn();
	int perf;

	if (!child)
		for (;;)
			pause();
	perf = perf_open_on(self->system, self->event, child, -1);
	ASSERT_LE(0, perf);
	ASSERT_EQ(0, event_trace(self->system, self->event, true));
	EXPECT_EQ(-E2BIG, event_emit(self->stage.fd, 0, self->payload, NOBODY));
	EXPECT_EQ(1, lost_by("ftrace", self->event));
	EXPECT_EQ(0, lost_by("perf", self->event));
	kill(child, SIGKILL);
	reap(child);
}

TEST_F(lost, full_buffer_that_keeps_the_oldest)
{
	const int total = 200;
	int i, recorded;

	ASSERT_EQ(0, instance_write(self->dir, "options/overwrite", "0"));
	ASSERT_EQ(0, instance_write(self->dir, "buffer_size_kb", "8"));
	ASSERT_EQ(0, instance_trace(self->dir, self->system, self->event));
	for (i = 0; i < total; i++)
		ASSERT_EQ(504, event_emit(self->stage.fd, 0, self->payload,
					  500));
	recorded = trace_count(self->dir, self->event);
	EXPECT_LT(0, recorded);
	EXPECT_GT(total, recorded);
	EXPECT_EQ(total - recorded, lost_by("ftrace", self->event));
}

TEST_F(lost, full_buffer_that_keeps_the_newest_has_lost_nothing)
{
	int i;

	ASSERT_EQ(0, instance_write(self->dir, "buffer_size_kb", "8"));
	ASSERT_EQ(0, instance_trace(self->dir, self->system, self->event));
	for (i = 0; i < 200; i++)
		ASSERT_EQ(504, event_emit(self->stage.fd, 0, self->payload,
					  500));
	EXPECT_EQ(-1, lost_by("ftrace", self->event));
}

/* The ring's losses are perf's own to count: also after it has gone. */
TEST_F(lost, full_ring_of_perf)
{
	const int total = 100;
	struct perf_ring ring;
	int i, recorded = 0;
	char raw[16];

	ASSERT_EQ(0, perf_ring_open(&ring, self->system, self->event, 1));
	for (i = 0; i < total; i++)
		ASSERT_EQ(204, event_emit(self->stage.fd, 0, self->payload,
					  200));
	while (perf_ring_next(&ring, raw, sizeof(raw)) > 0)
		recorded++;
	EXPECT_LT(0, recorded);
	EXPECT_EQ(total - recorded, lost_by("perf", self->event));
	EXPECT_EQ(0, lost_by("ftrace", self->event));

	perf_ring_close(&ring);
	EXPECT_EQ(total - recorded, lost_by("perf", self->event));
	ASSERT_EQ(0, perf_ring_open(&ring, self->system, self->event, 1));
	EXPECT_EQ(total - recorded, lost_by("perf", self->event));
}

TEST_F(lost, stays_when_the_consumer_goes)
{
	ASSERT_EQ(0, event_trace(self->system, self->event, true));
	EXPECT_EQ(-E2BIG, event_emit(self->stage.fd, 0, self->payload, NOBODY));
	ASSERT_EQ(0, event_trace(self->system, self->event, false));
	EXPECT_EQ(1, lost_by("ftrace", self->event));
	ASSERT_EQ(0, event_trace(self->system, self->event, true));
	EXPECT_EQ(-E2BIG, event_emit(self->stage.fd, 0, self->payload, NOBODY));
	EXPECT_EQ(2, lost_by("ftrace", self->event));
}

TEST_F(lost, goes_with_its_event)
{
	ASSERT_EQ(0, event_trace(self->system, self->event, true));
	EXPECT_EQ(-E2BIG, event_emit(self->stage.fd, 0, self->payload, NOBODY));
	ASSERT_EQ(0, event_trace(self->system, self->event, false));
	ASSERT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 0));
	close(self->stage.fd);
	EXPECT_EQ(-1, lost_by("ftrace", self->event)) {
		TH_LOG("%s", file_read(LOST_FILE));
	}

	self->stage.fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s u32 a", self->stage.name),
				    self->stage.word, 0, variant->flags));
	EXPECT_EQ(0, count_of(file_read(LOST_FILE), self->stage.name));
}

TEST_F(lost, what_an_instance_does_not_want_is_no_loss)
{
	const char *file = say("%s/events/%s/%s", self->dir, self->system,
			       self->event);
	const int fd = self->stage.fd;

	ASSERT_EQ(0, instance_trace(self->dir, self->system, self->event));
	ASSERT_EQ(0, instance_write(self->dir, "tracing_on", "0"));
	EXPECT_EQ(104, event_emit(fd, 0, self->payload, 100));
	EXPECT_EQ(-E2BIG, event_emit(fd, 0, self->payload, NOBODY));
	ASSERT_EQ(0, instance_write(self->dir, "tracing_on", "1"));
	EXPECT_EQ(-1, lost_by("ftrace", self->event)) {
		TH_LOG("with tracing off");
	}

	ASSERT_EQ(0, file_write(say("%s/filter", file), "a == 5"));
	EXPECT_EQ(104, event_emit(fd, 0, self->payload, 100));
	ASSERT_EQ(0, file_write(say("%s/filter", file), "0"));
	EXPECT_EQ(-1, lost_by("ftrace", self->event)) {
		TH_LOG("by the filter");
	}

	ASSERT_EQ(0, instance_write(self->dir, "set_event_pid", "1"));
	EXPECT_EQ(104, event_emit(fd, 0, self->payload, 100));
	EXPECT_EQ(-E2BIG, event_emit(fd, 0, self->payload, NOBODY));
	ASSERT_EQ(0, file_truncate(say("%s/set_event_pid", self->dir)));
	EXPECT_EQ(-1, lost_by("ftrace", self->event)) {
		TH_LOG("of another thread");
	}
	EXPECT_EQ(0, trace_count(self->dir, self->event));
}

TEST_F(lost, what_a_cpu_does_not_record_is_no_loss)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "one CPU only");
	ASSERT_EQ(0, instance_trace(self->dir, self->system, self->event));
	ASSERT_EQ(0, instance_write(self->dir, "tracing_cpumask", "2"));
	EXPECT_EQ(104, event_emit(self->stage.fd, 0, self->payload, 100));
	EXPECT_EQ(-E2BIG, event_emit(self->stage.fd, 0, self->payload, NOBODY));
	EXPECT_EQ(0, trace_count(self->dir, self->event));
	EXPECT_EQ(-1, lost_by("ftrace", self->event));
	pin_to_cpu(1);
	EXPECT_EQ(-E2BIG, event_emit(self->stage.fd, 0, self->payload, NOBODY));
	EXPECT_EQ(1, lost_by("ftrace", self->event));
}

/* What write() says, what is there and what is counted come to the same. */
TEST_F(lost, edge_of_a_sub_buffer)
{
	int size, ret, refused = 0, taken = 0;

	ASSERT_EQ(0, instance_trace(self->dir, self->system, self->event));
	for (size = getpagesize() - 64; size <= getpagesize(); size++) {
		ret = event_emit(self->stage.fd, 0, self->payload, size);
		EXPECT_TRUE(ret == size + 4 || ret == -E2BIG) {
			TH_LOG("%d bytes: %d", size, ret);
		}
		taken += ret > 0;
		refused += ret == -E2BIG;
	}
	EXPECT_LT(0, taken);
	EXPECT_EQ(taken, trace_count(self->dir, self->event));
	EXPECT_EQ(refused, lost_by("ftrace", self->event));
}

#define WRITERS	4
#define WRITES	500

static void *lose_many(void *arg)
{
	const FIXTURE_DATA(lost) * const self = arg;
	long losses = 0;
	int i;

	for (i = 0; i < WRITES; i++)
		losses += event_emit(self->stage.fd, 0, self->payload,
				     NOBODY) == -E2BIG;
	return (void *)losses;
}

TEST_F(lost, writers_at_the_same_time_are_all_counted)
{
	pthread_t threads[WRITERS];
	cpu_set_t all;
	void *losses;
	int i;

	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all);
	ASSERT_EQ(0, event_trace(self->system, self->event, true));
	for (i = 0; i < WRITERS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, lose_many,
					    self));
	for (i = 0; i < WRITERS; i++) {
		pthread_join(threads[i], &losses);
		EXPECT_EQ(WRITES, (long)losses);
	}
	EXPECT_EQ(WRITERS * WRITES, lost_by("ftrace", self->event));
}

#define EVENTS	200

TEST_F(lost, more_lines_than_a_page_can_be_read_byte_by_byte)
{
	char *whole, text[1 << 16];
	size_t size = 0;
	char *name;
	int i, fd;

	for (i = 1; i <= EVENTS; i++) {
		name = say("%s_%04d", self->stage.name, i);
		ASSERT_EQ(i, event_register(self->stage.fd, name,
					    self->stage.word + i, 0, SINGLE));
		if (i % 3)
			ASSERT_EQ(0, event_trace(SYSTEM, name, true));
		event_emit(self->stage.fd, i, self->payload, NOBODY);
	}
	whole = file_read(LOST_FILE);
	for (i = 1; i <= EVENTS; i++)
		EXPECT_EQ(!!(i % 3),
			  has_line(whole, say("%s_%04d ftrace 1 perf 0",
					      self->stage.name, i)));

	fd = open(LOST_FILE, O_RDONLY | O_CLOEXEC);
	while (size < sizeof(text) - 1 && read(fd, text + size, 1) == 1)
		size++;
	text[size] = '\0';
	EXPECT_STREQ(whole, text);
}

TEST_HARNESS_MAIN
