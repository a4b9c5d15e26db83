/* SPDX-License-Identifier: GPL-2.0 */
/*
 * user-events: what its files share.
 *
 * main.c reads the command line and calls one of the commands, which have a file
 * each.  They stand on these:
 *
 *   events.c    the events there are, and who records them
 *   users.c     the processes that have registered them
 *   session.c   a trace instance that goes with the program
 *   reader.c    the records of an instance, in the order of time
 *   formats.c   the formats of records
 *   decode.c    the fields of a record
 *   files.c     whole files, directories and paths
 *   output.c    messages, tables and JSON
 *
 * Functions that return int and can fail return a negative errno, unless they are
 * commands, which return the program's exit status.
 */
#ifndef USER_EVENTS_TOOL_H
#define USER_EVENTS_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <linux/compiler.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* What a program ends with that runs another, and could not: as env and timeout do */
#define EXIT_CANNOT_RUN		125
#define EXIT_CANNOT_INVOKE	126
#define EXIT_NOT_FOUND		127

/* The group of the files in the top directory, as fdinfo calls it */
#define DEFAULT_GROUP	"-"

/* What can't be the name of a directory stands for the top directory */
#define TOP_INSTANCE	"/"

/**
 * struct options - what the command line says
 * @json: print one JSON object a line
 * @group: the only group that counts, or NULL for all of them
 * @instance: the trace instance that is meant, or NULL for the top directory
 * @output: where `record` writes
 * @with: the program that `record` runs, or NULL where the name of the file decides
 * @user: whom `doctor` examines, or NULL for the caller
 * @count: how many records `tail` prints before it ends; 0 for no limit
 * @argc: the number of arguments that are left
 * @argv: these
 * @command: what stands behind `--`, ended by NULL, or NULL without
 */
struct options {
	bool json;
	const char *group;
	const char *instance;
	const char *output;
	const char *with;
	const char *user;
	unsigned long count;
	int argc;
	char **argv;
	char **command;
};

/* The commands, which return the exit status */
int list_command(const struct options *options);
int tail_command(const struct options *options);
int record_command(const struct options *options);
int enable_command(const struct options *options);
int disable_command(const struct options *options);
int delete_command(const struct options *options);
int groups_command(const struct options *options);
int lost_command(const struct options *options);
int doctor_command(const struct options *options);

/* output.c */

void complain(const char *format, ...) __printf(1, 2);
void fatal(const char *format, ...) __printf(1, 2) __noreturn;
void __noreturn out_of_memory(void);
int usage(const char *format, ...) __printf(1, 2);
int close_output(int status);
void print_escaped(const char *text, size_t length);

void json_begin(const char *key, char bracket);
void json_end(char bracket);
void json_name(const char *key);
void json_text(const char *key, const char *text, size_t length);
void json_string(const char *key, const char *text);
void json_number(const char *key, const char *format, ...)
	__printf(2, 3);
void json_bool(const char *key, bool value);
void json_null(const char *key);

/**
 * struct table - rows of text, printed once all are known
 * @columns: how many there are
 * @cells: row after row; the first one has the titles
 * @count: the number of cells
 */
struct table {
	size_t columns;
	char **cells;
	size_t count;
};

void table_cell(struct table *table, const char *format, ...)
	__printf(2, 3);
void table_titles(struct table *table, size_t columns, const char *const *titles);
void table_print(struct table *table);

/* files.c */

/**
 * struct strings - a list of strings
 * @string: these, each allocated
 * @count: how many there are
 */
struct strings {
	char **string;
	size_t count;
};

void *grow(void *array, size_t count, size_t size);
char *vformat_text(const char *format, va_list args) __printf(1, 0);
char *format_text(const char *format, ...) __printf(1, 2);
char *copy_text(const char *text);
char *escape_glob(const char *text);
void strings_add(struct strings *strings, char *string);
bool strings_have(const struct strings *strings, const char *string);
void strings_free(struct strings *strings);

const char *tracing_dir(void);
char *tracing_path(const char *format, ...) __printf(1, 2);
char *group_path(const char *group, const char *file);
char *instance_path(const char *instance, const char *format, ...)
	__printf(2, 3);
int read_file(const char *path, char **text, size_t *size);
int write_file(const char *path, const char *text, bool append);
int list_dir(const char *path, struct strings *entries);
bool path_exists(const char *path);
bool is_gone(int error);

