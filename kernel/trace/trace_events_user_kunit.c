// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of user_events: what a description means (room 1), and how events
 * are found, shared and deleted (room 2).  What needs an address space or an
 * open file is tested from user space, see tools/testing/selftests/user_events.
 */
#include <kunit/test.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/string_helpers.h>
#include <linux/uio.h>

#include "trace_events_user.h"
#include "trace_output.h"

/* Where the first field of an entry is */
#define FIRST ((unsigned int)USER_EVENT_FIRST_OFFSET)

/* Formats that are plenty for one name */
#define NR_FORMATS 64

KUNIT_DEFINE_ACTION_WRAPPER(kfree_action, kfree, const void *);
KUNIT_DEFINE_ACTION_WRAPPER(argv_free_action, argv_free, char **);
KUNIT_DEFINE_ACTION_WRAPPER(put_action, user_event_put, struct user_event *);

/*
 * Room 1: layout
 */

static struct user_event_layout *parse(struct kunit *test, const char *fields)
{
	struct user_event_layout *layout = user_event_layout_parse(fields, GFP_KERNEL, NULL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, layout, "\"%s\"", fields);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, kfree_action, layout));
	return layout;
}

/* The text of a layout, as dynamic_events has it behind the name */
static const char *show(struct kunit *test, const struct user_event_layout *layout)
{
	struct seq_file m = { .size = 2 * USER_EVENT_MAX_DESC };

	m.buf = kunit_kzalloc(test, m.size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m.buf);
	user_event_layout_show(&m, layout);
	KUNIT_ASSERT_FALSE(test, seq_has_overflowed(&m));
	return m.buf;
}

static bool match(struct kunit *test, const struct user_event_layout *layout,
		  const char *fields)
{
	char **argv;
	int argc;

	argv = argv_split(GFP_KERNEL, fields, &argc);
	KUNIT_ASSERT_NOT_NULL(test, argv);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, argv_free_action, argv));
	return user_event_layout_match(layout, argc, (const char **)argv);
}

/**
 * struct type_case - a type, and what becomes of it
 * @fields: a description of one field "f" of this type
 * @type: the type, as the core shows it
 * @size: of the field, in bytes
 * @len: elements of an array of a known length, else 0
 * @is_signed: whether the core is to take it for signed
 * @filter: how the core is to filter it
 * @nr_checks: 1 for a dynamic field, else 0
 * @print_fmt: what "print fmt" is
 */
struct type_case {
	const char	*fields;
	const char	*type;
	int		size;
	int		len;
	bool		is_signed;
	int		filter;
	int		nr_checks;
	const char	*print_fmt;
};

static const struct type_case type_cases[] = {
	{ "u8 f", "u8", 1, 0, false, FILTER_OTHER, 0,
	  "\"f=%u\", REC->f" },
	{ "s8 f", "s8", 1, 0, true, FILTER_OTHER, 0,
	  "\"f=%d\", REC->f" },
	{ "u16 f", "u16", 2, 0, false, FILTER_OTHER, 0,
	  "\"f=%u\", REC->f" },
	{ "s16 f", "s16", 2, 0, true, FILTER_OTHER, 0,
	  "\"f=%d\", REC->f" },
	{ "u32 f", "u32", 4, 0, false, FILTER_OTHER, 0,
	  "\"f=%u\", REC->f" },
	{ "s32 f", "s32", 4, 0, true, FILTER_OTHER, 0,
	  "\"f=%d\", REC->f" },
	{ "u64 f", "u64", 8, 0, false, FILTER_OTHER, 0,
	  "\"f=%llu\", REC->f" },
	{ "s64 f", "s64", 8, 0, true, FILTER_OTHER, 0,
	  "\"f=%lld\", REC->f" },
	{ "char f", "char", 1, 0, true, FILTER_OTHER, 0,
	  "\"f=%d\", REC->f" },
	{ "unsigned char f", "unsigned char", 1, 0, false, FILTER_OTHER, 0,
	  "\"f=%u\", REC->f" },
	{ "short f", "short", 2, 0, true, FILTER_OTHER, 0,
	  "\"f=%d\", REC->f" },
	{ "unsigned short f", "unsigned short", 2, 0, false, FILTER_OTHER, 0,
	  "\"f=%u\", REC->f" },
	{ "int f", "int", 4, 0, true, FILTER_OTHER, 0,
	  "\"f=%d\", REC->f" },
	{ "unsigned int f", "unsigned int", 4, 0, false, FILTER_OTHER, 0,
	  "\"f=%u\", REC->f" },
	{ "char[1] f", "char[1]", 1, 1, true, FILTER_STATIC_STRING, 0,
	  "\"f=%s\", REC->f" },
	{ "char[16] f", "char[16]", 16, 16, true, FILTER_STATIC_STRING, 0,
	  "\"f=%s\", REC->f" },
	{ "char[1024] f", "char[1024]", 1024, 1024, true, FILTER_STATIC_STRING, 0,
	  "\"f=%s\", REC->f" },
	{ "unsigned char[1] f", "unsigned char[1]", 1, 1, false, FILTER_STATIC_STRING, 0,
	  "\"f=%s\", REC->f" },
	{ "unsigned char[1024] f", "unsigned char[1024]",
	  1024, 1024, false, FILTER_STATIC_STRING, 0,
	  "\"f=%s\", REC->f" },
	{ "struct s f 1", "struct s", 1, 0, true, FILTER_OTHER, 0,
	  "\"f=%llu\", REC->f" },
	{ "struct s f 4", "struct s", 4, 0, true, FILTER_OTHER, 0,
	  "\"f=%llu\", REC->f" },
	{ "struct s f 8", "struct s", 8, 0, true, FILTER_OTHER, 0,
	  "\"f=%llu\", REC->f" },
	{ "struct s f 20", "struct s", 20, 0, true, FILTER_OTHER, 0,
	  "\"f=%llu\", REC->f" },
	{ "struct s f 65527", "struct s", 65527, 0, true, FILTER_OTHER, 0,
	  "\"f=%llu\", REC->f" },
	{ "struct s* f 8", "struct s*", 8, 0, true, FILTER_OTHER, 0,
	  "\"f=%llu\", REC->f" },
	{ "struct s[2] f 8", "struct s[2]", 8, 0, true, FILTER_OTHER, 0,
	  "\"f=%llu\", REC->f" },
	{ "struct 1-s f 8", "struct 1-s", 8, 0, true, FILTER_OTHER, 0,
	  "\"f=%llu\", REC->f" },
	{ "struct char_s f 8", "struct char_s", 8, 0, true, FILTER_OTHER, 0,
	  "\"f=%llu\", REC->f" },
	{ "__data_loc char[] f", "__data_loc char[]", 4, 0, true, FILTER_DYN_STRING, 1,
	  "\"f=%s\", __get_str(f)" },
	{ "__data_loc unsigned char[] f", "__data_loc unsigned char[]",
	  4, 0, true, FILTER_DYN_STRING, 1,
	  "\"f=%s\", __get_str(f)" },
	{ "__data_loc char f", "__data_loc char", 4, 0, true, FILTER_DYN_STRING, 1,
	  "\"f=%s\", __get_str(f)" },
	{ "__data_loc u32[] f", "__data_loc u32[]", 4, 0, true, FILTER_OTHER, 1,
	  "\"f=%llu\", REC->f" },
	{ "__data_loc unsigned[] f", "__data_loc unsigned[]", 4, 0, true, FILTER_OTHER, 1,
	  "\"f=%llu\", REC->f" },
	{ "__data_loc cpumask_t[] f", "__data_loc cpumask_t[]", 4, 0, true, FILTER_OTHER, 1,
	  "\"f=%llu\", REC->f" },
	{ "__data_loc a<b>, f", "__data_loc a<b>,", 4, 0, true, FILTER_OTHER, 1,
	  "\"f=%llu\", REC->f" },
	{ "__rel_loc char[] f", "__rel_loc char[]", 4, 0, true, FILTER_RDYN_STRING, 1,
	  "\"f=%s\", __get_rel_str(f)" },
	{ "__rel_loc unsigned char[] f", "__rel_loc unsigned char[]",
	  4, 0, true, FILTER_RDYN_STRING, 1,
	  "\"f=%s\", __get_rel_str(f)" },
	{ "__rel_loc u8[] f", "__rel_loc u8[]", 4, 0, true, FILTER_OTHER, 1,
	  "\"f=%llu\", REC->f" },
};

KUNIT_ARRAY_PARAM_DESC(type, type_cases, fields);

