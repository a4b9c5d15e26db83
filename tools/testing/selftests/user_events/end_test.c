// SPDX-License-Identifier: GPL-2.0
/*
 * Checks unusual ways in which an address space ends.  Its registrations must
 * be gone when wait() returns, or when the last task that used it in another
 * way releases it, so that a following request does not fail because of them.
 */

#include <linux/elf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <sys/resource.h>
#include "common.h"
#include "cgroup.h"
#include "swap.h"

#ifndef __NR_pidfd_open
#define __NR_pidfd_open 434
#endif
#ifndef __NR_process_mrelease
#define __NR_process_mrelease 448
#endif

#if __SIZEOF_POINTER__ == 8
#define elf_hdr		elf64_hdr
#define elf_phdr	elf64_phdr
#else
#define elf_hdr		elf32_hdr
#define elf_phdr	elf32_phdr
#endif

#define CORE_PATTERN "/proc/sys/kernel/core_pattern"

FIXTURE(end)
{
	struct stage stage;
	char core_pattern[128];	/* as it was, or empty */
	char *two;		/* another layout of the stage's name */
	__u32 *shared;		/* a page shared with children */
};

FIXTURE_SETUP(end)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	self->two = say("%s u64 two", self->stage.name);
	self->shared = map_pages(1, MAP_SHARED);
}

FIXTURE_TEARDOWN_PARENT(end)
{
	if (self->core_pattern[0])
		file_write(CORE_PATTERN, self->core_pattern);
	unlink(say("/tmp/%s.core", self->stage.name));
	cgroup_remove(self->stage.name);
	stage_clean(&self->stage);
}

/* A process registers with a file of its own, which ends with it. */
static int register_own(struct stage *stage)
{
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);

	return event_register(fd, stage->name, stage->word, 0, SINGLE);
}

/* Has the bits mirrored while it goes on, by a job where the page is absent. */
static int toggle_twice(struct stage *stage)
{
	return event_trace(SYSTEM, stage->name, true) ?:
	       event_trace(SYSTEM, stage->name, false);
}

/* A program that the kernel finds to be bad when there is no way back. */
static int make_bad_program(void)
{
	const int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const int fd = syscall(__NR_memfd_create, "bad", 1 /* MFD_CLOEXEC */);
	const ssize_t size = 1 << 16;
	char *file = calloc(1, size);
	struct elf_hdr *head = (void *)file;
	struct elf_phdr *segment;
	ssize_t got;
	int i;

	got = read(self, file, size);
	close(self);
	if (fd < 0 || got < (ssize_t)sizeof(*head))
		return -1;
	segment = (void *)(file + head->e_phoff);
	for (i = 0; i < head->e_phnum; i++) {
		if (segment[i].p_type != PT_LOAD)
			continue;
		/* more in the file than in memory: -EINVAL once it is mapped */
		segment[i].p_memsz = segment[i].p_filesz / 2;
		break;
	}
	return write(fd, file, got) == got ? fd : -1;
}

static int exec_bad_program(struct stage *stage)
{
	char *const args[] = { "bad", NULL };
	const int fd = make_bad_program();

	if (fd < 0)
		return 1;
	if (register_own(stage))
		return 2;
	syscall(__NR_execveat, fd, "", args, NULL, AT_EMPTY_PATH);
	return 3;
}

/* It passed before. */
TEST_F(end, exec_that_fails_half_way)
{
	pid_t child;
	int i;

	for (i = 0; i < 5; i++) {
		child = spawn();
		if (!child)
			_exit(exec_bad_program(&self->stage));
		ASSERT_EQ(-SIGSEGV, reap(child));
		ASSERT_EQ(0, event_try(self->two, SINGLE));
	}
}

