// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: the consumers of an event, and how a write gets to them.
 *
 * A payload is copied from user space once, checked, and then recorded by each
 * consumer.  A payload that is too large for perf's own buffer is copied to
 * memory with space before and after it for what perf adds, and passed to perf
 * in place.
 *
 * Recording runs with preemption off, as it does for kprobe events.  Before the
 * tracing core frees a part of a consumer, it waits for such readers with
 * tracepoint_synchronize_unregister(), which implies synchronize_rcu(), or
 * waits for SRCU-fast readers, which takes an RCU grace period as well.
 *
 * An entry that a consumer loses is counted at that point.  An entry that is
 * recorded, or that no consumer wants, touches no counter.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/ring_buffer.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "trace_events_user_mm.h"

/* A payload of this size fits into any sub-buffer and into perf's buffer */
#define UE_ALWAYS_FITS 2048

/* Size of the largest entry for perf, with the common header */
#define UE_PERF_MAX SZ_32K

/* Zeros after a large payload: a NUL for strings, and padding for perf */
#define UE_TAIL (1 + sizeof(u64) - 1)

/* A payload without space around it always fits, even with one more NUL */
static_assert(USER_EVENT_SMALL < UE_ALWAYS_FITS);
static_assert(PAGE_SIZE / 2 >= UE_ALWAYS_FITS);
#ifdef CONFIG_PERF_EVENTS
static_assert(UE_ALWAYS_FITS + sizeof(struct trace_entry) + sizeof(u64) <= PERF_MAX_TRACE_SIZE);
#endif

/*
 * ftrace
 */

static bool ue_fits_ftrace(const struct trace_event_file *file, size_t len)
{
	struct trace_buffer *buffer = file->tr->array_buffer.buffer;
	size_t most = ring_buffer_max_event_size(buffer);

	/* With absolute time stamps, the header is part of the maximum */
	if (ring_buffer_time_stamp_abs(buffer))
		most -= 8;
	return sizeof(struct trace_entry) + len <= most;
}

/*
 * Returns true if an instance would record an entry now, were its buffer not
 * full.  The caller has preemption off.
 */
static bool ue_ftrace_wants(struct trace_event_file *file)
{
	struct trace_array *tr = file->tr;
	unsigned long flags = READ_ONCE(file->flags);

	lockdep_assert_preemption_disabled();
	if (flags & EVENT_FILE_FL_SOFT_DISABLED)
		return false;
	if (flags & EVENT_FILE_FL_PID_FILTER && trace_event_ignore_this_pid(file))
		return false;
	return ring_buffer_record_is_on(tr->array_buffer.buffer) &&
	       cpumask_test_cpu(smp_processor_id(), tr->tracing_cpumask);
}

/*
 * The caller has preemption off.  It passes the place of the file, so that it
 * need not keep the file itself in a register while it records.
 */
static noinline void ue_count_ftrace(const struct user_event_consumers *consumers,
				     unsigned int place)
{
	struct trace_event_file *file = READ_ONCE(consumers->files[place]);

	lockdep_assert_preemption_disabled();
	if (file && ue_ftrace_wants(file))
		atomic64_inc(&consumers->losses->ftrace);
}

/* Returns false if the entry may have been wanted, but has not been recorded */
static __always_inline bool ue_record_ftrace(struct trace_event_file *file,
					     const void *payload, size_t len)
{
	/* trace_event_buffer_reserve() initializes it */
	struct trace_event_buffer buffer __uninitialized;
	struct trace_entry *entry;

	/* As for all events, the flags are tested while the core may change them */
	if (data_race(trace_trigger_soft_disabled(file)))
		return true;

	entry = trace_event_buffer_reserve(&buffer, file, sizeof(*entry) + len);
	if (unlikely(!entry))
		return false;

	memcpy(entry + 1, payload, len);
	trace_event_buffer_commit(&buffer);
	return true;
}

/*
 * perf
 */

#ifdef CONFIG_PERF_EVENTS

/* perf puts a u32 before an entry, and wants both to be a multiple of u64 */
static size_t ue_perf_size(size_t len)
{
	return ALIGN(sizeof(struct trace_entry) + len + sizeof(u32), sizeof(u64)) - sizeof(u32);
}

