// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes trace_events_user_{layout,payload}.c in user space, under ASan and UBSan.
 *
 * An input is up to three lines: a description, another one, a payload.  Without
 * a second description, the first one is spelled in another way.  What must hold:
 *
 *   - an error is one of the contract's, and says where in the text it is
 *   - without memory, parsing says -ENOMEM and nothing else
 *   - the canonical text of a layout parses to the same layout
 *   - match() agrees with equal(), and equal layouts have the same hash
 *   - the fields lie behind each other, and print fmt has one conversion for each
 *   - a checked payload has its data inside and its strings ended
 *   - parsing, matching and printing take steps that are linear in the text, but
 *     for names of fields, which are compared in pairs
 *
 * A step is a basic block of the parser or of the functions for text that it calls,
 * so that the bound does not depend on the machine.
 *
 * Seen failing: each mistake of layout-mistakes, an overflow, a leak and a
 * quadratic loop among them, is found within 30,000 executions, most within 30.
 */
#include "kernel.h"
#include "../../kernel/trace/trace_events_user_layout.h"

#define MAX_TEXT 4096		/* what a command to dynamic_events may have */

/* Steps: for each byte, and besides; for two names that are compared, see below */
#define PER_BYTE 40
#define AT_LEAST 500

bool fuzz_no_memory;
static unsigned long steps;

void fuzz_step(void)
{
	steps++;
}

#define require(x)							\
	do {								\
		if (!(x)) {						\
			fprintf(stderr, "%s:%d: not so: %s\n",		\
				__FILE__, __LINE__, #x);		\
			abort();					\
		}							\
	} while (0)

static void require_linear(size_t len)
{
	require(steps <= AT_LEAST + PER_BYTE * len);
}

/*
 * The steps that it takes to compare the names of fields in pairs: the length of
 * one is counted, and bytes are looked at where the other's is the same.
 */
static size_t pair_steps(const struct user_event_layout *layout)
{
	size_t lens[MAX_TEXT / 2], sum = 0;
	int i, j;

	for (i = 0; i < layout->nr_fields; i++) {
		lens[i] = strlen(layout->fields[i].name);
		for (j = 0; j < i; j++)
			sum += 10 + 2 * lens[j] + (lens[i] == lens[j] ? 2 * lens[i] : 0);
	}
	return sum;
}

static size_t count(const char *text, char c)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == c;
	return n;
}

static void require_place(const char *text, const struct user_event_error *error)
{
	require(error->at >= text && error->at <= text + strlen(text));
	require(error->fault <= USER_EVENT_LARGE_ENTRY);
}

/* A layout of the whole description, or NULL */
static struct user_event_layout *parse(const char *desc, size_t *name_len)
{
	struct user_event_error error = { .at = NULL };
	struct user_event_layout *layout;
	int ret;

	steps = 0;
	ret = user_event_name_len(desc, name_len, &error);
	require_linear(strlen(desc));
	if (ret) {
		require(ret == -EINVAL || ret == -ENAMETOOLONG);
		require((ret == -ENAMETOOLONG) == (error.fault == USER_EVENT_LONG_NAME));
		require_place(desc, &error);
		return NULL;
	}
	require(*name_len && *name_len <= NAME_MAX);

	steps = 0;
	layout = user_event_layout_parse(desc + *name_len, GFP_KERNEL, &error);
	if (!IS_ERR(layout)) {
		steps -= min(steps, pair_steps(layout));
		require_linear(strlen(desc));
		return layout;
	}
	require(PTR_ERR(layout) == -EINVAL);
	require_place(desc, &error);
	return NULL;
}

static void check_no_memory(const char *desc, size_t name_len)
{
	struct user_event_layout *layout;

	fuzz_no_memory = true;
	layout = user_event_layout_parse(desc + name_len, GFP_KERNEL, NULL);
	fuzz_no_memory = false;
	require(PTR_ERR(layout) == -ENOMEM);
}

