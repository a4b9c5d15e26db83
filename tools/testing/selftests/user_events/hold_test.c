// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that a toggle does not wait for user space, and that a slow address
 * space does not delay the bits of others: any task that may open the file can
 * be slow in many ways.
 */

#include <limits.h>
#include "common.h"
#include "cgroup.h"
#include "late.h"

/* What a toggle that waits for nobody never takes, on a slow machine either. */
#define AT_ONCE_MS 1000

FIXTURE(hold)
{
	struct stage stage;
	__u32 *shared;		/* a page shared with children */
};

FIXTURE_SETUP(hold)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	self->shared = map_pages(1, MAP_SHARED);
}

FIXTURE_TEARDOWN_PARENT(hold)
{
	cgroup_remove(self->stage.name);
	stage_clean(&self->stage);
}

/* Registers the first @bits bits at @words. */
static int register_many(int fd, const char *text, __u32 *words, int bits)
{
	int i, ret;

	for (i = 0; i < bits; i++) {
		ret = event_register(fd, text, words + i / 32, i % 32, SINGLE);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Waits until the first @bits bits at @words are all set, or all clear. */
static bool wait_many(const __u32 *words, int bits, bool set)
{
	int i;

	for (i = 0; i < bits / 32; i++)
		if (!wait32(words + i, set ? ~0U : 0))
			return false;
	return true;
}

static __u32 *map_bits(int bits)
{
	return map_pages(bits / 8 / getpagesize() + 1, MAP_PRIVATE);
}

#define THROTTLED_BITS	20480
#define THROTTLED_SIZE	(16 << 20)

/* Copies the set it shares with its parent, slowly. */
static int copy_when_throttled(struct stage *stage, const char *event,
			       __u32 *words, __u32 *told)
{
	char *memory;

	if (cgroup_enter(stage->name))
		return 1;
	memory = mmap(NULL, THROTTLED_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		return 2;
	store32(told, 1);
	if (!wait32(told, 2))
		return 3;
	if (event_unregister(stage->fd, words, 0))
		return 4;
	store32(told, 3);
	if (!wait32(words, ~1U))
		return 5;
	return wait_many(words + 1, THROTTLED_BITS - 32, true) ? 0 : 6;
}

/*
 * Before, a toggle waited for a mutex that was held over the whole copy: it
 * took as long as the cgroup's limit made the copy take, 13 s.
 */
TEST_F_TIMEOUT(hold, copy_in_a_throttled_cgroup_holds_up_no_toggle, 180)
{
	const char *event = self->stage.name;
	__u32 *words = map_bits(THROTTLED_BITS);
	int i, ms, alone, worst = 0;
	pid_t child;

	if (cgroup_make(self->stage.name))
		SKIP(return, "no memory cgroup");
	ASSERT_EQ(0, register_many(self->stage.fd, event, words,
				   THROTTLED_BITS));
	alone = event_trace_ms(SYSTEM, event, true);
	ASSERT_LE(0, alone);
	ASSERT_EQ(0, event_trace(SYSTEM, event, false));
	child = spawn();
	if (!child)
		_exit(copy_when_throttled(&self->stage, event, words,
					  self->shared));
	ASSERT_TRUE(wait32(self->shared, 1));
	ASSERT_EQ(0, cgroup_write(self->stage.name, "memory.high", "1M"));
	store32(self->shared, 2);
	pause_ms(500);
	for (i = 0; i < 3; i++) {
		ms = event_trace_ms(SYSTEM, event, i % 2 == 0);
		ASSERT_LE(0, ms);
		worst = ms > worst ? ms : worst;
	}
	if (worst < AT_ONCE_MS && load32(self->shared) != 2)
		SKIP(return, "the copy was not throttled");
	/* There are two address spaces now, with jobs at work, and a copy */
	EXPECT_TRUE(load32(self->shared) == 2 || worst < AT_ONCE_MS + 10 * alone) {
		TH_LOG("a toggle took %d ms, before %d ms", worst, alone);
	}
	ASSERT_EQ(0, cgroup_write(self->stage.name, "memory.high", "max"));
	EXPECT_EQ(0, reap(child));
}

static __u64 worked_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/*
 * Toggles, and returns for how long this thread ran for it, in milliseconds, or
 * a negative errno.
 */
static int toggle_work_ms(const char *event, bool on)
{
	const __u64 start = worked_ns();
	const int err = event_trace(SYSTEM, event, on);

	return err ?: (int)((worked_ns() - start) / 1000000);
}

/* A toggle writes so many bits itself. */
#define BUDGET		4096
#define FANOUT		24

/* How often it is toggled, until it once takes no longer than it should. */
#define TOGGLES		6
#define NO_MORE		~0U

/* What the children of a test and their parent tell each other. */
struct fanout {
	__u32 ready;		/* children that run */
	__u32 toggled;		/* how often, or NO_MORE */
	__u32 seen;		/* toggles that children have seen, all together */
};

static int fanned_out(__u32 *words, struct fanout *fanout)
{
	__u32 toggled;
	int bad = 0, i;

	for (i = 0; i < BUDGET / 32; i++)
		store32(words + i, 0);
	__atomic_fetch_add(&fanout->ready, 1, __ATOMIC_RELEASE);
	for (toggled = 1;; toggled++) {
		while (load32(&fanout->toggled) < toggled)
			pause_ms(20);
		if (load32(&fanout->toggled) == NO_MORE)
			return bad;
		for (i = 0; i < 8; i++)
			if (wait_many(words, BUDGET, toggled % 2))
				break;
		bad |= i == 8;
		__atomic_fetch_add(&fanout->seen, 1, __ATOMIC_RELEASE);
	}
}

static void wait_for_children(const __u32 *count, __u32 wanted)
{
	while (load32(count) < wanted)
		pause_ms(10);
}

/*
 * Before, a toggle wrote all of them itself: it took the number of children
 * times as long as without them, 10.3 s in place of 0.4 s.  The jobs that write them
 * now take turns with the toggle where there are not enough CPUs: so what counts
 * is for how long it runs, and the least of several.
 */
TEST_F_TIMEOUT(hold, time_of_a_toggle_does_not_grow_with_forks, 240)
{
	struct fanout *fanout = (struct fanout *)self->shared;
	const char *event = self->stage.name;
	int alone = INT_MAX, forked = INT_MAX;
	__u32 *words = map_bits(BUDGET);
	pid_t child[FANOUT];
	int i, limit, ms;

	ASSERT_EQ(0, register_many(self->stage.fd, event, words, BUDGET));
	for (i = 0; i < 4; i++) {
		ms = toggle_work_ms(event, i % 2 == 0);
		ASSERT_LE(0, ms);
		alone = ms < alone ? ms : alone;
	}
	limit = 8 * alone + 100;
	for (i = 0; i < FANOUT; i++) {
		child[i] = spawn();
		if (!child[i])
			_exit(fanned_out(words, fanout));
	}
	wait_for_children(&fanout->ready, FANOUT);
	for (i = 0; i < BUDGET / 32; i++)
		store32(words + i, 0);
	for (i = 1; i <= TOGGLES && (i <= 2 || forked >= limit); i++) {
		ms = toggle_work_ms(event, i % 2);
		ASSERT_LE(0, ms);
		forked = ms < forked ? ms : forked;
		store32(&fanout->toggled, i);
		wait_for_children(&fanout->seen, i * FANOUT);
		EXPECT_TRUE(wait_many(words, BUDGET, i % 2));
	}
	store32(&fanout->toggled, NO_MORE);
	for (i = 0; i < FANOUT; i++) {
		EXPECT_EQ(0, reap(child[i])) {
			TH_LOG("bits of child %d are wrong", i);
		}
	}
	EXPECT_GT(limit, forked) {
		TH_LOG("%d ms alone, %d ms with %d children", alone, forked,
		       FANOUT);
	}
}

/* More than any work queue runs at a time, before Linux 7. */
#define HOARDERS 600

/* Users of a namespace, each of which may have 16 pages waited for. */
#define USERS	200

/* Has a registered page that never comes, as a user of a namespace, if any. */
static int hoard(const char *event, __u32 *told, int namespace, int user)
{
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	void *page = map_pages(1, MAP_PRIVATE);
	const int uffd = hold_open();

	if (fd < 0 || uffd < 0)
		return 1;
	if (namespace >= 0 &&
	    (setns(namespace, CLONE_NEWUSER) || setresuid(user, user, user)))
		return 2;
	if (event_register(fd, event, page, 0, SINGLE) ||
	    madvise(page, getpagesize(), MADV_DONTNEED) ||
	    hold_pages(uffd, page, 1))
		return 3;
	__atomic_fetch_add(told, 1, __ATOMIC_RELEASE);
	for (;;)
		pause();
}

/* A namespace with USERS users, or a negative errno. */
static int users_open(__u32 *told)
{
	int ret, fd = -EIO;
	pid_t child;

	child = spawn();
	if (!child) {
		store32(told, unshare(CLONE_NEWUSER) ? 2 : 1);
		for (;;)
			pause();
	}
	while (!load32(told))
		pause_ms(1);
	if (load32(told) == 1) {
		ret = file_write(say("/proc/%d/uid_map", child),
				 say("0 100000 %d", USERS));
		fd = ret ?: open(say("/proc/%d/ns/user", child),
				 O_RDONLY | O_CLOEXEC);
	}
	kill(child, SIGKILL);
	reap(child);
	store32(told, 0);
	return fd;
}

FIXTURE(hoard)
{
	struct stage stage;
	__u32 *shared;		/* a page shared with children */
	int namespace;
};

FIXTURE_VARIANT(hoard)
{
	bool many_users;
};

FIXTURE_VARIANT_ADD(hoard, one_user)
{
	.many_users = false,
};

FIXTURE_VARIANT_ADD(hoard, users_of_a_namespace)
{
	.many_users = true,
};

FIXTURE_SETUP(hoard)
{
	self->namespace = -1;
	if (!stage_open(_metadata, &self->stage))
		return;
	self->shared = map_pages(1, MAP_SHARED);
	if (!variant->many_users)
		return;
	self->namespace = users_open(self->shared);
	if (self->namespace < 0)
		SKIP(return, "no user namespaces: %d", self->namespace);
}

FIXTURE_TEARDOWN_PARENT(hoard)
{
	stage_clean(&self->stage);
}

/*
 * Before, both of the late ones had their bits clear for as long as the others
 * were there: the work queue had no place left.  So it was for the users of a
 * namespace where each had waiters of his own.
 */
TEST_F_TIMEOUT(hoard, pages_that_never_come_keep_no_others_away, 180)
{
	const char *hoarded = say("%s_hoarded", self->stage.name);
	pid_t hoarders[HOARDERS], late[2];
	__u32 *told = self->shared + 1;
	int i, uffd;

	uffd = hold_open();
	if (uffd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(-uffd));
	close(uffd);
	for (i = 0; i < HOARDERS; i++) {
		hoarders[i] = spawn();
		if (!hoarders[i])
			_exit(hoard(hoarded, self->shared, self->namespace,
				    i % USERS));
		ASSERT_LT(0, hoarders[i]);
	}
	while (load32(self->shared) < HOARDERS)
		pause_ms(10);
	ASSERT_EQ(0, event_trace(SYSTEM, hoarded, true));
	pause_ms(4000);		/* until all that may wait do wait */

	for (i = 0; i < 2; i++) {
		late[i] = spawn();
		if (!late[i]) {
			uffd = hold_open();
			if (i == 1 && become_nobody())
				_exit(1);
			_exit(be_late(self->stage.fd, uffd, self->stage.name,
				      told + i, i == 0));
		}
		ASSERT_TRUE(wait32(told + i, 1));
	}
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	for (i = 0; i < 2; i++)
		store32(told + i, 2);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, reap(late[i])) {
			TH_LOG("page of %s user", i ? "another" : "the same");
		}
	}
	for (i = 0; i < HOARDERS; i++)
		kill(hoarders[i], SIGKILL);
	for (i = 0; i < HOARDERS; i++)
		EXPECT_EQ(-SIGKILL, reap(hoarders[i]));
}

/*
 * Before, the first that did not come was the only one that was ever asked
 * for.
 */
TEST_F(hold, page_that_never_comes_keeps_no_other_slow_page_away)
{
	const char *event = self->stage.name;
	const size_t size = getpagesize();
	char *pages = map_pages(3, MAP_PRIVATE);
	int i, uffd, came = 0;
	char *page;

	uffd = hold_open();
	if (uffd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(-uffd));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, event_register(self->stage.fd, event,
					    pages + i * size, 0, SINGLE));
	ASSERT_EQ(0, madvise(pages, 3 * size, MADV_DONTNEED));
	ASSERT_EQ(0, hold_pages(uffd, pages, 3));
	ASSERT_EQ(0, event_trace(SYSTEM, event, true));
	for (i = 0; i < 3 && came < 2; i++) {
		page = wait_fault(uffd, PATIENCE_MS);
		if (!page || page == pages)
			continue;
		EXPECT_EQ(0, let_come(uffd, page));
		came++;
	}
	EXPECT_EQ(2, came) {
		TH_LOG("%d of 2 pages were waited for", came);
	}
	if (came == 2) {
		EXPECT_TRUE(wait32(pages + size, 1));
		EXPECT_TRUE(wait32(pages + 2 * size, 1));
	}
	close(uffd);
	EXPECT_TRUE(wait32(pages, 1));
}

