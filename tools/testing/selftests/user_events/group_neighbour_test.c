// SPDX-License-Identifier: GPL-2.0
/*
 * Groups: a tenant whose pages never come, or whose memory cgroup is full, costs
 * the tenant of another group nothing.
 */

#include "cgroup.h"
#include "fuse.h"
#include "group.h"
#include "late.h"

/* What nobody who waits for no neighbour takes, on a slow machine either. */
#define AT_ONCE_MS	1000

#define ROUNDS		5

/* What a neighbour tells. */
struct told {
	__u32 ready;		/* neighbours that have all they want */
	__u32 asked;		/* faults on pages that never come */
	__u32 refused;		/* registrations without memory */
	__u32 needed;		/* by the test: the tenant with a late page */
	__u32 late;		/* what that one says, see be_late() */
};

/* In memory that is shared with children. */
struct neighbour {
	struct groups groups;	/* web is the neighbour's, api the tenant's */
	struct fuse_file file;
	struct told told;
	char event[48];		/* the neighbour's */
	int alone;		/* what a round of the tenant's takes, in ms */
	pid_t late;		/* the tenant with a late page */
};

/* Fails where a round is not as it should be; else for how long it ran, in ms. */
static int tenant_round(struct __test_metadata *_metadata,
			const struct groups *groups, int nr)
{
	const char *name = say("%s_tenant%d", groups->stage.name, nr);
	const char *system = group_system(groups->api);
	const char *text = say("%s u32 a", name);
	const int fd = group_open_data(groups->api);
	__u32 *word = map_pages(1, MAP_PRIVATE);
	__u32 *late = map_pages(1, MAP_PRIVATE);
	const __u64 start = now_ns();
	__u32 value = 7;

	EXPECT_EQ(0, event_register(fd, text, word, 0, SINGLE));
	EXPECT_EQ(0, event_register(fd, text, late, 0, SINGLE));
	EXPECT_EQ(1, event_register(fd, text, word, 1, MULTI));
	madvise(late, getpagesize(), MADV_DONTNEED);
	EXPECT_EQ(0, event_trace(system, name, true));
	/* by the toggle, or by a job that is still at work for the last one */
	EXPECT_TRUE(wait32(word, 1));
	EXPECT_EQ(8, event_emit(fd, 0, &value, 4));
	/* a job of its address space brings in this one */
	EXPECT_TRUE(wait32(late, 1));
	EXPECT_EQ(0, event_trace(system, name, false));
	EXPECT_TRUE(wait32(word, 0));
	EXPECT_TRUE(wait32(late, 0));
	EXPECT_EQ(-EBADF, event_emit(fd, 0, &value, 4));
	EXPECT_TRUE(group_lists(groups->api, name));
	EXPECT_EQ(0, event_unregister(fd, word, 0));
	EXPECT_EQ(0, event_unregister(fd, word, 1));
	EXPECT_EQ(0, event_unregister(fd, late, 0));
	close(fd);
	EXPECT_EQ(0, group_try(groups->api, say("%s u64 b", name), SINGLE));
	munmap(word, getpagesize());
	munmap(late, getpagesize());
	return (now_ns() - start) / 1000000;
}

/* The longest of some rounds, with the neighbour's event traced in half of them. */
static int tenant_worst(struct __test_metadata *_metadata,
			const struct neighbour *self)
{
	const char *system = group_system(self->groups.web);
	int i, ms, worst = 0;

	for (i = 0; i < ROUNDS; i++) {
		ms = event_trace_ms(system, self->event, i % 2 == 0);
		EXPECT_LE(0, ms);
		worst = ms > worst ? ms : worst;
		ms = tenant_round(_metadata, &self->groups, i);
		worst = ms > worst ? ms : worst;
	}
	return worst;
}

FIXTURE(neighbour)
{
	struct neighbour n;
};

/*
 * One in the tenant's group, if a test needs one with a late page: as the user
 * who is accountable for the others, whose parent is the same.
 */
static int late_tenant(struct neighbour *n)
{
	const int uffd = hold_open();

	while (!load32(&n->told.needed))
		pause_ms(10);
	if (uffd < 0)
		return 1;
	return be_late(n->groups.api_fd, uffd,
		       say("%s_late u32 a", n->groups.stage.name), &n->told.late,
		       sizeof(long) == 4);
}

FIXTURE_SETUP(neighbour)
{
	pid_t late;

	ASSERT_TRUE(groups_open(_metadata, &self->n.groups));
	/* before its parent has addresses in another group, which it would share */
	late = spawn();
	if (!late)
		_exit(late_tenant(&self->n));
	self->n.late = late;
	snprintf(self->n.event, sizeof(self->n.event), "%s_neighbour",
		 self->n.groups.stage.name);
	ASSERT_EQ(0, event_register(self->n.groups.web_fd,
				    say("%s u32 a", self->n.event),
				    self->n.groups.stage.word, 0, SINGLE));
}

