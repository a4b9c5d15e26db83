// SPDX-License-Identifier: GPL-2.0
/* Checks that BPF programs which are attached through perf see the fields. */

#include "bpf.h"
#include "common.h"
#include "perf.h"

enum { RUNS, SUM, SLOTS };

static int make_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(__u32),
		.value_size = sizeof(__u64),
		.max_entries = SLOTS,
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

static __u64 read_slot(int map, __u32 slot)
{
	__u64 value = 0;
	union bpf_attr attr = {
		.map_fd = map,
		.key = (uintptr_t)&slot,
		.value = (uintptr_t)&value,
	};

	return bpf(BPF_MAP_LOOKUP_ELEM, &attr) ? ~0ULL : value;
}

/* map[@slot] += r7; clobbers r0 to r5.  Returns the end of what it wrote. */
static struct bpf_insn *add_r7(struct bpf_insn *to, int map, int slot)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, slot),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4),
		INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD,
		     0, map),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 1, 0),
		INSN(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_7, 0,
		     BPF_ADD),
	};

	memcpy(to, insns, sizeof(insns));
	return to + ARRAY_SIZE(insns);
}

/* r7 = the 32-bit value at @offset of the entry, which r1 points to */
static struct bpf_insn *load_field(struct bpf_insn *to, int offset)
{
	*to++ = INSN(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_7, BPF_REG_1, offset,
		     0);
	return to;
}

/* The same where the verifier lets no program look by itself: behind 8 KiB */
static struct bpf_insn *read_field(struct bpf_insn *to, int offset)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_1, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, offset),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_10, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, -8),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, 4),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_probe_read_kernel),
		INSN(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_7, BPF_REG_10, -8, 0),
	};

	memcpy(to, insns, sizeof(insns));
	return to + ARRAY_SIZE(insns);
}

/*
 * Counts its runs, adds up the 32-bit value at @offset of the entry, and
 * returns @verdict: whether perf is to get a sample.
 */
static int load_program(int map, int offset, int verdict)
{
	struct bpf_insn insns[32], *end = insns;
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_TRACEPOINT,
		.insns = (uintptr_t)insns,
		.license = (uintptr_t)"GPL",
	};

	end = offset < 8192 ? load_field(end, offset) : read_field(end, offset);
	end = add_r7(end, map, SUM);
	*end++ = INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_7, 0, 0, 1);
	end = add_r7(end, map, RUNS);
	*end++ = INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, verdict);
	*end++ = INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	attr.insn_cnt = end - insns;
	return bpf(BPF_PROG_LOAD, &attr);
}

FIXTURE(bpf)
{
	struct stage stage;
	const char *system;
	char *event;
	int map;
};

FIXTURE_VARIANT(bpf)
{
	int flags;
};

FIXTURE_VARIANT_ADD(bpf, single)
{
	.flags = SINGLE,
};

FIXTURE_VARIANT_ADD(bpf, multi)
{
	.flags = MULTI,
};

FIXTURE_SETUP(bpf)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	if (access("/proc/sys/kernel/unprivileged_bpf_disabled", F_OK))
		SKIP(return, "no BPF in this kernel");
	self->map = make_map();
	ASSERT_LE(0, self->map);
	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s u32 a; u32 b", self->stage.name),
				    self->stage.word, 0, variant->flags));
	self->system = variant->flags ? MULTI_SYSTEM : SYSTEM;
	self->event = variant->flags ? multi_event(self->stage.name, 0) :
		      self->stage.name;
	ASSERT_TRUE(!!self->event);
}

FIXTURE_TEARDOWN_PARENT(bpf)
{
	stage_clean(&self->stage);
}

TEST_F(bpf, program_runs_and_reads_a_field)
{
	const int perf = perf_open(self->system, self->event);
	const int program = load_program(self->map, 12, 1);
	__u32 payload[2] = { 1, 100 };

	ASSERT_LE(0, perf);
	ASSERT_LE(0, program);
	ASSERT_EQ(0, ioctl(perf, PERF_EVENT_IOC_SET_BPF, program));
	EXPECT_EQ(1, *self->stage.word);
	EXPECT_EQ(12, event_emit(self->stage.fd, 0, payload, 8));
	payload[1] = 23;
	EXPECT_EQ(12, event_emit(self->stage.fd, 0, payload, 8));
	EXPECT_EQ(2, read_slot(self->map, RUNS));
	EXPECT_EQ(123, read_slot(self->map, SUM));
	EXPECT_EQ(2, perf_count(perf));

	close(perf);
	EXPECT_EQ(0, *self->stage.word);
	EXPECT_EQ(-EBADF, event_emit(self->stage.fd, 0, payload, 8));
	EXPECT_EQ(2, read_slot(self->map, RUNS));
}

