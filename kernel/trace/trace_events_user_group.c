// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: groups of events, and the files that each has in tracefs.
 *
 * Which group a program is in is decided by which user_events_data it opens: the
 * file's inode points to the group.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/security.h>
#include <linux/xarray.h>

#include "trace_events_user.h"

/* Events have no fields that the core defines; it looks for an end here */
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
 * user_event_group_init - make an empty group
 * @group: zeroed memory
 * @name: what it is called in user_events_groups; kept, not copied
 * @single: system of its events with one format a name; kept, not copied
 * @multi: system of its events with many formats a name; kept, not copied
 */
void user_event_group_init(struct user_event_group *group, const char *name,
			   const char *single, const char *multi)
{
	group->name = name;
	xa_init_flags(&group->events, XA_FLAGS_ALLOC);
	user_event_changes_init(&group->changes);
	ue_init_class(&group->single, single);
	ue_init_class(&group->multi, multi);
	/* A tracepoint's name with an id is no identifier; tools want one */
	group->multi.format_name = user_event_format_name;
}

/**
 * user_event_group_open - the group that a file is about
 * @inode: the file's, which is being opened
 *
 * Return: the group, or -EPERM when the kernel is locked down.
 */
struct user_event_group *user_event_group_open(const struct inode *inode)
{
	/* At boot, tracefs would not have made the file */
	int ret = security_locked_down(LOCKDOWN_TRACEFS);

	return ret ? ERR_PTR(ret) : inode->i_private;
}

/**
 * user_event_groups_init - make the files of the default group
 * @files: what each group has; without the first one, nothing works
 *
 * Return: 0 or -ENODEV.
 */
int __init user_event_groups_init(const struct user_event_group_file *files)
{
	const struct user_event_group_file *file;
	struct dentry *dentry;

	if (tracing_init_dentry())
		return -ENODEV;
	for (file = files; file->name; file++) {
		dentry = trace_create_file(file->name, file->mode, NULL,
					   &user_event_default_group, file->fops);
		if (!dentry && file == files)
			return -ENODEV;
	}
	return 0;
}
