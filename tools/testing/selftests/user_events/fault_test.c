// SPDX-License-Identifier: GPL-2.0
/*
 * Each allocation, and each copy from or to user space, of each operation fails
 * once.  Whatever fails has an error that is told to user space, and changes
 * nothing: the listings are as before, and so are the bits in memory.  Then the
 * same operation succeeds, does what it does otherwise, and when it is undone,
 * nothing is left.
 *
 * Seen failing where errors of a registration, of opening a group's file, of
 * making a group and of copying a set left something, and where an unregister
 * without memory was -EINVAL.
 */

#include "fault_bench.h"

/* More points than any of the operations has. */
#define FAR	3000

struct operation {
	bench_call prepare;
	bench_call run;		/* what points of fail */
	bench_call undo;
	int least;		/* points that there are at least */
	bench_call check;	/* that it was done; or NULL */
	int also;		/* an error besides -ENOMEM and -EFAULT, or 0 */
	bool pages;		/* of user memory may not be had, either */
	bool does_less;		/* without an error, where memory is short */
	bool does_part;		/* before it fails */
};

struct trial {
	struct bench bench;
	char *start;	/* what there is to see before all */
	char *before;	/* before the operation */
	char *after;	/* after it, when nothing fails */
	int points;
	int failed[3];	/* with -ENOMEM, -EFAULT, or the other error */
	int bare;	/* after which the event has no directory, see below */
};

FIXTURE(fault)
{
	struct trial trial;
};

FIXTURE_VARIANT(fault)
{
	struct operation op;
};

FIXTURE_VARIANT_ADD(fault, open)
{
	.op = { aim_at_data, open_file, close_file, .least = 3 },
};

FIXTURE_VARIANT_ADD(fault, register_single)
{
	.op = { have_file, do_register, unregister_and_close, .least = 10 },
};

FIXTURE_VARIANT_ADD(fault, register_multi)
{
	.op = { have_file, register_multi, unregister_and_close, .least = 10 },
};

FIXTURE_VARIANT_ADD(fault, register_persistent)
{
	.op = { have_file, register_persistent, unregister_and_delete,
		.least = 10 },
};

FIXTURE_VARIANT_ADD(fault, register_what_another_file_has)
{
	.op = { have_another_file, do_register, unregister_and_close_both,
		.least = 5 },
};

FIXTURE_VARIANT_ADD(fault, register_the_fifth_event)
{
	.op = { have_four_events, do_register, unregister_and_close,
		.least = 10 },
};

FIXTURE_VARIANT_ADD(fault, register_what_is_to_be_recorded)
{
	/* What a pattern has asked for stays, whoever has made it */
	.op = { have_pattern, do_register, disarm_and_close,
		.least = 10, .does_less = true, .does_part = true },
};

FIXTURE_VARIANT_ADD(fault, register_in_a_group)
{
	.op = { have_group_file, do_register, unregister_and_remove_group,
		.least = 10 },
};

FIXTURE_VARIANT_ADD(fault, register_what_is_shared)
{
	.op = { have_shared, do_register, end_child,
		.least = 10, .pages = true },
};

FIXTURE_VARIANT_ADD(fault, unregister)
{
	.op = { have_registered, unregister_last, close_file, .least = 1 },
};

FIXTURE_VARIANT_ADD(fault, unregister_what_is_shared)
{
	.op = { have_shared, unregister_last, end_child,
		.least = 5, .pages = true },
};

FIXTURE_VARIANT_ADD(fault, fork)
{
	.op = { have_some_bits, do_fork, unregister_and_close,
		.least = 50, .check = reap_forked, .does_less = true },
};

FIXTURE_VARIANT_ADD(fault, fork_with_pages)
{
	.op = { have_mappings, do_fork, unregister_and_close,
		.least = 50, .check = reap_forked, .does_less = true, .pages = true },
};

FIXTURE_VARIANT_ADD(fault, delete)
{
	.op = { have_persistent, delete_event, nothing, .least = 1 },
};

FIXTURE_VARIANT_ADD(fault, enable)
{
	.op = { have_to_enable, enable, disable_and_close, .least = 3 },
};

FIXTURE_VARIANT_ADD(fault, disable)
{
	.op = { have_enabled, disable, unregister_and_close, .least = 1 },
};

