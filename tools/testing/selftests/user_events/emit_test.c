// SPDX-License-Identifier: GPL-2.0
/* Checks which writes are refused, and that others are recorded unchanged. */

#include <arpa/inet.h>
#include <limits.h>
#include "common.h"
#include "perf.h"
#include "uring.h"

/* Where the payload starts in an entry: offsets of __data_loc count from 0. */
#define PAYLOAD 8

static int emit_raw(int fd, const void *data, size_t size)
{
	const ssize_t ret = write(fd, data, size);

	return ret < 0 ? -errno : ret;
}

/* An event with two fixed fields, and perf to count what is recorded. */
FIXTURE(emit)
{
	struct stage stage;
	struct {
		__u32 index;
		__u32 a;
		__u64 b;
	} record;
	int perf;
};

FIXTURE_SETUP(emit)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s u32 a; u64 b", self->stage.name),
				    self->stage.word, 0, SINGLE));
	self->perf = perf_open(SYSTEM, self->stage.name);
	ASSERT_LE(0, self->perf);
	self->record.a = 5;
	self->record.b = 6;
}

FIXTURE_TEARDOWN_PARENT(emit)
{
	stage_clean(&self->stage);
}

TEST_F(emit, returns_the_whole_length)
{
	char longer[40] = {};

	EXPECT_EQ(16, emit_raw(self->stage.fd, &self->record, 16));
	EXPECT_EQ(40, emit_raw(self->stage.fd, longer, 40));
	EXPECT_EQ(16, event_emit(self->stage.fd, 0, &self->record.a, 12));
	EXPECT_EQ(3, perf_count(self->perf));
}

TEST_F(emit, writev_of_many_pieces_is_one_record)
{
	char *data = (char *)&self->record;
	struct iovec iov[16];
	int i;

	for (i = 0; i < 16; i++) {
		iov[i].iov_base = data + i;
		iov[i].iov_len = 1;
	}
	EXPECT_EQ(16, writev(self->stage.fd, iov, 16));
	EXPECT_EQ(1, perf_count(self->perf));
}

TEST_F(emit, shorter_than_the_index_is_EFAULT)
{
	int size;

	for (size = 1; size < 4; size++)
		EXPECT_EQ(-EFAULT, emit_raw(self->stage.fd, &self->record,
					    size));
	EXPECT_EQ(0, perf_count(self->perf));
}

TEST_F(emit, negative_index_is_EINVAL)
{
	EXPECT_EQ(-EINVAL, event_emit(self->stage.fd, -1, &self->record.a, 12));
	EXPECT_EQ(-EINVAL, event_emit(self->stage.fd, INT_MIN, &self->record.a, 12));
	EXPECT_EQ(0, perf_count(self->perf));
}

TEST_F(emit, unknown_index_is_ENOENT)
{
	const int other = open(DATA_FILE, O_RDWR | O_CLOEXEC);

	EXPECT_EQ(-ENOENT, event_emit(self->stage.fd, 1, &self->record.a, 12));
	EXPECT_EQ(-ENOENT, event_emit(self->stage.fd, INT_MAX, &self->record.a, 12));
	EXPECT_EQ(-ENOENT, event_emit(other, 0, &self->record.a, 12));
	EXPECT_EQ(0, perf_count(self->perf));
}

TEST_F(emit, payload_below_the_fixed_part_is_EINVAL)
{
	int size;

	for (size = 0; size < 12; size++) {
		EXPECT_EQ(-EINVAL, event_emit(self->stage.fd, 0,
					      &self->record.a, size)) {
			TH_LOG("%d bytes of 12", size);
		}
	}
	EXPECT_EQ(0, perf_count(self->perf));
}

TEST_F(emit, nothing_attached_is_EBADF)
{
	close(self->perf);
	EXPECT_EQ(-EBADF, event_emit(self->stage.fd, 0, &self->record.a, 12));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(16, event_emit(self->stage.fd, 0, &self->record.a, 12));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	EXPECT_EQ(-EBADF, event_emit(self->stage.fd, 0, &self->record.a, 12));
}

