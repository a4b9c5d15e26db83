/* SPDX-License-Identifier: GPL-2.0 */
/* perf as a consumer of an event, with or without its ring of records. */

#ifndef SELFTESTS_USER_EVENTS_PERF_H
#define SELFTESTS_USER_EVENTS_PERF_H

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include "task.h"
#include "tracefs.h"

/* The number that perf and the records know an event by, or -errno. */
static inline int event_id(const char *system, const char *event)
{
	char *text = file_read(event_path(system, event, "id"));
	const int id = text ? atoi(text) : -errno;

	free(text);
	return id;
}

/* Every event, as a sample with its raw data and what @more asks for. */
static inline struct perf_event_attr perf_attr(__u64 more)
{
	return (struct perf_event_attr) {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(struct perf_event_attr),
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_RAW | more,
		.wakeup_events = 1,
	};
}

/* A file or -errno. */
static inline int perf_open_attr(const char *system, const char *event,
				 struct perf_event_attr attr, pid_t task,
				 int cpu)
{
	const int id = event_id(system, event);
	int fd;

	if (id < 0)
		return id;
	attr.config = id;
	fd = syscall(__NR_perf_event_open, &attr, task, cpu, -1,
		     PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Counts, and samples into a ring if there is one; a file or -errno. */
static inline int perf_open_on(const char *system, const char *event,
			       pid_t task, int cpu)
{
	return perf_open_attr(system, event, perf_attr(0), task, cpu);
}

/* For the calling thread, wherever it runs. */
static inline int perf_open(const char *system, const char *event)
{
	return perf_open_on(system, event, 0, -1);
}

static inline long long perf_count(int fd)
{
	__u64 count;

	return read(fd, &count, sizeof(count)) == sizeof(count) ?
	       (long long)count : -errno;
}

struct perf_ring {
	int fd;
	struct perf_event_mmap_page *head;
	const char *data;
	size_t size;
};

/* Opens with a ring of @pages, a power of two, for the calling thread. */
static inline int perf_ring_open_attr(struct perf_ring *ring,
				      const char *system, const char *event,
				      struct perf_event_attr attr, int pages)
{
	const size_t page = getpagesize();

	*ring = (struct perf_ring) {
		.fd = perf_open_attr(system, event, attr, 0, -1),
	};
	if (ring->fd < 0)
		return ring->fd;
	ring->size = pages * page;
	ring->head = mmap(NULL, ring->size + page, PROT_READ | PROT_WRITE,
			  MAP_SHARED, ring->fd, 0);
	if (ring->head == MAP_FAILED)
		return -errno;
	ring->data = (char *)ring->head + page;
	return 0;
}

static inline int perf_ring_open(struct perf_ring *ring, const char *system,
				 const char *event, int pages)
{
	return perf_ring_open_attr(ring, system, event, perf_attr(0), pages);
}

static inline void perf_ring_close(struct perf_ring *ring)
{
	munmap(ring->head, ring->size + getpagesize());
	close(ring->fd);
}

static inline void perf_ring_copy(struct perf_ring *ring, __u64 at, void *to,
				  size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		((char *)to)[i] = ring->data[(at + i) % ring->size];
}

/*
 * Takes the next record, whatever it is, as it stands: its size, or 0 if there
 * is none.  No record is larger than 64 KiB.
 */
static inline int perf_ring_take(struct perf_ring *ring, void *record)
{
	const __u64 head = __atomic_load_n(&ring->head->data_head,
					   __ATOMIC_ACQUIRE);
	const __u64 tail = ring->head->data_tail;
	struct perf_event_header header;

	if (tail == head)
		return 0;
	perf_ring_copy(ring, tail, &header, sizeof(header));
	perf_ring_copy(ring, tail, record, header.size);
	__atomic_store_n(&ring->head->data_tail, tail + header.size,
			 __ATOMIC_RELEASE);
	return header.size;
}

/*
 * Takes the next sample: the size of its raw part, which is copied to @raw as
 * far as @size goes; 0 if there is none, or -EOVERFLOW if some were lost.
 */
static inline int perf_ring_next(struct perf_ring *ring, void *raw,
				 size_t size)
{
	const __u64 head = __atomic_load_n(&ring->head->data_head,
					   __ATOMIC_ACQUIRE);
	__u64 tail = ring->head->data_tail;
	struct perf_event_header header;
	__u32 length = 0;

	while (tail != head && !length) {
		perf_ring_copy(ring, tail, &header, sizeof(header));
		if (header.type == PERF_RECORD_SAMPLE) {
			perf_ring_copy(ring, tail + sizeof(header), &length,
				       sizeof(length));
			perf_ring_copy(ring, tail + sizeof(header) +
				       sizeof(length), raw,
				       length < size ? length : size);
		}
		tail += header.size;
		__atomic_store_n(&ring->head->data_tail, tail,
				 __ATOMIC_RELEASE);
		if (header.type == PERF_RECORD_LOST)
			return -EOVERFLOW;
	}
	return length;
}

#endif
