// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations, of which a model says what each returns and leaves: errno,
 * write index, bits in memory, and what the listings show.
 *
 *   USER_EVENTS_SEED        what the operations follow from; printed, too
 *   USER_EVENTS_OPERATIONS  how many
 *   USER_EVENTS_EVERY       after how many the listings are compared
 *
 * Seen failing, after so many operations, where the kernel shared layouts of one
 * length (22), let a fork drop all registrations (32), lost one registration in
 * the copy of a set (63), did not record later events of a pattern (65), left the
 * bit set at unregister (95), ignored the group in a lookup (112), kept a
 * reference at unregister (335), and allowed a group one event too many (553).
 */

#include "model_driver.h"
#include "perf.h"

#define OPERATIONS	1000
#define EVERY		20

/*
 * What an operation is about.
 */

static int some_task(struct driver *d)
{
	int task;

	do {
		task = below(d, MODEL_TASKS);
	} while (!d->model.tasks[task].alive);
	return task;
}

/* A slot of a process that has a file, or -1 if none has. */
static int some_file(struct driver *d, int task)
{
	const int first = below(d, MODEL_SLOTS);
	int i, slot;

	for (i = 0; i < MODEL_SLOTS; i++) {
		slot = (first + i) % MODEL_SLOTS;
		if (d->model.tasks[task].files[slot] >= 0)
			return slot;
	}
	return -1;
}

/* Any event, or mostly one that there is. */
static int some_event(struct driver *d)
{
	const int first = below(d, MODEL_EVENTS);
	int i, event;

	for (i = 0; i < MODEL_EVENTS && !one_in(d, 64); i++) {
		event = (first + i) % MODEL_EVENTS;
		if (d->model.events[event].exists)
			return event;
	}
	return first;
}

/* One that there may be in a file's group. */
static int event_of_group(struct driver *d, int group)
{
	return model_number((struct model_key) {
		.group = group,
		.name = below(d, MODEL_NAMES),
		.multi = below(d, 2),
		.layout = below(d, MODEL_LAYOUTS),
	});
}

/* Before something makes an event that may not be there yet. */
static void expect_new(struct driver *d, int event)
{
	if (!d->model.events[event].exists)
		*d->tracepoints[event] = '\0';
}

/* After that, if no listing has told the name. */
static enum outcome expect_known(struct driver *d, int event)
{
	if (!d->model.events[event].exists)
		return AGREES;
	d->fading[event] = false;
	return *d->tracepoints[event] ? AGREES : learn_from_status(d, event);
}

/*
 * After a consumer has gone: an event that nobody else keeps goes a moment later,
 * or when its name is wanted.
 */
static void expect_fading(struct driver *d)
{
	struct model before = d->model;
	int i;

	model_settle(&d->model);
	for (i = 0; i < MODEL_EVENTS; i++)
		d->fading[i] |= before.events[i].exists &&
				!d->model.events[i].exists;
	if (one_in(d, 2))
		remove_fading(d);
}

/*
 * Operations of processes.
 */

static enum outcome do_close(struct driver *d, int task, int slot)
{
	note(d, "task %d: close slot %d", task, slot);
	task_order(task, task_close)->slot = slot;
	model_close(&d->model, task, slot);
	return compare(d, 0, task_do(task));
}

static enum outcome do_open(struct driver *d, int task, int slot, int group)
{
	struct order *order = task_order(task, task_open);
	int ret;

	note(d, "task %d: open group %d in slot %d", task, group, slot);
	order->slot = slot;
	snprintf(order->path, sizeof(order->path), "%s",
		 group_file(d, group, "user_events_data"));
	ret = task_do(task);
	d->fds[task][slot] = order->fd;
	return compare(d, model_open(&d->model, task, slot, group), ret);
}

static enum outcome open_or_close(struct driver *d)
{
	const int task = some_task(d), slot = below(d, MODEL_SLOTS);
	const int group = below(d, MODEL_GROUPS);

	if (d->model.tasks[task].files[slot] >= 0)
		return do_close(d, task, slot);
	return do_open(d, task, slot, group);
}

