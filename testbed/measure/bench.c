// SPDX-License-Identifier: GPL-2.0
/*
 * bench: measures operations on user events; `bench` runs it in the guest.
 *
 *	bench icount [ROW...]	a line "ROW VALUE" for each row, or for those
 *				whose names start with an argument
 *	bench smp NR_CPUS	the same with operations a second
 *
 * If the guest's clock counts instructions, values are instructions.  Each row
 * runs in a process of its own and is the median of many samples.  A row that
 * this kernel can't run in reasonable time is left out (-s skips the rows that
 * take very long in trees where registering compares all formats).
 */
#define _GNU_SOURCE
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sdt.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/io_uring.h>
#include <linux/user_events.h>
#include <linux/userfaultfd.h>

#include "bench-samples.h"

#define TRACING "/sys/kernel/tracing/"
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* As many events as there can be by default */
#define MAX_EVENTS 32768
#define MANY 10000

/* Where the way to MAX_EVENTS ends on a kernel that takes long */
#define SLOW_EVENTS 4096

/* Where an event is mirrored that is just there */
#define SPARE_SLOT (2 * MAX_EVENTS - 1)

/* Nanoseconds in which nothing more happens in the background */
#define QUIET_TIME 100000000

/* Bytes of a write, with the write index */
#define WRITE_SIZE 64

/* 60 bytes of payload */
#define WRITE_FIELDS "u32 a;u64 b;u64 c;u64 d;u64 e;u64 f;u64 g;u64 h"

/* Writes that one system call submits */
#define BATCH 32

static uint32_t bits[2 * MAX_EVENTS];
static bool slow;

/*
 * Events
 */

static int open_data(void)
{
	int fd = open(TRACING "user_events_data", O_RDWR);

	if (fd < 0)
		err(1, "user_events_data");
	return fd;
}

/* Register an event with the first bit of bits[slot]; returns the write index */
static int reg_flags(int fd, unsigned int slot, const char *desc, unsigned int flags)
{
	struct user_reg reg = {
		.size		= sizeof(reg),
		.enable_size	= sizeof(bits[0]),
		.enable_addr	= (uintptr_t)&bits[slot],
		.name_args	= (uintptr_t)desc,
		.flags		= flags,
	};

	if (ioctl(fd, DIAG_IOCSREG, &reg))
		err(1, "register %s", desc);
	return reg.write_index;
}

static int reg(int fd, unsigned int slot, const char *desc)
{
	return reg_flags(fd, slot, desc, USER_EVENT_REG_MULTI_FORMAT);
}

static void unreg(int fd, unsigned int slot)
{
	struct user_unreg unreg = {
		.size		= sizeof(unreg),
		.disable_addr	= (uintptr_t)&bits[slot],
	};

	if (ioctl(fd, DIAG_IOCSUNREG, &unreg))
		err(1, "unregister %u", slot);
}

static const char *format(unsigned int i)
{
	static char desc[64];

	snprintf(desc, sizeof(desc), "bench u64 field%05u", i);
	return desc;
}

static const char *name(unsigned int i)
{
	static char desc[64];

	snprintf(desc, sizeof(desc), "bench%05u u64 count", i);
	return desc;
}

/* Register events with bits[i], and measure it where a sample is wanted */
static void reg_range(int fd, const char *(*desc)(unsigned int),
		      unsigned int from, unsigned int to, bool sample)
{
	const char *text;
	unsigned int i;

	for (i = from; i < to; i++) {
		text = desc(i);
		bits[i] = 0;
		if (sample)
			start();
		reg(fd, i, text);
		if (sample)
			stop();
	}
	/* Tables are resized in the background; samples are for before or after */
	if (!sample)
		usleep(50000);
}

/* Events that only the file refers to */
static int many_events(unsigned int nr)
{
	unsigned int i;
	int fd = open_data();

	for (i = 0; i < nr; i++) {
		reg(fd, 0, name(i));
		unreg(fd, 0);
	}
	return fd;
}

/* Returns a file that enables the event whose tracepoint starts with a name */
static int open_enable_in(const char *system, const char *event)
{
	char path[256];
	glob_t found;
	int fd;

	snprintf(path, sizeof(path), TRACING "events/%s/%s*/enable", system, event);
	if (glob(path, 0, NULL, &found))
		errx(1, "no %s", path);
	fd = open(found.gl_pathv[0], O_WRONLY);
	if (fd < 0)
		err(1, "%s", found.gl_pathv[0]);
	globfree(&found);
	return fd;
}

