/* The guide's chapter 6, to the dollar; and what grows with connections by list prices. */
#include "advisor/cost.h"

#include "lib/assertions.h"

#include <math.h>
#include <stdio.h>

static void read_book(struct price_book *book, const char *name)
{
	const char *text = price_book_find(slice_from_string(name));
	struct error error;

	assert_non_null(text);
	if (price_book_read(book, name, slice_from_string(text), &error) < 0)
		fail_msg("%s", error.text);
}

static void assert_equal(double value, double expected)
{
	if (!(fabs(value - expected) < 1e-6))
		fail_msg("%.10g, not %.10g", value, expected);
}

struct expected {
	enum advisor_method method;
	double month, days, labour, infrastructure, total;
};

static void the_guide(void **state)
{
	static const struct expected rows[] = {
	    {ADVISOR_POLL, 80, 4, 1600, 480, 2080},
	    {ADVISOR_SSE_DB, 140, 9, 3600, 840, 4440},
	    {ADVISOR_SSE_REDIS, 215, 17, 6800, 1290, 8090},
	    {ADVISOR_KAFKA, 1070, 45, 18000, 6420, 24420},
	};
	struct situation situation;
	struct price_book book;

	(void)state;
	read_book(&book, "guide");
	situation_init(&situation);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cost cost;

		cost_compute(&cost, &book, rows[i].method, &situation, ADVISOR_METHODS, 6);
		assert_equal(cost.infrastructure_per_month, rows[i].month);
		assert_equal(cost.development_days + 6 * cost.maintenance_days_per_month,
			     rows[i].days);
		assert_equal(cost.labour, rows[i].labour);
		assert_equal(cost.infrastructure, rows[i].infrastructure);
		assert_equal(cost.total, rows[i].total);
	}
	price_book_finish(&book);
}

/* Staying costs its upkeep, and every other method as much as before. */
static void the_method_in_use_is_not_built_again(void **state)
{
	struct situation situation;
	struct price_book book;
	struct cost stays, leaves;

	(void)state;
	read_book(&book, "guide");
	situation_init(&situation);
	cost_compute(&stays, &book, ADVISOR_SSE_DB, &situation, ADVISOR_SSE_DB, 6);
	assert_equal(stays.development_days, 0);
	assert_equal(stays.maintenance_days_per_month, 1);
	assert_equal(stays.labour, 6 * 8 * 50);
	assert_equal(stays.total, 6 * 140 + 6 * 8 * 50);
	cost_compute(&leaves, &book, ADVISOR_SSE_REDIS, &situation, ADVISOR_SSE_DB, 6);
	assert_equal(leaves.development_days, 5);
	assert_equal(leaves.total, 8090);
	price_book_finish(&book);
}

/* That nothing is built is known without a book; what its upkeep takes is not. */
static void the_method_in_use_may_have_no_price(void **state)
{
	struct situation situation;
	struct price_book book;
	struct cost cost;

	(void)state;
	read_book(&book, "guide");
	situation_init(&situation);
	cost_compute(&cost, &book, ADVISOR_WEBSOCKET, &situation, ADVISOR_WEBSOCKET, 6);
	assert_equal(cost.development_days, 0);
	assert_true(isnan(cost.labour));
	assert_true(isnan(cost.total));
	price_book_finish(&book);
}

static void what_the_guide_does_not_price_is_open(void **state)
{
	struct situation situation;
	struct price_book book;
	struct cost cost;

	(void)state;
	read_book(&book, "guide");
	situation_init(&situation);
	cost_compute(&cost, &book, ADVISOR_WEBSOCKET, &situation, ADVISOR_METHODS, 6);
	assert_true(isnan(cost.infrastructure_per_month));
	assert_true(isnan(cost.total));
	cost_compute(&cost, &book, ADVISOR_POLL, &situation, ADVISOR_METHODS, 6);
	assert_true(isnan(cost.per_thousand_users));
	price_book_finish(&book);
}

