// SPDX-License-Identifier: GPL-2.0
/*
 * user-events: what an admin does with user_events, in one command.
 */
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

static const char help[] =
"Usage: user-events COMMAND [OPTION]... [ARGUMENT]...\n"
"List, follow, record and delete events that programs have registered.\n"
"\n"
"  list [NAME]...          what is registered, by whom, and who records it\n"
"  tail NAME...            print what is recorded, also of later formats\n"
"  record NAME... -o FILE [-- COMMAND...]\n"
"                          let trace-cmd or perf write to a file\n"
"  enable [NAME]...        record what has the name, also what comes later;\n"
"                          without NAME, list what is enabled so\n"
"  disable NAME...         undo that\n"
"  delete NAME [FIELDS]    delete what nobody uses: all formats, or one\n"
"  groups [list]           list isolation groups\n"
"  groups make NAME...     make groups\n"
"  groups remove NAME...   remove groups\n"
"  groups limits NAME [max=N] [multi_format_only=0|1]\n"
"                          show or set what a group may do\n"
"  lost [NAME]...          what those who record could not take\n"
"  doctor                  what works here, and what a user may do\n"
"\n"
"NAME is a registered name, or a glob that matches it.\n"
"\n"
"  -j, --json              print one JSON object a line\n"
"  -g, --group=GROUP       only events of this group; '-' is the one without name\n"
"  -i, --instance=NAME     enable, disable: in this trace instance\n"
"  -n, --count=N           tail: end after N records\n"
"  -o, --output=FILE       record: where to\n"
"  -w, --with=PROGRAM      record: with trace-cmd or perf; without, perf records\n"
"                          what has 'perf' in the name of its file\n"
"  -u, --user=USER         doctor: what this user may do, instead of the caller\n"
"      --help              display this help and exit\n"
"      --version           output version information and exit\n";

static const struct option long_options[] = {
	{ "json",	no_argument,		NULL, 'j' },
	{ "group",	required_argument,	NULL, 'g' },
	{ "instance",	required_argument,	NULL, 'i' },
	{ "count",	required_argument,	NULL, 'n' },
	{ "output",	required_argument,	NULL, 'o' },
	{ "with",	required_argument,	NULL, 'w' },
	{ "user",	required_argument,	NULL, 'u' },
	{ "help",	no_argument,		NULL, 'H' },
	{ "version",	no_argument,		NULL, 'V' },
	{}
};

/**
 * struct command - one of those that there are
 * @name: what it is called
 * @run: what it does
 * @options: those that it takes besides --json, --help and --version
 * @failure: its exit status when the command line is wrong
 */
struct command {
	const char *name;
	int (*run)(const struct options *options);
	const char *options;
	int failure;
};

static const struct command commands[] = {
	{ "list",	list_command,		"g",	EXIT_FAILURE },
	{ "tail",	tail_command,		"gn",	EXIT_FAILURE },
	{ "record",	record_command,		"gow",	EXIT_CANNOT_RUN },
	{ "enable",	enable_command,		"gi",	EXIT_FAILURE },
	{ "disable",	disable_command,	"gi",	EXIT_FAILURE },
	{ "delete",	delete_command,		"g",	EXIT_FAILURE },
	{ "groups",	groups_command,		"g",	EXIT_FAILURE },
	{ "lost",	lost_command,		"g",	EXIT_FAILURE },
	{ "doctor",	doctor_command,		"gu",	EXIT_FAILURE },
};

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static void inform(int letter)
{
	if (letter == 'H')
		fputs(help, stdout);
	else
		puts("user-events " VERSION);
	exit(close_output(EXIT_SUCCESS));
}

static bool set_count(struct options *options, const char *text)
{
	char *end;

	errno = 0;
	options->count = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || !options->count) {
		complain("invalid number of records: '%s'", text);
		return false;
	}
	return true;
}

static bool set_option(struct options *options, int letter)
{
	switch (letter) {
	case 'j':
		options->json = true;
		return true;
	case 'g':
		options->group = optarg;
		return true;
	case 'i':
		options->instance = optarg;
		return true;
	case 'n':
		return set_count(options, optarg);
	case 'o':
		options->output = optarg;
		return true;
	case 'w':
		options->with = optarg;
		return true;
	default:
		options->user = optarg;
		return true;
	}
}

static bool takes_option(const struct command *command, int letter)
{
	if (letter == 'j' || strchr(command->options, letter))
		return true;
	usage("'%s' does not take the option -%c", command->name, letter);
	return false;
}

/* `--` and what follows is for the program that is run while we record */
static int cut_command(const struct command *command, struct options *options,
		       int argc, char **argv)
{
	int i;

	for (i = 1; command->run == record_command && i < argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		if (i + 1 < argc)
			options->command = argv + i + 1;
		argv[i] = NULL;
		return i;
	}
	return argc;
}

/* @argv begins with the name of the program, as getopt wants it */
static bool read_options(const struct command *command, struct options *options,
			 int argc, char **argv)
{
	int letter;

	argc = cut_command(command, options, argc, argv);
	while ((letter = getopt_long(argc, argv, "jg:i:n:o:w:u:", long_options, NULL)) != -1) {
		if (letter == 'H' || letter == 'V')
			inform(letter);
		if (letter == '?') {
			fputs("Try 'user-events --help' for more information.\n", stderr);
			return false;
		}
		if (!takes_option(command, letter) || !set_option(options, letter))
			return false;
	}
	options->argc = argc - optind;
	options->argv = argv + optind;
	return true;
}

/* Both become parts of paths */
static bool is_plain(const char *what, const char *name)
{
	if (*name && !strchr(name, '/') && strcmp(name, ".") && strcmp(name, ".."))
		return true;
	complain("invalid %s '%s'", what, name);
	return false;
}

static bool check_places(const struct options *options)
{
	char *path;
	bool exists;

	if (options->instance && !is_plain("instance", options->instance))
		return false;
	if (!options->group || !strcmp(options->group, DEFAULT_GROUP))
		return true;
	if (!is_plain("group", options->group))
		return false;
	path = tracing_path("user_events_groups/%s", options->group);
	exists = path_exists(path);
	free(path);
	if (!exists)
		complain("cannot access group '%s': %s", options->group, strerror(errno));
	return exists;
}

int main(int argc, char **argv)
{
	struct options options = {};
	const struct command *command;

	setlocale(LC_CTYPE, "");
	if (argc < 2)
		return usage("missing command");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))
		inform('H');
	if (!strcmp(argv[1], "--version"))
		inform('V');
	command = find_command(argv[1]);
	if (!command)
		return usage("unknown command '%s'", argv[1]);
	argv[1] = "user-events";
	if (!read_options(command, &options, argc - 1, argv + 1) || !check_places(&options))
		return command->failure;
	return close_output(command->run(&options));
}
