// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: an event's life, from its name to its end.
 *
 * An event that exists is found and shared without a lock.  Events are made
 * and removed under event_mutex, and a reference count becomes 0 under it
 * only, so that who holds it sees each event either in use or gone.
 */
#include <linux/ctype.h>
#include <linux/hash.h>
#include <linux/hex.h>
#include <linux/jhash.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/perf_event.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "trace_events_user.h"
#include "trace_output.h"

/* Hex digits of an id */
#define MAX_ID_LEN 16

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
 * struct request - a registration on its way through this room
 * @key: its name
 * @layout: its fields; freed by user_event_get() unless an event took it over
 * @hash: of @layout, for multi-format events
 * @multi: USER_EVENT_REG_MULTI_FORMAT
 */
struct request {
	struct name_key			key;
	struct user_event_layout	*layout;
	u32				hash;
	bool				multi;
};

/* Names of all groups, and multi-format events of all names.  Changed under
 * event_mutex, looked up under RCU.
 */
static struct kmem_cache *event_cache;
static struct rhashtable names;
static struct rhashtable formats;

/* Events without a reference that could not be removed where they lost it,
 * which is in the core's detach callback.  Under event_mutex.
 */
static LIST_HEAD(zombies);

/* All events of all groups, and how many there may be; under event_mutex */
static u32 nr_events;
unsigned int user_events_max = 32768;

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

static u32 format_hash(const void *data, u32 len, u32 seed)
{
	const struct format_key *key = data;

	return jhash_2words(key->hash, hash32_ptr(key->name), seed);
}

