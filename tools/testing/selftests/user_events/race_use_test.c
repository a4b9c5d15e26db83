// SPDX-License-Identifier: GPL-2.0
/*
 * Races of those who use events: what writes, records or lists them, against one
 * another, and against what takes them away.
 *
 * With consumers freed at once, and not after a grace period, KASAN reports a use
 * after free in user_event_emit_copied() within seconds.
 */

#include "arm.h"
#include "bpf.h"
#include "perf.h"
#include "race.h"
#include "uring.h"

/* Of the file that is replaced; high, so that no other one gets it by chance. */
#define SLOT 900

/* What all sides know. */
struct use {
	struct arm_stage arms;
	const char *name;	/* of the event, arms.stage.name */
	const char *text;	/* its description */
	int program;		/* of BPF, or a negative errno */
};

FIXTURE(race_use)
{
	struct use use;
};

FIXTURE_SETUP(race_use)
{
	struct use *use = &self->use;

	if (!arm_stage_open(_metadata, &use->arms))
		return;
	use->name = use->arms.stage.name;
	use->text = say("%s u32 a", use->name);
}

FIXTURE_TEARDOWN_PARENT(race_use)
{
	arm_stage_clean(&self->use.arms);
}

/* Reads to the end. */
static int read_through(int fd)
{
	char text[512];
	ssize_t got;

	do {
		got = read(fd, text, sizeof(text));
	} while (got > 0);
	return got < 0 ? -errno : 0;
}

/* Opens and reads; a file that goes meanwhile is none, or has no device. */
static int read_path(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return may(-errno, -ENOENT, -ENODEV);
	ret = read_through(fd);
	close(fd);
	return may(ret, -ENODEV, -ENODEV);
}

static int append_line(const char *path, const char *line)
{
	const int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write_all(fd, line);
	close(fd);
	return ret;
}

/*
 * Close against write.
 *
 * With the index of a file freed at once when the file grows, and not after a grace
 * period, KASAN reports a use after free in ue_data_write() within 12 seconds.
 */

#define EVENTS 40	/* of a file, which has room for four at first */

/* What a write may say: there is no file, no such index, or it is off. */
static int judge_write(int ret, int size)
{
	if (ret >= 0 && ret != size)
		return -EMSGSIZE;
	return may(ret, -EBADF, -ENOENT);
}

/* In every second round that of the event that may be recorded. */
static __u32 any_index(const struct side *side)
{
	return round_of(side) % 2 ? round_of(side) % EVENTS : 0;
}

/*
 * Puts a new file in the place of the old one, which the writers go on using, once
 * that has had time to grow.
 */
static int replace_file(struct side *side)
{
	const struct use *use = side->race;
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	int ret;

	pause_ms(round_of(side) % 64);
	ret = event_register(fd, use->text, side->page, 0, SINGLE);
	if (dup2(fd, SLOT) < 0)
		ret = -errno;
	close(fd);
	event_unregister(use->arms.stage.fd, side->page, 0);
	return ret;
}

/* Registers one of the events that the test keeps. */
static int register_one(const struct use *use, int fd, int i, __u32 *word)
{
	char text[64];

	snprintf(text, sizeof(text), "%s_%d u32 a", use->name, i);
	return event_register(fd, text, word, i % 32, SINGLE);
}

/*
 * Registers on whatever file there is, which makes room for it.  The events exist,
 * so this is fast.
 */
static int grow_file(struct side *side)
{
	const struct use *use = side->race;
	int i, ret = 0;

	for (i = 0; i < EVENTS && ret >= 0; i++) {
		ret = register_one(use, SLOT, i, side->page);
		if (ret >= 0)
			ret = event_unregister(SLOT, side->page, i % 32);
	}
	return ret < 0 ? ret : 0;
}

static int write_any(struct side *side)
{
	const __u32 value[2] = { any_index(side) };

	return judge_write(write(SLOT, value, sizeof(value)) < 0 ? -errno : 8,
			   8);
}

static int writev_any(struct side *side)
{
	static const char payload[1000];

	return judge_write(event_emit(SLOT, any_index(side), payload,
				      sizeof(payload)), 4 + sizeof(payload));
}

static int uring_any(struct side *side)
{
	const __u32 value[2] = { any_index(side) };
	struct uring *ring = (struct uring *)side->page;
	int i, ret, one;

	if (!ring->requests && uring_open(ring, 0))
		return REFUSED;	/* no io_uring here */
	for (i = 0; i < 16; i++)
		uring_add(ring, IORING_OP_WRITE, SLOT, value, sizeof(value));
	ret = uring_submit(ring);
	for (i = 0; i < 16 && ret >= 0; i++) {
		one = judge_write(ring->results[i], sizeof(value));
		ret = one < 0 ? one : ret;
	}
	return ret;
}

