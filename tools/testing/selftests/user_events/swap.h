/* SPDX-License-Identifier: GPL-2.0 */
/* A swap device made of memory, and pages that go there. */

#ifndef SELFTESTS_USER_EVENTS_SWAP_H
#define SELFTESTS_USER_EVENTS_SWAP_H

#include <linux/loop.h>
#include <sys/swap.h>
#include "task.h"
#include "tracefs.h"

#define SWAP_SIZE (4 << 20)

/* Returns a file of memory that has the header of a swap area. */
static inline int make_swap_area(void)
{
	const int fd = syscall(__NR_memfd_create, "swap", 0);
	const size_t page = getpagesize();
	char *header = map_pages(1, MAP_PRIVATE);
	__u32 *info = (__u32 *)(header + 1024);

	info[0] = 1;				/* version */
	info[1] = SWAP_SIZE / page - 1;		/* last page */
	memcpy(header + page - 10, "SWAPSPACE2", 10);
	if (fd < 0 || ftruncate(fd, SWAP_SIZE) ||
	    pwrite(fd, header, page, 0) != (ssize_t)page)
		return -1;
	return fd;
}

static inline int swap_on_loop(char *device, size_t size)
{
	const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int area, fd, number;

	if (control < 0)
		return -errno;
	number = ioctl(control, LOOP_CTL_GET_FREE);
	close(control);
	snprintf(device, size, "/dev/loop%d", number);
	fd = open(device, O_RDWR | O_CLOEXEC);
	area = make_swap_area();
	if (number < 0 || fd < 0 || area < 0 || ioctl(fd, LOOP_SET_FD, area))
		return -ENODEV;
	close(area);
	if (swapon(device, 0)) {
		ioctl(fd, LOOP_CLR_FD);
		close(fd);
		return -errno;
	}
	close(fd);
	return 0;
}

static inline void loop_free(const char *device)
{
	const int fd = open(device, O_RDWR | O_CLOEXEC);

	ioctl(fd, LOOP_CLR_FD);
	close(fd);
}

static inline bool has_swap(void)
{
	return count_of(file_read("/proc/swaps") ?: "", "\n") > 1;
}

/* Bit 62 of a page's entry in pagemap: it is on swap. */
static inline bool is_swapped(const void *addr)
{
	const int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	const off_t at = (uintptr_t)addr / getpagesize() * sizeof(__u64);
	__u64 entry = 0;

	if (pread(fd, &entry, sizeof(entry), at) != sizeof(entry))
		entry = 0;
	close(fd);
	return entry >> 62 & 1;
}

static inline bool swap_out(void *page)
{
	int left = 1000;

	while (!is_swapped(page) && left--) {
		madvise(page, getpagesize(), MADV_PAGEOUT);
		pause_ms(1);
	}
	return is_swapped(page);
}

#endif
