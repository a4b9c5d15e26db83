// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that the registrations of a process are gone when wait() returns: then
 * deleting an event, and registering it with another layout, succeed at once,
 * even while toggles, jobs and a page fault that never ends use its address
 * space.
 *
 * USER_EVENTS_ROUNDS in the environment sets the number of processes; by
 * default the test runs for some seconds.
 */

#include "common.h"

#define WORKERS		4
#define SECONDS		15
#define PAGES		4

/* What a worker does after wait(). */
enum way { BY_IOCTL, BY_DYNAMIC_EVENTS, BY_REGISTRATION, WAYS };

static const char *const way_names[] = {
	"delete", "dynamic_events", "register"
};

struct worker {
	const char *name;	/* of its event */
	const char *common;	/* of that of all, which is toggled */
	pid_t pid;
	__u32 rounds;		/* done */
	__u32 way;		/* of the round that failed */
	int ret;		/* 0 or the first error */
};

FIXTURE(exact)
{
	struct stage stage;
	char *common;		/* an event of all, which is toggled */
	struct worker workers[WORKERS];
};

FIXTURE_SETUP(exact)
{
	int uffd;

	if (!stage_open(_metadata, &self->stage))
		return;
	self->common = say("%s_common", self->stage.name);
	uffd = hold_open();
	if (uffd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(-uffd));
	close(uffd);
	ASSERT_EQ(0, event_register(self->stage.fd, self->common,
				    self->stage.word, 0, SINGLE));
	ASSERT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 0));
}

FIXTURE_TEARDOWN_PARENT(exact)
{
	stage_clean(&self->stage);
}

/* Waits until the common event is toggled, and its jobs have work to do. */
static bool see_toggle(const __u32 *word)
{
	const __u64 end = now_ns() + PATIENCE_MS * 1000000ULL;
	const __u32 first = load32(word);

	while (load32(word) == first)
		if (now_ns() > end)
			return load32(word) != first;
	return true;
}

/*
 * The process that ends: its own event and the common one are mirrored in
 * pages of which one is absent, and one never comes.
 */
static int live(const char *common, const char *event, int flags, int round)
{
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	const size_t size = getpagesize();
	char *area = map_pages(PAGES, MAP_PRIVATE);
	int i, uffd;

	for (i = 0; i < PAGES; i++)
		if (event_register(fd, event, area + i * size, 0, flags) < 0 ||
		    event_register(fd, common, area + i * size, 1, SINGLE) < 0)
			return 1;
	if (madvise(area + size, 2 * size, MADV_DONTNEED))
		return 2;
	uffd = hold_back(area + 2 * size);
	if (uffd < 0)
		return 3;
	if (!see_toggle((__u32 *)area))
		return 4;
	if (round & 2)
		wait_fault(uffd, 200);
	if (round & 1)
		kill(getpid(), SIGKILL);
	return 0;
}

/* After its end: 0, or what went wrong. */
static int come_after(int fd, const char *name, const char *one, enum way way)
{
	switch (way) {
	case BY_IOCTL:
		return event_delete(fd, name);
	case BY_DYNAMIC_EVENTS:
		return file_write(DYNAMIC_FILE, say("!u:%s", one));
	default:
		return event_try(say("%s u64 two", name), SINGLE);
	}
}

static int work(struct worker *worker, __u32 rounds, __u64 end)
{
	const char *one = say("%s u32 one", worker->name);
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	enum way way;
	pid_t child;
	int ret;

	while (rounds ? worker->rounds < rounds :
	       worker->rounds <= WAYS || now_ns() < end) {
		way = worker->rounds % WAYS;
		child = spawn();
		if (!child) {
			pin_to_cpu(worker->rounds);
			_exit(live(worker->common, one, way == BY_REGISTRATION ?
				   SINGLE : PERSIST, worker->rounds));
		}
		ret = reap(child);
		if (ret && ret != -SIGKILL)
			return ret;
		worker->ret = come_after(fd, worker->name, one, way);
		worker->way = way;
		if (worker->ret)
			return 100;
		worker->rounds++;
	}
	return 0;
}

/*
 * Before, within some dozens of rounds, dynamic_events said -EBUSY, as it did
 * not look whether the address space had ended, and so did the ioctl, and
 * registration -EADDRINUSE, where a job was about to let it go.  The limit of
 * time is for USER_EVENTS_ROUNDS.
 */
TEST_F_TIMEOUT(exact, lifetimes_after_wait, 3600)
{
	const char *wanted = getenv("USER_EVENTS_ROUNDS");
	const __u32 rounds = wanted ? (atoi(wanted) + WORKERS - 1) / WORKERS : 0;
	const __u64 end = now_ns() + SECONDS * 1000000000ULL;
	int alive = WORKERS, i, ret, total = 0;
	struct worker *worker;
	pid_t pid;

	for (i = 0; i < WORKERS; i++) {
		worker = self->workers + i;
		worker->name = say("%s_%d", self->stage.name, i);
		worker->common = self->common;
		pid = spawn();
		if (!pid)
			_exit(work(worker, rounds, end));
		worker->pid = pid;
	}
	for (i = 0; alive; i++) {
		ASSERT_EQ(0, event_trace(SYSTEM, self->common, i % 2 == 0));
		pause_ms(2);
		for (worker = self->workers; worker < self->workers + WORKERS;
		     worker++) {
			if (!worker->pid)
				continue;
			ret = reap_within(worker->pid, 0);
			if (ret == -ETIMEDOUT)
				continue;
			worker->pid = 0;
			alive--;
			total += worker->rounds;
			EXPECT_EQ(0, ret) {
				TH_LOG("%s after %d rounds: %d",
				       way_names[worker->way], worker->rounds,
				       worker->ret);
			}
		}
	}
	event_trace(SYSTEM, self->common, false);
	EXPECT_LT(WAYS * WORKERS, total);
	TH_LOG("%d processes ended", total);
}

TEST_HARNESS_MAIN
