// SPDX-License-Identifier: GPL-2.0
/* Checks which events the patterns of set_user_event match, and until when. */

#include "arm.h"
#include "fault.h"
#include "group.h"

#define MAX_PATTERNS 256

FIXTURE(arm)
{
	struct arm_stage arms;
	const char *name;
	int fd;
	__u32 *word;
};

FIXTURE_SETUP(arm)
{
	ASSERT_TRUE(arm_stage_open(_metadata, &self->arms));
	self->name = self->arms.stage.name;
	self->fd = self->arms.stage.fd;
	self->word = self->arms.stage.word;
}

FIXTURE_TEARDOWN_PARENT(arm)
{
	arm_stage_clean(&self->arms);
	group_remove(self->name);
}

/*
 * What a pattern matches.
 */

TEST_F(arm, pattern_without_a_system_is_for_all)
{
	const char *name = self->name;

	ASSERT_EQ(0, arm(TRACEFS, name));
	ASSERT_EQ(0, event_register(self->fd, name, self->word, 0, SINGLE));
	ASSERT_EQ(1, event_register(self->fd, name, self->word, 1, MULTI));
	ASSERT_EQ(2, event_register(self->fd, say("%s_", name), self->word, 2,
				    SINGLE));
	EXPECT_EQ(3, *self->word);
	EXPECT_EQ(1, is_recorded(TRACEFS, SYSTEM, name));
	EXPECT_EQ(1, is_recorded(TRACEFS, MULTI_SYSTEM, multi_event(name, 0)));
	EXPECT_EQ(0, is_recorded(TRACEFS, SYSTEM, say("%s_", name)));
}

/* Registers NAME.1 (single) and NAME.[2] (multi): which of the bits are set. */
static int bits_of(int fd, const char *name, __u32 *word)
{
	int ret;

	ret = event_register(fd, say("%s.1", name), word, 0, SINGLE);
	if (ret >= 0)
		ret = event_register(fd, say("%s.[2]", name), word, 1, MULTI);
	if (ret < 0)
		return ret;
	ret = load32(word);
	event_unregister(fd, word, 0);
	event_unregister(fd, word, 1);
	return ret;
}

FIXTURE(match)
{
	struct arm_stage arms;
};

FIXTURE_VARIANT(match)
{
	const char *before;	/* of the pattern, before the name */
	const char *after;	/* of the pattern, behind the name */
	int bits;
};

FIXTURE_VARIANT_ADD(match, all_of_a_prefix)
{
	.before = "", .after = "*", .bits = 3,
};

FIXTURE_VARIANT_ADD(match, one)
{
	.before = "", .after = ".1", .bits = 1,
};

FIXTURE_VARIANT_ADD(match, brackets_that_are_escaped)
{
	.before = "", .after = ".\\[2\\]", .bits = 2,
};

FIXTURE_VARIANT_ADD(match, brackets_that_are_a_class)
{
	.before = "", .after = ".[2]", .bits = 0,
};

FIXTURE_VARIANT_ADD(match, any_character)
{
	.before = "", .after = "?1", .bits = 1,
};

FIXTURE_VARIANT_ADD(match, less_than_the_name)
{
	.before = "", .after = ".", .bits = 0,
};

FIXTURE_VARIANT_ADD(match, tracepoint_of_many_formats)
{
	.before = "user_events_multi:", .after = ".[2]:[*]", .bits = -EINVAL,
};

FIXTURE_VARIANT_ADD(match, single_system)
{
	.before = "user_events:", .after = "*", .bits = 1,
};

FIXTURE_VARIANT_ADD(match, multi_system)
{
	.before = "user_events_multi:", .after = "*", .bits = 2,
};

FIXTURE_VARIANT_ADD(match, any_system)
{
	.before = "*:", .after = "*", .bits = 3,
};

FIXTURE_VARIANT_ADD(match, systems)
{
	.before = "user_events*:", .after = "*", .bits = 3,
};

FIXTURE_VARIANT_ADD(match, no_system_of_ours)
{
	.before = "sched:", .after = "*", .bits = 0,
};

FIXTURE_VARIANT_ADD(match, system_alone)
{
	.before = "user_events", .after = "", .bits = 0,
};

FIXTURE_SETUP(match)
{
	ASSERT_TRUE(arm_stage_open(_metadata, &self->arms));
}

FIXTURE_TEARDOWN_PARENT(match)
{
	arm_stage_clean(&self->arms);
}

