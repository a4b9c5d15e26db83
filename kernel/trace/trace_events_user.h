/* SPDX-License-Identifier: GPL-2.0 */
/*
 * user_events: what the files offer one another.
 *
 * A file calls only files above it in this list:
 *
 *   trace_events_user_layout.c    text -> immutable layout
 *   trace_events_user_payload.c   whether a payload has what its layout says
 *   trace_events_user_number.c    the type numbers of removed events
 *   trace_events_user_changes.c   pollers that wait for changes of a group
 *   trace_events_user_pattern.c   patterns of what is to be recorded
 *   trace_events_user_table.c     names and formats, and how they are found
 *   trace_events_user_end.c       references to an event, and its end
 *   trace_events_user.c           how an event is shared, or made
 *   trace_events_user_set.c       registrations that address spaces share
 *   trace_events_user_page.c      pages of user memory, and the bits in them
 *   trace_events_user_mm.c        the life of an address space
 *   trace_events_user_wait.c      pages that have to be waited for
 *   trace_events_user_mirror.c    bits follow an event: by a toggle, by a job
 *   trace_events_user_register.c  register, unregister, fork
 *   trace_events_user_settle.c    events, in spite of what does not last
 *   trace_events_user_emit.c      consumers of an event, and writes to them
 *   trace_events_user_group.c     groups of events, and their files
 *   trace_events_user_dyn.c       entry point: dynamic_events
 *   trace_events_user_status.c    entry point: user_events_status
 *   trace_events_user_lost.c      entry point: user_events_lost
 *   trace_events_user_arm.c       entry point: set_user_event
 *   trace_events_user_file.c      entry points: ioctl, write, sysctl
 *
 * What goes up is data: the class of an event, its dyn_event_operations, and
 * what an address space leaves behind (struct user_event_discard).
 *
 * Lock order, outermost first:
 *
 *   ue_groups_lock               groups come and go; taken by mkdir and rmdir only
 *   dyn_event_ops_mutex          the tracing core's; commands to dynamic_events
 *   event_mutex                  the tracing core's; events come and go, and
 *                                consumers attach and detach, under it, and so
 *                                do patterns of what is to be recorded
 *   user_event_mm::change        changes of one address space's registrations
 *   mm->mmap_lock                for reading; a toggle and a job only try it.
 *                                fork holds two for writing.
 *   user_event_mm::lock          the bits of one address space; a toggle only
 *                                tries it
 *   ue_held_lock                 which address spaces are held by jobs
 *   user_event_set::lock, user_event::lock, user_event_mm::job_lock
 *                                spinlocks, never nested in each other
 *
 * user_event_mm::change and event_mutex are never taken inside each other; nor
 * are user_event_file::lock and any other of these.  Whatever is taken with
 * event_mutex held (the spinlocks apart) is tried, or held only by those who do
 * not wait for user space, memory of a cgroup or a folio.
 *
 * mm core ends an address space with any lock held that mmput() may be called
 * with, so user_event_mm_end() takes spinlocks only.
 *
 * Found without a lock: names, formats and groups under RCU, then
 * refcount_inc_not_zero(); the addresses of an event, and the address spaces
 * that share them, under user_event_srcu, since mirroring a bit may sleep.
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
 * Memory that a registration takes is charged to the task that registers, and
 * -ENOMEM is an answer: never call the OOM killer for it, never fill the log.
 */
#define USER_EVENT_GFP (GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/* The same for those who must not wait for memory to become free */
#define USER_EVENT_GFP_NOWAIT (GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN)

/*
 * trace_events_user_changes.c
 */

struct poll_table_struct;
struct user_event_group;

/**
 * struct user_event_changes - pollers that wait for changes of a group's events
 * @wait: the pollers
 * @wake: wakes them up; pending only where a change has cleared @awaited
 * @generation: grows with each change; written under event_mutex, read anywhere
 * @awaited: somebody has read @generation since those in @wait were woken up;
 *	under event_mutex
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
 * struct user_event_discard - something that refers to events and is of no use
 * @node: in the list of such things
 * @drop: drops some of the references with user_event_put_locked(), with
 *	event_mutex held, and returns whether that were the last ones.  From then
 *	on the struct may be gone.
 */
struct user_event_discard {
	struct llist_node	node;
	bool			(*drop)(struct user_event_discard *discard);
};

/**
 * struct user_event_group - a closed world of events
 * @name: what it is called in user_events_groups, or "-" for the default group,
 *	which no other can be called
 * @single: class of its events with one format a name
 * @multi: class of its events with many formats a name
 * @refs: one for its directory, and one for each open file of the group and for
 *	each command that is about it.  Whoever makes an event has one.
 * @max: the most events at one time; more than user_events_max there are never
 * @multi_format_only: registrations have to ask for USER_EVENT_REG_MULTI_FORMAT
 * @events: all its events, by user_event::id; changed under event_mutex
 * @nr_events: entries of @events; under event_mutex
 * @nr_busy: events with a consumer; under event_mutex
 * @node: in the list of groups; changed under ue_groups_lock, read under RCU
 * @changes: the pollers of its status
 * @losses: struct user_event_losses of those that have had a consumer, by
 *	user_event::id; changed under event_mutex
 */