FIXTURE_TEARDOWN_PARENT(neighbour)
{
	cgroup_remove(self->n.groups.stage.name);
	fuse_unmount(&self->n.file);
	groups_close(&self->n.groups);
}

/* On a busy machine, something else may hold it up, but not each time. */
static void expect_nothing_lost(struct __test_metadata *_metadata,
				const struct neighbour *self)
{
	int i, beside;

	for (i = 0; i < 3; i++) {
		beside = tenant_worst(_metadata, self);
		if (beside < AT_ONCE_MS + 10 * self->alone)
			break;
	}
	EXPECT_GT(3, i) {
		TH_LOG("%d ms alone, %d ms beside", self->alone, beside);
	}
}

static bool wait_told(const __u32 *told, __u32 wanted)
{
	int patience = PATIENCE_MS;

	while (load32(told) < wanted && wait_more(&patience))
		;
	return load32(told) >= wanted;
}

/*
 * Pages that never come
 */

#define ABSENT_TENANTS	4
#define ABSENT_PAGES	8

/* Pages of one user that the kernel waits for at a time. */
#define WAITERS		16

/* One who has threads that touch a page each, and don't come back. */
struct absent {
	int fd;
	const char *event;
	__u32 *word;
	char *page;
};

static void *hang_in_register(void *arg)
{
	struct absent *absent = arg;

	event_register(absent->fd, say("%s u32 a", absent->event), absent->page,
		       0, SINGLE);
	return NULL;
}

static void *hang_in_description(void *arg)
{
	struct absent *absent = arg;

	event_register(absent->fd, absent->page, absent->word, 1, MULTI);
	return NULL;
}

static void *hang_in_delete(void *arg)
{
	struct absent *absent = arg;

	event_delete(absent->fd, absent->page);
	return NULL;
}

static void *hang_in_write(void *arg)
{
	struct absent *absent = arg;

	/* the payload is not looked at before the event is traced */
	while (event_emit(absent->fd, 0, absent->page, 4) == -EBADF)
		pause_ms(1);
	return NULL;
}

static void *(*const hangs[])(void *arg) = {
	hang_in_register, hang_in_description, hang_in_delete, hang_in_write,
};

#define HANGS ((int)ARRAY_SIZE(hangs))

/* Has pages that never come: mirrored ones, and one for each of its threads. */
static int be_absent(const char *group, const char *event, struct told *told)
{
	const int fd = group_open_data(group), uffd = hold_open();
	const int count = ABSENT_PAGES + HANGS, size = getpagesize();
	char *pages = map_pages(count, MAP_PRIVATE);
	struct absent absent[ARRAY_SIZE(hangs)];
	pthread_t thread;
	int i;

	if (fd < 0 || uffd < 0 || become_nobody())
		return 1;
	for (i = 0; i < ABSENT_PAGES; i++) {
		if (event_register(fd, say("%s u32 a", event), pages + i * size,
				   0, SINGLE))
			return 2;
	}
	if (madvise(pages, count * size, MADV_DONTNEED) ||
	    hold_pages(uffd, pages, count))
		return 3;
	for (i = 0; i < HANGS; i++) {
		absent[i] = (struct absent) {
			.fd = fd,
			.event = event,
			.word = map_pages(1, MAP_PRIVATE),
			.page = pages + (ABSENT_PAGES + i) * size,
		};
		if (pthread_create(&thread, NULL, hangs[i], absent + i))
			return 4;
	}
	__atomic_fetch_add(&told->ready, 1, __ATOMIC_RELEASE);
	for (;;) {
		if (wait_fault(uffd, PATIENCE_MS))
			__atomic_fetch_add(&told->asked, 1, __ATOMIC_RELEASE);
	}
}

/* The same user of another group has a page that comes when it is waited for. */
static void expect_late_page(struct __test_metadata *_metadata,
			     struct neighbour *n)
{
	const char *name = say("%s_late", n->groups.stage.name);

	store32(&n->told.needed, 1);
	EXPECT_TRUE(wait32(&n->told.late, 1));
	EXPECT_EQ(0, event_trace(group_system(n->groups.api), name, true));
	store32(&n->told.late, 2);
	EXPECT_EQ(0, reap(n->late));
	EXPECT_EQ(0, event_trace(group_system(n->groups.api), name, false));
}

/*
 * The late page failed where the pages that are waited for were counted by user
 * alone.
 */
