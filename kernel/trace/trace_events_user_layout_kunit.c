// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of how a description is parsed into a layout.
 */
#include <linux/string_helpers.h>

#include "trace_events_user_layout_kunit.h"

KUNIT_DEFINE_ACTION_WRAPPER(ue_argv_free_action, argv_free, char **);

/* Returns the text of a layout, which dynamic_events prints after the name */
static const char *ue_show(struct kunit *test, const struct user_event_layout *layout)
{
	struct seq_file m = { .size = 2 * USER_EVENT_MAX_DESC };

	m.buf = kunit_kzalloc(test, m.size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m.buf);
	user_event_layout_show(&m, layout);
	KUNIT_ASSERT_FALSE(test, seq_has_overflowed(&m));
	return m.buf;
}

static bool ue_match(struct kunit *test, const struct user_event_layout *layout,
		     const char *fields)
{
	char **argv;
	int argc;

	argv = argv_split(GFP_KERNEL, fields, &argc);
	KUNIT_ASSERT_NOT_NULL(test, argv);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, ue_argv_free_action, argv));
	return user_event_layout_match(layout, argc, (const char **)argv);
}

/**
 * struct ue_type_case - a type, and the expected field
 * @fields: a description of one field "f" of this type
 * @type: the type, as the core shows it
 * @size: size of the field in bytes
 * @len: number of elements of an array of known length, else 0
 * @is_signed: the core takes it for signed
 * @filter: type of the field in filters of the core
 * @nr_checks: 1 for a dynamic field, else 0
 * @print_fmt: the expected "print fmt"
 */
struct ue_type_case {
	const char	*fields;
	const char	*type;
	int		size;
	int		len;
	bool		is_signed;
	int		filter;
	int		nr_checks;
	const char	*print_fmt;
};