static int open_enable(const char *event)
{
	return open_enable_in("user_events_multi", event);
}

static void put(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		err(1, "write %s", text);
}

static bool events_exist(void)
{
	return !access(TRACING "events/user_events_multi", F_OK);
}

static void wait_removed(void)
{
	while (events_exist())
		usleep(10000);
}

/*
 * Samples of what is also done in the background: whatever the CPU does that
 * this process, kept busy, does not.
 */

/* Returns how many rounds there were time for */
static uint64_t spin(uint64_t time)
{
	uint64_t end = now() + time, rounds = 0;
	unsigned int i;

	do {
		for (i = 0; i < 1000; i++)
			asm volatile("");
		rounds++;
	} while (now() < end);
	return rounds;
}

static double round_cost;

static void start_all(void)
{
	uint64_t rounds;

	sleep(15);
	start();
	rounds = spin(QUIET_TIME);
	round_cost = (double)(now() - started) / rounds;
	start();
}

/* Until all events are gone, and what that has left is done */
static void stop_all(void)
{
	uint64_t rounds = 0, taken;

	while (events_exist())
		rounds += spin(QUIET_TIME / 100);
	rounds += spin(QUIET_TIME);
	taken = now() - started - rounds * round_cost;
	samples[nr_samples++] = taken;
}

/*
 * Registering
 */

static void register_first(const char *row)
{
	unsigned int i;
	int fd;

	/* The subsystem's directory is there */
	reg(open_data(), SPARE_SLOT, "other u64 count");
	for (i = 0; i < 101; i++) {
		fd = open_data();
		reg_range(fd, format, i, i + 1, true);
		unreg(fd, i);
		close(fd);
		usleep(20000);
	}
	result(row, median());
}

/* The formats around the N-th from one file, and any again from another */
static void register_formats(const char *row)
{
	unsigned int max = slow ? SLOW_EVENTS : MAX_EVENTS - 1;
	unsigned int done = 0, around, from, n, i;
	char text[64];
	int fd = open_data(), other = open_data();

	/* One that does not count, as it makes the subsystem's directory */
	reg(open_data(), SPARE_SLOT, "bench u64 field");
	for (n = 1; n <= MAX_EVENTS && done < max; n *= 2) {
		/* 1, 15 or 101 samples, none of them beyond the last event */
		around = n < 16 ? 0 : n < 1024 ? 7 : 50;
		from = n - 1 - around;
		reg_range(fd, format, done, from, false);
		done = n + around;
		if (done > max)
			done = max;
		reg_range(fd, format, from, done, true);
		snprintf(text, sizeof(text), "%s/%u", row, n);
		result(text, median());

		for (i = 0; i < 15; i++) {
			unsigned int slot = MAX_EVENTS + i;
			const char *desc = format(n * i / 15);

			bits[slot] = 0;
			start();
			reg(other, slot, desc);
			stop();
			unreg(other, slot);
		}
		snprintf(text, sizeof(text), "again/%u", n);
		result(text, median());
		close(other);
		other = open_data();
	}
}

static void register_names(const char *row)
{
	int fd = open_data();

	reg_range(fd, name, 0, 973, false);
	reg_range(fd, name, 973, 1074, true);
	result(row, median());
}

static void unregister(const char *row, unsigned int nr)
{
	int fd = open_data();
	unsigned int i;

	for (i = 0; i < nr; i++)
		reg(fd, i, name(0));
	for (i = 0; i < 301; i++) {
		unsigned int slot = nr * i / 301;

		start();
		unreg(fd, slot);
		stop();
		reg(fd, slot, name(0));
	}
	result(row, median());
}

static void unregister_64(const char *row)
{
	unregister(row, 64);
}

static void unregister_1024(const char *row)
{
	unregister(row, 1024);
}

/*
 * Writing
 */

static void write_to(const char *row, int fd, const void *data)
{
	unsigned int i;

	for (i = 0; i < 2001; i++) {
		start();
		write(fd, data, WRITE_SIZE);
		stop();
	}
	result(row, median());
}

