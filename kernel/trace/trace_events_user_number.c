// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: stand-ins that keep the type numbers of removed events in use.
 *
 * The tracing core gives the lowest free number to the next event of any kind,
 * and prints all records of that number in its buffers with that event's
 * fields.  A user event may be removed when a program ends, and nothing clears
 * the buffers then.  So the number of an event that has been recorded is passed
 * to a stand-in without fields, which keeps it registered until some thousand
 * other recorded events have been removed.
 */
#include <linux/list.h>
#include <linux/slab.h>

#include "trace_events_user.h"
#include "trace_output.h"

/* Maximum number of stand-ins, of the 65536 type numbers; tests lower it */
unsigned int user_event_max_held = 4096;

/* Stand-ins by trace_event_call::list, the oldest first; under event_mutex */
static LIST_HEAD(ue_stand_ins);
static unsigned int ue_nr_stand_ins;

/* With "options/fields", the core prints the name, and then no fields */
static const char ue_stand_in_name[] = "<of a removed event>";

static enum print_line_t ue_print_stand_in(struct trace_iterator *iter, int flags,
					   struct trace_event *event)
{
	trace_seq_printf(&iter->seq, "%s\n", ue_stand_in_name);
	return trace_handle_return(&iter->seq);
}

static struct trace_event_functions ue_stand_in_funcs = {
	.trace	= ue_print_stand_in,
	.raw	= trace_nop_print,
	.hex	= trace_nop_print,
	.binary	= trace_nop_print,
};

static struct trace_event_class ue_stand_in_class = {
	.system	= USER_EVENTS_SYSTEM,
	.fields	= LIST_HEAD_INIT(ue_stand_in_class.fields),
};

static struct trace_event_call *ue_alloc_stand_in(void)
{
	struct trace_event_call *stand_in = kzalloc(sizeof(*stand_in), GFP_KERNEL | __GFP_NOWARN);

	if (stand_in) {
		stand_in->class = &ue_stand_in_class;
		stand_in->name = (char *)ue_stand_in_name;
		stand_in->event.funcs = &ue_stand_in_funcs;
		stand_in->flags = TRACE_EVENT_FL_DYNAMIC;
	}
	return stand_in;
}

/**
 * user_event_release_number - free the number of the oldest stand-in
 *
 * Context: event_mutex held.
 *
 * Return: false when there is no stand-in.
 */
bool user_event_release_number(void)
{
	struct trace_event_call *stand_in;

	lockdep_assert_held(&event_mutex);
	stand_in = list_first_entry_or_null(&ue_stand_ins, struct trace_event_call, list);
	if (!stand_in)
		return false;

	list_del(&stand_in->list);
	ue_nr_stand_ins--;
	/* This takes trace_event_sem, which all users of the stand-in hold */
	unregister_trace_event(&stand_in->event);
	kfree(stand_in);
	return true;
}

/* Passes the type number of @from, and its place in the hash table, to @to */
static void ue_pass_number(struct trace_event *from, struct trace_event *to)
{
	down_write(&trace_event_sem);
	to->type = from->type;
	hlist_add_before(&to->node, &from->node);
	hlist_del_init(&from->node);
	up_write(&trace_event_sem);
}

/**
 * user_event_remove_call - remove an event from the tracing core
 * @event: the event; a stand-in takes over its number if it was recorded
 *
 * Context: event_mutex held.
 *
 * Return: 0, -EBUSY when the core still needs the event, or -ENOMEM.  After an
 * error the event is unchanged.
 */
int user_event_remove_call(struct user_event *event)
{
	struct trace_event_call *call = &event->call, *stand_in;
	struct trace_event_functions *funcs = call->event.funcs;
	int ret;

	lockdep_assert_held(&event_mutex);
	if (!event->recorded)
		return trace_remove_event_call(call);
	stand_in = ue_alloc_stand_in();
	if (!stand_in)
		return -ENOMEM;

	ue_pass_number(&call->event, &stand_in->event);
	/* The core does not unregister an event without functions */
	call->event.funcs = NULL;
	ret = trace_remove_event_call(call);
	if (ret) {
		call->event.funcs = funcs;
		ue_pass_number(&stand_in->event, &call->event);
		kfree(stand_in);
		return ret;
	}

	list_add_tail(&stand_in->list, &ue_stand_ins);
	if (++ue_nr_stand_ins > user_event_max_held)
		user_event_release_number();
	return 0;
}
