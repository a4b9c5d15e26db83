// SPDX-License-Identifier: GPL-2.0
/* Checks the names and files of groups, and that their events are separate. */

#include "group.h"

FIXTURE(group)
{
	struct groups groups;
};

FIXTURE_SETUP(group)
{
	ASSERT_TRUE(groups_open(_metadata, &self->groups));
}

FIXTURE_TEARDOWN_PARENT(group)
{
	groups_close(&self->groups);
}

static int mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -errno : (int)st.st_mode & 0777;
}

/* The name of a group of the test that is @len bytes long. */
static char *long_name(const struct groups *groups, int len)
{
	char *name = say("%s%*s", groups->prefix, GROUP_NAME_MAX + 1, "");
	int i;

	for (i = strlen(groups->prefix); i < len; i++)
		name[i] = "aZ_09"[i % 5];
	name[len] = '\0';
	return name;
}

/*
 * Directories
 */

TEST_F(group, directory_and_files_have_their_modes)
{
	static const struct {
		const char *file;
		int mode;
	} files[] = {
		{ "user_events_data", 0640 },
		{ "user_events_status", 0440 },
		{ "user_events_lost", 0440 },
		{ "user_events_lost", 0440 },
		{ "max", 0640 },
		{ "multi_format_only", 0640 },
	};
	size_t i;

	EXPECT_EQ(0750, mode_of(GROUPS));
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		EXPECT_EQ(files[i].mode, mode_of(group_path(self->groups.web,
							    files[i].file))) {
			TH_LOG("%s", files[i].file);
		}
	}
}

TEST_F(group, name_has_1_to_63_letters_digits_and_underscores)
{
	static const char *const bad[] = {
		"a-b", "-", "a.b", "a b", " ", "a:b", "a\nb", "\xc3\xa4",
		"\xe4", "a*", "...", "+",
	};
	const char *name = long_name(&self->groups, GROUP_NAME_MAX);
	size_t i;

	ASSERT_EQ(GROUP_NAME_MAX, strlen(name));
	EXPECT_EQ(0, group_make(name));
	EXPECT_EQ(0, group_try(name, self->groups.stage.name, SINGLE));
	EXPECT_EQ(0, group_remove(name));
	name = long_name(&self->groups, GROUP_NAME_MAX + 1);
	EXPECT_EQ(-EINVAL, group_make(name));
	EXPECT_FALSE(group_exists(name));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, group_make(bad[i])) {
			TH_LOG("'%s'", bad[i]);
		}
		EXPECT_FALSE(group_exists(bad[i]));
	}
	EXPECT_EQ(0, group_make("_"));
	EXPECT_EQ(0, group_remove("_"));
	EXPECT_EQ(0, group_make("7"));
	EXPECT_EQ(0, group_remove("7"));
}

TEST_F(group, taken_name_is_EEXIST_and_unknown_ENOENT)
{
	EXPECT_EQ(-EEXIST, group_make(self->groups.web));
	EXPECT_EQ(-ENOENT, group_remove(say("%sno", self->groups.prefix)));
	close(self->groups.web_fd);
	EXPECT_EQ(0, group_remove(self->groups.web));
	EXPECT_FALSE(group_exists(self->groups.web));
	EXPECT_EQ(-ENOENT, group_remove(self->groups.web));
	EXPECT_EQ(0, group_make(self->groups.web));
}

/* Everybody's mkdir and rmdir are their own. */
TEST_F(group, instances_are_as_before)
{
	const char *name = self->groups.stage.name;
	const char *instance = say(TRACEFS "/instances/%s", name);

	ASSERT_EQ(0, mkdir(instance, 0750));
	EXPECT_EQ(0, access(say("%s/trace_pipe", instance), F_OK));
	EXPECT_NE(0, access(say("%s/user_events_data", instance), F_OK));
	EXPECT_FALSE(group_exists(name));
	EXPECT_EQ(-ENOENT, group_remove(name));
	EXPECT_EQ(0, rmdir(instance));

	EXPECT_NE(0, access(say(TRACEFS "/instances/%s", self->groups.web),
			    F_OK));
	EXPECT_NE(0, access(group_path(self->groups.web, "trace_pipe"), F_OK));
}

