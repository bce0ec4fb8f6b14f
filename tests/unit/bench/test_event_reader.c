#include "bench/event_reader.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"
#include "protocol/websocket.h"

#include <errno.h>
#include <stdlib.h>

/* What a server sends on a wire, and what a reader is to make of it. */
struct sample {
	enum stream_wire wire;
	void (*append)(struct buffer *out);
	const char *seen;
};

static void append_events(struct buffer *out)
{
	buffer_append_string(
	    out, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 3000\n"
		 "event: count\ndata: {\"unread\":0}\nid: a.0.0\n\n:\n"
		 "event: notification\ndata: {\"title\":\"n0000000042\"}\nid: a.1.0\n\n"
		 "\n: a comment\nevent: change\ndata: {\"title\":\"n0000000043\"}\n\n"
		 "event: notification\ndata: {}\n\n");
}

/* One event with a length of each kind (RFC 6455, 5.2). */
static void append_frames(struct buffer *out)
{
	static const int paddings[] = {1, 100, 66000};

	buffer_append_string(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
	websocket_append(out, WEBSOCKET_TEXT, SLICE("{\"event\":\"retry\",\"data\":{}}"));
	websocket_append(out, WEBSOCKET_TEXT, SLICE("{\"event\":\"heartbeat\",\"data\":{}}"));
	websocket_append(out, WEBSOCKET_PING, SLICE(""));
	for (size_t i = 0; i < sizeof(paddings) / sizeof(paddings[0]); i++) {
		struct buffer event = BUFFER_EMPTY;

		buffer_append_format(
		    &event, "{\"event\":\"notification\",\"data\":{\"title\":\"n%010zu\"}}%*s", i,
		    paddings[i], "");
		websocket_append(out, WEBSOCKET_TEXT, buffer_slice(&event));
		buffer_finish(&event);
	}
	websocket_append(out, WEBSOCKET_TEXT, SLICE("{\"event\":\"notification\"}"));
	websocket_append_close(out, 1012, SLICE("restart"));
}

static const struct sample samples[] = {
    {STREAM_WIRE_SSE, append_events, "o o h n42 o h o n-1 "},
    {STREAM_WIRE_WEBSOCKET, append_frames, "o h o n0 n1 n2 n-1 o "},
};

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static void on_event(void *context, enum event_kind kind, struct slice event)
{
	static const char *const marks[] = {
	    [EVENT_HEARTBEAT] = "h", [EVENT_NOTIFICATION] = "n", [EVENT_OTHER] = "o"};
	struct buffer *seen = context;

	buffer_append_string(seen, marks[kind]);
	if (kind == EVENT_NOTIFICATION)
		buffer_append_integer(seen, event_number(event));
	buffer_append_byte(seen, ' ');
}

static int feed(struct event_reader *reader, struct slice input, size_t piece, struct buffer *seen)
{
	int error = 0;

	for (size_t at = 0; at < input.length && error == 0; at += piece) {
		size_t length = piece < input.length - at ? piece : input.length - at;

		error = event_reader_feed(reader, slice_from_bytes(input.data + at, length),
					  on_event, seen);
	}
	return error;
}

/* Reads the whole sample in pieces. */
static void check_in_pieces(const struct sample *sample, struct slice input, size_t piece)
{
	struct event_reader reader = {.wire = sample->wire};
	struct buffer seen = BUFFER_EMPTY;

	assert_int_equal(feed(&reader, input, piece, &seen), 0);
	assert_buffer(seen, sample->seen);
	assert_null(reader.rest);
	event_reader_finish(&reader);
	buffer_finish(&seen);
}

static void test_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct buffer input = BUFFER_EMPTY;

		samples[i].append(&input);
		check_in_pieces(&samples[i], buffer_slice(&input), input.length);
		buffer_finish(&input);
	}
}

/* Pieces of the long sample are small enough to cut the heads of its frames. Smaller ones would
 * take minutes to join. */
static void test_cut_anywhere(void **state)
{
	enum { LONG = 500, FEW = 200 };

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct buffer input = BUFFER_EMPTY;
		size_t first, last;

		samples[i].append(&input);
		first = input.length < LONG ? 1 : LONG - FEW;
		last = input.length < LONG ? input.length : LONG;
		for (size_t piece = first; piece < last; piece++)
			check_in_pieces(&samples[i], buffer_slice(&input), piece);
		buffer_finish(&input);
	}
}

static void test_refused_stream(void **state)
{
	static const struct {
		enum stream_wire wire;
		const char *head;
	} refusals[] = {
	    {STREAM_WIRE_SSE, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"},
	    {STREAM_WIRE_WEBSOCKET, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct event_reader reader = {.wire = refusals[i].wire};
		struct buffer seen = BUFFER_EMPTY;
		struct slice input = slice_from_string(refusals[i].head);

		assert_int_equal(feed(&reader, input, input.length, &seen), -EBADMSG);
		assert_false(reader.head_is_done);
		assert_buffer(seen, "");
		event_reader_finish(&reader);
	}
}

static void test_event_before_head(void **state)
{
	struct event_reader reader = {0};
	struct buffer seen = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(feed(&reader, SLICE(":\n\n"), 3, &seen), -EBADMSG);
	assert_null(reader.rest);
}

static void test_endless_event(void **state)
{
	struct event_reader reader = {.head_is_done = true};
	struct buffer seen = BUFFER_EMPTY;
	struct slice input = {calloc(1, 1 << 18), 1 << 18};
	int error = 0;

	(void)state;
	assert_non_null(input.data);
	for (int i = 0; i < 8 && error == 0; i++)
		error = event_reader_feed(&reader, input, on_event, &seen);
	assert_int_equal(error, -EMSGSIZE);
	event_reader_finish(&reader);
	free((void *)(uintptr_t)input.data);
}

static void check_short_memory(const struct sample *sample, struct slice input)
{
	for (unsigned n = 1;; n++) {
		struct event_reader reader = {.wire = sample->wire};
		char seen_bytes[256];
		struct buffer seen = {seen_bytes, 0, sizeof(seen_bytes), false};
		int error;

		failing_allocator_fail_at(n);
		error = feed(&reader, input, 40, &seen);
		event_reader_finish(&reader);
		if (!failing_allocator_reset()) {
			assert_int_equal(error, 0);
			break;
		}
		assert_int_equal(error, -ENOMEM);
	}
}

static void test_short_memory(void **state)
{
	enum { BYTES = 400 };

	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		struct buffer input = BUFFER_EMPTY;
		struct slice start;

		samples[i].append(&input);
		start = buffer_slice(&input);
		if (start.length > BYTES)
			start.length = BYTES;
		check_short_memory(&samples[i], start);
		buffer_finish(&input);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),	   cmocka_unit_test(test_cut_anywhere),
	    cmocka_unit_test(test_refused_stream), cmocka_unit_test(test_event_before_head),
	    cmocka_unit_test(test_endless_event),  cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
