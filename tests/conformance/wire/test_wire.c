/* What every wire must do, told through wire.h alone; each test runs for every row of wire_table.
 *
 * A wire writes bytes that only its own client understands, so meaning is checked by each wire's
 * unit test; here is what the server relies on. */
#include "wire/wire.h"

#include "lib/assertions.h"
#include "lib/changes.h"
#include "lib/failing_allocator.h"

#include <stdio.h>

static const struct cursor cursor = {0xABCDEF0123456789, 12, 3};

static struct websocket_deflate *codec;

static struct wire_answer answer_of(const struct change *changes, size_t count)
{
	return (struct wire_answer){.changes = changes,
				    .change_count = count,
				    .is_replay = true,
				    .unread = 3,
				    .cursor = cursor};
}

static bool holds(const struct wire_ops *wire)
{
	return wire->change != NULL;
}

static void check_shape(const struct wire_ops *wire)
{
	assert_true(wire->name != NULL && wire->name[0] != '\0');
	assert_true(wire->content_type == NULL || wire->content_type[0] != '\0');
	if (holds(wire)) {
		assert_true(wire->begin != NULL && wire->count != NULL && wire->reset != NULL &&
			    wire->end != NULL && wire->heartbeat != NULL && wire->goodbye != NULL &&
			    wire->answer == NULL);
	} else {
		assert_true(wire->answer != NULL && wire->content_type != NULL);
	}
	for (size_t i = 0; wire_table[i] != wire; i++)
		assert_string_not_equal(wire_table[i]->name, wire->name);
}

static void append_change(const struct wire_ops *wire, struct buffer *out,
			  const struct change *change, bool is_new, int64_t unread)
{
	size_t start = wire_begin_event(wire, out);

	wire->change(out, change, is_new, unread);
	if (wire->share != NULL)
		wire->share(out, start, codec);
	wire_end_event(wire, out, start, &cursor);
}

static void append_count_and_reset(const struct wire_ops *wire, struct buffer *out)
{
	size_t start = wire_begin_event(wire, out);

	wire->count(out, 3);
	wire_end_event(wire, out, start, &cursor);
	start = wire_begin_event(wire, out);
	wire->reset(out, WIRE_RESET_EPOCH);
	wire_end_event(wire, out, start, &cursor);
}

/* Appends one of everything. */
static void append_all(const struct wire_ops *wire, struct buffer *out)
{
	struct change changes[] = {changes_row(12, SLICE("x\r\ny")),
				   changes_all(13, NOTIFICATION_READ)};
	struct wire_answer answer = answer_of(changes, 2);

	if (!holds(wire)) {
		wire->answer(out, &answer);
		return;
	}
	wire->begin(out, 1000);
	append_change(wire, out, &changes[0], true, 3);
	append_change(wire, out, &changes[1], false, -1);
	append_count_and_reset(wire, out);
	wire->heartbeat(out, &cursor);
	for (int reason = 0; reason < WIRE_GOODBYES; reason++)
		wire->goodbye(out, (enum wire_goodbye)reason, 1000);
}

/* What stood in the buffer stays, and the same call gives the same bytes. */
static void check_appending(const struct wire_ops *wire)
{
	struct buffer first = BUFFER_EMPTY, second = BUFFER_EMPTY;

	append_all(wire, &first);
	buffer_append(&second, SLICE("before"));
	append_all(wire, &second);
	assert_int_equal(second.length, first.length + 6);
	assert_true(slice_starts_with(buffer_slice(&second), SLICE("before")));
	buffer_consume(&second, 6);
	assert_slices(buffer_slice(&second), buffer_slice(&first));
	buffer_finish(&first);
	buffer_finish(&second);
}

/* A change is encoded once for all connections, so its bytes are the same whatever was sent and
 * ended before; each connection's own cursor is in its end, and in the room before it. */
