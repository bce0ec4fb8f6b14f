/* A frame's head gathers byte by byte. A message that came in one frame and one read is told where
 * it lies in the input; any other is put together in a buffer. Control frames, which may stand
 * between the frames of a message, have a place of their own.
 *
 *	HEAD <-> PAYLOAD --> TOLD
 *	 ^ '------------------^ |
 *	 '----------------------'
 *
 * and from each of them to FAILED: from TOLD where a control frame interrupts a message that then
 * does not go on. */
#include "protocol/websocket_reader.h"

#include <assert.h>

enum {
	MASKED = 0x80,
	RESERVED = 0x30, /* the bits that no extension of ours uses */
	OPCODE = 0x0f,
	CONTROL = 0x08,
	LENGTH_16 = 126,
	LENGTH_64 = 127,
	KEPT_BYTES = 16384
};

enum failure {
#define WEBSOCKET_FAILURE(name, close, sentence, source) FAILURE_##name,
#include "protocol/websocket_failures.def"
#undef WEBSOCKET_FAILURE
	FAILURES
};

static const struct websocket_failure failures[FAILURES];
static const bool allowed_moves[WEBSOCKET_READER_STATES][WEBSOCKET_READER_STATES];

static void move(struct websocket_reader *reader, enum websocket_reader_state next)
{
	assert(allowed_moves[reader->state][next]);
	reader->state = (unsigned char)next;
}

static enum websocket_progress fail(struct websocket_reader *reader, enum failure failure)
{
	reader->failure = &failures[failure];
	move(reader, WEBSOCKET_READER_FAILED);
	return WEBSOCKET_FAILED;
}

void websocket_reader_init(struct websocket_reader *reader,
			   const struct websocket_reader_options *options)
{
	*reader = (struct websocket_reader){.options = *options};
}

void websocket_reader_finish(struct websocket_reader *reader)
{
	buffer_finish(&reader->message);
}

bool websocket_reader_is_idle(const struct websocket_reader *reader)
{
	bool between = reader->state == WEBSOCKET_READER_TOLD ||
		       (reader->state == WEBSOCKET_READER_HEAD && reader->head_length == 0);

	return between && reader->message_opcode == 0;
}

static bool is_control(const struct websocket_reader *reader)
{
	return (reader->head[0] & CONTROL) != 0;
}

static bool is_final(const struct websocket_reader *reader)
{
	return (reader->head[0] & WEBSOCKET_FINAL) != 0;
}

static enum websocket_opcode opcode_of(const struct websocket_reader *reader)
{
	return (enum websocket_opcode)(reader->head[0] & OPCODE);
}

static bool is_known(enum websocket_opcode opcode)
{
	switch (opcode) {
	case WEBSOCKET_CONTINUATION:
	case WEBSOCKET_TEXT:
	case WEBSOCKET_BINARY:
	case WEBSOCKET_CLOSE:
	case WEBSOCKET_PING:
	case WEBSOCKET_PONG:
		return true;
	}
	return false;
}

/* How many bytes the length takes beside the second byte, which must have come. */
static size_t length_bytes(const struct websocket_reader *reader)
{
	unsigned length = reader->head[1] & ~(unsigned)MASKED;

	if (length == LENGTH_64)
		return 8;
	return length == LENGTH_16 ? 2 : 0;
}

static size_t head_needed(const struct websocket_reader *reader)
{
	if (reader->head_length < 2)
		return 2;
	return 2 + length_bytes(reader) +
	       ((reader->head[1] & MASKED) != 0 ? WEBSOCKET_MASK_BYTES : 0);
}

/* What the first two bytes can be wrong in, so that a peer learns of it at once. */
static enum failure check_start(const struct websocket_reader *reader)
{
	enum websocket_opcode opcode = opcode_of(reader);
	bool masked = (reader->head[1] & MASKED) != 0;
	bool compressed = (reader->head[0] & WEBSOCKET_COMPRESSED) != 0;

	if (masked == reader->options.is_client)
		return masked ? FAILURE_MASKED : FAILURE_UNMASKED;
	/* Only the first frame of a message says that it is compressed (RFC 7692, 6.1). */
	if ((reader->head[0] & RESERVED) != 0 ||
	    (compressed && (!reader->options.may_compress || is_control(reader) ||
			    opcode == WEBSOCKET_CONTINUATION)))
		return FAILURE_RESERVED_BIT;
	if (!is_known(opcode))
		return FAILURE_UNKNOWN_OPCODE;
	if (is_control(reader)) {
		if (!is_final(reader))
			return FAILURE_FRAGMENTED_CONTROL;
		return length_bytes(reader) > 0 ? FAILURE_LARGE_CONTROL : FAILURES;
	}
	if (opcode == WEBSOCKET_CONTINUATION && reader->message_opcode == 0)
		return FAILURE_NOTHING_TO_CONTINUE;
	if (opcode != WEBSOCKET_CONTINUATION && reader->message_opcode != 0)
		return FAILURE_MESSAGE_UNFINISHED;
	return FAILURES;
}

