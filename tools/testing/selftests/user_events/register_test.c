// SPDX-License-Identifier: GPL-2.0
/* Checks the errors of DIAG_IOCSREG and their order, and its side effects. */

#include <sys/socket.h>
#include <sys/utsname.h>
#include "common.h"
#include "pass.h"

static bool kernel_is_64_bit(void)
{
	struct utsname uts;

	return sizeof(long) == 8 || (!uname(&uts) && strstr(uts.machine, "64"));
}

/* One that no user program has, on any kernel. */
static __u64 kernel_address(void)
{
	return kernel_is_64_bit() ? 0xffff888000000000ULL : 0xfffff000;
}

FIXTURE(reg)
{
	struct stage stage;
};

FIXTURE_SETUP(reg)
{
	stage_open(_metadata, &self->stage);
}

FIXTURE_TEARDOWN_PARENT(reg)
{
	stage_clean(&self->stage);
}

TEST_F(reg, header_has_the_abi)
{
	EXPECT_EQ(28, sizeof(struct user_reg));
	EXPECT_EQ(16, sizeof(struct user_unreg));
	EXPECT_EQ(1, USER_EVENT_REG_PERSIST);
	EXPECT_EQ(2, USER_EVENT_REG_MULTI_FORMAT);
	EXPECT_EQ(4, USER_EVENT_REG_MAX);
	EXPECT_STREQ("user_events", USER_EVENTS_SYSTEM);
	EXPECT_STREQ("user_events_multi", USER_EVENTS_MULTI_SYSTEM);
	EXPECT_STREQ("u:", USER_EVENTS_PREFIX);
	EXPECT_EQ(0x70003, DYN_LOC(3, 7));
	EXPECT_EQ(_IOWR('*', 0, void *), DIAG_IOCSREG);
	EXPECT_EQ(_IOW('*', 1, void *), DIAG_IOCSDEL);
	EXPECT_EQ(_IOW('*', 2, void *), DIAG_IOCSUNREG);
}

TEST_F(reg, unknown_ioctl_is_ENOTTY)
{
	EXPECT_EQ(-ENOTTY, event_ioctl(self->stage.fd, _IO('*', 0), NULL));
	EXPECT_EQ(-ENOTTY, event_ioctl(self->stage.fd, _IOW('*', 3, void *),
				       NULL));
}

TEST_F(reg, size_28_is_taken)
{
	struct user_reg reg = event_reg(self->stage.name, self->stage.word, 0);

	EXPECT_EQ(0, event_ioctl(self->stage.fd, DIAG_IOCSREG, &reg));
	EXPECT_EQ(0, reg.write_index);
}

TEST_F(reg, size_below_28_is_EINVAL)
{
	struct user_reg reg = event_reg(self->stage.name, self->stage.word, 0);
	const int sizes[] = { 0, 1, 4, 27 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		reg.size = sizes[i];
		EXPECT_EQ(-EINVAL, event_ioctl(self->stage.fd, DIAG_IOCSREG,
					       &reg))
			TH_LOG("size %d", sizes[i]);
	}
}

TEST_F(reg, size_above_a_page_is_E2BIG)
{
	const unsigned int sizes[] = { getpagesize() + 1, 1 << 20, ~0U };
	char *page = map_pages(3, MAP_PRIVATE);
	struct user_reg *reg = (void *)page;
	size_t i;

	*reg = event_reg(self->stage.name, self->stage.word, 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		reg->size = sizes[i];
		EXPECT_EQ(-E2BIG, event_ioctl(self->stage.fd, DIAG_IOCSREG,
					      reg))
			TH_LOG("size %u", sizes[i]);
	}
}

TEST_F(reg, longer_with_zero_tail_is_taken)
{
	const int sizes[] = { 29, 32, 64, getpagesize() };
	char *page = map_pages(1, MAP_PRIVATE);
	struct user_reg *reg = (void *)page;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		*reg = event_reg(self->stage.name, self->stage.word, i);
		reg->size = sizes[i];
		EXPECT_EQ(0, event_ioctl(self->stage.fd, DIAG_IOCSREG, reg))
			TH_LOG("size %d", sizes[i]);
	}
}