static void check_sharing(const struct wire_ops *wire)
{
	struct cursor other = {cursor.epoch, 1234567890, 3};
	struct change change = changes_row(12, SLICE("shared"));
	struct buffer fresh = BUFFER_EMPTY, kept = BUFFER_EMPTY;
	size_t shared, gap, gap_again;

	if (!holds(wire))
		return;
	wire_begin_event(wire, &kept);
	wire->change(&kept, &change, true, 3);
	if (wire->share != NULL)
		wire->share(&kept, 0, codec);
	shared = kept.length;
	gap = wire->end(&kept, 0, &other);
	kept.length = shared;
	gap_again = wire->end(&kept, 0, &cursor);
	assert_true(gap <= wire->head_bytes && gap_again <= wire->head_bytes);
	append_change(wire, &fresh, &change, true, 3);
	assert_slices(slice_from_bytes(kept.data + gap_again, kept.length - gap_again),
		      buffer_slice(&fresh));
	kept.length = shared;
	wire->end(&kept, 0, &other);
	assert_false(slice_equals(buffer_slice(&kept), buffer_slice(&fresh)));
	buffer_finish(&fresh);
	buffer_finish(&kept);
}

/* Appends what carries this text. */
static void append_text(const struct wire_ops *wire, struct slice text, struct buffer *out)
{
	struct change change = changes_row(12, text);
	struct wire_answer answer = answer_of(&change, 1);

	if (holds(wire))
		wire->change(out, &change, true, -1); /* without the head, which is no text */
	else
		wire->answer(out, &answer);
}

/* A CR, LF or NUL of a text never reaches the frame raw, so every text gives as many lines as the
 * empty one. */
static void check_raw_bytes(const struct wire_ops *wire)
{
	for (size_t i = 0; i < changes_hostile_text_count; i++) {
		struct buffer plain = BUFFER_EMPTY, out = BUFFER_EMPTY;
		size_t lines[2] = {0, 0};

		append_text(wire, SLICE(""), &plain);
		append_text(wire, changes_hostile_texts[i], &out);
		for (size_t at = 0; at < out.length; at++) {
			assert_true(out.data[at] != '\0' && out.data[at] != '\r');
			lines[0] += out.data[at] == '\n';
		}
		for (size_t at = 0; at < plain.length; at++)
			lines[1] += plain.data[at] == '\n';
		assert_int_equal(lines[0], lines[1]);
		buffer_finish(&plain);
		buffer_finish(&out);
	}
}

/* Where memory is short the buffer says so at the end, and nothing else happens. */
static void check_out_of_memory(const struct wire_ops *wire)
{
	for (unsigned n = 1;; n++) {
		struct buffer out = BUFFER_EMPTY;
		bool failed;

		failing_allocator_fail_at(n);
		append_all(wire, &out);
		failed = failing_allocator_reset();
		assert_int_equal(buffer_failed(&out), failed);
		buffer_finish(&out);
		if (!failed) {
			assert_true(n > 1);
			return;
		}
	}
}

static void run(void (*check)(const struct wire_ops *wire))
{
	for (size_t i = 0; wire_table[i] != NULL; i++) {
		printf("wire %s\n", wire_table[i]->name);
		check(wire_table[i]);
	}
}

static void test_shape(void **state)
{
	(void)state;
	run(check_shape);
}

static void test_appending(void **state)
{
	(void)state;
	run(check_appending);
}

static void test_sharing(void **state)
{
	(void)state;
	run(check_sharing);
}

static void test_raw_bytes(void **state)
{
	(void)state;
	run(check_raw_bytes);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	run(check_out_of_memory);
}

static int create_codec(void **state)
{
	(void)state;
	codec = websocket_deflate_create();
	return codec == NULL ? -1 : 0;
}

static int destroy_codec(void **state)
{
	(void)state;
	websocket_deflate_destroy(codec);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shape),	  cmocka_unit_test(test_appending),
	    cmocka_unit_test(test_sharing),	  cmocka_unit_test(test_raw_bytes),
	    cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, create_codec, destroy_codec);
}
