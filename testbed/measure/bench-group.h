/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Measures the cost of groups: operations in one of many groups, and next to a
 * group whose tenant has nearly all events, or is slow in all that it does.  This
 * is part of bench.c.
 */

#define GROUPS TRACING "user_events_groups/"
#define NR_GROUPS 1000

/* What the neighbour has; some events are left for who is measured */
#define NEIGHBOUR_EVENTS (MAX_EVENTS - 1000)
#define NEIGHBOUR_ADDRESSES 100000
#define NEIGHBOUR_PAGES 1000
#define NEIGHBOUR_CGROUP "/sys/fs/cgroup/neighbour"

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

/*
 * Beside a neighbour: one for each way to have more than others, which has @fd
 * in its group, and says when it is @ready
 */

static void say_ready(int ready)
{
	uint64_t one = 1;

	if (write(ready, &one, sizeof(one)) != sizeof(one))
		err(1, "eventfd");
}

/* Registers one event for so many addresses, @stride bytes apart */
static void reg_addresses(int fd, void *at, size_t stride, unsigned int nr)
{
	struct user_reg request = {
		.size		= sizeof(request),
		.enable_size	= sizeof(uint32_t),
		.enable_addr	= (uintptr_t)at,
		.name_args	= (uintptr_t)"bench u64 field00000",
		.flags		= USER_EVENT_REG_MULTI_FORMAT,
	};

	for (; nr; nr--, request.enable_addr += stride) {
		if (ioctl(fd, DIAG_IOCSREG, &request))
			err(1, "register an address");
	}
}

/* Has most of all events, and addresses of one that change with it */
static void be_large(int fd, int ready)
{
	static uint32_t words[NEIGHBOUR_ADDRESSES];
	unsigned int i;

	for (i = 0; i < NEIGHBOUR_EVENTS; i++)
		reg(fd, i, format(i));
	memset(words, 0, sizeof(words));
	reg_addresses(fd, words, sizeof(words[0]), NEIGHBOUR_ADDRESSES);
	say_ready(ready);
}

/* Leaves pages out, so that whoever touches one waits for ever */
static void hold_pages(void *pages, size_t size)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)pages, size },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || madvise(pages, size, MADV_DONTNEED) ||
	    ioctl(fd, UFFDIO_REGISTER, &range))
		err(1, "userfaultfd");
}

/* Has a traced event, and its bits on pages that never come */
static void be_absent(int fd, int ready)
{
	size_t page = getpagesize(), size = NEIGHBOUR_PAGES * page;
	char *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		err(1, "mmap");
	reg_addresses(fd, pages, page, NEIGHBOUR_PAGES);
	hold_pages(pages, size);
	put(open_enable_in("user_events_multi-neighbour", "bench"), "1");
	/* Until all that may be waited for is */
	sleep(5);
	say_ready(ready);
}

/* Has used up the memory of its cgroup, and asks for more all the time */
static void be_full(int fd, int ready)
{
	struct user_reg request = {
		.size		= sizeof(request),
		.enable_size	= sizeof(bits[0]),
		.flags		= USER_EVENT_REG_MULTI_FORMAT,
	};
	bool full = false;
	unsigned int i;

	/* What is touched later would be charged, too */
	memset(bits, 0, sizeof(bits));
	put(open(NEIGHBOUR_CGROUP "/cgroup.procs", O_WRONLY), "0");
	for (i = 0; i < NEIGHBOUR_EVENTS;) {
		request.enable_addr = (uintptr_t)&bits[i];
		request.name_args = (uintptr_t)format(i);
		if (!ioctl(fd, DIAG_IOCSREG, &request)) {
			i++;
			continue;
		}
		if (errno != ENOMEM)
			err(1, "register in a full cgroup");
		if (!full)
			say_ready(ready);
		full = true;
		usleep(1000);
	}
}

static void measure_beside(const char *row, void (*be)(int fd, int ready))
{
	int ready, enable;
	uint64_t nr;
	pid_t pid;

	if (!has_groups())
		return;
	make_group("neighbour");
	/* A pipe would need memory for what is written, which a full cgroup has not */
	ready = eventfd(0, EFD_NONBLOCK);
	if (ready < 0)
		err(1, "eventfd");
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		be(open_group("neighbour"), ready);
		for (;;)
			pause();
	}
	while (read(ready, &nr, sizeof(nr)) != sizeof(nr)) {
		if (waitpid(pid, NULL, WNOHANG))
			errx(1, "no neighbour");
		usleep(1000);
	}
	close(ready);
	usleep(50000);
	measure_group(row);
	enable = open(TRACING "events/user_events_multi-neighbour/enable", O_WRONLY);
	put(enable, "0");
	close(enable);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	remove_group("neighbour");
}

static void beside_large(const char *row)
{
	measure_beside(row, be_large);
}

static void beside_absent(const char *row)
{
	measure_beside(row, be_absent);
}

static void beside_full(const char *row)
{
	put(open("/sys/fs/cgroup/cgroup.subtree_control", O_WRONLY), "+memory");
	if (mkdir(NEIGHBOUR_CGROUP, 0700))
		err(1, NEIGHBOUR_CGROUP);
	put(open(NEIGHBOUR_CGROUP "/memory.max", O_WRONLY), "4M");
	measure_beside(row, be_full);
	if (rmdir(NEIGHBOUR_CGROUP))
		err(1, NEIGHBOUR_CGROUP);
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
