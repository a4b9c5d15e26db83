// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: parse the text of a description into an immutable layout.
 *
 * The functions take no locks and have no side effects, apart from
 * user_event_layout_attach() and user_event_layout_detach(), which link the
 * fields into the list that the tracing core wants.
 */
#include <linux/ctype.h>
#include <linux/limits.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "trace_events_user_layout.h"

/* Maximum words of a field: __data_loc unsigned TYPE NAME, struct N F SIZE */
#define UE_MAX_WORDS 4

/* Limit for the text of fields; that of a dynamic_events command is a page */
#define UE_MAX_TEXT SZ_16K

static_assert(UE_MAX_TEXT * 2 <= U16_MAX, "key_len and nr_fields are u16");

/**
 * struct ue_word - a run of characters in a description
 * @text: its first character; not NUL-terminated
 * @len: length in bytes
 */
struct ue_word {
	const char	*text;
	size_t		len;
};

/**
 * struct ue_base_type - a type of fixed size
 * @name: its name in a description
 * @size: size in bytes
 * @fmt: its conversion in "print fmt"
 */
struct ue_base_type {
	const char	*name;
	u8		size;
	const char	*fmt;
};

static const struct ue_base_type ue_base_types[] = {
	{ "u32",		4, "%u" },
	{ "u64",		8, "%llu" },
	{ "int",		4, "%d" },
	{ "unsigned int",	4, "%u" },
	{ "u8",			1, "%u" },
	{ "s8",			1, "%d" },
	{ "u16",		2, "%u" },
	{ "s16",		2, "%d" },
	{ "s32",		4, "%d" },
	{ "s64",		8, "%lld" },
	{ "char",		1, "%d" },
	{ "unsigned char",	1, "%u" },
	{ "short",		2, "%d" },
	{ "unsigned short",	2, "%u" },
};

static bool ue_is_word(const struct ue_word *word, const char *text)
{
	return strlen(text) == word->len && !memcmp(word->text, text, word->len);
}

/*
 * Returns false for a character that a name or a type must not have: a path
 * separator, a character that "print fmt" and its readers quote with, or one
 * that a terminal would interpret.
 */
static bool ue_is_clean(char c)
{
	switch (c) {
	case '/':
	case '"':
	case '\'':
	case '`':
	case '\\':
	case '%':
		return false;
	default:
		return c >= ' ' && c <= '~';
	}
}

/* Returns the number of bytes before the first @c, or before the end */
static size_t ue_span(const char *text, char c)
{
	return strchrnul(text, c) - text;
}

static bool ue_is_identifier(const struct ue_word *word)
{
	size_t i;

	if (isdigit(word->text[0]))
		return false;
	for (i = 0; i < word->len; i++) {
		if (!isalnum(word->text[i]) && word->text[i] != '_')
			return false;
	}
	return true;
}

/* Returns true for names of files in each directory, or in that of a system */
static bool ue_is_reserved(const char *name, size_t len)
{
	static const char * const names[] = { ".", "..", "enable", "filter" };
	const struct ue_word word = { name, len };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (ue_is_word(&word, names[i]))
			return true;
	}
	return false;
}

/* Returns -EINVAL, and stores the reason unless @error is NULL */
static int ue_refuse(struct user_event_error *error, enum user_event_fault fault,
		     const char *at)
{
	if (error) {
		error->fault = fault;
		error->at = at;
	}
	return -EINVAL;
}

/**
 * user_event_name_len - check a description's characters and its name
 * @desc: the description
 * @len: set to the bytes of the name, which is the start of @desc
 * @error: set to what is wrong after an error, unless NULL
 *
 * Return: 0, -EINVAL for a description that is invalid whatever its fields are,
 * -ENAMETOOLONG for a name that is too long for a directory.
 */
