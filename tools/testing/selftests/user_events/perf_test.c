// SPDX-License-Identifier: GPL-2.0
/* perf as a consumer: what its records hold, and when it is asked. */

#include "common.h"
#include "perf.h"

struct record {
	__u16 type;		/* the common header of trace entries */
	__u8 flags;
	__u8 preempt_count;
	__s32 pid;
	__u32 a;
	char s[8];
};

FIXTURE(perf)
{
	struct stage stage;
	const char *system;
	char *event;
	int index;
};

FIXTURE_VARIANT(perf)
{
	int flags;
};

FIXTURE_VARIANT_ADD(perf, single)
{
	.flags = SINGLE,
};

FIXTURE_VARIANT_ADD(perf, multi)
{
	.flags = MULTI,
};

FIXTURE_SETUP(perf)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	self->system = variant->flags ? MULTI_SYSTEM : SYSTEM;
	self->index = event_register(self->stage.fd,
				     say("%s u32 a; char[8] s",
					 self->stage.name),
				     self->stage.word, 0, variant->flags);
	ASSERT_EQ(0, self->index);
	self->event = variant->flags ? multi_event(self->stage.name, 0) :
		      self->stage.name;
	ASSERT_TRUE(!!self->event);
}

FIXTURE_TEARDOWN_PARENT(perf)
{
	stage_clean(&self->stage);
}

static int emit_pair(int fd, int index, __u32 a, const char *s)
{
	struct {
		__u32 a;
		char s[8];
	} payload = { .a = a };

	memcpy(payload.s, s, strlen(s));
	return event_emit(fd, index, &payload, sizeof(payload));
}

/* Emits for as long as somebody listens, until it is killed. */
static void keep_emitting(int fd)
{
	for (;;) {
		emit_pair(fd, 0, 4242, "hello");
		pause_ms(2);
	}
}

TEST_F(perf, record_holds_header_and_payload)
{
	struct perf_ring ring;
	struct record record;

	ASSERT_EQ(0, perf_ring_open(&ring, self->system, self->event, 1));
	EXPECT_EQ(1, *self->stage.word);
	ASSERT_EQ(16, emit_pair(self->stage.fd, 0, 77, "hello"));
	ASSERT_LE(sizeof(record), perf_ring_next(&ring, &record,
						 sizeof(record)));
	EXPECT_EQ(event_id(self->system, self->event), record.type);
	EXPECT_EQ(getpid(), record.pid);
	EXPECT_EQ(77, record.a);
	EXPECT_STREQ("hello", record.s);
	EXPECT_EQ(0, perf_ring_next(&ring, &record, sizeof(record)));
	perf_ring_close(&ring);
	EXPECT_EQ(0, *self->stage.word);
}

TEST_F(perf, payload_longer_than_the_layout_is_recorded_whole)
{
	struct {
		struct record record;
		char more[60];
	} seen;
	struct perf_ring ring;
	char payload[72];

	memset(payload, 'x', sizeof(payload));
	ASSERT_EQ(0, perf_ring_open(&ring, self->system, self->event, 1));
	ASSERT_EQ(76, event_emit(self->stage.fd, 0, payload, 72));
	ASSERT_LE(80, perf_ring_next(&ring, &seen, sizeof(seen)));
	EXPECT_EQ(0, memcmp(&seen.record.a, payload, 72));
}

TEST_F(perf, ring_has_all_records_in_order)
{
	struct perf_ring ring;
	struct record record;
	int i, n;

	ASSERT_EQ(0, perf_ring_open(&ring, self->system, self->event, 1));
	for (i = 0; i < 500;) {
		for (n = 0; n < 20; n++)
			ASSERT_EQ(16, emit_pair(self->stage.fd, 0, i + n,
						"x"));
		for (n = 0; n < 20; n++, i++) {
			ASSERT_LT(0, perf_ring_next(&ring, &record,
						    sizeof(record)));
			ASSERT_EQ(i, record.a);
		}
	}
	EXPECT_EQ(500, perf_count(ring.fd));
}

