// SPDX-License-Identifier: GPL-2.0
/* Checks the limit for the number of events, and who is charged for them. */

#include "common.h"

FIXTURE(limit)
{
	struct stage stage;
	char max[16];		/* kernel.user_events_max as it was */
};

FIXTURE_SETUP(limit)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	snprintf(self->max, sizeof(self->max), "%s", file_read(MAX_FILE) ?:
		 "");
	ASSERT_EQ(0, event_register(self->stage.fd,
				    say("%s u32 a", self->stage.name),
				    self->stage.word, 0, SINGLE));
}

FIXTURE_TEARDOWN_PARENT(limit)
{
	file_write(MAX_FILE, self->max);
	stage_clean(&self->stage);
}

TEST_F(limit, default_is_32768_and_mode_0644)
{
	struct stat st;

	EXPECT_STREQ("32768\n", self->max);
	ASSERT_EQ(0, stat(MAX_FILE, &st));
	EXPECT_EQ(0644, st.st_mode & 0777);
}

/* Numbers of trace events have 16 bits, and others need some of them. */
TEST_F(limit, leaves_numbers_for_other_events)
{
	EXPECT_EQ(0, file_write(MAX_FILE, "49152"));
	EXPECT_STREQ("49152\n", file_read(MAX_FILE));
	EXPECT_EQ(-EINVAL, file_write(MAX_FILE, "49153"));
	EXPECT_EQ(-EINVAL, file_write(MAX_FILE, "65536"));
	EXPECT_EQ(-EINVAL, file_write(MAX_FILE, "4294967295"));
	EXPECT_STREQ("49152\n", file_read(MAX_FILE));
	EXPECT_EQ(0, event_try(say("%s_2", self->stage.name), SINGLE));
}

TEST_F(limit, takes_a_number_only)
{
	EXPECT_EQ(-EINVAL, file_write(MAX_FILE, "-1"));
	EXPECT_EQ(-EINVAL, file_write(MAX_FILE, "4294967296"));
	EXPECT_EQ(-EINVAL, file_write(MAX_FILE, "many"));
	EXPECT_STREQ(self->max, file_read(MAX_FILE));
}

TEST_F(limit, one_more_event_is_EMFILE)
{
	const char *other = say("%s_2 u32 a", self->stage.name);
	const int fd = self->stage.fd;
	__u32 *word = self->stage.word;
	int flags;

	ASSERT_EQ(0, events_set_max(events_active()));
	for (flags = 0; flags < 4; flags++) {
		EXPECT_EQ(-EMFILE, event_register(fd, other, word, 1, flags)) {
			TH_LOG("flags %d", flags);
		}
	}
	EXPECT_EQ(-EMFILE, event_register(fd,
					  say("%s u64 b", self->stage.name),
					  word, 1, MULTI));
	EXPECT_EQ(-EMFILE, file_write(DYNAMIC_FILE, say("u:%s", other)));
	EXPECT_EQ(-ENOENT, event_unregister(fd, word, 1));

	/* what is there is shared as ever */
	EXPECT_EQ(0, event_register(fd, say("%s u32 a", self->stage.name),
				    word, 1, SINGLE));
}

TEST_F(limit, one_place_is_one_event)
{
	const char *two = say("%s_2 u32 a", self->stage.name);
	const char *three = say("%s_3 u32 a", self->stage.name);
	const int fd = self->stage.fd;

	ASSERT_EQ(0, events_set_max(events_active() + 1));
	EXPECT_EQ(1, event_register(fd, two, self->stage.word, 1, SINGLE));
	EXPECT_EQ(-EMFILE, event_register(fd, three, self->stage.word, 2,
					  SINGLE));
	EXPECT_EQ(1, event_register(fd, two, self->stage.word, 2, SINGLE));
}

