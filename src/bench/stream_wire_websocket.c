/* WebSocket (RFC 6455). What a client owes the protocol is protocol/websocket_reader.h; this is as
 * little as what is done for server-sent events: a frame's length leads to the next one, and its
 * first bytes say what it is. The server sends each event in one frame, unmasked. */
#include "bench/stream_wire.h"

#include "protocol/websocket.h"

enum { LENGTH_16 = 126, LENGTH_64 = 127, LENGTH_MASK = 0x7f };

static const struct {
	struct slice start;
	enum event_kind kind;
} starts[] = {
#define START(event, kind)                                                                 \
	{                                                                                  \
		{"{\"event\":\"" event "\"", sizeof("{\"event\":\"" event "\"") - 1}, kind \
	}
    START("notification", EVENT_NOTIFICATION),
    START("heartbeat", EVENT_HEARTBEAT),
#undef START
};

static enum event_kind kind_of(struct slice payload)
{
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		if (slice_starts_with(payload, starts[i].start))
			return starts[i].kind;
	}
	return EVENT_OTHER;
}

/* How many bytes tell the length of the payload, behind the first two of the head (5.2). */
static size_t extended_bytes(unsigned char second)
{
	unsigned length = second & LENGTH_MASK;

	if (length < LENGTH_16)
		return 0;
	return length == LENGTH_16 ? 2 : 8;
}

/* Reads the head of a frame. Returns its length, or 0 while it has not all come. */
static size_t read_head(struct slice bytes, uint64_t *ret_payload_length)
{
	const unsigned char *head = (const unsigned char *)bytes.data;
	size_t extended = bytes.length < 2 ? 0 : extended_bytes(head[1]);
	uint64_t length = 0;

	if (bytes.length < 2 + extended)
		return 0;
	for (size_t i = 0; i < extended; i++)
		length = length << 8 | head[2 + i];
	*ret_payload_length = extended > 0 ? length : head[1] & LENGTH_MASK;
	return 2 + extended;
}

static size_t take(struct slice bytes, enum event_kind *ret_kind)
{
	uint64_t length = 0;
	size_t head = read_head(bytes, &length);

	if (head == 0 || bytes.length - head < length)
		return 0;
	*ret_kind = kind_of(slice_from_bytes(bytes.data + head, (size_t)length));
	return head + (size_t)length;
}

/* A key is there to show that a server is one of WebSockets, which is known here: it is that of
 * 1.3, and nobody looks at the answer to it. */
const struct stream_wire_ops websocket_stream_wire_ops = {
    .path = "/v1/inbox/socket",
    .accept = "*/*",
    .headers = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	       "Sec-WebSocket-Protocol: allim.v1\r\n",
    .good = {"HTTP/1.1 101 ", sizeof("HTTP/1.1 101 ") - 1},
    .take = take,
};
