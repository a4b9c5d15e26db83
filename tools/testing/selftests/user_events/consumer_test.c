// SPDX-License-Identifier: GPL-2.0
/* Checks instances, filters, triggers and histograms, and too large entries. */

#include "common.h"
#include "perf.h"

FIXTURE(consumer)
{
	struct stage stage;
	char instance[128];	/* a directory of tracefs, once made */
};

FIXTURE_SETUP(consumer)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	snprintf(self->instance, sizeof(self->instance),
		 TRACEFS "/instances/%s", self->stage.name);
	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s u32 a; char[8] s",
					self->stage.name),
				    self->stage.word, 0, SINGLE));
	ASSERT_EQ(0, file_truncate(TRACEFS "/trace"));
}

FIXTURE_TEARDOWN_PARENT(consumer)
{
	stage_clean(&self->stage);
}

/* Emits @a and @s, which the event of the fixture has. */
static int emit_pair(int fd, __u32 a, const char *s)
{
	struct {
		__u32 a;
		char s[8];
	} payload = { .a = a };

	memcpy(payload.s, s, strlen(s));
	return event_emit(fd, 0, &payload, sizeof(payload));
}

static bool trace_shows(const char *dir, const char *text)
{
	char *trace = file_read(say("%s/trace", dir));
	const bool found = trace && strstr(trace, text);

	free(trace);
	return found;
}

TEST_F(consumer, ftrace_shows_the_fields)
{
	__u64 value;

	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(16, emit_pair(self->stage.fd, 2000000000, "hello"));
	ASSERT_EQ(1, trace_values(TRACEFS, self->stage.name, "a", &value, 1));
	EXPECT_EQ(2000000000, value);
	EXPECT_TRUE(trace_shows(TRACEFS, " s=hello\n")) {
		TH_LOG("%s", file_read(TRACEFS "/trace"));
	}
}

TEST_F(consumer, ftrace_shows_every_kind_of_field)
{
	const char *name = say("%s_2", self->stage.name);
	struct {
		__s64 a;
		__u32 b;
		__u32 c;
		__u16 d;
		__s16 e;
		char text[12];
	} payload = {
		.a = -5000000000LL, .b = DYN_LOC(8 + 20, 6),
		.c = DYN_LOC(4 + 6, 6), .d = 65535, .e = 77,
		.text = "first\0again",
	};
	__u64 value;

	ASSERT_EQ(1, event_register(self->stage.fd,
				    say("%s s64 a;%s b;%s c;u16 d;s16 e", name,
					"__data_loc char[]",
					"__rel_loc char[]"),
				    self->stage.word, 1, SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, name, true));
	ASSERT_EQ(4 + sizeof(payload),
		  event_emit(self->stage.fd, 1, &payload, sizeof(payload)));
	EXPECT_TRUE(trace_shows(TRACEFS, " b=first c=again d=")) {
		TH_LOG("%s", file_read(TRACEFS "/trace"));
	}
	ASSERT_EQ(1, trace_values(TRACEFS, name, "a", &value, 1));
	EXPECT_EQ(-5000000000LL, (__s64)value);
	ASSERT_EQ(1, trace_values(TRACEFS, name, "d", &value, 1));
	EXPECT_EQ(65535, value);
	ASSERT_EQ(1, trace_values(TRACEFS, name, "e", &value, 1));
	EXPECT_EQ(77, value);
}

TEST_F(consumer, two_instances_and_perf_get_one_record_each)
{
	const char *name = self->stage.name;
	const char *enable = say("%s/events/user_events/%s/enable",
				 self->instance, name);
	int perf;

	ASSERT_EQ(0, mkdir(self->instance, 0700));
	ASSERT_EQ(0, file_write(enable, "1"));
	ASSERT_EQ(0, event_trace(SYSTEM, name, true));
	perf = perf_open(SYSTEM, name);
	ASSERT_LE(0, perf);
	EXPECT_EQ(16, emit_pair(self->stage.fd, 1, "x"));
	EXPECT_EQ(1, trace_count(TRACEFS, name));
	EXPECT_EQ(1, trace_count(self->instance, name));
	EXPECT_EQ(1, perf_count(perf));

	/* each can leave without the others */
	ASSERT_EQ(0, event_trace(SYSTEM, name, false));
	EXPECT_EQ(16, emit_pair(self->stage.fd, 1, "x"));
	EXPECT_EQ(1, trace_count(TRACEFS, name));
	EXPECT_EQ(2, trace_count(self->instance, name));
	EXPECT_EQ(2, perf_count(perf));
	close(perf);
	EXPECT_EQ(16, emit_pair(self->stage.fd, 1, "x"));
	EXPECT_EQ(3, trace_count(self->instance, name));
	ASSERT_EQ(0, file_write(enable, "0"));
	EXPECT_EQ(-EBADF, emit_pair(self->stage.fd, 1, "x"));
}

