/* Every figure that the guide computes in its chapter 3, and in scenario B. */
#include "advisor/sizing.h"

#include "lib/assertions.h"

#include <math.h>

struct given {
	enum figure figure;
	double value;
};

static void compute(struct sizing *sizing, const struct given *given, size_t count)
{
	struct situation situation;
	struct error error;

	situation_init(&situation);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(situation_set(&situation, given[i].figure, given[i].value,
					       FIGURE_ENTERED, &error),
				 0);
	sizing_compute(sizing, &situation);
}

static void assert_value(const struct sizing *sizing, enum sizing_value value, double expected)
{
	if (!(fabs(sizing->values[value] - expected) < 1e-9))
		fail_msg("%s of %s is %.12g, not %.12g", sizing_rows[value].name,
			 advisor_method_name(sizing_rows[value].method), sizing->values[value],
			 expected);
}

static void polling_as_in_3_1(void **state)
{
	const struct given given[] = {{FIGURE_USERS, 1000}, {FIGURE_POLL_INTERVAL, 10}};
	struct sizing sizing;

	(void)state;
	compute(&sizing, given, 2);
	assert_value(&sizing, SIZING_POLL_REQUESTS, 100);
	assert_value(&sizing, SIZING_POLL_QUERIES, 100);
	assert_value(&sizing, SIZING_POLL_DATABASE, 0.5);
	assert_value(&sizing, SIZING_POLL_BANDWIDTH, 100.0 / 1024); /* "0.1 MB/s" */
}

static void streams_with_a_polled_database_as_in_3_2(void **state)
{
	const struct given given[] = {{FIGURE_USERS, 1000}, {FIGURE_SERVERS, 3}};
	struct sizing sizing;

	(void)state;
	compute(&sizing, given, 2);
	assert_value(&sizing, SIZING_SSE_DB_QUERIES, 2);
	assert_value(&sizing, SIZING_SSE_DB_USERS_MEMORY, 2000.0 / 1024); /* "2 MB" */
	assert_value(&sizing, SIZING_SSE_DB_CONNECTIONS, 1500);
	assert_value(&sizing, SIZING_SSE_DB_MEMORY, 3000.0 / 1024); /* "3 MB" */
	assert_value(&sizing, SIZING_SSE_DB_SHARE, 500);
}

static void streams_with_redis_as_in_3_3(void **state)
{
	const struct given given[] = {
	    {FIGURE_USERS, 10000}, {FIGURE_SERVERS, 5}, {FIGURE_NOTIFICATIONS, 100}};
	struct sizing sizing;

	(void)state;
	compute(&sizing, given, 3);
	assert_value(&sizing, SIZING_SSE_REDIS_PUBLISHES, 100);
	assert_value(&sizing, SIZING_SSE_REDIS_SUBSCRIBERS, 5);
	assert_value(&sizing, SIZING_SSE_REDIS_REDIS_MEMORY, 500.0 / 1024); /* "0.5 MB" */
	assert_value(&sizing, SIZING_SSE_REDIS_QUERIES, 100);
}

static void sockets_as_in_3_4(void **state)
{
	const struct given given[] = {{FIGURE_USERS, 5000}, {FIGURE_MESSAGES, 500}};
	struct sizing sizing;

	(void)state;
	compute(&sizing, given, 2);
	assert_value(&sizing, SIZING_WEBSOCKET_USERS_MEMORY, 25000.0 / 1024); /* "24 MB" */
	assert_value(&sizing, SIZING_WEBSOCKET_CPU, 0.05);
}

/* Whose "120 QPS" contradict its own calculation. */
static void a_growing_service_as_in_5_b(void **state)
{
	const struct given given[] = {{FIGURE_USERS, 5000}, {FIGURE_SERVERS, 5}, {FIGURE_TABS, 1}};
	struct sizing sizing;

	(void)state;
	compute(&sizing, given, 3);
	assert_value(&sizing, SIZING_SSE_DB_QUERIES, 5 / 1.5);
	assert_value(&sizing, SIZING_SSE_DB_SHARE, 1000);
}

static void what_is_unknown_stays_open(void **state)
{
	const struct given given[] = {{FIGURE_USERS, 1000}};
	struct sizing sizing;

	(void)state;
	compute(&sizing, given, 1);
	assert_value(&sizing, SIZING_POLL_REQUESTS, 100);
	assert_true(isnan(sizing.values[SIZING_SSE_DB_QUERIES]));
	assert_true(isnan(sizing.values[SIZING_SSE_DB_SHARE]));
	assert_value(&sizing, SIZING_SSE_DB_CONNECTIONS, 1500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(polling_as_in_3_1),
	    cmocka_unit_test(streams_with_a_polled_database_as_in_3_2),
	    cmocka_unit_test(streams_with_redis_as_in_3_3),
	    cmocka_unit_test(sockets_as_in_3_4),
	    cmocka_unit_test(a_growing_service_as_in_5_b),
	    cmocka_unit_test(what_is_unknown_stays_open),
	};

	return cmocka_run_group_tests_name("sizing", tests, NULL, NULL);
}
