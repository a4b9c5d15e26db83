// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of how events are found, shared and deleted.  Code that needs an
 * address space or an open file is tested from user space, see
 * tools/testing/selftests/user_events.
 */
#include "trace_events_user_kunit.h"

/* Number of formats of a name with many formats */
#define UE_NR_FORMATS 64

/* An event that exists is shared, whatever the spelling of the description */
static void ue_event_share(struct kunit *test)
{
	u32 before = ue_nr_events();
	struct user_event *event = ue_get_single(test, "kunit_share u32 a;char[16] b");

	KUNIT_EXPECT_EQ(test, ue_nr_events(), before + 1);
	KUNIT_EXPECT_PTR_EQ(test, event, ue_get_single(test, "kunit_share u32 a;char[16] b"));
	KUNIT_EXPECT_PTR_EQ(test, event, ue_get_single(test, "kunit_share u32 a ; char[020] b;"));
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before + 1);
}

/* An event is removed at once when its last reference is dropped */
static void ue_event_exact_lifetime(struct kunit *test)
{
	u32 before = ue_nr_events();
	struct user_event *event, *other;

	event = ue_get_single(test, "kunit_exact u32 a");
	other = ue_get_single(test, "kunit_exact u32 a");
	ue_put(test, event);
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("kunit_exact u64 a", 0), ERR_PTR(-EADDRINUSE));
	ue_put(test, other);
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_exact"), -ENOENT);

	ue_put(test, ue_get_single(test, "kunit_exact u64 a"));
	ue_put(test, ue_get_single(test, "kunit_exact"));
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before);
}

static void ue_event_single_layout(struct kunit *test)
{
	struct user_event *event = ue_get_single(test, "kunit_single u32 a");

	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("kunit_single", 0), ERR_PTR(-EADDRINUSE));
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("kunit_single u32 b", 0), ERR_PTR(-EADDRINUSE));
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("kunit_single u32 a;u32 b", 0),
			    ERR_PTR(-EADDRINUSE));
	KUNIT_EXPECT_PTR_EQ(test, event, ue_get_single(test, "kunit_single u32 a"));
}

static void ue_event_bad_description(struct kunit *test)
{
	u32 before = ue_nr_events();

	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("", 0), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("kunit_bad:", 0), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("kunit_bad u32", 0), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("kunit_bad u32 a;u32 a", USER_EVENT_REG_MULTI_FORMAT),
			    ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("kunit_bad long a", 0), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_bad"), -ENOENT);
}

static void ue_event_multi_formats(struct kunit *test)
{
	struct user_event *first = ue_get_multi(test, "kunit_multi u64 a");
	struct user_event *second = ue_get_multi(test, "kunit_multi u32 a");
	struct user_event *third = ue_get_multi(test, "kunit_multi");

	KUNIT_EXPECT_PTR_NE(test, first, second);
	KUNIT_EXPECT_PTR_NE(test, first, third);
	KUNIT_EXPECT_PTR_NE(test, second, third);
	KUNIT_EXPECT_NE(test, first->call.event.type, second->call.event.type);

	KUNIT_EXPECT_PTR_EQ(test, first, ue_get_multi(test, "kunit_multi  u64 a;"));
	KUNIT_EXPECT_PTR_EQ(test, second, ue_get_multi(test, "kunit_multi u32  a"));
	KUNIT_EXPECT_PTR_EQ(test, third, ue_get_multi(test, "kunit_multi ;"));
}

/* Ids increase within a name and across names, also for an event added again */
static void ue_event_ids(struct kunit *test)
{
	static const char * const descs[] = {
		"kunit_id u32 a", "kunit_id u32 b", "kunit_id_b u32 a", "kunit_id u32 a",
	};
	u64 last = 0, id;
	int i;

	for (i = 0; i < ARRAY_SIZE(descs); i++) {
		struct user_event *event = ue_get_multi(test, descs[i]);

		id = ue_id_of(test, event);
		KUNIT_EXPECT_GT(test, id, last);
		KUNIT_EXPECT_LE(test, id, ktime_get_ns() + ARRAY_SIZE(descs));
		last = id;
		ue_put(test, event);
	}
}

