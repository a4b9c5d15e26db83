// SPDX-License-Identifier: GPL-2.0
/*
 * user-events record: let trace-cmd or perf write what comes to a file.
 *
 * Both have to be told each format before they start.  What is registered later is
 * not in the file; we say so, and how many formats it was.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

/* The process that records, for the handler of signals */
static pid_t recorder;

/* A terminal tells the recorder as well; others only us.  It stops by SIGINT. */
static void pass_on(int number, siginfo_t *info, void *context)
{
	pid_t pid = __atomic_load_n(&recorder, __ATOMIC_RELAXED);
	int error = errno;

	if (pid > 0 && info->si_code != SI_KERNEL)
		kill(pid, SIGINT);
	errno = error;
}

static void pass_signals_on(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = {
		.sa_sigaction = pass_on,
		.sa_flags = SA_SIGINFO | SA_RESTART,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaction(numbers[i], &action, NULL);
}

static bool is_perf(const struct options *options)
{
	const char *name;

	if (options->with)
		return !strcmp(options->with, "perf");
	name = strrchr(options->output, '/');
	name = name ? name + 1 : options->output;
	return strstr(name, "perf");
}

static void name_event(struct strings *arguments, const struct event *event, bool perf)
{
	char *escaped;

	strings_add(arguments, copy_text("-e"));
	if (perf) {
		strings_add(arguments, format_text("tracepoint/config=%d/", event->id));
		return;
	}
	/* trace-cmd takes a glob */
	escaped = escape_glob(event->tracepoint);
	strings_add(arguments, format_text("%s:%s", event->system, escaped));
	free(escaped);
}

static void build_arguments(const struct options *options, const struct events *events,
			    struct strings *arguments)
{
	bool perf = is_perf(options);
	size_t i;

	strings_add(arguments, copy_text(perf ? "perf" : "trace-cmd"));
	strings_add(arguments, copy_text("record"));
	strings_add(arguments, copy_text("-o"));
	strings_add(arguments, copy_text(options->output));
	if (perf) {
		strings_add(arguments, copy_text("-a"));
		/* By their numbers alone, perf would not record the fields */
		strings_add(arguments, copy_text("-R"));
	}
	for (i = 0; i < events->count; i++)
		name_event(arguments, &events->event[i], perf);
	if (options->command)
		strings_add(arguments, copy_text("--"));
	for (i = 0; options->command && options->command[i]; i++)
		strings_add(arguments, copy_text(options->command[i]));
	strings_add(arguments, NULL);
}

static void become_recorder(char **argv, const sigset_t *mask)
{
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	complain("cannot run '%s': %s", argv[0], errno == E2BIG ?
		 "There are too many formats for one command line" : strerror(errno));
	_exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_INVOKE);
}

/* Returns how the recorder has ended, as a shell would put it */
static int run_recorder(char **argv)
{
	sigset_t all, mask;
	int status;
	pid_t pid;

	/* A signal that comes now waits until there is whom to pass it on to */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		complain("cannot fork: %s", strerror(errno));
		return EXIT_CANNOT_RUN;
	}
	if (!pid)
		become_recorder(argv, &mask);
	__atomic_store_n(&recorder, pid, __ATOMIC_RELAXED);
	pass_signals_on();
	sigprocmask(SIG_SETMASK, &mask, NULL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	__atomic_store_n(&recorder, 0, __ATOMIC_RELAXED);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* How many formats are not in the file since they came too late */
static size_t count_later(const struct selection *selection, struct events *before)
{
	struct events after;
	size_t i, count = 0;

	find_events(selection, &after);
	for (i = 0; i < after.count; i++) {
		const struct event *event = &after.event[i];

		if (!lookup_event(before, event->group, event->tracepoint))
			count++;
	}
	free_events(&after);
	return count;
}

static void report(const struct options *options, struct events *events, size_t later)
{
	size_t i;

	if (later)
		complain("%zu formats that are registered now are not in '%s'",
			 later, options->output);
	if (!options->json)
		return;
	json_begin(NULL, '{');
	json_string("file", options->output);
	json_begin("tracepoints", '[');
	for (i = 0; i < events->count; i++)
		json_string(NULL, events->event[i].tracepoint);
	json_end(']');
	json_number("later_formats", "%zu", later);
	json_end('\n');
}

static int record(const struct options *options, const struct selection *selection,
		  struct events *events)
{
	struct strings arguments = {};
	int status;

	complain("recording %zu formats; those that are registered from now on cannot be followed",
		 events->count);
	build_arguments(options, events, &arguments);
	status = run_recorder(arguments.string);
	strings_free(&arguments);
	if (!status)
		report(options, events, count_later(selection, events));
	return status;
}

static bool is_valid(const struct options *options)
{
	if (!options->argc)
		return !usage("missing operand");
	if (!options->output)
		return !usage("missing option -o FILE");
	if (options->with && strcmp(options->with, "perf") && strcmp(options->with, "trace-cmd"))
		return !usage("cannot record with '%s': use trace-cmd or perf", options->with);
	return true;
}

/**
 * record_command - user-events record NAME... -o FILE [-- COMMAND [ARGUMENT]...]
 * @options: the command line
 *
 * Return: the exit status.
 */
int record_command(const struct options *options)
{
	const struct selection selection = {
		.group = options->group,
		.names = options->argv,
		.name_count = options->argc,
	};
	struct events events;
	int ret, status = EXIT_CANNOT_RUN;

	if (!is_valid(options))
		return EXIT_CANNOT_RUN;
	ret = find_events(&selection, &events);
	if (ret)
		complain("cannot list '%s/events': %s", tracing_dir(), strerror(-ret));
	else if (!events.count)
		complain("no event of that name is registered: there is nothing to record");
	else
		status = record(options, &selection, &events);
	free_events(&events);
	return status;
}
