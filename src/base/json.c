/* Runs of plain bytes are copied at once; only what must be escaped is looked at singly. */
#include "base/json.h"

#include "base/clock.h"

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7F;
}

static void append_escaped(struct buffer *buffer, unsigned char byte)
{
	switch (byte) {
	case '"':
		buffer_append(buffer, SLICE("\\\""));
		break;
	case '\\':
		buffer_append(buffer, SLICE("\\\\"));
		break;
	case '\n':
		buffer_append(buffer, SLICE("\\n"));
		break;
	case '\r':
		buffer_append(buffer, SLICE("\\r"));
		break;
	case '\t':
		buffer_append(buffer, SLICE("\\t"));
		break;
	default:
		buffer_append_format(buffer, "\\u%04x", byte);
	}
}

void json_append_string(struct buffer *buffer, struct slice text)
{
	size_t start = 0;

	buffer_append_byte(buffer, '"');
	for (size_t i = 0; i < text.length; i++) {
		if (is_plain((unsigned char)text.data[i]))
			continue;
		buffer_append(buffer, slice_from_bytes(text.data + start, i - start));
		append_escaped(buffer, (unsigned char)text.data[i]);
		start = i + 1;
	}
	if (start < text.length)
		buffer_append(buffer, slice_from_bytes(text.data + start, text.length - start));
	buffer_append_byte(buffer, '"');
}

void json_append_name(struct buffer *buffer, const char *name)
{
	buffer_append_byte(buffer, '"');
	buffer_append_string(buffer, name);
	buffer_append(buffer, SLICE("\":"));
}

void json_append_time(struct buffer *buffer, int64_t microseconds)
{
	if (microseconds == 0) {
		buffer_append(buffer, SLICE("null"));
		return;
	}
	buffer_append_byte(buffer, '"');
	clock_append_wall(buffer, microseconds);
	buffer_append_byte(buffer, '"');
}
