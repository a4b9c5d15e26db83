// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: how an event is shared or created.
 *
 * An event that exists is found and shared without a lock.  A new one is added
 * under event_mutex, with memory that was allocated before.
 */
#include <linux/hex.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/perf_event.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "trace_events_user.h"
#include "trace_output.h"

/* The tracepoint of a multi-format event has this after the registered name */
#define UE_MAX_ID_LEN strlen(":[0123456789abcdef]")

/**
 * struct ue_request - a registration on its way through this file
 * @key: the name it asks for
 * @layout: the fields it asks for; freed by user_event_get() unless @event took
 *	it over
 * @hash: hash of @layout, for multi-format events
 * @multi: it asks for a multi-format event
 * @event: allocated for the case that there is no event to share, or NULL;
 *	owned until it is added
 * @name: allocated for the same case, or NULL; owned until it is added
 */
struct ue_request {
	struct user_event_name_key	key;
	struct user_event_layout	*layout;
	u32				hash;
	bool				multi;
	struct user_event		*event;
	struct user_event_name		*name;
};

static struct kmem_cache *ue_event_cache;

/**
 * user_event_fields - the fields of an event, for trace_event_class::get_fields
 * @call: the event's trace_event_call
 *
 * Return: the list, last field first.
 */
struct list_head *user_event_fields(struct trace_event_call *call)
{
	return user_event_layout_fields(user_event_from_call(call)->layout);
}

/**
 * user_event_format_name - the name in the event's "format" file
 * @call: the event's trace_event_call
 *
 * Return: the registered name in the form of an identifier.
 */
const char *user_event_format_name(struct trace_event_call *call)
{
	return user_event_from_call(call)->name->ident;
}

/*
 * The tracing core gives the type number of a removed event to the next one.
 * Records of the removed event may still be in a buffer, and must not be
 * printed with the fields of the new one.
 */
static bool ue_can_be_ours(const struct trace_iterator *iter,
			   const struct user_event_layout *layout)
{
	size_t len = iter->ent_size;

	/* tp_printk gives no size, and prints only records of current events */
	if (!len)
		return true;
	if (len < USER_EVENT_FIRST_OFFSET + layout->size)
		return false;
	len -= USER_EVENT_FIRST_OFFSET;
	return !user_event_layout_check(layout, iter->ent + 1, len);
}

static enum print_line_t ue_print_entry(struct trace_iterator *iter, int flags,
					struct trace_event *trace_event)
{
	struct trace_event_call *call = container_of(trace_event, struct trace_event_call,
						     event);

	if (ue_can_be_ours(iter, user_event_from_call(call)->layout))
		return print_event_fields(iter, trace_event);

	trace_seq_printf(&iter->seq, "%s: <of a removed event>\n", trace_event_name(call));
	return trace_handle_return(&iter->seq);
}

static struct trace_event_functions ue_event_funcs = {
	.trace = ue_print_entry,
};

/*
 * Identities
 */

/* The caller holds event_mutex, which guards the last id */
static u64 ue_next_id(void)
{
	static u64 last;

	lockdep_assert_held(&event_mutex);
	last = max(last + 1, ktime_get_ns());
	return last;
}

/*
 * Find and share
 */

/**
 * user_event_persist - let an event stay until it is deleted
 * @event: the event; the caller has a reference
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

/* Returns the single-format event of a name, if it has the requested layout */
static struct user_event *ue_find_single(const struct user_event_name *name,
					 const struct ue_request *req)
{
	struct user_event *event;

	event = rcu_dereference_check(name->single, lockdep_is_held(&event_mutex));
	if (event && !user_event_layout_equal(event->layout, req->layout))
		return ERR_PTR(-EADDRINUSE);
	return event;
}

/**
 * ue_find_event - find the event that a request can share
 * @req: the request
 *
 * Context: RCU read side.  The event may have no reference left.  It is freed
 * after a grace period, and not while event_mutex is held.
 *
 * Return: the event, NULL when there is none, -EADDRINUSE when the name's
 * single format has another layout.
 */
static struct user_event *ue_find_event(const struct ue_request *req)
{
	const struct user_event_name *name = user_event_name_find(&req->key);

	if (!name)
		return NULL;
	if (req->multi)
		return user_event_find_format(name, req->layout, req->hash);
	return ue_find_single(name, req);
}

