/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of user_events: what each operation has to return, and what is there
 * afterwards.  It knows the documentation, and nothing of the kernel: who keeps
 * an event is found by looking at all there is, not by counting.
 *
 * The world is small, so that operations meet: a few names, layouts, files,
 * processes and addresses.
 */

#ifndef SELFTESTS_USER_EVENTS_MODEL_H
#define SELFTESTS_USER_EVENTS_MODEL_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include "event.h"

#define MODEL_GROUPS	2	/* the default one, and one that comes and goes */
#define MODEL_NAMES	3
#define MODEL_LAYOUTS	3
#define MODEL_EVENTS	(MODEL_GROUPS * MODEL_NAMES * 2 * MODEL_LAYOUTS)
#define MODEL_TASKS	3	/* processes at one time */
#define MODEL_SLOTS	3	/* open files of a process */
#define MODEL_FILES	(MODEL_TASKS * MODEL_SLOTS)
#define MODEL_PLACES	8	/* addresses and bits of a process */
#define MODEL_INSTANCES	2	/* the top one, and one that comes and goes */
#define MODEL_PATTERNS	4
#define MODEL_NO_MAX	UINT32_MAX

/* A file has one index for each layout in the one world, one for each name in the other. */
#define MODEL_INDEXES	(MODEL_NAMES * (MODEL_LAYOUTS + 1))

struct model_event {
	bool exists;
	bool persists;
	bool perf;			/* perf records it */
	unsigned int recorded;		/* by which instances, a bit each */
};

struct model_file {
	int users;			/* slots of processes */
	int group;
	int count;			/* of write indexes */
	int events[MODEL_INDEXES];
};

struct model_task {
	bool alive;
	bool capable;			/* of CAP_PERFMON */
	int files[MODEL_SLOTS];		/* or -1 */
	int mirrors[MODEL_PLACES];	/* an event each, or -1 */
};

struct model_group {
	bool exists;
	bool multi_only;
	unsigned int max;
};

struct model_instance {
	int count;
	int patterns[MODEL_PATTERNS];	/* the oldest first */
};

struct model {
	struct model_event events[MODEL_EVENTS];
	struct model_file files[MODEL_FILES];
	struct model_task tasks[MODEL_TASKS];
	struct model_group groups[MODEL_GROUPS];
	struct model_instance instances[MODEL_INSTANCES];
};

/* What makes an event, as its number tells. */
struct model_key {
	int group;
	int name;
	bool multi;
	int layout;
};

/* Names without the prefix of the test, and what their fields are. */
static const char *const model_names[MODEL_NAMES] = { "a", "b", "b.c" };
static const char *const model_layouts[MODEL_LAYOUTS] = {
	" u32 a", " s32 a", " u64 a; char[4] b",
};

static const int model_sizes[MODEL_LAYOUTS] = { 4, 4, 12 };

static inline int model_number(struct model_key key)
{
	return ((key.group * MODEL_NAMES + key.name) * 2 + key.multi) *
	       MODEL_LAYOUTS + key.layout;
}

static inline struct model_key model_key(int event)
{
	return (struct model_key) {
		.layout = event % MODEL_LAYOUTS,
		.multi = event / MODEL_LAYOUTS % 2,
		.name = event / MODEL_LAYOUTS / 2 % MODEL_NAMES,
		.group = event / MODEL_LAYOUTS / 2 / MODEL_NAMES,
	};
}

static inline void model_end_task(struct model *model, int task)
{
	model->tasks[task] = (struct model_task) {};
	memset(model->tasks[task].files, -1, sizeof(model->tasks[task].files));
	memset(model->tasks[task].mirrors, -1,
	       sizeof(model->tasks[task].mirrors));
}

static inline void model_init_group(struct model *model, int group, bool exists)
{
	model->groups[group] = (struct model_group) { exists, false, MODEL_NO_MAX };
}

/* One process that has nothing, the default group, no patterns. */
static inline void model_init(struct model *model)
{
	int i;

	*model = (struct model) {};
	for (i = 0; i < MODEL_TASKS; i++)
		model_end_task(model, i);
	model->tasks[0].alive = true;
	model->tasks[0].capable = true;
	for (i = 0; i < MODEL_GROUPS; i++)
		model_init_group(model, i, !i);
}

/*
 * Who keeps an event.
 */

static inline bool model_is_recorded(const struct model *model, int event)
{
	return model->events[event].recorded || model->events[event].perf;
}

/* The write index of an event in a file, or how many others there are. */
static inline int model_index(const struct model_file *file, int event)
{
	int i;

	for (i = 0; i < file->count && file->events[i] != event; i++)
		;
	return i;
}

static inline bool model_is_mirrored(const struct model *model, int event)
{
	int i, place;

	for (i = 0; i < MODEL_TASKS; i++)
		for (place = 0; place < MODEL_PLACES; place++)
			if (model->tasks[i].mirrors[place] == event)
				return true;
	return false;
}

