/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Failing allocations on purpose: the kernel's fault injection, told by
 * fail-nth which one of the caller's next allocations is to fail.
 */

#ifndef SELFTESTS_USER_EVENTS_FAULT_H
#define SELFTESTS_USER_EVENTS_FAULT_H

#include "tracefs.h"

#if defined(__has_builtin) && __has_include("sys/rseq.h")
#include <sys/rseq.h>
#endif

#define FAILSLAB	"/sys/kernel/debug/failslab"
#define FAIL_PAGE	"/sys/kernel/debug/fail_page_alloc"
#define FAIL_NTH	"/proc/thread-self/fail-nth"

struct fault_setting {
	const char *path;
	char before[16];
};

struct fault_settings {
	struct fault_setting list[8];
	int count;
};

/* Writes @wanted to @path until fault_close(); what is not there is no error. */
static inline int fault_set(struct fault_settings *faults, const char *path,
			    const char *wanted)
{
	struct fault_setting *set = faults->list + faults->count;
	char *text;

	if (access(path, F_OK))
		return 0;
	text = file_read(path);
	set->path = path;
	snprintf(set->before, sizeof(set->before), "%s", text ?: "");
	faults->count++;
	return file_write(path, wanted);
}

/* Writes @count pairs of a path and what is wanted there, as fault_set() does. */
static inline int fault_set_all(struct fault_settings *faults,
				const char *const (*wanted)[2], int count)
{
	int err = 0, i;

	for (i = 0; i < count && !err; i++)
		err = fault_set(faults, wanted[i][0], wanted[i][1]);
	return err;
}

/* A stack that can't grow is the end of its process: let it have grown before. */
static inline void fault_grow_stack(void)
{
	char deep[1 << 16];

	memset(deep, 0, sizeof(deep));
	/* the compiler must not leave it out */
	asm volatile("" : : "r" (deep) : "memory");
}

/*
 * The kernel writes to a thread's rseq area when the thread goes on after it was
 * preempted, and ends its process by SIGSEGV if it can't: as it can't after a
 * fork, when the page must be copied and this is the allocation that fails.  The C
 * library does not tell in all versions which size the kernel was given, but it
 * is a multiple of the original one.
 */
static inline void fault_leave_rseq(void)
{
#ifdef RSEQ_SIG
#if __has_builtin(__builtin_thread_pointer)
	char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
	unsigned int size;

	if (!__rseq_size)
		return;
	for (size = 32; size <= 1024; size += 32)
		if (!syscall(__NR_rseq, area, size, RSEQ_FLAG_UNREGISTER, RSEQ_SIG))
			return;
#endif
#endif
}

/*
 * What there is to do before allocations of this thread, and of the processes
 * that it forks, may fail.
 */
static inline void fault_prepare(void)
{
	fault_grow_stack();
	fault_leave_rseq();
	if (access("/sys/kernel/debug/tracing", F_OK))
		mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
}

/* Makes sleeping allocations fail too, and the log stay calm. */
static inline int fault_open(struct fault_settings *faults)
{
	const char *const wanted[][2] = {
		{ FAILSLAB "/ignore-gfp-wait", "N" },
		{ FAILSLAB "/verbose", "0" },
		{ FAIL_PAGE "/ignore-gfp-wait", "N" },
		{ FAIL_PAGE "/verbose", "0" },
	};

	fault_prepare();
	if (access(FAIL_NTH, W_OK) || access(FAILSLAB, F_OK))
		return -ENOENT;
	return fault_set_all(faults, wanted, ARRAY_SIZE(wanted));
}

/* Single pages fail too, those of user memory among them. */
static inline int fault_open_pages(struct fault_settings *faults)
{
	const char *const wanted[][2] = {
		{ FAIL_PAGE "/ignore-gfp-highmem", "N" },
		{ FAIL_PAGE "/min-order", "0" },
	};

	if (access(FAIL_PAGE, F_OK))
		return -ENOENT;
	return fault_set_all(faults, wanted, ARRAY_SIZE(wanted));
}

static inline void fault_close(struct fault_settings *faults)
{
	while (faults->count--)
		file_write(faults->list[faults->count].path,
			   faults->list[faults->count].before);
}

/* The calling thread's @nth allocation from now on fails; 0: none. */
static inline int fault_arm(int fd, int nth)
{
	char text[16];
	const int size = snprintf(text, sizeof(text), "%d", nth);

	return pwrite(fd, text, size, 0) == size ? 0 : -errno;
}

/* Ends it; whether an allocation was made to fail. */
static inline bool fault_disarm(int fd)
{
	char text[16] = "";
	bool hit;

	hit = pread(fd, text, sizeof(text) - 1, 0) > 0 && atoi(text) == 0;
	fault_arm(fd, 0);
	return hit;
}

#endif
