// SPDX-License-Identifier: GPL-2.0
/*
 * The operations of abi-fuzz, a function each.  They use a few names, layouts,
 * addresses and files, so that they meet.  Most of them fail in most programs, and
 * nothing depends on what they return.
 *
 * Some of the tracing core's files are left out, since they stop or fill all of
 * tracing: triggers that do, and snapshots.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/user_events.h>
#include <linux/userfaultfd.h>
#include "uring.h"
#include "abi.h"

#define TRACEFS "/sys/kernel/tracing"
#define INSTANCE_DIR TRACEFS "/instances/fuzz"
#define NR_FILES 4
#define NR_PAGES 8
#define PICK(array, byte) ((byte) % ARRAY_SIZE(array))

static const char *const groups[] = { "", "fuzz_a", "fuzz_b" };
static const char *const names[] = { "fuzz_a", "fuzz_b", "fuzz.c", "fuzz-long-name-0123456789" };
static const char *const odd_names[] = { "enable", "fuzz:flag", "", "fuzz/a", "fuzz\"" };
static const char *const layouts[] = {
	"", " u32 a", " u64 a", " u32 a; u32 b", " char[20] a", " __data_loc char[] a",
	" __rel_loc char[] a; u8 b", " __data_loc u8[] a;__rel_loc char[] b",
	" struct s a 2000", " u32 a;u32 a", " u8 a;", " struct s a 60000",
};

static const char *const dirs[] = { TRACEFS, INSTANCE_DIR };
static const char *const patterns[] = {
	"fuzz*", "fuzz_a", "user_events_multi:*", "*:fuzz.c", "!fuzz*", "!fuzz_a", "[", "a:b:c",
	"user_events-fuzz_a:*", "",
};

static const char *const filters[] = {
	"a == 1", "a ~ \"x*\"", "0", "b > 5", "common_pid > 0", "(",
};

static const char *const triggers[] = {
	"hist:keys=a", "!hist:keys=a", "stacktrace", "!stacktrace", "hist:keys=common_pid:vals=a",
	"stacktrace:5 if a == 1", "enable_hist:user_events:fuzz_b", "!hist:keys=common_pid:vals=a",
};

static int files[NR_FILES], perf_files[NR_FILES];
static int holder = -1;
static char *pages;
static const struct program *running;
static unsigned int at, depth;

static void put(const char *path, int flags, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags);

	if (fd < 0)
		return;
	if (*text && write(fd, text, strlen(text)) < 0)
		text = "";
	close(fd);
}

static const char *format(const char *fmt, ...)
{
	static __thread char texts[4][1024];
	static __thread unsigned int next;
	char *text = texts[next++ % 4];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(texts[0]), fmt, args);
	va_end(args);
	return text;
}

static void get(const char *path)
{
	static char buffer[1 << 16];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return;
	while (read(fd, buffer, sizeof(buffer)) > 0)
		;
	close(fd);
}

static const char *description(uint8_t byte)
{
	if (byte >= 250)
		return format("%s u32 a", odd_names[PICK(odd_names, byte)]);
	return format("%s%s", names[byte / 16 % 4], layouts[PICK(layouts, byte % 16)]);
}

/* An aligned word in the pages of the program, or an invalid address */
static uint64_t address(uint8_t byte)
{
	switch (byte) {
	case 255:
		return 0;
	case 254:
		return 1ULL << 63;
	case 253:
		return (uintptr_t)pages + 2;
	case 252:
		return (uintptr_t)pages + 4096 - 4;
	default:
		return (uintptr_t)pages + byte % NR_PAGES * 4096 + byte / NR_PAGES * 8;
	}
}

static const char *group_file(uint8_t group, const char *name)
{
	group %= 3;
	return group ? format(TRACEFS "/user_events_groups/%s/%s", groups[group], name) :
		       format(TRACEFS "/%s", name);
}

static const char *system_of(uint8_t byte)
{
	uint8_t group = byte / 2 % 3;

	return format("%s%s%s", byte % 2 ? USER_EVENTS_MULTI_SYSTEM : USER_EVENTS_SYSTEM,
		      group ? "-" : "", groups[group]);
}