TEST_F(consumer, filter_on_a_number)
{
	const char *name = self->stage.name;
	const char *filter = event_path(SYSTEM, name, "filter");
	__u64 values[4];
	int a;

	ASSERT_EQ(0, file_write(filter, "a > 5"));
	ASSERT_EQ(0, event_trace(SYSTEM, name, true));
	for (a = 3; a < 9; a++)
		EXPECT_EQ(16, emit_pair(self->stage.fd, a, "x"));
	ASSERT_EQ(3, trace_values(TRACEFS, name, "a", values, 4));
	EXPECT_EQ(6, values[0]);
	EXPECT_EQ(8, values[2]);
	ASSERT_EQ(0, file_write(filter, "0"));
	EXPECT_EQ(16, emit_pair(self->stage.fd, 1, "x"));
	ASSERT_EQ(4, trace_values(TRACEFS, name, "a", values, 4));
	EXPECT_EQ(1, values[3]);
}

TEST_F(consumer, filter_on_a_char_array)
{
	const char *name = self->stage.name;
	__u64 value;

	ASSERT_EQ(0, file_write(event_path(SYSTEM, name, "filter"),
				"s == \"hello\""));
	ASSERT_EQ(0, event_trace(SYSTEM, name, true));
	EXPECT_EQ(16, emit_pair(self->stage.fd, 1, "hell"));
	EXPECT_EQ(16, emit_pair(self->stage.fd, 2, "hello"));
	EXPECT_EQ(16, emit_pair(self->stage.fd, 3, "hello!"));
	ASSERT_EQ(1, trace_values(TRACEFS, name, "a", &value, 1));
	EXPECT_EQ(2, value);
}

TEST_F(consumer, filter_on_a_dynamic_string)
{
	const char *name = say("%s_2", self->stage.name);
	struct {
		__u32 loc;
		char text[4];
	} payload = { .loc = DYN_LOC(8 + 4, 4) };

	ASSERT_EQ(1, event_register(self->stage.fd,
				    say("%s __data_loc char[] s", name),
				    self->stage.word, 1, SINGLE));
	ASSERT_EQ(0, file_write(event_path(SYSTEM, name, "filter"),
				"s == \"yes\""));
	ASSERT_EQ(0, event_trace(SYSTEM, name, true));
	memcpy(payload.text, "yes", 4);
	EXPECT_EQ(12, event_emit(self->stage.fd, 1, &payload, 8));
	memcpy(payload.text, "nay", 4);
	EXPECT_EQ(12, event_emit(self->stage.fd, 1, &payload, 8));
	EXPECT_EQ(1, trace_count(TRACEFS, name));
	EXPECT_TRUE(trace_shows(TRACEFS, say("%s: s=yes", name)));
}

TEST_F(consumer, filter_on_a_multi_format_event)
{
	const char *text = say("%s u32 b", self->stage.name);
	const char *event;
	__u64 value;
	__u32 b;

	ASSERT_EQ(1, event_register(self->stage.fd, text, self->stage.word, 1,
				    MULTI));
	event = multi_event(self->stage.name, 0);
	ASSERT_TRUE(!!event);
	ASSERT_EQ(0, file_write(event_path(MULTI_SYSTEM, event, "filter"),
				"b == 7"));
	ASSERT_EQ(0, event_trace(MULTI_SYSTEM, event, true));
	for (b = 6; b < 9; b++)
		EXPECT_EQ(8, event_emit(self->stage.fd, 1, &b, 4));
	ASSERT_EQ(1, trace_values(TRACEFS, event, "b", &value, 1));
	EXPECT_EQ(7, value);
}

TEST_F(consumer, trigger_acts)
{
	const char *name = self->stage.name;
	const char *trigger = say("%s/events/user_events/%s/trigger",
				  self->instance, name);
	const char *on = say("%s/tracing_on", self->instance);

	ASSERT_EQ(0, mkdir(self->instance, 0700));
	ASSERT_EQ(0, file_write(trigger, "traceoff:1 if a == 3"));
	EXPECT_EQ(1, *self->stage.word);
	EXPECT_EQ(16, emit_pair(self->stage.fd, 2, "x"));
	EXPECT_STREQ("1\n", file_read(on));
	EXPECT_EQ(16, emit_pair(self->stage.fd, 3, "x"));
	EXPECT_STREQ("0\n", file_read(on));
	ASSERT_EQ(0, file_write(trigger, "!traceoff"));
	EXPECT_EQ(0, *self->stage.word);
	EXPECT_EQ(-EBADF, emit_pair(self->stage.fd, 3, "x"));
}

