/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The model beside the kernel: what things are called there, and whether its
 * listings and the bits in memory are those of the model.
 */

#ifndef SELFTESTS_USER_EVENTS_MODEL_DRIVER_H
#define SELFTESTS_USER_EVENTS_MODEL_DRIVER_H

#include "arm.h"
#include "group.h"
#include "model_task.h"

#define LOGGED		24	/* operations that a failure shows */
#define RESULTS		134	/* larger than any errno here */

enum outcome {
	AGREES,
	DISAGREES,
	IDLE,			/* can't be done just now */
};

/* The test: the model, and all that the kernel is asked by. */
struct driver {
	struct arm_stage arms;
	char group[GROUP_NAME_MAX + 1];
	const char *dirs[MODEL_INSTANCES];
	const char *names[MODEL_NAMES];
	const char *systems[MODEL_GROUPS][2];
	const char *patterns[MODEL_PATTERNS];
	int active;		/* events of others, in the default group */
	int busy;		/* of these, how many are recorded */

	__u64 random;
	struct model model;
	char tracepoints[MODEL_EVENTS][64];
	bool fading[MODEL_EVENTS];	/* removed, perhaps not yet */
	int perf[MODEL_EVENTS];
	int fds[MODEL_TASKS][MODEL_SLOTS];

	char log[LOGGED][2000];
	unsigned int done;
	char wrong[1024];
	int operation;			/* that is being done */
	unsigned int results[32][RESULTS];
};

/*
 * Chance, the log, and what is compared.
 */

static unsigned int below(struct driver *d, unsigned int limit)
{
	/* xorshift64* */
	d->random ^= d->random >> 12;
	d->random ^= d->random << 25;
	d->random ^= d->random >> 27;
	return (d->random * 2685821657736338717ULL >> 33) % limit;
}

static bool one_in(struct driver *d, unsigned int count)
{
	return !below(d, count);
}

static __printf(2, 3) void note(struct driver *d, const char *fmt, ...)
{
	char *line = d->log[d->done % LOGGED];
	const size_t used = strlen(line);
	va_list args;

	va_start(args, fmt);
	vsnprintf(line + used, sizeof(d->log[0]) - used, fmt, args);
	va_end(args);
}

static __printf(2, 3) enum outcome disagree(struct driver *d, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(d->wrong, sizeof(d->wrong), fmt, args);
	va_end(args);
	return DISAGREES;
}

static const char *result_name(int ret)
{
	return ret < 0 ? strerrorname_np(-ret) : say("%d", ret);
}

/* Either of two errors will do. */
static enum outcome compare_either(struct driver *d, int expected, int or, int seen)
{
	note(d, " = %s ", result_name(seen));
	if (seen != expected && (!or || seen != or))
		return disagree(d, "expected %s, seen %s", result_name(expected),
				result_name(seen));
	d->results[d->operation][seen < 0 ? -seen : 0]++;
	return AGREES;
}

static enum outcome compare(struct driver *d, int expected, int seen)
{
	return compare_either(d, expected, 0, seen);
}

/*
 * What things are called.
 */

static const char *name_of(struct driver *d, int event)
{
	return d->names[model_key(event).name];
}

static const char *system_of(struct driver *d, int event)
{
	return d->systems[model_key(event).group][model_key(event).multi];
}

static const char *fields_of(int event)
{
	return model_layouts[model_key(event).layout];
}

/* As dynamic_events has it, without the `u:`. */
static const char *command_of(struct driver *d, int event, bool system)
{
	return system ? say("%s/%s%s", system_of(d, event), name_of(d, event),
			    fields_of(event)) :
			say("%s%s", name_of(d, event), fields_of(event));
}

static const char *group_file(struct driver *d, int group, const char *file)
{
	return group ? group_path(d->group, file) : say(TRACEFS "/%s", file);
}

static char *enable_path(struct driver *d, int event, int instance)
{
	return say("%s/events/%s/%s/enable", d->dirs[instance],
		   system_of(d, event), d->tracepoints[event]);
}

/*
 * Listings.
 */

static int number_behind(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	return at ? atoi(at + strlen(word)) : -1;
}

static bool is_known(struct driver *d, const char *tracepoint)
{
	int i;

	for (i = 0; i < MODEL_EVENTS; i++)
		if (d->model.events[i].exists &&
		    !strcmp(d->tracepoints[i], tracepoint))
			return true;
	return false;
}

/* An id is chosen by the kernel, but never one that is in use. */
static enum outcome learn(struct driver *d, int event, const char *tracepoint)
{
	const size_t size = strlen(name_of(d, event));

