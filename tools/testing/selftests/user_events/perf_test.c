// SPDX-License-Identifier: GPL-2.0
/* Checks what perf records and counts of an event, also of a large one. */

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
	int patience = PATIENCE_MS;
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
	while (perf_count(fd) == 0 && wait_more(&patience))
		;
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

/*
 * Large entries.  Each has a byte at both ends of the payload that tells them
 * apart; what a sample holds besides is the core's, and is not looked into.
 */

#define ENTRY_HEADER	8
#define LARGEST		(32768 - ENTRY_HEADER)
#define RING_PAGES	64

FIXTURE(large)
{
	struct stage stage;
	char *payload;
	char *record;
	struct perf_ring ring;
	int log;
};

FIXTURE_SETUP(large)
{
	int i;

	if (!stage_open(_metadata, &self->stage))
		return;
	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s u32 a", self->stage.name),
				    self->stage.word, 0, SINGLE));
	self->record = map_pages(17, MAP_PRIVATE);
	self->payload = map_pages(17, MAP_PRIVATE);
	for (i = 0; i < 65536; i++)
		self->payload[i] = i * 31 + i / 256;
	self->log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	lseek(self->log, 0, SEEK_END);
}

FIXTURE_TEARDOWN_PARENT(large)
{
	stage_clean(&self->stage);
}

static int large_open(FIXTURE_DATA(large) * const self,
		      struct perf_event_attr attr)
{
	return perf_ring_open_attr(&self->ring, SYSTEM, self->stage.name, attr,
				   RING_PAGES);
}

static int large_emit(FIXTURE_DATA(large) * const self, int size)
{
	return event_emit(self->stage.fd, 0, self->payload, size);
}

/*
 * Where the raw data starts in the record, behind @before u64: -1 if it is not
 * that of a payload of @size bytes, with zeros up to a multiple of 8.
 */
static int large_find(const FIXTURE_DATA(large) * const self, int before,
		      int size)
{
	const char *raw = self->record + sizeof(struct perf_event_header) +
			  8 * before;
	const __u32 length = *(__u32 *)raw;
	const struct record *entry = (void *)(raw + 4);
	__u32 i;

	if (length < size + ENTRY_HEADER || length > size + ENTRY_HEADER + 7 ||
	    (length + 4) % 8)
		return -1;
	if (entry->type != event_id(SYSTEM, self->stage.name) ||
	    entry->pid != getpid() || memcmp(&entry->a, self->payload, size))
		return -1;
	for (i = size + ENTRY_HEADER; i < length; i++)
		if (raw[4 + i])
			return -1;
	return raw - self->record;
}

TEST_F(large, entries_are_recorded_whole)
{
	const int sizes[] = {
		2040, 2048, 2049, 4000, 8100, 8183, 8184, 8185, 8186, 8192,
		9000, 9001, 9002, 9003, 9004, 9005, 9006, 9007, 16384, 32000,
		LARGEST - 1, LARGEST,
	};
	unsigned int i;

	ASSERT_EQ(0, large_open(self, perf_attr(0)));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(4 + sizes[i], large_emit(self, sizes[i]));
		EXPECT_LT(0, perf_ring_take(&self->ring, self->record));
		EXPECT_LT(0, large_find(self, 0, sizes[i])) {
			TH_LOG("%d bytes", sizes[i]);
		}
	}
	EXPECT_EQ(-E2BIG, large_emit(self, LARGEST + 1));
	EXPECT_EQ(0, perf_ring_take(&self->ring, self->record));
	EXPECT_EQ(ARRAY_SIZE(sizes), perf_count(self->ring.fd));
}

TEST_F(large, a_write_call_is_as_good_as_a_writev)
{
	static struct {
		__u32 index;
		char payload[LARGEST];
	} data;

	memcpy(data.payload, self->payload, LARGEST);
	ASSERT_EQ(0, large_open(self, perf_attr(0)));
	EXPECT_EQ(4 + LARGEST, write(self->stage.fd, &data, 4 + LARGEST));
	EXPECT_LT(0, perf_ring_take(&self->ring, self->record));
	EXPECT_LT(0, large_find(self, 0, LARGEST));
}