static const struct ue_type_case ue_type_cases[] = {
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

KUNIT_ARRAY_PARAM_DESC(type, ue_type_cases, fields);

static void ue_layout_type(struct kunit *test)
{
	const struct ue_type_case *c = test->param_value;
	const struct user_event_layout *layout = ue_parse(test, c->fields);
	const struct ftrace_event_field *field = &layout->fields[0];

	KUNIT_ASSERT_EQ(test, layout->nr_fields, 1);
	KUNIT_EXPECT_EQ(test, layout->size, c->size);
	KUNIT_EXPECT_EQ(test, layout->nr_checks, c->nr_checks);
	KUNIT_EXPECT_STREQ(test, field->name, "f");
	KUNIT_EXPECT_STREQ(test, field->type, c->type);
	KUNIT_EXPECT_EQ(test, field->offset, UE_FIRST);
	KUNIT_EXPECT_EQ(test, field->size, c->size);
	KUNIT_EXPECT_EQ(test, field->len, c->len);
	KUNIT_EXPECT_EQ(test, (bool)field->is_signed, c->is_signed);
	KUNIT_EXPECT_EQ(test, field->filter_type, c->filter);
}

static void ue_layout_type_print_fmt(struct kunit *test)
{
	const struct ue_type_case *c = test->param_value;
	char *text = user_event_layout_print_fmt(ue_parse(test, c->fields), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_EXPECT_STREQ(test, text, c->print_fmt);
	kfree(text);
}

/* The text of a layout can be parsed into an equal layout, and matches it */
static void ue_layout_type_round_trip(struct kunit *test)
{
	const struct ue_type_case *c = test->param_value;
	const struct user_event_layout *layout = ue_parse(test, c->fields);
	const char *text = ue_show(test, layout);

	KUNIT_ASSERT_EQ(test, text[0], ' ');
	KUNIT_EXPECT_STREQ(test, text + 1, c->fields);
	KUNIT_EXPECT_TRUE(test, user_event_layout_equal(layout, ue_parse(test, text)));
	KUNIT_EXPECT_TRUE(test, ue_match(test, layout, text));
}

/**
 * struct ue_pair_case - two lists of fields to compare
 * @a: one
 * @b: the other
 */
struct ue_pair_case {
	const char *a;
	const char *b;
};

static void ue_pair_to_desc(const struct ue_pair_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%s' and '%s'", c->a, c->b);
}

static const struct ue_pair_case ue_same_cases[] = {
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

KUNIT_ARRAY_PARAM(same, ue_same_cases, ue_pair_to_desc);

static void ue_layout_same(struct kunit *test)
{
	const struct ue_pair_case *c = test->param_value;
	const struct user_event_layout *a = ue_parse(test, c->a);
	const struct user_event_layout *b = ue_parse(test, c->b);
	const hsiphash_key_t key = {{ 1, 2 }};

	KUNIT_EXPECT_TRUE(test, user_event_layout_equal(a, b));
	KUNIT_EXPECT_EQ(test, user_event_layout_hash(a, &key), user_event_layout_hash(b, &key));
	KUNIT_EXPECT_STREQ(test, ue_show(test, a), ue_show(test, b));
}

static const struct ue_pair_case ue_different_cases[] = {
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

KUNIT_ARRAY_PARAM(different, ue_different_cases, ue_pair_to_desc);

static void ue_layout_different(struct kunit *test)
{
	const struct ue_pair_case *c = test->param_value;
	const struct user_event_layout *a = ue_parse(test, c->a);
	const struct user_event_layout *b = ue_parse(test, c->b);

	KUNIT_EXPECT_FALSE(test, user_event_layout_equal(a, b));
	KUNIT_EXPECT_FALSE(test, ue_match(test, a, ue_show(test, b)));
	KUNIT_EXPECT_FALSE(test, ue_match(test, b, ue_show(test, a)));
}

static const char * const ue_refused_cases[] = {
	/* unknown or ambiguous types */
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
	/* a size for a type that has one */
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
	/* types that the core would take for dynamic ones */
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
	/* fields that are too large for an entry */
	"struct s a 65527;u8 b",
	"struct s a 32768;struct s b 32768",
	/* one bad field among good ones */
	"u32 a;b;u32 c",
	"u32 a;u32 b c;u32 d",
};

static void ue_text_to_desc(const char * const *text, char *desc)
{
	strscpy(desc, *text, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refused, ue_refused_cases, ue_text_to_desc);

static void ue_layout_refused(struct kunit *test)
{
	const char * const *text = test->param_value;
	struct user_event_error error = {};
	struct user_event_layout *layout;

	layout = user_event_layout_parse(*text, GFP_KERNEL, &error);
	KUNIT_EXPECT_PTR_EQ(test, layout, ERR_PTR(-EINVAL));
	if (!IS_ERR(layout))
		kfree(layout);
	/* The error is inside the text */
	KUNIT_EXPECT_TRUE(test, error.at >= *text);
	KUNIT_EXPECT_TRUE(test, error.at <= *text + strlen(*text));
}

/* Fields follow one another without padding, after the common header */
static void ue_layout_offsets(struct kunit *test)
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
	unsigned int offset = UE_FIRST, i;

	layout = ue_parse(test, "u8 a;u64 b;char[3] c;__data_loc char[] d;"
			     "short e;struct s f 5;__rel_loc u8[] g");

	KUNIT_ASSERT_EQ(test, layout->nr_fields, ARRAY_SIZE(expected));
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct ftrace_event_field *field = &layout->fields[i];

		KUNIT_EXPECT_STREQ(test, field->name, expected[i].name);
		KUNIT_EXPECT_EQ(test, field->size, expected[i].size);
		KUNIT_EXPECT_EQ(test, field->offset, offset);
		offset += field->size;
	}
	KUNIT_EXPECT_EQ(test, layout->size, offset - UE_FIRST);

	KUNIT_ASSERT_EQ(test, layout->nr_checks, 2);
	checks = user_event_layout_checks(layout);
	KUNIT_EXPECT_EQ(test, checks[0].offset, 12);
	KUNIT_EXPECT_FALSE(test, checks[0].relative);
	KUNIT_EXPECT_TRUE(test, checks[0].string);
	KUNIT_EXPECT_EQ(test, checks[1].offset, 23);
	KUNIT_EXPECT_TRUE(test, checks[1].relative);
	KUNIT_EXPECT_FALSE(test, checks[1].string);
}

/* Tests a layout without fields, the largest entry, and the most fields */
static void ue_layout_limits(struct kunit *test)
{
	const struct user_event_layout *layout;
	char *text, *end;
	unsigned int nr;

	layout = ue_parse(test, "");
	KUNIT_EXPECT_EQ(test, layout->nr_fields, 0);
	KUNIT_EXPECT_EQ(test, layout->size, 0);

	layout = ue_parse(test, "struct s a 65526;u8 b");
	KUNIT_EXPECT_EQ(test, layout->size, 65527);

	text = kunit_kzalloc(test, USER_EVENT_MAX_DESC, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text);
	end = text;
	for (nr = 0; end + sizeof("u8 aa;") <= text + USER_EVENT_MAX_DESC; nr++)
		end += sprintf(end, "u8 %c%c;", 'a' + nr / 26, 'a' + nr % 26);

	layout = ue_parse(test, text);
	KUNIT_EXPECT_EQ(test, layout->nr_fields, nr);
	KUNIT_EXPECT_EQ(test, layout->size, nr);
	KUNIT_EXPECT_TRUE(test, ue_match(test, layout, text));

	memset(text, ';', USER_EVENT_MAX_DESC - 1);
	layout = ue_parse(test, text);
	KUNIT_EXPECT_EQ(test, layout->nr_fields, 0);
}

static void ue_layout_print_fmt(struct kunit *test)
{
	const struct user_event_layout *layout;
	char *text;

	text = user_event_layout_print_fmt(ue_parse(test, ""), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_EXPECT_STREQ(test, text, "\"\"");
	kfree(text);

	layout = ue_parse(test, "u32 a;__data_loc char[] b;s64 c;__rel_loc char[] d;char[4] e");
	text = user_event_layout_print_fmt(layout, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_EXPECT_STREQ(test, text,
			   "\"a=%u b=%s c=%lld d=%s e=%s\", REC->a, __get_str(b), REC->c, __get_rel_str(d), REC->e");
	kfree(text);
}

/**
 * struct ue_match_case - a layout, and words that may match it
 * @fields: the layout
 * @words: the words, split at white space
 * @matches: expected result
 */
struct ue_match_case {
	const char	*fields;
	const char	*words;
	bool		matches;
};

static void ue_match_to_desc(const struct ue_match_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%s' is %s'%s'", c->words,
		 c->matches ? "" : "not ", c->fields);
}

static const struct ue_match_case ue_match_cases[] = {
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
	{ "char[20] a", "char[0x14] a", true },
	{ "char[20] a", "char[21] a", false },
	{ "unsigned char[8] a", "unsigned char[010] a", true },
	{ "struct s a 8", "struct s a 08", true },
	/* What looks like a number in another place is only a word */
	{ "struct 8 a 8", "struct 08 a 8", false },
	{ "struct char[8] a 8", "struct char[010] a 8", false },
	{ "__data_loc 8 a", "__data_loc 08 a", false },
	{ "__rel_loc char[8] a", "__rel_loc char[010] a", false },
};

KUNIT_ARRAY_PARAM(match, ue_match_cases, ue_match_to_desc);

static void ue_layout_match(struct kunit *test)
{
	const struct ue_match_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, ue_match(test, ue_parse(test, c->fields), c->words), c->matches);
}

/* The core walks the last field first, and needs a field if there is none */
static void ue_layout_attach(struct kunit *test)
{
	struct user_event_layout *layout = ue_parse(test, "u32 a;u64 b;u8 c");
	struct user_event_layout *empty = ue_parse(test, "");
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
	KUNIT_EXPECT_EQ(test, field->offset + field->size, UE_FIRST);

	mutex_lock(&event_mutex);
	user_event_layout_detach(layout);
	user_event_layout_detach(empty);
	mutex_unlock(&event_mutex);
	KUNIT_EXPECT_TRUE(test, list_empty(list));
	KUNIT_EXPECT_TRUE(test, list_empty(user_event_layout_fields(empty)));
}

/**
 * struct ue_name_case - a description, and the length of its name
 * @desc: the description
 * @ret: expected result
 * @len: bytes of the name
 */
struct ue_name_case {
	const char	*desc;
	int		ret;
	size_t		len;
};

static void ue_name_to_desc(const struct ue_name_case *c, char *desc)
{
	char text[KUNIT_PARAM_DESC_SIZE - 2];
	int len;

	len = string_escape_str(c->desc, text, sizeof(text) - 1,
				ESCAPE_SPACE | ESCAPE_OCTAL | ESCAPE_NAP, NULL);
	text[min_t(size_t, len, sizeof(text) - 1)] = '\0';
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%s'", text);
}

static const struct ue_name_case ue_name_cases[] = {
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

KUNIT_ARRAY_PARAM(name, ue_name_cases, ue_name_to_desc);

static void ue_name_check(struct kunit *test)
{
	const struct ue_name_case *c = test->param_value;
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

static void ue_name_length(struct kunit *test)
{
	size_t len;
	int ret;

	ret = user_event_name_len(ue_long_name(test, 239, ""), &len, NULL);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, len, 239);
	ret = user_event_name_len(ue_long_name(test, 255, " u32 a"), &len, NULL);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, len, 255);
	ret = user_event_name_len(ue_long_name(test, 256, " u32 a"), &len, NULL);
	KUNIT_EXPECT_EQ(test, ret, -ENAMETOOLONG);
	ret = user_event_name_len(ue_long_name(test, 500, ""), &len, NULL);
	KUNIT_EXPECT_EQ(test, ret, -ENAMETOOLONG);
}

static struct kunit_case ue_layout_cases[] = {
	KUNIT_CASE_PARAM(ue_layout_type, type_gen_params),
	KUNIT_CASE_PARAM(ue_layout_type_print_fmt, type_gen_params),
	KUNIT_CASE_PARAM(ue_layout_type_round_trip, type_gen_params),
	KUNIT_CASE_PARAM(ue_layout_same, same_gen_params),
	KUNIT_CASE_PARAM(ue_layout_different, different_gen_params),
	KUNIT_CASE_PARAM(ue_layout_refused, refused_gen_params),
	KUNIT_CASE(ue_layout_offsets),
	KUNIT_CASE(ue_layout_limits),
	KUNIT_CASE(ue_layout_print_fmt),
	KUNIT_CASE_PARAM(ue_layout_match, match_gen_params),
	KUNIT_CASE(ue_layout_attach),
	KUNIT_CASE_PARAM(ue_name_check, name_gen_params),
	KUNIT_CASE(ue_name_length),
	{}
};

static struct kunit_suite ue_layout_suite = {
	.name = "user_events_layout",
	.test_cases = ue_layout_cases,
};

kunit_test_suite(ue_layout_suite);
