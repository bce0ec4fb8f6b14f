/* Frames say the same however they are cut, and what was written masked is read. */
#include "fuzz/fuzz.h"
#include "protocol/websocket_reader.h"

#include <stdlib.h>

enum { LIMIT = 300 };

static void describe(const struct websocket_message *message, struct buffer *seen)
{
	FUZZ_CHECK(message->payload.length <= LIMIT);
	FUZZ_CHECK(message->opcode != WEBSOCKET_TEXT || message->compressed ||
		   slice_is_utf8(message->payload));
	buffer_append_format(seen, "%d %d %u ", (int)message->opcode, message->compressed,
			     message->close);
	buffer_append(seen, message->payload);
	buffer_append_byte(seen, ';');
}

/* Each piece lies in memory of its own, so that looking beyond it is seen. */
static enum websocket_progress feed(struct websocket_reader *reader, struct slice piece,
				    struct buffer *seen)
{
	enum websocket_progress progress;
	char *bytes = malloc(piece.length + 1);
	size_t offset = 0;

	FUZZ_CHECK(bytes != NULL);
	memcpy(bytes, piece.data, piece.length);
	do {
		struct websocket_message message;
		size_t consumed;

		progress = websocket_reader_feed(reader, bytes + offset, piece.length - offset,
						 &consumed, &message);
		offset += consumed;
		FUZZ_CHECK(offset <= piece.length);
		if (progress == WEBSOCKET_MESSAGE)
			describe(&message, seen);
	} while (progress == WEBSOCKET_MESSAGE);
	FUZZ_CHECK(progress == WEBSOCKET_FAILED || offset == piece.length);
	free(bytes);
	return progress;
}

static void read_frames(const struct websocket_reader_options *options, struct slice frames,
			size_t piece, struct buffer *seen)
{
	enum websocket_progress progress = WEBSOCKET_NEED_MORE;
	struct websocket_reader reader;

	websocket_reader_init(&reader, options);
	while (frames.length > 0 && progress != WEBSOCKET_FAILED) {
		size_t length = piece < frames.length ? piece : frames.length;

		progress = feed(&reader, slice_from_bytes(frames.data, length), seen);
		frames = slice_from_bytes(frames.data + length, frames.length - length);
	}
	if (progress == WEBSOCKET_FAILED)
		buffer_append_format(seen, "!%u", reader.failure->close);
	buffer_append_format(seen, " %d", websocket_reader_is_idle(&reader));
	websocket_reader_finish(&reader);
}

static void check_cuts(const struct websocket_reader_options *options, struct slice frames,
		       size_t piece)
{
	struct buffer whole = BUFFER_EMPTY, cut = BUFFER_EMPTY;

	read_frames(options, frames, frames.length, &whole);
	read_frames(options, frames, piece, &cut);
	FUZZ_CHECK(slice_equals(buffer_slice(&whole), buffer_slice(&cut)));
	buffer_finish(&whole);
	buffer_finish(&cut);
}

static void check_writer(struct slice payload, size_t piece)
{
	static const struct websocket_reader_options options = {.message_bytes = LIMIT};
	static const unsigned char mask[WEBSOCKET_MASK_BYTES] = {1, 0x80, 0, 0xff};
	struct buffer frame = BUFFER_EMPTY, seen = BUFFER_EMPTY, expected = BUFFER_EMPTY;

	if (payload.length > LIMIT)
		payload.length = LIMIT;
	websocket_append_masked(&frame, WEBSOCKET_BINARY, payload, mask);
	read_frames(&options, buffer_slice(&frame), piece, &seen);
	buffer_append_string(&expected, "2 0 0 ");
	buffer_append(&expected, payload);
	buffer_append_string(&expected, "; 1");
	FUZZ_CHECK(slice_equals(buffer_slice(&seen), buffer_slice(&expected)));
	buffer_finish(&frame);
	buffer_finish(&seen);
	buffer_finish(&expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_from_bytes((const char *)data, size);
	unsigned char first = (unsigned char)fuzz_take_byte(&input);
	struct websocket_reader_options options = {.message_bytes = LIMIT,
						   .is_client = (first & 0x40) != 0,
						   .may_compress = (first & 0x80) != 0};

	check_cuts(&options, input, first % 32U + 1);
	check_writer(input, first % 32U + 1);
	return 0;
}
