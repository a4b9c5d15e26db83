// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: an event's life, from its name to its end.
 *
 * An event that exists is found and shared without a lock.  Events are made
 * and removed under event_mutex, and a reference count becomes 0 under it
 * only, so that who holds it sees each event either in use or gone.
 */
#include <kunit/visibility.h>
#include <linux/ctype.h>
#include <linux/hash.h>
#include <linux/hex.h>
#include <linux/jhash.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/list_sort.h>
#include <linux/llist.h>
#include <linux/once.h>
#include <linux/perf_event.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "trace_events_user.h"
#include "trace_output.h"

/* What the tracepoint of a multi-format event has after the registered name */
#define UE_MAX_ID_LEN strlen(":[0123456789abcdef]")

/* Events that are removed at one go, with event_mutex held */
#define UE_REMOVE_CHUNK 64

/*
 * For what is made with event_mutex held: a charge to the caller's cgroup could
 * sleep for as long as its limits want, and all of tracing with it.
 */
#define UE_LOCKED_GFP (GFP_KERNEL | __GFP_NOWARN)

/**
 * struct name_key - what a name is found by
 * @group: whose
 * @text: the name; need not be NUL-terminated
 * @len: bytes of @text
 */
struct name_key {
	struct user_event_group		*group;
	const char			*text;
	size_t				len;
};

/**
 * struct format_key - what a multi-format event is found by
 * @name: its registered name
 * @layout: its fields
 * @hash: of @layout
 */
struct format_key {
	const struct user_event_name	*name;
	const struct user_event_layout	*layout;
	u32				hash;
};

/**
 * struct ue_request - a registration on its way through this file
 * @key: its name
 * @layout: its fields; freed by user_event_get() unless @event took it over
 * @hash: of @layout, for multi-format events
 * @multi: USER_EVENT_REG_MULTI_FORMAT
 * @event: made for it in case that there is none to share, or NULL; owned until
 *	it is added
 * @name: made for it likewise, or NULL; owned until it is added
 */
struct ue_request {
	struct name_key			key;
	struct user_event_layout	*layout;
	u32				hash;
	bool				multi;
	struct user_event		*event;
	struct user_event_name		*name;
};

/**
 * struct ue_queue - events without a reference that wait for removal
 * @events: linked by user_event::pending; once @sorted, the newest first, as the
 *	tracing core looks for what it removes
 * @sorted: whether @events are in that order
 *
 * Changed under event_mutex; an event that is found there by name may be taken
 * out by whoever holds it.
 */
struct ue_queue {
	struct list_head	events;
	bool			sorted;
};

#define UE_QUEUE_INIT(queue) { .events = LIST_HEAD_INIT((queue).events) }

static struct kmem_cache *event_cache;

/*
 * Names of all groups, and multi-format events of all names.  Changed under
 * event_mutex, looked up under RCU.
 */
static struct rhashtable names;
static struct rhashtable formats;

/*
 * Events that lost their last reference where they could not be removed, as in
 * the core's detach callback, and those which the core has not let go of when
 * that was tried.  Under event_mutex.
 */
static struct ue_queue ue_pending = UE_QUEUE_INIT(ue_pending);
static LIST_HEAD(ue_stuck);

/* What refers to events and is of no use any more, see user_event_discard() */
static LLIST_HEAD(ue_discarded);

/* The part of it that is being dropped, in its order; under event_mutex */
static struct llist_node *ue_dropping;

/* All events of all groups, and how many there may be; under event_mutex */
static u32 nr_events;
unsigned int user_events_max = 32768;

/* Where to look for the next user_event::id; under event_mutex */
VISIBLE_IF_KUNIT u32 ue_next_index;

static u32 name_hash(const void *data, u32 len, u32 seed)
{
	const struct name_key *key = data;

	return jhash(key->text, key->len, seed ^ hash32_ptr(key->group));
}

static u32 name_obj_hash(const void *data, u32 len, u32 seed)
{
	const struct user_event_name *name = data;
	const struct name_key key = { name->group, name->text, name->len };

	return name_hash(&key, 0, seed);
}

static int name_obj_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct name_key *key = arg->key;
	const struct user_event_name *name = obj;

	return name->group != key->group || name->len != key->len ||
	       memcmp(name->text, key->text, key->len);
}

static const struct rhashtable_params name_params = {
	.head_offset		= offsetof(struct user_event_name, node),
	.hashfn			= name_hash,
	.obj_hashfn		= name_obj_hash,
	.obj_cmpfn		= name_obj_cmp,
	.automatic_shrinking	= true,
};

