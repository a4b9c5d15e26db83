/* SPDX-License-Identifier: GPL-2.0 */
/*
 * user_events: what the files export to one another.
 *
 * A file calls only functions of the files above it in this list:
 *
 *   trace_events_user_layout.c    parses a description into a layout
 *   trace_events_user_payload.c   checks a payload against its layout
 *   trace_events_user_number.c    keeps the type numbers of removed events
 *   trace_events_user_changes.c   wakes pollers when a group's events change
 *   trace_events_user_pattern.c   matches patterns of events to be recorded
 *   trace_events_user_table.c     looks up names and formats
 *   trace_events_user_end.c       drops references and removes events
 *   trace_events_user.c           shares or creates an event
 *   trace_events_user_set.c       registrations that address spaces share
 *   trace_events_user_page.c      pages of user memory, and the bits in them
 *   trace_events_user_mm.c        the life of an address space
 *   trace_events_user_wait.c      pages that have to be waited for
 *   trace_events_user_mirror.c    writes bits: toggles and jobs
 *   trace_events_user_register.c  register, unregister, fork
 *   trace_events_user_settle.c    repeats what failed for a transient reason
 *   trace_events_user_emit.c      consumers of an event, and writes to them
 *   trace_events_user_group.c     groups of events, and their files
 *   trace_events_user_dyn.c       entry point: dynamic_events
 *   trace_events_user_status.c    entry point: user_events_status
 *   trace_events_user_lost.c      entry point: user_events_lost
 *   trace_events_user_arm.c       entry point: set_user_event
 *   trace_events_user_file.c      entry points: ioctl, write, sysctl
 *
 * Calls in the other direction go through function pointers: of an event's
 * class, of its dyn_event_operations, and of a struct user_event_discard.
 *
 * Lock order, outermost first:
 *
 *   ue_groups_lock               the list of groups.  mkdir and rmdir take it,
 *                                and add and remove files of tracefs under it.
 *   dyn_event_ops_mutex          of the tracing core: creates dynamic events
 *   event_mutex                  of the tracing core: events, their consumers
 *                                and patterns are added and removed under it
 *   trace_types_lock, trace_event_sem
 *                                of the tracing core, which takes both to add
 *                                or remove an event; type numbers change under
 *                                the second
 *   user_event_mm::change        changes of one address space's registrations
 *   mm->mmap_lock                for reading; a toggle and a job only try it.
 *                                fork holds two of them for writing.
 *   user_event_mm::lock          the bits of one address space; a toggle only
 *                                tries it
 *   ue_held_lock                 a spinlock: the address spaces that jobs and
 *                                waiters hold
 *   user_event_set::lock, user_event::lock, user_event_mm::job_lock, and the
 *   xa_lock of ue_waiters_of_user
 *                                spinlocks, never nested in each other
 *
 * user_event_mm::change is never held together with event_mutex, and
 * user_event_file::lock never together with any other of these locks.  All
 * read-side critical sections of user_event_srcu are inside event_mutex.
 *
 * A lock other than a spinlock that is taken with event_mutex held is only
 * tried, or is only held by tasks that wait neither for user space nor for
 * memory of a cgroup nor for a folio.
 *
 * mm core ends an address space with any lock held that mmput() may be called
 * with, so user_event_mm_end() takes spinlocks only.
 *
 * Names, formats and groups are looked up under RCU, followed by
 * refcount_inc_not_zero(); the consumers of an event are read with preemption
 * off.  The addresses of an event and the address spaces that share them are
 * walked under user_event_srcu, since mirroring a bit may sleep.
 */
#ifndef _TRACE_EVENTS_USER_H
#define _TRACE_EVENTS_USER_H

#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mm_types.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/trace_events.h>
#include <linux/tracepoint.h>
#include <linux/user_events.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "trace.h"
#include "trace_dynevent.h"
#include "trace_events_user_layout.h"

/*
 * The memory of a registration is charged to the task that registers.  The
 * registration can fail with -ENOMEM, so neither the OOM killer nor a warning
 * in the log is wanted.
 */
#define USER_EVENT_GFP (GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/* The same for a caller that must not wait for memory to become free */
#define USER_EVENT_GFP_NOWAIT (GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN)

/*
 * trace_events_user_changes.c
 */

struct poll_table_struct;
struct user_event_group;

/**
 * struct user_event_changes - pollers that wait for changes of a group's events
 * @wait: the pollers
 * @wake: wakes them up; queued only by a change that clears @awaited
 * @generation: counts changes; written under event_mutex, read anywhere
 * @awaited: a reader has taken @generation since @wake was last queued; under
 *	event_mutex
 */
struct user_event_changes {
	wait_queue_head_t	wait;
	struct work_struct	wake;
	u32			generation;
	bool			awaited;
};

