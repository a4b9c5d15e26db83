// SPDX-License-Identifier: GPL-2.0
/*
 * tool-emit: registers an event and emits it with given bytes.
 *
 * `tool-emit [-m] [-p] [-f FILE] [-n TIMES] [-i MS] [-x] DESCRIPTION [BYTES]`
 * prints "registered", waits until the event is recorded, emits TIMES records
 * of BYTES, which are hexadecimal, prints "emitted" and waits for the end of
 * its input.
 *
 *   -i   waits MS milliseconds after each record
 *   -x   does not wait for the event to be recorded: emits at once, or not at all
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/user_events.h>

#define MAX_PAYLOAD	65536

static __u32 enabled;

static void fail(const char *what)
{
	fprintf(stderr, "tool-emit: %s: %s\n", what, strerror(errno));
	exit(1);
}

static size_t read_bytes(const char *text, unsigned char *to)
{
	size_t count = 0;
	unsigned int byte;

	for (; sscanf(text, "%2x", &byte) == 1 && count < MAX_PAYLOAD; text += 2)
		to[count++] = byte;
	return count;
}

static __u32 register_event(int file, const char *description, int flags)
{
	struct user_reg reg = {
		.size = sizeof(reg),
		.enable_size = sizeof(enabled),
		.flags = flags,
		.enable_addr = (uintptr_t)&enabled,
		.name_args = (uintptr_t)description,
	};

	if (ioctl(file, DIAG_IOCSREG, &reg) < 0)
		fail(description);
	return reg.write_index;
}

static void say(const char *text)
{
	puts(text);
	fflush(stdout);
}

/* Until the event is recorded, or nobody wants us any more */
static void wait_for_tracing(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	while (!__atomic_load_n(&enabled, __ATOMIC_RELAXED) && !poll(&input, 1, 1))
		;
}

int main(int argc, char **argv)
{
	static unsigned char payload[sizeof(__u32) + MAX_PAYLOAD];
	const char *path = "/sys/kernel/tracing/user_events_data";
	size_t size = sizeof(__u32);
	int file, option, flags = 0;
	long i, times = 1, interval = 0;
	bool wait = true;
	__u32 index;
	char byte;

	while ((option = getopt(argc, argv, "mpf:n:i:x")) != -1) {
		switch (option) {
		case 'm':
			flags |= USER_EVENT_REG_MULTI_FORMAT;
			break;
		case 'p':
			flags |= USER_EVENT_REG_PERSIST;
			break;
		case 'f':
			path = optarg;
			break;
		case 'n':
			times = atol(optarg);
			break;
		case 'i':
			interval = atol(optarg);
			break;
		case 'x':
			wait = false;
			break;
		default:
			return 2;
		}
	}
	if (optind == argc)
		return 2;
	file = open(path, O_RDWR);
	if (file < 0)
		fail(path);
	index = register_event(file, argv[optind], flags);
	memcpy(payload, &index, sizeof(index));
	if (optind + 1 < argc)
		size += read_bytes(argv[optind + 1], payload + size);
	say("registered");
	if (wait)
		wait_for_tracing();
	for (i = 0; i < times && __atomic_load_n(&enabled, __ATOMIC_RELAXED); i++) {
		/* Who recorded it may just have stopped */
		if (write(file, payload, size) < 0 && errno != EBADF)
			fail("write");
		if (interval)
			usleep(1000 * interval);
	}
	say(i == times && times ? "emitted" : "not recorded");
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
