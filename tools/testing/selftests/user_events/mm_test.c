// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that registrations belong to the address space, and not to the thread
 * or the file that made them, with threads, fork, vfork, exec and exit.
 */

#include <linux/sched.h>
#include <poll.h>
#include "common.h"

FIXTURE(mm)
{
	struct stage stage;
	__u32 *shared;		/* a page shared with children */
};

FIXTURE_SETUP(mm)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	self->shared = map_pages(1, MAP_SHARED);
}

FIXTURE_TEARDOWN_PARENT(mm)
{
	stage_clean(&self->stage);
}

/* What a thread is asked to do, and when. */
struct order {
	struct stage *stage;
	__u32 go;
	int bit;
};

static int register_bit(void *arg)
{
	struct order *order = arg;

	return event_register(order->stage->fd, order->stage->name,
			      order->stage->word, order->bit, SINGLE);
}

static int unregister_bit(void *arg)
{
	struct order *order = arg;

	return event_unregister(order->stage->fd, order->stage->word,
				order->bit);
}

static void *wait_then_register(void *arg)
{
	struct order *order = arg;

	if (!wait32(&order->go, 1))
		return (void *)-ETIMEDOUT;
	return (void *)(long)register_bit(order);
}

static void *wait_then_unregister(void *arg)
{
	struct order *order = arg;

	if (!wait32(&order->go, 1))
		return (void *)-ETIMEDOUT;
	return (void *)(long)unregister_bit(order);
}

/*
 * After a fork the memory is copy on write for both sides: a toggle may leave
 * the copying to somebody who can wait, so the bits are waited for.
 */

/* The child's side of a fork test: its own copy must follow the event. */
static int child_follows(struct stage *stage, __u32 *told, __u32 value)
{
	store32(told, 1);
	if (!wait32(stage->word, value))
		return 1;
	store32(told, 2);
	if (!wait32(stage->word, 0))
		return 2;
	return 0;
}

static void *wait_then_fork(void *arg)
{
	struct order *order = arg;
	pid_t child;

	if (!wait32(&order->go, 1))
		return (void *)-ETIMEDOUT;
	child = spawn();
	if (!child) {
		/* the thread that forked is all there is in the child */
		if (event_register(order->stage->fd, order->stage->name,
				   order->stage->word, order->bit,
				   SINGLE) != -EADDRINUSE)
			_exit(3);
		if (!wait32(order->stage->word, 1 << order->bit))
			_exit(1);
		_exit(unregister_bit(order) || *order->stage->word ? 2 : 0);
	}
	store32(&order->go, 2);
	return (void *)(long)reap(child);
}

TEST_F(mm, thread_alive_before_the_first_registration_can_unregister)
{
	struct order order = { .stage = &self->stage, .bit = 3 };
	pthread_t thread;
	void *ret;

	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_then_unregister,
				    &order));
	ASSERT_EQ(0, register_bit(&order));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(8, *self->stage.word);
	store32(&order.go, 1);
	pthread_join(thread, &ret);
	EXPECT_EQ(0, (long)ret);
	EXPECT_EQ(0, *self->stage.word);
}

TEST_F(mm, thread_alive_before_the_first_registration_is_told_EADDRINUSE)
{
	struct order order = { .stage = &self->stage, .bit = 3 };
	pthread_t thread;
	void *ret;

	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_then_register,
				    &order));
	ASSERT_EQ(0, register_bit(&order));
	store32(&order.go, 1);
	pthread_join(thread, &ret);
	EXPECT_EQ(-EADDRINUSE, (long)ret);
}

TEST_F(mm, thread_alive_before_the_first_registration_hands_on_when_it_forks)
{
	struct order order = { .stage = &self->stage, .bit = 3 };
	pthread_t thread;
	void *ret;

	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_then_fork, &order));
	ASSERT_EQ(0, register_bit(&order));
	store32(&order.go, 1);
	ASSERT_TRUE(wait32(&order.go, 2));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	pthread_join(thread, &ret);
	EXPECT_EQ(0, (long)ret) {
		TH_LOG("the child of the thread ended with %ld", (long)ret);
	}
	EXPECT_TRUE(wait32(self->stage.word, 8));
}