/* Returns the first event of a name in a multi-format system, or "none" */
static const char *multi_event(const char *events, const char *name)
{
	const size_t len = strlen(name);
	const char *found = "none";
	struct dirent *entry;
	DIR *dir = opendir(events);

	while (dir && (entry = readdir(dir))) {
		if (!strncmp(entry->d_name, name, len) && entry->d_name[len] == ':') {
			found = format("%s", entry->d_name);
			break;
		}
	}
	if (dir)
		closedir(dir);
	return found;
}

/* A file of an event; the lowest bit of @system chooses a multi-format system */
static const char *event_file(const char *dir, uint8_t name, uint8_t system, const char *file)
{
	const char *events = format("%s/events/%s", dir, system_of(system));
	const char *event = names[PICK(names, name)];

	if (system % 2)
		event = multi_event(events, event);
	return format("%s/%s/%s", events, event, file);
}

static void do_open(struct op op)
{
	static const int modes[] = { O_RDWR, O_WRONLY, O_RDONLY, O_RDWR | O_NONBLOCK };
	int *file = &files[op.a % NR_FILES];

	if (*file >= 0)
		close(*file);
	*file = open(group_file(op.b, "user_events_data"), modes[PICK(modes, op.c)] | O_CLOEXEC);
}

static void do_close(struct op op)
{
	int *file = &files[op.a % NR_FILES];

	if (*file >= 0)
		close(*file);
	*file = -1;
}

/* Bits 0 to 4 of c are the enable bit, the others choose sizes and flags */
static void do_register(struct op op)
{
	struct {
		struct user_reg reg;
		uint8_t more[4];
	} arg = {
		.reg = {
			.size = sizeof(struct user_reg) + (op.c > 250 ? op.c - 252 : 0),
			.enable_bit = op.c & 31,
			.enable_size = op.c & 32 ? 8 : 4,
			.flags = op.c >= 248 ? 4 : op.c & 64 ? USER_EVENT_REG_MULTI_FORMAT : 0,
			.enable_addr = address(op.a / NR_FILES + op.c / 64),
			.name_args = (uintptr_t)description(op.b),
		},
	};

	if (op.c & 128)
		arg.reg.flags |= op.c & 1 ? USER_EVENT_REG_PERSIST : 0;
	ioctl(files[op.a % NR_FILES], DIAG_IOCSREG, &arg);
}

static void do_unregister(struct op op)
{
	struct user_unreg unreg = {
		.size = sizeof(unreg) - (op.c > 250),
		.disable_bit = op.c & 31,
		.__reserved = op.c == 250,
		.disable_addr = address(op.a / NR_FILES + op.c / 64),
	};

	ioctl(files[op.a % NR_FILES], DIAG_IOCSUNREG, &unreg);
}

static void do_delete(struct op op)
{
	const char *name = op.b < 8 ? names[PICK(names, op.b)] : description(op.b);

	ioctl(files[op.a % NR_FILES], op.c == 255 ? _IO('*', 7) : DIAG_IOCSDEL, name);
}

/* A write index, then a payload that begins with two dynamic fields */
static size_t payload(struct op op, uint32_t *words)
{
	static const uint32_t locs[] = {
		0, DYN_LOC(12, 1), DYN_LOC(12, 8), DYN_LOC(16, 5), DYN_LOC(0, 4), 0xffffffff,
		DYN_LOC(8, 8), DYN_LOC(0, 1000),
	};
	static const uint32_t sizes[] = {
		4, 8, 12, 16, 20, 24, 28, 2, 0, 64, 300, 2004, 9000, 33000, 60004, 70000,
	};
	uint32_t size = sizes[PICK(sizes, op.c)];

	memset(words, op.c & 128 ? 0 : 'x', size);
	words[0] = op.b == 255 ? -1 : op.b / 8 % 8;
	words[1] = locs[PICK(locs, op.b)];
	words[2] = locs[PICK(locs, op.c / 16)];
	return size;
}

static void do_write(struct op op)
{
	static uint32_t words[70000 / 4 + 4];
	size_t size = payload(op, words);

	if (op.a >= 240)
		pwrite(files[op.a % NR_FILES], words, size, op.a);
	else if (op.a >= 230)
		write(files[op.a % NR_FILES], (void *)(uintptr_t)address(op.c), 4096);
	else
		write(files[op.a % NR_FILES], words, size);
}

