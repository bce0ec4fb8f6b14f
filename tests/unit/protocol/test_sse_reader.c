#include "protocol/sse_reader.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"
#include "protocol/sse.h"

#include <errno.h>

enum { LIMIT = 64 };

/* Each message becomes "type/id/data;". */
static int on_message(void *context, const struct sse_message *message)
{
	struct buffer *seen = context;

	buffer_append(seen, message->type);
	buffer_append_byte(seen, '/');
	buffer_append(seen, message->last_id);
	buffer_append_byte(seen, '/');
	buffer_append(seen, message->data);
	buffer_append_byte(seen, ';');
	return 0;
}

static int feed(struct sse_reader *reader, struct slice input, size_t piece, struct buffer *seen)
{
	int result = 0;

	for (size_t offset = 0; offset < input.length && result == 0; offset += piece) {
		size_t length = piece < input.length - offset ? piece : input.length - offset;

		result = sse_reader_feed(reader, slice_from_bytes(input.data + offset, length),
					 on_message, seen);
	}
	return result;
}

struct row {
	struct slice stream;
	const char *seen;
	const char *last_id;
	int64_t retry;
};

#define ROW(stream, seen, last_id, retry)                          \
	{                                                          \
		{stream, sizeof(stream) - 1}, seen, last_id, retry \
	}

/* The examples of WHATWG HTML, 9.2.6, and what they leave out. */
static const struct row rows[] = {
    ROW("data: YHOO\ndata: +2\ndata: 10\n\n", "message//YHOO\n+2\n10;", "", -1),
    ROW(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"
	"data:  third event\n",
	"message/1/first event;message//second event;", "", -1),
    ROW("data\n\ndata\ndata\n\ndata:", "message//;message//\n;", "", -1),
    ROW("data:test\n\ndata: test\n\n", "message//test;message//test;", "", -1),
    ROW("event: add\ndata: 1\n\nevent:remove\rdata:2\r\r", "add//1;remove//2;", "", -1),
    ROW("data: 1\r\ndata: 2\r\n\r\ndata: 3\r\n\r\n", "message//1\n2;message//3;", "", -1),
    ROW("\xEF\xBB\xBF"
	"data: x\n\n",
	"message//x;", "", -1),
    ROW("\xEF\xBB\xBF\xEF\xBB\xBF"
	"data: x\n\n",
	"", "", -1),
    ROW("\xEF\xBB"
	"data: x\n\ndata: y\n\n",
	"message//y;", "", -1),
    ROW("\n\xEF\xBB\xBF"
	"data: x\n\n",
	"", "", -1),
    ROW("id: 5\n\n", "", "5", -1),
    ROW("id: 5\ndata: x\n\nid: 6\ndata: y\n", "message/5/x;", "5", -1),
    ROW("id: 5\nid: 6\0\ndata: x\n\n", "message/5/x;", "5", -1),
    ROW("id: 5\nid:\0\ndata: x\n\n", "message/5/x;", "5", -1),
    ROW("event: x\n\ndata: y\n\n", "message//y;", "", -1),
    ROW("event: x\nevent\ndata: y\n\n", "message//y;", "", -1),
    ROW("retry: 1000\n\n", "", "", 1000),
    ROW("retry: 10\nretry: 1.5\nretry: -1\nretry:\nretry: 5x\nretry:  7\n", "", "", 10),
    ROW("retry: 99999999999999999999\n", "", "", -1),
    ROW("Data: x\ndata : y\n data: z\nunknown: q\n\n", "", "", -1),
    ROW("data: a:b: c\n\n", "message//a:b: c;", "", -1),
    ROW("data: x", "", "", -1),
    ROW("data: \xFF\xFE\n\n", "message//\xFF\xFE;", "", -1),
    ROW("data: x\n\n\n\n\r\n\r\r\n", "message//x;", "", -1),
    ROW(":\n\n:heartbeat\n\n", "", "", -1),
};

static void check_row(const struct row *row, size_t piece)
{
	struct buffer seen = BUFFER_EMPTY;
	struct sse_reader reader;

	sse_reader_init(&reader, LIMIT);
	assert_int_equal(feed(&reader, row->stream, piece, &seen), 0);
	assert_buffer(seen, row->seen);
	assert_slice(sse_reader_last_id(&reader), row->last_id);
	assert_true(reader.retry == row->retry);
	sse_reader_finish(&reader);
	buffer_finish(&seen);
}