static int open_for_write(uint32_t *data)
{
	int fd = open_data();

	data[0] = reg(fd, 0, "bench " WRITE_FIELDS);
	return fd;
}

static void write_disabled(const char *row)
{
	uint32_t data[WRITE_SIZE / 4] = {};
	int fd = open_for_write(data);

	write_to(row, fd, data);
}

static void write_ftrace(const char *row)
{
	uint32_t data[WRITE_SIZE / 4] = {};
	int fd = open_for_write(data), enable = open_enable("bench");

	put(enable, "1");
	if (write(fd, data, WRITE_SIZE) != WRITE_SIZE)
		err(1, "write");
	write_to(row, fd, data);
	put(enable, "0");
}

static void writev_ftrace(const char *row)
{
	uint32_t data[WRITE_SIZE / 4] = {};
	int fd = open_for_write(data), enable = open_enable("bench");
	struct iovec iov[2] = {
		{ &data[0], sizeof(data[0]) },
		{ &data[1], WRITE_SIZE - sizeof(data[0]) },
	};
	unsigned int i;

	put(enable, "1");
	if (writev(fd, iov, 2) != WRITE_SIZE)
		err(1, "writev");
	for (i = 0; i < 2001; i++) {
		start();
		writev(fd, iov, 2);
		stop();
	}
	put(enable, "0");
	result(row, median());
}

static void write_marker(const char *row)
{
	uint32_t data[WRITE_SIZE / 4] = { 1 };

	write_to(row, open(TRACING "trace_marker_raw", O_WRONLY), data);
}

static void write_text(const char *row)
{
	char text[WRITE_SIZE];

	memset(text, 'x', sizeof(text));
	write_to(row, open(TRACING "trace_marker", O_WRONLY), text);
}

/* An event of the kernel's own that a write to a device fires */
static void write_kernel_event(const char *row)
{
	int enable = open(TRACING "events/bench_event/enable", O_WRONLY);
	uint32_t data[WRITE_SIZE / 4] = {};

	if (enable < 0)
		return;
	put(enable, "1");
	write_to(row, open("/dev/bench_event", O_WRONLY), data);
	put(enable, "0");
}

static void write_null(const char *row)
{
	uint32_t data[WRITE_SIZE / 4] = {};

	write_to(row, open("/dev/null", O_WRONLY), data);
}

/*
 * Writing by io_uring
 */

struct ring {
	int			fd;
	struct io_uring_params	params;
	char			*submitted;
	char			*completed;
	struct io_uring_sqe	*requests;
};

static void *map_ring(struct ring *ring, size_t size, uint64_t offset)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			 ring->fd, offset);

	if (mem == MAP_FAILED)
		err(1, "mmap of a ring");
	return mem;
}

static void open_ring(struct ring *ring)
{
	memset(ring, 0, sizeof(*ring));
	ring->fd = syscall(SYS_io_uring_setup, BATCH, &ring->params);
	if (ring->fd < 0)
		err(1, "io_uring");
	ring->submitted = map_ring(ring, ring->params.sq_off.array + BATCH * sizeof(uint32_t),
				   IORING_OFF_SQ_RING);
	ring->completed = map_ring(ring, ring->params.cq_off.cqes +
				   2 * BATCH * sizeof(struct io_uring_cqe),
				   IORING_OFF_CQ_RING);
	ring->requests = map_ring(ring, BATCH * sizeof(*ring->requests), IORING_OFF_SQES);
}

/* Write the same so many times, by one system call */
static void write_batch(struct ring *ring, int fd, const void *data)
{
	uint32_t *array = (uint32_t *)(ring->submitted + ring->params.sq_off.array);
	uint32_t *tail = (uint32_t *)(ring->submitted + ring->params.sq_off.tail);
	uint32_t *head = (uint32_t *)(ring->completed + ring->params.cq_off.head);
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		ring->requests[i] = (struct io_uring_sqe) {
			.opcode	= IORING_OP_WRITE,
			.fd	= fd,
			.addr	= (uintptr_t)data,
			.len	= WRITE_SIZE,
		};
		array[i] = i;
	}
	__atomic_store_n(tail, *tail + BATCH, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, BATCH, BATCH, IORING_ENTER_GETEVENTS, NULL,
		    0) != BATCH)
		err(1, "io_uring_enter");
	__atomic_store_n(head, *head + BATCH, __ATOMIC_RELEASE);
}