static inline bool model_is_busy(const struct model *model, int event)
{
	const struct model_file *file = model->files;

	for (; file < model->files + MODEL_FILES; file++)
		if (file->users && model_index(file, event) < file->count)
			return true;
	return model_is_recorded(model, event) ||
	       model_is_mirrored(model, event);
}

/* After each operation: what nobody keeps is gone. */
static inline void model_settle(struct model *model)
{
	struct model_event *event;
	int i;

	for (i = 0; i < MODEL_EVENTS; i++) {
		event = model->events + i;
		if (event->exists && !event->persists && !model_is_busy(model, i))
			*event = (struct model_event) {};
	}
}

static inline int model_count(const struct model *model, int group)
{
	int i, count = 0;

	for (i = 0; i < MODEL_EVENTS; i++)
		count += model->events[i].exists && model_key(i).group == group;
	return count;
}

/*
 * Patterns: what each of them matches.
 */

static inline bool model_matches(int pattern, int event)
{
	const struct model_key key = model_key(event);

	switch (pattern) {
	case 0: /* a */
		return key.name == 0;
	case 1: /* user_events_multi*:b* */
		return key.multi && key.name != 0;
	case 2: /* *-GROUP:* */
		return key.group == 1;
	default: /* * */
		return true;
	}
}

static inline bool model_wants(const struct model *model, int instance,
			       int event)
{
	const struct model_instance *of = model->instances + instance;
	int i;

	for (i = 0; i < of->count; i++)
		if (model_matches(of->patterns[i], event))
			return true;
	return false;
}

static inline int model_find_pattern(const struct model_instance *instance,
				     int pattern)
{
	int i;

	for (i = 0; i < instance->count && instance->patterns[i] != pattern; i++)
		;
	return i;
}

static inline int model_arm(struct model *model, int instance, int pattern)
{
	struct model_instance *of = model->instances + instance;
	int i;

	if (model_find_pattern(of, pattern) == of->count)
		of->patterns[of->count++] = pattern;
	for (i = 0; i < MODEL_EVENTS; i++)
		if (model->events[i].exists && model_matches(pattern, i))
			model->events[i].recorded |= 1 << instance;
	return 0;
}

static inline int model_disarm(struct model *model, int instance, int pattern)
{
	struct model_instance *of = model->instances + instance;
	int i = model_find_pattern(of, pattern);

	if (i == of->count)
		return -ENOENT;
	of->count--;
	for (; i < of->count; i++)
		of->patterns[i] = of->patterns[i + 1];
	for (i = 0; i < MODEL_EVENTS; i++)
		if (model_matches(pattern, i) && !model_wants(model, instance, i))
			model->events[i].recorded &= ~(1 << instance);
	return 0;
}

static inline void model_disarm_all(struct model *model, int instance)
{
	while (model->instances[instance].count)
		model_disarm(model, instance,
			     model->instances[instance].patterns[0]);
}

static inline void model_remove_instance(struct model *model, int instance)
{
	int i;

	model->instances[instance].count = 0;
	for (i = 0; i < MODEL_EVENTS; i++)
		model->events[i].recorded &= ~(1 << instance);
}

/*
 * Events are made.
 */

/* Whether the name's one event has other fields. */
static inline bool model_clashes(const struct model *model, int event)
{
	struct model_key key = model_key(event);

	for (key.layout = 0; key.layout < MODEL_LAYOUTS; key.layout++)
		if (model_number(key) != event &&
		    model->events[model_number(key)].exists)
			return !key.multi;
	return false;
}

/* What asking for an event gives: it is there afterwards, or an error. */
static inline int model_make(struct model *model, int event)
{
	const struct model_key key = model_key(event);
	const struct model_group *group = model->groups + key.group;
	int i;

	if (!key.multi && group->multi_only)
		return -EPERM;
	if (model_clashes(model, event))
		return -EADDRINUSE;
	if (model->events[event].exists)
		return 0;
	if (model_count(model, key.group) >= (int64_t)group->max)
		return -EMFILE;
	model->events[event].exists = true;
	for (i = 0; i < MODEL_INSTANCES; i++)
		model->events[event].recorded |=
			model_wants(model, i, event) << i;
	return 0;
}

/* A registration; what is wrong with it beside what the model finds out. */
struct model_request {
	int task;
	int slot;
	int place;
	int event;
	bool persist;
	bool bad_text;
	bool bad_address;	/* is not written to; it is none of the places */
};

static inline struct model_file *model_file(struct model *model, int task,
					    int slot)
{
	return model->files + model->tasks[task].files[slot];
}