TEST_F(bpf, program_can_drop_the_sample)
{
	const int program = load_program(self->map, 8, 0);
	const __u32 payload[2] = { 7, 0 };
	struct perf_ring ring;
	char raw[64];

	ASSERT_LE(0, program);
	ASSERT_EQ(0, perf_ring_open(&ring, self->system, self->event, 1));
	ASSERT_EQ(0, ioctl(ring.fd, PERF_EVENT_IOC_SET_BPF, program));
	EXPECT_EQ(12, event_emit(self->stage.fd, 0, payload, 8));
	EXPECT_EQ(1, read_slot(self->map, RUNS));
	EXPECT_EQ(7, read_slot(self->map, SUM));
	EXPECT_EQ(0, perf_ring_next(&ring, raw, sizeof(raw)));
}

TEST_F(bpf, program_runs_beside_ftrace)
{
	const int perf = perf_open(self->system, self->event);
	const int program = load_program(self->map, 8, 1);
	const __u32 payload[2] = { 7, 0 };
	__u64 value = 0;

	ASSERT_LE(0, perf);
	ASSERT_LE(0, program);
	ASSERT_EQ(0, ioctl(perf, PERF_EVENT_IOC_SET_BPF, program));
	ASSERT_EQ(0, file_truncate(TRACEFS "/trace"));
	ASSERT_EQ(0, event_trace(self->system, self->event, true));
	EXPECT_EQ(12, event_emit(self->stage.fd, 0, payload, 8));
	EXPECT_EQ(1, read_slot(self->map, RUNS));
	ASSERT_EQ(1, trace_values(TRACEFS, self->event, "a", &value, 1)) {
		TH_LOG("%s", file_read(TRACEFS "/trace"));
	}
	EXPECT_EQ(7, value);
}

TEST_F(bpf, program_runs_on_every_cpu)
{
	const int perf = perf_open_on(self->system, self->event, -1, 0);
	const int program = load_program(self->map, 8, 1);
	const int cpus = sysconf(_SC_NPROCESSORS_ONLN);
	const __u32 payload[2] = { 3, 0 };
	int cpu;

	ASSERT_LE(0, perf);
	ASSERT_LE(0, program);
	ASSERT_EQ(0, ioctl(perf, PERF_EVENT_IOC_SET_BPF, program));
	for (cpu = 0; cpu < cpus; cpu++) {
		pin_to_cpu(cpu);
		EXPECT_EQ(12, event_emit(self->stage.fd, 0, payload, 8));
	}
	EXPECT_EQ(cpus, read_slot(self->map, RUNS));
	EXPECT_EQ(3 * cpus, read_slot(self->map, SUM));
}

TEST_F(bpf, program_that_reads_beyond_the_fields_is_refused)
{
	const int perf = perf_open(self->system, self->event);
	const int program = load_program(self->map, 16, 1);

	ASSERT_LE(0, perf);
	ASSERT_LE(0, program);
	EXPECT_EQ(-1, ioctl(perf, PERF_EVENT_IOC_SET_BPF, program));
	EXPECT_EQ(EACCES, errno);
}

/* A field that is further behind than the core's buffer for perf is long. */

#define FAR_OFFSET	(8 + 32000)	/* with the common header of entries */

struct far_payload {
	char big[32000];
	__u32 value;
};

static int register_far(FIXTURE_DATA(bpf) * const self, int flags)
{
	const char *name = say("%s_far", self->stage.name);
	const int index = event_register(self->stage.fd,
					 say("%s struct big a 32000; u32 value",
					     name),
					 self->stage.word, 1, flags);

	self->event = flags ? multi_event(name, 0) : (char *)name;
	return index;
}

