/* SPDX-License-Identifier: GPL-2.0 */
/* A memory cgroup for one test. */

#ifndef SELFTESTS_USER_EVENTS_CGROUP_H
#define SELFTESTS_USER_EVENTS_CGROUP_H

#include "tracefs.h"

#define CGROUP	"/sys/fs/cgroup"

/* Makes the cgroup @name; 0, or a negative errno if there is no such thing. */
static inline int cgroup_make(const char *name)
{
	if (access(CGROUP "/cgroup.controllers", F_OK) &&
	    mount("cgroup2", CGROUP, "cgroup2", 0, NULL))
		return -errno;
	if (file_write(CGROUP "/cgroup.subtree_control", "+memory") ||
	    mkdir(say(CGROUP "/%s", name), 0700))
		return -ENODEV;
	return 0;
}

static inline int cgroup_write(const char *name, const char *file,
			       const char *text)
{
	return file_write(say(CGROUP "/%s/%s", name, file), text);
}

/* Moves the calling process there. */
static inline int cgroup_enter(const char *name)
{
	return cgroup_write(name, "cgroup.procs", "0");
}

/* Ends all that is in there, and removes it. */
static inline void cgroup_remove(const char *name)
{
	cgroup_write(name, "cgroup.kill", "1");
	dir_clean(say(CGROUP "/%s", name));
}

#endif