static void layout_type(struct kunit *test)
{
	const struct type_case *c = test->param_value;
	const struct user_event_layout *layout = parse(test, c->fields);
	const struct ftrace_event_field *field = &layout->fields[0];

	KUNIT_ASSERT_EQ(test, layout->nr_fields, 1);
	KUNIT_EXPECT_EQ(test, layout->size, c->size);
	KUNIT_EXPECT_EQ(test, layout->nr_checks, c->nr_checks);
	KUNIT_EXPECT_STREQ(test, field->name, "f");
	KUNIT_EXPECT_STREQ(test, field->type, c->type);
	KUNIT_EXPECT_EQ(test, field->offset, FIRST);
	KUNIT_EXPECT_EQ(test, field->size, c->size);
	KUNIT_EXPECT_EQ(test, field->len, c->len);
	KUNIT_EXPECT_EQ(test, (bool)field->is_signed, c->is_signed);
	KUNIT_EXPECT_EQ(test, field->filter_type, c->filter);
}

static void layout_type_print_fmt(struct kunit *test)
{
	const struct type_case *c = test->param_value;
	char *text = user_event_layout_print_fmt(parse(test, c->fields), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_EXPECT_STREQ(test, text, c->print_fmt);
	kfree(text);
}

/* What is shown makes the same layout again, and is found by it */
static void layout_type_round_trip(struct kunit *test)
{
	const struct type_case *c = test->param_value;
	const struct user_event_layout *layout = parse(test, c->fields);
	const char *text = show(test, layout);

	KUNIT_ASSERT_EQ(test, text[0], ' ');
	KUNIT_EXPECT_STREQ(test, text + 1, c->fields);
	KUNIT_EXPECT_TRUE(test, user_event_layout_equal(layout, parse(test, text)));
	KUNIT_EXPECT_TRUE(test, match(test, layout, text));
}

/**
 * struct pair_case - two lists of fields to compare
 * @a: one
 * @b: the other
 */
struct pair_case {
	const char *a;
	const char *b;
};

static void pair_to_desc(const struct pair_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%s' and '%s'", c->a, c->b);
}

static const struct pair_case same_cases[] = {
	{ "", " " },
	{ "", ";" },
	{ "", " ; ;; " },
	{ "u32 a", " u32 a" },
	{ "u32 a", "u32 a;" },
	{ "u32 a", "u32 a " },
	{ "u32 a", ";u32 a" },
	{ "u32 a", "   u32   a   ;  " },
	{ "u32 a;u32 b", "u32 a; u32 b" },
	{ "u32 a;u32 b", "u32 a ;u32 b" },
	{ "u32 a;u32 b", "u32 a ; u32 b ; " },
	{ "u32 a;u32 b", ";;u32 a;;u32 b;;" },
	{ "unsigned int a", "unsigned   int a" },
	{ "struct s a 4", "struct s a +4" },
	{ "char[20] a", "char[024] a" },
	{ "char[20] a", "char[0x14] a" },
	{ "unsigned char[20] a", "unsigned  char[00024] a" },
	{ "struct s a 8", "struct  s  a  08" },
	{ "__data_loc unsigned char[] a", "__data_loc  unsigned  char[]  a" },
};

KUNIT_ARRAY_PARAM(same, same_cases, pair_to_desc);

static void layout_same(struct kunit *test)
{
	const struct pair_case *c = test->param_value;
	const struct user_event_layout *a = parse(test, c->a);
	const struct user_event_layout *b = parse(test, c->b);
	const hsiphash_key_t key = {{ 1, 2 }};

	KUNIT_EXPECT_TRUE(test, user_event_layout_equal(a, b));
	KUNIT_EXPECT_EQ(test, user_event_layout_hash(a, &key), user_event_layout_hash(b, &key));
	KUNIT_EXPECT_STREQ(test, show(test, a), show(test, b));
}

static const struct pair_case different_cases[] = {
	{ "", "u32 a" },
	{ "u32 a", "u32 b" },
	{ "u32 a", "u32 ab" },
	{ "u32 a", "u64 a" },
	{ "u32 a", "s32 a" },
	{ "u32 a", "unsigned int a" },
	{ "u32 a", "u32 a;u32 b" },
	{ "u32 a;u32 b", "u32 b;u32 a" },
	{ "u8 a", "char[1] a" },
	{ "char a", "char[1] a" },
	{ "char[4] a", "char[5] a" },
	{ "char[4] a", "unsigned char[4] a" },
	{ "struct s a 4", "struct s a 5" },
	{ "struct s a 4", "struct t a 4" },
	{ "struct s a 4;u8 b", "struct s a 41;u8 b" },
	{ "__data_loc char[] a", "__rel_loc char[] a" },
	{ "__data_loc char[] a", "__data_loc unsigned char[] a" },
	{ "__data_loc u8[] a", "__data_loc u16[] a" },
};

KUNIT_ARRAY_PARAM(different, different_cases, pair_to_desc);

static void layout_different(struct kunit *test)
{
	const struct pair_case *c = test->param_value;
	const struct user_event_layout *a = parse(test, c->a);
	const struct user_event_layout *b = parse(test, c->b);

	KUNIT_EXPECT_FALSE(test, user_event_layout_equal(a, b));
	KUNIT_EXPECT_FALSE(test, match(test, a, show(test, b)));
	KUNIT_EXPECT_FALSE(test, match(test, b, show(test, a)));
}

static const char * const refused_cases[] = {
	/* types that there are not, or not without doubt */
	"u32",
	"u128 a",
	"float a",
	"bool a",
	"long a",
	"unsigned long a",
	"long long a",
	"signed int a",
	"const char a",
	"unsigned a",
	"unsigned",
	"unsigned u32 a",
	"unsigned unsigned a",
	"U32 a",
	"void *a",
	"char *a",
	"char* a",
	/* arrays */
	"char[] a",
	"char[0] a",
	"char[000] a",
	"char[1025] a",
	"char[99999999999999999999] a",
	"char[-1] a",
	"char[0x] a",
	"char[09] a",
	"char[0x401] a",
	"char[1 a",
	"char[1]] a",
	"char[1][1] a",
	"char[] [1] a",
	"char [1] a",
	"char[ 1] a",
	"u8[4] a",
	"int[4] a",
	"unsigned char[] a",
	/* a size for what has one */
	"u32 a 4",
	"u32 a b",
	"char[4] a 4",
	/* structs */
	"struct",
	"struct s",
	"struct s a",
	"struct s 4",
	"struct s a 0",
	"struct s a -4",
	"struct s a 0x4",
	"struct s a 4a",
	"struct s a 65528",
	"struct s a 4294967300",
	"struct s a 18446744073709551620",
	"struct s a 4 4",
	/* dynamic fields */
	"__data_loc",
	"__data_loc a",
	"__data_loc char[]",
	"__data_loc char [] a",
	"__data_loc char[] a 4",
	"__data_loc signed char[] a",
	"__data_loc unsigned long int a",
	"__rel_loc a",
	"__rel_loc char[] a 4",
	"__other_loc char[] a",
	/* what the core would take for a dynamic field, and no one checks */
	"struct __data_loc_char a 4",
	"struct __rel_loc_char a 4",
	"struct s__data_loc a 4",
	"__rel_loc __data_loc_char[] a",
	"__data_loc __rel_loc_char[] a",
	/* names */
	"u32 1a",
	"u32 a-b",
	"u32 a.b",
	"u32 a[2]",
	"u32 a,b",
	"u32 a:3",
	"u32 common_pid",
	"u32 common_",
	"u32 a;u32 a",
	"u32 a;u64 b;char[4] a",
	"char[4] a;struct s a 8",
	/* more than an entry holds */
	"struct s a 65527;u8 b",
	"struct s a 32768;struct s b 32768",
	/* one bad field among good ones */
	"u32 a;b;u32 c",
	"u32 a;u32 b c;u32 d",
};

static void text_to_desc(const char * const *text, char *desc)
{
	strscpy(desc, *text, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refused, refused_cases, text_to_desc);

static void layout_refused(struct kunit *test)
{
	const char * const *text = test->param_value;
	struct user_event_error error = {};
	struct user_event_layout *layout;

	layout = user_event_layout_parse(*text, GFP_KERNEL, &error);
	KUNIT_EXPECT_PTR_EQ(test, layout, ERR_PTR(-EINVAL));
	if (!IS_ERR(layout))
		kfree(layout);
	/* The place is in the text */
	KUNIT_EXPECT_TRUE(test, error.at >= *text);
	KUNIT_EXPECT_TRUE(test, error.at <= *text + strlen(*text));
}

/* Fields follow one another without padding, behind the common header */
static void layout_offsets(struct kunit *test)
{
	static const struct {
		const char	*name;
		int		size;
	} expected[] = {
		{ "a", 1 }, { "b", 8 }, { "c", 3 }, { "d", 4 },
		{ "e", 2 }, { "f", 5 }, { "g", 4 },
	};
	const struct user_event_dyn_check *checks;
	const struct user_event_layout *layout;
	unsigned int offset = FIRST, i;

	layout = parse(test, "u8 a;u64 b;char[3] c;__data_loc char[] d;"
			     "short e;struct s f 5;__rel_loc u8[] g");

	KUNIT_ASSERT_EQ(test, layout->nr_fields, ARRAY_SIZE(expected));
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct ftrace_event_field *field = &layout->fields[i];

		KUNIT_EXPECT_STREQ(test, field->name, expected[i].name);
		KUNIT_EXPECT_EQ(test, field->size, expected[i].size);
		KUNIT_EXPECT_EQ(test, field->offset, offset);
		offset += field->size;
	}
	KUNIT_EXPECT_EQ(test, layout->size, offset - FIRST);

	KUNIT_ASSERT_EQ(test, layout->nr_checks, 2);
	checks = user_event_layout_checks(layout);
	KUNIT_EXPECT_EQ(test, checks[0].offset, 12);
	KUNIT_EXPECT_FALSE(test, checks[0].relative);
	KUNIT_EXPECT_TRUE(test, checks[0].string);
	KUNIT_EXPECT_EQ(test, checks[1].offset, 23);
	KUNIT_EXPECT_TRUE(test, checks[1].relative);
	KUNIT_EXPECT_FALSE(test, checks[1].string);
}

/* No fields, the largest entry, the most fields that a description has room for */
static void layout_limits(struct kunit *test)
{
	const struct user_event_layout *layout;
	char *text, *end;
	unsigned int nr;

	layout = parse(test, "");
	KUNIT_EXPECT_EQ(test, layout->nr_fields, 0);
	KUNIT_EXPECT_EQ(test, layout->size, 0);

	layout = parse(test, "struct s a 65526;u8 b");
	KUNIT_EXPECT_EQ(test, layout->size, 65527);

	text = kunit_kzalloc(test, USER_EVENT_MAX_DESC, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text);
	end = text;
	for (nr = 0; end + sizeof("u8 aa;") <= text + USER_EVENT_MAX_DESC; nr++)
		end += sprintf(end, "u8 %c%c;", 'a' + nr / 26, 'a' + nr % 26);

	layout = parse(test, text);
	KUNIT_EXPECT_EQ(test, layout->nr_fields, nr);
	KUNIT_EXPECT_EQ(test, layout->size, nr);
	KUNIT_EXPECT_TRUE(test, match(test, layout, text));

	memset(text, ';', USER_EVENT_MAX_DESC - 1);
	layout = parse(test, text);
	KUNIT_EXPECT_EQ(test, layout->nr_fields, 0);
}

static void layout_print_fmt(struct kunit *test)
{
	const struct user_event_layout *layout;
	char *text;

	text = user_event_layout_print_fmt(parse(test, ""), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_EXPECT_STREQ(test, text, "\"\"");
	kfree(text);

	layout = parse(test, "u32 a;__data_loc char[] b;s64 c;__rel_loc char[] d;char[4] e");
	text = user_event_layout_print_fmt(layout, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_EXPECT_STREQ(test, text,
			   "\"a=%u b=%s c=%lld d=%s e=%s\", REC->a, __get_str(b), REC->c, __get_rel_str(d), REC->e");
	kfree(text);
}

/**
 * struct match_case - whether words spell a layout
 * @fields: the layout
 * @words: the words, split at white space
 * @matches: what is expected
 */
struct match_case {
	const char	*fields;
	const char	*words;
	bool		matches;
};

static void match_to_desc(const struct match_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%s' is %s'%s'", c->words,
		 c->matches ? "" : "not ", c->fields);
}

static const struct match_case match_cases[] = {
	{ "", "", true },
	{ "", ";", true },
	{ "", "u32 a", false },
	{ "u32 a", "", false },
	{ "u32 a", ";", false },
	{ "u32 a", "u32", false },
	{ "u32 a", "u32 a", true },
	{ "u32 a", "u32 a;", true },
	{ "u32 a", "u32 a ;", true },
	{ "u32 a", ";u32 a", true },
	{ "u32 a", "; ; u32  a ;;", true },
	{ "u32 a", "u32 ab", false },
	{ "u32 ab", "u32 a", false },
	{ "u32 a", "u32;a", false },
	{ "u32 a", "u32 ;a", false },
	{ "u32 a", "u32a", false },
	{ "u32 a", "u32 a a", false },
	{ "u32 a", "u32 a;a", false },
	{ "u32 a", "u32 a;u32 a", false },
	{ "u32 a", "u32 b", false },
	{ "u32 a;u32 b", "u32 a;u32 b", true },
	{ "u32 a;u32 b", "u32 a; u32 b", true },
	{ "u32 a;u32 b", "u32 a ;u32 b", true },
	{ "u32 a;u32 b", "u32 a ; u32 b ;", true },
	{ "u32 a;u32 b", "u32 a u32 b", false },
	{ "u32 a;u32 b", "u32 a;u32", false },
	{ "u32 a;u32 b", "u32 a", false },
	{ "u32 a;u32 b", "u32 b;u32 a", false },
	{ "u32 a;u32 b", "u32 a;u32 b;u32 c", false },
	{ "u32 a;u32 b", "u32;a u32;b", false },
	{ "unsigned int a", "unsigned int a", true },
	{ "unsigned int a", "unsigned;int a", false },
	{ "unsigned int a", "int a", false },
	{ "struct s a 8", "struct s a 8", true },
	{ "struct s a 8", "struct s a", false },
	{ "struct s a 8", "struct s a 80", false },
	{ "struct s a 8", "struct s a;8", false },
	{ "struct s a 8;u8 b", "struct s a 8; u8 b", true },
	{ "struct s a 8;u8 b", "struct s a;8 u8 b", false },
	{ "__data_loc unsigned char[] a", "__data_loc unsigned char[] a", true },
	{ "__data_loc unsigned char[] a", "__data_loc char[] a", false },
	{ "char[20] a", "char[20] a", true },
};

KUNIT_ARRAY_PARAM(match, match_cases, match_to_desc);

static void layout_match(struct kunit *test)
{
	const struct match_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, match(test, parse(test, c->fields), c->words), c->matches);
}

/**
 * struct check_case - a dynamic field and what it points to
 * @what: what is special about it
 * @fields: a description of one dynamic field
 * @offset: low half of the field
 * @size: high half of the field
 * @data: what follows the field in the payload
 * @len: bytes of @data
 * @ret: what is expected
 */
struct check_case {
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

/* The field takes four bytes behind the header, then comes its data */
#define DATA (USER_EVENT_FIRST_OFFSET + sizeof(u32))

static const struct check_case check_cases[] = {
	CHECK("string", "__data_loc char[] a", DATA, 6, "hello\0", 0),
	CHECK("string of no characters", "__data_loc char[] a", DATA, 1, "\0", 0),
	CHECK("string inside the data", "__data_loc char[] a", DATA + 2, 2, "hel\0lo", 0),
	CHECK("string without an end", "__data_loc char[] a", DATA, 5, "hello", -EFAULT),
	CHECK("string with an early end", "__data_loc char[] a", DATA, 6, "hel\0lo", -EFAULT),
	CHECK("string cut short", "__data_loc char[] a", DATA, 5, "hello\0", -EFAULT),
	CHECK("string one byte too long", "__data_loc char[] a", DATA, 7, "hello\0", -EFAULT),
	CHECK("string behind the payload", "__data_loc char[] a", DATA + 6, 1, "hello\0", -EFAULT),
	CHECK("string in the header", "__data_loc char[] a", 0, 4, "\0", -EFAULT),
	CHECK("string from the header on", "__data_loc char[] a", FIRST - 1, 6, "\0", -EFAULT),
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
	CHECK("array of itself", "__data_loc u8[] a", FIRST, 4, "", 0),
	CHECK("array one byte too long", "__data_loc u8[] a", DATA, 6, "hello", -EFAULT),
	CHECK("array in the header", "__data_loc u8[] a", FIRST - 1, 1, "hello", -EFAULT),
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

KUNIT_ARRAY_PARAM_DESC(check, check_cases, what);

static void layout_check(struct kunit *test)
{
	const struct check_case *c = test->param_value;
	const struct user_event_layout *layout = parse(test, c->fields);
	u32 loc = DYN_LOC((u32)c->offset, (u32)c->size);
	size_t len = sizeof(loc) + c->len;
	char *payload;

	/* Of the exact size: KASAN sees who looks behind it */
	payload = kunit_kmalloc(test, len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, payload);
	memcpy(payload, &loc, sizeof(loc));
	memcpy(payload + sizeof(loc), c->data, c->len);

	KUNIT_EXPECT_EQ(test, user_event_layout_check(layout, payload, len), c->ret);
}

/* Each dynamic field counts, wherever it is */
static void layout_check_each(struct kunit *test)
{
	const struct user_event_layout *layout;
	struct {
		u16	a;
		u32	b;
		u8	c;
		u32	d;
		char	text[4];
	} __packed payload = { .text = "abc" };

	layout = parse(test, "u16 a;__rel_loc char[] b;u8 c;__data_loc char[] d");
	KUNIT_ASSERT_EQ(test, layout->size, offsetof(typeof(payload), text));

	payload.b = DYN_LOC(offsetof(typeof(payload), text) - offsetof(typeof(payload), c), 4);
	payload.d = DYN_LOC(FIRST + offsetof(typeof(payload), text), 4);
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

/* Strings of no bytes share a NUL, which is appended if there is none to share */
static void layout_end_strings(struct kunit *test)
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
		.d = DYN_LOC(FIRST + sizeof(payload) - 1, 0),
		.text = { 't', 'e', 'x', 't', 'x' },
	};
	size_t len = sizeof(payload) - 1, end = FIRST + len;

	layout = parse(test, "__data_loc char[] a;__rel_loc char[] b;"
			     "__data_loc u8[] c;__data_loc char[] d");
	KUNIT_ASSERT_EQ(test, user_event_layout_check(layout, &payload, len), 1);
	KUNIT_ASSERT_EQ(test, user_event_layout_end_strings(layout, &payload, len), len + 1);
	KUNIT_EXPECT_EQ(test, payload.a, DYN_LOC(end, 1));
	KUNIT_EXPECT_EQ(test, payload.b, DYN_LOC(end - FIRST - offsetof(typeof(payload), c), 1));
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

/* An offset has 16 bits, an entry may have more */
static void layout_end_strings_far(struct kunit *test)
{
	const struct user_event_layout *layout = parse(test, "__rel_loc char[] a");
	size_t len = U16_MAX + 1 - FIRST;
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

/* What the core walks: last field first, and an end even without fields */
static void layout_attach(struct kunit *test)
{
	struct user_event_layout *layout = parse(test, "u32 a;u64 b;u8 c");
	struct user_event_layout *empty = parse(test, "");
	struct list_head *list = user_event_layout_fields(layout);
	struct ftrace_event_field *field;
	unsigned int nr = layout->nr_fields;

	mutex_lock(&event_mutex);
	user_event_layout_attach(layout);
	user_event_layout_attach(empty);
	mutex_unlock(&event_mutex);

	list_for_each_entry(field, list, link)
		KUNIT_EXPECT_PTR_EQ(test, field, &layout->fields[--nr]);
	KUNIT_EXPECT_EQ(test, nr, 0);

	KUNIT_EXPECT_TRUE(test, list_empty(user_event_layout_fields(empty)));
	field = list_first_entry(user_event_layout_fields(empty),
				 struct ftrace_event_field, link);
	KUNIT_EXPECT_EQ(test, field->offset + field->size, FIRST);

	mutex_lock(&event_mutex);
	user_event_layout_detach(layout);
	user_event_layout_detach(empty);
	mutex_unlock(&event_mutex);
	KUNIT_EXPECT_TRUE(test, list_empty(list));
	KUNIT_EXPECT_TRUE(test, list_empty(user_event_layout_fields(empty)));
}

/**
 * struct name_case - a description to take the name from
 * @desc: the description
 * @ret: what is expected
 * @len: bytes of the name
 */
struct name_case {
	const char	*desc;
	int		ret;
	size_t		len;
};

static void name_to_desc(const struct name_case *c, char *desc)
{
	char text[KUNIT_PARAM_DESC_SIZE - 2];
	int len;

	len = string_escape_str(c->desc, text, sizeof(text) - 1,
				ESCAPE_SPACE | ESCAPE_OCTAL | ESCAPE_NAP, NULL);
	text[min_t(size_t, len, sizeof(text) - 1)] = '\0';
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%s'", text);
}

static const struct name_case name_cases[] = {
	{ "a", 0, 1 },
	{ "test", 0, 4 },
	{ "test ", 0, 4 },
	{ "test u32 a", 0, 4 },
	{ "test;", 0, 5 },
	{ "...", 0, 3 },
	{ ".a", 0, 2 },
	{ "..a", 0, 3 },
	{ "!#$&()*+,-.;<=>?@[]^_{|}~", 0, 25 },
	{ "1", 0, 1 },
	{ "enabl", 0, 5 },
	{ "enable_", 0, 7 },
	{ "Filter", 0, 6 },
	{ "", -EINVAL },
	{ " ", -EINVAL },
	{ " test", -EINVAL },
	{ ".", -EINVAL },
	{ "..", -EINVAL },
	{ ". u32 a", -EINVAL },
	{ ".. u32 a", -EINVAL },
	{ "enable", -EINVAL },
	{ "enable u32 a", -EINVAL },
	{ "filter", -EINVAL },
	{ "filter u32 a", -EINVAL },
	{ "test:", -EINVAL },
	{ ":test", -EINVAL },
	{ "test:flag u32 a", -EINVAL },
	{ "te/st", -EINVAL },
	{ "te\"st", -EINVAL },
	{ "te'st", -EINVAL },
	{ "te\\st", -EINVAL },
	{ "te%st", -EINVAL },
	{ "te\tst", -EINVAL },
	{ "test\n", -EINVAL },
	{ "te\033st", -EINVAL },
	{ "te\177st", -EINVAL },
	{ "te\303\244st", -EINVAL },
	{ "te\377st", -EINVAL },
	{ "test u32\ta", -EINVAL },
	{ "test u32 a\n", -EINVAL },
	{ "test u32 a/", -EINVAL },
	{ "test struct a\"b c 4", -EINVAL },
	{ "test __data_loc %s a", -EINVAL },
};

KUNIT_ARRAY_PARAM(name, name_cases, name_to_desc);

static void name_check(struct kunit *test)
{
	const struct name_case *c = test->param_value;
	struct user_event_error error = {};
	size_t len = 0;

	KUNIT_EXPECT_EQ(test, user_event_name_len(c->desc, &len, &error), c->ret);
	if (!c->ret) {
		KUNIT_EXPECT_EQ(test, len, c->len);
		return;
	}
	KUNIT_EXPECT_TRUE(test, error.at >= c->desc);
	KUNIT_EXPECT_TRUE(test, error.at <= c->desc + strlen(c->desc));
}

/* A description with a name of so many characters */
static char *long_name(struct kunit *test, size_t len, const char *fields)
{
	char *desc = kunit_kzalloc(test, len + strlen(fields) + 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, desc);
	memset(desc, 'n', len);
	memcpy(desc + len, fields, strlen(fields));
	return desc;
}

static void name_length(struct kunit *test)
{
	size_t len;
	int ret;

	ret = user_event_name_len(long_name(test, 239, ""), &len, NULL);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, len, 239);
	ret = user_event_name_len(long_name(test, 255, " u32 a"), &len, NULL);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, len, 255);
	ret = user_event_name_len(long_name(test, 256, " u32 a"), &len, NULL);
	KUNIT_EXPECT_EQ(test, ret, -ENAMETOOLONG);
	ret = user_event_name_len(long_name(test, 500, ""), &len, NULL);
	KUNIT_EXPECT_EQ(test, ret, -ENAMETOOLONG);
}

/*
 * Room 2: events
 */

static struct user_event *try_get(const char *desc, unsigned int flags)
{
	return user_event_get(&user_event_default_group, desc, flags);
}

/* An event, with a reference that goes with the test or with put() */
static struct user_event *get(struct kunit *test, const char *desc, unsigned int flags)
{
	struct user_event *event = try_get(desc, flags);

	KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, event, "\"%s\"", desc);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, put_action, event));
	return event;
}

