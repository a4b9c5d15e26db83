// SPDX-License-Identifier: GPL-2.0
/* Checks the limit for the number of a group's events. */

#include "group.h"

FIXTURE(group_limit)
{
	struct groups groups;
	char max[16];		/* kernel.user_events_max as it was */
};

FIXTURE_SETUP(group_limit)
{
	ASSERT_TRUE(groups_open(_metadata, &self->groups));
	snprintf(self->max, sizeof(self->max), "%s", file_read(MAX_FILE));
}

FIXTURE_TEARDOWN_PARENT(group_limit)
{
	file_write(MAX_FILE, self->max);
	groups_close(&self->groups);
}

TEST_F(group_limit, default_is_that_of_the_system)
{
	EXPECT_STREQ(self->max, group_read(self->groups.web, "max"));
	ASSERT_EQ(0, file_write(MAX_FILE, "1234"));
	EXPECT_STREQ("1234\n", group_read(self->groups.web, "max"));
	ASSERT_EQ(0, group_write(self->groups.web, "max", "7"));
	ASSERT_EQ(0, file_write(MAX_FILE, "5"));
	EXPECT_STREQ("7\n", group_read(self->groups.web, "max"));
	EXPECT_STREQ("5\n", group_read(self->groups.api, "max"));
}

TEST_F(group_limit, takes_a_u32_only)
{
	static const char *const bad[] = { "-1", "4294967296", "many", "1 2" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, group_write(self->groups.web, "max",
					       bad[i])) {
			TH_LOG("%s", bad[i]);
		}
	}
	EXPECT_STREQ(self->max, group_read(self->groups.web, "max"));
	EXPECT_EQ(0, group_write(self->groups.web, "max", "4294967294\n"));
	EXPECT_STREQ("4294967294\n", group_read(self->groups.web, "max"));

	/* the largest means that there is none again */
	EXPECT_EQ(0, group_write(self->groups.web, "max", "4294967295"));
	EXPECT_STREQ(self->max, group_read(self->groups.web, "max"));
}

TEST_F(group_limit, one_more_event_is_EMFILE_there_alone)
{
	const char *name = self->groups.stage.name;
	const char *web = self->groups.web;
	const int fd = self->groups.web_fd;
	__u32 *word = self->groups.stage.word;
	int flags;

	ASSERT_EQ(0, group_write(web, "max", "2"));
	EXPECT_EQ(0, event_register(fd, say("%s u32 a", name), word, 0, MULTI));
	EXPECT_EQ(1, event_register(fd, say("%s u64 a", name), word, 1, MULTI));
	for (flags = 0; flags < 4; flags++) {
		EXPECT_EQ(-EMFILE, event_register(fd, say("%s u8 a", name), word,
						  2, flags)) {
			TH_LOG("flags %d", flags);
		}
	}
	EXPECT_EQ(-EMFILE, file_write(DYNAMIC_FILE,
				      say("u:" SYSTEM "-%s/%s", web, name)));
	EXPECT_EQ(-ENOENT, event_unregister(fd, word, 2));

	/* what is there is shared as ever */
	EXPECT_EQ(1, event_register(fd, say("%s u64 a", name), word, 2, MULTI));

	/* others have not heard of it */
	EXPECT_EQ(0, group_try(self->groups.api, name, SINGLE));
	EXPECT_EQ(0, event_try(name, SINGLE));

	/* and one place more is one event more */
	ASSERT_EQ(0, group_write(web, "max", "3"));
	EXPECT_EQ(2, event_register(fd, name, word, 3, SINGLE));
	EXPECT_EQ(-EMFILE, event_register(fd, say("%s u8 a", name), word, 4,
					  MULTI));
}

TEST_F(group_limit, below_the_number_in_use_keeps_them)
{
	const char *name = self->groups.stage.name;
	const char *web = self->groups.web;
	const int fd = self->groups.web_fd;
	__u32 *word = self->groups.stage.word;

	ASSERT_EQ(0, event_register(fd, name, word, 0, SINGLE));
	ASSERT_EQ(1, event_register(fd, say("%s_2", name), word, 1, SINGLE));
	ASSERT_EQ(0, group_write(web, "max", "0"));
	EXPECT_TRUE(group_lists(web, "Active: 2"));
	EXPECT_EQ(0, event_register(fd, name, word, 2, SINGLE));
	EXPECT_EQ(-EMFILE, group_try(web, say("%s_3", name), SINGLE));
	ASSERT_EQ(0, event_trace(group_system(web), name, true));
	EXPECT_EQ(5, *word);
}

