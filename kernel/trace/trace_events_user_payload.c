// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: check a payload against its layout.
 *
 * These functions take no locks and change nothing but the payload.
 */
#include <linux/limits.h>
#include <linux/string.h>
#include <linux/user_events.h>

#include "trace_events_user_layout.h"

/* Returns the offset in the entry of a dynamic field's data, and its size */
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

/*
 * Whether a string without a size can't be read as a C string where it starts.  A
 * NUL among the fields does not count: user_event_layout_end_strings() may change it.
 */
static bool ue_lacks_nul(const struct user_event_layout *layout, const char *entry,
			 size_t entry_len, size_t start)
{
	return start < USER_EVENT_FIRST_OFFSET + layout->size || start >= entry_len ||
	       entry[start];
}

/**
 * user_event_layout_check_dyn - check that dynamic fields are in the payload
 * @layout: the payload's layout
 * @payload: the payload, in kernel memory, so that nobody changes it afterwards
 * @len: bytes of @payload, at least the layout's size
 *
 * Return: 0, -EFAULT for a field that points outside the payload or to a string
 * without a NUL at its end, or 1 when user_event_layout_end_strings() has to
 * handle an empty string.
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
		/* Empty data may have any offset, and has no last byte */
		if (!size) {
			lacks_nul |= check->string &&
				     ue_lacks_nul(layout, entry, entry_len, start);
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
 * user_event_layout_end_strings - turn strings of size 0 into empty C strings
 * @layout: the payload's layout
 * @payload: the payload, with memory for one more byte after it
 * @len: bytes of @payload, for which user_event_layout_check_dyn() returned 1
 *
 * Filters, histograms and tools read a string up to its NUL even if its size is
 * 0.  Such a string gets the size 1 and the offset of a NUL: one that is in the
 * payload after the fields, or else one that is appended.
 *
 * Return: the new size of the payload in bytes, -E2BIG when the offset of the
 * NUL does not fit into 16 bits, or -EFAULT when another string, which ends among
 * the fields, has lost its NUL to these changes.
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
	/* Relative offsets are smaller: they count from the end of the field */
	if (nul - entry > U16_MAX)
		return -E2BIG;

	for (; check < end; check++) {
		size_t start, size;
		u32 loc;

		start = ue_read_loc(check, payload, &size);
		if (!check->string || size ||
		    !ue_lacks_nul(layout, entry, entry_len, start))
			continue;
		loc = nul - entry;
		if (check->relative)
			loc -= USER_EVENT_FIRST_OFFSET + check->offset + sizeof(loc);
		loc = DYN_LOC(loc, 1);
		memcpy(payload + check->offset, &loc, sizeof(loc));
	}
	return user_event_layout_check_dyn(layout, payload, len) ? -EFAULT : (ssize_t)len;
}
