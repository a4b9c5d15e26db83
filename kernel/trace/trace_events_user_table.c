// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: tables of registered names, and of the formats of each name.
 *
 * The tables are changed under event_mutex and read under RCU: names and events
 * are freed a grace period after they are removed from their tables.
 */
#include <kunit/visibility.h>
#include <linux/ctype.h>
#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/once.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "trace_events_user.h"

/*
 * Memory that is allocated with event_mutex held is not charged to the caller's
 * cgroup: the charge could sleep, and all of tracing would wait for the mutex.
 */
#define UE_LOCKED_GFP (GFP_KERNEL | __GFP_NOWARN)

/**
 * struct ue_format_key - the key that a multi-format event is looked up by
 * @name: its registered name
 * @layout: its fields
 * @hash: user_event_hash_layout() of @layout
 */
struct ue_format_key {
	const struct user_event_name	*name;
	const struct user_event_layout	*layout;
	u32				hash;
};

/* The names of all groups, and the multi-format events of all names */
static struct rhashtable ue_names;
static struct rhashtable ue_formats;

/* Number of events of all groups, changed under event_mutex, and its limit */
unsigned int user_events_nr;
unsigned int user_events_max = 32768;

/* The search for the next user_event::id starts here; under event_mutex */
VISIBLE_IF_KUNIT u32 ue_next_index;

struct user_event_group user_event_default_group;

static u32 ue_name_hash(const void *data, u32 len, u32 seed)
{
	const struct user_event_name_key *key = data;

	return jhash(key->reg_name, key->len, seed ^ hash32_ptr(key->group));
}

static u32 ue_name_obj_hash(const void *data, u32 len, u32 seed)
{
	const struct user_event_name *name = data;
	const struct user_event_name_key key = { name->group, name->reg_name, name->len };

	return ue_name_hash(&key, 0, seed);
}

static int ue_name_obj_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct user_event_name_key *key = arg->key;
	const struct user_event_name *name = obj;

	return name->group != key->group || name->len != key->len ||
	       memcmp(name->reg_name, key->reg_name, key->len);
}

static const struct rhashtable_params ue_name_params = {
	.head_offset		= offsetof(struct user_event_name, node),
	.hashfn			= ue_name_hash,
	.obj_hashfn		= ue_name_obj_hash,
	.obj_cmpfn		= ue_name_obj_cmp,
	.automatic_shrinking	= true,
};

/**
 * user_event_hash_layout - hash a layout with a secret that never changes
 * @layout: the layout
 *
 * The seed of a rhashtable is no substitute, since it is mixed with the result
 * of this function: layouts with the same result would collide anyway.
 *
 * Context: any.
 *
 * Return: the same number for equal layouts.
 */
u32 user_event_hash_layout(const struct user_event_layout *layout)
{
	static hsiphash_key_t key __read_mostly;

	get_random_once(&key, sizeof(key));
	return user_event_layout_hash(layout, &key);
}

static u32 ue_format_hash(const void *data, u32 len, u32 seed)
{
	const struct ue_format_key *key = data;

	return jhash_2words(key->hash, hash32_ptr(key->name), seed);
}

static u32 ue_format_obj_hash(const void *data, u32 len, u32 seed)
{
	const struct user_event *event = data;
	const struct ue_format_key key = {
		event->name, event->layout, user_event_hash_layout(event->layout),
	};

	return ue_format_hash(&key, 0, seed);
}

static int ue_format_obj_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ue_format_key *key = arg->key;
	const struct user_event *event = obj;

	return event->name != key->name ||
	       !user_event_layout_equal(event->layout, key->layout);
}

static const struct rhashtable_params ue_format_params = {
	.head_offset		= offsetof(struct user_event, node),
	.hashfn			= ue_format_hash,
	.obj_hashfn		= ue_format_obj_hash,
	.obj_cmpfn		= ue_format_obj_cmp,
	.automatic_shrinking	= true,
};

/**
 * user_event_name_find - find a registered name
 * @key: the name and its group
 *
 * Context: RCU read side.  The name also stays as long as event_mutex is held.
 *
 * Return: the name, or NULL when no event has it.
 */
struct user_event_name *user_event_name_find(const struct user_event_name_key *key)
{
	return rhashtable_lookup(&ue_names, key, ue_name_params);
}

static bool ue_is_ident_char(char c)
{
	return isalnum(c) || c == '_';
}

/**
 * user_event_name_alloc - allocate a name that is in no table yet
 * @key: the name and its group
 *
 * Context: Process context, may sleep; event_mutex not held, since the memory
 * is charged to the caller's cgroup.
 *
 * Return: the name, to be freed with kfree(), or NULL without memory.
 */
struct user_event_name *user_event_name_alloc(const struct user_event_name_key *key)
{
	struct user_event_name *name;
	bool is_ident = true;
	size_t i;

