#include "server/metrics.h"

#include "lib/assertions.h"

#include <ctype.h>

static bool has_line(const struct buffer *text, const char *line)
{
	const char *found = memmem(text->data, text->length, line, strlen(line));

	return found != NULL && (found == text->data || found[-1] == '\n') &&
	       found[strlen(line)] == '\n';
}

static void test_adding(void **state)
{
	struct metrics metrics = {0}, sum = {0};

	(void)state;
	metrics_add(&metrics, METRIC_STREAMS, 5);
	metrics_subtract(&metrics, METRIC_STREAMS, 2);
	metrics_add(&metrics, METRIC_REQUESTS, 1);
	metrics_observe_latency(&metrics, 100);
	assert_int_equal(metrics_get(&metrics, METRIC_STREAMS), 3);
	metrics_merge(&sum, &metrics);
	metrics_merge(&sum, &metrics);
	assert_int_equal(metrics_get(&sum, METRIC_STREAMS), 6);
	assert_int_equal(metrics_get(&sum, METRIC_REQUESTS), 2);
	assert_int_equal(metrics_get(&sum, METRIC_HINTS), 0);
	assert_int_equal(sum.latency_sum, 200);
	assert_int_equal(metrics_latency_quantile(&sum, 1), 200);
}

/* A stream may end on another worker's books than it began on; the sum is right all the same. */
static void test_a_gauge_below_zero_adds_up(void **state)
{
	struct metrics first = {0}, second = {0}, sum = {0};

	(void)state;
	metrics_add(&first, METRIC_CONNECTIONS, 3);
	metrics_subtract(&second, METRIC_CONNECTIONS, 1);
	metrics_merge(&sum, &first);
	metrics_merge(&sum, &second);
	assert_int_equal(metrics_get(&sum, METRIC_CONNECTIONS), 2);
}

static void test_buckets(void **state)
{
	static const struct {
		int64_t microseconds;
		int bucket;
	} rows[] = {{-5, 0},  {0, 0},	     {49, 0},	     {50, 1},	     {99, 1},
		    {100, 2}, {6553599, 17}, {13107199, 18}, {13107200, 19}, {INT64_MAX, 19}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct metrics metrics = {0};
		int bucket = 0;

		metrics_observe_latency(&metrics, rows[i].microseconds);
		while (metrics.latency[bucket] == 0)
			bucket++;
		assert_int_equal(bucket, rows[i].bucket);
	}
}

static void test_quantiles(void **state)
{
	struct metrics metrics = {0};

	(void)state;
	assert_int_equal(metrics_latency_quantile(&metrics, 0.5), 0);
	for (int i = 0; i < 99; i++)
		metrics_observe_latency(&metrics, 60);
	metrics_observe_latency(&metrics, 1000000);
	assert_int_equal(metrics_latency_quantile(&metrics, 0), 100);
	assert_int_equal(metrics_latency_quantile(&metrics, 0.5), 100);
	assert_int_equal(metrics_latency_quantile(&metrics, 0.99), 100);
	assert_int_equal(metrics_latency_quantile(&metrics, 0.995), 1638400);
	assert_int_equal(metrics_latency_quantile(&metrics, 1), 1638400);
}

/* Every line is a comment or a name with a number, and every metric is announced before. */
static void check_exposition(const struct buffer *text)
{
	struct slice rest = buffer_slice(text);

	assert_int_equal(text->data[text->length - 1], '\n');
	while (rest.length > 0) {
		struct slice line = slice_split(&rest, '\n');
		struct slice name = line;

		if (slice_starts_with(line, SLICE("# HELP allim_")) ||
		    slice_starts_with(line, SLICE("# TYPE allim_")))
			continue;
		assert_true(slice_starts_with(line, SLICE("allim_")));
		name = slice_split(&line, ' ');
		assert_true(line.length > 0 && name.length > 0);
		for (size_t i = 0; i < line.length; i++)
			assert_true(isdigit((unsigned char)line.data[i]) ||
				    memchr(".e+-", line.data[i], 4) != NULL);
	}
}

static void test_exposition(void **state)
{
	struct metrics metrics = {0};
	struct buffer text = BUFFER_EMPTY;

	(void)state;
	metrics_add(&metrics, METRIC_CONNECTIONS_ACCEPTED, 12345678901234);
	metrics_observe_latency(&metrics, 60);
	metrics_observe_latency(&metrics, 1000000);
	metrics_observe_latency(&metrics, 20000000);
	metrics_observe_latency(&metrics, -5);
	metrics_append(&metrics, &text);
	check_exposition(&text);
	assert_true(has_line(&text, "# TYPE allim_connections_accepted_total counter"));
	assert_true(has_line(&text, "allim_connections_accepted_total 12345678901234"));
	assert_true(has_line(&text, "# TYPE allim_connections gauge"));
	assert_true(has_line(&text, "# TYPE allim_delivery_latency_seconds histogram"));
	assert_true(has_line(&text, "allim_delivery_latency_seconds_bucket{le=\"5e-05\"} 1"));
	assert_true(has_line(&text, "allim_delivery_latency_seconds_bucket{le=\"0.0001\"} 2"));
	assert_true(has_line(&text, "allim_delivery_latency_seconds_bucket{le=\"13.1072\"} 3"));
	assert_true(has_line(&text, "allim_delivery_latency_seconds_bucket{le=\"+Inf\"} 4"));
	assert_true(has_line(&text, "allim_delivery_latency_seconds_sum 21.000060"));
	assert_true(has_line(&text, "allim_delivery_latency_seconds_count 4"));
	buffer_finish(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_adding),     cmocka_unit_test(test_a_gauge_below_zero_adds_up),
	    cmocka_unit_test(test_buckets),    cmocka_unit_test(test_quantiles),
	    cmocka_unit_test(test_exposition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