TEST_F(perf, filter_applies)
{
	struct perf_ring ring;
	struct record record;
	int a;

	ASSERT_EQ(0, perf_ring_open(&ring, self->system, self->event, 1));
	ASSERT_EQ(0, ioctl(ring.fd, PERF_EVENT_IOC_SET_FILTER,
			   "a > 5 && s == \"x\""));
	for (a = 4; a < 8; a++)
		EXPECT_EQ(16, emit_pair(self->stage.fd, 0, a, "x"));
	EXPECT_EQ(16, emit_pair(self->stage.fd, 0, 9, "y"));
	ASSERT_LT(0, perf_ring_next(&ring, &record, sizeof(record)));
	EXPECT_EQ(6, record.a);
	ASSERT_LT(0, perf_ring_next(&ring, &record, sizeof(record)));
	EXPECT_EQ(7, record.a);
	EXPECT_EQ(0, perf_ring_next(&ring, &record, sizeof(record)));
}

TEST_F(perf, counts_another_process)
{
	__u64 end;
	pid_t child;
	int fd;

	fd = perf_open_on(self->system, self->event, getppid(), -1);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, *self->stage.word);
	EXPECT_EQ(16, emit_pair(self->stage.fd, 0, 1, "x"));
	EXPECT_EQ(0, perf_count(fd)) {
		TH_LOG("counts what the parent did not emit");
	}
	close(fd);

	child = spawn();
	if (!child)
		keep_emitting(self->stage.fd);
	fd = perf_open_on(self->system, self->event, child, -1);
	ASSERT_LE(0, fd);
	end = now_ns() + PATIENCE_MS * 1000000ULL;
	while (perf_count(fd) == 0 && now_ns() < end)
		pause_ms(1);
	EXPECT_LT(0, perf_count(fd));
	kill(child, SIGKILL);
	reap(child);
}

TEST_F(perf, counts_on_every_cpu)
{
	const int cpus = sysconf(_SC_NPROCESSORS_ONLN);
	long long sum = 0;
	int cpu, fds[64];

	ASSERT_GE(64, cpus);
	for (cpu = 0; cpu < cpus; cpu++) {
		fds[cpu] = perf_open_on(self->system, self->event, -1, cpu);
		ASSERT_LE(0, fds[cpu]);
	}
	for (cpu = 0; cpu < cpus; cpu++) {
		pin_to_cpu(cpu);
		EXPECT_EQ(16, emit_pair(self->stage.fd, 0, cpu, "x"));
		EXPECT_EQ(1, perf_count(fds[cpu]));
		sum += perf_count(fds[cpu]);
	}
	EXPECT_EQ(cpus, sum);
}

TEST_F(perf, disabled_counter_counts_nothing)
{
	const int fd = perf_open(self->system, self->event);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(fd, PERF_EVENT_IOC_DISABLE, 0));
	EXPECT_EQ(16, emit_pair(self->stage.fd, 0, 1, "x"));
	EXPECT_EQ(0, perf_count(fd));
	ASSERT_EQ(0, ioctl(fd, PERF_EVENT_IOC_ENABLE, 0));
	EXPECT_EQ(16, emit_pair(self->stage.fd, 0, 1, "x"));
	EXPECT_EQ(1, perf_count(fd));
}

TEST_F(perf, two_counters_count_the_same)
{
	const int one = perf_open(self->system, self->event);
	const int two = perf_open(self->system, self->event);

	ASSERT_LE(0, one);
	ASSERT_LE(0, two);
	EXPECT_EQ(16, emit_pair(self->stage.fd, 0, 1, "x"));
	close(one);
	EXPECT_EQ(16, emit_pair(self->stage.fd, 0, 1, "x"));
	EXPECT_EQ(2, perf_count(two));
	EXPECT_EQ(1, *self->stage.word);
}

TEST_HARNESS_MAIN