FIXTURE_VARIANT_ADD(fault, open_perf)
{
	.op = { have_for_perf, open_perf, close_perf, .least = 5 },
};

FIXTURE_VARIANT_ADD(fault, write_small)
{
	.op = { have_recorded, write_small, disable_and_close_perf,
		.least = 1 },
};

FIXTURE_VARIANT_ADD(fault, write_large)
{
	.op = { have_recorded, write_large, disable_and_close_perf,
		.least = 2 },
};

FIXTURE_VARIANT_ADD(fault, writev_small)
{
	.op = { have_recorded, writev_small, disable_and_close_perf,
		.least = 1 },
};

FIXTURE_VARIANT_ADD(fault, writev_large)
{
	.op = { have_recorded, writev_large, disable_and_close_perf,
		.least = 2 },
};

FIXTURE_VARIANT_ADD(fault, uring_small)
{
	/* A worker may write instead, whom perf does not follow */
	.op = { have_ring, uring_small, close_ring,
		.least = 1, .also = -EAGAIN, .does_less = true },
};

FIXTURE_VARIANT_ADD(fault, uring_large)
{
	/* A worker may write instead, whom perf does not follow */
	.op = { have_ring, uring_large, close_ring,
		.least = 1, .also = -EAGAIN, .does_less = true },
};

FIXTURE_VARIANT_ADD(fault, dynamic_events_make)
{
	.op = { have_to_make, write_line, delete_event, .least = 15 },
};

FIXTURE_VARIANT_ADD(fault, dynamic_events_delete)
{
	.op = { have_to_delete, write_line, nothing, .least = 3 },
};

FIXTURE_VARIANT_ADD(fault, pattern_add)
{
	.op = { have_to_arm, write_line, disarm_and_close,
		.least = 3, .does_part = true },
};

FIXTURE_VARIANT_ADD(fault, pattern_take_away)
{
	.op = { have_to_disarm, write_line, unregister_and_close, .least = 3 },
};

FIXTURE_VARIANT_ADD(fault, pattern_take_all_away)
{
	.op = { have_to_disarm, truncate_path, unregister_and_close,
		.least = 2 },
};

FIXTURE_VARIANT_ADD(fault, group_make)
{
	.op = { have_group_name, make_group, remove_group, .least = 15 },
};

FIXTURE_VARIANT_ADD(fault, group_remove)
{
	.op = { have_group, remove_group, nothing, .least = 1 },
};

FIXTURE_VARIANT_ADD(fault, group_open)
{
	.op = { have_group_data, open_file, close_and_remove_group,
		.least = 3 },
};

FIXTURE_VARIANT_ADD(fault, group_limit)
{
	.op = { have_to_limit, write_line, remove_limited, .least = 2 },
};

FIXTURE_VARIANT_ADD(fault, status)
{
	.op = { have_status, read_path, unregister_and_close, .least = 3 },
};

FIXTURE_VARIANT_ADD(fault, fdinfo)
{
	.op = { have_fdinfo, read_path, unregister_and_close, .least = 3 },
};

FIXTURE_SETUP(fault)
{
	struct bench *bench = &self->trial.bench;

	bench->fd = -1;
	bench->other = -1;
	bench->perf = -1;
	if (!stage_open(_metadata, &bench->stage))
		return;
	if (fault_open(&bench->faults))
		SKIP(return, "no failslab or no fail-nth in this kernel");
	if (variant->op.pages && fault_open_pages(&bench->faults))
		SKIP(return, "no fail_page_alloc in this kernel");
	snprintf(bench->group, sizeof(bench->group), "kst%d_fault", getpid());
	bench->nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, bench->nth);
	ASSERT_EQ(0, record_anchor(bench));
}

FIXTURE_TEARDOWN_PARENT(fault)
{
	struct bench *bench = &self->trial.bench;

	fault_close(&bench->faults);
	file_truncate(arm_path(TRACEFS));
	stage_clean(&bench->stage);
	if (*bench->group)
		groups_clean(bench->group, bench->stage.name);
}

/* What the operation did, or did not do. */
static void expect_look(struct __test_metadata *_metadata, struct bench *bench,
			const char *expected, const char *when)
{
	char *seen = look(bench);

	EXPECT_STREQ(expected, seen) {
		TH_LOG("%s", when);
	}
	free(seen);
}

