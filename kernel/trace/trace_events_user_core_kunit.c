// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of events in the tracing core: their consumers, their records and
 * type numbers, and removals that the core delays.
 */
#include <linux/uio.h>

#include "trace_events_user_kunit.h"
#include "trace_output.h"

static u32 ue_nr_busy(void)
{
	guard(mutex)(&event_mutex);
	return user_event_default_group.nr_busy;
}

/*
 * Attaches a file of an ftrace instance that records nothing.  The caller holds
 * event_mutex, like the tracing core.
 */
static int ue_attach(struct user_event *event, struct trace_event_file *file)
{
	return event->call.class->reg(&event->call, TRACE_REG_REGISTER, file);
}

static void ue_detach(struct user_event *event, struct trace_event_file *file)
{
	event->call.class->reg(&event->call, TRACE_REG_UNREGISTER, file);
}

static void ue_event_consumers(struct kunit *test)
{
	struct trace_event_file files[2] = {};
	struct user_event *event = ue_get_single(test, "kunit_consumers u32 a");
	u32 busy = ue_nr_busy();

	mutex_lock(&event_mutex);
	KUNIT_EXPECT_EQ(test, event->status, 0);
	KUNIT_EXPECT_EQ(test, ue_attach(event, &files[0]), 0);
	KUNIT_EXPECT_EQ(test, ue_attach(event, &files[1]), 0);
	KUNIT_EXPECT_EQ(test, event->status, USER_EVENT_BY_FTRACE);
	ue_detach(event, &files[0]);
	KUNIT_EXPECT_EQ(test, event->status, USER_EVENT_BY_FTRACE);
	mutex_unlock(&event_mutex);

	KUNIT_EXPECT_EQ(test, ue_nr_busy(), busy + 1);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_consumers"), -EBUSY);

	mutex_lock(&event_mutex);
	ue_detach(event, &files[1]);
	KUNIT_EXPECT_EQ(test, event->status, 0);
	mutex_unlock(&event_mutex);
	KUNIT_EXPECT_EQ(test, ue_nr_busy(), busy);
}

static int ue_emit(struct user_event *event, void *payload, size_t len)
{
	struct kvec vec = { payload, len };
	struct iov_iter iter;

	iov_iter_kvec(&iter, ITER_SOURCE, &vec, 1, len);
	return user_event_emit_iter(event, &iter, GFP_KERNEL);
}

/* A writer that meets the last consumer while it goes has none, whatever it writes */
static void ue_event_last_consumer(struct kunit *test)
{
	struct user_event *event = ue_get_single(test, "kunit_last");
	struct user_event_consumers *consumers;
	struct trace_event_file file = {};
	void *payload = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, payload);
	mutex_lock(&event_mutex);
	KUNIT_EXPECT_EQ(test, ue_attach(event, &file), 0);
	consumers = rcu_dereference_protected(event->consumers, lockdep_is_held(&event_mutex));
	/* Detaching begins with this */
	consumers->files[0] = NULL;
	KUNIT_EXPECT_EQ(test, ue_emit(event, payload, PAGE_SIZE), -EBADF);
	consumers->files[0] = &file;
	ue_detach(event, &file);
	mutex_unlock(&event_mutex);
}

static unsigned long ue_nr_recorded(struct trace_buffer *buffer)
{
	return ring_buffer_entries(buffer) + ring_buffer_overruns(buffer);
}

/* An entry of about the size of a sub-buffer is either recorded or refused */
static void ue_emit_about_a_sub_buffer(struct kunit *test, struct user_event *event,
				       struct trace_buffer *buffer)
{
	size_t most = ring_buffer_max_event_size(buffer) + 16, len;
	void *payload = kunit_kzalloc(test, most, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, payload);
	for (len = most - 64; len <= most; len++) {
		unsigned long before = ue_nr_recorded(buffer);
		int ret = ue_emit(event, payload, len);

		KUNIT_EXPECT_TRUE(test, !ret || ret == -E2BIG);
		KUNIT_EXPECT_EQ_MSG(test, ue_nr_recorded(buffer) - before, !ret, "%zu bytes", len);
	}
}