TEST_F(emit, unreadable_payload_is_EFAULT)
{
	char *pages = map_pages(2, MAP_PRIVATE);
	const size_t size = getpagesize();

	ASSERT_EQ(0, mprotect(pages + size, size, PROT_NONE));
	EXPECT_EQ(-EFAULT, event_emit(self->stage.fd, 0, NULL, 12));
	EXPECT_EQ(-EFAULT, event_emit(self->stage.fd, 0, pages + size, 12));
	EXPECT_EQ(-EFAULT, event_emit(self->stage.fd, 0, pages + size - 6, 12));
	EXPECT_EQ(-EFAULT, emit_raw(self->stage.fd, pages + size - 4, 16));
	EXPECT_EQ(-EFAULT, emit_raw(self->stage.fd, pages + size - 2, 16));
	EXPECT_EQ(0, perf_count(self->perf));
	EXPECT_EQ(16, event_emit(self->stage.fd, 0, pages + size - 12, 12));
	EXPECT_EQ(1, perf_count(self->perf));
}

TEST_F(emit, payload_on_an_absent_page_is_read)
{
	char *pages = map_pages(1, MAP_PRIVATE);

	EXPECT_EQ(16, event_emit(self->stage.fd, 0, pages + 100, 12));
	EXPECT_EQ(1, perf_count(self->perf));
}

TEST_F(emit, file_offset_other_than_0_is_EFAULT_for_write)
{
	int i;

	ASSERT_EQ(16, pwrite(self->stage.fd, &self->record, 16, 0));
	EXPECT_EQ(-1, pwrite(self->stage.fd, &self->record, 16, 1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, pwrite(self->stage.fd, &self->record, 16, 4096));
	EXPECT_EQ(EFAULT, errno);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(16, emit_raw(self->stage.fd, &self->record, 16));
	EXPECT_EQ(4, perf_count(self->perf));
}

TEST_F(emit, pwritev_takes_any_file_offset)
{
	const struct iovec iov[] = {
		{ .iov_base = &self->record, .iov_len = 4 },
		{ .iov_base = &self->record.a, .iov_len = 12 },
	};

	EXPECT_EQ(16, pwritev(self->stage.fd, iov, 2, 0));
	EXPECT_EQ(16, pwritev(self->stage.fd, iov, 2, 1));
	EXPECT_EQ(16, pwritev(self->stage.fd, iov, 2, 4096));
	EXPECT_EQ(16, pwritev64(self->stage.fd, iov, 2, 1LL << 40));
	EXPECT_EQ(16, emit_raw(self->stage.fd, &self->record, 16));
	EXPECT_EQ(5, perf_count(self->perf));
}

TEST_F(emit, io_uring_takes_any_file_offset)
{
	const __u64 offsets[] = { 0, 16, 4096, -1 };
	struct uring ring;
	int i;

	if (uring_open(&ring, 0) < 0)
		SKIP(return, "no io_uring");
	ASSERT_EQ(0, file_truncate(TRACEFS "/trace"));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(16, uring_write(&ring, self->stage.fd, &self->record,
					  16, offsets[i])) {
			TH_LOG("at offset %lld", (long long)offsets[i]);
		}
	}
	EXPECT_EQ(4, trace_count(TRACEFS, self->stage.name));
}

TEST_F(emit, seek_is_ESPIPE)
{
	EXPECT_EQ(-1, lseek(self->stage.fd, 0, SEEK_CUR));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, lseek(self->stage.fd, 100, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
}

TEST_F(emit, write_only_file_emits)
{
	const int fd = open(DATA_FILE, O_WRONLY | O_CLOEXEC);

	ASSERT_EQ(0, event_register(fd, say("%s u32 a; u64 b",
					    self->stage.name),
				    self->stage.word, 1, SINGLE));
	EXPECT_EQ(16, event_emit(fd, 0, &self->record.a, 12));
	EXPECT_EQ(1, perf_count(self->perf));
}

TEST_F(emit, index_works_after_unregister_and_in_children)
{
	pid_t child;

	ASSERT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 0));
	EXPECT_EQ(16, event_emit(self->stage.fd, 0, &self->record.a, 12));
	child = spawn();
	if (!child)
		_exit(event_emit(self->stage.fd, 0, &self->record.a, 12) != 16);
	EXPECT_EQ(0, reap(child));
}

