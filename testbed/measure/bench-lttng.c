// SPDX-License-Identifier: GPL-2.0
/*
 * bench-lttng ROW: measures tracepoints of LTTng-UST that a session records;
 * `bench` runs it for the rows ROW and ROW-array.
 */
#include <err.h>
#include <unistd.h>

#define LTTNG_UST_TRACEPOINT_DEFINE
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#include "bench-lttng-event.h"
#include "bench-samples.h"

static void run(const char *command)
{
	if (system(command))
		errx(1, "%s failed", command);
}

/* The session's daemon tells this process, which it finds by itself, what is on */
static void start_session(void)
{
	run("lttng-sessiond --daemonize >&2");
	run("lttng -q create bench --output=/tmp/bench-lttng >&2");
	run("lttng -q enable-event -u bench:event,bench:array >&2");
	run("lttng -q start >&2");
	while (!lttng_ust_tracepoint_enabled(bench, event) ||
	       !lttng_ust_tracepoint_enabled(bench, array))
		usleep(100000);
}

static void emit_fields(void)
{
	lttng_ust_tracepoint(bench, event, 1, 2, 3, 4, 5, 6, 7, 8);
}

static void emit_array(void)
{
	static const uint32_t words[BENCH_WORDS];

	lttng_ust_tracepoint(bench, array, words);
}

static void measure(const char *row, void (*emit)(void))
{
	unsigned int i;

	for (i = 0; i < 2001; i++) {
		start();
		emit();
		stop();
	}
	result(row, median());
}

int main(int argc, char **argv)
{
	char row[64];

	if (argc != 2)
		errx(1, "usage: bench-lttng ROW");
	snprintf(row, sizeof(row), "%s-array", argv[1]);
	start_session();
	use_clock(CLOCK_MONOTONIC);
	measure(argv[1], emit_fields);
	measure(row, emit_array);
	run("lttng -q stop >&2");
	run("lttng -q destroy >&2");
	/* What has been recorded takes as much, unless it was lost */
	run("test $(du -sk /tmp/bench-lttng | cut -f 1) -ge 240");
	return 0;
}