TEST_F(match, is_of_registered_name_and_system)
{
	struct stage *stage = &self->arms.stage;
	const char *pattern = say("%s%s%s", variant->before, stage->name,
				  variant->after);
	int ret = arm(TRACEFS, pattern);

	if (!ret)
		ret = bits_of(stage->fd, stage->name, stage->word);
	EXPECT_EQ(variant->bits, ret);
}

TEST_F(match, is_the_same_for_events_that_are_there)
{
	struct stage *stage = &self->arms.stage;
	const char *pattern = say("%s%s%s", variant->before, stage->name,
				  variant->after);
	int ret;

	/* The file keeps them */
	ASSERT_EQ(0, bits_of(stage->fd, stage->name, stage->word));
	ret = arm(TRACEFS, pattern);
	if (!ret)
		ret = bits_of(stage->fd, stage->name, stage->word);
	EXPECT_EQ(variant->bits, ret);
	if (ret >= 0) {
		ASSERT_EQ(0, disarm(TRACEFS, pattern));
		EXPECT_EQ(0, bits_of(stage->fd, stage->name, stage->word));
	}
}

/* Registers @name as a single-format event, bit 0, and multi-format, bit 1. */
static int register_both(int fd, const char *name, __u32 *word)
{
	int ret = event_register(fd, name, word, 0, SINGLE);

	return ret < 0 ? ret : event_register(fd, name, word, 1, MULTI);
}

TEST_F(arm, systems_of_groups_are_told_apart)
{
	const char *name = self->name;
	__u32 *word = self->word;
	int fd;

	ASSERT_EQ(0, group_make(name));
	fd = group_open_data(name);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, arm(TRACEFS, say("%s:%s", group_multi_system(name), name)));
	ASSERT_EQ(0, arm(TRACEFS, say("%s:%s", SYSTEM, name)));
	EXPECT_EQ(1, register_both(fd, name, word));
	EXPECT_EQ(1, register_both(self->fd, name, word + 1));
	EXPECT_EQ(2, word[0]);
	EXPECT_EQ(1, word[1]);
	/* and without a system, all of them are meant */
	ASSERT_EQ(0, arm(TRACEFS, name));
	EXPECT_EQ(3, word[0]);
	EXPECT_EQ(3, word[1]);

	ASSERT_EQ(0, event_unregister(fd, word, 0));
	ASSERT_EQ(0, event_unregister(fd, word, 1));
	close(fd);
	/* What is recorded is there */
	EXPECT_EQ(-EBUSY, group_remove(name));
	ASSERT_EQ(0, file_truncate(arm_path(TRACEFS)));
	EXPECT_EQ(0, group_remove(name));
}

TEST_F(arm, event_made_in_dynamic_events_is_recorded)
{
	ASSERT_EQ(0, arm(TRACEFS, self->name));
	ASSERT_EQ(0, file_write(DYNAMIC_FILE, say("u:%s u32 a", self->name)));
	EXPECT_EQ(1, is_recorded(TRACEFS, SYSTEM, self->name));
}

/*
 * Patterns come and go.
 */

static char *patterns_of(const char *dir)
{
	return file_read(arm_path(dir));
}

TEST_F(arm, patterns_are_listed_in_their_order)
{
	const char *dir = TRACEFS;

	ASSERT_EQ(0, arm_instances(&self->arms));
	EXPECT_STREQ("", patterns_of(dir));
	ASSERT_EQ(0, arm(dir, "web.*"));
	ASSERT_EQ(0, arm(dir, "user_events_multi-web:*\n"));
	ASSERT_EQ(0, arm(dir, "\\!a[!b-d]?"));
	EXPECT_STREQ("web.*\nuser_events_multi-web:*\n\\!a[!b-d]?\n",
		     patterns_of(dir));
	EXPECT_STREQ("", patterns_of(self->arms.two));
}

TEST_F(arm, pattern_that_is_there_is_not_listed_twice)
{
	const char *dir = TRACEFS;

	ASSERT_EQ(0, arm(dir, "test"));
	ASSERT_EQ(0, arm(dir, "user_events:test"));
	ASSERT_EQ(0, arm(dir, "test"));
	ASSERT_EQ(0, arm(dir, "*:test"));
	EXPECT_STREQ("test\nuser_events:test\n", patterns_of(dir));
	ASSERT_EQ(0, disarm(dir, "test"));
	EXPECT_STREQ("user_events:test\n", patterns_of(dir));
	EXPECT_EQ(-ENOENT, disarm(dir, "test"));
}

