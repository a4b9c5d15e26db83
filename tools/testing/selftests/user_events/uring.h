/* SPDX-License-Identifier: GPL-2.0 */
/* io_uring, as much as it takes to write: a batch of requests at a time. */

#ifndef SELFTESTS_USER_EVENTS_URING_H
#define SELFTESTS_USER_EVENTS_URING_H

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/io_uring.h>

#define URING_MAX 32	/* requests of a batch */

struct uring {
	int fd;
	struct io_uring_params params;
	char *submit;			/* the ring of what is asked for */
	char *complete;			/* the ring of what came out */
	struct io_uring_sqe *requests;
	unsigned int count;		/* requests of the next batch */
	int results[URING_MAX];		/* of the last batch, as submitted */
};

static inline void *uring_map(struct uring *ring, size_t size, __u64 offset)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
		    offset);
}

/* @flags is IORING_SETUP_SQPOLL or 0. */
static inline int uring_open(struct uring *ring, __u32 flags)
{
	*ring = (struct uring) { .params = { .flags = flags } };
	ring->fd = syscall(__NR_io_uring_setup, URING_MAX, &ring->params);
	if (ring->fd < 0)
		return -errno;
	ring->submit = uring_map(ring, ring->params.sq_off.array +
				 URING_MAX * sizeof(__u32), IORING_OFF_SQ_RING);
	ring->complete = uring_map(ring, ring->params.cq_off.cqes +
				   2 * URING_MAX * sizeof(struct io_uring_cqe),
				   IORING_OFF_CQ_RING);
	ring->requests = uring_map(ring,
				   URING_MAX * sizeof(struct io_uring_sqe),
				   IORING_OFF_SQES);
	return 0;
}

static inline void uring_close(struct uring *ring)
{
	munmap(ring->submit, ring->params.sq_off.array +
	       URING_MAX * sizeof(__u32));
	munmap(ring->complete, ring->params.cq_off.cqes +
	       2 * URING_MAX * sizeof(struct io_uring_cqe));
	munmap(ring->requests, URING_MAX * sizeof(struct io_uring_sqe));
	close(ring->fd);
}

static inline __u32 *uring_word(char *ring, __u32 offset)
{
	return (__u32 *)(ring + offset);
}

/* Adds a request to the next batch; the caller may change it further. */
static inline struct io_uring_sqe *uring_add(struct uring *ring, int op, int fd,
					     const void *data, __u32 size)
{
	const struct io_sqring_offsets *sq = &ring->params.sq_off;
	const __u32 tail = *uring_word(ring->submit, sq->tail) + ring->count;
	const __u32 slot = tail & *uring_word(ring->submit, sq->ring_mask);
	struct io_uring_sqe *request = ring->requests + slot;

	*request = (struct io_uring_sqe) {
		.opcode = op,
		.fd = fd,
		.addr = (uintptr_t)data,
		.len = size,
		.user_data = ring->count++,
	};
	uring_word(ring->submit, sq->array)[slot] = slot;
	return request;
}

static inline void uring_take_results(struct uring *ring)
{
	const struct io_cqring_offsets *cq = &ring->params.cq_off;
	const struct io_uring_cqe *results = (void *)(ring->complete + cq->cqes);
	const __u32 mask = *uring_word(ring->complete, cq->ring_mask);
	__u32 *head = uring_word(ring->complete, cq->head);
	const __u32 tail = __atomic_load_n(uring_word(ring->complete, cq->tail),
					   __ATOMIC_ACQUIRE);
	__u32 at;

	for (at = *head; at != tail; at++)
		ring->results[results[at & mask].user_data] =
			results[at & mask].res;
	__atomic_store_n(head, tail, __ATOMIC_RELEASE);
}

/* Submits the batch in one system call, which waits for all: 0 or -errno. */
static inline int uring_submit(struct uring *ring)
{
	__u32 *tail = uring_word(ring->submit, ring->params.sq_off.tail);
	const unsigned int count = ring->count;
	__u32 flags = IORING_ENTER_GETEVENTS;
	long ret;

	if (ring->params.flags & IORING_SETUP_SQPOLL)
		flags |= IORING_ENTER_SQ_WAKEUP;
	ring->count = 0;
	memset(ring->results, 0, sizeof(ring->results));
	__atomic_store_n(tail, *tail + count, __ATOMIC_RELEASE);
	ret = syscall(__NR_io_uring_enter, ring->fd, count, count, flags, NULL,
		      0);
	if (ret < 0)
		return -errno;
	uring_take_results(ring);
	return ret == count ? 0 : -EIO;
}

/* One IORING_OP_WRITE, waited for: what it returns, or a negative errno. */
static inline int uring_write(struct uring *ring, int fd, const void *data,
			      __u32 size, __u64 offset)
{
	uring_add(ring, IORING_OP_WRITE, fd, data, size)->off = offset;
	return uring_submit(ring) ?: ring->results[0];
}

static inline int uring_register(struct uring *ring, int what, const void *list,
				 unsigned int count)
{
	return syscall(__NR_io_uring_register, ring->fd, what, list, count) < 0 ?
	       -errno : 0;
}

#endif
