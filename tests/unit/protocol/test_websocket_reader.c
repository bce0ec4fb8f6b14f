#include "protocol/websocket_reader.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <stdio.h>
#include <stdlib.h>

enum { LIMIT = 70000 };

static const unsigned char mask[WEBSOCKET_MASK_BYTES] = {0x37, 0xfa, 0x21, 0x3d};

/* Each message becomes "opcode[z]:payload;", a close "8 code:reason;", a failure "!code". */
static void describe(const struct websocket_message *message, struct buffer *seen)
{
	buffer_append_format(seen, "%d%s", (int)message->opcode, message->compressed ? "z" : "");
	if (message->opcode == WEBSOCKET_CLOSE)
		buffer_append_format(seen, " %u", message->close);
	buffer_append_byte(seen, ':');
	buffer_append(seen, message->payload);
	buffer_append_byte(seen, ';');
}

/* The input is copied for each read, because the reader unmasks in place and may keep nothing of
 * it. */
static void feed(struct websocket_reader *reader, struct slice input, size_t piece,
		 struct buffer *seen)
{
	enum websocket_progress progress = WEBSOCKET_NEED_MORE;

	while (input.length > 0 && progress != WEBSOCKET_FAILED) {
		size_t length = piece < input.length ? piece : input.length, consumed, offset = 0;
		char *bytes = malloc(length);

		assert_non_null(bytes);
		memcpy(bytes, input.data, length);
		do {
			struct websocket_message message;

			progress = websocket_reader_feed(reader, bytes + offset, length - offset,
							 &consumed, &message);
			offset += consumed;
			assert_true(offset <= length);
			if (progress == WEBSOCKET_MESSAGE)
				describe(&message, seen);
		} while (progress == WEBSOCKET_MESSAGE);
		assert_true(progress == WEBSOCKET_FAILED || offset == length);
		free(bytes);
		input = slice_from_bytes(input.data + length, input.length - length);
	}
	if (progress == WEBSOCKET_FAILED)
		buffer_append_format(seen, "!%u", reader->failure->close);
}

static void assert_read(const struct websocket_reader_options *options, struct slice input,
			const char *expected, bool expected_idle)
{
	for (size_t piece = 1; piece <= input.length + 1; piece += 1 + piece / 16) {
		struct websocket_reader reader;
		struct buffer seen = BUFFER_EMPTY;

		websocket_reader_init(&reader, options);
		feed(&reader, input, piece, &seen);
		assert_buffer(seen, expected);
		assert_int_equal(websocket_reader_is_idle(&reader), expected_idle);
		websocket_reader_finish(&reader);
		buffer_finish(&seen);
	}
}

struct row {
	const char *name;
	struct slice frames; /* unmasked; the test masks them */
	const char *seen;
	bool pending; /* something has begun and not ended */
};

#define ROW(name, frames, seen, pending)                          \
	{                                                         \
		name, {frames, sizeof(frames) - 1}, seen, pending \
	}