TEST_F(arm, all_patterns_are_read_in_pieces)
{
	const char *dir = TRACEFS;
	char text[8192], *all;
	int fd, i, size = 0;

	for (i = 0; i < MAX_PATTERNS; i++)
		ASSERT_EQ(0, arm(dir, say("%s.%d", self->name, i)));
	all = patterns_of(dir);
	EXPECT_EQ(MAX_PATTERNS, count_of(all, "\n"));
	fd = open(arm_path(dir), O_RDONLY | O_CLOEXEC);
	while (size < (int)sizeof(text) - 1 &&
	       (i = read(fd, text + size, 1 + size % 13)) > 0)
		size += i;
	text[size] = '\0';
	EXPECT_STREQ(all, text);
}

TEST_F(arm, pattern_beyond_the_limit_is_refused)
{
	const char *dir = TRACEFS;
	int i;

	ASSERT_EQ(0, arm_instances(&self->arms));
	for (i = 0; i < MAX_PATTERNS; i++)
		ASSERT_EQ(0, arm(dir, say("%s.%d", self->name, i)));
	EXPECT_EQ(-E2BIG, arm(dir, self->name));
	EXPECT_EQ(0, arm(dir, say("%s.7", self->name)));
	EXPECT_EQ(0, arm(self->arms.two, self->name));
	ASSERT_EQ(0, disarm(dir, say("%s.7", self->name)));
	EXPECT_EQ(0, arm(dir, self->name));
	EXPECT_EQ(-E2BIG, arm(dir, say("%s.7", self->name)));
}

TEST_F(arm, pattern_that_is_none_is_refused)
{
	static const char *const none[] = {
		"!", ":", "a:", ":a", "!:", "a:b:c", "::", "a\tb:c:d", "a\x01",
		"a\x7f", "\xc3\xa4", "a:\xff",
	};
	const char *dir = TRACEFS;
	char longest[513];
	int i;

	for (i = 0; i < ARRAY_SIZE(none); i++) {
		const char *last = strrchr(none[i], '\t');

		EXPECT_EQ(-EINVAL, arm(dir, last ? last + 1 : none[i])) {
			TH_LOG("'%s'", none[i]);
		}
	}
	EXPECT_STREQ("", patterns_of(dir));

	memset(longest, 'a', sizeof(longest));
	longest[512] = '\0';
	EXPECT_EQ(-EINVAL, arm(dir, longest));
	longest[511] = '\0';
	EXPECT_EQ(0, arm(dir, longest));
	EXPECT_STREQ(say("%s\n", longest), patterns_of(dir));
	EXPECT_EQ(-EINVAL, disarm(dir, longest));
}

TEST_F(arm, pattern_that_is_not_there_can_not_be_taken_away)
{
	ASSERT_EQ(0, arm_instances(&self->arms));
	EXPECT_EQ(-ENOENT, disarm(TRACEFS, self->name));
	ASSERT_EQ(0, arm(self->arms.one, self->name));
	EXPECT_EQ(-ENOENT, disarm(TRACEFS, self->name));
	EXPECT_EQ(-ENOENT, disarm(self->arms.one, say("%s*", self->name)));
	EXPECT_EQ(0, disarm(self->arms.one, self->name));
}

/* As of set_event: what is left has to be written by another call. */
TEST_F(arm, write_takes_one_word)
{
	const int fd = open(arm_path(TRACEFS), O_WRONLY | O_CLOEXEC);

	EXPECT_EQ(5, write(fd, " one\n two  !three four", 22));
	EXPECT_EQ(5, write(fd, " two  !three four", 17));
	EXPECT_STREQ("one\ntwo\n", patterns_of(TRACEFS));
	EXPECT_EQ(-1, write(fd, "!three four", 11));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(3, write(fd, "\n\t ", 3));
	EXPECT_EQ(0, write(fd, "five", 0));
	EXPECT_STREQ("one\ntwo\n", patterns_of(TRACEFS));
}

/* Registers events 0 to 3 by the name's last character, as bits of the word. */
static int register_four(struct arm_stage *arms)
{
	int i, ret = 0;

	for (i = 0; i < 4 && ret >= 0; i++)
		ret = event_register(arms->stage.fd, say("%s.%d",
							 arms->stage.name, i),
				     arms->stage.word, i, i % 2 ? MULTI : SINGLE);
	return ret < 0 ? ret : 0;
}