TEST_F(mm, thread_exit_keeps_what_it_registered)
{
	struct order order = { .stage = &self->stage, .bit = 1 };
	const char *event = self->stage.name;

	ASSERT_EQ(0, in_thread(register_bit, &order));
	ASSERT_EQ(0, event_trace(SYSTEM, event, true));
	EXPECT_TRUE(wait32(self->stage.word, 2)) {
		TH_LOG("a bit registered by a thread that ended is not set");
	}
	ASSERT_EQ(0, event_trace(SYSTEM, event, false));
	EXPECT_TRUE(wait32(self->stage.word, 0));
	EXPECT_EQ(-EADDRINUSE, register_bit(&order));
	EXPECT_EQ(0, unregister_bit(&order));
}

TEST_F(mm, last_other_thread_exit_keeps_what_main_registered)
{
	struct order order = { .stage = &self->stage, .bit = 1 };
	struct order other = { .stage = &self->stage, .bit = 2 };

	ASSERT_EQ(0, register_bit(&order));
	ASSERT_EQ(0, in_thread(register_bit, &other));
	ASSERT_EQ(0, in_thread(unregister_bit, &other));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(2, *self->stage.word);
}

TEST_F(mm, thread_unregisters_what_another_registered)
{
	struct order order = { .stage = &self->stage, .bit = 1 };

	ASSERT_EQ(0, in_thread(register_bit, &order));
	EXPECT_EQ(0, in_thread(unregister_bit, &order));
	EXPECT_EQ(-ENOENT, in_thread(unregister_bit, &order));
}

static void *exit_main_thread_first(void *arg)
{
	struct order *order = arg;

	if (!wait32(&order->go, 1))
		_exit(10);
	pause_ms(20);		/* let the main thread end */
	_exit(child_follows(order->stage, &order->go, 1 << order->bit));
}

TEST_F(mm, main_thread_exit_keeps_what_it_registered)
{
	struct order *order = (void *)self->shared;
	pthread_t thread;
	pid_t child;

	*order = (struct order) { .stage = &self->stage, .bit = 4 };
	child = spawn();
	if (!child) {
		if (pthread_create(&thread, NULL, exit_main_thread_first,
				   order) || register_bit(order))
			_exit(11);
		store32(&order->go, 1);
		syscall(__NR_exit, 0);
	}
	ASSERT_TRUE(wait32(&order->go, 1));
	pause_ms(40);
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(&order->go, 2));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_EQ(0, reap(child));
}

TEST_F(mm, fork_copies_the_registrations)
{
	const char *event = self->stage.name;
	pid_t child;

	ASSERT_EQ(0, event_register(self->stage.fd, event, self->stage.word, 2,
				    SINGLE));
	child = spawn();
	if (!child)
		_exit(child_follows(&self->stage, self->shared, 4));
	ASSERT_TRUE(wait32(self->shared, 1));
	ASSERT_EQ(0, event_trace(SYSTEM, event, true));
	EXPECT_TRUE(wait32(self->stage.word, 4));
	EXPECT_TRUE(wait32(self->shared, 2));
	ASSERT_EQ(0, event_trace(SYSTEM, event, false));
	EXPECT_TRUE(wait32(self->stage.word, 0));
	EXPECT_EQ(0, reap(child));
}

TEST_F(mm, fork_passes_them_on_to_grandchildren)
{
	const char *event = self->stage.name;
	pid_t child;

	ASSERT_EQ(0, event_register(self->stage.fd, event, self->stage.word, 2,
				    SINGLE));
	child = spawn();
	if (!child) {
		child = spawn();
		if (!child)
			_exit(child_follows(&self->stage, self->shared, 4));
		_exit(reap(child));
	}
	ASSERT_TRUE(wait32(self->shared, 1));
	ASSERT_EQ(0, event_trace(SYSTEM, event, true));
	EXPECT_TRUE(wait32(self->shared, 2));
	ASSERT_EQ(0, event_trace(SYSTEM, event, false));
	EXPECT_EQ(0, reap(child));
}