TEST_F(bpf, program_reads_a_field_behind_8192_bytes)
{
	static struct far_payload payload = { .value = 4711 };
	const int program = load_program(self->map, FAR_OFFSET, 1);
	int perf;

	ASSERT_LE(0, program);
	ASSERT_EQ(1, register_far(self, variant->flags));
	perf = perf_open(self->system, self->event);
	ASSERT_LE(0, perf);
	ASSERT_EQ(0, ioctl(perf, PERF_EVENT_IOC_SET_BPF, program));
	EXPECT_EQ(4 + sizeof(payload), event_emit(self->stage.fd, 1, &payload,
						  sizeof(payload)));
	EXPECT_EQ(1, read_slot(self->map, RUNS));
	EXPECT_EQ(4711, read_slot(self->map, SUM));
	EXPECT_EQ(1, perf_count(perf));
}

TEST_F(bpf, program_can_drop_a_large_sample)
{
	static struct far_payload payload = { .value = 3 };
	const int program = load_program(self->map, FAR_OFFSET, 0);
	struct perf_ring ring;
	char raw[16];

	ASSERT_LE(0, program);
	ASSERT_EQ(1, register_far(self, variant->flags));
	ASSERT_EQ(0, perf_ring_open(&ring, self->system, self->event, 32));
	ASSERT_EQ(0, ioctl(ring.fd, PERF_EVENT_IOC_SET_BPF, program));
	EXPECT_EQ(4 + sizeof(payload), event_emit(self->stage.fd, 1, &payload,
						  sizeof(payload)));
	EXPECT_EQ(3, read_slot(self->map, SUM));
	EXPECT_EQ(0, perf_ring_next(&ring, raw, sizeof(raw)));
	EXPECT_EQ(-1, lost_by("perf", self->event));
}

/* Whatever the samples of perf may hold: they lose it, the program does not. */
TEST_F(bpf, program_gets_what_a_sample_may_not_hold)
{
	static struct far_payload payload = { .value = 5 };
	const int program = load_program(self->map, FAR_OFFSET, 1);
	struct perf_event_attr attr = perf_attr(PERF_SAMPLE_STACK_USER |
						PERF_SAMPLE_REGS_INTR);
	struct perf_ring ring;
	char raw[16];

	attr.sample_regs_intr = 1;
	attr.sample_stack_user = 48000;
	ASSERT_LE(0, program);
	ASSERT_EQ(1, register_far(self, variant->flags));
	ASSERT_EQ(0, perf_ring_open_attr(&ring, self->system, self->event, attr,
					 32));
	ASSERT_EQ(0, ioctl(ring.fd, PERF_EVENT_IOC_SET_BPF, program));
	EXPECT_EQ(4 + sizeof(payload), event_emit(self->stage.fd, 1, &payload,
						  sizeof(payload)));
	EXPECT_EQ(5, read_slot(self->map, SUM));
	EXPECT_EQ(0, perf_ring_next(&ring, raw, sizeof(raw)));
	EXPECT_EQ(1, lost_by("perf", self->event));
}

/*
 * bpftrace, which counts on its own.  The bit is set before the program runs:
 * heartbeats go out until one was seen, then the marked events, then the end,
 * from one CPU after the other.
 *
 * It takes no colon in a probe's name, nor in what it makes of the name to get
 * at the fields: multi-format events are there by a wildcard, without fields,
 * and told apart by the name of the thread.
 */

enum kind { BEAT, MARKED, END };

#define MARKS 1000
#define BPFTRACE_TIMEOUT 300	/* starting takes it 10 s on a slow kernel */

FIXTURE(bpftrace)
{
	struct stage stage;
	char *program;
};

FIXTURE_VARIANT(bpftrace)
{
	int flags;
	const char *probe;
	const char *beat;
	const char *marked;
	const char *end;
	const char *sum;
};

FIXTURE_VARIANT_ADD(bpftrace, single)
{
	.flags = SINGLE,
	.probe = "tracepoint:user_events:%s",
	.beat = "if (args->kind == 0) { printf(\"beat\\n\"); }",
	.marked = "if (args->kind == 1) { @marked++; @sum += args->value; }",
	.end = "if (args->kind == 2) { exit(); }",
	.sum = "@sum: 500500",		/* 1 + 2 + ... + MARKS */
};