static void ue_event_sub_buffer(struct kunit *test)
{
	struct trace_buffer *buffer = top_trace_array()->array_buffer.buffer;
	struct user_event *event = ue_get_single(test, "kunit_edge");
	const char *system = event->call.class->system;

	KUNIT_ASSERT_EQ(test, 0, trace_set_clr_event(system, "kunit_edge", 1));
	ue_emit_about_a_sub_buffer(test, event, buffer);
	ring_buffer_set_time_stamp_abs(buffer, true);
	ue_emit_about_a_sub_buffer(test, event, buffer);
	ring_buffer_set_time_stamp_abs(buffer, false);
	KUNIT_EXPECT_EQ(test, 0, trace_set_clr_event(system, "kunit_edge", 0));
}

/* A consumer keeps an event; without one it is replaced by one of its name */
static void ue_event_zombie(struct kunit *test)
{
	struct user_event *event = ue_get_single(test, "kunit_zombie u32 a");
	struct trace_event_file file = {};
	u32 before = ue_nr_events();

	mutex_lock(&event_mutex);
	KUNIT_EXPECT_EQ(test, ue_attach(event, &file), 0);
	mutex_unlock(&event_mutex);
	ue_put(test, event);
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before);
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("kunit_zombie u64 a", 0), ERR_PTR(-EADDRINUSE));
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_zombie"), -EBUSY);

	mutex_lock(&event_mutex);
	ue_detach(event, &file);
	mutex_unlock(&event_mutex);
	ue_put(test, ue_get_single(test, "kunit_zombie u64 a"));
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before - 1);
}

/* An event without references is taken back into use by the next consumer */
static void ue_event_revive(struct kunit *test)
{
	struct user_event *event = ue_get_multi(test, "kunit_revive u32 a");
	struct trace_event_file file = {};
	u64 id = ue_id_of(test, event);

	mutex_lock(&event_mutex);
	KUNIT_EXPECT_EQ(test, ue_attach(event, &file), 0);
	mutex_unlock(&event_mutex);
	ue_put(test, event);

	mutex_lock(&event_mutex);
	ue_detach(event, &file);
	KUNIT_EXPECT_EQ(test, refcount_read(&event->refs), 0);
	KUNIT_EXPECT_EQ(test, ue_attach(event, &file), 0);
	mutex_unlock(&event_mutex);

	KUNIT_EXPECT_PTR_EQ(test, event, ue_get_multi(test, "kunit_revive u32 a"));
	KUNIT_EXPECT_EQ(test, id, ue_id_of(test, event));

	mutex_lock(&event_mutex);
	ue_detach(event, &file);
	mutex_unlock(&event_mutex);
	ue_put(test, event);
	KUNIT_EXPECT_EQ(test, ue_delete("kunit_revive"), -ENOENT);
}

/*
 * An event that the core still needs is removed once it does not.  Seen failing
 * where such an event was not tried again.
 */
static void ue_event_stuck(struct kunit *test)
{
	struct user_event *event = ue_get_single(test, "kunit_stuck u32 a");
	struct trace_event_call *call = &event->call;
	u32 before = ue_nr_events();

	KUNIT_ASSERT_TRUE(test, trace_event_dyn_try_get_ref(call));
	ue_put(test, event);
	user_events_retry_stuck();
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before);
	KUNIT_EXPECT_PTR_EQ(test, ue_try_get("kunit_stuck u64 a", 0), ERR_PTR(-EAGAIN));

	trace_event_dyn_put_ref(call);
	user_events_retry_stuck();
	KUNIT_EXPECT_EQ(test, ue_nr_events(), before - 1);
}

/*
 * The last consumer may go after a write was checked.  Seen failing where the
 * write succeeded.
 */
static void ue_event_lost_consumers(struct kunit *test)
{
	struct user_event *event = ue_get_single(test, "kunit_lost_consumers u32 a");
	u8 payload[sizeof(u32) + 1] = {};

	KUNIT_EXPECT_EQ(test, user_event_emit_copied(event, payload, sizeof(u32)), -EBADF);
}

/* Returns the text that "trace" shows for a record of @len bytes */
static const char *ue_print(struct kunit *test, struct user_event *event,
			    const void *record, size_t len)
{
	struct trace_iterator *iter = kunit_kzalloc(test, sizeof(*iter), GFP_KERNEL);
	void *entry = kunit_kmalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, iter);
	KUNIT_ASSERT_NOT_NULL(test, entry);

	/* It has the exact size, so that KASAN reports a read after its end */
	memcpy(entry, record, len);
	iter->tr = top_trace_array();
	iter->ent = entry;
	iter->ent_size = len;
	trace_seq_init(&iter->seq);

	trace_event_read_lock();
	event->call.event.funcs->trace(iter, 0, &event->call.event);
	trace_event_read_unlock();
	trace_seq_putc(&iter->seq, '\0');
	return iter->seq.buffer;
}

