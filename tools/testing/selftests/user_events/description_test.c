// SPDX-License-Identifier: GPL-2.0
/* Checks which descriptions are valid: all types, spellings and errors. */

#include "common.h"

/* The header that all trace entries start with. */
#define COMMON_SIZE 8

FIXTURE(text)
{
	struct stage stage;
};

FIXTURE_SETUP(text)
{
	stage_open(_metadata, &self->stage);
}

FIXTURE_TEARDOWN_PARENT(text)
{
	stage_clean(&self->stage);
}

/* Every type as `format` shows it, between a u8 and another. */
static const struct {
	const char *type;
	const char *shown;	/* @: the field's name */
	int size;
	int is_signed;
	const char *print;	/* in print fmt; @: the field's name */
} types[] = {
	{ "s8", "s8 @", 1, 1, "%d\", REC->@" },
	{ "u8", "u8 @", 1, 0, "%u\", REC->@" },
	{ "s16", "s16 @", 2, 1, "%d\", REC->@" },
	{ "u16", "u16 @", 2, 0, "%u\", REC->@" },
	{ "s32", "s32 @", 4, 1, "%d\", REC->@" },
	{ "u32", "u32 @", 4, 0, "%u\", REC->@" },
	{ "s64", "s64 @", 8, 1, "%lld\", REC->@" },
	{ "u64", "u64 @", 8, 0, "%llu\", REC->@" },
	{ "char", "char @", 1, 1, "%d\", REC->@" },
	{ "unsigned char", "unsigned char @", 1, 0, "%u\", REC->@" },
	{ "short", "short @", 2, 1, "%d\", REC->@" },
	{ "unsigned short", "unsigned short @", 2, 0, "%u\", REC->@" },
	{ "int", "int @", 4, 1, "%d\", REC->@" },
	{ "unsigned int", "unsigned int @", 4, 0, "%u\", REC->@" },
	{ "char[1]", "char @[1]", 1, 1, "%s\", REC->@" },
	{ "char[20]", "char @[20]", 20, 1, "%s\", REC->@" },
	{ "char[1024]", "char @[1024]", 1024, 1, "%s\", REC->@" },
	{ "unsigned char[16]", "unsigned char @[16]", 16, 0,
	  "%s\", REC->@" },
	{ "unsigned char[1024]", "unsigned char @[1024]", 1024, 0,
	  "%s\", REC->@" },
	{ "__data_loc char[]", "__data_loc char[] @", 4, 1,
	  "%s\", __get_str(@)" },
	{ "__data_loc u32[]", "__data_loc u32[] @", 4, 1, "%llu\", REC->@" },
	{ "__data_loc unsigned[]", "__data_loc unsigned[] @", 4, 1,
	  "%llu\", REC->@" },
	{ "__rel_loc char[]", NULL, 4, 1, "%s\", __get_rel_str(@)" },
	{ "__rel_loc u8[]", NULL, 4, 1, "%llu\", REC->@" },
};

/* @text with each @ replaced by @name. */
static char *fill_in(const char *text, const char *name)
{
	const char *at = strchr(text, '@');

	return at ? say("%.*s%s%s", (int)(at - text), text, name, at + 1) :
		    strdup(text);
}

TEST_F(text, format_shows_type_offset_size_and_sign)
{
	const int fd = self->stage.fd;
	char *name, *format, *line;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		name = say("%s_%zu", self->stage.name, i);
		EXPECT_LE(0, event_register(fd, say("%s u8 x; %s it; u16 y",
						    name, types[i].type),
					    self->stage.word + i, 0, SINGLE)) {
			TH_LOG("%s is refused", types[i].type);
			continue;
		}
		format = file_read(event_path(SYSTEM, name, "format"));
		line = say("offset:%d;\tsize:%d;\tsigned:%d;", COMMON_SIZE + 1,
			   types[i].size, types[i].is_signed);
		if (types[i].shown)
			line = say("\tfield:%s;\t%s",
				   fill_in(types[i].shown, "it"), line);
		EXPECT_TRUE(format && strstr(format, line)) {
			TH_LOG("%s: expected '%s' in %s", types[i].type, line,
			       format);
		}
		line = say("\tfield:u16 y;\toffset:%d;\tsize:2;\tsigned:0;",
			   COMMON_SIZE + 1 + types[i].size);
		EXPECT_TRUE(format && has_line(format, line)) {
			TH_LOG("%s: expected '%s' in %s", types[i].type, line,
			       format);
		}
	}
}

