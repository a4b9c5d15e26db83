// SPDX-License-Identifier: GPL-2.0
/* Checks that bits are mirrored in all kinds of memory. */

#include <arpa/inet.h>
#include "common.h"
#include "perf.h"
#include "swap.h"

/* A value of 4 or 8 bytes that holds bits, with neighbours on both sides. */
FIXTURE(bits)
{
	struct stage stage;
	void *value;
};

FIXTURE_VARIANT(bits)
{
	int size;
	int offset;
};

FIXTURE_VARIANT_ADD(bits, 4_bytes)
{
	.size = 4,
	.offset = 64,
};

FIXTURE_VARIANT_ADD(bits, 4_bytes_in_the_upper_half)
{
	.size = 4,
	.offset = 68,
};

FIXTURE_VARIANT_ADD(bits, 4_bytes_at_the_end_of_a_page)
{
	.size = 4,
	.offset = -4,
};

FIXTURE_VARIANT_ADD(bits, 8_bytes)
{
	.size = 8,
	.offset = 64,
};

FIXTURE_VARIANT_ADD(bits, 8_bytes_at_the_end_of_a_page)
{
	.size = 8,
	.offset = -8,
};

static int register_bit(struct stage *stage, const void *value, int size,
			int bit)
{
	struct user_reg reg = event_reg(stage->name, value, bit);

	reg.enable_size = size;
	return event_ioctl(stage->fd, DIAG_IOCSREG, &reg);
}

FIXTURE_SETUP(bits)
{
	char *page;
	int err;

	if (!stage_open(_metadata, &self->stage))
		return;
	page = map_pages(1, MAP_PRIVATE);
	memset(page, 0x5a, getpagesize());
	self->value = page + (variant->offset & (getpagesize() - 1));
	memset(self->value, 0, variant->size);

	/* the event of the stage, seen through another address */
	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
	err = register_bit(&self->stage, self->value, variant->size, 0);
	if (err == -EINVAL && variant->size == 8)
		SKIP(return, "values of 8 bytes need a 64-bit kernel");
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, event_unregister(self->stage.fd, self->value, 0));
}

FIXTURE_TEARDOWN_PARENT(bits)
{
	stage_clean(&self->stage);
}

static __u64 read_value(const void *value, int size)
{
	__u64 long_value;
	__u32 word;

	if (size == 4) {
		memcpy(&word, value, 4);
		return word;
	}
	memcpy(&long_value, value, 8);
	return long_value;
}

static void write_value(void *value, int size, __u64 to)
{
	const __u32 word = to;

	if (size == 4)
		memcpy(value, &word, 4);
	else
		memcpy(value, &to, 8);
}

/* Whether all of the value's page but the value is as the setup left it. */
static bool neighbours_untouched(const void *value, int size)
{
	const size_t page = getpagesize();
	const char *start = (void *)((uintptr_t)value & ~(page - 1));
	const size_t skip = (char *)value - start;
	size_t i;

	for (i = 0; i < page; i++)
		if ((i < skip || i >= skip + size) && start[i] != 0x5a)
			return false;
	return true;
}

TEST_F(bits, each_is_set_and_cleared_alone)
{
	const int bits = variant->size * 8;
	int bit;

	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	for (bit = 0; bit < bits; bit++) {
		ASSERT_EQ(0, register_bit(&self->stage, self->value,
					  variant->size, bit));
		EXPECT_EQ(1ULL << bit, read_value(self->value, variant->size));
		ASSERT_EQ(0, event_unregister(self->stage.fd, self->value,
					      bit));
		EXPECT_EQ(0, read_value(self->value, variant->size)) {
			TH_LOG("bit %d", bit);
		}
	}
	EXPECT_TRUE(neighbours_untouched(self->value, variant->size));
}

TEST_F(bits, each_is_toggled)
{
	const int bits = variant->size * 8;
	__u64 expected;
	int bit, plane;

	/* all bits with the same digit in their number: tells each apart */
	for (plane = 1; plane < bits; plane *= 2) {
		expected = 0;
		for (bit = 0; bit < bits; bit++) {
			if (!(bit & plane))
				continue;
			expected |= 1ULL << bit;
			ASSERT_EQ(0, register_bit(&self->stage, self->value,
						  variant->size, bit));
		}
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
		EXPECT_EQ(expected, read_value(self->value, variant->size));
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
		EXPECT_EQ(0, read_value(self->value, variant->size));
		for (bit = 0; bit < bits; bit++)
			if (bit & plane)
				EXPECT_EQ(0, event_unregister(self->stage.fd,
							      self->value,
							      bit));
	}
	EXPECT_TRUE(neighbours_untouched(self->value, variant->size));
}