TEST_F(reg, longer_with_nonzero_tail_is_E2BIG)
{
	const int sizes[] = { 29, 32, 64, getpagesize() };
	char *page = map_pages(1, MAP_PRIVATE);
	struct user_reg *reg = (void *)page;
	size_t i;

	*reg = event_reg(say("%s u32 a", self->stage.name),
			 self->stage.word, 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		reg->size = sizes[i];
		page[sizes[i] - 1] = 1;
		EXPECT_EQ(-E2BIG, event_ioctl(self->stage.fd, DIAG_IOCSREG,
					      reg))
			TH_LOG("size %d", sizes[i]);
		page[sizes[i] - 1] = 0;
	}
	EXPECT_EQ(0, event_try(say("%s u64 b", self->stage.name), SINGLE));
}

TEST_F(reg, size_is_read_before_the_rest)
{
	char *pages = map_pages(2, MAP_PRIVATE);
	unsigned int *size;

	ASSERT_EQ(0, mprotect(pages + getpagesize(), getpagesize(),
			      PROT_NONE));
	size = (void *)(pages + getpagesize() - 4);
	*size = getpagesize() + 1;
	EXPECT_EQ(-E2BIG, event_ioctl(self->stage.fd, DIAG_IOCSREG, size));
	*size = 27;
	EXPECT_EQ(-EINVAL, event_ioctl(self->stage.fd, DIAG_IOCSREG, size));
	*size = 28;
	EXPECT_EQ(-EFAULT, event_ioctl(self->stage.fd, DIAG_IOCSREG, size));
	EXPECT_EQ(-EFAULT, event_ioctl(self->stage.fd, DIAG_IOCSREG, NULL));
}

TEST_F(reg, unknown_flag_is_EINVAL)
{
	int bit;

	for (bit = 2; bit < 16; bit++) {
		EXPECT_EQ(-EINVAL, event_register(self->stage.fd,
						  self->stage.name,
						  self->stage.word, 0,
						  1 << bit))
			TH_LOG("flag 1 << %d", bit);
	}
}

TEST_F(reg, enable_size_other_than_4_or_8_is_EINVAL)
{
	struct user_reg reg = event_reg(self->stage.name, self->stage.word, 0);
	int size;

	for (size = 0; size < 256; size++) {
		reg.enable_size = size;
		if (size == 4 || size == 8)
			continue;
		EXPECT_EQ(-EINVAL, event_ioctl(self->stage.fd, DIAG_IOCSREG,
					       &reg))
			TH_LOG("enable_size %d", size);
	}
}

TEST_F(reg, enable_size_8_is_for_64_bit_kernels)
{
	struct user_reg reg = event_reg(self->stage.name, self->stage.word, 63);

	reg.enable_size = 8;
	EXPECT_EQ(kernel_is_64_bit() ? 0 : -EINVAL,
		  event_ioctl(self->stage.fd, DIAG_IOCSREG, &reg));
}

TEST_F(reg, misaligned_address_is_EINVAL)
{
	struct user_reg reg;
	int offset;

	for (offset = 1; offset < 8; offset++) {
		reg = event_reg(self->stage.name,
				(char *)self->stage.word + offset, 0);
		if (offset != 4) {
			EXPECT_EQ(-EINVAL, event_ioctl(self->stage.fd,
						       DIAG_IOCSREG, &reg))
				TH_LOG("4 bytes at offset %d", offset);
		}
		reg.enable_size = 8;
		EXPECT_EQ(-EINVAL, event_ioctl(self->stage.fd, DIAG_IOCSREG,
					       &reg))
			TH_LOG("8 bytes at offset %d", offset);
	}
}

