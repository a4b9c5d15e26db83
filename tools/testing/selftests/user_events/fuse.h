/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A FUSE filesystem that is one file of one page, served without a library.
 * Its server is a child, which answers no read while it is told not to.
 */

#ifndef SELFTESTS_USER_EVENTS_FUSE_H
#define SELFTESTS_USER_EVENTS_FUSE_H

#include <linux/fuse.h>
#include "task.h"
#include "tracefs.h"

/* In memory that the server shares. */
struct fuse_file {
	char path[32];		/* where it is mounted; empty: it is not */
	pid_t server;
	__u32 hold;		/* answer no read */
	__u32 asked;		/* how many reads were asked for */
};

static inline void fuse_reply(int dev, __u64 unique, int error,
			      const void *data, size_t size)
{
	struct fuse_out_header out = {
		.len = sizeof(out) + size,
		.error = error,
		.unique = unique,
	};
	const struct iovec iov[] = {
		{ .iov_base = &out, .iov_len = sizeof(out) },
		{ .iov_base = (void *)data, .iov_len = size },
	};

	/* Fails if whoever asked has been killed. */
	if (writev(dev, iov, 2) < 0 && errno != ENOENT)
		_exit(1);
}

static inline void fuse_answer(struct fuse_file *file, int dev, pid_t server,
			       const struct fuse_in_header *in, char *page)
{
	const struct fuse_init_out init = {
		.major = 7,
		.minor = 31,
		.max_write = getpagesize(),
		.max_background = 12,
	};
	const struct fuse_attr_out attr = {
		.attr_valid = 3600,
		.attr = {
			.ino = 1,
			.size = getpagesize(),
			.blocks = getpagesize() / 512,
			.mode = S_IFREG | 0644,
			.nlink = 1,
			.blksize = getpagesize(),
		},
	};
	const struct fuse_open_out open_out = {
		.open_flags = FOPEN_KEEP_CACHE,
	};
	const void *data = in + 1;
	const struct fuse_read_in *read_in = data;
	const struct fuse_write_in *write_in = data;
	struct fuse_write_out write_out;

	switch (in->opcode) {
	case FUSE_INIT:
		return fuse_reply(dev, in->unique, 0, &init, sizeof(init));
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		return fuse_reply(dev, in->unique, 0, &attr, sizeof(attr));
	case FUSE_OPEN:
		return fuse_reply(dev, in->unique, 0, &open_out,
				  sizeof(open_out));
	case FUSE_READ:
		store32(&file->asked, file->asked + 1);
		/* Other requests are answered meanwhile. */
		if (load32(&file->hold) && spawn())
			return;
		while (load32(&file->hold))
			pause_ms(5);
		fuse_reply(dev, in->unique, 0, page,
			   read_in->offset ? 0 : getpagesize());
		if (getpid() != server)
			_exit(0);
		return;
	case FUSE_WRITE:
		memcpy(page, write_in + 1, write_in->size);
		write_out = (struct fuse_write_out) { .size = write_in->size };
		return fuse_reply(dev, in->unique, 0, &write_out,
				  sizeof(write_out));
	case FUSE_FLUSH:
	case FUSE_FSYNC:
	case FUSE_RELEASE:
		return fuse_reply(dev, in->unique, 0, NULL, 0);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;		/* There is no answer to these. */
	default:
		return fuse_reply(dev, in->unique, -EOPNOTSUPP, NULL, 0);
	}
}

static inline void fuse_serve(struct fuse_file *file, int dev)
{
	const size_t size = FUSE_MIN_READ_BUFFER + getpagesize();
	char *request = malloc(size);
	char *page = calloc(1, getpagesize());
	const pid_t server = getpid();

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		const ssize_t got = read(dev, request, size);

		if (got >= (ssize_t)sizeof(struct fuse_in_header))
			fuse_answer(file, dev, server, (void *)request,
				    page);
		else if (errno != EINTR && errno != ENOENT)
			_exit(0);
	}
}

/* 0, or a negative errno if there can be no such filesystem. */
static inline int fuse_mount(struct fuse_file *file)
{
	const int dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char path[] = "/tmp/user_events_XXXXXX";
	int err = 0, fd;
	pid_t server;

	if (dev < 0)
		return -errno;
	fd = mkstemp(path);
	if (fd < 0)
		return -errno;
	close(fd);
	if (mount("user_events", path, "fuse", 0,
		  say("fd=%d,rootmode=100644,user_id=0,group_id=0", dev))) {
		err = -errno;
		unlink(path);
	} else {
		memcpy(file->path, path, sizeof(path));
		server = spawn();
		if (!server)
			fuse_serve(file, dev);
		file->server = server;
	}
	close(dev);
	return err;
}

/* Aborts what waits for the server, and leaves nothing of it. */
static inline void fuse_unmount(struct fuse_file *file)
{
	if (!file->path[0])
		return;
	umount2(file->path, MNT_FORCE);
	umount2(file->path, MNT_DETACH);
	kill(file->server, SIGKILL);
	unlink(file->path);
	file->path[0] = '\0';
}

/* Whether the first page of the mapping is in the page cache. */
static inline bool is_cached(void *page)
{
	unsigned char present = 1;

	mincore(page, getpagesize(), &present);
	return present & 1;
}

/* Maps the file; NULL with errno set if that fails. */
static inline void *fuse_map(struct fuse_file *file, int *fd)
{
	struct stat stat;
	void *page;

	*fd = open(file->path, O_RDWR | O_CLOEXEC);
	/* The kernel learns the size of a root when it is asked for it. */
	if (*fd < 0 || fstat(*fd, &stat))
		return NULL;
	page = mmap(NULL, getpagesize(), PROT_READ | PROT_WRITE, MAP_SHARED,
		    *fd, 0);
	if (page == MAP_FAILED)
		return NULL;
	/* No readahead: a fault reads the page itself. */
	madvise(page, getpagesize(), MADV_RANDOM);
	return page;
}

/* Drops the page from the page table and from the page cache. */
static inline bool fuse_drop(void *page, int fd)
{
	const size_t size = getpagesize();
	int left = 1000;

	while (is_cached(page) && left--) {
		msync(page, size, MS_SYNC);
		madvise(page, size, MADV_DONTNEED);
		fsync(fd);
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		pause_ms(1);
	}
	return !is_cached(page);
}

#endif