static void set(struct situation *situation, enum figure figure, double value)
{
	struct error error;

	assert_int_equal(situation_set(situation, figure, value, FIGURE_ENTERED, &error), 0);
}

/* 100,000 connections take 33.3 capacity units. */
static void connections_cost(void **state)
{
	struct situation situation;
	struct price_book book;
	struct cost few, many;

	(void)state;
	read_book(&book, "aws-2026");
	situation_init(&situation);
	set(&situation, FIGURE_USERS, 0);
	set(&situation, FIGURE_TABS, 1);
	set(&situation, FIGURE_SERVERS, 3);
	set(&situation, FIGURE_NOTIFICATIONS, 0);
	cost_compute(&few, &book, ADVISOR_SSE_DB, &situation, ADVISOR_METHODS, 1);
	assert_equal(few.infrastructure_per_month, 3 * 30.37 + 26.28 + 16.43);
	set(&situation, FIGURE_USERS, 100000);
	cost_compute(&many, &book, ADVISOR_SSE_DB, &situation, ADVISOR_METHODS, 1);
	assert_equal(many.infrastructure_per_month - few.infrastructure_per_month,
		     100000.0 / 3000 * 5.84);
	assert_equal(many.per_thousand_users, many.infrastructure_per_month / 100);
	price_book_finish(&book);
}

/* 5,000 users who poll every 10 s for a kibibyte pass 1.8432 GB an hour: more than their
 * connections take. */
static void traffic_costs(void **state)
{
	const double hourly = 500 * 1024 * 3600 / 1e9;
	struct situation situation;
	struct price_book book;
	struct cost cost;

	(void)state;
	read_book(&book, "aws-2026");
	situation_init(&situation);
	set(&situation, FIGURE_USERS, 5000);
	set(&situation, FIGURE_TABS, 1);
	set(&situation, FIGURE_SERVERS, 1);
	set(&situation, FIGURE_NOTIFICATIONS, 0);
	cost_compute(&cost, &book, ADVISOR_POLL, &situation, ADVISOR_METHODS, 1);
	assert_equal(cost.infrastructure_per_month,
		     15.18 + 13.14 + 16.43 + hourly * 5.84 + hourly * 730 * 0.09);
	situation_init(&situation);
	cost_compute(&cost, &book, ADVISOR_POLL, &situation, ADVISOR_METHODS, 1);
	assert_true(isnan(cost.infrastructure_per_month));
	price_book_finish(&book);
}

/* Half as many users and a tenth of the notifications on average: what is transferred and kept adds
 * up by these, and the load balancer is still large enough for the peak. */
static void averages_add_up(void **state)
{
	const double hourly = 4000 * 500 * 1.5 * 3600 / 1e9;
	const double kept = 400 * 700.0 * 86400 * 30 / 1e9;
	struct situation situation;
	struct price_book book;
	struct cost peak, mean;

	(void)state;
	read_book(&book, "aws-2026");
	situation_init(&situation);
	set(&situation, FIGURE_USERS, 3000);
	set(&situation, FIGURE_SERVERS, 3);
	set(&situation, FIGURE_NOTIFICATIONS, 4000);
	cost_compute(&peak, &book, ADVISOR_SSE_DB, &situation, ADVISOR_METHODS, 1);
	set(&situation, FIGURE_AVERAGE_NOTIFICATIONS, 400);
	cost_compute(&mean, &book, ADVISOR_SSE_DB, &situation, ADVISOR_METHODS, 1);
	assert_equal(mean.infrastructure_per_month, 3 * 30.37 + 26.28 + 16.43 + hourly * 5.84 +
							hourly / 10 * 730 * 0.09 + kept * 0.115);
	assert_equal(peak.infrastructure_per_month - mean.infrastructure_per_month,
		     hourly * 0.9 * 730 * 0.09 + kept * 9 * 0.115);
	cost_compute(&peak, &book, ADVISOR_POLL, &situation, ADVISOR_METHODS, 1);
	set(&situation, FIGURE_AVERAGE_USERS, 1500);
	cost_compute(&mean, &book, ADVISOR_POLL, &situation, ADVISOR_METHODS, 1);
	assert_equal(peak.infrastructure_per_month - mean.infrastructure_per_month,
		     150.0 * 1024 * 3600 / 1e9 * 730 * 0.09);
	price_book_finish(&book);
}