TEST_F(reg, bit_past_the_last_is_EINVAL)
{
	struct user_reg reg = event_reg(self->stage.name, self->stage.word, 0);
	int bit;

	for (bit = 32; bit < 256; bit++) {
		reg.enable_size = 4;
		reg.enable_bit = bit;
		EXPECT_EQ(-EINVAL, event_ioctl(self->stage.fd, DIAG_IOCSREG,
					       &reg))
			TH_LOG("bit %d of 32", bit);
		reg.enable_size = 8;
		if (bit > 63) {
			EXPECT_EQ(-EINVAL, event_ioctl(self->stage.fd,
						       DIAG_IOCSREG, &reg))
				TH_LOG("bit %d of 64", bit);
		}
	}
}

TEST_F(reg, address_and_bit_in_use_is_EADDRINUSE)
{
	const char *other = say("%s_2 u64 b", self->stage.name);
	const int fd = self->stage.fd;
	__u32 *word = self->stage.word;

	ASSERT_EQ(0, event_register(fd, self->stage.name, word, 3, SINGLE));
	EXPECT_EQ(-EADDRINUSE, event_register(fd, self->stage.name, word, 3,
					      SINGLE));
	EXPECT_EQ(-EADDRINUSE, event_register(fd, other, word, 3, SINGLE));
	EXPECT_EQ(-EADDRINUSE, event_register(fd, other, word, 3, MULTI));
	EXPECT_EQ(-EADDRINUSE, event_try(self->stage.name, SINGLE) ?:
		  event_register(open(DATA_FILE, O_RDWR), other, word, 3,
				 SINGLE));
	EXPECT_EQ(1, event_register(fd, other, word, 4, SINGLE));
	EXPECT_EQ(1, event_register(fd, other, word + 1, 3, SINGLE));

	EXPECT_EQ(0, event_unregister(fd, word, 3));
	EXPECT_EQ(1, event_register(fd, other, word, 3, SINGLE));
}

TEST_F(reg, refused_address_leaves_no_event)
{
	const int fd = self->stage.fd;

	ASSERT_EQ(0, event_register(fd, self->stage.name, self->stage.word, 3,
				    SINGLE));
	EXPECT_EQ(-EADDRINUSE,
		  event_register(fd, say("%s_2 u32 a", self->stage.name),
				 self->stage.word, 3, SINGLE));
	EXPECT_FALSE(event_listed(say("%s_2", self->stage.name)));
	EXPECT_EQ(0, event_try(say("%s_2 u64 b", self->stage.name), SINGLE));
}

TEST_F(reg, same_address_in_another_process_is_free)
{
	pid_t child;

	child = spawn();
	if (!child)
		_exit(-event_register(self->stage.fd, self->stage.name,
				      self->stage.word, 0, SINGLE));
	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
	EXPECT_EQ(0, reap(child));
}

/* A description of @size bytes with its NUL, if it is read to its end. */
static char *description_of(const char *name, int size)
{
	char *text = say("%s%*s", name, size - 1 - (int)strlen(name), "");

	return text;
}

TEST_F(reg, description_of_512_bytes_is_taken)
{
	const char *text = description_of(self->stage.name, 512);

	ASSERT_EQ(511, strlen(text));
	EXPECT_EQ(0, event_register(self->stage.fd, text, self->stage.word, 0,
				    SINGLE));
}

TEST_F(reg, description_beyond_512_bytes_is_EINVAL)
{
	const int sizes[] = { 513, 1024, 100000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(-EINVAL,
			  event_register(self->stage.fd,
					 description_of(self->stage.name,
							sizes[i]),
					 self->stage.word, 0, SINGLE))
			TH_LOG("%d bytes", sizes[i]);
	}
}

TEST_F(reg, unreadable_description_is_EFAULT)
{
	char *pages = map_pages(2, MAP_PRIVATE);
	const size_t size = getpagesize();
	const int fd = self->stage.fd;
	char *name;

	ASSERT_EQ(0, mprotect(pages + size, size, PROT_NONE));
	EXPECT_EQ(-EFAULT, event_register(fd, NULL, self->stage.word, 0,
					  SINGLE));
	EXPECT_EQ(-EFAULT, event_register(fd, pages + size, self->stage.word,
					  0, SINGLE));

	/* up to the last readable byte, first without a NUL, then with */
	name = pages + size - strlen(self->stage.name);
	memcpy(name, self->stage.name, strlen(self->stage.name));
	EXPECT_EQ(-EFAULT, event_register(fd, name, self->stage.word, 0,
					  SINGLE));
	name--;
	memcpy(name, self->stage.name, strlen(self->stage.name) + 1);
	EXPECT_EQ(0, event_register(fd, name, self->stage.word, 0, SINGLE));
}