static void *sleep_thread(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static int dump_core(struct stage *stage, __u32 *told)
{
	const struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	pthread_t thread;

	if (setrlimit(RLIMIT_CORE, &limit) || register_own(stage) ||
	    madvise(stage->word, getpagesize(), MADV_DONTNEED) ||
	    pthread_create(&thread, NULL, sleep_thread, NULL))
		return 1;
	store32(told, 1);
	abort();
}

/* Dumps cores to @pattern; what was there before goes to @before. */
static int set_core_pattern(const char *pattern, char *before, size_t size)
{
	char *text = file_read(CORE_PATTERN);

	if (!text)
		return -errno;
	snprintf(before, size, "%s", text);
	free(text);
	return file_write(CORE_PATTERN, pattern);
}

/* Toggles while the core is dumped; *@told is 1 once the child is at it. */
static void core_dump(struct __test_metadata *_metadata,
		      struct stage *stage, __u32 *told)
{
	const char *two = say("%s u64 two", stage->name);
	pid_t child;
	int i, ret;

	for (i = 0; i < 3; i++) {
		store32(told, 0);
		child = spawn();
		if (!child)
			_exit(dump_core(stage, told));
		ASSERT_TRUE(wait32(told, 1));
		ret = toggle_twice(stage);
		/* or the dump has ended, and with it the only user */
		EXPECT_TRUE(!ret || ret == -ENOENT || ret == -ENODEV);
		ASSERT_EQ(-SIGABRT, reap(child));
		ASSERT_EQ(0, event_try(two, SINGLE)) {
			TH_LOG("round %d", i);
		}
	}
}

/* Both passed before. */
TEST_F(end, core_dump_to_a_file)
{
	const char *path = say("/tmp/%s.core", self->stage.name);

	if (set_core_pattern(path, self->core_pattern,
			     sizeof(self->core_pattern)))
		SKIP(return, "no " CORE_PATTERN);
	core_dump(_metadata, &self->stage, self->shared);
	EXPECT_EQ(0, access(path, F_OK)) {
		TH_LOG("no core was dumped");
	}
}

TEST_F(end, core_dump_to_a_program)
{
	if (set_core_pattern("|/bin/dd of=/dev/null", self->core_pattern,
			     sizeof(self->core_pattern)))
		SKIP(return, "no " CORE_PATTERN);
	core_dump(_metadata, &self->stage, self->shared);
}

#define MEMORY_SIZE (4 << 20)

static int have_memory(struct stage *stage, __u32 *told)
{
	char *memory;

	memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED || register_own(stage))
		return 1;
	store32(told, 1);
	for (;;)
		pause();
}

/* It passed before. */
TEST_F(end, process_mrelease)
{
	int i, pidfd, released = 0;
	pid_t child;

	syscall(__NR_process_mrelease, -1, 0);
	if (errno != EBADF)
		SKIP(return, "no process_mrelease()");
	for (i = 0; i < 5; i++) {
		store32(self->shared, 0);
		child = spawn();
		if (!child)
			_exit(have_memory(&self->stage, self->shared));
		ASSERT_TRUE(wait32(self->shared, 1));
		pidfd = syscall(__NR_pidfd_open, child, 0);
		ASSERT_LE(0, pidfd);
		EXPECT_EQ(0, toggle_twice(&self->stage));
		kill(child, SIGKILL);
		released += !syscall(__NR_process_mrelease, pidfd, 0);
		ASSERT_EQ(-SIGKILL, reap(child));
		ASSERT_EQ(0, event_try(self->two, SINGLE)) {
			TH_LOG("round %d", i);
		}
		close(pidfd);
	}
	TH_LOG("%d of %d were released", released, i);
}

static int use_up_memory(struct stage *stage)
{
	char *memory;

	if (cgroup_enter(stage->name) || register_own(stage))
		return 1;
	for (;;) {
		memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
			      0);
		if (memory == MAP_FAILED)
			return 2;
		memset(memory, 1, MEMORY_SIZE);
	}
}

/* It passed before. */
TEST_F(end, out_of_memory)
{
	pid_t child;
	int i;

	if (cgroup_make(self->stage.name))
		SKIP(return, "no memory cgroup");
	cgroup_write(self->stage.name, "memory.swap.max", "0");
	ASSERT_EQ(0, cgroup_write(self->stage.name, "memory.max", "8M"));
	for (i = 0; i < 3; i++) {
		child = spawn();
		if (!child)
			_exit(use_up_memory(&self->stage));
		ASSERT_EQ(-SIGKILL, reap(child));
		ASSERT_EQ(0, event_try(self->two, SINGLE)) {
			TH_LOG("round %d", i);
		}
	}
}

/* Somebody else reads the memory of a process, and is stopped at it. */

FIXTURE(end_reader)
{
	struct stage stage;
	__u32 *shared;
};

FIXTURE_VARIANT(end_reader)
{
	bool proc_mem;
};

FIXTURE_VARIANT_ADD(end_reader, process_vm_readv)
{
	.proc_mem = false,
};

FIXTURE_VARIANT_ADD(end_reader, proc_mem)
{
	.proc_mem = true,
};