static bool ue_fits_perf(size_t len)
{
	return sizeof(struct trace_entry) + len <= UE_PERF_MAX;
}

/*
 * Returns true if a perf event on this CPU or a BPF program wants an entry.
 * BPF programs belong to the event, and do not depend on this CPU's perf
 * events.
 */
static bool ue_perf_wants(struct trace_event_call *call)
{
	return !hlist_empty(this_cpu_ptr(call->perf_events)) || bpf_prog_array_valid(call);
}

/* The caller has preemption off */
static noinline void ue_count_perf(const struct user_event_consumers *consumers,
				   struct trace_event_call *call)
{
	lockdep_assert_preemption_disabled();
	if (ue_perf_wants(call))
		atomic64_inc(&consumers->losses->perf);
}

static void ue_record_perf(struct user_event *event, const struct user_event_consumers *consumers,
			   const void *payload, size_t len)
{
	struct trace_event_call *call = &event->call;
	struct hlist_head *head = this_cpu_ptr(call->perf_events);
	size_t size = ue_perf_size(len);
	struct trace_entry *entry;
	struct pt_regs *regs;
	int context;

	if (!ue_perf_wants(call))
		return;

	entry = perf_trace_buf_alloc(size, &regs, &context);
	if (unlikely(!entry)) {
		ue_count_perf(consumers, call);
		return;
	}

	perf_fetch_caller_regs(regs);
	memcpy(entry + 1, payload, len);
	perf_trace_run_bpf_submit(entry, size, context, call, 1, regs, head, NULL);
}

/*
 * The payload was allocated with ue_alloc_payload().  The caller has preemption
 * off, so no narrow perf event starts that it did not see counted, see
 * ue_open_perf().
 */
static noinline void ue_record_perf_large(struct user_event *event,
					  const struct user_event_consumers *consumers,
					  void *payload, size_t len)
{
	struct trace_event_call *call = &event->call;
	struct hlist_head *head = this_cpu_ptr(call->perf_events);
	struct hlist_head none = HLIST_HEAD_INIT;
	size_t size = ue_perf_size(len);
	struct pt_regs regs = {};
	int context;

	lockdep_assert_preemption_disabled();
	if (!ue_perf_wants(call))
		return;

	context = ue_fits_perf(len) ? perf_swevent_get_recursion_context() : -1;
	if (context < 0) {
		ue_count_perf(consumers, call);
		return;
	}

	/* Only samples may be too small: BPF programs get the entry anyway */
	if (size > PERF_MAX_TRACE_SIZE && READ_ONCE(consumers->losses->nr_narrow) &&
	    !hlist_empty(head)) {
		ue_count_perf(consumers, call);
		head = &none;
	}
	perf_fetch_caller_regs(&regs);
	perf_trace_run_bpf_submit(payload - sizeof(struct trace_entry), size, context, call, 1,
				  &regs, head, NULL);
}

#else /* !CONFIG_PERF_EVENTS */

static bool ue_fits_perf(size_t len)
{
	return false;
}

static void ue_count_perf(const struct user_event_consumers *consumers,
			  struct trace_event_call *call)
{
}

static void ue_record_perf(struct user_event *event, const struct user_event_consumers *consumers,
			   const void *payload, size_t len)
{
}

static void ue_record_perf_large(struct user_event *event,
				 const struct user_event_consumers *consumers,
				 void *payload, size_t len)
{
}

#endif /* CONFIG_PERF_EVENTS */

/*
 * Dispatch
 */

/*
 * Returns 0 if a consumer can take it, -E2BIG if it is too large for all of them,
 * or -EBADF if there is none: the last one may be going.  The caller has
 * preemption off.
 */
static int ue_fits_any(const struct user_event_consumers *consumers, size_t len)
{
	struct trace_event_file *file;
	int ret = -EBADF;
	unsigned int i;

	lockdep_assert_preemption_disabled();
	if (READ_ONCE(consumers->perf)) {
		if (ue_fits_perf(len))
			return 0;
		ret = -E2BIG;
	}
	for (i = 0; i < consumers->nr_files; i++) {
		file = READ_ONCE(consumers->files[i]);
		if (!file)
			continue;
		if (ue_fits_ftrace(file, len))
			return 0;
		ret = -E2BIG;
	}
	return ret;
}

