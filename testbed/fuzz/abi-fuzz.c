// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes the interface of user_events, guided by the blocks of our files that KCOV
 * reports as executed.  It runs inside the guest, as root; see `abi-run`.
 *
 *   abi-fuzz [-s SEED] [-t SECONDS] [-l FILE] [-r FILE]
 *
 *   -s   the seed of the random numbers; by default 1
 *   -t   for how long; by default 60
 *   -l   writes each program to FILE before it is run, so that it is known when it
 *	  brings down the kernel
 *   -r   runs the program in FILE, and nothing else
 *
 * A program that executes a block for the first time is kept, and later programs
 * are made of those that were kept.  Each runs in a process of its own, which is
 * killed when it takes too long: it may wait for a page that never comes.  It is a
 * mistake of the kernel if the process can't be killed, or if the kernel reports
 * one, which taints it.
 *
 * With the seed 1 on a loaded machine, it has found a write index that was not
 * checked within 10 seconds, and a reference that was put twice after 29 seconds
 * and 437 programs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/kcov.h>
#include "abi.h"

#define KCOV_FILE "/sys/kernel/debug/kcov"
#define NR_PCS 65536
#define MAX_KEPT 4096
#define LIMIT_MS 1000		/* for a program to end by itself */
#define KILL_MS 60000		/* for a program to end when it is killed */
#define CLEAN_EVERY 64		/* programs meet what some others have left */

static struct program kept[MAX_KEPT];
static unsigned int nr_kept, nr_blocks, nr_stopped;
static unsigned long nr_runs;
static uint64_t pcs[NR_PCS];
static uint64_t *area;
static int kcov = -1, last = -1, tainted = -1;
static uint64_t random_state;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* xorshift64* */
static uint32_t any(uint32_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 0x2545f4914f6cdd1dULL >> 32) % below;
}

static void open_kcov(void)
{
	kcov = open(KCOV_FILE, O_RDWR);
	if (kcov < 0 || ioctl(kcov, KCOV_INIT_TRACE, NR_PCS)) {
		printf("1..0 # SKIP no %s: %s\n", KCOV_FILE, strerror(errno));
		exit(4);
	}
	area = mmap(NULL, NR_PCS * sizeof(*area), PROT_READ | PROT_WRITE, MAP_SHARED, kcov, 0);
	if (area == MAP_FAILED) {
		perror("mmap of kcov");
		exit(1);
	}
}

/* Counts the blocks that no program has executed before */
static unsigned int new_blocks(void)
{
	uint64_t nr = area[0], i;
	unsigned int found = 0;

	for (i = 1; i <= nr && i < NR_PCS; i++) {
		uint32_t at = area[i] * 0x9e3779b97f4a7c15ULL >> 48;

		while (pcs[at] && pcs[at] != area[i])
			at = (at + 1) % NR_PCS;
		found += !pcs[at];
		pcs[at] = area[i];
	}
	nr_blocks += found;
	return found;
}

static void print_program(const struct program *program)
{
	unsigned int i;

	printf("# program:");
	for (i = 0; i < program->nr; i++) {
		const struct op *op = &program->ops[i];

		printf(" %u,%u,%u,%u", op->code, op->a, op->b, op->c);
	}
	printf("\n");
}

/* Returns whether the child has ended within some time */
static bool ended_within(pid_t child, int ms)
{
	const double end = now() + ms / 1000.0;
	useconds_t nap = 100;

	while (waitpid(child, NULL, WNOHANG) != child) {
		if (now() > end)
			return false;
		usleep(nap);
		nap = nap < 5000 ? 2 * nap : nap;
	}
	return true;
}

/* Runs a program in a session of its own; returns false if it can't be killed */
static bool run(const struct program *program)
{
	pid_t child;

	nr_runs++;
	if (last >= 0 && pwrite(last, program, sizeof(*program), 0) < 0)
		perror("writing the program");
	area[0] = 0;
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setsid();
		if (ioctl(kcov, KCOV_ENABLE, KCOV_TRACE_PC))
			_exit(1);
		run_program(program);
	}
	if (child < 0)
		return true;
	if (ended_within(child, LIMIT_MS)) {
		kill(-child, SIGKILL);
		return true;
	}
	nr_stopped++;
	kill(-child, SIGKILL);
	return ended_within(child, KILL_MS);
}

/* The kernel sets a bit of it with each report */
static long taint(void)
{
	char text[32] = "";

	if (pread(tainted, text, sizeof(text) - 1, 0) < 0)
		return 0;
	return atol(text);
}

static struct op any_op(void)
{
	return (struct op) { any(count_codes()), any(256), any(256), any(256) };
}

static void insert_op(struct program *program, unsigned int at, struct op op)
{
	if (program->nr == MAX_OPS)
		return;
	memmove(&program->ops[at + 1], &program->ops[at],
		(program->nr - at) * sizeof(op));
	program->ops[at] = op;
	program->nr++;
}

static void remove_op(struct program *program, unsigned int at)
{
	program->nr--;
	memmove(&program->ops[at], &program->ops[at + 1],
		(program->nr - at) * sizeof(program->ops[0]));
}

/* Continues with the end of another program */
static void splice_end(struct program *program)
{
	const struct program *other = &kept[any(nr_kept)];
	unsigned int from = any(other->nr + 1);

	program->nr = any(program->nr + 1);
	while (from < other->nr && program->nr < MAX_OPS)
		program->ops[program->nr++] = other->ops[from++];
}

