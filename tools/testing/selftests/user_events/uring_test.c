// SPDX-License-Identifier: GPL-2.0
/* Checks the task and the order of events from io_uring and RWF_NOWAIT. */

#include "common.h"
#include "fault.h"
#include "uring.h"

#define EVENTS URING_MAX	/* of a batch */

/* Sizes of a write: one the kernel copies to its stack, one it does not. */
#define SMALL 64
#define LARGE 3000

/* How the writes are asked for. */
struct way {
	int op;		/* IORING_OP_* */
	__u32 size;	/* of a write */
	__u8 flags;	/* IOSQE_* */
};

struct batch {
	struct uring ring;
	int fd;				/* user_events_data */
	char *data;			/* EVENTS writes, each in pages of its own */
	size_t stride;
	struct iovec iov[EVENTS][2];
};

FIXTURE(uring)
{
	struct stage stage;
	struct batch batch;
};

FIXTURE_VARIANT(uring)
{
	struct way way;
};

FIXTURE_VARIANT_ADD(uring, write) {
	.way = { .op = IORING_OP_WRITE, .size = SMALL },
};

FIXTURE_VARIANT_ADD(uring, write_large) {
	.way = { .op = IORING_OP_WRITE, .size = LARGE },
};

FIXTURE_VARIANT_ADD(uring, writev) {
	.way = { .op = IORING_OP_WRITEV, .size = SMALL },
};

FIXTURE_VARIANT_ADD(uring, writev_large) {
	.way = { .op = IORING_OP_WRITEV, .size = LARGE },
};

FIXTURE_VARIANT_ADD(uring, linked) {
	.way = { .op = IORING_OP_WRITE, .size = SMALL, .flags = IOSQE_IO_LINK },
};

FIXTURE_VARIANT_ADD(uring, linked_large) {
	.way = { .op = IORING_OP_WRITEV, .size = LARGE, .flags = IOSQE_IO_LINK },
};

FIXTURE_VARIANT_ADD(uring, registered) {
	.way = { .op = IORING_OP_WRITE_FIXED, .size = SMALL,
		 .flags = IOSQE_FIXED_FILE },
};

FIXTURE_VARIANT_ADD(uring, registered_large) {
	.way = { .op = IORING_OP_WRITE_FIXED, .size = LARGE,
		 .flags = IOSQE_FIXED_FILE },
};

/* The write of each event: its index, its number, and what nobody looks at. */
static void fill(char *data, size_t stride)
{
	__u32 i;

	for (i = 0; i < EVENTS; i++) {
		__u32 *word = (__u32 *)(data + i * stride);

		word[0] = 0;
		word[1] = i;
	}
}

/* A ring, and an event that is being recorded. */
static bool prepare(struct __test_metadata *_metadata, struct stage *stage,
		    struct uring *ring)
{
	if (!stage_open(_metadata, stage))
		return false;
	if (uring_open(ring, 0) < 0)
		SKIP(return false, "no io_uring");
	/* What is recorded on one CPU is read in the order of its time */
	pin_to_cpu(0);
	EXPECT_EQ(0, event_register(stage->fd, say("%s u32 number", stage->name),
				    stage->word, 0, SINGLE));
	EXPECT_EQ(0, file_truncate(TRACEFS "/trace"));
	EXPECT_EQ(0, event_trace(SYSTEM, stage->name, true));
	return true;
}

FIXTURE_SETUP(uring)
{
	if (!prepare(_metadata, &self->stage, &self->batch.ring))
		return;
	self->batch.fd = self->stage.fd;
	self->batch.stride = 2 * getpagesize();
	self->batch.data = map_pages(2 * EVENTS, MAP_PRIVATE);
	fill(self->batch.data, self->batch.stride);
}

FIXTURE_TEARDOWN_PARENT(uring)
{
	stage_clean(&self->stage);
}