/* Counts an entry that no consumer can take; the caller has preemption off */
static noinline void ue_count_all(struct user_event *event,
				  const struct user_event_consumers *consumers)
{
	unsigned int i;

	lockdep_assert_preemption_disabled();
	for (i = 0; i < consumers->nr_files; i++)
		ue_count_ftrace(consumers, i);
	if (READ_ONCE(consumers->perf))
		ue_count_perf(consumers, &event->call);
}

/*
 * Returns 0 if a consumer can take the entry, and otherwise counts it if it is
 * too large.  The caller has preemption off.
 */
static noinline int ue_check_consumers(struct user_event *event,
				       const struct user_event_consumers *consumers, size_t len)
{
	int ret;

	lockdep_assert_preemption_disabled();
	if (!consumers)
		return -EBADF;
	ret = ue_fits_any(consumers, len);
	if (ret == -E2BIG)
		ue_count_all(event, consumers);
	return ret;
}

/* Returns 0 if a consumer can take the payload, so that it is worth a copy */
static int ue_check_size(struct user_event *event, size_t len)
{
	int ret;

	preempt_disable_notrace();
	ret = ue_check_consumers(event, rcu_dereference_sched(event->consumers), len);
	preempt_enable_notrace();
	return ret;
}

static __always_inline void ue_record_all(struct user_event *event,
					  const struct user_event_consumers *consumers,
					  void *payload, size_t len)
{
	bool large = len > UE_ALWAYS_FITS;
	struct trace_event_file *file;
	unsigned int i;

	for (i = 0; i < consumers->nr_files; i++) {
		file = READ_ONCE(consumers->files[i]);
		if (unlikely(!file))
			continue;
		if (unlikely((large && !ue_fits_ftrace(file, len)) ||
			     !ue_record_ftrace(file, payload, len)))
			ue_count_ftrace(consumers, i);
	}
	if (READ_ONCE(consumers->perf)) {
		if (likely(!large))
			ue_record_perf(event, consumers, payload, len);
		else
			ue_record_perf_large(event, consumers, payload, len);
	}
}

/* This is inline, so that no size is checked where it is known to be small */
static __always_inline int ue_record(struct user_event *event, void *payload, size_t len)
{
	const struct user_event_consumers *consumers;
	int ret = 0;

	preempt_disable_notrace();
	/* Attaching replaces it, and frees it after an RCU grace period */
	consumers = rcu_dereference_sched(event->consumers);
	/* Since ue_check_size(), the entry or the consumers may have changed */
	if (unlikely(!consumers || len > UE_ALWAYS_FITS))
		ret = ue_check_consumers(event, consumers, len);
	if (likely(!ret))
		ue_record_all(event, consumers, payload, len);
	preempt_enable_notrace();
	return ret;
}

static noinline int ue_end_strings_and_record(struct user_event *event, void *payload, size_t len)
{
	ssize_t new_len = user_event_layout_end_strings(event->layout, payload, len);

	return new_len < 0 ? new_len : ue_record(event, payload, new_len);
}

/*
 * The payload is a private copy, so that user space can't change it after the
 * check, with one byte more after it.
 */
static __always_inline int ue_dispatch(struct user_event *event, void *payload, size_t len)
{
	int ret = user_event_layout_check(event->layout, payload, len);

	if (likely(!ret))
		return ue_record(event, payload, len);
	return ret < 0 ? ret : ue_end_strings_and_record(event, payload, len);
}

/*
 * Allocates memory for a payload that is too large for the stack, if a consumer
 * can take it.  It has space for the common header before it, and zeros after
 * it.
 */
static void *ue_alloc_payload(struct user_event *event, size_t len, gfp_t gfp)
{
	struct trace_entry *entry;
	void *payload;
	int ret;

	ret = ue_check_size(event, len);
	if (ret)
		return ERR_PTR(ret);

	entry = kvmalloc(sizeof(*entry) + len + UE_TAIL, gfp);
	if (!entry)
		return ERR_PTR(-ENOMEM);
	payload = entry + 1;
	memset(payload + len, 0, UE_TAIL);
	return payload;
}

