// SPDX-License-Identifier: GPL-2.0
/* Checks the errors of DIAG_IOCSUNREG, and what it undoes. */

#include "common.h"

FIXTURE(unreg)
{
	struct stage stage;
	struct user_unreg *unreg;	/* at the start of a zeroed page */
};

FIXTURE_SETUP(unreg)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	self->unreg = map_pages(1, MAP_PRIVATE);
	self->unreg->size = sizeof(*self->unreg);
	self->unreg->disable_bit = 6;
	self->unreg->disable_addr = (uintptr_t)self->stage.word;
	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 6, SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	ASSERT_EQ(1 << 6, *self->stage.word);
}

FIXTURE_TEARDOWN_PARENT(unreg)
{
	stage_clean(&self->stage);
}

TEST_F(unreg, clears_the_bit_and_no_other)
{
	*self->stage.word = ~0U;
	EXPECT_EQ(0, event_ioctl(self->stage.fd, DIAG_IOCSUNREG, self->unreg));
	EXPECT_EQ(~(1U << 6), *self->stage.word);
}

TEST_F(unreg, bit_is_left_alone_afterwards)
{
	EXPECT_EQ(0, event_ioctl(self->stage.fd, DIAG_IOCSUNREG, self->unreg));
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(0, *self->stage.word);
}

TEST_F(unreg, size_below_16_is_EINVAL)
{
	const int sizes[] = { 0, 1, 4, 15 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		self->unreg->size = sizes[i];
		EXPECT_EQ(-EINVAL, event_ioctl(self->stage.fd, DIAG_IOCSUNREG,
					       self->unreg))
			TH_LOG("size %d", sizes[i]);
	}
	EXPECT_EQ(1 << 6, *self->stage.word);
}

TEST_F(unreg, size_above_a_page_is_E2BIG)
{
	self->unreg->size = getpagesize() + 1;
	EXPECT_EQ(-E2BIG, event_ioctl(self->stage.fd, DIAG_IOCSUNREG,
				      self->unreg));
	self->unreg->size = ~0U;
	EXPECT_EQ(-E2BIG, event_ioctl(self->stage.fd, DIAG_IOCSUNREG,
				      self->unreg));
}

TEST_F(unreg, longer_with_zero_tail_is_taken)
{
	self->unreg->size = getpagesize();
	EXPECT_EQ(0, event_ioctl(self->stage.fd, DIAG_IOCSUNREG, self->unreg));
}

TEST_F(unreg, longer_with_nonzero_tail_is_E2BIG)
{
	self->unreg->size = 17;
	((char *)self->unreg)[16] = 1;
	EXPECT_EQ(-E2BIG, event_ioctl(self->stage.fd, DIAG_IOCSUNREG,
				      self->unreg));
	EXPECT_EQ(1 << 6, *self->stage.word);
}

TEST_F(unreg, unreadable_struct_is_EFAULT)
{
	EXPECT_EQ(-EFAULT, event_ioctl(self->stage.fd, DIAG_IOCSUNREG, NULL));
}

TEST_F(unreg, reserved_field_not_0_is_EINVAL)
{
	self->unreg->__reserved = 1;
	EXPECT_EQ(-EINVAL, event_ioctl(self->stage.fd, DIAG_IOCSUNREG,
				       self->unreg));
	self->unreg->__reserved = 0;
	self->unreg->__reserved2 = 0x100;
	EXPECT_EQ(-EINVAL, event_ioctl(self->stage.fd, DIAG_IOCSUNREG,
				       self->unreg));
	EXPECT_EQ(1 << 6, *self->stage.word);
}

TEST_F(unreg, address_or_bit_not_registered_is_ENOENT)
{
	const int fd = self->stage.fd;

	EXPECT_EQ(-ENOENT, event_unregister(fd, self->stage.word, 5));
	EXPECT_EQ(-ENOENT, event_unregister(fd, self->stage.word, 255));
	EXPECT_EQ(-ENOENT, event_unregister(fd, self->stage.word + 1, 6));
	EXPECT_EQ(-ENOENT, event_unregister(fd, NULL, 6));
	EXPECT_EQ(1 << 6, *self->stage.word);
}

