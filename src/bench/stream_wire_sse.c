/* Server-sent events. What a browser does with them is protocol/sse_reader.h; this is the least
 * that tells a notification from a heartbeat. */
#include "bench/stream_wire.h"

#include <errno.h>
#include <sys/types.h>

/* The length of the block with its blank line, or 0 while that is missing. */
static size_t block_length(struct slice bytes)
{
	const char *at = bytes.data, *end = bytes.data + bytes.length;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		at++;
		if (at < end && *at == '\n')
			return (size_t)(at + 1 - bytes.data);
	}
	return 0;
}

/* Comments and retry are lines by themselves, with no blank line behind them, or with one. Returns
 * the length of the one that the bytes begin with, 0 where they begin with an event, or -EAGAIN
 * where that cannot be told yet. */
static ssize_t line_length(struct slice bytes)
{
	const struct slice retry = SLICE("retry:");
	const char *end = memchr(bytes.data, '\n', bytes.length);

	if (bytes.data[0] == '\n')
		return 1;
	if (bytes.data[0] != ':' && bytes.data[0] != retry.data[0])
		return 0;
	if (end == NULL)
		return -EAGAIN;
	if (bytes.data[0] != ':' && !slice_starts_with(bytes, retry))
		return 0;
	return end + 1 - bytes.data;
}

static size_t take(struct slice bytes, enum event_kind *ret_kind)
{
	ssize_t line = bytes.length == 0 ? -EAGAIN : line_length(bytes);

	if (line < 0)
		return 0;
	if (line > 0) {
		*ret_kind = bytes.data[0] == ':' ? EVENT_HEARTBEAT : EVENT_OTHER;
		return (size_t)line;
	}
	*ret_kind = slice_starts_with(bytes, SLICE("event: notification\n")) ? EVENT_NOTIFICATION
									     : EVENT_OTHER;
	return block_length(bytes);
}

const struct stream_wire_ops sse_stream_wire_ops = {
    .path = "/v1/inbox/stream",
    .accept = "text/event-stream",
    .headers = "",
    .good = {"HTTP/1.1 200 ", sizeof("HTTP/1.1 200 ") - 1},
    .take = take,
};
