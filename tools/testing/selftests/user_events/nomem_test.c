// SPDX-License-Identifier: GPL-2.0
/* Lets each allocation fail once, which may at most cause a clean error. */

#include "common.h"
#include "fault.h"
#include "perf.h"

/* More allocations than any of the calls here makes. */
#define FAR 1000

/* Copies from and to user space are made to fail too, with -EFAULT. */
static bool may_fail_by(int ret)
{
	return ret == 0 || ret == -ENOMEM || ret == -EFAULT;
}

FIXTURE(nomem)
{
	struct stage stage;
	struct fault_settings faults;
	int nth;
};

FIXTURE_SETUP(nomem)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	if (fault_open(&self->faults))
		SKIP(return, "no failslab or no fail-nth in this kernel");
	self->nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->nth);
}

FIXTURE_TEARDOWN_PARENT(nomem)
{
	fault_close(&self->faults);
	stage_clean(&self->stage);
}

TEST_F(nomem, register_without_memory_leaves_nothing)
{
	const char *one = say("%s u32 a; char[8] b", self->stage.name);
	const char *two = say("%s u64 two", self->stage.name);
	int fd, flags, n, ret;
	bool hit = true;

	for (n = 1; hit && n < FAR; n++) {
		flags = n % 2 ? SINGLE : MULTI;
		fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
		ASSERT_EQ(0, fault_arm(self->nth, n));
		ret = event_register(fd, one, self->stage.word, 0, flags);
		hit = fault_disarm(self->nth);
		EXPECT_TRUE(may_fail_by(ret)) {
			TH_LOG("allocation %d: got %d", n, ret);
		}
		EXPECT_EQ(ret ? -ENOENT : 0,
			  event_unregister(fd, self->stage.word, 0)) {
			TH_LOG("allocation %d", n);
		}
		close(fd);
		ASSERT_EQ(0, event_try(two, flags)) {
			TH_LOG("allocation %d left something", n);
		}
		ASSERT_FALSE(event_listed(self->stage.name)) {
			TH_LOG("allocation %d left the event", n);
		}
	}
	EXPECT_LT(5, n) {
		TH_LOG("no allocation of a registration was made to fail");
	}
	EXPECT_GT(FAR, n);
}

TEST_F(nomem, register_again_without_memory_harms_nothing)
{
	const int fd = self->stage.fd;
	bool hit = true;
	int n, ret;

	ASSERT_EQ(0, event_register(fd, self->stage.name, self->stage.word, 0,
				    SINGLE));
	for (n = 1; hit && n < FAR; n++) {
		ASSERT_EQ(0, fault_arm(self->nth, n));
		ret = event_register(fd, self->stage.name, self->stage.word, 1,
				     SINGLE);
		hit = fault_disarm(self->nth);
		EXPECT_TRUE(may_fail_by(ret)) {
			TH_LOG("allocation %d: got %d", n, ret);
		}
		EXPECT_EQ(ret ? -ENOENT : 0,
			  event_unregister(fd, self->stage.word, 1));
	}
	EXPECT_GT(FAR, n);
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(1, *self->stage.word);
}

/*
 * In the child of a fork that lacked memory: either all is mirrored or
 * nothing, and registering works.
 */
static int check_child(struct stage *stage)
{
	int ret = event_unregister(stage->fd, stage->word, 0);

	if (ret != event_unregister(stage->fd, stage->word, 1))
		return 1;
	if (ret && ret != -ENOENT)
		return 2;
	if (event_register(stage->fd, stage->name, stage->word, 0, SINGLE))
		return 3;
	return 0;
}

TEST_F_TIMEOUT(nomem, fork_starts_without_mirrored_bits_and_harms_nobody, 120)
{
	const int fd = self->stage.fd;
	bool hit = true;
	int i, n, started = 0;
	pid_t child;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, event_register(fd, self->stage.name,
					    self->stage.word, i, SINGLE));
	}
	for (n = 1; hit && n < FAR; n++) {
		ASSERT_EQ(0, fault_arm(self->nth, n));
		child = fork();
		if (!child)
			_exit(check_child(&self->stage));
		hit = fault_disarm(self->nth);
		if (child < 0)
			continue;
		started++;
		ASSERT_EQ(0, reap(child)) {
			TH_LOG("allocation %d", n);
		}
	}
	EXPECT_LT(10, n);
	EXPECT_GT(FAR, n);
	EXPECT_LT(0, started);

	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(self->stage.word, 3));
	EXPECT_EQ(0, event_register(fd, self->stage.name, self->stage.word, 2,
				    SINGLE));
	EXPECT_EQ(7, *self->stage.word);
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_TRUE(wait32(self->stage.word, 0));
}

