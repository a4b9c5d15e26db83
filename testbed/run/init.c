// SPDX-License-Identifier: GPL-2.0
/*
 * init: process 1 of a guest of another architecture, alone in an initramfs
 * with the tests.  It prints the results of the tests inside the kernel, runs
 * all programs of /tests one after the other, and turns the machine off.  A
 * line `@program NAME` precedes the output of each program, and `@end` follows
 * the last.
 *
 * If it is called as cat or true, it acts as these commands, which the tests
 * run.
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define TESTS		"/tests"
#define KUNIT		"/sys/kernel/debug/kunit"
#define KMEMLEAK	"/sys/kernel/debug/kmemleak"

/* Seconds for one program; the emulator takes its time. */
#define LIMIT		600

static const struct {
	const char *type;
	const char *dir;
	const char *options;
} mounts[] = {
	{ "proc", "/proc" },
	{ "sysfs", "/sys" },
	{ "devtmpfs", "/dev" },
	{ "tmpfs", "/dev/shm", "mode=1777" },
	{ "tmpfs", "/tmp", "mode=1777" },
	{ "tmpfs", "/run", "mode=755" },
	{ "debugfs", "/sys/kernel/debug" },
	{ "tracefs", "/sys/kernel/tracing" },
	{ "cgroup2", "/sys/fs/cgroup" },
};

/* What a forced failure logs would read like a report. */
static const char * const calm[] = {
	"/sys/kernel/debug/failslab/verbose",
	"/sys/kernel/debug/fail_page_alloc/verbose",
	"/sys/kernel/debug/fail_usercopy/verbose",
};

static int cat(void)
{
	char data[4096];
	ssize_t got;

	while ((got = read(STDIN_FILENO, data, sizeof(data))) > 0)
		if (write(STDOUT_FILENO, data, got) != got)
			return 1;
	return got < 0;
}

static void file_write(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		printf("# %s: %s\n", path, strerror(errno));
	close(fd);
}

/* Prints the lines of a file that begin with @indent, without it. */
static void file_print(const char *path, const char *indent)
{
	FILE *file = fopen(path, "r");
	char line[4096];

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, indent, strlen(indent)))
			fputs(line + strlen(indent), stdout);
	if (file)
		fclose(file);
}

static void mount_system(void)
{
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		mkdir(mounts[i].dir, 0755);
		if (mount(mounts[i].type, mounts[i].dir, mounts[i].type, 0,
			  mounts[i].options))
			printf("# %s: %s\n", mounts[i].dir, strerror(errno));
	}
	for (i = 0; i < sizeof(calm) / sizeof(*calm); i++)
		file_write(calm[i], "0");
}

/* All that is printed goes to the virtio console, byte by byte as it is. */
static void open_console(void)
{
	const int fd = open("/dev/hvc0", O_RDWR);
	struct termios settings;

	if (fd < 0)
		return;
	if (!tcgetattr(fd, &settings)) {
		cfmakeraw(&settings);
		tcsetattr(fd, TCSANOW, &settings);
	}
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
}

static void kunit(const struct dirent *suite)
{
	char path[512];

	printf("@program %s %s\n", "kunit", suite->d_name);
	snprintf(path, sizeof(path), KUNIT "/%s/results", suite->d_name);
	file_print(path, "    ");
}

/* Waits for a program, and for all that were left to process 1. */
static void wait_for(pid_t program)
{
	const struct timespec second = { .tv_sec = 1 };
	const time_t end = time(NULL) + LIMIT;
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (;;) {
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			if (pid == program)
				return;
		if (time(NULL) > end && !kill(-program, SIGKILL))
			printf("# no end after %d seconds\n", LIMIT);
		sigtimedwait(&set, NULL, &second);
	}
}

static void run(const struct dirent *entry)
{
	const time_t start = time(NULL);
	sigset_t set;
	pid_t child;

	printf("@program %s\n", entry->d_name);
	fflush(stdout);
	child = fork();
	if (!child) {
		sigemptyset(&set);
		sigprocmask(SIG_SETMASK, &set, NULL);
		setsid();
		execl(entry->d_name, entry->d_name, NULL);
		_exit(127);
	}
	wait_for(child);
	printf("# %s: %d s\n", entry->d_name, (int)(time(NULL) - start));
}

typedef void (*entry_fn)(const struct dirent *entry);

static void call_for_entries(const char *dir, entry_fn call)
{
	struct dirent **list;
	int count, i;

	count = scandir(dir, &list, NULL, alphasort);
	for (i = 0; i < count; i++)
		if (list[i]->d_name[0] != '.')
			call(list[i]);
}

/* An object has to be unreferenced twice, and some seconds old. */
static void scan_leaks(void)
{
	if (access(KMEMLEAK, F_OK))
		return;
	sleep(6);
	file_write(KMEMLEAK, "scan");
	sleep(1);
	file_write(KMEMLEAK, "scan");
}

int main(int argc, char **argv)
{
	const struct rlimit files = { 65536, 65536 };
	sigset_t set;

	if (getpid() != 1)
		return strcmp(argv[0], "cat") ? 0 : cat();

	/* from here on SIGCHLD is waited for */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);

	mount_system();
	open_console();
	setrlimit(RLIMIT_NOFILE, &files);
	setenv("PATH", "/bin", 1);
	call_for_entries(KUNIT, kunit);
	if (!chdir(TESTS))
		call_for_entries(TESTS, run);
	scan_leaks();
	printf("@end\n");
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	reboot(RB_POWER_OFF);
	return 0;
}