TEST_F(emit, event_without_fields_needs_no_payload)
{
	const char *name = say("%s_2", self->stage.name);
	int perf;

	ASSERT_EQ(1, event_register(self->stage.fd, name, self->stage.word, 1,
				    SINGLE));
	perf = perf_open(SYSTEM, name);
	ASSERT_LE(0, perf);
	EXPECT_EQ(4, event_emit(self->stage.fd, 1, NULL, 0));
	EXPECT_EQ(1, perf_count(perf));
	EXPECT_EQ(0, perf_count(self->perf));
}

/* Dynamic fields: where they point to is checked, and how strings end. */

FIXTURE(dynamic)
{
	struct stage stage;
	int perf;
};

FIXTURE_VARIANT(dynamic)
{
	const char *qualifier;
	int base;		/* what the offset of the data counts from */
};

FIXTURE_VARIANT_ADD(dynamic, data_loc)
{
	.qualifier = "__data_loc",
	.base = -PAYLOAD,
};

FIXTURE_VARIANT_ADD(dynamic, rel_loc)
{
	.qualifier = "__rel_loc",
	.base = sizeof(__u32),
};

FIXTURE_SETUP(dynamic)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s %s char[] s", self->stage.name,
					variant->qualifier),
				    self->stage.word, 0, SINGLE));
	ASSERT_EQ(1, event_register(self->stage.fd,
				    say("%s_2 %s u8[] s", self->stage.name,
					variant->qualifier),
				    self->stage.word, 1, SINGLE));
	self->perf = perf_open(SYSTEM, self->stage.name);
	ASSERT_LE(0, self->perf);
	ASSERT_EQ(0, event_trace(SYSTEM, say("%s_2", self->stage.name), true));
}

FIXTURE_TEARDOWN_PARENT(dynamic)
{
	stage_clean(&self->stage);
}

/*
 * Emits a payload of four bytes of location and eight of string, with the
 * location telling @size bytes from byte @at of the payload.
 */
static int emit_string(int fd, int index, int base, int at, int size,
		       const char *string)
{
	struct {
		__u32 loc;
		char string[8];
	} payload;

	payload.loc = DYN_LOC((at - base) & 0xffff, size);
	memcpy(payload.string, string, 8);
	return event_emit(fd, index, &payload, sizeof(payload));
}

TEST_F(dynamic, string_inside_the_payload_is_taken)
{
	const int fd = self->stage.fd;

	EXPECT_EQ(16, emit_string(fd, 0, variant->base, 4, 8, "1234567\0"));
	EXPECT_EQ(16, emit_string(fd, 0, variant->base, 4, 4, "123\0xxx"));
	EXPECT_EQ(16, emit_string(fd, 0, variant->base, 8, 4, "xxxx567\0"));
	EXPECT_EQ(16, emit_string(fd, 0, variant->base, 11, 1, "xxxxxxx\0"));
	EXPECT_EQ(4, perf_count(self->perf));
}

TEST_F(dynamic, string_without_its_nul_is_EFAULT)
{
	const int fd = self->stage.fd;

	EXPECT_EQ(-EFAULT, emit_string(fd, 0, variant->base, 4, 8,
				       "12345678"));
	EXPECT_EQ(-EFAULT, emit_string(fd, 0, variant->base, 4, 7,
				       "1234567\0"));
	EXPECT_EQ(-EFAULT, emit_string(fd, 0, variant->base, 11, 1,
				       "12345678"));
	EXPECT_EQ(0, perf_count(self->perf));
}

TEST_F(dynamic, string_of_no_bytes_is_taken)
{
	const int fd = self->stage.fd;

	EXPECT_EQ(16, emit_string(fd, 0, variant->base, 4, 0, "12345678"));
	EXPECT_EQ(16, emit_string(fd, 0, variant->base, 12, 0, "12345678"));
	EXPECT_EQ(16, emit_string(fd, 0, variant->base, variant->base, 0,
				  "12345678"));
	EXPECT_EQ(3, perf_count(self->perf));
}

/*
 * Whether a record, of @size bytes without what perf pads it with, has a string
 * that is empty for who reads it by its size as well as up to its NUL.
 */