TEST_F(reg, persist_without_capability_is_EPERM)
{
	ASSERT_EQ(0, keep_caps(~(cap_bit(CAP_PERFMON) |
				 cap_bit(CAP_SYS_ADMIN)) &
			       (cap_bit(CAP_PERFMON + 1) - 1)));
	EXPECT_EQ(-EPERM, event_register(self->stage.fd, self->stage.name,
					 self->stage.word, 0, PERSIST));
	EXPECT_EQ(-EPERM, event_register(self->stage.fd, self->stage.name,
					 self->stage.word, 0, PERSIST | MULTI));
	EXPECT_FALSE(event_listed(self->stage.name));
	EXPECT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
}

TEST_F(reg, persist_with_cap_perfmon_is_taken)
{
	ASSERT_EQ(0, keep_caps(cap_bit(CAP_PERFMON)));
	EXPECT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, PERSIST));
}

TEST_F(reg, persist_with_cap_sys_admin_is_taken)
{
	ASSERT_EQ(0, keep_caps(cap_bit(CAP_SYS_ADMIN)));
	EXPECT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, PERSIST));
}

TEST_F(reg, same_single_layout_is_shared)
{
	const char *text = say("%s u32 a", self->stage.name);
	const int fd = self->stage.fd;

	ASSERT_EQ(0, event_register(fd, text, self->stage.word, 0, SINGLE));
	EXPECT_EQ(0, event_register(fd, text, self->stage.word, 1, SINGLE));
	EXPECT_EQ(1, count_of(file_read(DYNAMIC_FILE), self->stage.name));
}

TEST_F(reg, other_single_layout_is_EADDRINUSE)
{
	const char *name = self->stage.name;
	const int fd = self->stage.fd;

	ASSERT_EQ(0, event_register(fd, say("%s u32 a", name),
				    self->stage.word, 0, SINGLE));
	EXPECT_EQ(-EADDRINUSE, event_register(fd, say("%s u64 a", name),
					      self->stage.word, 1, SINGLE));
	EXPECT_EQ(-EADDRINUSE, event_register(fd, say("%s u32 b", name),
					      self->stage.word, 1, SINGLE));
	EXPECT_EQ(-EADDRINUSE, event_register(fd, name, self->stage.word, 1,
					      SINGLE));
	EXPECT_EQ(-EADDRINUSE, event_try(say("%s u32 a; u32 b", name),
					 SINGLE));
}

TEST_F(reg, write_index_belongs_to_the_file)
{
	const int other = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	const char *a = say("%s_a u32 a", self->stage.name);
	const char *b = say("%s_b u32 b", self->stage.name);
	const char *c = say("%s_c u32 c", self->stage.name);
	const int fd = self->stage.fd;
	__u32 *word = self->stage.word;

	EXPECT_EQ(0, event_register(fd, a, word, 0, SINGLE));
	EXPECT_EQ(1, event_register(fd, b, word, 1, SINGLE));
	EXPECT_EQ(2, event_register(fd, c, word, 2, SINGLE));
	EXPECT_EQ(1, event_register(fd, b, word, 3, SINGLE));
	EXPECT_EQ(0, event_register(fd, a, word, 4, SINGLE));
	EXPECT_EQ(3, event_register(fd, a, word, 5, MULTI));

	EXPECT_EQ(0, event_register(other, c, word, 6, SINGLE));
	EXPECT_EQ(1, event_register(other, a, word, 7, SINGLE));

	/* it outlives the addresses */
	EXPECT_EQ(0, event_unregister(fd, word, 1));
	EXPECT_EQ(0, event_unregister(fd, word, 3));
	EXPECT_EQ(1, event_register(fd, b, word, 1, SINGLE));
}