static void check_batch(const struct ring *ring)
{
	const struct io_uring_cqe *results;
	unsigned int i;

	results = (void *)(ring->completed + ring->params.cq_off.cqes);
	for (i = 0; i < BATCH; i++) {
		if (results[i].res != WRITE_SIZE)
			errx(1, "a write by io_uring gave %d", results[i].res);
	}
}

static void write_uring(const char *row)
{
	uint32_t data[WRITE_SIZE / 4] = {};
	int fd = open_for_write(data), enable = open_enable("bench");
	struct ring ring;
	unsigned int i;

	open_ring(&ring);
	put(enable, "1");
	write_batch(&ring, fd, data);
	check_batch(&ring);
	for (i = 0; i < 501; i++) {
		start();
		write_batch(&ring, fd, data);
		stop();
	}
	put(enable, "0");
	result(row, median() / BATCH);
}

/*
 * Another way: a uprobe on a USDT probe
 */

struct usdt_data {
	uint64_t	b, c, d, e, f, g, h;
	uint32_t	a;
};

static void fire_usdt(const struct usdt_data *data)
{
	DTRACE_PROBE1(bench, event, data);
}

/* This program's file */
static const char *map_self(char *path, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", path, size - 1);
	int fd = open("/proc/self/exe", O_RDONLY);
	const char *file;
	struct stat st;

	if (len < 0 || fd < 0 || fstat(fd, &st))
		err(1, "/proc/self/exe");
	path[len] = '\0';
	file = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (file == MAP_FAILED)
		err(1, "mmap of %s", path);
	close(fd);
	return file;
}

/* The only note of its kind: where the probe is, and in which register its argument */
static const char *find_usdt(const char *file, uint64_t *address)
{
	const Elf64_Ehdr *head = (const void *)file;
	const Elf64_Shdr *section = (const void *)(file + head->e_shoff);
	const char *names = file + section[head->e_shstrndx].sh_offset;
	const Elf64_Nhdr *note;
	const char *desc;
	unsigned int i;

	for (i = 0; strcmp(names + section[i].sh_name, ".note.stapsdt"); i++) {
		if (i + 1 == head->e_shnum)
			errx(1, "no USDT probe");
	}
	note = (const void *)(file + section[i].sh_offset);
	desc = (const char *)(note + 1) + ((note->n_namesz + 3) & ~3);
	memcpy(address, desc, sizeof(*address));
	/* Behind three addresses: provider, name, and "8@%REGISTER" */
	desc += 3 * sizeof(*address);
	desc += strlen(desc) + 1;
	desc += strlen(desc) + 1;
	/* The tracing core leaves out the first letter of its name */
	return strchr(desc, '%') + 2;
}

/* Where in the file an address is */
static uint64_t offset_of(const char *file, uint64_t address)
{
	const Elf64_Ehdr *head = (const void *)file;
	const Elf64_Phdr *part = (const void *)(file + head->e_phoff);
	unsigned int i;

	for (i = 0; i < head->e_phnum; i++) {
		if (part[i].p_type == PT_LOAD && address - part[i].p_vaddr < part[i].p_filesz)
			return address - part[i].p_vaddr + part[i].p_offset;
	}
	errx(1, "no part of the program has its probe");
}

/* As perf probe does for a USDT probe: a uprobe event with the same fields */
static void make_uprobe_event(void)
{
	char path[256], text[1024];
	const char *file = map_self(path, sizeof(path)), *reg;
	uint64_t address;
	int len, i;

	reg = find_usdt(file, &address);
	len = snprintf(text, sizeof(text), "p:bench/usdt %s:0x%llx a=+56(%%%s):u32", path,
		       (unsigned long long)offset_of(file, address), reg);
	for (i = 0; i < 7; i++)
		len += snprintf(text + len, sizeof(text) - len, " %c=+%d(%%%s):u64", 'b' + i,
				8 * i, reg);
	put(open(TRACING "uprobe_events", O_WRONLY), text);
}

