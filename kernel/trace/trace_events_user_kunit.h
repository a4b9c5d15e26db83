/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit tests of user_events have in common.
 */
#ifndef _TRACE_EVENTS_USER_KUNIT_H
#define _TRACE_EVENTS_USER_KUNIT_H

#include <kunit/test.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "trace_events_user.h"

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

static inline void ue_put_action(void *event)
{
	user_event_put(event);
}

static inline struct user_event *ue_try_get(const char *desc, unsigned int flags)
{
	return user_event_get(&user_event_default_group, desc, flags);
}

/* An event, with a reference that goes with the test or with ue_put() */
static inline struct user_event *ue_get(struct kunit *test, const char *desc, unsigned int flags)
{
	struct user_event *event = ue_try_get(desc, flags);

	KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, event, "\"%s\"", desc);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, ue_put_action, event));
	return event;
}

static inline struct user_event *ue_get_single(struct kunit *test, const char *desc)
{
	return ue_get(test, desc, 0);
}

static inline struct user_event *ue_get_multi(struct kunit *test, const char *desc)
{
	return ue_get(test, desc, USER_EVENT_REG_MULTI_FORMAT);
}

static inline void ue_put(struct kunit *test, struct user_event *event)
{
	kunit_release_action(test, ue_put_action, event);
}

/* An event that stays until it is deleted */
static inline void ue_make_persistent(struct kunit *test, const char *desc, unsigned int flags)
{
	struct user_event *event = ue_get(test, desc, flags);

	user_event_persist(event);
	ue_put(test, event);
}

static inline int ue_delete(const char *name)
{
	return user_event_delete(&user_event_default_group, name);
}

static inline u32 ue_nr_events(void)
{
	guard(mutex)(&event_mutex);
	return user_event_default_group.nr_events;
}

/* The id in the name of the tracepoint of a multi-format event */
static inline u64 ue_id_of(struct kunit *test, const struct user_event *event)
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

#endif /* _TRACE_EVENTS_USER_KUNIT_H */