static const char *some_spelling(struct driver *d, const struct model_request *req)
{
	static const char *const ends[] = { "", ";", " ;", "; " };

	return say("%s%s%s", name_of(d, req->event), fields_of(req->event),
		   req->bad_text ? "; long x" : ends[below(d, ARRAY_SIZE(ends))]);
}

static struct order *register_order(struct driver *d, const struct model_request *req)
{
	struct order *order = task_order(req->task, task_register);

	order->slot = req->slot;
	order->place = req->place;
	order->bad_address = req->bad_address;
	order->flags = (model_key(req->event).multi ? MULTI : SINGLE) |
		       (req->persist ? PERSIST : 0);
	snprintf(order->text, sizeof(order->text), "%s", some_spelling(d, req));
	note(d, "task %d: register at place %d by slot %d%s: '%s', flags %d",
	     req->task, req->place, req->slot,
	     req->bad_address ? ", which can't be written" : "", order->text,
	     order->flags);
	return order;
}

static enum outcome do_register(struct driver *d, struct model_request req)
{
	struct order *order = register_order(d, &req);
	const int seen = task_do(req.task);
	const bool new = !d->model.events[req.event].exists;
	int expected;

	expect_new(d, req.event);
	expected = model_register(&d->model, req);
	if (compare(d, expected, seen) == DISAGREES)
		return DISAGREES;
	if (seen >= 0 && order->bit != model_is_recorded(&d->model, req.event))
		return disagree(d, "the bit is %d as it returns", order->bit);
	if (seen >= 0 && new &&
	    compare_fdinfo(d, req.task, req.slot) == DISAGREES)
		return DISAGREES;
	model_settle(&d->model);
	return expect_known(d, req.event);
}

static enum outcome register_some(struct driver *d)
{
	struct model_request req = { .task = some_task(d) };

	req.slot = some_file(d, req.task);
	if (req.slot < 0)
		return IDLE;
	req.place = below(d, MODEL_PLACES);
	req.event = event_of_group(d, model_file(&d->model, req.task,
						 req.slot)->group);
	req.persist = one_in(d, 8);
	req.bad_address = one_in(d, 16);
	req.bad_text = one_in(d, 32);
	/* which comes first is not said */
	if (d->model.groups[model_key(req.event).group].multi_only)
		req.bad_text = false;
	return do_register(d, req);
}

static enum outcome do_unregister(struct driver *d, int task, int slot, int place)
{
	struct order *order = task_order(task, task_unregister);
	int ret;

	note(d, "task %d: unregister place %d", task, place);
	order->slot = slot;
	order->place = place;
	ret = task_do(task);
	if (compare(d, model_unregister(&d->model, task, place), ret) == DISAGREES)
		return DISAGREES;
	return order->bit ? disagree(d, "the bit is set as it returns") : AGREES;
}

static enum outcome unregister_some(struct driver *d)
{
	const int task = some_task(d), slot = some_file(d, task);

	return slot < 0 ? IDLE : do_unregister(d, task, slot, below(d, MODEL_PLACES));
}

static enum outcome emit_some(struct driver *d)
{
	const int task = some_task(d), slot = some_file(d, task);
	struct order *order;
	int ret;

	if (slot < 0)
		return IDLE;
	order = task_order(task, task_emit);
	order->slot = slot;
	order->index = (int)below(d, model_file(&d->model, task, slot)->count + 2) - 1;
	order->size = below(d, 3) * 8;
	note(d, "task %d: emit %d bytes of index %d by slot %d", task,
	     order->size, order->index, slot);
	ret = task_do(task);
	return compare(d, model_emit(&d->model, task, slot, order->index,
				     order->size), ret);
}

static enum outcome delete_some(struct driver *d)
{
	const int task = some_task(d), slot = some_file(d, task);
	const int name = below(d, MODEL_NAMES);
	struct model_verdict verdict;
	struct order *order;
	int ret;

	if (slot < 0)
		return IDLE;
	order = task_order(task, task_delete);
	order->slot = slot;
	snprintf(order->text, sizeof(order->text), "%s", d->names[name]);
	note(d, "task %d%s: delete %s by slot %d", task,
	     d->model.tasks[task].capable ? "" : " (no CAP_PERFMON)",
	     order->text, slot);
	ret = task_do(task);
	verdict = model_delete(&d->model, task,
			       model_file(&d->model, task, slot)->group, name);
	return compare_either(d, verdict.ret, verdict.or, ret);
}