/* A table's own seed would not do: it is mixed with what comes out here */
static u32 ue_hash_layout(const struct user_event_layout *layout)
{
	static hsiphash_key_t key __read_mostly;

	get_random_once(&key, sizeof(key));
	return user_event_layout_hash(layout, &key);
}

static u32 format_hash(const void *data, u32 len, u32 seed)
{
	const struct format_key *key = data;

	return jhash_2words(key->hash, hash32_ptr(key->name), seed);
}

static u32 format_obj_hash(const void *data, u32 len, u32 seed)
{
	const struct user_event *event = data;
	const struct format_key key = {
		event->name, event->layout, ue_hash_layout(event->layout),
	};

	return format_hash(&key, 0, seed);
}

static int format_obj_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct format_key *key = arg->key;
	const struct user_event *event = obj;

	return event->name != key->name ||
	       !user_event_layout_equal(event->layout, key->layout);
}

static const struct rhashtable_params format_params = {
	.head_offset		= offsetof(struct user_event, node),
	.hashfn			= format_hash,
	.obj_hashfn		= format_obj_hash,
	.obj_cmpfn		= format_obj_cmp,
	.automatic_shrinking	= true,
};

/**
 * user_event_fields - the fields of an event, for trace_event_class::get_fields
 * @call: the event's
 *
 * Return: the list, last field first.
 */
struct list_head *user_event_fields(struct trace_event_call *call)
{
	return user_event_layout_fields(user_event_from_call(call)->layout);
}

/**
 * user_event_format_name - the name in the event's "format" file
 * @call: the event's
 *
 * Return: the registered name in the form of an identifier.
 */
const char *user_event_format_name(struct trace_event_call *call)
{
	return user_event_from_call(call)->name->ident;
}

/*
 * The core gives a type number to the next event when one is removed: what is
 * left of that one in a buffer must not be read by this one's fields.
 */
static bool can_be_ours(const struct trace_iterator *iter,
			const struct user_event_layout *layout)
{
	size_t len = iter->ent_size;

	/* tp_printk prints what has just been written, and gives no size */
	if (!len)
		return true;
	if (len < USER_EVENT_FIRST_OFFSET + layout->size)
		return false;
	len -= USER_EVENT_FIRST_OFFSET;
	return !user_event_layout_check(layout, iter->ent + 1, len);
}

static enum print_line_t print_entry(struct trace_iterator *iter, int flags,
				     struct trace_event *trace_event)
{
	struct trace_event_call *call = container_of(trace_event, struct trace_event_call,
						     event);

	if (can_be_ours(iter, user_event_from_call(call)->layout))
		return print_event_fields(iter, trace_event);

	trace_seq_printf(&iter->seq, "%s: <of a removed event>\n", trace_event_name(call));
	return trace_handle_return(&iter->seq);
}

static struct trace_event_functions event_funcs = {
	.trace = print_entry,
};

/*
 * Identities
 */

/* Caller holds event_mutex, which guards the last one handed out */
static u64 next_id(void)
{
	static u64 last;

	lockdep_assert_held(&event_mutex);
	last = max(last + 1, ktime_get_ns());
	return last;
}

/* Caller holds RCU or event_mutex */
static struct user_event_name *find_name(const struct name_key *key)
{
	return rhashtable_lookup(&names, key, name_params);
}

static bool is_ident_char(char c)
{
	return isalnum(c) || c == '_';
}

static struct user_event_name *alloc_name(const struct name_key *key)
{
	struct user_event_name *name;
	bool is_ident = true;
	size_t i;

	for (i = 0; i < key->len; i++)
		is_ident = is_ident && is_ident_char(key->text[i]);

	name = kzalloc(struct_size(name, text, (key->len + 1) * (is_ident ? 1 : 2)),
		       USER_EVENT_GFP);
	if (!name)
		return NULL;

	name->group = key->group;
	name->len = key->len;
	memcpy(name->text, key->text, key->len);
	INIT_LIST_HEAD(&name->formats);

	name->ident = name->text;
	if (!is_ident) {
		name->ident += key->len + 1;
		for (i = 0; i < key->len; i++)
			name->ident[i] = is_ident_char(key->text[i]) ? key->text[i] : '_';
	}
	return name;
}

/* Caller holds event_mutex; takes over the request's name if there is none yet */
static struct user_event_name *find_or_add_name(struct ue_request *req)
{
	struct user_event_name *name;

	lockdep_assert_held(&event_mutex);
	/* Names are removed under event_mutex: what is found stays */
	rcu_read_lock();
	name = find_name(&req->key);
	rcu_read_unlock();
	if (name)
		return name;

	name = req->name;
	if (rhashtable_insert_fast(&names, &name->node, name_params))
		return ERR_PTR(-ENOMEM);
	req->name = NULL;
	return name;
}

