/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Processes that do as they are told: each waits at a pipe for the number of an
 * order that stands in memory shared by all, and answers at another pipe.
 */

#ifndef SELFTESTS_USER_EVENTS_MODEL_TASK_H
#define SELFTESTS_USER_EVENTS_MODEL_TASK_H

#include <linux/sched.h>
#include "model.h"
#include "task.h"
#include "tracefs.h"

#define TASK_PATIENCE_MS 60000

struct order;

/* What a process can be told; returns what the order gives, or -errno. */
typedef int (*task_call)(struct order *order);

struct order {
	task_call call;		/* NULL: end */
	int slot;
	int place;		/* or the task that a fork becomes */
	int flags;
	int index;
	int size;
	bool bad_address;
	char path[256];
	char text[256];
	int ret;
	int bit;		/* of a place, once it is registered */
	int fd;			/* that a slot has been opened as */
};

struct task_pipes {
	int order[2];
	int answer[2];
};

struct tasks {
	struct order *orders;			/* shared, one for each */
	struct task_pipes pipes[MODEL_TASKS];
	pid_t pids[MODEL_TASKS];
	char *area;				/* has the places; private */
	int fds[MODEL_SLOTS];			/* of the process itself */
	int self;
};

/* Each process has a copy of its own. */
static struct tasks tasks;

/*
 * Places: four on each of two pages, two of them in one value.  Behind those is
 * a page that can't be written to.
 */

static inline int place_size(int place)
{
	return place % 4 == 3 ? sizeof(long) : 4;
}

static inline int place_offset(int place)
{
	static const int offsets[] = { 0, 0, 8, 16 };

	return place / 4 * getpagesize() + offsets[place % 4];
}

static inline int place_bit(int place)
{
	static const int bits[] = { 0, 31, 7 };

	return place % 4 == 3 ? place_size(place) * 8 - 1 : bits[place % 4];
}

/* Bytes on each page that are looked at, with some that nobody registers. */
#define PLACES_SIZE 32

/* The 32 bits that a place's bit is in, and where in those. */
static inline __u32 *place_word(char *area, int place, __u32 *mask)
{
	__u32 *word = (__u32 *)(area + place_offset(place));
	int part = place_bit(place) / 32;

	*mask = 1U << place_bit(place) % 32;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	part = place_size(place) / 4 - 1 - part;
#endif
	return word + part;
}

/* What the places are in, with the bits of @set; the rest never changes. */
static inline void places_fill(char *area, unsigned int set)
{
	__u32 *word, mask;
	int i;

	for (i = 0; i < 2; i++)
		memset(area + i * getpagesize(), 0x5a, PLACES_SIZE);
	for (i = 0; i < MODEL_PLACES; i++) {
		word = place_word(area, i, &mask);
		*word = set & 1 << i ? *word | mask : *word & ~mask;
	}
}

static inline bool place_is_set(int place)
{
	__u32 mask;

	return load32(place_word(tasks.area, place, &mask)) & mask;
}

/*
 * In the process.
 */

static inline int task_open(struct order *order)
{
	order->fd = open(order->path, O_RDWR | O_CLOEXEC);
	if (order->fd < 0)
		return -errno;
	tasks.fds[order->slot] = order->fd;
	return 0;
}

static inline int task_close(struct order *order)
{
	return close(tasks.fds[order->slot]) ? -errno : 0;
}

static inline int task_register(struct order *order)
{
	struct user_reg reg = event_reg(order->text, tasks.area +
					place_offset(order->place),
					place_bit(order->place));
	int ret;

	reg.enable_size = place_size(order->place);
	reg.flags = order->flags;
	if (order->bad_address)
		reg.enable_addr = (uintptr_t)tasks.area + 2 * getpagesize();
	ret = event_ioctl(tasks.fds[order->slot], DIAG_IOCSREG, &reg);
	order->bit = place_is_set(order->place);
	return ret ?: (int)reg.write_index;
}

static inline int task_unregister(struct order *order)
{
	int ret = event_unregister(tasks.fds[order->slot], tasks.area +
				   place_offset(order->place),
				   place_bit(order->place));

	order->bit = place_is_set(order->place);
	return ret;
}

static inline int task_emit(struct order *order)
{
	const char payload[256] = {};

	return event_emit(tasks.fds[order->slot], order->index, payload,
			  order->size);
}