TEST_F(text, format_has_the_print_format)
{
	const int fd = self->stage.fd;
	char *name, *format, *line;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		name = say("%s_%zu", self->stage.name, i);
		EXPECT_LE(0, event_register(fd, say("%s %s it", name,
						    types[i].type),
					    self->stage.word + i, 0, SINGLE)) {
			TH_LOG("%s is refused", types[i].type);
		}
		format = file_read(event_path(SYSTEM, name, "format"));
		line = say("print fmt: \"it=%s",
			   fill_in(types[i].print, "it"));
		EXPECT_TRUE(format && has_line(format, line)) {
			TH_LOG("%s: expected '%s' in %s", types[i].type, line,
			       format);
		}
	}
}

TEST_F(text, format_of_a_struct)
{
	const char *name = self->stage.name;
	char *format;

	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s struct foo it 20; u8 y", name),
				    self->stage.word, 0, SINGLE));
	format = file_read(event_path(SYSTEM, name, "format"));
	EXPECT_TRUE(has_line(format,
			     "\tfield:struct foo it;\toffset:8;\tsize:20;\tsigned:1;")) {
		TH_LOG("%s", format);
	}
	EXPECT_TRUE(has_line(format,
			     "\tfield:u8 y;\toffset:28;\tsize:1;\tsigned:0;")) {
		TH_LOG("%s", format);
	}
	EXPECT_TRUE(has_line(format,
			     "print fmt: \"it=%llu y=%u\", REC->it, REC->y")) {
		TH_LOG("%s", format);
	}
}

TEST_F(text, format_joins_the_fields)
{
	const char *name = self->stage.name;
	char *format;

	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s u32 a; __data_loc char[] b; s64 c",
					name),
				    self->stage.word, 0, SINGLE));
	format = file_read(event_path(SYSTEM, name, "format"));
	EXPECT_TRUE(has_line(format,
			     "print fmt: \"a=%u b=%s c=%lld\", REC->a, __get_str(b), REC->c")) {
		TH_LOG("%s", format);
	}
	EXPECT_TRUE(has_line(format, say("name: %s", name)));
	EXPECT_TRUE(!!strstr(format, "\tfield:int common_pid;"));
}

TEST_F(text, event_without_fields_is_fine)
{
	const char *name = self->stage.name;
	char *format;

	ASSERT_EQ(0, event_register(self->stage.fd, name, self->stage.word, 0,
				    SINGLE));
	EXPECT_TRUE(file_has_line(DYNAMIC_FILE, say("u:%s", name)));
	format = file_read(event_path(SYSTEM, name, "format"));
	EXPECT_TRUE(has_line(format, "print fmt: \"\"")) {
		TH_LOG("%s", format);
	}
}

/* What stands after a name, and the canonical text that it means. */
static const struct {
	const char *canonical;
	const char *written[8];
} spellings[] = {
	{ "", { " ", " ;", " ; ", "  ", " ;;" } },
	{ " u32 a", { " u32 a;", " u32 a ", " u32 a ;", "  u32 a",
		      " u32  a", " u32 a; ", " ;u32 a", " u32 a;;" } },
	{ " u32 a; u32 b", { " u32 a;u32 b", " u32 a ;u32 b",
			     " u32 a ; u32 b", " u32 a;  u32 b;",
			     "  u32  a;;u32  b ;" } },
	{ " unsigned int a", { " unsigned  int a", " unsigned int  a;" } },
	{ " char[10] a; unsigned char[5] b",
	  { " char[10] a;unsigned char[5] b",
	    " char[10]  a ;unsigned  char[5] b" } },
	{ " struct foo a 20", { " struct foo a 20;", " struct  foo  a  20" } },
	{ " __data_loc char[] a; __rel_loc unsigned char[] b",
	  { " __data_loc char[] a;__rel_loc unsigned char[] b;",
	    " __data_loc  char[]  a ; __rel_loc unsigned  char[] b" } },
};

