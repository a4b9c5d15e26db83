// SPDX-License-Identifier: GPL-2.0
/* Checks who may delete events: by name, by layout, and all of them. */

#include "common.h"
#include "perf.h"

FIXTURE(del)
{
	struct stage stage;
	char *fields[3];	/* formats of the stage's name */
};

FIXTURE_SETUP(del)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	self->fields[0] = say("%s u32 a", self->stage.name);
	self->fields[1] = say("%s u64 b", self->stage.name);
	self->fields[2] = say("%s u32 a; u64 b", self->stage.name);
}

FIXTURE_TEARDOWN_PARENT(del)
{
	stage_clean(&self->stage);
}

/* Makes an event that persists and that nobody uses. */
static int leave_behind(const char *text, int flags)
{
	return event_try(text, flags | PERSIST);
}

/* How many events of @name there are, in both worlds. */
static int events_of(const char *name)
{
	return count_of(file_read(DYNAMIC_FILE), say("u:%s ", name)) +
	       count_of(file_read(DYNAMIC_FILE), say("u:%s\n", name));
}

static bool is_listed(const char *text)
{
	return file_has_line(DYNAMIC_FILE, say("u:%s", text));
}

TEST_F(del, unknown_name_is_ENOENT)
{
	EXPECT_EQ(-ENOENT, event_delete(self->stage.fd, self->stage.name));
	EXPECT_EQ(-ENOENT, event_delete(self->stage.fd, ""));
	ASSERT_EQ(0, leave_behind(self->fields[0], SINGLE));
	EXPECT_EQ(-ENOENT, event_delete(self->stage.fd,
					say("%s_", self->stage.name)));
	EXPECT_EQ(-ENOENT, event_delete(self->stage.fd,
					say("%.*s",
					    (int)strlen(self->stage.name) - 1,
					    self->stage.name)));
	EXPECT_TRUE(is_listed(self->fields[0]));
}

TEST_F(del, tracepoint_name_of_a_multi_format_event_is_ENOENT)
{
	ASSERT_EQ(0, leave_behind(self->fields[0], MULTI));
	ASSERT_EQ(1, multi_count(self->stage.name));
	EXPECT_EQ(-ENOENT, event_delete(self->stage.fd,
					multi_event(self->stage.name, 0)));
}

TEST_F(del, unreadable_name_is_EFAULT)
{
	char *pages = map_pages(2, MAP_PRIVATE);
	const size_t size = getpagesize();

	ASSERT_EQ(0, mprotect(pages + size, size, PROT_NONE));
	EXPECT_EQ(-EFAULT, event_delete(self->stage.fd, NULL));
	EXPECT_EQ(-EFAULT, event_delete(self->stage.fd, pages + size));
	pages[size - 1] = 'x';
	EXPECT_EQ(-EFAULT, event_delete(self->stage.fd, pages + size - 1));
}

TEST_F(del, name_beyond_512_bytes_is_EINVAL)
{
	char name[1024];

	memset(name, 'x', sizeof(name));
	name[511] = '\0';
	EXPECT_EQ(-ENOENT, event_delete(self->stage.fd, name));
	name[511] = 'x';
	name[512] = '\0';
	EXPECT_EQ(-EINVAL, event_delete(self->stage.fd, name));
	name[512] = 'x';
	name[1023] = '\0';
	EXPECT_EQ(-EINVAL, event_delete(self->stage.fd, name));
}

TEST_F(del, in_use_by_a_file_or_an_address_is_EBUSY)
{
	const int other = open(DATA_FILE, O_RDWR | O_CLOEXEC);

	ASSERT_EQ(0, event_register(self->stage.fd, self->fields[0],
				    self->stage.word, 0, SINGLE));
	EXPECT_EQ(-EBUSY, event_delete(other, self->stage.name));
	close(self->stage.fd);
	EXPECT_EQ(-EBUSY, event_delete(other, self->stage.name));
	EXPECT_EQ(0, event_unregister(other, self->stage.word, 0));
	EXPECT_EQ(-ENOENT, event_delete(other, self->stage.name));
}

TEST_F(del, in_use_by_a_tracer_is_EBUSY)
{
	const char *name = self->stage.name;
	int perf;

	ASSERT_EQ(0, leave_behind(self->fields[0], SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, name, true));
	EXPECT_EQ(-EBUSY, event_delete(self->stage.fd, name));
	ASSERT_EQ(0, event_trace(SYSTEM, name, false));
	perf = perf_open(SYSTEM, name);
	ASSERT_LE(0, perf);
	EXPECT_EQ(-EBUSY, event_delete(self->stage.fd, name));
	close(perf);
	EXPECT_EQ(0, event_delete(self->stage.fd, name));
	EXPECT_FALSE(is_listed(self->fields[0]));
}