/* Returns the write index or an error. */
static inline int model_register(struct model *model, struct model_request req)
{
	struct model_file *file = model_file(model, req.task, req.slot);
	struct model_task *task = model->tasks + req.task;
	int ret;

	if (!req.bad_address && task->mirrors[req.place] >= 0)
		return -EADDRINUSE;
	if (req.persist && !task->capable)
		return -EPERM;
	if (req.bad_text)
		return -EINVAL;
	ret = model_make(model, req.event);
	if (ret)
		return ret;
	/* If a pattern asked for the event, it is being recorded, and stays */
	if (req.bad_address)
		return -EFAULT;
	if (req.persist)
		model->events[req.event].persists = true;
	task->mirrors[req.place] = req.event;
	ret = model_index(file, req.event);
	if (ret == file->count)
		file->events[file->count++] = req.event;
	return ret;
}

static inline int model_unregister(struct model *model, int task, int place)
{
	if (model->tasks[task].mirrors[place] < 0)
		return -ENOENT;
	model->tasks[task].mirrors[place] = -1;
	return 0;
}

/* An index that is none, and the bytes of the payload. */
static inline int model_emit(struct model *model, int task, int slot, int index,
			     int size)
{
	const struct model_file *file = model_file(model, task, slot);
	int event;

	if (index < 0)
		return -EINVAL;
	if (index >= file->count)
		return -ENOENT;
	event = file->events[index];
	if (size < model_sizes[model_key(event).layout])
		return -EINVAL;
	return model_is_recorded(model, event) ? (int)sizeof(index) + size :
	       -EBADF;
}

/* `u:SYSTEM/NAME FIELDS` in dynamic_events. */
static inline int model_make_persistent(struct model *model, int task, int event)
{
	int ret;

	if (!model->tasks[task].capable)
		return -EPERM;
	if (!model->groups[model_key(event).group].exists)
		return -EINVAL;
	ret = model_make(model, event);
	if (!ret)
		model->events[event].persists = true;
	return ret;
}

/*
 * Events are deleted.
 */

/* Who deletes several events gets the error of one of them. */
struct model_verdict {
	int ret;
	int or;
};

static inline int model_delete_one(struct model *model, int task, int event)
{
	if (!model->events[event].exists)
		return -ENOENT;
	if (model_is_busy(model, event))
		return -EBUSY;
	if (!model->tasks[task].capable)
		return -EPERM;
	model->events[event] = (struct model_event) {};
	return 0;
}

static inline void model_add_verdict(struct model_verdict *verdict, int ret)
{
	if (ret == -ENOENT || ret == verdict->ret)
		return;
	if (verdict->ret == -ENOENT || !verdict->ret)
		verdict->ret = ret;
	else if (ret)
		verdict->or = ret;
}

static inline struct model_verdict
model_delete(struct model *model, int task, int group, int name)
{
	struct model_verdict verdict = { -ENOENT };
	struct model_key key = { .group = group, .name = name };
	int i;

	for (i = 0; i < 2 * MODEL_LAYOUTS; i++) {
		key.multi = i % 2;
		key.layout = i / 2;
		model_add_verdict(&verdict, model_delete_one(model, task,
							     model_number(key)));
	}
	return verdict;
}

/* `echo > dynamic_events`: all of them, or none if one of them is in use. */
static inline int model_delete_all(struct model *model, int task)
{
	int i, ret = 0;

	for (i = 0; i < MODEL_EVENTS; i++)
		if (model_is_busy(model, i))
			return -EBUSY;
	for (i = 0; i < MODEL_EVENTS && ret != -EPERM; i++)
		ret = model_delete_one(model, task, i);
	return ret == -EPERM ? ret : 0;
}

/*
 * Files, processes and groups.
 */

static inline int model_open(struct model *model, int task, int slot, int group)
{
	int i = 0;

	if (!model->groups[group].exists)
		return -ENOENT;
	while (model->files[i].users)
		i++;
	model->files[i] = (struct model_file) { .users = 1, .group = group };
	model->tasks[task].files[slot] = i;
	return 0;
}

static inline void model_close(struct model *model, int task, int slot)
{
	model_file(model, task, slot)->users--;
	model->tasks[task].files[slot] = -1;
}

static inline void model_fork(struct model *model, int parent, int child)
{
	int i;

	model->tasks[child] = model->tasks[parent];
	for (i = 0; i < MODEL_SLOTS; i++)
		if (model->tasks[child].files[i] >= 0)
			model_file(model, child, i)->users++;
}

static inline void model_exit(struct model *model, int task)
{
	int i;

	for (i = 0; i < MODEL_SLOTS; i++)
		if (model->tasks[task].files[i] >= 0)
			model_close(model, task, i);
	model_end_task(model, task);
}

static inline int model_make_group(struct model *model, int group)
{
	if (model->groups[group].exists)
		return -EEXIST;
	model_init_group(model, group, true);
	return 0;
}

static inline int model_remove_group(struct model *model, int group)
{
	int i;

	if (!model->groups[group].exists)
		return -ENOENT;
	for (i = 0; i < MODEL_FILES; i++)
		if (model->files[i].users && model->files[i].group == group)
			return -EBUSY;
	if (model_count(model, group))
		return -EBUSY;
	model_init_group(model, group, false);
	return 0;
}

#endif