FIXTURE_SETUP(end_reader)
{
	const int uffd = hold_open();

	close(uffd);
	if (!stage_open(_metadata, &self->stage))
		return;
	if (uffd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(-uffd));
	self->shared = map_pages(1, MAP_SHARED);
}

FIXTURE_TEARDOWN_PARENT(end_reader)
{
	stage_clean(&self->stage);
}

struct reading {
	void *page;
	int uffd;
	__u32 *told;
};

/* Says that the reader is stopped, and lets it go when told to. */
static void *let_read(void *arg)
{
	struct reading *reading = arg;

	if (!wait_fault(reading->uffd, PATIENCE_MS))
		_exit(10);
	store32(reading->told, 1);
	if (!wait32(reading->told, 2))
		_exit(11);
	if (let_come(reading->uffd, reading->page))
		_exit(12);
	return NULL;
}

static ssize_t read_memory(pid_t pid, void *to, void *from, bool proc_mem)
{
	const struct iovec local = { .iov_base = to, .iov_len = 4 };
	const struct iovec remote = { .iov_base = from, .iov_len = 4 };
	int fd;

	if (!proc_mem)
		return process_vm_readv(pid, &local, 1, &remote, 1, 0);
	fd = open(say("/proc/%d/mem", pid), O_RDONLY | O_CLOEXEC);
	return syscall(__NR_pread64, fd, to, 4,
#if __SIZEOF_LONG__ == 4
		       (unsigned long)from, 0);
#else
		       from);
#endif
}

static int read_and_stop(pid_t pid, void *from, __u32 *told, bool proc_mem)
{
	struct reading reading = {
		.page = map_pages(1, MAP_PRIVATE),
		.told = told,
	};
	pthread_t thread;
	ssize_t got;

	reading.uffd = hold_back(reading.page);
	if (reading.uffd < 0 ||
	    pthread_create(&thread, NULL, let_read, &reading))
		return 1;
	got = read_memory(pid, reading.page, from, proc_mem);
	pthread_join(thread, NULL);
	store32(told, 3);
	if (!wait32(told, 4))
		return 2;
	return got == 4 ? 0 : 3;
}

static int register_and_wait(struct stage *stage, __u32 *told)
{
	if (register_own(stage))
		return 1;
	store32(told, 1);
	for (;;)
		pause();
}

/*
 * The address space lives on with its reader, and no longer.  It passed before:
 * this reader holds it for a moment only.
 */
TEST_F(end_reader, holds_it)
{
	const char *two = say("%s u64 two", self->stage.name);
	__u32 *told = self->shared + 1;
	pid_t child, reader;

	child = spawn();
	if (!child)
		_exit(register_and_wait(&self->stage, self->shared));
	ASSERT_TRUE(wait32(self->shared, 1));
	reader = spawn();
	if (!reader)
		_exit(read_and_stop(child, self->stage.word, told,
				    variant->proc_mem));
	ASSERT_TRUE(wait32(told, 1));
	kill(child, SIGKILL);
	ASSERT_EQ(-SIGKILL, reap(child));
	EXPECT_EQ(-EADDRINUSE, event_try(two, SINGLE));
	EXPECT_EQ(0, toggle_twice(&self->stage));
	EXPECT_EQ(-EADDRINUSE, event_try(two, SINGLE));
	store32(told, 2);
	ASSERT_TRUE(wait32(told, 3));
	EXPECT_EQ(0, event_try(two, SINGLE));
	store32(told, 4);
	EXPECT_EQ(0, reap(reader));
}

/* Has a worker of an io_uring read from a pipe. */
static int start_worker(int fd, const struct io_uring_params *params, int in)
{
	static char byte;
	const size_t page = getpagesize();
	struct io_uring_sqe *entry;
	char *ring;

	ring = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    IORING_OFF_SQ_RING);
	entry = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		     IORING_OFF_SQES);
	if (ring == MAP_FAILED || entry == MAP_FAILED)
		return -errno;
	entry->opcode = IORING_OP_READ;
	entry->flags = IOSQE_ASYNC;
	entry->fd = in;
	entry->addr = (uintptr_t)&byte;
	entry->len = 1;
	store32(ring + params->sq_off.array, 0);
	store32(ring + params->sq_off.tail, 1);
	return syscall(__NR_io_uring_enter, fd, 1, 0, 0, NULL, 0) == 1 ?
	       0 : -EIO;
}

