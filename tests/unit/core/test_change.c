#include "core/change.h"

#include "base/random.h"
#include "lib/assertions.h"

#include <stdio.h>

static struct change at(int64_t seq, int64_t time)
{
	return (struct change){
	    .kind = CHANGE_ROW, .seq = seq, .notification = {.changed_at = time}};
}

static void test_order_of_time(void **state)
{
	struct change own[] = {at(1, 10), at(2, 30)};
	struct change broadcasts[] = {at(1, 10), {.kind = CHANGE_ALL, .seq = 2, .marked_at = 20}};
	struct change_merge merge = {{own, broadcasts}, {2, 2}};
	int list = 7;

	(void)state;
	assert_ptr_equal(change_merge_next(&merge, &list), &own[0]);
	assert_int_equal(list, 0);
	assert_ptr_equal(change_merge_next(&merge, &list), &broadcasts[0]);
	assert_int_equal(list, 1);
	assert_ptr_equal(change_merge_next(&merge, &list), &broadcasts[1]);
	assert_ptr_equal(change_merge_next(&merge, &list), &own[1]);
	assert_int_equal(list, 0);
	assert_null(change_merge_next(&merge, &list));
	assert_int_equal(list, 0);
}

static void test_empty_lists(void **state)
{
	struct change only[] = {at(1, 10)};
	struct change_merge nothing = {{NULL, NULL}, {0, 0}}, second = {{NULL, only}, {0, 1}};
	int list = 7;

	(void)state;
	assert_null(change_merge_next(&nothing, &list));
	assert_int_equal(list, 7);
	assert_ptr_equal(change_merge_next(&second, &list), &only[0]);
	assert_int_equal(list, 1);
	assert_null(change_merge_next(&second, &list));
}

/* Nothing is left out, and each list keeps its order, even where its times go back. */
static void test_any_lists(void **state)
{
	uint64_t seed = random_system_seed();
	struct random random;

	(void)state;
	printf("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	for (int round = 0; round < 1000; round++) {
		struct change changes[2][8];
		struct change_merge merge = {{changes[0], changes[1]},
					     {random_below(&random, 9), random_below(&random, 9)}};
		size_t counts[2] = {merge.counts[0], merge.counts[1]}, taken[2] = {0, 0};
		const struct change *change;
		int list;

		for (int i = 0; i < 8; i++) {
			changes[0][i] = at(i, (int64_t)random_below(&random, 20));
			changes[1][i] = at(i, (int64_t)random_below(&random, 20));
		}
		while ((change = change_merge_next(&merge, &list)) != NULL) {
			int other = 1 - list;

			assert_ptr_equal(change, &changes[list][taken[list]++]);
			if (taken[other] < counts[other])
				assert_true(change_time(change) <=
					    change_time(&changes[other][taken[other]]));
		}
		assert_int_equal(taken[0], counts[0]);
		assert_int_equal(taken[1], counts[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order_of_time),
	    cmocka_unit_test(test_empty_lists),
	    cmocka_unit_test(test_any_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
