/* Server-sent events (WHATWG HTML, 9.2).
 *
 * The id stands behind the data of its event, where the standard allows it as well as before: so
 * the bytes that all connections share come first and each connection's own cursor last, and one
 * send() takes both. A browser keeps an id only when the blank line that ends its event has
 * arrived. */
#include "wire/wire.h"

#include "base/json.h"
#include "protocol/sse.h"
#include "wire/change_json.h"

enum event {
#define EVENT(name) EVENT_##name,
#include "core/events.def"
#undef EVENT
	EVENTS
};

static const struct slice event_heads[EVENTS];
static const char *const reset_words[WIRE_RESETS];

static void sse_begin(struct buffer *out, int64_t retry_milliseconds)
{
	sse_append_retry(out, retry_milliseconds);
}

/* The count joins the object that was just appended, in place of its last brace. */
static void join_unread(struct buffer *out, int64_t unread)
{
	if (buffer_failed(out) || unread < 0)
		return;
	out->length--;
	buffer_append(out, SLICE(",\"unread\":"));
	buffer_append_integer(out, unread);
	buffer_append_byte(out, '}');
}

/* JSON text is one line without control characters, so it goes into the data line as it is. */
static void sse_change(struct buffer *out, const struct change *change, bool is_new, int64_t unread)
{
	buffer_append(out, event_heads[is_new ? EVENT_notification : EVENT_change]);
	if (change->kind == CHANGE_ROW)
		notification_append_json(&change->notification, out);
	else
		change_json_append_all(out, change);
	if (!is_new)
		join_unread(out, unread);
	buffer_append_byte(out, '\n');
}

static void sse_count(struct buffer *out, int64_t unread)
{
	buffer_append(out, event_heads[EVENT_count]);
	buffer_append(out, SLICE("{\"unread\":"));
	buffer_append_integer(out, unread);
	buffer_append(out, SLICE("}\n"));
}

static void sse_reset(struct buffer *out, enum wire_reset reason)
{
	buffer_append(out, event_heads[EVENT_reset]);
	buffer_append(out, SLICE("{\"reason\":\""));
	buffer_append_string(out, reset_words[reason]);
	buffer_append(out, SLICE("\"}\n"));
}

static void sse_mark(struct buffer *out, const struct cursor *cursor)
{
	char *end = buffer_reserve(out, sizeof("id: \n\n") + CURSOR_TEXT_BYTES);

	if (end == NULL)
		return;
	memcpy(end, "id: ", 4);
	end += 4;
	end += cursor_format(cursor, end);
	*end++ = '\n';
	*end++ = '\n';
	out->length = (size_t)(end - out->data);
}

static const struct slice event_heads[EVENTS] = {
#define EVENT(name) \
	[EVENT_##name] = {"event: " #name "\ndata: ", sizeof("event: " #name "\ndata: ") - 1},
#include "core/events.def"
#undef EVENT
};

static const char *const reset_words[WIRE_RESETS] = {
#define RESET(name, word, meaning) [WIRE_RESET_##name] = word,
#include "core/resets.def"
#undef RESET
};

const struct wire_ops sse_wire_ops = {
    .name = "sse",
    .content_type = "text/event-stream",
    .begin = sse_begin,
    .change = sse_change,
    .count = sse_count,
    .reset = sse_reset,
    .mark = sse_mark,
    .heartbeat = {":\n", 2},
};