static bool string_is_empty(const char *record, int base, __u32 size)
{
	__u32 loc, start;

	memcpy(&loc, record + PAYLOAD, sizeof(loc));
	start = (loc & 0xffff) + PAYLOAD + base;
	return loc >> 16 <= 1 && start < size + (loc >> 16) && !record[start];
}

TEST_F(dynamic, string_of_no_bytes_is_recorded_as_empty)
{
	static const char *const texts[] = { "12345678", "123\0x678", "1234567\0" };
	const int places[] = { 4, 6, 7, 12, variant->base };
	const int fd = self->stage.fd;
	struct perf_ring ring;
	char record[64];
	int i, j;

	ASSERT_EQ(0, perf_ring_open(&ring, SYSTEM, self->stage.name, 1));
	for (i = 0; i < 15; i++) {
		j = i % 5;
		ASSERT_EQ(16, emit_string(fd, 0, variant->base, places[j], 0,
					  texts[i / 5]));
		memset(record, 'x', sizeof(record));
		ASSERT_LE(20, perf_ring_next(&ring, record, sizeof(record)));
		EXPECT_TRUE(string_is_empty(record, variant->base, 20)) {
			TH_LOG("at %d of '%s'", places[j], texts[i / 5]);
		}
	}
}

/* A filter may compare in a buffer that still has the record before. */
TEST_F(dynamic, string_of_no_bytes_is_not_filtered_by_what_is_behind_it)
{
	const char *name = self->stage.name;
	struct {
		__u32 loc;
		char text[200];
	} payload = {};
	int cpu;

	ASSERT_EQ(0, file_write(event_path(SYSTEM, name, "filter"),
				"s ~ \"*needle*\""));
	ASSERT_EQ(0, file_truncate(TRACEFS "/trace"));
	ASSERT_EQ(0, event_trace(SYSTEM, name, true));
	cpu = sched_getcpu();
	pin_to_cpu(cpu);
	memset(payload.text, 'a', sizeof(payload.text));
	memcpy(payload.text + 100, "needle", 7);
	payload.loc = DYN_LOC((4 + 106 - variant->base) & 0xffff, 1);
	EXPECT_EQ(208, event_emit(self->stage.fd, 0, &payload, 204));
	payload.loc = DYN_LOC((4 - variant->base) & 0xffff, 0);
	EXPECT_EQ(8, event_emit(self->stage.fd, 0, &payload, 4));
	EXPECT_EQ(0, trace_count(TRACEFS, name)) {
		TH_LOG("%s", file_read(TRACEFS "/trace"));
	}
	EXPECT_EQ(0, file_write(event_path(SYSTEM, name, "filter"), "0"));
}

TEST_F(dynamic, string_of_no_bytes_is_shown_as_empty)
{
	const char *name = self->stage.name;

	ASSERT_EQ(0, file_truncate(TRACEFS "/trace"));
	ASSERT_EQ(0, event_trace(SYSTEM, name, true));
	EXPECT_EQ(16, emit_string(self->stage.fd, 0, variant->base, 4, 0,
				  "12345678"));
	EXPECT_EQ(1, count_of(file_read(TRACEFS "/trace"), say("%s: s=\n", name))) {
		TH_LOG("%s", file_read(TRACEFS "/trace"));
	}
}

TEST_F(dynamic, string_outside_the_payload_is_EFAULT)
{
	const char *nuls = "\0\0\0\0\0\0\0";
	const int fd = self->stage.fd;

	EXPECT_EQ(-EFAULT, emit_string(fd, 0, variant->base, 4, 9, nuls));
	EXPECT_EQ(-EFAULT, emit_string(fd, 0, variant->base, 5, 8, nuls));
	EXPECT_EQ(-EFAULT, emit_string(fd, 0, variant->base, 12, 1, nuls));
	EXPECT_EQ(-EFAULT, emit_string(fd, 0, variant->base, 4, 65535, nuls));
	EXPECT_EQ(-EFAULT, emit_string(fd, 0, variant->base, 60000, 1, nuls));
	EXPECT_EQ(-EFAULT, emit_string(fd, 0, variant->base, 60000, 60000,
				       nuls));
	EXPECT_EQ(0, perf_count(self->perf));
}