static struct user_event *get_single(struct kunit *test, const char *desc)
{
	return get(test, desc, 0);
}

static struct user_event *get_multi(struct kunit *test, const char *desc)
{
	return get(test, desc, USER_EVENT_REG_MULTI_FORMAT);
}

static void put(struct kunit *test, struct user_event *event)
{
	kunit_release_action(test, put_action, event);
}

/* An event that stays until it is deleted */
static void make_persistent(struct kunit *test, const char *desc, unsigned int flags)
{
	struct user_event *event = get(test, desc, flags);

	user_event_persist(event);
	put(test, event);
}

static int delete(const char *name)
{
	return user_event_delete(&user_event_default_group, name);
}

static u32 nr_events(void)
{
	guard(mutex)(&event_mutex);
	return user_event_default_group.nr_events;
}

static u32 nr_busy(void)
{
	guard(mutex)(&event_mutex);
	return user_event_default_group.nr_busy;
}

static u64 id_of(struct kunit *test, const struct user_event *event)
{
	const char *start = strstr(event->tp.name, ":[");
	char digits[17] = "";
	u64 id = 0;

	KUNIT_ASSERT_NOT_NULL(test, start);
	start += strlen(":[");
	KUNIT_ASSERT_LE(test, strcspn(start, "]"), sizeof(digits) - 1);
	memcpy(digits, start, strcspn(start, "]"));
	KUNIT_EXPECT_STREQ(test, start + strlen(digits), "]");
	KUNIT_EXPECT_NE(test, digits[0], '0');
	KUNIT_EXPECT_EQ(test, strcspn(digits, "ABCDEFx"), strlen(digits));
	KUNIT_EXPECT_EQ(test, kstrtou64(digits, 16, &id), 0);
	return id;
}