/* What a server says, read by a client: frames without masks are easier to read here. */
static const struct row rows[] = {
    ROW("nothing", "", "", false),
    ROW("5.7: a text", "\x81\x05Hello", "1:Hello;", false),
    ROW("5.7: a text in two frames", "\x01\x03Hel\x80\x02lo", "1:Hello;", false),
    ROW("5.7: ping and pong", "\x89\x05Hello\x8a\x05Hello", "9:Hello;10:Hello;", false),
    ROW("empty messages", "\x81\x00\x82\x00\x89\x00", "1:;2:;9:;", false),
    ROW("empty fragments", "\x01\x00\x00\x00\x80\x00", "1:;", false),
    ROW("a last fragment that is empty", "\x01\x02ok\x80\x00", "1:ok;", false),
    ROW("a first fragment that is empty", "\x01\x00\x80\x02ok", "1:ok;", false),
    ROW("5.4: a ping between fragments", "\x01\x03Hel\x89\x01!\x80\x02lo", "9:!;1:Hello;", false),
    ROW("5.4: a close between fragments", "\x01\x03Hel\x88\x02\x03\xe8", "8 1000:;", true),
    ROW("two messages",
	"\x81\x01"
	"a\x82\x01"
	"b",
	"1:a;2:b;", false),
    ROW("fragments of bytes", "\x02\x01\xff\x80\x01\xfe", "2:\xff\xfe;", false),
    ROW("half a head", "\x81", "", true),
    ROW("half a length", "\x81\x7e\x01", "", true),
    ROW("half a text", "\x81\x05He", "", true),
    ROW("half a message", "\x01\x02He", "", true),
    ROW("half a pong", "\x8a\x05He", "", true),
    ROW("5.2: a reserved bit", "\xa1\x00", "!1002", false),
    ROW("5.2: another reserved bit", "\x91\x00", "!1002", false),
    ROW("5.2: compressed, though that was not agreed on", "\xc1\x00", "!1002", false),
    ROW("5.2: opcode 3", "\x83\x00", "!1002", false),
    ROW("5.2: opcode 7", "\x87\x00", "!1002", false),
    ROW("5.2: opcode 11", "\x8b\x00", "!1002", false),
    ROW("5.2: opcode 15", "\x8f\x00", "!1002", false),
    ROW("5.2: a length of 16 bits that fits into 7", "\x81\x7e\x00\x7d", "!1002", false),
    ROW("5.2: a length of 64 bits that fits into 16", "\x81\x7f\0\0\0\0\0\0\xff\xff", "!1002",
	false),
    ROW("5.2: a length with its highest bit", "\x81\x7f\x80\0\0\0\0\x01\0\0", "!1002", false),
    ROW("5.1: a masked frame of a server", "\x81\x80\0\0\0\0", "!1002", false),
    ROW("5.4: nothing to continue", "\x80\x00", "!1002", false),
    ROW("5.4: nothing to continue, behind a message",
	"\x81\x01"
	"a\x80\x00",
	"1:a;!1002", false),
    ROW("5.4: a text inside a message",
	"\x01\x01"
	"a\x81\x01"
	"b",
	"!1002", false),
    ROW("5.4: bytes inside a text",
	"\x01\x01"
	"a\x02\x01"
	"b",
	"!1002", false),
    ROW("5.5: a fragmented ping", "\x09\x00", "!1002", false),
    ROW("5.5: a fragmented close", "\x08\x00", "!1002", false),
    ROW("5.5: a ping of 126 bytes", "\x89\x7e\x00\x7e", "!1002", false),
    ROW("5.5.1: a close without a code", "\x88\x00", "8 0:;", false),
    ROW("5.5.1: a close with a reason",
	"\x88\x05\x03\xe9"
	"bye",
	"8 1001:bye;", false),
    ROW("5.5.1: a close with half a code", "\x88\x01\x03", "!1002", false),
    ROW("5.5.1: a reason that is no text", "\x88\x03\x03\xe8\xff", "!1007", false),
    ROW("8.1: a text that is no text", "\x81\x02\xc3\x28", "!1007", false),
    ROW("8.1: a surrogate", "\x81\x03\xed\xa0\x80", "!1007", false),
    ROW("8.1: a text that ends in a character", "\x81\x01\xc3", "!1007", false),
    ROW("8.1: a character in two frames", "\x01\x01\xc3\x80\x01\xa9", "1:\xc3\xa9;", false),
    ROW("8.1: no text over two frames", "\x01\x01\xc3\x80\x01\x28", "!1007", false),
};

static void frames_of_servers_are_read(void **state)
{
	static const struct websocket_reader_options options = {.message_bytes = LIMIT,
								.is_client = true};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool failed = strstr(rows[i].seen, "!10") != NULL;

		print_message("%s\n", rows[i].name);
		assert_read(&options, rows[i].frames, rows[i].seen, !rows[i].pending && !failed);
	}
}

static void frames_of_clients_are_unmasked(void **state)
{
	static const struct websocket_reader_options options = {.message_bytes = LIMIT};
	struct buffer frames = BUFFER_EMPTY;

	(void)state;
	/* The example of 5.7. */
	assert_read(&options, SLICE("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "1:Hello;",
		    true);
	websocket_append_masked(&frames, WEBSOCKET_TEXT, SLICE("a text that is longer than eight"),
				mask);
	websocket_append_masked(&frames, WEBSOCKET_PING, SLICE(""), mask);
	websocket_append_masked(&frames, WEBSOCKET_BINARY, SLICE("\x01\x02"), mask);
	assert_read(&options, buffer_slice(&frames),
		    "1:a text that is longer than eight;9:;2:\x01\x02;", true);
	/* 5.1: and those that are not masked are refused with their second byte. */
	assert_read(&options, SLICE("\x81\x05"), "!1002", false);
	buffer_finish(&frames);
}

static void close_codes_are_checked(void **state)
{
	static const struct websocket_reader_options options = {.message_bytes = LIMIT,
								.is_client = true};
	static const unsigned good[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
					1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999};
	static const unsigned bad[] = {0,    999,  1004, 1005, 1006, 1015,
				       1016, 2000, 2999, 5000, 65535};
	char expected[32];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]) + sizeof(bad) / sizeof(bad[0]); i++) {
		bool is_good = i < sizeof(good) / sizeof(good[0]);
		unsigned code = is_good ? good[i] : bad[i - sizeof(good) / sizeof(good[0])];
		struct buffer frame = BUFFER_EMPTY;

		websocket_append_close(&frame, code, SLICE(""));
		snprintf(expected, sizeof(expected), is_good ? "8 %u:;" : "!1002", code);
		assert_read(&options, buffer_slice(&frame), expected, is_good);
		buffer_finish(&frame);
	}
}

static struct slice text_of(struct buffer *text, size_t length)
{
	buffer_clear(text);
	for (size_t i = 0; i < length; i++)
		buffer_append_byte(text, (char)('a' + i % 26));
	return buffer_slice(text);
}