TEST_F(large, call_chain_comes_with_it)
{
	__u64 frames;

	ASSERT_EQ(0, large_open(self, perf_attr(PERF_SAMPLE_CALLCHAIN)));
	EXPECT_EQ(4 + LARGEST, large_emit(self, LARGEST));
	EXPECT_LT(0, perf_ring_take(&self->ring, self->record));
	memcpy(&frames, self->record + sizeof(struct perf_event_header),
	       sizeof(frames));
	EXPECT_LT(1, frames);
	EXPECT_LT(0, large_find(self, 1 + frames, LARGEST));
	EXPECT_FALSE(kernel_warned(self->log));
}

/* The compiler does not know that nobody looks at it but the kernel. */
static void fill_stack(char *stack, size_t size)
{
	memset(stack, 1, size);
	asm volatile("" : : "r" (stack) : "memory");
}

/* The core gives the dump of the stack what the other parts leave. */
TEST_F(large, call_chain_registers_and_the_largest_stack_fit)
{
	struct perf_event_attr attr = perf_attr(PERF_SAMPLE_CALLCHAIN |
						PERF_SAMPLE_REGS_USER |
						PERF_SAMPLE_STACK_USER);
	char stack[65536];
	__u64 frames;
	int size;

	fill_stack(stack, sizeof(stack));
	attr.sample_regs_user = 1;
	attr.sample_stack_user = 65528;
	ASSERT_EQ(0, large_open(self, attr));
	EXPECT_EQ(4 + LARGEST, large_emit(self, LARGEST));
	size = perf_ring_take(&self->ring, self->record);
	EXPECT_LE(65000, size);
	memcpy(&frames, self->record + sizeof(struct perf_event_header),
	       sizeof(frames));
	EXPECT_LT(0, large_find(self, 1 + frames, LARGEST));
	EXPECT_EQ(0, perf_ring_take(&self->ring, self->record));
	EXPECT_FALSE(kernel_warned(self->log));
}

/* A dump of the stack that leaves nothing to the registers behind it. */
static struct perf_event_attr narrow_attr(void)
{
	struct perf_event_attr attr = perf_attr(PERF_SAMPLE_STACK_USER |
						PERF_SAMPLE_REGS_INTR);

	attr.sample_regs_intr = 1;
	attr.sample_stack_user = 48000;
	return attr;
}

TEST_F(large, is_counted_where_a_sample_may_not_hold_it)
{
	char stack[65536];
	int wide;

	fill_stack(stack, sizeof(stack));
	wide = perf_open(SYSTEM, self->stage.name);
	ASSERT_LE(0, wide);
	ASSERT_EQ(0, large_open(self, narrow_attr()));
	EXPECT_EQ(4 + 8100, large_emit(self, 8100));
	EXPECT_LT(48000, perf_ring_take(&self->ring, self->record));
	EXPECT_LT(0, large_find(self, 0, 8100));
	EXPECT_EQ(-1, lost_by("perf", self->stage.name));

	EXPECT_EQ(4 + 9000, large_emit(self, 9000));
	EXPECT_EQ(4 + LARGEST, large_emit(self, LARGEST));
	EXPECT_EQ(0, perf_ring_take(&self->ring, self->record));
	EXPECT_EQ(2, lost_by("perf", self->stage.name));
	EXPECT_EQ(1, perf_count(wide));

	perf_ring_close(&self->ring);
	EXPECT_EQ(4 + LARGEST, large_emit(self, LARGEST));
	EXPECT_EQ(2, perf_count(wide));
	EXPECT_EQ(2, lost_by("perf", self->stage.name));
	EXPECT_FALSE(kernel_warned(self->log));
}

TEST_F(large, ring_too_small_for_it_is_a_loss)
{
	ASSERT_EQ(0, perf_ring_open(&self->ring, SYSTEM, self->stage.name, 2));
	EXPECT_EQ(4 + 9000, large_emit(self, 9000));
	EXPECT_EQ(0, perf_ring_take(&self->ring, self->record));
	EXPECT_EQ(1, lost_by("perf", self->stage.name));
}

TEST_F(large, filter_applies)
{
	ASSERT_EQ(0, large_open(self, perf_attr(0)));
	ASSERT_EQ(0, ioctl(self->ring.fd, PERF_EVENT_IOC_SET_FILTER, "a == 7"));
	EXPECT_EQ(4 + 20000, large_emit(self, 20000));
	EXPECT_EQ(0, perf_ring_take(&self->ring, self->record));
	*(__u32 *)self->payload = 7;
	EXPECT_EQ(4 + 20000, large_emit(self, 20000));
	EXPECT_LT(0, perf_ring_take(&self->ring, self->record));
	EXPECT_LT(0, large_find(self, 0, 20000));
}