static int count_tasks(void)
{
	struct dirent *entry;
	int count = 0;
	DIR *dir;

	dir = opendir("/proc/self/task");
	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return count;
}

static int exit_with_worker(struct stage *stage)
{
	struct io_uring_params params = { 0 };
	int patience = PATIENCE_MS, pipes[2], ring;

	ring = syscall(__NR_io_uring_setup, 1, &params);
	if (ring < 0)
		return 100;
	if (pipe(pipes) || register_own(stage))
		return 1;
	if (start_worker(ring, &params, pipes[0]))
		return 2;
	while (count_tasks() < 2)
		if (!wait_more(&patience))
			return 3;
	return 0;
}

/* It passed before. */
TEST_F(end, worker_of_an_io_uring_in_flight)
{
	pid_t child;
	int i, ret;

	for (i = 0; i < 5; i++) {
		child = spawn();
		if (!child)
			_exit(exit_with_worker(&self->stage));
		ret = reap(child);
		if (ret == 100)
			SKIP(return, "no io_uring");
		ASSERT_EQ(0, ret);
		ASSERT_EQ(0, event_try(self->two, SINGLE)) {
			TH_LOG("round %d", i);
		}
	}
}

#define VHOST_SET_OWNER			_IO(0xAF, 0x01)
#define VHOST_SET_FORK_FROM_OWNER	_IOW(0xAF, 0x84, __u8)

static int own_vhost(struct stage *stage, int vhost)
{
	__u8 no = 0;

	if (register_own(stage))
		return 1;
	/* A kernel thread that uses the memory, where a vhost may have one. */
	ioctl(vhost, VHOST_SET_FORK_FROM_OWNER, &no);
	return ioctl(vhost, VHOST_SET_OWNER) ? 2 : 0;
}

/*
 * Whoever has the device open holds the memory of its owner.  It passed before
 * on 6.12, where a vhost device has no kernel thread.
 */
TEST_F(end, kernel_thread_that_uses_the_memory)
{
	const int vhost = open("/dev/vhost-vsock", O_RDWR | O_CLOEXEC);
	pid_t child;

	if (vhost < 0)
		SKIP(return, "no /dev/vhost-vsock: %s", strerror(errno));
	child = spawn();
	if (!child)
		_exit(own_vhost(&self->stage, vhost));
	ASSERT_EQ(0, reap(child));
	EXPECT_EQ(-EADDRINUSE, event_try(self->two, SINGLE));
	EXPECT_EQ(0, toggle_twice(&self->stage));
	EXPECT_EQ(-EADDRINUSE, event_try(self->two, SINGLE));
	close(vhost);
	EXPECT_EQ(0, event_try(self->two, SINGLE));
}

/*
 * A process that shares the memory is about to end when the first registration
 * comes: it is past most of its exit, but still has the memory.
 */

struct late {
	struct stage *stage;
	__u32 *told;		/* 1: end, 2: register, and end */
	__u32 *heir;		/* the other's pid */
};

static int end_when_told(void *arg)
{
	struct late *late = arg;

	wait32(late->told, 1);
	syscall(__NR_exit, 0);
	return 0;
}

static int register_late(struct late *late)
{
	const size_t size = 1 << 16;
	char *stack = map_pages(size / getpagesize(), MAP_PRIVATE);
	int pid;

	pid = clone(end_when_told, stack + size, CLONE_VM | SIGCHLD, late);
	if (pid < 0)
		return 1;
	store32(late->heir, pid);
	if (!wait32(late->told, 2))
		return 2;
	return register_own(late->stage) ? 3 : 0;
}

static int count_cpu_clock(pid_t pid)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = 1000000,
		.exclude_kernel = 1,
	};

	return syscall(__NR_perf_event_open, &attr, pid, -1, -1,
		       PERF_FLAG_FD_CLOEXEC);
}

struct stop {
	pthread_t thread;
	int perf;
	void *page;
};

/* Holds what an exiting task has to take until the page comes. */
static void *hold_perf_context(void *arg)
{
	struct stop *stop = arg;

	ioctl(stop->perf, PERF_EVENT_IOC_PERIOD, stop->page);
	return NULL;
}

static char task_state(pid_t pid)
{
	char *text = file_read(say("/proc/%d/stat", pid));
	const char *end = text ? strrchr(text, ')') : NULL;

	return end ? end[2] : '\0';
}

/* Whether it sleeps and can't be woken, a while after it was told to end. */
static bool is_stopped(pid_t pid)
{
	int patience = PATIENCE_MS;

	while (task_state(pid) != 'D')
		if (!wait_more(&patience))
			return false;
	return true;
}

