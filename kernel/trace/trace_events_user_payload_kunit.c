// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the check of a payload against its layout.
 */
#include <linux/user_events.h>

#include "trace_events_user_layout_kunit.h"

/**
 * struct ue_check_case - a dynamic field and its data
 * @what: name of the case
 * @fields: a description of one dynamic field
 * @offset: low half of the field
 * @size: high half of the field
 * @data: the data after the field in the payload
 * @len: bytes of @data
 * @ret: expected result
 */
struct ue_check_case {
	const char	*what;
	const char	*fields;
	u16		offset;
	u16		size;
	const char	*data;
	size_t		len;
	int		ret;
};

#define CHECK(_what, _fields, _offset, _size, _data, _ret)		\
	{								\
		.what = _what, .fields = _fields,			\
		.offset = _offset, .size = _size,			\
		.data = _data, .len = sizeof(_data) - 1, .ret = _ret,	\
	}

/* Offset of the data, after the header and the four bytes of the field */
#define DATA (USER_EVENT_FIRST_OFFSET + sizeof(u32))

static const struct ue_check_case ue_check_cases[] = {
	CHECK("string", "__data_loc char[] a", DATA, 6, "hello\0", 0),
	CHECK("string of no characters", "__data_loc char[] a", DATA, 1, "\0", 0),
	CHECK("string inside the data", "__data_loc char[] a", DATA + 2, 2, "hel\0lo", 0),
	CHECK("string without an end", "__data_loc char[] a", DATA, 5, "hello", -EFAULT),
	CHECK("string with an early end", "__data_loc char[] a", DATA, 6, "hel\0lo", -EFAULT),
	CHECK("string cut short", "__data_loc char[] a", DATA, 5, "hello\0", -EFAULT),
	CHECK("string one byte too long", "__data_loc char[] a", DATA, 7, "hello\0", -EFAULT),
	CHECK("string behind the payload", "__data_loc char[] a", DATA + 6, 1, "hello\0", -EFAULT),
	CHECK("string in the header", "__data_loc char[] a", 0, 4, "\0", -EFAULT),
	CHECK("string from the header on", "__data_loc char[] a", UE_FIRST - 1, 6, "\0", -EFAULT),
	CHECK("string of no bytes", "__data_loc char[] a", DATA, 0, "\0", 0),
	CHECK("string of no bytes before text", "__data_loc char[] a", DATA, 0, "hello\0", 1),
	CHECK("string of no bytes behind text", "__data_loc char[] a", DATA + 5, 0, "hello\0", 0),
	CHECK("string of no bytes at the end", "__data_loc char[] a", DATA + 6, 0, "hello\0", 1),
	CHECK("string of no bytes outside", "__data_loc char[] a", DATA + 7, 0, "hello\0", -EFAULT),
	CHECK("string of nothing", "__data_loc char[] a", 0, 0, "", 1),
	CHECK("string far away", "__data_loc char[] a", U16_MAX, 1, "\0", -EFAULT),
	CHECK("string of the largest size", "__data_loc char[] a", DATA, U16_MAX, "\0", -EFAULT),
	CHECK("string of unsigned char", "__data_loc unsigned char[] a", DATA, 5, "hello", -EFAULT),
	CHECK("array", "__data_loc u8[] a", DATA, 5, "hello", 0),
	CHECK("array of itself", "__data_loc u8[] a", UE_FIRST, 4, "", 0),
	CHECK("array one byte too long", "__data_loc u8[] a", DATA, 6, "hello", -EFAULT),
	CHECK("array in the header", "__data_loc u8[] a", UE_FIRST - 1, 1, "hello", -EFAULT),
	CHECK("array of nothing", "__data_loc u8[] a", 0, 0, "", 0),
	CHECK("array of nothing at the end", "__data_loc u8[] a", DATA + 5, 0, "hello", 0),
	CHECK("array of nothing outside", "__data_loc u8[] a", DATA + 6, 0, "hello", -EFAULT),
	CHECK("relative string", "__rel_loc char[] a", 0, 6, "hello\0", 0),
	CHECK("relative string inside", "__rel_loc char[] a", 2, 2, "hel\0lo", 0),
	CHECK("relative string without an end", "__rel_loc char[] a", 0, 5, "hello", -EFAULT),
	CHECK("relative string too long", "__rel_loc char[] a", 1, 6, "hello\0", -EFAULT),
	CHECK("relative string of no bytes", "__rel_loc char[] a", 0, 0, "\0", 0),
	CHECK("relative string of nothing", "__rel_loc char[] a", 0, 0, "", 1),
	CHECK("relative string far away", "__rel_loc char[] a", U16_MAX, U16_MAX, "\0", -EFAULT),
	CHECK("relative array", "__rel_loc u32[] a", 1, 4, "hello", 0),
	CHECK("relative array too long", "__rel_loc u32[] a", 2, 4, "hello", -EFAULT),
	CHECK("relative array of nothing", "__rel_loc u32[] a", 0, 0, "", 0),
};