/* Single-format and multi-format events are never shared with each other */
static void ue_event_worlds(struct kunit *test)
{
	struct user_event *multi = ue_get_multi(test, "kunit_worlds u32 a");
	struct user_event *single = ue_get_single(test, "kunit_worlds u32 a");
	struct user_event *other;

	KUNIT_EXPECT_PTR_NE(test, single, multi);
	KUNIT_EXPECT_STREQ(test, single->call.class->system, USER_EVENTS_SYSTEM);
	KUNIT_EXPECT_STREQ(test, multi->call.class->system, USER_EVENTS_MULTI_SYSTEM);
	ue_put(test, single);

	single = ue_get_single(test, "kunit_worlds u64 a");
	other = ue_get_multi(test, "kunit_worlds u64 a");
	KUNIT_EXPECT_PTR_NE(test, single, other);
	KUNIT_EXPECT_PTR_EQ(test, multi, ue_get_multi(test, "kunit_worlds u32 a"));
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("kunit_worlds u32 a", 0), ERR_PTR(-EADDRINUSE));
}

/* Tests the tracepoint's name, and the name that "format" files have */
static void ue_event_names(struct kunit *test)
{
	struct user_event *single = ue_get_single(test, "kunit.names-1 u32 a");
	struct user_event *multi = ue_get_multi(test, "kunit.names-1 u32 a");
	struct user_event *plain = ue_get_multi(test, "kunit_names_2 u32 a");

	KUNIT_EXPECT_STREQ(test, trace_event_name(&single->call), "kunit.names-1");
	KUNIT_EXPECT_NULL(test, single->call.class->format_name);

	KUNIT_EXPECT_TRUE(test, strstarts(trace_event_name(&multi->call), "kunit.names-1:["));
	KUNIT_ASSERT_NOT_NULL(test, multi->call.class->format_name);
	KUNIT_EXPECT_STREQ(test, multi->call.class->format_name(&multi->call), "kunit_names_1");
	KUNIT_EXPECT_STREQ(test, plain->call.class->format_name(&plain->call), "kunit_names_2");
}

/* A name that is too long together with its id leaves nothing behind */
static void ue_event_name_length(struct kunit *test)
{
	const char *longest = ue_long_name(test, NAME_MAX, "");
	u32 before = ue_nr_events();

	ue_put(test, ue_get_multi(test, ue_long_name(test, 239, " u32 a")));
	ue_put(test, ue_get_single(test, longest));
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get(longest, USER_EVENT_REG_MULTI_FORMAT),
			    ERR_PTR(-ENAMETOOLONG));
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get(ue_long_name(test, NAME_MAX + 1, ""), 0),
			    ERR_PTR(-ENAMETOOLONG));
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before);
	KUNIT_EXPECT_EQ(test, ue_delete(longest), -ENOENT);
}

/* Tests the members of an event that the tracing core reads */
static void ue_event_in_core(struct kunit *test)
{
	struct user_event *event = ue_get_multi(test, "kunit_core u32 a;char[8] b;u64 c");
	struct user_event *empty = ue_get_multi(test, "kunit_core");
	struct ftrace_event_field *field;
	char name[] = "b";

	guard(mutex)(&event_mutex);
	field = trace_find_event_field(&event->call, name);
	KUNIT_EXPECT_PTR_EQ(test, field, &event->layout->fields[1]);
	KUNIT_EXPECT_NULL(test, trace_find_event_field(&empty->call, name));

	KUNIT_EXPECT_EQ(test, trace_event_get_offsets(&event->call), UE_FIRST + 20);
	KUNIT_EXPECT_EQ(test, trace_event_get_offsets(&empty->call), UE_FIRST);
	KUNIT_EXPECT_STREQ(test, event->call.print_fmt,
			   "\"a=%u b=%s c=%llu\", REC->a, REC->b, REC->c");
	KUNIT_EXPECT_STREQ(test, empty->call.print_fmt, "\"\"");
}