/* The event is recorded half of the time, and is alive then without a file. */
static int toggle(struct side *side)
{
	const struct use *use = side->race;

	return may(event_trace(SYSTEM, use->name, round_of(side) % 2), -ENOENT,
		   -ENODEV);
}

TEST_F_TIMEOUT(race_use, close_against_write, RACE_TIMEOUT)
{
	static const struct side sides[] = {
		THREAD(replace_file), THREAD(grow_file), THREAD(grow_file),
		THREAD(write_any), THREAD(write_any), THREAD(writev_any),
		THREAD(uring_any), THREAD(toggle),
	};
	const int fd = self->use.arms.stage.fd;
	__u32 *word = map_pages(1, MAP_PRIVATE);
	int i;

	for (i = 0; i < EVENTS; i++) {
		ASSERT_EQ(i, register_one(&self->use, fd, i, word));
		ASSERT_EQ(0, event_unregister(fd, word, i % 32));
	}
	ASSERT_EQ(SLOT, dup2(fd, SLOT));
	run_race(_metadata, &self->use, sides, ARRAY_SIZE(sides));
	/* all is well with the last file */
	ASSERT_LE(0, event_register(SLOT, self->use.text, word, 1, SINGLE));
	ASSERT_EQ(0, event_unregister(SLOT, word, 1));
	close(SLOT);
	event_trace(SYSTEM, self->use.name, false);
	close(fd);
	expect_nothing_left(_metadata, self->use.name);
}

/*
 * Reading against delete.
 */

/* Has the event recorded and counted once, and switches all off again. */
static int use_once(struct side *side, int index)
{
	const struct use *use = side->race;
	char *path = event_path(SYSTEM, use->name, "trigger");
	const __u32 value = 1;
	int ret;

	ret = append_line(path, "hist:keys=a") ?:
	      event_trace(SYSTEM, use->name, true);
	if (!ret && event_emit(SLOT, index, &value, sizeof(value)) != 8)
		ret = -EIO;
	ret = ret ?: event_trace(SYSTEM, use->name, false) ?:
	      append_line(path, "!hist:keys=a");
	free(path);
	return ret;
}

/* Makes the event, with all that there is to read, and deletes it. */
static int make_and_delete(struct side *side)
{
	const struct use *use = side->race;
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	int index, ret;

	dup2(fd, SLOT);
	close(fd);
	index = event_register(SLOT, use->text, side->page, 0, PERSIST);
	ret = index < 0 ? index : use_once(side, index);
	if (index >= 0)
		event_unregister(SLOT, side->page, 0);
	close(SLOT);
	return ret ?: may(event_delete(use->arms.stage.fd, use->name), -EBUSY,
			  -EBUSY);
}

/* One of the event's own files. */
static int read_event(struct side *side)
{
	static const char *const files[] = {
		"format", "hist", "id", "trigger", "filter", "enable",
	};
	const struct use *use = side->race;
	char *path = event_path(SYSTEM, use->name,
				files[round_of(side) % ARRAY_SIZE(files)]);
	const int ret = read_path(path);

	free(path);
	return ret;
}

/* A format that is open while its event goes, and read to the end then. */
static int read_late(struct side *side)
{
	const struct use *use = side->race;
	char *path = event_path(SYSTEM, use->name, "format");
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	char byte;
	int ret;

	free(path);
	if (fd < 0)
		return may(-errno, -ENOENT, -ENODEV);
	ret = read(fd, &byte, 1) < 0 ? -errno : 0;
	pause_ms(round_of(side) % 8);
	ret = ret ?: read_through(fd);
	close(fd);
	return may(ret, -ENODEV, -ENODEV);
}

/* One of the lists of all events. */
static int read_list(struct side *side)
{
	static const char *const files[] = {
		STATUS_FILE, DYNAMIC_FILE, LOST_FILE, TRACEFS "/trace",
		TRACEFS "/available_events", TRACEFS "/set_event",
	};

	return read_path(files[round_of(side) % ARRAY_SIZE(files)]);
}

/* What a file of the test's own has registered, and one of its parent's. */
static int read_fdinfo(struct side *side)
{
	const struct use *use = side->race;
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	char path[64];
	int ret;

	event_register(fd, use->text, side->page, 0, MULTI);
	event_unregister(fd, side->page, 0);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	ret = read_path(path);
	close(fd);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", getppid(), SLOT);
	/* The parent may be about to end, or to replace the file. */
	return may(read_path(path), -ENOENT, -ESRCH);
}