static void usdt_uprobe(const char *row)
{
	struct usdt_data data = {};
	unsigned int i;
	int enable;

	make_uprobe_event();
	enable = open(TRACING "events/bench/usdt/enable", O_WRONLY);
	put(enable, "1");
	for (i = 0; i < 2001; i++) {
		start();
		fire_usdt(&data);
		stop();
	}
	put(enable, "0");
	put(open(TRACING "uprobe_events", O_WRONLY), "-:bench/usdt");
	result(row, median());
}

/*
 * Another way: LTTng, in a program of its own since it is no static one
 */

static void lttng_ust(const char *row)
{
	char path[256] = "";
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof("-lttng"));

	if (len < 0)
		err(1, "/proc/self/exe");
	memcpy(path + len, "-lttng", sizeof("-lttng"));
	if (!access(path, X_OK))
		execl(path, path, row, NULL);
}

/*
 * Processes
 */

/*
 * With @nr of 512 registrations left: all have touched the same memory before.
 * With @set, all events have just been enabled, so that each bit has changed.
 */
static void fork_with(const char *row, unsigned int nr, bool set)
{
	int fd = open_data(), enable = -1;
	unsigned int i;
	pid_t pid;

	for (i = 0; i < 512; i++)
		reg(fd, i, name(i));
	for (; i > nr; i--)
		unreg(fd, i - 1);
	if (set) {
		enable = open(TRACING "events/user_events_multi/enable", O_WRONLY);
		put(enable, "1");
	}
	for (i = 0; i < 101; i++) {
		start();
		pid = fork();
		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
		stop();
	}
	if (set)
		put(enable, "0");
	result(row, median());
}

static void fork_0(const char *row)
{
	fork_with(row, 0, false);
}

static void fork_512(const char *row)
{
	fork_with(row, 512, false);
}

static void fork_set(const char *row)
{
	fork_with(row, 512, true);
}

/* Processes that register 64 events each, until the parent ends */
static void start_processes(unsigned int nr)
{
	unsigned int i, j;
	int ready[2], fd;
	char byte;

	if (pipe(ready))
		err(1, "pipe");
	for (i = 0; i < nr; i++) {
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			fd = open_data();
			for (j = 0; j < 64; j++)
				reg(fd, j, name(j));
			write(ready[1], "", 1);
			pause();
		}
		if (read(ready[0], &byte, 1) != 1)
			err(1, "read");
	}
}

static void toggle_among(const char *row, unsigned int nr)
{
	int enable, fd = open_data();
	unsigned int i;

	start_processes(nr);
	reg(fd, 0, "toggled u64 count");
	enable = open_enable("toggled");
	/* The core waits for grace periods: only what is executed counts */
	use_clock(CLOCK_THREAD_CPUTIME_ID);
	for (i = 0; i < 31; i++) {
		start();
		put(enable, "1");
		put(enable, "0");
		stop();
	}
	result(row, median());
}

static void toggle_0(const char *row)
{
	toggle_among(row, 0);
}

static void toggle_1000(const char *row)
{
	toggle_among(row, 1000);
}

/*
 * Many events
 */

static void read_file(const char *file)
{
	static char buffer[65536];
	int fd = open(file, O_RDONLY);

	if (fd < 0)
		err(1, "%s", file);
	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	close(fd);
}

static void read_with(const char *row, const char *file)
{
	static const unsigned int counts[] = { 256, 1024, MANY };
	char text[64];
	unsigned int i, j;
	int fd;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		fd = many_events(counts[i]);
		/* What takes so long is measured less often */
		for (j = 0; j < (counts[i] == MANY ? 5 : 31); j++) {
			start();
			read_file(file);
			stop();
		}
		snprintf(text, sizeof(text), "%s/%u", row, counts[i]);
		result(text, median());
		close(fd);
		wait_removed();
	}
}

static void read_status(const char *row)
{
	read_with(row, TRACING "user_events_status");
}

static void read_dynamic(const char *row)
{
	read_with(row, TRACING "dynamic_events");
}

static void close_with(const char *row, unsigned int nr)
{
	char text[64];
	int fd = many_events(nr);

	start_all();
	close(fd);
	stop_all();
	snprintf(text, sizeof(text), "%s/%u", row, nr);
	result(text, median());
}

