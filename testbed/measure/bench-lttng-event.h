/* SPDX-License-Identifier: GPL-2.0 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "bench-lttng-event.h"

#if !defined(BENCH_LTTNG_EVENT_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define BENCH_LTTNG_EVENT_H

#include <lttng/tracepoint.h>
#include <stdint.h>

/* The fields of the user event that `bench` writes, and one field of their size */
#define BENCH_WORDS 15

LTTNG_UST_TRACEPOINT_EVENT(bench, event,
			   LTTNG_UST_TP_ARGS(uint32_t, a, uint64_t, b, uint64_t, c,
					     uint64_t, d, uint64_t, e, uint64_t, f,
					     uint64_t, g, uint64_t, h),
			   LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, a, a)
					       lttng_ust_field_integer(uint64_t, b, b)
					       lttng_ust_field_integer(uint64_t, c, c)
					       lttng_ust_field_integer(uint64_t, d, d)
					       lttng_ust_field_integer(uint64_t, e, e)
					       lttng_ust_field_integer(uint64_t, f, f)
					       lttng_ust_field_integer(uint64_t, g, g)
					       lttng_ust_field_integer(uint64_t, h, h))
)

LTTNG_UST_TRACEPOINT_EVENT(bench, array,
			   LTTNG_UST_TP_ARGS(const uint32_t *, words),
			   LTTNG_UST_TP_FIELDS(lttng_ust_field_array(uint32_t, words, words,
								     BENCH_WORDS))
)

#endif

#include <lttng/tracepoint-event.h>