/* A line that a process writes to dynamic_events. */
static int write_dynamic(struct driver *d, int task, const char *text)
{
	struct order *order = task_order(task, task_write);

	snprintf(order->path, sizeof(order->path), "%s", DYNAMIC_FILE);
	snprintf(order->text, sizeof(order->text), "%s", text);
	note(d, "task %d%s: write '%s' to dynamic_events", task,
	     d->model.tasks[task].capable ? "" : " (no CAP_PERFMON)", text);
	return task_do(task);
}

/* Single-format events of the default group need no system. */
static bool some_system(struct driver *d, int event)
{
	const struct model_key key = model_key(event);

	return key.group || key.multi || one_in(d, 2);
}

static enum outcome make_some(struct driver *d)
{
	const int task = some_task(d), event = below(d, MODEL_EVENTS);
	int ret;

	ret = write_dynamic(d, task, say("u:%s", command_of(d, event,
							    some_system(d, event))));
	expect_new(d, event);
	if (compare(d, model_make_persistent(&d->model, task, event),
		    ret) == DISAGREES)
		return DISAGREES;
	return expect_known(d, event);
}

/*
 * Without a system, a line is about either world.  Which comes first is not
 * said, so this is left out where it makes a difference.
 */
static enum outcome remove_some(struct driver *d)
{
	const int task = some_task(d), event = some_event(d);
	struct model_key key = model_key(event);
	const bool system = key.group || key.multi || one_in(d, 2);
	struct model_verdict verdict = { -ENOENT };
	int ret;

	key.multi = true;
	if (!system && d->model.events[model_number(key)].exists &&
	    model_is_busy(&d->model, model_number(key)) !=
	    model_is_busy(&d->model, event))
		return IDLE;
	ret = write_dynamic(d, task, say("!u:%s", command_of(d, event, system)));
	model_add_verdict(&verdict, model_delete_one(&d->model, task, event));
	if (!system)
		model_add_verdict(&verdict,
				  model_delete_one(&d->model, task,
						   model_number(key)));
	return compare_either(d, verdict.ret, verdict.or, ret);
}

static enum outcome remove_all(struct driver *d)
{
	const int task = some_task(d);
	struct order *order;
	int ret;

	/* Others' events are left alone */
	if (d->active)
		return IDLE;
	note(d, "task %d: truncate dynamic_events", task);
	order = task_order(task, task_truncate);
	snprintf(order->path, sizeof(order->path), "%s", DYNAMIC_FILE);
	ret = task_do(task);
	return compare(d, model_delete_all(&d->model, task), ret);
}

static int some_free_task(struct driver *d)
{
	int task;

	for (task = 0; task < MODEL_TASKS; task++)
		if (!d->model.tasks[task].alive)
			return task;
	return -1;
}

static enum outcome fork_some(struct driver *d)
{
	const int parent = some_task(d), child = some_free_task(d);
	const bool drop = one_in(d, 3);
	int ret;

	if (child < 0)
		return IDLE;
	note(d, "task %d: fork task %d%s", parent, child,
	     drop ? " without CAP_PERFMON" : "");
	ret = task_do_fork(parent, child);
	if (!ret && drop) {
		task_order(child, task_drop_caps);
		ret = task_do(child);
	}
	model_fork(&d->model, parent, child);
	d->model.tasks[child].capable &= !drop;
	memcpy(d->fds[child], d->fds[parent], sizeof(d->fds[child]));
	return compare(d, 0, ret);
}

/* One is left that may do everything. */
static enum outcome end_some(struct driver *d)
{
	const int task = some_task(d);
	const bool kill_it = one_in(d, 2);
	int i, others = 0;

	for (i = 0; i < MODEL_TASKS; i++)
		others += i != task && d->model.tasks[i].capable;
	if (!others)
		return IDLE;
	note(d, "task %d: %s", task, kill_it ? "is killed" : "ends");
	model_exit(&d->model, task);
	if (compare(d, 0, task_end(task, kill_it)) == DISAGREES)
		return DISAGREES;
	/* A worker lets go of what the process had registered */
	remove_fading(d);
	return AGREES;
}

