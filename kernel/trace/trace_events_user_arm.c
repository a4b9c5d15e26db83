// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: entry point: set_user_event, which lists the registered names
 * that an instance records, whether or not such events exist yet.
 *
 * A write is handled like a write to set_event: each takes one word of the text
 * and returns the bytes up to its end, so an error is about one pattern.
 */
#include <linux/ctype.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/trace.h>

#include "trace_events_user_mm.h"

/* Maximum size in bytes of a pattern, with a leading '!' and its NUL */
#define UE_MAX_PATTERN 512

/* Maximum number of patterns of an instance */
#define UE_MAX_PATTERNS 256

/* The system of a pattern whose text does not name one */
#define UE_ANY_SYSTEM "*"

/*
 * Patterns, which event_mutex guards
 */

static struct user_event_pattern *ue_find_pattern(const struct user_event_pattern *key)
{
	struct user_event_pattern *pattern;

	lockdep_assert_held(&event_mutex);
	list_for_each_entry(pattern, &user_event_patterns, list) {
		if (pattern->tr == key->tr && !strcmp(pattern->name, key->name) &&
		    !strcmp(pattern->system, key->system))
			return pattern;
	}
	return NULL;
}

static unsigned int ue_count_patterns(const struct trace_array *tr)
{
	const struct user_event_pattern *pattern;
	unsigned int nr = 0;

	lockdep_assert_held(&event_mutex);
	list_for_each_entry(pattern, &user_event_patterns, list)
		nr += pattern->tr == tr;
	return nr;
}

static bool ue_any_matches(const struct list_head *patterns, const struct trace_array *tr,
			   const struct user_event *event)
{
	const struct user_event_pattern *pattern;

	lockdep_assert_held(&event_mutex);
	list_for_each_entry(pattern, patterns, list) {
		if (pattern->tr == tr && user_event_pattern_match(pattern, event))
			return true;
	}
	return false;
}

/* Moves all patterns of an instance to another list */
static void ue_take_patterns(const struct trace_array *tr, struct list_head *taken)
{
	struct user_event_pattern *pattern, *next;

	lockdep_assert_held(&event_mutex);
	list_for_each_entry_safe(pattern, next, &user_event_patterns, list) {
		if (pattern->tr == tr)
			list_move_tail(&pattern->list, taken);
	}
}

static void ue_free_patterns(struct list_head *patterns)
{
	struct user_event_pattern *pattern, *next;

	list_for_each_entry_safe(pattern, next, patterns, list)
		kfree(pattern);
}

/*
 * Events that exist: like set_event, this looks at all events of an instance
 */

/* Returns NULL if the event is not a user event, or if it waits for removal */
static struct user_event *ue_event_of(const struct trace_event_file *file)
{
	struct trace_event_call *call = file->event_call;
	struct user_event *event;

	lockdep_assert_held(&event_mutex);
	if (call->class->get_fields != user_event_fields)
		return NULL;
	event = user_event_from_call(call);
	return user_event_is_wanted(event) ? event : NULL;
}

/* Returns the first error, after trying to enable the other events as well */
static int ue_enable_matching(const struct user_event_pattern *pattern)
{
	struct trace_event_file *file;
	struct user_event *event;
	int err, ret = 0;

	lockdep_assert_held(&event_mutex);
	list_for_each_entry(file, &pattern->tr->events, list) {
		event = ue_event_of(file);
		if (event && user_event_pattern_match(pattern, event)) {
			err = trace_event_enable_disable(file, 1, 0);
			ret = ret ?: err;
		}
		cond_resched();
	}
	return ret;
}

/* Disables the events that match a removed pattern and no remaining one */
static void ue_disable_matching(struct trace_array *tr, const struct list_head *gone)
{
	struct trace_event_file *file;
	struct user_event *event;

	lockdep_assert_held(&event_mutex);
	list_for_each_entry(file, &tr->events, list) {
		event = ue_event_of(file);
		if (event && ue_any_matches(gone, tr, event) &&
		    !ue_any_matches(&user_event_patterns, tr, event))
			trace_event_enable_disable(file, 0, 0);
		cond_resched();
	}
}

