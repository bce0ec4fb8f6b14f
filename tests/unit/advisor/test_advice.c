/* Verdicts by the built-in rules, and how near they are to another one. */
#include "advisor/forecast.h"

#include "built_in.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

static const char *name_of(enum advisor_method method)
{
	return method == ADVISOR_METHODS ? "none" : advisor_method_name(method);
}

static void assert_advice(const char *given, const char *method, const char *rule)
{
	struct situation situation;
	struct advice advice;

	built_in_take(&situation, given);
	assert_int_equal(advice_give(&advice, &rules, &situation, NULL), 0);
	if (strcmp(name_of(advice.method), method) != 0)
		fail_msg("%s: %s, not %s", given, name_of(advice.method), method);
	if (rule == NULL)
		assert_null(advice.rule);
	else
		assert_slice(advice.rule->name, rule);
	advice_finish(&advice);
}

static void verdicts(void **state)
{
	(void)state;
	assert_advice("users=3000 servers=4 latency=2s redis=no", "sse-db", "decision tree");
	assert_advice("users=3000 servers=4 latency=2s redis=yes", "sse-redis", "decision tree");
	assert_advice("users=300 servers=1 latency=30s redis=no", "poll", "decision tree");
	assert_advice("users=300 servers=1 latency=1s redis=no bidirectional=no", "sse-db",
		      "question 1: both directions");
	assert_advice("users=3000 servers=4 latency=2s redis=yes bidirectional=yes", "websocket",
		      "question 1: both directions");
	assert_advice("users=30000 servers=30 latency=100ms redis=yes", "sse-redis",
		      "decision tree");
	assert_advice("users=60000 servers=60 latency=100ms redis=yes durable=yes", "kafka",
		      "quick guide by users");
	assert_advice("users=7000 servers=5 latency=2s redis=yes", "sse-db", "decision tree");
	assert_advice("users=600 latency=40ms redis=yes bidirectional=no", "websocket",
		      "question 2: how fast");
}

static void what_nobody_votes_for(void **state)
{
	(void)state;
	assert_advice("", "sse-db", NULL); /* the best score */
	assert_advice("users=30000 servers=30 redis=no latency=5s bidirectional=no durable=no",
		      "sse-db", "question 1: both directions");
	assert_advice("users=60000 servers=30 redis=no latency=5s bidirectional=no durable=no",
		      "websocket", "quick guide by users");
	assert_advice("binary=yes durable=no", "websocket", NULL);
	assert_advice("durable=yes users=100", "kafka", NULL);
}

static void a_method_is_ruled_out_with_a_reason(void **state)
{
	struct situation situation;
	struct advice advice;

	(void)state;
	built_in_take(&situation, "users=3000 latency=2s redis=no");
	assert_int_equal(advice_give(&advice, &rules, &situation, NULL), 0);
	assert_slice(advice.ruled_out[ADVISOR_POLL]->text.languages[ADVISOR_ENGLISH],
		     "notifications are needed in real time");
	assert_slice(advice.ruled_out[ADVISOR_SSE_REDIS]->text.languages[ADVISOR_KOREAN],
		     "Redis 운영 불가");
	assert_null(advice.ruled_out[ADVISOR_SSE_DB]);
	assert_true(fabs(advice.scores[ADVISOR_SSE_DB] - 7.7) < 1e-9);
	assert_true(isnan(advice.scores[ADVISOR_KAFKA]));
	advice_finish(&advice);
}

static void assert_change(const char *given, enum figure figure, double value, const char *method)
{
	struct situation situation;
	struct advice_change change;

	built_in_take(&situation, given);
	assert_int_equal(advice_change(&change, &rules, &situation, NULL, figure), 0);
	if (!(change.value == value || (isnan(change.value) && isnan(value))) ||
	    strcmp(name_of(change.method), method) != 0)
		fail_msg("%s of %s: %g for %s", figure_rows[figure].name, given, change.value,
			 name_of(change.method));
}