int user_event_name_len(const char *desc, size_t *len, struct user_event_error *error)
{
	const char *c;

	for (c = desc; *c; c++) {
		if (!ue_is_clean(*c))
			return ue_refuse(error, USER_EVENT_BAD_CHAR, c);
	}

	*len = ue_span(desc, ' ');
	if (!*len)
		return ue_refuse(error, USER_EVENT_NO_NAME, desc);
	if (ue_is_reserved(desc, *len))
		return ue_refuse(error, USER_EVENT_RESERVED_NAME, desc);

	/* Flags would follow a colon, but no flags are defined */
	c = memchr(desc, ':', *len);
	if (c)
		return ue_refuse(error, USER_EVENT_BAD_FLAGS, c);

	if (*len <= NAME_MAX)
		return 0;
	ue_refuse(error, USER_EVENT_LONG_NAME, desc);
	return -ENAMETOOLONG;
}

/* Splits a field into words; returns their number, or -EINVAL for too many */
static int ue_split_words(const char *text, size_t len, struct ue_word *words,
			  struct user_event_error *error)
{
	const char *end = text + len;
	int nr = 0;

	while (text < end) {
		const char *start;

		if (*text == ' ') {
			text++;
			continue;
		}
		if (nr == UE_MAX_WORDS)
			return ue_refuse(error, USER_EVENT_BAD_FIELD, words[0].text);
		start = text;
		while (text < end && *text != ' ')
			text++;
		words[nr].text = start;
		words[nr++].len = text - start;
	}
	return nr;
}

/* Appends words to the key, with spaces between them and a NUL at the end */
static char *ue_append_words(struct user_event_layout *layout,
			     const struct ue_word *words, int nr)
{
	char *start = user_event_layout_key(layout) + layout->key_len, *to = start;
	int i;

	for (i = 0; i < nr; i++) {
		memcpy(to, words[i].text, words[i].len);
		to += words[i].len;
		*to++ = i + 1 < nr ? ' ' : '\0';
	}
	layout->key_len += to - start;
	return start;
}

/* Returns a number of up to 10 characters, or 0, which is not a valid size */
static unsigned int ue_parse_size(const char *text, size_t len, unsigned int base)
{
	char digits[11];
	unsigned int size;

	if (len >= sizeof(digits))
		return 0;
	memcpy(digits, text, len);
	digits[len] = '\0';
	return kstrtouint(digits, base, &size) ? 0 : size;
}

/*
 * Returns the number of elements of "char[N]", with N as in C, or 0 for a word
 * that is not such an array, or not one of a valid length.
 */
static unsigned int ue_array_len(const char *text, size_t len)
{
	const size_t prefix = strlen("char[");
	unsigned int size;

	if (len <= prefix || memcmp(text, "char[", prefix) || text[len - 1] != ']')
		return 0;
	size = ue_parse_size(text + prefix, len - prefix - 1, 0);
	return size <= USER_EVENT_MAX_ARRAY ? size : 0;
}

/* Turns char[0x14] into char[20]; a decimal length is never longer */
static void ue_canonicalize_array(struct user_event_layout *layout,
				  char *type, unsigned int len)
{
	char *digits = strchr(type, '[') + 1;

	layout->key_len = digits - user_event_layout_key(layout);
	layout->key_len += sprintf(digits, "%u]", len) + 1;
}

static const struct ue_base_type *ue_find_base_type(const char *type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ue_base_types); i++) {
		if (!strcmp(type, ue_base_types[i].name))
			return &ue_base_types[i];
	}
	return NULL;
}

static int ue_parse_plain(struct user_event_layout *layout,
			  struct ftrace_event_field *field,
			  const struct ue_word *words, int nr,
			  struct user_event_error *error)
{
	const struct ue_base_type *base;
	char *type;

	if (nr != (ue_is_word(&words[0], "unsigned") ? 3 : 2))
		return ue_refuse(error, USER_EVENT_BAD_FIELD, words[0].text);

	type = ue_append_words(layout, words, nr - 1);
	field->type = type;

	base = ue_find_base_type(type);
	if (base) {
		field->size = base->size;
		return 0;
	}

	field->len = ue_array_len(words[nr - 2].text, words[nr - 2].len);
	if (!field->len)
		return ue_refuse(error, USER_EVENT_BAD_TYPE, words[0].text);
	ue_canonicalize_array(layout, type, field->len);
	field->size = field->len;
	field->filter_type = FILTER_STATIC_STRING;
	return 0;
}