/*
 * Commands
 */

/* Takes over the pattern, also when it fails */
static int ue_add_pattern(struct user_event_pattern *new)
{
	struct user_event_pattern *pattern;

	/* Do not enable events that only ended address spaces keep */
	user_events_settle();

	guard(mutex)(&event_mutex);
	pattern = ue_find_pattern(new);
	if (pattern || ue_count_patterns(new->tr) == UE_MAX_PATTERNS) {
		kfree(new);
		return pattern ? ue_enable_matching(pattern) : -E2BIG;
	}
	list_add_tail(&new->list, &user_event_patterns);
	return ue_enable_matching(new);
}

static int ue_remove_pattern(const struct user_event_pattern *key)
{
	struct user_event_pattern *pattern;
	LIST_HEAD(gone);

	guard(mutex)(&event_mutex);
	pattern = ue_find_pattern(key);
	if (!pattern)
		return -ENOENT;
	list_move(&pattern->list, &gone);
	ue_disable_matching(key->tr, &gone);
	kfree(pattern);
	return 0;
}

static void ue_remove_all_patterns(struct trace_array *tr)
{
	LIST_HEAD(gone);

	guard(mutex)(&event_mutex);
	ue_take_patterns(tr, &gone);
	if (list_empty(&gone))
		return;
	ue_disable_matching(tr, &gone);
	ue_free_patterns(&gone);
}

/* A character that neither a name nor a system can have would match nothing */
static bool ue_is_pattern(const char *text)
{
	for (; *text; text++) {
		if (!isascii(*text) || !isgraph(*text))
			return false;
	}
	return true;
}

/* Splits "[SYSTEM:]GLOB" in place; neither a system nor a name has a colon */
static int ue_split_pattern(struct user_event_pattern *pattern)
{
	char *colon = strchr(pattern->text, ':');

	pattern->system = UE_ANY_SYSTEM;
	pattern->name = pattern->text;
	if (colon) {
		*colon = '\0';
		pattern->system = pattern->text;
		pattern->name = colon + 1;
	}
	return *pattern->system && *pattern->name && !strchr(pattern->name, ':') ? 0 : -EINVAL;
}

static struct user_event_pattern *ue_parse_pattern(struct trace_array *tr, const char *text)
{
	size_t size = strlen(text) + 1;
	struct user_event_pattern *pattern;
	int ret;

	if (!ue_is_pattern(text))
		return ERR_PTR(-EINVAL);
	pattern = kzalloc(struct_size(pattern, text, size), GFP_KERNEL);
	if (!pattern)
		return ERR_PTR(-ENOMEM);

	pattern->tr = tr;
	memcpy(pattern->text, text, size);
	ret = ue_split_pattern(pattern);
	if (ret) {
		kfree(pattern);
		return ERR_PTR(ret);
	}
	return pattern;
}

/* Executes one written word: "PATTERN" or "!PATTERN" */
static int ue_command(struct trace_array *tr, const char *word)
{
	bool remove = *word == '!';
	struct user_event_pattern *pattern = ue_parse_pattern(tr, word + remove);
	int ret;

	if (IS_ERR(pattern))
		return PTR_ERR(pattern);
	if (!remove)
		return ue_add_pattern(pattern);
	ret = ue_remove_pattern(pattern);
	kfree(pattern);
	return ret;
}

/*
 * The file
 */

static struct trace_array *ue_arm_instance(const struct seq_file *m)
{
	return m->private;
}

/* Returns the instance's first pattern after a node of the list, or NULL */
static void *ue_arm_behind(struct seq_file *m, struct list_head *before)
{
	struct list_head *node;

	lockdep_assert_held(&event_mutex);
	for (node = before->next; node != &user_event_patterns; node = node->next) {
		if (list_entry(node, struct user_event_pattern, list)->tr == ue_arm_instance(m))
			return node;
	}
	return NULL;
}

