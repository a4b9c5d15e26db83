// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: entry points: ioctl and write on user_events_data, and the limit
 * in /proc/sys/kernel.
 */
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/init.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sysctl.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "trace_events_user_mm.h"

static_assert(sizeof(struct user_reg) == 28);
static_assert(sizeof(struct user_unreg) == 16);

/* Events that an open file has room for at first */
#define UE_MIN_INDEX_SIZE 4U

/**
 * struct user_event_index - the events an open file has registered
 * @rcu: frees it after those who look an event up
 * @nr: how many; the write indexes are 0 to @nr - 1.  Grows under
 *	user_event_file::lock, read anywhere
 * @size: how many there is room for, a power of two
 * @slots: hash table of 2 * @size entries that leads from an event to its
 *	write index + 1; 0 is empty, collisions go to the next slot; inside
 *	this allocation; under user_event_file::lock
 * @events: by write index; each holds a reference as long as the file is open
 *
 * Replaced by one of twice the size when full.
 */
struct user_event_index {
	struct rcu_head		rcu;
	u32			nr;
	u32			size;
	u32			*slots;
	struct user_event	*events[];
};

/**
 * struct user_event_file - an open user_events_data
 * @group: whose events it is about; holds a reference
 * @index: what it has registered; no_index at first; replaced under @lock,
 *	read under RCU
 * @lock: serializes additions to @index; memory is allocated under it, but user
 *	memory is not touched, since others may share the file
 */
struct user_event_file {
	struct user_event_group		*group;
	struct user_event_index __rcu	*index;
	struct mutex			lock; /* index */
};

/*
 * Write indexes
 */

/* The index of a file that has registered nothing, so that a write has no such case */
static struct user_event_index no_index;

static void ue_free_index(struct user_event_index *index)
{
	if (index != &no_index)
		kvfree(index);
}

/* The slot an event is in, or the empty one where it belongs */
static u32 *ue_find_slot(const struct user_event_index *index, const struct user_event *event)
{
	u32 mask = 2 * index->size - 1;
	u32 i = hash_ptr(event, ilog2(mask + 1));

	/* Half of the slots are empty at least */
	while (index->slots[i] && index->events[index->slots[i] - 1] != event)
		i = (i + 1) & mask;
	return &index->slots[i];
}

static struct user_event_index *ue_alloc_index(u32 size)
{
	struct user_event_index *index;
	size_t bytes = struct_size(index, events, size);

	index = kvzalloc(size_add(bytes, array_size(2 * size, sizeof(*index->slots))),
			 USER_EVENT_GFP);
	if (index) {
		index->size = size;
		index->slots = (void *)index + bytes;
	}
	return index;
}

static void ue_append(struct user_event_index *index, struct user_event *event)
{
	*ue_find_slot(index, event) = index->nr + 1;
	index->events[index->nr] = event;
	/* Who reads the new number finds the event */
	smp_store_release(&index->nr, index->nr + 1);
}

/* Make room for one more.  Caller holds user_event_file::lock */
static struct user_event_index *ue_grow_index(struct user_event_file *file)
{
	struct user_event_index *old, *new;
	u32 i;

	old = rcu_dereference_protected(file->index, lockdep_is_held(&file->lock));
	if (old->nr < old->size)
		return old;

	new = ue_alloc_index(max(2 * old->size, UE_MIN_INDEX_SIZE));
	if (!new)
		return NULL;

	for (i = 0; i < old->nr; i++)
		ue_append(new, old->events[i]);
	rcu_assign_pointer(file->index, new);
	if (old != &no_index)
		kvfree_rcu(old, rcu);
	return new;
}

/*
 * The write index that an event has in a file, or would get next, -ENOMEM, or
 * -EINTR when current is being killed.
 */
