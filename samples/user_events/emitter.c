// SPDX-License-Identifier: GPL-2.0
/*
 * emitter: registers a user event and emits it while somebody traces it.
 *
 * The whole life of a user event in one small program:
 *
 *   - DIAG_IOCSREG names the event and its fields, and hands the kernel one bit
 *     of our memory, which is set as long as the event is being traced;
 *   - while that bit is clear, an event costs us one test of a variable;
 *   - while it is set, writev() of the index we were given and of the fields,
 *     packed one after the other, emits the event;
 *   - DIAG_IOCSUNREG takes the bit back.
 *
 * Try it:
 *
 *   emitter -m 'test u32 count' &
 *   emitter -m 'test u64 count; char[8] text' &
 *   trace-cmd record -e user_events_multi sleep 1
 *   trace-cmd report
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <linux/user_events.h>

#define DATA_FILE	"/sys/kernel/tracing/user_events_data"
#define MAX_FIELDS	32
#define MAX_PAYLOAD	4096

/* The kernel sets and clears ENABLE_BIT of this while we run */
static __u32 enabled;
#define ENABLE_BIT	0

static bool stopped;

/* What a field takes in the payload */
struct field {
	size_t size;
	bool text;
};

struct layout {
	struct field field[MAX_FIELDS];
	int count;
};