TEST_F(arm, taking_away_leaves_what_another_pattern_matches)
{
	const char *name = self->name;

	ASSERT_EQ(0, register_four(&self->arms));
	ASSERT_EQ(0, arm(TRACEFS, say("%s.[01]", name)));
	EXPECT_EQ(0x3, *self->word);
	ASSERT_EQ(0, arm(TRACEFS, say("%s.[12]", name)));
	EXPECT_EQ(0x7, *self->word);
	ASSERT_EQ(0, disarm(TRACEFS, say("%s.[01]", name)));
	EXPECT_EQ(0x6, *self->word);
	ASSERT_EQ(0, arm(TRACEFS, say("user_events:%s.*", name)));
	EXPECT_EQ(0x7, *self->word);
	ASSERT_EQ(0, disarm(TRACEFS, say("%s.[12]", name)));
	EXPECT_EQ(0x5, *self->word);
	ASSERT_EQ(0, disarm(TRACEFS, say("user_events:%s.*", name)));
	EXPECT_EQ(0x0, *self->word);
}

TEST_F(arm, patterns_of_another_instance_do_not_count)
{
	const char *name = self->name;

	ASSERT_EQ(0, arm_instances(&self->arms));
	ASSERT_EQ(0, register_four(&self->arms));
	ASSERT_EQ(0, arm(self->arms.one, say("%s.0", name)));
	ASSERT_EQ(0, arm(self->arms.two, say("%s.*", name)));
	ASSERT_EQ(0, disarm(self->arms.one, say("%s.0", name)));
	EXPECT_EQ(0, is_recorded(self->arms.one, SYSTEM, say("%s.0", name)));
	EXPECT_EQ(1, is_recorded(self->arms.two, SYSTEM, say("%s.0", name)));
	EXPECT_EQ(0xf, *self->word);
}

/* As `!EVENT` in set_event does. */
TEST_F(arm, taking_away_disables_what_was_enabled_by_hand)
{
	ASSERT_EQ(0, register_four(&self->arms));
	ASSERT_EQ(0, event_trace(SYSTEM, say("%s.0", self->name), true));
	ASSERT_EQ(0, event_trace(SYSTEM, say("%s.2", self->name), true));
	ASSERT_EQ(0, arm(TRACEFS, say("%s.[01]", self->name)));
	ASSERT_EQ(0, disarm(TRACEFS, say("%s.[01]", self->name)));
	EXPECT_EQ(0x4, *self->word);
}

TEST_F(arm, replacing_takes_all_others_away)
{
	const char *name = self->name;

	ASSERT_EQ(0, arm_instances(&self->arms));
	ASSERT_EQ(0, register_four(&self->arms));
	ASSERT_EQ(0, event_trace(MULTI_SYSTEM,
				 multi_event(say("%s.3", name), 0), true));
	ASSERT_EQ(0, arm(TRACEFS, say("%s.0", name)));
	ASSERT_EQ(0, arm(TRACEFS, say("%s.[01]", name)));
	ASSERT_EQ(0, arm(self->arms.one, say("%s.0", name)));
	ASSERT_EQ(0, arm_only(TRACEFS, say("%s.2", name)));
	EXPECT_STREQ(say("%s.2\n", name), patterns_of(TRACEFS));
	EXPECT_EQ(0xd, *self->word);
	EXPECT_EQ(0, is_recorded(TRACEFS, SYSTEM, say("%s.0", name)));
	EXPECT_EQ(1, is_recorded(self->arms.one, SYSTEM, say("%s.0", name)));
	ASSERT_EQ(0, file_truncate(arm_path(TRACEFS)));
	EXPECT_STREQ("", patterns_of(TRACEFS));
	EXPECT_EQ(0x9, *self->word);
	EXPECT_STREQ(say("%s.0\n", name), patterns_of(self->arms.one));
}