/*
 * Operations of those who record.
 */

/* Whether the tracepoint is known, and no event of the name with other fields has it. */
static bool has_tracepoint(struct driver *d, int event)
{
	return *d->tracepoints[event] && !model_clashes(&d->model, event);
}

static enum outcome do_trace(struct driver *d, int event, int instance, bool on)
{
	struct model_event *of = d->model.events + event;
	const bool there = of->exists;
	int ret;

	note(d, "write %d to %s", on, enable_path(d, event, instance));
	ret = file_write(enable_path(d, event, instance), on ? "1" : "0");
	if (compare(d, there ? 0 : -ENOENT, ret) == DISAGREES)
		return DISAGREES;
	if (there && on)
		of->recorded |= 1 << instance;
	if (there && !on)
		of->recorded &= ~(1 << instance);
	expect_fading(d);
	return AGREES;
}

static enum outcome trace_some(struct driver *d)
{
	const int event = some_event(d), instance = below(d, MODEL_INSTANCES);

	if (!has_tracepoint(d, event))
		return IDLE;
	if (d->fading[event])
		remove_fading(d);
	return do_trace(d, event, instance, one_in(d, 3));
}

static enum outcome do_perf_close(struct driver *d, int event)
{
	note(d, "close perf event of %s", d->tracepoints[event]);
	d->model.events[event].perf = false;
	if (compare(d, 0, close(d->perf[event])) == DISAGREES)
		return DISAGREES;
	expect_fading(d);
	return AGREES;
}

static enum outcome perf_some(struct driver *d)
{
	const int event = some_event(d);
	int ret;

	if (!has_tracepoint(d, event))
		return IDLE;
	if (d->model.events[event].perf)
		return do_perf_close(d, event);
	if (d->fading[event])
		remove_fading(d);
	note(d, "open perf event of %s/%s", system_of(d, event),
	     d->tracepoints[event]);
	ret = perf_open_on(system_of(d, event), d->tracepoints[event], -1, 0);
	d->perf[event] = ret;
	d->model.events[event].perf = ret >= 0;
	return compare(d, d->model.events[event].exists ? 0 : -ENOENT,
		       ret < 0 ? ret : 0);
}

static enum outcome arm_some(struct driver *d)
{
	const int instance = below(d, MODEL_INSTANCES);
	const int pattern = below(d, MODEL_PATTERNS);
	int ret;

	note(d, "add pattern %s to instance %d", d->patterns[pattern], instance);
	ret = arm(d->dirs[instance], d->patterns[pattern]);
	return compare(d, model_arm(&d->model, instance, pattern), ret);
}

static enum outcome disarm_some(struct driver *d)
{
	const int instance = below(d, MODEL_INSTANCES);
	const struct model_instance *of = d->model.instances + instance;
	const int pattern = of->count && !one_in(d, 4) ?
			    of->patterns[below(d, of->count)] :
			    (int)below(d, MODEL_PATTERNS);
	enum outcome outcome;
	int ret;

	note(d, "take pattern %s from instance %d", d->patterns[pattern],
	     instance);
	ret = disarm(d->dirs[instance], d->patterns[pattern]);
	outcome = compare(d, model_disarm(&d->model, instance, pattern), ret);
	expect_fading(d);
	return outcome;
}

static enum outcome do_disarm_all(struct driver *d, int instance)
{
	enum outcome outcome;

	note(d, "truncate set_user_event of instance %d", instance);
	outcome = compare(d, 0, file_truncate(arm_path(d->dirs[instance])));
	model_disarm_all(&d->model, instance);
	expect_fading(d);
	return outcome;
}

static enum outcome disarm_all(struct driver *d)
{
	return do_disarm_all(d, below(d, MODEL_INSTANCES));
}

static enum outcome renew_instance(struct driver *d)
{
	const char *dir = d->dirs[1];
	enum outcome outcome;

	note(d, "remove instance 1 and make it anew");
	outcome = compare(d, 0, rmdir(dir) || mkdir(dir, 0700) ? -errno : 0);
	model_remove_instance(&d->model, 1);
	expect_fading(d);
	return outcome;
}

/*
 * Operations of who looks after groups.
 */

