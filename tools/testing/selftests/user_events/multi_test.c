// SPDX-License-Identifier: GPL-2.0
/* Checks how events with one name and many formats are shared and shown. */

#include "common.h"
#include "perf.h"

FIXTURE(multi)
{
	struct stage stage;
	char *u32_count;	/* two formats of the stage's name */
	char *u64_count;
};

FIXTURE_SETUP(multi)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	ASSERT_EQ(0, file_truncate(TRACEFS "/trace"));
	self->u32_count = say("%s u32 count", self->stage.name);
	self->u64_count = say("%s u64 count", self->stage.name);
}

FIXTURE_TEARDOWN_PARENT(multi)
{
	stage_clean(&self->stage);
}

static int add(struct stage *stage, const char *text, int bit, int flags)
{
	return event_register(stage->fd, text, stage->word, bit, flags);
}

TEST_F(multi, same_layout_is_shared)
{
	const int other = open(DATA_FILE, O_RDWR | O_CLOEXEC);

	ASSERT_EQ(0, add(&self->stage, self->u32_count, 0, MULTI));
	EXPECT_EQ(0, add(&self->stage, self->u32_count, 1, MULTI));
	EXPECT_EQ(0, event_register(other, self->u32_count, self->stage.word,
				    2, MULTI));
	EXPECT_EQ(1, multi_count(self->stage.name));
	ASSERT_EQ(0, event_trace(MULTI_SYSTEM,
				 multi_event(self->stage.name, 0), true));
	EXPECT_EQ(7, *self->stage.word);
}

TEST_F(multi, other_layout_is_another_event)
{
	ASSERT_EQ(0, add(&self->stage, self->u32_count, 0, MULTI));
	EXPECT_EQ(1, add(&self->stage, self->u64_count, 1, MULTI));
	EXPECT_EQ(2, add(&self->stage, self->stage.name, 2, MULTI));
	EXPECT_EQ(1, add(&self->stage, self->u64_count, 3, MULTI));
	EXPECT_EQ(3, multi_count(self->stage.name));
}

TEST_F(multi, many_layouts_of_one_name)
{
	const int layouts = 100;
	int i;

	for (i = 0; i < layouts; i++) {
		ASSERT_EQ(i, event_register(self->stage.fd,
					    say("%s char[%d] a",
						self->stage.name, i + 1),
					    self->stage.word + i, 0, MULTI));
	}
	for (i = 0; i < layouts; i++) {
		ASSERT_EQ(i, event_register(self->stage.fd,
					    say("%s char[%d] a",
						self->stage.name, i + 1),
					    self->stage.word + i, 1, MULTI));
	}
	EXPECT_EQ(layouts, multi_count(self->stage.name));
}

TEST_F(multi, tracepoint_is_name_and_id_in_a_system_of_its_own)
{
	const char *name, *id;
	__u64 after, before;

	before = now_ns();
	ASSERT_EQ(0, add(&self->stage, self->u32_count, 0, MULTI));
	after = now_ns();

	name = multi_event(self->stage.name, 0);
	ASSERT_TRUE(!!name);
	EXPECT_TRUE(event_exists("user_events_multi", name));
	EXPECT_FALSE(event_exists("user_events", self->stage.name));

	/* NAME:[ID], ID in lower-case hex and without padding */
	id = name + strlen(self->stage.name);
	EXPECT_STREQ(say(":[%llx]", (unsigned long long)multi_id(name)), id);
	EXPECT_LE(before, multi_id(name)) {
		TH_LOG("%s is not a time after %llx", name,
		       (unsigned long long)before);
	}
	EXPECT_GE(after, multi_id(name)) {
		TH_LOG("%s is not a time before %llx", name,
		       (unsigned long long)after);
	}
}

#define CREATORS 4
#define CREATED 50

struct creator {
	pthread_t thread;
	struct stage *stage;
	int number;
	int ret;
};

static void *create(void *arg)
{
	struct creator *creator = arg;
	struct stage *stage = creator->stage;
	int i;

	pin_to_cpu(creator->number);
	for (i = 0; i < CREATED && creator->ret >= 0; i++)
		creator->ret = event_register(stage->fd,
					      say("%s char[%d] a", stage->name,
						  creator->number * CREATED +
						  i + 1),
					      stage->word +
					      creator->number * CREATED + i,
					      0, MULTI);
	return NULL;
}

