#include "base/random.h"

#include "lib/assertions.h"

static void test_repeatable(void **state)
{
	struct random first, second, other;
	int differing = 0;

	(void)state;
	random_init(&first, 42);
	random_init(&second, 42);
	random_init(&other, 43);
	for (int i = 0; i < 100; i++) {
		uint64_t number = random_next(&first);

		assert_true(number == random_next(&second));
		differing += number != random_next(&other);
	}
	assert_int_equal(differing, 100);
}

/* The algorithm's own first numbers from the state 1, 2, 3, 4. */
static void test_known_numbers(void **state)
{
	static const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240};
	struct random random = {{1, 2, 3, 4}};

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_true(random_next(&random) == expected[i]);
}

static void test_below(void **state)
{
	struct random random;
	int seen[7] = {0};

	(void)state;
	random_init(&random, random_system_seed());
	for (int i = 0; i < 7000; i++) {
		uint64_t number = random_below(&random, 7);

		assert_true(number < 7);
		seen[number]++;
	}
	for (int i = 0; i < 7; i++)
		assert_in_range(seen[i], 500, 1500);
	assert_true(random_below(&random, 1) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_repeatable),
	    cmocka_unit_test(test_known_numbers),
	    cmocka_unit_test(test_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