static void *ue_arm_start(struct seq_file *m, loff_t *pos)
{
	struct list_head *node;
	loff_t left = *pos;

	mutex_lock(&event_mutex);
	node = ue_arm_behind(m, &user_event_patterns);
	while (node && left--)
		node = ue_arm_behind(m, node);
	return node;
}

static void *ue_arm_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return ue_arm_behind(m, v);
}

static void ue_arm_stop(struct seq_file *m, void *v)
{
	mutex_unlock(&event_mutex);
}

static int ue_arm_show(struct seq_file *m, void *v)
{
	const struct user_event_pattern *pattern = list_entry(v, struct user_event_pattern, list);

	if (strcmp(pattern->system, UE_ANY_SYSTEM))
		seq_printf(m, "%s:", pattern->system);
	seq_printf(m, "%s\n", pattern->name);
	return 0;
}

static const struct seq_operations ue_arm_ops = {
	.start	= ue_arm_start,
	.next	= ue_arm_next,
	.stop	= ue_arm_stop,
	.show	= ue_arm_show,
};

static int ue_arm_open(struct inode *inode, struct file *filp)
{
	struct trace_array *tr = inode->i_private;
	struct seq_file *m;
	int ret;

	/* An open file keeps the instance, and that keeps its patterns */
	ret = tracing_check_open_get_tr(tr);
	if (ret)
		return ret;

	ret = seq_open(filp, &ue_arm_ops);
	if (ret) {
		trace_array_put(tr);
		return ret;
	}
	m = filp->private_data;
	m->private = tr;
	if (filp->f_mode & FMODE_WRITE && filp->f_flags & O_TRUNC)
		ue_remove_all_patterns(tr);
	return 0;
}

static int ue_arm_release(struct inode *inode, struct file *filp)
{
	trace_array_put(inode->i_private);
	return seq_release(inode, filp);
}

static ssize_t ue_arm_write(struct file *filp, const char __user *from, size_t len, loff_t *pos)
{
	struct trace_array *tr = ue_arm_instance(filp->private_data);
	struct trace_parser parser;
	ssize_t done;
	int ret;

	if (!len)
		return 0;
	/* As for set_event: an enabled event may be recorded at once */
	ret = tracing_update_buffers(tr);
	if (ret < 0)
		return ret;
	if (trace_parser_get_init(&parser, UE_MAX_PATTERN))
		return -ENOMEM;

	done = trace_get_user(&parser, from, len, pos);
	if (done >= 0 && trace_parser_loaded(&parser)) {
		ret = ue_command(tr, parser.buffer);
		if (ret)
			done = ret;
	}
	trace_parser_put(&parser);
	return done;
}

static const struct file_operations ue_arm_fops = {
	.owner		= THIS_MODULE,
	.open		= ue_arm_open,
	.read		= seq_read,
	.write		= ue_arm_write,
	.llseek		= seq_lseek,
	.release	= ue_arm_release,
};

/*
 * Calls of the tracing core
 */

/**
 * user_event_add_instance - create the file of a trace instance
 * @tr: the instance
 * @dir: its directory, which is removed with all its files, or NULL for the top
 *	instance
 */
void user_event_add_instance(struct trace_array *tr, struct dentry *dir)
{
	trace_create_file("set_user_event", TRACE_MODE_WRITE, dir, tr, &ue_arm_fops);
}

/**
 * user_event_remove_instance - drop the patterns of a trace instance
 * @tr: the instance, which has no open files; the core disables its events
 *
 * Context: event_mutex held.
 */
void user_event_remove_instance(struct trace_array *tr)
{
	LIST_HEAD(gone);

	lockdep_assert_held(&event_mutex);
	ue_take_patterns(tr, &gone);
	ue_free_patterns(&gone);
}