TEST_F(multi, ids_never_repeat_on_4_cpus)
{
	struct creator creators[CREATORS] = {};
	int i;

	for (i = 0; i < CREATORS; i++) {
		creators[i].stage = &self->stage;
		creators[i].number = i;
		ASSERT_EQ(0, pthread_create(&creators[i].thread, NULL, create,
					    &creators[i]));
	}
	for (i = 0; i < CREATORS; i++) {
		pthread_join(creators[i].thread, NULL);
		EXPECT_LE(0, creators[i].ret);
	}
	/* a directory can't hold a name twice */
	EXPECT_EQ(CREATORS * CREATED, multi_count(self->stage.name));
}

TEST_F(multi, ids_grow_and_are_not_reused)
{
	const char *name;
	__u64 last = 0;
	int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, add(&self->stage, self->u32_count, 0, MULTI));
		name = multi_event(self->stage.name, 0);
		ASSERT_TRUE(!!name);
		EXPECT_LT(last, multi_id(name));
		last = multi_id(name);
		ASSERT_EQ(0, event_unregister(self->stage.fd,
					      self->stage.word, 0));
		close(self->stage.fd);
		EXPECT_FALSE(event_exists(MULTI_SYSTEM, name)) {
			TH_LOG("%s is still there", name);
		}
		self->stage.fd = open(DATA_FILE, O_RDWR | O_CLOEXEC);
	}
}

/* The two worlds know nothing of each other. */

FIXTURE(worlds)
{
	struct stage stage;
};

FIXTURE_VARIANT(worlds)
{
	int first;
	int second;
};

FIXTURE_VARIANT_ADD(worlds, single_first)
{
	.first = SINGLE,
	.second = MULTI,
};

FIXTURE_VARIANT_ADD(worlds, multi_first)
{
	.first = MULTI,
	.second = SINGLE,
};

FIXTURE_SETUP(worlds)
{
	stage_open(_metadata, &self->stage);
}

FIXTURE_TEARDOWN_PARENT(worlds)
{
	stage_clean(&self->stage);
}

TEST_F(worlds, same_layout_is_not_shared)
{
	const char *text = say("%s u32 a", self->stage.name);

	ASSERT_EQ(0, add(&self->stage, text, 0, variant->first));
	EXPECT_EQ(1, add(&self->stage, text, 1, variant->second));
	EXPECT_TRUE(event_exists(SYSTEM, self->stage.name));
	EXPECT_EQ(1, multi_count(self->stage.name));
}

TEST_F(worlds, other_layout_is_not_EADDRINUSE)
{
	ASSERT_EQ(0, add(&self->stage, say("%s u32 a", self->stage.name), 0,
			 variant->first));
	EXPECT_EQ(1, add(&self->stage, say("%s u64 a", self->stage.name), 1,
			 variant->second));
	EXPECT_TRUE(event_exists(SYSTEM, self->stage.name));
	EXPECT_EQ(1, multi_count(self->stage.name));
}

TEST_F(worlds, single_layouts_still_exclude_each_other)
{
	const char *one = say("%s u32 a", self->stage.name);
	const char *two = say("%s u64 a", self->stage.name);

	ASSERT_EQ(0, add(&self->stage, one, 0, variant->first));
	ASSERT_EQ(1, add(&self->stage, one, 1, variant->second));
	EXPECT_EQ(-EADDRINUSE, add(&self->stage, two, 2, SINGLE));
	EXPECT_EQ(2, add(&self->stage, two, 2, MULTI));
}

TEST_F(worlds, toggles_do_not_cross)
{
	const char *text = say("%s u32 a", self->stage.name);
	const char *multi;

	ASSERT_EQ(0, add(&self->stage, text, 0, variant->first));
	ASSERT_EQ(1, add(&self->stage, text, 1, variant->second));
	multi = multi_event(self->stage.name, 0);
	ASSERT_TRUE(!!multi);
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, true));
	EXPECT_EQ(variant->first ? 2 : 1, *self->stage.word);
	ASSERT_EQ(0, event_trace(SYSTEM, self->stage.name, false));
	ASSERT_EQ(0, event_trace(MULTI_SYSTEM, multi, true));
	EXPECT_EQ(variant->first ? 1 : 2, *self->stage.word);
}