TEST_F(bits, all_together_then_one_less_each_time)
{
	const int bits = variant->size * 8;
	__u64 expected = bits == 64 ? ~0ULL : ~0U;
	int bit;

	for (bit = 0; bit < bits; bit++) {
		ASSERT_EQ(0, register_bit(&self->stage, self->value,
					  variant->size, bit));
	}
	EXPECT_EQ(0, read_value(self->value, variant->size));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(expected, read_value(self->value, variant->size));
	for (bit = 0; bit < bits; bit++) {
		ASSERT_EQ(0, event_unregister(self->stage.fd, self->value,
					      bit));
		expected &= ~(1ULL << bit);
		EXPECT_EQ(expected, read_value(self->value, variant->size));
	}
	EXPECT_TRUE(neighbours_untouched(self->value, variant->size));
}

TEST_F(bits, other_bits_of_the_value_are_left_alone)
{
	const __u64 all = variant->size == 8 ? ~0ULL : ~0U;
	const __u64 mine = 1ULL << 17;

	write_value(self->value, variant->size, all & ~mine);
	ASSERT_EQ(0, register_bit(&self->stage, self->value, variant->size,
				  17));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(all, read_value(self->value, variant->size));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_EQ(all & ~mine, read_value(self->value, variant->size));
	EXPECT_TRUE(neighbours_untouched(self->value, variant->size));
}

/* Somebody else writes next to a bit while it is toggled. */

FIXTURE(neighbours)
{
	struct stage stage;
};

FIXTURE_VARIANT(neighbours)
{
	int size;
};

FIXTURE_VARIANT_ADD(neighbours, 4_bytes)
{
	.size = 4,
};

FIXTURE_VARIANT_ADD(neighbours, 8_bytes)
{
	.size = 8,
};

FIXTURE_SETUP(neighbours)
{
	stage_open(_metadata, &self->stage);
}

FIXTURE_TEARDOWN_PARENT(neighbours)
{
	stage_clean(&self->stage);
}

/* Adds to a word, atomically and without a pause. */
struct adder {
	pthread_t thread;
	__u32 *word;
	__u32 step;
	__u32 *stop;
	__u32 sum;
};

static void *add(void *arg)
{
	struct adder *adder = arg;

	while (!load32(adder->stop)) {
		__atomic_fetch_add(adder->word, adder->step, __ATOMIC_RELAXED);
		adder->sum += adder->step;
	}
	return NULL;
}

TEST_F(neighbours, concurrent_atomic_writers_lose_nothing)
{
	const int words = variant->size / 4;
	__u32 *value = self->stage.word + 64;
	int err, i, patience = PATIENCE_MS;
	struct adder adders[3];
	__u32 stop = 0;

	err = register_bit(&self->stage, value, variant->size, 0);
	if (err == -EINVAL && variant->size == 8)
		SKIP(return, "values of 8 bytes need a 64-bit kernel");
	ASSERT_EQ(0, err);

	/*
	 * One adds to the bits above the event's in the same word, the others
	 * to the words before and after the value.
	 */
	for (i = 0; i < 3; i++)
		adders[i] = (struct adder) { .step = 2, .stop = &stop };
	adders[0].word = value + (words == 2 && htonl(1) == 1);
	adders[1].word = value - 1;
	adders[2].word = value + words;
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&adders[i].thread, NULL, add,
					    &adders[i]));
	while (i && wait_more(&patience))
		i -= load32(adders[i - 1].word) > 0;
	for (i = 0; i < 20; i++)
		EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, i % 2));
	store32(&stop, 1);
	for (i = 0; i < 3; i++)
		pthread_join(adders[i].thread, NULL);

	EXPECT_TRUE(wait32(adders[0].word, adders[0].sum | 1)) {
		TH_LOG("expected %x, got %x", adders[0].sum | 1,
		       *adders[0].word);
	}
	for (i = 0; i < 3; i++) {
		EXPECT_LT(0, adders[i].sum);
		EXPECT_EQ(adders[i].sum, *adders[i].word & ~1U) {
			TH_LOG("writer %d", i);
		}
	}
}

/* One bit, memory of many kinds. */

FIXTURE(memory)
{
	struct stage stage;
	void *page;
};

FIXTURE_SETUP(memory)
{
	stage_open(_metadata, &self->stage);
}

