/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ioctls of user_events_data as functions: each returns what the ioctl
 * gives, or a negative errno, and leaves all judgement to the test.
 */

#ifndef SELFTESTS_USER_EVENTS_EVENT_H
#define SELFTESTS_USER_EVENTS_EVENT_H

#include <errno.h>
#include <stdint.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/user_events.h>
#include "../kselftest_harness.h"

/* A busy machine that emulates the CPU is slow: the default of 30 s is for others. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 120

#define SINGLE	0
#define MULTI	USER_EVENT_REG_MULTI_FORMAT
#define PERSIST	USER_EVENT_REG_PERSIST

/* A formatted string; never freed, a test is a short-lived process. */
static inline __printf(1, 2) char *say(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	return text;
}

static inline int event_ioctl(int fd, unsigned long cmd, const void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? -errno : 0;
}

/* A registration as most programs write it: bit @bit of a 32-bit value. */
static inline struct user_reg event_reg(const char *text, const void *addr,
					int bit)
{
	return (struct user_reg) {
		.size = sizeof(struct user_reg),
		.enable_bit = bit,
		.enable_size = 4,
		.enable_addr = (uintptr_t)addr,
		.name_args = (uintptr_t)text,
	};
}

/* Returns the write index or a negative errno. */
static inline int event_register(int fd, const char *text, const void *addr,
				 int bit, int flags)
{
	struct user_reg reg = event_reg(text, addr, bit);
	int err;

	reg.flags = flags;
	err = event_ioctl(fd, DIAG_IOCSREG, &reg);
	return err ?: (int)reg.write_index;
}

static inline int event_unregister(int fd, const void *addr, int bit)
{
	const struct user_unreg unreg = {
		.size = sizeof(unreg),
		.disable_bit = bit,
		.disable_addr = (uintptr_t)addr,
	};

	return event_ioctl(fd, DIAG_IOCSUNREG, &unreg);
}

/* One write of a payload behind an index: its length with both, or -errno. */
static inline int event_emit(int fd, int index, const void *payload,
			     size_t size)
{
	const struct iovec iov[] = {
		{ .iov_base = &index, .iov_len = sizeof(index) },
		{ .iov_base = (void *)payload, .iov_len = size },
	};
	const ssize_t ret = writev(fd, iov, 2);

	return ret < 0 ? -errno : ret;
}

static inline int event_delete(int fd, const char *name)
{
	return event_ioctl(fd, DIAG_IOCSDEL, name);
}

#endif