TEST_F(worlds, the_end_of_one_leaves_the_other)
{
	const char *text = say("%s u32 a", self->stage.name);
	const int other = open(DATA_FILE, O_RDWR | O_CLOEXEC);

	ASSERT_EQ(0, add(&self->stage, text, 0, variant->first));
	ASSERT_EQ(0, event_register(other, text, self->stage.word, 1,
				    variant->second));
	EXPECT_EQ(0, event_unregister(other, self->stage.word, 0));
	close(self->stage.fd);
	EXPECT_EQ(variant->first == MULTI,
		  event_exists(SYSTEM, self->stage.name));
	EXPECT_EQ(variant->second == MULTI, multi_count(self->stage.name));
	EXPECT_EQ(1, count_of(file_read(DYNAMIC_FILE), say("u:%s", text)));
}

/* Each format is an event of its own. */

TEST_F(multi, toggles_are_independent)
{
	const char *one, *two;

	ASSERT_EQ(0, add(&self->stage, self->u32_count, 0, MULTI));
	ASSERT_EQ(1, add(&self->stage, self->u64_count, 1, MULTI));
	one = multi_event(self->stage.name, 0);
	two = multi_event(self->stage.name, 1);
	ASSERT_TRUE(one && two);
	ASSERT_EQ(0, event_trace(MULTI_SYSTEM, one, true));
	EXPECT_EQ(1, *self->stage.word);
	ASSERT_EQ(0, event_trace(MULTI_SYSTEM, two, true));
	EXPECT_EQ(3, *self->stage.word);
	ASSERT_EQ(0, event_trace(MULTI_SYSTEM, one, false));
	EXPECT_EQ(2, *self->stage.word);
}

/* Their names have a ':', which triggers also have between their parts. */

FIXTURE(target)
{
	struct stage stage;
	char *name;		/* of a multi-format event, the target */
	char *trigger;		/* the file of a single-format event */
};

FIXTURE_SETUP(target)
{
	if (!stage_open(_metadata, &self->stage))
		return;
	ASSERT_EQ(0, file_truncate(TRACEFS "/trace"));
	ASSERT_EQ(0, add(&self->stage, say("%s u32 a", self->stage.name), 0,
			 SINGLE));
	ASSERT_EQ(1, add(&self->stage, say("%s u32 a", self->stage.name), 1,
			 MULTI));
	self->name = multi_event(self->stage.name, 0);
	self->trigger = event_path(SYSTEM, self->stage.name, "trigger");
}

FIXTURE_TEARDOWN_PARENT(target)
{
	stage_clean(&self->stage);
}

FIXTURE_VARIANT(target)
{
	const char *suffix;	/* a count, or none */
};

FIXTURE_VARIANT_ADD(target, always)
{
	.suffix = "",
};

FIXTURE_VARIANT_ADD(target, once)
{
	.suffix = ":1",
};

TEST_F(target, of_enable_event)
{
	const char *enable = say("enable_event:%s:%s%s", MULTI_SYSTEM,
				 self->name, variant->suffix);
	const int fd = self->stage.fd;
	__u32 value = 1;

	ASSERT_EQ(0, file_write(self->trigger, enable));
	EXPECT_EQ(1, count_of(file_read(self->trigger), self->name));
	EXPECT_EQ(8, event_emit(fd, 1, &value, 4));
	EXPECT_EQ(0, trace_count(TRACEFS, self->name));
	EXPECT_EQ(8, event_emit(fd, 0, &value, 4));
	EXPECT_EQ(8, event_emit(fd, 1, &value, 4));
	EXPECT_EQ(1, trace_count(TRACEFS, self->name));

	EXPECT_EQ(0, file_write(self->trigger, say("!%s", enable)));
	EXPECT_EQ(0, count_of(file_read(self->trigger), self->name));
}