	if (strncmp(tracepoint, name_of(d, event), size) ||
	    (model_key(event).multi ? strncmp(tracepoint + size, ":[", 2) :
				      tracepoint[size]))
		return disagree(d, "tracepoint of %s is called %s",
				command_of(d, event, true), tracepoint);
	if (model_key(event).multi && is_known(d, tracepoint))
		return disagree(d, "%s is the name of two tracepoints",
				tracepoint);
	snprintf(d->tracepoints[event], sizeof(d->tracepoints[event]), "%s",
		 tracepoint);
	return AGREES;
}

/* Of an event that no file has: its line in the status is the one not known yet. */
static enum outcome learn_from_status(struct driver *d, int event)
{
	char *text = file_read(group_file(d, model_key(event).group,
					  "user_events_status"));
	const char *start = say("%s:[", name_of(d, event));
	enum outcome outcome = IDLE;
	char *line, *save = NULL;

	for (line = strtok_r(text, "\n", &save); line && outcome == IDLE;
	     line = strtok_r(NULL, "\n", &save)) {
		line[strcspn(line, " ")] = '\0';
		if (model_key(event).multi ?
		    !strncmp(line, start, strlen(start)) && !is_known(d, line) :
		    !strcmp(line, name_of(d, event)))
			outcome = learn(d, event, line);
	}
	free(text);
	if (outcome != IDLE)
		return outcome;
	return disagree(d, "%s is not in the status",
			command_of(d, event, true));
}

/* What waits for removal goes when the status is read. */
static void remove_fading(struct driver *d)
{
	free(file_read(STATUS_FILE));
	memset(d->fading, 0, sizeof(d->fading));
}

static char *status_line(struct driver *d, int event)
{
	const struct model_event *of = d->model.events + event;

	return say("%s%s%s%s", d->tracepoints[event],
		   of->recorded || of->perf ? " # Used by" : "",
		   of->recorded ? " ftrace" : "", of->perf ? " perf" : "");
}

static enum outcome compare_status_text(struct driver *d, int group, const char *text)
{
	int i, active = group ? 0 : d->active, busy = group ? 0 : d->busy;
	int lines = 0;

	for (i = 0; i < MODEL_EVENTS; i++) {
		if (!d->model.events[i].exists || model_key(i).group != group)
			continue;
		lines++;
		busy += model_is_recorded(&d->model, i);
		if (!has_line(text, status_line(d, i)))
			return disagree(d, "status lacks '%s'", status_line(d, i));
	}
	active += lines;
	if (count_of(text, d->arms.stage.name) != lines)
		return disagree(d, "status has other events than %d", lines);
	if (number_behind(text, "\nActive: ") != active ||
	    number_behind(text, "\nBusy: ") != busy)
		return disagree(d, "status does not say Active: %d, Busy: %d",
				active, busy);
	return AGREES;
}

static enum outcome compare_status(struct driver *d, int group)
{
	char *text = file_read(group_file(d, group, "user_events_status"));
	enum outcome outcome;

	if (!text)
		return !d->model.groups[group].exists ? AGREES :
		       disagree(d, "group %d has no status", group);
	if (!d->model.groups[group].exists)
		return disagree(d, "group %d has a status", group);
	outcome = compare_status_text(d, group, text);
	if (outcome == DISAGREES)
		snprintf(d->wrong + strlen(d->wrong),
			 sizeof(d->wrong) - strlen(d->wrong), ":\n%s", text);
	free(text);
	return outcome;
}

static enum outcome compare_dynamic_events(struct driver *d)
{
	char *text = file_read(DYNAMIC_FILE);
	enum outcome outcome = AGREES;
	int i, lines = 0;

	for (i = 0; i < MODEL_EVENTS && text; i++) {
		const char *line = say("u:%s", command_of(d, i, model_key(i).group));

		lines += d->model.events[i].exists;
		if (d->model.events[i].exists && !has_line(text, line))
			outcome = disagree(d, "dynamic_events lacks '%s'", line);
	}
	if (count_of(text, d->arms.stage.name) != lines)
		outcome = disagree(d, "dynamic_events has other lines than %d",
				   lines);
	if (outcome == DISAGREES)
		snprintf(d->wrong + strlen(d->wrong),
			 sizeof(d->wrong) - strlen(d->wrong), ":\n%s", text);
	free(text);
	return outcome;
}

/* Also where the names of the tracepoints come from. */
static enum outcome compare_fdinfo_text(struct driver *d, const struct model_file *file,
					char *text)
{
	char *line = strstr(text, "user_events_group:\t"), *save = NULL;
	int index, length, count = 0;

	if (!line || !has_line(line, say("user_events_group:\t%s",
					 file->group ? d->group : "-")))
		return disagree(d, "fdinfo does not have the group");
	for (line = strtok_r(line, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "user_event:", 11))
			continue;
		if (sscanf(line, "user_event:\t%d %n", &index, &length) < 1 ||
		    index != count || count == file->count)
			return disagree(d, "fdinfo has '%s'", line);
		if (!*d->tracepoints[file->events[count]] &&
		    learn(d, file->events[count], line + length) == DISAGREES)
			return DISAGREES;
		if (strcmp(d->tracepoints[file->events[count]], line + length))
			return disagree(d, "fdinfo has '%s', not %s", line,
					d->tracepoints[file->events[count]]);
		count++;
	}
	return count == file->count ? AGREES :
	       disagree(d, "fdinfo has %d of %d events", count, file->count);
}

