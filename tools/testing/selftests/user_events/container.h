/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A container as a runtime makes one for a group: an unprivileged user in user,
 * mount and pid namespaces of its own, where the group's two files are mounted
 * over the usual ones, and nothing else of tracefs is.
 */

#ifndef SELFTESTS_USER_EVENTS_CONTAINER_H
#define SELFTESTS_USER_EVENTS_CONTAINER_H

#include "group.h"

#define CONTAINER_USER	65534

/* Exit codes: all was done as it should be; what could not be set up. */
enum {
	CONTAINER_DONE = 42,
	NO_MOUNTS = 100, NO_USER, NO_NAMESPACES, NO_MAPPING, NO_PROC
};

/* Lets the container's user open the group's files, as an admin does. */
static inline int container_give(const char *group)
{
	return chown(group_path(group, "user_events_data"), CONTAINER_USER,
		     CONTAINER_USER) ||
	       chown(group_path(group, "user_events_status"), CONTAINER_USER,
		     CONTAINER_USER) ? -errno : 0;
}

static inline int container_bind(const char *file, int path_fd)
{
	const char *target = say(TRACEFS "/%s", file);
	const int fd = open(target, O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	close(fd);
	return mount(say("/proc/self/fd/%d", path_fd), target, NULL, MS_BIND,
		     NULL) ? -errno : 0;
}

static inline int container_mount(const char *group)
{
	int data, status;

	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -errno;
	data = group_open(group, "user_events_data", O_PATH);
	status = group_open(group, "user_events_status", O_PATH);
	if (data < 0 || status < 0 ||
	    mount("tmpfs", TRACEFS, "tmpfs", 0, "mode=755") ||
	    container_bind("user_events_data", data) ||
	    container_bind("user_events_status", status))
		return -EIO;
	close(data);
	close(status);
	return 0;
}

/* Becomes root of a user namespace, where that is the user of before. */
static inline int container_map(void)
{
	return file_write("/proc/self/setgroups", "deny") ?:
	       file_write("/proc/self/uid_map",
			  say("0 %d 1", CONTAINER_USER)) ?:
	       file_write("/proc/self/gid_map",
			  say("0 %d 1", CONTAINER_USER));
}

/* Runs in a child, which becomes the container and exits with what @run says. */
static inline void container_run(const char *group, int (*run)(void *arg),
				 void *arg)
{
	const int id = CONTAINER_USER;
	pid_t init;

	if (container_mount(group))
		_exit(NO_MOUNTS);
	if (setresgid(id, id, id) || setresuid(id, id, id) ||
	    prctl(PR_SET_DUMPABLE, 1))
		_exit(NO_USER);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID))
		_exit(NO_NAMESPACES);
	if (container_map())
		_exit(NO_MAPPING);
	/* not by spawn(): its parent has no pid there */
	init = fork();
	if (init)
		_exit(reap(init));
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mount("proc", "/proc", "proc", 0, NULL))
		_exit(NO_PROC);
	_exit(run(arg));
}

/* The process that starts it, to be reaped. */
static inline pid_t container_start(const char *group, int (*run)(void *arg),
				    void *arg)
{
	const pid_t child = spawn();

	if (!child)
		container_run(group, run, arg);
	return child;
}

#endif