static void the_nearest_changes(void **state)
{
	const char *given = "users=3000 servers=4 latency=2s redis=no bidirectional=no";

	(void)state;
	assert_change(given, FIGURE_USERS, 50001, "websocket");
	assert_change(given, FIGURE_LATENCY, 499, "websocket");
	assert_change(given, FIGURE_REDIS, 1, "sse-redis");
	assert_change(given, FIGURE_BIDIRECTIONAL, 1, "websocket");
	assert_change(given, FIGURE_SERVERS, NAN, "none");
	assert_change(given, FIGURE_DAYS, NAN, "none");
	assert_change("users=400 latency=30s", FIGURE_USERS, 500, "sse-db");
	assert_change("users=8000 servers=10 redis=yes latency=1s", FIGURE_SERVERS, 11,
		      "sse-redis");
}

/* By how well they scale, and by how fast they are, the guide's scores rank the methods. */
static double rank_of(enum advisor_method method, size_t criterion)
{
	return method < ADVISOR_KAFKA ? rules.criteria[criterion].scores[method] : 10;
}

struct axis {
	enum figure figure;
	size_t criterion;
	bool falls; /* a smaller figure asks for more */
	const double *values;
	size_t count;
};

static const double users[] = {1,    499,   500,   1000,  4999,	 5000,	5001,
			       9999, 10000, 10001, 20000, 20001, 50000, 50001},
		    latencies[] = {60000, 30000, 10000, 2001, 2000, 501,
				   500,	  499,	 101,	100,  50,   49},
		    servers[] = {1, 3, 4, 10, 11, 20, 21, 50};

static enum advisor_method method_of(const struct situation *situation, const struct rule **rule)
{
	struct advice advice;
	enum advisor_method method;

	assert_int_equal(advice_give(&advice, &rules, situation, NULL), 0);
	method = advice.method;
	*rule = advice.rule;
	advice_finish(&advice);
	return method;
}

/* Only the tree may answer with a lower method: beyond 5,000 users it asks for servers instead of
 * Redis. */
static void check_axis(struct situation *situation, const struct axis *axis)
{
	double last = -1;

	for (size_t i = 0; i < axis->count; i++) {
		const struct rule *rule;
		enum advisor_method method;

		situation->values[axis->figure] = axis->values[i];
		method = method_of(situation, &rule);
		if (rank_of(method, axis->criterion) < last &&
		    (axis->figure != FIGURE_USERS || rule == NULL ||
		     !slice_equals(rule->name, SLICE("decision tree"))))
			fail_msg("%s %g: %s", figure_rows[axis->figure].name, axis->values[i],
				 name_of(method));
		last = rank_of(method, axis->criterion);
	}
}

static void more_never_leads_to_less(void **state)
{
	static const struct axis axes[] = {
	    {FIGURE_USERS, 3, false, users, sizeof(users) / sizeof(users[0])},
	    {FIGURE_LATENCY, 2, true, latencies, sizeof(latencies) / sizeof(latencies[0])},
	    {FIGURE_SERVERS, 3, false, servers, sizeof(servers) / sizeof(servers[0])},
	};

	(void)state;
	for (unsigned bits = 0; bits < 1U << 3; bits++) {
		for (size_t i = 0; i < 14 * 12 * 8; i++) {
			for (size_t axis = 0; axis < 3; axis++) {
				struct situation situation;

				situation_init(&situation);
				situation.values[FIGURE_USERS] = users[i % 14];
				situation.values[FIGURE_LATENCY] = latencies[i / 14 % 12];
				situation.values[FIGURE_SERVERS] = servers[i / 14 / 12];
				situation.values[FIGURE_REDIS] = bits & 1;
				situation.values[FIGURE_BIDIRECTIONAL] = bits >> 1 & 1;
				situation.values[FIGURE_DURABLE] = bits >> 2 & 1;
				check_axis(&situation, &axes[axis]);
			}
		}
	}
}