TEST_F(reg, write_only_file_registers)
{
	const int fd = open(DATA_FILE, O_WRONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, event_register(fd, self->stage.name, self->stage.word, 0,
				    SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(1, *self->stage.word);
	EXPECT_EQ(0, event_unregister(fd, self->stage.word, 0));
}

TEST_F(reg, bit_is_set_on_return_if_already_attached)
{
	const int fd = self->stage.fd;

	ASSERT_EQ(0, event_register(fd, self->stage.name, self->stage.word, 0,
				    SINGLE));
	EXPECT_EQ(0, *self->stage.word);
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	ASSERT_EQ(0, event_register(fd, self->stage.name, self->stage.word, 7,
				    SINGLE));
	EXPECT_EQ(0x81, *self->stage.word);
}

TEST_F(reg, bit_is_cleared_on_return_if_nothing_is_attached)
{
	*self->stage.word = ~0U;
	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 7, SINGLE));
	EXPECT_EQ(~0x80U, *self->stage.word);
}

TEST_F(reg, passed_over_file_binds_to_the_receiver)
{
	__u32 *done = map_pages(1, MAP_SHARED);
	__u32 *word = self->stage.word;
	int pair[2], fd, ret;
	pid_t child;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	child = spawn();
	if (!child) {
		close(self->stage.fd);
		fd = receive_file(pair[1]);
		ret = event_register(fd, self->stage.name, word, 5, SINGLE);
		store32(done, 1);
		if (ret || !wait32(word, 1 << 5))
			_exit(1);
		ret = event_unregister(fd, word, 5);
		_exit(ret || *word);
	}
	ASSERT_EQ(0, send_file(pair[0], self->stage.fd));
	ASSERT_TRUE(wait32(done, 1));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(0, reap(child));
	EXPECT_EQ(0, *word);
	EXPECT_EQ(-ENOENT, event_unregister(self->stage.fd, word, 5));
}

TEST_F(reg, unwritable_write_index_is_EFAULT_and_undone)
{
	const char *a = say("%s u32 a", self->stage.name);
	struct user_reg *reg = map_pages(1, MAP_PRIVATE);
	const int fd = self->stage.fd;

	*reg = event_reg(a, self->stage.word, 2);
	ASSERT_EQ(0, mprotect(reg, getpagesize(), PROT_READ));
	EXPECT_EQ(-EFAULT, event_ioctl(fd, DIAG_IOCSREG, reg));

	EXPECT_EQ(-ENOENT, event_unregister(fd, self->stage.word, 2));
	EXPECT_FALSE(event_listed(self->stage.name));
	EXPECT_EQ(0, event_try(say("%s u64 b", self->stage.name), SINGLE));
	EXPECT_EQ(0, event_register(fd, say("%s_2", self->stage.name),
				    self->stage.word, 2, SINGLE));
}

TEST_F(reg, unwritable_write_index_leaves_no_persistent_event)
{
	struct user_reg *reg = map_pages(1, MAP_PRIVATE);
	int flags;

	for (flags = 0; flags < 2; flags++) {
		ASSERT_EQ(0, mprotect(reg, getpagesize(),
				      PROT_READ | PROT_WRITE));
		*reg = event_reg(say("%s u32 a", self->stage.name),
				 self->stage.word, 2);
		reg->flags = PERSIST | (flags ? MULTI : SINGLE);
		ASSERT_EQ(0, mprotect(reg, getpagesize(), PROT_READ));
		EXPECT_EQ(-EFAULT, event_ioctl(self->stage.fd, DIAG_IOCSREG,
					       reg));
		EXPECT_FALSE(event_listed(self->stage.name));
	}
}

