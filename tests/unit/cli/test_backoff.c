#include "cli/backoff.h"

#include "lib/assertions.h"

enum { SEEDS = 200 };

static void failures_wait_ever_longer(void **state)
{
	static const int64_t least[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct backoff backoff;

		backoff_init(&backoff, seed);
		for (size_t i = 0; i < sizeof(least) / sizeof(least[0]); i++)
			assert_in_range(backoff_next(&backoff, -1), least[i], 2 * least[i]);
		backoff_reset(&backoff);
		assert_in_range(backoff_next(&backoff, -1), 1000, 2000);
	}
}

static void the_server_is_obeyed(void **state)
{
	struct backoff backoff;

	(void)state;
	backoff_init(&backoff, 1);
	for (int i = 0; i < SEEDS; i++) {
		assert_in_range(backoff_ended(&backoff, 4000), 4000, 5000);
		assert_in_range(backoff_ended(&backoff, -1), 1000, 1250);
		assert_in_range(backoff_ended(&backoff, 0), 100, 125);
		assert_in_range(backoff_ended(&backoff, INT64_MAX), 300000, 375000);
		backoff_reset(&backoff);
		assert_in_range(backoff_next(&backoff, 5000), 5000, 10000);
		assert_in_range(backoff_next(&backoff, INT64_MAX), 300000, 600000);
	}
}

/* Clients that lost a server together come back over the whole span. */
static void waits_are_spread(void **state)
{
	int thirds[3] = {0};

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct backoff backoff;

		backoff_init(&backoff, seed);
		thirds[(backoff_next(&backoff, -1) - 1000) * 3 / 1001]++;
	}
	for (int i = 0; i < 3; i++)
		assert_in_range(thirds[i], SEEDS / 6, SEEDS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(failures_wait_ever_longer),
	    cmocka_unit_test(the_server_is_obeyed),
	    cmocka_unit_test(waits_are_spread),
	};

	return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