FIXTURE_TEARDOWN_PARENT(memory)
{
	stage_clean(&self->stage);
}

static int mirror(struct stage *stage, void *addr)
{
	return event_register(stage->fd, stage->name, addr, 0, SINGLE);
}

TEST_F(memory, page_that_was_never_touched)
{
	char *pages = map_pages(2, MAP_PRIVATE);

	EXPECT_EQ(0, mirror(&self->stage, pages));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(0, mirror(&self->stage, pages + getpagesize()));
	EXPECT_EQ(1, pages[0] | pages[3]);
	EXPECT_EQ(1, pages[getpagesize()] | pages[getpagesize() + 3]);
}

TEST_F(memory, page_that_is_not_present_is_faulted_in)
{
	const size_t size = getpagesize();
	__u32 *word = map_pages(1, MAP_PRIVATE);
	int i;

	ASSERT_EQ(0, mirror(&self->stage, word));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, madvise(word, size, MADV_DONTNEED));
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
		EXPECT_TRUE(wait32(word, 1));
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
		EXPECT_TRUE(wait32(word, 0));
	}
}

TEST_F(memory, page_that_only_a_toggle_touches_is_faulted_in)
{
	const size_t size = getpagesize();
	__u32 *word = map_pages(1, MAP_PRIVATE);
	unsigned char present = 0;
	int patience = PATIENCE_MS;

	ASSERT_EQ(0, mirror(&self->stage, word));
	ASSERT_EQ(0, madvise(word, size, MADV_DONTNEED));
	ASSERT_EQ(0, mincore(word, size, &present));
	ASSERT_EQ(0, present & 1);
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	while (!(present & 1) && wait_more(&patience))
		ASSERT_EQ(0, mincore(word, size, &present));
	EXPECT_EQ(1, present & 1);
	EXPECT_TRUE(wait32(word, 1));
}

TEST_F(memory, many_absent_pages_at_once)
{
	const int pages = 64;
	char *area = map_pages(pages, MAP_PRIVATE);
	const size_t size = getpagesize();
	int i;

	for (i = 0; i < pages; i++)
		ASSERT_EQ(0, mirror(&self->stage, area + i * size));
	ASSERT_EQ(0, madvise(area, pages * size, MADV_DONTNEED));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	for (i = 0; i < pages; i++) {
		EXPECT_TRUE(wait32(area + i * size, 1)) {
			TH_LOG("page %d", i);
		}
	}
}

#define RACED_PAGES 64

struct reader {
	pthread_t thread;
	char *area;
	__u32 stop;
};

/* Reads a page for the first time when the bit of the one before it is set. */
static void *read_ahead(void *arg)
{
	const size_t size = getpagesize();
	struct reader *reader = arg;
	int page = 0;

	while (!load32(&reader->stop)) {
		if (!load32(reader->area + page * size))
			continue;
		if (++page == RACED_PAGES)
			page = 0;
	}
	return NULL;
}

/* The kernel makes a page writable while user space makes it readable. */
TEST_F(memory, absent_page_that_is_read_meanwhile_is_faulted_in)
{
	const size_t size = getpagesize();
	struct reader reader = { .area = map_pages(RACED_PAGES, MAP_PRIVATE) };
	int round, i;

	for (i = 0; i < RACED_PAGES; i++)
		ASSERT_EQ(0, mirror(&self->stage, reader.area + i * size));
	ASSERT_EQ(0, pthread_create(&reader.thread, NULL, read_ahead, &reader));

	for (round = 0; round < 20; round++) {
		ASSERT_EQ(0, madvise(reader.area, RACED_PAGES * size, MADV_DONTNEED));
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
		for (i = 0; i < RACED_PAGES; i++) {
			ASSERT_TRUE(wait32(reader.area + i * size, 1)) {
				TH_LOG("round %d, page %d", round, i);
				store32(&reader.stop, 1);
			}
		}
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	}
	store32(&reader.stop, 1);
	pthread_join(reader.thread, NULL);
}