static enum failure read_length(struct websocket_reader *reader)
{
	size_t bytes = length_bytes(reader);
	uint64_t length = 0;

	for (size_t i = 0; i < bytes; i++)
		length = length << 8 | reader->head[2 + i];
	if (bytes == 0)
		length = reader->head[1] & ~(unsigned)MASKED;
	if (length > INT64_MAX || websocket_head_length(length) != 2 + bytes)
		return FAILURE_LONG_LENGTH;
	if (!is_control(reader) && length > reader->options.message_bytes - reader->message.length)
		return FAILURE_TOO_BIG;
	reader->left = length;
	return FAILURES;
}

static void begin_payload(struct websocket_reader *reader)
{
	if (!reader->options.is_client)
		memcpy(reader->mask, reader->head + reader->head_length - WEBSOCKET_MASK_BYTES,
		       WEBSOCKET_MASK_BYTES);
	reader->head_length = 0;
	reader->position = 0;
	reader->control_length = 0;
	if (!is_control(reader) && opcode_of(reader) != WEBSOCKET_CONTINUATION) {
		reader->message_opcode = (unsigned char)opcode_of(reader);
		reader->message_compressed = (reader->head[0] & WEBSOCKET_COMPRESSED) != 0;
	}
	move(reader, WEBSOCKET_READER_PAYLOAD);
}

static enum websocket_progress feed_head(struct websocket_reader *reader, const char *bytes,
					 size_t length, size_t *ret_consumed)
{
	enum failure failure = FAILURES;

	while (reader->head_length < head_needed(reader)) {
		if (*ret_consumed == length)
			return WEBSOCKET_NEED_MORE;
		reader->head[reader->head_length++] = (unsigned char)bytes[(*ret_consumed)++];
		if (reader->head_length == 2)
			failure = check_start(reader);
		if (failure != FAILURES)
			return fail(reader, failure);
	}
	failure = read_length(reader);
	if (failure != FAILURES)
		return fail(reader, failure);
	begin_payload(reader);
	return WEBSOCKET_NEED_MORE;
}

static enum websocket_progress tell(struct websocket_reader *reader, enum websocket_opcode opcode,
				    struct slice payload, struct websocket_message *ret_message)
{
	*ret_message = (struct websocket_message){.opcode = opcode, .payload = payload};
	move(reader, WEBSOCKET_READER_TOLD);
	return WEBSOCKET_MESSAGE;
}

/* RFC 6455, 7.4: 1004 to 1006 and 1015 are never sent, below 1000 and 1016 to 2999 is nothing. */
static bool is_close_code(unsigned code)
{
	return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) ||
	       (code >= 3000 && code <= 4999);
}

static enum websocket_progress tell_close(struct websocket_reader *reader,
					  struct websocket_message *ret_message)
{
	struct slice payload = slice_from_bytes(reader->control, reader->control_length);
	unsigned code = 0;

	if (payload.length == 1)
		return fail(reader, FAILURE_BAD_CLOSE);
	if (payload.length > 0) {
		code =
		    (unsigned)(unsigned char)payload.data[0] << 8 | (unsigned char)payload.data[1];
		payload = slice_from_bytes(payload.data + 2, payload.length - 2);
		if (!is_close_code(code))
			return fail(reader, FAILURE_BAD_CLOSE);
	}
	if (!slice_is_utf8(payload))
		return fail(reader, FAILURE_NOT_UTF8);
	tell(reader, WEBSOCKET_CLOSE, payload, ret_message);
	ret_message->close = code;
	return WEBSOCKET_MESSAGE;
}

static enum websocket_progress tell_control(struct websocket_reader *reader,
					    struct websocket_message *ret_message)
{
	if (opcode_of(reader) == WEBSOCKET_CLOSE)
		return tell_close(reader, ret_message);
	return tell(reader, opcode_of(reader),
		    slice_from_bytes(reader->control, reader->control_length), ret_message);
}

static enum websocket_progress tell_data(struct websocket_reader *reader, struct slice payload,
					 struct websocket_message *ret_message)
{
	enum websocket_opcode opcode = (enum websocket_opcode)reader->message_opcode;
	bool compressed = reader->message_compressed;