TEST_F_TIMEOUT(neighbour, pages_that_never_come_cost_no_other_group, 300)
{
	pid_t pids[ABSENT_TENANTS];
	int i, uffd;

	uffd = hold_open();
	if (uffd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(-uffd));
	close(uffd);
	self->n.alone = tenant_worst(_metadata, &self->n);
	for (i = 0; i < ABSENT_TENANTS; i++) {
		pids[i] = spawn();
		if (!pids[i])
			_exit(be_absent(self->n.groups.web, self->n.event,
					&self->n.told));
	}
	ASSERT_TRUE(wait_told(&self->n.told.ready, ABSENT_TENANTS));
	/* it has been traced since before there were absent pages */
	ASSERT_EQ(0, event_trace(group_system(self->n.groups.web), self->n.event,
				 false));
	ASSERT_EQ(0, event_trace(group_system(self->n.groups.web), self->n.event,
				 true));
	ASSERT_TRUE(wait_told(&self->n.told.asked,
			      WAITERS + ABSENT_TENANTS * HANGS)) {
		TH_LOG("%u pages were waited for", self->n.told.asked);
	}
	expect_nothing_lost(_metadata, &self->n);
	expect_late_page(_metadata, &self->n);
	for (i = 0; i < ABSENT_TENANTS; i++) {
		kill(pids[i], SIGKILL);
		EXPECT_EQ(-SIGKILL, reap_within(pids[i], PATIENCE_MS));
	}
}

/* Has one page of a file that is not served. */
static int be_unserved(const char *group, const char *event,
		       struct fuse_file *file, struct told *told)
{
	const int data = group_open_data(group);
	struct absent absent;
	pthread_t thread;
	__u32 *page;
	int fd;

	page = fuse_map(file, &fd);
	if (!page || data < 0)
		return 1;
	if (event_register(data, say("%s u32 a", event), page, 0, SINGLE) ||
	    !fuse_drop(page, fd))
		return 2;
	store32(&file->asked, 0);
	store32(&file->hold, 1);
	absent = (struct absent) {
		.fd = data,
		.event = event,
		.page = (char *)(page + 1),
	};
	if (pthread_create(&thread, NULL, hang_in_register, &absent))
		return 3;
	store32(&told->ready, 1);
	for (;;)
		pause();
}

/* It failed where event_mutex was held while a job's page was waited for. */
TEST_F_TIMEOUT(neighbour, file_that_is_not_served_costs_no_other_group, 300)
{
	const int err = fuse_mount(&self->n.file);
	pid_t pid;

	if (err)
		SKIP(return, "no FUSE: %s", strerror(-err));
	self->n.alone = tenant_worst(_metadata, &self->n);
	pid = spawn();
	if (!pid)
		_exit(be_unserved(self->n.groups.web, self->n.event, &self->n.file,
				  &self->n.told));
	ASSERT_TRUE(wait_told(&self->n.told.ready, 1));
	ASSERT_TRUE(wait_told(&self->n.file.asked, 1));
	expect_nothing_lost(_metadata, &self->n);
	EXPECT_EQ(1, self->n.file.hold);
	kill(pid, SIGKILL);
	store32(&self->n.file.hold, 0);
	EXPECT_EQ(-SIGKILL, reap_within(pid, PATIENCE_MS));
}

/*
 * A memory cgroup that is full
 */

#define FULL_SIZE	"2M"

/* Registers for ever, with layouts that are all new: memory is short soon. */
static int be_full(const char *cgroup, const char *group, const char *event,
		   struct told *told)
{
	const int fd = group_open_data(group);
	static __u32 words[1 << 16];
	static char text[128];
	__u32 i;
	int ret;

	/* What it touches later would be charged, too. */
	memset(words, 0, sizeof(words));
	memset(text, 1, sizeof(text));
	if (fd < 0 || cgroup_enter(cgroup))
		return 1;
	store32(&told->ready, 1);
	for (i = 0;; i = (i + 1) % ARRAY_SIZE(words)) {
		snprintf(text, sizeof(text), "%s u64 field_%u", event, i);
		ret = event_register(fd, text, words + i, 0, MULTI);
		if (ret >= 0)
			continue;
		if (ret != -ENOMEM)
			return 2;
		store32(&told->refused, told->refused + 1);
		pause_ms(1);
	}
}

/* It failed where registrations called the OOM killer for want of memory. */
TEST_F_TIMEOUT(neighbour, full_cgroup_costs_no_other_group, 300)
{
	const char *cgroup = self->n.groups.stage.name;
	__u32 refused;
	pid_t pid;

	if (cgroup_make(cgroup))
		SKIP(return, "no memory cgroup");
	ASSERT_EQ(0, cgroup_write(cgroup, "memory.max", FULL_SIZE));
	self->n.alone = tenant_worst(_metadata, &self->n);
	pid = spawn();
	if (!pid)
		_exit(be_full(cgroup, self->n.groups.web, self->n.event,
			      &self->n.told));
	ASSERT_TRUE(wait_told(&self->n.told.refused, 10)) {
		TH_LOG("the cgroup is not full: %d", reap_within(pid, 0));
	}
	refused = load32(&self->n.told.refused);
	expect_nothing_lost(_metadata, &self->n);
	EXPECT_TRUE(wait_told(&self->n.told.refused, refused + 1));
	kill(pid, SIGKILL);
	EXPECT_EQ(-SIGKILL, reap(pid));
}

TEST_HARNESS_MAIN
