// SPDX-License-Identifier: GPL-2.0
/* Checks that the first write of each program is recorded by set_user_event. */

#include "arm.h"

#define PROGRAMS 200

FIXTURE(first)
{
	struct arm_stage arms;
	const char *name;
};

FIXTURE_VARIANT(first)
{
	int flags;
	const char *system;
	bool anew;		/* each program has an event of its own */
};

FIXTURE_VARIANT_ADD(first, single_of_each_program)
{
	.flags = SINGLE, .system = SYSTEM, .anew = true,
};

FIXTURE_VARIANT_ADD(first, single_of_all_programs)
{
	.flags = SINGLE, .system = SYSTEM, .anew = false,
};

FIXTURE_VARIANT_ADD(first, multi_of_each_program)
{
	.flags = MULTI, .system = MULTI_SYSTEM, .anew = true,
};

FIXTURE_VARIANT_ADD(first, multi_of_all_programs)
{
	.flags = MULTI, .system = MULTI_SYSTEM, .anew = false,
};

FIXTURE_SETUP(first)
{
	ASSERT_TRUE(arm_stage_open(_metadata, &self->arms));
	self->name = self->arms.stage.name;
}

FIXTURE_TEARDOWN_PARENT(first)
{
	arm_stage_clean(&self->arms);
}

TEST_F_TIMEOUT(first, record_of_every_program_is_there, 300)
{
	const struct arm_stage *arms = &self->arms;
	int i;

	ASSERT_EQ(0, arm_instances(arms));
	ASSERT_EQ(0, arm(arms->one, say("%s.o*", self->name)));
	ASSERT_EQ(0, arm(arms->two, say("%s:%s.*.[0-9]*", variant->system,
					self->name)));
	for (i = 0; i < PROGRAMS; i++) {
		ASSERT_EQ(0, run_program(say("%s.one.%d u32 a", self->name,
					     variant->anew ? i : 0),
					 variant->flags)) {
			TH_LOG("program %d", i);
		}
	}
	EXPECT_EQ(PROGRAMS, count_records(arms->one, self->name));
	EXPECT_EQ(PROGRAMS, count_records(arms->two, self->name));
	EXPECT_EQ(0, count_records(TRACEFS, self->name));
}

TEST_F(first, record_is_there_of_a_format_that_is_new)
{
	static const char *const types[] = {
		"u32 a", "s32 a", "u32 b", "int a", "u16 a",
	};
	int i;

	if (variant->flags != MULTI)
		SKIP(return, "a single format can't change");
	ASSERT_EQ(0, arm(TRACEFS, self->name));
	for (i = 0; i < ARRAY_SIZE(types); i++)
		EXPECT_EQ(0, run_program(say("%s %s", self->name, types[i]),
					 MULTI));
	EXPECT_EQ(ARRAY_SIZE(types), count_records(TRACEFS, self->name));
}

/* What is in memory that programs which start at once share. */
struct crowd {
	__u32 waiting;
	__u32 go;
	__u32 unset;
	__u32 failed;
};

static void join_crowd(struct crowd *crowd, const char *text, int flags)
{
	const int fd = open(DATA_FILE, O_WRONLY | O_CLOEXEC);
	__u32 word = 0, a = 7;
	int index;

	__atomic_add_fetch(&crowd->waiting, 1, __ATOMIC_SEQ_CST);
	while (!load32(&crowd->go))
		;
	index = event_register(fd, text, &word, 0, flags);
	if (!load32(&word))
		__atomic_add_fetch(&crowd->unset, 1, __ATOMIC_SEQ_CST);
	if (index < 0 || event_emit(fd, index, &a, sizeof(a)) != 8)
		__atomic_add_fetch(&crowd->failed, 1, __ATOMIC_SEQ_CST);
	_exit(0);
}

/*
 * One of them makes the event, and the others find it meanwhile: for none is it
 * there before all instances record it.
 */
TEST_F_TIMEOUT(first, record_is_there_of_all_who_start_at_once, 300)
{
	enum { ROUNDS = 40, CROWD = 4 };
	struct crowd *crowd = map_pages(1, MAP_SHARED);
	const struct arm_stage *arms = &self->arms;
	pid_t child[CROWD];
	int i, round;

	if (!variant->anew)
		SKIP(return, "the event is there already");
	ASSERT_EQ(0, arm_instances(arms));
	ASSERT_EQ(0, arm(arms->one, say("%s*", self->name)));
	ASSERT_EQ(0, arm(arms->two, say("%s*", self->name)));
	ASSERT_EQ(0, arm(TRACEFS, say("%s*", self->name)));
	for (round = 0; round < ROUNDS; round++) {
		crowd->go = 0;
		crowd->waiting = 0;
		for (i = 0; i < CROWD; i++) {
			child[i] = spawn();
			if (!child[i])
				join_crowd(crowd, say("%s.%d u32 a", self->name,
						      round), variant->flags);
		}
		ASSERT_TRUE(wait32(&crowd->waiting, CROWD));
		store32(&crowd->go, 1);
		for (i = 0; i < CROWD; i++)
			ASSERT_EQ(0, reap(child[i]));
	}
	EXPECT_EQ(0, crowd->unset);
	EXPECT_EQ(0, crowd->failed);
	EXPECT_EQ(ROUNDS * CROWD, count_records(TRACEFS, self->name));
	EXPECT_EQ(ROUNDS * CROWD, count_records(arms->one, self->name));
	EXPECT_EQ(ROUNDS * CROWD, count_records(arms->two, self->name));
}

/*
 * An event that was switched off after the program's end waits for its removal
 * when the program starts again.
 */
TEST_F_TIMEOUT(first, record_is_there_whatever_waits_for_removal, 300)
{
	const char *text = say("%s u32 a", self->name);
	const char *event;
	int i;

	ASSERT_EQ(0, arm(TRACEFS, self->name));
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, run_program(text, variant->flags)) {
			TH_LOG("program %d", i);
		}
		event = variant->flags ? multi_event(self->name, 0) :
					 self->name;
		ASSERT_TRUE(!!event);
		ASSERT_EQ(0, event_trace(variant->system, event, false));
	}
}

/* The tracing core lets go of an event when its trigger goes, and we see later. */
TEST_F(first, record_is_there_after_a_trigger_has_gone)
{
	const char *text = say("%s u32 a", self->name);
	const char *event, *trigger;
	int i;

	ASSERT_EQ(0, arm(TRACEFS, self->name));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, run_program(text, variant->flags)) {
			TH_LOG("program %d", i);
		}
		event = variant->flags ? multi_event(self->name, 0) :
					 self->name;
		ASSERT_TRUE(!!event);
		trigger = event_path(variant->system, event, "trigger");
		ASSERT_EQ(0, file_write(trigger, "traceoff:1 if a == 3"));
		ASSERT_EQ(0, event_trace(variant->system, event, false));
		ASSERT_EQ(0, file_write(trigger, "!traceoff:1 if a == 3"));
	}
}

TEST_HARNESS_MAIN