TEST_F(target, of_disable_event)
{
	const char *disable = say("disable_event:%s:%s%s", MULTI_SYSTEM,
				  self->name, variant->suffix);
	const int fd = self->stage.fd;
	__u32 value = 1;

	ASSERT_EQ(0, event_trace(MULTI_SYSTEM, self->name, true));
	ASSERT_EQ(0, file_write(self->trigger, disable));
	EXPECT_EQ(8, event_emit(fd, 1, &value, 4));
	EXPECT_EQ(8, event_emit(fd, 0, &value, 4));
	EXPECT_EQ(8, event_emit(fd, 1, &value, 4));
	EXPECT_EQ(1, trace_count(TRACEFS, self->name));
	EXPECT_EQ(0, file_write(self->trigger, say("!%s", disable)));
}

TEST_F(target, of_enable_hist)
{
	const char *hist = event_path(MULTI_SYSTEM, self->name, "trigger");
	const char *enable = say("enable_hist:%s:%s%s", MULTI_SYSTEM,
				 self->name, variant->suffix);

	ASSERT_EQ(0, file_write(hist, "hist:keys=a:pause"));
	EXPECT_EQ(0, file_write(self->trigger, enable));
	EXPECT_EQ(1, count_of(file_read(self->trigger), self->name));
	EXPECT_EQ(0, file_write(self->trigger, say("!%s", enable)));
	EXPECT_EQ(0, file_write(hist, "!hist:keys=a"));
}

TEST_F(target, must_be_an_event)
{
	static const char *const wrong[] = { "%s:", "%s:x:1", "x%s", ":%s", "" };
	char event[300];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		snprintf(event, sizeof(event), wrong[i], self->stage.name);
		EXPECT_EQ(-EINVAL, file_write(self->trigger,
					      say("enable_event:%s:%s%s",
						  MULTI_SYSTEM, event,
						  variant->suffix))) {
			TH_LOG("'%s'", event);
		}
	}
}

TEST_F(target, of_onmatch)
{
	const char *hist = event_path(MULTI_SYSTEM, self->name, "trigger");
	const char *name = say("%s_s", self->stage.name);
	const char *action;
	__u32 value = 7;

	ASSERT_EQ(0, file_write(TRACEFS "/synthetic_events",
				say("%s u32 v", name)));
	ASSERT_EQ(0, event_trace("synthetic", name, true));
	ASSERT_EQ(0, file_write(hist, "hist:keys=a:v=a"));
	action = say("hist:keys=a:w=$v:onmatch(%s.%s).%s($w):size=256",
		     MULTI_SYSTEM, self->name, name);
	EXPECT_EQ(0, file_write(self->trigger, action));
	EXPECT_EQ(8, event_emit(self->stage.fd, 1, &value, 4));
	EXPECT_EQ(8, event_emit(self->stage.fd, 0, &value, 4));
	EXPECT_EQ(1, trace_count(TRACEFS, name));

	EXPECT_EQ(0, file_write(self->trigger, say("!%s", action)));
	EXPECT_EQ(0, file_write(hist, "!hist:keys=a:v=a"));
	EXPECT_EQ(0, event_trace("synthetic", name, false));
	EXPECT_EQ(0, file_write(TRACEFS "/synthetic_events", say("!%s", name)));
}

/* Newer kernels take a module behind a name in set_event. */
TEST_F(target, of_set_event)
{
	const char *enable = event_path(MULTI_SYSTEM, self->name, "enable");

	EXPECT_EQ(0, file_write(TRACEFS "/set_event",
				say("%s:%s", MULTI_SYSTEM, self->name)));
	EXPECT_EQ('1', *file_read(enable));
	EXPECT_EQ(0, file_write(TRACEFS "/set_event",
				say("!%s:%s", MULTI_SYSTEM, self->name)));
	EXPECT_EQ('0', *file_read(enable));
}

TEST_F(multi, records_go_to_the_format_of_the_index)
{
	const __u64 payload = 0x1122334455667788ULL;
	const char *one, *two;
	const __u32 half = 9;
	__u64 value;

	ASSERT_EQ(0, add(&self->stage, self->u32_count, 0, MULTI));
	ASSERT_EQ(1, add(&self->stage, self->u64_count, 1, MULTI));
	one = multi_event(self->stage.name, 0);
	two = multi_event(self->stage.name, 1);
	ASSERT_TRUE(one && two);
	ASSERT_EQ(0, event_trace(MULTI_SYSTEM, one, true));
	ASSERT_EQ(0, event_trace(MULTI_SYSTEM, two, true));
	EXPECT_EQ(8, event_emit(self->stage.fd, 0, &half, 4));
	EXPECT_EQ(12, event_emit(self->stage.fd, 1, &payload, 8));
	EXPECT_EQ(-EINVAL, event_emit(self->stage.fd, 1, &payload, 4));
	ASSERT_EQ(1, trace_values(TRACEFS, one, "count", &value, 1));
	EXPECT_EQ(half, value);
	ASSERT_EQ(1, trace_values(TRACEFS, two, "count", &value, 1));
	EXPECT_EQ(payload, value);
}