/* The core takes any type that contains one of these for a dynamic one */
static bool ue_has_loc(const struct ue_word *word)
{
	return strnstr(word->text, "__data_loc", word->len) ||
	       strnstr(word->text, "__rel_loc", word->len);
}

static int ue_parse_dynamic(struct user_event_layout *layout,
			    struct ftrace_event_field *field,
			    struct user_event_dyn_check *check,
			    const struct ue_word *words, int nr,
			    struct user_event_error *error)
{
	if (nr == 4 ? !ue_is_word(&words[1], "unsigned") : nr != 3)
		return ue_refuse(error, USER_EVENT_BAD_FIELD, words[0].text);
	/* Any other word is accepted as a type */
	if (ue_has_loc(&words[nr - 2]))
		return ue_refuse(error, USER_EVENT_BAD_TYPE, words[nr - 2].text);

	field->type = ue_append_words(layout, words, nr - 1);
	field->size = sizeof(u32);
	check->relative = str_has_prefix(field->type, "__rel_loc");
	check->string = strstr(field->type, "char");
	check->offset = layout->size;
	if (check->string)
		field->filter_type = check->relative ? FILTER_RDYN_STRING :
						       FILTER_DYN_STRING;
	return 0;
}

static int ue_parse_struct(struct user_event_layout *layout,
			   struct ftrace_event_field *field,
			   const struct ue_word *words, int nr,
			   struct user_event_error *error)
{
	unsigned int size;

	if (nr != 4)
		return ue_refuse(error, USER_EVENT_BAD_FIELD, words[0].text);
	if (ue_has_loc(&words[1]))
		return ue_refuse(error, USER_EVENT_BAD_TYPE, words[1].text);

	size = ue_parse_size(words[3].text, words[3].len, 10);
	if (!size || size > USER_EVENT_MAX_ENTRY)
		return ue_refuse(error, USER_EVENT_BAD_SIZE, words[3].text);

	field->type = ue_append_words(layout, words, 2);
	field->size = size;
	return 0;
}

static bool ue_is_struct(const struct ftrace_event_field *field)
{
	return str_has_prefix(field->type, "struct ");
}

static int ue_add_name(struct user_event_layout *layout,
		       struct ftrace_event_field *field, const struct ue_word *name,
		       struct user_event_error *error)
{
	const struct ftrace_event_field *other;

	if (!ue_is_identifier(name) ||
	    (name->len >= strlen("common_") &&
	     !memcmp(name->text, "common_", strlen("common_"))))
		return ue_refuse(error, USER_EVENT_BAD_FIELD_NAME, name->text);

	for (other = layout->fields; other < field; other++) {
		if (ue_is_word(name, other->name))
			return ue_refuse(error, USER_EVENT_FIELD_TWICE, name->text);
	}

	field->name = ue_append_words(layout, name, 1);
	if (ue_is_struct(field))
		layout->key_len += sprintf(user_event_layout_key(layout) + layout->key_len,
					   "%d", field->size) + 1;
	return 0;
}

/* Parses a field; @check is filled in for a dynamic field */
static int ue_parse_field(struct user_event_layout *layout,
			  struct ftrace_event_field *field,
			  struct user_event_dyn_check *check,
			  const char *text, size_t len, struct user_event_error *error)
{
	struct ue_word words[UE_MAX_WORDS];
	int nr, name, ret;

	nr = ue_split_words(text, len, words, error);
	if (nr <= 0)
		return nr;

	/* The functions below replace it for strings, which writes check */
	field->filter_type = FILTER_OTHER;
	name = nr - 1;
	if (ue_is_word(&words[0], "struct")) {
		name = 2;
		ret = ue_parse_struct(layout, field, words, nr, error);
	} else if (ue_is_word(&words[0], "__data_loc") ||
		   ue_is_word(&words[0], "__rel_loc")) {
		ret = ue_parse_dynamic(layout, field, check, words, nr, error);
	} else {
		ret = ue_parse_plain(layout, field, words, nr, error);
	}
	if (!ret)
		ret = ue_add_name(layout, field, &words[name], error);
	if (ret)
		return ret;

	field->offset = USER_EVENT_FIRST_OFFSET + layout->size;
	if (field->offset + field->size > USER_EVENT_MAX_ENTRY)
		return ue_refuse(error, USER_EVENT_LARGE_ENTRY, text);

	field->is_signed = field->type[0] != 'u';
	layout->size += field->size;
	return 0;
}

