// SPDX-License-Identifier: GPL-2.0
/*
 * user-events delete: events that nobody uses.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "../../../include/uapi/linux/user_events.h"

#include "tool.h"

static int delete_name(const char *group, const char *name)
{
	char *path = group_path(group, "user_events_data");
	int fd, ret = 0;

	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		ret = -errno;
		complain("cannot open '%s': %s", path, strerror(errno));
	} else {
		if (ioctl(fd, DIAG_IOCSDEL, name))
			ret = -errno;
		close(fd);
	}
	free(path);
	return ret;
}

static int delete_in_system(const char *system, const char *group, const char *name,
			    const char *fields)
{
	char *path = tracing_path("dynamic_events"), *command;
	int ret;

	if (system)
		command = format_text("!u:%s-%s/%s %s", system, group, name, fields);
	else
		command = format_text("!u:%s %s", name, fields);
	ret = write_file(path, command, true);
	free(command);
	free(path);
	return ret;
}

/* One format, of both worlds */
static int delete_format(const char *group, const char *name, const char *fields)
{
	int single, multi;

	if (!group || !strcmp(group, DEFAULT_GROUP))
		return delete_in_system(NULL, NULL, name, fields);
	single = delete_in_system("user_events", group, name, fields);
	multi = delete_in_system("user_events_multi", group, name, fields);
	if (!single || single == -ENOENT)
		return multi == -ENOENT ? single : multi;
	return single;
}

/* Names those that keep an event from being deleted */
static void explain_busy(const struct options *options)
{
	const struct selection selection = {
		.group = options->group ? options->group : DEFAULT_GROUP,
		.names = options->argv,
		.name_count = 1,
	};
	struct events events;
	size_t i, j;

	if (!find_events(&selection, &events)) {
		find_status(&selection, &events);
		find_registrants(&events);
	}
	for (i = 0; i < events.count; i++) {
		const struct event *event = &events.event[i];

		if (strcmp(event->name, options->argv[0]))
			continue;
		if (event->ftrace || event->perf || event->other)
			complain("'%s' is recorded by%s%s%s", event->tracepoint,
				 event->ftrace ? " ftrace" : "", event->perf ? " perf" : "",
				 event->other ? " others" : "");
		for (j = 0; j < event->registrant_count; j++)
			complain("'%s' is registered by %s, process %d", event->tracepoint,
				 event->registrants[j].comm, (int)event->registrants[j].pid);
	}
	free_events(&events);
}

static const char *reason(int error)
{
	switch (error) {
	case -ENOENT:
		return "No such event";
	case -EBUSY:
		return "Event is in use";
	case -EPERM:
		return "Operation not permitted without CAP_PERFMON";
	default:
		return strerror(-error);
	}
}

/**
 * delete_command - user-events delete NAME [FIELDS]
 * @options: the command line
 *
 * Return: the exit status.
 */
int delete_command(const struct options *options)
{
	const char *fields = options->argc == 2 ? options->argv[1] : NULL;
	const char *name = options->argv[0];
	int ret;

	if (options->argc < 1)
		return usage("missing operand");
	if (options->argc > 2)
		return usage("extra operand '%s'; quote the fields", options->argv[2]);
	if (fields)
		ret = delete_format(options->group, name, fields);
	else
		ret = delete_name(options->group, name);
	if (ret) {
		complain("cannot delete '%s%s%s': %s", name, fields ? " " : "",
			 fields ? fields : "", reason(ret));
		if (ret == -EBUSY)
			explain_busy(options);
		return EXIT_FAILURE;
	}
	if (options->json) {
		json_begin(NULL, '{');
		json_string("deleted", name);
		json_end('\n');
	}
	return EXIT_SUCCESS;
}