TEST_F(consumer, histogram_counts_by_number)
{
	const char *name = self->stage.name;
	const char *trigger = event_path(SYSTEM, name, "trigger");
	char *hist;
	int i;

	ASSERT_EQ(0, file_write(trigger, "hist:keys=a"));
	EXPECT_EQ(1, *self->stage.word);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(16, emit_pair(self->stage.fd, i % 3 ? 11 : 22, "x"));
	hist = file_read(event_path(SYSTEM, name, "hist"));
	EXPECT_TRUE(!!strstr(hist, "{ a:         22 } hitcount:          2")) {
		TH_LOG("%s", hist);
	}
	EXPECT_TRUE(!!strstr(hist, "{ a:         11 } hitcount:          4")) {
		TH_LOG("%s", hist);
	}
	EXPECT_EQ(0, trace_count(TRACEFS, name));
	ASSERT_EQ(0, file_write(trigger, "!hist:keys=a"));
	EXPECT_EQ(0, *self->stage.word);
}

TEST_F(consumer, histogram_counts_by_string_and_sums)
{
	const char *name = self->stage.name;
	const char *trigger = event_path(SYSTEM, name, "trigger");
	char *hist;
	int i;

	ASSERT_EQ(0, file_write(trigger, "hist:keys=s:vals=a"));
	for (i = 0; i < 6; i++)
		EXPECT_EQ(16, emit_pair(self->stage.fd, i,
					i % 2 ? "odd" : "even"));
	hist = file_read(event_path(SYSTEM, name, "hist"));
	EXPECT_EQ(1, count_of(hist, "{ s: odd ")) {
		TH_LOG("%s", hist);
	}
	EXPECT_EQ(1, count_of(hist, "hitcount:          3  a:          9")) {
		TH_LOG("%s", hist);
	}
	EXPECT_EQ(1, count_of(hist, "hitcount:          3  a:          6")) {
		TH_LOG("%s", hist);
	}
	ASSERT_EQ(0, file_write(trigger, "!hist:keys=s:vals=a"));
}

/* Events that do not fit: -E2BIG if nobody can take it, and no warning. */

#define PERF_LIMIT 32768

FIXTURE(big)
{
	struct stage stage;
	char instance[128];
	char *payload;
	int log;
};

FIXTURE_SETUP(big)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	snprintf(self->instance, sizeof(self->instance),
		 TRACEFS "/instances/%s", self->stage.name);
	self->payload = map_pages(64, MAP_PRIVATE);
	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s u32 a", self->stage.name),
				    self->stage.word, 0, SINGLE));
	ASSERT_EQ(0, file_truncate(TRACEFS "/trace"));
	self->log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	lseek(self->log, 0, SEEK_END);
}

FIXTURE_TEARDOWN_PARENT(big)
{
	stage_clean(&self->stage);
}

TEST_F(big, for_perf_alone_is_E2BIG)
{
	const int most = PERF_LIMIT - 8;	/* without the common header */
	const int perf = perf_open(SYSTEM, self->stage.name);
	const int fd = self->stage.fd;

	ASSERT_LE(0, perf);
	EXPECT_EQ(4 + 8000, event_emit(fd, 0, self->payload, 8000));
	EXPECT_EQ(4 + most, event_emit(fd, 0, self->payload, most));
	EXPECT_EQ(-E2BIG, event_emit(fd, 0, self->payload, most + 1));
	EXPECT_EQ(-E2BIG, event_emit(fd, 0, self->payload, PERF_LIMIT));
	EXPECT_EQ(-E2BIG, event_emit(fd, 0, self->payload, 100000));
	EXPECT_EQ(-E2BIG, event_emit(fd, 0, self->payload, 200000));
	EXPECT_EQ(2, perf_count(perf));
	EXPECT_EQ(8, event_emit(fd, 0, self->payload, 4));
	EXPECT_EQ(3, perf_count(perf));
	EXPECT_FALSE(kernel_warned(self->log));
}

TEST_F(big, for_perf_is_never_lost_in_between)
{
	const int perf = perf_open(SYSTEM, self->stage.name);
	int count = 0, ret, size;

	ASSERT_LE(0, perf);
	for (size = PERF_LIMIT - 64; size <= PERF_LIMIT + 8; size++) {
		ret = event_emit(self->stage.fd, 0, self->payload, size);
		EXPECT_TRUE(ret == size + 4 || ret == -E2BIG) {
			TH_LOG("%d bytes: %d", size, ret);
		}
		count += ret > 0;
		EXPECT_EQ(count, perf_count(perf)) {
			TH_LOG("%d bytes: %d", size, ret);
		}
	}
	EXPECT_LT(0, count);
	EXPECT_FALSE(kernel_warned(self->log));
}

