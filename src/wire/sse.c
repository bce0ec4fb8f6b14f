/* Server-sent events (WHATWG HTML, 9.2).
 *
 * The id stands behind the data of its event, where the standard allows it as well as before: so
 * the bytes that all connections share come first and each connection's own cursor last, and one
 * send() takes both. A browser keeps an id only when the blank line that ends its event has
 * arrived. */
#include "wire/wire.h"

#include "protocol/sse.h"
#include "wire/event_json.h"

static const struct slice event_heads[EVENTS];

static void sse_begin(struct buffer *out, int64_t retry_milliseconds)
{
	sse_append_retry(out, retry_milliseconds);
}

/* JSON text is one line without control characters, so it goes into the data line as it is. */
static void sse_change(struct buffer *out, const struct change *change, bool is_new, int64_t unread)
{
	buffer_append(out, event_heads[event_of_change(is_new)]);
	event_json_append_change(out, change, is_new, unread);
	buffer_append_byte(out, '\n');
}

static void sse_count(struct buffer *out, int64_t unread)
{
	buffer_append(out, event_heads[EVENT_count]);
	event_json_append_count(out, unread);
	buffer_append_byte(out, '\n');
}

static void sse_reset(struct buffer *out, enum wire_reset reason)
{
	buffer_append(out, event_heads[EVENT_reset]);
	event_json_append_reset(out, reason);
	buffer_append_byte(out, '\n');
}

static size_t sse_end(struct buffer *out, size_t start, const struct cursor *cursor)
{
	char *end = buffer_reserve(out, sizeof("id: \n\n") + CURSOR_TEXT_BYTES);

	(void)start;
	if (end == NULL)
		return 0;
	memcpy(end, "id: ", 4);
	end += 4;
	end += cursor_format(cursor, end);
	*end++ = '\n';
	*end++ = '\n';
	out->length = (size_t)(end - out->data);
	return 0;
}

/* A comment; the head would be one more thing that browsers do not show to a page. */
static void sse_heartbeat(struct buffer *out, const struct cursor *head)
{
	(void)head;
	buffer_append(out, SLICE(":\n"));
}

/* An EventSource comes again by itself, when it was last told to. */
static void sse_goodbye(struct buffer *out, enum wire_goodbye reason, int64_t retry_milliseconds)
{
	if (reason == WIRE_GOODBYE_RESTART)
		sse_append_retry(out, retry_milliseconds);
}

static const struct slice event_heads[EVENTS] = {
#define EVENT(name) \
	[EVENT_##name] = {"event: " #name "\ndata: ", sizeof("event: " #name "\ndata: ") - 1},
#include "core/events.def"
#undef EVENT
};

const struct wire_ops sse_wire_ops = {
    .name = "sse",
    .content_type = "text/event-stream",
    .begin = sse_begin,
    .change = sse_change,
    .count = sse_count,
    .reset = sse_reset,
    .end = sse_end,
    .heartbeat = sse_heartbeat,
    .goodbye = sse_goodbye,
};