TEST_F(dynamic, bytes_need_no_nul)
{
	const int fd = self->stage.fd;

	EXPECT_EQ(16, emit_string(fd, 1, variant->base, 4, 8, "12345678"));
	EXPECT_EQ(16, emit_string(fd, 1, variant->base, 11, 1, "12345678"));
}

TEST_F(dynamic, bytes_outside_the_payload_are_EFAULT)
{
	const int fd = self->stage.fd;

	EXPECT_EQ(-EFAULT, emit_string(fd, 1, variant->base, 4, 9,
				       "12345678"));
	EXPECT_EQ(-EFAULT, emit_string(fd, 1, variant->base, 13, 1,
				       "12345678"));
}

TEST_F(dynamic, no_bytes_at_all_are_fine)
{
	EXPECT_EQ(16, emit_string(self->stage.fd, 1, variant->base, 4, 0,
				  "12345678"));
}

TEST_F(dynamic, one_bad_field_of_several_is_EFAULT)
{
	const char *name = say("%s_3", self->stage.name);
	struct {
		__u32 a;
		__u32 one;
		__u32 two;
		char text[8];
	} payload = { .text = "abc\0def" };
	const int fd = self->stage.fd;
	const int one = variant->base < 0 ? PAYLOAD + 12 : 12 - 8;
	const int two = variant->base < 0 ? PAYLOAD + 16 : 16 - 12;
	int perf;

	ASSERT_EQ(2, event_register(fd, say("%s u32 a; %s char[] one; %s char[] two",
					    name, variant->qualifier,
					    variant->qualifier),
				    self->stage.word, 2, SINGLE));
	perf = perf_open(SYSTEM, name);
	ASSERT_LE(0, perf);

	payload.one = DYN_LOC(one, 4);
	payload.two = DYN_LOC(two, 4);
	EXPECT_EQ(24, event_emit(fd, 2, &payload, 20));
	payload.two = DYN_LOC(two, 3);
	EXPECT_EQ(-EFAULT, event_emit(fd, 2, &payload, 20));
	payload.two = DYN_LOC(two, 5);
	EXPECT_EQ(-EFAULT, event_emit(fd, 2, &payload, 20));
	payload.one = DYN_LOC(one, 3);
	payload.two = DYN_LOC(two, 4);
	EXPECT_EQ(-EFAULT, event_emit(fd, 2, &payload, 20));
	EXPECT_EQ(1, perf_count(perf));
}

/* The payload changes under the write: only what was checked is recorded. */

FIXTURE(concurrent)
{
	struct stage stage;
	struct perf_ring ring;
	pthread_t thread;
	__u32 stop;
};

FIXTURE_SETUP(concurrent)
{
	stage_open(_metadata, &self->stage);
}

FIXTURE_TEARDOWN_PARENT(concurrent)
{
	stage_clean(&self->stage);
}

struct flipper {
	char *at;
	char one, two;
	__u32 *stop;
};

static void *flip(void *arg)
{
	struct flipper *flipper = arg;

	while (!load32(flipper->stop)) {
		__atomic_store_n(flipper->at, flipper->one, __ATOMIC_RELAXED);
		__atomic_store_n(flipper->at, flipper->two, __ATOMIC_RELAXED);
	}
	return NULL;
}

struct big_string {
	__u32 loc;
	char text[2000];
};