/* An event probe of a test, which holds its event without recording it. */
static int probe(const char *name, bool on)
{
	const int fd = open(DYNAMIC_FILE, O_WRONLY | O_APPEND | O_CLOEXEC);
	int ret;

	ret = write_all(fd, on ? say("e:%s_p user_events/%s a=$a", name, name) :
				 say("-:eprobes/%s_p", name));
	close(fd);
	return ret;
}

/*
 * Nothing but an event probe uses it, attached or not.  Before, who has no
 * CAP_PERFMON was told EPERM.
 */
TEST_F(del, in_use_by_an_event_probe_is_EBUSY_for_everybody)
{
	const char *name = self->stage.name;
	pid_t child;
	int err;

	ASSERT_EQ(0, leave_behind(self->fields[0], SINGLE));
	err = probe(name, true);
	if (err == -EINVAL)
		SKIP(return, "no event probes in this kernel");
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, event_trace("eprobes", say("%s_p", name), true));
	EXPECT_EQ(-EBUSY, event_delete(self->stage.fd, name));
	ASSERT_EQ(0, event_trace("eprobes", say("%s_p", name), false));
	EXPECT_EQ(-EBUSY, event_delete(self->stage.fd, name));
	child = spawn();
	if (!child)
		_exit(become_nobody() ? 1 : -event_delete(self->stage.fd, name));
	EXPECT_EQ(EBUSY, reap(child));

	ASSERT_EQ(0, probe(name, false));
	EXPECT_EQ(0, event_delete(self->stage.fd, name));
}

/* A trigger may keep its target until after its own removal has returned. */
TEST_F(del, right_after_a_trigger_is_not_refused)
{
	const char *name = self->stage.name;
	const char *source = say("%s_s", name);
	const char *file = event_path(SYSTEM, source, "trigger");
	const char *trigger = say("enable_event:user_events:%s", name);
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, leave_behind(self->fields[0], SINGLE));
		ASSERT_EQ(0, leave_behind(source, SINGLE));
		ASSERT_EQ(0, file_write(file, trigger));
		EXPECT_EQ(-EBUSY, event_delete(self->stage.fd, name));
		ASSERT_EQ(0, file_write(file, say("!%s", trigger)));
		EXPECT_EQ(0, event_delete(self->stage.fd, name));
		EXPECT_EQ(0, event_delete(self->stage.fd, source));
	}
}

TEST_F(del, every_event_of_the_name_goes)
{
	const char *neighbour = say("%s_2 u32 a", self->stage.name);
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, leave_behind(self->fields[i], MULTI));
	ASSERT_EQ(0, leave_behind(self->fields[1], SINGLE));
	ASSERT_EQ(0, leave_behind(neighbour, SINGLE));
	EXPECT_EQ(4, events_of(self->stage.name));
	EXPECT_EQ(0, event_delete(self->stage.fd, self->stage.name));
	EXPECT_EQ(0, events_of(self->stage.name));
	EXPECT_EQ(0, multi_count(self->stage.name));
	EXPECT_FALSE(event_exists(SYSTEM, self->stage.name));
	EXPECT_TRUE(is_listed(neighbour));
	EXPECT_EQ(-ENOENT, event_delete(self->stage.fd, self->stage.name));
}

TEST_F(del, busy_event_does_not_protect_the_others)
{
	const int other = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	int busy, i;

	for (busy = 0; busy < 3; busy++) {
		for (i = 0; i < 3; i++)
			ASSERT_EQ(0, leave_behind(self->fields[i], MULTI));
		ASSERT_EQ(0, leave_behind(self->fields[0], SINGLE));
		ASSERT_EQ(busy, event_register(self->stage.fd,
					       self->fields[busy],
					       self->stage.word, busy, MULTI));
		EXPECT_EQ(-EBUSY, event_delete(other, self->stage.name));
		EXPECT_EQ(busy + 1, events_of(self->stage.name)) {
			TH_LOG("format %d of 3 is busy: %s", busy,
			       file_read(DYNAMIC_FILE));
		}
		EXPECT_TRUE(is_listed(self->fields[busy]));
	}
}

