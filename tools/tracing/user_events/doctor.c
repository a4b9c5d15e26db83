// SPDX-License-Identifier: GPL-2.0
/*
 * user-events doctor: what works here, and what a user may do.
 *
 * Nothing is changed: what an event would tell, an ioctl that is bound to fail
 * tells as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../../include/uapi/linux/user_events.h"

#include "tool.h"

#define MAX_GROUPS	65536

/**
 * struct person - whom the questions are about
 * @name: of the user
 * @uid: the number
 * @gids: all groups, the first one being the user's own
 * @gid_count: how many these are
 */
struct person {
	char *name;
	uid_t uid;
	gid_t *gids;
	int gid_count;
};

/**
 * struct question - something that a user may want to do
 * @key: its name in JSON
 * @what: the same in words
 * @file: which has to be opened for it; in the directory of the group
 * @mode: how: 4 to read, 2 to write
 */
struct question {
	const char *key;
	const char *what;
	const char *file;
	unsigned int mode;
};

/* To write is enough for user_events_data, but most programs open it for both */
static const struct question questions[] = {
	{ "register", "register and emit events", "user_events_data", 6 },
	{ "status", "see who records", "user_events_status", 4 },
	{ "lost", "see what was lost", "user_events_lost", 4 },
};

static bool in_group(const struct person *person, gid_t gid)
{
	int i;

	for (i = 0; i < person->gid_count; i++) {
		if (person->gids[i] == gid)
			return true;
	}
	return false;
}

/* Which of the three digits of a mode counts */
static int mode_shift(const struct person *person, const struct stat *status)
{
	if (person->uid == status->st_uid)
		return 6;
	return in_group(person, status->st_gid) ? 3 : 0;
}

static bool may(const struct person *person, const struct stat *status, unsigned int mode)
{
	return person->uid == 0 ||
	       (status->st_mode >> mode_shift(person, status) & mode) == mode;
}

static const char *group_name(gid_t gid)
{
	static char number[16];
	const struct group *group = getgrgid(gid);

	if (group)
		return group->gr_name;
	snprintf(number, sizeof(number), "%u", (unsigned int)gid);
	return number;
}

static char *mode_letters(unsigned int mode)
{
	return format_text("%s%s%s", mode & 4 ? "r" : "", mode & 2 ? "w" : "",
			   mode & 1 ? "x" : "");
}

/*
 * The commands by which an admin lets the user pass one file or directory.  A
 * directory keeps its group: files of tracefs that have none of their own have that
 * of its root, so a new group there could read all that has been recorded.
 */
static void advise(struct strings *commands, const struct person *person, const char *path,
		   const struct stat *status, unsigned int mode)
{
	int shift = mode_shift(person, status);
	char *letters = mode_letters(mode);
	char who = shift == 6 ? 'u' : 'g';

	if (!shift && S_ISDIR(status->st_mode))
		who = 'o';
	else if (!shift)
		strings_add(commands, format_text("chgrp %s %s", group_name(person->gids[0]),
						  path));
	strings_add(commands, format_text("chmod %c+%s %s", who, letters, path));
	free(letters);
}

/* Each directory has to be passed, then the file opened.  Returns 0 or an errno. */
static int find_obstacles(const struct person *person, const char *file, unsigned int mode,
			  struct strings *commands)
{
	char *path = copy_text(file), *end = path;
	struct stat status;
	bool last;
	int error;

	do {
		end = strchr(end + 1, '/');
		last = !end;
		if (end)
			*end = '\0';
		error = stat(path, &status) ? errno : 0;
		if (!error && !may(person, &status, last ? mode : 1))
			advise(commands, person, path, &status, last ? mode : 1);
		if (end)
			*end = '/';
	} while (!last && !error);
	free(path);
	return error;
}

static bool find_groups_of(struct person *person, gid_t gid)
{
	int count = 16;

	for (;;) {
		person->gid_count = count;
		person->gids = reallocarray(person->gids, count, sizeof(*person->gids));
		if (!person->gids)
			out_of_memory();
		if (getgrouplist(person->name, gid, person->gids, &person->gid_count) >= 0)
			break;
		if (count > MAX_GROUPS)
			return false;
		count *= 2;
	}
	return true;
}

