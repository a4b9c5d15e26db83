// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: references to an event, and its removal.
 *
 * The last reference is dropped under event_mutex only, and the event is
 * removed together with it.  Where that is not possible, as in a callback of
 * the tracing core, the event waits for removal in a list.
 */
#include <linux/hex.h>
#include <linux/limits.h>
#include <linux/list_sort.h>
#include <linux/llist.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "trace_events_user.h"

/* Maximum number of events to remove before event_mutex is released */
#define UE_REMOVE_CHUNK 64

/**
 * struct ue_queue - events without a reference that wait for removal
 * @events: linked by user_event::pending; if @sorted, the newest first, since
 *	the tracing core searches its list for an event from the newest on
 * @sorted: whether @events are in that order
 *
 * A queue is changed under event_mutex.  Any holder of event_mutex that finds
 * one of the events by name may take it out.
 */
struct ue_queue {
	struct list_head	events;
	bool			sorted;
};

#define UE_QUEUE_INIT(queue) { .events = LIST_HEAD_INIT((queue).events) }

/*
 * ue_pending has the events that lost their last reference where they could not
 * be removed, as in the core's detach callback; ue_stuck has the events that
 * the core still needed when their removal was tried.  event_mutex guards both.
 */
static struct ue_queue ue_pending = UE_QUEUE_INIT(ue_pending);
static LIST_HEAD(ue_stuck);

/* Unused objects that still hold events, see user_event_discard() */
static LLIST_HEAD(ue_discarded);

/* Objects taken from ue_discarded, the oldest first; guarded by event_mutex */
static struct llist_node *ue_dropping;

/**
 * user_event_free - free an event that nobody could ever find
 * @event: the event; it owns its layout, if it has one
 *
 * Context: any.
 */
void user_event_free(struct user_event *event)
{
	if (event->multi)
		kfree(event->tp.name);
	kfree(event->call.print_fmt);
	kfree(event->layout);
	kfree(event);
}

static void ue_free_event_rcu(struct rcu_head *rcu)
{
	user_event_free(container_of(rcu, struct user_event, rcu));
}

/**
 * user_event_free_later - free an event after a grace period
 * @event: the event, which nobody can find any more
 *
 * Context: any.
 */
void user_event_free_later(struct user_event *event)
{
	call_rcu(&event->rcu, ue_free_event_rcu);
}

/**
 * user_event_remove - remove an event
 * @event: the event, which has no reference and waits for removal; on success
 *	it is freed after a grace period
 *
 * Context: event_mutex held.
 *
 * Return: 0, -EBUSY when the tracing core still needs it, or -ENOMEM.
 */
int user_event_remove(struct user_event *event)
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
	user_event_unpublish(event);
	/* No task is writing to the event, since a writer has a reference */
	kfree(xa_erase(&group->losses, event->id));
	user_event_changed(group);
	user_event_name_drop_unused(event->name);
	user_event_free_later(event);
	return 0;
}

/*
 * Events that wait for removal
 */

static struct workqueue_struct *ue_wq;

/* Delay in jiffies of ue_stuck_work; guarded by event_mutex */
static unsigned long ue_stuck_delay;

static void ue_remove_work_fn(struct work_struct *work);
static DECLARE_WORK(ue_remove_work, ue_remove_work_fn);

static void ue_stuck_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(ue_stuck_work, ue_stuck_work_fn);

/* The caller has dropped the last reference */
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

	/* The difference is right even when ids have wrapped */
	return (s32)(x->id - y->id) < 0 ? 1 : -1;
}

/* Tries an event that the core still needs again, at growing intervals */
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
		if (user_event_remove(event))
			ue_set_aside(event);
	}
	return false;
}

/* Removes all events, and releases event_mutex from time to time */
static void ue_remove_all(struct ue_queue *queue)
{
	while (ue_remove_some(queue))
		cond_resched();
}

/*
 * References of discarded objects
 */

/**
 * user_event_discard - drop the references of an unused object later
 * @discard: the object, which nobody can find any more.  Its drop() is called
 *	soon, with event_mutex held, and before a request fails because of these
 *	references.
 *
 * Context: any.
 */
void user_event_discard(struct user_event_discard *discard)
{
	if (llist_add(&discard->node, &ue_discarded))
		queue_work(ue_wq, &ue_remove_work);
}