/* The usual case: shares an event in use without a lock, or returns NULL */
static struct user_event *ue_share_event(const struct ue_request *req)
{
	struct user_event *event;

	/* Events, layouts and names are freed a grace period after removal */
	rcu_read_lock();
	event = ue_find_event(req);
	if (IS_ERR_OR_NULL(event) || !refcount_inc_not_zero(&event->refs))
		event = NULL;
	rcu_read_unlock();
	return event;
}

/*
 * The beginning of an event
 */

/* Prints "%llx" with a tenth of sprintf()'s instructions, for each new event */
static char *ue_put_hex(char *to, u64 value)
{
	int shift;

	for (shift = (fls64(value) - 1) / 4 * 4; shift >= 0; shift -= 4)
		*to++ = hex_asc_lo(value >> shift);
	return to;
}

/*
 * Names the tracepoint.  For a multi-format event, ue_alloc_event() has
 * allocated enough memory for the longest id.
 */
static int ue_set_tp_name(struct user_event *event)
{
	const struct user_event_name *name = event->name;
	char *to;

	lockdep_assert_held(&event_mutex);
	if (!event->multi) {
		event->tp.name = name->reg_name;
		return 0;
	}
	to = (char *)event->tp.name;
	memcpy(to, name->reg_name, name->len);
	to += name->len;
	*to++ = ':';
	*to++ = '[';
	to = ue_put_hex(to, ue_next_id());
	*to++ = ']';
	*to = '\0';
	return to - event->tp.name > NAME_MAX ? -ENAMETOOLONG : 0;
}

/* Takes over the layout on success */
static struct user_event *ue_alloc_event(struct ue_request *req)
{
	struct user_event *event;

	event = kmem_cache_zalloc(ue_event_cache, USER_EVENT_GFP);
	if (!event)
		return NULL;

	event->multi = req->multi;
	event->call.print_fmt = user_event_layout_print_fmt(req->layout, USER_EVENT_GFP);
	if (event->multi)
		event->tp.name = kmalloc(req->key.len + UE_MAX_ID_LEN + 1, USER_EVENT_GFP);
	if (!event->call.print_fmt || (event->multi && !event->tp.name)) {
		user_event_free(event);
		return NULL;
	}

	event->layout = req->layout;
	spin_lock_init(&event->lock);
	INIT_LIST_HEAD(&event->enablers);
	dyn_event_init(&event->devent, &user_event_dyn_ops);
	event->call.tp = &event->tp;
	event->call.flags = TRACE_EVENT_FL_TRACEPOINT;
	event->call.event.funcs = &ue_event_funcs;
	return event;
}

/*
 * Allocates all that a new event needs before event_mutex is taken: the memory
 * is charged to the caller's cgroup, which may make it sleep.  The layout now
 * belongs to the new event; the request still uses it to look for an event.
 */
static int ue_prepare_event(struct ue_request *req)
{
	req->event = ue_alloc_event(req);
	req->name = user_event_name_alloc(&req->key);
	return req->event && req->name ? 0 : -ENOMEM;
}

/* Frees what no event has taken over */
static void ue_finish_request(struct ue_request *req)
{
	kfree(req->name);
	if (req->event)
		/* RCU readers may have found it, if adding it failed late */
		user_event_free_later(req->event);
	else
		kfree(req->layout);
}