static int ue_peek_number(struct user_event_file *file, const struct user_event *event)
{
	struct user_event_index *index;
	int ret = -ENOMEM;
	u32 slot;

	if (mutex_lock_killable(&file->lock))
		return -EINTR;
	/* With room for one more, whether or not it is needed */
	index = ue_grow_index(file);
	if (index) {
		slot = *ue_find_slot(index, event);
		ret = slot ? slot - 1 : index->nr;
	}
	mutex_unlock(&file->lock);
	return ret;
}

/* Returns the write index that user space has been told, or an error */
static int ue_tell_number(struct user_event_file *file, const struct user_event *event,
			  struct user_reg __user *ureg)
{
	int number = ue_peek_number(file, event);

	if (number >= 0 && put_user(number, &ureg->write_index))
		return -EFAULT;
	return number;
}

/*
 * Give an event the write index that user space has been told.  Returns false
 * when the file has given it to another event meanwhile, else the file has taken
 * over the reference, or dropped it where it had one already.
 */
static bool ue_take_number(struct user_event_file *file, struct user_event *event, u32 number)
{
	struct user_event_index *index;
	u32 slot;

	guard(mutex)(&file->lock);
	index = rcu_dereference_protected(file->index, lockdep_is_held(&file->lock));
	slot = *ue_find_slot(index, event);
	if (slot) {
		if (slot - 1 != number)
			return false;
		user_event_put(event);	/* never the last: the file has one */
		return true;
	}
	if (index->nr != number || index->nr == index->size)
		return false;
	ue_append(index, event);
	return true;
}

/**
 * ue_bind_event - give an event a write index, and an address to mirror it
 * @file: the open file
 * @event: the event; the file takes over the caller's reference on success
 * @reg: what is asked for
 * @ureg: where user space wants the index
 *
 * User space has the index before anyone can write with it, and before there
 * is an address: whatever fails leaves nothing behind.  User memory is touched
 * without a lock, so that others who share the file need not wait for it.
 *
 * Return: 0, -EFAULT, -EADDRINUSE for the address, -ENOMEM, or -EINTR when
 * current is being killed.
 */
static int ue_bind_event(struct user_event_file *file, struct user_event *event,
			 const struct user_reg *reg, struct user_reg __user *ureg)
{
	int number, ret;

	number = ue_tell_number(file, event, ureg);
	if (number < 0)
		return number;
	ret = user_event_register(event, reg->enable_addr, reg->enable_bit, reg->enable_size);
	if (ret)
		return ret;
	while (!ue_take_number(file, event, number)) {
		number = ue_tell_number(file, event, ureg);
		if (number < 0) {
			user_event_unregister(reg->enable_addr, reg->enable_bit);
			return number;
		}
	}

	/* Nothing can fail any more, and the file keeps the event meanwhile */
	if (reg->flags & USER_EVENT_REG_PERSIST)
		user_event_persist(event);
	return 0;
}

/**
 * ue_event_for_write - find what a write is for
 * @file: the open file
 * @number: the write index
 * @len: bytes of the payload
 * @event: is set to the event, which lives as long as the file is open
 *
 * Return: 0, -EINVAL, -ENOENT, or what user_event_check_write() returns.
 */
static __always_inline int ue_event_for_write(struct user_event_file *file, s32 number,
					      size_t len, struct user_event **event)
{
	const struct user_event_index *index;
	u32 nr;

	rcu_read_lock();
	/* Replaced as it grows, and freed after a grace period */
	index = rcu_dereference(file->index);
	/* Pairs with ue_append(): what is counted is there */
	nr = smp_load_acquire(&index->nr);
	if (unlikely((u32)number >= nr)) {
		rcu_read_unlock();
		return number < 0 ? -EINVAL : -ENOENT;
	}
	*event = index->events[array_index_nospec((u32)number, nr)];
	rcu_read_unlock();
	return user_event_check_write(*event, len);
}

/* The event of a write index, whether or not it can be written, or NULL */
static struct user_event *ue_event_at(struct user_event_file *file, s32 number)
{
	struct user_event *event = NULL;