static void close_many(const char *row)
{
	close_with(row, MANY / 10);
	close_with(row, MANY);
}

/* A process that has registered so many events, and waits */
static pid_t start_registrant(unsigned int nr, bool keep_open)
{
	int ready[2], fd;
	char byte;
	pid_t pid;

	if (pipe(ready))
		err(1, "pipe");
	pid = fork();
	if (!pid) {
		fd = open_data();
		reg_range(fd, name, 0, nr, false);
		if (!keep_open)
			close(fd);
		write(ready[1], "", 1);
		pause();
	}
	if (read(ready[0], &byte, 1) != 1)
		err(1, "read");
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void result_of(const char *row, unsigned int nr)
{
	char text[64];

	snprintf(text, sizeof(text), "%s/%u", row, nr);
	result(text, median());
}

static void exit_with(const char *row, unsigned int nr)
{
	pid_t pid = start_registrant(nr, true);

	start_all();
	end(pid);
	stop_all();
	result_of(row, nr);
}

static void exit_many(const char *row)
{
	exit_with(row, MANY / 10);
	exit_with(row, MANY);
}

/* Until the last event is gone, which whoever reads the status waits for */
static void close_exit_with(const char *row, unsigned int nr)
{
	pid_t pid = start_registrant(nr, false);

	start_all();
	end(pid);
	read_file(TRACING "user_events_status");
	stop_all();
	result_of(row, nr);
}

static void close_exit(const char *row)
{
	close_exit_with(row, MANY / 10);
	if (!slow)
		close_exit_with(row, MANY);
}

/* Nobody but the tracer has the events any more */
static void disable_with(const char *row, unsigned int nr)
{
	pid_t pid = start_registrant(nr, true);
	int enable = open(TRACING "events/user_events_multi/enable", O_WRONLY);

	put(enable, "1");
	end(pid);
	start_all();
	put(enable, "0");
	read_file(TRACING "user_events_status");
	stop_all();
	close(enable);
	result_of(row, nr);
}

static void disable(const char *row)
{
	disable_with(row, MANY / 10);
	if (!slow)
		disable_with(row, MANY);
}

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* A process with so many threads besides registers for the first time */
static uint64_t first_registration(unsigned int nr)
{
	pthread_attr_t attr;
	pthread_t thread;
	int report[2];
	uint64_t time;
	pid_t pid;

	if (pipe(report))
		err(1, "pipe");
	pid = fork();
	if (!pid) {
		int fd = open_data();

		bits[0] = 0;
		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, 65536);
		while (nr--) {
			if (pthread_create(&thread, &attr, idle, NULL))
				errx(1, "no thread");
		}
		usleep(100000);
		time = now();
		reg(fd, 0, name(0));
		time = now() - time;
		write(report[1], &time, sizeof(time));
		_exit(0);
	}
	if (read(report[0], &time, sizeof(time)) != sizeof(time))
		errx(1, "no report");
	waitpid(pid, NULL, 0);
	close(report[0]);
	close(report[1]);
	return time;
}

static void register_among(const char *row)
{
	static const unsigned int threads[] = { 0, 1000 };
	pid_t pid = start_registrant(1, true);
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		for (j = 0; j < 11; j++)
			sample(first_registration(threads[i]));
		result_of(row, threads[i]);
	}
	end(pid);
}

static void delete_with(const char *row, unsigned int nr)
{
	char text[64];
	int fd = open_data();
	unsigned int i;

	for (i = 0; i < nr; i++) {
		reg_flags(fd, 0, format(i),
			  USER_EVENT_REG_MULTI_FORMAT | USER_EVENT_REG_PERSIST);
		unreg(fd, 0);
	}
	close(fd);
	usleep(100000);

	fd = open_data();
	start_all();
	if (ioctl(fd, DIAG_IOCSDEL, "bench"))
		err(1, "delete");
	stop_all();
	close(fd);
	snprintf(text, sizeof(text), "%s/%u", row, nr);
	result(text, median());
	wait_removed();
}

static void delete_formats(const char *row)
{
	delete_with(row, MANY / 10);
	if (!slow)
		delete_with(row, MANY);
}

/*
 * Memory
 */

/*
 * Bytes of kernel memory in use; Slab has large allocations, too.  These rows
 * come first, as what others have freed would be used again.
 */
