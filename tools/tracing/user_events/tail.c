// SPDX-License-Identifier: GPL-2.0
/*
 * user-events tail: what is recorded, as it comes.
 *
 * Formats that are registered later are followed, too.  Where the kernel has
 * `set_user_event`, it enables them before their first record; else we look for
 * new ones, and may miss what is written until we have found them.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/* How often to look for new events when nobody tells, in milliseconds */
#define LOOK_EVERY	100

/* After so many records, look for other work */
#define BATCH		4096

/**
 * struct tail - what `tail` is doing
 * @options: the command line
 * @selection: which events are meant
 * @session: where they are recorded
 * @formats: of what is recorded there
 * @status: tells when events have come, or -1
 * @printed: how many records were printed
 */
struct tail {
	const struct options *options;
	struct selection selection;
	struct session session;
	struct formats *formats;
	int status;
	unsigned long printed;
};

/* The signal that ends the program, and a pipe that wakes it up */
static int stopped_by;
static int stop_pipe[2];

static void end_by(int number)
{
	__atomic_store_n(&stopped_by, number, __ATOMIC_RELAXED);
}

static int stop_signal(void)
{
	return __atomic_load_n(&stopped_by, __ATOMIC_RELAXED);
}

static void stop(int number)
{
	int error = errno;
	ssize_t done;

	end_by(number);
	done = write(stop_pipe[1], "", 1);
	(void)done;
	errno = error;
}

static void catch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction action = { .sa_handler = stop };
	size_t i;

	if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK))
		fatal("cannot create a pipe: %s", strerror(errno));
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaction(numbers[i], &action, NULL);
	/* The instance has to be removed first: see a failing write() instead */
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

/* After everything is tidied up, end by the signal as if nobody had caught it */
static void end_by_signal(int number)
{
	signal(number, SIG_DFL);
	raise(number);
}

/*
 * Once read, the file tells of the next change.  Changes in other groups are not
 * seen here, but every LOOK_EVERY.
 */
static void read_status(struct tail *tail)
{
	char bytes[4096];

	if (tail->status < 0 || lseek(tail->status, 0, SEEK_SET) < 0)
		return;
	while (read(tail->status, bytes, sizeof(bytes)) > 0)
		;
}

static int sample_pid(const struct sample *sample)
{
	int pid = 0;

	/* common_type, common_flags and common_preempt_count come first */
	if (sample->size >= 8)
		memcpy(&pid, (const char *)sample->data + 4, sizeof(pid));
	return pid;
}

static void print_lost(const struct tail *tail, const struct sample *sample)
{
	if (tail->options->json) {
		json_begin(NULL, '{');
		json_number("cpu", "%d", sample->cpu);
		if (sample->lost > 0)
			json_number("lost", "%d", sample->lost);
		else
			json_null("lost");
		json_end('\n');
	} else if (sample->lost > 0) {
		complain("%d records of CPU %d were lost", sample->lost, sample->cpu);
	} else {
		complain("records of CPU %d were lost", sample->cpu);
	}
}

static void print_json(const struct format *format, const struct sample *sample)
{
	json_begin(NULL, '{');
	json_number("time_ns", "%llu", sample->time);
	json_number("cpu", "%d", sample->cpu);
	json_number("pid", "%d", sample_pid(sample));
	if (format->event) {
		json_string("group", format->group);
		json_string("world", format->multi ? "multi" : "single");
		json_string("name", format->name);
		json_string("tracepoint", format->tracepoint);
		json_begin("fields", '{');
		print_fields(format->event, sample, true);
		json_end('}');
	} else {
		json_null("name");
	}
	json_end('\n');
}

static void print_line(const struct format *format, const struct sample *sample)
{
	printf("%llu.%06llu [%03d] %d ", sample->time / 1000000000,
	       sample->time / 1000 % 1000000, sample->cpu, sample_pid(sample));
	if (!format->event) {
		puts("(its format is gone)");
		return;
	}
	if (strcmp(format->group, DEFAULT_GROUP))
		printf("%s/", format->group);
	fputs(format->name, stdout);
	print_fields(format->event, sample, false);
	putchar('\n');
}

static bool is_done(const struct tail *tail)
{
	return stop_signal() || ferror(stdout) ||
	       (tail->options->count && tail->printed >= tail->options->count);
}

