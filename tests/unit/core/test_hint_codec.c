/* What a batch holds comes back whole; what is no message is refused, and never trusted. */
#include "core/hint_codec.h"

#include "lib/assertions.h"
#include "lib/changes.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <stdlib.h>

enum { NODE = 77, EPOCH = 7, NO_LIMIT = 1 << 20, VERSION_AT = 4, COUNT_AT = 29 };

static const int64_t a_time = 1777627800250000;

static struct hint row_hint(struct slice user, int64_t seq, struct slice text)
{
	struct hint hint = {.user = user,
			    .seq = seq,
			    .counts = {3, 2, 1},
			    .has_change = true,
			    .change = changes_row(seq, text)};
	struct notification *notification = &hint.change.notification;

	notification->id = INT64_MAX;
	notification->first_seq = 4;
	notification->to_everyone = slice_is_empty(user);
	notification->content.given = (1u << NOTIFICATION_MEMBERS) - 1;
	notification->content.priority = NOTIFICATION_URGENT;
	notification->content.expires_at = a_time + 1;
	notification->changed_at = a_time + 2;
	for (int i = 0; i < NOTIFICATION_STATES; i++)
		notification->state_at[i] = a_time + 10 + i;
	notification->withdrawn_at = 253402300799999999;
	return hint;
}

static struct hint all_hint(struct slice user, int64_t seq)
{
	struct hint hint = {.user = user,
			    .seq = seq,
			    .has_change = true,
			    .change = changes_all(seq, NOTIFICATION_ARCHIVED)};

	hint.change.marked_broadcasts = 12345678901;
	return hint;
}

static void add(struct hint_batch *batch, struct hint hint)
{
	assert_int_equal(hint_batch_add(batch, &hint), 0);
}

static struct hint_batch *make_batch(void)
{
	struct hint_batch *batch = hint_batch_create(EPOCH, 1);

	assert_non_null(batch);
	batch->committed_at = a_time;
	for (size_t i = 0; i < changes_hostile_text_count; i++)
		add(batch, row_hint(SLICE("anna"), (int64_t)i, changes_hostile_texts[i]));
	add(batch, row_hint(SLICE(""), 9, SLICE("to all")));
	add(batch, all_hint(SLICE("\xEC\x95\x8C \"x\""), INT64_MAX));
	add(batch, (struct hint){.user = SLICE("head only"), .seq = 128});
	return batch;
}

static struct buffer encode(const struct hint_batch *batch)
{
	struct buffer message = BUFFER_EMPTY;
	struct hint_encoder encoder;

	hint_encoder_init(&encoder, batch, NODE, NO_LIMIT);
	assert_int_equal(hint_encoder_next(&encoder, &message), 1);
	assert_int_equal(hint_encoder_next(&encoder, &message), 0);
	return message;
}

static struct hint_batch *decode(struct slice message)
{
	struct hint_batch *batch = NULL;
	uint64_t node = 0;

	assert_int_equal(hint_codec_decode(message, &node, &batch), 0);
	assert_true(node == NODE);
	return batch;
}

static int refusal_of(struct slice message)
{
	struct hint_batch *batch = NULL;
	uint64_t node = 0;
	int result = hint_codec_decode(message, &node, &batch);

	if (result < 0) {
		assert_null(batch);
		assert_true(node == 0);
	}
	hint_batch_release(batch);
	return result;
}

static void assert_same_row(const struct notification *one, const struct notification *other)
{
	assert_int_equal(one->id, other->id);
	assert_int_equal(one->seq, other->seq);
	assert_int_equal(one->first_seq, other->first_seq);
	assert_int_equal(one->to_everyone, other->to_everyone);
	assert_int_equal(one->of_nobody, other->of_nobody);
	assert_int_equal(one->content.given, other->content.given);
	assert_slices(one->content.type, other->content.type);
	assert_slices(one->content.title, other->content.title);
	assert_slices(one->content.body, other->content.body);
	assert_slices(one->content.link, other->content.link);
	assert_slices(one->content.data, other->content.data);
	assert_int_equal(one->content.priority, other->content.priority);
	assert_int_equal(one->content.expires_at, other->content.expires_at);
	assert_int_equal(one->created_at, other->created_at);
	assert_int_equal(one->changed_at, other->changed_at);
	assert_memory_equal(one->state_at, other->state_at, sizeof(one->state_at));
	assert_int_equal(one->withdrawn_at, other->withdrawn_at);
}

static void assert_same_change(const struct change *one, const struct change *other)
{
	assert_int_equal(one->kind, other->kind);
	assert_int_equal(one->seq, other->seq);
	assert_same_row(&one->notification, &other->notification);
	assert_int_equal(one->state, other->state);
	assert_int_equal(one->marked_at, other->marked_at);
	assert_int_equal(one->marked_broadcasts, other->marked_broadcasts);
}

