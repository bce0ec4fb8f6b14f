/* Only our own line ends reach the stream. */
#include "protocol/sse.h"

/* Cuts off one line, which ends with CRLF, CR, LF or the text; false behind the last. */
static bool next_line(struct slice *rest, bool *more, struct slice *ret_line)
{
	size_t end = 0;

	if (!*more)
		return false;
	while (end < rest->length && rest->data[end] != '\n' && rest->data[end] != '\r')
		end++;
	*ret_line = slice_from_bytes(rest->data, end);
	*more = end < rest->length;
	if (*more) {
		size_t skip =
		    slice_starts_with(slice_from_bytes(rest->data + end, rest->length - end),
				      SLICE("\r\n"))
			? 2
			: 1;

		*rest = slice_from_bytes(rest->data + end + skip, rest->length - end - skip);
	}
	return true;
}

static void append_lines(struct buffer *buffer, struct slice prefix, struct slice text)
{
	bool more = true;
	struct slice line;

	while (next_line(&text, &more, &line)) {
		buffer_append(buffer, prefix);
		buffer_append(buffer, line);
		buffer_append_byte(buffer, '\n');
	}
}

void sse_append_retry(struct buffer *buffer, int64_t milliseconds)
{
	buffer_append(buffer, SLICE("retry: "));
	buffer_append_integer(buffer, milliseconds);
	buffer_append_byte(buffer, '\n');
}

void sse_append_comment(struct buffer *buffer, struct slice text)
{
	append_lines(buffer, text.length == 0 ? SLICE(":") : SLICE(": "), text);
}