/* Which thread the next record of @event behind *@at is of; 0: none is left. */
static pid_t next_pid(const char **at, const char *event)
{
	const char *mark = say(" %s: ", event), *line, *end, *pid;

	*at = strstr(*at, mark);
	if (!*at)
		return 0;
	for (line = *at; line[-1] != '\n'; line--)
		;
	end = strstr(line, " [");
	for (pid = end; pid > line && pid[-1] != '-'; pid--)
		;
	*at += strlen(mark);
	return strtol(pid, NULL, 10);
}

/* How many records of the event are of this thread. */
static int count_by(const char *event, pid_t thread)
{
	char *text = file_read(TRACEFS "/trace");
	const char *at = text;
	int count = 0;
	pid_t pid;

	while (at && (pid = next_pid(&at, event)))
		count += pid == thread;
	free(text);
	return count;
}

/* Whether all numbers have been recorded, in the order of the writes. */
static bool in_order(const char *event)
{
	__u64 numbers[EVENTS] = {};
	int i;

	if (trace_values(TRACEFS, event, "number", numbers, EVENTS) != EVENTS)
		return false;
	for (i = 0; i < EVENTS; i++) {
		if (numbers[i] != (__u64)i)
			return false;
	}
	return true;
}

static bool all_are(const struct uring *ring, int result)
{
	int i;

	for (i = 0; i < EVENTS; i++) {
		if (ring->results[i] != result)
			return false;
	}
	return true;
}

/* Asks for the write of the i-th event. */
static struct io_uring_sqe *add(struct batch *batch, const struct way *way,
				int i)
{
	const bool fixed = way->flags & IOSQE_FIXED_FILE;
	char *data = batch->data + i * batch->stride;
	struct iovec *iov = batch->iov[i];
	struct io_uring_sqe *request;
	bool last = i == EVENTS - 1;

	iov[0] = (struct iovec) { data, 4 };
	iov[1] = (struct iovec) { data + 4, way->size - 4 };
	request = uring_add(&batch->ring, way->op,
			    fixed ? 0 : batch->fd,
			    way->op == IORING_OP_WRITEV ? (void *)iov : data,
			    way->op == IORING_OP_WRITEV ? 2 : way->size);
	request->flags = last ? way->flags & ~IOSQE_IO_LINK : way->flags;
	return request;
}

static void add_all(struct batch *batch, const struct way *way)
{
	int i;

	for (i = 0; i < EVENTS; i++)
		add(batch, way, i);
}

/* Registers the file and the memory, where the variant uses such. */
static int register_all(struct batch *batch, const struct way *way)
{
	const struct iovec all = { batch->data, EVENTS * batch->stride };

	if (!(way->flags & IOSQE_FIXED_FILE))
		return 0;
	return uring_register(&batch->ring, IORING_REGISTER_FILES,
			      &batch->fd, 1) ?:
	       uring_register(&batch->ring, IORING_REGISTER_BUFFERS, &all, 1);
}

TEST_F(uring, batch_is_recorded_in_order_as_the_submitters)
{
	const char *name = self->stage.name;

	ASSERT_EQ(0, register_all(&self->batch, &variant->way));
	add_all(&self->batch, &variant->way);
	ASSERT_EQ(0, uring_submit(&self->batch.ring));
	EXPECT_TRUE(all_are(&self->batch.ring, variant->way.size));
	EXPECT_TRUE(in_order(name));
	EXPECT_EQ(EVENTS, count_by(name, gettid())) {
		TH_LOG("%s", file_read(TRACEFS "/trace"));
	}
}

/* A file's pages that are in memory, but not yet in this address space. */
TEST_F(uring, payloads_that_fault_are_recorded_in_order_as_the_submitters)
{
	const size_t size = EVENTS * self->batch.stride;
	const int fd = syscall(__NR_memfd_create, "payload", MFD_CLOEXEC);

	ASSERT_EQ((ssize_t)size, write(fd, self->batch.data, size));
	self->batch.data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE,
				fd, 0);
	ASSERT_NE(MAP_FAILED, self->batch.data);
	ASSERT_EQ(0, register_all(&self->batch, &variant->way));
	add_all(&self->batch, &variant->way);
	ASSERT_EQ(0, uring_submit(&self->batch.ring));
	EXPECT_TRUE(all_are(&self->batch.ring, variant->way.size));
	EXPECT_TRUE(in_order(self->stage.name));
	EXPECT_EQ(EVENTS, count_by(self->stage.name, gettid()));
}