/* A record of a removed event may have the type number of a later event */
static void ue_event_print_record(struct kunit *test)
{
	struct user_event *event = ue_get_single(test, "kunit_print u32 a;__data_loc char[] b");
	struct {
		struct trace_entry	header;
		u32			a;
		u32			b;
		char			text[8];
	} __packed record = { .a = 17, .text = "seventy" };
	const char *text;

	record.header.type = event->call.event.type;
	record.b = DYN_LOC(offsetof(typeof(record), text), 8);
	text = ue_print(test, event, &record, sizeof(record));
	KUNIT_EXPECT_TRUE(test, strstarts(text, "kunit_print:"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "(17)"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "b=seventy"));

	/* The record is shorter than the fields */
	text = ue_print(test, event, &record, offsetof(typeof(record), b));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "removed event"));
	text = ue_print(test, event, &record, sizeof(record.header));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "removed event"));

	/* The string ends after the record, or the core finds its size < 0 */
	text = ue_print(test, event, &record, sizeof(record) - 1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "removed event"));
	record.b = 0x80008008;
	text = ue_print(test, event, &record, sizeof(record));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "removed event"));
	KUNIT_EXPECT_NULL(test, strstr(text, "b="));
}

/* Attaches and detaches ftrace, and removes the event; returns its number */
static int ue_record_and_remove(struct kunit *test, const char *desc)
{
	struct user_event *event = ue_get_single(test, desc);
	int type = event->call.event.type;
	struct trace_event_file file = {};

	mutex_lock(&event_mutex);
	KUNIT_ASSERT_EQ(test, ue_attach(event, &file), 0);
	ue_detach(event, &file);
	mutex_unlock(&event_mutex);
	ue_put(test, event);
	return type;
}

static bool ue_number_is_used(int type)
{
	bool used;

	trace_event_read_lock();
	used = ftrace_find_event(type);
	trace_event_read_unlock();
	return used;
}

static void ue_event_number(struct kunit *test)
{
	struct user_event *event = ue_get_single(test, "kunit_number u32 a");
	int type = event->call.event.type;

	/* An event that was never recorded does not keep its number */
	ue_put(test, event);
	KUNIT_EXPECT_FALSE(test, ue_number_is_used(type));

	type = ue_record_and_remove(test, "kunit_number u32 a");
	KUNIT_EXPECT_TRUE(test, ue_number_is_used(type));
	event = ue_get_single(test, "kunit_number u32 a");
	KUNIT_EXPECT_NE(test, type, event->call.event.type);
	ue_put(test, event);
}

static void ue_restore_max_held(void *max)
{
	user_event_max_held = (unsigned long)max;
}

static void ue_release_numbers(void)
{
	guard(mutex)(&event_mutex);
	while (user_event_release_number())
		;
}

/* The number of stand-ins is limited, and the oldest one is freed first */
static void ue_event_numbers_held(struct kunit *test)
{
	void *max = (void *)(unsigned long)user_event_max_held;
	int type, i;

	KUNIT_EXPECT_EQ(test, user_event_max_held, 4096);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, ue_restore_max_held, max));
	user_event_max_held = 100;
	ue_release_numbers();

	type = ue_record_and_remove(test, "kunit_number u32 a");
	for (i = 0; i < 99; i++)
		ue_record_and_remove(test, "kunit_number u32 a");
	KUNIT_EXPECT_TRUE(test, ue_number_is_used(type));
	ue_record_and_remove(test, "kunit_number u32 a");
	KUNIT_EXPECT_FALSE(test, ue_number_is_used(type));
	ue_release_numbers();
}

static struct kunit_case ue_core_cases[] = {
	KUNIT_CASE(ue_event_consumers),
	KUNIT_CASE(ue_event_last_consumer),
	KUNIT_CASE(ue_event_sub_buffer),
	KUNIT_CASE(ue_event_zombie),
	KUNIT_CASE(ue_event_revive),
	KUNIT_CASE(ue_event_stuck),
	KUNIT_CASE(ue_event_lost_consumers),
	KUNIT_CASE(ue_event_print_record),
	KUNIT_CASE(ue_event_number),
	KUNIT_CASE(ue_event_numbers_held),
	{}
};

static struct kunit_suite ue_core_suite = {
	.name = "user_events_core",
	.test_cases = ue_core_cases,
};

kunit_test_suite(ue_core_suite);
