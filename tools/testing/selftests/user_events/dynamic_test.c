// SPDX-License-Identifier: GPL-2.0
/* Checks which events dynamic_events creates, and which commands it refuses. */

#include "common.h"

#define ERROR_LOG TRACEFS "/error_log"

FIXTURE(dynamic)
{
	struct stage stage;
};

FIXTURE_SETUP(dynamic)
{
	stage_open(_metadata, &self->stage);
}

FIXTURE_TEARDOWN_PARENT(dynamic)
{
	stage_clean(&self->stage);
}

TEST_F(dynamic, system_picks_the_kind)
{
	const char *name = self->stage.name;

	EXPECT_EQ(0, file_write(DYNAMIC_FILE,
				say("u:user_events_multi/%s u32 a", name)));
	EXPECT_EQ(1, multi_count(name));
	EXPECT_FALSE(event_exists(SYSTEM, name));
	EXPECT_EQ(0, file_write(DYNAMIC_FILE,
				say("u:user_events/%s u64 a", name)));
	EXPECT_TRUE(event_exists(SYSTEM, name));
	EXPECT_EQ(1, multi_count(name));

	/* another format, the same one again, and no system */
	EXPECT_EQ(0, file_write(DYNAMIC_FILE,
				say("u:user_events_multi/%s u64 a", name)));
	EXPECT_EQ(0, file_write(DYNAMIC_FILE,
				say("u: user_events_multi/%s u64 a", name)));
	EXPECT_EQ(2, multi_count(name));
	EXPECT_EQ(0, file_write(DYNAMIC_FILE, say("u:%s u64 a", name)));
	EXPECT_EQ(-EADDRINUSE, file_write(DYNAMIC_FILE,
					  say("u:%s u32 a", name)));
}

TEST_F(dynamic, format_made_ahead_is_shared)
{
	const char *text = say("%s u32 a", self->stage.name);

	ASSERT_EQ(0, file_write(DYNAMIC_FILE,
				say("u:user_events_multi/%s", text)));
	ASSERT_EQ(0, event_trace(MULTI_SYSTEM,
				 multi_event(self->stage.name, 0), true));
	EXPECT_EQ(0, event_register(self->stage.fd, text, self->stage.word, 0,
				    MULTI));
	EXPECT_EQ(1, *self->stage.word);
	EXPECT_EQ(1, multi_count(self->stage.name));
}

TEST_F(dynamic, other_systems_are_EINVAL)
{
	static const char *const commands[] = {
		"u:user_event/%s u32 a", "u:user_events_/%s u32 a",
		"u:user_events_mult/%s u32 a", "u:user_events_multis/%s u32 a",
		"u:sched/%s u32 a", "u:/%s u32 a", "u:%s/ u32 a",
		"u:user_events//%s u32 a", "u:user_events/a/%s u32 a",
		"u:user_events/ %s u32 a",
	};
	char text[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		snprintf(text, sizeof(text), commands[i], self->stage.name);
		EXPECT_EQ(-EINVAL, file_write(DYNAMIC_FILE, text)) {
			TH_LOG("%s", text);
		}
	}
}

