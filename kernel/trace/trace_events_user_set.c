// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: sets of registrations that address spaces share.
 *
 * This file accesses neither address spaces nor user memory: an address is only
 * a number here.  It ensures that a shared set never changes, and that a
 * toggle, which walks the enablers of an event and the sharers of their sets
 * under SRCU, misses no address space.
 */
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/srcu.h>

#include "trace_events_user_set.h"

/* Maximum number of references to drop before event_mutex is released */
#define UE_DROP_CHUNK 1024

DEFINE_SRCU(user_event_srcu);

static struct kmem_cache *ue_enabler_cache;

/**
 * user_event_enabler_alloc - allocate an enabler that is in no set yet
 * @event: the event that it mirrors; the caller has a reference
 * @addr: user address of the value
 * @bit: bit of the value
 * @size: size of the value in bytes
 *
 * Context: Process context, may sleep.
 *
 * Return: the enabler, or NULL without memory.
 */
struct user_event_enabler *user_event_enabler_alloc(struct user_event *event,
						    unsigned long addr, u8 bit, u8 size)
{
	struct user_event_enabler *enabler;

	enabler = kmem_cache_alloc(ue_enabler_cache, USER_EVENT_GFP);
	if (enabler) {
		enabler->event = event;
		enabler->addr = addr;
		enabler->bit = bit;
		enabler->size = size;
	}
	return enabler;
}

/**
 * user_event_enabler_free - free an enabler that never was in a set
 * @enabler: the enabler
 */
void user_event_enabler_free(struct user_event_enabler *enabler)
{
	kmem_cache_free(ue_enabler_cache, enabler);
}

static void ue_enabler_free_rcu(struct rcu_head *rcu)
{
	user_event_enabler_free(container_of(rcu, struct user_event_enabler, rcu));
}

static int ue_compare(unsigned long addr, u8 bit, const struct rb_node *node)
{
	const struct user_event_enabler *enabler =
		rb_entry(node, struct user_event_enabler, node);

	if (addr != enabler->addr)
		return addr < enabler->addr ? -1 : 1;
	return bit - enabler->bit;
}

static int ue_compare_nodes(struct rb_node *a, const struct rb_node *b)
{
	const struct user_event_enabler *enabler =
		rb_entry(a, struct user_event_enabler, node);

	return ue_compare(enabler->addr, enabler->bit, b);
}

/**
 * user_event_set_first - find the first enabler from an address and bit on
 * @set: the set, or NULL for an address space without registrations
 * @addr: the address
 * @bit: the bit
 *
 * Context: see user_event_set::enablers for the locks.
 *
 * Return: the enabler, or NULL when there is none.
 */
struct user_event_enabler *user_event_set_first(const struct user_event_set *set,
						unsigned long addr, u8 bit)
{
	struct rb_node *node = set ? set->enablers.rb_node : NULL, *first = NULL;

	while (node) {
		if (ue_compare(addr, bit, node) > 0) {
			node = node->rb_right;
		} else {
			first = node;
			node = node->rb_left;
		}
	}
	return rb_entry_safe(first, struct user_event_enabler, node);
}

/**
 * user_event_set_find - find an enabler
 * @set: the set, or NULL for an address space without registrations
 * @addr: its address
 * @bit: its bit
 *
 * Context: see user_event_set::enablers for the locks.
 *
 * Return: the enabler, or NULL when there is none.
 */
struct user_event_enabler *user_event_set_find(const struct user_event_set *set,
					       unsigned long addr, u8 bit)
{
	struct rb_node *node = set ? set->enablers.rb_node : NULL;

	while (node) {
		int order = ue_compare(addr, bit, node);

		if (!order)
			break;
		node = order < 0 ? node->rb_left : node->rb_right;
	}
	return rb_entry_safe(node, struct user_event_enabler, node);
}

/**
 * user_event_set_next - the enabler that follows another one
 * @enabler: an enabler of a set
 *
 * Context: see user_event_set::enablers for the locks.
 *
 * Return: the next one by address and bit, or NULL after the last one.
 */