TEST_F(reg, unwritable_write_index_keeps_earlier_registrations)
{
	const char *a = say("%s u32 a", self->stage.name);
	struct user_reg *reg = map_pages(1, MAP_PRIVATE);
	const int fd = self->stage.fd;

	ASSERT_EQ(0, event_register(fd, a, self->stage.word, 0, SINGLE));
	*reg = event_reg(a, self->stage.word, 2);
	ASSERT_EQ(0, mprotect(reg, getpagesize(), PROT_READ));
	EXPECT_EQ(-EFAULT, event_ioctl(fd, DIAG_IOCSREG, reg));

	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(1, *self->stage.word);
	EXPECT_EQ(0, event_register(fd, a, self->stage.word, 3, SINGLE));
	EXPECT_EQ(9, *self->stage.word);
}

/* The order of the checks: of two mistakes the earlier one is told. */

TEST_F(reg, order_flags_before_address_in_use)
{
	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
	EXPECT_EQ(-EINVAL, event_register(self->stage.fd, self->stage.name,
					  self->stage.word, 0, 1 << 2));
}

TEST_F(reg, order_alignment_before_kernel_address)
{
	struct user_reg reg = event_reg(self->stage.name, NULL, 0);

	reg.enable_addr = kernel_address() + 1;
	EXPECT_EQ(-EINVAL, event_ioctl(self->stage.fd, DIAG_IOCSREG, &reg));
	reg.enable_addr = kernel_address();
	reg.enable_bit = 32;
	EXPECT_EQ(-EINVAL, event_ioctl(self->stage.fd, DIAG_IOCSREG, &reg));
}

TEST_F(reg, order_kernel_address_before_description)
{
	struct user_reg reg = event_reg(say("%s long a", self->stage.name),
					NULL, 0);

#if defined(__s390__)
	SKIP(return, "the kernel has an address space of its own");
#endif
	reg.enable_addr = kernel_address();
	EXPECT_EQ(-EFAULT, event_ioctl(self->stage.fd, DIAG_IOCSREG, &reg));
}

TEST_F(reg, order_address_in_use_before_description)
{
	const int fd = self->stage.fd;

	ASSERT_EQ(0, event_register(fd, self->stage.name, self->stage.word, 0,
				    SINGLE));
	EXPECT_EQ(-EADDRINUSE, event_register(fd, NULL, self->stage.word, 0,
					      SINGLE));
	EXPECT_EQ(-EADDRINUSE,
		  event_register(fd, description_of(self->stage.name, 600),
				 self->stage.word, 0, SINGLE));
	EXPECT_EQ(-EADDRINUSE,
		  event_register(fd, say("%s long a", self->stage.name),
				 self->stage.word, 0, SINGLE));
}

TEST_F(reg, order_length_before_permission)
{
	ASSERT_EQ(0, keep_caps(0));
	EXPECT_EQ(-EINVAL,
		  event_register(self->stage.fd,
				 description_of(self->stage.name, 600),
				 self->stage.word, 0, PERSIST));
	EXPECT_EQ(-EFAULT, event_register(self->stage.fd, NULL,
					  self->stage.word, 0, PERSIST));
}

TEST_F(reg, order_permission_before_parsing)
{
	ASSERT_EQ(0, keep_caps(0));
	EXPECT_EQ(-EPERM,
		  event_register(self->stage.fd,
				 say("%s long a", self->stage.name),
				 self->stage.word, 0, PERSIST));
}

TEST_F(reg, order_parsing_before_other_layout)
{
	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
	EXPECT_EQ(-EINVAL,
		  event_register(self->stage.fd,
				 say("%s long a", self->stage.name),
				 self->stage.word, 1, SINGLE));
}

TEST_F(reg, order_other_layout_before_unwritable_address)
{
	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
	EXPECT_EQ(-EADDRINUSE,
		  event_register(self->stage.fd,
				 say("%s u32 a", self->stage.name),
				 (void *)0x1000, 0, SINGLE));
}

/* Addresses that cannot be written: -EFAULT, and nothing is left behind. */

FIXTURE(reg_address)
{
	struct stage stage;
	__u64 address;
};

FIXTURE_VARIANT(reg_address)
{
	int protection;		/* of a page, or -1 */
	__u64 address;	/* or this one */
};

FIXTURE_VARIANT_ADD(reg_address, read_only)
{
	.protection = PROT_READ,
};