TEST_F(concurrent, rewritten_string_is_recorded_as_checked)
{
	struct big_string *payload = map_pages(1, MAP_PRIVATE);
	struct {
		char header[PAYLOAD];
		struct big_string payload;
	} seen;
	struct flipper flipper = {
		.at = payload->text + sizeof(payload->text) - 1,
		.one = 'x',
		.stop = &self->stop,
	};
	const __u64 end = now_ns() + PATIENCE_MS * 1000000ULL;
	int i, ret, taken = 0, refused = 0;

	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s __rel_loc char[] s",
					self->stage.name),
				    self->stage.word, 0, SINGLE));
	ASSERT_EQ(0, perf_ring_open(&self->ring, SYSTEM, self->stage.name, 4));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	memset(payload->text, 'a', sizeof(payload->text));
	payload->loc = DYN_LOC(0, sizeof(payload->text));

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, flip, &flipper));
	for (i = 0; i < 500 || (i < 3000 && !refused) || (!taken && now_ns() < end); i++) {
		ret = event_emit(self->stage.fd, 0, payload, sizeof(*payload));
		taken += ret == sizeof(*payload) + 4;
		refused += ret == -EFAULT;
		if (ret < 0)
			continue;
		ret = perf_ring_next(&self->ring, &seen, sizeof(seen));
		ASSERT_LE(sizeof(seen), ret);
		ASSERT_EQ(0, seen.payload.text[sizeof(payload->text) - 1]) {
			TH_LOG("a string without its NUL was recorded");
		}
	}
	store32(&self->stop, 1);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(i, taken + refused);
	EXPECT_LT(0, taken);
}

TEST_F(concurrent, rewritten_location_is_recorded_as_checked)
{
	struct big_string *payload = map_pages(1, MAP_PRIVATE);
	struct {
		char header[PAYLOAD];
		struct big_string payload;
	} seen;
	/* makes the size 0xffff instead of 0x00ff */
	struct flipper flipper = {
		.at = (char *)&payload->loc + (htonl(1) == 1 ? 0 : 3),
		.one = 0xff,
		.stop = &self->stop,
	};
	const __u64 end = now_ns() + PATIENCE_MS * 1000000ULL;
	int i, ret, taken = 0;

	payload->loc = DYN_LOC(0, 0xff);
	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s __rel_loc u8[] s",
					self->stage.name),
				    self->stage.word, 0, SINGLE));
	ASSERT_EQ(0, perf_ring_open(&self->ring, SYSTEM, self->stage.name, 4));

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, flip, &flipper));
	for (i = 0; i < 500 || (!taken && now_ns() < end); i++) {
		ret = event_emit(self->stage.fd, 0, payload, sizeof(*payload));
		if (ret < 0)
			continue;
		taken++;
		ret = perf_ring_next(&self->ring, &seen, sizeof(seen));
		ASSERT_LE(sizeof(seen), ret);
		ASSERT_EQ(DYN_LOC(0, 0xff), seen.payload.loc);
	}
	store32(&self->stop, 1);
	pthread_join(self->thread, NULL);
	EXPECT_LT(0, taken);
}

TEST_F(concurrent, every_consumer_records_the_same_copy)
{
	enum { RECORDS = 500, REST = 1000 };
	struct {
		__u32 value;
		char rest[REST];
	} *payload = (void *)map_pages(1, MAP_PRIVATE);
	struct {
		char header[PAYLOAD];
		__u32 value;
	} seen;
	struct flipper flipper = {
		.at = (char *)&payload->value,
		.one = 1,
		.two = 2,
		.stop = &self->stop,
	};
	__u64 traced[RECORDS];
	__u32 sampled[RECORDS];
	int i;

	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s u32 value; struct rest rest %d",
					self->stage.name, REST),
				    self->stage.word, 0, SINGLE));
	ASSERT_EQ(0, file_truncate(TRACEFS "/trace"));
	ASSERT_EQ(0, perf_ring_open(&self->ring, SYSTEM, self->stage.name, 4));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	payload->value = 1;

	ASSERT_EQ(0, pthread_create(&self->thread, NULL, flip, &flipper));
	for (i = 0; i < RECORDS; i++) {
		ASSERT_EQ(sizeof(*payload) + 4,
			  event_emit(self->stage.fd, 0, payload,
				     sizeof(*payload)));
		ASSERT_LT(0, perf_ring_next(&self->ring, &seen, sizeof(seen)));
		sampled[i] = seen.value;
	}
	store32(&self->stop, 1);
	pthread_join(self->thread, NULL);

	/* all were written by this thread, so both have the same order */
	ASSERT_EQ(RECORDS, trace_values(TRACEFS, self->stage.name, "value",
					traced, RECORDS));
	for (i = 0; i < RECORDS; i++) {
		ASSERT_EQ(sampled[i], traced[i]) {
			TH_LOG("perf and ftrace differ in record %d", i);
		}
	}
}

TEST_HARNESS_MAIN