static void assert_same_hint(const struct hint *one, const struct hint *other)
{
	assert_slices(one->user, other->user);
	assert_int_equal(one->seq, other->seq);
	assert_memory_equal(&one->counts, &other->counts, sizeof(one->counts));
	assert_int_equal(one->has_change, other->has_change);
	if (one->has_change)
		assert_same_change(&one->change, &other->change);
}

static void assert_same_batch(const struct hint_batch *one, const struct hint_batch *other)
{
	assert_true(one->epoch == other->epoch && one->canary == other->canary);
	assert_int_equal(one->committed_at, other->committed_at);
	assert_int_equal(one->count, other->count);
	for (size_t i = 0; i < one->count; i++)
		assert_same_hint(&one->hints[i], &other->hints[i]);
}

static void test_round_trip(void **state)
{
	struct hint_batch *batch = make_batch();
	struct buffer message = encode(batch);
	struct hint_batch *again = decode(buffer_slice(&message));

	(void)state;
	/* Nothing of the batch may point into the message. */
	memset(message.data, 0xFF, message.length);
	assert_same_batch(again, batch);
	hint_batch_release(again);
	hint_batch_release(batch);
	buffer_finish(&message);
}

static void test_canary(void **state)
{
	struct hint_batch *batch = hint_batch_create(EPOCH, 0);
	struct hint_batch *again;
	struct buffer message;

	(void)state;
	batch->canary = UINT64_MAX;
	message = encode(batch);
	again = decode(buffer_slice(&message));
	assert_same_batch(again, batch);
	hint_batch_release(again);
	hint_batch_release(batch);
	buffer_finish(&message);
}

static void test_too_long_goes_without_changes(void **state)
{
	struct hint_batch *batch = make_batch();
	struct hint_batch *again;
	struct buffer whole = encode(batch), message = BUFFER_EMPTY;
	struct hint_encoder encoder;

	(void)state;
	hint_encoder_init(&encoder, batch, NODE, whole.length - 1);
	assert_int_equal(hint_encoder_next(&encoder, &message), 1);
	again = decode(buffer_slice(&message));
	assert_int_equal(again->count, batch->count);
	for (size_t i = 0; i < again->count; i++) {
		assert_slices(again->hints[i].user, batch->hints[i].user);
		assert_int_equal(again->hints[i].seq, batch->hints[i].seq);
		assert_false(again->hints[i].has_change);
	}
	assert_int_equal(hint_encoder_next(&encoder, &message), 0);
	hint_batch_release(again);
	hint_batch_release(batch);
	buffer_finish(&whole);
	buffer_finish(&message);
}

static void check_heads(const struct hint_batch *batch, size_t limit, size_t count)
{
	struct hint_encoder encoder;
	struct buffer message = BUFFER_EMPTY;
	size_t messages = 0, hints = 0;

	hint_encoder_init(&encoder, batch, NODE, limit);
	while (hint_encoder_next(&encoder, &message) == 1) {
		struct hint_batch *again = decode(buffer_slice(&message));

		assert_true(message.length <= limit);
		assert_true(again->epoch == EPOCH && again->committed_at == a_time);
		for (size_t i = 0; i < again->count; i++)
			assert_int_equal(again->hints[i].seq, hints + i);
		hints += again->count;
		messages++;
		hint_batch_release(again);
		buffer_clear(&message);
	}
	assert_int_equal(hints, count);
	assert_true(messages > 1);
	buffer_finish(&message);
}

static void test_many_heads_are_split(void **state)
{
	struct hint_batch *batch = hint_batch_create(EPOCH, 1);

	(void)state;
	batch->committed_at = a_time;
	for (int64_t i = 0; i < 1000; i++)
		add(batch, row_hint(SLICE("user"), i, SLICE("text")));
	check_heads(batch, 200, 1000);
	for (int64_t i = 1000; i <= HINT_CODEC_HINTS; i++)
		add(batch, (struct hint){.user = SLICE("user"), .seq = i});
	check_heads(batch, 64 << 20, HINT_CODEC_HINTS + 1);
	hint_batch_release(batch);
}

/* The others go all the same. */
static void test_a_head_beyond_the_limit_is_lost(void **state)
{
	struct hint_batch *batch = hint_batch_create(EPOCH, 1);
	struct hint_batch *again;
	struct hint_encoder encoder;
	struct buffer message = BUFFER_EMPTY;
	char name[200];

	(void)state;
	memset(name, 'x', sizeof(name));
	add(batch, (struct hint){.user = slice_from_bytes(name, sizeof(name)), .seq = 1});
	add(batch, (struct hint){.user = SLICE("anna"), .seq = 2});
	add(batch, (struct hint){.user = slice_from_bytes(name, sizeof(name)), .seq = 3});
	hint_encoder_init(&encoder, batch, NODE, 100);
	assert_int_equal(hint_encoder_next(&encoder, &message), 1);
	again = decode(buffer_slice(&message));
	assert_int_equal(again->count, 1);
	assert_int_equal(again->hints[0].seq, 2);
	assert_int_equal(hint_encoder_next(&encoder, &message), 0);
	hint_batch_release(again);
	hint_batch_release(batch);
	buffer_finish(&message);
}