static void print_batch(struct tail *tail, struct reader *reader)
{
	struct sample sample;
	int i;

	for (i = 0; i < BATCH && !is_done(tail) && reader_next(reader, &sample); i++) {
		const struct format *format = formats_find(tail->formats, &sample);

		if (sample.lost)
			print_lost(tail, &sample);
		if (tail->options->json)
			print_json(format, &sample);
		else
			print_line(format, &sample);
		tail->printed++;
	}
	if (!stop_signal() && fflush(stdout) && errno == EPIPE)
		end_by(SIGPIPE);
}

/* What looks like a glob may be a name as well */
static int start_pattern(struct tail *tail, const char *name)
{
	char *escaped = escape_glob(name);
	int ret;

	ret = change_pattern(tail->session.instance, "", tail->selection.group, name);
	if (!ret && strcmp(escaped, name))
		ret = change_pattern(tail->session.instance, "", tail->selection.group, escaped);
	free(escaped);
	return ret;
}

static int start_patterns(struct tail *tail)
{
	size_t i;
	int ret;

	for (i = 0; i < tail->selection.name_count; i++) {
		ret = start_pattern(tail, tail->selection.names[i]);
		if (ret) {
			complain("cannot record '%s': %s", tail->selection.names[i],
				 ret == -EINVAL ? "Not a pattern of names" : strerror(-ret));
			return ret;
		}
	}
	return 0;
}

/* Returns whether it is time to look for new events */
static bool wait_for_more(struct tail *tail, struct reader *reader)
{
	struct pollfd others[] = {
		{ stop_pipe[0], POLLIN },
		/* That nobody reads any more is told without being asked for */
		{ STDOUT_FILENO, 0 },
		/* A file without poll() of its own is always ready, but never urgent */
		{ tail->status, POLLPRI },
	};
	int ready;

	ready = reader_wait(reader, others, ARRAY_SIZE(others),
			    tail->session.patterns ? -1 : LOOK_EVERY);
	if (ready < 0)
		return false;
	if (others[1].revents & POLLERR)
		end_by(SIGPIPE);
	return !ready || (others[2].revents & POLLPRI);
}

static void follow(struct tail *tail, struct reader *reader)
{
	while (!is_done(tail)) {
		bool look = wait_for_more(tail, reader);

		if (look && !tail->session.patterns) {
			read_status(tail);
			formats_refresh(tail->formats);
		}
		print_batch(tail, reader);
	}
}

static int run(struct tail *tail)
{
	struct reader *reader;

	if (tail->session.patterns) {
		if (start_patterns(tail))
			return EXIT_FAILURE;
	} else {
		char *path = group_path(tail->selection.group, "user_events_status");

		tail->status = open(path, O_RDONLY | O_CLOEXEC);
		free(path);
		read_status(tail);
	}
	reader = reader_open(tail->session.instance);
	if (!reader) {
		complain("cannot read the records of '%s': %s", tail->session.instance,
			 strerror(errno));
		return EXIT_FAILURE;
	}
	formats_refresh(tail->formats);
	follow(tail, reader);
	reader_close(reader);
	return EXIT_SUCCESS;
}

static void tidy_up(struct tail *tail)
{
	if (tail->status >= 0)
		close(tail->status);
	session_end();
	formats_free(tail->formats);
	free(tail->session.instance);
}

/**
 * tail_command - user-events tail NAME...
 * @options: the command line
 *
 * Return: the exit status.
 */
int tail_command(const struct options *options)
{
	struct tail tail = {
		.options = options,
		.selection = {
			.group = options->group,
			.names = options->argv,
			.name_count = options->argc,
		},
		.status = -1,
	};
	int ret, status;

	if (!options->argc)
		return usage("missing operand");
	catch_signals();
	ret = session_start(&tail.session);
	if (ret) {
		complain("cannot make a trace instance in '%s/instances': %s", tracing_dir(),
			 strerror(-ret));
		tidy_up(&tail);
		return EXIT_FAILURE;
	}
	tail.formats = formats_new(&tail.selection,
				   tail.session.patterns ? NULL : tail.session.instance);
	status = run(&tail);
	tidy_up(&tail);
	if (stop_signal())
		end_by_signal(stop_signal());
	return status;
}