TEST_F(group, nothing_else_can_be_made_or_removed)
{
	const char *web = self->groups.web;

	EXPECT_NE(0, mkdir(group_path(web, "more"), 0750));
	EXPECT_EQ(EPERM, errno);
	EXPECT_NE(0, unlink(group_path(web, "user_events_data")));
	EXPECT_EQ(EPERM, errno);
	EXPECT_NE(0, mkdir(TRACEFS "/kst_more", 0750));
	EXPECT_EQ(EPERM, errno);
	EXPECT_NE(0, rmdir(GROUPS));
	EXPECT_NE(0, rename(say(GROUPS "/%s", web), say(GROUPS "/%s2", web)));
}

TEST_F(group, files_can_be_given_to_a_user)
{
	const char *data = group_path(self->groups.web, "user_events_data");
	struct stat st;

	ASSERT_EQ(0, chown(data, 65534, 65533));
	ASSERT_EQ(0, chmod(data, 0600));
	ASSERT_EQ(0, stat(data, &st));
	EXPECT_EQ(65534, st.st_uid);
	EXPECT_EQ(65533, st.st_gid);
	EXPECT_EQ(0600, st.st_mode & 0777);
	ASSERT_EQ(0, stat(group_path(self->groups.web, "max"), &st));
	EXPECT_EQ(0, st.st_uid);
	ASSERT_EQ(0, stat(DATA_FILE, &st));
	EXPECT_EQ(0, st.st_uid);
}

/*
 * A world of its own
 */

TEST_F(group, one_name_has_a_layout_in_each)
{
	const char *name = self->groups.stage.name;
	const int fd = self->groups.stage.fd;
	const int web = self->groups.web_fd, api = self->groups.api_fd;
	__u32 *word = self->groups.stage.word;

	EXPECT_EQ(0, event_register(fd, say("%s u32 a", name), word, 0, SINGLE));
	EXPECT_EQ(0, event_register(web, say("%s u64 a", name), word, 1, SINGLE));
	EXPECT_EQ(0, event_register(api, say("%s u8 b", name), word, 2, SINGLE));
	EXPECT_TRUE(event_exists(SYSTEM, name));
	EXPECT_TRUE(event_exists(group_system(self->groups.web), name));
	EXPECT_TRUE(event_exists(group_system(self->groups.api), name));

	/* and within each, another one is refused as ever */
	EXPECT_EQ(-EADDRINUSE, event_register(web, say("%s u32 a", name), word,
					      3, SINGLE));
}

TEST_F(group, one_layout_is_an_event_in_each)
{
	const char *text = say("%s u32 a", self->groups.stage.name);
	const char *web = group_multi_system(self->groups.web);
	const char *api = group_multi_system(self->groups.api);
	__u32 *word = self->groups.stage.word;
	char *web_event, *api_event;

	ASSERT_EQ(0, event_register(self->groups.stage.fd, text, word, 0, MULTI));
	ASSERT_EQ(0, event_register(self->groups.web_fd, text, word, 1, MULTI));
	ASSERT_EQ(0, event_register(self->groups.api_fd, text, word, 2, MULTI));
	EXPECT_EQ(1, multi_count(self->groups.stage.name));
	web_event = group_only_event(web);
	api_event = group_only_event(api);
	ASSERT_NE(NULL, web_event);
	ASSERT_NE(NULL, api_event);
	EXPECT_STRNE(web_event, api_event);
	EXPECT_TRUE(file_has_line(event_path(web, web_event, "format"),
				  say("name: %s", self->groups.stage.name)));

	/* each bit follows the event of its own group */
	ASSERT_EQ(0, event_trace(web, web_event, true));
	EXPECT_EQ(2, *word);
	ASSERT_EQ(0, event_trace(web, web_event, false));
	ASSERT_EQ(0, event_trace(api, api_event, true));
	EXPECT_EQ(4, *word);
}