static u32 format_obj_hash(const void *data, u32 len, u32 seed)
{
	const struct user_event *event = data;
	const struct format_key key = { event->name, event->layout, event->hash };

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

/* Caller holds event_mutex */
static struct user_event_name *find_or_add_name(const struct name_key *key)
{
	struct user_event_name *name;
	int ret;

	lockdep_assert_held(&event_mutex);
	/* Names are removed under event_mutex: what is found stays */
	rcu_read_lock();
	name = find_name(key);
	rcu_read_unlock();
	if (name)
		return name;

	name = alloc_name(key);
	if (!name)
		return ERR_PTR(-ENOMEM);

	ret = rhashtable_insert_fast(&names, &name->node, name_params);
	if (ret) {
		kfree(name);
		return ERR_PTR(-ENOMEM);
	}
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
 * @event: has no references; freed after a grace period on success
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
	ret = trace_remove_event_call(&event->call);
	if (ret) {
		user_event_layout_attach(event->layout);
		return ret;
	}

	dyn_event_remove(&event->devent);
	list_del(&event->zombie);
	unpublish(event);
	xa_erase(&group->events, event->id);
	group->nr_events--;
	nr_events--;
	drop_unused_name(event->name);
	call_rcu(&event->rcu, free_event_rcu);
	return 0;
}

/* How long to wait for the core, in jiffies, the next time; under event_mutex */
static unsigned long zombie_delay;

static void bury_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(zombie_work, bury_work);

static void bury_work(struct work_struct *work)
{
	guard(mutex)(&event_mutex);
	user_events_bury();
	if (list_empty(&zombies))
		return;
	zombie_delay = min_t(unsigned long, 2 * zombie_delay, 30 * HZ);
	schedule_delayed_work(&zombie_work, zombie_delay);
}

/**
 * user_events_bury - remove the events that wait for it
 *
 * Who needs a name, a place or the truth calls this first.  What the core
 * still needs goes on waiting.
 *
 * Context: event_mutex held, but not from a callback of the tracing core.
 */
void user_events_bury(void)
{
	struct user_event *event, *next;

	lockdep_assert_held(&event_mutex);
	list_for_each_entry_safe(event, next, &zombies, zombie)
		remove_event(event);
}

/* Caller holds event_mutex and has seen the last reference go */
static void add_zombie(struct user_event *event)
{
	lockdep_assert_held(&event_mutex);
	list_add(&event->zombie, &zombies);
	zombie_delay = HZ / 100 + 1;
	/* It may be waiting longer for another one */
	cancel_delayed_work(&zombie_work);
	schedule_delayed_work(&zombie_work, 0);
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
	if (remove_event(event))
		add_zombie(event);
	mutex_unlock(&event_mutex);
}

/**
 * user_event_put_locked - drop a reference where removal has to wait
 * @event: to which; the caller has a reference
 *
 * Context: event_mutex held by the tracing core around its detach callback.
 */
void user_event_put_locked(struct user_event *event)
{
	lockdep_assert_held(&event_mutex);
	if (refcount_dec_and_test(&event->refs))
		add_zombie(event);
}

/**
 * user_event_get_locked - take a reference to an event the core has found
 * @event: to which; may be waiting for removal, and then lives again
 *
 * Context: event_mutex held.
 */
void user_event_get_locked(struct user_event *event)
{
	lockdep_assert_held(&event_mutex);
	if (refcount_inc_not_zero(&event->refs))
		return;
	/* Now it is the list of enablers again, to which who finds it may add */
	spin_lock(&event->lock);
	list_del_init(&event->zombie);
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
	if (!event->persists) {
		/* Once it persists, this one is no use: it has to be there before */
		refcount_inc(&event->refs);
		smp_wmb();	/* pairs with is_busy() */
		WRITE_ONCE(event->persists, true);
	}
	spin_unlock(&event->lock);
}

/* The single-format event of a name; its layout decides whether it is shared */
static struct user_event *find_single(const struct user_event_name *name,
				      const struct request *req)
{
	struct user_event *event;

	event = rcu_dereference_check(name->single, lockdep_is_held(&event_mutex));
	if (event && !user_event_layout_equal(event->layout, req->layout))
		return ERR_PTR(-EADDRINUSE);
	return event;
}

static struct user_event *find_multi(const struct user_event_name *name,
				     const struct request *req)
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
static struct user_event *find_event(const struct request *req)
{
	const struct user_event_name *name = find_name(&req->key);

	if (!name)
		return NULL;
	return req->multi ? find_multi(name, req) : find_single(name, req);
}

/* The usual way: what is in use is shared without a lock, the rest is NULL */
static struct user_event *share_event(const struct request *req)
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

/* As "%llx" does, in far fewer instructions; returns how many digits */
static int print_id(char *to, u64 id)
{
	int len = DIV_ROUND_UP(fls64(id), 4), i;

	for (i = len - 1; i >= 0; i--) {
		to[i] = hex_asc_lo(id);
		id >>= 4;
	}
	return len;
}

static char *mempcpy_to(char *to, const char *from, size_t len)
{
	memcpy(to, from, len);
	return to + len;
}

/* Names the tracepoint; caller holds event_mutex */
static int set_tp_name(struct user_event *event)
{
	const struct user_event_name *name = event->name;
	char id[MAX_ID_LEN + 1], *tp_name;
	int id_len;
	size_t len;

	if (!event->multi) {
		event->tp.name = name->text;
		return 0;
	}

	id_len = print_id(id, next_id());
	len = name->len + strlen(":[]") + id_len;
	if (len > NAME_MAX)
		return -ENAMETOOLONG;

	tp_name = kmalloc(len + 1, USER_EVENT_GFP);
	if (!tp_name)
		return -ENOMEM;

	event->tp.name = tp_name;
	tp_name = mempcpy_to(tp_name, name->text, name->len);
	tp_name = mempcpy_to(tp_name, ":[", 2);
	tp_name = mempcpy_to(tp_name, id, id_len);
	memcpy(tp_name, "]", 2);
	return 0;
}

static struct user_event *alloc_event(struct request *req,
				      struct user_event_name *name)
{
	struct user_event *event;

	event = kmem_cache_zalloc(event_cache, USER_EVENT_GFP);
	if (!event)
		return NULL;

	event->call.print_fmt = user_event_layout_print_fmt(req->layout, USER_EVENT_GFP);
	if (!event->call.print_fmt) {
		kmem_cache_free(event_cache, event);
		return NULL;
	}

	event->layout = req->layout;
	event->hash = req->hash;
	req->layout = NULL;
	event->name = name;
	event->changed = USER_EVENT_LONG_AGO;
	spin_lock_init(&event->lock);
	INIT_LIST_HEAD(&event->enablers);
	dyn_event_init(&event->devent, &user_event_dyn_ops);
	event->multi = req->multi;

	event->call.class = req->multi ? &name->group->multi : &name->group->single;
	event->call.tp = &event->tp;
	event->call.flags = TRACE_EVENT_FL_TRACEPOINT;
	event->call.event.funcs = &event_funcs;
	return event;
}

/* Caller holds event_mutex */
static int add_to_core(struct user_event *event)
{
	int ret;

	/* 0: no type number is left for it */
	if (!register_trace_event(&event->call.event))
		return -EMFILE;

	user_event_layout_attach(event->layout);
	dyn_event_add(&event->devent, &event->call);
	ret = trace_add_event_call(&event->call);
	if (ret) {
		dyn_event_remove(&event->devent);
		unregister_trace_event(&event->call.event);
	}
	return ret;
}

/* Caller holds event_mutex */
static int set_up_event(struct user_event *event)
{
	struct user_event_group *group = event->name->group;
	int ret;

	ret = set_tp_name(event);
	if (ret)
		return ret;

	ret = xa_alloc(&group->events, &event->id, event, xa_limit_32b, USER_EVENT_GFP);
	if (ret)
		return ret;

	ret = publish(event);
	if (ret)
		goto erase;

	ret = add_to_core(event);
	if (ret)
		goto hide;

	/* From here on, who finds it without event_mutex can have it */
	refcount_set(&event->refs, 1);
	group->nr_events++;
	nr_events++;
	return 0;
hide:
	unpublish(event);
erase:
	xa_erase(&group->events, event->id);
	return ret;
}

/* Caller holds event_mutex and has found that there is none to share */
static struct user_event *create_event(struct request *req)
{
	struct user_event_name *name;
	struct user_event *event;
	int ret;

	if (nr_events >= READ_ONCE(user_events_max))
		return ERR_PTR(-EMFILE);

	name = find_or_add_name(&req->key);
	if (IS_ERR(name))
		return ERR_CAST(name);

	event = alloc_event(req, name);
	if (!event) {
		drop_unused_name(name);
		return ERR_PTR(-ENOMEM);
	}

	ret = set_up_event(event);
	if (ret) {
		drop_unused_name(name);
		/* Someone may have found it, though without a use for it */
		call_rcu(&event->rcu, free_event_rcu);
		return ERR_PTR(ret);
	}
	return event;
}

static struct user_event *share_or_create_event(struct request *req)
{
	struct user_event *event;

	mutex_lock(&event_mutex);
	user_events_bury();
	rcu_read_lock();
	event = find_event(req);
	rcu_read_unlock();
	/* event_mutex keeps what was found, and only the core can still need it */
	if (!event)
		event = create_event(req);
	else if (!IS_ERR(event))
		user_event_get_locked(event);
	mutex_unlock(&event_mutex);
	return event;
}

/**
 * user_event_get - find or make the event that a description asks for
 * @group: where
 * @desc: the description, "NAME [FIELD[;FIELD...]]"
 * @reg_flags: of enum user_reg_flag; USER_EVENT_REG_PERSIST is the caller's
 *	to see to, once nothing can fail any more
 *
 * Context: Process context, may sleep; event_mutex not held.
 *
 * Return: the event with a reference, -EINVAL or -ENAMETOOLONG for a
 * description that is none, -EADDRINUSE when the name is taken by another
 * layout (single format only), -EMFILE at the limit, -ENOMEM.
 */
struct user_event *user_event_get(struct user_event_group *group,
				  const char *desc, unsigned int reg_flags)
{
	struct request req = {
		.key.group	= group,
		.key.text	= desc,
		.multi		= reg_flags & USER_EVENT_REG_MULTI_FORMAT,
	};
	struct user_event *event;
	int ret;

	ret = user_event_name_len(desc, &req.key.len);
	if (ret)
		return ERR_PTR(ret);

	req.layout = user_event_layout_parse(desc + req.key.len, USER_EVENT_GFP);
	if (IS_ERR(req.layout))
		return ERR_CAST(req.layout);
	if (req.multi)
		req.hash = user_event_layout_hash(req.layout);

	event = share_event(&req);
	if (!event)
		event = share_or_create_event(&req);

	/* Unless a new event has it */
	kfree(req.layout);
	return event;
}

/*
 * Delete
 */

static bool is_busy(const struct user_event *event)
{
	bool persists = READ_ONCE(event->persists);

	smp_rmb();	/* pairs with user_event_persist() */
	return refcount_read(&event->refs) > persists;
}

/* Caller holds event_mutex */
static int delete_event(struct user_event *event)
{
	int ret;

	lockdep_assert_held(&event_mutex);
	if (is_busy(event))
		return -EBUSY;
	if (!perfmon_capable())
		return -EPERM;

	/* The one that persistence holds, unless someone has just found it */
	if (refcount_read(&event->refs) && !refcount_dec_if_one(&event->refs))
		return -EBUSY;

	ret = remove_event(event);
	if (ret && list_empty(&event->zombie))
		refcount_set(&event->refs, 1);
	return ret;
}

/**
 * user_event_delete - delete all events of a name that are not in use
 * @group: whose name
 * @text: the name
 *
 * Context: Process context, may sleep; event_mutex not held.
 *
 * Return: 0 when all are gone, -ENOENT when there was none, else the first
 * error of one that stays: -EBUSY in use, -EPERM without CAP_PERFMON.
 */
int user_event_delete(struct user_event_group *group, const char *text)
{
	const struct name_key key = { group, text, strlen(text) };
	struct user_event *event, *next, *single;
	struct user_event_name *name;
	bool last = false;
	int first = 0, ret;

	guard(mutex)(&event_mutex);
	user_events_bury();

	/* Names come and go under event_mutex */
	rcu_read_lock();
	name = find_name(&key);
	rcu_read_unlock();
	if (!name)
		return -ENOENT;

	/* The name may go with its last event: don't look at it behind that.
	 * Newest first, as the core looks for what it removes.
	 */
	single = rcu_dereference_protected(name->single,
					   lockdep_is_held(&event_mutex));
	last = list_empty(&name->formats);
	for (event = list_first_entry(&name->formats, typeof(*event), format);
	     !last; event = next) {
		last = list_is_last(&event->format, &name->formats);
		next = last ? NULL : list_next_entry(event, format);
		ret = delete_event(event);
		first = first ?: ret;
	}
	if (single) {
		ret = delete_event(single);
		first = first ?: ret;
	}
	return first;
}

/*
 * dynamic_events
 */

static int dyn_create(const char *raw_command)
{
	struct user_event *event;

	if (!str_has_prefix(raw_command, USER_EVENTS_PREFIX))
		return -ECANCELED;
	if (!perfmon_capable())
		return -EPERM;

	raw_command = skip_spaces(raw_command + strlen(USER_EVENTS_PREFIX));
	event = user_event_get(&user_event_default_group, raw_command, 0);
	if (IS_ERR(event))
		return PTR_ERR(event);

	user_event_persist(event);
	user_event_put(event);
	return 0;
}

static struct user_event *from_devent(struct dyn_event *devent)
{
	return container_of(devent, struct user_event, devent);
}

static int dyn_show(struct seq_file *m, struct dyn_event *devent)
{
	struct user_event *event = from_devent(devent);

	seq_puts(m, USER_EVENTS_PREFIX);
	if (event->name->group != &user_event_default_group)
		seq_printf(m, "%s/", event->call.class->system);
	seq_puts(m, event->name->text);
	user_event_layout_show(m, event->layout);
	seq_putc(m, '\n');
	return 0;
}

static bool dyn_is_busy(struct dyn_event *devent)
{
	return is_busy(from_devent(devent));
}

static int dyn_free(struct dyn_event *devent)
{
	return delete_event(from_devent(devent));
}

static bool dyn_match(const char *system, const char *text, int argc,
		      const char **argv, struct dyn_event *devent)
{
	struct user_event *event = from_devent(devent);

	if (strcmp(event->name->text, text))
		return false;
	if (system && strcmp(event->call.class->system, system))
		return false;
	return user_event_layout_match(event->layout, argc, argv);
}

struct dyn_event_operations user_event_dyn_ops = {
	.create		= dyn_create,
	.show		= dyn_show,
	.is_busy	= dyn_is_busy,
	.free		= dyn_free,
	.match		= dyn_match,
};

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

	ret = dyn_event_register(&user_event_dyn_ops);
	if (ret)
		goto destroy_formats;
	return 0;
destroy_formats:
	rhashtable_destroy(&formats);
destroy_names:
	rhashtable_destroy(&names);
destroy_cache:
	kmem_cache_destroy(event_cache);
	return ret;
}
