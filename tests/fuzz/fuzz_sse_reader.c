/* A stream is the same events however it is cut, and what is written between events is none. */
#include "fuzz/fuzz.h"
#include "protocol/sse.h"
#include "protocol/sse_reader.h"

enum { LIMIT = 200 };

static int on_message(void *context, const struct sse_message *message)
{
	struct buffer *seen = context;

	FUZZ_CHECK(message->data.length <= LIMIT);
	FUZZ_CHECK(message->last_id.length == 0 ||
		   memchr(message->last_id.data, '\0', message->last_id.length) == NULL);
	buffer_append(seen, message->type);
	buffer_append_byte(seen, '/');
	buffer_append(seen, message->last_id);
	buffer_append_byte(seen, '/');
	buffer_append(seen, message->data);
	buffer_append_byte(seen, ';');
	return 0;
}

static void read_stream(struct slice stream, size_t piece, struct buffer *seen)
{
	struct sse_reader reader;
	int result = 0;

	sse_reader_init(&reader, LIMIT);
	while (stream.length > 0 && result == 0) {
		size_t length = piece < stream.length ? piece : stream.length;

		result = sse_reader_feed(&reader, slice_from_bytes(stream.data, length), on_message,
					 seen);
		stream = slice_from_bytes(stream.data + length, stream.length - length);
	}
	buffer_append(seen, sse_reader_last_id(&reader));
	buffer_append_format(seen, " %d %lld", result, (long long)reader.retry);
	sse_reader_finish(&reader);
}

static void check_cuts(struct slice stream, size_t piece)
{
	struct buffer whole = BUFFER_EMPTY, cut = BUFFER_EMPTY;

	read_stream(stream, stream.length, &whole);
	read_stream(stream, piece, &cut);
	FUZZ_CHECK(slice_equals(buffer_slice(&whole), buffer_slice(&cut)));
	buffer_finish(&whole);
	buffer_finish(&cut);
}

/* A comment is no event, whatever it says. */
static void check_writer(struct slice text)
{
	struct buffer stream = BUFFER_EMPTY, seen = BUFFER_EMPTY;

	sse_append_comment(&stream, text);
	read_stream(buffer_slice(&stream), stream.length, &seen);
	FUZZ_CHECK(text.length + 8 > LIMIT || slice_equals(buffer_slice(&seen), SLICE(" 0 -1")));
	buffer_finish(&stream);
	buffer_finish(&seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_from_bytes((const char *)data, size);
	size_t piece = (size_t)fuzz_take_byte(&input) % 16 + 1;

	check_cuts(input, piece);
	check_writer(input);
	return 0;
}