/* Caller holds event_mutex */
static void drop_unused_name(struct user_event_name *name)
{
	lockdep_assert_held(&event_mutex);
	if (rcu_access_pointer(name->single) || !list_empty(&name->formats))
		return;
	rhashtable_remove_fast(&names, &name->node, name_params);
	kfree_rcu(name, rcu);
}

/* Caller holds event_mutex; on failure nothing of the event can be found */
static int publish(struct user_event *event)
{
	int ret;

	lockdep_assert_held(&event_mutex);
	if (!event->multi) {
		rcu_assign_pointer(event->name->single, event);
		return 0;
	}

	ret = rhashtable_insert_fast(&formats, &event->node, format_params);
	if (ret)
		return -ENOMEM;
	list_add(&event->format, &event->name->formats);
	return 0;
}

/* Caller holds event_mutex, and frees the event after a grace period */
static void unpublish(struct user_event *event)
{
	lockdep_assert_held(&event_mutex);
	if (event->multi) {
		rhashtable_remove_fast(&formats, &event->node, format_params);
		list_del(&event->format);
	} else {
		RCU_INIT_POINTER(event->name->single, NULL);
	}
}

/*
 * The end of an event
 */

static void free_event(struct user_event *event)
{
	if (event->multi)
		kfree(event->tp.name);
	kfree(event->call.print_fmt);
	kfree(event->layout);
	kmem_cache_free(event_cache, event);
}

static void free_event_rcu(struct rcu_head *rcu)
{
	free_event(container_of(rcu, struct user_event, rcu));
}

/**
 * remove_event - take an event that no one refers to out of the world
 * @event: has no references and waits for removal; freed after a grace period on
 *	success
 *
 * Return: 0, or -EBUSY when the tracing core still needs it.
 */
static int remove_event(struct user_event *event)
{
	struct user_event_group *group = event->name->group;
	int ret;

	lockdep_assert_held(&event_mutex);
	if (trace_event_dyn_busy(&event->call))
		return -EBUSY;

	user_event_layout_detach(event->layout);
	ret = user_event_remove_call(event);
	if (ret) {
		user_event_layout_attach(event->layout);
		return ret;
	}

	dyn_event_remove(&event->devent);
	list_del(&event->pending);
	unpublish(event);
	xa_erase(&group->events, event->id);
	/* Nobody writes to it any more: who does has a reference to the event */
	kfree(xa_erase(&group->losses, event->id));
	group->nr_events--;
	user_event_changed(group);
	nr_events--;
	drop_unused_name(event->name);
	call_rcu(&event->rcu, free_event_rcu);
	return 0;
}

/*
 * Events that wait for removal
 */

static struct workqueue_struct *ue_wq;

/* How long to wait for the core, in jiffies, the next time; under event_mutex */
static unsigned long ue_stuck_delay;

static void ue_remove_work_fn(struct work_struct *work);
static DECLARE_WORK(ue_remove_work, ue_remove_work_fn);

static void ue_stuck_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(ue_stuck_work, ue_stuck_work_fn);

/* The caller has seen the last reference go, or takes back a failed removal */
static void ue_queue_event(struct ue_queue *queue, struct user_event *event)
{
	lockdep_assert_held(&event_mutex);
	list_add(&event->pending, &queue->events);
	queue->sorted = false;
	ue_stuck_delay = HZ / 100 + 1;
}

static int ue_cmp_newest_first(void *priv, const struct list_head *a, const struct list_head *b)
{
	const struct user_event *x = list_entry(a, struct user_event, pending);
	const struct user_event *y = list_entry(b, struct user_event, pending);

	/* Ids wrap */
	return (s32)(x->id - y->id) < 0 ? 1 : -1;
}

/* What the core still needs is tried again, at ever longer intervals */
static void ue_set_aside(struct user_event *event)
{
	lockdep_assert_held(&event_mutex);
	list_move(&event->pending, &ue_stuck);
	mod_delayed_work(ue_wq, &ue_stuck_work, ue_stuck_delay);
}

static void ue_sort_queue(struct ue_queue *queue)
{
	lockdep_assert_held(&event_mutex);
	if (!queue->sorted)
		list_sort(NULL, &queue->events, ue_cmp_newest_first);
	queue->sorted = true;
}

static bool ue_remove_some(struct ue_queue *queue)
{
	struct user_event *event, *next;
	unsigned int nr = 0;

	guard(mutex)(&event_mutex);
	ue_sort_queue(queue);
	list_for_each_entry_safe(event, next, &queue->events, pending) {
		if (nr++ == UE_REMOVE_CHUNK)
			return true;
		if (remove_event(event))
			ue_set_aside(event);
	}
	return false;
}