#define BIT(figure) (UINT64_C(1) << (figure))

static void assert_open(const struct price_book *book, const struct situation *situation,
			enum advisor_method method, uint64_t figures, uint64_t averages)
{
	const struct bill *bill = &book->bills[method];

	assert_int_equal(cost_open_figures(bill, method, situation), figures);
	assert_int_equal(cost_open_averages(bill, method, situation), averages);
}

/* An average is never needed; that it is lacking is said once the sum is known. */
static void what_is_lacking_is_named(void **state)
{
	const uint64_t users = BIT(FIGURE_AVERAGE_USERS),
		       notifications = BIT(FIGURE_AVERAGE_NOTIFICATIONS);
	struct situation situation;
	struct price_book aws, guide;

	(void)state;
	read_book(&aws, "aws-2026");
	read_book(&guide, "guide");
	situation_init(&situation);
	set(&situation, FIGURE_USERS, 3000);
	assert_open(&aws, &situation, ADVISOR_SSE_DB,
		    BIT(FIGURE_SERVERS) | BIT(FIGURE_NOTIFICATIONS), 0);
	set(&situation, FIGURE_SERVERS, 3);
	set(&situation, FIGURE_NOTIFICATIONS, 40);
	assert_open(&aws, &situation, ADVISOR_SSE_DB, 0, notifications);
	assert_open(&aws, &situation, ADVISOR_POLL, 0, notifications | users);
	assert_open(&guide, &situation, ADVISOR_POLL, 0, 0);
	set(&situation, FIGURE_AVERAGE_NOTIFICATIONS, 4);
	assert_open(&aws, &situation, ADVISOR_SSE_DB, 0, 0);
	assert_open(&aws, &situation, ADVISOR_POLL, 0, users);
	price_book_finish(&aws);
	price_book_finish(&guide);
}

/* Where only the average counts, the peak is asked for as long as both are unknown. */
static void what_only_averages_count_is_open(void **state)
{
	const char *text = "version: 1\ncurrency: USD\nregion: r\ndate: d\nsource: s\n"
			   "items: {a: 1}\nbills: {poll: [{item: a, per: {stored-gigabytes: 1}}]}\n"
			   "labour: {hour: 1, hours-a-day: 1}\nwork: {}\n";
	struct situation situation;
	struct price_book book;
	struct error error = {""};

	(void)state;
	if (price_book_read(&book, "p.yaml", slice_from_string(text), &error) < 0)
		fail_msg("%s", error.text);
	situation_init(&situation);
	assert_open(&book, &situation, ADVISOR_POLL, BIT(FIGURE_NOTIFICATIONS), 0);
	set(&situation, FIGURE_AVERAGE_NOTIFICATIONS, 4);
	assert_open(&book, &situation, ADVISOR_POLL, 0, 0);
	price_book_finish(&book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_guide),
	    cmocka_unit_test(the_method_in_use_is_not_built_again),
	    cmocka_unit_test(the_method_in_use_may_have_no_price),
	    cmocka_unit_test(what_the_guide_does_not_price_is_open),
	    cmocka_unit_test(connections_cost),
	    cmocka_unit_test(traffic_costs),
	    cmocka_unit_test(averages_add_up),
	    cmocka_unit_test(what_is_lacking_is_named),
	    cmocka_unit_test(what_only_averages_count_is_open),
	};

	return cmocka_run_group_tests_name("cost", tests, NULL, NULL);
}