/* The fields as the tracing core walks them: the last one first, no gap */
static void check_fields(struct user_event_layout *layout)
{
	struct list_head *head = user_event_layout_fields(layout), *at, *other;
	int end = USER_EVENT_FIRST_OFFSET + layout->size;
	size_t nr = 0;

	require(end <= USER_EVENT_MAX_ENTRY);
	user_event_layout_attach(layout);
	for (at = head->next; at != head; at = at->next) {
		struct ftrace_event_field *field =
			container_of(at, struct ftrace_event_field, link);

		require(field->size > 0 && field->offset + field->size == end);
		require(strlen(field->name) && strlen(field->type));
		require(field->is_signed == (field->type[0] != 'u'));
		for (other = at->next; other != head; other = other->next)
			require(strcmp(field->name, container_of(other, struct ftrace_event_field,
								 link)->name));
		end = field->offset;
		nr++;
	}
	require(end == USER_EVENT_FIRST_OFFSET && nr == layout->nr_fields);
	user_event_layout_detach(layout);
	require(list_empty(&layout->list));
}

static void check_print_fmt(const struct user_event_layout *layout, size_t len)
{
	char *fmt;

	steps = 0;
	fmt = user_event_layout_print_fmt(layout, GFP_KERNEL);
	require_linear(len);
	require(fmt && fmt[0] == '"' && count(fmt, '"') == 2);
	require(count(fmt, '%') == layout->nr_fields && count(fmt, ',') == layout->nr_fields);
	free(fmt);
	fuzz_no_memory = true;
	require(!user_event_layout_print_fmt(layout, GFP_KERNEL));
	fuzz_no_memory = false;
}

/* Splits at white space, as the core does for match() */
static int split(char *text, const char **words, int max)
{
	int nr = 0;

	while (nr < max) {
		while (isspace((unsigned char)*text))
			*text++ = '\0';
		if (!*text)
			break;
		words[nr++] = text;
		while (*text && !isspace((unsigned char)*text))
			text++;
	}
	return nr;
}

static bool matches(const struct user_event_layout *layout, const char *fields)
{
	static const char *words[MAX_TEXT / 2 + 1];
	const size_t len = strlen(fields);
	char *copy = strdup(fields);
	bool same;
	int nr;

	nr = split(copy, words, ARRAY_SIZE(words));
	steps = 0;
	same = user_event_layout_match(layout, nr, words);
	require_linear(len + layout->key_len);
	free(copy);
	return same;
}

/* The description that dynamic_events shows for a layout, to be freed */
static char *show(const char *desc, size_t name_len, const struct user_event_layout *layout)
{
	const size_t size = 2 * strlen(desc) + layout->nr_fields * 16 + 2;
	struct seq_file m = { .text = malloc(size), .size = size };

	seq_printf(&m, "%.*s", (int)name_len, desc);
	user_event_layout_show(&m, layout);
	require(m.len < size);
	return m.text;
}

static void check_canonical(const char *desc, size_t name_len, struct user_event_layout *layout)
{
	char *text = show(desc, name_len, layout), *again;
	struct user_event_layout *other;
	size_t other_len;

	other = parse(text, &other_len);
	require(other && other_len == name_len);
	require(user_event_layout_equal(layout, other));
	require(matches(layout, text + name_len) && matches(other, desc + name_len));
	again = show(text, name_len, other);
	require(!strcmp(text, again));
	free(again);
	free(text);
	kfree(other);
}

static void check_pair(const char *desc, size_t name_len, struct user_event_layout *layout,
		       const char *other_desc)
{
	const hsiphash_key_t key = { { 1, 2 } };
	struct user_event_layout *other;
	size_t other_len;
	bool equal;

	other = parse(other_desc, &other_len);
	if (!other)
		return;
	equal = user_event_layout_equal(layout, other);
	require(matches(layout, other_desc + other_len) == equal);
	require(matches(other, desc + name_len) == equal);
	require(!equal || user_event_layout_hash(layout, &key) ==
			  user_event_layout_hash(other, &key));
	kfree(other);
}

/*
 * Another spelling: a zero before each number, spaces and semicolons twice.  It
 * need not be of the same layout.
 */
static char *respell(const char *text)
{
	char *copy = malloc(2 * strlen(text) + 1), *to = copy;
	char last = 'x';

	for (; *text; last = *text++) {
		if (*text == ' ' || *text == ';')
			*to++ = *text;
		if (isdigit((unsigned char)*text) && !isalnum((unsigned char)last) && last != '_')
			*to++ = '0';
		*to++ = *text;
	}
	*to = '\0';
	return copy;
}

