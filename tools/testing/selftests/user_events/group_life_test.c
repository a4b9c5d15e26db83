// SPDX-License-Identifier: GPL-2.0
/* Checks how groups are created, what keeps a group, and when it is removed. */

#include "fault.h"
#include "group.h"
#include "perf.h"

FIXTURE(group_life)
{
	struct groups groups;
	char file[64];		/* for a bind mount */
};

FIXTURE_SETUP(group_life)
{
	ASSERT_TRUE(groups_open(_metadata, &self->groups));
	snprintf(self->file, sizeof(self->file), "/tmp/%s",
		 self->groups.stage.name);
}

FIXTURE_TEARDOWN_PARENT(group_life)
{
	umount2(self->file, MNT_DETACH);
	unlink(self->file);
	groups_close(&self->groups);
}

TEST_F(group_life, open_file_of_any_kind_keeps_it)
{
	static const struct {
		const char *name;
		int flags;
	} files[] = {
		{ "user_events_data", O_RDWR },
		{ "user_events_data", O_WRONLY },
		{ "user_events_data", O_RDONLY },
		{ "user_events_status", O_RDONLY },
		{ "user_events_lost", O_RDONLY },
		{ "max", O_RDWR },
		{ "multi_format_only", O_RDONLY },
	};
	const char *web = self->groups.web;
	char byte;
	size_t i;
	int fd;

	close(self->groups.web_fd);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		fd = group_open(web, files[i].name, files[i].flags);
		ASSERT_LE(0, fd);
		EXPECT_EQ(-EBUSY, group_remove(web)) {
			TH_LOG("%s", files[i].name);
		}
		EXPECT_GE(1, read(fd, &byte, 1));
		EXPECT_EQ(-EBUSY, group_remove(web));
		close(fd);
		EXPECT_EQ(0, group_remove(web)) {
			TH_LOG("%s", files[i].name);
		}
		ASSERT_EQ(0, group_make(web));
	}
}

TEST_F(group_life, refused_rmdir_leaves_everything)
{
	const char *web = self->groups.web, *name = self->groups.stage.name;

	ASSERT_EQ(-EBUSY, group_remove(web));
	EXPECT_EQ(0, access(group_path(web, "user_events_status"), F_OK));
	EXPECT_EQ(0, event_register(self->groups.web_fd, name,
				    self->groups.stage.word, 0, SINGLE));
	EXPECT_EQ(0, group_try(web, say("%s_2", name), MULTI));
	EXPECT_TRUE(group_lists(web, name));
}

TEST_F(group_life, address_keeps_it_after_the_file)
{
	const char *web = self->groups.web, *name = self->groups.stage.name;

	ASSERT_EQ(0, event_register(self->groups.web_fd, name,
				    self->groups.stage.word, 0, SINGLE));
	close(self->groups.web_fd);
	EXPECT_EQ(-EBUSY, group_remove(web));
	/* whatever file it is said through */
	ASSERT_EQ(0, event_unregister(self->groups.api_fd,
				      self->groups.stage.word, 0));
	EXPECT_EQ(0, group_remove(web));
}

TEST_F(group_life, persistent_event_keeps_it)
{
	const char *web = self->groups.web, *name = self->groups.stage.name;

	ASSERT_EQ(0, event_register(self->groups.web_fd, name,
				    self->groups.stage.word, 0,
				    PERSIST | MULTI));
	ASSERT_EQ(0, event_unregister(self->groups.web_fd,
				      self->groups.stage.word, 0));
	close(self->groups.web_fd);
	EXPECT_EQ(-EBUSY, group_remove(web));
	ASSERT_EQ(0, file_write(DYNAMIC_FILE,
				say("!u:" MULTI_SYSTEM "-%s/%s", web, name)));
	EXPECT_EQ(0, group_remove(web));
}

TEST_F(group_life, tracers_keep_it_and_let_go_at_once)
{
	const char *web = self->groups.web, *name = self->groups.stage.name;
	const char *system = group_system(web);
	const char *trigger = event_path(system, name, "trigger");
	int perf, i;

	ASSERT_EQ(0, event_register(self->groups.web_fd, name,
				    self->groups.stage.word, 0, SINGLE));
	ASSERT_EQ(0, event_trace(system, name, true));
	ASSERT_EQ(0, event_unregister(self->groups.web_fd,
				      self->groups.stage.word, 0));
	close(self->groups.web_fd);
	EXPECT_EQ(-EBUSY, group_remove(web));
	perf = perf_open(system, name);
	ASSERT_LE(0, perf);
	ASSERT_EQ(0, event_trace(system, name, false));
	EXPECT_EQ(-EBUSY, group_remove(web));
	close(perf);
	EXPECT_EQ(0, group_remove(web));

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, group_make(web));
		self->groups.web_fd = group_open_data(web);
		ASSERT_EQ(0, event_register(self->groups.web_fd, name,
					    self->groups.stage.word, 0,
					    SINGLE));
		ASSERT_EQ(0, i % 2 ? event_trace(system, name, true) :
				     file_write(trigger, "traceoff:1"));
		ASSERT_EQ(0, event_unregister(self->groups.web_fd,
					      self->groups.stage.word, 0));
		close(self->groups.web_fd);
		EXPECT_EQ(-EBUSY, group_remove(web));
		ASSERT_EQ(0, i % 2 ? event_trace(system, name, false) :
				     file_write(trigger, "!traceoff:1"));
		ASSERT_EQ(0, group_remove(web)) {
			TH_LOG("in round %d", i);
		}
	}
}