static void fail(const char *what)
{
	fprintf(stderr, "emitter: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void refuse(const char *why, const char *what)
{
	fprintf(stderr, "emitter: %s: %s\n", why, what);
	exit(2);
}

static void stop(int signal)
{
	__atomic_store_n(&stopped, true, __ATOMIC_RELAXED);
}

/* Reads one field: "u32 count", "char[16] text" and their like */
static struct field parse_field(const char *text)
{
	static const struct {
		const char *name;
		size_t size;
	} types[] = {
		{ "u8 ", 1 },	{ "u16 ", 2 },	{ "u32 ", 4 },	{ "u64 ", 8 },
		{ "s8 ", 1 },	{ "s16 ", 2 },	{ "s32 ", 4 },	{ "s64 ", 8 },
		{ "char ", 1 },	{ "short ", 2 },	{ "int ", 4 },
		{}
	}, *type;
	struct field field = {};

	if (sscanf(text, "char[%zu]", &field.size) == 1) {
		field.text = true;
		return field;
	}

	if (!strncmp(text, "unsigned ", strlen("unsigned ")))
		text += strlen("unsigned ");

	for (type = types; type->name; type++) {
		if (!strncmp(text, type->name, strlen(type->name)))
			field.size = type->size;
	}

	if (!field.size)
		refuse("this sample can't fill the field", text);

	return field;
}

/* Reads the fields of a description: "NAME [FIELD[;FIELD]...]" */
static struct layout parse_fields(const char *description)
{
	struct layout layout = {};
	char *copy = strdup(description);
	char *text, *rest = NULL;
	size_t total = 0;

	if (!copy)
		fail("memory");

	/* The name ends at the first space */
	text = strchr(copy, ' ');
	if (text)
		text = strtok_r(text, ";", &rest);

	for (; text; text = strtok_r(NULL, ";", &rest)) {
		text += strspn(text, " ");
		if (!*text)
			continue;

		if (layout.count == MAX_FIELDS)
			refuse("too many fields", description);

		layout.field[layout.count] = parse_field(text);
		total += layout.field[layout.count++].size;
	}

	if (total > MAX_PAYLOAD)
		refuse("too large", description);

	free(copy);
	return layout;
}

/* Puts @value into each field, in the width the field has */
static size_t fill(char *payload, const struct layout *layout, __u64 value)
{
	char *at = payload;
	int i;

	for (i = 0; i < layout->count; i++) {
		const struct field *field = &layout->field[i];

		if (field->text) {
			memset(at, 0, field->size);
			snprintf(at, field->size, "%llu",
				 (unsigned long long)value);
		} else {
			__u8 u8 = value;
			__u16 u16 = value;
			__u32 u32 = value;

			switch (field->size) {
			case 1:
				memcpy(at, &u8, 1);
				break;
			case 2:
				memcpy(at, &u16, 2);
				break;
			case 4:
				memcpy(at, &u32, 4);
				break;
			default:
				memcpy(at, &value, 8);
				break;
			}
		}
		at += field->size;
	}

	return at - payload;
}

static __u32 register_event(int file, const char *description, int flags)
{
	struct user_reg reg = {
		.size = sizeof(reg),
		.enable_bit = ENABLE_BIT,
		.enable_size = sizeof(enabled),
		.flags = flags,
		.enable_addr = (uintptr_t)&enabled,
		.name_args = (uintptr_t)description,
	};

	if (ioctl(file, DIAG_IOCSREG, &reg) < 0)
		fail(description);

	return reg.write_index;
}

static void unregister_event(int file)
{
	struct user_unreg unreg = {
		.size = sizeof(unreg),
		.disable_bit = ENABLE_BIT,
		.disable_addr = (uintptr_t)&enabled,
	};

	if (ioctl(file, DIAG_IOCSUNREG, &unreg) < 0)
		fail("unregister");
}

static bool is_enabled(void)
{
	return __atomic_load_n(&enabled, __ATOMIC_RELAXED) & (1U << ENABLE_BIT);
}

static void emit(int file, __u32 index, const struct layout *layout,
		 __u64 value)
{
	char payload[MAX_PAYLOAD];
	struct iovec parts[] = {
		{ .iov_base = &index,	.iov_len = sizeof(index) },
		{ .iov_base = payload,	.iov_len = fill(payload, layout, value) },
	};

	/* EBADF: tracing has ended since we looked at the bit */
	if (writev(file, parts, 2) < 0 && errno != EBADF)
		fail("write");
}

static void usage(void)
{
	puts("emitter [-m] [-p] [-i MS] [-s SECONDS] [-f FILE] 'NAME [TYPE FIELD[;...]]'\n"
	     "        registers the event, and counts in its fields while it is traced\n"
	     "emitter -d NAME [-f FILE]\n"
	     "        deletes all events of that name\n"
	     "\n"
	     "  -m  multi-format: others may use the name with other fields\n"
	     "  -p  persistent: the event stays until it is deleted\n"
	     "  -i  time between two events, default 100 ms\n"
	     "  -s  ends after that time, default never\n"
	     "  -f  default " DATA_FILE);
}

int main(int argc, char **argv)
{
	const char *path = DATA_FILE, *delete = NULL;
	long interval = 100, seconds = 0;
	__u64 value = 0;
	struct timespec pause;
	struct layout layout;
	bool traced = false;
	int flags = 0;
	__u32 index;
	int file, opt;
	time_t end;

	while ((opt = getopt(argc, argv, "mpi:s:f:d:h")) != -1) {
		switch (opt) {
		case 'm':
			flags |= USER_EVENT_REG_MULTI_FORMAT;
			break;
		case 'p':
			flags |= USER_EVENT_REG_PERSIST;
			break;
		case 'i':
			interval = atol(optarg);
			break;
		case 's':
			seconds = atol(optarg);
			break;
		case 'f':
			path = optarg;
			break;
		case 'd':
			delete = optarg;
			break;
		default:
			usage();
			return opt == 'h' ? 0 : 2;
		}
	}

	if (argc - optind != !delete || interval <= 0 || seconds < 0) {
		usage();
		return 2;
	}

	file = open(path, O_RDWR);
	if (file < 0)
		fail(path);

	if (delete) {
		if (ioctl(file, DIAG_IOCSDEL, delete) < 0)
			fail(delete);
		return 0;
	}

	layout = parse_fields(argv[optind]);
	index = register_event(file, argv[optind], flags);
	printf("%s: registered\n", argv[optind]);
	fflush(stdout);

	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	pause.tv_sec = interval / 1000;
	pause.tv_nsec = interval % 1000 * 1000000;
	end = time(NULL) + seconds;

	while (!__atomic_load_n(&stopped, __ATOMIC_RELAXED) &&
	       (!seconds || time(NULL) < end)) {
		if (is_enabled())
			emit(file, index, &layout, ++value);

		if (traced != is_enabled()) {
			traced = !traced;
			printf("%s: tracing %s\n", argv[optind],
			       traced ? "on" : "off");
			fflush(stdout);
		}
		nanosleep(&pause, NULL);
	}

	unregister_event(file);
	close(file);
	printf("%s: emitted %llu\n", argv[optind], (unsigned long long)value);

	return 0;
}
