// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the registrations that address spaces share.  An address is
 * only a number here, and a sharer has no address space.
 */
#include "trace_events_user_kunit.h"
#include "trace_events_user_set.h"

/* More references than are dropped before event_mutex is released */
#define UE_MANY 2500

static struct user_event_sharer *ue_new_sharer(struct kunit *test)
{
	struct user_event_sharer *sharer = user_event_sharer_alloc(NULL);

	KUNIT_ASSERT_NOT_NULL(test, sharer);
	return sharer;
}

static int ue_insert(struct kunit *test, struct user_event_set *set,
		     struct user_event *event, unsigned long addr, u8 bit)
{
	struct user_event_enabler *enabler = user_event_enabler_alloc(event, addr, bit, 4);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, enabler);
	ret = user_event_set_insert(set, enabler);
	if (ret)
		user_event_enabler_free(enabler);
	return ret;
}

/* Leaves a set, and drops its references now instead of later */
static void ue_drop(struct user_event_set *set, struct user_event_sharer *sharer)
{
	user_event_set_leave(set, sharer);
	user_events_drop_all();
}

/* Enablers are sorted by address and bit, and there is only one of each */
static void ue_set_order(struct kunit *test)
{
	static const struct {
		unsigned long	addr;
		u8		bit;
	} in_order[] = {
		{ 0, 0 }, { 0, 31 }, { 4, 1 }, { 4, 2 }, { 4096, 0 }, { ULONG_MAX - 3, 63 },
	};
	struct user_event *event = ue_get_single(test, "kunit_set_order");
	struct user_event_sharer *sharer = ue_new_sharer(test);
	struct user_event_set *set = user_event_set_alloc(sharer);
	struct user_event_enabler *enabler;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, set);
	KUNIT_EXPECT_NULL(test, user_event_set_first(set, 0, 0));
	for (i = ARRAY_SIZE(in_order) - 1; i >= 0; i--)
		KUNIT_EXPECT_EQ(test, 0, ue_insert(test, set, event, in_order[i].addr,
						   in_order[i].bit));
	KUNIT_EXPECT_EQ(test, -EADDRINUSE, ue_insert(test, set, event, 4, 2));

	enabler = user_event_set_first(set, 0, 0);
	for (i = 0; i < ARRAY_SIZE(in_order); i++) {
		KUNIT_ASSERT_NOT_NULL(test, enabler);
		KUNIT_EXPECT_EQ(test, enabler->addr, in_order[i].addr);
		KUNIT_EXPECT_EQ(test, enabler->bit, in_order[i].bit);
		KUNIT_EXPECT_PTR_EQ(test, enabler, user_event_set_find(set, enabler->addr,
								       enabler->bit));
		enabler = user_event_set_next(enabler);
	}
	KUNIT_EXPECT_NULL(test, enabler);
	KUNIT_EXPECT_NULL(test, user_event_set_find(set, 4, 0));
	enabler = user_event_set_first(set, 4, 3);
	KUNIT_ASSERT_NOT_NULL(test, enabler);
	KUNIT_EXPECT_EQ(test, enabler->addr, 4096);
	ue_drop(set, sharer);
}

/* An address space without a set has no enablers */
static void ue_set_none(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, user_event_set_first(NULL, 0, 0));
	KUNIT_EXPECT_NULL(test, user_event_set_find(NULL, 0, 0));
}

/* An enabler holds a reference, which passes to the caller that erases it */
static void ue_set_references(struct kunit *test)
{
	struct user_event *event = ue_get_single(test, "kunit_set_references");
	struct user_event_sharer *sharer = ue_new_sharer(test);
	struct user_event_set *set = user_event_set_alloc(sharer);

	KUNIT_ASSERT_NOT_NULL(test, set);
	KUNIT_EXPECT_EQ(test, 0, ue_insert(test, set, event, 8, 0));
	KUNIT_EXPECT_EQ(test, 0, ue_insert(test, set, event, 8, 1));
	KUNIT_EXPECT_EQ(test, 3, refcount_read(&event->refs));

	KUNIT_EXPECT_PTR_EQ(test, event,
			    user_event_set_erase(set, user_event_set_find(set, 8, 0)));
	KUNIT_EXPECT_EQ(test, 3, refcount_read(&event->refs));
	user_event_put(event);
	KUNIT_EXPECT_NULL(test, user_event_set_find(set, 8, 0));
	ue_drop(set, sharer);
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&event->refs));
}