/* 15 % a month: 3,000 users are 4,562 in the third month and 5,247 in the fourth; 9,177 in the
 * eighth and 10,553 in the ninth. */
static void growth(void **state)
{
	const struct condition beyond = {FIGURE_USERS, 10000, INFINITY, true, false};
	struct forecast_change change;
	struct situation situation, later;

	(void)state;
	built_in_take(&situation,
		      "users=3000 average-users=1000 notifications=10 average-notifications=2 "
		      "servers=4 latency=2s redis=yes growth=15%");
	forecast_situation(&later, &situation, 2);
	assert_true(fabs(later.values[FIGURE_USERS] - 3967.5) < 1e-6);
	assert_true(fabs(later.values[FIGURE_NOTIFICATIONS] - 13.225) < 1e-9);
	assert_true(fabs(later.values[FIGURE_AVERAGE_USERS] - 1322.5) < 1e-6);
	assert_true(fabs(later.values[FIGURE_AVERAGE_NOTIFICATIONS] - 2.645) < 1e-9);
	assert_true(later.values[FIGURE_SERVERS] == 4);
	assert_int_equal(forecast_condition(&beyond, &situation), 9);
	/* Beyond 5,000 users the tree asks for servers, not for Redis. */
	assert_int_equal(forecast_change(&change, &rules, &situation, NULL), 0);
	assert_int_equal(change.month, 4);
	assert_int_equal(change.method, ADVISOR_SSE_DB);
	assert_slice(change.rule->name, "decision tree");
	assert_slice(change.reason->languages[ADVISOR_ENGLISH],
		     "more than 5,000 users on 10 servers at most");
	built_in_take(&situation, "users=3000 servers=4 latency=2s redis=yes");
	assert_int_equal(forecast_condition(&beyond, &situation), FORECAST_NEVER);
	assert_int_equal(forecast_change(&change, &rules, &situation, NULL), 0);
	assert_int_equal(change.month, FORECAST_NEVER);
	built_in_take(&situation, "users=20000 growth=0%");
	assert_int_equal(forecast_condition(&beyond, &situation), 0);
}

static void assert_nearest(const char *given, const char *name, double nearness)
{
	struct situation situation;
	const struct scenario *nearest = rules.scenarios;
	double most = -1;

	built_in_take(&situation, given);
	for (size_t i = 0; i < rules.scenario_count; i++) {
		double present = scenario_nearness(&rules.scenarios[i], &situation);

		if (present > most) {
			most = present;
			nearest = &rules.scenarios[i];
		}
	}
	assert_true(fabs(most - nearness) < 1e-9);
	assert_slice(nearest->name, name);
}

static void scenarios(void **state)
{
	(void)state;
	assert_nearest("users=300 servers=1 developers=2", "A", 1);
	assert_nearest("users=3000 servers=4 developers=3", "B", 1);
	assert_nearest("users=30000 servers=30", "C", 1);
	assert_nearest("users=60000 servers=60 sla=99.99% durable=yes", "D", 1);
	assert_nearest("users=3000 servers=9 developers=4", "B", 2.0 / 3);
}

static void a_shortage_of_memory_is_survived(void **state)
{
	struct situation situation;
	struct advice advice;

	(void)state;
	situation_init(&situation);
	failing_allocator_fail_at(1);
	assert_int_equal(advice_give(&advice, &rules, &situation, NULL), -ENOMEM);
	failing_allocator_reset();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(verdicts),
	    cmocka_unit_test(what_nobody_votes_for),
	    cmocka_unit_test(a_method_is_ruled_out_with_a_reason),
	    cmocka_unit_test(the_nearest_changes),
	    cmocka_unit_test(more_never_leads_to_less),
	    cmocka_unit_test(growth),
	    cmocka_unit_test(scenarios),
	    cmocka_unit_test(a_shortage_of_memory_is_survived),
	};

	return cmocka_run_group_tests_name("advice", tests, built_in_setup, built_in_teardown);
}