/* Registering an address whose page never comes. */

struct stuck {
	struct stage *stage;
	__u32 *page;
	__u32 *told;
};

static int register_stuck(void *arg)
{
	struct stuck *stuck = arg;

	return event_register(stuck->stage->fd, stuck->stage->name,
			      stuck->page, 0, SINGLE);
}

static void *register_stuck_thread(void *arg)
{
	register_stuck(arg);
	return NULL;
}

/* A process that hangs in a registration, and tells that it does. */
static int hang(struct stuck *stuck, bool thread)
{
	pthread_t other;
	int uffd;

	uffd = hold_back(stuck->page);
	if (uffd < 0)
		return 1;
	if (pthread_create(&other, NULL, register_stuck_thread, stuck) ||
	    wait_fault(uffd, PATIENCE_MS) != stuck->page)
		return 2;
	store32(stuck->told, 1);
	if (thread) {
		if (event_register(stuck->stage->fd, stuck->stage->name,
				   stuck->stage->word, 1, SINGLE))
			return 3;
		store32(stuck->told, 2);
	}
	for (;;)
		pause();
}

FIXTURE(stuck)
{
	struct stage stage;
	struct stuck stuck;
	__u32 *shared;
};

FIXTURE_SETUP(stuck)
{
	int uffd;

	if (!stage_open(_metadata, &self->stage))
		return;
	uffd = hold_open();
	if (uffd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(-uffd));
	close(uffd);
	self->shared = map_pages(1, MAP_SHARED);
	self->stuck = (struct stuck) {
		.stage = &self->stage,
		.page = map_pages(1, MAP_PRIVATE),
		.told = self->shared,
	};
}