KUNIT_ARRAY_PARAM_DESC(check, ue_check_cases, what);

static void ue_payload_check(struct kunit *test)
{
	const struct ue_check_case *c = test->param_value;
	const struct user_event_layout *layout = ue_parse(test, c->fields);
	u32 loc = DYN_LOC((u32)c->offset, (u32)c->size);
	size_t len = sizeof(loc) + c->len;
	char *payload;

	/* It has the exact size, so that KASAN reports a read after its end */
	payload = kunit_kmalloc(test, len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, payload);
	memcpy(payload, &loc, sizeof(loc));
	memcpy(payload + sizeof(loc), c->data, c->len);

	KUNIT_EXPECT_EQ(test, user_event_layout_check(layout, payload, len), c->ret);
}

/* Each dynamic field is checked, whatever its place */
static void ue_payload_check_each(struct kunit *test)
{
	const struct user_event_layout *layout;
	struct {
		u16	a;
		u32	b;
		u8	c;
		u32	d;
		char	text[4];
	} __packed payload = { .text = "abc" };

	layout = ue_parse(test, "u16 a;__rel_loc char[] b;u8 c;__data_loc char[] d");
	KUNIT_ASSERT_EQ(test, layout->size, offsetof(typeof(payload), text));

	payload.b = DYN_LOC(offsetof(typeof(payload), text) - offsetof(typeof(payload), c), 4);
	payload.d = DYN_LOC(UE_FIRST + offsetof(typeof(payload), text), 4);
	KUNIT_EXPECT_EQ(test, user_event_layout_check(layout, &payload, sizeof(payload)), 0);

	payload.d++;
	KUNIT_EXPECT_EQ(test, user_event_layout_check(layout, &payload, sizeof(payload)), -EFAULT);
	payload.d--;
	payload.b--;
	KUNIT_EXPECT_EQ(test, user_event_layout_check(layout, &payload, sizeof(payload)), -EFAULT);
	payload.b++;
	payload.text[3] = 'd';
	KUNIT_EXPECT_EQ(test, user_event_layout_check(layout, &payload, sizeof(payload)), -EFAULT);
}