/**
 * user_event_layout_attach - give the tracing core the list of fields
 * @layout: the layout of an event that is about to be added to the core
 *
 * Context: event_mutex held.
 */
void user_event_layout_attach(struct user_event_layout *layout)
{
	unsigned int i;

	lockdep_assert_held(&event_mutex);
	/* The core expects the last field first */
	INIT_LIST_HEAD(&layout->list);
	for (i = 0; i < layout->nr_fields; i++)
		list_add(&layout->fields[i].link, &layout->list);
}

/**
 * user_event_layout_detach - take the list of fields back from the core
 * @layout: the layout of an event that is about to be removed from the core
 *
 * The core frees the fields that it finds on the list when it removes an event,
 * but these fields belong to the layout.  A reader that walks the list now can
 * continue, since the fields still point to each other and to the head.
 *
 * Context: event_mutex held.
 */
void user_event_layout_detach(struct user_event_layout *layout)
{
	lockdep_assert_held(&event_mutex);
	INIT_LIST_HEAD(&layout->list);
}

/**
 * user_event_layout_fields - the list of fields that the tracing core walks
 * @layout: the layout
 *
 * The core takes the list's first entry for the last field without checking
 * that there is one.  In a layout without fields, the list's head is therefore
 * part of a field that ends where a first field would start.
 *
 * Return: the list, last field first.
 */
struct list_head *user_event_layout_fields(struct user_event_layout *layout)
{
	return layout->nr_fields ? &layout->list : &layout->fields[0].link;
}

/* Moves to the next field; returns the length of its text, or 0 at the end */
static size_t ue_next_field(const char **text)
{
	while (**text == ' ' || **text == ';')
		++*text;
	return ue_span(*text, ';');
}

/* Only the names of dynamic types start with '_' */
static bool ue_looks_dynamic(const char *text)
{
	return *text == '_';
}

/*
 * Allocates memory for all parts of a layout.  A field of N characters needs at
 * most N + 1 bytes of the key: a space becomes a NUL or is dropped, and one NUL
 * is added.
 */
static struct user_event_layout *ue_alloc_layout(const char *text, gfp_t gfp,
						 struct user_event_error *error)
{
	size_t len, nr_fields = 0, nr_checks = 0, size = 0;
	struct user_event_layout *layout;

	if (strnlen(text, UE_MAX_TEXT) == UE_MAX_TEXT)
		return ERR_PTR(ue_refuse(error, USER_EVENT_LARGE_ENTRY, text));

	while ((len = ue_next_field(&text))) {
		nr_fields++;
		nr_checks += ue_looks_dynamic(text);
		size += len + 1;
		text += len;
	}

	/* Without fields, there is a dummy, see user_event_layout_fields() */
	size += struct_size(layout, fields, nr_fields ?: 1) +
		nr_checks * sizeof(struct user_event_dyn_check);
	layout = kzalloc(size, gfp);
	if (!layout)
		return ERR_PTR(-ENOMEM);

	layout->nr_fields = nr_fields;
	layout->nr_checks = nr_checks;
	return layout;
}

/* Initializes the dummy field, see user_event_layout_fields() */
static void ue_init_no_field(struct user_event_layout *layout)
{
	INIT_LIST_HEAD(&layout->fields[0].link);
	layout->fields[0].offset = USER_EVENT_FIRST_OFFSET;
	layout->fields[0].size = 0;
}

/**
 * user_event_layout_parse - parse the fields of a description into a layout
 * @text: the fields, separated by ';'; may be empty; user_event_name_len() has
 *	checked its characters
 * @gfp: flags for the allocation
 * @error: set to what is wrong when -EINVAL is returned, unless NULL
 *
 * Return: the layout, to be freed with kfree(), -EINVAL for text that is not a
 * list of fields, -ENOMEM.
 */