/*
 * Before, the event was busy for ever if the other task took 25 s to end, which
 * this does not wait for; else it passed.
 */
TEST_F(end, task_that_was_leaving_at_the_first_registration)
{
	struct late late = {
		.stage = &self->stage,
		.told = self->shared,
		.heir = self->shared + 1,
	};
	struct stop stop = { .page = map_pages(1, MAP_PRIVATE) };
	pid_t child, heir;
	int patience = PATIENCE_MS, uffd;

	uffd = hold_back(stop.page);
	if (uffd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(-uffd));
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	child = spawn();
	if (!child)
		_exit(register_late(&late));
	while (!load32(late.heir) && wait_more(&patience))
		;
	heir = load32(late.heir);
	ASSERT_LT(0, heir);

	stop.perf = count_cpu_clock(heir);
	if (stop.perf < 0)
		SKIP(return, "no perf: %s", strerror(errno));
	ASSERT_EQ(0, pthread_create(&stop.thread, NULL, hold_perf_context,
				    &stop));
	ASSERT_TRUE(wait_fault(uffd, PATIENCE_MS) == stop.page);
	store32(late.told, 1);
	EXPECT_TRUE(is_stopped(heir));
	store32(late.told, 2);
	EXPECT_EQ(0, reap(child));
	EXPECT_EQ(0, toggle_twice(&self->stage));
	EXPECT_EQ(0, let_come(uffd, stop.page));
	pthread_join(stop.thread, NULL);
	EXPECT_EQ(0, reap(heir));
	EXPECT_EQ(0, event_try(self->two, SINGLE));
}

/* Memory on a swap device that goes. */

FIXTURE(end_swapoff)
{
	struct stage stage;
	char device[32];
	__u32 *shared;
};

FIXTURE_SETUP(end_swapoff)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	self->shared = map_pages(1, MAP_SHARED);
	if (has_swap())
		SKIP(return, "there is swap that is in use");
	if (swap_on_loop(self->device, sizeof(self->device))) {
		self->device[0] = '\0';
		SKIP(return, "no loop device to make swap");
	}
}

FIXTURE_TEARDOWN_PARENT(end_swapoff)
{
	stage_clean(&self->stage);
	if (!self->device[0])
		return;
	swapoff(self->device);
	loop_free(self->device);
}

#define SWAPPED_PAGES 256

static int have_swapped(struct stage *stage, __u32 *told)
{
	const size_t size = getpagesize();
	char *area = map_pages(SWAPPED_PAGES, MAP_PRIVATE);
	int i;

	for (i = 0; i < SWAPPED_PAGES; i++)
		area[i * size + 8] = i | 1;
	*stage->word = 0;
	stage->word[1] = 1;
	if (register_own(stage))
		return 1;
	madvise(area, SWAPPED_PAGES * size, MADV_PAGEOUT);
	if (!swap_out(stage->word))
		return 100;
	store32(told, 1);
	return wait32(told, 2) ? 0 : 2;
}

static void *swap_off(void *arg)
{
	return (void *)(long)(swapoff(arg) ? -errno : 0);
}

/* It passed before. */
TEST_F(end_swapoff, while_it_toggles_and_exits)
{
	const char *two = say("%s u64 two", self->stage.name);
	pthread_t thread;
	pid_t child;
	void *ret;
	int i;

	for (i = 0; i < 4; i++) {
		store32(self->shared, 0);
		child = spawn();
		if (!child)
			_exit(have_swapped(&self->stage, self->shared));
		if (!wait32(self->shared, 1)) {
			EXPECT_EQ(100, reap(child));
			SKIP(return, "the page does not go to swap");
		}
		if (i % 2)
			ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name,
						 true));
		ASSERT_EQ(0, pthread_create(&thread, NULL, swap_off,
					    self->device));
		EXPECT_EQ(0, i % 2 ? event_trace(SYSTEM, self->stage.name,
						 false) :
			     toggle_twice(&self->stage));
		store32(self->shared, 2);
		EXPECT_EQ(0, reap(child));
		pthread_join(thread, &ret);
		EXPECT_EQ(0, (long)ret);
		EXPECT_EQ(0, event_try(two, SINGLE)) {
			TH_LOG("round %d", i);
		}
		ASSERT_EQ(0, swapon(self->device, 0));
	}
}

TEST_HARNESS_MAIN