static void do_writev(struct op op)
{
	static uint32_t words[70000 / 4 + 4];
	size_t size = payload(op, words), first = op.a / NR_FILES % 16;
	struct iovec parts[] = {
		{ words, first < size ? first : size },
		{ (char *)words + first, first < size ? size - first : 0 },
		{ (void *)(uintptr_t)address(op.a), op.a > 200 ? 64 : 0 },
	};

	writev(files[op.a % NR_FILES], parts, 3);
}

/* The same payload, one to three times in one submission */
static void do_uring(struct op op)
{
	static uint32_t words[70000 / 4 + 4];
	struct iovec part = { .iov_base = words, .iov_len = payload(op, words) };
	const int fd = files[op.a % NR_FILES];
	struct uring ring;
	unsigned int i;

	if (uring_open(&ring, op.a >= 252 ? IORING_SETUP_SQPOLL : 0))
		return;
	for (i = 0; i <= op.a / NR_FILES % 3; i++) {
		if (op.a & 128)
			uring_add(&ring, IORING_OP_WRITEV, fd, &part, 1)->off = -1;
		else
			uring_add(&ring, IORING_OP_WRITE, fd, words, part.iov_len)->off = i;
	}
	uring_submit(&ring);
	uring_close(&ring);
}

static void do_read_status(struct op op)
{
	int fd = open(group_file(op.b, "user_events_status"), O_RDONLY | O_CLOEXEC);
	struct pollfd ready = { .fd = fd, .events = POLLPRI };
	char buffer[256];

	if (fd < 0)
		return;
	if (op.c & 1)
		poll(&ready, 1, op.c & 2 ? 1 : 0);
	while (read(fd, buffer, 1 + op.c) > 0)
		;
	poll(&ready, 1, 0);
	if (op.c & 4)
		lseek(fd, 0, SEEK_SET);
	close(fd);
}

static void do_read_lists(struct op op)
{
	get(group_file(op.b, "user_events_lost"));
	get(TRACEFS "/dynamic_events");
	get(format("/proc/self/fdinfo/%d", files[op.a % NR_FILES]));
	get(format("%s/set_user_event", dirs[PICK(dirs, op.c)]));
}

static void do_set_user_event(struct op op)
{
	put(format("%s/set_user_event", dirs[PICK(dirs, op.a)]), op.c & 1 ? O_TRUNC : O_APPEND,
	    patterns[PICK(patterns, op.b)]);
}

static void do_dynamic(struct op op)
{
	static const char *const commands[] = {
		"u:", "!u:", "u: ", "u:user_events_multi/", "!u:user_events_multi/",
	};
	const char *prefix = commands[PICK(commands, op.a)];

	if (op.c >= 128)
		prefix = format("%s:%s/", op.a & 1 ? "!u" : "u", system_of(op.c));
	put(TRACEFS "/dynamic_events", op.c == 127 ? O_TRUNC : O_APPEND,
	    op.c == 127 ? "" : format("%s%s", prefix, description(op.b)));
}

static void do_group(struct op op)
{
	const char *path = format(TRACEFS "/user_events_groups/%s",
				  op.c == 255 ? "not-a-name" : groups[1 + op.b % 2]);

	if (op.a & 1)
		rmdir(path);
	else
		mkdir(path, 0750);
}

static void do_group_limit(struct op op)
{
	const char *value = op.c == 255 ? "x" : format("%u", op.c & 15);

	if (op.a & 1)
		put(group_file(1 + op.b % 2, "max"), 0, value);
	else
		put(group_file(1 + op.b % 2, "multi_format_only"), 0, op.c & 1 ? "1" : "0");
	get(group_file(1 + op.b % 2, op.a & 2 ? "max" : "multi_format_only"));
}

static void do_system_limit(struct op op)
{
	put("/proc/sys/kernel/user_events_max", 0, op.c & 3 ? "32768" : format("%u", op.c / 4));
}

/* Parent and child both execute the rest of the program */
static void do_fork(struct op op)
{
	if (depth >= 3 || op.a == 255)
		return;
	depth++;
	if (op.a & 1 ? vfork() : fork())
		return;
	if (op.a & 1)
		_exit(0);
	if (op.b & 1)
		usleep(op.c * 10);
}

static void one_op(void);

static void *thread(void *unused)
{
	one_op();
	return unused;
}

/* Executes the next operation in a thread, and perhaps one beside it */
static void do_thread(struct op op)
{
	pthread_t id;

	if (pthread_create(&id, NULL, thread, NULL))
		return;
	if (op.a & 1)
		pthread_join(id, NULL);
	else
		one_op();
}