struct user_event_group {
	const char			*name;
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
 * @group: whose name it is
 * @single: the single-format event of this name, or NULL; changed under
 *	event_mutex, read under RCU
 * @formats: the multi-format events of this name, newest first; under
 *	event_mutex
 * @rcu: frees it after those who found it, who do not look at @formats
 * @ident: @reg_name with '_' for what can't be in an identifier; @reg_name
 *	itself, or behind it
 * @len: bytes of @reg_name without its NUL
 * @reg_name: the registered name
 *
 * Exists while an event has it.
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
 * struct user_event_name_key - what a name is found by
 * @group: whose
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
 * @consumers: what records it, or NULL for nothing; replaced under event_mutex,
 *	read with preemption off; owned
 * @refs: an open file's, an address set's, the consumers' together, and one
 *	for @persists.  It becomes 0 under event_mutex only.
 * @lock: guards @enablers, @toggled and @persists, and orders @status against
 *	additions to the first
 * @id: its place in user_event_group::events; a newer event has a larger one,
 *	until they wrap
 * @toggled: number of the toggle that last changed whether there are consumers;
 *	0 for none; under @lock
 * @status: what kinds of consumers there are, USER_EVENT_BY_*; written under event_mutex
 *	and @lock, read anywhere
 * @multi: made for USER_EVENT_REG_MULTI_FORMAT; never changes
 * @persists: stays until it is deleted; under @lock, and once true, never false
 *	again
 * @recorded: ftrace has recorded it: its type number outlives it; under
 *	event_mutex
 * @enablers: the addresses that mirror @status; changed under @lock, walked under
 *	user_event_srcu.  Each has a reference, so once @refs is 0, there is none.
 * @pending: in a list of events that wait for removal, once @refs is 0; under
 *	event_mutex, and @lock where it becomes @enablers again
 * @rcu: frees it, after its removal, after those who found it
 * @name: its registered name; shared, see user_event_name
 * @of_name: multi: in user_event_name::formats; under event_mutex
 * @node: multi: in the table of formats
 * @devent: what dynamic_events knows of it
 * @tp: gives the tracepoint its name
 *	single: the registered name; multi: "NAME:[ID]", and owns it
 * @call: what the tracing core knows of it; owns print_fmt
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
 * user_event_from_call - the event that a call of the tracing core belongs to
 * @call: a call whose class is one of a user_event_group
 *
 * Return: the event.
 */
static inline struct user_event *user_event_from_call(struct trace_event_call *call)
{
	return container_of(call, struct user_event, call);
}

/**
 * user_event_is_wanted - tell whether an event does more than wait for its removal
 * @event: which
 *
 * Context: event_mutex held.
 *
 * Return: true while somebody refers to it, or the tracing core uses it.
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
 * struct user_event_pattern - what an instance is to record once it exists
 * @list: in user_event_patterns
 * @tr: the instance; drops its patterns when it goes
 * @system: a glob for the system of an event
 * @name: a glob for its registered name
 * @text: what @name, and as a rule @system, point into
 *
 * Immutable but for @list; comes and goes under event_mutex.
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
 * user_event_has_patterns - tell whether there is a pattern in any instance
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
 * struct user_event_losses - what the consumers of an event could not record
 * @ftrace: entries, each as often as there are instances that lost it
 * @perf: entries that perf was not given, and those that did not fit into the ring
 *	buffers of perf events that are closed by now
 * @perf_events: the event's perf events that are open, by hw.tp_list, each with a
 *	count of its own; under event_mutex
 * @nr_narrow: how many of those ask for so much else in a sample that it may be too
 *	small for a large entry; written under event_mutex, read with preemption off
 *
 * In user_event_group::losses from the event's first consumer to its removal.
 * Those who write to the event keep it, and so this.
 */
struct user_event_losses {
	atomic64_t		ftrace;
	atomic64_t		perf;
	struct list_head	perf_events;
	unsigned int		nr_narrow;
};

/**
 * struct user_event_consumers - what records an event
 * @rcu: frees it after those who dispatch to it
 * @losses: what they could not record; the event's, not owned
 * @perf: perf does
 * @nr_files: entries of @files
 * @files: ftrace does: the event's file of each instance that has it enabled,
 *	or NULL for one that has detached
 *
 * A consumer attaches to a copy, which user_event::consumers then points to,
 * and detaches from this in place.  Written under event_mutex, read with
 * preemption off.
 */
struct user_event_consumers {
	struct rcu_head		rcu;
	struct user_event_losses *losses;
	bool			perf;
	unsigned int		nr_files;
	struct trace_event_file	*files[];
};

struct iov_iter;

/* Bytes of a payload that are copied to the stack */
#define USER_EVENT_SMALL 256

/**
 * struct user_event_write - a write that is copied to the stack
 * @pad: aligns @payload
 * @index: the write index, which it starts with
 * @payload: the rest, %USER_EVENT_SMALL bytes at most, and one more that
 *	user_event_layout_end_strings() may append
 *
 * Index and payload are copied as one: whole words, and one call.  Not worth
 * filling with zeros before, since just what has been copied is read.
 */
struct user_event_write {
	u32	pad;
	s32	index;
	u8	payload[USER_EVENT_SMALL + 1];
} __aligned(8);

/**
 * user_event_check_write - what can be said of a write without its payload
 * @event: which event; an open file that the caller has keeps it
 * @len: bytes of the payload
 *
 * Inline, since nearly all that is written to is not being recorded.
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
 * @name: of the file, or NULL behind the last one
 * @mode: its permissions
 * @fops: what it does; its open() begins with user_event_group_open(), and its
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
