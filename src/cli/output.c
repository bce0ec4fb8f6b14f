/* A title is written by whoever may publish, and a terminal obeys what it is shown: so texts of
 * others pass output_append_visible() on their way to one. */
#include "cli/output.h"

#include "cli/columns.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const styles[OUTPUT_STYLES];

bool output_has_colours(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	if (no_color != NULL && no_color[0] != '\0')
		return false;
	return isatty(STDOUT_FILENO) == 1 && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

/* "ko_KR.UTF-8", "C.utf8" */
bool output_has_blocks(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *locale = NULL;

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		if (locale == NULL || locale[0] == '\0')
			locale = getenv(variables[i]);
	}
	return output_has_colours() && locale != NULL &&
	       (strcasestr(locale, "utf-8") != NULL || strcasestr(locale, "utf8") != NULL);
}

/* The length of the UTF-8 sequence that `text` begins with, or 0 where it is none. */
static size_t sequence_length(struct slice text)
{
	for (size_t length = 1; length <= 4 && length <= text.length; length++) {
		if (slice_is_utf8(slice_from_bytes(text.data, length)))
			return length;
	}
	return 0;
}

/* Of up to three bytes; more are no control characters. */
static unsigned code_point(struct slice sequence)
{
	const unsigned char *bytes = (const unsigned char *)sequence.data;

	switch (sequence.length) {
	case 1:
		return bytes[0];
	case 2:
		return (bytes[0] & 0x1FU) << 6 | (bytes[1] & 0x3FU);
	case 3:
		return (bytes[0] & 0x0FU) << 12 | (bytes[1] & 0x3FU) << 6 | (bytes[2] & 0x3FU);
	default:
		return UINT_MAX;
	}
}

/* What is obeyed rather than shown: C0, DEL and C1 (ECMA-48, 5.3), separators of lines, and what
 * turns the direction of a text (Unicode UAX #9, 2). */
static bool is_control(unsigned code)
{
	static const struct {
		unsigned first, last;
	} ranges[] = {{0, 0x1F}, {0x7F, 0x9F}, {0x2028, 0x202E}, {0x2066, 0x2069}};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	}
	return false;
}

static void append_bytes_escaped(struct buffer *buffer, struct slice sequence)
{
	for (size_t i = 0; i < sequence.length; i++)
		buffer_append_format(buffer, "\\x%02x", (unsigned)(unsigned char)sequence.data[i]);
}

/* Of C0 only white space stands in JSON as it is, outside of strings (RFC 8259, 2 and 7). */
static void append_json_escaped(struct buffer *buffer, struct slice sequence)
{
	if (code_point(sequence) < 0x20)
		buffer_append_byte(buffer, ' ');
	else
		buffer_append_format(buffer, "\\u%04x", code_point(sequence));
}

static void append_safe(struct buffer *buffer, struct slice text,
			void (*append_escaped)(struct buffer *buffer, struct slice sequence))
{
	while (text.length > 0) {
		size_t length = sequence_length(text);
		struct slice sequence = slice_from_bytes(text.data, length == 0 ? 1 : length);

		if (length > 0 && !is_control(code_point(sequence)))
			buffer_append(buffer, sequence);
		else
			append_escaped(buffer, sequence);
		text.data += sequence.length;
		text.length -= sequence.length;
	}
}

void output_append_visible(struct buffer *buffer, struct slice text)
{
	append_safe(buffer, text, append_bytes_escaped);
}

void output_append_json(struct buffer *buffer, struct slice json)
{
	append_safe(buffer, json, append_json_escaped);
}

/* 15 digits are what a double keeps of any decimal number. */
void output_append_value(struct buffer *buffer, const json_t *value)
{
	char *line = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15));

	if (line == NULL)
		buffer->failed = true;
	else
		output_append_json(buffer, slice_from_string(line));
	buffer_append_byte(buffer, '\n');
	free(line);
}

void output_append_styled(struct buffer *buffer, struct slice text, enum output_style style,
			  bool colours)
{
	bool styled = colours && style != OUTPUT_PLAIN;

	if (styled)
		buffer_append_string(buffer, styles[style]);
	output_append_visible(buffer, text);
	if (styled)
		buffer_append_string(buffer, "\033[0m");
}

size_t output_append_cut(struct buffer *buffer, struct slice text, size_t width)
{
	size_t used;

	if (columns_fit(text, width, &used) < text.length) {
		text.length = columns_fit(text, width - 1, &used);
		buffer_append(buffer, text);
		buffer_append_string(buffer, "…");
		return used + 1;
	}
	buffer_append(buffer, text);
	return used;
}

int output_write(struct slice bytes)
{
	errno = 0;
	if (fwrite(bytes.data, 1, bytes.length, stdout) == bytes.length && fflush(stdout) == 0)
		return 0;
	return errno == 0 ? -EIO : -errno;
}

static const char *const styles[OUTPUT_STYLES] = {
    [OUTPUT_PLAIN] = "",	  [OUTPUT_BOLD] = "\033[1m",  [OUTPUT_DIM] = "\033[2m",
    [OUTPUT_ACCENT] = "\033[36m", [OUTPUT_GOOD] = "\033[32m", [OUTPUT_BAD] = "\033[31m",
};