TEST_F(memory, absent_page_that_does_not_come_holds_up_no_other)
{
	const size_t size = getpagesize();
	char *pages = map_pages(3, MAP_PRIVATE);
	int i, fd;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, mirror(&self->stage, pages + i * size));
	ASSERT_EQ(0, madvise(pages, 3 * size, MADV_DONTNEED));
	fd = hold_back(pages + size);
	if (fd < 0)
		SKIP(return, "no userfaultfd: %s", strerror(-fd));

	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(pages, 1));
	EXPECT_TRUE(wait32(pages + 2 * size, 1));
	/* Also what is missed when someone waits for it already */
	for (i = 0; i < 3; i++) {
		pause_ms(20);
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
		ASSERT_EQ(0, madvise(pages, size, MADV_DONTNEED));
		ASSERT_EQ(0, madvise(pages + 2 * size, size, MADV_DONTNEED));
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
		EXPECT_TRUE(wait32(pages, 1));
		EXPECT_TRUE(wait32(pages + 2 * size, 1));
	}
	close(fd);
	EXPECT_TRUE(wait32(pages + size, 1));
}

TEST_F(memory, absent_page_of_an_unregistered_bit_stays_clear)
{
	const size_t size = getpagesize();
	__u32 *word = map_pages(1, MAP_PRIVATE);
	int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, mirror(&self->stage, word));
		ASSERT_EQ(0, madvise(word, size, MADV_DONTNEED));
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
		ASSERT_EQ(0, event_unregister(self->stage.fd, word, 0));
		EXPECT_EQ(0, load32(word));
		pause_ms(2);
		EXPECT_EQ(0, load32(word)) {
			TH_LOG("set after its unregistration, round %d", i);
		}
		ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	}
}

TEST_F(memory, copy_on_write_page_is_copied)
{
	__u32 *told = map_pages(1, MAP_SHARED);
	__u32 *word = map_pages(1, MAP_PRIVATE);
	pid_t child;

	word[1] = 0x1234;
	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
	child = spawn();
	if (!child) {
		/* shares the page with its parent until somebody writes */
		store32(told, 1);
		if (!wait32(told, 2))
			_exit(1);
		_exit(word[0] != 0 || word[1] != 0x1234);
	}
	ASSERT_TRUE(wait32(told, 1));
	ASSERT_EQ(0, mirror(&self->stage, word));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(word, 1));
	EXPECT_EQ(0x1234, word[1]);
	store32(told, 2);
	EXPECT_EQ(0, reap(child)) {
		TH_LOG("the child sees what is written for its parent");
	}
}

TEST_F(memory, copy_on_write_page_after_fork_is_each_ones_own)
{
	__u32 *told = map_pages(1, MAP_SHARED);
	__u32 *word = map_pages(1, MAP_PRIVATE);
	pid_t child;

	word[1] = 0x1234;
	ASSERT_EQ(0, mirror(&self->stage, word));
	child = spawn();
	if (!child) {
		if (event_unregister(self->stage.fd, word, 0))
			_exit(1);
		store32(told, 1);
		if (!wait32(told, 2))
			_exit(2);
		_exit(word[0] != 0 || word[1] != 0x1234 ? 3 : 0);
	}
	ASSERT_TRUE(wait32(told, 1));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(word, 1));
	store32(told, 2);
	EXPECT_EQ(0, reap(child));
}

TEST_F(memory, page_shared_between_processes)
{
	__u32 *word = map_pages(1, MAP_SHARED);
	const int fd = self->stage.fd;
	pid_t child;

	child = spawn();
	if (!child) {
		if (event_register(fd, self->stage.name, word, 5, SINGLE))
			_exit(1);
		store32(word + 1, 1);
		if (!wait32(word + 1, 2))
			_exit(2);
		_exit(event_unregister(fd, word, 5));
	}
	ASSERT_EQ(0, mirror(&self->stage, word));
	ASSERT_TRUE(wait32(word + 1, 1));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(word, 0x21));
	store32(word + 1, 2);
	EXPECT_EQ(0, reap(child));
	EXPECT_EQ(1, load32(word));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_TRUE(wait32(word, 0));
}

TEST_F(memory, mprotect_after_registration_skips_until_writable)
{
	const size_t size = getpagesize();
	__u32 *word = map_pages(1, MAP_PRIVATE);
	const int protections[] = { PROT_READ, PROT_NONE };
	size_t i;

	ASSERT_EQ(0, mirror(&self->stage, word));
	for (i = 0; i < ARRAY_SIZE(protections); i++) {
		ASSERT_EQ(0, mprotect(word, size, protections[i]));
		EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
		pause_ms(20);
		/* It can be read now, and not be written yet. */
		ASSERT_EQ(0, mprotect(word, size, PROT_READ));
		EXPECT_EQ(0, load32(word)) {
			TH_LOG("written through protection %d",
			       protections[i]);
		}
		ASSERT_EQ(0, mprotect(word, size, PROT_READ | PROT_WRITE));
		EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
		EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
		EXPECT_TRUE(wait32(word, 1));
		EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
		EXPECT_TRUE(wait32(word, 0));
	}
}