static void ue_event_persist(struct kunit *test)
{
	u32 before = ue_nr_events();
	struct user_event *event;

	ue_make_persistent(test, "kunit_persist u32 a", 0);
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before + 1);
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("kunit_persist u64 a", 0), ERR_PTR(-EADDRINUSE));

	/* Making it persistent twice needs only one deletion */
	ue_make_persistent(test, "kunit_persist u32 a", 0);
	event = ue_get_single(test, "kunit_persist u32 a");
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_persist"), -EBUSY);
	ue_put(test, event);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_persist"), 0);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_persist"), -ENOENT);
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before);
}

/* A registration that makes an existing event persistent keeps that event */
static void ue_event_persist_later(struct kunit *test)
{
	struct user_event *event = ue_get_multi(test, "kunit_later u32 a");

	ue_make_persistent(test, "kunit_later u32 a", USER_EVENT_REG_MULTI_FORMAT);
	ue_put(test, event);
	KUNIT_EXPECT_PTR_EQ(test, event, ue_get_multi(test, "kunit_later u32 a"));
	ue_put(test, event);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_later"), 0);
}

/* All events of a name but those in use are deleted */
static void ue_event_delete_all(struct kunit *test)
{
	static const char * const descs[] = {
		"kunit_delete u8 a", "kunit_delete u16 a", "kunit_delete u32 a",
		"kunit_delete u64 a", "kunit_delete",
	};
	u32 before = ue_nr_events();
	struct user_event *busy;
	int i;

	for (i = 0; i < ARRAY_SIZE(descs); i++)
		ue_make_persistent(test, descs[i], USER_EVENT_REG_MULTI_FORMAT);
	ue_make_persistent(test, "kunit_delete u32 a", 0);
	ue_make_persistent(test, "kunit_delete_2 u32 a", 0);
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before + ARRAY_SIZE(descs) + 2);

	busy = ue_get_multi(test, "kunit_delete u32 a");
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_delete"), -EBUSY);
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before + 2);
	KUNIT_EXPECT_PTR_EQ(test, busy, ue_get_multi(test, "kunit_delete u32 a"));
	ue_put(test, busy);
	ue_put(test, busy);

	KUNIT_EXPECT_EQ(test, ue_delete("kunit_delete"), 0);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_delete"), -ENOENT);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_delete_2"), 0);
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before);
}

static void ue_event_delete_single_busy(struct kunit *test)
{
	struct user_event *busy = ue_get_single(test, "kunit_busy u32 a");
	u32 before = ue_nr_events();

	ue_make_persistent(test, "kunit_busy u32 a", USER_EVENT_REG_MULTI_FORMAT);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_busy"), -EBUSY);
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before);
	ue_put(test, busy);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_busy"), -ENOENT);
}

static void ue_event_delete_unknown(struct kunit *test)
{
	struct user_event *event = ue_get_single(test, "kunit_unknown u32 a");

	KUNIT_EXPECT_EQ(test, ue_delete(""), -ENOENT);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_unknow"), -ENOENT);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_unknown "), -ENOENT);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_unknown u32 a"), -ENOENT);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_unknown"), -EBUSY);
	ue_put(test, event);
}

/* All events of a name with many formats are found again, and then deleted */
static void ue_event_many_formats(struct kunit *test)
{
	struct user_event **events;
	u32 before = ue_nr_events();
	char desc[40];
	int i;

	events = kunit_kcalloc(test, UE_NR_FORMATS, sizeof(*events), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, events);

	for (i = 0; i < UE_NR_FORMATS; i++) {
		sprintf(desc, "kunit_many struct s a %d", i + 1);
		events[i] = ue_get_multi(test, desc);
		user_event_persist(events[i]);
	}
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before + UE_NR_FORMATS);

	for (i = 0; i < UE_NR_FORMATS; i++) {
		sprintf(desc, "kunit_many struct s a %d", i + 1);
		KUNIT_EXPECT_PTR_EQ(test, ue_get_multi(test, desc), events[i]);
		ue_put(test, events[i]);
	}
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before + UE_NR_FORMATS);

	for (i = 0; i < UE_NR_FORMATS; i++)
		ue_put(test, events[i]);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_many"), 0);
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before);
}