TEST_F(nomem, unregister_needs_no_memory)
{
	const int fd = self->stage.fd;
	bool hit = true;
	int n, ret;

	for (n = 1; hit && n < FAR; n++) {
		ASSERT_EQ(0, event_register(fd, self->stage.name,
					    self->stage.word, 0, SINGLE));
		ASSERT_EQ(0, fault_arm(self->nth, n));
		ret = event_unregister(fd, self->stage.word, 0);
		hit = fault_disarm(self->nth);
		EXPECT_TRUE(ret == 0 || ret == -EFAULT) {
			TH_LOG("allocation %d: got %d", n, ret);
		}
		if (ret)
			EXPECT_EQ(0, event_unregister(fd, self->stage.word,
						      0));
	}
	EXPECT_GT(FAR, n);
}

TEST_F(nomem, write_returns_its_length_or_an_error)
{
	const int fd = self->stage.fd;
	__u32 record[2] = { 0, 7 };
	bool hit = true;
	int n, perf;

	ASSERT_EQ(0, event_register(fd, say("%s u32 a", self->stage.name),
				    self->stage.word, 0, SINGLE));
	perf = perf_open(SYSTEM, self->stage.name);
	ASSERT_LE(0, perf);
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	for (n = 1; hit && n < FAR; n++) {
		const long long before = perf_count(perf);
		ssize_t ret;

		ASSERT_EQ(0, fault_arm(self->nth, n));
		ret = write(fd, record, sizeof(record));
		hit = fault_disarm(self->nth);
		EXPECT_TRUE(ret == -1 || ret == sizeof(record));
		EXPECT_EQ(before + (ret > 0), perf_count(perf)) {
			TH_LOG("allocation %d: write returned %zd", n, ret);
		}
	}
	EXPECT_GT(FAR, n);
	EXPECT_EQ(sizeof(record), write(fd, record, sizeof(record)));
}

/* A child that shares the registrations until it is killed. */
static pid_t share(void)
{
	const pid_t child = spawn();

	if (!child)
		for (;;)
			pause();
	return child;
}

/*
 * Before, a page that could not be copied left the bit set, and returned 0 all
 * the same; seldom, since a fork copied what had just been toggled.
 */
TEST_F(nomem, unregister_of_what_is_shared_is_done_or_not)
{
	const int fd = self->stage.fd;
	__u32 *word = self->stage.word;
	int i, n, ret, failed = 0;
	bool hit = true;
	pid_t child;

	if (fault_open_pages(&self->faults))
		SKIP(return, "no fail_page_alloc in this kernel");
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, event_register(fd, self->stage.name, word, i,
					    SINGLE));
	for (n = 1; hit && n < FAR; n++) {
		/* the page is shared too, and its copy needs memory */
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
		ASSERT_TRUE(wait32(word, 15));
		child = share();
		ASSERT_LT(0, child);
		ASSERT_EQ(0, fault_arm(self->nth, n));
		ret = event_unregister(fd, word, 1);
		hit = fault_disarm(self->nth);
		EXPECT_TRUE(may_fail_by(ret)) {
			TH_LOG("allocation %d: got %d", n, ret);
		}
		EXPECT_EQ(ret ? 15 : 13, load32(word)) {
			TH_LOG("allocation %d: got %d", n, ret);
		}
		failed += ret == -ENOMEM;
		if (ret) {
			EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name,
						 false));
			EXPECT_TRUE(wait32(word, 0));
			EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name,
						 true));
			EXPECT_TRUE(wait32(word, 15));
			EXPECT_EQ(0, event_unregister(fd, word, 1)) {
				TH_LOG("allocation %d: something changed", n);
			}
		}
		EXPECT_EQ(13, load32(word));
		EXPECT_EQ(-ENOENT, event_unregister(fd, word, 1));
		EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
		kill(child, SIGKILL);
		EXPECT_EQ(-SIGKILL, reap(child));
		ASSERT_EQ(0, event_register(fd, self->stage.name, word, 1,
					    SINGLE));
		store32(word, 0);
	}
	EXPECT_LT(0, failed);
	EXPECT_GT(FAR, n);
}