static void do_exec(struct op op)
{
	if (op.a & 1)
		execl("/proc/self/exe", "abi-fuzz", "--end", NULL);
}

static void *some_pages(struct op op, size_t *len)
{
	*len = (1 + op.b % 3) * 4096;
	return pages + op.a % NR_PAGES * 4096;
}

static void do_protect(struct op op)
{
	static const int how[] = { PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE };
	size_t len;
	void *start = some_pages(op, &len);

	mprotect(start, len, how[PICK(how, op.c)]);
}

static void do_unmap(struct op op)
{
	size_t len;
	void *start = some_pages(op, &len);

	munmap(start, len);
	if (op.c & 1)
		mmap(start, len, PROT_READ | PROT_WRITE,
		     (op.c & 2 ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void do_advise(struct op op)
{
	static const int how[] = {
		MADV_DONTNEED, MADV_DONTFORK, MADV_WIPEONFORK, MADV_DOFORK, MADV_FREE,
		MADV_MERGEABLE, MADV_KEEPONFORK, MADV_PAGEOUT,
	};
	size_t len;
	void *start = some_pages(op, &len);

	madvise(start, len, how[PICK(how, op.c)]);
}

static void do_remap(struct op op)
{
	mremap(pages + op.a % NR_PAGES * 4096, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED,
	       pages + op.b % NR_PAGES * 4096);
}

/* Page faults there are not handled before RELEASE */
static void do_hold(struct op op)
{
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };
	size_t len;

	range.range.start = (uintptr_t)some_pages(op, &len);
	range.range.len = len;
	if (holder < 0) {
		holder = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
		ioctl(holder, UFFDIO_API, &api);
	}
	if (op.c & 1)
		madvise((void *)(uintptr_t)range.range.start, len, MADV_DONTNEED);
	ioctl(holder, UFFDIO_REGISTER, &range);
}

static void do_release(struct op op)
{
	struct uffdio_zeropage zero = { .range = { .len = 4096 } };
	size_t len;

	zero.range.start = (uintptr_t)some_pages(op, &len);
	if (op.c & 1) {
		ioctl(holder, UFFDIO_ZEROPAGE, &zero);
		return;
	}
	close(holder);
	holder = -1;
}

static void do_perf(struct op op)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_RAW,
	};
	const char *path = event_file(TRACEFS, op.b, op.c, "id");
	int fd = open(path, O_RDONLY | O_CLOEXEC), *perf = &perf_files[op.a % NR_FILES];
	char id[16] = "";

	if (fd < 0 || read(fd, id, sizeof(id) - 1) < 0)
		id[0] = '0';
	if (fd >= 0)
		close(fd);
	if (*perf >= 0)
		close(*perf);
	attr.config = atoi(id);
	*perf = syscall(SYS_perf_event_open, &attr, op.a & 64 ? -1 : 0, op.a & 64 ? 0 : -1, -1,
			PERF_FLAG_FD_CLOEXEC);
	if (*perf >= 0 && op.a & 128)
		mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, *perf, 0);
}

static void do_perf_close(struct op op)
{
	int *perf = &perf_files[op.a % NR_FILES];

	if (op.b & 1) {
		ioctl(*perf, op.b & 2 ? PERF_EVENT_IOC_DISABLE : PERF_EVENT_IOC_ENABLE, 0);
		return;
	}
	if (*perf >= 0)
		close(*perf);
	*perf = -1;
}

static void do_enable(struct op op)
{
	put(event_file(dirs[PICK(dirs, op.a)], op.a / 2, op.c, "enable"), 0, op.b & 1 ? "1" : "0");
}

static void do_filter(struct op op)
{
	put(event_file(dirs[PICK(dirs, op.a)], op.a / 2, op.c, "filter"), 0,
	    filters[PICK(filters, op.b)]);
}

static void do_trigger(struct op op)
{
	const char *path = event_file(dirs[PICK(dirs, op.a)], op.a / 2, op.c, "trigger");

	put(path, O_APPEND, triggers[PICK(triggers, op.b)]);
	get(path);
	get(event_file(dirs[PICK(dirs, op.a)], op.a / 2, op.c, "hist"));
}

static void do_read_trace(struct op op)
{
	if (op.b & 1)
		put(format("%s/trace", dirs[PICK(dirs, op.a)]), O_TRUNC, "");
	else
		get(format("%s/trace", dirs[PICK(dirs, op.a)]));
	get(event_file(TRACEFS, op.a / 2, op.c, "format"));
}

