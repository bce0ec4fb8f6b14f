/* A title is written by whoever may publish, and a terminal obeys what it is shown: so texts of
 * others pass output_append_visible() on their way to one. */
#include "cli/output.h"

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

static size_t sequence_bytes(char first)
{
	unsigned char byte = (unsigned char)first;

	return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/* Letters beyond U+1100 (E1 84 80) count as two columns, which they are in Korean, Chinese and
 * Japanese; where they are one, the line is a little shorter than it might be. */
static size_t sequence_columns(struct slice text)
{
	unsigned char first = (unsigned char)text.data[0];
	unsigned char second = text.length > 1 ? (unsigned char)text.data[1] : 0;

	return first > 0xE1 || (first == 0xE1 && second >= 0x84) ? 2 : 1;
}

/* How many bytes of well-formed UTF-8 fit that many columns. */
static size_t fit(struct slice text, size_t width, size_t *ret_columns)
{
	size_t bytes = 0, used = 0;

	while (bytes < text.length) {
		size_t wanted =
		    sequence_columns(slice_from_bytes(text.data + bytes, text.length - bytes));

		if (used + wanted > width)
			break;
		used += wanted;
		bytes += sequence_bytes(text.data[bytes]);
	}
	*ret_columns = used;
	return bytes;
}

size_t output_append_cut(struct buffer *buffer, struct slice text, size_t width)
{
	size_t used;

	if (fit(text, width, &used) < text.length) {
		text.length = fit(text, width - 1, &used);
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
    [OUTPUT_PLAIN] = "",
    [OUTPUT_BOLD] = "\033[1m",
    [OUTPUT_DIM] = "\033[2m",
    [OUTPUT_ACCENT] = "\033[36m",
};