/* A registration of what exists shares it, however it is spelled */
static void event_share(struct kunit *test)
{
	u32 before = nr_events();
	struct user_event *event = get_single(test, "kunit_share u32 a;char[16] b");

	KUNIT_EXPECT_EQ(test, nr_events(), before + 1);
	KUNIT_EXPECT_PTR_EQ(test, event, get_single(test, "kunit_share u32 a;char[16] b"));
	KUNIT_EXPECT_PTR_EQ(test, event, get_single(test, "kunit_share u32 a ; char[020] b;"));
	KUNIT_EXPECT_EQ(test, nr_events(), before + 1);
}

/* An event is gone with its last reference, at once */
static void event_exact_lifetime(struct kunit *test)
{
	u32 before = nr_events();
	struct user_event *event, *other;

	event = get_single(test, "kunit_exact u32 a");
	other = get_single(test, "kunit_exact u32 a");
	put(test, event);
	KUNIT_EXPECT_PTR_EQ(test, try_get("kunit_exact u64 a", 0), ERR_PTR(-EADDRINUSE));
	put(test, other);
	KUNIT_EXPECT_EQ(test, nr_events(), before);
	KUNIT_EXPECT_EQ(test, delete("kunit_exact"), -ENOENT);

	put(test, get_single(test, "kunit_exact u64 a"));
	put(test, get_single(test, "kunit_exact"));
	KUNIT_EXPECT_EQ(test, nr_events(), before);
}