static void test_streams_in_pieces(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t piece = 1; piece <= rows[i].stream.length; piece++)
			check_row(&rows[i], piece);
	}
}

static void test_reconnect(void **state)
{
	struct buffer seen = BUFFER_EMPTY;
	struct sse_reader reader;

	(void)state;
	sse_reader_init(&reader, LIMIT);
	assert_int_equal(
	    feed(&reader, SLICE("id: 1\ndata: a\n\nid: 2\nevent: x\ndata: b\ndat"), 100, &seen), 0);
	sse_reader_reconnect(&reader);
	assert_slice(sse_reader_last_id(&reader), "1");
	assert_int_equal(feed(&reader, SLICE("\xEF\xBB\xBFretry: 5\n"), 100, &seen), 0);
	assert_slice(sse_reader_last_id(&reader), "1");
	assert_int_equal(feed(&reader, SLICE("data: c\n\n"), 100, &seen), 0);
	assert_buffer(seen, "message/1/a;message//c;");
	assert_slice(sse_reader_last_id(&reader), "");
	sse_reader_finish(&reader);
	buffer_finish(&seen);
}

static void test_limits(void **state)
{
	static const struct {
		const char *stream;
		int result;
	} streams[] = {
	    {"data:0123456789012345678901234567890123456789012345678901234567\n\n", 0},
	    {"data:01234567890123456789012345678901234567890123456789012345678901234\n\n",
	     -EMSGSIZE},
	    {"data:0123456789012345678901234567890\ndata:012345678901234567890123456789012\n\n",
	     -EMSGSIZE},
	    {":0123456789012345678901234567890123456789012345678901234567890123456789", -EMSGSIZE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		for (size_t piece = 1; piece < 90; piece += 7) {
			struct buffer seen = BUFFER_EMPTY;
			struct sse_reader reader;

			sse_reader_init(&reader, LIMIT);
			assert_int_equal(
			    feed(&reader, slice_from_string(streams[i].stream), piece, &seen),
			    streams[i].result);
			sse_reader_finish(&reader);
			buffer_finish(&seen);
		}
	}
}

static int stop(void *context, const struct sse_message *message)
{
	(void)message;
	return *(const int *)context;
}

static void test_the_callback_stops_it(void **state)
{
	struct sse_reader reader;
	int result = -ECANCELED;

	(void)state;
	sse_reader_init(&reader, LIMIT);
	assert_int_equal(sse_reader_feed(&reader, SLICE("data: a\n\ndata: b\n\n"), stop, &result),
			 -ECANCELED);
	sse_reader_reconnect(&reader);
	result = 0;
	assert_int_equal(sse_reader_feed(&reader, SLICE("data: a\n\n"), stop, &result), 0);
	sse_reader_finish(&reader);
}

static void test_reads_what_is_written(void **state)
{
	struct buffer stream = BUFFER_EMPTY, seen = BUFFER_EMPTY;
	struct sse_reader reader;

	(void)state;
	sse_append_retry(&stream, 3000);
	sse_append_comment(&stream, SLICE(""));
	sse_append_comment(&stream, SLICE("x\r\ndata: y\rdata: z"));
	sse_reader_init(&reader, LIMIT);
	assert_int_equal(feed(&reader, buffer_slice(&stream), 1, &seen), 0);
	assert_buffer(seen, "");
	assert_true(reader.retry == 3000);
	sse_reader_finish(&reader);
	buffer_finish(&stream);
	buffer_finish(&seen);
}

static void test_every_allocation(void **state)
{
	unsigned n = 1;
	int keep_going = 0;

	(void)state;
	for (bool failed = true; failed; n++) {
		struct sse_reader reader;
		int result;

		sse_reader_init(&reader, LIMIT);
		failing_allocator_fail_at(n);
		result = sse_reader_feed(&reader, SLICE("event: x\nid: 1\nda"), stop, &keep_going);
		if (result == 0)
			result = sse_reader_feed(&reader, SLICE("ta: y\n\n"), stop, &keep_going);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		if (failed)
			assert_int_not_equal(
			    sse_reader_feed(&reader, SLICE("\n"), stop, &keep_going), 0);
		sse_reader_finish(&reader);
	}
	assert_true(n > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_streams_in_pieces),
	    cmocka_unit_test(test_reconnect),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_the_callback_stops_it),
	    cmocka_unit_test(test_reads_what_is_written),
	    cmocka_unit_test(test_every_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
