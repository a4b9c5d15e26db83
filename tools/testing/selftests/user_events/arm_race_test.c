// SPDX-License-Identifier: GPL-2.0
/*
 * Changes set_user_event while events and instances are added and removed.
 *
 * With a set_user_event that does not keep its instance while it is open, KASAN
 * reports in instances_come_and_go a use after free in ue_enable_matching() within
 * 17 seconds.
 */

#include "arm.h"
#include "race.h"

#define SECONDS 3
#define NAMES 3

/* What all who race share. */
struct course {
	const struct arm_stage *arms;
	__u64 end;
	bool anew;		/* no name is used twice */
	__u32 lost;		/* registrations that should have been recorded */
	__u32 failed;		/* calls that fail for no reason */
};

FIXTURE(race)
{
	struct arm_stage arms;
	struct course *course;
};

FIXTURE_SETUP(race)
{
	ASSERT_TRUE(arm_stage_open(_metadata, &self->arms));
	ASSERT_EQ(0, arm_instances(&self->arms));
	self->course = map_pages(1, MAP_SHARED);
	self->course->arms = &self->arms;
}

FIXTURE_TEARDOWN_PARENT(race)
{
	arm_stage_clean(&self->arms);
}

static bool goes_on(const struct course *course)
{
	return now_ns() < course->end;
}

static void note(__u32 *count, bool wrong)
{
	if (wrong)
		__atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
}

/* Switches an event of a name that nobody else has off in all instances. */
static void switch_off(const struct arm_stage *arms, const char *name)
{
	const char *const dirs[] = { TRACEFS, arms->one, arms->two };
	const char *multi = multi_event(name, 0);
	int i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		file_write(say("%s/events/%s/%s/enable", dirs[i], SYSTEM,
			       name), "0");
		if (multi)
			file_write(say("%s/events/%s/%s/enable", dirs[i],
				       MULTI_SYSTEM, multi), "0");
	}
}

/*
 * Registers events of names that nobody else has, whose bits must be set when
 * the call returns, and switches them off later, so that they go.
 */
static void run_programs(struct course *course)
{
	const struct arm_stage *arms = course->arms;
	__u32 a = 1, word;
	const char *name;
	int fd, i, ret;

	for (i = 0; goes_on(course); i++) {
		name = say("%s.%d.%d.%d", arms->stage.name, getpid(),
			   course->anew ? i : 0, i % NAMES);
		fd = open(DATA_FILE, O_WRONLY | O_CLOEXEC);
		word = 0;
		ret = event_register(fd, say("%s u32 a", name), &word, 0,
				     i % 4 < 2 ? MULTI : SINGLE);
		note(&course->failed, ret < 0);
		note(&course->lost, !load32(&word));
		event_emit(fd, ret, &a, sizeof(a));
		if (i % 2)
			event_unregister(fd, &word, 0);
		close(fd);
		if (i % 2 == 0)
			event_unregister(arms->stage.fd, &word, 0);
		if (i % 8 < 6)
			switch_off(arms, name);
	}
}

/* Deletes what there is, and shares what others have. */
static void disturb(struct course *course)
{
	const struct arm_stage *arms = course->arms;
	struct dirent *entry;
	__u32 word = 0;
	int fd;
	DIR *dir;

	while (goes_on(course)) {
		dir = opendir(TRACEFS "/events/" SYSTEM);
		while (dir && (entry = readdir(dir))) {
			if (strncmp(entry->d_name, arms->stage.name,
				    strlen(arms->stage.name)))
				continue;
			event_delete(arms->stage.fd, entry->d_name);
		}
		if (dir)
			closedir(dir);
		fd = open(DATA_FILE, O_WRONLY | O_CLOEXEC);
		event_register(fd, say("%s.shared", arms->stage.name), &word,
			       0, SINGLE);
		event_unregister(fd, &word, 0);
		close(fd);
		event_trace(SYSTEM, say("%s.shared", arms->stage.name), false);
	}
}