TEST_F(text, canonical_text_is_shown)
{
	char *name, *text;
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(spellings); i++) {
		for (n = 0; n < 8 && spellings[i].written[n]; n++) {
			name = say("%s_%zu_%zu", self->stage.name, i, n);
			text = say("%s%s", name, spellings[i].written[n]);
			EXPECT_LE(0, event_register(self->stage.fd, text,
						    self->stage.word + i, n,
						    SINGLE)) {
				TH_LOG("'%s' is refused", text);
			}
			text = say("u:%s%s", name, spellings[i].canonical);
			EXPECT_TRUE(file_has_line(DYNAMIC_FILE, text)) {
				TH_LOG("'%s': expected '%s' in:\n%s",
				       spellings[i].written[n], text,
				       file_read(DYNAMIC_FILE));
			}
		}
	}
}

TEST_F(text, every_spelling_is_one_layout)
{
	char *name, *text;
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(spellings); i++) {
		name = say("%s_%zu", self->stage.name, i);
		text = say("%s%s", name, spellings[i].canonical);
		ASSERT_EQ(i, event_register(self->stage.fd, text,
					    self->stage.word + i, 30, SINGLE)) {
			TH_LOG("'%s' is refused", text);
		}
		for (n = 0; n < 8 && spellings[i].written[n]; n++) {
			text = say("%s%s", name, spellings[i].written[n]);
			EXPECT_EQ(i, event_register(self->stage.fd, text,
						    self->stage.word + i, n,
						    SINGLE)) {
				TH_LOG("'%s' is not '%s'",
				       spellings[i].written[n],
				       spellings[i].canonical);
			}
		}
	}
}

TEST_F(text, every_spelling_is_one_multi_format_layout)
{
	char *name, *text;
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(spellings); i++) {
		name = say("%s_%zu", self->stage.name, i);
		for (n = 0; n < 8 && spellings[i].written[n]; n++) {
			text = say("%s%s", name, spellings[i].written[n]);
			EXPECT_EQ(i, event_register(self->stage.fd, text,
						    self->stage.word + i, n,
						    MULTI)) {
				TH_LOG("'%s' is a layout of its own", text);
			}
		}
		EXPECT_EQ(1, multi_count(name));
	}
}

TEST_F(text, round_trip_through_dynamic_events)
{
	char *name, *text, *line, *rest;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		text = say("%s_%zu %s a;%s b", self->stage.name, i,
			   types[i].type, types[i].type);
		ASSERT_EQ(i, event_register(self->stage.fd, text,
					    self->stage.word + i, 0, SINGLE)) {
			TH_LOG("'%s' is refused", text);
		}
	}
	text = file_read(DYNAMIC_FILE);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		name = say("u:%s_%zu ", self->stage.name, i);
		line = strstr(text, name);
		ASSERT_TRUE(!!line) {
			TH_LOG("%s is not listed", name);
		}
		rest = strchr(line, '\n');
		line = say("%.*s", (int)(rest - line) - 2, line + 2);
		EXPECT_EQ(i, event_register(self->stage.fd, line,
					    self->stage.word + i, 1, SINGLE)) {
			TH_LOG("'%s' is another layout", line);
		}
	}
}

/* The canonical text may be longer than a program's description can be. */
TEST_F(text, round_trip_of_the_longest_description)
{
	char *name = self->stage.name, *fields, *line, *text;
	int len;

	fields = say("%s ", name);
	while (strlen(fields) < 490)
		fields = say("%su8 f%zu;", fields, strlen(fields));
	EXPECT_EQ(0, event_register(self->stage.fd, fields, self->stage.word, 0,
				    SINGLE));
	text = file_read(DYNAMIC_FILE);
	line = strstr(text, say("u:%s ", name));
	ASSERT_TRUE(!!line);
	len = strchr(line, '\n') - line;
	ASSERT_LT(512, len);
	line = say("%.*s", len, line);
	ASSERT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 0));
	close(self->stage.fd);
	self->stage.fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);

	EXPECT_EQ(0, file_write(DYNAMIC_FILE, line));
	EXPECT_TRUE(file_has_line(DYNAMIC_FILE, line));
	EXPECT_EQ(0, event_register(self->stage.fd, fields, self->stage.word, 0,
				    SINGLE));
	EXPECT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 0));
	close(self->stage.fd);
	self->stage.fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	EXPECT_EQ(0, file_write(DYNAMIC_FILE, say("!%s", line)));
}

