// SPDX-License-Identifier: GPL-2.0
/*
 * user-events: the fields of a record.
 *
 * Whoever writes a record decides what is in it, so every place in it is checked
 * against its size.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <event-parse.h>

#include "tool.h"

/**
 * struct kind - what a field, or an element of it, consists of
 * @name: how it is called in a description
 * @size: how many bytes it takes; 0 for what has no meaning to us
 * @is_signed: whether it can be negative
 * @is_text: whether many of it are a string
 */
struct kind {
	const char *name;
	unsigned int size;
	bool is_signed;
	bool is_text;
};

static const struct kind kinds[] = {
	{ "char", 1, true, true },
	{ "unsigned char", 1 },		{ "u8", 1 },	{ "s8", 1, true },
	{ "unsigned short", 2 },	{ "u16", 2 },	{ "s16", 2, true },
	{ "short", 2, true },
	{ "unsigned int", 4 },		{ "u32", 4 },	{ "s32", 4, true },
	{ "unsigned", 4 },		{ "int", 4, true },
	{ "u64", 8 },			{ "s64", 8, true },
};

static const struct kind opaque = { "" };

/**
 * struct value - where a field's bytes are
 * @kind: of its elements
 * @bytes: these
 * @size: how many they are
 * @is_array: whether there may be any number of elements
 */
struct value {
	const struct kind *kind;
	const unsigned char *bytes;
	size_t size;
	bool is_array;
};

static const struct kind *find_kind(const char *type)
{
	size_t i, length;

	if (!strncmp(type, "__data_loc ", 11) || !strncmp(type, "__rel_loc ", 10))
		type = strchr(type, ' ') + 1;
	length = strcspn(type, "[");
	while (length && type[length - 1] == ' ')
		length--;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strlen(kinds[i].name) == length && !strncmp(kinds[i].name, type, length))
			return &kinds[i];
	}
	return &opaque;
}

static bool within(const struct sample *sample, size_t offset, size_t size)
{
	return offset <= sample->size && size <= sample->size - offset;
}

/* The low half of a location is where the bytes are, the high half how many */
static bool follow_location(const struct tep_format_field *field, const struct sample *sample,
			    struct value *value)
{
	size_t offset;
	uint32_t location;

	if (value->size != sizeof(location))
		return false;
	memcpy(&location, value->bytes, sizeof(location));
	offset = location & 0xffff;
	if (field->flags & TEP_FIELD_IS_RELATIVE)
		offset += field->offset + field->size;
	value->bytes = (const unsigned char *)sample->data + offset;
	value->size = location >> 16;
	value->is_array = true;
	return within(sample, offset, value->size);
}

static bool find_value(const struct tep_format_field *field, const struct sample *sample,
		       struct value *value)
{
	if (!within(sample, field->offset, field->size))
		return false;
	value->kind = find_kind(field->type);
	value->bytes = (const unsigned char *)sample->data + field->offset;
	value->size = field->size;
	value->is_array = value->kind->size != (unsigned int)field->size;
	if (field->flags & TEP_FIELD_IS_DYNAMIC)
		return follow_location(field, sample, value);
	return true;
}

static void print_number(const struct kind *kind, const unsigned char *bytes, bool json)
{
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint64_t u64;
	} as = {};
	long long number;

	memcpy(&as, bytes, kind->size);
	switch (kind->size) {
	case 1:
		number = kind->is_signed ? (int64_t)(int8_t)as.u8 : (int64_t)as.u8;
		break;
	case 2:
		number = kind->is_signed ? (int64_t)(int16_t)as.u16 : (int64_t)as.u16;
		break;
	case 4:
		number = kind->is_signed ? (int64_t)(int32_t)as.u32 : (int64_t)as.u32;
		break;
	default:
		number = as.u64;
	}
	if (json)
		json_number(NULL, kind->is_signed ? "%lld" : "%llu", number);
	else
		printf(kind->is_signed ? "%lld" : "%llu", number);
}

static void print_array(const struct value *value, bool json)
{
	size_t at;

	if (json)
		json_begin(NULL, '[');
	else
		putchar('[');
	for (at = 0; at + value->kind->size <= value->size; at += value->kind->size) {
		if (at && !json)
			putchar(',');
		print_number(value->kind, value->bytes + at, json);
	}
	if (json)
		json_end(']');
	else
		putchar(']');
}

static void print_text(const struct value *value, bool json)
{
	size_t length = strnlen((const char *)value->bytes, value->size);

	if (json) {
		json_text(NULL, (const char *)value->bytes, length);
		return;
	}
	putchar('"');
	print_escaped((const char *)value->bytes, length);
	putchar('"');
}

/* A struct of the program's own, whose members nobody has told the kernel */
static void print_bytes(const struct value *value, bool json)
{
	char *text = malloc(2 * value->size + 1);
	size_t i;

	if (!text)
		out_of_memory();
	for (i = 0; i < value->size; i++)
		sprintf(text + 2 * i, "%02x", value->bytes[i]);
	text[2 * value->size] = '\0';
	if (json)
		json_string(NULL, text);
	else
		fputs(text, stdout);
	free(text);
}

static void print_value(const struct value *value, bool json)
{
	if (!value->kind->size)
		print_bytes(value, json);
	else if (!value->is_array)
		print_number(value->kind, value->bytes, json);
	else if (value->kind->is_text)
		print_text(value, json);
	else
		print_array(value, json);
}

/**
 * print_fields - print the fields of a record
 * @event: what the kernel says of them
 * @sample: the record
 * @json: as members of an object, or else as NAME=VALUE with a space before each
 */
void print_fields(const struct tep_event *event, const struct sample *sample, bool json)
{
	const struct tep_format_field *field;
	struct value value;

	for (field = event->format.fields; field; field = field->next) {
		if (json)
			json_name(field->name);
		else
			printf(" %s=", field->name);
		if (find_value(field, sample, &value))
			print_value(&value, json);
		else if (json)
			json_null(NULL);
		else
			putchar('?');
	}
}
