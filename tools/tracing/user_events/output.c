// SPDX-License-Identifier: GPL-2.0
/*
 * user-events: messages, tables and JSON.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

static void say(const char *format, va_list args)
{
	fflush(stdout);
	fputs("user-events: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

/**
 * complain - print a message to the standard error
 * @format: as for printf(), without the name of the program and the newline
 */
void complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

/**
 * fatal - print a message and end the program
 * @format: as for printf(), without the name of the program and the newline
 */
void fatal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	exit(EXIT_FAILURE);
}

/**
 * out_of_memory - end the program since there is no memory
 */
void out_of_memory(void)
{
	fatal("memory exhausted");
}

/**
 * usage - print what is wrong with the command line
 * @format: as for printf(), without the name of the program and the newline
 *
 * Return: the exit status.
 */
int usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	fputs("Try 'user-events --help' for more information.\n", stderr);
	return EXIT_FAILURE;
}

/**
 * close_output - make sure that everything has been written
 * @status: how the program would end
 *
 * Return: how it has to end.
 */
int close_output(int status)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (!fclose(stdout) && !failed)
		return status;
	if (errno != EPIPE)
		complain("write error%s%s", errno ? ": " : "", errno ? strerror(errno) : "");
	return EXIT_FAILURE;
}

/**
 * print_escaped - print text that may hold anything
 * @text: the bytes
 * @length: how many these are
 *
 * What a terminal would take for a command is printed as an escape of C.
 */
void print_escaped(const char *text, size_t length)
{
	static const char from[] = "\a\b\t\n\v\f\r\"\\", to[] = "abtnvfr\"\\";
	const char *known;
	size_t i;

	for (i = 0; i < length; i++) {
		unsigned char byte = text[i];

		known = byte ? strchr(from, byte) : NULL;
		if (known)
			printf("\\%c", to[known - from]);
		else if (byte < ' ' || byte >= 0x7f)
			printf("\\%03o", byte);
		else
			putchar(byte);
	}
}

/* Whether a comma has to come before what is printed next */
static bool json_comma;

/* A key is a word of ours or a C identifier, which needs no escapes */
static void json_key(const char *key)
{
	if (json_comma)
		putchar(',');
	json_comma = true;
	if (key)
		printf("\"%s\":", key);
}

/**
 * json_name - print the name of what comes next
 * @key: the name
 */
void json_name(const char *key)
{
	json_key(key);
	json_comma = false;
}

/**
 * json_begin - begin an object or an array
 * @key: its name, or NULL within an array and at the top
 * @bracket: '{' or '['
 */
void json_begin(const char *key, char bracket)
{
	json_key(key);
	putchar(bracket);
	json_comma = false;
}

/**
 * json_end - end an object or an array
 * @bracket: '}' or ']', or '\n' for the object at the top, which ends its line
 */
void json_end(char bracket)
{
	if (bracket == '\n')
		putchar('}');
	putchar(bracket);
	json_comma = bracket != '\n';
}

/* The length of the character of UTF-8 that starts here, 0 if none does */
static size_t utf8_length(const unsigned char *text, size_t length)
{
	static const unsigned int least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned int value;
	size_t i, wanted;

	if (text[0] < 0x80)
		return 1;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	wanted = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	if (wanted > length)
		return 0;
	value = text[0] & (0x7f >> wanted);
	for (i = 1; i < wanted; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text[i] & 0x3f);
	}
	if (value < least[wanted] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 0;
	return wanted;
}

static void json_character(const unsigned char *text, size_t length)
{
	if (length == 0)
		fputs("\\ufffd", stdout);
	else if (*text == '"' || *text == '\\')
		printf("\\%c", *text);
	else if (*text < ' ' || *text == 0x7f)
		printf("\\u%04x", *text);
	else
		fwrite(text, 1, length, stdout);
}

/**
 * json_text - print a string
 * @key: its name, or NULL within an array
 * @text: its bytes
 * @length: how many these are
 *
 * JSON is UTF-8: a byte that is not gets replaced by U+FFFD.
 */
void json_text(const char *key, const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + length;
	size_t taken;

	json_key(key);
	putchar('"');
	for (; at < end; at += taken ? taken : 1) {
		taken = utf8_length(at, end - at);
		json_character(at, taken);
	}
	putchar('"');
}

/**
 * json_string - print a string that ends with NUL
 * @key: its name, or NULL within an array
 * @text: the string
 */
void json_string(const char *key, const char *text)
{
	json_text(key, text, strlen(text));
}

/**
 * json_number - print a number
 * @key: its name, or NULL within an array
 * @format: as for printf()
 */
void json_number(const char *key, const char *format, ...)
{
	va_list args;

	json_key(key);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

/**
 * json_bool - print true or false
 * @key: its name, or NULL within an array
 * @value: which
 */
void json_bool(const char *key, bool value)
{
	json_number(key, "%s", value ? "true" : "false");
}

/**
 * json_null - print that something is not known
 * @key: its name, or NULL within an array
 */
void json_null(const char *key)
{
	json_number(key, "null");
}

/**
 * table_cell - add a cell, row by row
 * @table: where
 * @format: as for printf()
 */
void table_cell(struct table *table, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = vformat_text(format, args);
	va_end(args);
	table->cells = grow(table->cells, table->count, sizeof(*table->cells));
	table->cells[table->count++] = text;
}

/**
 * table_titles - begin a table
 * @table: which; it is empty
 * @columns: how many it is to have
 * @titles: their titles
 */
void table_titles(struct table *table, size_t columns, const char *const *titles)
{
	size_t i;

	table->columns = columns;
	for (i = 0; i < columns; i++)
		table_cell(table, "%s", titles[i]);
}

static bool want_colours(void)
{
	const char *term = getenv("TERM"), *never = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") && (!never || !*never);
}

static void print_row(const struct table *table, size_t row, const size_t *width)
{
	size_t i;

	for (i = 0; i < table->columns; i++) {
		const char *cell = table->cells[row * table->columns + i];

		if (i + 1 == table->columns)
			printf("%s\n", cell);
		else
			printf("%-*s  ", (int)width[i], cell);
	}
}

/**
 * table_print - print a table and free it
 * @table: which
 */
void table_print(struct table *table)
{
	bool colours = want_colours();
	size_t *width, i;

	width = calloc(table->columns, sizeof(*width));
	if (!width)
		out_of_memory();
	for (i = 0; i < table->count; i++) {
		size_t length = strlen(table->cells[i]);

		if (width[i % table->columns] < length)
			width[i % table->columns] = length;
	}
	for (i = 0; i < table->count / table->columns; i++) {
		if (!i && colours)
			fputs("\033[1m", stdout);
		print_row(table, i, width);
		if (!i && colours)
			fputs("\033[0m", stdout);
	}
	for (i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(width);
	*table = (struct table){};
}
