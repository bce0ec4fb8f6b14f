/* What is heard goes on, but for a node's own; what may be missing has the node look once, soon. */
#include "feed/reception.h"

#include "core/hint_codec.h"

#include "lib/assertions.h"

enum { OWN = 1, OTHER = 2, NOW = 1000, SPREAD = 250 };

static struct reception reception;
static struct hint_batch *heard;
static unsigned heard_count, look_count;

static void on_hints(void *context, struct hint_batch *batch)
{
	assert_ptr_equal(context, &reception);
	hint_batch_release(heard);
	heard = hint_batch_reference(batch);
	heard_count++;
}

static void on_wake(void *context)
{
	assert_ptr_equal(context, &reception);
	assert_true(reception_is_behind(&reception));
	look_count++;
}

static int setup(void **state)
{
	const struct feed_options options = {
	    .node = OWN, .on_hints = on_hints, .on_wake = on_wake, .context = &reception};

	(void)state;
	reception_init(&reception, &options);
	heard_count = look_count = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	hint_batch_release(heard);
	heard = NULL;
	return 0;
}

/* Takes what `node` would send for a batch. */
static void take(uint64_t node, bool has_hint, uint64_t canary)
{
	struct hint_batch *batch = hint_batch_create(7, 1);
	const struct hint hint = {.user = SLICE("anna")};
	struct hint_encoder encoder;
	struct buffer message = BUFFER_EMPTY;
	uint64_t sender;

	assert_non_null(batch);
	batch->canary = canary;
	if (has_hint)
		assert_int_equal(hint_batch_add(batch, &hint), 0);
	hint_encoder_init(&encoder, batch, node, 1 << 20);
	assert_int_equal(hint_encoder_next(&encoder, &message), 1);
	assert_int_equal(reception_take(&reception, buffer_slice(&message), NOW, &sender), 0);
	assert_int_equal(sender, node);
	buffer_finish(&message);
	hint_batch_release(batch);
}

static void test_hints(void **state)
{
	(void)state;
	take(OTHER, true, 0);
	assert_int_equal(heard_count, 1);
	assert_int_equal(heard->epoch, 7);
	assert_slice(heard->hints[0].user, "anna");
	assert_int_equal(reception.received, 1);
	take(OWN, true, 0);
	assert_int_equal(heard_count, 1);
	assert_int_equal(reception.received, 1);
	assert_false(reception_is_behind(&reception));
}

static void test_canaries(void **state)
{
	(void)state;
	take(OWN, false, 5);
	assert_int_equal(heard_count, 1);
	assert_int_equal(heard->canary, 5);
	assert_int_equal(reception.received, 0);
}

static void test_what_cannot_be_read(void **state)
{
	uint64_t node;

	(void)state;
	assert_true(reception_take(&reception, SLICE("?"), NOW, &node) < 0);
	assert_int_equal(reception.failures, 1);
	assert_int_equal(heard_count, 0);
}

static void test_looking_at_once(void **state)
{
	(void)state;
	assert_int_equal(reception_turn(&reception, NOW), 0);
	assert_int_equal(look_count, 0);
	reception_hear(&reception, true, NOW);
	assert_int_equal(reception_turn(&reception, NOW), 0);
	assert_int_equal(look_count, 1);
	assert_int_equal(reception.looks, 1);
	assert_false(reception_is_behind(&reception));
}

/* Whatever the reasons, there is one look, at a moment that differs from node to node. */
static void test_looking_once_and_later(void **state)
{
	int64_t first = 0;
	bool differs = false;

	(void)state;
	for (unsigned round = 1; round <= 50; round++) {
		int64_t at;

		take(OTHER, false, 0);
		at = reception_turn(&reception, NOW - 1);
		assert_in_range(at, NOW, NOW + SPREAD);
		reception_hear(&reception, false, NOW + SPREAD);
		reception_miss(&reception, NOW + SPREAD);
		assert_int_equal(reception_turn(&reception, at - 1), at);
		assert_int_equal(look_count, round - 1);
		assert_int_equal(reception_turn(&reception, at), 0);
		assert_int_equal(look_count, round);
		differs = differs || (round > 1 && at != first);
		first = at;
	}
	assert_true(differs);
	assert_int_equal(heard_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_hints, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_canaries, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_what_cannot_be_read, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_looking_at_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_looking_once_and_later, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
