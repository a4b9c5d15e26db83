// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that an event exists exactly as long as an open file, an address or a
 * tracer uses it, so that a following request does not fail because of it.
 */

#include "common.h"
#include "perf.h"

FIXTURE(lifetime)
{
	struct stage stage;
	char *one;		/* two layouts of the stage's name */
	char *two;
};

FIXTURE_SETUP(lifetime)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	self->one = say("%s u32 one", self->stage.name);
	self->two = say("%s u64 two", self->stage.name);
}

FIXTURE_TEARDOWN_PARENT(lifetime)
{
	stage_clean(&self->stage);
}

TEST_F(lifetime, ends_with_unregister_and_close)
{
	ASSERT_EQ(0, event_register(self->stage.fd, self->one,
				    self->stage.word, 0, SINGLE));
	EXPECT_EQ(-EADDRINUSE, event_try(self->two, SINGLE));
	EXPECT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 0));
	close(self->stage.fd);
	EXPECT_FALSE(event_listed(self->stage.name));
	EXPECT_FALSE(event_exists(SYSTEM, self->stage.name));
	EXPECT_EQ(0, event_try(self->two, SINGLE));
}

TEST_F(lifetime, open_file_keeps_it)
{
	ASSERT_EQ(0, event_register(self->stage.fd, self->one,
				    self->stage.word, 0, SINGLE));
	EXPECT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 0));
	EXPECT_TRUE(event_listed(self->stage.name));
	EXPECT_EQ(-EADDRINUSE, event_try(self->two, SINGLE));
	EXPECT_EQ(-EBUSY, event_delete(self->stage.fd, self->stage.name));
	close(self->stage.fd);
	EXPECT_EQ(0, event_try(self->two, SINGLE));
}

TEST_F(lifetime, every_descriptor_of_the_file_keeps_it)
{
	const int twin = dup(self->stage.fd);

	ASSERT_EQ(0, event_register(self->stage.fd, self->one,
				    self->stage.word, 0, SINGLE));
	EXPECT_EQ(0, event_unregister(twin, self->stage.word, 0));
	close(self->stage.fd);
	EXPECT_EQ(-EADDRINUSE, event_try(self->two, SINGLE));
	close(twin);
	EXPECT_EQ(0, event_try(self->two, SINGLE));
}

TEST_F(lifetime, address_keeps_it)
{
	const int other = open(DATA_FILE, O_RDWR | O_CLOEXEC);

	ASSERT_EQ(0, event_register(self->stage.fd, self->one,
				    self->stage.word, 0, SINGLE));
	close(self->stage.fd);
	EXPECT_TRUE(event_listed(self->stage.name));
	EXPECT_EQ(-EADDRINUSE, event_try(self->two, SINGLE));
	EXPECT_EQ(-EBUSY, event_delete(other, self->stage.name));
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(1, *self->stage.word);
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_EQ(0, event_unregister(other, self->stage.word, 0));
	EXPECT_FALSE(event_listed(self->stage.name));
	EXPECT_EQ(0, event_try(self->two, SINGLE));
}

TEST_F(lifetime, ftrace_keeps_it)
{
	const int other = open(DATA_FILE, O_RDWR | O_CLOEXEC);

	ASSERT_EQ(0, event_register(self->stage.fd, self->one,
				    self->stage.word, 0, SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 0));
	close(self->stage.fd);
	EXPECT_TRUE(event_listed(self->stage.name));
	EXPECT_EQ(-EADDRINUSE, event_try(self->two, SINGLE));
	EXPECT_EQ(-EBUSY, event_delete(other, self->stage.name));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_EQ(0, event_try(self->two, SINGLE));
}

TEST_F(lifetime, perf_keeps_it)
{
	int perf;

	ASSERT_EQ(0, event_register(self->stage.fd, self->one,
				    self->stage.word, 0, SINGLE));
	perf = perf_open(SYSTEM, self->stage.name);
	ASSERT_LE(0, perf);
	EXPECT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 0));
	close(self->stage.fd);
	EXPECT_EQ(-EADDRINUSE, event_try(self->two, SINGLE));
	close(perf);
	EXPECT_EQ(0, event_try(self->two, SINGLE));
}

TEST_F(lifetime, persist_keeps_it_until_deleted)
{
	const int other = open(DATA_FILE, O_RDWR | O_CLOEXEC);

	ASSERT_EQ(0, event_register(self->stage.fd, self->one,
				    self->stage.word, 0, PERSIST));
	EXPECT_EQ(-EBUSY, event_delete(other, self->stage.name));
	EXPECT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 0));
	EXPECT_EQ(-EBUSY, event_delete(other, self->stage.name));
	close(self->stage.fd);
	EXPECT_TRUE(event_listed(self->stage.name));
	EXPECT_EQ(-EADDRINUSE, event_try(self->two, SINGLE));
	EXPECT_EQ(0, event_delete(other, self->stage.name));
	EXPECT_FALSE(event_listed(self->stage.name));
	EXPECT_EQ(0, event_try(self->two, SINGLE));
}