TEST_F(group, writes_are_recorded_in_its_system)
{
	const char *name = self->groups.stage.name;
	const char *system = group_system(self->groups.web);
	const char *instance = say(TRACEFS "/instances/%s", name);
	__u32 *word = self->groups.stage.word;
	__u32 value = 7;
	__u64 seen = 0;

	ASSERT_EQ(0, event_register(self->groups.web_fd, say("%s u32 a", name),
				    word, 0, SINGLE));
	ASSERT_EQ(0, event_register(self->groups.api_fd, say("%s u32 a", name),
				    word, 1, SINGLE));
	ASSERT_EQ(0, mkdir(instance, 0750));
	ASSERT_EQ(0, file_write(say("%s/set_event", instance),
				say("%s:*", system)));
	EXPECT_EQ(1, *word);
	EXPECT_EQ(8, event_emit(self->groups.web_fd, 0, &value, 4));
	EXPECT_EQ(-EBADF, event_emit(self->groups.api_fd, 0, &value, 4));
	EXPECT_EQ(-ENOENT, event_emit(self->groups.api_fd, 1, &value, 4));
	EXPECT_EQ(1, trace_values(instance, name, "a", &seen, 1));
	EXPECT_EQ(7, seen);
}

/* It failed where the events of all groups were in one table. */
TEST_F(group, status_shows_its_own_events_only)
{
	const char *name = self->groups.stage.name;
	__u32 *word = self->groups.stage.word;

	ASSERT_EQ(0, event_register(self->groups.web_fd, say("%s_w", name),
				    word, 0, SINGLE));
	ASSERT_EQ(1, event_register(self->groups.web_fd, say("%s_m", name),
				    word, 1, MULTI));
	ASSERT_EQ(0, event_register(self->groups.api_fd, say("%s_a", name),
				    word, 2, SINGLE));
	ASSERT_EQ(0, event_trace(group_system(self->groups.api),
				 say("%s_a", name), true));
	EXPECT_TRUE(group_lists(self->groups.web, say("%s_w", name)));
	EXPECT_TRUE(group_lists(self->groups.web, say("%s_m", name)));
	EXPECT_FALSE(group_lists(self->groups.web, say("%s_a", name)));
	EXPECT_TRUE(!!strstr(group_read(self->groups.web, "user_events_status"),
			     "\n\nActive: 2\nBusy: 0\n"));
	EXPECT_STREQ(say("%s_a # Used by ftrace\n\nActive: 1\nBusy: 1\n", name),
		     group_read(self->groups.api, "user_events_status"));
	EXPECT_FALSE(!!strstr(file_read(STATUS_FILE), name));
}

/* It failed where the losses of all groups were in one table. */
TEST_F(group, lost_shows_its_own_events_only)
{
	const char *name = self->groups.stage.name;
	static const char payload[100000];

	ASSERT_EQ(0, event_register(self->groups.web_fd, name,
				    self->groups.stage.word, 0, SINGLE));
	ASSERT_EQ(0, event_trace(group_system(self->groups.web), name, true));
	EXPECT_EQ(-E2BIG, event_emit(self->groups.web_fd, 0, payload,
				     sizeof(payload)));
	EXPECT_STREQ(say("%s ftrace 1 perf 0\n", name),
		     group_read(self->groups.web, "user_events_lost"));
	EXPECT_STREQ("", group_read(self->groups.api, "user_events_lost"));
	EXPECT_FALSE(!!strstr(file_read(LOST_FILE), name));
	ASSERT_EQ(0, event_trace(group_system(self->groups.web), name, false));
}

/* It failed where a name that the group lacked was looked for in all. */
TEST_F(group, delete_reaches_its_own_events_only)
{
	const char *name = self->groups.stage.name;
	const int fd = self->groups.stage.fd;

	ASSERT_EQ(0, event_try(name, PERSIST));
	ASSERT_EQ(0, group_try(self->groups.web, name, PERSIST));
	ASSERT_EQ(0, group_try(self->groups.web, name, PERSIST | MULTI));
	EXPECT_EQ(-ENOENT, event_delete(self->groups.api_fd, name));
	EXPECT_EQ(0, event_delete(fd, name));
	EXPECT_TRUE(group_lists(self->groups.web, name));
	EXPECT_TRUE(event_exists(group_system(self->groups.web), name));
	EXPECT_EQ(0, event_delete(self->groups.web_fd, name));
	EXPECT_FALSE(group_lists(self->groups.web, name));
	EXPECT_EQ(-ENOENT, event_delete(self->groups.web_fd, name));
}

