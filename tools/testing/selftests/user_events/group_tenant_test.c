// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that a container which has only the files of one group can do
 * everything in its group, and nothing outside.
 */

#include <sys/socket.h>
#include "container.h"
#include "pass.h"
#include "perf.h"

/*
 * What a container tells of itself: the first line of this file that was wrong,
 * and what came out there.
 */
struct report {
	int line;
	int got;
	__u32 step;		/* who waits for it goes on */
	__u32 go;		/* what the container waits for */
};

static void want_at(struct report *report, int line, int wanted, int got)
{
	if (got == wanted || report->line)
		return;
	report->line = line;
	report->got = got;
}

/* In a container: @value has to be @wanted. */
#define want(report, wanted, value)					\
	want_at(report, __LINE__, wanted, value)

static int container_code(const struct report *report)
{
	return report->line ? 1 : CONTAINER_DONE;
}

/* Waits for a container's end: 0, or the line that was wrong, or a code. */
static int container_end(pid_t pid, const struct report *report)
{
	const int code = reap(pid);

	if (code == CONTAINER_DONE)
		return 0;
	return report->line ?: code;
}

struct tenant {
	struct groups groups;
	struct report *report;	/* two of them, shared with containers */
	int sockets[2];
	char held[40];		/* an event of each world, held by the test */
	char kept[40];		/* one that persists in each but web */
};

FIXTURE(tenant)
{
	struct tenant t;
};

FIXTURE_SETUP(tenant)
{
	ASSERT_TRUE(groups_open(_metadata, &self->t.groups));
	self->t.report = map_pages(1, MAP_SHARED);
	snprintf(self->t.held, sizeof(self->t.held), "%s_held",
		 self->t.groups.stage.name);
	snprintf(self->t.kept, sizeof(self->t.kept), "%s_kept",
		 self->t.groups.stage.name);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, self->t.sockets));
	ASSERT_EQ(0, container_give(self->t.groups.web));
	ASSERT_EQ(0, container_give(self->t.groups.api));
	ASSERT_EQ(0, event_register(self->t.groups.stage.fd,
				    say("%s u32 a", self->t.held),
				    self->t.groups.stage.word, 0, SINGLE));
	ASSERT_EQ(0, event_register(self->t.groups.api_fd,
				    say("%s u32 a", self->t.held),
				    self->t.groups.stage.word, 1, SINGLE));
	ASSERT_EQ(0, event_try(say("%s u32 a", self->t.kept), PERSIST));
	ASSERT_EQ(0, group_try(self->t.groups.api, say("%s u32 a", self->t.kept),
			       PERSIST | MULTI));
}

FIXTURE_TEARDOWN_PARENT(tenant)
{
	groups_close(&self->t.groups);
}

static int name_nothing_of_others(void *arg)
{
	const struct tenant *self = arg;
	struct report *report = self->report;
	const char *const systems[] = {
		SYSTEM, MULTI_SYSTEM, SYSTEM "-", group_system(self->groups.api),
		group_multi_system(self->groups.api),
		group_system(self->groups.web),
	};
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	__u32 *word = map_pages(1, MAP_PRIVATE);
	const char *status;
	size_t i;

	want(report, true, fd >= 0);
	/* the names are its own, with any fields */
	want(report, 0, event_register(fd, say("%s u64 b", self->held), word, 0,
				       SINGLE));
	want(report, 1, event_register(fd, say("%s u8 b", self->held), word, 1,
				       MULTI));
	want(report, 2, event_register(fd, say("%s u8 b", self->kept), word, 2,
				       SINGLE));
	want(report, -EADDRINUSE, event_register(fd, say("%s u32 a", self->held),
						 word, 3, SINGLE));
	want(report, -ENOENT, event_emit(fd, 3, word, 8));
	want(report, -EBUSY, event_delete(fd, self->kept));
	want(report, 0, event_unregister(fd, word, 2));

	/* a system is no part of a name */
	for (i = 0; i < ARRAY_SIZE(systems); i++) {
		want(report, -EINVAL,
		     event_register(fd, say("%s/%s u32 a", systems[i],
					    self->held), word, 3, SINGLE));
		want(report, -ENOENT,
		     event_delete(fd, say("%s/%s", systems[i], self->kept)));
		want(report, -ENOENT,
		     event_delete(fd, say("%s/%s u32 a", systems[i],
					  self->kept)));
	}
	want(report, -EINVAL, event_register(fd, say("u:%s u32 a", self->held),
					     word, 3, SINGLE));
	want(report, -ENOENT, event_delete(fd, say("u:%s", self->kept)));

	/* what only others have is not there; nor is it to stay */
	want(report, -ENOENT, event_delete(fd, say("%s_no", self->kept)));
	want(report, -EPERM, event_register(fd, say("%s_2", self->held), word, 3,
					    PERSIST));
	want(report, -EPERM, event_register(fd, say("%s_2", self->held), word, 3,
					    PERSIST | MULTI));

	status = file_read(STATUS_FILE);
	want(report, true, status && !strstr(status, "u32"));
	want(report, 3, count_of(status, self->groups.stage.name));
	want(report, true, !!strstr(status, "\n\nActive: 3\nBusy: 0\n"));
	return container_code(report);
}