TEST_F(memory, munmap_after_registration_is_skipped)
{
	const size_t size = getpagesize();
	__u32 *word = map_pages(1, MAP_PRIVATE);
	void *again;

	ASSERT_EQ(0, mirror(&self->stage, word));
	ASSERT_EQ(0, mirror(&self->stage, self->stage.word));
	ASSERT_EQ(0, munmap(word, size));
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(self->stage.word, 1));
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_TRUE(wait32(self->stage.word, 0));

	/* the address is still registered, with other memory */
	again = mmap(word, size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ASSERT_TRUE(again == word);
	EXPECT_EQ(-EADDRINUSE, mirror(&self->stage, word));
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(word, 1));
	EXPECT_EQ(0, event_unregister(self->stage.fd, word, 0));
	EXPECT_EQ(0, *word);
}

/* Counts the kernel's log lines while it looks. */
static int log_lines(int fd)
{
	char line[2048];
	int lines = 0;

	while (read(fd, line, sizeof(line)) > 0 || errno == EPIPE)
		lines++;
	return lines;
}

TEST_F(memory, unwritable_address_does_not_flood_the_log)
{
	const int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	__u32 *word = map_pages(1, MAP_PRIVATE);
	int i;

	if (log < 0)
		SKIP(return, "no /dev/kmsg: %s", strerror(errno));
	ASSERT_EQ(0, mirror(&self->stage, word));
	ASSERT_EQ(0, munmap(word, getpagesize()));
	lseek(log, 0, SEEK_END);
	for (i = 0; i < 50; i++)
		EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, i % 2 == 0));
	pause_ms(20);
	EXPECT_GT(20, log_lines(log));
}

FIXTURE(file_backed)
{
	struct stage stage;
	int fd;
};

FIXTURE_VARIANT(file_backed)
{
	int flags;
	__u32 in_file;		/* what the file shows of a set bit */
};

FIXTURE_VARIANT_ADD(file_backed, shared)
{
	.flags = MAP_SHARED,
	.in_file = 1,
};

FIXTURE_VARIANT_ADD(file_backed, private)
{
	.flags = MAP_PRIVATE,
	.in_file = 0,
};

FIXTURE_SETUP(file_backed)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	self->fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (self->fd < 0)
		self->fd = syscall(__NR_memfd_create, "bits", 0);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, ftruncate(self->fd, getpagesize()));
}

FIXTURE_TEARDOWN_PARENT(file_backed)
{
	stage_clean(&self->stage);
}

TEST_F(file_backed, memory_mirrors)
{
	const size_t size = getpagesize();
	__u32 in_file, *word;

	word = mmap(NULL, size, PROT_READ | PROT_WRITE, variant->flags,
		    self->fd, 0);
	ASSERT_FALSE(word == MAP_FAILED);
	ASSERT_EQ(0, mirror(&self->stage, word));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(word, 1));
	ASSERT_EQ(4, pread(self->fd, &in_file, 4, 0));
	EXPECT_EQ(variant->in_file, in_file);
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_TRUE(wait32(word, 0));
	ASSERT_EQ(4, pread(self->fd, &in_file, 4, 0));
	EXPECT_EQ(0, in_file);
}

TEST_F(file_backed, memory_beyond_the_end_of_the_file_is_skipped)
{
	const size_t size = getpagesize();
	__u32 *word;

	word = mmap(NULL, size, PROT_READ | PROT_WRITE, variant->flags,
		    self->fd, 0);
	ASSERT_FALSE(word == MAP_FAILED);
	ASSERT_EQ(0, mirror(&self->stage, word));
	ASSERT_EQ(0, mirror(&self->stage, self->stage.word));
	ASSERT_EQ(0, ftruncate(self->fd, 0));
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(self->stage.word, 1));
	ASSERT_EQ(0, ftruncate(self->fd, size));
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(word, 1));
}

TEST_F(file_backed, memory_read_only_is_EFAULT)
{
	__u32 *word = mmap(NULL, getpagesize(), PROT_READ, variant->flags,
			   self->fd, 0);

	ASSERT_FALSE(word == MAP_FAILED);
	EXPECT_EQ(-EFAULT, mirror(&self->stage, word));
	EXPECT_EQ(0, event_try(say("%s u64 other", self->stage.name), SINGLE));
}

/* A page on swap: needs a swap device, made of memory if there is a loop. */

FIXTURE(swap)
{
	struct stage stage;
	char device[32];	/* ours, or empty */
};

