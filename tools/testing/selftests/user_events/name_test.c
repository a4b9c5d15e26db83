// SPDX-License-Identifier: GPL-2.0
/* Checks how long the name of an event may be. */

#include "common.h"

/* What a directory of tracefs can be called. */
#define LONGEST 255

FIXTURE(name)
{
	struct stage stage;
	char *name;
};

FIXTURE_VARIANT(name)
{
	size_t length;
	int flags;
	int expected;
};

FIXTURE_VARIANT_ADD(name, single_1)
{
	.length = 1,
};

FIXTURE_VARIANT_ADD(name, single_236)
{
	.length = 236,
};

FIXTURE_VARIANT_ADD(name, single_239)
{
	.length = 239,
};

FIXTURE_VARIANT_ADD(name, single_255)
{
	.length = 255,
};

FIXTURE_VARIANT_ADD(name, single_256)
{
	.length = 256,
	.expected = -ENAMETOOLONG,
};

FIXTURE_VARIANT_ADD(name, single_511)
{
	.length = 511,
	.expected = -ENAMETOOLONG,
};

FIXTURE_VARIANT_ADD(name, multi_1)
{
	.length = 1,
	.flags = MULTI,
};

FIXTURE_VARIANT_ADD(name, multi_236)
{
	.length = 236,
	.flags = MULTI,
};

FIXTURE_VARIANT_ADD(name, multi_239)
{
	.length = 239,
	.flags = MULTI,
};

FIXTURE_VARIANT_ADD(name, multi_255)
{
	.length = 255,
	.flags = MULTI,
	.expected = -ENAMETOOLONG,
};

FIXTURE_VARIANT_ADD(name, multi_256)
{
	.length = 256,
	.flags = MULTI,
	.expected = -ENAMETOOLONG,
};

FIXTURE_SETUP(name)
{
	size_t own;

	if (!stage_open(_metadata, &self->stage))
		return;
	own = strlen(self->stage.name);
	self->name = map_pages(1, MAP_SHARED);
	memset(self->name, 'n', variant->length);
	if (variant->length > own)
		memcpy(self->name, self->stage.name, own);
	if (variant->length == 1 && event_listed(self->name))
		SKIP(return, "somebody else's event is called 'n'");
}

FIXTURE_TEARDOWN_PARENT(name)
{
	if (variant->length > 1)
		stage_clean(&self->stage);
}

static bool id_fits(size_t length)
{
	const char *id = say(":[%llx]", (unsigned long long)now_ns());

	return length + strlen(id) <= LONGEST;
}

TEST_F(name, of_this_length)
{
	const int fd = self->stage.fd;
	const char *event, *system;
	int i;

	if (variant->expected) {
		EXPECT_EQ(variant->expected,
			  event_register(fd, self->name, self->stage.word, 0,
					 variant->flags));
		EXPECT_EQ(-ENOENT, event_unregister(fd, self->stage.word, 0));
		EXPECT_FALSE(event_listed(self->name));
		return;
	}
	if (variant->flags && !id_fits(variant->length))
		SKIP(return, "the id has grown too long for this name");

	ASSERT_EQ(0, event_register(fd, self->name, self->stage.word, 0,
				    variant->flags));
	ASSERT_EQ(0, event_register(fd, self->name, self->stage.word, 1,
				    variant->flags));
	EXPECT_TRUE(event_listed(self->name));

	system = variant->flags ? MULTI_SYSTEM : SYSTEM;
	event = variant->flags ? multi_event(self->name, 0) : self->name;
	ASSERT_TRUE(event && event_exists(system, event));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, event_trace(system, event, true));
		EXPECT_EQ(3, *self->stage.word);
		EXPECT_EQ(0, event_trace(system, event, false));
		EXPECT_EQ(0, *self->stage.word);
	}
}

TEST_HARNESS_MAIN
