// SPDX-License-Identifier: GPL-2.0
/*
 * profile.c: a plugin of QEMU that records each instruction which the guest
 * executes between two instructions, for one pass from the first to the second.
 *
 * Arguments: first=ADDRESS,last=ADDRESS,skip=TIMES,out=FILE.  Addresses are in
 * hex; the output has one per line.  The guest must have one CPU.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu-plugin.h"

int qemu_plugin_version = 1;

static uint64_t first, last;
static unsigned long skip;
static FILE *out;

static unsigned long begun;
static int noting;

static void begin(unsigned int cpu, void *data)
{
	noting = begun++ == skip;
}

static void end(unsigned int cpu, void *data)
{
	if (noting)
		fflush(out);
	noting = 0;
}

static void note(unsigned int cpu, void *data)
{
	if (noting)
		fprintf(out, "%016" PRIxPTR "\n", (uintptr_t)data);
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t i, nr = qemu_plugin_tb_n_insns(tb);

	for (i = 0; i < nr; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t addr = qemu_plugin_insn_vaddr(insn);

		if (addr == first)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, begin, 0, NULL);
		if (addr == last)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, end, 0, NULL);
		qemu_plugin_register_vcpu_insn_exec_cb(insn, note, 0,
						       (void *)(uintptr_t)addr);
	}
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	int i;

	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "first=", 6))
			first = strtoull(argv[i] + 6, NULL, 16);
		else if (!strncmp(argv[i], "last=", 5))
			last = strtoull(argv[i] + 5, NULL, 16);
		else if (!strncmp(argv[i], "skip=", 5))
			skip = strtoul(argv[i] + 5, NULL, 10);
		else if (!strncmp(argv[i], "out=", 4))
			out = fopen(argv[i] + 4, "w");
	}
	if (!first || !last || !out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
