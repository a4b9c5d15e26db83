// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: entry point: user_events_status, which lists a group's events
 * and their consumers.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/seq_file.h>

#include "trace_events_user_mm.h"

/* Stands for the lines after the events; the end is the position after it */
#define UE_SUMMARY ((void *)1)
#define UE_SUMMARY_POS ((loff_t)U32_MAX + 1)

static struct user_event_group *ue_status_group(struct seq_file *m)
{
	return m->private;
}

/* Returns the first event from a position on, which is an id, or the summary */
static void *ue_status_at(struct seq_file *m, loff_t *pos)
{
	unsigned long id = *pos;
	struct user_event *event;

	if (*pos > UE_SUMMARY_POS)
		return NULL;

	event = *pos < UE_SUMMARY_POS ?
		xa_find(&ue_status_group(m)->events, &id, U32_MAX, XA_PRESENT) : NULL;
	*pos = event ? id : UE_SUMMARY_POS;
	return event ?: UE_SUMMARY;
}

static void *ue_status_start(struct seq_file *m, loff_t *pos)
{
	user_events_clean();
	/* Events are added and removed, and change their consumers, under it */
	mutex_lock(&event_mutex);
	/* A read or seek that only skips to a later position does not count */
	if (!*pos && !m->read_pos)
		WRITE_ONCE(m->poll_event, user_event_changes_await(ue_status_group(m)));
	return ue_status_at(m, pos);
}

static void *ue_status_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return ue_status_at(m, pos);
}

static void ue_status_stop(struct seq_file *m, void *v)
{
	mutex_unlock(&event_mutex);
}

static int ue_status_show(struct seq_file *m, void *v)
{
	const struct user_event *event = v;

	if (v == UE_SUMMARY) {
		seq_printf(m, "\nActive: %u\nBusy: %u\n",
			   ue_status_group(m)->nr_events, ue_status_group(m)->nr_busy);
		return 0;
	}

	seq_puts(m, event->tp.name);
	if (event->status)
		seq_puts(m, " # Used by");
	if (event->status & USER_EVENT_BY_FTRACE)
		seq_puts(m, " ftrace");
	if (event->status & USER_EVENT_BY_PERF)
		seq_puts(m, " perf");
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations ue_status_ops = {
	.start	= ue_status_start,
	.next	= ue_status_next,
	.stop	= ue_status_stop,
	.show	= ue_status_show,
};

static int ue_status_open(struct inode *inode, struct file *filp)
{
	struct seq_file *m;
	int ret;

	ret = user_event_group_seq_open(inode, filp, &ue_status_ops);
	if (ret)
		return ret;
	m = filp->private_data;
	/* A poller is not told of changes before open() */
	guard(mutex)(&event_mutex);
	m->poll_event = user_event_changes_await(ue_status_group(m));
	return 0;
}

static __poll_t ue_status_poll(struct file *filp, poll_table *wait)
{
	struct seq_file *m = filp->private_data;

	return user_event_changes_poll(ue_status_group(m), filp, wait, READ_ONCE(m->poll_event));
}

const struct file_operations user_event_status_fops = {
	.owner		= THIS_MODULE,
	.open		= ue_status_open,
	.read		= seq_read,
	.poll		= ue_status_poll,
	.llseek		= seq_lseek,
	.release	= user_event_group_seq_release,
};