TEST_F(text, command_of_a_thousand_characters_is_taken)
{
	char *line = say("u:%s ", self->stage.name);

	while (strlen(line) < 1000)
		line = say("%su32 field_%zu; ", line, strlen(line));
	EXPECT_EQ(0, file_write(DYNAMIC_FILE, line));
	EXPECT_EQ(0, file_write(DYNAMIC_FILE, say("!%s", line)));
}

TEST_F(text, command_with_spaces_before_the_name_is_taken)
{
	EXPECT_EQ(0, file_write(DYNAMIC_FILE, say("u:  %s u32 a", self->stage.name)));
	EXPECT_TRUE(file_has_line(DYNAMIC_FILE, say("u:%s u32 a", self->stage.name)));
	EXPECT_EQ(0, file_write(DYNAMIC_FILE, say("!u:%s u32 a", self->stage.name)));
}

TEST_F(text, different_layouts_differ)
{
	static const char *const layouts[] = {
		" u32 a", " s32 a", " unsigned int a", " int a", " u32 b",
		" u32 A", " u64 a", " u32 a; u32 b", " u32 b; u32 a",
		" char[4] a", " char[5] a", " unsigned char[4] a",
		" struct foo a 4", " struct bar a 4", " struct foo a 8",
		" __data_loc char[] a", " __rel_loc char[] a",
		" __data_loc u8[] a", "",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		EXPECT_EQ(i, event_register(self->stage.fd,
					    say("%s%s", self->stage.name,
						layouts[i]),
					    self->stage.word, i, MULTI)) {
			TH_LOG("'%s' is taken for an earlier one", layouts[i]);
		}
	}
	EXPECT_EQ(ARRAY_SIZE(layouts), multi_count(self->stage.name));
}

/* Fields that are refused, in both worlds and by dynamic_events. */
static const char *const refused[] = {
	/* types */
	"long a", "unsigned long a", "long long a", "foo a", "u128 a",
	"float a", "U32 a", "unsigned a", "unsigned u32 a", "signed int a",
	"u32* a", "u32[4] a", "int[2] a", "const char a", "__data_loc",
	"__rel_loc", "__data_loc a", "__rel_loc a", "__data_loc char[]",
	"__rel_loc unsigned char[]", "struct", "struct foo", "unsigned",
	"__dyn_loc char[] a",
	/* array lengths */
	"char[0] a", "char[1025] a", "char[] a", "char[-1] a", "char[4294967297] a",
	"char[x] a", "char[4 a", "char4] a", "char[4]] a", "char[4][4] a",
	"unsigned char[0] a", "unsigned char[1025] a", "unsigned char[] a",
	/* sizes */
	"struct foo a", "struct foo a 0", "struct foo a -1",
	"struct foo a x", "struct foo a 65536", "struct foo a 4294967295",
	"struct foo a 4294967300", "struct foo a 18446744073709551620",
	"struct foo a 4 4", "u32 a 4", "char[4] a 4", "__data_loc char[] a 4",
	"struct foo a 40000; struct foo b 40000",
	/* field names */
	"u32", "u32 ;u32 b", "u32 a b", "u32 1a", "u32 a-b", "u32 a.b",
	"u32 a[4]", "u32 a:b", "u32 *a", "u32 a,b", "u32 a$", "u32 (a)",
	"u32 a; u32 a", "u32 a; u64 b; char[4] a", "u32 common_a",
	"u32 common_pid", "u32 common_type", "u32 common_",
	/* characters that break a reader */
	"u32 a\"", "u32 a'", "u32 a\\", "u32 a%d", "u32 a/b", "u32\ta",
	"u32 a\t", "u32 a;\tu32 b", "u32 a\n", "u32 a;\nu32 b", "u32 a\r",
	"u32 a\x01", "u32 a\x7f", "u32 a\x80", "u32 \xc3\xa4", "struct \" a 4",
	"struct f\\ a 4", "struct f% a 4", "struct f/o a 4", "__data_loc \"a b",
	"__data_loc char[]% b", "__rel_loc u8[]\\ b", "__data_loc u/8[] b",
	"\xff", "%s", "\"",
};

