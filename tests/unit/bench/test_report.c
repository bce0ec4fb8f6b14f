#include "bench/report.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <math.h>
#include <stdlib.h>

static void test_median(void **state)
{
	static const double values[] = {5, 1, 9, 3};
	struct report report;

	(void)state;
	report_init(&report);
	assert_true(isnan(report_median(&report, "accept", "allim", "cpu_per_stream")));
	for (unsigned i = 0; i < 4; i++)
		report_sample(&report, "accept", "allim", i, "cpu_per_stream", values[i]);
	report_sample(&report, "accept", "bare", 0, "cpu_per_stream", 100);
	assert_true(report_median(&report, "accept", "allim", "cpu_per_stream") == 4);
	report_sample(&report, "accept", "allim", 4, "cpu_per_stream", 100);
	assert_true(report_median(&report, "accept", "allim", "cpu_per_stream") == 5);
	assert_true(report_median(&report, "accept", "bare", "cpu_per_stream") == 100);
	report_finish(&report);
}

static void test_results(void **state)
{
	struct buffer json = BUFFER_EMPTY;
	struct report report;

	(void)state;
	report_init(&report);
	report_append_results(&report, &json);
	assert_buffer(json, "[\n]");
	report_sample(&report, "accept", "allim", 1, "cpu_per_stream", 30);
	report_sample(&report, "accept", "bare", 1, "cpu_per_stream", 20);
	buffer_clear(&json);
	report_append_results(&report, &json);
	assert_buffer(json, "[\n\t{\"name\":\"accept_cpu\",\"value\":30,\"unit\":\"us/stream\","
			    "\"yardstick\":\"bare epoll program, as many threads\","
			    "\"yardstick_value\":20,\"ratio\":1.5}\n]");
	buffer_finish(&json);
	report_finish(&report);
}

static void test_missing_yardstick(void **state)
{
	struct buffer json = BUFFER_EMPTY;
	struct report report;

	(void)state;
	report_init(&report);
	report_sample(&report, "accept", "allim", 1, "cpu_per_stream", 30);
	report_append_results(&report, &json);
	buffer_append_byte(&json, '\0');
	assert_non_null(strstr(json.data, "\"yardstick_value\":null,\"ratio\":null}"));
	buffer_finish(&json);
	report_finish(&report);
}

static void test_samples(void **state)
{
	struct buffer json = BUFFER_EMPTY;
	struct report report;

	(void)state;
	report_init(&report);
	report_sample(&report, "poll", "nginx", 2, "rate_64", 0.25);
	report_sample(&report, "poll", "nginx", 3, "rate_64", (double)NAN);
	report_append_samples(&report, &json);
	assert_buffer(json, "[\n\t{\"measure\":\"poll\",\"side\":\"nginx\",\"round\":2,"
			    "\"quantity\":\"rate_64\",\"value\":0.25},\n"
			    "\t{\"measure\":\"poll\",\"side\":\"nginx\",\"round\":3,"
			    "\"quantity\":\"rate_64\",\"value\":null}\n]");
	buffer_finish(&json);
	report_finish(&report);
}

static char *printed(double ours, double yardstick)
{
	struct report report;
	size_t length;
	char *text = NULL;
	FILE *file = open_memstream(&text, &length);

	assert_non_null(file);
	report_init(&report);
	report_sample(&report, "accept", "allim", 1, "cpu_per_stream", ours);
	report_sample(&report, "accept", "bare", 1, "cpu_per_stream", yardstick);
	report_sample(&report, "poll", "allim", 1, "rate_64", ours);
	report_sample(&report, "poll", "nginx", 1, "rate_64", yardstick);
	report_sample(&report, "publish", "allim", 1, "single_rate", ours * 1000);
	report_print(&report, file);
	fclose(file);
	report_finish(&report);
	return text;
}

static void test_judgement(void **state)
{
	char *text = printed(30, 20);

	(void)state;
	assert_non_null(strstr(text, "at most x1.5: yes"));
	assert_non_null(strstr(text, "at least x1: yes"));
	assert_non_null(strstr(text, "at least 30000: yes"));
	free(text);
	text = printed(19, 10);
	assert_non_null(strstr(text, "at most x1.5: NO"));
	assert_non_null(strstr(text, "at least 30000: NO"));
	free(text);
	text = printed(9, 10);
	assert_non_null(strstr(text, "at least x1: NO"));
	free(text);
}

static void test_short_memory(void **state)
{
	struct report report;

	(void)state;
	report_init(&report);
	failing_allocator_fail_at(1);
	report_sample(&report, "accept", "allim", 1, "cpu_per_stream", 1);
	assert_true(failing_allocator_reset());
	assert_true(report.failed);
	assert_int_equal(report.count, 0);
	report_sample(&report, "accept", "allim", 1, "cpu_per_stream", 1);
	assert_int_equal(report.count, 1);
	report_finish(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_median),
	    cmocka_unit_test(test_results),
	    cmocka_unit_test(test_missing_yardstick),
	    cmocka_unit_test(test_samples),
	    cmocka_unit_test(test_judgement),
	    cmocka_unit_test(test_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