static bool find_person(struct person *person, const char *name)
{
	const struct passwd *entry = name ? getpwnam(name) : getpwuid(geteuid());
	int i;

	if (!entry) {
		complain("no such user: '%s'", name ? name : "(the caller)");
		return false;
	}
	person->name = copy_text(entry->pw_name);
	person->uid = entry->pw_uid;
	if (!find_groups_of(person, entry->pw_gid))
		return false;
	/* Ours come first where it can be told: advice is to use these */
	for (i = 0; i < person->gid_count; i++) {
		if (person->gids[i] == entry->pw_gid) {
			person->gids[i] = person->gids[0];
			person->gids[0] = entry->pw_gid;
		}
	}
	return true;
}

/*
 * A kernel that knows the flag for many formats gets as far as the description,
 * which can't be read; others refuse the flag.
 */
static bool have_multi_format(void)
{
	static __u32 enabled;
	struct user_reg reg = {
		.size = sizeof(reg),
		.enable_size = sizeof(enabled),
		.flags = USER_EVENT_REG_MULTI_FORMAT,
		.enable_addr = (unsigned long)&enabled,
		.name_args = 1,
	};
	char *path = group_path(NULL, "user_events_data");
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool have = false;

	free(path);
	if (fd < 0)
		return false;
	if (ioctl(fd, DIAG_IOCSREG, &reg))
		have = errno == EFAULT;
	close(fd);
	return have;
}

static bool have_file(const char *file)
{
	char *path = tracing_path("%s", file);
	bool have = path_exists(path);

	free(path);
	return have;
}

/**
 * struct feature - something that not all kernels have
 * @key: its name in JSON
 * @what: the same in words
 * @have: whether this kernel does
 */
struct feature {
	const char *key;
	const char *what;
	bool have;
};

static void show_features(const struct options *options)
{
	const struct feature features[] = {
		{ "multi_format", "many formats of one name", have_multi_format() },
		{ "fdinfo", "who has registered an event", have_fdinfo() },
		{ "set_user_event", "record by name, before a program starts",
		  have_patterns(NULL) },
		{ "groups", "isolation groups", have_file("user_events_groups") },
		{ "lost", "count what is lost", have_file("user_events_lost") },
	};
	bool ours = features[1].have;
	size_t i;

	if (options->json) {
		json_string("implementation", ours ? "rewrite" : "mainline");
		json_begin("features", '{');
		for (i = 0; i < ARRAY_SIZE(features); i++)
			json_bool(features[i].key, features[i].have);
		json_end('}');
		return;
	}
	printf("implementation: %s\n", ours ?
	       "the one that this tool comes with" : "the kernel's own, from mainline");
	for (i = 0; i < ARRAY_SIZE(features); i++)
		printf("  %-3s %s\n", features[i].have ? "yes" : "no", features[i].what);
}

static void show_commands(const struct options *options, const struct strings *commands)
{
	size_t i;

	if (options->json)
		json_begin("commands", '[');
	for (i = 0; i < commands->count; i++) {
		if (options->json)
			json_string(NULL, commands->string[i]);
		else
			printf("      %s\n", commands->string[i]);
	}
	if (options->json)
		json_end(']');
}

static void answer(const struct options *options, const struct person *person,
		   const struct question *question)
{
	char *path = group_path(options->group, question->file);
	struct strings commands = {};
	int error = find_obstacles(person, path, question->mode, &commands);
	bool allowed = !error && !commands.count;

	if (options->json) {
		json_begin(question->key, '{');
		json_bool("allowed", allowed);
		if (error)
			json_string("error", strerror(error));
		show_commands(options, &commands);
		json_end('}');
	} else if (error) {
		printf("  ?   %s: %s: %s\n", question->what, path, strerror(error));
	} else {
		printf("  %-3s %s%s\n", allowed ? "yes" : "no", question->what,
		       allowed ? "" : "; until the next boot, this would allow it:");
		show_commands(options, &commands);
	}
	strings_free(&commands);
	free(path);
}

