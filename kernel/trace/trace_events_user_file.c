// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: entry points: ioctl and write on user_events_data, and the
 * sysctl kernel.user_events_max.
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

/* Number of events that the first index of an open file has space for */
#define UE_MIN_INDEX_SIZE 4U

/**
 * struct user_event_index - the events an open file has registered
 * @rcu: frees it after the writers that look an event up
 * @nr: number of @events; the write indexes are 0 to @nr - 1.  It grows under
 *	user_event_file::lock and is read anywhere.
 * @size: maximum of @nr, a power of two
 * @slots: hash table of 2 * @size entries, with the write index + 1 of an
 *	event, or 0 for an empty slot; collisions go to the next slot.  It is
 *	inside this allocation and guarded by user_event_file::lock.
 * @events: by write index; each has a reference as long as the file is open
 *
 * A full index is replaced by one of twice the size.
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
 * @group: the group of its events; holds a reference
 * @index: the events it has registered, at first no_index; replaced under
 *	@lock, read under RCU
 * @lock: serializes additions to @index.  Memory is allocated under it, but
 *	user memory is not accessed, since other tasks may share the file.
 */
struct user_event_file {
	struct user_event_group		*group;
	struct user_event_index __rcu	*index;
	struct mutex			lock; /* index */
};

/*
 * Write indexes
 */

/* An empty index for new files, so that a write need not check for NULL */
static struct user_event_index no_index;

static void ue_free_index(struct user_event_index *index)
{
	if (index != &no_index)
		kvfree(index);
}

/* Returns the slot of an event, or the empty slot where it has to be added */
static u32 *ue_find_slot(const struct user_event_index *index, const struct user_event *event)
{
	u32 mask = 2 * index->size - 1;
	u32 i = hash_ptr(event, ilog2(mask + 1));

	/* The loop ends, since at least half of the slots are empty */
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
	/* Pairs with ue_event_for_write(): the event comes before the number */
	smp_store_release(&index->nr, index->nr + 1);
}

/* Makes space for one more event.  The caller holds user_event_file::lock. */
static struct user_event_index *ue_grow_index(struct user_event_file *file)
{
	struct user_event_index *old, *new;
	u32 i;

	lockdep_assert_held(&file->lock);
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
 * Returns the write index that an event has in a file, or that it would get
 * now, -ENOMEM, or -EINTR when current is being killed.
 */
static int ue_peek_number(struct user_event_file *file, const struct user_event *event)
{
	struct user_event_index *index;
	int ret = -ENOMEM;
	u32 slot;

	if (mutex_lock_killable(&file->lock))
		return -EINTR;
	/* The event may need the space, if it is not in the index yet */
	index = ue_grow_index(file);
	if (index) {
		slot = *ue_find_slot(index, event);
		ret = slot ? slot - 1 : index->nr;
	}
	mutex_unlock(&file->lock);
	return ret;
}

/* Copies the write index to user space, and returns it, or an error */
static int ue_tell_number(struct user_event_file *file, const struct user_event *event,
			  struct user_reg __user *ureg)
{
	int number = ue_peek_number(file, event);

	if (number >= 0 && put_user(number, &ureg->write_index))
		return -EFAULT;
	return number;
}

/*
 * Gives an event the write index that has been copied to user space.  Returns
 * false when another event has got this index meanwhile.  Otherwise the file
 * has taken over the caller's reference, or dropped it if it had one already.
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
		user_event_put(event);	/* not the last: the file has one */
		return true;
	}
	if (index->nr != number || index->nr == index->size)
		return false;
	ue_append(index, event);
	return true;
}

/**
 * ue_bind_event - give an event a write index, and register its address
 * @file: the open file
 * @event: the event; the file takes over the caller's reference on success
 * @reg: the request of user space
 * @ureg: the request in user memory, which the write index is copied to
 *
 * The index is copied to user space before anyone can write with it, and before
 * the address is registered, so that a failure leaves nothing to undo.  User
 * memory is accessed without a lock, so that other tasks that share the file
 * need not wait for it.
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

	/* Nothing can fail any more, and the file has a reference */
	if (reg->flags & USER_EVENT_REG_PERSIST)
		user_event_persist(event);
	return 0;
}

/**
 * ue_event_for_write - look up the event that a write is about
 * @file: the open file
 * @number: the write index
 * @len: bytes of the payload
 * @event: set to the event, which lives as long as the file is open
 *
 * Return: 0, -EINVAL, -ENOENT, or what user_event_check_write() returns.
 */
static __always_inline int ue_event_for_write(struct user_event_file *file, s32 number,
					      size_t len, struct user_event **event)
{
	const struct user_event_index *index;
	u32 nr;

	rcu_read_lock();
	/* ue_grow_index() replaces it, and frees it after a grace period */
	index = rcu_dereference(file->index);
	/* Pairs with ue_append(): all events below this number are there */
	nr = smp_load_acquire(&index->nr);
	if (unlikely((u32)number >= nr)) {
		rcu_read_unlock();
		return number < 0 ? -EINVAL : -ENOENT;
	}
	*event = index->events[array_index_nospec((u32)number, nr)];
	rcu_read_unlock();
	return user_event_check_write(*event, len);
}

/* Returns the event of a write index, even without consumers, or NULL */
static struct user_event *ue_event_at(struct user_event_file *file, s32 number)
{
	struct user_event *event = NULL;

	ue_event_for_write(file, number, SIZE_MAX, &event);
	return event;
}

/*
 * ioctl
 */

/* Copies a struct that begins with its size; a longer one must end in zeros */
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

/* Copies a description or a name to an array of USER_EVENT_MAX_DESC bytes */
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
/* The structs are the same, but the commands encode the size of a pointer */
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
	/* The position stays 0, so writes need no lock for it */
	filp->f_mode &= ~FMODE_ATOMIC_POS;
	/* io_uring may write in the submitter's context: there is no lock */
	filp->f_mode |= FMODE_NOWAIT;
	return 0;
}

/* No other task uses the file any more, so no lock is needed */
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
 * Handles a write that is large, or can't be read to its end.  The write index
 * is copied first, since the rest is not worth a copy unless its event is
 * recorded.
 *
 * With IOCB_NOWAIT, this does not wait for memory, but it waits for a page
 * fault in the payload, like writes to a pipe or a socket.  If a worker of
 * io_uring did that, the event would be recorded with the worker's PID, and
 * after later ones.
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
	/* io_uring lets a worker repeat the write from the start */
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

	/* The position is ignored: programs may increase it with io_uring */
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
 * Shows the group, and the registered events by write index.  The caller has a
 * reference to the file, which keeps the events, and their names never change,
 * so no lock is needed.
 */
static void ue_data_show_fdinfo(struct seq_file *m, struct file *filp)
{
	struct user_event_file *file = filp->private_data;
	const struct user_event *event;
	s32 i;

	seq_printf(m, "user_events_group:\t%s\n", file->group->name);
	/* seq_file enlarges the buffer and calls this again, until all fits */
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
	/* io_uring wants this of regular files besides FMODE_NOWAIT */
	.fop_flags	= FOP_BUFFER_WASYNC,
};

/*
 * Set up
 */

/* Type numbers have 16 bits; this leaves a quarter of them to other events */
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

/* Files of each group; those of the default group are in the top directory */
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