TEST_F(group_life, many_events_that_wait_for_removal_do_not)
{
	const char *web = self->groups.web, *name = self->groups.stage.name;
	const int events = 500;
	const char *enable;
	int i;

	for (i = 0; i < events; i++)
		ASSERT_EQ(i, event_register(self->groups.web_fd,
					    say("%s_%d", name, i),
					    self->groups.stage.word + i, 0,
					    SINGLE));
	enable = say(TRACEFS "/events/%s/enable", group_system(web));
	ASSERT_EQ(0, file_write(enable, "1"));
	for (i = 0; i < events; i++)
		ASSERT_EQ(0, event_unregister(self->groups.web_fd,
					      self->groups.stage.word + i, 0));
	close(self->groups.web_fd);
	EXPECT_EQ(-EBUSY, group_remove(web));
	ASSERT_EQ(0, file_write(enable, "0"));
	EXPECT_EQ(0, group_remove(web));
}

TEST_F(group_life, process_that_has_ended_does_not)
{
	const char *web = self->groups.web, *name = self->groups.stage.name;
	pid_t child;
	int fd, i;

	close(self->groups.web_fd);
	for (i = 0; i < 20; i++) {
		child = spawn();
		if (!child) {
			fd = group_open_data(web);
			_exit(event_register(fd, name,
					     self->groups.stage.word, 0,
					     i % 2 ? MULTI : SINGLE));
		}
		ASSERT_EQ(0, reap(child));
		ASSERT_EQ(0, group_remove(web)) {
			TH_LOG("in round %d", i);
		}
		ASSERT_EQ(0, group_make(web));
	}
}

TEST_F(group_life, forked_registration_keeps_it)
{
	const char *web = self->groups.web;
	int pipe_fd[2];
	pid_t child;
	char byte;

	ASSERT_EQ(0, pipe(pipe_fd));
	ASSERT_EQ(0, event_register(self->groups.web_fd,
				    self->groups.stage.name,
				    self->groups.stage.word, 0, SINGLE));
	child = spawn();
	if (!child) {
		close(self->groups.web_fd);
		close(pipe_fd[1]);
		_exit(read(pipe_fd[0], &byte, 1));
	}
	ASSERT_EQ(0, event_unregister(self->groups.web_fd,
				      self->groups.stage.word, 0));
	close(self->groups.web_fd);
	EXPECT_EQ(-EBUSY, group_remove(web));
	close(pipe_fd[1]);
	ASSERT_EQ(0, reap(child));
	EXPECT_EQ(0, group_remove(web));
}

/*
 * A container may have its files for longer than there is the group.  This failed,
 * as the next one, where rmdir left the group to the files.
 */
TEST_F(group_life, removed_group_can_not_be_opened_by_a_bind_mount)
{
	const char *web = self->groups.web;
	int fd, i;

	ASSERT_LE(0, (fd = open(self->file, O_CREAT | O_CLOEXEC, 0600)));
	close(fd);
	ASSERT_EQ(0, mount(group_path(web, "user_events_data"), self->file,
			   NULL, MS_BIND, NULL));
	fd = open(self->file, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBUSY, group_remove(web));
	close(fd);
	close(self->groups.web_fd);
	ASSERT_EQ(0, group_remove(web));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-1, open(self->file, O_RDWR | O_CLOEXEC));
		EXPECT_EQ(ENODEV, errno);
		/* one that is called the same is another one */
		EXPECT_EQ(i ? -EEXIST : 0, group_make(web));
	}
	EXPECT_EQ(0, group_try(web, self->groups.stage.name, SINGLE));
}

TEST_F(group_life, removed_group_can_not_be_opened_by_a_path_descriptor)
{
	static const char *const files[] = {
		"user_events_data", "user_events_status",
		"user_events_lost", "max", "multi_format_only",
	};
	const char *web = self->groups.web;
	int path[ARRAY_SIZE(files)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		path[i] = group_open(web, files[i], O_PATH);
	close(self->groups.web_fd);
	ASSERT_EQ(0, group_remove(web));
	ASSERT_EQ(0, group_make(web));
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		ASSERT_LE(0, path[i]);
		EXPECT_EQ(-1, open(say("/proc/self/fd/%d", path[i]),
				   O_RDONLY | O_CLOEXEC));
		EXPECT_EQ(ENODEV, errno);
	}
}