/* It failed where the default group was named. */
TEST_F(group, fdinfo_tells_which)
{
	const int fd = self->groups.web_fd;
	const char *path = say("/proc/self/fdinfo/%d", fd);

	ASSERT_EQ(0, event_register(fd, self->groups.stage.name,
				    self->groups.stage.word, 0, SINGLE));
	EXPECT_TRUE(file_has_line(path, say("user_events_group:\t%s",
					    self->groups.web)));
	EXPECT_TRUE(file_has_line(path, say("user_event:\t0 %s",
					    self->groups.stage.name)));
	EXPECT_TRUE(file_has_line(say("/proc/self/fdinfo/%d",
				      self->groups.stage.fd),
				  "user_events_group:\t-"));
}

static int poll_now(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLPRI };

	return poll(&ready, 1, 0) == 1 ? ready.revents : 0;
}

/* It failed where all groups counted their changes together. */
TEST_F(group, poll_tells_of_its_own_events_only)
{
	const int web = group_open(self->groups.web, "user_events_status",
				   O_RDONLY);
	const int api = group_open(self->groups.api, "user_events_status",
				   O_RDONLY);
	const int all = open(STATUS_FILE, O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, web);
	ASSERT_LE(0, api);
	ASSERT_LE(0, all);
	ASSERT_EQ(0, event_register(self->groups.web_fd,
				    self->groups.stage.name,
				    self->groups.stage.word, 0, SINGLE));
	EXPECT_EQ(POLLPRI | POLLERR, poll_now(web));
	EXPECT_EQ(0, poll_now(api));
	EXPECT_EQ(0, poll_now(all));
}

/*
 * dynamic_events
 */

TEST_F(group, dynamic_events_shows_makes_and_deletes_with_the_system)
{
	const char *name = self->groups.stage.name;
	const char *single = say("u:" SYSTEM "-%s/%s u64 count",
				 self->groups.web, name);
	const char *multi = say("u:" MULTI_SYSTEM "-%s/%s u32 count",
				self->groups.web, name);

	EXPECT_EQ(0, file_write(DYNAMIC_FILE, single));
	EXPECT_EQ(0, file_write(DYNAMIC_FILE, multi));
	EXPECT_TRUE(file_has_line(DYNAMIC_FILE, single));
	EXPECT_TRUE(file_has_line(DYNAMIC_FILE, multi));
	EXPECT_TRUE(event_exists(group_system(self->groups.web), name));
	EXPECT_NE(NULL, group_only_event(group_multi_system(self->groups.web)));
	EXPECT_TRUE(group_lists(self->groups.web, "Active: 2"));

	/* they are shared with programs, and with those of the group alone */
	EXPECT_EQ(-EADDRINUSE, group_try(self->groups.web,
					 say("%s u32 count", name), SINGLE));
	EXPECT_EQ(0, group_try(self->groups.web, say("%s u32 count", name),
			       MULTI));
	EXPECT_TRUE(group_lists(self->groups.web, "Active: 2"));
	EXPECT_EQ(0, group_try(self->groups.api, say("%s u32 count", name),
			       SINGLE));

	EXPECT_EQ(0, file_write(DYNAMIC_FILE, say("!%s", multi)));
	EXPECT_FALSE(file_has_line(DYNAMIC_FILE, multi));
	EXPECT_TRUE(file_has_line(DYNAMIC_FILE, single));
	EXPECT_EQ(0, file_write(DYNAMIC_FILE, say("!%s", single)));
	EXPECT_TRUE(group_lists(self->groups.web, "Active: 0"));
}

TEST_F(group, without_a_system_the_default_group_is_meant)
{
	const char *name = self->groups.stage.name;

	ASSERT_EQ(0, group_try(self->groups.web, name, PERSIST));
	EXPECT_EQ(-ENOENT, file_write(DYNAMIC_FILE, say("!u:%s", name)));
	EXPECT_EQ(-ENOENT, file_write(DYNAMIC_FILE,
				      say("!u:" SYSTEM "/%s", name)));
	EXPECT_EQ(-ENOENT, file_write(DYNAMIC_FILE,
				      say("!u:" SYSTEM "-%s/%s",
					  self->groups.api, name)));
	EXPECT_EQ(0, file_write(DYNAMIC_FILE, say("u:%s u32 a", name)));
	EXPECT_TRUE(event_listed(name));
	EXPECT_EQ(0, file_write(DYNAMIC_FILE, say("!u:%s u32 a", name)));
	EXPECT_TRUE(group_lists(self->groups.web, name));
}