#define MAPPINGS 12

/*
 * A copy of the memory that fails half-way: no child, no harm, and nothing is
 * left that would keep the event.
 */
TEST_F_TIMEOUT(nomem, fork_that_fails_half_way_leaves_nothing, 120)
{
	const char *two = say("%s u64 two", self->stage.name);
	const size_t size = getpagesize();
	char *area = map_pages(MAPPINGS, MAP_PRIVATE);
	int fd, i, n, failed = 0;
	bool hit = true;
	pid_t child;

	if (fault_open_pages(&self->faults))
		SKIP(return, "no fail_page_alloc in this kernel");
	fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	/* each page is a mapping of its own, and has its own page table entry */
	for (i = 0; i < MAPPINGS; i++) {
		area[i * size] = 1;
		ASSERT_EQ(0, mprotect(area + i * size, size, i % 2 ?
				      PROT_READ : PROT_READ | PROT_WRITE));
	}
	ASSERT_EQ(0, event_register(fd, self->stage.name, self->stage.word, 0,
				    SINGLE));
	for (n = 1; hit && n < FAR; n += 1 + n / 20) {
		ASSERT_EQ(0, fault_arm(self->nth, n));
		child = fork();
		if (!child)
			_exit(0);
		hit = fault_disarm(self->nth);
		failed += child < 0;
		if (child > 0)
			ASSERT_EQ(0, reap(child));
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, n % 2)) {
			TH_LOG("allocation %d", n);
		}
		ASSERT_TRUE(wait32(self->stage.word, n % 2));
	}
	EXPECT_LT(10, failed);
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_EQ(0, event_unregister(fd, self->stage.word, 0));
	close(fd);
	EXPECT_EQ(0, event_try(two, SINGLE));
}

/*
 * Memory that is short for the kernel's workers alone, where it brings a page in
 * on behalf of a process.
 */

static int let_workers_fail(bool fail)
{
	struct dirent *entry;
	int count = 0;
	char *name;
	DIR *dir;

	dir = opendir("/proc");
	while (dir && (entry = readdir(dir))) {
		name = file_read(say("/proc/%s/comm", entry->d_name));
		if (name && (!strncmp(name, "kworker/", 8) ||
			     !strcmp(name, "kthreadd\n")))
			count += !file_write(say("/proc/%s/make-it-fail",
						 entry->d_name),
					     fail ? "1" : "0");
		free(name);
	}
	if (dir)
		closedir(dir);
	return count;
}

FIXTURE(nomem_job)
{
	struct stage stage;
	struct fault_settings faults;
};

FIXTURE_SETUP(nomem_job)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	if (fault_open(&self->faults) || fault_open_pages(&self->faults) ||
	    fault_set(&self->faults, FAIL_PAGE "/task-filter", "Y") ||
	    !let_workers_fail(true))
		SKIP(return, "no fail_page_alloc in this kernel");
}

FIXTURE_TEARDOWN_PARENT(nomem_job)
{
	file_write(FAIL_PAGE "/probability", "0");
	let_workers_fail(false);
	fault_close(&self->faults);
	stage_clean(&self->stage);
}

/* Before, the bit was given up at the first page that could not be had. */
TEST_F(nomem_job, page_that_can_not_be_had_is_tried_again)
{
	const size_t size = getpagesize();
	__u32 *word = self->stage.word;
	int i;

	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name, word, 0,
				    SINGLE));
	for (i = 0; i < 6; i++) {
		ASSERT_EQ(0, madvise(word, size, MADV_DONTNEED));
		ASSERT_EQ(0, file_write(FAIL_PAGE "/times",
					say("%d", i / 2 + 1)));
		ASSERT_EQ(0, file_write(FAIL_PAGE "/probability", "100"));
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
		pause_ms(100);
		ASSERT_EQ(0, file_write(FAIL_PAGE "/probability", "0"));
		ASSERT_TRUE(wait32(word, 1)) {
			TH_LOG("round %d", i);
		}
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
		ASSERT_TRUE(wait32(word, 0));
	}
}

TEST_HARNESS_MAIN