	for (i = 0; i < key->len; i++)
		is_ident = is_ident && ue_is_ident_char(key->reg_name[i]);

	name = kzalloc(struct_size(name, reg_name, (key->len + 1) * (is_ident ? 1 : 2)),
		       USER_EVENT_GFP);
	if (!name)
		return NULL;

	name->group = key->group;
	name->len = key->len;
	memcpy(name->reg_name, key->reg_name, key->len);
	INIT_LIST_HEAD(&name->formats);

	name->ident = name->reg_name;
	if (!is_ident) {
		name->ident += key->len + 1;
		for (i = 0; i < key->len; i++) {
			char c = key->reg_name[i];

			name->ident[i] = ue_is_ident_char(c) ? c : '_';
		}
	}
	return name;
}

/**
 * user_event_name_find_or_add - find a name, or add one
 * @key: the name and its group
 * @new: a name for @key that is in no table; set to NULL when it was added
 *
 * Context: event_mutex held.
 *
 * Return: the name, or ERR_PTR(-ENOMEM).
 */
struct user_event_name *user_event_name_find_or_add(const struct user_event_name_key *key,
						    struct user_event_name **new)
{
	struct user_event_name *name;

	lockdep_assert_held(&event_mutex);
	/* Names are only removed under event_mutex, so it stays after RCU */
	scoped_guard(rcu)
		name = user_event_name_find(key);
	if (name)
		return name;

	name = *new;
	if (rhashtable_insert_fast(&ue_names, &name->node, ue_name_params))
		return ERR_PTR(-ENOMEM);
	*new = NULL;
	return name;
}

/**
 * user_event_name_drop_unused - remove a name unless an event has it
 * @name: the name; freed after a grace period if it is removed
 *
 * Context: event_mutex held.
 */
void user_event_name_drop_unused(struct user_event_name *name)
{
	lockdep_assert_held(&event_mutex);
	if (rcu_access_pointer(name->single) || !list_empty(&name->formats))
		return;
	rhashtable_remove_fast(&ue_names, &name->node, ue_name_params);
	kfree_rcu(name, rcu);
}

/**
 * user_event_find_format - find the multi-format event of a name and a layout
 * @name: the name
 * @layout: the layout
 * @hash: user_event_hash_layout() of @layout
 *
 * Context: RCU read side.  The event may have no reference left.
 *
 * Return: the event, or NULL.
 */
struct user_event *user_event_find_format(const struct user_event_name *name,
					  const struct user_event_layout *layout, u32 hash)
{
	const struct ue_format_key key = { name, layout, hash };

	return rhashtable_lookup(&ue_formats, &key, ue_format_params);
}

static int ue_insert_event(struct user_event *event)
{
	if (!event->multi) {
		rcu_assign_pointer(event->name->single, event);
		return 0;
	}
	if (rhashtable_insert_fast(&ue_formats, &event->node, ue_format_params))
		return -ENOMEM;
	list_add(&event->of_name, &event->name->formats);
	return 0;
}

/**
 * user_event_publish - add an event to the tables, and count it
 * @event: the event; its name and layout are set
 *
 * Context: event_mutex held.
 *
 * Return: 0, or -ENOMEM with nothing changed.
 */
int user_event_publish(struct user_event *event)
{
	struct user_event_group *group = event->name->group;
	int ret;

	lockdep_assert_held(&event_mutex);
	/* Ids increase until they wrap, so a newer event has a larger one */
	ret = xa_alloc_cyclic(&group->events, &event->id, event, xa_limit_32b,
			      &ue_next_index, UE_LOCKED_GFP);
	if (ret < 0)
		return ret;

	ret = ue_insert_event(event);
	if (ret) {
		xa_erase(&group->events, event->id);
		return ret;
	}
	group->nr_events++;
	user_events_nr++;
	return 0;
}

/**
 * user_event_unpublish - remove an event from the tables
 * @event: the event; the caller drops its name, and frees the event after a
 *	grace period
 *
 * Context: event_mutex held.
 */
void user_event_unpublish(struct user_event *event)
{
	struct user_event_group *group = event->name->group;

	lockdep_assert_held(&event_mutex);
	if (event->multi) {
		rhashtable_remove_fast(&ue_formats, &event->node, ue_format_params);
		list_del(&event->of_name);
	} else {
		RCU_INIT_POINTER(event->name->single, NULL);
	}
	xa_erase(&group->events, event->id);
	group->nr_events--;
	user_events_nr--;
}

/**
 * user_event_table_init - initialize the tables
 *
 * Return: 0 or -ENOMEM.
 */
int __init user_event_table_init(void)
{
	int ret;

	ret = rhashtable_init(&ue_names, &ue_name_params);
	if (ret)
		return ret;
	ret = rhashtable_init(&ue_formats, &ue_format_params);
	if (ret)
		rhashtable_destroy(&ue_names);
	return ret;
}
