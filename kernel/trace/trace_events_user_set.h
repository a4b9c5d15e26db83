/* SPDX-License-Identifier: GPL-2.0 */
/*
 * user_events: registrations that address spaces share.
 *
 * A registration is called an enabler: an address and a bit of an address
 * space that mirror whether an event is recorded.  The enablers of an address
 * space form a set.  A child shares the set of its parent; the first of the two
 * that registers or unregisters continues with a copy of its own.
 */
#ifndef _TRACE_EVENTS_USER_SET_H
#define _TRACE_EVENTS_USER_SET_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>

#include "trace_events_user.h"

struct user_event_mm;

/**
 * struct user_event_set - enablers that address spaces share
 * @lock: guards @sharers and @nr_sharers
 * @nr_sharers: entries of @sharers; an address space adds another one only
 *	while its mmap_lock is held for writing
 * @enablers: struct user_event_enabler by address and bit; never changes while
 *	there are two sharers.  The only sharer changes it under its
 *	user_event_mm::change and user_event_mm::lock, and either of them is
 *	enough for a sharer to read it.
 * @sharers: struct user_event_sharer; walked under user_event_srcu
 * @deferred: number of the last toggle that left all sharers to their jobs;
 *	under event_mutex
 * @discard: drops the references to events once there is no sharer left.  It
 *	shares no memory with @sharers, which a toggle may still walk.
 * @rcu: frees the set after readers under user_event_srcu
 */
struct user_event_set {
	spinlock_t			lock; /* sharers, nr_sharers */
	unsigned int			nr_sharers;
	struct rb_root			enablers;
	struct list_head		sharers;
	u64				deferred;
	struct user_event_discard	discard;
	struct rcu_head			rcu;
};

/**
 * struct user_event_enabler - an address and bit that mirror an event
 * @node: in user_event_set::enablers
 * @rcu: frees the enabler, once it has left the set, after readers under
 *	user_event_srcu
 * @of_event: in user_event::enablers; changed under user_event::lock, walked
 *	under user_event_srcu
 * @event: the event; the enabler holds a reference
 * @set: the set it belongs to; never changes
 * @addr: user address of the value
 * @bit: bit of the value, counted from the least significant one
 * @size: size of the value in bytes, 4 or 8
 */
struct user_event_enabler {
	union {
		struct rb_node	node;
		struct rcu_head	rcu;
	};
	struct list_head	of_event;
	struct user_event	*event;
	struct user_event_set	*set;
	unsigned long		addr;
	u8			bit;
	u8			size;
};

/**
 * struct user_event_sharer - an address space that uses a set
 * @of_set: in user_event_set::sharers; changed under user_event_set::lock
 * @umm: the address space
 * @rcu: frees the sharer after readers under user_event_srcu
 */
struct user_event_sharer {
	struct list_head	of_set;
	struct user_event_mm	*umm;
	struct rcu_head		rcu;
};

extern struct srcu_struct user_event_srcu;

struct user_event_enabler *user_event_enabler_alloc(struct user_event *event,
						    unsigned long addr, u8 bit, u8 size);
void user_event_enabler_free(struct user_event_enabler *enabler);
struct user_event_sharer *user_event_sharer_alloc(struct user_event_mm *umm);
struct user_event_set *user_event_set_alloc(struct user_event_sharer *sharer);
struct user_event_set *user_event_set_copy(const struct user_event_set *from,
					   struct user_event_sharer *sharer);
void user_event_set_share(struct user_event_set *set, struct user_event_sharer *sharer);
void user_event_set_leave(struct user_event_set *set, struct user_event_sharer *sharer);
bool user_event_set_is_shared(struct user_event_set *set);
struct user_event_enabler *user_event_set_first(const struct user_event_set *set,
						unsigned long addr, u8 bit);
struct user_event_enabler *user_event_set_find(const struct user_event_set *set,
					       unsigned long addr, u8 bit);
struct user_event_enabler *user_event_set_next(struct user_event_enabler *enabler);
int user_event_set_insert(struct user_event_set *set, struct user_event_enabler *enabler);
struct user_event *user_event_set_erase(struct user_event_set *set,
					struct user_event_enabler *enabler);
int user_event_set_init(void);

#endif /* _TRACE_EVENTS_USER_SET_H */