void user_event_changes_init(struct user_event_changes *changes);
void user_event_changes_end(struct user_event_changes *changes);
void user_event_changed(struct user_event_group *group);
u32 user_event_changes_await(struct user_event_group *group);
__poll_t user_event_changes_poll(struct user_event_group *group, struct file *filp,
				 struct poll_table_struct *wait, u32 seen);

/*
 * trace_events_user_table.c
 */

/**
 * struct user_event_discard - an unused object that still holds events
 * @node: in the list of such objects
 * @drop: drops some of its references with user_event_put_locked(), with
 *	event_mutex held, and returns true after the last one.  From then on the
 *	object may be freed.
 */
struct user_event_discard {
	struct llist_node	node;
	bool			(*drop)(struct user_event_discard *discard);
};

/**
 * struct user_event_group - a group of events, with names of its own
 * @name: its name in user_events_groups, or "-" for the default group, which is
 *	not a valid name there
 * @id: 0 for the default group; another has a number of its own, but it wraps
 * @single: class of its single-format events
 * @multi: class of its multi-format events
 * @refs: one for its directory, one for each open file of the group, and one
 *	for each command about it.  A caller that creates an event holds one.
 * @max: limit of @nr_events; user_events_max limits all groups together
 * @multi_format_only: registrations have to ask for USER_EVENT_REG_MULTI_FORMAT
 * @events: all its events, by user_event::id; changed under event_mutex
 * @nr_events: entries of @events; under event_mutex
 * @nr_busy: events with a consumer; under event_mutex
 * @node: in the list of groups; changed under ue_groups_lock, read under RCU
 * @changes: the pollers of its status
 * @losses: struct user_event_losses of each event that has had a consumer, by
 *	user_event::id; changed under event_mutex
 */
struct user_event_group {
	const char			*name;
	u32				id;
	struct trace_event_class	single;
	struct trace_event_class	multi;
	refcount_t			refs;
	u32				max;
	bool				multi_format_only;
	struct xarray			events;
	u32				nr_events;
	u32				nr_busy;
	struct list_head		node;
	struct user_event_changes	changes;
	struct xarray			losses;
};

/**
 * struct user_event_name - a registered name of a group
 * @node: in the table of names, by @group and @reg_name
 * @group: the group it belongs to
 * @single: the single-format event of this name, or NULL; changed under
 *	event_mutex, read under RCU
 * @formats: the multi-format events of this name, newest first; under
 *	event_mutex
 * @rcu: frees it after RCU readers, which do not access @formats
 * @ident: @reg_name with '_' for each character that an identifier can't have;
 *	points to @reg_name or to a copy after it
 * @len: bytes of @reg_name without its NUL
 * @reg_name: the registered name
 *
 * A name exists as long as an event has it.
 */
struct user_event_name {
	struct rhash_head		node;
	struct user_event_group		*group;
	struct user_event __rcu		*single;
	union {
		struct list_head	formats;
		struct rcu_head		rcu;
	};
	char				*ident;
	u8				len;
	char				reg_name[];
};

/**
 * struct user_event_name_key - the key that a name is looked up by
 * @group: its group
 * @reg_name: the name; need not be NUL-terminated
 * @len: bytes of @reg_name
 */
struct user_event_name_key {
	struct user_event_group		*group;
	const char			*reg_name;
	size_t				len;
};

/* Bits of user_event::status */
#define USER_EVENT_BY_FTRACE	BIT(0)
#define USER_EVENT_BY_PERF	BIT(1)

/**
 * struct user_event - an event: one name, one layout
 * @layout: its fields; owned
 * @consumers: what records it, or NULL; replaced under event_mutex, read with
 *	preemption off; owned
 * @refs: one for each open file that has registered it, one for each entry of
 *	@enablers, one for all @consumers, and one for @persists.  It becomes 0
 *	under event_mutex only.
 * @lock: guards @enablers, @toggled and @persists, and orders @status against
 *	additions to @enablers
 * @id: its index in user_event_group::events; a newer event has a larger one,
 *	until ids wrap
 * @toggled: number of the last toggle, which gave it its first consumer or took
 *	its last one; 0 before the first toggle; under @lock
 * @status: the kinds of consumers it has, USER_EVENT_BY_*; written under
 *	event_mutex and @lock, read anywhere
 * @multi: a multi-format event; never changes
 * @persists: stays until it is deleted; set under @lock, never cleared
 * @recorded: ftrace has been a consumer, so its type number outlives it; under
 *	event_mutex
 * @enablers: the addresses that mirror @status; changed under @lock, walked
 *	under user_event_srcu.  The list is empty when @refs is 0.
 * @pending: in a list of events that wait for removal, while @refs is 0; under
 *	event_mutex, and @lock where the memory becomes @enablers again
 * @rcu: frees it after RCU readers, once it is removed
 * @name: its registered name; shared, see user_event_name
 * @of_name: of a multi-format event, in user_event_name::formats; under
 *	event_mutex
 * @node: of a multi-format event, in the table of formats
 * @devent: in the list of dynamic_events
 * @tp: holds the name that the tracing core uses: the registered name of a
 *	single-format event, or "NAME:[ID]", owned, of a multi-format event
 * @call: in the list of the tracing core; owns print_fmt
 */