	ue_event_for_write(file, number, SIZE_MAX, &event);
	return event;
}

/*
 * ioctl
 */

/* A struct that user space knows in its own size: longer ones end in zeros */
static int ue_copy_struct(void *to, size_t size, const void __user *from)
{
	u32 user_size;

	if (get_user(user_size, (const u32 __user *)from))
		return -EFAULT;
	if (user_size > PAGE_SIZE)
		return -E2BIG;
	if (user_size < size)
		return -EINVAL;
	return copy_struct_from_user(to, size, from, user_size);
}

static bool ue_is_enable_size(u8 size)
{
	return size == sizeof(u32) || (IS_ENABLED(CONFIG_64BIT) && size == sizeof(u64));
}

static int ue_check_reg(const struct user_reg *reg)
{
	unsigned long addr = reg->enable_addr;

	if (reg->flags & ~(USER_EVENT_REG_MAX - 1))
		return -EINVAL;
	if (!ue_is_enable_size(reg->enable_size))
		return -EINVAL;
	if (reg->enable_addr & (reg->enable_size - 1))
		return -EINVAL;
	if (reg->enable_bit >= reg->enable_size * BITS_PER_BYTE)
		return -EINVAL;
	if (addr != reg->enable_addr || !access_ok((void __user *)addr, reg->enable_size))
		return -EFAULT;
	return 0;
}

/* Copy a description or a name; @to has room for USER_EVENT_MAX_DESC bytes */
static int ue_copy_text(char *to, const char __user *from)
{
	long len = strncpy_from_user(to, from, USER_EVENT_MAX_DESC);

	if (len < 0)
		return len;
	return len == USER_EVENT_MAX_DESC ? -EINVAL : 0;
}

static int ue_ioctl_reg(struct user_event_file *file, struct user_reg __user *ureg)
{
	char desc[USER_EVENT_MAX_DESC] __uninitialized;
	struct user_event *event;
	struct user_reg reg;
	int ret;

	ret = ue_copy_struct(&reg, sizeof(reg), ureg);
	if (ret)
		return ret;

	ret = ue_check_reg(&reg);
	if (ret)
		return ret;

	if (user_event_is_registered(reg.enable_addr, reg.enable_bit))
		return -EADDRINUSE;

	ret = ue_copy_text(desc, u64_to_user_ptr(reg.name_args));
	if (ret)
		return ret;

	if (reg.flags & USER_EVENT_REG_PERSIST && !perfmon_capable())
		return -EPERM;

	event = user_event_obtain(file->group, desc, reg.flags);
	if (IS_ERR(event))
		return PTR_ERR(event);

	ret = ue_bind_event(file, event, &reg, ureg);
	if (ret)
		user_event_put(event);
	return ret;
}

static int ue_ioctl_del(struct user_event_file *file, const char __user *uname)
{
	char name[USER_EVENT_MAX_DESC] __uninitialized;
	int ret;

	ret = ue_copy_text(name, uname);
	if (ret)
		return ret;

	return user_event_delete_all(file->group, name);
}

static int ue_ioctl_unreg(const struct user_unreg __user *uunreg)
{
	struct user_unreg unreg;
	int ret;

	ret = ue_copy_struct(&unreg, sizeof(unreg), uunreg);
	if (ret)
		return ret;
	if (unreg.__reserved || unreg.__reserved2)
		return -EINVAL;
	if (unreg.disable_addr != (unsigned long)unreg.disable_addr)
		return -ENOENT;

	return user_event_unregister(unreg.disable_addr, unreg.disable_bit);
}

static long ue_data_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct user_event_file *file = filp->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case DIAG_IOCSREG:
		return ue_ioctl_reg(file, user);
	case DIAG_IOCSDEL:
		return ue_ioctl_del(file, user);
	case DIAG_IOCSUNREG:
		return ue_ioctl_unreg(user);
	default:
		return -ENOTTY;
	}
}