static uint64_t kernel_memory(void)
{
	static const char * const kinds[] = { "Slab", "Percpu", "VmallocUsed" };
	unsigned long long kb, used = 0;
	char line[128], kind[64];
	unsigned int i;
	FILE *f;

	/* What is freed with a delay has to be gone */
	sleep(15);
	f = fopen("/proc/meminfo", "r");
	if (!f)
		err(1, "meminfo");
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63[^:]: %llu", kind, &kb) != 2)
			continue;
		for (i = 0; i < ARRAY_SIZE(kinds); i++) {
			if (!strcmp(kind, kinds[i]))
				used += kb * 1024;
		}
	}
	fclose(f);
	return used;
}

static void memory_event(const char *row)
{
	uint64_t before;

	close(many_events(1));
	before = kernel_memory();
	many_events(MANY);
	result(row, (kernel_memory() - before) / MANY);
}

static void memory_registration(const char *row)
{
	int fd = open_data();
	uint64_t before;
	unsigned int i;

	for (i = 0; i < MANY; i++)
		bits[i] = 0;
	reg(fd, MANY, name(0));
	before = kernel_memory();
	for (i = 0; i < MANY; i++)
		reg(fd, i, name(0));
	result(row, (kernel_memory() - before) / MANY);
}

#include "bench-group.h"

/*
 * Several CPUs
 */

/* Shared by the processes of a row */
static struct {
	_Atomic bool go, end;
	_Atomic uint64_t done[64];
} *shared;

static uint32_t shared_data[WRITE_SIZE / 4];
static int shared_fd;

/* What the machine gives, without the kernel */
static void smp_compute(unsigned int cpu)
{
	unsigned int i;

	while (!shared->go)
		;
	while (!shared->end) {
		for (i = 0; i < 10000; i++)
			asm volatile("");
		shared->done[cpu]++;
	}
}

static void smp_register(unsigned int cpu)
{
	int fd = open_data();
	unsigned int i;

	while (!shared->go)
		;
	for (i = 0; !shared->end; i++) {
		reg(fd, 0, format(i % 64));
		unreg(fd, 0);
		shared->done[cpu]++;
	}
}

static void smp_write(unsigned int cpu)
{
	uint32_t data[WRITE_SIZE / 4] = {};
	char desc[128];
	int fd = open_data();

	snprintf(desc, sizeof(desc), "bench%02u " WRITE_FIELDS, cpu);
	data[0] = reg(fd, 0, desc);
	snprintf(desc, sizeof(desc), "bench%02u", cpu);
	put(open_enable(desc), "1");
	while (!shared->go)
		;
	while (!shared->end) {
		write(fd, data, WRITE_SIZE);
		shared->done[cpu]++;
	}
}

/* All through one open file, as the threads of a program do */
static void smp_write_shared(unsigned int cpu)
{
	while (!shared->go)
		;
	while (!shared->end) {
		write(shared_fd, shared_data, WRITE_SIZE);
		shared->done[cpu]++;
	}
}

/* An event of its own, and that of the first writer */
static void smp_toggle(unsigned int cpu)
{
	int fd = open_data(), first = open_enable("bench00"), own;

	(void)cpu;
	reg(fd, 0, "toggled u64 count");
	own = open_enable("toggled");
	while (!shared->end) {
		put(first, "0");
		put(own, "1");
		put(first, "1");
		put(own, "0");
		usleep(1000);
	}
}

static pid_t spawn(void (*run)(unsigned int), unsigned int cpu, bool pin)
{
	cpu_set_t cpus;
	pid_t pid = fork();

	if (pid)
		return pid;
	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (pin && sched_setaffinity(0, sizeof(cpus), &cpus))
		err(1, "CPU %u", cpu);
	run(cpu);
	_exit(0);
}

static void smp_run(const char *row, void (*run)(unsigned int), bool toggle, unsigned int nr)
{
	uint64_t taken, sum = 0;
	unsigned int i;
	char text[64];
	int status;

	memset(shared, 0, sizeof(*shared));
	for (i = 0; i < nr; i++)
		spawn(run, i, true);
	usleep(300000);
	if (toggle)
		spawn(smp_toggle, 0, false);
	shared->go = true;
	taken = now();
	usleep(1000000);
	shared->end = true;
	taken = now() - taken;
	while (wait(&status) > 0) {
		if (status)
			errx(1, "%s failed", row);
	}
	for (i = 0; i < nr; i++)
		sum += shared->done[i];
	snprintf(text, sizeof(text), "%s/%u", row, nr);
	result(text, sum * 1000000000.0 / taken);
}

