/* WebSocket frames (RFC 6455, 5): names, numbers, and writing them. websocket_reader.h reads. */
#ifndef ALLIM_PROTOCOL_WEBSOCKET_H
#define ALLIM_PROTOCOL_WEBSOCKET_H

#include "base/buffer.h"

/* RFC 6455, 11.8. */
enum websocket_opcode {
	WEBSOCKET_CONTINUATION = 0,
	WEBSOCKET_TEXT = 1,
	WEBSOCKET_BINARY = 2,
	WEBSOCKET_CLOSE = 8,
	WEBSOCKET_PING = 9,
	WEBSOCKET_PONG = 10
};

/* Why a connection ends (7.4.1). */
enum websocket_close {
#define CLOSE_CODE(name, code) WEBSOCKET_CLOSE_##name = (code),
#include "protocol/websocket_closes.def"
#undef CLOSE_CODE
};

enum {
	WEBSOCKET_HEAD_BYTES = 10,     /* the longest head of a frame that is not masked */
	WEBSOCKET_MASK_BYTES = 4,      /* what masking adds to it */
	WEBSOCKET_CONTROL_BYTES = 125, /* the most that a control frame carries (5.5) */
	WEBSOCKET_REASON_BYTES = WEBSOCKET_CONTROL_BYTES - 2
};

/* Bits of the first byte beside the opcode (5.2; RFC 7692, 6). */
enum { WEBSOCKET_FINAL = 0x80, WEBSOCKET_COMPRESSED = 0x40 };

/* How many bytes the head of a frame with so much payload has, unmasked. */
size_t websocket_head_length(uint64_t payload_length);

/* Writes the head of an unmasked frame; `first` is its first byte: bits and opcode. Returns how
 * many bytes it has. */
size_t websocket_write_head(unsigned char head[static WEBSOCKET_HEAD_BYTES], unsigned first,
			    uint64_t payload_length);

/* One whole unmasked message or control frame, as servers send them. */
void websocket_append(struct buffer *out, enum websocket_opcode opcode, struct slice payload);

/* The same masked, as clients send them. */
void websocket_append_masked(struct buffer *out, enum websocket_opcode opcode, struct slice payload,
			     const unsigned char mask[static WEBSOCKET_MASK_BYTES]);

/* A close frame. A reason of more than WEBSOCKET_REASON_BYTES is cut. */
void websocket_append_close(struct buffer *out, unsigned code, struct slice reason);

/* Masks or unmasks in place (5.3). `position` counts the bytes of the payload before these. */
void websocket_mask(char *bytes, size_t length,
		    const unsigned char mask[static WEBSOCKET_MASK_BYTES], size_t position);

#endif