static void ue_free_payload(void *payload)
{
	kvfree(payload - sizeof(struct trace_entry));
}

/* Takes over the payload */
static int ue_emit_large(struct user_event *event, void *payload, size_t len)
{
	int ret = ue_dispatch(event, payload, len);

	ue_free_payload(payload);
	return ret;
}

static noinline ssize_t ue_copy_large(struct user_event *event, const char __user *from, size_t len)
{
	size_t payload_len = len - sizeof(s32);
	void *payload = ue_alloc_payload(event, payload_len, USER_EVENT_GFP);
	int ret;

	if (IS_ERR(payload))
		return PTR_ERR(payload);
	if (copy_from_user(payload, from + sizeof(s32), payload_len)) {
		ue_free_payload(payload);
		return -EFAULT;
	}
	ret = ue_emit_large(event, payload, payload_len);
	return ret ?: len;
}

/**
 * user_event_emit - record an event
 * @event: the event; the file that is written to holds a reference.
 *	user_event_check_write() has returned 0 for it and the payload.
 * @from: the write: the write index, and then the payload
 * @len: bytes of both
 *
 * Context: Process context, may fault and sleep.
 *
 * Return: @len when it has been passed to all consumers, -EBADF when there is
 * no consumer any more, -EFAULT for a payload that can't be read or whose
 * dynamic fields point outside it, -E2BIG when no consumer can take it,
 * -ENOMEM.
 */
ssize_t user_event_emit(struct user_event *event, const char __user *from, size_t len)
{
	struct user_event_write write __uninitialized;
	size_t payload_len = len - sizeof(write.index);
	int ret;

	if (unlikely(payload_len > USER_EVENT_SMALL))
		return ue_copy_large(event, from, len);
	if (unlikely(copy_from_user(&write.index, from, len)))
		return -EFAULT;
	ret = ue_dispatch(event, write.payload, payload_len);
	return ret ?: len;
}

/**
 * user_event_emit_iter - record an event whose payload is in pieces
 * @event: the event, as for user_event_emit()
 * @from: its payload, most often too large for the stack
 * @gfp: flags for the allocation of a copy
 *
 * Context: Process context, may fault; sleeps for memory if @gfp lets it.
 *
 * Return: 0, or an error like user_event_emit().
 */
int user_event_emit_iter(struct user_event *event, struct iov_iter *from, gfp_t gfp)
{
	size_t len = iov_iter_count(from);
	void *payload = ue_alloc_payload(event, len, gfp);

	if (IS_ERR(payload))
		return PTR_ERR(payload);
	if (!copy_from_iter_full(payload, len, from)) {
		ue_free_payload(payload);
		return -EFAULT;
	}
	return ue_emit_large(event, payload, len);
}

/**
 * user_event_emit_copied - record an event whose payload is in kernel memory
 * @event: the event, as for user_event_emit()
 * @payload: its payload, which nobody else can change, with memory for one more
 *	byte after it
 * @len: bytes of @payload, %USER_EVENT_SMALL at most
 *
 * Context: Process context.
 *
 * Return: 0, or -EBADF, -EFAULT or -E2BIG like user_event_emit().
 */
int user_event_emit_copied(struct user_event *event, void *payload, size_t len)
{
	if (WARN_ON_ONCE(len > USER_EVENT_SMALL))
		return -EINVAL;
	return ue_dispatch(event, payload, len);
}

/*
 * Attach and detach: the tracing core calls them with event_mutex held
 */

static struct user_event_consumers *ue_get_consumers(const struct user_event *event)
{
	return rcu_dereference_protected(event->consumers, lockdep_is_held(&event_mutex));
}

static u8 ue_status_of(const struct user_event_consumers *consumers)
{
	u8 status = consumers->perf ? USER_EVENT_BY_PERF : 0;
	unsigned int i;

	for (i = 0; i < consumers->nr_files; i++) {
		if (consumers->files[i])
			status |= USER_EVENT_BY_FTRACE;
	}
	return status;
}

/* Returns the losses of an event, allocated for its first consumer, or NULL */
static struct user_event_losses *ue_obtain_losses(const struct user_event *event)
{
	struct xarray *all = &event->name->group->losses;
	struct user_event_losses *losses = xa_load(all, event->id);

