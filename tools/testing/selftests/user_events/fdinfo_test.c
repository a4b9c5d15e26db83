// SPDX-License-Identifier: GPL-2.0
/* Checks that fdinfo shows what an open user_events_data has registered. */

#include "common.h"

FIXTURE(fdinfo)
{
	struct stage stage;
};

FIXTURE_SETUP(fdinfo)
{
	stage_open(_metadata, &self->stage);
}

FIXTURE_TEARDOWN_PARENT(fdinfo)
{
	stage_clean(&self->stage);
}

static char *info_of(pid_t pid, int fd)
{
	return file_read(say("/proc/%d/fdinfo/%d", pid, fd));
}

TEST_F(fdinfo, tells_the_group)
{
	char *text = info_of(getpid(), self->stage.fd);

	EXPECT_TRUE(has_line(text, "user_events_group:\t-")) {
		TH_LOG("%s", text);
	}
	EXPECT_EQ(0, count_of(text, "user_event:"));
}

TEST_F(fdinfo, tells_the_tracepoint_of_each_write_index)
{
	const char *name = self->stage.name;
	const int fd = self->stage.fd;
	char *text;

	ASSERT_EQ(0, event_register(fd, say("%s u32 a", name), self->stage.word,
				    0, SINGLE));
	ASSERT_EQ(1, event_register(fd, say("%s u32 a", name), self->stage.word,
				    1, MULTI));
	ASSERT_EQ(2, event_register(fd, say("%s u64 a", name), self->stage.word,
				    2, MULTI));
	text = info_of(getpid(), fd);
	EXPECT_TRUE(has_line(text, say("user_event:\t0 %s", name)));
	EXPECT_TRUE(has_line(text, say("user_event:\t1 %s",
				       multi_event(name, 0))));
	EXPECT_TRUE(has_line(text, say("user_event:\t2 %s",
				       multi_event(name, 1)))) {
		TH_LOG("%s", text);
	}
	EXPECT_EQ(3, count_of(text, "user_event:"));
}

TEST_F(fdinfo, is_of_this_file_only)
{
	const int other = open(DATA_FILE, O_RDWR | O_CLOEXEC);

	ASSERT_EQ(0, event_register(other, self->stage.name, self->stage.word,
				    0, SINGLE));
	EXPECT_EQ(0, count_of(info_of(getpid(), self->stage.fd),
			      "user_event:"));
	EXPECT_EQ(1, count_of(info_of(getpid(), other), "user_event:"));
}

TEST_F(fdinfo, keeps_what_is_unregistered_until_the_file_is_closed)
{
	ASSERT_EQ(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
	ASSERT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 0));
	EXPECT_EQ(1, count_of(info_of(getpid(), self->stage.fd),
			      "user_event:"));
}

TEST_F(fdinfo, of_a_child_is_read_by_its_parent)
{
	const pid_t child = spawn();

	if (!child) {
		event_register(self->stage.fd, self->stage.name,
			       self->stage.word, 0, SINGLE);
		raise(SIGSTOP);
		_exit(0);
	}
	ASSERT_EQ(child, waitpid(child, NULL, WUNTRACED));
	EXPECT_TRUE(has_line(info_of(child, self->stage.fd),
			     say("user_event:\t0 %s", self->stage.name)));
	kill(child, SIGKILL);
	reap(child);
}

/* A thread that registers while the file is looked at. */
struct registrant {
	const struct stage *stage;
	int events;
	__u32 done;
};

static int register_all(void *arg)
{
	struct registrant *registrant = arg;
	const struct stage *stage = registrant->stage;
	int i, ret = 0;

	for (i = 0; i < registrant->events && ret >= 0; i++)
		ret = event_register(stage->fd, say("%s_%d", stage->name, i),
				     stage->word + i, 0, SINGLE);
	store32(&registrant->done, 1);
	return ret < 0 ? ret : 0;
}

/* Whether the lines are those of the first events, each there once. */
static bool is_complete(const char *text, const char *name, int *events)
{
	const char *at = text;
	int i = 0;

	while ((at = strstr(at, "user_event:"))) {
		const char *line = say("user_event:\t%d %s_%d\n", i, name, i);

		if (strncmp(at, line, strlen(line)))
			return false;
		at += strlen(line);
		i++;
	}
	*events = i;
	return true;
}

TEST_F_TIMEOUT(fdinfo, is_complete_while_events_are_added, 120)
{
	struct registrant registrant = { &self->stage, 600 };
	struct thread_call call = { register_all, &registrant };
	int events = 0, before = 0;
	pthread_t thread;
	bool done;

	ASSERT_EQ(0, pthread_create(&thread, NULL, thread_call_run, &call));
	do {
		done = load32(&registrant.done);
		ASSERT_TRUE(is_complete(info_of(getpid(), self->stage.fd),
					self->stage.name, &events));
		ASSERT_LE(before, events);
		before = events;
	} while (!done);
	pthread_join(thread, NULL);
	EXPECT_EQ(0, call.ret);
	EXPECT_EQ(600, events);
}

TEST_HARNESS_MAIN