#ifdef CONFIG_COMPAT
/* The structs are the same; the numbers hold the size of a pointer */
#define DIAG_IOCSREG_COMPAT	_IOWR(DIAG_IOC_MAGIC, 0, compat_uptr_t)
#define DIAG_IOCSDEL_COMPAT	_IOW(DIAG_IOC_MAGIC, 1, compat_uptr_t)
#define DIAG_IOCSUNREG_COMPAT	_IOW(DIAG_IOC_MAGIC, 2, compat_uptr_t)

static long ue_data_compat_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case DIAG_IOCSREG_COMPAT:
		cmd = DIAG_IOCSREG;
		break;
	case DIAG_IOCSDEL_COMPAT:
		cmd = DIAG_IOCSDEL;
		break;
	case DIAG_IOCSUNREG_COMPAT:
		cmd = DIAG_IOCSUNREG;
		break;
	}
	return ue_data_ioctl(filp, cmd, (unsigned long)compat_ptr(arg));
}
#else
#define ue_data_compat_ioctl NULL
#endif

/*
 * open, write, close
 */

static int ue_data_open(struct inode *inode, struct file *filp)
{
	struct user_event_group *group = user_event_group_open(inode);
	struct user_event_file *file;

	if (IS_ERR(group))
		return PTR_ERR(group);
	file = kzalloc(sizeof(*file), USER_EVENT_GFP);
	if (!file) {
		user_event_group_put(group);
		return -ENOMEM;
	}
	file->group = group;
	mutex_init(&file->lock);
	RCU_INIT_POINTER(file->index, &no_index);
	filp->private_data = file;
	/* The position stays 0: those who share the file need not take turns */
	filp->f_mode &= ~FMODE_ATOMIC_POS;
	/* io_uring may write in the context of the submitter: no lock is taken */
	filp->f_mode |= FMODE_NOWAIT;
	return 0;
}

/* No one else has the file any more */
static int ue_data_release(struct inode *inode, struct file *filp)
{
	struct user_event_file *file = filp->private_data;
	struct user_event_index *index = rcu_access_pointer(file->index);

	user_event_put_all(index->events, index->nr);
	ue_free_index(index);
	user_event_group_put(file->group);
	kfree(file);
	return 0;
}

static ssize_t ue_data_write(struct file *filp, const char __user *from, size_t len, loff_t *pos)
{
	struct user_event *event;
	s32 number;
	int ret;

	if (unlikely(*pos || len < sizeof(number)))
		return -EFAULT;
	if (unlikely(get_user(number, (const s32 __user *)from)))
		return -EFAULT;

	ret = ue_event_for_write(filp->private_data, number, len - sizeof(number), &event);
	if (ret)
		return ret;
	return user_event_emit(event, from, len);
}

/*
 * Write what is large, or can't be read to its end.  Its event comes first: it
 * says whether the rest is worth a copy.
 *
 * With IOCB_NOWAIT, memory is all that is not waited for.  A fault in the payload
 * is, as in writes to a pipe or a socket: were it left to a worker of io_uring,
 * the event would carry the worker's PID, and come after those behind it.
 */
static noinline ssize_t ue_write_pieces(struct kiocb *kiocb, struct iov_iter *from)
{
	bool nowait = kiocb->ki_flags & IOCB_NOWAIT;
	size_t len = iov_iter_count(from);
	struct user_event *event;
	s32 number;
	int ret;

	if (!copy_from_iter_full(&number, sizeof(number), from))
		return -EFAULT;

	ret = ue_event_for_write(kiocb->ki_filp->private_data, number, len - sizeof(number),
				 &event);
	if (ret)
		return ret;
	ret = user_event_emit_iter(event, from, nowait ? USER_EVENT_GFP_NOWAIT : USER_EVENT_GFP);
	/* io_uring has a worker try again, from the start */
	if (ret == -ENOMEM && nowait)
		return -EAGAIN;
	return ret ?: len;
}