static void event_single_layout(struct kunit *test)
{
	struct user_event *event = get_single(test, "kunit_single u32 a");

	KUNIT_EXPECT_PTR_EQ(test, try_get("kunit_single", 0), ERR_PTR(-EADDRINUSE));
	KUNIT_EXPECT_PTR_EQ(test, try_get("kunit_single u32 b", 0), ERR_PTR(-EADDRINUSE));
	KUNIT_EXPECT_PTR_EQ(test, try_get("kunit_single u32 a;u32 b", 0),
			    ERR_PTR(-EADDRINUSE));
	KUNIT_EXPECT_PTR_EQ(test, event, get_single(test, "kunit_single u32 a"));
}

static void event_bad_description(struct kunit *test)
{
	u32 before = nr_events();

	KUNIT_EXPECT_PTR_EQ(test, try_get("", 0), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, try_get("kunit_bad:", 0), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, try_get("kunit_bad u32", 0), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, try_get("kunit_bad u32 a;u32 a", USER_EVENT_REG_MULTI_FORMAT),
			    ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, try_get("kunit_bad long a", 0), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_EQ(test, nr_events(), before);
	KUNIT_EXPECT_EQ(test, delete("kunit_bad"), -ENOENT);
}

static void event_multi_formats(struct kunit *test)
{
	struct user_event *first = get_multi(test, "kunit_multi u64 a");
	struct user_event *second = get_multi(test, "kunit_multi u32 a");
	struct user_event *third = get_multi(test, "kunit_multi");

	KUNIT_EXPECT_PTR_NE(test, first, second);
	KUNIT_EXPECT_PTR_NE(test, first, third);
	KUNIT_EXPECT_PTR_NE(test, second, third);
	KUNIT_EXPECT_NE(test, first->call.event.type, second->call.event.type);

	KUNIT_EXPECT_PTR_EQ(test, first, get_multi(test, "kunit_multi  u64 a;"));
	KUNIT_EXPECT_PTR_EQ(test, second, get_multi(test, "kunit_multi u32  a"));
	KUNIT_EXPECT_PTR_EQ(test, third, get_multi(test, "kunit_multi ;"));
}

/* Ids only grow, within a name and across names, also for what comes again */
static void event_ids(struct kunit *test)
{
	static const char * const descs[] = {
		"kunit_id u32 a", "kunit_id u32 b", "kunit_id_b u32 a", "kunit_id u32 a",
	};
	u64 last = 0, id;
	int i;

	for (i = 0; i < ARRAY_SIZE(descs); i++) {
		struct user_event *event = get_multi(test, descs[i]);

		id = id_of(test, event);
		KUNIT_EXPECT_GT(test, id, last);
		KUNIT_EXPECT_LE(test, id, ktime_get_ns() + ARRAY_SIZE(descs));
		last = id;
		put(test, event);
	}
}

/* Single and multi never meet, whatever the names and layouts */
static void event_worlds(struct kunit *test)
{
	struct user_event *multi = get_multi(test, "kunit_worlds u32 a");
	struct user_event *single = get_single(test, "kunit_worlds u32 a");
	struct user_event *other;

	KUNIT_EXPECT_PTR_NE(test, single, multi);
	KUNIT_EXPECT_STREQ(test, single->call.class->system, USER_EVENTS_SYSTEM);
	KUNIT_EXPECT_STREQ(test, multi->call.class->system, USER_EVENTS_MULTI_SYSTEM);
	put(test, single);

	single = get_single(test, "kunit_worlds u64 a");
	other = get_multi(test, "kunit_worlds u64 a");
	KUNIT_EXPECT_PTR_NE(test, single, other);
	KUNIT_EXPECT_PTR_EQ(test, multi, get_multi(test, "kunit_worlds u32 a"));
	KUNIT_EXPECT_PTR_EQ(test, try_get("kunit_worlds u32 a", 0), ERR_PTR(-EADDRINUSE));
}

/* The tracepoint's name, and the one that readers of "format" can parse */
static void event_names(struct kunit *test)
{
	struct user_event *single = get_single(test, "kunit.names-1 u32 a");
	struct user_event *multi = get_multi(test, "kunit.names-1 u32 a");
	struct user_event *plain = get_multi(test, "kunit_names_2 u32 a");

	KUNIT_EXPECT_STREQ(test, trace_event_name(&single->call), "kunit.names-1");
	KUNIT_EXPECT_NULL(test, single->call.class->format_name);

	KUNIT_EXPECT_TRUE(test, strstarts(trace_event_name(&multi->call), "kunit.names-1:["));
	KUNIT_ASSERT_NOT_NULL(test, multi->call.class->format_name);
	KUNIT_EXPECT_STREQ(test, multi->call.class->format_name(&multi->call), "kunit_names_1");
	KUNIT_EXPECT_STREQ(test, plain->call.class->format_name(&plain->call), "kunit_names_2");
}

/* With the id, a name may get too long for a directory; nothing is left then */
static void event_name_length(struct kunit *test)
{
	const char *longest = long_name(test, NAME_MAX, "");
	u32 before = nr_events();

	put(test, get_multi(test, long_name(test, 239, " u32 a")));
	put(test, get_single(test, longest));
	KUNIT_EXPECT_PTR_EQ(test, try_get(longest, USER_EVENT_REG_MULTI_FORMAT),
			    ERR_PTR(-ENAMETOOLONG));
	KUNIT_EXPECT_PTR_EQ(test, try_get(long_name(test, NAME_MAX + 1, ""), 0),
			    ERR_PTR(-ENAMETOOLONG));
	KUNIT_EXPECT_EQ(test, nr_events(), before);
	KUNIT_EXPECT_EQ(test, delete(longest), -ENOENT);
}

/* What the core finds in an event */
static void event_in_core(struct kunit *test)
{
	struct user_event *event = get_multi(test, "kunit_core u32 a;char[8] b;u64 c");
	struct user_event *empty = get_multi(test, "kunit_core");
	struct ftrace_event_field *field;
	char name[] = "b";

	guard(mutex)(&event_mutex);
	field = trace_find_event_field(&event->call, name);
	KUNIT_EXPECT_PTR_EQ(test, field, &event->layout->fields[1]);
	KUNIT_EXPECT_NULL(test, trace_find_event_field(&empty->call, name));

	KUNIT_EXPECT_EQ(test, trace_event_get_offsets(&event->call), FIRST + 20);
	KUNIT_EXPECT_EQ(test, trace_event_get_offsets(&empty->call), FIRST);
	KUNIT_EXPECT_STREQ(test, event->call.print_fmt,
			   "\"a=%u b=%s c=%llu\", REC->a, REC->b, REC->c");
	KUNIT_EXPECT_STREQ(test, empty->call.print_fmt, "\"\"");
}

static void event_persist(struct kunit *test)
{
	u32 before = nr_events();
	struct user_event *event;

	make_persistent(test, "kunit_persist u32 a", 0);
	KUNIT_EXPECT_EQ(test, nr_events(), before + 1);
	KUNIT_EXPECT_PTR_EQ(test, try_get("kunit_persist u64 a", 0), ERR_PTR(-EADDRINUSE));

	/* Asked for twice, it still takes one deletion */
	make_persistent(test, "kunit_persist u32 a", 0);
	event = get_single(test, "kunit_persist u32 a");
	KUNIT_EXPECT_EQ(test, delete("kunit_persist"), -EBUSY);
	put(test, event);
	KUNIT_EXPECT_EQ(test, delete("kunit_persist"), 0);
	KUNIT_EXPECT_EQ(test, delete("kunit_persist"), -ENOENT);
	KUNIT_EXPECT_EQ(test, nr_events(), before);
}

/* Becoming persistent holds an event that was there before */
static void event_persist_later(struct kunit *test)
{
	struct user_event *event = get_multi(test, "kunit_later u32 a");

	make_persistent(test, "kunit_later u32 a", USER_EVENT_REG_MULTI_FORMAT);
	put(test, event);
	KUNIT_EXPECT_PTR_EQ(test, event, get_multi(test, "kunit_later u32 a"));
	put(test, event);
	KUNIT_EXPECT_EQ(test, delete("kunit_later"), 0);
}

/* All events of a name go, those in use apart, which do not protect the others */
static void event_delete_all(struct kunit *test)
{
	static const char * const descs[] = {
		"kunit_delete u8 a", "kunit_delete u16 a", "kunit_delete u32 a",
		"kunit_delete u64 a", "kunit_delete",
	};
	u32 before = nr_events();
	struct user_event *busy;
	int i;

	for (i = 0; i < ARRAY_SIZE(descs); i++)
		make_persistent(test, descs[i], USER_EVENT_REG_MULTI_FORMAT);
	make_persistent(test, "kunit_delete u32 a", 0);
	make_persistent(test, "kunit_delete_2 u32 a", 0);
	KUNIT_EXPECT_EQ(test, nr_events(), before + ARRAY_SIZE(descs) + 2);

	busy = get_multi(test, "kunit_delete u32 a");
	KUNIT_EXPECT_EQ(test, delete("kunit_delete"), -EBUSY);
	KUNIT_EXPECT_EQ(test, nr_events(), before + 2);
	KUNIT_EXPECT_PTR_EQ(test, busy, get_multi(test, "kunit_delete u32 a"));
	put(test, busy);
	put(test, busy);

	KUNIT_EXPECT_EQ(test, delete("kunit_delete"), 0);
	KUNIT_EXPECT_EQ(test, delete("kunit_delete"), -ENOENT);
	KUNIT_EXPECT_EQ(test, delete("kunit_delete_2"), 0);
	KUNIT_EXPECT_EQ(test, nr_events(), before);
}

static void event_delete_single_busy(struct kunit *test)
{
	struct user_event *busy = get_single(test, "kunit_busy u32 a");
	u32 before = nr_events();

	make_persistent(test, "kunit_busy u32 a", USER_EVENT_REG_MULTI_FORMAT);
	KUNIT_EXPECT_EQ(test, delete("kunit_busy"), -EBUSY);
	KUNIT_EXPECT_EQ(test, nr_events(), before);
	put(test, busy);
	KUNIT_EXPECT_EQ(test, delete("kunit_busy"), -ENOENT);
}

static void event_delete_unknown(struct kunit *test)
{
	struct user_event *event = get_single(test, "kunit_unknown u32 a");

	KUNIT_EXPECT_EQ(test, delete(""), -ENOENT);
	KUNIT_EXPECT_EQ(test, delete("kunit_unknow"), -ENOENT);
	KUNIT_EXPECT_EQ(test, delete("kunit_unknown "), -ENOENT);
	KUNIT_EXPECT_EQ(test, delete("kunit_unknown u32 a"), -ENOENT);
	KUNIT_EXPECT_EQ(test, delete("kunit_unknown"), -EBUSY);
	put(test, event);
}

/* A name with many formats: each is found again, and all go at once */
static void event_many_formats(struct kunit *test)
{
	struct user_event **events;
	u32 before = nr_events();
	char desc[40];
	int i;

	events = kunit_kcalloc(test, NR_FORMATS, sizeof(*events), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, events);

	for (i = 0; i < NR_FORMATS; i++) {
		sprintf(desc, "kunit_many struct s a %d", i + 1);
		events[i] = get_multi(test, desc);
		user_event_persist(events[i]);
	}
	KUNIT_EXPECT_EQ(test, nr_events(), before + NR_FORMATS);

	for (i = 0; i < NR_FORMATS; i++) {
		sprintf(desc, "kunit_many struct s a %d", i + 1);
		KUNIT_EXPECT_PTR_EQ(test, get_multi(test, desc), events[i]);
		put(test, events[i]);
	}
	KUNIT_EXPECT_EQ(test, nr_events(), before + NR_FORMATS);

	for (i = 0; i < NR_FORMATS; i++)
		put(test, events[i]);
	KUNIT_EXPECT_EQ(test, delete("kunit_many"), 0);
	KUNIT_EXPECT_EQ(test, nr_events(), before);
}

/* A name whose formats are older and newer than the moment at which ids wrap */
static void event_id_wraps(struct kunit *test)
{
	u32 before = nr_events();
	char desc[40];
	int i;

	/* More than are deleted at one go */
	for (i = 0; i < 3 * NR_FORMATS; i++) {
		if (i == NR_FORMATS) {
			guard(mutex)(&event_mutex);
			ue_next_index = U32_MAX;
		}
		sprintf(desc, "kunit_wrap struct s a %d", i + 1);
		make_persistent(test, desc, USER_EVENT_REG_MULTI_FORMAT);
	}
	KUNIT_EXPECT_EQ(test, delete("kunit_wrap"), 0);
	KUNIT_EXPECT_EQ(test, nr_events(), before);
}

/* These collide in all 32 bits of jhash() with a seed of 0, on little endian */
static void event_hash(struct kunit *test)
{
	const hsiphash_key_t key = {{ 1, 2 }};
	struct user_event *a, *b, *c;

	a = get_multi(test, "kunit_hash u32 floodingT9oUdaDlBXgE");
	b = get_multi(test, "kunit_hash u32 floodingdFlqfQrjMs5E");
	c = get_multi(test, "kunit_hash u32 floodingPQKWv_ONMFGL");
	KUNIT_EXPECT_FALSE(test, user_event_layout_hash(a->layout, &key) ==
			   user_event_layout_hash(b->layout, &key) &&
			   user_event_layout_hash(b->layout, &key) ==
			   user_event_layout_hash(c->layout, &key));
}

static void restore_max(void *max)
{
	user_events_max = (unsigned long)max;
}

static void event_limit(struct kunit *test)
{
	struct user_event *event = get_single(test, "kunit_limit u32 a");
	u32 before = nr_events();

	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, restore_max,
							   (void *)(unsigned long)user_events_max));
	user_events_max = before;
	KUNIT_EXPECT_PTR_EQ(test, try_get("kunit_limit u32 a", USER_EVENT_REG_MULTI_FORMAT),
			    ERR_PTR(-EMFILE));
	KUNIT_EXPECT_PTR_EQ(test, try_get("kunit_limit_2", 0), ERR_PTR(-EMFILE));
	KUNIT_EXPECT_PTR_EQ(test, try_get("kunit_limit u64 a", 0), ERR_PTR(-EADDRINUSE));

	/* What is there can still be shared, and what goes makes room */
	KUNIT_EXPECT_PTR_EQ(test, event, get_single(test, "kunit_limit u32 a"));
	put(test, event);
	put(test, event);
	put(test, get_multi(test, "kunit_limit u32 a"));
	KUNIT_EXPECT_EQ(test, nr_events(), before - 1);
}