static enum outcome make_or_remove_group(struct driver *d)
{
	const bool make = one_in(d, 2);
	int ret;

	note(d, "%s the group", make ? "make" : "remove");
	ret = make ? group_make(d->group) : group_remove(d->group);
	return compare(d, make ? model_make_group(&d->model, 1) :
				 model_remove_group(&d->model, 1), ret);
}

static enum outcome limit_group(struct driver *d)
{
	struct model_group *group = d->model.groups + 1;
	const unsigned int max = one_in(d, 2) ? MODEL_NO_MAX : below(d, 6);
	int ret;

	note(d, "write %u to max", max);
	ret = group_write(d->group, "max", say("%u", max));
	if (group->exists)
		group->max = max;
	return compare(d, group->exists ? 0 : -ENOENT, ret);
}

static enum outcome restrict_group(struct driver *d)
{
	struct model_group *group = d->model.groups + 1;
	const bool multi_only = one_in(d, 3);
	int ret;

	note(d, "write %d to multi_format_only", multi_only);
	ret = group_write(d->group, "multi_format_only", multi_only ? "1" : "0");
	if (group->exists)
		group->multi_only = multi_only;
	return compare(d, group->exists ? 0 : -ENOENT, ret);
}

/*
 * All let go of what they use, so that events can be deleted and the group removed,
 * which chance alone hardly allows.
 */

static void let_task_go(struct driver *d, int task)
{
	int i;

	for (i = 0; i < MODEL_PLACES; i++) {
		if (d->model.tasks[task].mirrors[i] < 0)
			continue;
		if (some_file(d, task) < 0)
			do_open(d, task, 0, 0);
		do_unregister(d, task, some_file(d, task), i);
	}
	for (i = 0; i < MODEL_SLOTS; i++)
		if (d->model.tasks[task].files[i] >= 0)
			do_close(d, task, i);
}

static void let_event_go(struct driver *d, int event)
{
	int i;

	for (i = 0; i < MODEL_INSTANCES; i++)
		if (d->model.events[event].recorded & 1 << i)
			do_trace(d, event, i, false);
	if (d->model.events[event].perf)
		do_perf_close(d, event);
}

static enum outcome let_all_go(struct driver *d)
{
	int i;

	note(d, "all let go: ");
	for (i = 0; i < MODEL_INSTANCES && !*d->wrong; i++)
		do_disarm_all(d, i);
	for (i = 0; i < MODEL_EVENTS && !*d->wrong; i++)
		let_event_go(d, i);
	for (i = 0; i < MODEL_TASKS && !*d->wrong; i++)
		if (d->model.tasks[i].alive)
			let_task_go(d, i);
	return *d->wrong ? DISAGREES : AGREES;
}

/*
 * All together.
 */

static const struct operation {
	const char *name;
	int weight;
	enum outcome (*run)(struct driver *d);
} operations[] = {
	{ "open, close",	30, open_or_close },
	{ "register",		60, register_some },
	{ "unregister",		50, unregister_some },
	{ "emit",		15, emit_some },
	{ "delete",		12, delete_some },
	{ "make by line",	12, make_some },
	{ "remove by line",	10, remove_some },
	{ "truncate",		2, remove_all },
	{ "fork",		10, fork_some },
	{ "end",		10, end_some },
	{ "trace",		20, trace_some },
	{ "perf",		8, perf_some },
	{ "add pattern",	5, arm_some },
	{ "take pattern",	8, disarm_some },
	{ "take all patterns",	3, disarm_all },
	{ "renew instance",	1, renew_instance },
	{ "make, remove group",	8, make_or_remove_group },
	{ "max",		3, limit_group },
	{ "multi_format_only",	3, restrict_group },
	{ "let all go",		2, let_all_go },
};

static void choose(struct driver *d)
{
	int i, left, total = 0;

	for (i = 0; i < ARRAY_SIZE(operations); i++)
		total += operations[i].weight;
	left = below(d, total);
	for (i = 0; left >= operations[i].weight; i++)
		left -= operations[i].weight;
	d->operation = i;
}

static enum outcome step(struct driver *d, int every)
{
	enum outcome outcome;