TEST_F(multi, persist_combines)
{
	const char *name = self->stage.name;
	const int other = open(DATA_FILE, O_RDWR | O_CLOEXEC);

	ASSERT_EQ(0, add(&self->stage, self->u32_count, 0, MULTI | PERSIST));
	ASSERT_EQ(1, add(&self->stage, self->u64_count, 1, MULTI));
	EXPECT_EQ(0, event_unregister(other, self->stage.word, 0));
	EXPECT_EQ(0, event_unregister(other, self->stage.word, 1));
	close(self->stage.fd);
	EXPECT_EQ(1, multi_count(name));
	EXPECT_TRUE(file_has_line(DYNAMIC_FILE, say("u:%s", self->u32_count)));
	EXPECT_EQ(0, event_register(other, self->u32_count, self->stage.word,
				    0, MULTI));
	EXPECT_EQ(1, multi_count(name));
	EXPECT_EQ(0, event_unregister(other, self->stage.word, 0));
	close(other);
	EXPECT_EQ(1, multi_count(name));
}

/* How it is shown. */

static bool format_has_name(const char *event, const char *name)
{
	return file_has_line(event_path(MULTI_SYSTEM, event, "format"),
			     say("name: %s", name));
}

TEST_F(multi, format_is_named_as_registered)
{
	const char *name = self->stage.name;
	const char *format;

	ASSERT_EQ(0, add(&self->stage, self->u32_count, 0, MULTI));
	ASSERT_EQ(1, add(&self->stage, self->u64_count, 1, MULTI));
	EXPECT_TRUE(format_has_name(multi_event(name, 0), name));
	EXPECT_TRUE(format_has_name(multi_event(name, 1), name));
	format = file_read(event_path(MULTI_SYSTEM, multi_event(name, 0),
				      "format"));
	EXPECT_TRUE(has_line(format,
			     "\tfield:u32 count;\toffset:8;\tsize:4;\tsigned:0;")) {
		TH_LOG("%s", format);
	}
	format = file_read(event_path(MULTI_SYSTEM, multi_event(name, 1),
				      "format"));
	EXPECT_TRUE(has_line(format,
			     "\tfield:u64 count;\toffset:8;\tsize:8;\tsigned:0;")) {
		TH_LOG("%s", format);
	}
}

TEST_F(multi, format_name_is_an_identifier)
{
	const char *name = say("%s-a.b[1]+Z9", self->stage.name);
	const char *plain = say("%s_a_b_1__Z9", self->stage.name);

	ASSERT_EQ(0, add(&self->stage, name, 0, MULTI));
	EXPECT_TRUE(format_has_name(multi_event(name, 0), plain)) {
		TH_LOG("%s", file_read(event_path(MULTI_SYSTEM,
						  multi_event(name, 0),
						  "format")));
	}
}

TEST_F(multi, format_name_of_a_single_event_is_untouched)
{
	const char *name = say("%s-a.b", self->stage.name);

	ASSERT_EQ(0, add(&self->stage, name, 0, SINGLE));
	EXPECT_TRUE(file_has_line(event_path(SYSTEM, name, "format"),
				  say("name: %s", name)));
}

TEST_F(multi, dynamic_events_lists_registered_names)
{
	char *text;

	ASSERT_EQ(0, add(&self->stage, self->u32_count, 0, MULTI));
	ASSERT_EQ(1, add(&self->stage, self->u64_count, 1, MULTI));
	text = file_read(DYNAMIC_FILE);
	EXPECT_TRUE(has_line(text, say("u:%s", self->u32_count))) {
		TH_LOG("%s", text);
	}
	EXPECT_TRUE(has_line(text, say("u:%s", self->u64_count))) {
		TH_LOG("%s", text);
	}
}

