#include "wire/wire.h"

#include "lib/assertions.h"
#include "lib/changes.h"
#include "protocol/websocket_reader.h"

#include <jansson.h>

static const struct cursor cursor = {0xABCDEF0123456789, 12, 3};
static struct websocket_deflate *codec;

static int create(void **state)
{
	(void)state;
	codec = websocket_deflate_create();
	return codec == NULL ? -1 : 0;
}

static int destroy(void **state)
{
	(void)state;
	websocket_deflate_destroy(codec);
	return 0;
}

/* The first frame in the bytes as a client reads it; the rest is left. Empties the buffer of it. */
static struct websocket_message read_frame(struct buffer *bytes, struct buffer *text)
{
	static const struct websocket_reader_options options = {
	    .message_bytes = 1 << 20, .is_client = true, .may_compress = true};
	struct websocket_reader reader;
	struct websocket_message message;
	size_t consumed;

	buffer_clear(text);
	websocket_reader_init(&reader, &options);
	assert_int_equal(
	    websocket_reader_feed(&reader, bytes->data, bytes->length, &consumed, &message),
	    WEBSOCKET_MESSAGE);
	if (message.compressed)
		assert_int_equal(websocket_inflate(codec, message.payload, 1 << 20, text), 0);
	else
		buffer_append(text, message.payload);
	websocket_reader_finish(&reader);
	buffer_consume(bytes, consumed);
	return message;
}

static json_t *read_json(struct buffer *bytes, bool *ret_compressed)
{
	struct buffer text = BUFFER_EMPTY;
	struct websocket_message message = read_frame(bytes, &text);
	json_t *json =
	    json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	assert_int_equal(message.opcode, WEBSOCKET_TEXT);
	assert_non_null(json);
	if (ret_compressed != NULL)
		*ret_compressed = message.compressed;
	buffer_finish(&text);
	return json;
}

static const char *text_of(const json_t *json, const char *name)
{
	const char *text = json_string_value(json_object_get(json, name));

	assert_non_null(text);
	return text;
}

static size_t begin(const struct wire_ops *wire, struct buffer *out, struct slice body)
{
	struct change change = changes_row(12, body);
	size_t start = wire_begin_event(wire, out);

	wire->change(out, &change, true, -1);
	if (wire->share != NULL)
		wire->share(out, start, codec);
	return start;
}

/* Short and long: the length takes two bytes, four and ten. */
static void events_of_all_lengths(const struct wire_ops *wire, bool compressed)
{
	static const size_t lengths[] = {0, 200, 65000, 70000};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct buffer body = BUFFER_EMPTY, out = BUFFER_EMPTY;
		bool is_compressed;
		json_t *json, *data;

		for (size_t j = 0; j < lengths[i]; j++)
			buffer_append_byte(&body, (char)('a' + j * j % 26));
		wire_end_event(wire, &out, begin(wire, &out, buffer_slice(&body)), &cursor);
		json = read_json(&out, &is_compressed);
		assert_int_equal(out.length, 0);
		assert_int_equal(is_compressed, compressed);
		assert_string_equal(text_of(json, "event"), "notification");
		assert_string_equal(text_of(json, "cursor"), "abcdef0123456789.12.3");
		data = json_object_get(json, "data");
		assert_int_equal(strlen(text_of(data, "body")), lengths[i]);
		json_decref(json);
		buffer_finish(&body);
		buffer_finish(&out);
	}
}

static void events_are_whole_frames(void **state)
{
	(void)state;
	events_of_all_lengths(&websocket_wire_ops, false);
	events_of_all_lengths(&websocket_deflate_wire_ops, true);
}

/* What is shared stays as it is, however often it is ended, and with whatever cursor. */
static void events_are_ended_again_and_again(void **state)
{
	static const struct wire_ops *const wires[] = {&websocket_wire_ops,
						       &websocket_deflate_wire_ops};
	static const struct cursor cursors[] = {
	    {1, 1, 1}, {UINT64_MAX, INT64_MAX, INT64_MAX}, {1, 1, 1}};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		const struct wire_ops *wire = wires[i % 2];
		struct buffer kept = BUFFER_EMPTY;
		char expected[CURSOR_TEXT_BYTES];
		size_t shared;

		begin(wire, &kept, SLICE("one and two and three and four and five and six and"));
		shared = kept.length;
		for (size_t j = 0; j < sizeof(cursors) / sizeof(cursors[0]); j++) {
			struct buffer out = BUFFER_EMPTY;
			size_t gap;
			json_t *json;

			kept.length = shared;
			gap = wire->end(&kept, 0, &cursors[j]);
			buffer_append(&out, slice_from_bytes(kept.data + gap, kept.length - gap));
			json = read_json(&out, NULL);
			cursor_format(&cursors[j], expected);
			assert_string_equal(text_of(json, "cursor"), expected);
			json_decref(json);
			buffer_finish(&out);
		}
		buffer_finish(&kept);
	}
}

static void the_rest_is_small(void **state)
{
	static const struct wire_ops *const wires[] = {&websocket_wire_ops,
						       &websocket_deflate_wire_ops};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buffer out = BUFFER_EMPTY, text = BUFFER_EMPTY;
		size_t start;

		wires[i]->begin(&out, 1234);
		wires[i]->heartbeat(&out, &cursor);
		start = wire_begin_event(wires[i], &out);
		wires[i]->count(&out, 3);
		wire_end_event(wires[i], &out, start, &cursor);
		start = wire_begin_event(wires[i], &out);
		wires[i]->reset(&out, WIRE_RESET_FORGOTTEN);
		wire_end_event(wires[i], &out, start, &cursor);
		wires[i]->goodbye(&out, WIRE_GOODBYE_TOKEN_EXPIRED, 1234);
		read_frame(&out, &text);
		assert_buffer(text, "{\"event\":\"retry\",\"data\":{\"milliseconds\":1234}}");
		read_frame(&out, &text);
		assert_buffer(text, "{\"event\":\"heartbeat\",\"data\":{\"head\":"
				    "\"abcdef0123456789.12.3\"}}");
		read_frame(&out, &text);
		assert_buffer(text, "{\"event\":\"count\",\"data\":{\"unread\":3},\"cursor\":"
				    "\"abcdef0123456789.12.3\"}");
		read_frame(&out, &text);
		assert_buffer(text, "{\"event\":\"reset\",\"data\":{\"reason\":\"forgotten\"},"
				    "\"cursor\":\"abcdef0123456789.12.3\"}");
		assert_int_equal(read_frame(&out, &text).close, 4401);
		assert_buffer(text, "token_expired");
		assert_int_equal(out.length, 0);
		wires[i]->goodbye(&out, WIRE_GOODBYE_RESTART, 5);
		read_frame(&out, &text);
		assert_buffer(text, "{\"event\":\"retry\",\"data\":{\"milliseconds\":5}}");
		assert_int_equal(read_frame(&out, &text).close, 1012);
		buffer_finish(&out);
		buffer_finish(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(events_are_whole_frames),
	    cmocka_unit_test(events_are_ended_again_and_again),
	    cmocka_unit_test(the_rest_is_small),
	};

	return cmocka_run_group_tests(tests, create, destroy);
}