static void test_truncation_is_refused(void **state)
{
	struct hint_batch *batch = make_batch();
	struct buffer message = encode(batch);

	(void)state;
	for (size_t length = 0; length < message.length; length++) {
		/* In memory of its own, so that a sanitizer sees what lies behind it. */
		char *copy = malloc(length + 1);

		assert_non_null(copy);
		memcpy(copy, message.data, length);
		assert_int_equal(refusal_of(slice_from_bytes(copy, length)), -EPROTO);
		free(copy);
	}
	buffer_append_byte(&message, 0);
	assert_int_equal(refusal_of(buffer_slice(&message)), -EPROTO);
	hint_batch_release(batch);
	buffer_finish(&message);
}

/* Some bytes may be anything, as those of a text; none does harm. */
static void test_corruption_does_no_harm(void **state)
{
	static const unsigned char flips[] = {0x01, 0x02, 0x20, 0x7F, 0x80, 0xFF};
	struct hint_batch *batch = make_batch();
	struct buffer message = encode(batch);

	(void)state;
	for (size_t i = 0; i < message.length; i++) {
		for (size_t flip = 0; flip < sizeof(flips); flip++) {
			message.data[i] = (char)(message.data[i] ^ flips[flip]);
			refusal_of(buffer_slice(&message));
			message.data[i] = (char)(message.data[i] ^ flips[flip]);
		}
	}
	assert_int_equal(refusal_of(buffer_slice(&message)), 0);
	hint_batch_release(batch);
	buffer_finish(&message);
}

static void test_foreign_messages(void **state)
{
	struct hint_batch *batch = make_batch();
	struct buffer message = encode(batch);

	(void)state;
	message.data[VERSION_AT] = 2;
	assert_int_equal(refusal_of(buffer_slice(&message)), -EPROTONOSUPPORT);
	message.data[VERSION_AT] = 1;
	message.data[0] = 'b';
	assert_int_equal(refusal_of(buffer_slice(&message)), -EPROTO);
	message.data[0] = 'a';
	/* Far more hints than there are bytes, and than anybody sends. */
	memset(message.data + COUNT_AT, 0xFF, 2);
	assert_int_equal(refusal_of(buffer_slice(&message)), -EPROTO);
	memset(message.data + COUNT_AT, 0xFF, 4);
	assert_int_equal(refusal_of(buffer_slice(&message)), -EPROTO);
	assert_int_equal(refusal_of(SLICE("hello")), -EPROTO);
	hint_batch_release(batch);
	buffer_finish(&message);
}

static void check_refused(struct hint hint)
{
	struct hint_batch *batch = hint_batch_create(EPOCH, 1);
	struct buffer message;

	add(batch, hint);
	message = encode(batch);
	assert_int_equal(refusal_of(buffer_slice(&message)), -EPROTO);
	hint_batch_release(batch);
	buffer_finish(&message);
}

static void test_what_clients_must_not_get(void **state)
{
	struct hint hint = row_hint(SLICE("anna"), 5, SLICE("\xFF"));

	(void)state;
	check_refused(hint);
	hint = row_hint(SLICE("anna"), 5, SLICE("x"));
	hint.change.notification.content.data = SLICE("1\n\ndata: 2");
	check_refused(hint);
	hint = row_hint(SLICE("anna"), 5, SLICE("x"));
	hint.change.notification.created_at = 253402300800000000;
	check_refused(hint);
	hint = row_hint(SLICE("anna"), -1, SLICE("x"));
	check_refused(hint);
	hint = row_hint(SLICE("anna"), 5, SLICE("x"));
	hint.change.notification.content.priority = NOTIFICATION_PRIORITIES;
	check_refused(hint);
	hint = all_hint(SLICE("anna"), 5);
	hint.change.state = NOTIFICATION_STATES;
	check_refused(hint);
}

static void test_out_of_memory(void **state)
{
	struct hint_batch *batch = make_batch();
	bool failed = true;

	(void)state;
	for (unsigned n = 1; failed; n++) {
		struct buffer message = BUFFER_EMPTY;
		struct hint_batch *again = NULL;
		struct hint_encoder encoder;
		uint64_t node;
		int result;

		hint_encoder_init(&encoder, batch, NODE, NO_LIMIT);
		failing_allocator_fail_at(n);
		result = hint_encoder_next(&encoder, &message);
		if (result == 1)
			result = hint_codec_decode(buffer_slice(&message), &node, &again);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		hint_batch_release(again);
		buffer_finish(&message);
	}
	hint_batch_release(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_canary),
	    cmocka_unit_test(test_too_long_goes_without_changes),
	    cmocka_unit_test(test_many_heads_are_split),
	    cmocka_unit_test(test_a_head_beyond_the_limit_is_lost),
	    cmocka_unit_test(test_truncation_is_refused),
	    cmocka_unit_test(test_corruption_does_no_harm),
	    cmocka_unit_test(test_foreign_messages),
	    cmocka_unit_test(test_what_clients_must_not_get),
	    cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