static int others_are_whole(const struct tenant *self)
{
	const char *api = self->groups.api;

	return file_has_line(STATUS_FILE, self->held) &&
	       file_has_line(STATUS_FILE, self->kept) &&
	       group_lists(api, self->held) && group_lists(api, self->kept) &&
	       file_has_line(DYNAMIC_FILE, say("u:%s u32 a", self->held)) &&
	       file_has_line(DYNAMIC_FILE, say("u:%s u32 a", self->kept)) &&
	       file_has_line(DYNAMIC_FILE,
			     say("u:" MULTI_SYSTEM "-%s/%s u32 a", api,
				 self->kept)) &&
	       strstr(group_read(api, "user_events_status"), "Active: 2\n");
}

TEST_F(tenant, names_are_its_own)
{
	EXPECT_EQ(0, container_end(container_start(self->t.groups.web,
						   name_nothing_of_others,
						   &self->t), self->t.report));
	EXPECT_TRUE(others_are_whole(&self->t));
	close(self->t.groups.web_fd);
	EXPECT_EQ(0, group_remove(self->t.groups.web));
}

static int reach_no_other_file(void *arg)
{
	const struct tenant *self = arg;
	struct report *report = self->report;
	static const char *const files[] = {
		DYNAMIC_FILE, GROUPS, TRACEFS "/events", TRACEFS "/trace",
		TRACEFS "/instances",
	};
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	const int id = getpid();
	int again;
	size_t i;

	want(report, 1, id);
	want(report, true, fd >= 0);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		want(report, -1, access(files[i], F_OK));
		want(report, ENOENT, errno);
	}
	/* what covers the rest stays */
	want(report, -1, umount2(TRACEFS, MNT_DETACH));
	want(report, EINVAL, errno);
	want(report, -1, umount2(DATA_FILE, MNT_DETACH));
	want(report, EINVAL, errno);
	want(report, -1, mount("tracefs", "/tmp", "tracefs", 0, NULL));
	want(report, EPERM, errno);
	want(report, -1, mount("debugfs", "/tmp", "debugfs", 0, NULL));
	want(report, EPERM, errno);
	want(report, -1, open("/sys/kernel/debug/tracing/user_events_data",
			      O_RDWR));
	/* the directory that a file is in is not to be had from it */
	want(report, -1, open(DATA_FILE "/../user_events_groups", O_RDONLY));
	want(report, ENOTDIR, errno);
	want(report, -1, open(say("/proc/self/fd/%d/..", fd), O_PATH));
	want(report, ENOTDIR, errno);
	want(report, -1, openat(fd, "..", O_PATH));
	want(report, ENOTDIR, errno);
	want(report, -1, write(open(STATUS_FILE, O_RDWR), "", 1));
	want(report, -1, chown(DATA_FILE, 1, 1));
	want(report, -1, setns(open("/proc/1/ns/mnt", O_RDONLY), CLONE_NEWUSER));

	/* opened again, a file is the same one */
	again = open(say("/proc/self/fd/%d", fd), O_RDWR | O_CLOEXEC);
	want(report, true, again >= 0);
	want(report, true, file_has_line(say("/proc/self/fdinfo/%d", again),
					 say("user_events_group:\t%s",
					     self->groups.web)));
	return container_code(report);
}

TEST_F(tenant, files_of_others_are_out_of_reach)
{
	EXPECT_EQ(0, container_end(container_start(self->t.groups.web,
						   reach_no_other_file,
						   &self->t), self->t.report));
	EXPECT_TRUE(others_are_whole(&self->t));
}

