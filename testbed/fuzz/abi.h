/* SPDX-License-Identifier: GPL-2.0 */
/*
 * abi-fuzz: programs, and what runs them.
 *
 * A program is a list of operations of four bytes: a code, and three bytes whose
 * meaning depends on the code.  All values of them are valid, so that each change of
 * a program gives another program.
 */
#ifndef FUZZ_ABI_H
#define FUZZ_ABI_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_OPS 24
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct op {
	uint8_t code, a, b, c;
};

struct program {
	unsigned int nr;
	struct op ops[MAX_OPS];
};

/* abi-ops.c.  run_program() does not return. */
void run_program(const struct program *program);
void make_universe(void);
void clean_universe(void);
unsigned int count_codes(void);

/* In the order of the table in abi-ops.c */
enum code {
	OPEN, CLOSE, REGISTER, UNREGISTER, DELETE, WRITE, WRITEV, URING,
	READ_STATUS, READ_LISTS, SET_USER_EVENT, DYNAMIC, GROUP, GROUP_LIMIT, SYSTEM_LIMIT, FORK,
	THREAD, EXEC, PROTECT, UNMAP, ADVISE, REMAP, HOLD, RELEASE, PERF, PERF_CLOSE,
	ENABLE, FILTER, TRIGGER, READ_TRACE, INSTANCE, PROBE, BPF, BECOME,
};

#endif