TEST_F(large, empty_string_at_the_end_is_recorded_with_its_nul)
{
	const char *name = say("%s_2", self->stage.name);
	__u32 *loc = (__u32 *)self->payload;
	struct perf_ring ring;
	__u32 length;

	ASSERT_EQ(1, event_register(self->stage.fd,
				    say("%s __data_loc char[] s", name),
				    self->stage.word, 1, SINGLE));
	ASSERT_EQ(0, perf_ring_open(&ring, SYSTEM, name, RING_PAGES));
	*loc = DYN_LOC(ENTRY_HEADER + 9000, 0);
	EXPECT_EQ(4 + 9000, event_emit(self->stage.fd, 1, self->payload, 9000));
	EXPECT_LT(0, perf_ring_take(&ring, self->record));
	memcpy(&length, self->record + sizeof(struct perf_event_header), 4);
	EXPECT_LE(ENTRY_HEADER + 9001, length);
	memcpy(loc, self->record + sizeof(struct perf_event_header) + 4 +
	       ENTRY_HEADER, 4);
	EXPECT_EQ(1, *loc >> 16);
	EXPECT_EQ(0, self->record[sizeof(struct perf_event_header) + 4 +
				  (*loc & 0xffff)]);
}

/* The program that everybody has, with and without call chains. */

FIXTURE(perf_record)
{
	struct stage stage;
	char *dir;
};

FIXTURE_VARIANT(perf_record)
{
	const char *options;
};

FIXTURE_VARIANT_ADD(perf_record, plain)
{
	.options = "",
};

FIXTURE_VARIANT_ADD(perf_record, call_chains)
{
	.options = "-g",
};

FIXTURE_SETUP(perf_record)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	if (system("perf --version >/dev/null 2>&1"))
		SKIP(return, "no perf");
	self->dir = say("/tmp/%s", self->stage.name);
	ASSERT_EQ(0, mkdir(self->dir, 0700));
}

FIXTURE_TEARDOWN_PARENT(perf_record)
{
	if (self->dir)
		system(say("rm -rf %s", self->dir));
	stage_clean(&self->stage);
}

/* A file with what is to be written: a number, and @size bytes in all. */
static int make_write(const char *path, __u32 a, int size)
{
	struct {
		__u32 index;
		__u32 a;
		__u32 loc;
		char text[32768];
	} data = { .a = a, .loc = DYN_LOC(16, size - 8) };
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ssize_t ret;

	memset(data.text, 'a' + a, size - 9);
	ret = write(fd, &data, 4 + size);
	close(fd);
	return ret;
}

TEST_F_TIMEOUT(perf_record, large_events_are_decoded, 120)
{
	const int sizes[] = { 100, 8100, 9000, 32000 };
	char *record, *text, *string;
	int i;

	/* not closed by exec */
	ASSERT_EQ(9, dup2(self->stage.fd, 9));
	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s u32 a; __data_loc char[] s",
					self->stage.name),
				    self->stage.word, 0, SINGLE));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(4 + sizes[i], make_write(say("%s/%d", self->dir, i),
						   i, sizes[i]));
	record = say("perf record -q %s -e %s:%s -o data -- %s",
		     variant->options, SYSTEM, self->stage.name,
		     "sh -c 'for i in 0 1 2 3; do cat $i >&9; done'");
	ASSERT_EQ(0, system(say("cd %s && %s >log 2>&1 </dev/null", self->dir,
				record))) {
		TH_LOG("%s", file_read(say("%s/log", self->dir)));
	}
	ASSERT_EQ(0, system(say("cd %s && perf script -i data >script 2>log",
				self->dir))) {
		TH_LOG("%s", file_read(say("%s/log", self->dir)));
	}
	text = file_read(say("%s/script", self->dir));
	ASSERT_TRUE(!!text);
	for (i = 0; i < 4; i++) {
		string = say("%*s", sizes[i] - 9, "");
		memset(string, 'a' + i, sizes[i] - 9);
		EXPECT_TRUE(!!strstr(text, say("a=%d s=%s\n", i, string))) {
			TH_LOG("%d bytes are not in %zu of output", sizes[i],
			       strlen(text));
		}
	}
	EXPECT_EQ(4, count_of(text, say("%s:%s: ", SYSTEM, self->stage.name)));
	EXPECT_EQ(-1, lost_by("perf", self->stage.name));
}

TEST_HARNESS_MAIN