FIXTURE_TEARDOWN_PARENT(stuck)
{
	stage_clean(&self->stage);
}

/* Before, it waited for a mutex of the open file, and SIGKILL did not help. */
TEST_F(stuck, registration_holds_up_no_other_process_with_the_same_file)
{
	pid_t child, other;

	child = spawn();
	if (!child)
		_exit(hang(&self->stuck, false));
	ASSERT_TRUE(wait32(self->shared, 1));
	other = spawn();
	if (!other)
		_exit(event_register(self->stage.fd, self->stage.name,
				     self->stage.word, 1, SINGLE));
	EXPECT_EQ(0, reap_within(other, PATIENCE_MS)) {
		kill(other, SIGKILL);
		EXPECT_EQ(-SIGKILL, reap_within(other, PATIENCE_MS)) {
			TH_LOG("it can't be killed either");
		}
	}
	kill(child, SIGKILL);
	EXPECT_EQ(-SIGKILL, reap_within(child, PATIENCE_MS));
}

/* Before, as with another process. */
TEST_F(stuck, registration_holds_up_no_other_thread)
{
	pid_t child;

	child = spawn();
	if (!child)
		_exit(hang(&self->stuck, true));
	EXPECT_TRUE(wait32(self->shared, 2));
	kill(child, SIGKILL);
	EXPECT_EQ(-SIGKILL, reap_within(child, PATIENCE_MS)) {
		TH_LOG("it can't be killed either");
	}
}

/* It passed before, as long as nobody else had the file. */
TEST_F(stuck, registration_can_be_killed)
{
	pid_t child;

	child = spawn();
	if (!child)
		_exit(hang(&self->stuck, false));
	ASSERT_TRUE(wait32(self->shared, 1));
	kill(child, SIGKILL);
	EXPECT_EQ(-SIGKILL, reap_within(child, PATIENCE_MS));
	close(self->stage.fd);
	EXPECT_EQ(0, event_try(say("%s u64 two", self->stage.name), SINGLE));
}

TEST_HARNESS_MAIN