TEST_F(del, busy_single_does_not_protect_the_multi)
{
	ASSERT_EQ(0, leave_behind(self->fields[0], MULTI));
	ASSERT_EQ(0, event_register(self->stage.fd, self->fields[1],
				    self->stage.word, 0, SINGLE));
	EXPECT_EQ(-EBUSY, event_delete(self->stage.fd, self->stage.name));
	EXPECT_EQ(0, multi_count(self->stage.name));
	EXPECT_TRUE(is_listed(self->fields[1]));
}

TEST_F(del, busy_multi_does_not_protect_the_single)
{
	ASSERT_EQ(0, leave_behind(self->fields[0], SINGLE));
	ASSERT_EQ(0, event_register(self->stage.fd, self->fields[1],
				    self->stage.word, 0, MULTI));
	EXPECT_EQ(-EBUSY, event_delete(self->stage.fd, self->stage.name));
	EXPECT_FALSE(event_exists(SYSTEM, self->stage.name));
	EXPECT_TRUE(is_listed(self->fields[1]));
}

/* How many formats a deletion takes long for, and how often it is looked at. */
#define MANY_FORMATS	1024
#define LOOKS		10

/* Tells how long it took, in milliseconds. */
static int delete_and_tell(struct stage *stage, __u32 *took)
{
	const __u64 start = now_ns();
	const int err = event_delete(stage->fd, stage->name);

	store32(took, (now_ns() - start) / 1000000);
	return -err;
}

/*
 * Toggles @event for as long as @child runs: the longest time that it took, in
 * milliseconds, or a negative errno.
 */
static int longest_toggle(const char *event, pid_t child)
{
	int ms, ret, longest = 0;
	bool on = false;

	do {
		on = !on;
		ms = event_trace_ms(SYSTEM, event, on);
		if (ms < 0)
			return ms;
		longest = ms > longest ? ms : longest;
		ret = reap_within(child, 0);
	} while (ret == -ETIMEDOUT);
	return ret ? -EIO : longest;
}

/*
 * Who traces something else gets his turn: a toggle does not have to wait for all
 * of a deletion.  On a busy machine it may for other reasons, but not each time.
 */
TEST_F_TIMEOUT(del, many_formats_let_others_trace_meanwhile, 480)
{
	const char *other = say("%s_other", self->stage.name);
	__u32 *took = map_pages(1, MAP_SHARED);
	int i, longest, look;
	pid_t child;

	ASSERT_EQ(0, leave_behind(other, SINGLE));
	for (look = 0; look < LOOKS; look++) {
		for (i = 0; i < MANY_FORMATS; i++)
			ASSERT_EQ(0, leave_behind(say("%s u32 field_%d",
						      self->stage.name, i),
						  MULTI));
		child = spawn();
		if (!child)
			_exit(delete_and_tell(&self->stage, took));
		longest = longest_toggle(other, child);
		ASSERT_LE(0, longest);
		ASSERT_EQ(0, events_of(self->stage.name));
		if (longest < (int)*took / 2)
			break;
		TH_LOG("a toggle took %d ms, the deletion %d ms", longest,
		       (int)*took);
	}
	EXPECT_GT(LOOKS, look);
}

/* Permissions: an unprivileged user whom the files let in. */

TEST_F(del, persistent_by_an_unprivileged_user_is_EPERM)
{
	ASSERT_EQ(0, leave_behind(self->fields[0], SINGLE));
	ASSERT_EQ(0, leave_behind(self->fields[1], MULTI));
	ASSERT_EQ(0, become_nobody());
	EXPECT_EQ(-EPERM, event_delete(self->stage.fd, self->stage.name));
	EXPECT_EQ(-EPERM, event_register(self->stage.fd, self->fields[0],
					 self->stage.word, 0, PERSIST));
}

TEST_F(del, refused_deletion_leaves_the_events)
{
	pid_t child;

	ASSERT_EQ(0, leave_behind(self->fields[0], SINGLE));
	ASSERT_EQ(0, leave_behind(self->fields[1], MULTI));
	child = spawn();
	if (!child)
		_exit(become_nobody() ? 1 :
		      -event_delete(self->stage.fd, self->stage.name));
	EXPECT_EQ(EPERM, reap(child));
	EXPECT_TRUE(is_listed(self->fields[0]));
	EXPECT_TRUE(is_listed(self->fields[1]));
}

TEST_F(del, unprivileged_user_registers_and_unregisters)
{
	ASSERT_EQ(0, become_nobody());
	EXPECT_EQ(0, event_register(self->stage.fd, self->fields[0],
				    self->stage.word, 0, SINGLE));
	EXPECT_EQ(1, event_register(self->stage.fd, self->fields[0],
				    self->stage.word, 1, MULTI));
	EXPECT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 0));
	EXPECT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 1));
}

