// SPDX-License-Identifier: GPL-2.0
/*
 * tsc: prints how often this machine's time-stamp counter counts, in kHz.
 *
 * A guest that shares the machine measures that in vain as it boots, and counts
 * ticks instead, whose length it has measured no better.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct moment {
	uint64_t ticks;
	int64_t ns;
};

/* Of some looks at both clocks, the one that took the least time between the two */
static struct moment look(void)
{
	uint64_t before, after, least = UINT64_MAX;
	struct moment moment = {};
	struct timespec ts;
	int i;

	for (i = 0; i < 100; i++) {
		before = __builtin_ia32_rdtsc();
		clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
		after = __builtin_ia32_rdtsc();
		if (after - before >= least)
			continue;
		least = after - before;
		moment.ticks = before + least / 2;
		moment.ns = ts.tv_sec * 1000000000LL + ts.tv_nsec;
	}
	return moment;
}

int main(void)
{
	const struct timespec wait = { .tv_nsec = 100000000 };
	struct moment first, second;

	first = look();
	nanosleep(&wait, NULL);
	second = look();
	printf("%.0f\n", (second.ticks - first.ticks) * 1e6 / (second.ns - first.ns));
	return 0;
}