static void do_instance(struct op op)
{
	if (op.a & 1)
		rmdir(INSTANCE_DIR);
	else
		mkdir(INSTANCE_DIR, 0700);
}

static void do_probe(struct op op)
{
	if (op.a & 1)
		put(TRACEFS "/dynamic_events", O_APPEND, "-:fuzz_probes/probe");
	else
		put(TRACEFS "/dynamic_events", O_APPEND,
		    format("e:fuzz_probes/probe %s.%s", system_of(op.c & ~1),
			   names[PICK(names, op.b)]));
}

static void do_bpf(struct op op)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_TRACEPOINT,
		.insns = (uintptr_t)code,
		.insn_cnt = 2,
		.license = (uintptr_t)"GPL",
	};
	int fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	ioctl(perf_files[op.a % NR_FILES], PERF_EVENT_IOC_SET_BPF, fd);
	if (fd >= 0)
		close(fd);
}

/* Continues as a user who may only use the files that are open */
static void do_become(struct op op)
{
	if (op.a & 1 && setresuid(65534, 65534, 65534))
		return;
}

/* In the order of enum code */
static void (*const table[])(struct op op) = {
	do_open, do_close, do_register, do_unregister, do_delete, do_write, do_writev,
	do_uring, do_read_status, do_read_lists, do_set_user_event, do_dynamic, do_group,
	do_group_limit, do_system_limit, do_fork, do_thread, do_exec, do_protect, do_unmap,
	do_advise, do_remap, do_hold, do_release, do_perf, do_perf_close, do_enable,
	do_filter, do_trigger, do_read_trace, do_instance, do_probe, do_bpf, do_become,
};

_Static_assert(ARRAY_SIZE(table) == BECOME + 1, "a function for each code");

unsigned int count_codes(void)
{
	return ARRAY_SIZE(table);
}

static void one_op(void)
{
	unsigned int mine = __atomic_fetch_add(&at, 1, __ATOMIC_RELAXED);

	if (mine < running->nr)
		table[running->ops[mine].code](running->ops[mine]);
}

void run_program(const struct program *program)
{
	running = program;
	while (__atomic_load_n(&at, __ATOMIC_RELAXED) < program->nr)
		one_op();
	_exit(0);
}

void make_universe(void)
{
	int i;

	pages = mmap(NULL, NR_PAGES * 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	/* One page is shared, one can't be written, one is not mapped */
	mmap(pages + 5 * 4096, 4096, PROT_READ | PROT_WRITE,
	     MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	mprotect(pages + 6 * 4096, 4096, PROT_READ);
	munmap(pages + 7 * 4096, 4096);
	for (i = 0; i < NR_FILES; i++) {
		files[i] = -1;
		perf_files[i] = -1;
	}
	mkdir(INSTANCE_DIR, 0700);
}

/* Removes the triggers of an event in the top directory */
static void clean_triggers(uint8_t name, uint8_t system)
{
	char path[1024];
	unsigned int i;

	snprintf(path, sizeof(path), "%s", event_file(TRACEFS, name, system, "trigger"));
	if (access(path, F_OK))
		return;
	for (i = 0; i < ARRAY_SIZE(triggers); i++) {
		if (triggers[i][0] != '!')
			put(path, O_APPEND, format("!%s", triggers[i]));
	}
}

/* Removes all that programs may have left */
void clean_universe(void)
{
	uint8_t system, name;

	put(TRACEFS "/set_user_event", O_TRUNC, "");
	rmdir(INSTANCE_DIR);
	put(TRACEFS "/dynamic_events", O_APPEND, "-:fuzz_probes/probe");
	for (system = 0; system < 6; system++) {
		put(format(TRACEFS "/events/%s/enable", system_of(system)), 0, "0");
		for (name = 0; name < ARRAY_SIZE(names); name++)
			clean_triggers(name, system);
	}
	put(TRACEFS "/dynamic_events", O_TRUNC, "");
	rmdir(TRACEFS "/user_events_groups/fuzz_a");
	rmdir(TRACEFS "/user_events_groups/fuzz_b");
	put("/proc/sys/kernel/user_events_max", 0, "32768");
	mkdir(INSTANCE_DIR, 0700);
}