struct user_event_layout *user_event_layout_parse(const char *text, gfp_t gfp,
						  struct user_event_error *error)
{
	struct user_event_dyn_check *check;
	struct user_event_layout *layout;
	struct ftrace_event_field *field;
	size_t len;
	int ret;

	layout = ue_alloc_layout(text, gfp, error);
	if (IS_ERR(layout))
		return layout;

	field = layout->fields;
	check = user_event_layout_checks(layout);
	while ((len = ue_next_field(&text))) {
		ret = ue_parse_field(layout, field++, check, text, len, error);
		if (ret) {
			kfree(layout);
			return ERR_PTR(ret);
		}
		check += ue_looks_dynamic(text);
		text += len;
	}

	if (!layout->nr_fields)
		ue_init_no_field(layout);
	INIT_LIST_HEAD(&layout->list);
	return layout;
}

/**
 * user_event_layout_hash - hash a layout
 * @layout: the layout
 * @key: a secret, without which nobody can construct layouts of the same hash
 *
 * Return: a number that is the same for equal layouts and keys.
 */
u32 user_event_layout_hash(const struct user_event_layout *layout, const hsiphash_key_t *key)
{
	return hsiphash(user_event_layout_key(layout), layout->key_len, key);
}

/* Prints the text of a field: its type and name, and the size of a struct */
static void ue_show_field(struct seq_file *m, const struct ftrace_event_field *field)
{
	seq_printf(m, "%s %s", field->type, field->name);
	if (ue_is_struct(field))
		seq_printf(m, " %d", field->size);
}

/**
 * user_event_layout_show - print the text of a layout
 * @m: the seq_file
 * @layout: the layout
 *
 * This prints each field with a space before it, and nothing without fields.
 */
void user_event_layout_show(struct seq_file *m, const struct user_event_layout *layout)
{
	unsigned int i;

	for (i = 0; i < layout->nr_fields; i++) {
		seq_puts(m, i ? "; " : " ");
		ue_show_field(m, &layout->fields[i]);
	}
}

/* Takes the next word, which ends with a space or a NUL, from *@key */
static struct ue_word ue_next_key_word(const char **key)
{
	struct ue_word word = { .text = *key, .len = strcspn(*key, " ") };

	*key += word.len + 1;
	return word;
}

/*
 * The size of a struct, after its name, and the length of an array have several
 * spellings, of which the key has one.  All other words have only one.
 */
static bool ue_is_same_word(const struct ftrace_event_field *field, const struct ue_word *key,
			    const char *text, size_t len)
{
	unsigned int size;

	if (len == key->len && !memcmp(text, key->text, len))
		return true;
	if (key->text > field->name)
		return ue_parse_size(text, len, 10) == ue_parse_size(key->text, key->len, 10);
	if (field->filter_type != FILTER_STATIC_STRING)
		return false;
	size = ue_array_len(text, len);
	return size && size == ue_array_len(key->text, key->len);
}

/**
 * struct ue_match - the state of matching a description's words with a layout
 * @layout: the layout
 * @key: the next word of its key
 * @end: the end of the key
 * @field: number of the field that @key is in or starts
 * @inside: at least one word of that field has been matched
 */
struct ue_match {
	const struct user_event_layout	*layout;
	const char			*key;
	const char			*end;
	unsigned int			field;
	bool				inside;
};

static bool ue_match_word(struct ue_match *match, const char *text, size_t len)
{
	struct ue_word expected;

	if (match->key == match->end)
		return false;
	match->inside = true;
	expected = ue_next_key_word(&match->key);
	return ue_is_same_word(&match->layout->fields[match->field], &expected, text, len);
}

/* A semicolon ends a field, unless there are no words before it */
static bool ue_match_semicolon(struct ue_match *match)
{
	if (!match->inside)
		return true;
	match->inside = false;
	match->field++;
	if (match->field == match->layout->nr_fields)
		return match->key == match->end;
	return match->key == match->layout->fields[match->field].type;
}

