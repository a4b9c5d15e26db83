// SPDX-License-Identifier: GPL-2.0
/*
 * Checks the ioctl numbers of 32-bit programs on a 64-bit kernel, which differ
 * from those of 64-bit programs.  On x86, a 64-bit program can make 32-bit
 * system calls, so this test needs no 32-bit compiler.  The 32-bit build of all
 * tests covers the rest.
 */

#include "common.h"

FIXTURE(compat)
{
	struct stage stage;
};

#if defined(__x86_64__)

#define NR_IOCTL_32 54

/* ioctl() as a 32-bit program makes it; @arg lies below 4 GiB. */
static int ioctl_32(int fd, unsigned int cmd, const void *arg)
{
	long ret;

	asm volatile("int $0x80"
		     : "=a" (ret)
		     : "a" (NR_IOCTL_32), "b" (fd), "c" (cmd), "d" (arg)
		     : "memory", "r8", "r9", "r10", "r11");
	return (int)ret;
}

/* The number that a 32-bit program's header makes of a command. */
static unsigned int number_32(unsigned int cmd)
{
	return _IOC(_IOC_DIR(cmd), _IOC_TYPE(cmd), _IOC_NR(cmd), sizeof(__u32));
}

/* All that the calls point to. */
struct low {
	struct user_reg reg;
	struct user_unreg unreg;
	char name[64];
	__u32 word;
};

static struct low *map_low(struct stage *stage)
{
	struct low *low = map_pages(1, MAP_PRIVATE | MAP_32BIT);

	snprintf(low->name, sizeof(low->name), "%s u32 a", stage->name);
	low->reg = event_reg(low->name, &low->word, 3);
	low->unreg = (struct user_unreg) {
		.size = sizeof(low->unreg),
		.disable_bit = 3,
		.disable_addr = (uintptr_t)&low->word,
	};
	return low;
}

FIXTURE_SETUP(compat)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	/* an errno, unless there are no 32-bit calls at all */
	if (ioctl_32(-1, 0, NULL) != -EBADF)
		SKIP(return, "this kernel runs no 32-bit programs");
}

FIXTURE_TEARDOWN_PARENT(compat)
{
	stage_clean(&self->stage);
}

TEST_F(compat, numbers_differ)
{
	EXPECT_NE(DIAG_IOCSREG, number_32(DIAG_IOCSREG));
	EXPECT_EQ(_IOWR('*', 0, __u32), number_32(DIAG_IOCSREG));
}

TEST_F(compat, registers_and_unregisters)
{
	struct low *low = map_low(&self->stage);
	const int fd = self->stage.fd;

	ASSERT_EQ(0, ioctl_32(fd, number_32(DIAG_IOCSREG), &low->reg));
	EXPECT_EQ(0, low->reg.write_index);
	EXPECT_EQ(-EADDRINUSE, ioctl_32(fd, number_32(DIAG_IOCSREG),
					&low->reg));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(8, low->word);
	EXPECT_EQ(0, ioctl_32(fd, number_32(DIAG_IOCSUNREG), &low->unreg));
	EXPECT_EQ(0, low->word);
	EXPECT_EQ(-ENOENT, ioctl_32(fd, number_32(DIAG_IOCSUNREG),
				    &low->unreg));
}

TEST_F(compat, registers_a_value_of_8_bytes)
{
	struct low *low = map_low(&self->stage);

	low->reg.enable_addr = ((uintptr_t)low + 1024) & ~7UL;
	low->reg.enable_size = 8;
	EXPECT_EQ(0, ioctl_32(self->stage.fd, number_32(DIAG_IOCSREG),
			      &low->reg));
}

TEST_F(compat, deletes)
{
	struct low *low = map_low(&self->stage);

	ASSERT_EQ(0, event_try(low->name, PERSIST));
	low->name[strlen(self->stage.name)] = '\0';
	EXPECT_EQ(0, ioctl_32(self->stage.fd, number_32(DIAG_IOCSDEL),
			      low->name));
	EXPECT_FALSE(event_listed(self->stage.name));
	EXPECT_EQ(-ENOENT, ioctl_32(self->stage.fd, number_32(DIAG_IOCSDEL),
				    low->name));
}

TEST_F(compat, checks_the_same)
{
	struct low *low = map_low(&self->stage);
	const int fd = self->stage.fd;

	low->reg.size = 27;
	EXPECT_EQ(-EINVAL, ioctl_32(fd, number_32(DIAG_IOCSREG), &low->reg));
	low->reg.size = 28;
	low->reg.enable_addr = 0x100000000ULL;
	EXPECT_EQ(-EFAULT, ioctl_32(fd, number_32(DIAG_IOCSREG), &low->reg));
	low->reg.enable_addr = (uintptr_t)&low->word;
	low->reg.name_args = 0;
	EXPECT_EQ(-EFAULT, ioctl_32(fd, number_32(DIAG_IOCSREG), &low->reg));
	EXPECT_EQ(-EFAULT, ioctl_32(fd, number_32(DIAG_IOCSREG), NULL));
}

TEST_F(compat, numbers_of_both_sizes_are_served)
{
	struct low *low = map_low(&self->stage);
	const int fd = self->stage.fd;

	EXPECT_EQ(0, ioctl_32(fd, DIAG_IOCSREG, &low->reg));
	EXPECT_EQ(-EADDRINUSE, ioctl_32(fd, number_32(DIAG_IOCSREG),
					&low->reg));
	EXPECT_EQ(0, ioctl_32(fd, DIAG_IOCSUNREG, &low->unreg));
	EXPECT_EQ(-ENOTTY, ioctl_32(fd, _IO('*', 0), &low->reg));
	EXPECT_EQ(-ENOTTY, ioctl_32(fd, _IOW('*', 3, __u32), &low->reg));
}

TEST_F(compat, number_of_32_bits_in_a_64_bit_call_is_ENOTTY)
{
	struct low *low = map_low(&self->stage);
	const int fd = self->stage.fd;

	EXPECT_EQ(-ENOTTY, event_ioctl(fd, number_32(DIAG_IOCSREG),
				       &low->reg));
	EXPECT_EQ(-ENOTTY, event_ioctl(fd, number_32(DIAG_IOCSUNREG),
				       &low->unreg));
	EXPECT_EQ(-ENOTTY, event_ioctl(fd, number_32(DIAG_IOCSDEL),
				       low->name));
}

TEST_F(compat, unregisters_what_a_64_bit_call_registered)
{
	struct low *low = map_low(&self->stage);

	ASSERT_EQ(0, event_ioctl(self->stage.fd, DIAG_IOCSREG, &low->reg));
	EXPECT_EQ(0, ioctl_32(self->stage.fd, number_32(DIAG_IOCSUNREG),
			      &low->unreg));
}

#else /* !__x86_64__ */

FIXTURE_SETUP(compat)
{
	stage_open(_metadata, &self->stage);
}

FIXTURE_TEARDOWN_PARENT(compat)
{
	stage_clean(&self->stage);
}

TEST_F(compat, numbers_are_those_of_the_pointer_size)
{
	EXPECT_EQ(sizeof(void *), _IOC_SIZE(DIAG_IOCSREG));
	EXPECT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
	EXPECT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 0));
}

#endif /* __x86_64__ */

TEST_HARNESS_MAIN