TEST_F(del, cap_perfmon_is_enough)
{
	ASSERT_EQ(0, leave_behind(self->fields[0], SINGLE));
	ASSERT_EQ(0, keep_caps(cap_bit(CAP_PERFMON)));
	EXPECT_EQ(0, event_delete(self->stage.fd, self->stage.name));
}

/* One layout, through dynamic_events. */

FIXTURE(dynamic)
{
	struct stage stage;
	char *u32_a;
	char *u64_b;
	int file;		/* dynamic_events, writable */
};

FIXTURE_SETUP(dynamic)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	self->u32_a = say("%s u32 a", self->stage.name);
	self->u64_b = say("%s u64 b", self->stage.name);
	self->file = open(DYNAMIC_FILE, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, self->file);
}

FIXTURE_TEARDOWN_PARENT(dynamic)
{
	stage_clean(&self->stage);
}

TEST_F(dynamic, deletes_just_the_layout)
{
	ASSERT_EQ(0, leave_behind(self->u32_a, MULTI));
	ASSERT_EQ(0, leave_behind(self->u64_b, MULTI));
	EXPECT_EQ(0, write_all(self->file, say("!u:%s", self->u64_b)));
	EXPECT_FALSE(is_listed(self->u64_b));
	EXPECT_TRUE(is_listed(self->u32_a));
	EXPECT_EQ(1, multi_count(self->stage.name));
}

TEST_F(dynamic, deletes_a_layout_of_several_fields)
{
	const char *text = say("%s u32 a; u64 b; char[8] c",
			       self->stage.name);

	ASSERT_EQ(0, leave_behind(self->u32_a, MULTI));
	ASSERT_EQ(0, leave_behind(text, MULTI));
	EXPECT_EQ(0, write_all(self->file, say("!u:%s", text)));
	EXPECT_FALSE(is_listed(text));
	ASSERT_EQ(0, leave_behind(text, SINGLE));
	EXPECT_EQ(0, write_all(self->file, say("!u:%s u32 a;u64 b;char[8] c",
					       self->stage.name)));
	EXPECT_FALSE(is_listed(text));
	EXPECT_TRUE(is_listed(self->u32_a));
}

TEST_F(dynamic, unknown_layout_or_name_is_ENOENT)
{
	const char *name = self->stage.name;

	ASSERT_EQ(0, leave_behind(self->u32_a, MULTI));
	EXPECT_EQ(-ENOENT, write_all(self->file, say("!u:%s", self->u64_b)));
	EXPECT_EQ(-ENOENT, write_all(self->file, say("!u:%s u32 b", name)));
	EXPECT_EQ(-ENOENT, write_all(self->file, say("!u:%s_2 u32 a", name)));
	EXPECT_EQ(-ENOENT, write_all(self->file,
				     say("!u:nosuch/%s u32 a", name)));
	EXPECT_EQ(-ENOENT, write_all(self->file,
				     say("!u:user_events/%s u32 a", name)));
	EXPECT_TRUE(is_listed(self->u32_a));
}

TEST_F(dynamic, busy_layout_is_EBUSY)
{
	ASSERT_EQ(0, event_register(self->stage.fd, self->u32_a,
				    self->stage.word, 0, MULTI));
	ASSERT_EQ(0, leave_behind(self->u64_b, MULTI));
	EXPECT_EQ(-EBUSY, write_all(self->file, say("!u:%s", self->u32_a)));
	EXPECT_TRUE(is_listed(self->u32_a));
	EXPECT_EQ(0, write_all(self->file, say("!u:%s", self->u64_b)));
	EXPECT_TRUE(is_listed(self->u32_a));
}

TEST_F(dynamic, without_a_system_takes_both_worlds)
{
	ASSERT_EQ(0, leave_behind(self->u32_a, SINGLE));
	ASSERT_EQ(0, leave_behind(self->u32_a, MULTI));
	ASSERT_EQ(0, leave_behind(self->u64_b, MULTI));
	EXPECT_EQ(0, write_all(self->file, say("!u:%s", self->u32_a)));
	EXPECT_FALSE(is_listed(self->u32_a));
	EXPECT_FALSE(event_exists(SYSTEM, self->stage.name));
	EXPECT_EQ(1, multi_count(self->stage.name));
}