/* Removes all, some at a time, so that others get event_mutex in between */
static void ue_remove_all(struct ue_queue *queue)
{
	while (ue_remove_some(queue))
		cond_resched();
}

/*
 * References of what is of no use any more
 */

/**
 * user_event_discard - hand on the references of something that is of no use
 * @discard: that, no one finds it any more; its drop() is called with
 *	event_mutex held, soon, and before somebody is refused what these
 *	references keep
 *
 * Context: any.
 */
void user_event_discard(struct user_event_discard *discard)
{
	if (llist_add(&discard->node, &ue_discarded))
		queue_work(ue_wq, &ue_remove_work);
}

/* The list of this moment, the oldest first; event_mutex makes the caller its only reader */
static void ue_take_discarded(void)
{
	lockdep_assert_held(&event_mutex);
	WRITE_ONCE(ue_dropping, llist_reverse_order(llist_del_all(&ue_discarded)));
}

static void ue_drop_some(void)
{
	struct user_event_discard *discard;
	struct llist_node *next;

	lockdep_assert_held(&event_mutex);
	discard = llist_entry(ue_dropping, struct user_event_discard, node);
	next = ue_dropping->next;
	if (discard->drop(discard))
		WRITE_ONCE(ue_dropping, next);
}

/**
 * user_events_drop_locked - drop the references of all that was discarded so far
 *
 * Removes no event, so it may be called from a walk of the tracing core.  What is
 * discarded meanwhile does not make it longer.
 *
 * Context: event_mutex held, may sleep.
 */
void user_events_drop_locked(void)
{
	lockdep_assert_held(&event_mutex);
	for (; ue_dropping; cond_resched())
		ue_drop_some();
	for (ue_take_discarded(); ue_dropping; cond_resched())
		ue_drop_some();
}

/* Returns false when all has been dropped that was discarded before @taken was set */
static bool ue_drop_some_unlocked(bool *taken)
{
	guard(mutex)(&event_mutex);
	if (!ue_dropping) {
		if (*taken)
			return false;
		ue_take_discarded();
		*taken = true;
	}
	if (ue_dropping)
		ue_drop_some();
	return true;
}

/**
 * user_events_drop_all - drop the references of all that was discarded so far
 *
 * Some at a time, so that others get event_mutex in between.
 *
 * Context: Process context, may sleep; event_mutex not held.
 */
void user_events_drop_all(void)
{
	bool taken = false;

	while (ue_drop_some_unlocked(&taken))
		cond_resched();
}

/**
 * user_events_clean - drop what was discarded, and remove what waits for it
 *
 * Context: Process context, may sleep; event_mutex not held.
 */
void user_events_clean(void)
{
	/* Nearly always there is nothing: whoever is at it already will end it */
	if (!llist_empty(&ue_discarded) || READ_ONCE(ue_dropping))
		user_events_drop_all();
	if (!list_empty(&ue_pending.events))
		ue_remove_all(&ue_pending);
}

/**
 * user_events_retry_stuck - try now to remove what the core has not let go of
 *
 * Context: Process context, may sleep; event_mutex not held.
 */
void user_events_retry_stuck(void)
{
	flush_delayed_work(&ue_stuck_work);
}

static void ue_remove_work_fn(struct work_struct *work)
{
	user_events_clean();
}

static void ue_stuck_work_fn(struct work_struct *work)
{
	scoped_guard(mutex, &event_mutex) {
		ue_stuck_delay = min_t(unsigned long, 2 * ue_stuck_delay, 30 * HZ);
		list_splice_init(&ue_stuck, &ue_pending.events);
		ue_pending.sorted = false;
	}
	ue_remove_all(&ue_pending);
}

/**
 * user_event_put - drop a reference; with the last one the event is gone
 * @event: to which; the caller has a reference
 *
 * Context: Process context, may sleep; event_mutex not held.
 */
void user_event_put(struct user_event *event)
{
	if (!refcount_dec_and_mutex_lock(&event->refs, &event_mutex))
		return;
	ue_queue_event(&ue_pending, event);
	if (remove_event(event))
		ue_set_aside(event);
	mutex_unlock(&event_mutex);
}

/**
 * user_event_put_locked - drop a reference where removal has to wait
 * @event: to which; the caller has a reference
 *
 * Context: event_mutex held, perhaps by the tracing core around its detach
 * callback.
 */
void user_event_put_locked(struct user_event *event)
{
	lockdep_assert_held(&event_mutex);
	if (!refcount_dec_and_test(&event->refs))
		return;
	ue_queue_event(&ue_pending, event);
	queue_work(ue_wq, &ue_remove_work);
}

