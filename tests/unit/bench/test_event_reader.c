#include "bench/event_reader.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <stdlib.h>

static const char *const stream =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 3000\n"
    "event: count\ndata: {\"unread\":0}\nid: a.0.0\n\n:\n"
    "event: notification\ndata: {\"title\":\"n0000000042\"}\nid: a.1.0\n\n"
    "\n: a comment\nevent: change\ndata: {\"title\":\"n0000000043\"}\n\n"
    "event: notification\ndata: {}\n\n";

static const char *const seen_in_stream = "o o h n42 o h o n-1 ";

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

static void test_whole(void **state)
{
	struct event_reader reader = {0};
	struct buffer seen = BUFFER_EMPTY;

	(void)state;
	assert_int_equal(feed(&reader, slice_from_string(stream), strlen(stream), &seen), 0);
	assert_buffer(seen, seen_in_stream);
	assert_null(reader.rest);
	event_reader_finish(&reader);
	buffer_finish(&seen);
}

static void test_cut_anywhere(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < strlen(stream); piece++) {
		struct event_reader reader = {0};
		struct buffer seen = BUFFER_EMPTY;

		assert_int_equal(feed(&reader, slice_from_string(stream), piece, &seen), 0);
		assert_buffer(seen, seen_in_stream);
		event_reader_finish(&reader);
		buffer_finish(&seen);
	}
}

static void test_refused_stream(void **state)
{
	struct event_reader reader = {0};
	struct buffer seen = BUFFER_EMPTY;
	struct slice input = SLICE("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");

	(void)state;
	assert_int_equal(feed(&reader, input, input.length, &seen), -EBADMSG);
	assert_false(reader.head_is_done);
	assert_buffer(seen, "");
	event_reader_finish(&reader);
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

static void test_short_memory(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		struct event_reader reader = {0};
		char seen_bytes[256];
		struct buffer seen = {seen_bytes, 0, sizeof(seen_bytes), false};
		int error;

		failing_allocator_fail_at(n);
		error = feed(&reader, slice_from_string(stream), 40, &seen);
		event_reader_finish(&reader);
		if (!failing_allocator_reset()) {
			assert_int_equal(error, 0);
			break;
		}
		assert_int_equal(error, -ENOMEM);
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