/* Takes the whole list and reverses it, so that the oldest is dropped first */
static void ue_take_discarded(void)
{
	lockdep_assert_held(&event_mutex);
	/* user_events_clean() must not find both empty meanwhile */
	WRITE_ONCE(ue_dropping, READ_ONCE(ue_discarded.first));
	WRITE_ONCE(ue_dropping, llist_reverse_order(llist_del_all(&ue_discarded)));
}

static void ue_drop_some(void)
{
	struct user_event_discard *discard;
	struct llist_node *next;

	lockdep_assert_held(&event_mutex);
	discard = llist_entry(ue_dropping, struct user_event_discard, node);
	next = ue_dropping->next;
	if (discard->drop(discard)) {
		/* Who sees it empty sees the events that wait for removal now */
		smp_store_release(&ue_dropping, next);
	}
}

/**
 * user_events_drop_locked - drop the references of all discarded objects
 *
 * This removes no event, so it may be called while the tracing core walks
 * events.  It does not wait for objects that are discarded meanwhile.
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

/* Returns false when all objects are gone that were discarded at first */
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
 * user_events_drop_all - drop the references of all discarded objects
 *
 * This releases event_mutex from time to time.
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
 * user_events_clean - drop discarded objects, and remove pending events
 *
 * Context: Process context, may sleep; event_mutex not held.
 */
void user_events_clean(void)
{
	bool has_discarded = !llist_empty(&ue_discarded);

	/*
	 * Nearly always there is nothing to do.  What somebody else has taken is
	 * in ue_dropping from before llist_del_all(), which is a full barrier.
	 */
	smp_rmb();
	/* Pairs with ue_drop_some(): its events are in ue_pending before */
	if (has_discarded || smp_load_acquire(&ue_dropping))
		user_events_drop_all();
	if (!list_empty(&ue_pending.events))
		ue_remove_all(&ue_pending);
}

/**
 * user_events_retry_stuck - try now to remove the events that the core needed
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
 * user_event_put - drop a reference, and remove the event after the last one
 * @event: the event; the caller has a reference
 *
 * Context: Process context, may sleep; event_mutex not held.
 */
void user_event_put(struct user_event *event)
{
	if (!refcount_dec_and_mutex_lock(&event->refs, &event_mutex))
		return;
	ue_queue_event(&ue_pending, event);
	if (user_event_remove(event))
		ue_set_aside(event);
	mutex_unlock(&event_mutex);
}

/**
 * user_event_put_locked - drop a reference, and remove the event later
 * @event: the event; the caller has a reference
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

/* Drops references from @events[*@nr - 1] on; returns true if any are left */
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
 * user_event_put_all - drop references, and remove events after their last one
 * @events: the events; the caller has a reference to each.  The array is
 *	overwritten.
 * @nr: number of @events
 *
 * Events are removed the newest first, whatever their order in @events.
 *
 * Context: Process context, may sleep; event_mutex not held.
 */