static bool ue_match_arg(struct ue_match *match, const char *arg)
{
	while (*arg) {
		size_t len = strcspn(arg, ";");

		if (len ? !ue_match_word(match, arg, len) : !ue_match_semicolon(match))
			return false;
		arg += len ?: 1;
	}
	return true;
}

/**
 * user_event_layout_match - tell whether words spell a layout
 * @layout: the layout
 * @argc: number of words
 * @argv: a description's fields, split at white space
 *
 * Layouts are equal when they have the same words between the same semicolons,
 * so that neither parsing nor memory is needed to compare.
 *
 * Return: true when the words spell @layout.
 */
bool user_event_layout_match(const struct user_event_layout *layout,
			     int argc, const char **argv)
{
	struct ue_match match = {
		.layout	= layout,
		.key	= user_event_layout_key(layout),
		.end	= user_event_layout_key(layout) + layout->key_len,
	};
	int i;

	for (i = 0; i < argc; i++) {
		if (!ue_match_arg(&match, argv[i]))
			return false;
	}
	/* After a missing semicolon, the number of the field is too small */
	return match.key == match.end &&
	       match.field + match.inside == layout->nr_fields;
}

/* Returns the conversion of a field in "print fmt" */
static const char *ue_field_fmt(const struct ftrace_event_field *field)
{
	const struct ue_base_type *base = ue_find_base_type(field->type);

	if (base)
		return base->fmt;
	return field->filter_type == FILTER_OTHER ? "%llu" : "%s";
}

/* Returns the text before a field's name in the arguments of "print fmt" */
static const char *ue_field_arg(const struct ftrace_event_field *field)
{
	switch (field->filter_type) {
	case FILTER_DYN_STRING:
		return ", __get_str(";
	case FILTER_RDYN_STRING:
		return ", __get_rel_str(";
	default:
		return ", REC->";
	}
}

static void ue_print_fmt(struct seq_buf *s, const struct user_event_layout *layout)
{
	unsigned int i;

	seq_buf_putc(s, '"');
	for (i = 0; i < layout->nr_fields; i++) {
		if (i)
			seq_buf_putc(s, ' ');
		seq_buf_puts(s, layout->fields[i].name);
		seq_buf_putc(s, '=');
		seq_buf_puts(s, ue_field_fmt(&layout->fields[i]));
	}
	seq_buf_putc(s, '"');
	for (i = 0; i < layout->nr_fields; i++) {
		const char *arg = ue_field_arg(&layout->fields[i]);

		seq_buf_puts(s, arg);
		seq_buf_puts(s, layout->fields[i].name);
		if (strchr(arg, '('))
			seq_buf_putc(s, ')');
	}
}

/* Returns the exact size of a "print fmt", since each event has one */
static size_t ue_print_fmt_size(const struct user_event_layout *layout)
{
	size_t size = sizeof("\"\"") + 1;	/* seq_buf keeps one byte free */
	unsigned int i;

	for (i = 0; i < layout->nr_fields; i++) {
		const struct ftrace_event_field *field = &layout->fields[i];

		/* A field adds "NAME=FMT ", and its argument */
		size += 2 * strlen(field->name) + strlen(ue_field_fmt(field)) +
			strlen(ue_field_arg(field)) + strlen("= )");
	}
	return size;
}

/**
 * user_event_layout_print_fmt - allocate the "print fmt" of a layout
 * @layout: the layout
 * @gfp: flags for the allocation
 *
 * Return: the text, to be freed with kfree(), or NULL without memory.
 */
char *user_event_layout_print_fmt(const struct user_event_layout *layout, gfp_t gfp)
{
	size_t size = ue_print_fmt_size(layout);
	struct seq_buf s;
	char *text;

	text = kmalloc(size, gfp);
	if (!text)
		return NULL;

	seq_buf_init(&s, text, size);
	ue_print_fmt(&s, layout);
	text[seq_buf_used(&s)] = '\0';
	WARN_ON_ONCE(seq_buf_has_overflowed(&s));
	return text;
}