/* Whether it is an error that such an operation may have. */
static bool count_failure(struct trial *trial, const struct operation *op, int ret)
{
	const int errors[] = { -ENOMEM, -EFAULT, op->also };
	int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		if (ret == errors[i]) {
			trial->failed[i]++;
			return true;
		}
	}
	return false;
}

/* Without a failure: what the operation does, and that it is undone. */
static void do_once(struct __test_metadata *_metadata,
		    struct trial *trial, const struct operation *op)
{
	struct bench *bench = &trial->bench;

	trial->start = look(bench);
	ASSERT_LE(0, op->prepare(bench));
	trial->before = look(bench);
	ASSERT_LE(0, op->run(bench));
	if (op->check)
		ASSERT_EQ(0, op->check(bench));
	trial->after = look(bench);
	ASSERT_EQ(0, op->undo(bench));
	expect_look(_metadata, bench, trial->start, "when it was undone");
}

/* The operation failed: nothing has changed, and now it succeeds. */
static void do_again(struct __test_metadata *_metadata,
		     struct trial *trial, const struct operation *op, const char *when)
{
	struct bench *bench = &trial->bench;

	if (!op->does_part)
		expect_look(_metadata, bench, trial->before, when);
	EXPECT_LE(0, op->run(bench)) {
		TH_LOG("%s, the second time", when);
	}
}

/*
 * An event that can be registered, but not recorded: __add_event_to_tracers() of
 * the core does not tell that there was no memory for its directory.
 */
static bool is_bare(const struct bench *bench)
{
	const char *name = bench->stage.name;

	return event_listed(name) && !event_exists(SYSTEM, name) &&
	       !multi_event(name, 0);
}

/* Returns whether there was such a point. */
static bool fail_point(struct __test_metadata *_metadata,
		       struct trial *trial, const struct operation *op, int nth)
{
	const char *other = say("%s u64 other", trial->bench.stage.name);
	struct bench *bench = &trial->bench;
	char *when;
	bool hit;
	int ret;

	ASSERT_LE(0, op->prepare(bench));
	ASSERT_EQ(0, fault_arm(bench->nth, nth));
	ret = op->run(bench);
	hit = fault_disarm(bench->nth);
	when = say("point %d: %d", nth, ret);
	trial->bare += ret >= 0 && is_bare(bench);
	if (ret < 0) {
		EXPECT_TRUE(hit && count_failure(trial, op, ret)) {
			TH_LOG("%s", when);
		}
		do_again(_metadata, trial, op, when);
	}
	if (op->check)
		EXPECT_EQ(0, op->check(bench)) {
			TH_LOG("%s", when);
		}
	if (!op->does_less || ret < 0)
		expect_look(_metadata, bench, trial->after, when);
	ASSERT_EQ(0, op->undo(bench)) {
		TH_LOG("%s", when);
	}
	expect_look(_metadata, bench, trial->start, when);
	EXPECT_EQ(0, event_try(other, SINGLE)) {
		TH_LOG("%s: something keeps the event", when);
	}
	free(when);
	return hit;
}

static void log_points(struct __test_metadata *_metadata, struct trial *trial)
{
	const int *failed = trial->failed;

	TH_LOG("%d points: ENOMEM %d, EFAULT %d, another error %d, none %d",
	       trial->points, failed[0], failed[1], failed[2],
	       trial->points - failed[0] - failed[1] - failed[2]);
	if (trial->bare)
		TH_LOG("after %d of these, the event had no directory",
		       trial->bare);
}

TEST_F_TIMEOUT(fault, each_point_fails_once, 300)
{
	const struct operation *op = &variant->op;
	struct trial *trial = &self->trial;
	int nth = 1;

	do_once(_metadata, trial, op);
	while (nth < FAR && fail_point(_metadata, trial, op, nth)) {
		trial->points++;
		/* Those of user memory are many, and much the same */
		nth += op->pages ? 1 + nth / 20 : 1;
	}
	log_points(_metadata, trial);
	EXPECT_LE(op->least, trial->points);
	EXPECT_GT(FAR, nth);
}

TEST_HARNESS_MAIN
