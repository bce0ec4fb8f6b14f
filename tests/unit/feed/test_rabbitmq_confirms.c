/* Every message is counted as answered once, in whatever order the answers come. */
#include "feed/rabbitmq_confirms.h"

#include "base/random.h"
#include "lib/assertions.h"

static void add(struct rabbitmq_confirms *confirms, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		assert_true(rabbitmq_confirms_add(confirms));
}

static void test_one_by_one(void **state)
{
	struct rabbitmq_confirms confirms;

	(void)state;
	rabbitmq_confirms_init(&confirms);
	add(&confirms, 3);
	assert_int_equal(rabbitmq_confirms_answer(&confirms, 2, false), 1);
	assert_int_equal(rabbitmq_confirms_answer(&confirms, 2, false), 0);
	assert_int_equal(confirms.unanswered, 2);
	assert_int_equal(confirms.oldest, 1);
	assert_int_equal(rabbitmq_confirms_answer(&confirms, 1, false), 1);
	assert_int_equal(confirms.oldest, 3);
	assert_int_equal(rabbitmq_confirms_answer(&confirms, 3, false), 1);
	assert_int_equal(confirms.unanswered, 0);
}

static void test_all_up_to_one(void **state)
{
	struct rabbitmq_confirms confirms;

	(void)state;
	rabbitmq_confirms_init(&confirms);
	add(&confirms, 10);
	assert_int_equal(rabbitmq_confirms_answer(&confirms, 4, false), 1);
	assert_int_equal(rabbitmq_confirms_answer(&confirms, 6, true), 5);
	assert_int_equal(confirms.oldest, 7);
	assert_int_equal(confirms.unanswered, 4);
}

/* Numbers that no message has, or had long ago, count nothing. */
static void test_nonsense(void **state)
{
	struct rabbitmq_confirms confirms;

	(void)state;
	rabbitmq_confirms_init(&confirms);
	assert_int_equal(rabbitmq_confirms_answer(&confirms, 1, true), 0);
	add(&confirms, 2);
	assert_int_equal(rabbitmq_confirms_answer(&confirms, 0, true), 0);
	assert_int_equal(rabbitmq_confirms_answer(&confirms, 3, true), 0);
	assert_int_equal(rabbitmq_confirms_answer(&confirms, UINT64_MAX, true), 0);
	assert_int_equal(rabbitmq_confirms_answer(&confirms, 1, false), 1);
	assert_int_equal(rabbitmq_confirms_answer(&confirms, 1, true), 0);
	assert_int_equal(confirms.unanswered, 1);
}

static void test_window(void **state)
{
	struct rabbitmq_confirms confirms;

	(void)state;
	rabbitmq_confirms_init(&confirms);
	add(&confirms, RABBITMQ_CONFIRMS_FULL - 1);
	assert_false(rabbitmq_confirms_is_full(&confirms));
	add(&confirms, 1);
	assert_true(rabbitmq_confirms_is_full(&confirms));
	add(&confirms, RABBITMQ_CONFIRMS_WINDOW - RABBITMQ_CONFIRMS_FULL);
	assert_false(rabbitmq_confirms_add(&confirms));
	assert_int_equal(confirms.unanswered, RABBITMQ_CONFIRMS_WINDOW);
	assert_int_equal(rabbitmq_confirms_answer(&confirms, 1, false), 1);
	assert_true(rabbitmq_confirms_add(&confirms));
	assert_false(rabbitmq_confirms_add(&confirms));
	assert_int_equal(rabbitmq_confirms_answer(&confirms, RABBITMQ_CONFIRMS_WINDOW + 1, true),
			 RABBITMQ_CONFIRMS_WINDOW);
	assert_int_equal(confirms.unanswered, 0);
}

/* A long life, several times around the window, against a plain count. */
static void test_random_order(void **state)
{
	struct rabbitmq_confirms confirms;
	struct random random;
	uint64_t added = 0, answered = 0;

	(void)state;
	rabbitmq_confirms_init(&confirms);
	random_init(&random, 1);
	for (int i = 0; i < 200000; i++) {
		if (random_below(&random, 2) == 0 && rabbitmq_confirms_add(&confirms))
			added++;
		else if (added > 0)
			answered += rabbitmq_confirms_answer(
			    &confirms, confirms.oldest + random_below(&random, 200),
			    random_below(&random, 50) == 0);
		assert_int_equal(confirms.unanswered, added - answered);
	}
	rabbitmq_confirms_answer(&confirms, confirms.next - 1, true);
	assert_int_equal(confirms.unanswered, 0);
	assert_int_equal(confirms.oldest, confirms.next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_by_one),	 cmocka_unit_test(test_all_up_to_one),
	    cmocka_unit_test(test_nonsense),	 cmocka_unit_test(test_window),
	    cmocka_unit_test(test_random_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