TEST_F(lifetime, process_exit_ends_it)
{
	pid_t child;
	int i;

	for (i = 0; i < 10; i++) {
		child = spawn();
		if (!child) {
			const int fd = open(DATA_FILE, O_RDWR);

			_exit(event_register(fd, self->one, self->stage.word,
					     i, SINGLE));
		}
		ASSERT_EQ(0, reap(child));
		ASSERT_EQ(0, event_try(self->two, SINGLE)) {
			TH_LOG("after exit %d", i);
		}
	}
}

TEST_F(lifetime, killed_process_ends_it)
{
	__u32 *ready = map_pages(1, MAP_SHARED);
	const pid_t child = spawn();

	if (!child) {
		const int fd = open(DATA_FILE, O_RDWR);

		store32(ready, 1 + event_register(fd, self->one,
						  self->stage.word, 0,
						  SINGLE));
		for (;;)
			pause();
	}
	ASSERT_TRUE(wait32(ready, 1));
	EXPECT_EQ(-EADDRINUSE, event_try(self->two, SINGLE));
	kill(child, SIGKILL);
	ASSERT_EQ(-SIGKILL, reap(child));
	EXPECT_EQ(0, event_try(self->two, SINGLE));
}

TEST_F(lifetime, other_layout_right_after_close)
{
	int fd, i;

	for (i = 0; i < 100; i++) {
		fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
		ASSERT_EQ(0, event_register(fd, i % 2 ? self->one : self->two,
					    self->stage.word, 0, SINGLE)) {
			TH_LOG("in round %d", i);
		}
		close(fd);
		ASSERT_EQ(0, event_unregister(self->stage.fd, self->stage.word,
					      0));
	}
}

TEST_F(lifetime, delete_right_after_close_is_never_EBUSY)
{
	int fd, i;

	for (i = 0; i < 100; i++) {
		fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
		ASSERT_EQ(0, event_register(fd, i % 2 ? self->one : self->two,
					    self->stage.word, 0,
					    i % 3 ? PERSIST :
					    PERSIST | MULTI)) {
			TH_LOG("in round %d", i);
		}
		ASSERT_EQ(0, event_unregister(fd, self->stage.word, 0));
		close(fd);
		ASSERT_EQ(0, event_delete(self->stage.fd, self->stage.name)) {
			TH_LOG("in round %d", i);
		}
	}
}

TEST_F(lifetime, other_layout_right_after_the_tracer_detached)
{
	const char *event = self->stage.name;
	int fd, i;

	for (i = 0; i < 20; i++) {
		fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
		ASSERT_EQ(0, event_register(fd, i % 2 ? self->one : self->two,
					    self->stage.word, 0, SINGLE)) {
			TH_LOG("in round %d", i);
		}
		ASSERT_EQ(0, event_trace(SYSTEM, event, true));
		ASSERT_EQ(0, event_unregister(fd, self->stage.word, 0));
		close(fd);
		ASSERT_EQ(0, event_trace(SYSTEM, event, false));
	}
}

struct racer {
	const char *text;
	__u32 detached;		/* set once the tracer is gone for sure */
	__u32 running;
};

/*
 * Wants the name with another layout: may be refused while the tracer is
 * there, but not once it has gone.
 */
static int want_the_name(void *arg)
{
	struct racer *racer = arg;
	__u32 detached;
	int ret;

	do {
		detached = load32(&racer->detached);
		ret = event_try(racer->text, SINGLE);
		store32(&racer->running, 1);
	} while (ret == -EADDRINUSE && !detached);
	return ret;
}

static void *want_the_name_thread(void *arg)
{
	return (void *)(long)want_the_name(arg);
}

TEST_F(lifetime, tracer_detaches_while_another_thread_takes_the_name)
{
	const char *event = self->stage.name;
	struct racer racer;
	pthread_t thread;
	void *ret;
	int fd, i;

	for (i = 0; i < 20; i++) {
		fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
		ASSERT_EQ(0, event_register(fd, i % 2 ? self->one : self->two,
					    self->stage.word, 0, SINGLE));
		ASSERT_EQ(0, event_trace(SYSTEM, event, true));
		ASSERT_EQ(0, event_unregister(fd, self->stage.word, 0));
		close(fd);

		racer = (struct racer) {
			.text = i % 2 ? self->two : self->one,
		};
		ASSERT_EQ(0, pthread_create(&thread, NULL,
					    want_the_name_thread, &racer));
		ASSERT_TRUE(wait32(&racer.running, 1));
		EXPECT_EQ(0, event_trace(SYSTEM, event, false));
		store32(&racer.detached, 1);
		pthread_join(thread, &ret);
		ASSERT_EQ(0, (long)ret) {
			TH_LOG("in round %d", i);
		}
	}
}

