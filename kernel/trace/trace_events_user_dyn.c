// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: entry point: dynamic_events, which lists, creates and deletes
 * events.
 *
 * The events it creates persist.  error_log explains why a command failed.
 */
#include <linux/capability.h>
#include <linux/delay.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "trace_events_user_mm.h"

/* Messages in error_log, by enum user_event_fault */
static const char * const ue_error_texts[] = {
	[USER_EVENT_BAD_CHAR]		= "Character is not allowed",
	[USER_EVENT_NO_NAME]		= "Event has no name",
	[USER_EVENT_RESERVED_NAME]	= "Event name is reserved",
	[USER_EVENT_BAD_FLAGS]		= "There are no flags",
	[USER_EVENT_LONG_NAME]		= "Event name is too long",
	[USER_EVENT_BAD_FIELD]		= "Field is neither TYPE NAME nor struct NAME NAME SIZE",
	[USER_EVENT_BAD_TYPE]		= "Type is not known",
	[USER_EVENT_BAD_SIZE]		= "Size is none of a struct",
	[USER_EVENT_BAD_FIELD_NAME]	= "Field name is no identifier or is reserved",
	[USER_EVENT_FIELD_TWICE]	= "Field name is used twice",
	[USER_EVENT_LARGE_ENTRY]	= "Fields are too large for an entry",
	[USER_EVENT_BAD_SYSTEM]		= "System is not one of user events",
	[USER_EVENT_EXISTS]		= "Event exists with other fields",
	[USER_EVENT_MULTI_ONLY]		= "Group takes multi-format events only",
};

static void ue_log_error(const char *raw_command, enum user_event_fault fault, const char *at)
{
	tracing_log_err(NULL, "user_events", raw_command, (const char **)ue_error_texts, fault,
			at - raw_command);
}

/* Parses a refused description again to find out what is wrong with it */
static void ue_explain(const char *raw_command, const char *desc)
{
	struct user_event_layout *layout;
	struct user_event_error error;
	size_t len;
	int ret;

	ret = user_event_name_len(desc, &len, &error);
	if (!ret) {
		layout = user_event_layout_parse(desc + len, GFP_KERNEL, &error);
		ret = PTR_ERR_OR_ZERO(layout);
		if (!ret)
			kfree(layout);
	}
	/* The name is valid, but too long together with an event's id */
	if (!ret)
		ue_log_error(raw_command, USER_EVENT_LONG_NAME, desc);
	else if (ret != -ENOMEM)
		ue_log_error(raw_command, error.fault, error.at);
}

static void ue_explain_error(const char *raw_command, const char *desc, int ret)
{
	switch (ret) {
	case -EINVAL:
	case -ENAMETOOLONG:
		ue_explain(raw_command, desc);
		break;
	case -EADDRINUSE:
		ue_log_error(raw_command, USER_EVENT_EXISTS, desc);
		break;
	case -EPERM:
		ue_log_error(raw_command, USER_EVENT_MULTI_ONLY, desc);
		break;
	}
}

/**
 * struct ue_command - a command that creates an event
 * @group: the group of the event; holds a reference
 * @reg_flags: the flags of a registration of such an event
 * @desc: the description
 */
struct ue_command {
	struct user_event_group	*group;
	unsigned int		reg_flags;
	const char		*desc;
};

/**
 * ue_parse_command - parse a command
 * @text: "[SYSTEM/]NAME [FIELD[;FIELD...]]"
 * @command: the result
 *
 * Return: false when SYSTEM is not the system of a group.
 */
static bool ue_parse_command(const char *text, struct ue_command *command)
{
	const char *system = USER_EVENTS_SYSTEM;
	size_t len = strcspn(text, " /");

	command->desc = text;
	if (text[len] == '/') {
		system = text;
		command->desc += len + 1;
	} else {
		/* A command without a system is about the default group */
		len = strlen(system);
	}
	command->group = user_event_group_of_system(system, len, &command->reg_flags);
	return command->group;
}

static int ue_make_persistent(const char *raw_command, const struct ue_command *command)
{
	struct user_event *event;

	event = user_event_obtain(command->group, command->desc, command->reg_flags);
	if (IS_ERR(event)) {
		ue_explain_error(raw_command, command->desc, PTR_ERR(event));
		return PTR_ERR(event);
	}

	user_event_persist(event);
	user_event_put(event);
	return 0;
}

static int ue_dyn_create(const char *raw_command)
{
	struct ue_command command;
	const char *text;
	int ret;

	if (!str_has_prefix(raw_command, USER_EVENTS_PREFIX))
		return -ECANCELED;
	if (!perfmon_capable())
		return -EPERM;

	text = skip_spaces(raw_command + strlen(USER_EVENTS_PREFIX));
	if (!ue_parse_command(text, &command)) {
		ue_log_error(raw_command, USER_EVENT_BAD_SYSTEM, text);
		return -EINVAL;
	}
	ret = ue_make_persistent(raw_command, &command);
	user_event_group_put(command.group);
	return ret;
}

static struct user_event *ue_from_devent(struct dyn_event *devent)
{
	return container_of(devent, struct user_event, devent);
}

/* An event that only waits for its removal must not be seen any more */
static bool ue_is_there(struct user_event *event)
{
	lockdep_assert_held(&event_mutex);
	user_events_drop_locked();
	return user_event_is_wanted(event);
}

static int ue_dyn_show(struct seq_file *m, struct dyn_event *devent)
{
	struct user_event *event = ue_from_devent(devent);

	if (!ue_is_there(event))
		return SEQ_SKIP;
	seq_puts(m, USER_EVENTS_PREFIX);
	if (event->name->group != &user_event_default_group)
		seq_printf(m, "%s/", event->call.class->system);
	seq_puts(m, event->name->reg_name);
	user_event_layout_show(m, event->layout);
	seq_putc(m, '\n');
	return 0;
}

static bool ue_dyn_is_busy(struct dyn_event *devent)
{
	struct user_event *event = ue_from_devent(devent);

	if (trace_event_dyn_busy(&event->call))
		return true;
	if (!user_event_is_busy(event))
		return false;
	user_events_settle_locked();
	return user_event_is_busy(event);
}

static int ue_dyn_free(struct dyn_event *devent)
{
	struct user_event *event = ue_from_devent(devent);
	unsigned int tries;
	int ret;

	if (user_event_is_busy(event))
		user_events_settle_locked();
	ret = user_event_delete_unused(event);
	for (tries = 0; ret == -EAGAIN && tries < USER_EVENT_CORE_TRIES; tries++) {
		tracepoint_synchronize_unregister();
		fsleep(1000);
		ret = user_event_delete_unused(event);
	}
	return ret == -EAGAIN ? -EBUSY : ret;
}

static bool ue_dyn_match(const char *system, const char *text, int argc,
			 const char **argv, struct dyn_event *devent)
{
	struct user_event *event = ue_from_devent(devent);

	if (strcmp(event->name->reg_name, text) || !ue_is_there(event))
		return false;
	/* A command without a system is about the default group */
	if (system ? strcmp(event->call.class->system, system) :
		     event->name->group != &user_event_default_group)
		return false;
	return user_event_layout_match(event->layout, argc, argv);
}

struct dyn_event_operations user_event_dyn_ops = {
	.create		= ue_dyn_create,
	.show		= ue_dyn_show,
	.is_busy	= ue_dyn_is_busy,
	.free		= ue_dyn_free,
	.match		= ue_dyn_match,
};
