/* A stream owns no buffer: events are read where they were received. Only when one comes in parts
 * are its bytes kept, until the rest is there. */
#include "bench/event_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>

enum { REST_BYTES = 1 << 20, NUMBER_DIGITS = 10 };

void event_reader_finish(struct event_reader *reader)
{
	free(reader->rest);
	*reader = (struct event_reader){0};
}

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

/* The length of what can be told of next, or 0 where more must come first. */
static size_t take_next(struct slice bytes, enum event_kind *ret_kind)
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

/* Skips the response's head. Returns 0, -EAGAIN or -EBADMSG. */
static int read_head(struct event_reader *reader, struct slice *bytes)
{
	const struct slice good = SLICE("HTTP/1.1 200 ");
	const char *end = memmem(bytes->data, bytes->length, "\r\n\r\n", 4);
	size_t length = bytes->length < good.length ? bytes->length : good.length;

	if (memcmp(bytes->data, good.data, length) != 0)
		return -EBADMSG;
	if (end == NULL)
		return -EAGAIN;
	length = (size_t)(end - bytes->data) + 4;
	*bytes = slice_from_bytes(bytes->data + length, bytes->length - length);
	reader->head_is_done = true;
	return 0;
}

/* Reads what is complete and leaves the rest in `bytes`. */
static int read_blocks(struct event_reader *reader, struct slice *bytes, event_function *on_event,
		       void *context)
{
	enum event_kind kind;
	size_t length;
	int error = reader->head_is_done ? 0 : read_head(reader, bytes);

	if (error < 0)
		return error == -EAGAIN ? 0 : error;
	while ((length = take_next(*bytes, &kind)) > 0) {
		on_event(context, kind, slice_from_bytes(bytes->data, length));
		*bytes = slice_from_bytes(bytes->data + length, bytes->length - length);
	}
	return 0;
}

static int keep_rest(struct event_reader *reader, struct slice rest)
{
	if (rest.length == 0)
		return 0;
	if (rest.length > REST_BYTES)
		return -EMSGSIZE;
	reader->rest = malloc(rest.length);
	if (reader->rest == NULL)
		return -ENOMEM;
	memcpy(reader->rest, rest.data, rest.length);
	reader->rest_length = (uint32_t)rest.length;
	return 0;
}

static int feed_behind_rest(struct event_reader *reader, struct slice bytes,
			    event_function *on_event, void *context)
{
	size_t length = reader->rest_length + bytes.length;
	char *joined = realloc(reader->rest, length);
	struct slice left = {joined, length};
	int error;

	if (joined == NULL)
		return -ENOMEM;
	memcpy(joined + reader->rest_length, bytes.data, bytes.length);
	reader->rest = NULL;
	reader->rest_length = 0;
	error = read_blocks(reader, &left, on_event, context);
	if (error == 0)
		error = keep_rest(reader, left);
	free(joined);
	return error;
}

int event_reader_feed(struct event_reader *reader, struct slice bytes, event_function *on_event,
		      void *context)
{
	int error;

	if (reader->rest != NULL)
		return feed_behind_rest(reader, bytes, on_event, context);
	error = read_blocks(reader, &bytes, on_event, context);
	return error < 0 ? error : keep_rest(reader, bytes);
}

int64_t event_number(struct slice event)
{
	struct slice mark = SLICE("\"title\":\"n");
	const char *found = memmem(event.data, event.length, mark.data, mark.length);
	int64_t number;

	if (found == NULL)
		return -1;
	found += mark.length;
	if (event.data + event.length - found < NUMBER_DIGITS ||
	    slice_to_integer(slice_from_bytes(found, NUMBER_DIGITS), &number) < 0)
		return -1;
	return number;
}