FIXTURE_VARIANT_ADD(bpftrace, multi)
{
	.flags = MULTI,
	.probe = "tracepoint:user_events_multi:%s*",
	.beat = "if (comm == \"beat\") { printf(\"beat\\n\"); }",
	.marked = "if (comm == \"marked\") { @marked++; @sum += 2; }",
	.end = "if (comm == \"end\") { exit(); }",
	.sum = "@sum: 2000",
};

FIXTURE_SETUP(bpftrace)
{
	char *probe;

	if (!stage_open(_metadata, &self->stage))
		return;
	if (sizeof(long) == 4)
		SKIP(return, "for 64-bit programs only");
	if (system("command -v bpftrace >/dev/null 2>&1"))
		SKIP(return, "no bpftrace");
	/* a u32 is known to it only where the kernel has BTF */
	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s unsigned int kind; unsigned int value",
					self->stage.name),
				    self->stage.word, 0, variant->flags));
	probe = say(variant->probe, self->stage.name);
	self->program = say("%s { %s %s %s }", probe, variant->beat,
			    variant->marked, variant->end);
}

FIXTURE_TEARDOWN_PARENT(bpftrace)
{
	stage_clean(&self->stage);
}

struct bpftrace {
	pid_t pid;
	int out;		/* what it prints; reading does not wait */
	char text[1 << 16];	/* what was read so far */
	size_t used;
};

static int bpftrace_start(struct bpftrace *bpftrace, const char *program)
{
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) ||
	    fcntl(pipes[0], F_SETFL, O_NONBLOCK))
		return -errno;
	bpftrace->pid = spawn();
	if (bpftrace->pid) {
		close(pipes[1]);
		bpftrace->out = pipes[0];
		return 0;
	}
	dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
	dup2(pipes[1], STDOUT_FILENO);
	dup2(pipes[1], STDERR_FILENO);
	execlp("bpftrace", "bpftrace", "-B", "line", "-e", program, NULL);
	_exit(127);
}

/* Reads what has come; false when the end has. */
static bool bpftrace_read(struct bpftrace *bpftrace)
{
	char *text = bpftrace->text;
	ssize_t got;

	while ((got = read(bpftrace->out, text + bpftrace->used,
			   sizeof(bpftrace->text) - 1 - bpftrace->used)) > 0)
		bpftrace->used += got;
	text[bpftrace->used] = '\0';
	return got < 0 && errno == EAGAIN;
}

static int emit_kind(int fd, enum kind kind, __u32 value)
{
	static const char *const comm[] = { "beat", "marked", "end" };
	const __u32 payload[2] = { kind, value };

	prctl(PR_SET_NAME, comm[kind]);
	return event_emit(fd, 0, payload, sizeof(payload));
}

TEST_F_TIMEOUT(bpftrace, counts_events, BPFTRACE_TIMEOUT)
{
	static struct bpftrace bpftrace;
	const int fd = self->stage.fd;
	bool alive = true;
	int i = 0;

	ASSERT_EQ(0, bpftrace_start(&bpftrace, self->program));
	while (alive && !has_line(bpftrace.text, "beat")) {
		pin_to_cpu(i++);
		emit_kind(fd, BEAT, 0);
		pause_ms(20);
		alive = bpftrace_read(&bpftrace);
	}
	if (!alive && variant->flags == MULTI &&
	    !strstr(bpftrace.text, "Attach")) {
		bpftrace.text[strcspn(bpftrace.text, "\n")] = '\0';
		SKIP(return, "not by this bpftrace: %.200s", bpftrace.text);
	}
	ASSERT_TRUE(alive) {
		TH_LOG("%s: %s", self->program, bpftrace.text);
	}

	for (i = 1; i <= MARKS; i++) {
		pin_to_cpu(i);
		EXPECT_EQ(12, emit_kind(fd, MARKED, i));
	}
	EXPECT_EQ(12, emit_kind(fd, END, 0));
	while (bpftrace_read(&bpftrace))
		pause_ms(20);
	EXPECT_EQ(0, reap(bpftrace.pid));
	EXPECT_TRUE(has_line(bpftrace.text, say("@marked: %d", MARKS)) &&
		    has_line(bpftrace.text, variant->sum)) {
		TH_LOG("%s: %s", self->program, bpftrace.text);
	}
	EXPECT_EQ(0, *self->stage.word);
}

TEST_HARNESS_MAIN
