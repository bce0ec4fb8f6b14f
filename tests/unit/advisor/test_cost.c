/* The guide's chapter 6, to the dollar; and what grows with connections by list prices. */
#include "advisor/cost.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
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

		cost_compute(&cost, &book, rows[i].method, &situation, 6);
		assert_equal(cost.infrastructure_per_month, rows[i].month);
		assert_equal(cost.development_days + 6 * cost.maintenance_days_per_month,
			     rows[i].days);
		assert_equal(cost.labour, rows[i].labour);
		assert_equal(cost.infrastructure, rows[i].infrastructure);
		assert_equal(cost.total, rows[i].total);
	}
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
	cost_compute(&cost, &book, ADVISOR_WEBSOCKET, &situation, 6);
	assert_true(isnan(cost.infrastructure_per_month));
	assert_true(isnan(cost.total));
	cost_compute(&cost, &book, ADVISOR_POLL, &situation, 6);
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
	cost_compute(&few, &book, ADVISOR_SSE_DB, &situation, 1);
	assert_equal(few.infrastructure_per_month, 3 * 30.37 + 26.28 + 16.43);
	set(&situation, FIGURE_USERS, 100000);
	cost_compute(&many, &book, ADVISOR_SSE_DB, &situation, 1);
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
	cost_compute(&cost, &book, ADVISOR_POLL, &situation, 1);
	assert_equal(cost.infrastructure_per_month,
		     15.18 + 13.14 + 16.43 + hourly * 5.84 + hourly * 730 * 0.09);
	situation_init(&situation);
	cost_compute(&cost, &book, ADVISOR_POLL, &situation, 1);
	assert_true(isnan(cost.infrastructure_per_month));
	price_book_finish(&book);
}

#define HEAD "version: 1\ncurrency: USD\nregion: r\ndate: d\nsource: s\nitems: {a: 1}\n"
#define TAIL "labour: {hour: 1, hours-a-day: 1}\nwork: {}\n"

static void assert_refused(const char *text, const char *sentence)
{
	struct price_book book;
	struct error error = {""};

	assert_int_equal(price_book_read(&book, "p.yaml", slice_from_string(text), &error),
			 -EINVAL);
	assert_string_equal(error.text, sentence);
}

static void mistakes_are_refused(void **state)
{
	(void)state;
	assert_refused("version: 2",
		       "p.yaml:1:1: a price book of version 2; this allim reads version 1");
	assert_refused("version: 1\ncurrency: dollars\nregion: r\ndate: d\nsource: s\n",
		       "p.yaml:2:1: a currency has three letters, such as USD or KRW");
	assert_refused(HEAD "bills: {poll: [{item: b, count: 1}]}\n" TAIL,
		       "p.yaml:7:17: \"b\" has no price; add it to items");
	assert_refused(HEAD "bills: {poll: [{item: a}]}\n" TAIL,
		       "p.yaml:7:16: a line has either count or per");
	assert_refused(HEAD "bills: {poll: [{item: a, count: -1}]}\n" TAIL,
		       "p.yaml:7:26: -1 is negative");
	assert_refused(HEAD "bills: {poll: [{item: a, per: {connections: 0}}]}\n" TAIL,
		       "p.yaml:7:32: one is enough for none");
	assert_refused(HEAD "bills: {poll: [{item: a, per: {people: 1}}]}\n" TAIL,
		       "p.yaml:7:32: people is no member of per; accepted are servers, "
		       "connections, gigabytes-an-hour, gigabytes-a-month and stored-gigabytes");
	assert_refused(HEAD "bills: {pol: []}\n" TAIL, "p.yaml:7:9: pol is no method");
	assert_refused(HEAD "bills: {poll: []}\n" TAIL, "p.yaml:7:9: a bill is a list of lines");
	assert_refused(HEAD "bills: {}\nlabour: {hour: 1, hours-a-day: 1}\nwork: {poll: {}}\n",
		       "p.yaml:9:8: development is missing here");
}

static void a_shortage_of_memory_is_survived(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		struct price_book book;
		struct error error;
		int result;
		bool failed;

		failing_allocator_fail_at(n);
		result =
		    price_book_read(&book, "p.yaml", slice_from_string(price_book_guide), &error);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		if (failed)
			continue;
		price_book_finish(&book);
		break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_guide),
	    cmocka_unit_test(what_the_guide_does_not_price_is_open),
	    cmocka_unit_test(connections_cost),
	    cmocka_unit_test(traffic_costs),
	    cmocka_unit_test(mistakes_are_refused),
	    cmocka_unit_test(a_shortage_of_memory_is_survived),
	};

	return cmocka_run_group_tests_name("cost", tests, NULL, NULL);
}