FIXTURE_VARIANT_ADD(reg_address, no_access)
{
	.protection = PROT_NONE,
};

FIXTURE_VARIANT_ADD(reg_address, null)
{
	.protection = -1,
	.address = 0,
};

FIXTURE_VARIANT_ADD(reg_address, unmapped)
{
	.protection = -1,
	.address = 0x1000,
};

FIXTURE_VARIANT_ADD(reg_address, kernel)
{
	.protection = -1,
	.address = 0xffff888000000000ULL,
};

FIXTURE_VARIANT_ADD(reg_address, last)
{
	.protection = -1,
	.address = (unsigned long)-8,
};

FIXTURE_VARIANT_ADD(reg_address, beyond_32_bits)
{
	.protection = -1,
	.address = 0x100000000000ULL,
};

FIXTURE_VARIANT_ADD(reg_address, non_canonical)
{
	.protection = -1,
	.address = 0x8000000000000000ULL,
};

FIXTURE_SETUP(reg_address)
{
	void *page;

	if (!stage_open(_metadata, &self->stage))
		return;
	self->address = variant->address;
	if (variant->protection < 0)
		return;
	page = map_pages(1, MAP_PRIVATE);
	memset(page, 0, getpagesize());
	ASSERT_EQ(0, mprotect(page, getpagesize(), variant->protection));
	self->address = (uintptr_t)page;
}

FIXTURE_TEARDOWN_PARENT(reg_address)
{
	stage_clean(&self->stage);
}

TEST_F(reg_address, is_EFAULT_and_leaves_nothing)
{
	struct user_reg reg = event_reg(say("%s u32 a", self->stage.name),
					NULL, 0);
	int flags;

	reg.enable_addr = self->address;
	for (flags = 0; flags < 4; flags++) {
		reg.flags = flags;
		EXPECT_EQ(-EFAULT, event_ioctl(self->stage.fd, DIAG_IOCSREG,
					       &reg))
			TH_LOG("flags %d", flags);
		EXPECT_FALSE(event_listed(self->stage.name))
			TH_LOG("flags %d left the event", flags);
		EXPECT_EQ(0, event_try(say("%s u%d b", self->stage.name,
					   8 << flags), SINGLE))
			TH_LOG("flags %d left the name taken", flags);
	}
}

TEST_F(reg_address, of_8_bytes_is_EFAULT_and_leaves_nothing)
{
	struct user_reg reg = event_reg(say("%s u32 a", self->stage.name),
					NULL, 0);

	if (!kernel_is_64_bit())
		SKIP(return, "values of 8 bytes need a 64-bit kernel");
	reg.enable_addr = self->address;
	reg.enable_size = 8;
	EXPECT_EQ(-EFAULT, event_ioctl(self->stage.fd, DIAG_IOCSREG, &reg));
	EXPECT_EQ(0, event_try(say("%s u64 b", self->stage.name), SINGLE));
}

TEST_F(reg_address, is_EFAULT_and_leaves_an_event_as_mortal_as_it_was)
{
	const int other = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	struct user_reg reg = event_reg(self->stage.name, NULL, 0);

	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
	reg.enable_addr = self->address;
	reg.flags = PERSIST;
	EXPECT_EQ(-EFAULT, event_ioctl(other, DIAG_IOCSREG, &reg));
	ASSERT_EQ(0, event_unregister(other, self->stage.word, 0));
	close(self->stage.fd);
	EXPECT_FALSE(event_listed(self->stage.name)) {
		TH_LOG("the event persists");
	}
}

TEST_F(reg_address, is_EFAULT_and_leaves_an_attached_event_alone)
{
	struct user_reg reg = event_reg(self->stage.name, NULL, 0);

	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	reg.enable_addr = self->address;
	EXPECT_EQ(-EFAULT, event_ioctl(self->stage.fd, DIAG_IOCSREG, &reg));
	EXPECT_EQ(1, *self->stage.word);
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_EQ(0, *self->stage.word);
}

TEST_HARNESS_MAIN