struct user_event {
	struct user_event_layout		*layout;
	struct user_event_consumers __rcu	*consumers;
	refcount_t				refs;
	spinlock_t				lock; /* enablers, toggled, persists */
	u32					id;
	u8					status;
	bool					multi;
	bool					persists;
	bool					recorded;
	u64					toggled;
	union {
		struct list_head		enablers;
		struct list_head		pending;
		struct rcu_head			rcu;
	};
	struct user_event_name			*name;
	struct list_head			of_name;
	struct rhash_head			node;
	struct dyn_event			devent;
	struct tracepoint			tp;
	struct trace_event_call			call;
};

extern struct dyn_event_operations user_event_dyn_ops;
extern struct user_event_group user_event_default_group;
extern unsigned int user_events_nr;
extern unsigned int user_events_max;
extern unsigned int user_event_max_held;
#if IS_ENABLED(CONFIG_KUNIT)
extern u32 ue_next_index;
#endif

u32 user_event_hash_layout(const struct user_event_layout *layout);
struct user_event_name *user_event_name_find(const struct user_event_name_key *key);
struct user_event_name *user_event_name_alloc(const struct user_event_name_key *key);
struct user_event_name *user_event_name_find_or_add(const struct user_event_name_key *key,
						    struct user_event_name **new);
void user_event_name_drop_unused(struct user_event_name *name);
struct user_event *user_event_find_format(const struct user_event_name *name,
					  const struct user_event_layout *layout, u32 hash);
int user_event_publish(struct user_event *event);
void user_event_unpublish(struct user_event *event);
int user_event_table_init(void);

/*
 * trace_events_user_number.c
 */

bool user_event_release_number(void);
int user_event_remove_call(struct user_event *event);

/**
 * user_event_from_call - get the event that a trace_event_call belongs to
 * @call: the call, whose class is one of a user_event_group
 *
 * Return: the event.
 */
static inline struct user_event *user_event_from_call(struct trace_event_call *call)
{
	return container_of(call, struct user_event, call);
}

/**
 * user_event_is_wanted - tell whether an event does more than wait for removal
 * @event: the event
 *
 * Context: event_mutex held.
 *
 * Return: true while it has a reference, or the tracing core uses it.
 */
static inline bool user_event_is_wanted(struct user_event *event)
{
	lockdep_assert_held(&event_mutex);
	return refcount_read(&event->refs) || trace_event_dyn_busy(&event->call);
}

/*
 * trace_events_user_pattern.c
 */

/**
 * struct user_event_pattern - events that an instance records once they exist
 * @list: in user_event_patterns
 * @tr: the instance; its patterns are freed when it is removed
 * @system: a glob for the system of an event
 * @name: a glob for the registered name of an event
 * @text: the text that @name points into, and @system if the text has one
 *
 * A pattern is immutable but for @list; it is added and removed under
 * event_mutex.
 */
struct user_event_pattern {
	struct list_head	list;
	struct trace_array	*tr;
	const char		*system;
	const char		*name;
	char			text[];
};

/* The patterns of all instances, the oldest first; changed under event_mutex */
extern struct list_head user_event_patterns;

bool user_event_pattern_match(const struct user_event_pattern *pattern,
			      const struct user_event *event);
bool user_event_arm(struct user_event *event);

/**
 * user_event_has_patterns - tell whether any instance has a pattern
 *
 * Context: any; without event_mutex the answer may be outdated at once.
 *
 * Return: true if there is one.
 */
static inline bool user_event_has_patterns(void)
{
	return !list_empty(&user_event_patterns);
}

/*
 * trace_events_user_end.c
 */

void user_event_free(struct user_event *event);
void user_event_free_later(struct user_event *event);
int user_event_remove(struct user_event *event);
bool user_event_remove_one(void);
void user_event_put(struct user_event *event);
void user_event_put_all(struct user_event **events, u32 nr);
void user_event_put_locked(struct user_event *event);
void user_event_get_locked(struct user_event *event);
void user_event_discard(struct user_event_discard *discard);
void user_events_drop_locked(void);
void user_events_drop_all(void);
void user_events_clean(void);
void user_events_retry_stuck(void);
bool user_event_is_busy(struct user_event *event);
int user_event_delete_unused(struct user_event *event);
int user_event_delete(struct user_event_group *group, const char *name);
int user_event_end_init(void);