static void bench_smp(unsigned int max)
{
	unsigned int nr, repeat, i;
	int fd = open_data();

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	/* Children register for themselves */
	for (i = 0; i < 64; i++) {
		reg(fd, 0, format(i));
		unreg(fd, 0);
	}
	shared_fd = open_data();
	shared_data[0] = reg(shared_fd, 0, "shared " WRITE_FIELDS);
	unreg(shared_fd, 0);
	put(open_enable("shared"), "1");
	for (repeat = 0; repeat < 5; repeat++) {
		for (nr = 1; nr <= max; nr *= 2) {
			smp_run("smp/compute", smp_compute, false, nr);
			smp_run("smp/register", smp_register, false, nr);
			smp_run("smp/write", smp_write, false, nr);
			smp_run("smp/shared", smp_write_shared, false, nr);
			smp_run("smp/toggle", smp_write, true, nr);
		}
	}
}

/*
 * All rows
 */

static const struct {
	const char	*name;
	void		(*run)(const char *row);
} rows[] = {
	{ "memory/registration",	memory_registration },
	{ "memory/event",		memory_event },
	{ "memory/group",		memory_group },
	{ "register/first",		register_first },
	{ "register/name1024",		register_names },
	{ "register/threads",		register_among },
	{ "unregister/64",		unregister_64 },
	{ "unregister/1024",		unregister_1024 },
	{ "write/ftrace",		write_ftrace },
	{ "write/ftrace-again",		write_ftrace },
	{ "write/ftrace-writev",	writev_ftrace },
	{ "write/uring",		write_uring },
	{ "write/kernel-event",		write_kernel_event },
	{ "write/marker",		write_marker },
	{ "write/marker-text",		write_text },
	{ "write/disabled",		write_disabled },
	{ "write/null",			write_null },
	{ "fork/0",			fork_0 },
	{ "fork/512",			fork_512 },
	{ "fork/512-set",		fork_set },
	{ "toggle/0",			toggle_0 },
	{ "toggle/1000",		toggle_1000 },
	{ "status",			read_status },
	{ "dynamic",			read_dynamic },
	{ "close",			close_many },
	{ "exit",			exit_many },
	{ "close-exit",			close_exit },
	{ "disable",			disable },
	{ "delete",			delete_formats },
	{ "format",			register_formats },
	{ "groups/1",			groups_1 },
	{ "groups/1000",		groups_1000 },
	{ "groups/beside",		beside_large },
	{ "groups/beside-absent",	beside_absent },
	{ "groups/beside-full",		beside_full },
	{ "lttng/ust",			lttng_ust },
	/* Gives the program pages of its own, which each later fork has to copy */
	{ "usdt/uprobe",		usdt_uprobe },
};

static bool is_wanted(const char *row, char **wanted)
{
	if (!*wanted)
		return true;
	for (; *wanted; wanted++) {
		if (!strncmp(row, *wanted, strlen(*wanted)))
			return true;
	}
	return false;
}

static int bench_icount(char **wanted)
{
	char path[256];
	int status, failed = 0;
	unsigned int i;
	pid_t pid;

	/* How much of the program is in memory decides what its forks cost */
	map_self(path, sizeof(path));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!is_wanted(rows[i].name, wanted))
			continue;
		pid = fork();
		if (!pid) {
			use_clock(CLOCK_MONOTONIC);
			rows[i].run(rows[i].name);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		if (status) {
			warnx("%s failed", rows[i].name);
			failed = 1;
		}
		wait_removed();
	}
	return failed;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "-s")) {
		slow = true;
		argv++;
		argc--;
	}
	if (argc > 1 && !strcmp(argv[1], "icount"))
		return bench_icount(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "smp")) {
		bench_smp(atoi(argv[2]));
		return 0;
	}
	errx(1, "usage: bench [-s] icount [ROW...] | bench smp NR_CPUS");
}