	if (opcode == WEBSOCKET_TEXT && !compressed && !slice_is_utf8(payload))
		return fail(reader, FAILURE_NOT_UTF8);
	reader->message_opcode = 0;
	tell(reader, opcode, payload, ret_message);
	ret_message->compressed = compressed;
	return WEBSOCKET_MESSAGE;
}

/* The next step: TOLD, or the head of the next frame. */
static enum websocket_progress finish_frame(struct websocket_reader *reader, struct slice part,
					    struct websocket_message *ret_message)
{
	if (is_control(reader))
		return tell_control(reader, ret_message);
	if (is_final(reader) && reader->message.length == 0)
		return tell_data(reader, part, ret_message);
	buffer_append(&reader->message, part);
	if (buffer_failed(&reader->message))
		return fail(reader, FAILURE_NO_MEMORY);
	if (is_final(reader))
		return tell_data(reader, buffer_slice(&reader->message), ret_message);
	move(reader, WEBSOCKET_READER_HEAD);
	return WEBSOCKET_NEED_MORE;
}

static enum websocket_progress feed_payload(struct websocket_reader *reader, char *bytes,
					    size_t length, size_t *ret_consumed,
					    struct websocket_message *ret_message)
{
	struct slice part = {bytes + *ret_consumed, length - *ret_consumed};

	if (part.length > reader->left)
		part.length = (size_t)reader->left;
	if (!reader->options.is_client)
		websocket_mask(bytes + *ret_consumed, part.length, reader->mask, reader->position);
	*ret_consumed += part.length;
	reader->left -= part.length;
	reader->position += part.length;
	if (is_control(reader)) {
		memcpy(reader->control + reader->control_length, part.data, part.length);
		reader->control_length += (unsigned char)part.length;
	}
	if (reader->left == 0)
		return finish_frame(reader, part, ret_message);
	if (!is_control(reader))
		buffer_append(&reader->message, part);
	if (buffer_failed(&reader->message))
		return fail(reader, FAILURE_NO_MEMORY);
	return WEBSOCKET_NEED_MORE;
}

/* What was told is over. A message that a control frame interrupts goes on. */
static void forget_told(struct websocket_reader *reader)
{
	move(reader, WEBSOCKET_READER_HEAD);
	if (reader->message_opcode != 0)
		return;
	if (reader->message.capacity > KEPT_BYTES)
		buffer_finish(&reader->message);
	else
		buffer_clear(&reader->message);
}

enum websocket_progress websocket_reader_feed(struct websocket_reader *reader, char *bytes,
					      size_t length, size_t *ret_consumed,
					      struct websocket_message *ret_message)
{
	enum websocket_progress progress = WEBSOCKET_NEED_MORE;

	*ret_consumed = 0;
	if (reader->state == WEBSOCKET_READER_FAILED)
		return WEBSOCKET_FAILED;
	if (reader->state == WEBSOCKET_READER_TOLD)
		forget_told(reader);
	while (progress == WEBSOCKET_NEED_MORE) {
		if (reader->state == WEBSOCKET_READER_HEAD) {
			if (*ret_consumed == length)
				break;
			progress = feed_head(reader, bytes, length, ret_consumed);
		} else {
			if (*ret_consumed == length && reader->left > 0)
				break;
			progress = feed_payload(reader, bytes, length, ret_consumed, ret_message);
		}
	}
	return progress;
}

void websocket_reader_expire(struct websocket_reader *reader)
{
	assert(!websocket_reader_is_idle(reader));
	fail(reader, FAILURE_TOO_SLOW);
}

static const struct websocket_failure failures[FAILURES] = {
#define WEBSOCKET_FAILURE(name, close, sentence, source) \
	[FAILURE_##name] = {WEBSOCKET_CLOSE_##close, {sentence, sizeof(sentence) - 1}},
#include "protocol/websocket_failures.def"
#undef WEBSOCKET_FAILURE
};

static const bool allowed_moves[WEBSOCKET_READER_STATES][WEBSOCKET_READER_STATES] = {
    [WEBSOCKET_READER_HEAD] = {[WEBSOCKET_READER_PAYLOAD] = true, [WEBSOCKET_READER_FAILED] = true},
    [WEBSOCKET_READER_PAYLOAD] = {[WEBSOCKET_READER_HEAD] = true,
				  [WEBSOCKET_READER_TOLD] = true,
				  [WEBSOCKET_READER_FAILED] = true},
    [WEBSOCKET_READER_TOLD] = {[WEBSOCKET_READER_HEAD] = true, [WEBSOCKET_READER_FAILED] = true},
};