/* Drops references from @events[*@nr - 1] on, and returns whether there are more */
static bool ue_put_some(struct user_event **events, u32 *nr, struct ue_queue *queue)
{
	unsigned int i;

	guard(mutex)(&event_mutex);
	for (i = 0; i < UE_REMOVE_CHUNK && *nr; i++) {
		struct user_event *event = events[--*nr];

		if (refcount_dec_and_test(&event->refs))
			ue_queue_event(queue, event);
	}
	return *nr;
}

/**
 * user_event_put_all - drop references; events that lose their last one are gone
 * @events: to which; the caller has a reference to each.  The array is used up.
 * @nr: how many
 *
 * What goes together goes newest first, in whatever order it stands here.
 *
 * Context: Process context, may sleep; event_mutex not held.
 */
void user_event_put_all(struct user_event **events, u32 nr)
{
	struct ue_queue queue = UE_QUEUE_INIT(queue);
	u32 i, last = 0;

	/* Most have other references, and need no mutex */
	for (i = 0; i < nr; i++) {
		if (!refcount_dec_not_one(&events[i]->refs))
			events[last++] = events[i];
	}
	if (!last)
		return;
	while (ue_put_some(events, &last, &queue))
		cond_resched();
	ue_remove_all(&queue);
}

/**
 * user_event_get_locked - take a reference to an event the core has found
 * @event: to which; may be waiting for removal, and then lives again.  One that
 *	is being brought up is given its references in the end.
 *
 * Context: event_mutex held.
 */
void user_event_get_locked(struct user_event *event)
{
	lockdep_assert_held(&event_mutex);
	if (refcount_inc_not_zero(&event->refs))
		return;
	/* In no list of what waits for removal: see ue_bring_up() */
	if (list_empty(&event->pending))
		return;
	/* Now it is the list of enablers again, to which whoever finds the event may add */
	spin_lock(&event->lock);
	list_del_init(&event->pending);
	refcount_set(&event->refs, 1);
	spin_unlock(&event->lock);
}

/*
 * Find and share
 */

/**
 * user_event_persist - let an event stay until it is deleted
 * @event: which; the caller has a reference
 *
 * Context: any but interrupts.
 */
void user_event_persist(struct user_event *event)
{
	spin_lock(&event->lock);
	if (!event->persists)
		refcount_inc(&event->refs);
	event->persists = true;
	spin_unlock(&event->lock);
}

/* The single-format event of a name; its layout decides whether it is shared */
static struct user_event *find_single(const struct user_event_name *name,
				      const struct ue_request *req)
{
	struct user_event *event;

	event = rcu_dereference_check(name->single, lockdep_is_held(&event_mutex));
	if (event && !user_event_layout_equal(event->layout, req->layout))
		return ERR_PTR(-EADDRINUSE);
	return event;
}

static struct user_event *find_multi(const struct user_event_name *name,
				     const struct ue_request *req)
{
	const struct format_key key = { name, req->layout, req->hash };

	return rhashtable_lookup(&formats, &key, format_params);
}

/**
 * find_event - find the event that a request can share
 * @req: the request
 *
 * Context: RCU read side; what is found may have no reference left, but under
 * event_mutex, where it stays.
 *
 * Return: the event, NULL when there is none, -EADDRINUSE when the name's
 * single format has another layout.
 */
static struct user_event *find_event(const struct ue_request *req)
{
	const struct user_event_name *name = find_name(&req->key);

	if (!name)
		return NULL;
	return req->multi ? find_multi(name, req) : find_single(name, req);
}

/* The usual way: what is in use is shared without a lock, the rest is NULL */
static struct user_event *share_event(const struct ue_request *req)
{
	struct user_event *event;

	/* Events, layouts and names are freed a grace period after removal */
	rcu_read_lock();
	event = find_event(req);
	if (IS_ERR_OR_NULL(event) || !refcount_inc_not_zero(&event->refs))
		event = NULL;
	rcu_read_unlock();
	return event;
}

/*
 * The beginning of an event
 */

/* As "%llx", in a tenth of the instructions: one for each event that is made */
static char *ue_put_hex(char *to, u64 value)
{
	int shift;

	for (shift = (fls64(value) - 1) / 4 * 4; shift >= 0; shift -= 4)
		*to++ = hex_asc_lo(value >> shift);
	return to;
}

/*
 * Names the tracepoint.  For a multi-format event, alloc_event() has allocated enough
 * memory for the longest id.
 */
