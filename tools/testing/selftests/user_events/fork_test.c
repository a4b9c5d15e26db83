// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that a fork copies the registrations atomically with the memory, so
 * that the child has all of them, with the right bits, whatever other tasks do
 * meanwhile.
 *
 * To let other tasks run during a fork, it is made to store the child's pidfd
 * to a page whose fault is not handled until later.
 */

#include <linux/sched.h>
#include "common.h"

FIXTURE(fork)
{
	struct stage stage;
	__u32 *shared;		/* a page shared with children */
	void *page;		/* held back */
	int uffd;
};

FIXTURE_SETUP(fork)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	self->shared = map_pages(1, MAP_SHARED);
	self->page = map_pages(1, MAP_PRIVATE);
	self->uffd = hold_back(self->page);
	if (self->uffd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(-self->uffd));
}

FIXTURE_TEARDOWN_PARENT(fork)
{
	stage_clean(&self->stage);
}

/* Forks, and stops until @page comes. */
static pid_t fork_and_stop(void *page)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uintptr_t)page,
		.exit_signal = SIGCHLD,
	};

	return syscall(SYS_clone3, &args, sizeof(args));
}

struct interlude {
	pthread_t thread;
	struct stage *stage;
	void *page;
	int uffd;
	int ret;
};

static void *unregister_while_it_stops(void *arg)
{
	struct interlude *interlude = arg;
	struct stage *stage = interlude->stage;

	if (!wait_fault(interlude->uffd, PATIENCE_MS))
		interlude->ret = -ETIMEDOUT;
	else
		interlude->ret = event_unregister(stage->fd, stage->word, 0);
	let_come(interlude->uffd, interlude->page);
	return NULL;
}

/* Its bit was set when the memory was copied, and is still to follow. */
static int unregister_in_child(struct stage *stage, __u32 *told)
{
	if (!wait32(stage->word, 1))
		return 1;
	store32(told, 1);
	if (!wait32(told, 2))
		return 2;
	if (!wait32(stage->word, 0))
		return 3;
	return event_unregister(stage->fd, stage->word, 0) ? 4 : 0;
}

/*
 * Before, the child had the bit set, and registered nowhere: it stayed set,
 * and to unregister it was -ENOENT.
 */
TEST_F(fork, child_has_what_is_unregistered_after_the_copy)
{
	struct interlude interlude = {
		.stage = &self->stage,
		.page = self->page,
		.uffd = self->uffd,
	};
	pid_t child;

	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	ASSERT_EQ(0, pthread_create(&interlude.thread, NULL,
				    unregister_while_it_stops, &interlude));
	child = fork_and_stop(self->page);
	if (!child)
		_exit(unregister_in_child(&self->stage, self->shared));
	pthread_join(interlude.thread, NULL);
	EXPECT_EQ(0, interlude.ret);
	EXPECT_EQ(0, load32(self->stage.word));
	EXPECT_TRUE(wait32(self->shared, 1));
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	store32(self->shared, 2);
	EXPECT_EQ(0, reap(child));
	EXPECT_EQ(-ENOENT, event_unregister(self->stage.fd, self->stage.word,
					    0));
}

struct churn {
	pthread_t thread;
	struct stage *stage;
	__u32 stop;
	int ret;
};

static void *register_and_unregister(void *arg)
{
	struct churn *churn = arg;
	struct stage *stage = churn->stage;

	while (!load32(&churn->stop) && !churn->ret) {
		churn->ret = event_register(stage->fd, stage->name,
					    stage->word, 0, SINGLE);
		if (!churn->ret)
			churn->ret = event_unregister(stage->fd, stage->word,
						      0);
	}
	return NULL;
}

static int check_churned(struct stage *stage)
{
	const int ret = event_unregister(stage->fd, stage->word, 0);

	if (ret && ret != -ENOENT)
		return 1;
	return load32(stage->word) ? 2 : 0;
}

/*
 * The same without a stop, by chance: before, 21 of 120 children had a bit set
 * that was registered nowhere.
 */
TEST_F(fork, child_has_no_bit_that_is_registered_nowhere)
{
	struct churn churn = { .stage = &self->stage };
	__u32 *other = self->stage.word + 1;
	int i, wrong = 0;
	pid_t child;

	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name, other, 0,
				    SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	ASSERT_EQ(0, pthread_create(&churn.thread, NULL,
				    register_and_unregister, &churn));
	for (i = 0; i < 120; i++) {
		child = spawn();
		if (!child)
			_exit(check_churned(&self->stage));
		wrong += !!reap(child);
	}
	store32(&churn.stop, 1);
	pthread_join(churn.thread, NULL);
	EXPECT_EQ(0, wrong) {
		TH_LOG("wrong in %d of %d children", wrong, i);
	}
	EXPECT_EQ(0, churn.ret);
}

/* A parent that is killed while it forks. */

#define MANY_BITS 4096

/*
 * In a process that has none of the registrations: toggles, and kills, whatever
 * has failed, so that nobody waits for the page for ever.  Before its parent
 * stops, it registers all bits.
 */
static void toggle_and_kill(struct stage *stage, void *page, int uffd,
			    int delay_ms)
{
	const int ret = !wait_fault(uffd, 12 * PATIENCE_MS) ||
			event_trace(SYSTEM, stage->name, true) ||
			let_come(uffd, page);

	pause_ms(delay_ms);
	kill(getppid(), SIGKILL);
	_exit(ret);
}

/* Tells whether all its bits are set, a while after its parent is gone. */
static int check_orphan(__u32 *words, __u32 *told)
{
	int i;

	store32(told, 1);
	for (i = 0; i < MANY_BITS / 32; i++)
		if (!wait32(words + i, ~0U))
			break;
	store32(told, i == MANY_BITS / 32 ? 2 : 3);
	return 0;
}

static void be_killed(struct stage *stage, __u32 *told, int delay_ms)
{
	__u32 *words = map_pages(1, MAP_PRIVATE);
	void *page = map_pages(1, MAP_PRIVATE);
	const int uffd = hold_back(page);
	pid_t child;
	int i;

	if (uffd < 0)
		_exit(1);
	child = fork();
	if (!child)
		toggle_and_kill(stage, page, uffd, delay_ms);
	for (i = 0; i < MANY_BITS; i++)
		if (event_register(stage->fd, stage->name, words + i / 32,
				   i % 32, SINGLE))
			_exit(2);
	child = fork_and_stop(page);
	if (!child)
		_exit(check_orphan(words, told));
	for (;;)
		pause();
}

/*
 * Before, the parent brought the child's bits up to date at the end of the
 * fork, and gave up when it was killed: those that were left stayed clear.
 */
TEST_F_TIMEOUT(fork, parent_that_is_killed_harms_no_bit_of_the_child, 180)
{
	const int delays[] = { 0, 5, 50, 500, 3000 };
	int i, born = 0;
	pid_t child;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (i = 0; i < 2 || (!born && i < ARRAY_SIZE(delays)); i++) {
		store32(self->shared, 0);
		child = fork();
		if (!child)
			be_killed(&self->stage, self->shared, delays[i]);
		EXPECT_EQ(-SIGKILL, reap(child));
		while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
			;
		/* A kill that comes too early ends the fork. */
		born += load32(self->shared) > 0;
		EXPECT_NE(1, load32(self->shared));
		EXPECT_NE(3, load32(self->shared)) {
			TH_LOG("bits are lost, parent killed after %d ms",
			       delays[i]);
		}
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	}
	EXPECT_LT(0, born);
}

TEST_HARNESS_MAIN
