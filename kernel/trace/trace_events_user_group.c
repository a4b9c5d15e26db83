// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: groups of events, from mkdir to rmdir, and the files of each.
 *
 * A program chooses a group by the user_events_data that it opens: the inode of
 * the file points to the group, until rmdir clears that pointer.
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/security.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tracefs.h>
#include <linux/xarray.h>

#include "trace_events_user_mm.h"

/* Maximum size in bytes of a group's name, with its NUL */
#define UE_GROUP_NAME_SIZE 64

/* user_event_group::max of a group without a limit of its own */
#define UE_NO_MAX U32_MAX

/**
 * struct ue_group_dir - a group that has a directory
 * @group: the group
 * @rcu: frees it after RCU readers, which open its files or look for a group
 * @dir: the directory
 * @name: the name of the group and its directory
 * @single: the system of the group's single-format events
 * @multi: the system of the group's multi-format events
 * @nr_inodes: entries of @inodes
 * @inodes: the inodes of the files in @dir, which keeps them
 *
 * The names of the systems are needed as long as an event has the class, and no
 * event outlives its group.  The tracing core copies a name that it keeps for
 * longer (kstrdup_const()), as for the directory of a system, and the stand-in
 * for a removed event has a class of its own.
 */
struct ue_group_dir {
	struct user_event_group	group;
	struct rcu_head		rcu;
	struct dentry		*dir;
	char			name[UE_GROUP_NAME_SIZE];
	char			single[sizeof(USER_EVENTS_SYSTEM) + UE_GROUP_NAME_SIZE];
	char			multi[sizeof(USER_EVENTS_MULTI_SYSTEM) + UE_GROUP_NAME_SIZE];
	unsigned int		nr_inodes;
	struct inode		*inodes[];
};

/* A group needs this memory, and that of its files in tracefs */
static_assert(sizeof(struct ue_group_dir) <= SZ_4K / 2);

/* All groups; changed under ue_groups_lock, read under RCU */
static LIST_HEAD(ue_groups);

/* Serializes mkdir and rmdir, including the changes to tracefs */
static DEFINE_MUTEX(ue_groups_lock);

/* The directory user_events_groups */
static struct dentry *ue_groups_dir;

/* Files that all groups have, the argument of user_event_groups_init() */
static const struct user_event_group_file *ue_common_files __ro_after_init;

/* The core defines no fields for our events, but needs the end of an array */
static struct trace_event_fields ue_no_fields[] = {
	{}
};

static void ue_init_class(struct trace_event_class *class, const char *system)
{
	class->system = system;
	class->reg = user_event_reg;
	class->fields_array = ue_no_fields;
	class->get_fields = user_event_fields;
	INIT_LIST_HEAD(&class->fields);
}

/**
 * user_event_group_init - initialize an empty group
 * @group: zeroed memory
 * @name: its name in user_events_groups; not copied
 * @single: system of its single-format events; not copied
 * @multi: system of its multi-format events; not copied
 */
void user_event_group_init(struct user_event_group *group, const char *name,
			   const char *single, const char *multi)
{
	group->name = name;
	group->max = UE_NO_MAX;
	refcount_set(&group->refs, 1);
	xa_init_flags(&group->events, XA_FLAGS_ALLOC);
	xa_init(&group->losses);
	user_event_changes_init(&group->changes);
	ue_init_class(&group->single, single);
	ue_init_class(&group->multi, multi);
	/* Tools want an identifier, which a name with an id is not */
	group->multi.format_name = user_event_format_name;
}

/*
 * References
 */

/**
 * user_event_group_open - get the group that a file belongs to
 * @inode: the inode of the file, which is being opened
 *
 * Return: the group, with a reference, -EPERM when the kernel is locked down,
 * -ENODEV when the group has been removed.
 */
struct user_event_group *user_event_group_open(const struct inode *inode)
{
	struct user_event_group *group;
	/* tracefs only checks this when it creates a file */
	int ret = security_locked_down(LOCKDOWN_TRACEFS);

	if (ret)
		return ERR_PTR(ret);
	/* rmdir drops the last reference before it clears the pointer */
	guard(rcu)();
	group = READ_ONCE(inode->i_private);
	if (!group || !refcount_inc_not_zero(&group->refs))
		return ERR_PTR(-ENODEV);
	return group;
}

/**
 * user_event_group_put - drop a reference to a group
 * @group: the group; the caller has a reference, besides the directory's
 */
void user_event_group_put(struct user_event_group *group)
{
	refcount_dec(&group->refs);
}

/**
 * user_event_group_seq_open - open a seq_file of a group
 * @inode: the inode of the file
 * @filp: the open file; its seq_file's private pointer is set to the group
 * @ops: the operations of the seq_file
 *
 * Return: 0, -ENOMEM, or what user_event_group_open() fails with.
 */
