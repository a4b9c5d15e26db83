/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Measures the cost of groups: operations in one of many groups, and next to a
 * group that has nearly all events.  This is part of bench.c.
 */

#define GROUPS TRACING "user_events_groups/"
#define NR_GROUPS 1000

/* What the neighbour has; some events are left for who is measured */
#define NEIGHBOUR_EVENTS (MAX_EVENTS - 1000)
#define NEIGHBOUR_ADDRESSES 100000

/* The base has none: its rows are left out */
static bool has_groups(void)
{
	return !access(GROUPS, F_OK);
}

static void make_group(const char *group)
{
	char path[128];

	snprintf(path, sizeof(path), GROUPS "%s", group);
	if (mkdir(path, 0750))
		err(1, "%s", path);
}

static void remove_group(const char *group)
{
	char path[128];

	snprintf(path, sizeof(path), GROUPS "%s", group);
	if (rmdir(path))
		err(1, "rmdir %s", path);
}

static int open_group(const char *group)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), GROUPS "%s/user_events_data", group);
	fd = open(path, O_RDWR);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void result_in(const char *row, const char *what)
{
	char text[64];

	snprintf(text, sizeof(text), "%s/%s", row, what);
	result(text, median());
}

static void measure_register(const char *group)
{
	unsigned int i;
	int fd;

	for (i = 0; i < 101; i++) {
		fd = open_group(group);
		reg_range(fd, format, i, i + 1, true);
		unreg(fd, i);
		close(fd);
		usleep(20000);
	}
}

static void measure_write(int fd, int index)
{
	uint32_t data[WRITE_SIZE / 4] = { index };
	unsigned int i;

	if (write(fd, data, WRITE_SIZE) != WRITE_SIZE)
		err(1, "write");
	for (i = 0; i < 2001; i++) {
		start();
		write(fd, data, WRITE_SIZE);
		stop();
	}
}

static void measure_toggle(int enable)
{
	unsigned int i;

	for (i = 0; i < 31; i++) {
		start();
		put(enable, "1");
		put(enable, "0");
		stop();
	}
}

/* Register, write and toggle in a group of its own */
static void measure_group(const char *row)
{
	int fd, enable, index;

	make_group("bench");
	fd = open_group("bench");
	/* The subsystem's directory is there */
	index = reg(fd, SPARE_SLOT, "written " WRITE_FIELDS);
	measure_register("bench");
	result_in(row, "register");
	enable = open_enable_in("user_events_multi-bench", "written");
	put(enable, "1");
	measure_write(fd, index);
	result_in(row, "write");
	put(enable, "0");
	/* The core waits for grace periods: only what is executed counts */
	use_clock(CLOCK_THREAD_CPUTIME_ID);
	measure_toggle(enable);
	result_in(row, "toggle");
	close(enable);
	unreg(fd, SPARE_SLOT);
	close(fd);
	remove_group("bench");
}

static const char *group_name(unsigned int i)
{
	static char text[16];

	snprintf(text, sizeof(text), "g%u", i);
	return text;
}

static void groups_1(const char *row)
{
	if (has_groups())
		measure_group(row);
}

static void groups_1000(const char *row)
{
	static int fds[NR_GROUPS];
	unsigned int i;

	if (!has_groups())
		return;
	for (i = 0; i < NR_GROUPS; i++) {
		make_group(group_name(i));
		fds[i] = open_group(group_name(i));
		reg(fds[i], MAX_EVENTS + i, "written " WRITE_FIELDS);
	}
	measure_group(row);
	for (i = 0; i < NR_GROUPS; i++) {
		unreg(fds[i], MAX_EVENTS + i);
		close(fds[i]);
		remove_group(group_name(i));
	}
}

/* Has most of all events, and addresses of one that change with it */
static void be_neighbour(int ready)
{
	static uint32_t words[NEIGHBOUR_ADDRESSES];
	struct user_reg request = {
		.size		= sizeof(request),
		.enable_size	= sizeof(words[0]),
		.name_args	= (uintptr_t)"bench u64 field00000",
		.flags		= USER_EVENT_REG_MULTI_FORMAT,
	};
	int fd = open_group("neighbour");
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; i < NEIGHBOUR_EVENTS; i++)
		reg(fd, i, format(i));
	for (i = 0; i < NEIGHBOUR_ADDRESSES; i++) {
		words[i] = 0;
		request.enable_addr = (uintptr_t)&words[i];
		if (ioctl(fd, DIAG_IOCSREG, &request))
			err(1, "register an address");
	}
	if (write(ready, "", 1) != 1)
		err(1, "write");
	pause();
}

static void group_neighbour(const char *row)
{
	int ready[2];
	pid_t pid;
	char byte;

	if (!has_groups())
		return;
	make_group("neighbour");
	if (pipe(ready))
		err(1, "pipe");
	pid = fork();
	if (!pid)
		be_neighbour(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		err(1, "read");
	usleep(50000);
	measure_group(row);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	remove_group("neighbour");
}

/* With its files, which are most of it: struct ue_group_dir says what the rest is */
static void memory_group(const char *row)
{
	uint64_t before;
	unsigned int i;

	if (!has_groups())
		return;
	make_group("first");
	before = kernel_memory();
	for (i = 0; i < NR_GROUPS; i++)
		make_group(group_name(i));
	result(row, (kernel_memory() - before) / NR_GROUPS);
	for (i = 0; i < NR_GROUPS; i++)
		remove_group(group_name(i));
	remove_group("first");
}
