#include "protocol/websocket.h"

enum {
	MASKED = 0x80,
	SHORT_LENGTH = 125, /* the most that the second byte holds (5.2) */
	LENGTH_16 = 126,
	LENGTH_64 = 127
};

size_t websocket_head_length(uint64_t payload_length)
{
	if (payload_length <= SHORT_LENGTH)
		return 2;
	return payload_length <= UINT16_MAX ? 4 : 10;
}

static void write_big_endian(unsigned char *at, uint64_t number, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (unsigned char)(number >> 8 * (bytes - 1 - i));
}

size_t websocket_write_head(unsigned char head[static WEBSOCKET_HEAD_BYTES], unsigned first,
			    uint64_t payload_length)
{
	size_t length = websocket_head_length(payload_length);

	head[0] = (unsigned char)first;
	if (length == 2)
		head[1] = (unsigned char)payload_length;
	else
		head[1] = length == 4 ? LENGTH_16 : LENGTH_64;
	write_big_endian(head + 2, payload_length, length - 2);
	return length;
}

void websocket_append(struct buffer *out, enum websocket_opcode opcode, struct slice payload)
{
	unsigned char head[WEBSOCKET_HEAD_BYTES];
	size_t length = websocket_write_head(head, WEBSOCKET_FINAL | opcode, payload.length);

	buffer_append(out, slice_from_bytes((const char *)head, length));
	buffer_append(out, payload);
}

void websocket_append_masked(struct buffer *out, enum websocket_opcode opcode, struct slice payload,
			     const unsigned char mask[static WEBSOCKET_MASK_BYTES])
{
	unsigned char head[WEBSOCKET_HEAD_BYTES];
	size_t length = websocket_write_head(head, WEBSOCKET_FINAL | opcode, payload.length);
	size_t start;

	head[1] |= MASKED;
	buffer_append(out, slice_from_bytes((const char *)head, length));
	buffer_append(out, slice_from_bytes((const char *)mask, WEBSOCKET_MASK_BYTES));
	start = out->length;
	buffer_append(out, payload);
	if (!buffer_failed(out))
		websocket_mask(out->data + start, payload.length, mask, 0);
}

void websocket_append_close(struct buffer *out, unsigned code, struct slice reason)
{
	char payload[WEBSOCKET_CONTROL_BYTES];
	size_t length = reason.length;

	if (length > WEBSOCKET_REASON_BYTES)
		length = WEBSOCKET_REASON_BYTES;
	write_big_endian((unsigned char *)payload, code, 2);
	if (length > 0)
		memcpy(payload + 2, reason.data, length);
	/* What was cut may end with half a character. */
	length = slice_drop_malformed(payload + 2, length);
	websocket_append(out, WEBSOCKET_CLOSE, slice_from_bytes(payload, 2 + length));
}

/* Eight bytes at a time: a mask that has been turned to the position fits twice. */
void websocket_mask(char *bytes, size_t length,
		    const unsigned char mask[static WEBSOCKET_MASK_BYTES], size_t position)
{
	unsigned char turned[8];
	uint64_t wide, chunk;
	size_t i = 0;

	for (size_t j = 0; j < sizeof(turned); j++)
		turned[j] = mask[(position + j) % WEBSOCKET_MASK_BYTES];
	memcpy(&wide, turned, sizeof(wide));
	for (; length - i >= sizeof(chunk); i += sizeof(chunk)) {
		memcpy(&chunk, bytes + i, sizeof(chunk));
		chunk ^= wide;
		memcpy(bytes + i, &chunk, sizeof(chunk));
	}
	for (; i < length; i++)
		bytes[i] = (char)((unsigned char)bytes[i] ^ turned[i % WEBSOCKET_MASK_BYTES]);
}
