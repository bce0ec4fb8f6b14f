/* A stream owns no buffer: events are read where they were received. Only when one comes in parts
 * are its bytes kept, until the rest is there. */
#include "bench/event_reader.h"

#include <errno.h>
#include <stdlib.h>

enum { REST_BYTES = 1 << 20, NUMBER_DIGITS = 10 };

void event_reader_finish(struct event_reader *reader)
{
	free(reader->rest);
	reader->rest = NULL;
	reader->rest_length = 0;
}

/* Skips the response's head. Returns 0, -EAGAIN or -EBADMSG. */
static int read_head(struct event_reader *reader, struct slice good, struct slice *bytes)
{
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
static int read_events(struct event_reader *reader, struct slice *bytes, event_function *on_event,
		       void *context)
{
	const struct stream_wire_ops *wire = stream_wire_ops(reader->wire);
	enum event_kind kind;
	size_t length;
	int error = reader->head_is_done ? 0 : read_head(reader, wire->good, bytes);

	if (error < 0)
		return error == -EAGAIN ? 0 : error;
	while ((length = wire->take(*bytes, &kind)) > 0) {
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
	error = read_events(reader, &left, on_event, context);
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
	error = read_events(reader, &bytes, on_event, context);
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
