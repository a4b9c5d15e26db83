// SPDX-License-Identifier: GPL-2.0
/*
 * user-events lost: what those who record could not take.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const char *const titles[] = { "TRACEPOINT", "GROUP", "FTRACE", "PERF" };

static void print_line(const struct options *options, struct table *table, const char *group,
		       const char *tracepoint, const char *counts)
{
	unsigned long long ftrace = 0, perf = 0;

	if (sscanf(counts, "ftrace %llu perf %llu", &ftrace, &perf) != 2)
		return;
	if (!options->json) {
		table_cell(table, "%s", tracepoint);
		table_cell(table, "%s", group);
		table_cell(table, "%llu", ftrace);
		table_cell(table, "%llu", perf);
		return;
	}
	json_begin(NULL, '{');
	json_string("group", group);
	json_string("tracepoint", tracepoint);
	json_number("ftrace", "%llu", ftrace);
	json_number("perf", "%llu", perf);
	json_end('\n');
}

static bool is_selected(const struct options *options, const char *tracepoint)
{
	const struct selection selection = {
		.names = options->argv,
		.name_count = options->argc,
	};

	return selects_tracepoint(&selection, tracepoint, strchr(tracepoint, ':'));
}

static int print_group(const struct options *options, struct table *table, const char *group)
{
	char *path = group_path(group, "user_events_lost"), *text, *rest, *line, *counts;
	int ret;

	ret = read_file(path, &text, NULL);
	free(path);
	if (ret)
		return ret;
	for (rest = text; (line = strsep(&rest, "\n"));) {
		counts = strchr(line, ' ');
		if (!counts)
			continue;
		*counts = '\0';
		if (is_selected(options, line))
			print_line(options, table, group, line, counts + 1);
	}
	free(text);
	return 0;
}

static int complain_about(const char *group, int error)
{
	char *path = group_path(group, "user_events_lost");

	complain("cannot read '%s': %s", path, error == -ENOENT ?
		 "This kernel does not count what is lost" : strerror(-error));
	free(path);
	return EXIT_FAILURE;
}

/**
 * lost_command - user-events lost [NAME]...
 * @options: the command line
 *
 * Return: the exit status.
 */
int lost_command(const struct options *options)
{
	struct strings groups = {};
	struct table table = {};
	int ret, status = EXIT_SUCCESS;
	size_t i;

	find_groups(&groups);
	table_titles(&table, ARRAY_SIZE(titles), titles);
	for (i = 0; i < groups.count; i++) {
		const char *group = groups.string[i];

		if (options->group && strcmp(options->group, group))
			continue;
		ret = print_group(options, &table, group);
		if (ret && (!is_gone(ret) || !strcmp(group, DEFAULT_GROUP)))
			status = complain_about(group, ret);
	}
	if (!options->json && !status)
		table_print(&table);
	strings_free(&groups);
	return status;
}