/*
 * Consumers: a file of an ftrace instance that is never written to stands for
 * them all.  The core calls under event_mutex.
 */
static int attach(struct user_event *event, struct trace_event_file *file)
{
	return event->call.class->reg(&event->call, TRACE_REG_REGISTER, file);
}

static void detach(struct user_event *event, struct trace_event_file *file)
{
	event->call.class->reg(&event->call, TRACE_REG_UNREGISTER, file);
}

static void event_consumers(struct kunit *test)
{
	struct trace_event_file files[2] = {};
	struct user_event *event = get_single(test, "kunit_consumers u32 a");
	u32 busy = nr_busy();

	mutex_lock(&event_mutex);
	KUNIT_EXPECT_EQ(test, event->status, 0);
	KUNIT_EXPECT_EQ(test, attach(event, &files[0]), 0);
	KUNIT_EXPECT_EQ(test, attach(event, &files[1]), 0);
	KUNIT_EXPECT_EQ(test, event->status, USER_EVENT_BY_FTRACE);
	detach(event, &files[0]);
	KUNIT_EXPECT_EQ(test, event->status, USER_EVENT_BY_FTRACE);
	mutex_unlock(&event_mutex);

	KUNIT_EXPECT_EQ(test, nr_busy(), busy + 1);
	KUNIT_EXPECT_EQ(test, delete("kunit_consumers"), -EBUSY);

	mutex_lock(&event_mutex);
	detach(event, &files[1]);
	KUNIT_EXPECT_EQ(test, event->status, 0);
	mutex_unlock(&event_mutex);
	KUNIT_EXPECT_EQ(test, nr_busy(), busy);
}

