/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit tests of layouts have in common.
 */
#ifndef _TRACE_EVENTS_USER_LAYOUT_KUNIT_H
#define _TRACE_EVENTS_USER_LAYOUT_KUNIT_H

#include <kunit/test.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "trace_events_user_layout.h"

/* Where the first field of an entry is */
#define UE_FIRST ((unsigned int)USER_EVENT_FIRST_OFFSET)

static inline void ue_free_action(void *layout)
{
	kfree(layout);
}

static inline struct user_event_layout *ue_parse(struct kunit *test, const char *fields)
{
	struct user_event_layout *layout = user_event_layout_parse(fields, GFP_KERNEL, NULL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, layout, "\"%s\"", fields);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, ue_free_action, layout));
	return layout;
}

/* A description with a name of so many characters */
static inline char *ue_long_name(struct kunit *test, size_t len, const char *fields)
{
	char *desc = kunit_kzalloc(test, len + strlen(fields) + 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, desc);
	memset(desc, 'n', len);
	memcpy(desc + len, fields, strlen(fields));
	return desc;
}

#endif /* _TRACE_EVENTS_USER_LAYOUT_KUNIT_H */