TEST_F(mm, child_unregisters_only_for_itself)
{
	const int fd = self->stage.fd;
	pid_t child;

	ASSERT_EQ(0, event_register(fd, self->stage.name, self->stage.word, 2,
				    SINGLE));
	child = spawn();
	if (!child)
		_exit(event_unregister(fd, self->stage.word, 2) ||
		      event_unregister(fd, self->stage.word, 2) != -ENOENT);
	EXPECT_EQ(0, reap(child));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(self->stage.word, 4));
	EXPECT_EQ(0, event_unregister(fd, self->stage.word, 2));
}

TEST_F(mm, parent_unregisters_only_for_itself)
{
	const int fd = self->stage.fd;
	pid_t child;

	ASSERT_EQ(0, event_register(fd, self->stage.name, self->stage.word, 2,
				    SINGLE));
	child = spawn();
	if (!child)
		_exit(child_follows(&self->stage, self->shared, 4));
	ASSERT_TRUE(wait32(self->shared, 1));
	EXPECT_EQ(0, event_unregister(fd, self->stage.word, 2));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(self->shared, 2));
	EXPECT_EQ(0, *self->stage.word);
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_EQ(0, reap(child));
}

TEST_F(mm, child_registers_only_for_itself)
{
	const int fd = self->stage.fd;
	__u32 *word = self->stage.word;
	pid_t child;

	ASSERT_EQ(0, event_register(fd, self->stage.name, word, 2, SINGLE));
	child = spawn();
	if (!child)
		_exit(event_register(fd, self->stage.name, word, 2, SINGLE) !=
		      -EADDRINUSE ||
		      event_register(fd, self->stage.name, word, 3, SINGLE));
	EXPECT_EQ(0, reap(child));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(word, 4));
	EXPECT_EQ(-ENOENT, event_unregister(fd, word, 3));
}

TEST_F(mm, child_keeps_the_event_when_the_parent_lets_go)
{
	const int other = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	const char *two = say("%s u64 two", self->stage.name);
	pid_t child;

	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 2, SINGLE));
	child = spawn();
	if (!child) {
		close(self->stage.fd);
		store32(self->shared, 1);
		_exit(!wait32(self->shared, 2));
	}
	ASSERT_TRUE(wait32(self->shared, 1));
	close(self->stage.fd);
	EXPECT_EQ(0, event_unregister(other, self->stage.word, 2));
	EXPECT_EQ(-EADDRINUSE, event_try(two, SINGLE));
	store32(self->shared, 2);
	EXPECT_EQ(0, reap(child));
	EXPECT_EQ(0, event_try(two, SINGLE));
}

static int exec_program(void *arg)
{
	char *const args[] = { arg, NULL };

	execv(arg, args);
	return -errno;
}

/* Runs @run in a vfork child, and waits for its end. */
static int in_vfork(int (*run)(void *arg), void *arg)
{
	const pid_t child = vfork();

	if (!child)
		_exit(!!run(arg));
	return child < 0 ? -errno : reap(child);
}

TEST_F(mm, vfork_child_registers_for_the_parent)
{
	struct order order = { .stage = &self->stage, .bit = 1 };

	ASSERT_EQ(0, in_vfork(register_bit, &order));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(2, *self->stage.word);
	EXPECT_EQ(-EADDRINUSE, register_bit(&order));
	EXPECT_EQ(0, unregister_bit(&order));
}

TEST_F(mm, vfork_child_unregisters_for_the_parent)
{
	struct order order = { .stage = &self->stage, .bit = 1 };

	ASSERT_EQ(0, register_bit(&order));
	ASSERT_EQ(0, in_vfork(unregister_bit, &order));
	EXPECT_EQ(-ENOENT, unregister_bit(&order));
}

