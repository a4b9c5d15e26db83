/* SPDX-License-Identifier: GPL-2.0 */
/*
 * user_events: the fields of an event.
 *
 * All that is declared here is a function of its arguments and knows no event, so
 * that it can be tested and fuzzed in user space.
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

/* Bytes of a description that a program gives, with its NUL */
#define USER_EVENT_MAX_DESC 512

/* Elements of a char array field */
#define USER_EVENT_MAX_ARRAY 1024

/* Bytes of an entry's fixed part, its common header included */
#define USER_EVENT_MAX_ENTRY U16_MAX

/* Where a layout's first field is: behind the common header of all entries */
#define USER_EVENT_FIRST_OFFSET sizeof(struct trace_entry)

/*
 * trace_events_user_layout.c
 */

/**
 * struct user_event_dyn_check - what a payload has to fulfil for one field
 * @offset: of the field's u32 in the payload, in bytes
 * @relative: __rel_loc: the data's offset counts from the end of the u32;
 *	else __data_loc: from the start of the entry
 * @string: the data's last byte is NUL
 */
struct user_event_dyn_check {
	u16	offset;
	bool	relative;
	bool	string;
};

/**
 * enum user_event_fault - what can be wrong with a command to dynamic_events
 * @USER_EVENT_BAD_CHAR: a character that no description may have
 * @USER_EVENT_NO_NAME: nothing where the name should be
 * @USER_EVENT_RESERVED_NAME: a name that tracefs has for something else
 * @USER_EVENT_BAD_FLAGS: a colon in the name: there are no flags
 * @USER_EVENT_LONG_NAME: a name that can't be a directory's
 * @USER_EVENT_BAD_FIELD: too few words for a field, or too many
 * @USER_EVENT_BAD_TYPE: a type that there is not
 * @USER_EVENT_BAD_SIZE: a struct's size that is none
 * @USER_EVENT_BAD_FIELD_NAME: a field's name that is no identifier of its own
 * @USER_EVENT_FIELD_TWICE: a field's name that another field has
 * @USER_EVENT_LARGE_ENTRY: fields that are more than an entry can hold
 * @USER_EVENT_BAD_SYSTEM: a system that is none of ours
 * @USER_EVENT_EXISTS: the name belongs to an event with other fields
 * @USER_EVENT_MULTI_ONLY: the group has no events with one format a name
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
 * @fault: what
 * @at: the first character that it is about
 */
struct user_event_error {
	enum user_event_fault	fault;
	const char		*at;
};

/**
 * struct user_event_layout - the fields of an event, parsed once
 * @key_len: bytes of the key
 * @size: least payload of an event, in bytes
 * @nr_fields: entries of @fields
 * @nr_checks: how many of them are dynamic
 * @list: @fields for the tracing core, the last one first; changed under
 *	event_mutex only, see user_event_layout_detach()
 * @fields: what the core knows of each field; type and name point into the
 *	key; where there is none, one that stands for that
 *
 * Behind it are user_event_layout_checks() and user_event_layout_key().
 *
 * Immutable but for @list; owned by one event, freed after a grace period.
 * There is one for each event, so no byte of it is kept that can be computed.
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
 * user_event_layout_checks - what a payload has to fulfil
 * @layout: of the event
 *
 * Return: the entries for the dynamic fields in offset order, inside @layout.
 */
static inline struct user_event_dyn_check *
user_event_layout_checks(const struct user_event_layout *layout)
{
	return (void *)&layout->fields[layout->nr_fields ?: 1];
}

/**
 * user_event_layout_key - canonical text: each field as "TYPE\0NAME\0", a
 * struct's with its "SIZE\0" behind
 * @layout: of the event
 *
 * Return: the text, inside @layout; two layouts are equal when their keys are.
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
 * user_event_layout_equal - tell whether two layouts are the same
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
 * user_event_layout_check - look whether the dynamic fields are in the payload
 * @layout: of the event
 * @payload: a payload, which no one else can change
 * @len: bytes of @payload, no less than the layout's size
 *
 * Return: 0, -EFAULT for one that is not, or a string without its NUL, or 1
 * when user_event_layout_end_strings() has to see to a string of no bytes.
 */
static inline int user_event_layout_check(const struct user_event_layout *layout,
					  const void *payload, size_t len)
{
	return layout->nr_checks ? user_event_layout_check_dyn(layout, payload, len) : 0;
}

#endif /* _TRACE_EVENTS_USER_LAYOUT_H */