int user_event_group_seq_open(struct inode *inode, struct file *filp,
			      const struct seq_operations *ops)
{
	struct user_event_group *group = user_event_group_open(inode);
	struct seq_file *m;
	int ret;

	if (IS_ERR(group))
		return PTR_ERR(group);
	ret = seq_open(filp, ops);
	if (ret) {
		user_event_group_put(group);
		return ret;
	}
	m = filp->private_data;
	m->private = group;
	return 0;
}

/**
 * user_event_group_seq_release - the release() method of a seq_file of a group
 * @inode: the inode of the file
 * @filp: the open file, opened with user_event_group_seq_open()
 *
 * Return: 0.
 */
int user_event_group_seq_release(struct inode *inode, struct file *filp)
{
	struct seq_file *m = filp->private_data;
	struct user_event_group *group = m->private;

	seq_release(inode, filp);
	user_event_group_put(group);
	return 0;
}

static bool ue_is_system(const struct trace_event_class *class, const char *system, size_t len)
{
	return !strncmp(class->system, system, len) && !class->system[len];
}

/**
 * user_event_group_of_system - find the group that a system belongs to
 * @system: a text that begins with the name of the system
 * @len: bytes of that name
 * @reg_flags: set to the flags of a registration of an event of the system
 *
 * Return: the group, with a reference, or NULL when there is none.
 */
struct user_event_group *user_event_group_of_system(const char *system, size_t len,
						    unsigned int *reg_flags)
{
	struct user_event_group *group;

	guard(rcu)();
	list_for_each_entry_rcu(group, &ue_groups, node) {
		bool multi = ue_is_system(&group->multi, system, len);

		if (!multi && !ue_is_system(&group->single, system, len))
			continue;
		*reg_flags = multi ? USER_EVENT_REG_MULTI_FORMAT : 0;
		return refcount_inc_not_zero(&group->refs) ? group : NULL;
	}
	return NULL;
}

/*
 * Files with a number
 */

static int ue_attr_open(struct inode *inode, struct file *filp,
			int (*get)(void *data, u64 *value), int (*set)(void *data, u64 value))
{
	struct user_event_group *group = user_event_group_open(inode);
	int ret;

	if (IS_ERR(group))
		return PTR_ERR(group);
	/* rmdir fails as long as there is a reference, so i_private stays */
	ret = simple_attr_open(inode, filp, get, set, "%llu\n");
	if (ret)
		user_event_group_put(group);
	return ret;
}

static int ue_attr_release(struct inode *inode, struct file *filp)
{
	simple_attr_release(inode, filp);
	user_event_group_put(inode->i_private);
	return 0;
}

static int ue_get_max(void *data, u64 *value)
{
	const struct user_event_group *group = data;
	u32 max = READ_ONCE(group->max);

	*value = max == UE_NO_MAX ? READ_ONCE(user_events_max) : max;
	return 0;
}

static int ue_set_max(void *data, u64 value)
{
	struct user_event_group *group = data;

	if (value > U32_MAX)
		return -EINVAL;
	WRITE_ONCE(group->max, value);
	return 0;
}

static int ue_open_max(struct inode *inode, struct file *filp)
{
	return ue_attr_open(inode, filp, ue_get_max, ue_set_max);
}

static const struct file_operations ue_max_fops = {
	.owner		= THIS_MODULE,
	.open		= ue_open_max,
	.read		= simple_attr_read,
	.write		= simple_attr_write,
	.release	= ue_attr_release,
};

static int ue_get_multi_format_only(void *data, u64 *value)
{
	const struct user_event_group *group = data;

	*value = READ_ONCE(group->multi_format_only);
	return 0;
}

static int ue_set_multi_format_only(void *data, u64 value)
{
	struct user_event_group *group = data;

	if (value > 1)
		return -EINVAL;
	WRITE_ONCE(group->multi_format_only, value);
	return 0;
}

static int ue_open_multi_format_only(struct inode *inode, struct file *filp)
{
	return ue_attr_open(inode, filp, ue_get_multi_format_only, ue_set_multi_format_only);
}

static const struct file_operations ue_multi_format_only_fops = {
	.owner		= THIS_MODULE,
	.open		= ue_open_multi_format_only,
	.read		= simple_attr_read,
	.write		= simple_attr_write,
	.release	= ue_attr_release,
};

/* Files that all groups have but the default group */
static const struct user_event_group_file ue_own_files[] = {
	{ "max", TRACE_MODE_WRITE, &ue_max_fops },
	{ "multi_format_only", TRACE_MODE_WRITE, &ue_multi_format_only_fops },
	{}
};

/*
 * Directories
 */

static bool ue_is_group_name(const char *name)
{
	size_t len = 0;

	while (isascii(name[len]) && (isalnum(name[len]) || name[len] == '_'))
		len++;
	return len && len < UE_GROUP_NAME_SIZE && !name[len];
}

static struct user_event_group *ue_find_group(const char *name)
{
	struct user_event_group *group;

	lockdep_assert_held(&ue_groups_lock);
	list_for_each_entry(group, &ue_groups, node) {
		if (!strcmp(group->name, name))
			return group;
	}
	return NULL;
}

