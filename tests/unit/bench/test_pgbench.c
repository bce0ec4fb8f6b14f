#include "bench/pgbench.h"

#include "lib/assertions.h"

#include <errno.h>

static const char *const version_15 = "pgbench (15.13 (Debian 15.13-0+deb12u1))\n"
				      "transaction type: build/bench/pgbench.sql\n"
				      "number of transactions actually processed: 17405\n"
				      "number of failed transactions: 0 (0.000%)\n"
				      "latency average = 7.357 ms\n"
				      "initial connection time = 61.110 ms\n"
				      "tps = 8699.050335 (without initial connection time)\n";

static const char *const version_13 = "number of transactions actually processed: 17405\n"
				      "latency average = 7.357 ms\n"
				      "tps = 8641.000000 (including connections establishing)\n"
				      "tps = 8699.050335 (excluding connections establishing)\n";

static void check(const char *output)
{
	struct pgbench_figures figures = {0};

	assert_int_equal(pgbench_read(slice_from_string(output), &figures), 0);
	assert_true(figures.rate > 8699.05 && figures.rate < 8699.06);
	assert_true(figures.latency > 7.356 && figures.latency < 7.358);
}

static void test_versions(void **state)
{
	(void)state;
	check(version_15);
	check(version_13);
}

static void test_refusals(void **state)
{
	static const char *const bad[] = {
	    "",
	    "latency average = 7.357 ms\n",
	    "tps = 8699.050335 (without initial connection time)\n",
	    "latency average = 7.357 ms\ntps = none\n",
	    "latency average = 7.357 ms\ntps = 0.000000 (without initial connection time)\n",
	    "latency average = 7.357 ms\ntps = nan (without initial connection time)\n",
	    "number of failed transactions: 3 (0.017%)\nlatency average = 7.357 ms\ntps = 9.0 (w",
	};
	struct pgbench_figures figures = {.rate = 1};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pgbench_read(slice_from_string(bad[i]), &figures), -EBADMSG);
	assert_true(figures.rate == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