TEST_F(multi, status_lists_tracepoint_names)
{
	const char *name = self->stage.name;
	char *text;

	ASSERT_EQ(0, add(&self->stage, self->u32_count, 0, MULTI));
	ASSERT_EQ(1, add(&self->stage, self->u64_count, 1, MULTI));
	ASSERT_EQ(0, event_trace(MULTI_SYSTEM, multi_event(name, 1), true));
	text = file_read(STATUS_FILE);
	EXPECT_TRUE(has_line(text, multi_event(name, 0))) {
		TH_LOG("%s", text);
	}
	EXPECT_TRUE(has_line(text, say("%s # Used by ftrace",
				       multi_event(name, 1)))) {
		TH_LOG("%s", text);
	}
}

/* Runs a shell command line; its output, of which stderr is a part. */
static char *output_of(const char *command)
{
	FILE *pipe = popen(say("(%s) 2>&1", command), "r");
	char *text = calloc(1, 1 << 16);

	if (!pipe || !text)
		abort();
	if (fread(text, 1, (1 << 16) - 1, pipe) == 0)
		text[0] = '\0';
	pclose(pipe);
	return text;
}

TEST_F_TIMEOUT(multi, trace_cmd_decodes_each_format, 120)
{
	const __u64 payload = 5000000000ULL;
	const __u32 half = 9;
	const char *out;

	if (sizeof(long) == 4)
		SKIP(return, "for 64-bit programs only");
	if (system("command -v trace-cmd >/dev/null 2>&1"))
		SKIP(return, "no trace-cmd");
	ASSERT_EQ(0, add(&self->stage, self->u32_count, 0, MULTI));
	ASSERT_EQ(1, add(&self->stage, self->u64_count, 1, MULTI));
	ASSERT_EQ(0, event_trace(MULTI_SYSTEM,
				 multi_event(self->stage.name, 0), true));
	ASSERT_EQ(0, event_trace(MULTI_SYSTEM,
				 multi_event(self->stage.name, 1), true));
	EXPECT_EQ(8, event_emit(self->stage.fd, 0, &half, 4));
	EXPECT_EQ(12, event_emit(self->stage.fd, 1, &payload, 8));

	out = say("/tmp/%s.dat", self->stage.name);
	out = output_of(say("trace-cmd extract -o %s; trace-cmd report -i %s; rm -f %s*",
			    out, out, out));
	EXPECT_TRUE(!!strstr(out, "count=9")) {
		TH_LOG("%s", out);
	}
	EXPECT_TRUE(!!strstr(out, "count=5000000000")) {
		TH_LOG("%s", out);
	}
	EXPECT_FALSE(!!strstr(out, "UNKNOWN EVENT")) {
		TH_LOG("%s", out);
	}
}

/* Emits both formats for as long as somebody listens, until it is killed. */
static void keep_emitting(int fd)
{
	const __u64 payload = 5000000000ULL;
	const __u32 half = 9;

	for (;;) {
		event_emit(fd, 0, &half, 4);
		event_emit(fd, 1, &payload, 8);
		pause_ms(2);
	}
}

TEST_F_TIMEOUT(multi, perf_decodes_each_format, 120)
{
	const char *data = say("/tmp/%s.perf", self->stage.name);
	const char *out;
	pid_t child;

	if (sizeof(long) == 4)
		SKIP(return, "for 64-bit programs only");
	if (system("command -v perf >/dev/null 2>&1"))
		SKIP(return, "no perf");
	ASSERT_EQ(0, add(&self->stage, self->u32_count, 0, MULTI));
	ASSERT_EQ(1, add(&self->stage, self->u64_count, 1, MULTI));
	child = spawn();
	if (!child)
		keep_emitting(self->stage.fd);
	out = output_of(say("perf record -q -o %s -e '%s:%s*' -p %d sleep 2",
			    data, MULTI_SYSTEM, self->stage.name, child));
	EXPECT_FALSE(access(data, R_OK)) {
		TH_LOG("%s", out);
	}
	out = output_of(say("perf script -i %s; rm -f %s", data, data));
	kill(child, SIGKILL);
	reap(child);
	EXPECT_TRUE(strstr(out, "count=9") && strstr(out, "count=5000000000")) {
		TH_LOG("%s", out);
	}
}

TEST_HARNESS_MAIN
