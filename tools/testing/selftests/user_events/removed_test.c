// SPDX-License-Identifier: GPL-2.0
/* Checks that records of a removed event are never printed as another event. */

#include "common.h"
#include "perf.h"

#define OPTION TRACEFS "/options/fields"

enum { RECORDS = 8, HEIRS = 512 };

FIXTURE(removed)
{
	struct stage stage;
	int id;			/* the number in the records */
};

FIXTURE_VARIANT(removed)
{
	const char *system;	/* of those that might get the number */
	const char *command;	/* makes one, to be completed with its name */
	const char *undo;	/* removes it again */
	const char *fields;	/* options/fields */
};

FIXTURE_VARIANT_ADD(removed, user_event)
{
	.system = SYSTEM,
	.command = "u:%s __rel_loc char[] s; u32 a",
	.undo = "!u:%s __rel_loc char[] s; u32 a",
	.fields = "0",
};

FIXTURE_VARIANT_ADD(removed, user_event_with_fields)
{
	.system = SYSTEM,
	.command = "u:%s __rel_loc char[] s; u32 a",
	.undo = "!u:%s __rel_loc char[] s; u32 a",
	.fields = "1",
};

FIXTURE_VARIANT_ADD(removed, synthetic)
{
	.system = "synthetic",
	.command = "s:%s char[] s",
	.undo = "!s:%s char[] s",
	.fields = "0",
};

FIXTURE_VARIANT_ADD(removed, synthetic_with_fields)
{
	.system = "synthetic",
	.command = "s:%s char[] s",
	.undo = "!s:%s char[] s",
	.fields = "1",
};

FIXTURE_VARIANT_ADD(removed, kprobe)
{
	.system = "kprobes",
	.command = "p:%s vfs_read s=$comm:string",
	.undo = "-:%s",
	.fields = "0",
};

FIXTURE_VARIANT_ADD(removed, kprobe_with_fields)
{
	.system = "kprobes",
	.command = "p:%s vfs_read s=$comm:string",
	.undo = "-:%s",
	.fields = "1",
};

/* dynamic_events takes a command of each kind. */
static int command(const char *pattern, const char *name)
{
	char text[128];
	int fd, ret;

	snprintf(text, sizeof(text), pattern, name);
	fd = open(DYNAMIC_FILE, O_WRONLY | O_APPEND | O_CLOEXEC);
	ret = write_all(fd, text);
	close(fd);
	return ret;
}

/* Records an event whose payloads another one would take for offsets. */
FIXTURE_SETUP(removed)
{
	const char *name = self->stage.name;
	__u64 value;
	int i;

	if (!stage_open(_metadata, &self->stage))
		return;
	ASSERT_EQ(0, event_register(self->stage.fd, say("%s u64 value", name),
				    self->stage.word, 0, SINGLE));
	self->id = event_id(SYSTEM, name);
	ASSERT_EQ(0, file_truncate(TRACEFS "/trace"));
	ASSERT_EQ(0, event_trace(SYSTEM, name, true));
	for (i = 1; i <= RECORDS; i++) {
		value = DYN_LOC(i * 0x2000 - 1, 0x8000);
		value |= value << 32;
		ASSERT_EQ(12, event_emit(self->stage.fd, 0, &value, 8));
	}
	ASSERT_EQ(0, event_trace(SYSTEM, name, false));
	ASSERT_EQ(0, event_unregister(self->stage.fd, self->stage.word, 0));
	close(self->stage.fd);
	ASSERT_FALSE(event_exists(SYSTEM, name));
}

FIXTURE_TEARDOWN_PARENT(removed)
{
	int i;

	for (i = 0; i < HEIRS; i++)
		if (command(variant->undo, say("%s_%d", self->stage.name, i)))
			break;
	file_write(OPTION, "0");
	stage_clean(&self->stage);
}

TEST_F(removed, event_leaves_records_that_nobody_inherits)
{
	const char *text, *name;
	int i, id = 0;

	/* the lowest numbers are given first */
	for (i = 0; i < HEIRS && id < self->id; i++) {
		name = say("%s_%d", self->stage.name, i);
		ASSERT_EQ(0, command(variant->command, name));
		id = event_id(variant->system, name);
		ASSERT_LT(0, id);
	}
	EXPECT_LT(self->id, id);

	ASSERT_EQ(0, file_write(OPTION, variant->fields));
	text = file_read(TRACEFS "/trace");
	EXPECT_EQ(RECORDS, count_of(text, "<of a removed event>")) {
		TH_LOG("%s", text);
	}
	EXPECT_EQ(0, count_of(text, say(" %s_", self->stage.name)));
}

TEST_HARNESS_MAIN