static void change_patterns(struct course *course)
{
	const char *name = course->arms->stage.name;
	const char *dir = course->arms->one;
	int i, ret;

	for (i = 0; goes_on(course); i++) {
		switch (i % 5) {
		case 0:
		case 1:
			ret = arm(dir, say("%s.*.%d", name, i % NAMES));
			break;
		case 2:
			ret = disarm(dir, say("%s.*.%d", name, i % NAMES));
			ret = ret == -ENOENT ? 0 : ret;
			break;
		case 3:
			ret = arm(dir, say("user_events*:%s.*[0-%d]", name,
					   i % NAMES));
			break;
		default:
			ret = arm_only(dir, say("%s*", name));
			break;
		}
		note(&course->failed, ret);
		free(file_read(arm_path(dir)));
	}
}

static void change_instances(struct course *course)
{
	const char *name = course->arms->stage.name;
	const char *dir = course->arms->two;
	int ret;

	while (goes_on(course)) {
		ret = arm(dir, say("%s.*[12]", name));
		note(&course->failed, ret && ret != -ENOENT && ret != -ENODEV);
		if (rmdir(dir))
			note(&course->failed, errno != EBUSY);
		else
			note(&course->failed, mkdir(dir, 0700));
	}
}

/* Keeps the file open, and reads and writes whatever becomes of the instance. */
static void use_instance(struct course *course)
{
	const char *dir = course->arms->two;
	int fd;

	while (goes_on(course)) {
		fd = open(arm_path(dir), O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		write_all(fd, course->arms->stage.name);
		free(file_read(arm_path(dir)));
		close(fd);
		file_truncate(arm_path(dir));
	}
}

typedef void (*racer)(struct course *course);

/* Lets them all run at once, each as a process of its own. */
static int race(struct course *course, const racer *racers, int count)
{
	pid_t child[16];
	int i, ret = 0;

	course->end = now_ns() + race_seconds(SECONDS) * 1000000000ULL;
	for (i = 0; i < count; i++) {
		child[i] = spawn();
		if (!child[i]) {
			racers[i](course);
			_exit(0);
		}
	}
	for (i = 0; i < count; i++)
		ret = reap(child[i]) ?: ret;
	return ret;
}

/* Whatever has been: with the patterns gone, so is all that they kept. */
static bool nothing_is_left(const struct arm_stage *arms)
{
	int patience = PATIENCE_MS;
	char *text;
	bool left;

	file_truncate(arm_path(TRACEFS));
	file_truncate(arm_path(arms->one));
	file_truncate(arm_path(arms->two));
	do {
		text = file_read(STATUS_FILE);
		left = !text || strstr(text, arms->stage.name);
		free(text);
	} while (left && wait_more(&patience));
	return !left;
}

TEST_F_TIMEOUT(race, nothing_is_missed_while_events_come_and_go, RACE_TIMEOUT)
{
	static const racer racers[] = {
		run_programs, run_programs, run_programs, disturb,
	};
	const char *name = self->arms.stage.name;

	ASSERT_EQ(0, arm(self->arms.two, say("%s*", name)));
	ASSERT_EQ(0, arm(TRACEFS, say("%s*", name)));
	ASSERT_EQ(0, race(self->course, racers, ARRAY_SIZE(racers)));
	EXPECT_EQ(0, self->course->lost);
	EXPECT_EQ(0, self->course->failed);
	EXPECT_TRUE(nothing_is_left(&self->arms));
}

TEST_F_TIMEOUT(race, nothing_is_missed_while_patterns_change, RACE_TIMEOUT)
{
	static const racer racers[] = {
		run_programs, run_programs, change_patterns, change_patterns,
		disturb,
	};

	ASSERT_EQ(0, arm(self->arms.two, say("%s*", self->arms.stage.name)));
	/* One that another instance keeps stays as it was switched off */
	self->course->anew = true;
	ASSERT_EQ(0, race(self->course, racers, ARRAY_SIZE(racers)));
	EXPECT_EQ(0, self->course->lost);
	EXPECT_EQ(0, self->course->failed);
	EXPECT_TRUE(nothing_is_left(&self->arms));
}

TEST_F_TIMEOUT(race, instances_come_and_go, RACE_TIMEOUT)
{
	static const racer racers[] = {
		run_programs, run_programs, change_instances, use_instance,
		change_patterns, disturb,
	};

	ASSERT_EQ(0, race(self->course, racers, ARRAY_SIZE(racers)));
	EXPECT_EQ(0, self->course->failed);
	EXPECT_TRUE(nothing_is_left(&self->arms));
}

TEST_HARNESS_MAIN