TEST_F(group_limit, that_of_the_system_holds_for_all)
{
	const char *name = self->groups.stage.name;
	const char *text = file_read(STATUS_FILE);
	int active = atoi(strstr(text, "Active: ") + strlen("Active: "));
	__u32 *word = self->groups.stage.word;

	ASSERT_EQ(0, file_write(MAX_FILE, say("%d", active + 2)));
	ASSERT_EQ(0, group_write(self->groups.web, "max", "100"));
	EXPECT_EQ(0, event_register(self->groups.web_fd, name, word, 0, SINGLE));
	EXPECT_EQ(0, event_register(self->groups.api_fd, name, word, 1, SINGLE));
	EXPECT_EQ(-EMFILE, group_try(self->groups.web, say("%s_2", name),
				     SINGLE));
	EXPECT_EQ(-EMFILE, group_try(self->groups.api, say("%s_2", name),
				     SINGLE));
	EXPECT_EQ(-EMFILE, event_try(say("%s_2", name), SINGLE));
}

TEST_F(group_limit, place_is_free_as_soon_as_an_event_went)
{
	const char *two = say("%s_2 u32 a", self->groups.stage.name);
	__u32 *word = self->groups.stage.word;
	int fd, i;

	ASSERT_EQ(0, group_write(self->groups.web, "max", "1"));
	for (i = 0; i < 20; i++) {
		fd = group_open_data(self->groups.web);
		ASSERT_EQ(0, event_register(fd, two, word, 1,
					    i % 2 ? MULTI : SINGLE)) {
			TH_LOG("in round %d", i);
		}
		ASSERT_EQ(0, event_unregister(fd, word, 1));
		close(fd);
	}
}

/* What the tracer has held waits for its removal, which is not for others to see. */
TEST_F(group_limit, place_is_free_as_soon_as_the_tracer_went)
{
	const char *web = self->groups.web;
	const char *two = say("%s_2", self->groups.stage.name);
	const char *three = say("%s_3", self->groups.stage.name);
	__u32 *word = self->groups.stage.word;
	int fd, i;

	ASSERT_EQ(0, group_write(web, "max", "1"));
	for (i = 0; i < 20; i++) {
		fd = group_open_data(web);
		ASSERT_EQ(0, event_register(fd, two, word, 1, SINGLE));
		ASSERT_EQ(0, event_trace(group_system(web), two, true));
		ASSERT_EQ(0, event_unregister(fd, word, 1));
		close(fd);
		ASSERT_EQ(-EMFILE, group_try(web, three, SINGLE));
		ASSERT_EQ(0, event_trace(group_system(web), two, false));
		ASSERT_EQ(0, group_try(web, three, SINGLE)) {
			TH_LOG("in round %d", i);
		}
	}
}

/*
 * Many take a while: it is done for who comes in between, not left to chance.  It
 * failed where a registration that met the limit did not remove what waited for it.
 */
TEST_F(group_limit, place_is_free_as_soon_as_the_tracer_of_many_went)
{
	const char *web = self->groups.web, *name = self->groups.stage.name;
	const char *enable = say(TRACEFS "/events/%s/enable",
				 group_system(web));
	__u32 *word = self->groups.stage.word;
	const int fd = group_open_data(web), events = 300;
	int i;

	for (i = 0; i < events; i++)
		ASSERT_EQ(i, event_register(fd, say("%s_%d", name, i), word + i,
					    0, SINGLE));
	ASSERT_EQ(0, file_write(enable, "1"));
	for (i = 0; i < events; i++)
		ASSERT_EQ(0, event_unregister(fd, word + i, 0));
	close(fd);
	ASSERT_EQ(0, group_write(web, "max", "1"));
	ASSERT_EQ(-EMFILE, group_try(web, say("%s_x", name), SINGLE));
	ASSERT_EQ(0, file_write(enable, "0"));
	EXPECT_EQ(0, group_try(web, say("%s_x", name), SINGLE));
}

TEST_HARNESS_MAIN