static inline int task_delete(struct order *order)
{
	return event_delete(tasks.fds[order->slot], order->text);
}

static inline int task_write(struct order *order)
{
	return file_write(order->path, order->text);
}

static inline int task_truncate(struct order *order)
{
	return file_truncate(order->path);
}

static inline int task_drop_caps(struct order *order)
{
	return keep_caps(0);
}

static inline void task_answer(void)
{
	if (write(tasks.pipes[tasks.self].answer[1], "", 1) != 1)
		_exit(1);
}

/* The child is its parent's sibling: all of them are waited for by one process. */
static inline int task_fork(struct order *order)
{
	struct clone_args args = { .flags = CLONE_PARENT };
	const int child = order->place;
	const long pid = syscall(__NR_clone3, &args, sizeof(args));

	if (pid)
		return pid < 0 ? -errno : pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	tasks.self = child;
	return 0;
}

static inline void task_obey(void)
{
	char byte;

	while (read(tasks.pipes[tasks.self].order[0], &byte, 1) == 1) {
		struct order *order = tasks.orders + tasks.self;
		const int self = tasks.self;
		int ret;

		if (!order->call)
			break;
		ret = order->call(order);
		if (tasks.self == self)
			order->ret = ret;
		task_answer();
	}
	_exit(0);
}

/*
 * In the process that gives the orders.
 */

/* Waits for an answer: false if none comes. */
static inline bool task_wait(int task)
{
	struct pollfd ready = {
		.fd = tasks.pipes[task].answer[0], .events = POLLIN,
	};
	char byte;

	return poll(&ready, 1, TASK_PATIENCE_MS) == 1 &&
	       read(ready.fd, &byte, 1) == 1;
}

static inline struct order *task_order(int task, task_call call)
{
	struct order *order = tasks.orders + task;

	*order = (struct order) { .call = call };
	return order;
}

/* Has it done: what it gave, or -ETIMEDOUT. */
static inline int task_do(int task)
{
	if (write(tasks.pipes[task].order[1], "", 1) != 1 || !task_wait(task))
		return -ETIMEDOUT;
	return tasks.orders[task].ret;
}

/* Forks @parent: 0, or what went wrong. */
static inline int task_do_fork(int parent, int child)
{
	int ret;

	task_order(parent, task_fork)->place = child;
	ret = task_do(parent);
	if (ret < 0)
		return ret;
	tasks.pids[child] = ret;
	return task_wait(child) ? 0 : -ETIMEDOUT;
}

/* Ends a process: by itself, or by a signal. */
static inline int task_end(int task, bool kill_it)
{
	const pid_t pid = tasks.pids[task];

	tasks.pids[task] = 0;
	task_order(task, NULL);
	if (kill_it)
		kill(pid, SIGKILL);
	else if (write(tasks.pipes[task].order[1], "", 1) != 1)
		return -EIO;
	return reap_within(pid, TASK_PATIENCE_MS) == (kill_it ? -SIGKILL : 0) ?
	       0 : -ETIMEDOUT;
}

/* The memory with the places of a process, as it is now: two pages, or false. */
static inline bool task_peek(int task, char *area)
{
	struct iovec local[2], remote[2];
	int i;

	for (i = 0; i < 2; i++) {
		local[i].iov_base = area + i * getpagesize();
		remote[i].iov_base = tasks.area + i * getpagesize();
		local[i].iov_len = PLACES_SIZE;
		remote[i].iov_len = PLACES_SIZE;
	}
	return syscall(__NR_process_vm_readv, tasks.pids[task], local, 2, remote,
		       2, 0) == 2 * PLACES_SIZE;
}

/* Starts process 0. */
static inline int tasks_start(void)
{
	int i;

	tasks.orders = map_pages(1, MAP_SHARED);
	tasks.area = map_pages(3, MAP_PRIVATE);
	places_fill(tasks.area, 0);
	if (mprotect(tasks.area + 2 * getpagesize(), getpagesize(), PROT_READ))
		return -errno;
	for (i = 0; i < MODEL_TASKS; i++)
		if (pipe(tasks.pipes[i].order) || pipe(tasks.pipes[i].answer))
			return -errno;
	tasks.pids[0] = spawn();
	if (!tasks.pids[0])
		task_obey();
	return tasks.pids[0] < 0 ? -errno : 0;
}

#endif
