// SPDX-License-Identifier: GPL-2.0
/*
 * Lets many tasks use a group in all ways while it is created and removed.  An
 * operation may only fail with a documented error, and nothing may be left.
 *
 * With a group that rmdir frees at once, and not after a grace period, and a pause of
 * 10 ms before an open takes its reference, KASAN reports a use after free in
 * user_event_group_open() within 3 seconds.
 */

#include "group.h"
#include "race.h"

#define SECONDS	4

struct racer {
	pid_t pid;
	__u32 done;		/* what has succeeded */
	__u32 refused;		/* what has failed as it may */
	int ret;		/* the first error that may not be */
};

/* What racers have in common; in shared memory. */
struct race {
	char group[GROUP_NAME_MAX + 1];
	char event[32];
	__u32 started;
	__u64 end;		/* once it has started */
	struct racer racers[16];
};

/* Counts what came out; whether @ret is 0, or one of the two that may be. */
static bool racer_count(struct racer *racer, int ret, int may, int may_too)
{
	if (ret >= 0)
		racer->done++;
	else if (ret == may || ret == may_too)
		racer->refused++;
	else
		racer->ret = racer->ret ?: ret;
	return !racer->ret;
}

static void path_of(const struct race *race, char path[128], const char *file)
{
	snprintf(path, 128, GROUPS "/%s/%s", race->group, file);
}