struct user_event_enabler *user_event_set_next(struct user_event_enabler *enabler)
{
	return rb_entry_safe(rb_next(&enabler->node), struct user_event_enabler, node);
}

/**
 * user_event_set_insert - add an enabler to a set
 * @set: the set, which the caller may change
 * @enabler: the enabler; the caller has a reference to its event
 *
 * The enabler gets a reference of its own.  It is added at the head of the
 * event's list: a toggle that walks the list now need not find it, since the
 * caller reads user_event::status after this.  So that walk gets longer only by
 * copies of shared sets, and not by registrations.
 *
 * Context: Process context.
 *
 * Return: 0, or -EADDRINUSE when the set has that address and bit.
 */
int user_event_set_insert(struct user_event_set *set, struct user_event_enabler *enabler)
{
	struct user_event *event = enabler->event;

	if (rb_find_add(&enabler->node, &set->enablers, ue_compare_nodes))
		return -EADDRINUSE;
	enabler->set = set;
	refcount_inc(&event->refs);
	spin_lock(&event->lock);
	list_add_rcu(&enabler->of_event, &event->enablers);
	spin_unlock(&event->lock);
	return 0;
}

/**
 * user_event_set_erase - take an enabler out of a set
 * @set: the set, which the caller may change
 * @enabler: the enabler; freed after readers under user_event_srcu
 *
 * Context: Process context.
 *
 * Return: the event.  The enabler's reference goes over to the caller.
 */
struct user_event *user_event_set_erase(struct user_event_set *set,
					struct user_event_enabler *enabler)
{
	struct user_event *event = enabler->event;

	rb_erase(&enabler->node, &set->enablers);
	spin_lock(&event->lock);
	list_del_rcu(&enabler->of_event);
	spin_unlock(&event->lock);
	call_srcu(&user_event_srcu, &enabler->rcu, ue_enabler_free_rcu);
	return event;
}

static struct user_event_enabler *ue_last_enabler(const struct user_event_set *set)
{
	return rb_entry_safe(rb_last(&set->enablers), struct user_event_enabler, node);
}

static void ue_set_free_rcu(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct user_event_set, rcu));
}

/*
 * Drops some of the references of a set without sharers.  A toggle may still
 * walk the set, so it is freed after readers under user_event_srcu.
 */
static bool ue_set_drop(struct user_event_discard *discard)
{
	struct user_event_set *set = container_of(discard, struct user_event_set, discard);
	struct user_event_enabler *enabler;
	unsigned int nr;

	lockdep_assert_held(&event_mutex);
	for (nr = 0; nr < UE_DROP_CHUNK; nr++) {
		enabler = ue_last_enabler(set);
		if (!enabler) {
			call_srcu(&user_event_srcu, &set->rcu, ue_set_free_rcu);
			return true;
		}
		user_event_put_locked(user_event_set_erase(set, enabler));
	}
	return false;
}

/**
 * user_event_sharer_alloc - allocate a sharer for an address space
 * @umm: the address space
 *
 * Context: Process context, may sleep.
 *
 * Return: the sharer, or NULL without memory.
 */
struct user_event_sharer *user_event_sharer_alloc(struct user_event_mm *umm)
{
	struct user_event_sharer *sharer = kmalloc(sizeof(*sharer), USER_EVENT_GFP);

	if (sharer)
		sharer->umm = umm;
	return sharer;
}

/**
 * user_event_set_alloc - allocate an empty set
 * @sharer: its only sharer; the set owns it on success
 *
 * Context: Process context, may sleep.
 *
 * Return: the set, or NULL without memory.
 */
struct user_event_set *user_event_set_alloc(struct user_event_sharer *sharer)
{
	struct user_event_set *set = kzalloc(sizeof(*set), USER_EVENT_GFP);

	if (!set)
		return NULL;
	spin_lock_init(&set->lock);
	set->enablers = RB_ROOT;
	INIT_LIST_HEAD(&set->sharers);
	set->discard.drop = ue_set_drop;
	user_event_set_share(set, sharer);
	return set;
}