TEST_F(mm, vfork_child_exec_keeps_the_parents)
{
	struct order order = { .stage = &self->stage, .bit = 1 };

	ASSERT_EQ(0, register_bit(&order));
	ASSERT_EQ(0, in_vfork(exec_program, "/bin/true"));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(2, *self->stage.word);
	EXPECT_EQ(0, unregister_bit(&order));
}

/* A child that shares the memory, and no more. */
static pid_t clone_vm(int (*run)(void *arg), void *arg)
{
	const size_t size = 1 << 16;
	char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);

	return clone(run, stack + size, CLONE_VM | SIGCHLD, arg);
}

TEST_F(mm, clone_vm_child_registers_for_the_parent)
{
	struct order order = { .stage = &self->stage, .bit = 1 };
	pid_t child;

	child = clone_vm(register_bit, &order);
	ASSERT_LT(0, child);
	ASSERT_EQ(0, reap(child));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(self->stage.word, 2));
	EXPECT_EQ(0, unregister_bit(&order));
}

TEST_F(mm, clone_vm_child_unregisters_for_the_parent)
{
	struct order order = { .stage = &self->stage, .bit = 1 };
	pid_t child;

	ASSERT_EQ(0, register_bit(&order));
	child = clone_vm(unregister_bit, &order);
	ASSERT_LT(0, child);
	ASSERT_EQ(0, reap(child));
	EXPECT_EQ(-ENOENT, unregister_bit(&order));
}

static int outlive_the_parent(void *arg)
{
	struct order *order = arg;

	if (!wait32(&order->go, 1))
		return 1;
	return child_follows(order->stage, &order->go, 1 << order->bit);
}

TEST_F(mm, registrations_live_as_long_as_the_address_space)
{
	struct order *order = (void *)self->shared;
	pid_t child, heir;

	*order = (struct order) { .stage = &self->stage, .bit = 6 };
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	child = spawn();
	if (!child) {
		if (register_bit(order))
			_exit(1);
		_exit(clone_vm(outlive_the_parent, order) < 0 ? 2 : 0);
	}
	ASSERT_EQ(0, reap(child));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	store32(&order->go, 1);
	EXPECT_TRUE(wait32(&order->go, 2));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	heir = waitpid(-1, &child, __WALL);
	EXPECT_LT(0, heir);
	EXPECT_EQ(0, child);
	close(self->stage.fd);
	EXPECT_EQ(0, event_try(say("%s u64 two", self->stage.name), SINGLE));
}

/* Turns into cat, which stays until its input ends; @out tells of the exec. */
static void become_cat(int in, int out)
{
	dup2(in, 0);
	dup2(out, 1);
	execl("/bin/cat", "cat", NULL);
	_exit(1);
}

static void *become_cat_thread(void *arg)
{
	const int *pipes = arg;

	become_cat(pipes[0], pipes[3]);
	return NULL;
}