TEST_F(limit, below_the_number_in_use_keeps_them)
{
	const int fd = self->stage.fd;

	ASSERT_EQ(0, events_set_max(0));
	EXPECT_TRUE(event_listed(self->stage.name));
	EXPECT_EQ(0, event_register(fd, say("%s u32 a", self->stage.name),
				    self->stage.word, 1, SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(3, *self->stage.word);
	EXPECT_EQ(-EMFILE, event_try(say("%s_2", self->stage.name), SINGLE));
}

TEST_F(limit, place_is_free_as_soon_as_an_event_went)
{
	const char *two = say("%s_2 u32 a", self->stage.name);
	int fd, i;

	ASSERT_EQ(0, events_set_max(events_active() + 1));
	for (i = 0; i < 20; i++) {
		fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
		ASSERT_EQ(0, event_register(fd, two, self->stage.word, 1,
					    i % 2 ? MULTI : SINGLE)) {
			TH_LOG("in round %d", i);
		}
		ASSERT_EQ(0, event_unregister(fd, self->stage.word, 1));
		close(fd);
	}
}

TEST_F(limit, place_is_free_as_soon_as_the_tracer_went)
{
	const char *two = say("%s_2", self->stage.name);
	int fd, i;

	ASSERT_EQ(0, events_set_max(events_active() + 1));
	for (i = 0; i < 10; i++) {
		fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
		ASSERT_EQ(0, event_register(fd, two, self->stage.word, 1,
					    SINGLE));
		ASSERT_EQ(0, event_trace(SYSTEM, two, true));
		ASSERT_EQ(0, event_unregister(fd, self->stage.word, 1));
		close(fd);
		ASSERT_EQ(-EMFILE, event_try(say("%s_3", self->stage.name),
					     SINGLE));
		ASSERT_EQ(0, event_trace(SYSTEM, two, false));
		ASSERT_EQ(0, event_try(say("%s_3", self->stage.name), SINGLE));
	}
}

TEST_F(limit, order_other_errors_come_before_EMFILE)
{
	const int fd = self->stage.fd;
	__u32 *word = self->stage.word;

	ASSERT_EQ(0, events_set_max(0));
	EXPECT_EQ(-EINVAL, event_register(fd,
					  say("%s_2 long a", self->stage.name),
					  word, 1, SINGLE));
	EXPECT_EQ(-EADDRINUSE, event_register(fd,
					      say("%s u64 b",
						  self->stage.name),
					      word, 1, SINGLE));
	EXPECT_EQ(-EMFILE, event_register(fd, say("%s_2", self->stage.name),
					  (void *)0x1000, 1, SINGLE));
}

/* Memory is charged to the memory cgroup of whoever registers. */

#define CGROUPS "/sys/fs/cgroup"

FIXTURE(memcg)
{
	struct stage stage;
	char root[64];		/* a cgroup2 mount of ours, or the system's */
	char group[128];
	bool mounted;
};

FIXTURE_SETUP(memcg)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	snprintf(self->root, sizeof(self->root), CGROUPS);
	if (access(CGROUPS "/cgroup.controllers", F_OK)) {
		snprintf(self->root, sizeof(self->root), "/tmp/%s",
			 self->stage.name);
		mkdir(self->root, 0700);
		self->mounted = !mount("cgroup2", self->root, "cgroup2", 0,
				       NULL);
	}
	if (!strstr(file_read(say("%s/cgroup.controllers", self->root)) ?: "",
		    "memory"))
		SKIP(return, "no memory controller of cgroup2");
	file_write(say("%s/cgroup.subtree_control", self->root), "+memory");
	snprintf(self->group, sizeof(self->group), "%s/%s", self->root,
		 self->stage.name);
	ASSERT_EQ(0, mkdir(self->group, 0700));
}

FIXTURE_TEARDOWN_PARENT(memcg)
{
	dir_clean(self->group);
	if (self->mounted) {
		umount(self->root);
		rmdir(self->root);
	}
	stage_clean(&self->stage);
}

/* What the child of the test found, in memory that it need not allocate. */
struct found {
	int ret;		/* of the last registration */
	int registered;
	int unregistered;
	char text[64];
	__u32 word[4096];
};

#define ATTEMPTS 4000

/* Registers formats of a name until it is refused; allocates nothing itself. */
static void register_until_refused(struct stage *stage, struct found *found)
{
	int i;

	for (i = 0; i < ATTEMPTS; i++) {
		snprintf(found->text, sizeof(found->text), "%s char[%d] a%d",
			 stage->name, i % 1024 + 1, i);
		found->ret = event_register(stage->fd, found->text,
					    found->word + i, 0, MULTI);
		if (found->ret < 0)
			break;
	}
	found->registered = i;
	for (i = 0; i < found->registered; i++)
		if (!event_unregister(stage->fd, found->word + i, 0))
			found->unregistered++;
}

TEST_F_TIMEOUT(memcg, small_memory_max_is_ENOMEM_and_nobody_is_killed, 120)
{
	struct found *found = map_pages(8, MAP_SHARED);
	const char *events;
	pid_t child;

	memset(found, 0, sizeof(*found));
	child = spawn();
	if (!child) {
		/* all that the child needs is there before the limit is */
		if (mlockall(MCL_CURRENT | MCL_FUTURE) ||
		    file_write(say("%s/cgroup.procs", self->group), "0") ||
		    file_write(say("%s/memory.max", self->group), "1M"))
			_exit(1);
		register_until_refused(&self->stage, found);
		_exit(0);
	}
	EXPECT_EQ(0, reap(child)) {
		TH_LOG("%d were registered", found->registered);
	}
	EXPECT_EQ(-ENOMEM, found->ret) {
		TH_LOG("%d were registered", found->registered);
	}
	EXPECT_LT(10, found->registered);
	EXPECT_EQ(found->registered, found->unregistered);
	events = file_read(say("%s/memory.events", self->group)) ?: "";
	EXPECT_TRUE(has_line(events, "oom_kill 0")) {
		TH_LOG("%s", events);
	}

	/* the kernel is well, and others go on */
	EXPECT_LE(0, event_register(self->stage.fd, self->stage.name,
				    self->stage.word, 0, SINGLE));
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_TRUE(wait32(self->stage.word, 1));
}

TEST_HARNESS_MAIN
