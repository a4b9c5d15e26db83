/* SPDX-License-Identifier: GPL-2.0 */
/* BPF programs without a library: the system call, and one instruction. */

#ifndef SELFTESTS_USER_EVENTS_BPF_H
#define SELFTESTS_USER_EVENTS_BPF_H

#include <errno.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INSN(_code, _dst, _src, _off, _imm)				\
	((struct bpf_insn) {						\
		.code = (_code),					\
		.dst_reg = (_dst),					\
		.src_reg = (_src),					\
		.off = (_off),						\
		.imm = (_imm),						\
	})

/* A file, or another result, or a negative errno. */
static inline int bpf(int cmd, union bpf_attr *attr)
{
	const int ret = syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

#endif
