/* SPDX-License-Identifier: GPL-2.0 */
/* io_uring, as much as it takes to write: one request at a time. */

#ifndef SELFTESTS_USER_EVENTS_URING_H
#define SELFTESTS_USER_EVENTS_URING_H

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/io_uring.h>

struct uring {
	int fd;
	struct io_uring_params params;
	char *submit;			/* the ring of what is asked for */
	char *complete;			/* the ring of what came out */
	struct io_uring_sqe *requests;
};

static inline void *uring_map(struct uring *ring, size_t size, __u64 offset)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
		    offset);
}

static inline int uring_open(struct uring *ring)
{
	*ring = (struct uring) {};
	ring->fd = syscall(__NR_io_uring_setup, 1, &ring->params);
	if (ring->fd < 0)
		return -errno;
	ring->submit = uring_map(ring, ring->params.sq_off.array +
				 sizeof(__u32), IORING_OFF_SQ_RING);
	ring->complete = uring_map(ring, ring->params.cq_off.cqes +
				   2 * sizeof(struct io_uring_cqe),
				   IORING_OFF_CQ_RING);
	ring->requests = uring_map(ring, sizeof(struct io_uring_sqe),
				   IORING_OFF_SQES);
	return 0;
}

static inline __u32 *uring_word(char *ring, __u32 offset)
{
	return (__u32 *)(ring + offset);
}

/* One IORING_OP_WRITE, waited for: what it returns, or a negative errno. */
static inline int uring_write(struct uring *ring, int fd, const void *data,
			      __u32 size, __u64 offset)
{
	const struct io_cqring_offsets *cq = &ring->params.cq_off;
	__u32 *tail = uring_word(ring->submit, ring->params.sq_off.tail);
	__u32 *head = uring_word(ring->complete, cq->head);
	const struct io_uring_cqe *results;
	__u32 mask;

	ring->requests[0] = (struct io_uring_sqe) {
		.opcode = IORING_OP_WRITE,
		.fd = fd,
		.off = offset,
		.addr = (uintptr_t)data,
		.len = size,
	};
	*uring_word(ring->submit, ring->params.sq_off.array) = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(__NR_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS,
		    NULL, 0) != 1)
		return -errno;

	results = (void *)(ring->complete + cq->cqes);
	mask = *uring_word(ring->complete, cq->ring_mask);
	mask &= *head;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return results[mask].res;
}

#endif
