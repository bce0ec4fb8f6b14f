#include "wire/wire.h"

#include "lib/assertions.h"
#include "lib/changes.h"
#include "protocol/sse_reader.h"

#include <jansson.h>

struct received {
	unsigned count;
	char type[32];
	char id[CURSOR_TEXT_BYTES];
	json_t *data;
};

static const struct cursor cursor = {0xABCDEF0123456789, 12, 3};
static const char cursor_text[] = "abcdef0123456789.12.3";

static int on_message(void *context, const struct sse_message *message)
{
	struct received *received = context;

	received->count++;
	snprintf(received->type, sizeof(received->type), "%.*s", (int)message->type.length,
		 message->type.data);
	snprintf(received->id, sizeof(received->id), "%.*s", (int)message->last_id.length,
		 message->last_id.data);
	json_decref(received->data);
	received->data = json_loadb(message->data.data, message->data.length,
				    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	assert_non_null(received->data);
	return 0;
}

/* Reads what is in the buffer as a browser does, in pieces, and empties it. */
static struct received read_events(struct buffer *bytes, size_t piece)
{
	struct received received = {0};
	struct sse_reader reader;

	sse_reader_init(&reader, 1 << 20);
	for (size_t i = 0; i < bytes->length; i += piece) {
		size_t length = bytes->length - i < piece ? bytes->length - i : piece;

		assert_int_equal(sse_reader_feed(&reader, slice_from_bytes(bytes->data + i, length),
						 on_message, &received),
				 0);
	}
	assert_int_equal(reader.line.length, 0);
	assert_int_equal(reader.data.length, 0);
	sse_reader_finish(&reader);
	buffer_finish(bytes);
	return received;
}

static void assert_event(struct received *received, const char *type)
{
	assert_int_equal(received->count, 1);
	assert_string_equal(received->type, type);
	assert_string_equal(received->id, cursor_text);
}

static void assert_text(const json_t *object, const char *name, struct slice expected)
{
	const json_t *text = json_object_get(object, name);

	assert_true(json_is_string(text));
	assert_slices(slice_from_bytes(json_string_value(text), json_string_length(text)),
		      expected);
}

static int64_t number(const json_t *object, const char *name)
{
	assert_true(json_is_integer(json_object_get(object, name)));
	return json_integer_value(json_object_get(object, name));
}

/* Whatever a text holds, it comes as one event with all its bytes. */
static void test_hostile_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < changes_hostile_text_count; i++) {
		for (size_t piece = 1; piece < 100000; piece *= 7) {
			struct slice text = changes_hostile_texts[i];
			struct change change = changes_row(12, text);
			struct buffer out = BUFFER_EMPTY;
			struct received received;

			sse_wire_ops.change(&out, &change, true, 4);
			sse_wire_ops.end(&out, 0, &cursor);
			received = read_events(&out, piece);
			assert_event(&received, "notification");
			assert_text(received.data, "title", text);
			assert_text(received.data, "body", text);
			assert_int_equal(number(received.data, "id"), 12);
			assert_null(json_object_get(received.data, "unread"));
			json_decref(received.data);
		}
	}
}

static void test_changes(void **state)
{
	struct change row = changes_row(12, SLICE("x")), all = changes_all(9, NOTIFICATION_READ);
	struct buffer out = BUFFER_EMPTY;
	struct received received;

	(void)state;
	sse_wire_ops.change(&out, &row, false, 4);
	sse_wire_ops.end(&out, 0, &cursor);
	received = read_events(&out, 1000000);
	assert_event(&received, "change");
	assert_int_equal(number(received.data, "unread"), 4);
	assert_int_equal(number(received.data, "seq"), 12);
	json_decref(received.data);
	sse_wire_ops.change(&out, &row, false, -1);
	sse_wire_ops.end(&out, 0, &cursor);
	received = read_events(&out, 1000000);
	assert_event(&received, "change");
	assert_null(json_object_get(received.data, "unread"));
	json_decref(received.data);
	sse_wire_ops.change(&out, &all, false, 0);
	sse_wire_ops.end(&out, 0, &cursor);
	assert_buffer(
	    out,
	    "event: change\ndata: {\"all\":\"read\",\"at\":\"2026-05-01T09:30:00."
	    "250Z\",\"seq\":9,\"everyone_up_to\":0,\"unread\":0}\nid: abcdef0123456789.12.3\n\n");
	received = read_events(&out, 3);
	assert_event(&received, "change");
	json_decref(received.data);
}

static void test_counts_and_resets(void **state)
{
	static const char *const reasons[] = {
	    [WIRE_RESET_EPOCH] = "epoch",
	    [WIRE_RESET_FORGOTTEN] = "forgotten",
	    [WIRE_RESET_FUTURE] = "future",
	};
	struct buffer out = BUFFER_EMPTY;
	struct received received;

	(void)state;
	sse_wire_ops.count(&out, 5);
	sse_wire_ops.end(&out, 0, &cursor);
	received = read_events(&out, 2);
	assert_event(&received, "count");
	assert_int_equal(number(received.data, "unread"), 5);
	json_decref(received.data);
	for (int i = 0; i < 3; i++) {
		sse_wire_ops.reset(&out, (enum wire_reset)i);
		sse_wire_ops.end(&out, 0, &cursor);
		received = read_events(&out, 5);
		assert_event(&received, "reset");
		assert_text(received.data, "reason", slice_from_string(reasons[i]));
		json_decref(received.data);
	}
}

/* What stands between events makes none. */
static void test_beginnings_and_heartbeats(void **state)
{
	struct buffer out = BUFFER_EMPTY;
	struct received received = {0};
	struct sse_reader reader;

	(void)state;
	sse_reader_init(&reader, 1000);
	sse_wire_ops.begin(&out, 4321);
	sse_wire_ops.heartbeat(&out, &cursor);
	sse_wire_ops.heartbeat(&out, &cursor);
	assert_int_equal(sse_reader_feed(&reader, buffer_slice(&out), on_message, &received), 0);
	assert_int_equal(received.count, 0);
	assert_int_equal(reader.retry, 4321);
	sse_reader_finish(&reader);
	buffer_finish(&out);
}

/* A cursor of the greatest numbers fits. */
static void test_longest_end(void **state)
{
	struct cursor longest = {UINT64_MAX, INT64_MAX, INT64_MAX};
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	sse_wire_ops.end(&out, 0, &longest);
	assert_buffer(out, "id: ffffffffffffffff.9223372036854775807.9223372036854775807\n\n");
	buffer_finish(&out);
}

/* A buffer that has failed stays so, and nothing is written into it. */
static void test_failed_buffer(void **state)
{
	struct change change = changes_row(12, SLICE("x"));
	struct buffer out = {.failed = true};

	(void)state;
	sse_wire_ops.change(&out, &change, false, 4);
	sse_wire_ops.count(&out, 4);
	sse_wire_ops.end(&out, 0, &cursor);
	assert_true(buffer_failed(&out));
	assert_int_equal(out.length, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hostile_texts),
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_counts_and_resets),
	    cmocka_unit_test(test_beginnings_and_heartbeats),
	    cmocka_unit_test(test_longest_end),
	    cmocka_unit_test(test_failed_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