static int see_own_bits_only(void *arg)
{
	const struct tenant *self = arg;
	struct report *report = self->report;
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	__u32 *word = map_pages(1, MAP_PRIVATE);
	__u32 value = 7;

	want(report, 0, event_register(fd, say("%s u32 a", self->held), word, 0,
				       SINGLE));
	store32(&report->step, 1);
	want(report, true, wait32(&report->go, 1));
	/* the others are traced */
	want(report, 0, *word);
	want(report, -EBADF, event_emit(fd, 0, &value, 4));
	want(report, false, !!strstr(file_read(STATUS_FILE), "Used by"));
	store32(&report->step, 2);
	want(report, true, wait32(&report->go, 2));
	want(report, true, wait32(word, 1));
	want(report, 8, event_emit(fd, 0, &value, 4));
	want(report, true, !!strstr(file_read(STATUS_FILE),
				    say("%s # Used by ftrace\n", self->held)));
	return container_code(report);
}

TEST_F(tenant, bits_and_status_follow_its_own_tracers)
{
	struct report *report = self->t.report;
	const char *web = group_system(self->t.groups.web);
	const char *api = group_system(self->t.groups.api);
	pid_t pid;

	pid = container_start(self->t.groups.web, see_own_bits_only, &self->t);
	ASSERT_TRUE(wait32(&report->step, 1));
	ASSERT_EQ(0, event_trace(SYSTEM, self->t.held, true));
	ASSERT_EQ(0, event_trace(api, self->t.held, true));
	/* the fork may have left its page to be copied: a worker sets the bit */
	EXPECT_TRUE(wait32(self->t.groups.stage.word, 3));
	store32(&report->go, 1);
	EXPECT_TRUE(wait32(&report->step, 2));
	ASSERT_EQ(0, event_trace(SYSTEM, self->t.held, false));
	ASSERT_EQ(0, event_trace(api, self->t.held, false));
	ASSERT_EQ(0, event_trace(web, self->t.held, true));
	EXPECT_TRUE(wait32(self->t.groups.stage.word, 0));
	store32(&report->go, 2);
	EXPECT_EQ(0, container_end(pid, report)) {
		TH_LOG("got %d", report->got);
	}
	EXPECT_EQ(-EBUSY, group_remove(self->t.groups.web));
}

/*
 * A descriptor says which group, whoever has it
 */

static int pass_own_file(void *arg)
{
	const struct tenant *self = arg;
	struct report *report = self->report;
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	__u32 *word = map_pages(1, MAP_PRIVATE);

	want(report, 0, event_register(fd, say("%s u8 c", self->held), word, 0,
				       SINGLE));
	want(report, 0, send_file(self->sockets[0], fd));
	close(fd);
	want(report, true, wait32(&report->go, 1));
	return container_code(report);
}

static int use_passed_file(void *arg)
{
	const struct tenant *self = arg;
	struct report *report = self->report + 1;
	const int passed = receive_file(self->sockets[1]);
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	__u32 *word = map_pages(1, MAP_PRIVATE);

	want(report, true, passed >= 0 && fd >= 0);
	/* in the sender's group, there is the sender's event */
	want(report, -EADDRINUSE, event_register(passed,
						 say("%s u32 a", self->held),
						 word, 0, SINGLE));
	want(report, 0, event_register(passed, say("%s u8 c", self->held), word,
				       0, SINGLE));
	want(report, 1, event_register(passed, say("%s_p", self->held), word, 1,
				       MULTI));
	want(report, -ENOENT, event_delete(passed, self->kept));
	/* in one's own, what was there */
	want(report, 0, event_register(fd, say("%s u32 a", self->held), word, 2,
				       SINGLE));
	want(report, -ENOENT, event_delete(fd, say("%s_p", self->held)));
	want(report, false, !!strstr(file_read(STATUS_FILE), "_p"));
	store32(&report->step, 1);
	want(report, true, wait32(&report->go, 1));
	return container_code(report);
}