static ssize_t ue_data_write_iter(struct kiocb *kiocb, struct iov_iter *from)
{
	struct user_event_write write __uninitialized;
	size_t len = iov_iter_count(from);
	struct user_event *event;
	int ret;

	/* The position does not matter: users of io_uring may count it up */
	if (unlikely(len < sizeof(write.index)))
		return -EFAULT;
	if (unlikely(len > sizeof(write.index) + USER_EVENT_SMALL ||
		     !copy_from_iter_full(&write.index, len, from)))
		return ue_write_pieces(kiocb, from);

	ret = ue_event_for_write(kiocb->ki_filp->private_data, write.index,
				 len - sizeof(write.index), &event);
	ret = ret ?: user_event_emit_copied(event, write.payload, len - sizeof(write.index));
	return ret ?: len;
}

/*
 * The group, and what is registered, by write index.  The caller has a reference
 * to the file, which keeps the events, and their names never change, so
 * neither registrations nor writes have to wait for this.
 */
static void ue_data_show_fdinfo(struct seq_file *m, struct file *filp)
{
	struct user_event_file *file = filp->private_data;
	const struct user_event *event;
	s32 i;

	seq_printf(m, "user_events_group:\t%s\n", file->group->name);
	/* The buffer is made larger, and all of it shown again, until it fits */
	for (i = 0; !seq_has_overflowed(m) && (event = ue_event_at(file, i)); i++) {
		seq_printf(m, "user_event:\t%d %s\n", i, event->tp.name);
		cond_resched();
	}
}

static const struct file_operations ue_data_fops = {
	.owner		= THIS_MODULE,
	.open		= ue_data_open,
	.release	= ue_data_release,
	.write		= ue_data_write,
	.write_iter	= ue_data_write_iter,
	.unlocked_ioctl	= ue_data_ioctl,
	.compat_ioctl	= ue_data_compat_ioctl,
	.show_fdinfo	= ue_data_show_fdinfo,
	/* What io_uring asks of regular files besides FMODE_NOWAIT */
	.fop_flags	= FOP_BUFFER_WASYNC,
};

/*
 * Set up
 */

/* All trace events share numbers of 16 bits: this leaves a quarter to others */
static unsigned int ue_largest_max = 49152;

static struct ctl_table ue_sysctls[] = {
	{
		.procname	= "user_events_max",
		.data		= &user_events_max,
		.maxlen		= sizeof(user_events_max),
		.mode		= 0644,
		.proc_handler	= proc_douintvec_minmax,
		.extra2		= &ue_largest_max,
	},
};

/* What each group has, and the default group in the top directory */
static const struct user_event_group_file ue_files[] = {
	{ "user_events_data", TRACE_MODE_WRITE, &ue_data_fops },
	{ "user_events_status", TRACE_MODE_READ, &user_event_status_fops },
	{ "user_events_lost", TRACE_MODE_READ, &user_event_lost_fops },
	{}
};

static int __init user_events_init(void)
{
	int ret;

	user_event_group_init(&user_event_default_group, "-", USER_EVENTS_SYSTEM,
			      USER_EVENTS_MULTI_SYSTEM);
	ret = user_event_set_init();
	if (!ret)
		ret = user_event_mm_init();
	if (!ret)
		ret = user_event_wait_init();
	if (!ret)
		ret = user_event_init();
	if (!ret)
		ret = dyn_event_register(&user_event_dyn_ops);
	if (!ret)
		ret = user_event_groups_init(ue_files);
	if (ret) {
		pr_warn("user_events is not available: %d\n", ret);
		return ret;
	}
	register_sysctl_init("kernel", ue_sysctls);
	return 0;
}

fs_initcall(user_events_init);
