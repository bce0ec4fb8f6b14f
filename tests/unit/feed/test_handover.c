/* What is handed over waits in order, up to a bound, and nothing of it is left behind. */
#include "feed/handover.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <stdlib.h>

enum { TEXT_BYTES = 1 << 20 };

static struct mailbox mailbox;
static struct handover handover;

static int setup(void **state)
{
	(void)state;
	assert_int_equal(mailbox_init(&mailbox), 0);
	handover_init(&handover, &mailbox);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	mailbox_receive(&mailbox);
	handover_finish(&handover);
	mailbox_finish(&mailbox);
	return 0;
}

static struct hint_batch *batch_of(size_t texts)
{
	struct hint_batch *batch = hint_batch_create(1, 1);
	char *text = calloc(1, TEXT_BYTES);
	struct hint hint = {.user = SLICE("anna"), .has_change = true};

	assert_non_null(batch);
	assert_non_null(text);
	hint.change.notification.content.body = slice_from_bytes(text, TEXT_BYTES);
	for (size_t i = 0; i < texts; i++)
		assert_int_equal(hint_batch_add(batch, &hint), 0);
	free(text);
	return batch;
}

/* Whether one more is taken; one that is not, is lost. */
static bool takes(struct hint_batch *batch)
{
	uint64_t before = handover.failures;

	handover_give(&handover, batch);
	assert_int_equal(handover_take_loss(&handover), handover.failures == before + 1);
	assert_false(handover_take_loss(&handover));
	return handover.failures == before;
}

static void test_order(void **state)
{
	struct hint_batch *first = batch_of(0), *second = batch_of(1);

	(void)state;
	handover_give(&handover, first);
	handover_give(&handover, second);
	assert_null(handover_oldest(&handover));
	mailbox_receive(&mailbox);
	assert_ptr_equal(handover_oldest(&handover), first);
	handover_drop_oldest(&handover);
	assert_ptr_equal(handover_oldest(&handover), second);
	hint_batch_release(first);
	hint_batch_release(second);
}

static void test_bound(void **state)
{
	struct hint_batch *batch = batch_of(1);
	unsigned given = 0;

	(void)state;
	while (takes(batch))
		given++;
	assert_int_equal(given, HANDOVER_BYTES / TEXT_BYTES - 1);
	assert_false(takes(batch));
	assert_int_equal(handover.published, given + 2);
	mailbox_receive(&mailbox);
	handover_drop_oldest(&handover);
	assert_true(takes(batch));
	hint_batch_release(batch);
}

static void test_larger_than_all(void **state)
{
	struct hint_batch *large = batch_of(0), *small = batch_of(0);
	struct hint hint = {.user = SLICE("anna")};

	(void)state;
	while (handover_hint_bytes(&hint) * large->count <= HANDOVER_BYTES)
		assert_int_equal(hint_batch_add(large, &hint), 0);
	assert_true(takes(large));
	assert_false(takes(small));
	mailbox_receive(&mailbox);
	handover_drop_oldest(&handover);
	assert_true(takes(small));
	hint_batch_release(large);
	hint_batch_release(small);
}

static void test_what_the_server_did_not_take(void **state)
{
	(void)state;
	assert_false(handover_take_loss(&handover));
	handover_lose(&handover, 3);
	assert_true(handover_take_loss(&handover));
	assert_int_equal(handover.failures, 3);
	handover_lose(&handover, 0); /* to be told once more */
	assert_true(handover_take_loss(&handover));
	assert_int_equal(handover.failures, 3);
}

static void test_out_of_memory(void **state)
{
	struct hint_batch *batch = batch_of(1);

	(void)state;
	failing_allocator_fail_at(1);
	assert_false(takes(batch));
	failing_allocator_reset();
	assert_int_equal(handover.bytes, 0);
	hint_batch_release(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_bound, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_larger_than_all, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_what_the_server_did_not_take, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_out_of_memory, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
