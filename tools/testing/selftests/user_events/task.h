/* SPDX-License-Identifier: GPL-2.0 */
/* Threads, children, capabilities, and waiting for a bit. */

#ifndef SELFTESTS_USER_EVENTS_TASK_H
#define SELFTESTS_USER_EVENTS_TASK_H

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include "event.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif

/* How long something that the kernel may defer is waited for; none fails in passing. */
#define PATIENCE_MS 20000

static inline void pause_ms(int ms)
{
	const struct timespec ts = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000L,
	};

	nanosleep(&ts, NULL);
}

static inline __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/*
 * Pauses before another look at something that the kernel may defer, while @patience,
 * PATIENCE_MS at first, lasts.  Looks are counted and not time, which passes for a
 * machine that stands still, too.
 */
static inline bool wait_more(int *patience)
{
	if (!*patience)
		return false;
	--*patience;
	pause_ms(1);
	return true;
}

/*
 * Whether to try again what has failed with @err: children that a test has left are
 * killed as it ends, and let go of what they use a little later.
 */
static inline bool is_still_busy(int err, int *patience)
{
	return err == -EBUSY && wait_more(patience);
}

static inline __u32 load32(const void *addr)
{
	return __atomic_load_n((const __u32 *)addr, __ATOMIC_ACQUIRE);
}

static inline void store32(void *addr, __u32 value)
{
	__atomic_store_n((__u32 *)addr, value, __ATOMIC_RELEASE);
}

/* Waits until the 32-bit value at @addr is @value. */
static inline bool wait32(const void *addr, __u32 value)
{
	int patience = PATIENCE_MS;

	while (load32(addr) != value)
		if (!wait_more(&patience))
			return false;
	return true;
}

/* Zeroed memory, private or shared with children to come; never NULL. */
static inline void *map_pages(int count, int flags)
{
	void *page = mmap(NULL, count * getpagesize(), PROT_READ | PROT_WRITE,
			  MAP_ANONYMOUS | flags, -1, 0);

	if (page == MAP_FAILED)
		abort();
	return page;
}

/* A child that does not outlive its parent. */
static inline pid_t spawn(void)
{
	const pid_t parent = getpid();
	const pid_t child = fork();

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
	}
	return child;
}

/* A userfaultfd, or a negative errno. */
static inline int hold_open(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	const int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (ioctl(fd, UFFDIO_API, &api)) {
		close(fd);
		return -EIO;
	}
	return fd;
}

/*
 * Holds pages back that are absent: whoever touches one waits until the
 * descriptor is closed or provides it.
 */
static inline int hold_pages(int fd, void *pages, int count)
{
	struct uffdio_register range = {
		.range = { (uintptr_t)pages, count * getpagesize() },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	return ioctl(fd, UFFDIO_REGISTER, &range) ? -errno : 0;
}

/* The same of one page, with a descriptor of its own. */
static inline int hold_back(void *page)
{
	const int fd = hold_open();

	if (fd < 0)
		return fd;
	if (hold_pages(fd, page, 1)) {
		close(fd);
		return -EIO;
	}
	return fd;
}

/* Provides a page that is held back, zeroed. */
static inline int let_come(int fd, void *page)
{
	struct uffdio_zeropage zero = {
		.range = { (uintptr_t)page, getpagesize() },
	};

	return ioctl(fd, UFFDIO_ZEROPAGE, &zero) ? -errno : 0;
}

/* The page that somebody waits for, or NULL if nobody does for @ms. */
static inline void *wait_fault(int fd, int ms)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	struct uffd_msg msg;

	if (poll(&ready, 1, ms) != 1 ||
	    read(fd, &msg, sizeof(msg)) != sizeof(msg))
		return NULL;
	return (void *)(uintptr_t)(msg.arg.pagefault.address &
				   ~(__u64)(getpagesize() - 1));
}

/*
 * Waits for a child's end, but not for ever: as reap(), or -ETIMEDOUT, and the
 * child is still there.
 */
static inline int reap_within(pid_t child, int ms)
{
	int status;

	while (waitpid(child, &status, __WALL | WNOHANG) != child)
		if (!wait_more(&ms))
			return -ETIMEDOUT;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* The exit code of a child, or the negated signal that ended it. */
static inline int reap(pid_t child)
{
	int status;

	while (waitpid(child, &status, __WALL) != child)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

struct thread_call {
	int (*run)(void *arg);
	void *arg;
	int ret;
};

static void *thread_call_run(void *data)
{
	struct thread_call *call = data;

	call->ret = call->run(call->arg);
	return NULL;
}

/* Runs @run in a thread that is gone when this returns. */
static inline int in_thread(int (*run)(void *arg), void *arg)
{
	struct thread_call call = { .run = run, .arg = arg };
	pthread_t thread;
	int err;

	err = pthread_create(&thread, NULL, thread_call_run, &call);
	if (err)
		return -err;
	pthread_join(thread, NULL);
	return call.ret;
}

static inline void pin_to_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* Leaves the calling thread the capabilities of the bit mask @keep only. */
static inline int keep_caps(__u64 keep)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	const struct __user_cap_data_struct data[2] = {
		{ .effective = keep, .permitted = keep },
		{ .effective = keep >> 32, .permitted = keep >> 32 },
	};

	return syscall(__NR_capset, &header, data) ? -errno : 0;
}

static inline __u64 cap_bit(int cap)
{
	return 1ULL << cap;
}

/* Becomes a user that nothing but open files lets in. */
static inline int become_nobody(void)
{
	const int id = 65534;

	return setresgid(id, id, id) || setresuid(id, id, id) ? -errno : 0;
}

#endif