TEST_F(tenant, passed_descriptor_is_of_the_group_of_its_sender)
{
	struct report *web_report = self->t.report, *api_report = self->t.report + 1;
	pid_t web, api;

	web = container_start(self->t.groups.web, pass_own_file, &self->t);
	api = container_start(self->t.groups.api, use_passed_file, &self->t);
	EXPECT_TRUE(wait32(&api_report->step, 1)) {
		TH_LOG("line %d: %d, line %d: %d", web_report->line,
		       web_report->got, api_report->line, api_report->got);
	}
	EXPECT_TRUE(group_lists(self->t.groups.web, say("%s_p", self->t.held)));
	EXPECT_FALSE(group_lists(self->t.groups.api, say("%s_p", self->t.held)));
	store32(&web_report->go, 1);
	store32(&api_report->go, 1);
	EXPECT_EQ(0, container_end(web, web_report)) {
		TH_LOG("got %d", web_report->got);
	}
	EXPECT_EQ(0, container_end(api, api_report)) {
		TH_LOG("got %d", api_report->got);
	}
	EXPECT_TRUE(others_are_whole(&self->t));
}

/*
 * What is run by exec: this program, told what to do by its environment
 */

#define EXEC_FD		"GROUP_TEST_FD"
#define EXEC_EVENT	"GROUP_TEST_EVENT"
#define EXEC_GROUP	"GROUP_TEST_GROUP"

static void __attribute__((constructor)) run_after_exec(void)
{
	const char *fd = getenv(EXEC_FD), *event = getenv(EXEC_EVENT);
	const char *group = getenv(EXEC_GROUP);
	__u32 word = 0;

	if (!fd || !event || !group)
		return;
	if (!file_has_line(say("/proc/self/fdinfo/%s", fd),
			   say("user_events_group:\t%s", group)))
		_exit(2);
	/* its other event has another layout, and is held by the parent */
	if (event_register(atoi(fd), say("%s u32 a", event), &word, 0,
			   SINGLE) != -EADDRINUSE)
		_exit(3);
	if (event_register(atoi(fd), say("%s u8 c", event), &word, 0,
			   SINGLE) < 0)
		_exit(4);
	if (event_register(open(DATA_FILE, O_RDWR), say("%s_x", event), &word,
			   1, MULTI))
		_exit(5);
	_exit(count_of(file_read(STATUS_FILE), event) == 2 ? 0 : 6);
}

static int fork_and_exec(void *arg)
{
	const struct tenant *self = arg;
	struct report *report = self->report;
	const int fd = open(DATA_FILE, O_RDWR);	/* not close-on-exec */
	__u32 *word = map_pages(1, MAP_PRIVATE);
	pid_t child;

	want(report, 0, event_register(fd, say("%s u8 c", self->held), word, 0,
				       SINGLE));
	child = spawn();
	if (!child) {
		setenv(EXEC_FD, say("%d", fd), 1);
		setenv(EXEC_EVENT, self->held, 1);
		setenv(EXEC_GROUP, self->groups.web, 1);
		execl("/proc/self/exe", "exec", NULL);
		_exit(7);
	}
	want(report, 0, reap(child));
	return container_code(report);
}

TEST_F(tenant, fork_and_exec_stay_in_the_group)
{
	EXPECT_EQ(0, container_end(container_start(self->t.groups.web,
						   fork_and_exec, &self->t),
				   self->t.report));
	EXPECT_TRUE(others_are_whole(&self->t));
	close(self->t.groups.web_fd);
	EXPECT_EQ(0, group_remove(self->t.groups.web));
}

/*
 * Who is not let in
 */

/* With user_events_status readable by all, the child opens it. */
TEST_F(tenant, user_who_was_given_nothing_opens_nothing)
{
	const char *api = say("%sshut", self->t.groups.prefix);
	int data, status;
	pid_t child;

	ASSERT_EQ(0, group_make(api));
	data = group_open(api, "user_events_data", O_PATH);
	status = group_open(api, "user_events_status", O_PATH);
	child = spawn();
	if (!child) {
		const char *data_path = say("/proc/self/fd/%d", data);
		const char *status_path = say("/proc/self/fd/%d", status);

		if (become_nobody())
			_exit(1);
		if (open(data_path, O_RDONLY) >= 0 || errno != EACCES)
			_exit(2);
		if (open(data_path, O_WRONLY) >= 0 || errno != EACCES)
			_exit(3);
		if (open(status_path, O_RDONLY) >= 0 || errno != EACCES)
			_exit(4);
		if (mkdir(GROUPS "/of_nobody", 0700) != -1)
			_exit(5);
		if (rmdir(say(GROUPS "/%s", api)) != -1 || errno != EACCES)
			_exit(6);
		_exit(0);
	}
	EXPECT_EQ(0, reap(child));
	close(data);
	close(status);
	EXPECT_EQ(0, group_remove(api));
}

TEST_HARNESS_MAIN
