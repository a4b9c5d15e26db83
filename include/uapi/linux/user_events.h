/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * user_events: trace events that user processes create and emit.
 *
 * A program opens "user_events_data" in tracefs, registers an event together
 * with one bit of its own memory, and emits the event by writing to the same
 * file while the kernel keeps that bit set.  See
 * Documentation/trace/user_events.rst.
 */
#ifndef _UAPI_LINUX_USER_EVENTS_H
#define _UAPI_LINUX_USER_EVENTS_H

#include <linux/types.h>
#include <linux/ioctl.h>

/* Directory in events/ of events whose names have a single format */
#define USER_EVENTS_SYSTEM "user_events"

/* Directory in events/ of events whose names may have many formats */
#define USER_EVENTS_MULTI_SYSTEM "user_events_multi"

/* Prefix of the lines about user events in dynamic_events */
#define USER_EVENTS_PREFIX "u:"

/* Value of a __data_loc or __rel_loc field for data at an offset, in bytes */
#define DYN_LOC(offset, size) ((size) << 16 | (offset))

/**
 * enum user_reg_flag - how an event is to be registered
 * @USER_EVENT_REG_PERSIST: keep the event until it is deleted, even if nothing
 *	uses it any more; needs CAP_PERFMON
 * @USER_EVENT_REG_MULTI_FORMAT: the name may be shared by events with other
 *	fields; each layout becomes an event of its own
 * @USER_EVENT_REG_MAX: the first bit without a meaning
 */
enum user_reg_flag {
	USER_EVENT_REG_PERSIST		= 1U << 0,
	USER_EVENT_REG_MULTI_FORMAT	= 1U << 1,
	USER_EVENT_REG_MAX		= 1U << 2,
};

/**
 * struct user_reg - argument of DIAG_IOCSREG
 * @size: sizeof(struct user_reg) when the program was compiled
 * @enable_bit: the bit at @enable_addr that the kernel keeps up to date
 * @enable_size: bytes of the value at @enable_addr: 4, or 8 on 64-bit kernels
 * @flags: any of enum user_reg_flag
 * @enable_addr: address of the value, a multiple of @enable_size
 * @name_args: pointer to the description, "NAME [FIELD[;FIELD...]]"
 * @write_index: set by the kernel to the number that each write of this event
 *	starts with
 */
struct user_reg {
	__u32	size;
	__u8	enable_bit;
	__u8	enable_size;
	__u16	flags;
	__u64	enable_addr;
	__u64	name_args;
	__u32	write_index;
} __attribute__((__packed__));

/**
 * struct user_unreg - argument of DIAG_IOCSUNREG
 * @size: sizeof(struct user_unreg) when the program was compiled
 * @disable_bit: the bit given as enable_bit when registering
 * @__reserved: must be 0
 * @__reserved2: must be 0
 * @disable_addr: the address given as enable_addr when registering
 */
struct user_unreg {
	__u32	size;
	__u8	disable_bit;
	__u8	__reserved;
	__u16	__reserved2;
	__u64	disable_addr;
} __attribute__((__packed__));

#define DIAG_IOC_MAGIC '*'

/* Register an event and a bit of this address space */
#define DIAG_IOCSREG _IOWR(DIAG_IOC_MAGIC, 0, struct user_reg *)

/* Delete all events of a name */
#define DIAG_IOCSDEL _IOW(DIAG_IOC_MAGIC, 1, char *)

/* Unregister a bit of this address space */
#define DIAG_IOCSUNREG _IOW(DIAG_IOC_MAGIC, 2, struct user_unreg *)

#endif /* _UAPI_LINUX_USER_EVENTS_H */
