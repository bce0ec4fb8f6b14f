/* A server whose WebSockets send each message back as it came: text as text, bytes as bytes, in one
 * frame, compressed where that was agreed on. Suites that test WebSocket servers can be pointed at
 * it: `make run-echo`.
 *
 * By --wrap, so that what reads, checks, inflates, answers and closes is what ships. Besides, the
 * wires say nothing by themselves, because a suite waits for its own messages only, and whoever
 * comes is let in. */
#include "protocol/websocket.h"
#include "server/authentication.h"
#include "server/websocket.h"

#include "lib/wrapped.h"

WRAPPED(authenticate_user);
WRAPPED(websocket_append);
WRAPPED(websocket_receive);
WRAPPED(wire_end_event);

int __wrap_authenticate_user(struct authenticator *authenticator,
			     const struct http_request *request, int64_t now, struct arena *arena,
			     struct identity *ret_identity)
{
	(void)authenticator;
	(void)request;
	(void)now;
	(void)arena;
	*ret_identity = (struct identity){
	    .kind = IDENTITY_USER, .name = SLICE("echo"), .expires_at = UINT32_MAX};
	return 0;
}

static void append_compressed(struct worker *worker, enum websocket_opcode opcode,
			      struct slice payload, struct buffer *out)
{
	struct buffer compressed = BUFFER_EMPTY;
	unsigned char head[WEBSOCKET_HEAD_BYTES];
	size_t length;

	websocket_deflate_append(worker_codec(worker), payload, &compressed);
	websocket_deflate_append_stored(SLICE(""), &compressed);
	length = websocket_write_head(head, WEBSOCKET_FINAL | WEBSOCKET_COMPRESSED | opcode,
				      compressed.length);
	buffer_append(out, slice_from_bytes((const char *)head, length));
	buffer_append(out, buffer_slice(&compressed));
	buffer_finish(&compressed);
}

void __wrap_websocket_receive(struct websocket *websocket, enum websocket_opcode opcode,
			      struct slice payload)
{
	struct buffer *out = &websocket->talk->answers;

	if (stream_wire(&websocket->stream) == &websocket_deflate_wire_ops)
		append_compressed(stream_worker(&websocket->stream), opcode, payload, out);
	else
		__real_websocket_append(out, opcode, payload);
}

/* What a wire says as an event: how much there is unread. */
void __wrap_wire_end_event(const struct wire_ops *ops, struct buffer *out, size_t start,
			   const struct cursor *cursor)
{
	(void)ops;
	(void)cursor;
	out->length = start;
}

/* What it says besides, when it begins and as a heartbeat, is text; pongs and closes are none. */
void __wrap_websocket_append(struct buffer *out, enum websocket_opcode opcode, struct slice payload)
{
	if (opcode != WEBSOCKET_TEXT)
		__real_websocket_append(out, opcode, payload);
}