static int poll_status(struct side *side)
{
	const int fd = open(STATUS_FILE, O_RDONLY | O_CLOEXEC);
	struct pollfd ready = { .fd = fd, .events = POLLPRI };
	int ret;

	ret = read_through(fd);
	if (poll(&ready, 1, round_of(side) % 16) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/*
 * Reading may hold the event for a moment, by the eyes of its files, as it may
 * hold its files: so a delete may find it busy.
 *
 * With user_events_status listed without event_mutex, and a pause of 20 ms before it
 * shows an event, KASAN reports a use after free in ue_status_show() within 13
 * seconds.
 */
TEST_F_TIMEOUT(race_use, reading_against_delete, RACE_TIMEOUT)
{
	static const struct side sides[] = {
		THREAD(make_and_delete), THREAD(read_event), PROCESS(read_event),
		THREAD(read_late), PROCESS(read_list), PROCESS(read_list),
		PROCESS(read_fdinfo), THREAD(poll_status),
	};

	run_race(_metadata, &self->use, sides, ARRAY_SIZE(sides));
	close(self->use.arms.stage.fd);
	expect_nothing_left(_metadata, self->use.name);
}

/*
 * Consumers of an event, all at once.
 */

/* Switches the event on or off in the instance at @dir. */
static int switch_in(const struct side *side, const char *dir, bool on)
{
	const struct use *use = side->race;
	char path[256];

	snprintf(path, sizeof(path), "%s/events/" SYSTEM "/%s/enable", dir,
		 use->name);
	return file_write(path, on ? "1" : "0");
}

/* Records in the instance at @dir, every second round. */
static int record_in(struct side *side, const char *dir)
{
	return switch_in(side, dir, round_of(side) % 2);
}

static int record_at_top(struct side *side)
{
	return record_in(side, TRACEFS);
}

static int record_in_one(struct side *side)
{
	const struct use *use = side->race;

	return record_in(side, use->arms.one);
}

static int record_in_two(struct side *side)
{
	const struct use *use = side->race;

	return record_in(side, use->arms.two);
}

/* Whatever happens on a CPU. */
static int open_perf(struct side *side)
{
	const struct use *use = side->race;
	const int cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return perf_open_on(SYSTEM, use->name, -1, round_of(side) % cpus);
}

/* With a ring for samples, which goes while it is written. */
static int sample(struct side *side)
{
	const size_t size = 3 * getpagesize();
	const int perf = open_perf(side);
	void *ring;

	if (perf < 0)
		return perf;
	ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, perf, 0);
	pause_ms(round_of(side) % 4);
	if (ring != MAP_FAILED)
		munmap(ring, size);
	close(perf);
	return 0;
}

static int load_program(void)
{
	static const struct bpf_insn insns[] = {
		INSN(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_0, BPF_REG_1, 8, 0),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_TRACEPOINT,
		.insns = (uintptr_t)insns,
		.insn_cnt = ARRAY_SIZE(insns),
		.license = (uintptr_t)"GPL",
	};

	return bpf(BPF_PROG_LOAD, &attr);
}

/* A program of BPF, which comes and goes with its perf event. */
static int run_bpf(struct side *side)
{
	const struct use *use = side->race;
	const int perf = open_perf(side);
	int ret = 0;

	if (perf < 0)
		return perf;
	if (use->program >= 0 &&
	    ioctl(perf, PERF_EVENT_IOC_SET_BPF, use->program))
		ret = -errno;
	pause_ms(round_of(side) % 4);
	close(perf);
	return ret;
}

/* An event probe, which is made, switched on and off, and removed. */
static int probe(struct side *side)
{
	const struct use *use = side->race;
	char make[128], path[128], remove[64];
	int ret;

	snprintf(make, sizeof(make), "e:%s_p " SYSTEM "/%s a=$a", use->name,
		 use->name);
	snprintf(path, sizeof(path), TRACEFS "/events/eprobes/%s_p/enable",
		 use->name);
	snprintf(remove, sizeof(remove), "-:eprobes/%s_p", use->name);
	ret = append_line(DYNAMIC_FILE, make);
	/* A kernel without event probes takes none. */
	if (ret == -EINVAL && !side->done) {
		pause_ms(10);
		return REFUSED;
	}
	ret = ret ?: file_write(path, "1");
	if (ret)
		return ret;
	pause_ms(round_of(side) % 4);
	return file_write(path, "0") ?: append_line(DYNAMIC_FILE, remove);
}

/* A histogram, whose trigger the core lets go of after a grace period. */
static int count(struct side *side)
{
	const struct use *use = side->race;
	char *path = event_path(SYSTEM, use->name, "trigger");
	const int ret = append_line(path, "hist:keys=a") ?:
			append_line(path, "!hist:keys=a");

	free(path);
	return ret;
}

static int filter(struct side *side)
{
	const struct use *use = side->race;
	char *path = event_path(SYSTEM, use->name, "filter");
	const int ret = file_write(path, "a > 5") ?: file_write(path, "0");

	free(path);
	return ret;
}

/* Of both kinds: copied to the stack, and to memory of its own. */
static int write_both(struct side *side)
{
	static const char payload[1000];
	const struct use *use = side->race;
	const int size = round_of(side) % 2 ? 4 : sizeof(payload);

	return judge_write(event_emit(use->arms.stage.fd, 0, payload, size),
			   4 + size);
}

TEST_F_TIMEOUT(race_use, consumers_come_and_go, RACE_TIMEOUT)
{
	static const struct side sides[] = {
		THREAD(write_both), THREAD(write_both), THREAD(record_at_top),
		THREAD(record_in_one), PROCESS(record_in_two), THREAD(sample),
		PROCESS(sample), THREAD(run_bpf), PROCESS(probe),
		PROCESS(count), PROCESS(filter), PROCESS(read_list),
	};
	struct stage *stage = &self->use.arms.stage;

	ASSERT_EQ(0, arm_instances(&self->use.arms));
	self->use.program = load_program();
	ASSERT_EQ(0, event_register(stage->fd, self->use.text, stage->word, 0,
				    SINGLE));
	run_race(_metadata, &self->use, sides, ARRAY_SIZE(sides));

	rmdir(self->use.arms.one);
	rmdir(self->use.arms.two);
	event_trace(SYSTEM, self->use.name, false);
	EXPECT_TRUE(wait32(stage->word, 0));
	EXPECT_TRUE(file_has_line(STATUS_FILE, self->use.name));
	EXPECT_EQ(0, event_unregister(stage->fd, stage->word, 0));
	close(stage->fd);
	expect_nothing_left(_metadata, self->use.name);
}

/*
 * Instances, while events come and go in the default group and in another.
 *
 * With a writer that sleeps for 500 ms between finding that an instance records and
 * recording there, instead of having preemption off, KASAN reports a use after free
 * of the instance's file in user_event_emit_copied() within 10 seconds.
 */

#define WRITES 16	/* of a program, a millisecond apart */

static int change_instance(struct side *side, const char *dir)
{
	int ret;

	if (mkdir(dir, 0700))
		return -errno;
	ret = may(switch_in(side, dir, true), -ENOENT, -ENODEV);
	if (!ret)
		pause_ms(round_of(side) % 32);
	if (rmdir(dir))
		return -errno;
	return ret;
}

static int change_one(struct side *side)
{
	const struct use *use = side->race;

	return change_instance(side, use->arms.one);
}

static int change_two(struct side *side)
{
	const struct use *use = side->race;

	return change_instance(side, use->arms.two);
}

/* Writes for some time, so that instances come and go meanwhile. */
static int write_some(int fd, int index)
{
	const __u32 value = 1;
	int i, ret = 0;

	for (i = 0; i < WRITES && ret >= 0; i++) {
		ret = judge_write(event_emit(fd, index, &value, sizeof(value)), 8);
		pause_ms(1);
	}
	return ret;
}

/* A program that lives as long as it takes to write some times. */
static int be_program(struct side *side)
{
	const struct use *use = side->race;
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	int index, ret;

	index = event_register(fd, use->text, side->page, side->number,
			       round_of(side) % 4 ? SINGLE : PERSIST);
	ret = index < 0 ? index : write_some(fd, index);
	if (index >= 0)
		event_unregister(fd, side->page, side->number);
	close(fd);
	/* who comes first makes the event; where nobody records it, it is off */
	return ret < 0 ? ret : load32(side->page) ? -EILSEQ : 0;
}

static int delete_event(struct side *side)
{
	const struct use *use = side->race;

	event_trace(SYSTEM, use->name, false);
	return may(event_delete(use->arms.stage.fd, use->name), -EBUSY,
		   -ENOENT);
}

TEST_F_TIMEOUT(race_use, instances_come_and_go, RACE_TIMEOUT)
{
	static const struct side sides[] = {
		THREAD(change_one), PROCESS(change_two), THREAD(be_program),
		PROCESS(be_program), THREAD(toggle), PROCESS(delete_event),
		PROCESS(read_list),
	};

	run_race(_metadata, &self->use, sides, ARRAY_SIZE(sides));
	event_trace(SYSTEM, self->use.name, false);
	close(self->use.arms.stage.fd);
	expect_nothing_left(_metadata, self->use.name);
}

TEST_HARNESS_MAIN