static void every_length_is_read(void **state)
{
	static const struct websocket_reader_options options = {.message_bytes = LIMIT};
	static const size_t lengths[] = {1, 7, 8, 9, 124, 125, 126, 127, 65535, 65536, LIMIT};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct buffer text = BUFFER_EMPTY, frame = BUFFER_EMPTY, seen = BUFFER_EMPTY;
		struct websocket_reader reader;

		websocket_append_masked(&frame, WEBSOCKET_TEXT, text_of(&text, lengths[i]), mask);
		for (size_t piece = 1; piece <= frame.length; piece = piece * 7 + 1) {
			websocket_reader_init(&reader, &options);
			buffer_clear(&seen);
			feed(&reader, buffer_slice(&frame), piece, &seen);
			assert_int_equal(seen.length, 3 + lengths[i]);
			assert_memory_equal(seen.data + 2, text.data, lengths[i]);
			websocket_reader_finish(&reader);
		}
		buffer_finish(&text);
		buffer_finish(&frame);
		buffer_finish(&seen);
	}
}

/* Only the head of a frame too many has to come, and nothing is allocated for what it announces. */
static void large_messages_are_refused(void **state)
{
	static const struct websocket_reader_options options = {.message_bytes = 10};
	static const struct slice cases[] = {
	    {"\x81\x8b\0\0\0\0", 6},
	    {"\x81\xfe\x01\0\0\0\0\0", 8},
	    {"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14},
	    {"\x01\x86\0\0\0\0abcdef\x80\x85\0\0\0\0", 18},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_read(&options, cases[i], "!1009", false);
	/* A control frame is no part of the message. */
	assert_read(&options,
		    SLICE("\x01\x85\0\0\0\0abcde\x89\x86\0\0\0\0pingme\x80\x85\0\0\0\0fghij"),
		    "9:pingme;1:abcdefghij;", true);
}

/* Whoever waits for the rest may give up, wherever the reader stands. */
static void unfinished_messages_expire(void **state)
{
	static const struct websocket_reader_options options = {.message_bytes = LIMIT};
	static const struct slice cases[] = {
	    {"\x81", 1},
	    {"\x81\x82\0\0\0\0a", 7},
	    {"\x01\x81\0\0\0\0a", 7},
	    {"\x01\x81\0\0\0\0a\x89\x80\0\0\0\0", 13},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer seen = BUFFER_EMPTY;
		struct websocket_reader reader;

		websocket_reader_init(&reader, &options);
		feed(&reader, cases[i], 1, &seen);
		websocket_reader_expire(&reader);
		assert_int_equal(reader.failure->close, WEBSOCKET_CLOSE_POLICY_VIOLATION);
		feed(&reader, SLICE("\x81\x80\0\0\0\0"), 6, &seen);
		assert_int_equal(reader.state, WEBSOCKET_READER_FAILED);
		websocket_reader_finish(&reader);
		buffer_finish(&seen);
	}
}

static void compression_is_told(void **state)
{
	static const struct websocket_reader_options options = {
	    .message_bytes = LIMIT, .is_client = true, .may_compress = true};

	(void)state;
	assert_read(&options, SLICE("\xc1\x01\xff\x81\x01."), "1z:\xff;1:.;", true);
	assert_read(&options, SLICE("\x41\x01\xff\x80\x01\xfe"), "1z:\xff\xfe;", true);
	/* RFC 7692, 6.1: on the first frame of a message only, and on no control frame. */
	assert_read(&options, SLICE("\x41\x01.\xc0\x01."), "!1002", false);
	assert_read(&options, SLICE("\xc9\x00"), "!1002", false);
}

static void memory_that_is_short_fails_the_message(void **state)
{
	static const struct websocket_reader_options options = {.message_bytes = LIMIT,
								.is_client = true};
	struct websocket_reader reader;
	struct websocket_message message;
	char bytes[] = "\x01\x03Hel";
	size_t consumed;

	(void)state;
	for (size_t length = 4; length <= 5; length++) {
		websocket_reader_init(&reader, &options);
		failing_allocator_fail_at(1);
		assert_int_equal(websocket_reader_feed(&reader, bytes, length, &consumed, &message),
				 WEBSOCKET_FAILED);
		assert_true(failing_allocator_reset());
		assert_int_equal(reader.failure->close, WEBSOCKET_CLOSE_INTERNAL_ERROR);
		websocket_reader_finish(&reader);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frames_of_servers_are_read),
	    cmocka_unit_test(frames_of_clients_are_unmasked),
	    cmocka_unit_test(close_codes_are_checked),
	    cmocka_unit_test(every_length_is_read),
	    cmocka_unit_test(large_messages_are_refused),
	    cmocka_unit_test(unfinished_messages_expire),
	    cmocka_unit_test(compression_is_told),
	    cmocka_unit_test(memory_that_is_short_fails_the_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
