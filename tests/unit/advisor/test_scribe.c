/* Numbers, units, money and months as people write them. */
#include "advisor/scribe.h"

#include "advisor/forecast.h"

#include "lib/assertions.h"

#include <math.h>

static struct document document;
static struct price_book book = {.currency = {"USD", 3}};
static struct audience audience;
static struct report report = {.book = &book, .date = {2026, 11, 30}, .audience = &audience};
static const struct scribe scribe = {&document, &report};

static int setup(void **state)
{
	(void)state;
	audience = audience_english;
	document_init(&document, ADVISOR_ENGLISH);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	document_finish(&document);
	return 0;
}

static void numbers(void **state)
{
	(void)state;
	assert_string_equal(scribe_number(&scribe, 0), "0");
	assert_string_equal(scribe_number(&scribe, 999), "999");
	assert_string_equal(scribe_number(&scribe, 1000), "1,000");
	assert_string_equal(scribe_number(&scribe, 1234567), "1,234,567");
	assert_string_equal(scribe_number(&scribe, -123456), "-123,456");
	assert_string_equal(scribe_number(&scribe, 99.99), "99.99");
	assert_string_equal(scribe_number(&scribe, 10 / 3.0), "3.333");
	assert_string_equal(scribe_number(&scribe, 1234.56), "1,235");
	assert_string_equal(scribe_number(&scribe, 0.00012345), "0.0001234");
	assert_string_equal(scribe_number(&scribe, 0.000097656), "0.00009766");
	assert_string_equal(scribe_number(&scribe, 0.00001), "0.00001");
	assert_string_equal(scribe_number(&scribe, 1e-300), "0");
	assert_string_equal(scribe_number(&scribe, 1e300), "1,000,000,000,000,000");
	assert_null(scribe_number(&scribe, NAN));
}

static void units(void **state)
{
	(void)state;
	assert_string_equal(scribe_amount(&scribe, 3000, "users"), "3,000 users");
	assert_string_equal(scribe_amount(&scribe, 1, "servers"), "1 server");
	assert_string_equal(scribe_amount(&scribe, 1, "people"), "1 person");
	assert_string_equal(scribe_amount(&scribe, 1, "months"), "1 month");
	assert_null(scribe_amount(&scribe, NAN, "users"));
	assert_string_equal(scribe_figure(&scribe, FIGURE_LATENCY, 500), "500 ms");
	assert_string_equal(scribe_figure(&scribe, FIGURE_LATENCY, 2000), "2 s");
	assert_string_equal(scribe_figure(&scribe, FIGURE_SLA, 99.99), "99.99 %");
	assert_string_equal(scribe_figure(&scribe, FIGURE_REDIS, 0), "no");
	assert_null(scribe_figure(&scribe, FIGURE_REDIS, NAN));
}

static const char *in_korean(const char *text)
{
	return strcmp(text, "users") == 0 ? "명" : text;
}

static void units_of_korean_follow_at_once(void **state)
{
	(void)state;
	audience = (struct audience){ADVISOR_KOREAN, in_korean};
	assert_string_equal(scribe_amount(&scribe, 1, "users"), "1명");
	assert_string_equal(scribe_amount(&scribe, 15, "%"), "15%");
	assert_string_equal(scribe_amount(&scribe, 5, "ms"), "5 ms");
}

static void money(void **state)
{
	(void)state;
	assert_string_equal(scribe_money(&scribe, 2080), "$2,080");
	assert_string_equal(scribe_money(&scribe, 26.666), "$26.67");
	assert_string_equal(scribe_money(&scribe, 1083.99), "$1,084");
	assert_null(scribe_money(&scribe, NAN));
}

static void months(void **state)
{
	(void)state;
	assert_string_equal(scribe_day(&scribe), "2026-11-30");
	assert_string_equal(scribe_when(&scribe, 0), "now");
	assert_string_equal(scribe_when(&scribe, 1), "month 1 (2026-12)");
	assert_string_equal(scribe_when(&scribe, 2), "month 2 (2027-01)");
	assert_string_equal(scribe_when(&scribe, 120), "month 120 (2036-11)");
	assert_string_equal(scribe_when(&scribe, FORECAST_NEVER), "–");
}

static void words(void **state)
{
	(void)state;
	assert_string_equal(scribe_name(&scribe, "users * stream-kilobytes / 1024"),
			    "users × stream kilobytes / 1024");
	assert_string_equal(scribe_capital(&scribe, "within 2 s"), "Within 2 s");
	assert_string_equal(scribe_capital(&scribe, "알림"), "알림");
	assert_string_equal(scribe_capital(&scribe, "created_at 대신"), "created_at 대신");
	assert_string_equal(scribe_capital(&scribe, "ask created_at"), "Ask created_at");
	assert_string_equal(scribe_join(&scribe, "a", ", ", ""), "a");
	assert_string_equal(scribe_join(&scribe, "a", ", ", "b"), "a, b");
	assert_string_equal(scribe_methods(&scribe, 1U << ADVISOR_POLL | 1U << ADVISOR_WEBSOCKET),
			    "REST polling, WebSocket");
	report.prices = "/home/anna/prices.yaml";
	assert_string_equal(scribe_book(&scribe), "prices.yaml");
	report.prices = "guide";
	assert_string_equal(scribe_book(&scribe), "guide");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(numbers, setup, teardown),
	    cmocka_unit_test_setup_teardown(units, setup, teardown),
	    cmocka_unit_test_setup_teardown(units_of_korean_follow_at_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(money, setup, teardown),
	    cmocka_unit_test_setup_teardown(months, setup, teardown),
	    cmocka_unit_test_setup_teardown(words, setup, teardown),
	};

	return cmocka_run_group_tests_name("scribe", tests, NULL, NULL);
}