TEST_F(arm, enable_and_set_event_leave_the_patterns_alone)
{
	const char *name = self->name;
	const char *text = say("%s u32 a", name);

	ASSERT_EQ(0, arm(TRACEFS, name));
	ASSERT_EQ(0, run_program(text, SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, name, false));
	EXPECT_STREQ(say("%s\n", name), patterns_of(TRACEFS));
	ASSERT_EQ(0, run_program(text, SINGLE));
	ASSERT_EQ(0, file_write(TRACEFS "/set_event",
				say("!%s:%s", SYSTEM, name)));
	EXPECT_STREQ(say("%s\n", name), patterns_of(TRACEFS));
	ASSERT_EQ(0, run_program(text, SINGLE));

	ASSERT_EQ(0, disarm(TRACEFS, name));
	ASSERT_EQ(0, event_register(self->fd, text, self->word, 0, SINGLE));
	ASSERT_EQ(0, file_write(TRACEFS "/set_event",
				say("%s:%s", SYSTEM, name)));
	EXPECT_EQ(1, *self->word);
	EXPECT_STREQ("", patterns_of(TRACEFS));
}

TEST_F(arm, pattern_written_again_enables_again)
{
	ASSERT_EQ(0, arm(TRACEFS, self->name));
	ASSERT_EQ(0, event_register(self->fd, self->name, self->word, 0,
				    SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, self->name, false));
	EXPECT_EQ(0, *self->word);
	ASSERT_EQ(0, arm(TRACEFS, self->name));
	EXPECT_EQ(1, *self->word);
}

/*
 * How long an event stays.
 */

TEST_F(arm, event_stays_as_long_as_it_is_enabled)
{
	const char *name = self->name;
	char *format;

	ASSERT_EQ(0, arm_instances(&self->arms));
	ASSERT_EQ(0, arm(self->arms.one, name));
	ASSERT_EQ(0, run_program(say("%s u32 a", name), SINGLE));
	format = file_read(event_path(SYSTEM, name, "format"));
	ASSERT_TRUE(!!format);
	EXPECT_EQ(1, count_of(format, "field:u32 a;"));
	EXPECT_EQ(1, count_records(self->arms.one, say("%s: a=", name)));
	EXPECT_EQ(-EBUSY, event_delete(self->fd, name));
	EXPECT_EQ(-EADDRINUSE, event_try(say("%s u64 a", name), SINGLE));

	ASSERT_EQ(0, disarm(self->arms.one, name));
	EXPECT_EQ(0, event_try(say("%s u64 a", name), SINGLE));
	EXPECT_EQ(-1, is_recorded(TRACEFS, SYSTEM, name));
}

TEST_F(arm, pattern_is_not_for_events_of_programs_that_ended)
{
	const char *text = say("%s u32 a", self->name);
	int i;

	for (i = 0; i < 20; i++) {
		/* Not recorded: the bit is not set */
		ASSERT_EQ(2, run_program(text, MULTI));
		ASSERT_EQ(0, arm(TRACEFS, self->name));
		ASSERT_EQ(0, multi_count(self->name));
		ASSERT_EQ(0, disarm(TRACEFS, self->name));
	}
}

/*
 * Instances.
 */

TEST_F(arm, file_is_for_who_may_change_what_is_recorded)
{
	const char *const dirs[] = { TRACEFS, self->arms.one };
	struct stat got;
	int i;

	ASSERT_EQ(0, arm_instances(&self->arms));
	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		ASSERT_EQ(0, stat(arm_path(dirs[i]), &got));
		EXPECT_EQ(S_IFREG | 0640, got.st_mode);
		EXPECT_EQ(0, got.st_uid);
	}
}

TEST_F(arm, instance_takes_its_patterns_with_it)
{
	const char *dir = self->arms.one;

	ASSERT_EQ(0, arm_instances(&self->arms));
	ASSERT_EQ(0, arm(dir, self->name));
	ASSERT_EQ(0, run_program(say("%s u32 a", self->name), SINGLE));
	ASSERT_EQ(0, rmdir(dir));
	EXPECT_EQ(-ENOENT, arm(dir, self->name));
	/* neither the event nor the pattern is left */
	EXPECT_EQ(2, run_program(say("%s u64 a", self->name), SINGLE));
	ASSERT_EQ(0, mkdir(dir, 0700));
	EXPECT_STREQ("", patterns_of(dir));
	EXPECT_EQ(2, run_program(say("%s u64 a", self->name), SINGLE));
}

TEST_F(arm, instance_stays_while_its_file_is_open)
{
	int fd;

	ASSERT_EQ(0, arm_instances(&self->arms));
	fd = open(arm_path(self->arms.one), O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, rmdir(self->arms.one));
	EXPECT_EQ(EBUSY, errno);
	close(fd);
	EXPECT_EQ(0, rmdir(self->arms.one));
}