TEST_F(big, for_ftrace_alone_is_E2BIG)
{
	const char *name = self->stage.name;
	const int fd = self->stage.fd;

	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(4 + 4000, event_emit(fd, 0, self->payload, 4000));
	EXPECT_EQ(1, trace_count(TRACEFS, name));
	EXPECT_EQ(-E2BIG, event_emit(fd, 0, self->payload, getpagesize()));
	EXPECT_EQ(-E2BIG, event_emit(fd, 0, self->payload, 6000));
	EXPECT_EQ(-E2BIG, event_emit(fd, 0, self->payload, 100000));
	EXPECT_EQ(1, trace_count(TRACEFS, name));
	EXPECT_EQ(8, event_emit(fd, 0, self->payload, 4));
	EXPECT_EQ(2, trace_count(TRACEFS, name));
	EXPECT_FALSE(kernel_warned(self->log));
}

TEST_F(big, for_ftrace_is_never_lost_in_between)
{
	const char *name = self->stage.name;
	int count = 0, ret, size;

	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	for (size = getpagesize() - 48; size <= getpagesize(); size++) {
		ret = event_emit(self->stage.fd, 0, self->payload, size);
		EXPECT_TRUE(ret == size + 4 || ret == -E2BIG) {
			TH_LOG("%d bytes: %d", size, ret);
		}
		count += ret > 0;
	}
	EXPECT_LT(0, count);
	EXPECT_EQ(count, trace_count(TRACEFS, name));
}

TEST_F(big, for_one_of_two_consumers_is_taken_by_the_other)
{
	const char *name = self->stage.name;
	const int perf = perf_open(SYSTEM, self->stage.name);
	const int fd = self->stage.fd;

	ASSERT_LE(0, perf);
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(4 + 6000, event_emit(fd, 0, self->payload, 6000));
	EXPECT_EQ(1, perf_count(perf));
	EXPECT_EQ(0, trace_count(TRACEFS, name));
	EXPECT_EQ(-E2BIG, event_emit(fd, 0, self->payload, PERF_LIMIT));
	EXPECT_EQ(1, perf_count(perf));
	EXPECT_EQ(4 + 4000, event_emit(fd, 0, self->payload, 4000));
	EXPECT_EQ(2, perf_count(perf));
	EXPECT_EQ(1, trace_count(TRACEFS, name));
	EXPECT_FALSE(kernel_warned(self->log));
}

TEST_F(big, for_a_page_is_never_lost_with_larger_sub_buffers)
{
	const char *size = say("%s/buffer_subbuf_size_kb", self->instance);
	const char *name = self->stage.name;
	int count = 0, ret, payload;

	ASSERT_EQ(0, mkdir(self->instance, 0700));
	if (access(size, W_OK))
		SKIP(return, "no buffer_subbuf_size_kb in this kernel");
	ASSERT_EQ(0, file_write(size, "8"));
	ASSERT_EQ(0, file_write(say("%s/events/user_events/%s/enable",
				    self->instance, name), "1"));

	/* what the ring buffer takes depends on the kernel */
	for (payload = 2000; payload <= 10000; payload += 1000) {
		ret = event_emit(self->stage.fd, 0, self->payload, payload);
		EXPECT_TRUE(ret == payload + 4 || ret == -E2BIG) {
			TH_LOG("%d bytes: %d", payload, ret);
		}
		count += ret > 0;
		EXPECT_EQ(count, trace_count(self->instance, name)) {
			TH_LOG("%d bytes: %d", payload, ret);
		}
	}
	EXPECT_LT(0, count);
	EXPECT_FALSE(kernel_warned(self->log));
}

TEST_F(big, layout_is_E2BIG_too)
{
	const char *name = say("%s_2", self->stage.name);

	ASSERT_EQ(1, event_register(self->stage.fd,
				    say("%s struct huge a 60000", name),
				    self->stage.word, 1, SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, name, true));
	EXPECT_EQ(-EINVAL, event_emit(self->stage.fd, 1, self->payload, 50000));
	EXPECT_EQ(-E2BIG, event_emit(self->stage.fd, 1, self->payload, 60000));
	EXPECT_FALSE(kernel_warned(self->log));
}

TEST_HARNESS_MAIN