static unsigned long nr_recorded(struct trace_buffer *buffer)
{
	return ring_buffer_entries(buffer) + ring_buffer_overruns(buffer);
}

/* Emits entries about as large as a sub-buffer: each is recorded or refused */
static void emit_about_a_sub_buffer(struct kunit *test, struct user_event *event,
				    struct trace_buffer *buffer)
{
	size_t most = ring_buffer_max_event_size(buffer) + 16, len;
	struct iov_iter iter;
	struct kvec vec;

	vec.iov_base = kunit_kzalloc(test, most, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vec.iov_base);
	for (len = most - 64; len <= most; len++) {
		unsigned long before = nr_recorded(buffer);
		int ret;

		vec.iov_len = len;
		iov_iter_kvec(&iter, ITER_SOURCE, &vec, 1, len);
		ret = user_event_emit_iter(event, &iter, GFP_KERNEL);
		KUNIT_EXPECT_TRUE(test, !ret || ret == -E2BIG);
		KUNIT_EXPECT_EQ_MSG(test, nr_recorded(buffer) - before, !ret, "%zu bytes", len);
	}
}

static void event_sub_buffer(struct kunit *test)
{
	struct trace_buffer *buffer = top_trace_array()->array_buffer.buffer;
	struct user_event *event = get_single(test, "kunit_edge");
	const char *system = event->call.class->system;

	KUNIT_ASSERT_EQ(test, 0, trace_set_clr_event(system, "kunit_edge", 1));
	emit_about_a_sub_buffer(test, event, buffer);
	ring_buffer_set_time_stamp_abs(buffer, true);
	emit_about_a_sub_buffer(test, event, buffer);
	ring_buffer_set_time_stamp_abs(buffer, false);
	KUNIT_EXPECT_EQ(test, 0, trace_set_clr_event(system, "kunit_edge", 0));
}

/* A consumer holds an event; what loses it makes way for who needs the name */
static void event_zombie(struct kunit *test)
{
	struct user_event *event = get_single(test, "kunit_zombie u32 a");
	struct trace_event_file file = {};
	u32 before = nr_events();

	mutex_lock(&event_mutex);
	KUNIT_EXPECT_EQ(test, attach(event, &file), 0);
	mutex_unlock(&event_mutex);
	put(test, event);
	KUNIT_EXPECT_EQ(test, nr_events(), before);
	KUNIT_EXPECT_PTR_EQ(test, try_get("kunit_zombie u64 a", 0), ERR_PTR(-EADDRINUSE));
	KUNIT_EXPECT_EQ(test, delete("kunit_zombie"), -EBUSY);

	mutex_lock(&event_mutex);
	detach(event, &file);
	mutex_unlock(&event_mutex);
	put(test, get_single(test, "kunit_zombie u64 a"));
	KUNIT_EXPECT_EQ(test, nr_events(), before - 1);
}

/* What has lost its last reference lives again with the next consumer */
static void event_revive(struct kunit *test)
{
	struct user_event *event = get_multi(test, "kunit_revive u32 a");
	struct trace_event_file file = {};
	u64 id = id_of(test, event);

	mutex_lock(&event_mutex);
	KUNIT_EXPECT_EQ(test, attach(event, &file), 0);
	mutex_unlock(&event_mutex);
	put(test, event);

	mutex_lock(&event_mutex);
	detach(event, &file);
	KUNIT_EXPECT_EQ(test, refcount_read(&event->refs), 0);
	KUNIT_EXPECT_EQ(test, attach(event, &file), 0);
	mutex_unlock(&event_mutex);

	KUNIT_EXPECT_PTR_EQ(test, event, get_multi(test, "kunit_revive u32 a"));
	KUNIT_EXPECT_EQ(test, id, id_of(test, event));

	mutex_lock(&event_mutex);
	detach(event, &file);
	mutex_unlock(&event_mutex);
	put(test, event);
	KUNIT_EXPECT_EQ(test, delete("kunit_revive"), -ENOENT);
}

/* What "trace" shows of a record of so many bytes */
static const char *print(struct kunit *test, struct user_event *event,
			 const void *record, size_t len)
{
	struct trace_iterator *iter = kunit_kzalloc(test, sizeof(*iter), GFP_KERNEL);
	void *entry = kunit_kmalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, iter);
	KUNIT_ASSERT_NOT_NULL(test, entry);

	/* Of the exact size: KASAN sees who looks behind it */
	memcpy(entry, record, len);
	iter->tr = top_trace_array();
	iter->ent = entry;
	iter->ent_size = len;
	trace_seq_init(&iter->seq);

	trace_event_read_lock();
	event->call.event.funcs->trace(iter, 0, &event->call.event);
	trace_event_read_unlock();
	trace_seq_putc(&iter->seq, '\0');
	return iter->seq.buffer;
}

/* A record of a removed event may carry the number of one that came later */
static void event_print_record(struct kunit *test)
{
	struct user_event *event = get_single(test, "kunit_print u32 a;__data_loc char[] b");
	struct {
		struct trace_entry	header;
		u32			a;
		u32			b;
		char			text[8];
	} __packed record = { .a = 17, .text = "seventy" };
	const char *text;

	record.header.type = event->call.event.type;
	record.b = DYN_LOC(offsetof(typeof(record), text), 8);
	text = print(test, event, &record, sizeof(record));
	KUNIT_EXPECT_TRUE(test, strstarts(text, "kunit_print:"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "(17)"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "b=seventy"));

	/* Shorter than the fields */
	text = print(test, event, &record, offsetof(typeof(record), b));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "removed event"));
	text = print(test, event, &record, sizeof(record.header));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "removed event"));

	/* A string of another record, and one of a negative length to the core */
	text = print(test, event, &record, sizeof(record) - 1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "removed event"));
	record.b = 0x80008008;
	text = print(test, event, &record, sizeof(record));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "removed event"));
	KUNIT_EXPECT_NULL(test, strstr(text, "b="));
}

/* Records an event in no buffer, and removes it; returns the number it had */
static int record_and_remove(struct kunit *test, const char *desc)
{
	struct user_event *event = get_single(test, desc);
	int type = event->call.event.type;
	struct trace_event_file file = {};

	mutex_lock(&event_mutex);
	KUNIT_ASSERT_EQ(test, attach(event, &file), 0);
	detach(event, &file);
	mutex_unlock(&event_mutex);
	put(test, event);
	return type;
}

