// SPDX-License-Identifier: GPL-2.0
/*
 * user-events: the records of an instance, in the order of time.
 *
 * Each CPU has a buffer of its own.  Of what the CPUs have when they are asked, the
 * oldest record comes first; a CPU that has nothing is not asked again before
 * reader_wait() has been called.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <kbuffer.h>

#include "tool.h"

/**
 * struct cpu_buffer - the buffer of one CPU
 * @number: which
 * @fd: its trace_pipe_raw, or -1
 * @dry: it had nothing when it was asked last
 * @pages: of it, the one that is being read
 * @parser: what takes that apart
 * @data: the record that comes next, or NULL
 * @time: when that was written
 * @lost: how many were lost before it
 */
struct cpu_buffer {
	int number;
	int fd;
	bool dry;
	void *pages;
	struct kbuffer *parser;
	void *data;
	unsigned long long time;
	int lost;
};

/**
 * struct reader - the buffers of all CPUs
 * @cpus: these
 * @count: how many there are
 * @size: of what is read at a time
 * @polled: what reader_wait() waits for, or NULL
 */
struct reader {
	struct cpu_buffer *cpus;
	size_t count;
	size_t size;
	struct pollfd *polled;
};

static size_t subbuffer_size(const char *instance)
{
	char *path = instance_path(instance, "buffer_subbuf_size_kb"), *text = NULL;
	size_t size = sysconf(_SC_PAGESIZE);

	if (!read_file(path, &text, NULL) && atol(text) > 0)
		size = atol(text) * 1024;
	free(text);
	free(path);
	return size;
}

static void open_cpu(struct reader *reader, const char *instance, const char *name)
{
	char *path = instance_path(instance, "per_cpu/%s/trace_pipe_raw", name);
	struct cpu_buffer *cpu;

	reader->cpus = grow(reader->cpus, reader->count, sizeof(*cpu));
	cpu = &reader->cpus[reader->count++];
	*cpu = (struct cpu_buffer){
		.number = atoi(name + strlen("cpu")),
		.fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC),
		.pages = malloc(reader->size),
		.parser = kbuffer_alloc(KBUFFER_LSIZE_SAME_AS_HOST, KBUFFER_ENDIAN_SAME_AS_HOST),
	};
	free(path);
	if (!cpu->pages || !cpu->parser)
		out_of_memory();
}

/**
 * reader_open - begin to read an instance
 * @instance: which
 *
 * Return: the reader, or NULL with errno set.
 */
struct reader *reader_open(const char *instance)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	char *path = instance_path(instance, "per_cpu");
	struct strings names = {};
	int error, opened = 0;
	size_t i;

	if (!reader)
		out_of_memory();
	reader->size = subbuffer_size(instance);
	error = -list_dir(path, &names);
	free(path);
	for (i = 0; i < names.count && !error; i++) {
		open_cpu(reader, instance, names.string[i]);
		if (reader->cpus[i].fd >= 0)
			opened++;
		else if (!opened && i + 1 == names.count)
			error = errno;
	}
	strings_free(&names);
	if (!error)
		return reader;
	reader_close(reader);
	errno = error;
	return NULL;
}

static bool has_record(const struct reader *reader)
{
	size_t i;

	for (i = 0; i < reader->count; i++) {
		if (reader->cpus[i].data)
			return true;
	}
	return false;
}

/* A CPU that was never online has no buffer, and poll() would return at once */
static void note_results(struct reader *reader)
{
	size_t i;

	for (i = 0; i < reader->count; i++) {
		reader->cpus[i].dry = false;
		if (!(reader->polled[i].revents & (POLLERR | POLLNVAL)))
			continue;
		close(reader->cpus[i].fd);
		reader->cpus[i].fd = -1;
	}
}

/**
 * reader_wait - wait until there may be something new
 * @reader: of which instance
 * @others: what else to wait for
 * @count: how many these are
 * @timeout: how long to wait at most, in milliseconds; -1 for ever
 *
 * With records at hand, it does not wait at all.
 *
 * Return: as poll().
 */
int reader_wait(struct reader *reader, struct pollfd *others, size_t count, int timeout)
{
	size_t i, total = reader->count + count;
	int ready;

	reader->polled = reallocarray(reader->polled, total, sizeof(*reader->polled));
	if (!reader->polled)
		out_of_memory();
	for (i = 0; i < reader->count; i++)
		reader->polled[i] = (struct pollfd){ reader->cpus[i].fd, POLLIN };
	memcpy(reader->polled + reader->count, others, count * sizeof(*others));
	ready = poll(reader->polled, total, has_record(reader) ? 0 : timeout);
	if (ready < 0)
		return ready;
	memcpy(others, reader->polled + reader->count, count * sizeof(*others));
	note_results(reader);
	return ready;
}

static void load_page(struct reader *reader, struct cpu_buffer *cpu)
{
	ssize_t got = -1;

	if (cpu->fd >= 0)
		got = read(cpu->fd, cpu->pages, reader->size);
	if (got <= 0 || kbuffer_load_subbuffer(cpu->parser, cpu->pages)) {
		cpu->dry = true;
		return;
	}
	cpu->lost = kbuffer_missed_events(cpu->parser);
	cpu->data = kbuffer_read_event(cpu->parser, &cpu->time);
}

static struct cpu_buffer *oldest(struct reader *reader)
{
	struct cpu_buffer *best = NULL;
	size_t i;

	for (i = 0; i < reader->count; i++) {
		struct cpu_buffer *cpu = &reader->cpus[i];

		while (!cpu->data && !cpu->dry)
			load_page(reader, cpu);
		if (cpu->data && (!best || cpu->time < best->time))
			best = cpu;
	}
	return best;
}

/**
 * reader_next - take the oldest record that is known
 * @reader: of which instance
 * @sample: set to the record, which stays until this is called again
 *
 * Return: whether there was one.
 */
bool reader_next(struct reader *reader, struct sample *sample)
{
	struct cpu_buffer *cpu = oldest(reader);

	if (!cpu)
		return false;
	*sample = (struct sample){
		.data = cpu->data,
		.size = kbuffer_event_size(cpu->parser),
		.time = cpu->time,
		.cpu = cpu->number,
		.lost = cpu->lost,
	};
	cpu->lost = 0;
	cpu->data = kbuffer_next_event(cpu->parser, &cpu->time);
	return true;
}

/**
 * reader_close - stop reading
 * @reader: what reader_open() has returned, or NULL
 */
void reader_close(struct reader *reader)
{
	size_t i;

	if (!reader)
		return;
	for (i = 0; i < reader->count; i++) {
		if (reader->cpus[i].fd >= 0)
			close(reader->cpus[i].fd);
		kbuffer_free(reader->cpus[i].parser);
		free(reader->cpus[i].pages);
	}
	free(reader->cpus);
	free(reader->polled);
	free(reader);
}