static unsigned int ue_count_files(const struct user_event_group_file *file)
{
	unsigned int nr = 0;

	while (file[nr].name)
		nr++;
	return nr;
}

/* user_event_group::id of the newest group; guarded by ue_groups_lock */
static u32 ue_last_group_id;

static struct ue_group_dir *ue_alloc_group(const char *name)
{
	unsigned int nr = ue_count_files(ue_common_files) + ue_count_files(ue_own_files);
	struct ue_group_dir *dir;

	lockdep_assert_held(&ue_groups_lock);
	dir = kzalloc(struct_size(dir, inodes, nr), USER_EVENT_GFP);
	if (!dir)
		return NULL;
	strscpy(dir->name, name);
	snprintf(dir->single, sizeof(dir->single), USER_EVENTS_SYSTEM "-%s", name);
	snprintf(dir->multi, sizeof(dir->multi), USER_EVENTS_MULTI_SYSTEM "-%s", name);
	user_event_group_init(&dir->group, dir->name, dir->single, dir->multi);
	dir->group.id = ++ue_last_group_id;
	return dir;
}

/* Until the group is complete, opening one of its files fails with -ENODEV */
static bool ue_create_files(struct ue_group_dir *dir, const struct user_event_group_file *file)
{
	struct dentry *dentry;

	for (; file->name; file++) {
		dentry = tracefs_create_file(file->name, file->mode, dir->dir, NULL, file->fops);
		if (!dentry)
			return false;
		dir->inodes[dir->nr_inodes++] = d_inode(dentry);
	}
	return true;
}

static bool ue_create_dir(struct ue_group_dir *dir)
{
	dir->dir = tracefs_create_dir(dir->name, ue_groups_dir);
	if (dir->dir && ue_create_files(dir, ue_common_files) && ue_create_files(dir, ue_own_files))
		return true;
	tracefs_remove(dir->dir);
	return false;
}

/* Sets the group that the files of a directory belong to, or NULL */
static void ue_point_files_to(struct ue_group_dir *dir, struct user_event_group *group)
{
	unsigned int i;

	for (i = 0; i < dir->nr_inodes; i++)
		/* Pairs with the dependency in user_event_group_open() */
		smp_store_release(&dir->inodes[i]->i_private, group);
}

static int ue_mkdir(const char *name)
{
	struct ue_group_dir *dir;

	if (!ue_is_group_name(name))
		return -EINVAL;

	guard(mutex)(&ue_groups_lock);
	if (ue_find_group(name))
		return -EEXIST;
	dir = ue_alloc_group(name);
	if (!dir)
		return -ENOMEM;
	if (!ue_create_dir(dir)) {
		kfree(dir);
		return -ENOMEM;
	}
	list_add_tail_rcu(&dir->group.node, &ue_groups);
	ue_point_files_to(dir, &dir->group);
	return 0;
}

/*
 * Drops the directory's reference, unless the group has another one or events.
 * Creating an event needs a reference, and nobody can get one after the last.
 */
static int ue_end_group(struct user_event_group *group)
{
	guard(mutex)(&event_mutex);
	if (group->nr_events || !refcount_dec_if_one(&group->refs))
		return -EBUSY;
	return 0;
}

static int ue_rmdir(const char *name)
{
	struct user_event_group *group;
	struct ue_group_dir *dir;
	int ret;

	guard(mutex)(&ue_groups_lock);
	group = ue_find_group(name);
	if (!group)
		return -ENOENT;

	ret = user_event_group_empty(group);
	ret = ret ?: ue_end_group(group);
	if (ret)
		return ret;

	dir = container_of(group, struct ue_group_dir, group);
	list_del_rcu(&group->node);
	/* A file may outlive the directory if it is bind-mounted */
	ue_point_files_to(dir, NULL);
	tracefs_remove(dir->dir);
	user_event_changes_end(&group->changes);
	kfree_rcu(dir, rcu);
	return 0;
}

static int __init ue_create_default_files(void)
{
	const struct user_event_group_file *file;
	struct dentry *dentry;

	for (file = ue_common_files; file->name; file++) {
		dentry = trace_create_file(file->name, file->mode, NULL,
					   &user_event_default_group, file->fops);
		if (!dentry && file == ue_common_files)
			return -ENODEV;
	}
	return 0;
}

/**
 * user_event_groups_init - create the default group's files, and enable mkdir
 * @files: the files that each group has; only the first one is required
 *
 * Return: 0 or -ENODEV.
 */
int __init user_event_groups_init(const struct user_event_group_file *files)
{
	int ret;

	if (tracing_init_dentry())
		return -ENODEV;
	ue_common_files = files;
	list_add_rcu(&user_event_default_group.node, &ue_groups);
	ret = ue_create_default_files();
	if (ret)
		return ret;
	ue_groups_dir = tracefs_create_instance_dir("user_events_groups", NULL, ue_mkdir, ue_rmdir);
	if (!ue_groups_dir)
		pr_warn("user_events: no groups: could not make their directory\n");
	return 0;
}