TEST_F(unreg, second_time_is_ENOENT)
{
	EXPECT_EQ(0, event_ioctl(self->stage.fd, DIAG_IOCSUNREG, self->unreg));
	EXPECT_EQ(-ENOENT, event_ioctl(self->stage.fd, DIAG_IOCSUNREG,
				       self->unreg));
}

TEST_F(unreg, works_through_any_open_file)
{
	const int fd = open(DATA_FILE, O_WRONLY | O_CLOEXEC);

	EXPECT_EQ(0, event_ioctl(fd, DIAG_IOCSUNREG, self->unreg));
	EXPECT_EQ(0, *self->stage.word);
}

TEST_F(unreg, in_another_process_is_ENOENT)
{
	__u32 *word = map_pages(1, MAP_SHARED);
	pid_t child;

	child = spawn();
	if (!child) {
		/* the child inherits the parent's, not what comes later */
		while (!wait32(word, 1))
			;
		_exit(-event_unregister(self->stage.fd, word, 0));
	}
	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name, word, 0,
				    SINGLE));
	EXPECT_EQ(ENOENT, reap(child));
	EXPECT_EQ(1, *word);
}

TEST_F(unreg, leaves_other_registrations_in_place)
{
	const int fd = self->stage.fd;
	int bit;

	for (bit = 0; bit < 6; bit++) {
		ASSERT_EQ(0, event_register(fd, self->stage.name,
					    self->stage.word, bit, SINGLE));
	}
	EXPECT_EQ(0x7f, *self->stage.word);
	EXPECT_EQ(0, event_unregister(fd, self->stage.word, 3));
	EXPECT_EQ(0x77, *self->stage.word);
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_EQ(0, *self->stage.word);
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(0x77, *self->stage.word);
}

TEST_F(unreg, after_munmap_succeeds_once)
{
	ASSERT_EQ(0, munmap(self->stage.word, getpagesize()));
	EXPECT_EQ(0, event_ioctl(self->stage.fd, DIAG_IOCSUNREG, self->unreg));
	EXPECT_EQ(-ENOENT, event_ioctl(self->stage.fd, DIAG_IOCSUNREG,
				       self->unreg));
}

/* Unregisters what is not registered, at a page that is held back. */
static int unregister_held(int fd, void *page)
{
	const int uffd = hold_back(page);

	if (uffd < 0)
		return 1;
	if (event_unregister(fd, page, 6) != -ENOENT)
		return 2;
	return wait_fault(uffd, 0) ? 3 : 0;
}

/* Before, the page was brought in, for writing, ahead of the look. */
TEST_F(unreg, what_is_not_registered_is_not_touched)
{
	const size_t size = getpagesize();
	unsigned char present = 1;
	void *page = map_pages(1, MAP_PRIVATE);

	EXPECT_EQ(-ENOENT, event_unregister(self->stage.fd, page, 6));
	ASSERT_EQ(0, mincore(page, size, &present));
	EXPECT_EQ(0, present & 1);

	/* the same in an address space that has no registrations */
	EXPECT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 6));
	EXPECT_EQ(-ENOENT, event_unregister(self->stage.fd, page, 6));
	ASSERT_EQ(0, mincore(page, size, &present));
	EXPECT_EQ(0, present & 1);
}

/* Before, it waited for the page. */
TEST_F(unreg, what_is_not_registered_is_not_waited_for)
{
	void *page = map_pages(1, MAP_PRIVATE);
	const int uffd = hold_open();
	pid_t child;

	if (uffd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(-uffd));
	close(uffd);
	child = spawn();
	if (!child)
		_exit(unregister_held(self->stage.fd, page));
	EXPECT_EQ(0, reap_within(child, PATIENCE_MS)) {
		kill(child, SIGKILL);
		reap(child);
	}
}

/* Before, a page of the file's was copied, and was the program's own then. */
TEST_F(unreg, what_is_not_registered_is_not_copied_on_write)
{
	const size_t size = getpagesize();
	const int fd = syscall(__NR_memfd_create, "page", 0);
	__u32 *word, value = 1;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, size));
	word = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ASSERT_FALSE(word == MAP_FAILED);
	EXPECT_EQ(0, load32(word));
	EXPECT_EQ(-ENOENT, event_unregister(self->stage.fd, word, 6));
	ASSERT_EQ(4, pwrite(fd, &value, 4, 0));
	EXPECT_EQ(1, load32(word));
}

TEST_HARNESS_MAIN