static void *sleep_thread(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* The child registers with a file of its own, then another program runs. */
static void register_and_exec(struct stage *parents, int *pipes, bool threads)
{
	struct stage stage = *parents;
	struct order order = { .stage = &stage, .bit = 6 };
	pthread_t thread;

	close(stage.fd);
	close(pipes[1]);
	close(pipes[2]);
	stage.fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	if (!threads) {
		if (register_bit(&order))
			_exit(2);
		become_cat(pipes[0], pipes[3]);
	}
	if (in_thread(register_bit, &order) ||
	    pthread_create(&thread, NULL, sleep_thread, NULL) ||
	    pthread_create(&thread, NULL, become_cat_thread, pipes))
		_exit(3);
	for (;;)
		pause();
}

FIXTURE(mm_exec)
{
	struct stage stage;
};

FIXTURE_VARIANT(mm_exec)
{
	bool threads;
};

FIXTURE_VARIANT_ADD(mm_exec, one_thread)
{
	.threads = false,
};

FIXTURE_VARIANT_ADD(mm_exec, by_a_thread_of_many)
{
	.threads = true,
};

FIXTURE_SETUP(mm_exec)
{
	stage_open(_metadata, &self->stage);
}

FIXTURE_TEARDOWN_PARENT(mm_exec)
{
	stage_clean(&self->stage);
}

TEST_F(mm_exec, drops_the_registrations)
{
	const char *two = say("%s u64 two", self->stage.name);
	int pipes[4];
	char byte;
	pid_t child;

	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(0, pipe(pipes + 2));
	child = spawn();
	if (!child)
		register_and_exec(&self->stage, pipes, variant->threads);

	/* cat answers: the exec has happened */
	ASSERT_EQ(1, write(pipes[1], "x", 1));
	ASSERT_EQ(1, read(pipes[2], &byte, 1));
	EXPECT_FALSE(event_listed(self->stage.name));
	EXPECT_EQ(0, event_try(two, SINGLE));
	kill(child, SIGKILL);
	EXPECT_EQ(-SIGKILL, reap(child));
}

TEST_F(mm_exec, that_fails_keeps_the_registrations)
{
	struct order order = { .stage = &self->stage, .bit = 6 };

	ASSERT_EQ(0, variant->threads ? in_thread(register_bit, &order) :
		     register_bit(&order));
	EXPECT_EQ(-1, execl("/nonexistent/program", "program", NULL));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(self->stage.word, 1 << 6));
	EXPECT_EQ(0, unregister_bit(&order));
}

/* Toggles an event until told to stop. */
struct toggler {
	pthread_t thread;
	const char *event;
	__u32 count;
	__u32 stop;
	int ret;
};

static void *toggle(void *arg)
{
	struct toggler *toggler = arg;
	bool on = false;

	while (!load32(&toggler->stop) && !toggler->ret) {
		on = !on;
		toggler->ret = event_trace(SYSTEM, toggler->event, on);
		store32(&toggler->count, toggler->count + 1);
		/* with one CPU, others would only ever run while it is off */
		if (on && toggler->count % 8 == 1)
			pause_ms(2);
	}
	event_trace(SYSTEM, toggler->event, false);
	return NULL;
}

FIXTURE(mm_race)
{
	struct stage stage;
	struct toggler toggler;
};

FIXTURE_SETUP(mm_race)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
	self->toggler.event = self->stage.name;
	ASSERT_EQ(0, pthread_create(&self->toggler.thread, NULL, toggle,
				    &self->toggler));
}

FIXTURE_TEARDOWN_PARENT(mm_race)
{
	stage_clean(&self->stage);
}

/* Long enough for the other side of a race to have met enough toggles. */
static bool race_on(struct toggler *toggler, int round)
{
	return round < 50 || (round < 10000 && load32(&toggler->count) < 16);
}

/* After the race: all is as if there had been none. */
static void settle(struct __test_metadata *_metadata, struct stage *stage,
		   struct toggler *toggler)
{
	store32(&toggler->stop, 1);
	pthread_join(toggler->thread, NULL);
	EXPECT_EQ(0, toggler->ret);
	EXPECT_TRUE(wait32(stage->word, 0));
	EXPECT_EQ(0, event_trace(SYSTEM, stage->name, true));
	EXPECT_TRUE(wait32(stage->word, 1));
	EXPECT_EQ(0, event_trace(SYSTEM, stage->name, false));
	EXPECT_TRUE(wait32(stage->word, 0));
	EXPECT_EQ(0, event_unregister(stage->fd, stage->word, 0));
	close(stage->fd);
	EXPECT_EQ(0, event_try(say("%s u64 other", stage->name), SINGLE));
}