/* events.c */

/**
 * struct registrant - an open file that has registered an event
 * @pid: the process that has it open
 * @fd: its number there
 * @comm: the name of the process, with what can't be printed escaped
 */
struct registrant {
	pid_t pid;
	int fd;
	char *comm;
};

/**
 * struct event - one tracepoint
 * @system: the directory that holds its own
 * @tracepoint: the name of its directory
 * @name: the name it was registered by
 * @group: the isolation group, DEFAULT_GROUP for the one without a name
 * @fields: its fields as a program would register them
 * @id: its number
 * @multi: whether it has the world of many formats of one name
 * @ftrace: whether ftrace records it
 * @instances: in which trace instances, TOP_INSTANCE being the top directory
 * @perf: whether perf does
 * @other: whether anything else does
 * @registrants: who has registered it
 * @registrant_count: how many these are
 */
struct event {
	char *system;
	char *tracepoint;
	char *name;
	char *group;
	char *fields;
	int id;
	bool multi;
	bool ftrace;
	struct strings instances;
	bool perf;
	bool other;
	struct registrant *registrants;
	size_t registrant_count;
};

/**
 * struct events - the events that were asked for
 * @event: these
 * @count: how many there are
 */
struct events {
	struct event *event;
	size_t count;
};

/**
 * struct selection - which events are meant
 * @group: the only group that counts, or NULL for all of them
 * @names: registered names, or globs that match them
 * @name_count: how many these are; with 0 every name will do
 */
struct selection {
	const char *group;
	char **names;
	size_t name_count;
};

bool parse_system(const char *system, bool *multi, const char **group);
bool selects_system(const struct selection *selection, const char *system);
bool selects_tracepoint(const struct selection *selection, const char *tracepoint, bool multi);
char *registered_name(const char *tracepoint, bool multi);
int find_events(const struct selection *selection, struct events *events);
int find_status(const struct selection *selection, struct events *events);
void find_instances(struct events *events);
void sort_events(struct events *events);
struct event *lookup_event(struct events *events, const char *group, const char *tracepoint);
void free_events(struct events *events);
void find_groups(struct strings *groups);
char *event_fields(char *format, int *id);

/* users.c */

bool have_fdinfo(void);
size_t find_registrants(struct events *events);

/* session.c */

/**
 * struct session - a trace instance that goes with the program
 * @instance: its name
 * @patterns: whether the kernel enables what comes later by itself
 */
struct session {
	char *instance;
	bool patterns;
};

int session_start(struct session *session);
void session_end(void);

/* arm.c */

int change_pattern(const char *instance, const char *prefix, const char *group,
		   const char *name);
bool have_patterns(const char *instance);
int switch_tracepoint(const char *instance, const char *system, const char *tracepoint,
		      const char *value);

/* reader.c */

struct pollfd;
struct reader;

/**
 * struct sample - one record
 * @data: its bytes
 * @size: how many these are
 * @time: when it was written, in nanoseconds by the monotonic clock
 * @cpu: where
 * @lost: how many records before it were lost on that CPU, -1 if nobody knows
 */
struct sample {
	void *data;
	size_t size;
	unsigned long long time;
	int cpu;
	int lost;
};

struct reader *reader_open(const char *instance);
int reader_wait(struct reader *reader, struct pollfd *others, size_t count, int timeout);
bool reader_next(struct reader *reader, struct sample *sample);
void reader_close(struct reader *reader);

/* formats.c */

struct tep_event;
struct formats;

/**
 * struct format - what is known of one event
 * @id: its number
 * @event: its fields, which belong to libtraceevent; NULL where the kernel has none
 * @place: its system and tracepoint with a slash between them
 * @name: its registered name
 * @tracepoint: its own name, a part of @place
 * @group: its group
 * @multi: whether it is one of many formats
 */
struct format {
	int id;
	const struct tep_event *event;
	char *place;
	char *name;
	const char *tracepoint;
	char *group;
	bool multi;
};

struct formats *formats_new(const struct selection *selection, const char *instance);
void formats_refresh(struct formats *formats);
const struct format *formats_find(struct formats *formats, const struct sample *sample);
void formats_free(struct formats *formats);

/* decode.c */

void print_fields(const struct tep_event *event, const struct sample *sample, bool json);

#endif
