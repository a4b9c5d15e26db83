/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Failing allocations on purpose: the kernel's fault injection, told by
 * fail-nth which one of the caller's next allocations is to fail.
 */

#ifndef SELFTESTS_USER_EVENTS_FAULT_H
#define SELFTESTS_USER_EVENTS_FAULT_H

#include "tracefs.h"

#define FAILSLAB	"/sys/kernel/debug/failslab"
#define FAIL_PAGE	"/sys/kernel/debug/fail_page_alloc"
#define FAIL_NTH	"/proc/thread-self/fail-nth"

struct fault_setting {
	const char *path;
	const char *wanted;
	char before[16];	/* empty: was not changed */
};

struct fault_settings {
	struct fault_setting list[4];
};

/* Makes sleeping allocations fail too, and the log stay calm. */
static inline int fault_open(struct fault_settings *faults)
{
	const struct fault_setting wanted[] = {
		{ FAILSLAB "/ignore-gfp-wait", "N", "" },
		{ FAILSLAB "/verbose", "0", "" },
		{ FAIL_PAGE "/ignore-gfp-wait", "N", "" },
		{ FAIL_PAGE "/verbose", "0", "" },
	};
	struct fault_setting *set;
	char *text;
	int err;

	if (access("/sys/kernel/debug/tracing", F_OK))
		mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	if (access(FAIL_NTH, W_OK) || access(FAILSLAB, F_OK))
		return -ENOENT;
	memcpy(faults->list, wanted, sizeof(wanted));
	for (set = faults->list; set < faults->list + 4; set++) {
		if (access(set->path, F_OK))
			continue;
		text = file_read(set->path);
		snprintf(set->before, sizeof(set->before), "%s", text ?: "");
		err = file_write(set->path, set->wanted);
		if (err)
			return err;
	}
	return 0;
}

static inline void fault_close(struct fault_settings *faults)
{
	struct fault_setting *set;

	for (set = faults->list; set < faults->list + 4; set++)
		if (set->before[0])
			file_write(set->path, set->before);
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