static int open_in(const struct race *race, const char *file, int flags)
{
	char path[128];
	int fd;

	path_of(race, path, file);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void make_and_remove(const struct race *race, struct racer *racer)
{
	char path[128];
	int ret;

	path_of(race, path, "");
	ret = mkdir(path, 0750) ? -errno : 0;
	if (racer_count(racer, ret, -EEXIST, -EEXIST)) {
		ret = rmdir(path) ? -errno : 0;
		racer_count(racer, ret, -EBUSY, -ENOENT);
	}
}

/* An open either gets the group, and all works, or there is none. */
static void use_data(const struct race *race, struct racer *racer)
{
	const int fd = open_in(race, "user_events_data", O_RDWR);
	const int flags = racer->done % 2 ? MULTI : SINGLE;
	const char *text = say("%s u%d a", race->event,
			       8 << racer->done % 4);
	__u32 word = 0, value = 0;
	int index;

	if (racer_count(racer, fd, -ENOENT, -ENODEV) && fd >= 0) {
		index = event_register(fd, text, &word, 0, flags);
		racer_count(racer, index, -EADDRINUSE, -EADDRINUSE);
		if (index >= 0) {
			racer_count(racer, event_emit(fd, index, &value, 8),
				    -EBADF, -EINVAL);
			racer_count(racer, event_unregister(fd, &word, 0), 0, 0);
		}
		racer_count(racer, event_delete(fd, race->event), -EBUSY,
			    -ENOENT);
		close(fd);
	}
	free((char *)text);
}

static void read_status(const struct race *race, struct racer *racer)
{
	const int fd = open_in(race, "user_events_status", O_RDONLY);
	struct pollfd ready = { .fd = fd, .events = POLLPRI };
	char text[256];
	int got;

	if (racer_count(racer, fd, -ENOENT, -ENODEV) && fd >= 0) {
		while ((got = read(fd, text, sizeof(text))) > 0)
			;
		racer_count(racer, got, 0, 0);
		poll(&ready, 1, racer->done % 8);
		close(fd);
	}
}

static void set_numbers(const struct race *race, struct racer *racer)
{
	const int fd = open_in(race, "max", O_RDWR);
	char text[16];

	if (racer_count(racer, fd, -ENOENT, -ENODEV) && fd >= 0) {
		racer_count(racer, read(fd, text, sizeof(text)) < 0 ? -errno : 0,
			    0, 0);
		racer_count(racer, write_all(fd, "100"), 0, 0);
		close(fd);
	}
}

/* Switches all events of one of the group's systems on or off. */
static int switch_system(const struct race *race, const char *system, bool on)
{
	char path[256];
	int ret;

	snprintf(path, sizeof(path), TRACEFS "/events/%s-%s/enable", system,
		 race->group);
	ret = file_write(path, on ? "1" : "0");
	/* to the core, a system without events is an invalid one */
	return ret == -EINVAL ? -ENOENT : ret;
}

static void toggle(const struct race *race, struct racer *racer)
{
	const char *system = racer->done % 2 ? SYSTEM : MULTI_SYSTEM;

	racer_count(racer, switch_system(race, system, true), -ENOENT, -ENODEV);
	racer_count(racer, switch_system(race, system, false), -ENOENT, -ENODEV);
}

static void command(const struct race *race, struct racer *racer)
{
	const char *system = racer->done % 4 < 2 ? SYSTEM : MULTI_SYSTEM;
	char text[256];
	int ret;

	snprintf(text, sizeof(text), "!u:%s-%s/%s_d u32 a", system, race->group,
		 race->event);
	if (!racer_count(racer, file_write(DYNAMIC_FILE, text + 1), -EINVAL,
			 -EINVAL))
		return;
	/* what stays would keep the group from all others */
	do {
		ret = file_write(DYNAMIC_FILE, text);
		racer_count(racer, ret, -EBUSY, -ENOENT);
		if (ret == -EBUSY)
			switch_system(race, system, false);
	} while (ret == -EBUSY && now_ns() < race->end);
}

/* A file that is opened by a descriptor of its path may be one that is gone. */
static void open_late(const struct race *race, struct racer *racer)
{
	const int path_fd = open_in(race, "user_events_data", O_PATH);
	char path[64];
	int fd;

	if (racer_count(racer, path_fd, -ENOENT, -ENOENT) && path_fd >= 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
		if (racer->done % 2)
			pause_ms(racer->done / 2 % 3);
		fd = open(path, O_RDWR | O_CLOEXEC);
		racer_count(racer, fd < 0 ? -errno : 0, -ENODEV, -ENODEV);
		if (fd >= 0) {
			racer_count(racer, event_delete(fd, race->event), -EBUSY,
				    -ENOENT);
			close(fd);
		}
		close(path_fd);
	}
}

static void (*const runs[])(const struct race *race, struct racer *racer) = {
	make_and_remove, make_and_remove, use_data, use_data, read_status,
	set_numbers, toggle, command, open_late,
};

#define RACERS ARRAY_SIZE(runs)

FIXTURE(group_race)
{
	struct groups groups;
	struct race *race;
};

FIXTURE_SETUP(group_race)
{
	ASSERT_TRUE(groups_open(_metadata, &self->groups));
	self->race = map_pages(1, MAP_SHARED);
	snprintf(self->race->group, sizeof(self->race->group), "%srace",
		 self->groups.prefix);
	snprintf(self->race->event, sizeof(self->race->event), "%s",
		 self->groups.stage.name);
}

FIXTURE_TEARDOWN_PARENT(group_race)
{
	groups_close(&self->groups);
}

static void race_run(const struct race *race, size_t i, struct racer *racer)
{
	while (!load32(&race->started))
		pause_ms(1);
	while (!racer->ret &&
	       (now_ns() < race->end || !(racer->done + racer->refused))) {
		runs[i](race, racer);
		/* or there is always somebody in the group */
		if (runs[i] != make_and_remove)
			pause_ms((racer->done + racer->refused) % 16 * 8);
	}
}

TEST_F_TIMEOUT(group_race, all_at_once, RACE_TIMEOUT)
{
	struct race *race = self->race;
	struct racer *racer;
	pid_t pid;
	size_t i;

	for (i = 0; i < RACERS; i++) {
		pid = spawn();
		if (!pid) {
			race_run(race, i, race->racers + i);
			_exit(0);
		}
		race->racers[i].pid = pid;
	}
	race->end = now_ns() + race_seconds(SECONDS) * 1000000000ULL;
	store32(&race->started, 1);
	for (i = 0; i < RACERS; i++) {
		racer = race->racers + i;
		EXPECT_EQ(0, reap(racer->pid));
		EXPECT_EQ(0, racer->ret) {
			TH_LOG("racer %zu", i);
		}
		EXPECT_LT(0, racer->done + racer->refused) {
			TH_LOG("racer %zu", i);
		}
		TH_LOG("racer %zu: %u done, %u refused", i, racer->done,
		       racer->refused);
	}

	/* all have gone: what is left is what they made to stay */
	group_detach(race->group, race->event);
	group_delete_persistent(race->group);
	if (group_exists(race->group))
		EXPECT_EQ(0, group_remove(race->group));
	EXPECT_EQ(0, group_make(race->group));
	EXPECT_EQ(0, group_try(race->group, race->event, SINGLE));
	EXPECT_EQ(0, group_remove(race->group));
}

TEST_HARNESS_MAIN