/* The caller holds event_mutex */
static int ue_add_to_core(struct user_event *event)
{
	int ret;

	lockdep_assert_held(&event_mutex);
	/* 0: no type number is free, but some may be held for removed events */
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
 * Sets the references of an event that has none and is in no list: one for the
 * caller, and one for its consumers if a pattern has enabled it.  From then on
 * a registration can share the event without event_mutex, so all instances with
 * a pattern for it must have enabled it before.
 */
static __always_inline void ue_bring_up(struct user_event *event)
{
	unsigned int refs = 1;

	lockdep_assert_held(&event_mutex);
	if (unlikely(user_event_has_patterns()))
		refs += user_event_arm(event);
	refcount_set(&event->refs, refs);
}

/* The caller holds event_mutex */
static int ue_set_up_event(struct user_event *event)
{
	int ret;

	lockdep_assert_held(&event_mutex);
	ret = ue_set_tp_name(event);
	if (ret)
		return ret;

	ret = user_event_publish(event);
	if (ret)
		return ret;

	ret = ue_add_to_core(event);
	if (ret) {
		user_event_unpublish(event);
		return ret;
	}

	ue_bring_up(event);
	user_event_changed(event->name->group);
	return 0;
}

/* The caller holds event_mutex and has found no event to share */
static struct user_event *ue_create_event(struct ue_request *req)
{
	const struct user_event_group *group = req->key.group;
	struct user_event *event = req->event;
	int ret;

	lockdep_assert_held(&event_mutex);
	if (group->nr_events >= READ_ONCE(group->max))
		return ERR_PTR(-EMFILE);
	if (user_events_nr >= READ_ONCE(user_events_max) && !user_event_remove_one())
		return ERR_PTR(-EMFILE);

	event->name = user_event_name_find_or_add(&req->key, &req->name);
	if (IS_ERR(event->name))
		return ERR_CAST(event->name);
	event->call.class = event->multi ? &event->name->group->multi :
					   &event->name->group->single;

	ret = ue_set_up_event(event);
	if (ret) {
		user_event_name_drop_unused(event->name);
		return ERR_PTR(ret);
	}
	req->event = NULL;
	req->layout = NULL;
	return event;
}

/*
 * Removes the single-format event of the name, whose layout is another one, if
 * it waits for removal.  Returns -EAGAIN when only the tracing core needs it.
 */
static int ue_make_way(const struct ue_request *req)
{
	struct user_event_name *name;
	struct user_event *event;

	lockdep_assert_held(&event_mutex);
	scoped_guard(rcu)
		name = user_event_name_find(&req->key);
	event = rcu_dereference_protected(name->single, lockdep_is_held(&event_mutex));
	if (refcount_read(&event->refs))
		return -EADDRINUSE;
	return user_event_remove(event) ? -EAGAIN : 0;
}

/* Takes an event that waits for removal back into use, as if it were new */
static void ue_revive(struct user_event *event)
{
	lockdep_assert_held(&event_mutex);
	/* The memory is the list of enablers again; nobody can add to it yet */
	spin_lock(&event->lock);
	list_del_init(&event->pending);
	spin_unlock(&event->lock);
	ue_bring_up(event);
}

static struct user_event *ue_share_or_create_event(struct ue_request *req)
{
	struct user_event *event;
	int ret;

	guard(mutex)(&event_mutex);
	/* event_mutex keeps the event from being removed and freed */
	scoped_guard(rcu)
		event = ue_find_event(req);
	if (event == ERR_PTR(-EADDRINUSE)) {
		ret = ue_make_way(req);
		if (ret)
			return ERR_PTR(ret);
		event = NULL;
	}
	if (!event)
		return ue_create_event(req);
	if (!refcount_inc_not_zero(&event->refs))
		ue_revive(event);
	return event;
}

/**
 * user_event_get - find or create the event that a description asks for
 * @group: the group; the caller has a reference
 * @desc: the description, "NAME [FIELD[;FIELD...]]"
 * @reg_flags: of enum user_reg_flag; the caller handles USER_EVENT_REG_PERSIST
 *	itself, once nothing can fail any more
 *
 * Context: Process context, may sleep; event_mutex not held.
 *
 * Return: the event with a reference, -EPERM when the group takes multi-format
 * events only, -EINVAL or -ENAMETOOLONG for an invalid description, -EADDRINUSE
 * when a single-format event of that name has another layout, -EAGAIN when that
 * event will be removed once the tracing core does not need it any more,
 * -EMFILE at the limit of the group or of all groups, -ENOMEM.
 */
struct user_event *user_event_get(struct user_event_group *group,
				  const char *desc, unsigned int reg_flags)
{
	struct ue_request req = {
		.key.group	= group,
		.key.reg_name	= desc,
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
		req.hash = user_event_hash_layout(req.layout);

	event = ue_share_event(&req);
	if (!event) {
		ret = ue_prepare_event(&req);
		event = ret ? ERR_PTR(ret) : ue_share_or_create_event(&req);
	}
	ue_finish_request(&req);
	return event;
}

/**
 * user_event_init - create the cache and the tables of events
 *
 * Return: 0 or -ENOMEM.
 */
int __init user_event_init(void)
{
	ue_event_cache = KMEM_CACHE(user_event, SLAB_ACCOUNT | SLAB_PANIC);
	return user_event_table_init() ?: user_event_end_init();
}
