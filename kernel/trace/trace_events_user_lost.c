// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: entry point: user_events_lost, which lists how many entries the
 * consumers of a group's events have lost.
 */
#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#include "trace_events_user_mm.h"

static struct user_event_group *ue_lost_group(struct seq_file *m)
{
	return m->private;
}

/* Returns the losses of the first event from a position on, which is an id */
static void *ue_lost_at(struct seq_file *m, loff_t *pos)
{
	unsigned long id = *pos;
	void *losses;

	if (*pos > U32_MAX)
		return NULL;

	losses = xa_find(&ue_lost_group(m)->losses, &id, U32_MAX, XA_PRESENT);
	*pos = losses ? id : (loff_t)U32_MAX + 1;
	return losses;
}

static void *ue_lost_start(struct seq_file *m, loff_t *pos)
{
	user_events_clean();
	/* Events are removed, and perf events opened and closed, under it */
	mutex_lock(&event_mutex);
	return ue_lost_at(m, pos);
}

static void *ue_lost_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return ue_lost_at(m, pos);
}

static void ue_lost_stop(struct seq_file *m, void *v)
{
	mutex_unlock(&event_mutex);
}

static int ue_lost_show(struct seq_file *m, void *v)
{
	const struct user_event_losses *losses = v;
	u64 ftrace = atomic64_read(&losses->ftrace);
	u64 perf = user_event_lost_by_perf(losses);
	const struct user_event *event;

	if (!ftrace && !perf)
		return SEQ_SKIP;

	/* An event is removed with its losses; the position is its id */
	event = xa_load(&ue_lost_group(m)->events, m->index);
	seq_printf(m, "%s ftrace %llu perf %llu\n", event->tp.name, ftrace, perf);
	return 0;
}

static const struct seq_operations ue_lost_ops = {
	.start	= ue_lost_start,
	.next	= ue_lost_next,
	.stop	= ue_lost_stop,
	.show	= ue_lost_show,
};

static int ue_lost_open(struct inode *inode, struct file *filp)
{
	return user_event_group_seq_open(inode, filp, &ue_lost_ops);
}

const struct file_operations user_event_lost_fops = {
	.owner		= THIS_MODULE,
	.open		= ue_lost_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= user_event_group_seq_release,
};