TEST_F(text, refused_fields_are_EINVAL)
{
	const int fd = self->stage.fd;
	char *text;
	size_t i;
	int flags;

	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		for (flags = 0; flags < 4; flags++) {
			text = say("%s_%zu_%d %s", self->stage.name, i, flags,
				   refused[i]);
			EXPECT_EQ(-EINVAL, event_register(fd, text,
							  self->stage.word,
							  0, flags)) {
				TH_LOG("'%s' with flags %d", text, flags);
				event_unregister(fd, self->stage.word, 0);
			}
		}
	}
	EXPECT_EQ(0, count_of(file_read(DYNAMIC_FILE), self->stage.name));
}

TEST_F(text, refused_field_among_good_ones_is_EINVAL)
{
	static const char *const fields[] = {
		"u32 a; long b", "long b; u32 a", "u32 a; u32 b; u32 common_c",
		"char[4] a; char[0] b", "u32 a; u32",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		EXPECT_EQ(-EINVAL, event_try(say("%s %s", self->stage.name,
						 fields[i]), SINGLE)) {
			TH_LOG("'%s'", fields[i]);
		}
	}
	EXPECT_EQ(0, event_try(say("%s u64 a", self->stage.name), SINGLE));
}

TEST_F(text, fields_at_their_limits_are_taken)
{
	static const char *const fields[] = {
		"struct foo a 1", "struct foo a 60000", "char[1024] a",
		"u32 _", "u32 a1; u32 A1; u32 __a", "u32 commo", "u32 common",
		"u32 Common_a", "__data_loc char a",
		"__data_loc unsigned char[] a; __rel_loc unsigned[] b",
		"struct foo_1 a 4", "struct foo* a 8", "struct foo[2] a 8",
		"struct a-b a 4", "__data_loc a-b[] c", "__data_loc a<b> c",
		"__rel_loc a(b) c", "__rel_loc a,b c", "__data_loc u32* c",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		EXPECT_LE(0, event_register(self->stage.fd,
					    say("%s_%zu %s", self->stage.name,
						i, fields[i]),
					    self->stage.word, i, SINGLE)) {
			TH_LOG("'%s' is refused", fields[i]);
		}
	}
}

TEST_F(text, refused_names_are_EINVAL)
{
	static const char *const names[] = {
		"", " ", " a", " u32 a", ".", "..", ". u32 a", ".. u32 a",
		"@/", "/@", "@/b u32 a", "a/../@", "@\"", "@' u32 a",
		"@\\", "@%", "@%s u32 a", "%n@", "@\t", "@\tu32 a", "\t@",
		"@\n", "@\nu32 a", "@\x01", "@\x1b[0m", "@\x7f", "@\x80",
		"@\xc3\xa4", "\xff@",
		/* the control files of a system have these names */
		"enable", "enable u32 a", "filter", "filter u32 a",
		/* there are no flags behind a colon */
		":", "@:", "@:flag", "@:flag u32 a", ":@", "@:[1]",
	};
	const int fd = self->stage.fd;
	char *text;
	size_t i;
	int flags;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		text = fill_in(names[i], self->stage.name);
		for (flags = 0; flags < 4; flags++) {
			EXPECT_EQ(-EINVAL, event_register(fd, text,
							  self->stage.word,
							  0, flags)) {
				TH_LOG("'%s' with flags %d", text, flags);
				event_unregister(fd, self->stage.word, 0);
			}
		}
	}
}

TEST_F(text, other_printable_names_stay_valid)
{
	const char *good = "!#$&()*+,-.0123456789<=>?@ABCXYZ[]^_abcxyz{|}~";
	const int fd = self->stage.fd;
	char *name;
	int i;

	for (i = 0; good[i]; i++) {
		name = say("%s%c_", self->stage.name, good[i]);
		EXPECT_EQ(i, event_register(fd, say("%s u32 a", name),
					    self->stage.word, 0, SINGLE)) {
			TH_LOG("'%s' is refused", name);
		}
		EXPECT_EQ(0, event_unregister(fd, self->stage.word, 0));
		EXPECT_TRUE(event_exists(SYSTEM, name)) {
			TH_LOG("'%s' has no directory", name);
		}
		EXPECT_TRUE(file_has_line(DYNAMIC_FILE,
					  say("u:%s u32 a", name))) {
			TH_LOG("'%s' is not listed", name);
		}
	}
}

TEST_HARNESS_MAIN
