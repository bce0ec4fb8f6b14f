/* A message that is missing is noticed, once, by who heard its node before. */
#include "feed/rabbitmq_numbers.h"

#include "lib/assertions.h"

static void test_in_order(void **state)
{
	struct rabbitmq_numbers numbers = {.heard = 0};

	(void)state;
	for (uint64_t i = 1; i < 100; i++) {
		assert_false(rabbitmq_numbers_take(&numbers, 7, i));
		assert_false(rabbitmq_numbers_take(&numbers, 0, i + 1000));
	}
}

static void test_gap(void **state)
{
	struct rabbitmq_numbers numbers = {.heard = 0};

	(void)state;
	assert_false(rabbitmq_numbers_take(&numbers, 7, 1));
	assert_false(rabbitmq_numbers_take(&numbers, 8, 50));
	assert_true(rabbitmq_numbers_take(&numbers, 7, 3));
	assert_false(rabbitmq_numbers_take(&numbers, 7, 4));
	assert_false(rabbitmq_numbers_take(&numbers, 8, 51));
	assert_true(rabbitmq_numbers_take(&numbers, 8, 60));
}

/* One that comes late, or twice, is no gap, and makes none of what follows. */
static void test_late(void **state)
{
	struct rabbitmq_numbers numbers = {.heard = 0};

	(void)state;
	assert_false(rabbitmq_numbers_take(&numbers, 7, 5));
	assert_false(rabbitmq_numbers_take(&numbers, 7, 3));
	assert_false(rabbitmq_numbers_take(&numbers, 7, 5));
	assert_false(rabbitmq_numbers_take(&numbers, 7, 6));
}

/* What has no number says nothing. */
static void test_without_number(void **state)
{
	struct rabbitmq_numbers numbers = {.heard = 0};

	(void)state;
	assert_false(rabbitmq_numbers_take(&numbers, 7, 1));
	assert_false(rabbitmq_numbers_take(&numbers, 7, 0));
	assert_false(rabbitmq_numbers_take(&numbers, 9, 0));
	assert_false(rabbitmq_numbers_take(&numbers, 7, 2));
	assert_int_equal(numbers.heard, 2);
}

/* Of too many the one that was silent longest goes. */
static void test_many_nodes(void **state)
{
	struct rabbitmq_numbers numbers = {.heard = 0};

	(void)state;
	for (uint64_t node = 1; node <= RABBITMQ_NUMBERS_NODES; node++)
		assert_false(rabbitmq_numbers_take(&numbers, node, 1));
	assert_false(rabbitmq_numbers_take(&numbers, 1, 2));
	assert_false(rabbitmq_numbers_take(&numbers, 1000, 1));
	assert_true(rabbitmq_numbers_take(&numbers, 1, 4));
	assert_true(rabbitmq_numbers_take(&numbers, 3, 3));
	assert_false(rabbitmq_numbers_take(&numbers, 2, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_in_order),   cmocka_unit_test(test_gap),
	    cmocka_unit_test(test_late),       cmocka_unit_test(test_without_number),
	    cmocka_unit_test(test_many_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
