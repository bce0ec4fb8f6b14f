/* WebSocket: each event is one text message of JSON, docs/websocket.md describes them.
 *
 *	{"event":"notification","data":{...},"cursor":"..."}
 *
 * The cursor, which is each connection's own, stands at the end, so that what comes before it is the
 * same for all. But the length of all of it stands in the frame's head, so room for the longest is
 * left before the event, and the head is written into the end of that room. */
#include "protocol/websocket.h"

#include "wire/event_json.h"

static const struct slice event_heads[EVENTS];
static const struct slice goodbye_words[WIRE_GOODBYES];
static const unsigned goodbye_closes[WIRE_GOODBYES];

static void websocket_change(struct buffer *out, const struct change *change, bool is_new,
			     int64_t unread)
{
	buffer_append(out, event_heads[event_of_change(is_new)]);
	event_json_append_change(out, change, is_new, unread);
}

static void websocket_count(struct buffer *out, int64_t unread)
{
	buffer_append(out, event_heads[EVENT_count]);
	event_json_append_count(out, unread);
}

static void websocket_reset(struct buffer *out, enum wire_reset reason)
{
	buffer_append(out, event_heads[EVENT_reset]);
	event_json_append_reset(out, reason);
}

static size_t websocket_end(struct buffer *out, size_t start, const struct cursor *cursor)
{
	static const struct slice name = {",\"cursor\":\"", sizeof(",\"cursor\":\"") - 1};
	char *end = buffer_reserve(out, name.length + CURSOR_TEXT_BYTES + 2);
	unsigned char head[WEBSOCKET_HEAD_BYTES];
	size_t payload, length;

	if (end == NULL)
		return 0;
	memcpy(end, name.data, name.length);
	end += name.length;
	end += cursor_format(cursor, end);
	*end++ = '"';
	*end++ = '}';
	out->length = (size_t)(end - out->data);
	payload = out->length - start - WEBSOCKET_HEAD_BYTES;
	length = websocket_write_head(head, WEBSOCKET_FINAL | WEBSOCKET_TEXT, payload);
	memcpy(out->data + start + WEBSOCKET_HEAD_BYTES - length, head, length);
	return WEBSOCKET_HEAD_BYTES - length;
}

/* A message that is no event of the inbox and has no cursor. */
static void append_message(struct buffer *out, struct slice text)
{
	websocket_append(out, WEBSOCKET_TEXT, text);
}

static void websocket_begin(struct buffer *out, int64_t retry_milliseconds)
{
	char text[80];
	int length =
	    snprintf(text, sizeof(text), "{\"event\":\"retry\",\"data\":{\"milliseconds\":%lld}}",
		     (long long)retry_milliseconds);

	append_message(out, slice_from_bytes(text, (size_t)length));
}

/* A client that has less than the head, and gets nothing, asks again from its cursor. */
static void websocket_heartbeat(struct buffer *out, const struct cursor *head)
{
	static const struct slice start = {
	    "{\"event\":\"heartbeat\",\"data\":{\"head\":\"",
	    sizeof("{\"event\":\"heartbeat\",\"data\":{\"head\":\"") - 1};
	char text[80 + CURSOR_TEXT_BYTES];
	size_t length = start.length;

	memcpy(text, start.data, length);
	length += cursor_format(head, text + length);
	memcpy(text + length, "\"}}", 3);
	append_message(out, slice_from_bytes(text, length + 3));
}

static void websocket_goodbye(struct buffer *out, enum wire_goodbye reason,
			      int64_t retry_milliseconds)
{
	if (reason == WIRE_GOODBYE_RESTART)
		websocket_begin(out, retry_milliseconds);
	websocket_append_close(out, goodbye_closes[reason], goodbye_words[reason]);
}

static const struct slice event_heads[EVENTS] = {
#define EVENT(name)                                             \
	[EVENT_##name] = {"{\"event\":\"" #name "\",\"data\":", \
			  sizeof("{\"event\":\"" #name "\",\"data\":") - 1},
#include "core/events.def"
#undef EVENT
};

static const struct slice goodbye_words[WIRE_GOODBYES] = {
#define GOODBYE(name, word, close, meaning) [WIRE_GOODBYE_##name] = {word, sizeof(word) - 1},
#include "core/goodbyes.def"
#undef GOODBYE
};

static const unsigned goodbye_closes[WIRE_GOODBYES] = {
#define GOODBYE(name, word, close, meaning) [WIRE_GOODBYE_##name] = (close),
#include "core/goodbyes.def"
#undef GOODBYE
};

const struct wire_ops websocket_wire_ops = {
    .name = "websocket",
    .head_bytes = WEBSOCKET_HEAD_BYTES,
    .begin = websocket_begin,
    .change = websocket_change,
    .count = websocket_count,
    .reset = websocket_reset,
    .end = websocket_end,
    .heartbeat = websocket_heartbeat,
    .goodbye = websocket_goodbye,
};