/* What is wrong with a command, and where. */
static const struct {
	const char *command;	/* `@` stands for the stage's name, `^` is where */
	const char *text;
	int ret;
} mistakes[] = {
	{ "u:@ u32 ^/a", "Character is not allowed", -EINVAL },
	{ "u:^", "Event has no name", -EINVAL },
	{ "u:user_events_multi/^ u32 a", "Event has no name", -EINVAL },
	{ "u:^enable u32 a", "Event name is reserved", -EINVAL },
	{ "u:@^:1 u32 a", "There are no flags", -EINVAL },
	{ "u:^u32", "Event exists with other fields", -EADDRINUSE },
	{ "u:@ u64 a; ^u32", "Field is neither", -EINVAL },
	{ "u:@ ^struct foo a", "Field is neither", -EINVAL },
	{ "u:@ ^a b c d e", "Field is neither", -EINVAL },
	{ "u:@ u32 a;   ^u33 b", "Type is not known", -EINVAL },
	{ "u:@ ^char[2000] b", "Type is not known", -EINVAL },
	{ "u:@ __rel_loc ^__data_loc b", "Type is not known", -EINVAL },
	{ "u:@ struct foo b ^0", "Size is none of a struct", -EINVAL },
	{ "u:@ u32 ^1", "Field name is no identifier", -EINVAL },
	{ "u:@ u32 ^common_a", "Field name is no identifier", -EINVAL },
	{ "u:@ u32 a; u64 ^a", "Field name is used twice", -EINVAL },
	{ "u:@ struct a a 60000; ^struct b b 60000", "Fields are too large",
	  -EINVAL },
	{ "u:^sched/@ u32 a", "System is not one of user events", -EINVAL },
	{ "u:user_events/@ ^u33 a", "Type is not known", -EINVAL },
};

/* A pattern of the table as a command; returns where the mistake is. */
static int fill_in(const char *pattern, const char *name, char *command)
{
	char *to = command;
	int at = -1;

	for (; *pattern; pattern++) {
		if (*pattern == '^')
			at = to - command;
		else if (*pattern == '@')
			to = stpcpy(to, name);
		else
			*to++ = *pattern;
	}
	*to = '\0';
	return at;
}

TEST_F(dynamic, mistakes_stand_in_the_error_log)
{
	const char *log, *expected;
	char command[128];
	size_t i;
	int at;

	ASSERT_LE(0, event_register(self->stage.fd, "u32 u32 a",
				    self->stage.word, 0, SINGLE));
	for (i = 0; i < ARRAY_SIZE(mistakes); i++) {
		at = fill_in(mistakes[i].command, self->stage.name, command);
		ASSERT_EQ(0, file_truncate(ERROR_LOG));
		EXPECT_EQ(mistakes[i].ret, file_write(DYNAMIC_FILE, command)) {
			TH_LOG("'%s'", command);
		}
		log = file_read(ERROR_LOG);
		expected = say("\n  Command: %s\n%*s^\n", command,
			       (int)strlen("  Command: ") + at, "");
		EXPECT_TRUE(strstr(log, "user_events: error: ") &&
			    strstr(log, mistakes[i].text) &&
			    strstr(log, expected)) {
			TH_LOG("'%s':\n%s", command, log);
		}
	}
}

TEST_F(dynamic, id_that_does_not_fit_stands_in_the_error_log)
{
	char name[256];

	memset(name, 'n', 255);
	memcpy(name, self->stage.name, strlen(self->stage.name));
	name[255] = '\0';
	ASSERT_EQ(0, file_truncate(ERROR_LOG));
	EXPECT_EQ(-ENAMETOOLONG, file_write(DYNAMIC_FILE,
					    say("u:user_events_multi/%s", name)));
	EXPECT_EQ(1, count_of(file_read(ERROR_LOG), "Event name is too long"));
	EXPECT_EQ(-ENAMETOOLONG, file_write(DYNAMIC_FILE, say("u:%sn", name)));
	EXPECT_EQ(2, count_of(file_read(ERROR_LOG), "Event name is too long"));
}

/* Else any program could flush what an admin wants to read. */
TEST_F(dynamic, mistakes_of_programs_do_not)
{
	ASSERT_EQ(0, file_truncate(ERROR_LOG));
	EXPECT_EQ(-EINVAL, event_register(self->stage.fd,
					  say("%s u33 a", self->stage.name),
					  self->stage.word, 0, SINGLE));
	EXPECT_EQ(-EINVAL, event_register(self->stage.fd, "", self->stage.word,
					  0, MULTI));
	EXPECT_STREQ("", file_read(ERROR_LOG));
}

TEST_HARNESS_MAIN
