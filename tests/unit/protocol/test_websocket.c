#include "protocol/websocket.h"

#include "lib/assertions.h"

static void assert_bytes(struct buffer *buffer, const char *bytes, size_t length)
{
	assert_int_equal(buffer->length, length);
	assert_memory_equal(buffer->data, bytes, length);
	buffer_clear(buffer);
}

/* The examples of RFC 6455, 5.7. */
static void frames_are_those_of_the_standard(void **state)
{
	static const unsigned char mask[WEBSOCKET_MASK_BYTES] = {0x37, 0xfa, 0x21, 0x3d};
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	websocket_append(&out, WEBSOCKET_TEXT, SLICE("Hello"));
	assert_bytes(&out, "\x81\x05Hello", 7);
	websocket_append_masked(&out, WEBSOCKET_TEXT, SLICE("Hello"), mask);
	assert_bytes(&out, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
	websocket_append(&out, WEBSOCKET_PONG, SLICE(""));
	assert_bytes(&out, "\x8a\x00", 2);
	buffer_finish(&out);
}

static void lengths_take_the_fewest_bytes(void **state)
{
	static const struct {
		uint64_t length;
		size_t bytes;
		const char *head;
	} rows[] = {
	    {0, 2, "\x82\x00"},
	    {125, 2, "\x82\x7d"},
	    {126, 4, "\x82\x7e\x00\x7e"},
	    {256, 4, "\x82\x7e\x01\x00"},
	    {65535, 4, "\x82\x7e\xff\xff"},
	    {65536, 10, "\x82\x7f\0\0\0\0\0\x01\0\0"},
	};
	unsigned char head[WEBSOCKET_HEAD_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(websocket_head_length(rows[i].length), rows[i].bytes);
		assert_int_equal(
		    websocket_write_head(head, WEBSOCKET_FINAL | WEBSOCKET_BINARY, rows[i].length),
		    rows[i].bytes);
		assert_memory_equal(head, rows[i].head, rows[i].bytes);
	}
}

static void reasons_are_cut_between_characters(void **state)
{
	struct buffer out = BUFFER_EMPTY, reason = BUFFER_EMPTY;

	(void)state;
	websocket_append_close(&out, WEBSOCKET_CLOSE_SERVICE_RESTART, SLICE("bye"));
	assert_bytes(&out,
		     "\x88\x05\x03\xf4"
		     "bye",
		     7);
	websocket_append_close(&out, 1000, SLICE(""));
	assert_bytes(&out, "\x88\x02\x03\xe8", 4);
	while (reason.length < WEBSOCKET_REASON_BYTES + 2)
		buffer_append_string(&reason, "\xc3\xa9");
	websocket_append_close(&out, 1000, buffer_slice(&reason));
	assert_int_equal(out.length, 2 + 2 + WEBSOCKET_REASON_BYTES - 1);
	assert_int_equal(out.data[1], 2 + WEBSOCKET_REASON_BYTES - 1);
	assert_memory_equal(out.data + 4, reason.data, WEBSOCKET_REASON_BYTES - 1);
	buffer_finish(&out);
	buffer_finish(&reason);
}

/* However the bytes are cut, the mask goes on where it was. */
static void masks_turn_with_the_position(void **state)
{
	static const unsigned char mask[WEBSOCKET_MASK_BYTES] = {1, 2, 3, 4};
	char whole[40], parts[40];

	(void)state;
	for (size_t cut = 0; cut <= sizeof(whole); cut++) {
		memset(whole, 'x', sizeof(whole));
		memset(parts, 'x', sizeof(parts));
		websocket_mask(whole, sizeof(whole), mask, 0);
		websocket_mask(parts, cut, mask, 0);
		websocket_mask(parts + cut, sizeof(parts) - cut, mask, cut);
		assert_memory_equal(whole, parts, sizeof(whole));
		for (size_t i = 0; i < sizeof(whole); i++)
			assert_int_equal(whole[i], 'x' ^ mask[i % 4]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames_are_those_of_the_standard),
	    cmocka_unit_test(lengths_take_the_fewest_bytes),
	    cmocka_unit_test(reasons_are_cut_between_characters),
	    cmocka_unit_test(masks_turn_with_the_position),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