static enum outcome compare_fdinfo(struct driver *d, int task, int slot)
{
	char *text = file_read(say("/proc/%d/fdinfo/%d", tasks.pids[task],
				   d->fds[task][slot]));
	enum outcome outcome;

	if (!text)
		return disagree(d, "no fdinfo of task %d, slot %d", task, slot);
	outcome = compare_fdinfo_text(d, model_file(&d->model, task, slot), text);
	free(text);
	return outcome;
}

static enum outcome compare_patterns(struct driver *d, int instance)
{
	const struct model_instance *of = d->model.instances + instance;
	char *text = file_read(arm_path(d->dirs[instance]));
	char expected[512] = "";
	int i, same;

	for (i = 0; i < of->count; i++) {
		strcat(expected, d->patterns[of->patterns[i]]);
		strcat(expected, "\n");
	}
	same = text && !strcmp(text, expected);
	free(text);
	return same ? AGREES : disagree(d, "instance %d has other patterns than %s",
					instance, expected);
}

static enum outcome compare_enabled(struct driver *d, int event, int instance)
{
	const char *path = enable_path(d, event, instance);
	const bool on = d->model.events[event].recorded >> instance & 1;
	char *text = file_read(path);
	const bool same = text && *text == '0' + on;

	free(text);
	return same ? AGREES : disagree(d, "%s is not %d", path, on);
}

static enum outcome compare_instance(struct driver *d, int instance)
{
	int i;

	for (i = 0; i < MODEL_EVENTS; i++)
		if (d->model.events[i].exists &&
		    compare_enabled(d, i, instance) == DISAGREES)
			return DISAGREES;
	return compare_patterns(d, instance);
}

static enum outcome compare_task(struct driver *d, int task)
{
	int slot;

	for (slot = 0; slot < MODEL_SLOTS; slot++)
		if (d->model.tasks[task].alive &&
		    d->model.tasks[task].files[slot] >= 0 &&
		    compare_fdinfo(d, task, slot) == DISAGREES)
			return DISAGREES;
	return AGREES;
}

static enum outcome compare_listings(struct driver *d)
{
	int i;

	remove_fading(d);
	for (i = 0; i < MODEL_GROUPS; i++)
		if (compare_status(d, i) == DISAGREES)
			return DISAGREES;
	for (i = 0; i < MODEL_INSTANCES; i++)
		if (compare_instance(d, i) == DISAGREES)
			return DISAGREES;
	for (i = 0; i < MODEL_TASKS; i++)
		if (compare_task(d, i) == DISAGREES)
			return DISAGREES;
	return compare_dynamic_events(d);
}

/*
 * Bits: a moment later at most, where a page has to be copied first.
 */

static unsigned int bits_of_task(struct driver *d, int task)
{
	const int *mirrors = d->model.tasks[task].mirrors;
	unsigned int set = 0;
	int i;

	for (i = 0; i < MODEL_PLACES; i++)
		if (mirrors[i] >= 0 && model_is_recorded(&d->model, mirrors[i]))
			set |= 1 << i;
	return set;
}

static bool is_same_area(const char *a, const char *b)
{
	return !memcmp(a, b, PLACES_SIZE) &&
	       !memcmp(a + getpagesize(), b + getpagesize(), PLACES_SIZE);
}

static enum outcome compare_bits_of(struct driver *d, int task)
{
	static char expected[2 << 16], seen[2 << 16];
	const unsigned int set = bits_of_task(d, task);
	int patience = PATIENCE_MS;

	places_fill(expected, set);
	while (task_peek(task, seen)) {
		if (is_same_area(expected, seen))
			return AGREES;
		if (!wait_more(&patience))
			break;
	}
	return disagree(d, "task %d: expected the bits %#x: %08x %08x %08x, %08x %08x %08x",
			task, set, ((__u32 *)seen)[0], ((__u32 *)seen)[2],
			((__u32 *)seen)[4], load32(seen + getpagesize()),
			load32(seen + getpagesize() + 8),
			load32(seen + getpagesize() + 16));
}

static enum outcome compare_bits(struct driver *d)
{
	int i;

	for (i = 0; i < MODEL_TASKS; i++)
		if (d->model.tasks[i].alive &&
		    compare_bits_of(d, i) == DISAGREES)
			return DISAGREES;
	return AGREES;
}

#endif
