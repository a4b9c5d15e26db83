// SPDX-License-Identifier: GPL-2.0
/* Events made through dynamic_events: of which kind, and what is refused. */

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

TEST_HARNESS_MAIN