/* All events of a name are deleted, even if ids have wrapped among them */
static void ue_event_id_wraps(struct kunit *test)
{
	u32 before = ue_nr_events();
	char desc[40];
	int i;

	/* There are more than are deleted before event_mutex is released */
	for (i = 0; i < 3 * UE_NR_FORMATS; i++) {
		if (i == UE_NR_FORMATS) {
			guard(mutex)(&event_mutex);
			ue_next_index = U32_MAX;
		}
		sprintf(desc, "kunit_wrap struct s a %d", i + 1);
		ue_make_persistent(test, desc, USER_EVENT_REG_MULTI_FORMAT);
	}
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_wrap"), 0);
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before);
}

/* These layouts have the same jhash() with a seed of 0, on little endian */
static void ue_event_hash(struct kunit *test)
{
	const hsiphash_key_t key = {{ 1, 2 }};
	struct user_event *a, *b, *c;

	a = ue_get_multi(test, "kunit_hash u32 floodingT9oUdaDlBXgE");
	b = ue_get_multi(test, "kunit_hash u32 floodingdFlqfQrjMs5E");
	c = ue_get_multi(test, "kunit_hash u32 floodingPQKWv_ONMFGL");
	KUNIT_EXPECT_FALSE(test, user_event_layout_hash(a->layout, &key) ==
			   user_event_layout_hash(b->layout, &key) &&
			   user_event_layout_hash(b->layout, &key) ==
			   user_event_layout_hash(c->layout, &key));
}

static void ue_restore_max(void *max)
{
	user_events_max = (unsigned long)max;
}

static void ue_event_limit(struct kunit *test)
{
	struct user_event *event = ue_get_single(test, "kunit_limit u32 a");
	u32 before = ue_nr_events();

	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, ue_restore_max,
							   (void *)(unsigned long)user_events_max));
	user_events_max = before;
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("kunit_limit u32 a", USER_EVENT_REG_MULTI_FORMAT),
			    ERR_PTR(-EMFILE));
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("kunit_limit_2", 0), ERR_PTR(-EMFILE));
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("kunit_limit u64 a", 0), ERR_PTR(-EADDRINUSE));

	/* An event can still be shared, and its removal allows another one */
	KUNIT_EXPECT_PTR_EQ(test, event, ue_get_single(test, "kunit_limit u32 a"));
	ue_put(test, event);
	ue_put(test, event);
	ue_put(test, ue_get_multi(test, "kunit_limit u32 a"));
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before - 1);
}

/* dynamic_events creates events that persist, and deletes one by its layout */
static void ue_event_dynamic(struct kunit *test)
{
	struct seq_file m = { .size = 128 };
	struct user_event *event;

	KUNIT_EXPECT_EQ(test, user_event_dyn_ops.create("p:kunit_dyn u32 a"), -ECANCELED);
	KUNIT_EXPECT_EQ(test, user_event_dyn_ops.create("u:kunit_dyn u32"), -EINVAL);
	KUNIT_EXPECT_EQ(test, user_event_dyn_ops.create(ue_long_name(test, 600, "")), -ECANCELED);
	KUNIT_ASSERT_EQ(test, dyn_event_create("u:kunit_dyn u32 a", &user_event_dyn_ops), 0);
	KUNIT_EXPECT_EQ(test, dyn_event_create("u:kunit_dyn u64 a", &user_event_dyn_ops),
			-EADDRINUSE);

	event = ue_get_single(test, "kunit_dyn u32 a");
	m.buf = kunit_kzalloc(test, m.size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m.buf);
	scoped_guard(mutex, &event_mutex) {
		KUNIT_EXPECT_EQ(test, user_event_dyn_ops.show(&m, &event->devent), 0);
		KUNIT_EXPECT_STREQ(test, m.buf, "u:kunit_dyn u32 a\n");
		KUNIT_EXPECT_TRUE(test, user_event_dyn_ops.is_busy(&event->devent));
	}
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:kunit_dyn u32 a", &user_event_dyn_ops), -EBUSY);
	ue_put(test, event);

	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:kunit_dyn u64 a", &user_event_dyn_ops),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:kunit_dyn u32 a", &user_event_dyn_ops), 0);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_dyn"), -ENOENT);
}

