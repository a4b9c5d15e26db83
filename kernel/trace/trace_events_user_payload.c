// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: whether a payload has what its layout says.
 *
 * No locks, no side effects outside the payload.
 */
#include <linux/limits.h>
#include <linux/string.h>
#include <linux/user_events.h>

#include "trace_events_user_layout.h"

/* Where the data of a dynamic field is, from the start of the entry, and its bytes */
static size_t ue_read_loc(const struct user_event_dyn_check *check, const void *payload,
			  size_t *size)
{
	u32 loc;

	memcpy(&loc, payload + check->offset, sizeof(loc));
	*size = loc >> 16;
	loc &= U16_MAX;
	if (check->relative)
		loc += USER_EVENT_FIRST_OFFSET + check->offset + sizeof(loc);
	return loc;
}

/* Whether a string without a size can't be read as a C string where it starts */
static bool ue_lacks_nul(const char *entry, size_t entry_len, size_t start)
{
	return start < USER_EVENT_FIRST_OFFSET || start >= entry_len || entry[start];
}

/**
 * user_event_layout_check_dyn - look whether dynamic fields are in the payload
 * @layout: the payload's layout
 * @payload: the payload, in kernel memory: no one changes it after the check
 * @len: bytes of @payload, at least the layout's size
 *
 * Return: 0, -EFAULT for a field that points outside the payload, or whose
 * string does not end there, or 1 when user_event_layout_end_strings() has to
 * see to a string of no bytes.
 */
int user_event_layout_check_dyn(const struct user_event_layout *layout,
				const void *payload, size_t len)
{
	const struct user_event_dyn_check *check = user_event_layout_checks(layout);
	const struct user_event_dyn_check *end = check + layout->nr_checks;

	/* Offsets count from the start of the entry, as in __data_loc */
	const char *entry = payload - USER_EVENT_FIRST_OFFSET;
	size_t entry_len = len + USER_EVENT_FIRST_OFFSET;
	bool lacks_nul = false;

	for (; check < end; check++) {
		size_t start, size;

		start = ue_read_loc(check, payload, &size);
		if (start + size > entry_len)
			return -EFAULT;
		/* No data is nowhere, and a string of no bytes has no last one */
		if (!size) {
			lacks_nul |= check->string && ue_lacks_nul(entry, entry_len, start);
			continue;
		}
		if (start < USER_EVENT_FIRST_OFFSET)
			return -EFAULT;
		if (check->string && entry[start + size - 1])
			return -EFAULT;
	}
	return lacks_nul;
}

/**
 * user_event_layout_end_strings - let strings of no bytes be empty C strings
 * @layout: the payload's layout
 * @payload: the payload, with memory for one byte more behind it
 * @len: bytes of @payload, for which user_event_layout_check_dyn() returned 1
 *
 * Filters, histograms and tools read a string without a size up to its NUL.
 * Such strings become strings of one NUL: one that is in the payload behind
 * the fields, or else a byte that is appended.
 *
 * Return: the bytes of the payload now, or -E2BIG when there is no NUL that the
 * 16 bits of an offset can reach.
 */
ssize_t user_event_layout_end_strings(const struct user_event_layout *layout,
				      void *payload, size_t len)
{
	const struct user_event_dyn_check *check = user_event_layout_checks(layout);
	const struct user_event_dyn_check *end = check + layout->nr_checks;
	char *nul = memchr(payload + layout->size, 0, len - layout->size);
	char *entry = payload - USER_EVENT_FIRST_OFFSET;
	size_t entry_len = len + USER_EVENT_FIRST_OFFSET;

	if (!nul) {
		nul = payload + len++;
		*nul = '\0';
	}
	/* Of relative offsets, too: they count from behind their fields */
	if (nul - entry > U16_MAX)
		return -E2BIG;

	for (; check < end; check++) {
		size_t start, size;
		u32 loc;

		start = ue_read_loc(check, payload, &size);
		if (!check->string || size || !ue_lacks_nul(entry, entry_len, start))
			continue;
		loc = nul - entry;
		if (check->relative)
			loc -= USER_EVENT_FIRST_OFFSET + check->offset + sizeof(loc);
		loc = DYN_LOC(loc, 1);
		memcpy(payload + check->offset, &loc, sizeof(loc));
	}
	return len;
}