TEST_F(arm, user_without_rights_can_not_open_it)
{
	const pid_t child = spawn();

	if (!child) {
		become_nobody();
		_exit(-arm(TRACEFS, self->name));
	}
	EXPECT_EQ(EACCES, reap(child));
}

/*
 * Memory that is short.
 */

FIXTURE(arm_nomem)
{
	struct arm_stage arms;
	struct fault_settings faults;
	int nth;
};

FIXTURE_SETUP(arm_nomem)
{
	const char *other;

	ASSERT_TRUE(arm_stage_open(_metadata, &self->arms));
	if (fault_open(&self->faults))
		SKIP(return, "no failslab or no fail-nth in this kernel");
	self->nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->nth);
	/* Where an event is the first, the core warns of what it has failed at */
	other = say("%s_other", self->arms.stage.name);
	ASSERT_EQ(0, event_register(self->arms.stage.fd, other,
				    self->arms.stage.word, 1, SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, other, true));
	store32(self->arms.stage.word, 0);
}

FIXTURE_TEARDOWN_PARENT(arm_nomem)
{
	fault_close(&self->faults);
	arm_stage_clean(&self->arms);
}

/* Copies from and to user space are made to fail too. */
static bool may_fail_by(int ret)
{
	return ret == 0 || ret == -ENOMEM || ret == -EFAULT;
}

TEST_F_TIMEOUT(arm_nomem, registration_does_not_fail_for_it, 120)
{
	struct stage *stage = &self->arms.stage;
	const char *text = say("%s u32 a", stage->name);
	int fd, n, ret, unrecorded = 0;
	bool hit = true;

	ASSERT_EQ(0, arm_instances(&self->arms));
	ASSERT_EQ(0, arm(self->arms.one, stage->name));
	ASSERT_EQ(0, arm(self->arms.two, stage->name));
	for (n = 1; hit && n < 1000; n++) {
		fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
		ASSERT_EQ(0, fault_arm(self->nth, n));
		ret = event_register(fd, text, stage->word, 0,
				     n % 2 ? SINGLE : MULTI);
		hit = fault_disarm(self->nth);
		EXPECT_TRUE(may_fail_by(ret)) {
			TH_LOG("allocation %d: got %d", n, ret);
		}
		if (!ret) {
			/* One of the two does, since just one could fail */
			EXPECT_EQ(1, load32(stage->word)) {
				TH_LOG("allocation %d", n);
			}
			unrecorded += n % 2 && is_recorded(self->arms.one,
							   SYSTEM,
							   stage->name) !=
					       is_recorded(self->arms.two,
							   SYSTEM,
							   stage->name);
			EXPECT_EQ(0, event_unregister(fd, stage->word, 0));
		}
		close(fd);
		ASSERT_EQ(0, disarm(self->arms.one, stage->name));
		ASSERT_EQ(0, disarm(self->arms.two, stage->name));
		ASSERT_EQ(0, event_try(say("%s u64 b", stage->name), SINGLE));
		ASSERT_EQ(0, arm(self->arms.one, stage->name));
		ASSERT_EQ(0, arm(self->arms.two, stage->name));
	}
	EXPECT_GT(1000, n);
	EXPECT_LT(0, unrecorded);
}

TEST_F(arm_nomem, pattern_is_there_or_not)
{
	struct stage *stage = &self->arms.stage;
	bool hit = true, listed;
	int n, ret;

	ASSERT_LE(0, event_register(stage->fd, stage->name, stage->word, 0,
				    SINGLE));
	for (n = 1; hit && n < 1000; n++) {
		const int fd = open(arm_path(TRACEFS), O_RDWR);

		ASSERT_EQ(0, fault_arm(self->nth, n));
		ret = write(fd, stage->name, strlen(stage->name));
		hit = fault_disarm(self->nth);
		EXPECT_TRUE(ret == (int)strlen(stage->name) || ret == -1);
		close(fd);
		listed = *patterns_of(TRACEFS);
		EXPECT_EQ(ret > 0, listed && load32(stage->word)) {
			TH_LOG("allocation %d", n);
		}
		if (listed)
			ASSERT_EQ(0, disarm(TRACEFS, stage->name));
		EXPECT_EQ(0, load32(stage->word));
	}
	EXPECT_LT(3, n);
	EXPECT_GT(1000, n);
}

TEST_HARNESS_MAIN