/* A command without a system is about the default group */
static void ue_event_dynamic_group(struct kunit *test)
{
	struct user_event_group *group = kunit_kzalloc(test, sizeof(*group), GFP_KERNEL);
	struct user_event *event;

	KUNIT_ASSERT_NOT_NULL(test, group);
	user_event_group_init(group, "kunit", "kunit_group", "kunit_group_multi");
	event = user_event_get(group, "kunit_dyng u32 a", 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, event);
	user_event_persist(event);
	user_event_put(event);

	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:kunit_dyng u32 a", &user_event_dyn_ops),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:user_events/kunit_dyng u32 a",
						&user_event_dyn_ops), -ENOENT);
	KUNIT_EXPECT_EQ(test, group->nr_events, 1);
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:kunit_group/kunit_dyng u32 a",
						&user_event_dyn_ops), 0);
	KUNIT_EXPECT_EQ(test, group->nr_events, 0);
	/* Wait until the events that were removed have been freed */
	rcu_barrier();
	user_event_changes_end(&group->changes);
	xa_destroy(&group->events);
}

static void ue_event_dynamic_formats(struct kunit *test)
{
	u32 before = ue_nr_events();

	ue_make_persistent(test, "kunit_dynf u32 a", 0);
	ue_make_persistent(test, "kunit_dynf u32 a", USER_EVENT_REG_MULTI_FORMAT);
	ue_make_persistent(test, "kunit_dynf u64 a", USER_EVENT_REG_MULTI_FORMAT);

	/* A command with a system deletes only the event of that system */
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:user_events_multi/kunit_dynf u32 a",
						&user_event_dyn_ops), 0);
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before + 2);
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:user_events_multi/kunit_dynf u32 a",
						&user_event_dyn_ops), -ENOENT);

	/* A command without a system deletes the events of both systems */
	ue_make_persistent(test, "kunit_dynf u32 a", USER_EVENT_REG_MULTI_FORMAT);
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:kunit_dynf u32  a;", &user_event_dyn_ops), 0);
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before + 1);
	KUNIT_EXPECT_EQ(test, dyn_event_release("!u:user_events/kunit_dynf u64 a",
						&user_event_dyn_ops), -ENOENT);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_dynf"), 0);
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before);
}

static struct kunit_case ue_event_cases[] = {
	KUNIT_CASE(ue_event_share),
	KUNIT_CASE(ue_event_exact_lifetime),
	KUNIT_CASE(ue_event_single_layout),
	KUNIT_CASE(ue_event_bad_description),
	KUNIT_CASE(ue_event_multi_formats),
	KUNIT_CASE(ue_event_ids),
	KUNIT_CASE(ue_event_worlds),
	KUNIT_CASE(ue_event_names),
	KUNIT_CASE(ue_event_name_length),
	KUNIT_CASE(ue_event_in_core),
	KUNIT_CASE(ue_event_persist),
	KUNIT_CASE(ue_event_persist_later),
	KUNIT_CASE(ue_event_delete_all),
	KUNIT_CASE(ue_event_delete_single_busy),
	KUNIT_CASE(ue_event_delete_unknown),
	KUNIT_CASE(ue_event_many_formats),
	KUNIT_CASE(ue_event_id_wraps),
	KUNIT_CASE(ue_event_hash),
	KUNIT_CASE(ue_event_limit),
	KUNIT_CASE(ue_event_dynamic),
	KUNIT_CASE(ue_event_dynamic_group),
	KUNIT_CASE(ue_event_dynamic_formats),
	{}
};

static struct kunit_suite ue_event_suite = {
	.name = "user_events",
	.test_cases = ue_event_cases,
};

kunit_test_suite(ue_event_suite);
