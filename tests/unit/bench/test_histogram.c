#include "bench/histogram.h"

#include "lib/assertions.h"

static struct histogram *fresh(struct histogram *histogram)
{
	histogram_clear(histogram);
	return histogram;
}

static void test_empty(void **state)
{
	struct histogram histogram;

	(void)state;
	assert_int_equal(histogram_percentile(fresh(&histogram), 0.5), 0);
	assert_int_equal(histogram_percentile(&histogram, 1), 0);
}

static void test_small_values_are_exact(void **state)
{
	struct histogram histogram;

	(void)state;
	fresh(&histogram);
	for (int64_t value = 1; value <= 100; value++)
		histogram_record(&histogram, value);
	assert_int_equal(histogram.total, 100);
	assert_int_equal(histogram_percentile(&histogram, 0), 1);
	assert_int_equal(histogram_percentile(&histogram, 0.01), 1);
	assert_int_equal(histogram_percentile(&histogram, 0.5), 50);
	assert_int_equal(histogram_percentile(&histogram, 0.99), 99);
	assert_int_equal(histogram_percentile(&histogram, 1), 100);
}

/* Never too low, and too high by less than one part in 128; the maximum itself is exact. */
static void test_large_values_are_near(void **state)
{
	struct histogram histogram;

	(void)state;
	for (int64_t value = 1; value < INT64_C(1) << 40; value = value * 3 / 2 + 1) {
		int64_t found;

		fresh(&histogram);
		histogram_record(&histogram, value);
		histogram_record(&histogram, INT64_C(1) << 39);
		found = histogram_percentile(&histogram, 0.5);
		if (value > INT64_C(1) << 39)
			continue;
		assert_true(found >= value);
		assert_true(found - value <= value / 128);
		assert_int_equal(histogram_percentile(&histogram, 1), INT64_C(1) << 39);
	}
}

static void test_order_does_not_matter(void **state)
{
	struct histogram histogram;

	(void)state;
	fresh(&histogram);
	for (int i = 0; i < 1000; i++)
		histogram_record(&histogram, i * 617 % 1000 < 990 ? 10 : 1000000);
	assert_int_equal(histogram_percentile(&histogram, 0.99), 10);
	assert_true(histogram_percentile(&histogram, 0.991) >= 1000000);
}

static void test_beyond_the_range(void **state)
{
	struct histogram histogram;

	(void)state;
	histogram_record(fresh(&histogram), -5);
	assert_int_equal(histogram_percentile(&histogram, 1), 0);
	histogram_record(&histogram, INT64_MAX);
	histogram_record(&histogram, INT64_C(1) << 40);
	assert_int_equal(histogram_percentile(&histogram, 1), (INT64_C(1) << 40) - 1);
	assert_int_equal(histogram.total, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_small_values_are_exact),
	    cmocka_unit_test(test_large_values_are_near),
	    cmocka_unit_test(test_order_does_not_matter),
	    cmocka_unit_test(test_beyond_the_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
