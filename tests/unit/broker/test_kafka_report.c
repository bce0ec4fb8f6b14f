/* Each reason is one line until it is in use again, also where reasons take turns. */
#include "broker/kafka_report.h"

#include "lib/assertions.h"
#include "lib/captured_log.h"

#include <stdio.h>

static void tell(struct kafka_report *report, unsigned reason)
{
	struct error error;

	snprintf(error.text, sizeof(error.text), "reason %u", reason);
	kafka_report_problem(report, &error);
}

static void test_once(void **state)
{
	struct kafka_report report = {.brokers = "a:1", .topic = "t"};
	struct captured_log log;

	(void)state;
	captured_log_start(&log);
	kafka_report_use(&report);
	kafka_report_use(&report);
	assert_int_equal(captured_log_count(&log, "Kafka is in use"), 1);
	for (unsigned i = 0; i < 30; i++)
		tell(&report, i % KAFKA_REPORT_REASONS);
	assert_int_equal(captured_log_count(&log, "Kafka cannot be used"), KAFKA_REPORT_REASONS);
	kafka_report_use(&report);
	assert_int_equal(captured_log_count(&log, "Kafka is in use"), 2);
	tell(&report, 0);
	assert_int_equal(captured_log_count(&log, "reason 0"), 2);
	captured_log_end(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_once)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