/* Strings of no bytes share a NUL of the payload, or one that is appended */
static void ue_payload_end_strings(struct kunit *test)
{
	const struct user_event_layout *layout;
	struct {
		u32	a;
		u32	b;
		u32	c;
		u32	d;
		char	text[5];
	} __packed payload = {
		.a = DYN_LOC(0, 0),
		.b = DYN_LOC(offsetof(typeof(payload), text) - offsetof(typeof(payload), c), 0),
		.c = DYN_LOC(0, 0),
		.d = DYN_LOC(UE_FIRST + sizeof(payload) - 1, 0),
		.text = { 't', 'e', 'x', 't', 'x' },
	};
	size_t len = sizeof(payload) - 1, end = UE_FIRST + len;

	layout = ue_parse(test, "__data_loc char[] a;__rel_loc char[] b;"
			     "__data_loc u8[] c;__data_loc char[] d");
	KUNIT_ASSERT_EQ(test, user_event_layout_check(layout, &payload, len), 1);
	KUNIT_ASSERT_EQ(test, user_event_layout_end_strings(layout, &payload, len), len + 1);
	KUNIT_EXPECT_EQ(test, payload.a, DYN_LOC(end, 1));
	KUNIT_EXPECT_EQ(test, payload.b, DYN_LOC(end - UE_FIRST - offsetof(typeof(payload), c), 1));
	KUNIT_EXPECT_EQ(test, payload.c, 0);
	KUNIT_EXPECT_EQ(test, payload.d, DYN_LOC(end, 1));
	KUNIT_EXPECT_EQ(test, payload.text[4], 0);
	KUNIT_EXPECT_EQ(test, user_event_layout_check(layout, &payload, len + 1), 0);

	payload.a = 0;
	payload.text[2] = 0;
	KUNIT_ASSERT_EQ(test, user_event_layout_check(layout, &payload, len + 1), 1);
	KUNIT_ASSERT_EQ(test, user_event_layout_end_strings(layout, &payload, len + 1), len + 1);
	KUNIT_EXPECT_EQ(test, payload.a, DYN_LOC(end - 2, 1));
	KUNIT_EXPECT_EQ(test, payload.d, DYN_LOC(end, 1));
}

/* Ending one string must not take the NUL of another that lies among the fields */
static void ue_payload_end_strings_inside(struct kunit *test)
{
	const struct user_event_layout *layout;
	struct {
		u32	a;
		u32	b;
		u8	end;
	} __packed payload = { .a = DYN_LOC(0, 0) };
	size_t len = offsetof(typeof(payload), end);

	layout = ue_parse(test, "__rel_loc char[] a;__data_loc char[] b");
	KUNIT_ASSERT_EQ(test, user_event_layout_check(layout, &payload, len), 1);
	KUNIT_ASSERT_EQ(test, user_event_layout_end_strings(layout, &payload, len), len + 1);
	KUNIT_EXPECT_EQ(test, payload.a, DYN_LOC(len - sizeof(payload.a), 1));
	KUNIT_EXPECT_EQ(test, payload.b, DYN_LOC(UE_FIRST + len, 1));

	/* The low byte of b, which is not zero any more when b has got its NUL */
	payload.a = DYN_LOC(IS_ENABLED(CONFIG_CPU_BIG_ENDIAN) ? 3 : 0, 1);
	payload.b = 0;
	KUNIT_ASSERT_EQ(test, user_event_layout_check(layout, &payload, len), 1);
	KUNIT_EXPECT_EQ(test, user_event_layout_end_strings(layout, &payload, len), -EFAULT);
}

/* The NUL of a large entry may have an offset that does not fit into 16 bits */
static void ue_payload_end_strings_far(struct kunit *test)
{
	const struct user_event_layout *layout = ue_parse(test, "__rel_loc char[] a");
	size_t len = U16_MAX + 1 - UE_FIRST;
	char *payload = kunit_kmalloc(test, len + 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, payload);
	memset(payload, 'x', len);
	memset(payload, 0, sizeof(u32));
	KUNIT_ASSERT_EQ(test, user_event_layout_check(layout, payload, len), 1);
	KUNIT_EXPECT_EQ(test, user_event_layout_end_strings(layout, payload, len), -E2BIG);
	KUNIT_EXPECT_EQ(test, user_event_layout_end_strings(layout, payload, len - 1), len);
	memset(payload, 0, sizeof(u32));
	payload[len - 1] = '\0';
	KUNIT_EXPECT_EQ(test, user_event_layout_end_strings(layout, payload, len), len);
	KUNIT_EXPECT_EQ(test, user_event_layout_check(layout, payload, len), 0);
}

static struct kunit_case ue_payload_cases[] = {
	KUNIT_CASE_PARAM(ue_payload_check, check_gen_params),
	KUNIT_CASE(ue_payload_check_each),
	KUNIT_CASE(ue_payload_end_strings),
	KUNIT_CASE(ue_payload_end_strings_inside),
	KUNIT_CASE(ue_payload_end_strings_far),
	{}
};

static struct kunit_suite ue_payload_suite = {
	.name = "user_events_payload",
	.test_cases = ue_payload_cases,
};

kunit_test_suite(ue_payload_suite);