TEST_F(group_life, events_of_one_that_is_made_again_are_new)
{
	const char *web = self->groups.web, *name = self->groups.stage.name;

	ASSERT_EQ(0, group_write(web, "max", "3"));
	ASSERT_EQ(0, group_write(web, "multi_format_only", "1"));
	close(self->groups.web_fd);
	ASSERT_EQ(0, group_remove(web));
	EXPECT_EQ(-EINVAL, file_write(DYNAMIC_FILE, say("u:" SYSTEM "-%s/%s",
							web, name)));
	ASSERT_EQ(0, group_make(web));
	EXPECT_STREQ(file_read(MAX_FILE), group_read(web, "max"));
	EXPECT_STREQ("0\n", group_read(web, "multi_format_only"));
	EXPECT_STREQ("\nActive: 0\nBusy: 0\n",
		     group_read(web, "user_events_status"));
	EXPECT_EQ(0, group_try(web, name, SINGLE));
}

TEST_F_TIMEOUT(group_life, two_thousand_groups_are_made_and_removed, 300)
{
	const int groups = 2000;
	int i;

	for (i = 0; i < groups; i++)
		ASSERT_EQ(0, group_make(say("%s%d", self->groups.prefix, i)));
	EXPECT_EQ(0, group_try(say("%s1234", self->groups.prefix),
			       self->groups.stage.name, MULTI));
	for (i = 0; i < groups; i++)
		ASSERT_EQ(0, group_remove(say("%s%d", self->groups.prefix, i)));
}

/*
 * Memory that is not there
 */

FIXTURE(group_nomem)
{
	struct groups groups;
	struct fault_settings faults;
};

FIXTURE_SETUP(group_nomem)
{
	if (fault_open(&self->faults))
		SKIP(return, "no fault injection");
	ASSERT_TRUE(groups_open(_metadata, &self->groups));
}

FIXTURE_TEARDOWN_PARENT(group_nomem)
{
	fault_close(&self->faults);
	groups_close(&self->groups);
}

/* Whichever allocation fails: all of the group is there, or nothing. */
TEST_F(group_nomem, mkdir_makes_all_or_nothing)
{
	const int nth_fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	const char *name = say("%snomem", self->groups.prefix);
	const char *path = say(GROUPS "/%s", name);
	int nth, ret, err = 0, failed = 0;
	bool hit = true;

	ASSERT_LE(0, nth_fd);
	for (nth = 1; hit && nth < 1000; nth++) {
		fault_arm(nth_fd, nth);
		ret = mkdir(path, 0750);
		err = errno;
		hit = fault_disarm(nth_fd);
		if (ret) {
			/* -EFAULT where a page of the path is to be brought in */
			EXPECT_TRUE(err == ENOMEM || err == EFAULT) {
				TH_LOG("allocation %d: %d", nth, err);
			}
			EXPECT_FALSE(group_exists(name));
			failed++;
			continue;
		}
		EXPECT_EQ(0, group_try(name, self->groups.stage.name, MULTI));
		EXPECT_EQ(0, group_write(name, "max", "1"));
		EXPECT_EQ(0, group_write(name, "multi_format_only", "1"));
		EXPECT_NE(NULL, group_read(name, "user_events_status"));
		EXPECT_EQ(0, rmdir(path));
	}
	EXPECT_FALSE(hit);
	EXPECT_LT(5, failed);
	EXPECT_EQ(0, group_make(name));
	EXPECT_EQ(0, group_remove(name));
}

/* An open that fails holds nothing. */
TEST_F(group_nomem, open_that_fails_does_not_keep_it)
{
	static const char *const files[] = {
		"user_events_data", "user_events_status",
		"user_events_lost", "max", "multi_format_only",
	};
	const int nth_fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	const char *path;
	int nth, fd, failed = 0;
	bool hit;
	size_t i;

	ASSERT_LE(0, nth_fd);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		path = group_path(self->groups.web, files[i]);
		hit = true;
		for (nth = 1; hit && nth < 100; nth++) {
			fault_arm(nth_fd, nth);
			fd = open(path, O_RDONLY | O_CLOEXEC);
			hit = fault_disarm(nth_fd);
			if (fd < 0)
				failed++;
			else
				close(fd);
		}
	}
	EXPECT_LE(4, failed);
	close(self->groups.web_fd);
	EXPECT_EQ(0, group_remove(self->groups.web));
}

TEST_HARNESS_MAIN
