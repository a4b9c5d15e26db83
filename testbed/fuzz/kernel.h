/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel as trace_events_user_layout.c and its header need to be
 * compiled for user space.  Included before all else; the headers that they name
 * are empty there.  Structs that the parser does not look into are empty, too.
 *
 * What reads strings is written out, so that its loops are counted: see layout.c.
 */
#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H

#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef unsigned int gfp_t, umode_t, __poll_t;

#define U16_MAX			0xffff
#define SZ_16K			0x4000
#define NAME_MAX		255
#define GFP_KERNEL		0
#define BIT(nr)			(1U << (nr))
#define __rcu
#define __user
#define __aligned(x)		__attribute__((__aligned__(x)))
#define unlikely(x)		(x)
#define READ_ONCE(x)		(x)
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define IS_ENABLED(option)	0
#define lockdep_assert_held(l)	((void)(l))
#define static_assert(expr, ...) _Static_assert(expr, #expr)
#define DYN_LOC(offset, size)	((size) << 16 | (offset))
#define WARN_ON_ONCE(x)		do { if (x) abort(); } while (0)

#define min(a, b)		((a) < (b) ? (a) : (b))

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))

#define struct_size(ptr, member, count) \
	(sizeof(*(ptr)) + (count) * sizeof(*(ptr)->member))

struct list_head {
	struct list_head *next, *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
	entry->next = head->next;
	entry->prev = head;
	head->next->prev = entry;
	head->next = entry;
}

/* What the tracing core knows of a field, and what starts an entry */
struct ftrace_event_field {
	struct list_head	link;
	const char		*name;
	const char		*type;
	int			filter_type;
	int			offset;
	int			size;
	unsigned int		is_signed:1;
	unsigned int		needs_test:1;
	int			len;
};

struct trace_entry {
	unsigned short		type;
	unsigned char		flags;
	unsigned char		preempt_count;
	int			pid;
};

enum { FILTER_OTHER, FILTER_STATIC_STRING, FILTER_DYN_STRING, FILTER_RDYN_STRING };

/* What stands in structs, and is not looked into */
enum trace_reg { TRACE_REG_REGISTER };
typedef struct { int counter; } refcount_t;
typedef struct { char none; } spinlock_t, wait_queue_head_t, atomic64_t;
struct mutex { char none; };
struct work_struct { char none; };
struct xarray { char none; };
struct rhash_head { char none; };
struct rcu_head { char none; };
struct llist_node { char none; };
struct dyn_event { char none; };
struct tracepoint { char none; };
struct trace_event_class { char none; };
struct trace_event_call { char none; };
struct dyn_event_operations;
struct file;
struct inode;
struct file_operations;
struct seq_operations;
struct trace_array;
struct trace_event_file;

extern struct mutex event_mutex;
unsigned int refcount_read(const refcount_t *refs);
bool trace_event_dyn_busy(struct trace_event_call *call);

/* An allocation fails while this is set */
extern bool fuzz_no_memory;

/* Each basic block of the parser calls this: see layout-run */
void fuzz_step(void);

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	return fuzz_no_memory ? NULL : calloc(1, size);
}

static inline void *kmalloc(size_t size, gfp_t gfp)
{
	return fuzz_no_memory ? NULL : malloc(size);
}

static inline void kfree(const void *ptr)
{
	free((void *)ptr);
}

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline long PTR_ERR(const void *ptr)
{
	return (long)ptr;
}

static inline bool IS_ERR(const void *ptr)
{
	return (unsigned long)ptr >= (unsigned long)-4095;
}

#include "kernel-text.h"

#endif
