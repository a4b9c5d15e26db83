/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit tests of events have in common.
 */
#ifndef _TRACE_EVENTS_USER_KUNIT_H
#define _TRACE_EVENTS_USER_KUNIT_H

#include "trace_events_user.h"
#include "trace_events_user_layout_kunit.h"

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
