#include "bench/exposition.h"

#include "lib/assertions.h"

#include <math.h>

static const char *const text = "# HELP allim_store_queries_total Statements run.\n"
				"# TYPE allim_store_queries_total counter\n"
				"allim_store_queries_total 1.5e+03\n"
				"allim_store_queries 7\n"
				"allim_broken many\n"
				"allim_latency_seconds_bucket{le=\"0.001\"} 10\n"
				"allim_latency_seconds_bucket{le=\"0.002\"} 90\n"
				"allim_latency_seconds_bucket{le=\"+Inf\"} 100\n"
				"allim_latency_seconds_sum 0.3\n"
				"allim_latency_seconds_count 100\n";

static bool is_near(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

static void test_values(void **state)
{
	struct slice slice = slice_from_string(text);

	(void)state;
	assert_true(is_near(exposition_value(slice, "allim_store_queries_total"), 1500));
	assert_true(is_near(exposition_value(slice, "allim_store_queries"), 7));
	assert_true(isnan(exposition_value(slice, "allim_store")));
	assert_true(isnan(exposition_value(slice, "allim_broken")));
	assert_true(isnan(exposition_value(SLICE(""), "allim_store_queries")));
	assert_true(is_near(exposition_value(SLICE("last 3"), "last"), 3));
}

/* Two nodes: 20 up to 1 ms, 180 up to 2 ms, 200 in all. */
static void test_quantiles(void **state)
{
	struct exposition_histogram histogram = {.count = 0};

	(void)state;
	assert_true(isnan(exposition_quantile(&histogram, 0.5)));
	exposition_add(&histogram, slice_from_string(text), "allim_latency_seconds");
	exposition_add(&histogram, slice_from_string(text), "allim_latency_seconds");
	assert_int_equal(histogram.count, 3);
	assert_true(is_near(histogram.counts[1], 180));
	assert_true(is_near(exposition_quantile(&histogram, 0), 0));
	assert_true(is_near(exposition_quantile(&histogram, 0.05), 0.0005));
	assert_true(is_near(exposition_quantile(&histogram, 0.1), 0.001));
	assert_true(is_near(exposition_quantile(&histogram, 0.5), 0.0015));
	assert_true(is_near(exposition_quantile(&histogram, 0.9), 0.002));
	assert_true(is_near(exposition_quantile(&histogram, 0.99), 0.002));
	assert_true(is_near(exposition_quantile(&histogram, 1), 0.002));
}

static void test_empty_buckets(void **state)
{
	struct exposition_histogram histogram = {.count = 0};

	(void)state;
	exposition_add(&histogram,
		       SLICE("x_bucket{le=\"1\"} 0\nx_bucket{le=\"2\"} 0\nx_bucket{le=\"3\"} 4\n"),
		       "x");
	assert_true(is_near(exposition_quantile(&histogram, 0), 2));
	assert_true(is_near(exposition_quantile(&histogram, 0.5), 2.5));
	exposition_add(&histogram, SLICE("y_bucket{le=\"1\"} 9\n"), "x");
	assert_int_equal(histogram.count, 3);
	histogram = (struct exposition_histogram){.count = 0};
	exposition_add(&histogram, SLICE("x_bucket{le=\"+Inf\"} 0\n"), "x");
	assert_true(isnan(exposition_quantile(&histogram, 0.5)));
}

/* What is no histogram must not lead out of the arrays. */
static void test_nonsense(void **state)
{
	struct exposition_histogram histogram = {.count = 0};
	char line[] = "x_bucket{le=\"1\"} 1\n", many[EXPOSITION_BUCKETS * 40];
	size_t length = 0;

	(void)state;
	for (int i = 0; i < EXPOSITION_BUCKETS + 9; i++, length += sizeof(line) - 1)
		memcpy(many + length, line, sizeof(line) - 1);
	exposition_add(&histogram, slice_from_bytes(many, length), "x");
	assert_int_equal(histogram.count, EXPOSITION_BUCKETS);
	histogram = (struct exposition_histogram){.count = 0};
	exposition_add(&histogram, SLICE("x_bucket{le=\"\nx_bucket{le=\"1\"} no\n"), "x");
	(void)exposition_quantile(&histogram, 0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_quantiles),
	    cmocka_unit_test(test_empty_buckets),
	    cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
