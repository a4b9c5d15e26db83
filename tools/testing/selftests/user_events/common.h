/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every test starts from: tracefs is mounted, user_events_data is open,
 * and there is a name that nobody else uses.  Fixtures tear down in the
 * parent, so what a test left behind goes even when the test dies.
 */

#ifndef SELFTESTS_USER_EVENTS_COMMON_H
#define SELFTESTS_USER_EVENTS_COMMON_H

#include "../kselftest_harness.h"
#include "event.h"
#include "task.h"
#include "tracefs.h"

struct stage {
	int fd;			/* user_events_data */
	char name[32];		/* unique, and no prefix of another */
	__u32 *word;		/* a zeroed page of the test's own */
};

/* To stand first in a FIXTURE_SETUP(), which ends if this returns false. */
static inline bool stage_open(struct __test_metadata *_metadata,
			      struct stage *stage)
{
	if (access(DATA_FILE, F_OK))
		mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	stage->fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	if (stage->fd < 0)
		SKIP(return false, "no %s: %s", DATA_FILE, strerror(errno));
	snprintf(stage->name, sizeof(stage->name), "kst_%d_e", getpid());
	stage->word = map_pages(1, MAP_PRIVATE);
	*stage->word = 0;
	return true;
}

static inline void stage_clean(struct stage *stage)
{
	tracefs_clean(stage->name);
}

#endif