TEST_F(lifetime, perf_closes_while_another_thread_takes_the_name)
{
	struct racer racer;
	pthread_t thread;
	int fd, i, perf;
	void *ret;

	for (i = 0; i < 10; i++) {
		fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
		ASSERT_EQ(0, event_register(fd, self->one, self->stage.word, 0,
					    SINGLE));
		perf = perf_open(SYSTEM, self->stage.name);
		ASSERT_LE(0, perf);
		ASSERT_EQ(0, event_unregister(fd, self->stage.word, 0));
		close(fd);

		racer = (struct racer) { .text = self->two };
		ASSERT_EQ(0, pthread_create(&thread, NULL,
					    want_the_name_thread, &racer));
		ASSERT_TRUE(wait32(&racer.running, 1));
		close(perf);
		store32(&racer.detached, 1);
		pthread_join(thread, &ret);
		ASSERT_EQ(0, (long)ret) {
			TH_LOG("in round %d", i);
		}
	}
}

/* Many sequences on all CPUs. */

#define THREADS 4

struct worker {
	pthread_t thread;
	const char *own_name;
	const char *shared_name;
	int number;
	int rounds;
	int round;		/* where it ended */
	int ret;
	const char *step;
};

/*
 * One sequence in one of its forms: the layout changes, the file or the
 * address goes first, the event may persist and be deleted, and every second
 * one is a format of the name that all threads share.
 */
static int one_sequence(struct worker *worker, int round, int deleter)
{
	static const char *const fields[] = {
		"u32 a", "u64 a; char[8] b", "", "__data_loc char[] s; int n",
		"u8 a",
	};
	const bool shared = round % 2;
	const bool persist = !shared && round % 3 == 2;
	const char *name = shared ? worker->shared_name : worker->own_name;
	int flags = persist ? PERSIST : SINGLE;
	__u64 word = 0;
	char text[128];
	int fd, ret;

	if (shared || round % 8 == 4)
		flags |= MULTI;
	snprintf(text, sizeof(text), "%s %s", name, fields[round % 5]);
	fd = open(DATA_FILE, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	worker->step = "register";
	ret = event_register(fd, text, &word, 5, flags);
	if (ret < 0)
		return ret;
	if (round % 4 < 2)
		close(fd);
	worker->step = "unregister";
	ret = event_unregister(deleter, &word, 5);
	if (round % 4 >= 2)
		close(fd);
	if (ret || !persist)
		return ret;
	worker->step = "delete";
	return event_delete(deleter, name);
}

static void *work(void *arg)
{
	const int deleter = open(DATA_FILE, O_WRONLY | O_CLOEXEC);
	struct worker *worker = arg;

	pin_to_cpu(worker->number);
	for (worker->round = 0; worker->round < worker->rounds;
	     worker->round++) {
		worker->ret = one_sequence(worker, worker->round, deleter);
		if (worker->ret)
			break;
	}
	close(deleter);
	return NULL;
}

/* Runs @sequences on as many CPUs as there are threads. */
static void run_sequences(struct __test_metadata *_metadata,
			  const char *name, int sequences)
{
	struct worker workers[THREADS];
	int i;

	for (i = 0; i < THREADS; i++) {
		workers[i] = (struct worker) {
			.own_name = say("%s_%d", name, i),
			.shared_name = name,
			.number = i,
			.rounds = sequences / THREADS,
		};
		ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, work,
					    &workers[i]));
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		EXPECT_EQ(0, workers[i].ret) {
			TH_LOG("thread %d, round %d: %s", i, workers[i].round,
			       workers[i].step);
		}
	}
	EXPECT_EQ(0, count_of(file_read(DYNAMIC_FILE), name));
}

/* What the kernel does is the same for 32-bit programs: they need fewer. */
#if __SIZEOF_LONG__ == 8
TEST_F_TIMEOUT(lifetime, 10000_sequences_on_4_cpus, 500)
{
	run_sequences(_metadata, self->stage.name, 10000);
}
#else
TEST_F_TIMEOUT(lifetime, 1000_sequences_on_4_cpus, 500)
{
	run_sequences(_metadata, self->stage.name, 1000);
}
#endif

TEST_HARNESS_MAIN
