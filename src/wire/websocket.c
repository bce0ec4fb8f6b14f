/* WebSocket: each event is one text message of JSON, docs/websocket.md describes them.
 *
 * {"event":"notification","data":{...},"cursor":"..."}
 *
 * The cursor, which is each connection's own, stands at the end, so that what comes before it is
 * the same for all, compressed too: the cursor then follows in a block of its own that is not (RFC
 * 1951, 3.2.4). But the length of all of it stands in the frame's head, so room for the longest is
 * left before the event, and the head is written into the end of that room. */
#include "protocol/websocket.h"

#include "wire/event_json.h"

#include <stdio.h>

enum {
	END_BYTES = sizeof(",\"cursor\":\"\"}") + CURSOR_TEXT_BYTES,
	DEFLATE_HEAD_BYTES = 1 + WEBSOCKET_HEAD_BYTES,
	COMPRESSED_BYTES = 128 /* texts from this length on are compressed */
};

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

/* {...,"cursor":"..."}: returns how many bytes of the text there are. */
static size_t format_end(const struct cursor *cursor, char text[static END_BYTES])
{
	static const struct slice name = {",\"cursor\":\"", sizeof(",\"cursor\":\"") - 1};
	size_t length = name.length;

	memcpy(text, name.data, name.length);
	length += cursor_format(cursor, text + length);
	text[length++] = '"';
	text[length++] = '}';
	return length;
}

/* Writes the frame's head into the end of the room for it. */
static size_t write_head(struct buffer *out, size_t start, size_t room, unsigned first)
{
	unsigned char head[WEBSOCKET_HEAD_BYTES];
	size_t length;

	if (buffer_failed(out))
		return 0;
	length = websocket_write_head(head, first, out->length - start - room);
	memcpy(out->data + start + room - length, head, length);
	return room - length;
}

static size_t websocket_end(struct buffer *out, size_t start, const struct cursor *cursor)
{
	char text[END_BYTES];
	size_t length = format_end(cursor, text);

	buffer_append(out, slice_from_bytes(text, length));
	return write_head(out, start, WEBSOCKET_HEAD_BYTES, WEBSOCKET_FINAL | WEBSOCKET_TEXT);
}

/* What is short gains nothing. The byte before the room for the head remembers which it was, since
 * an event may be ended more than once. */
static void deflate_share(struct buffer *out, size_t start, struct websocket_deflate *codec)
{
	struct buffer compressed = BUFFER_EMPTY;
	size_t payload = start + DEFLATE_HEAD_BYTES;

	if (buffer_failed(out))
		return;
	out->data[start] = out->length - payload >= COMPRESSED_BYTES;
	if (out->data[start] == 0)
		return;
	websocket_deflate_append(
	    codec, slice_from_bytes(out->data + payload, out->length - payload), &compressed);
	out->length = payload;
	buffer_append(out, buffer_slice(&compressed));
	out->failed = out->failed || buffer_failed(&compressed);
	buffer_finish(&compressed);
}

static size_t deflate_end(struct buffer *out, size_t start, const struct cursor *cursor)
{
	char text[END_BYTES];
	struct slice end = {text, format_end(cursor, text)};
	unsigned first = WEBSOCKET_FINAL | WEBSOCKET_TEXT;

	if (buffer_failed(out))
		return 0;
	if (out->data[start] == 0) {
		buffer_append(out, end);
	} else {
		websocket_deflate_append_stored(end, out);
		first |= WEBSOCKET_COMPRESSED;
	}
	return write_head(out, start, DEFLATE_HEAD_BYTES, first);
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

const struct wire_ops websocket_deflate_wire_ops = {
    .name = "websocket-deflate",
    .head_bytes = DEFLATE_HEAD_BYTES,
    .begin = websocket_begin,
    .change = websocket_change,
    .count = websocket_count,
    .reset = websocket_reset,
    .share = deflate_share,
    .end = deflate_end,
    .heartbeat = websocket_heartbeat,
    .goodbye = websocket_goodbye,
};