void user_event_put_all(struct user_event **events, u32 nr)
{
	struct ue_queue queue = UE_QUEUE_INIT(queue);
	u32 i, last = 0;

	/* Most events have other references, and so need no mutex */
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
 * user_event_get_locked - take a reference to an event that the core has found
 * @event: the event.  If it waits for removal, it is taken back into use.  If
 *	it is being added, ue_bring_up() will set its references.
 *
 * Context: event_mutex held.
 */
void user_event_get_locked(struct user_event *event)
{
	lockdep_assert_held(&event_mutex);
	if (refcount_inc_not_zero(&event->refs))
		return;
	/* A new event is in no list of pending events, see ue_bring_up() */
	if (list_empty(&event->pending))
		return;
	/* The memory is the list of enablers again, which tasks may add to */
	spin_lock(&event->lock);
	list_del_init(&event->pending);
	refcount_set(&event->refs, 1);
	spin_unlock(&event->lock);
}

/**
 * user_event_remove_one - remove one of the events that wait for removal
 *
 * Context: event_mutex held.
 *
 * Return: true if one was removed, so that the limit allows a new event.
 */
bool user_event_remove_one(void)
{
	struct user_event *event, *next;

	lockdep_assert_held(&event_mutex);
	ue_sort_queue(&ue_pending);
	list_for_each_entry_safe(event, next, &ue_pending.events, pending) {
		if (!user_event_remove(event))
			return true;
		ue_set_aside(event);
	}
	return false;
}

/*
 * Delete
 */

/**
 * user_event_is_busy - tell whether something uses an event
 * @event: the event
 *
 * Context: event_mutex held.
 *
 * Return: true if a file, an enabler, a consumer or a caller has a reference.
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
 * @event: the event; on success it is freed after a grace period
 *
 * Context: event_mutex held.
 *
 * Return: 0, -EBUSY when it is in use, -EAGAIN when only the tracing core needs
 * it, as for a trigger or an event probe, or when its removal had no memory,
 * and -EPERM when it persists and the caller has no CAP_PERFMON.
 */
int user_event_delete_unused(struct user_event *event)
{
	lockdep_assert_held(&event_mutex);
	if (user_event_is_busy(event))
		return -EBUSY;
	if (trace_event_dyn_busy(&event->call))
		return -EAGAIN;
	/* The event only waits for removal */
	if (!refcount_read(&event->refs))
		return user_event_remove(event) ? -EAGAIN : 0;
	if (!perfmon_capable())
		return -EPERM;

	/* Drop the reference for @persists, unless a task has taken another */
	if (!refcount_dec_if_one(&event->refs))
		return -EBUSY;
	ue_queue_event(&ue_pending, event);
	if (!user_event_remove(event))
		return 0;
	user_event_get_locked(event);
	return -EAGAIN;
}

/**
 * struct ue_deletion - the deletion of all events of a name
 * @key: the name
 * @below: ue_id_of() the multi-format event that was handled last; the next
 *	ones have smaller ids
 * @ret: -ENOENT as long as no event was found, else the first error
 */
struct ue_deletion {
	struct user_event_name_key	key;
	u64				below;
	int				ret;
};

/* Returns the id in a multi-format event's name, which never wraps */
static u64 ue_id_of(const struct user_event *event)
{
	const char *digit = strrchr(event->tp.name, '[') + 1;
	u64 id = 0;

	for (; *digit != ']'; digit++)
		id = id << 4 | hex_to_bin(*digit);
	return id;
}

static void ue_delete_one(struct ue_deletion *deletion, struct user_event *event)
{
	bool gone = !refcount_read(&event->refs) && !trace_event_dyn_busy(&event->call);
	int ret = user_event_delete_unused(event);

	/* An event that only waited for removal does not count as deleted */
	if (gone && !ret)
		return;
	if (deletion->ret == -ENOENT || !deletion->ret)
		deletion->ret = ret;
}

/* Returns true if there are more events, after releasing event_mutex */
static bool ue_delete_some(struct ue_deletion *deletion)
{
	struct user_event *event, *next, *single;
	struct user_event_name *name;
	unsigned int nr = 0;
	bool last;
	u64 id;

	guard(mutex)(&event_mutex);
	/* event_mutex keeps the name from being removed and freed */
	scoped_guard(rcu)
		name = user_event_name_find(&deletion->key);
	if (!name)
		return false;

	/*
	 * The name may be freed together with its last event, so it must not be
	 * accessed after that.  The newest events are deleted first, since the
	 * core searches its list from the newest on.
	 */
	single = rcu_dereference_protected(name->single,
					   lockdep_is_held(&event_mutex));
	last = list_empty(&name->formats);
	for (event = list_first_entry(&name->formats, typeof(*event), of_name);
	     !last; event = next) {
		last = list_is_last(&event->of_name, &name->formats);
		next = last ? NULL : list_next_entry(event, of_name);
		id = ue_id_of(event);
		if (id >= deletion->below)
			continue;
		if (nr == UE_REMOVE_CHUNK)
			return true;
		deletion->below = id;
		if (!user_event_is_busy(event))
			nr++;
		ue_delete_one(deletion, event);
	}
	if (single)
		ue_delete_one(deletion, single);
	return false;
}

/**
 * user_event_delete - delete all events of a name that are not in use
 * @group: the group
 * @text: the name
 *
 * Context: Process context, may sleep; event_mutex not held.
 *
 * Return: 0 when all events are deleted, -ENOENT when there was no event, else
 * the first error of user_event_delete_unused().
 */
int user_event_delete(struct user_event_group *group, const char *text)
{
	struct ue_deletion deletion = {
		.key	= { group, text, strlen(text) },
		.below	= U64_MAX,
		.ret	= -ENOENT,
	};

	while (ue_delete_some(&deletion))
		cond_resched();
	return deletion.ret;
}

/**
 * user_event_end_init - create the workqueue that removes events
 *
 * Return: 0 or -ENOMEM.
 */
int __init user_event_end_init(void)
{
	ue_wq = alloc_workqueue("user_events_remove", WQ_UNBOUND, 0);
	return ue_wq ? 0 : -ENOMEM;
}