static void change_byte(struct op *op)
{
	uint8_t *bytes = &op->code;
	unsigned int which = any(8) ? 1 + any(3) : 0;

	bytes[which] = any(2) ? any(256) : bytes[which] ^ 1 << any(8);
	op->code %= count_codes();
}

static void mutate(struct program *program)
{
	switch (any(6)) {
	case 0:
	case 1:
		insert_op(program, any(program->nr + 1), any_op());
		break;
	case 2:
		if (program->nr > 1)
			remove_op(program, any(program->nr));
		break;
	case 3:
		if (program->nr)
			insert_op(program, any(program->nr + 1), program->ops[any(program->nr)]);
		break;
	case 4:
		splice_end(program);
		break;
	default:
		if (program->nr)
			change_byte(&program->ops[any(program->nr)]);
		break;
	}
}

static void keep(const struct program *program)
{
	kept[nr_kept < MAX_KEPT ? nr_kept++ : any(MAX_KEPT)] = *program;
}

/* What real programs and collectors do */
static const struct program seeds[] = {
	{ 3, { { OPEN }, { REGISTER, 0, 0, 0 }, { WRITE } } },
	{ 5, { { OPEN }, { REGISTER, 0, 1, 0 }, { ENABLE, 0, 1 }, { WRITE, 0, 0, 1 },
	       { UNREGISTER } } },
	{ 4, { { OPEN }, { REGISTER, 0, 1, 64 }, { PERF, 0, 1 }, { WRITE, 0, 0, 1 } } },
	{ 5, { { OPEN }, { REGISTER, 0, 1, 0 }, { FORK }, { ENABLE, 0, 1 }, { WRITE } } },
	{ 4, { { SET_USER_EVENT }, { OPEN }, { REGISTER, 0, 1, 64 }, { WRITE, 0, 0, 1 } } },
	{ 4, { { GROUP }, { OPEN, 0, 1 }, { REGISTER, 0, 1, 0 }, { WRITE, 0, 0, 1 } } },
	{ 3, { { DYNAMIC, 0, 1 }, { DYNAMIC, 1, 1 }, { READ_LISTS } } },
	{ 4, { { OPEN }, { HOLD }, { REGISTER, 0, 1, 0 }, { RELEASE } } },
};

static void tell(double started)
{
	printf("# %.0f s: %lu executions, %u blocks, %u programs kept, %u stopped\n",
	       now() - started, nr_runs, nr_blocks, nr_kept, nr_stopped);
	fflush(stdout);
}

static const char *try(const struct program *program)
{
	static long before = -1;

	if (before < 0)
		before = taint();
	if (!run(program))
		return "a process can't be killed";
	if (taint() != before)
		return "the kernel's log has a report";
	if (new_blocks())
		keep(program);
	if (nr_runs % CLEAN_EVERY == 0)
		clean_universe();
	return NULL;
}

static const char *fuzz(double started, double seconds)
{
	const double step = seconds > 100 ? seconds / 10 : 10;
	double next = step;
	struct program program;
	const char *wrong;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(seeds); i++) {
		program = seeds[i];
		wrong = try(&program);
		keep(&program);
		if (wrong)
			break;
	}
	while (!wrong && now() - started < seconds) {
		program = kept[any(nr_kept)];
		for (i = any(4) + 1; i; i--)
			mutate(&program);
		wrong = try(&program);
		if (now() - started > next) {
			tell(started);
			next += step;
		}
	}
	if (wrong)
		print_program(&program);
	return wrong;
}

static const char *replay(const char *path)
{
	struct program program;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || read(fd, &program, sizeof(program)) != sizeof(program) ||
	    program.nr > MAX_OPS)
		return "the file has no program";
	print_program(&program);
	return try(&program);
}

struct options {
	unsigned long seed;
	double seconds;
	const char *replayed;
};

static bool parse(int argc, char **argv, struct options *options)
{
	int opt;

	while ((opt = getopt(argc, argv, "s:t:l:r:")) != -1) {
		switch (opt) {
		case 's':
			options->seed = strtoul(optarg, NULL, 0);
			break;
		case 't':
			options->seconds = atof(optarg);
			break;
		case 'l':
			last = open(optarg, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
			break;
		case 'r':
			options->replayed = optarg;
			break;
		default:
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	struct options options = { .seed = 1, .seconds = 60 };
	const char *wrong;
	double started;

	/* An operation executes this program, for a new address space */
	if (argc > 1 && !strcmp(argv[1], "--end"))
		return 0;
	if (!parse(argc, argv, &options))
		return 2;
	random_state = options.seed * 2654435769UL + 1;
	tainted = open("/proc/sys/kernel/tainted", O_RDONLY | O_CLOEXEC);
	open_kcov();
	printf("1..1\n");
	fflush(stdout);
	started = now();
	make_universe();
	wrong = options.replayed ? replay(options.replayed) : fuzz(started, options.seconds);
	clean_universe();
	tell(started);
	printf("%sok 1 seed %lu: %lu executions, %u blocks%s%s\n", wrong ? "not " : "",
	       options.seed, nr_runs, nr_blocks, wrong ? ": " : "", wrong ?: "");
	return !!wrong;
}
