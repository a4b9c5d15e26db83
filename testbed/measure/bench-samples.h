/* SPDX-License-Identifier: GPL-2.0 */
/* Takes the samples of a measurement, and computes their median. */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAX_SAMPLES 4096

static uint64_t samples[MAX_SAMPLES];
static unsigned int nr_samples;
static uint64_t started, clock_cost;
static clockid_t clock_id = CLOCK_MONOTONIC;

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(clock_id, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void start(void)
{
	started = now();
}

static void sample(uint64_t taken)
{
	if (nr_samples < MAX_SAMPLES)
		samples[nr_samples++] = taken > clock_cost ? taken - clock_cost : 0;
}

static void stop(void)
{
	sample(now() - started);
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint64_t median(void)
{
	uint64_t value;

	qsort(samples, nr_samples, sizeof(samples[0]), compare);
	value = samples[nr_samples / 2];
	nr_samples = 0;
	return value;
}

static void use_clock(clockid_t id)
{
	unsigned int i;

	clock_id = id;
	clock_cost = 0;
	for (i = 0; i < 101; i++) {
		start();
		stop();
	}
	clock_cost = median();
}

static void result(const char *row, uint64_t value)
{
	printf("%s %llu\n", row, (unsigned long long)value);
	fflush(stdout);
}

#endif