TEST_F(mm_race, processes_exit_while_it_toggles)
{
	pid_t child;
	int i;

	for (i = 0; i < 16; i++) {
		child = spawn();
		if (!child)
			_exit(event_register(self->stage.fd, self->stage.name,
					     self->stage.word + 1, i % 32,
					     SINGLE));
		ASSERT_EQ(0, reap(child));
	}
	settle(_metadata, &self->stage, &self->toggler);
}

TEST_F(mm_race, processes_exit_while_pages_are_faulted_in)
{
	const int pages = 16;
	pid_t child;
	char *area;
	int i, n;

	area = map_pages(pages, MAP_PRIVATE);
	for (i = 0; i < pages; i++) {
		ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
					    area + i * getpagesize(), 1,
					    SINGLE));
	}
	for (i = 0; i < 12; i++) {
		child = spawn();
		if (!child) {
			for (n = 0; n < 10; n++)
				madvise(area, pages * getpagesize(),
					MADV_DONTNEED);
			_exit(0);
		}
		ASSERT_EQ(0, reap(child));
	}
	for (i = 0; i < pages; i++)
		EXPECT_EQ(0, event_unregister(self->stage.fd,
					      area + i * getpagesize(), 1));
	settle(_metadata, &self->stage, &self->toggler);
}

TEST_F(mm_race, pages_come_and_go_while_it_toggles)
{
	const size_t size = 4 * getpagesize();
	char *area, *again;
	int i;

	area = map_pages(4, MAP_PRIVATE);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
					    area + i * getpagesize(), 1,
					    SINGLE));
	}
	for (i = 0; race_on(&self->toggler, i); i++) {
		madvise(area, size, MADV_DONTNEED);
		mprotect(area, size, PROT_READ);
		mprotect(area, size, PROT_READ | PROT_WRITE);
		munmap(area, size);
		again = mmap(area, size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			     -1, 0);
		ASSERT_TRUE(again == area);
	}
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(0, event_unregister(self->stage.fd,
					      area + i * getpagesize(), 1));
	}
	settle(_metadata, &self->stage, &self->toggler);
}

TEST_F(mm_race, registrations_come_and_go_while_it_toggles)
{
	const int fd = self->stage.fd;
	__u32 *word = self->stage.word + 8;
	int i;

	for (i = 0; race_on(&self->toggler, i); i++) {
		ASSERT_EQ(0, event_register(fd, self->stage.name, word, i % 32,
					    SINGLE));
		ASSERT_EQ(0, event_unregister(fd, word, i % 32));
		ASSERT_EQ(0, load32(word)) {
			TH_LOG("the bit of round %d stays set", i);
		}
	}
	settle(_metadata, &self->stage, &self->toggler);
}

TEST_F(mm_race, forks_while_it_toggles_end_with_the_right_bit)
{
	pid_t child;
	int i;

	for (i = 0; i < 12; i++) {
		child = spawn();
		if (!child) {
			/* the bit has to move: it is ours and it is alive */
			const __u32 first = load32(self->stage.word);

			_exit(!wait32(self->stage.word, !first));
		}
		ASSERT_EQ(0, reap(child)) {
			TH_LOG("the bit of child %d does not move", i);
		}
	}
	settle(_metadata, &self->stage, &self->toggler);
}

/*
 * A fork that stops between copying the memory and handing on registrations:
 * there it stores the child's pidfd, here to a page that is held back.
 */

FIXTURE(mm_fork)
{
	struct stage stage;
	pthread_t thread;
	void *page;
	int uffd;
};

FIXTURE_VARIANT(mm_fork)
{
	bool before;		/* the event is enabled at first */
	bool register_more;	/* what another thread does while the fork stops */
};

FIXTURE_VARIANT_ADD(mm_fork, enabled_after_the_copy)
{
	.before = false,
};

FIXTURE_VARIANT_ADD(mm_fork, disabled_after_the_copy)
{
	.before = true,
};

FIXTURE_VARIANT_ADD(mm_fork, registered_after_the_copy)
{
	.before = true,
	.register_more = true,
};

