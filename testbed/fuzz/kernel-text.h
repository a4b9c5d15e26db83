/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel has for text, in loops: the C library's would read many bytes
 * in one step.
 */
#ifndef FUZZ_KERNEL_TEXT_H
#define FUZZ_KERNEL_TEXT_H

#define strlen(text)		fuzz_strlen(text)
#define strnlen(text, max)	fuzz_strnlen(text, max)
#define strcmp(a, b)		fuzz_strcmp(a, b)
#define strchr(text, c)		fuzz_strchr(text, c)
#define strchrnul(text, c)	fuzz_strchrnul(text, c)
#define strcspn(text, set)	fuzz_strcspn(text, set)
#define strstr(text, part)	fuzz_strnstr(text, part, strlen(text))
#define strnstr(text, part, n)	fuzz_strnstr(text, part, n)
#define memcmp(a, b, n)		fuzz_memcmp(a, b, n)
#define memchr(data, c, n)	fuzz_memchr(data, c, n)
#define memcpy(to, from, n)	fuzz_memcpy(to, from, n)

static inline size_t fuzz_strnlen(const char *text, size_t max)
{
	size_t len = 0;

	while (len < max && text[len])
		len++;
	return len;
}

static inline size_t fuzz_strlen(const char *text)
{
	return fuzz_strnlen(text, SIZE_MAX);
}

static inline char *fuzz_strchrnul(const char *text, int c)
{
	while (*text && *text != (char)c)
		text++;
	return (char *)text;
}

static inline char *fuzz_strchr(const char *text, int c)
{
	text = fuzz_strchrnul(text, c);
	return *text == (char)c ? (char *)text : NULL;
}

static inline size_t fuzz_strcspn(const char *text, const char *set)
{
	size_t len = 0;

	while (text[len] && !fuzz_strchr(set, text[len]))
		len++;
	return len;
}

static inline int fuzz_strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

static inline int fuzz_memcmp(const void *a, const void *b, size_t len)
{
	const unsigned char *x = a, *y = b;

	for (; len && *x == *y; len--) {
		x++;
		y++;
	}
	return len ? *x - *y : 0;
}

static inline void *fuzz_memchr(const void *data, int c, size_t len)
{
	const unsigned char *at = data;

	for (; len; len--, at++) {
		if (*at == (unsigned char)c)
			return (void *)at;
	}
	return NULL;
}

static inline void *fuzz_memcpy(void *to, const void *from, size_t len)
{
	char *x = to;
	const char *y = from;

	while (len--)
		*x++ = *y++;
	return to;
}

static inline char *fuzz_strnstr(const char *text, const char *part, size_t len)
{
	const size_t size = fuzz_strlen(part);

	for (; len >= size; len--, text++) {
		if (!fuzz_memcmp(text, part, size))
			return (char *)text;
	}
	return NULL;
}

static inline size_t str_has_prefix(const char *text, const char *prefix)
{
	const size_t len = fuzz_strlen(prefix);

	return !fuzz_memcmp(text, prefix, fuzz_strnlen(text, len) < len ? 0 : len) &&
	       fuzz_strnlen(text, len) == len ? len : 0;
}

/* As the kernel reads numbers: all of the text is one, with or without a plus */
static inline int kstrtouint(const char *text, unsigned int base, unsigned int *value)
{
	char *end;
	unsigned long number;

	if (*text == '+')
		text++;
	if (!isxdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	number = strtoul(text, &end, base);
	if (*end == '\n')
		end++;
	if (*end)
		return -EINVAL;
	if (errno || number > UINT32_MAX)
		return -ERANGE;
	*value = number;
	return 0;
}

/* Where a text goes that is no longer than its room */
struct seq_buf {
	char	*buffer;
	size_t	size, len;
};

static inline void seq_buf_init(struct seq_buf *s, char *buffer, size_t size)
{
	*s = (struct seq_buf) { .buffer = buffer, .size = size };
}

static inline void seq_buf_putc(struct seq_buf *s, char c)
{
	if (s->len < s->size)
		s->buffer[s->len] = c;
	s->len++;
}

static inline void seq_buf_puts(struct seq_buf *s, const char *text)
{
	while (*text)
		seq_buf_putc(s, *text++);
}

/* The kernel's wants one byte more for a NUL */
static inline bool seq_buf_has_overflowed(const struct seq_buf *s)
{
	return s->len + 1 > s->size;
}

static inline size_t seq_buf_used(const struct seq_buf *s)
{
	return s->len < s->size ? s->len : s->size;
}

struct seq_file {
	char	*text;
	size_t	size, len;
};

#define seq_printf(m, ...) \
	((void)((m)->len += snprintf((m)->text + (m)->len, (m)->size - (m)->len, __VA_ARGS__)))
#define seq_puts(m, text)	seq_printf(m, "%s", text)

typedef struct { u64 key[2]; } hsiphash_key_t;

/* Not siphash, but as good here: the same for the same bytes and key */
static inline u32 hsiphash(const void *data, size_t len, const hsiphash_key_t *key)
{
	const unsigned char *at = data;
	u64 hash = key->key[0];

	while (len--)
		hash = (hash ^ *at++) * 0x100000001b3 + key->key[1];
	return hash ^ hash >> 32;
}

#endif