/*
 * trace_events_user.c
 */

struct user_event *user_event_get(struct user_event_group *group,
				  const char *desc, unsigned int reg_flags);
void user_event_persist(struct user_event *event);
struct list_head *user_event_fields(struct trace_event_call *call);
const char *user_event_format_name(struct trace_event_call *call);
int user_event_init(void);

/*
 * trace_events_user_emit.c
 */

/**
 * struct user_event_losses - entries that the consumers of an event lost
 * @ftrace: entries that ftrace lost, each counted once per instance
 * @perf: entries that did not reach perf, and entries that did not fit into the
 *	ring buffers of perf events that have been closed
 * @perf_events: the event's open perf events, by hw.tp_list, each with a count
 *	of its own; under event_mutex
 * @nr_narrow: entries of @perf_events whose samples may lack the space for a
 *	large entry; written under event_mutex, read with preemption off
 *
 * The struct exists from the event's first consumer to the event's removal.  A
 * task that writes to the event has a file that holds the event, and so this.
 */
struct user_event_losses {
	atomic64_t		ftrace;
	atomic64_t		perf;
	struct list_head	perf_events;
	unsigned int		nr_narrow;
};

/**
 * struct user_event_consumers - what records an event
 * @rcu: frees it after the writers that read it with preemption off
 * @losses: the losses of the event; not owned
 * @perf: perf records the event
 * @nr_files: entries of @files
 * @files: the event's file of each ftrace instance that has it enabled, or NULL
 *	for an instance that has detached
 *
 * A consumer is attached in a copy, which then replaces this one, and detached
 * in place.  Both happen under event_mutex; readers have preemption off.
 */
struct user_event_consumers {
	struct rcu_head		rcu;
	struct user_event_losses *losses;
	bool			perf;
	unsigned int		nr_files;
	struct trace_event_file	*files[];
};

struct iov_iter;

/* Maximum size in bytes of a payload that is copied to the stack */
#define USER_EVENT_SMALL 256

/**
 * struct user_event_write - a write that is copied to the stack
 * @pad: aligns @payload
 * @index: the write index, at the start of the write
 * @payload: the rest, %USER_EVENT_SMALL bytes at most, and one more that
 *	user_event_layout_end_strings() may append
 *
 * One call copies the index and the payload together.  The struct need not be
 * zeroed before, since only what has been copied is read.
 */
struct user_event_write {
	u32	pad;
	s32	index;
	u8	payload[USER_EVENT_SMALL + 1];
} __aligned(8);

/**
 * user_event_check_write - check a write before its payload is read
 * @event: the event; the file that is written to holds a reference
 * @len: bytes of the payload
 *
 * This is inline, since most events that programs write to are not recorded.
 *
 * Return: 0, -EINVAL for a payload shorter than the layout, -EBADF when there
 * is no consumer.
 */
static inline int user_event_check_write(const struct user_event *event, size_t len)
{
	if (unlikely(len < event->layout->size))
		return -EINVAL;
	if (!READ_ONCE(event->status))
		return -EBADF;
	return 0;
}

ssize_t user_event_emit(struct user_event *event, const char __user *from, size_t len);
int user_event_emit_iter(struct user_event *event, struct iov_iter *from, gfp_t gfp);
int user_event_emit_copied(struct user_event *event, void *payload, size_t len);
u64 user_event_lost_by_perf(const struct user_event_losses *losses);
int user_event_reg(struct trace_event_call *call, enum trace_reg type, void *data);

/*
 * trace_events_user_group.c
 */

/**
 * struct user_event_group_file - a file that each group has
 * @name: name of the file, or NULL after the last one
 * @mode: its permissions
 * @fops: its operations; open() begins with user_event_group_open(), and
 *	release() ends with user_event_group_put()
 */
struct user_event_group_file {
	const char			*name;
	umode_t				mode;
	const struct file_operations	*fops;
};

void user_event_group_init(struct user_event_group *group, const char *name,
			   const char *single, const char *multi);
struct user_event_group *user_event_group_open(const struct inode *inode);
struct user_event_group *user_event_group_of_system(const char *system, size_t len,
						    unsigned int *reg_flags);
void user_event_group_put(struct user_event_group *group);
int user_event_group_seq_open(struct inode *inode, struct file *filp,
			      const struct seq_operations *ops);
int user_event_group_seq_release(struct inode *inode, struct file *filp);
int user_event_groups_init(const struct user_event_group_file *files);

/*
 * trace_events_user_status.c
 */

extern const struct file_operations user_event_status_fops;

/*
 * trace_events_user_lost.c
 */

extern const struct file_operations user_event_lost_fops;

#endif /* _TRACE_EVENTS_USER_H */
