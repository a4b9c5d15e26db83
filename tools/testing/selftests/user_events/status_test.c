// SPDX-License-Identifier: GPL-2.0
/* Checks the modes of the files, and the text of user_events_status. */

#include "common.h"
#include "perf.h"

FIXTURE(status)
{
	struct stage stage;
};

FIXTURE_SETUP(status)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
}

FIXTURE_TEARDOWN_PARENT(status)
{
	stage_clean(&self->stage);
}

static int mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -errno : (int)st.st_mode & 0777;
}

TEST_F(status, data_file_is_0640_and_status_0440)
{
	EXPECT_EQ(0640, mode_of(DATA_FILE));
	EXPECT_EQ(0440, mode_of(STATUS_FILE));
}

/* Whether the status has exactly this line for the event of the test. */
static bool status_is(const char *name, const char *rest)
{
	return file_has_line(STATUS_FILE, say("%s%s", name, rest));
}

TEST_F(status, unused_event_is_its_name)
{
	EXPECT_TRUE(status_is(self->stage.name, "")) {
		TH_LOG("%s", file_read(STATUS_FILE));
	}
}

TEST_F(status, users_are_named)
{
	const char *name = self->stage.name;
	int perf;

	ASSERT_EQ(0, event_trace(SYSTEM, name, true));
	EXPECT_TRUE(status_is(name, " # Used by ftrace"));
	perf = perf_open(SYSTEM, name);
	ASSERT_LE(0, perf);
	EXPECT_TRUE(status_is(name, " # Used by ftrace perf"));
	ASSERT_EQ(0, event_trace(SYSTEM, name, false));
	EXPECT_TRUE(status_is(name, " # Used by perf"));
	close(perf);
	EXPECT_TRUE(status_is(name, ""));
}

TEST_F(status, persistent_event_is_listed_without_a_file)
{
	ASSERT_EQ(0, event_try(say("%s_2", self->stage.name), PERSIST));
	EXPECT_TRUE(status_is(self->stage.name, "_2"));
}

TEST_F(status, deleted_event_is_gone)
{
	ASSERT_EQ(0, event_try(say("%s_2", self->stage.name), PERSIST));
	ASSERT_EQ(0, event_delete(self->stage.fd,
				  say("%s_2", self->stage.name)));
	EXPECT_FALSE(status_is(self->stage.name, "_2"));
}

/* Checks the sums at the end against the lines above them. */
static bool sums_are_right(const char *text)
{
	const char *end = strstr(text, "\n\nActive: ");
	int active, busy, lines, used = 0;
	const char *at;

	if (!end)
		return false;
	for (at = text; (at = strstr(at, " # Used by ")); at++)
		used++;
	lines = count_of(text, "\n") - 3;
	return sscanf(end, "\n\nActive: %d\nBusy: %d\n", &active, &busy) == 2 &&
	       active == lines && busy == used &&
	       !strcmp(end, say("\n\nActive: %d\nBusy: %d\n", active, busy));
}

/* As the process ends, its address space alone keeps the event. */
static int register_and_end(const char *event)
{
	const int fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	const int err = event_register(fd, event, map_pages(1, MAP_PRIVATE), 0, SINGLE);

	close(fd);
	return err;
}

/*
 * Before, it was listed while a worker had taken what the process left, and had not
 * said so: soon, with a pause of 20 ms between the two.  Opening the file waits for
 * the worker.
 */
TEST_F(status, event_of_a_process_that_was_waited_for_is_gone)
{
	const int status = open(STATUS_FILE, O_RDONLY | O_CLOEXEC);
	const char *event = say("%s_brief", self->stage.name);
	char text[4096] = "";
	pid_t child;
	int i;

	for (i = 0; i < 50; i++) {
		child = spawn();
		if (!child)
			_exit(register_and_end(event));
		ASSERT_EQ(0, reap(child));
		ASSERT_LT(0, pread(status, text, sizeof(text) - 1, 0));
		ASSERT_EQ(NULL, strstr(text, event)) {
			TH_LOG("round %d", i);
		}
	}
	close(status);
}

TEST_F(status, ends_with_an_empty_line_and_the_sums)
{
	const char *name = self->stage.name;
	char *text;

	text = file_read(STATUS_FILE);
	EXPECT_TRUE(sums_are_right(text)) {
		TH_LOG("%s", text);
	}
	ASSERT_EQ(1, event_register(self->stage.fd, say("%s_2", name),
				    self->stage.word, 1, SINGLE));
	ASSERT_EQ(2, event_register(self->stage.fd, say("%s_3", name),
				    self->stage.word, 2, MULTI));
	ASSERT_EQ(0, event_trace(SYSTEM, name, true));
	text = file_read(STATUS_FILE);
	EXPECT_TRUE(sums_are_right(text)) {
		TH_LOG("%s", text);
	}
}

TEST_F(status, more_events_than_a_page_are_all_there)
{
	const int events = 300;
	char *text;
	int i;

	for (i = 0; i < events; i++)
		ASSERT_EQ(i + 1, event_register(self->stage.fd,
						say("%s_%04d", self->stage.name,
						    i),
						self->stage.word + 1 + i, 0,
						SINGLE));
	text = file_read(STATUS_FILE);
	EXPECT_EQ(events, count_of(text, say("%s_", self->stage.name)));
	EXPECT_TRUE(sums_are_right(text));
	for (i = 0; i < events; i += 37)
		EXPECT_TRUE(has_line(text, say("%s_%04d", self->stage.name,
					       i)));
}

TEST_F(status, can_be_read_byte_by_byte)
{
	const int fd = open(STATUS_FILE, O_RDONLY | O_CLOEXEC);
	char *whole = file_read(STATUS_FILE);
	char text[1 << 16];
	size_t size = 0;

	ASSERT_LE(0, fd);
	while (size < sizeof(text) - 1 && read(fd, text + size, 1) == 1)
		size++;
	text[size] = '\0';
	EXPECT_STREQ(whole, text);
}

TEST_HARNESS_MAIN