static int set_tp_name(struct user_event *event)
{
	const struct user_event_name *name = event->name;
	char *to;

	lockdep_assert_held(&event_mutex);
	if (!event->multi) {
		event->tp.name = name->text;
		return 0;
	}
	to = (char *)event->tp.name;
	memcpy(to, name->text, name->len);
	to += name->len;
	*to++ = ':';
	*to++ = '[';
	to = ue_put_hex(to, next_id());
	*to++ = ']';
	*to = '\0';
	return to - event->tp.name > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* Takes over the layout on success */
static struct user_event *alloc_event(struct ue_request *req)
{
	struct user_event *event;

	event = kmem_cache_zalloc(event_cache, USER_EVENT_GFP);
	if (!event)
		return NULL;

	event->multi = req->multi;
	event->call.print_fmt = user_event_layout_print_fmt(req->layout, USER_EVENT_GFP);
	if (event->multi)
		event->tp.name = kmalloc(req->key.len + UE_MAX_ID_LEN + 1, USER_EVENT_GFP);
	if (!event->call.print_fmt || (event->multi && !event->tp.name)) {
		free_event(event);
		return NULL;
	}

	event->layout = req->layout;
	spin_lock_init(&event->lock);
	INIT_LIST_HEAD(&event->enablers);
	dyn_event_init(&event->devent, &user_event_dyn_ops);
	event->call.tp = &event->tp;
	event->call.flags = TRACE_EVENT_FL_TRACEPOINT;
	event->call.event.funcs = &event_funcs;
	return event;
}

/*
 * All that a new event needs, before event_mutex is taken: this memory is
 * charged to the caller, who may have to wait for it.  The request's layout
 * stays what it is looked for by, and belongs to its event.
 */
static int prepare_event(struct ue_request *req)
{
	req->event = alloc_event(req);
	req->name = alloc_name(&req->key);
	return req->event && req->name ? 0 : -ENOMEM;
}

/* Frees what no event has taken over */
static void finish_request(struct ue_request *req)
{
	kfree(req->name);
	if (req->event)
		/* Someone may have found it, though without a use for it */
		call_rcu(&req->event->rcu, free_event_rcu);
	else
		kfree(req->layout);
}

/* Caller holds event_mutex */
static int add_to_core(struct user_event *event)
{
	int ret;

	/* 0: no type number is left for it, unless one that is held can be released */
	while (!register_trace_event(&event->call.event)) {
		if (!user_event_release_number())
			return -EMFILE;
	}

	user_event_layout_attach(event->layout);
	dyn_event_add(&event->devent, &event->call);
	ret = trace_add_event_call(&event->call);
	if (ret) {
		dyn_event_remove(&event->devent);
		unregister_trace_event(&event->call.event);
	}
	return ret;
}

/*
 * Gives an event that nobody refers to, and that is in no list, its references:
 * the caller's, and that of the consumers it has from the start.  With them, who
 * finds it without event_mutex can have it, and so not before it is recorded by
 * all who asked for it.
 */
static __always_inline void ue_bring_up(struct user_event *event)
{
	unsigned int refs = 1;

	lockdep_assert_held(&event_mutex);
	if (unlikely(user_event_has_patterns()))
		refs += user_event_arm(event);
	refcount_set(&event->refs, refs);
}

/* Caller holds event_mutex */
static int set_up_event(struct user_event *event)
{
	struct user_event_group *group = event->name->group;
	int ret;

	ret = set_tp_name(event);
	if (ret)
		return ret;

	/* Ever larger, until it wraps, so that it tells which of two events is newer */
	ret = xa_alloc_cyclic(&group->events, &event->id, event, xa_limit_32b,
			      &ue_next_index, UE_LOCKED_GFP);
	if (ret < 0)
		return ret;

	ret = publish(event);
	if (ret)
		goto erase;

	ret = add_to_core(event);
	if (ret)
		goto hide;

	ue_bring_up(event);
	group->nr_events++;
	user_event_changed(group);
	nr_events++;
	return 0;
hide:
	unpublish(event);
erase:
	xa_erase(&group->events, event->id);
	return ret;
}

/* Removes one of the events that wait for it, so that the limit allows a new one */
static bool ue_remove_one(void)
{
	struct user_event *event, *next;

	ue_sort_queue(&ue_pending);
	list_for_each_entry_safe(event, next, &ue_pending.events, pending) {
		if (!remove_event(event))
			return true;
		ue_set_aside(event);
	}
	return false;
}

/* Caller holds event_mutex and has found that there is none to share */
static struct user_event *create_event(struct ue_request *req)
{
	const struct user_event_group *group = req->key.group;
	struct user_event *event = req->event;
	int ret;

	if (group->nr_events >= READ_ONCE(group->max))
		return ERR_PTR(-EMFILE);
	if (nr_events >= READ_ONCE(user_events_max) && !ue_remove_one())
		return ERR_PTR(-EMFILE);

	event->name = find_or_add_name(req);
	if (IS_ERR(event->name))
		return ERR_CAST(event->name);
	event->call.class = event->multi ? &event->name->group->multi :
					   &event->name->group->single;

	ret = set_up_event(event);
	if (ret) {
		drop_unused_name(event->name);
		return ERR_PTR(ret);
	}
	req->event = NULL;
	req->layout = NULL;
	return event;
}

/*
 * An event of another layout that has the name but waits for removal goes now.
 * Returns -EAGAIN where just the tracing core keeps it from going.
 */
static int make_way(const struct ue_request *req)
{
	struct user_event_name *name;
	struct user_event *event;

	lockdep_assert_held(&event_mutex);
	scoped_guard(rcu)
		name = find_name(&req->key);
	event = rcu_dereference_protected(name->single, lockdep_is_held(&event_mutex));
	if (refcount_read(&event->refs))
		return -EADDRINUSE;
	return remove_event(event) ? -EAGAIN : 0;
}

/* An event that waits for its removal is there again, as if it were new */
static void ue_revive(struct user_event *event)
{
	lockdep_assert_held(&event_mutex);
	/* Now it is the list of enablers again, to which nobody adds yet */
	spin_lock(&event->lock);
	list_del_init(&event->pending);
	spin_unlock(&event->lock);
	ue_bring_up(event);
}

static struct user_event *share_or_create_event(struct ue_request *req)
{
	struct user_event *event;
	int ret;

	guard(mutex)(&event_mutex);
	/* event_mutex keeps what was found, and only the core can still need it */
	scoped_guard(rcu)
		event = find_event(req);
	if (event == ERR_PTR(-EADDRINUSE)) {
		ret = make_way(req);
		if (ret)
			return ERR_PTR(ret);
		event = NULL;
	}
	if (!event)
		return create_event(req);
	if (!refcount_inc_not_zero(&event->refs))
		ue_revive(event);
	return event;
}

/**
 * user_event_get - find or make the event that a description asks for
 * @group: where; the caller has a reference
 * @desc: the description, "NAME [FIELD[;FIELD...]]"
 * @reg_flags: of enum user_reg_flag; USER_EVENT_REG_PERSIST is the caller's
 *	to see to, once nothing can fail any more
 *
 * Context: Process context, may sleep; event_mutex not held.
 *
 * Return: the event with a reference, -EPERM where the group wants multi-format
 * events only, -EINVAL or -ENAMETOOLONG for a description that is none,
 * -EADDRINUSE when the name is taken by another layout (single format only),
 * -EAGAIN when that is only so until the tracing core lets go of the other event,
 * -EMFILE at the limit of the group or of all, -ENOMEM.
 */
struct user_event *user_event_get(struct user_event_group *group,
				  const char *desc, unsigned int reg_flags)
{
	struct ue_request req = {
		.key.group	= group,
		.key.text	= desc,
		.multi		= reg_flags & USER_EVENT_REG_MULTI_FORMAT,
	};
	struct user_event *event;
	int ret;

	if (!req.multi && READ_ONCE(group->multi_format_only))
		return ERR_PTR(-EPERM);

	ret = user_event_name_len(desc, &req.key.len, NULL);
	if (ret)
		return ERR_PTR(ret);

	req.layout = user_event_layout_parse(desc + req.key.len, USER_EVENT_GFP, NULL);
	if (IS_ERR(req.layout))
		return ERR_CAST(req.layout);
	if (req.multi)
		req.hash = ue_hash_layout(req.layout);

	event = share_event(&req);
	if (!event) {
		ret = prepare_event(&req);
		event = ret ? ERR_PTR(ret) : share_or_create_event(&req);
	}
	finish_request(&req);
	return event;
}

/*
 * Delete
 */

/**
 * user_event_is_busy - tell whether something uses an event
 * @event: which
 *
 * Context: event_mutex held.
 *
 * Return: true for a reference of a file, an address or a consumer.
 */
bool user_event_is_busy(struct user_event *event)
{
	bool busy;

	lockdep_assert_held(&event_mutex);
	spin_lock(&event->lock);
	busy = refcount_read(&event->refs) > event->persists;
	spin_unlock(&event->lock);
	return busy;
}

/**
 * user_event_delete_unused - delete one event if it is not in use
 * @event: which; freed after a grace period on success
 *
 * Context: event_mutex held.
 *
 * Return: 0, -EBUSY in use, -EAGAIN when just the tracing core keeps it, as for a
 * trigger or an event probe, and -EPERM when it persists and the caller has no
 * CAP_PERFMON.
 */
int user_event_delete_unused(struct user_event *event)
{
	lockdep_assert_held(&event_mutex);
	if (user_event_is_busy(event))
		return -EBUSY;
	if (trace_event_dyn_busy(&event->call))
		return -EAGAIN;
	/* Nothing of it is left but what waits for removal */
	if (!refcount_read(&event->refs))
		return remove_event(event) ? -EAGAIN : 0;
	if (!perfmon_capable())
		return -EPERM;

	/* The one that persistence holds, unless someone has just found it */
	if (!refcount_dec_if_one(&event->refs))
		return -EBUSY;
	ue_queue_event(&ue_pending, event);
	if (!remove_event(event))
		return 0;
	user_event_get_locked(event);
	return -EAGAIN;
}

/**
 * struct ue_deletion - all events of a name that are being deleted
 * @key: the name
 * @below: ue_id_of() the last multi-format event that was looked at; those
 *	with smaller ones follow
 * @ret: -ENOENT as long as none was found, else the first error
 */
struct ue_deletion {
	struct name_key	key;
	u64		below;
	int		ret;
};

/* The id in a multi-format event's name; unlike user_event::id it never wraps */
static u64 ue_id_of(const struct user_event *event)
{
	const char *digit = strrchr(event->tp.name, '[') + 1;
	u64 id = 0;

	for (; *digit != ']'; digit++)
		id = id << 4 | hex_to_bin(*digit);
	return id;
}

static void delete_one(struct ue_deletion *deletion, struct user_event *event)
{
	bool gone = !refcount_read(&event->refs) && !trace_event_dyn_busy(&event->call);
	int ret = user_event_delete_unused(event);

	/* What only waited for its removal was not there any more */
	if (gone && !ret)
		return;
	if (deletion->ret == -ENOENT || !deletion->ret)
		deletion->ret = ret;
}

/* Returns true when there is more to do, after letting others have event_mutex */
static bool delete_some(struct ue_deletion *deletion)
{
	struct user_event *event, *next, *single;
	struct user_event_name *name;
	unsigned int nr = 0;
	bool last;
	u64 id;

	guard(mutex)(&event_mutex);
	/* Names come and go under event_mutex */
	scoped_guard(rcu)
		name = find_name(&deletion->key);
	if (!name)
		return false;

	/*
	 * The name may go with its last event: do not look at it after that.
	 * Newest first, as the core looks for what it removes.
	 */
	single = rcu_dereference_protected(name->single,
					   lockdep_is_held(&event_mutex));
	last = list_empty(&name->formats);
	for (event = list_first_entry(&name->formats, typeof(*event), format);
	     !last; event = next) {
		last = list_is_last(&event->format, &name->formats);
		next = last ? NULL : list_next_entry(event, format);
		id = ue_id_of(event);
		if (id >= deletion->below)
			continue;
		if (nr == UE_REMOVE_CHUNK)
			return true;
		deletion->below = id;
		if (!user_event_is_busy(event))
			nr++;
		delete_one(deletion, event);
	}
	if (single)
		delete_one(deletion, single);
	return false;
}

/**
 * user_event_delete - delete all events of a name that are not in use
 * @group: whose name
 * @text: the name
 *
 * Context: Process context, may sleep; event_mutex not held.
 *
 * Return: 0 when all are gone, -ENOENT when there was none, else the first
 * error of one that stays, as of user_event_delete_unused().
 */
int user_event_delete(struct user_event_group *group, const char *text)
{
	struct ue_deletion deletion = {
		.key	= { group, text, strlen(text) },
		.below	= U64_MAX,
		.ret	= -ENOENT,
	};

	while (delete_some(&deletion))
		cond_resched();
	return deletion.ret;
}

struct user_event_group user_event_default_group;

/**
 * user_event_init - set up the tables that events are found in
 *
 * Return: 0 or -ENOMEM.
 */
int __init user_event_init(void)
{
	int ret;

	event_cache = KMEM_CACHE(user_event, SLAB_ACCOUNT);
	if (!event_cache)
		return -ENOMEM;

	ret = rhashtable_init(&names, &name_params);
	if (ret)
		goto destroy_cache;

	ret = rhashtable_init(&formats, &format_params);
	if (ret)
		goto destroy_names;

	ue_wq = alloc_workqueue("user_events_remove", WQ_UNBOUND, 0);
	if (!ue_wq) {
		ret = -ENOMEM;
		goto destroy_formats;
	}
	return 0;
destroy_formats:
	rhashtable_destroy(&formats);
destroy_names:
	rhashtable_destroy(&names);
destroy_cache:
	kmem_cache_destroy(event_cache);
	return ret;
}