/* What it takes for a thread to provide a page that somebody waits for. */
struct provider {
	int uffd;
	void *page;
};

static int provide(void *arg)
{
	const struct provider *provider = arg;

	if (wait_fault(provider->uffd, PATIENCE_MS) != provider->page)
		return -ETIMEDOUT;
	return let_come(provider->uffd, provider->page);
}

TEST_F(uring, payload_of_another_thread_is_waited_for)
{
	struct provider provider = { .page = self->batch.data };
	struct thread_call call = { .run = provide, .arg = &provider };
	pthread_t thread;

	/* What comes is zeroed: the write index 0, and the number 0 */
	ASSERT_EQ(0, madvise(self->batch.data, getpagesize(), MADV_DONTNEED));
	provider.uffd = hold_back(self->batch.data);
	if (provider.uffd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(-provider.uffd));
	ASSERT_EQ(0, pthread_create(&thread, NULL, thread_call_run, &call));
	ASSERT_EQ(0, register_all(&self->batch, &variant->way));
	add_all(&self->batch, &variant->way);
	ASSERT_EQ(0, uring_submit(&self->batch.ring));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, call.ret);
	EXPECT_TRUE(all_are(&self->batch.ring, variant->way.size));
	EXPECT_TRUE(in_order(self->stage.name));
	EXPECT_EQ(EVENTS, count_by(self->stage.name, gettid()));
}

TEST_F(uring, failing_write_ends_its_link_only)
{
	const bool linked = variant->way.flags & IOSQE_IO_LINK;
	const int bad = 7;
	int i;

	ASSERT_EQ(0, register_all(&self->batch, &variant->way));
	*(__u32 *)(self->batch.data + bad * self->batch.stride) = 1000;
	add_all(&self->batch, &variant->way);
	ASSERT_EQ(0, uring_submit(&self->batch.ring));
	for (i = 0; i < EVENTS; i++) {
		const int rest = linked && i > bad ? -ECANCELED :
				 (int)variant->way.size;

		EXPECT_EQ(i == bad ? -ENOENT : rest, self->batch.ring.results[i]) {
			TH_LOG("request %d", i);
		}
	}
	EXPECT_EQ(linked ? bad : EVENTS - 1,
		  trace_count(TRACEFS, self->stage.name));
}

TEST_F(uring, write_that_must_not_wait_is_taken)
{
	int i;

	ASSERT_EQ(0, register_all(&self->batch, &variant->way));
	for (i = 0; i < EVENTS; i++)
		add(&self->batch, &variant->way, i)->rw_flags = RWF_NOWAIT;
	ASSERT_EQ(0, uring_submit(&self->batch.ring));
	EXPECT_TRUE(all_are(&self->batch.ring, variant->way.size)) {
		TH_LOG("got %d", self->batch.ring.results[0]);
	}
	EXPECT_TRUE(in_order(self->stage.name));
}

static pid_t poller_now(const struct uring *ring)
{
	char *text = file_read(say("/proc/self/fdinfo/%d", ring->fd));
	const char *at = text ? strstr(text, "SqThread:\t") : NULL;

	return at ? strtol(at + strlen("SqThread:\t"), NULL, 10) : -1;
}

/*
 * The thread that submits for a ring with IORING_SETUP_SQPOLL.  fdinfo only
 * tries the ring's lock, and shows -1 while that thread holds it.
 */
static pid_t poller_of(const struct uring *ring)
{
	int patience = PATIENCE_MS;
	pid_t poller;

	while ((poller = poller_now(ring)) < 0 && wait_more(&patience))
		;
	return poller;
}