/* A copy has all enablers of the original, which does not change with it */
static void ue_set_copy(struct kunit *test)
{
	struct user_event *event = ue_get_single(test, "kunit_set_copy");
	struct user_event_sharer *sharer = ue_new_sharer(test), *other = ue_new_sharer(test);
	struct user_event_sharer *owner = ue_new_sharer(test);
	struct user_event_set *set = user_event_set_alloc(sharer), *copy;
	struct user_event_enabler *enabler;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, set);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, 0, ue_insert(test, set, event, 8 * i, i));
	KUNIT_EXPECT_FALSE(test, user_event_set_is_shared(set));
	user_event_set_share(set, other);
	KUNIT_EXPECT_TRUE(test, user_event_set_is_shared(set));

	copy = user_event_set_copy(set, owner);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	user_event_set_leave(set, other);
	KUNIT_EXPECT_FALSE(test, user_event_set_is_shared(set));
	KUNIT_EXPECT_FALSE(test, user_event_set_is_shared(copy));
	KUNIT_EXPECT_EQ(test, 21, refcount_read(&event->refs));
	for (i = 0; i < 10; i++) {
		enabler = user_event_set_find(copy, 8 * i, i);
		KUNIT_ASSERT_NOT_NULL(test, enabler);
		KUNIT_EXPECT_PTR_EQ(test, enabler->set, copy);
		KUNIT_EXPECT_PTR_EQ(test, enabler->event, event);
		KUNIT_EXPECT_PTR_NE(test, enabler, user_event_set_find(set, 8 * i, i));
	}

	user_event_put(user_event_set_erase(copy, user_event_set_find(copy, 8, 1)));
	KUNIT_EXPECT_NOT_NULL(test, user_event_set_find(set, 8, 1));
	ue_drop(set, sharer);
	KUNIT_EXPECT_EQ(test, 10, refcount_read(&event->refs));
	ue_drop(copy, owner);
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&event->refs));
}

/*
 * A toggle walks an event's list once.  An enabler that is registered meanwhile
 * is added at the head, since its task reads the status itself; a copy of an
 * enabler is added at the tail, where the toggle finds it.
 */
static void ue_set_order_of_event(struct kunit *test)
{
	struct user_event *event = ue_get_single(test, "kunit_set_list");
	struct user_event_sharer *sharer = ue_new_sharer(test), *owner = ue_new_sharer(test);
	struct user_event_set *set = user_event_set_alloc(sharer), *copy;
	struct user_event_enabler *enabler;

	KUNIT_ASSERT_NOT_NULL(test, set);
	KUNIT_EXPECT_EQ(test, 0, ue_insert(test, set, event, 8, 0));
	copy = user_event_set_copy(set, owner);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_EXPECT_EQ(test, 0, ue_insert(test, set, event, 16, 0));

	enabler = list_first_entry(&event->enablers, struct user_event_enabler, of_event);
	KUNIT_EXPECT_EQ(test, enabler->addr, 16);
	enabler = list_last_entry(&event->enablers, struct user_event_enabler, of_event);
	KUNIT_EXPECT_PTR_EQ(test, enabler->set, copy);
	ue_drop(set, sharer);
	ue_drop(copy, owner);
}

/* The last sharer of a set drops all its references when it leaves */
static void ue_set_leave(struct kunit *test)
{
	struct user_event_sharer *sharer = ue_new_sharer(test), *other = ue_new_sharer(test);
	struct user_event_set *set = user_event_set_alloc(sharer);
	struct user_event *event;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, set);
	event = user_event_get(&user_event_default_group, "kunit_set_leave u32 a", 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, event);
	for (i = 0; i < UE_MANY; i++)
		KUNIT_EXPECT_EQ(test, 0, ue_insert(test, set, event, 8 * i, 0));
	user_event_put(event);

	user_event_set_share(set, other);
	user_event_set_leave(set, sharer);
	user_events_drop_all();
	KUNIT_EXPECT_EQ(test, UE_MANY, refcount_read(&event->refs));
	KUNIT_EXPECT_EQ(test, -EBUSY, user_event_delete(&user_event_default_group,
							"kunit_set_leave"));
	ue_drop(set, other);
	event = user_event_get(&user_event_default_group, "kunit_set_leave u64 a", 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, event);
	user_event_put(event);
}

static struct kunit_case ue_set_cases[] = {
	KUNIT_CASE(ue_set_order),
	KUNIT_CASE(ue_set_none),
	KUNIT_CASE(ue_set_references),
	KUNIT_CASE(ue_set_copy),
	KUNIT_CASE(ue_set_order_of_event),
	KUNIT_CASE(ue_set_leave),
	{}
};

static struct kunit_suite ue_set_suite = {
	.name = "user_events_set",
	.test_cases = ue_set_cases,
};

kunit_test_suite(ue_set_suite);
