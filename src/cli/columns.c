/* Letters beyond U+1100 (E1 84 80) count as two columns, which they are in Korean, Chinese and
 * Japanese; where they are one, the line is a little shorter than it might be. */
#include "cli/columns.h"

#include "cli/output.h"

static size_t sequence_bytes(char first)
{
	unsigned char byte = (unsigned char)first;

	return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

static size_t sequence_columns(struct slice text)
{
	unsigned char first = (unsigned char)text.data[0];
	unsigned char second = text.length > 1 ? (unsigned char)text.data[1] : 0;

	return first > 0xE1 || (first == 0xE1 && second >= 0x84) ? 2 : 1;
}

size_t columns_fit(struct slice text, size_t width, size_t *ret_columns)
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
	return bytes < text.length ? bytes : text.length;
}

size_t columns_width(struct slice text)
{
	size_t columns;

	columns_fit(text, SIZE_MAX, &columns);
	return columns;
}

void columns_append_left(struct buffer *buffer, struct slice text, size_t width)
{
	size_t used = output_append_cut(buffer, text, width);

	buffer_append_format(buffer, "%*s", (int)(width - used), "");
}

void columns_append_right(struct buffer *buffer, struct slice text, size_t width)
{
	size_t used = columns_width(text);

	if (used < width)
		buffer_append_format(buffer, "%*s", (int)(width - used), "");
	buffer_append(buffer, text);
}

/* How many bytes of the text go into a line of that width: whole words, or as many letters as fit
 * where a line of its own is no longer. */
static size_t break_at(struct slice text, size_t width, bool is_whole_line)
{
	size_t columns, most = columns_fit(text, width, &columns), end = most;

	if (most == text.length)
		return most;
	while (end > 0 && text.data[end] != ' ')
		end--;
	return end > 0 || !is_whole_line ? end : most;
}

void columns_append_wrapped(struct buffer *buffer, struct slice text, size_t used, size_t indent)
{
	while (text.length > 0) {
		size_t room = used < COLUMNS_OF_LINE ? COLUMNS_OF_LINE - used : 0;
		size_t bytes = break_at(text, room, used == indent);

		output_append_visible(buffer, slice_from_bytes(text.data, bytes));
		while (bytes < text.length && text.data[bytes] == ' ')
			bytes++;
		text.data += bytes;
		text.length -= bytes;
		if (text.length > 0)
			buffer_append_format(buffer, "\n%*s", (int)indent, "");
		used = indent;
	}
	buffer_append_byte(buffer, '\n');
}

void columns_append_line(struct buffer *buffer, struct buffer *line, size_t used, size_t indent)
{
	columns_append_wrapped(buffer, buffer_slice(line), used, indent);
	buffer->failed = buffer->failed || buffer_failed(line);
	buffer_finish(line);
}