TEST_F(group, systems_of_no_group_are_EINVAL)
{
	const char *web = self->groups.web, *name = self->groups.stage.name;
	const char *const systems[] = {
		SYSTEM "-", MULTI_SYSTEM "-", SYSTEM "--", SYSTEM "-no_such",
		say(SYSTEM "-%sx", web), say(SYSTEM "_%s", web),
		say(SYSTEM "-%.*s", (int)strlen(web) - 1, web),
		say(MULTI_SYSTEM "-%sx", web), say("-%s", web), web,
		say("%s-" SYSTEM, web),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(systems); i++) {
		ASSERT_EQ(0, file_truncate(TRACEFS "/error_log"));
		EXPECT_EQ(-EINVAL, file_write(DYNAMIC_FILE,
					      say("u:%s/%s", systems[i],
						  name))) {
			TH_LOG("%s", systems[i]);
		}
		EXPECT_TRUE(!!strstr(file_read(TRACEFS "/error_log"),
				     "System is not one of user events"));
	}
}

/*
 * multi_format_only
 */

TEST_F(group, multi_format_only_refuses_the_others)
{
	const char *name = self->groups.stage.name;
	const char *web = self->groups.web;
	__u32 *word = self->groups.stage.word;

	EXPECT_STREQ("0\n", group_read(web, "multi_format_only"));
	ASSERT_EQ(0, event_register(self->groups.web_fd, name, word, 0, SINGLE));
	ASSERT_EQ(0, group_write(web, "multi_format_only", "1"));
	EXPECT_STREQ("1\n", group_read(web, "multi_format_only"));

	EXPECT_EQ(-EPERM, event_register(self->groups.web_fd, name, word, 1,
					 SINGLE));
	EXPECT_EQ(-EPERM, group_try(web, say("%s_2", name), SINGLE));
	EXPECT_EQ(-EPERM, group_try(web, say("%s_2", name), PERSIST));
	EXPECT_EQ(-ENOENT, event_unregister(self->groups.web_fd, word, 1));
	EXPECT_EQ(0, group_try(web, say("%s_2", name), MULTI));
	EXPECT_EQ(0, group_try(web, name, MULTI | PERSIST));

	/* before the description is read, and after the struct is */
	EXPECT_EQ(-EPERM, group_try(web, "a/b", SINGLE));
	EXPECT_EQ(-EINVAL, group_try(web, name, 1 << 5));

	/* there alone */
	EXPECT_EQ(0, group_try(self->groups.api, name, SINGLE));
	EXPECT_EQ(0, event_try(name, SINGLE));

	ASSERT_EQ(0, group_write(web, "multi_format_only", "0\n"));
	EXPECT_EQ(0, group_try(web, say("%s_2", name), SINGLE));
}

TEST_F(group, multi_format_only_is_for_dynamic_events_too)
{
	const char *name = self->groups.stage.name;
	const char *web = self->groups.web;

	ASSERT_EQ(0, group_write(web, "multi_format_only", "1"));
	ASSERT_EQ(0, file_truncate(TRACEFS "/error_log"));
	EXPECT_EQ(-EPERM, file_write(DYNAMIC_FILE,
				     say("u:" SYSTEM "-%s/%s", web, name)));
	EXPECT_TRUE(!!strstr(file_read(TRACEFS "/error_log"),
			     "Group takes multi-format events only"));
	EXPECT_EQ(0, file_write(DYNAMIC_FILE,
				say("u:" MULTI_SYSTEM "-%s/%s", web, name)));
}

TEST_F(group, multi_format_only_is_0_or_1)
{
	static const char *const bad[] = { "2", "-1", "x", "" };
	size_t i;

	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-EINVAL, group_write(self->groups.web,
					       "multi_format_only", bad[i])) {
			TH_LOG("'%s'", bad[i]);
		}
	}
	EXPECT_STREQ("0\n", group_read(self->groups.web, "multi_format_only"));
}

TEST_HARNESS_MAIN