TEST_F(uring, polled_batch_is_recorded_in_order_as_the_pollers)
{
	const char *name = self->stage.name;
	pid_t poller;

	close(self->batch.ring.fd);
	if (uring_open(&self->batch.ring, IORING_SETUP_SQPOLL) < 0)
		SKIP(return, "no poller");
	ASSERT_EQ(0, register_all(&self->batch, &variant->way));
	add_all(&self->batch, &variant->way);
	ASSERT_EQ(0, uring_submit(&self->batch.ring));
	EXPECT_TRUE(all_are(&self->batch.ring, variant->way.size));
	EXPECT_TRUE(in_order(name));
	poller = poller_of(&self->batch.ring);
	EXPECT_EQ(EVENTS, count_by(name, poller)) {
		TH_LOG("poller is %d", poller);
		TH_LOG("%s", file_read(TRACEFS "/trace"));
	}
}

/*
 * One write of each size, and what can go wrong
 */

FIXTURE(single)
{
	struct stage stage;
	struct uring ring;
	struct fault_settings faults;
	char *data;			/* two pages */
};

FIXTURE_VARIANT(single)
{
	__u32 size;	/* of a write */
};

FIXTURE_VARIANT_ADD(single, small) {
	.size = SMALL,
};

FIXTURE_VARIANT_ADD(single, large) {
	.size = LARGE,
};

FIXTURE_SETUP(single)
{
	if (prepare(_metadata, &self->stage, &self->ring))
		self->data = map_pages(2, MAP_PRIVATE);
}

FIXTURE_TEARDOWN_PARENT(single)
{
	fault_close(&self->faults);
	stage_clean(&self->stage);
}

TEST_F(single, unreadable_payload_is_EFAULT)
{
	char *second = self->data + getpagesize();

	ASSERT_EQ(0, mprotect(second, getpagesize(), PROT_NONE));
	EXPECT_EQ(-EFAULT, uring_write(&self->ring, self->stage.fd,
				       second - variant->size / 2,
				       variant->size, 0));
	EXPECT_EQ(0, trace_count(TRACEFS, self->stage.name));
}

/*
 * Memory that is not there without waiting: RWF_NOWAIT is told, while io_uring
 * has a worker wait for it.
 */
static int fail_nowait(struct fault_settings *faults)
{
	const char *const wanted[][2] = {
		{ FAILSLAB "/ignore-gfp-wait", "Y" },
		{ FAILSLAB "/verbose", "0" },
		{ FAILSLAB "/task-filter", "Y" },
		{ FAILSLAB "/times", "-1" },
		{ FAILSLAB "/interval", "1" },
		{ FAILSLAB "/probability", "100" },
	};

	fault_prepare();
	if (access(FAILSLAB, F_OK))
		return -ENOENT;
	return fault_set_all(faults, wanted, ARRAY_SIZE(wanted));
}

static int fail_for_this_thread(bool on)
{
	return file_write("/proc/self/make-it-fail", on ? "1" : "0");
}

TEST_F(single, without_memory_only_large_writes_are_told_to_try_again)
{
	const bool large = variant->size == LARGE;
	const struct iovec iov = { self->data, variant->size };
	const int fd = self->stage.fd;
	ssize_t nowait, wait;
	int worker;

	if (fail_nowait(&self->faults))
		SKIP(return, "no failslab in this kernel");
	ASSERT_EQ(0, fail_for_this_thread(true));
	nowait = pwritev2(fd, &iov, 1, 0, RWF_NOWAIT);
	nowait = nowait < 0 ? -errno : nowait;
	wait = pwritev2(fd, &iov, 1, 0, 0);
	worker = uring_write(&self->ring, fd, self->data, variant->size, 0);
	fail_for_this_thread(false);

	EXPECT_EQ(large ? -EAGAIN : SMALL, nowait);
	EXPECT_EQ((ssize_t)variant->size, wait);
	EXPECT_EQ((int)variant->size, worker);
	EXPECT_EQ(large ? 2 : 3, trace_count(TRACEFS, self->stage.name));
}

TEST_HARNESS_MAIN