/* Capabilities belong to programs and processes, so root is all that can be told */
static void answer_capability(const struct options *options, const struct person *person)
{
	static const char what[] = "delete events, and register those that persist";
	static const char command[] = "setcap cap_perfmon=ep PROGRAM";
	bool allowed = person->uid == 0;
	struct strings commands = {};

	if (!allowed)
		strings_add(&commands, copy_text(command));
	if (options->json) {
		json_begin("delete", '{');
		json_bool("allowed", allowed);
	} else {
		printf("  %-3s %s%s\n", allowed ? "yes" : "no", what,
		       allowed ? "" : "; for one program, this would allow it:");
	}
	show_commands(options, &commands);
	if (options->json)
		json_end('}');
	strings_free(&commands);
}

static void show_file(const struct options *options, char *path)
{
	struct passwd *user;
	struct stat status;
	char *owner;

	if (stat(path, &status)) {
		free(path);
		return;
	}
	user = getpwuid(status.st_uid);
	owner = user ? copy_text(user->pw_name) : format_text("%u", (unsigned int)status.st_uid);
	if (options->json) {
		json_begin(NULL, '{');
		json_string("path", path);
		json_number("mode", "\"%04o\"", status.st_mode & 07777);
		json_string("owner", owner);
		json_string("owner_group", group_name(status.st_gid));
		json_end('}');
	} else {
		printf("  %04o %s:%s %s\n", status.st_mode & 07777, owner,
		       group_name(status.st_gid), path);
	}
	free(owner);
	free(path);
}

static void show_files(const struct options *options)
{
	static const char *const files[] = {
		"user_events_data", "user_events_status", "user_events_lost",
		"dynamic_events", "set_user_event",
	};
	size_t i;

	if (options->json)
		json_begin("files", '[');
	else
		puts("files:");
	show_file(options, copy_text(tracing_dir()));
	for (i = 0; i < ARRAY_SIZE(files); i++)
		show_file(options, group_path(options->group, files[i]));
	if (options->json)
		json_end(']');
}

static void show_person(const struct options *options, const struct person *person)
{
	size_t i;

	if (options->json)
		json_begin("user", '{');
	else
		printf("what %s may do:\n", person->name);
	if (options->json)
		json_string("name", person->name);
	for (i = 0; i < ARRAY_SIZE(questions); i++) {
		if (strcmp(questions[i].key, "lost") || have_file("user_events_lost"))
			answer(options, person, &questions[i]);
	}
	answer_capability(options, person);
	if (options->json)
		json_end('}');
}

/* A `tail` that was killed could not remove its instance */
static bool is_left_over(const char *instance)
{
	char *path;
	bool left;

	if (strncmp(instance, "user-events-", 12))
		return false;
	path = format_text("/proc/%s", instance + 12);
	left = !path_exists(path);
	free(path);
	return left;
}

static void show_left_overs(const struct options *options)
{
	char *path = tracing_path("instances");
	struct strings instances = {}, commands = {};
	size_t i;

	list_dir(path, &instances);
	for (i = 0; i < instances.count; i++) {
		if (is_left_over(instances.string[i]))
			strings_add(&commands, format_text("rmdir %s/%s", path,
							   instances.string[i]));
	}
	if (options->json)
		json_begin("left_overs", '{');
	else if (commands.count)
		puts("a tail that was killed has left its instance; this removes it:");
	show_commands(options, &commands);
	if (options->json)
		json_end('}');
	strings_free(&instances);
	strings_free(&commands);
	free(path);
}

/* Returns 0 or the errno that stands in the way of telling anything */
static int find_data(void)
{
	char *path = group_path(NULL, "user_events_data");
	int error = access(path, F_OK) ? errno : 0;

	if (error == ENOENT)
		complain("there is no '%s': no CONFIG_USER_EVENTS, or locked down at boot", path);
	else if (error)
		complain("cannot access '%s': %s", path, strerror(error));
	free(path);
	return error;
}

/**
 * doctor_command - user-events doctor [--user=USER]
 * @options: the command line
 *
 * Return: the exit status.
 */
int doctor_command(const struct options *options)
{
	struct person person = {};
	int status = EXIT_FAILURE;

	if (options->argc)
		return usage("extra operand '%s'", options->argv[0]);
	if (find_person(&person, options->user) && !find_data()) {
		if (options->json) {
			json_begin(NULL, '{');
			json_string("tracefs", tracing_dir());
		}
		show_features(options);
		show_files(options);
		show_person(options, &person);
		show_left_overs(options);
		if (options->json)
			json_end('\n');
		status = EXIT_SUCCESS;
	}
	free(person.name);
	free(person.gids);
	return status;
}
