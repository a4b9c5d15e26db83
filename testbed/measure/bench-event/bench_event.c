// SPDX-License-Identifier: GPL-2.0
/*
 * bench_event: a write to /dev/bench_event fires a trace event of the kernel's
 * own, with what has been written: the least that one event by one system call
 * costs.
 */
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/miscdevice.h>
#include <linux/uaccess.h>

#define CREATE_TRACE_POINTS
#include "bench_event.h"

static ssize_t bench_event_write(struct file *filp, const char __user *from, size_t len,
				 loff_t *pos)
{
	/* Aligned and copied as a user event's payload, with its index */
	u32 words[1 + BENCH_EVENT_WORDS];

	if (len != sizeof(words))
		return -EINVAL;
	if (copy_from_user(words, from, sizeof(words)))
		return -EFAULT;
	trace_bench_event(words + 1);
	return len;
}

static const struct file_operations bench_event_fops = {
	.owner	= THIS_MODULE,
	.write	= bench_event_write,
};

static struct miscdevice bench_event_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "bench_event",
	.fops	= &bench_event_fops,
};

static int __init bench_event_init(void)
{
	return misc_register(&bench_event_device);
}
device_initcall(bench_event_init);