static bool number_is_used(int type)
{
	bool used;

	trace_event_read_lock();
	used = ftrace_find_event(type);
	trace_event_read_unlock();
	return used;
}

static void event_number(struct kunit *test)
{
	struct user_event *event = get_single(test, "kunit_number u32 a");
	int type = event->call.event.type;

	/* What was never recorded leaves nothing behind */
	put(test, event);
	KUNIT_EXPECT_FALSE(test, number_is_used(type));

	type = record_and_remove(test, "kunit_number u32 a");
	KUNIT_EXPECT_TRUE(test, number_is_used(type));
	event = get_single(test, "kunit_number u32 a");
	KUNIT_EXPECT_NE(test, type, event->call.event.type);
	put(test, event);
}

static void restore_max_held(void *max)
{
	user_event_max_held = (unsigned long)max;
}

static void release_numbers(void)
{
	guard(mutex)(&event_mutex);
	while (user_event_release_number())
		;
}

/* There is an end to it */
static void event_numbers_held(struct kunit *test)
{
	void *max = (void *)(unsigned long)user_event_max_held;
	int type, i;

	KUNIT_EXPECT_EQ(test, user_event_max_held, 4096);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, restore_max_held, max));
	user_event_max_held = 100;
	release_numbers();

	type = record_and_remove(test, "kunit_number u32 a");
	for (i = 0; i < 99; i++)
		record_and_remove(test, "kunit_number u32 a");
	KUNIT_EXPECT_TRUE(test, number_is_used(type));
	record_and_remove(test, "kunit_number u32 a");
	KUNIT_EXPECT_FALSE(test, number_is_used(type));
	release_numbers();
}

/* dynamic_events makes single formats that persist, and deletes one by layout */
static void event_dynamic(struct kunit *test)
{
	struct seq_file m = { .size = 128 };
	struct user_event *event;

	KUNIT_EXPECT_EQ(test, user_event_dyn_ops.create("p:kunit_dyn u32 a"), -ECANCELED);
	KUNIT_EXPECT_EQ(test, user_event_dyn_ops.create("u:kunit_dyn u32"), -EINVAL);
	KUNIT_EXPECT_EQ(test, user_event_dyn_ops.create(long_name(test, 600, "")), -ECANCELED);
	KUNIT_ASSERT_EQ(test, dyn_event_create("u:kunit_dyn u32 a", &user_event_dyn_ops), 0);
	KUNIT_EXPECT_EQ(test, dyn_event_create("u:kunit_dyn u64 a", &user_event_dyn_ops),
			-EADDRINUSE);

	event = get_single(test, "kunit_dyn u32 a");
	m.buf = kunit_kzalloc(test, m.size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m.buf);
	scoped_guard(mutex, &event_mutex) {
		KUNIT_EXPECT_EQ(test, user_event_dyn_ops.show(&m, &event->devent), 0);
		KUNIT_EXPECT_STREQ(test, m.buf, "u:kunit_dyn u32 a\n");
		KUNIT_EXPECT_TRUE(test, user_event_dyn_ops.is_busy(&event->devent));
	}
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:kunit_dyn u32 a", &user_event_dyn_ops), -EBUSY);
	put(test, event);

	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:kunit_dyn u64 a", &user_event_dyn_ops),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:kunit_dyn u32 a", &user_event_dyn_ops), 0);
	KUNIT_EXPECT_EQ(test, delete("kunit_dyn"), -ENOENT);
}

/* Without a system, a command is about the default group */
static void event_dynamic_group(struct kunit *test)
{
	struct user_event_group *group = kunit_kzalloc(test, sizeof(*group), GFP_KERNEL);
	struct user_event *event;

	KUNIT_ASSERT_NOT_NULL(test, group);
	user_event_group_init(group, "kunit", "kunit_group", "kunit_group_multi");
	event = user_event_get(group, "kunit_dyng u32 a", 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, event);
	user_event_persist(event);
	user_event_put(event);

	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:kunit_dyng u32 a", &user_event_dyn_ops),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:user_events/kunit_dyng u32 a",
						&user_event_dyn_ops), -ENOENT);
	KUNIT_EXPECT_EQ(test, group->nr_events, 1);
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:kunit_group/kunit_dyng u32 a",
						&user_event_dyn_ops), 0);
	KUNIT_EXPECT_EQ(test, group->nr_events, 0);
	/* What the core has removed is freed after a grace period */
	rcu_barrier();
	user_event_changes_end(&group->changes);
	xa_destroy(&group->events);
}

static void event_dynamic_formats(struct kunit *test)
{
	u32 before = nr_events();

	make_persistent(test, "kunit_dynf u32 a", 0);
	make_persistent(test, "kunit_dynf u32 a", USER_EVENT_REG_MULTI_FORMAT);
	make_persistent(test, "kunit_dynf u64 a", USER_EVENT_REG_MULTI_FORMAT);

	/* One layout of one world */
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:user_events_multi/kunit_dynf u32 a",
						&user_event_dyn_ops), 0);
	KUNIT_EXPECT_EQ(test, nr_events(), before + 2);
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:user_events_multi/kunit_dynf u32 a",
						&user_event_dyn_ops), -ENOENT);

	/* One layout of both */
	make_persistent(test, "kunit_dynf u32 a", USER_EVENT_REG_MULTI_FORMAT);
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:kunit_dynf u32  a;", &user_event_dyn_ops), 0);
	KUNIT_EXPECT_EQ(test, nr_events(), before + 1);
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:user_events/kunit_dynf u64 a",
						&user_event_dyn_ops), -ENOENT);
	KUNIT_EXPECT_EQ(test, delete("kunit_dynf"), 0);
	KUNIT_EXPECT_EQ(test, nr_events(), before);
}

static struct kunit_case user_event_cases[] = {
	KUNIT_CASE_PARAM(layout_type, type_gen_params),
	KUNIT_CASE_PARAM(layout_type_print_fmt, type_gen_params),
	KUNIT_CASE_PARAM(layout_type_round_trip, type_gen_params),
	KUNIT_CASE_PARAM(layout_same, same_gen_params),
	KUNIT_CASE_PARAM(layout_different, different_gen_params),
	KUNIT_CASE_PARAM(layout_refused, refused_gen_params),
	KUNIT_CASE(layout_offsets),
	KUNIT_CASE(layout_limits),
	KUNIT_CASE(layout_print_fmt),
	KUNIT_CASE_PARAM(layout_match, match_gen_params),
	KUNIT_CASE_PARAM(layout_check, check_gen_params),
	KUNIT_CASE(layout_check_each),
	KUNIT_CASE(layout_end_strings),
	KUNIT_CASE(layout_end_strings_far),
	KUNIT_CASE(layout_attach),
	KUNIT_CASE_PARAM(name_check, name_gen_params),
	KUNIT_CASE(name_length),
	KUNIT_CASE(event_share),
	KUNIT_CASE(event_exact_lifetime),
	KUNIT_CASE(event_single_layout),
	KUNIT_CASE(event_bad_description),
	KUNIT_CASE(event_multi_formats),
	KUNIT_CASE(event_ids),
	KUNIT_CASE(event_worlds),
	KUNIT_CASE(event_names),
	KUNIT_CASE(event_name_length),
	KUNIT_CASE(event_in_core),
	KUNIT_CASE(event_persist),
	KUNIT_CASE(event_persist_later),
	KUNIT_CASE(event_delete_all),
	KUNIT_CASE(event_delete_single_busy),
	KUNIT_CASE(event_delete_unknown),
	KUNIT_CASE(event_many_formats),
	KUNIT_CASE(event_id_wraps),
	KUNIT_CASE(event_hash),
	KUNIT_CASE(event_limit),
	KUNIT_CASE(event_consumers),
	KUNIT_CASE(event_sub_buffer),
	KUNIT_CASE(event_zombie),
	KUNIT_CASE(event_revive),
	KUNIT_CASE(event_print_record),
	KUNIT_CASE(event_number),
	KUNIT_CASE(event_numbers_held),
	KUNIT_CASE(event_dynamic),
	KUNIT_CASE(event_dynamic_group),
	KUNIT_CASE(event_dynamic_formats),
	{}
};

static struct kunit_suite user_event_suite = {
	.name = "user_events",
	.test_cases = user_event_cases,
};

kunit_test_suite(user_event_suite);
