// SPDX-License-Identifier: GPL-2.0
/*
 * user-events: a trace instance that goes with the program.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"

/* The directory of the instance that is to be removed when the program ends */
static char *session_dir;

/*
 * The clock of an instance would be the CPUs' own, which does not bring records of
 * several CPUs into an order.  Readers are to be woken up by each record, and what
 * is larger than a page is to find room.  What a kernel does not know does not hurt.
 */
static void set_up_buffer(const char *instance)
{
	static const char *const settings[][2] = {
		{ "trace_clock", "mono" },
		{ "buffer_percent", "0" },
		{ "buffer_subbuf_size_kb", "64" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		char *path = instance_path(instance, "%s", settings[i][0]);

		write_file(path, settings[i][1], false);
		free(path);
	}
}

/**
 * session_start - make an instance
 * @session: set up; session_end() is called when the program ends
 *
 * Return: 0 or a negative errno.
 */
int session_start(struct session *session)
{
	session->instance = format_text("user-events-%d", (int)getpid());
	session_dir = tracing_path("instances/%s", session->instance);
	if (mkdir(session_dir, 0700)) {
		int error = -errno;

		free(session_dir);
		session_dir = NULL;
		return error;
	}
	atexit(session_end);
	set_up_buffer(session->instance);
	session->patterns = have_patterns(session->instance);
	return 0;
}

/**
 * session_end - remove the instance, which nobody may have open any more
 */
void session_end(void)
{
	int i;

	/* Somebody else may be looking at it just now */
	for (i = 0; session_dir && rmdir(session_dir); i++) {
		if (errno != EBUSY || i == 20) {
			complain("cannot remove '%s': %s", session_dir, strerror(errno));
			break;
		}
		usleep(50000);
	}
	free(session_dir);
	session_dir = NULL;
}