TEST_F(dynamic, system_picks_the_multi_world)
{
	ASSERT_EQ(0, leave_behind(self->u32_a, SINGLE));
	ASSERT_EQ(0, leave_behind(self->u32_a, MULTI));
	EXPECT_EQ(0, write_all(self->file,
			       say("!u:user_events_multi/%s", self->u32_a)));
	EXPECT_TRUE(event_exists(SYSTEM, self->stage.name));
	EXPECT_EQ(0, multi_count(self->stage.name));
}

TEST_F(dynamic, system_picks_the_single_world)
{
	ASSERT_EQ(0, leave_behind(self->u32_a, SINGLE));
	ASSERT_EQ(0, leave_behind(self->u32_a, MULTI));
	EXPECT_EQ(0, write_all(self->file,
			       say("!u:user_events/%s", self->u32_a)));
	EXPECT_FALSE(event_exists(SYSTEM, self->stage.name));
	EXPECT_EQ(1, multi_count(self->stage.name));
}

TEST_F(dynamic, creates_a_persistent_single_event)
{
	ASSERT_EQ(0, write_all(self->file, say("u:%s", self->u32_a)));
	close(self->file);
	EXPECT_TRUE(is_listed(self->u32_a));
	EXPECT_TRUE(event_exists(SYSTEM, self->stage.name));
	EXPECT_EQ(0, multi_count(self->stage.name));
	EXPECT_EQ(-EADDRINUSE, event_try(self->u64_b, SINGLE));
	EXPECT_EQ(0, event_try(self->u32_a, SINGLE));
	EXPECT_TRUE(is_listed(self->u32_a));
	EXPECT_EQ(0, event_delete(self->stage.fd, self->stage.name));
}

TEST_F(dynamic, refuses_a_bad_description)
{
	EXPECT_EQ(-EINVAL, write_all(self->file,
				     say("u:%s long a", self->stage.name)));
	EXPECT_EQ(-EINVAL, write_all(self->file,
				     say("u:%s:flag", self->stage.name)));
	ASSERT_EQ(0, write_all(self->file, say("u:%s", self->u32_a)));
	EXPECT_EQ(-EADDRINUSE, write_all(self->file,
					 say("u:%s", self->u64_b)));
}

TEST_F(dynamic, creation_by_an_unprivileged_user_is_EPERM)
{
	ASSERT_EQ(0, become_nobody());
	EXPECT_EQ(-EPERM, write_all(self->file, say("u:%s", self->u32_a)));
}

TEST_F(dynamic, deletion_by_an_unprivileged_user_is_EPERM)
{
	pid_t child;

	ASSERT_EQ(0, leave_behind(self->u32_a, SINGLE));
	child = spawn();
	if (!child)
		_exit(become_nobody() ? 1 :
		      -write_all(self->file, say("!u:%s", self->u32_a)));
	EXPECT_EQ(EPERM, reap(child));
	EXPECT_TRUE(is_listed(self->u32_a));
}

/* Truncation takes all or, if one is busy, nothing. */

static bool only_ours(const char *name)
{
	const char *text = file_read(DYNAMIC_FILE);

	return count_of(text, "\n") == count_of(text, say("u:%s", name));
}

TEST_F(dynamic, truncation_removes_what_is_idle)
{
	ASSERT_EQ(0, leave_behind(self->u32_a, SINGLE));
	ASSERT_EQ(0, leave_behind(self->u32_a, MULTI));
	ASSERT_EQ(0, leave_behind(self->u64_b, MULTI));
	if (!only_ours(self->stage.name))
		SKIP(return, "dynamic_events holds what is not ours");
	EXPECT_EQ(0, file_truncate(DYNAMIC_FILE));
	EXPECT_STREQ("", file_read(DYNAMIC_FILE));
	EXPECT_EQ(0, event_try(self->u64_b, SINGLE));
}

TEST_F(dynamic, truncation_with_a_busy_event_is_EBUSY)
{
	ASSERT_EQ(0, leave_behind(self->u32_a, MULTI));
	ASSERT_EQ(0, event_register(self->stage.fd, self->u64_b,
				    self->stage.word, 0, MULTI));
	if (!only_ours(self->stage.name))
		SKIP(return, "dynamic_events holds what is not ours");
	EXPECT_EQ(-EBUSY, file_truncate(DYNAMIC_FILE));
	EXPECT_TRUE(is_listed(self->u32_a));
	EXPECT_TRUE(is_listed(self->u64_b));
}

TEST_HARNESS_MAIN
