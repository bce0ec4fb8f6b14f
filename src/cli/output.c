/* A title is written by whoever may publish, and a terminal obeys what it is shown: so texts of
 * others pass output_append_visible() on their way to one. */
#include "cli/output.h"

#include <errno.h>
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

/* C0, DEL, and C1, which are C2 80 to C2 9F in UTF-8 (ECMA-48, 5.3). */
static bool is_control(struct slice sequence)
{
	unsigned char first = (unsigned char)sequence.data[0];

	if (sequence.length == 1)
		return first < 0x20 || first == 0x7F;
	return sequence.length == 2 && first == 0xC2 && (unsigned char)sequence.data[1] < 0xA0;
}

void output_append_visible(struct buffer *buffer, struct slice text)
{
	while (text.length > 0) {
		size_t length = sequence_length(text);
		struct slice sequence = slice_from_bytes(text.data, length == 0 ? 1 : length);

		if (length > 0 && !is_control(sequence)) {
			buffer_append(buffer, sequence);
		} else {
			for (size_t i = 0; i < sequence.length; i++)
				buffer_append_format(buffer, "\\x%02x",
						     (unsigned)(unsigned char)sequence.data[i]);
		}
		text.data += sequence.length;
		text.length -= sequence.length;
	}
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