FIXTURE_SETUP(swap)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	if (has_swap())
		return;
	if (swap_on_loop(self->device, sizeof(self->device))) {
		self->device[0] = '\0';
		SKIP(return, "no swap, and no loop device to make some");
	}
}

FIXTURE_TEARDOWN_PARENT(swap)
{
	stage_clean(&self->stage);
	if (!self->device[0])
		return;
	swapoff(self->device);
	loop_free(self->device);
}

TEST_F(swap, page_on_swap_is_brought_in_to_set_a_bit)
{
	__u32 *word = map_pages(1, MAP_PRIVATE);

	word[1] = 0x1234;
	ASSERT_EQ(0, mirror(&self->stage, word));
	if (!swap_out(word))
		SKIP(return, "the page does not go to swap");
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(word, 1));
	EXPECT_EQ(0x1234, word[1]);
}

TEST_F(swap, page_on_swap_is_brought_in_to_clear_a_bit)
{
	__u32 *word = map_pages(1, MAP_PRIVATE);

	word[1] = 0x1234;
	ASSERT_EQ(0, mirror(&self->stage, word));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	ASSERT_TRUE(wait32(word, 1));
	if (!swap_out(word))
		SKIP(return, "the page does not go to swap");
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_TRUE(wait32(word, 0));
	EXPECT_EQ(0x1234, word[1]);
}

TEST_F(swap, page_on_swap_can_be_unregistered)
{
	__u32 *word = map_pages(1, MAP_PRIVATE);

	word[1] = 0x1234;
	ASSERT_EQ(0, mirror(&self->stage, word));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	if (!swap_out(word))
		SKIP(return, "the page does not go to swap");
	EXPECT_EQ(0, event_unregister(self->stage.fd, word, 0));
	EXPECT_EQ(0, word[0]);
	EXPECT_EQ(0x1234, word[1]);
}

/* Who makes the bit set. */

FIXTURE(consumers)
{
	struct stage stage;
};

FIXTURE_SETUP(consumers)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	ASSERT_EQ(0, mirror(&self->stage, self->stage.word));
}

FIXTURE_TEARDOWN_PARENT(consumers)
{
	stage_clean(&self->stage);
}

TEST_F(consumers, bit_is_set_from_the_first_to_the_last)
{
	const char *event = self->stage.name;
	int first, second;

	EXPECT_EQ(0, *self->stage.word);
	first = perf_open(SYSTEM, event);
	ASSERT_LE(0, first);
	EXPECT_EQ(1, *self->stage.word);
	ASSERT_EQ(0, event_trace(SYSTEM, event, true));
	EXPECT_EQ(1, *self->stage.word);
	second = perf_open(SYSTEM, event);
	ASSERT_LE(0, second);
	close(first);
	EXPECT_EQ(1, *self->stage.word);
	ASSERT_EQ(0, event_trace(SYSTEM, event, false));
	EXPECT_EQ(1, *self->stage.word);
	close(second);
	EXPECT_EQ(0, *self->stage.word);
}

TEST_F(consumers, another_instance_alone_sets_the_bit)
{
	const char *dir = say(TRACEFS "/instances/%s", self->stage.name);
	const char *path = say("%s/events/user_events/%s/enable", dir,
			       self->stage.name);

	ASSERT_EQ(0, mkdir(dir, 0700));
	ASSERT_EQ(0, file_write(path, "1"));
	EXPECT_EQ(1, *self->stage.word);
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_EQ(1, *self->stage.word);
	ASSERT_EQ(0, file_write(path, "0"));
	EXPECT_EQ(0, *self->stage.word);
	ASSERT_EQ(0, file_write(path, "1"));
	EXPECT_EQ(0, rmdir(dir));
	EXPECT_EQ(0, *self->stage.word);
}

TEST_F(consumers, all_events_of_the_system_at_once)
{
	const char *other = say("%s_2 u32 a", self->stage.name);
	const char *path = TRACEFS "/events/" SYSTEM "/enable";

	ASSERT_EQ(1, event_register(self->stage.fd, other, self->stage.word,
				    1, SINGLE));
	ASSERT_EQ(2, event_register(self->stage.fd, other, self->stage.word,
				    2, MULTI));
	ASSERT_EQ(0, file_write(path, "1"));
	EXPECT_EQ(3, *self->stage.word);
	ASSERT_EQ(0, file_write(path, "0"));
	EXPECT_EQ(0, *self->stage.word);
}

TEST_HARNESS_MAIN