/*
 * The original enabler has a reference to the event.  The copy is added at the
 * tail of the event's list: a toggle that reaches the original after the
 * address space has left the old set finds the copy later in the list.
 */
static bool ue_copy_enabler(struct user_event_set *set, const struct user_event_enabler *from)
{
	struct user_event *event = from->event;
	struct user_event_enabler *enabler;

	enabler = user_event_enabler_alloc(event, from->addr, from->bit, from->size);
	if (!enabler)
		return false;
	rb_find_add(&enabler->node, &set->enablers, ue_compare_nodes);
	enabler->set = set;
	refcount_inc(&event->refs);
	spin_lock(&event->lock);
	list_add_tail_rcu(&enabler->of_event, &event->enablers);
	spin_unlock(&event->lock);
	return true;
}

/**
 * user_event_set_copy - copy a shared set
 * @from: the set, which does not change as long as the caller shares it, or
 *	NULL for an empty one
 * @sharer: the only sharer of the copy, which owns it on success.  A toggle may
 *	find its address space by the copy at once, and then looks for the
 *	enabler in the current set of the address space.
 *
 * Context: Process context, may sleep for memory, so the caller holds no lock
 * that a toggle takes.
 *
 * Return: the copy, or NULL without memory; then @sharer is freed as well,
 * after readers under user_event_srcu.
 */
struct user_event_set *user_event_set_copy(const struct user_event_set *from,
					   struct user_event_sharer *sharer)
{
	struct user_event_set *set = user_event_set_alloc(sharer);
	struct user_event_enabler *enabler;

	if (!set) {
		kfree(sharer);
		return NULL;
	}
	for (enabler = user_event_set_first(from, 0, 0); enabler;
	     enabler = user_event_set_next(enabler)) {
		if (!ue_copy_enabler(set, enabler)) {
			user_event_set_leave(set, sharer);
			return NULL;
		}
	}
	return set;
}

/**
 * user_event_set_share - let one more address space use a set
 * @set: the set
 * @sharer: the sharer of the address space; the set owns it
 *
 * It is added at the tail, so that a toggle which walks the list now finds it.
 *
 * Context: Process context.
 */
void user_event_set_share(struct user_event_set *set, struct user_event_sharer *sharer)
{
	spin_lock(&set->lock);
	set->nr_sharers++;
	list_add_tail_rcu(&sharer->of_set, &set->sharers);
	spin_unlock(&set->lock);
}

static void ue_sharer_free_rcu(struct rcu_head *rcu)
{
	kfree(container_of(rcu, struct user_event_sharer, rcu));
}

/**
 * user_event_set_leave - end the use of a set by an address space
 * @set: the set; discarded together with its references when there is no other
 *	sharer
 * @sharer: the sharer of the address space; freed after readers under
 *	user_event_srcu
 *
 * Context: Process context.  Takes no mutex and allocates nothing.
 */
void user_event_set_leave(struct user_event_set *set, struct user_event_sharer *sharer)
{
	bool last;

	spin_lock(&set->lock);
	list_del_rcu(&sharer->of_set);
	last = !--set->nr_sharers;
	spin_unlock(&set->lock);
	call_srcu(&user_event_srcu, &sharer->rcu, ue_sharer_free_rcu);
	if (last)
		user_event_discard(&set->discard);
}

/**
 * user_event_set_is_shared - tell whether a set has other sharers
 * @set: the set, which the caller's address space shares
 *
 * Context: Process context.  The answer false stays true as long as the
 * mmap_lock of the address space is held.
 *
 * Return: true when the set must not be changed.
 */
bool user_event_set_is_shared(struct user_event_set *set)
{
	bool shared;

	spin_lock(&set->lock);
	shared = set->nr_sharers > 1;
	spin_unlock(&set->lock);
	return shared;
}

/**
 * user_event_set_init - create the cache of enablers
 *
 * Return: 0 or -ENOMEM.
 */
int __init user_event_set_init(void)
{
	ue_enabler_cache = KMEM_CACHE(user_event_enabler, SLAB_ACCOUNT);
	return ue_enabler_cache ? 0 : -ENOMEM;
}