	lockdep_assert_held(&event_mutex);
	if (losses)
		return losses;

	losses = kzalloc(sizeof(*losses), GFP_KERNEL);
	if (!losses)
		return NULL;
	INIT_LIST_HEAD(&losses->perf_events);
	if (xa_err(xa_store(all, event->id, losses, GFP_KERNEL))) {
		kfree(losses);
		return NULL;
	}
	return losses;
}

/* Copies an event's consumers to an array with space for one more file */
static struct user_event_consumers *ue_grow_consumers(const struct user_event *event)
{
	const struct user_event_consumers *old = ue_get_consumers(event);
	struct user_event_losses *losses = ue_obtain_losses(event);
	struct user_event_consumers *new;
	unsigned int i;

	if (!losses)
		return NULL;
	new = kzalloc(struct_size(new, files, (old ? old->nr_files : 0) + 1), GFP_KERNEL);
	if (!new)
		return NULL;
	new->losses = losses;
	if (!old)
		return new;

	new->perf = old->perf;
	for (i = 0; i < old->nr_files; i++) {
		if (old->files[i])
			new->files[new->nr_files++] = old->files[i];
	}
	return new;
}

static void ue_publish_consumers(struct user_event *event, struct user_event_consumers *new)
{
	struct user_event_consumers *old = ue_get_consumers(event);

	/* All consumers together hold one reference */
	if (!old)
		user_event_get_locked(event);
	rcu_assign_pointer(event->consumers, new);
	if (old)
		kfree_rcu(old, rcu);
	user_event_set_status(event, ue_status_of(new));
}

static int ue_attach_file(struct user_event *event, struct trace_event_file *file)
{
	struct user_event_consumers *new = ue_grow_consumers(event);

	if (!new)
		return -ENOMEM;
	event->recorded = true;
	new->files[new->nr_files++] = file;
	ue_publish_consumers(event, new);
	return 0;
}

/* A consumer was removed in place, since detaching must not need memory */
static void ue_detached(struct user_event *event, struct user_event_consumers *consumers)
{
	u8 status = ue_status_of(consumers);

	if (!status) {
		RCU_INIT_POINTER(event->consumers, NULL);
		kfree_rcu(consumers, rcu);
	}
	user_event_set_status(event, status);
	/* The event can't be removed yet, since the core still uses the call */
	if (!status)
		user_event_put_locked(event);
}

static void ue_detach_file(struct user_event *event, const struct trace_event_file *file)
{
	struct user_event_consumers *consumers = ue_get_consumers(event);
	unsigned int i;

	if (WARN_ON_ONCE(!consumers))
		return;
	for (i = 0; i < consumers->nr_files; i++) {
		if (consumers->files[i] == file)
			WRITE_ONCE(consumers->files[i], NULL);
	}
	ue_detached(event, consumers);
}

#ifdef CONFIG_PERF_EVENTS
static int ue_attach_perf(struct user_event *event)
{
	struct user_event_consumers *new = ue_grow_consumers(event);

	if (!new)
		return -ENOMEM;
	new->perf = true;
	ue_publish_consumers(event, new);
	return 0;
}

static void ue_detach_perf(struct user_event *event)
{
	struct user_event_consumers *consumers = ue_get_consumers(event);

	if (WARN_ON_ONCE(!consumers))
		return;
	WRITE_ONCE(consumers->perf, false);
	ue_detached(event, consumers);
}

/*
 * Maximum size of the parts of a sample without a size of their own below:
 * identifiers, fixed fields and two sets of registers, generously rounded up
 */
#define UE_SAMPLE_FIXED SZ_2K

/* Maximum size of the counters in a sample, and of contexts in a call chain */
#define UE_SAMPLE_READ SZ_16K
#define UE_SAMPLE_CONTEXTS 1000

/*
 * Returns true if the largest entry may not fit into a sample of this perf
 * event next to all else that it asks for: the size of a sample is a u16.  perf
 * dumps as much of the user's stack as fits, but then nothing fits after it.
 */
