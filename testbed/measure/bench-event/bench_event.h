/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM bench_event

#if !defined(_BENCH_EVENT_H) || defined(TRACE_HEADER_MULTI_READ)
#define _BENCH_EVENT_H

#include <linux/tracepoint.h>

/* As large as the user event that `bench` writes */
#define BENCH_EVENT_WORDS 15

TRACE_EVENT(bench_event,
	    TP_PROTO(const u32 *words),
	    TP_ARGS(words),
	    TP_STRUCT__entry(__array(u32, words, BENCH_EVENT_WORDS)),
	    TP_fast_assign(memcpy(__entry->words, words, sizeof(__entry->words));),
	    TP_printk("%u", __entry->words[0])
);

#endif /* _BENCH_EVENT_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE bench_event
#include <trace/define_trace.h>