	snprintf(d->log[d->done % LOGGED], sizeof(d->log[0]), "%u: ", d->done);
	do {
		choose(d);
		outcome = operations[d->operation].run(d);
	} while (outcome == IDLE);
	model_settle(&d->model);
	if (outcome == AGREES)
		outcome = compare_bits(d);
	d->done++;
	if (outcome == AGREES && d->done % every == 0)
		outcome = compare_listings(d);
	return outcome;
}

static __u64 setting(const char *name, __u64 otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void log_failure(struct __test_metadata *_metadata, struct driver *d)
{
	unsigned int i = d->done > LOGGED ? d->done - LOGGED : 0;

	for (; i < d->done; i++)
		TH_LOG("%s", d->log[i % LOGGED]);
	TH_LOG("%s", d->wrong);
}

/* How often each operation has given what. */
static void log_results(struct __test_metadata *_metadata, struct driver *d)
{
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		char *line = say("%s: %u", operations[i].name, d->results[i][0]);

		for (ret = 1; ret < RESULTS; ret++)
			if (d->results[i][ret])
				line = say("%s, %s %u", line, result_name(-ret),
					   d->results[i][ret]);
		TH_LOG("%s", line);
	}
}

/* Without processes, only what persists or is recorded is left. */
static void end_all(struct driver *d)
{
	int i;

	*d->log[d->done % LOGGED] = '\0';
	note(d, "%u: end all processes", d->done++);
	for (i = 0; i < MODEL_TASKS; i++) {
		if (!d->model.tasks[i].alive)
			continue;
		model_exit(&d->model, i);
		if (task_end(i, one_in(d, 2)))
			disagree(d, "task %d does not end", i);
	}
	model_settle(&d->model);
	if (!*d->wrong)
		compare_listings(d);
}

FIXTURE(model)
{
	struct driver driver;
};

static void name_all(struct driver *d)
{
	static const char *const patterns[MODEL_PATTERNS] = {
		"%1$s_a", "user_events_multi*:%1$s_b*", "*-%2$s:*",
		"%1$s_*",
	};
	int i;

	snprintf(d->group, sizeof(d->group), "kst%d_model", getpid());
	for (i = 0; i < MODEL_NAMES; i++)
		d->names[i] = say("%s_%s", d->arms.stage.name, model_names[i]);
	d->systems[0][0] = SYSTEM;
	d->systems[0][1] = MULTI_SYSTEM;
	d->systems[1][0] = group_system(d->group);
	d->systems[1][1] = group_multi_system(d->group);
	for (i = 0; i < MODEL_PATTERNS; i++)
		d->patterns[i] = say(patterns[i], d->arms.stage.name, d->group);
	d->dirs[0] = TRACEFS;
	d->dirs[1] = d->arms.one;
}

FIXTURE_SETUP(model)
{
	struct driver *d = &self->driver;

	if (!arm_stage_open(_metadata, &d->arms))
		return;
	name_all(d);
	ASSERT_EQ(0, mkdir(d->arms.one, 0700));
	ASSERT_EQ(0, tasks_start());
	model_init(&d->model);
}

FIXTURE_TEARDOWN_PARENT(model)
{
	struct driver *d = &self->driver;

	/* What records events of the group goes before them */
	arm_stage_clean(&d->arms);
	if (*d->group)
		groups_clean(d->group, d->arms.stage.name);
}

TEST_F_TIMEOUT(model, agrees_with_the_kernel, 36000)
{
	const unsigned int count = setting("USER_EVENTS_OPERATIONS", OPERATIONS);
	const int every = setting("USER_EVENTS_EVERY", EVERY);
	char *status = file_read(STATUS_FILE);
	struct driver *d = &self->driver;

	d->active = number_behind(status, "\nActive: ");
	d->busy = number_behind(status, "\nBusy: ");
	d->random = setting("USER_EVENTS_SEED", now_ns());
	TH_LOG("USER_EVENTS_SEED=%llu", d->random);
	d->random = d->random ?: 1;
	while (d->done < count && step(d, every) == AGREES)
		;
	if (!*d->wrong)
		end_all(d);
	if (*d->wrong)
		log_failure(_metadata, d);
	else
		log_results(_metadata, d);
	EXPECT_STREQ("", d->wrong);
}

TEST_HARNESS_MAIN