/* What a reader relies on: each dynamic field inside, each string with its end */
static void require_data(const struct user_event_layout *layout, const char *payload, size_t len)
{
	const struct user_event_dyn_check *check = user_event_layout_checks(layout);
	const size_t entry_len = len + USER_EVENT_FIRST_OFFSET;
	int i;

	for (i = 0; i < layout->nr_checks; i++, check++) {
		size_t start, size;
		u32 loc;

		memcpy(&loc, payload + check->offset, sizeof(loc));
		size = loc >> 16;
		start = (loc & U16_MAX) + (check->relative ?
			USER_EVENT_FIRST_OFFSET + check->offset + sizeof(loc) : 0);
		require(start + size <= entry_len);
		if (!check->string)
			continue;
		require(start >= USER_EVENT_FIRST_OFFSET && start < entry_len);
		start -= USER_EVENT_FIRST_OFFSET;
		require(size ? !payload[start + size - 1] : !payload[start]);
	}
}

/* Whether a string of some bytes has its last one among the fields */
static bool ends_inside(const struct user_event_layout *layout, const char *payload)
{
	const struct user_event_dyn_check *check = user_event_layout_checks(layout);
	bool inside = false;
	int i;

	for (i = 0; i < layout->nr_checks; i++, check++) {
		size_t end, size;
		u32 loc;

		memcpy(&loc, payload + check->offset, sizeof(loc));
		size = loc >> 16;
		end = (loc & U16_MAX) + size;
		end += check->relative ? USER_EVENT_FIRST_OFFSET + check->offset + sizeof(loc) : 0;
		inside |= check->string && size && end <= USER_EVENT_FIRST_OFFSET + layout->size;
	}
	return inside;
}

/* A payload as it lies in the kernel: a byte more is there only for ending strings */
static void check_payload(const struct user_event_layout *layout, const char *data, size_t len)
{
	char *payload;
	bool inside;
	ssize_t ended;
	int ret;

	if (len < layout->size)
		return;
	payload = malloc(len ?: 1);
	memcpy(payload, data, len);
	ret = user_event_layout_check(layout, payload, len);
	require(ret == 0 || ret == 1 || ret == -EFAULT);
	if (ret == 0)
		require_data(layout, payload, len);
	if (ret == 1) {
		payload = realloc(payload, len + 1);
		inside = ends_inside(layout, payload);
		ended = user_event_layout_end_strings(layout, payload, len);
		require(ended == (ssize_t)len || ended == (ssize_t)len + 1 ||
			ended == -E2BIG || (ended == -EFAULT && inside));
		if (ended >= 0) {
			require_data(layout, payload, ended);
			require(user_event_layout_check(layout, payload, ended) == 0);
		}
	}
	free(payload);
}

static void check_layout(const char *desc, const char *other, const char *payload, size_t len)
{
	struct user_event_layout *layout;
	size_t name_len;
	char *spelled;

	layout = parse(desc, &name_len);
	if (!layout)
		return;
	check_no_memory(desc, name_len);
	check_fields(layout);
	check_print_fmt(layout, strlen(desc));
	check_canonical(desc, name_len, layout);
	if (other)
		check_pair(desc, name_len, layout, other);
	spelled = respell(desc);
	check_pair(desc, name_len, layout, spelled);
	free(spelled);
	if (payload)
		check_payload(layout, payload, len);
	kfree(layout);
}

int LLVMFuzzerTestOneInput(const char *data, size_t len);
int LLVMFuzzerTestOneInput(const char *data, size_t len)
{
	char *line[2] = { NULL, NULL };
	const char *end;
	int i;

	if (len > MAX_TEXT)
		return 0;
	for (i = 0; i < 2 && data; i++) {
		end = memchr(data, '\n', len);
		line[i] = strndup(data, end ? end - data : len);
		len -= end ? end + 1 - data : len;
		data = end ? end + 1 : NULL;
	}
	check_layout(line[0], line[1], data, len);
	free(line[0]);
	free(line[1]);
	return 0;
}
