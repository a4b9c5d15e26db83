// SPDX-License-Identifier: GPL-2.0
/*
 * request: emits an event for each request that a server has answered.
 *
 * Other programs may give the event of this name other fields.  The tutorial
 * in the documentation of user_events explains each step.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/user_events.h>

/* The kernel sets bit 0 as long as the event is being recorded */
static __u32 enabled;

/* What one write emits: the write index, and the fields without padding */
struct request {
	__u32 write_index;
	__u32 status;
};

int main(void)
{
	struct user_reg reg = {
		.size		= sizeof(reg),
		.enable_bit	= 0,
		.enable_size	= sizeof(enabled),
		.flags		= USER_EVENT_REG_MULTI_FORMAT,
		.enable_addr	= (uintptr_t)&enabled,
		.name_args	= (uintptr_t)"web.request u32 status",
	};
	int fd = open("/sys/kernel/tracing/user_events_data", O_WRONLY);

	if (fd < 0 || ioctl(fd, DIAG_IOCSREG, &reg) < 0) {
		perror("web.request");
		return 1;
	}

	/* This is where a server would wait for a request, and answer it */
	for (;; usleep(100000)) {
		struct request request = { reg.write_index, 200 };

		if (!__atomic_load_n(&enabled, __ATOMIC_RELAXED))
			continue;
		/* EBADF: recording has ended since the bit was read */
		if (write(fd, &request, sizeof(request)) < 0 && errno != EBADF)
			perror("web.request");
	}
}