FIXTURE_SETUP(mm_fork)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	self->page = map_pages(1, MAP_PRIVATE);
	self->uffd = hold_back(self->page);
	if (self->uffd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(-self->uffd));
	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, variant->before));
}

FIXTURE_TEARDOWN_PARENT(mm_fork)
{
	stage_clean(&self->stage);
}

struct interlude {
	struct stage *stage;
	void *page;
	int uffd;
	bool register_more;
	bool enable;
	int ret;
};

static void *change_while_it_stops(void *arg)
{
	struct interlude *interlude = arg;
	struct stage *stage = interlude->stage;
	struct pollfd stopped = { .fd = interlude->uffd, .events = POLLIN };
	struct uffdio_zeropage provide = {
		.range = { (uintptr_t)interlude->page, getpagesize() },
	};

	if (poll(&stopped, 1, PATIENCE_MS) != 1)
		interlude->ret = -ETIMEDOUT;
	else if (interlude->register_more)
		interlude->ret = event_register(stage->fd, stage->name,
						stage->word + 1, 0, SINGLE);
	else
		interlude->ret = event_trace(SYSTEM, stage->name,
					     interlude->enable);
	ioctl(interlude->uffd, UFFDIO_ZEROPAGE, &provide);
	return NULL;
}

TEST_F(mm_fork, is_right_in_the_child)
{
	const __u32 *word = self->stage.word + variant->register_more;
	const __u32 expected = variant->register_more || !variant->before;
	/* The registrations were copied with the memory, before it stopped. */
	const __u32 in_child = !variant->register_more && expected;
	struct interlude interlude = {
		.stage = &self->stage,
		.page = self->page,
		.uffd = self->uffd,
		.register_more = variant->register_more,
		.enable = expected,
	};
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uintptr_t)self->page,
		.exit_signal = SIGCHLD,
	};
	pid_t child;

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, change_while_it_stops,
				    &interlude));
	child = syscall(SYS_clone3, &args, sizeof(args));
	if (!child)
		_exit(!wait32(word, in_child));
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, interlude.ret);
	EXPECT_EQ(0, reap(child));

	/* It goes on to mirror, and so does its parent. */
	EXPECT_TRUE(wait32(word, expected));
	child = spawn();
	if (!child)
		_exit(load32(word) != expected);
	EXPECT_EQ(0, reap(child));
}

struct churn {
	pthread_t thread;
	struct stage *stage;
	int bit;
	__u32 *stop;
	int ret;
};

static void *register_and_unregister(void *arg)
{
	struct churn *churn = arg;
	struct stage *stage = churn->stage;

	while (!load32(churn->stop) && !churn->ret) {
		churn->ret = event_register(stage->fd, stage->name,
					    stage->word, churn->bit, SINGLE);
		if (!churn->ret)
			churn->ret = event_unregister(stage->fd, stage->word,
						      churn->bit);
	}
	return NULL;
}

TEST_F(mm_race, threads_register_while_others_fork)
{
	struct churn churns[3];
	__u32 stop = 0;
	pid_t child;
	int i;

	for (i = 0; i < 3; i++) {
		churns[i] = (struct churn) {
			.stage = &self->stage,
			.bit = i + 1,
			.stop = &stop,
		};
		ASSERT_EQ(0, pthread_create(&churns[i].thread, NULL,
					    register_and_unregister,
					    &churns[i]));
	}
	for (i = 0; i < 16; i++) {
		child = spawn();
		if (!child)
			_exit(event_unregister(self->stage.fd,
					       self->stage.word, 0) ||
			      load32(self->stage.word) & 1);
		EXPECT_EQ(0, reap(child)) {
			TH_LOG("child %d has no registration", i);
		}
	}
	store32(&stop, 1);
	for (i = 0; i < 3; i++) {
		pthread_join(churns[i].thread, NULL);
		EXPECT_EQ(0, churns[i].ret);
	}
	settle(_metadata, &self->stage, &self->toggler);
}

TEST_HARNESS_MAIN
