// SPDX-License-Identifier: GPL-2.0
/*
 * Registers a page of a FUSE file whose server does not answer, and checks that
 * waiting for the page neither blocks other tasks nor keeps an event.
 */

#include "common.h"
#include "fuse.h"

struct victim {
	struct fuse_file file;
	__u32 told;
};

FIXTURE(fuse)
{
	struct stage stage;
	struct victim victim;
};

FIXTURE_SETUP(fuse)
{
	int err;

	if (!stage_open(_metadata, &self->stage))
		return;
	err = fuse_mount(&self->victim.file);
	if (err)
		SKIP(return, "no FUSE: %s", strerror(-err));
}

FIXTURE_TEARDOWN_PARENT(fuse)
{
	fuse_unmount(&self->victim.file);
	stage_clean(&self->stage);
}

/* Does what needs the mmap_lock for writing. */
static void change_memory(void)
{
	pid_t child;

	munmap(map_pages(1, MAP_PRIVATE), getpagesize());
	child = fork();
	if (!child)
		_exit(0);
	reap(child);
}

enum { NOTHING, ABSENT, HELD, CHANGED, COMES };

/*
 * Its page is absent; it never touches it before it comes, and goes on with
 * other things.
 */
static int be_victim(struct victim *victim, int data,
		     const char *event)
{
	__u32 *page;
	int fd, i;

	page = fuse_map(&victim->file, &fd);
	if (!page)
		return 1;
	if (event_register(data, event, page, 0, SINGLE))
		return 2;
	if (!fuse_drop(page, fd))
		return 3;
	store32(&victim->told, ABSENT);
	if (!wait32(&victim->told, HELD))
		return 4;
	for (i = 0; i < 20; i++) {
		change_memory();
		pause_ms(50);
	}
	if (is_cached(page))
		return 5;
	store32(&victim->told, CHANGED);
	if (!wait32(&victim->told, COMES))
		return 6;
	return wait32(page, 1) ? 0 : 7;
}

/*
 * Before, a job held the mmap_lock until the server answered: mmap() and fork()
 * hung for as long.
 */
TEST_F(fuse, page_that_is_not_served_holds_up_nobody)
{
	pid_t child;

	child = spawn();
	if (!child)
		_exit(be_victim(&self->victim, self->stage.fd,
				self->stage.name));
	ASSERT_TRUE(wait32(&self->victim.told, ABSENT)) {
		TH_LOG("no absent page: %d", reap_within(child, PATIENCE_MS));
	}
	store32(&self->victim.file.asked, 0);
	store32(&self->victim.file.hold, 1);
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(&self->victim.file.asked, 1)) {
		TH_LOG("nobody asked for the page");
	}
	store32(&self->victim.told, HELD);
	EXPECT_TRUE(wait32(&self->victim.told, CHANGED)) {
		TH_LOG("mmap() or fork() does not go on");
	}
	EXPECT_EQ(1, load32(&self->victim.file.asked));
	store32(&self->victim.file.hold, 0);
	EXPECT_TRUE(wait32(&self->victim.told, CHANGED));
	store32(&self->victim.told, COMES);
	EXPECT_EQ(0, reap(child)) {
		TH_LOG("the bit is not set");
	}
}

/*
 * The end of the address space does not wait for the page.  Before, the process
 * could not be killed, and the event was busy, until the server answered.
 */
TEST_F(fuse, page_that_is_not_served_keeps_no_event)
{
	const int other = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	pid_t child;

	child = spawn();
	if (!child) {
		self->stage.fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
		_exit(be_victim(&self->victim, self->stage.fd,
				self->stage.name));
	}
	ASSERT_TRUE(wait32(&self->victim.told, ABSENT));
	store32(&self->victim.file.asked, 0);
	store32(&self->victim.file.hold, 1);
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(&self->victim.file.asked, 1));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	kill(child, SIGKILL);
	EXPECT_EQ(-SIGKILL, reap_within(child, PATIENCE_MS));
	EXPECT_NE(-EBUSY, event_delete(other, self->stage.name));
	EXPECT_EQ(0, event_try(say("%s u64 two", self->stage.name), SINGLE));
	store32(&self->victim.file.hold, 0);
}

TEST_HARNESS_MAIN