static bool ue_is_narrow(const struct perf_event *perf)
{
	size_t size = sizeof(u64) + UE_PERF_MAX + UE_SAMPLE_FIXED;
	u64 type = perf->attr.sample_type;

	if (!(type & PERF_SAMPLE_RAW))
		return false;
	if (type & PERF_SAMPLE_READ)
		size += UE_SAMPLE_READ;
	if (type & PERF_SAMPLE_CALLCHAIN)
		size += (1 + perf->attr.sample_max_stack + UE_SAMPLE_CONTEXTS) * sizeof(u64);
	if (type & PERF_SAMPLE_STACK_USER && type & (PERF_SAMPLE_REGS_INTR | PERF_SAMPLE_AUX))
		size += perf->attr.sample_stack_user;
	return size > U16_MAX;
}

/* The core calls this after ue_attach_perf(), also for inherited events */
static void ue_open_perf(struct user_event *event, struct perf_event *perf)
{
	struct user_event_losses *losses = ue_get_consumers(event)->losses;

	list_add(&perf->hw.tp_list, &losses->perf_events);
	if (ue_is_narrow(perf)) {
		WRITE_ONCE(losses->nr_narrow, losses->nr_narrow + 1);
		/* Wait for writers that have not seen the new number */
		synchronize_rcu();
	}
}

/*
 * The core calls this before ue_detach_perf().  The ring buffer of an inherited
 * perf event is its parent's, which counts the losses.
 */
static void ue_close_perf(struct user_event *event, struct perf_event *perf)
{
	struct user_event_losses *losses = ue_get_consumers(event)->losses;

	list_del(&perf->hw.tp_list);
	if (ue_is_narrow(perf))
		WRITE_ONCE(losses->nr_narrow, losses->nr_narrow - 1);
	atomic64_add(atomic64_read(&perf->lost_samples), &losses->perf);
}

static u64 ue_lost_by_rings(const struct user_event_losses *losses)
{
	const struct perf_event *perf;
	u64 lost = 0;

	lockdep_assert_held(&event_mutex);
	list_for_each_entry(perf, &losses->perf_events, hw.tp_list)
		lost += atomic64_read(&perf->lost_samples);
	return lost;
}

#else /* !CONFIG_PERF_EVENTS */

static u64 ue_lost_by_rings(const struct user_event_losses *losses)
{
	return 0;
}

#endif /* CONFIG_PERF_EVENTS */

/**
 * user_event_lost_by_perf - count the entries of an event that perf has lost
 * @losses: the losses of the event
 *
 * Context: event_mutex held.
 *
 * Return: the number of entries that did not reach perf, or did not fit into
 * the ring buffer of a perf event.
 */
u64 user_event_lost_by_perf(const struct user_event_losses *losses)
{
	lockdep_assert_held(&event_mutex);
	return atomic64_read(&losses->perf) + ue_lost_by_rings(losses);
}

/**
 * user_event_reg - attach or detach a consumer, for trace_event_class::reg
 * @call: the event's trace_event_call
 * @type: what to do
 * @data: for ftrace, the struct trace_event_file of an instance; for a perf
 *	event that is opened or closed, its struct perf_event
 *
 * Context: The tracing core holds event_mutex; may sleep.  TRACE_REG_PERF_ADD
 * and TRACE_REG_PERF_DEL are called without it and with interrupts disabled.
 *
 * Return: 0 or -ENOMEM, which only attaching can return.
 */
int user_event_reg(struct trace_event_call *call, enum trace_reg type, void *data)
{
	struct user_event *event = user_event_from_call(call);

	switch (type) {
	case TRACE_REG_REGISTER:
		return ue_attach_file(event, data);
	case TRACE_REG_UNREGISTER:
		ue_detach_file(event, data);
		return 0;
#ifdef CONFIG_PERF_EVENTS
	case TRACE_REG_PERF_REGISTER:
		return ue_attach_perf(event);
	case TRACE_REG_PERF_UNREGISTER:
		ue_detach_perf(event);
		return 0;
	case TRACE_REG_PERF_OPEN:
		ue_open_perf(event, data);
		return 0;
	case TRACE_REG_PERF_CLOSE:
		ue_close_perf(event, data);
		return 0;
	default:
		/* 0 lets the core keep the list of each CPU's perf events */
		return 0;
#endif
	}
	return 0;
}
