/* SPDX-License-Identifier: GPL-2.0 */
/*
 * user_events: the fields of an event.
 *
 * The functions that are declared here depend on their arguments only, and not
 * on an event, so that they can be tested and fuzzed in user space.
 */
#ifndef _TRACE_EVENTS_USER_LAYOUT_H
#define _TRACE_EVENTS_USER_LAYOUT_H

#include <linux/gfp_types.h>
#include <linux/list.h>
#include <linux/siphash.h>
#include <linux/string.h>
#include <linux/trace_events.h>

#include "trace.h"

struct seq_file;

/* Maximum size in bytes of a description from user space, with its NUL */
#define USER_EVENT_MAX_DESC 512

/* Maximum number of elements of a char array */
#define USER_EVENT_MAX_ARRAY 1024

/* Maximum size of an entry's header and fields, without dynamic data */
#define USER_EVENT_MAX_ENTRY U16_MAX

/* Offset of a layout's first field, after the common header of all entries */
#define USER_EVENT_FIRST_OFFSET sizeof(struct trace_entry)

/*
 * trace_events_user_layout.c
 */

/**
 * struct user_event_dyn_check - how to check the data of a dynamic field
 * @offset: offset of the field's u32 in the payload, in bytes
 * @relative: true for __rel_loc, whose data's offset counts from the end of the
 *	u32; false for __data_loc, where it counts from the start of the entry
 * @string: the last byte of the data has to be NUL
 */
struct user_event_dyn_check {
	u16	offset;
	bool	relative;
	bool	string;
};

/**
 * enum user_event_fault - what can be wrong with a command to dynamic_events
 * @USER_EVENT_BAD_CHAR: a character that no description may have
 * @USER_EVENT_NO_NAME: there is no name
 * @USER_EVENT_RESERVED_NAME: a name that tracefs uses for something else
 * @USER_EVENT_BAD_FLAGS: a colon in the name, although there are no flags
 * @USER_EVENT_LONG_NAME: a name that is too long for a directory
 * @USER_EVENT_BAD_FIELD: too few words for a field, or too many
 * @USER_EVENT_BAD_TYPE: an unknown type
 * @USER_EVENT_BAD_SIZE: an invalid size of a struct
 * @USER_EVENT_BAD_FIELD_NAME: a field's name that is not an identifier, or that
 *	is reserved
 * @USER_EVENT_FIELD_TWICE: a field's name that another field has
 * @USER_EVENT_LARGE_ENTRY: fields that are too large for an entry
 * @USER_EVENT_BAD_SYSTEM: a system that is not one of a group
 * @USER_EVENT_EXISTS: the name of an event that has other fields
 * @USER_EVENT_MULTI_ONLY: a single-format event, which the group does not allow
 */
enum user_event_fault {
	USER_EVENT_BAD_CHAR,
	USER_EVENT_NO_NAME,
	USER_EVENT_RESERVED_NAME,
	USER_EVENT_BAD_FLAGS,
	USER_EVENT_LONG_NAME,
	USER_EVENT_BAD_FIELD,
	USER_EVENT_BAD_TYPE,
	USER_EVENT_BAD_SIZE,
	USER_EVENT_BAD_FIELD_NAME,
	USER_EVENT_FIELD_TWICE,
	USER_EVENT_LARGE_ENTRY,
	USER_EVENT_BAD_SYSTEM,
	USER_EVENT_EXISTS,
	USER_EVENT_MULTI_ONLY,
};

/**
 * struct user_event_error - what is wrong with a command, and where
 * @fault: what is wrong
 * @at: the first character that is wrong
 */
struct user_event_error {
	enum user_event_fault	fault;
	const char		*at;
};

/**
 * struct user_event_layout - the fields of an event, parsed once
 * @key_len: size of the key in bytes
 * @size: minimum size of a payload, in bytes
 * @nr_fields: number of fields
 * @nr_checks: number of dynamic fields
 * @list: @fields for the tracing core, the last one first; changed under
 *	event_mutex only, see user_event_layout_detach()
 * @fields: the fields for the tracing core, whose type and name point into the
 *	key; a layout without fields has one dummy
 *
 * user_event_layout_checks() and user_event_layout_key() follow in the same
 * allocation.
 *
 * A layout is immutable but for @list.  One event owns it, and frees it after a
 * grace period.  Nothing is stored that can be computed, since each event has a
 * layout.
 */
struct user_event_layout {
	u16				key_len;
	u16				size;
	u16				nr_fields;
	u16				nr_checks;
	struct list_head		list;
	struct ftrace_event_field	fields[];
};

/**
 * user_event_layout_checks - get the checks of a layout's dynamic fields
 * @layout: the layout
 *
 * Return: the checks, sorted by offset, inside @layout.
 */
static inline struct user_event_dyn_check *
user_event_layout_checks(const struct user_event_layout *layout)
{
	return (void *)&layout->fields[layout->nr_fields ?: 1];
}

/**
 * user_event_layout_key - get the canonical text of a layout
 * @layout: the layout
 *
 * Each field is "TYPE\0NAME\0", followed by "SIZE\0" for a struct.  Two layouts
 * are equal when their keys are.
 *
 * Return: the text, inside @layout.
 */
static inline char *user_event_layout_key(const struct user_event_layout *layout)
{
	return (char *)(user_event_layout_checks(layout) + layout->nr_checks);
}

int user_event_name_len(const char *desc, size_t *len, struct user_event_error *error);
struct user_event_layout *user_event_layout_parse(const char *text, gfp_t gfp,
						  struct user_event_error *error);
u32 user_event_layout_hash(const struct user_event_layout *layout, const hsiphash_key_t *key);
char *user_event_layout_print_fmt(const struct user_event_layout *layout, gfp_t gfp);
void user_event_layout_show(struct seq_file *m, const struct user_event_layout *layout);
bool user_event_layout_match(const struct user_event_layout *layout,
			     int argc, const char **argv);
struct list_head *user_event_layout_fields(struct user_event_layout *layout);
void user_event_layout_attach(struct user_event_layout *layout);
void user_event_layout_detach(struct user_event_layout *layout);

/**
 * user_event_layout_equal - tell whether two layouts are equal
 * @a: one layout
 * @b: the other
 *
 * Return: true when programs that use them can share an event.
 */
static inline bool user_event_layout_equal(const struct user_event_layout *a,
					   const struct user_event_layout *b)
{
	return a->key_len == b->key_len &&
	       !memcmp(user_event_layout_key(a), user_event_layout_key(b), a->key_len);
}

/*
 * trace_events_user_payload.c
 */

int user_event_layout_check_dyn(const struct user_event_layout *layout,
				const void *payload, size_t len);
ssize_t user_event_layout_end_strings(const struct user_event_layout *layout,
				      void *payload, size_t len);

/**
 * user_event_layout_check - check that dynamic fields are in the payload
 * @layout: the payload's layout
 * @payload: the payload, which nobody else can change
 * @len: bytes of @payload, at least the layout's size
 *
 * Return: 0, -EFAULT for a field that points outside the payload or to a string
 * without a NUL at its end, or 1 when user_event_layout_end_strings() has to
 * handle an empty string.
 */
static inline int user_event_layout_check(const struct user_event_layout *layout,
					  const void *payload, size_t len)
{
	return layout->nr_checks ? user_event_layout_check_dyn(layout, payload, len) : 0;
}

#endif /* _TRACE_EVENTS_USER_LAYOUT_H */
