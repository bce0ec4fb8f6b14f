/* The built-in plans, those of the guide week by week, and mistakes in one's own. */
#include "advisor/plans.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

static struct plans plans;

static int setup(void **state)
{
	struct error error;

	(void)state;
	if (plans_read(&plans, "plans.yaml", slice_from_string(plans_text), &error) < 0)
		fail_msg("%s", error.text);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	plans_finish(&plans);
	return 0;
}

static void assert_step(const struct plan *plan, size_t step, const char *weeks, const char *title,
			size_t task, const char *text)
{
	assert_true(step < plan->step_count);
	assert_slice(plan->steps[step].weeks, weeks);
	assert_slice(plan->steps[step].phase->title.languages[ADVISOR_KOREAN], title);
	assert_slice(plan->steps[step].phase->tasks[task].languages[ADVISOR_KOREAN], text);
}

static void from_polling_to_streams(void **state)
{
	const struct plan *plan = plans_find(&plans, ADVISOR_POLL, ADVISOR_SSE_DB);

	(void)state;
	assert_slice(plan->section, "8.1");
	assert_int_equal(plan->step_count, 4);
	assert_step(plan, 0, "1", "준비", 0, "SSE 엔드포인트 개발");
	assert_step(plan, 1, "2", "테스트", 2, "부하 테스트");
	assert_step(plan, 2, "3", "점진적 배포", 2, "문제 없으면 50% 전환");
	assert_step(plan, 3, "4", "완전 전환", 1, "폴링 코드 유지(Fallback)");
}

static void from_the_database_to_redis(void **state)
{
	const struct plan *plan = plans_find(&plans, ADVISOR_SSE_DB, ADVISOR_SSE_REDIS);

	(void)state;
	assert_slice(plan->section, "8.2");
	assert_int_equal(plan->step_count, 4);
	assert_step(plan, 0, "1-2", "Redis 인프라 준비", 0, "ElastiCache 프로비저닝");
	assert_step(plan, 1, "3", "병렬 운영", 0, "DB Polling 유지");
	assert_step(plan, 2, "4", "전환", 1, "DB Polling 비활성화");
	assert_step(plan, 3, "5", "정리", 1, "문서 업데이트");
	assert_int_equal(plan->steps[0].last, 2);
	assert_int_equal(plan->steps[3].last, 5);
}

static void every_step_has_a_plan(void **state)
{
	(void)state;
	for (int from = 0; from <= ADVISOR_METHODS; from++) {
		for (int to = 0; to < ADVISOR_METHODS; to++) {
			const struct plan *plan =
			    plans_find(&plans, (enum advisor_method)from, (enum advisor_method)to);

			if (plan == NULL)
				fail_msg("there is no plan from %d to %d", from, to);
			assert_int_equal(plan->from == 1U << PLAN_FROM_SAME, from == to);
		}
	}
}

static void what_may_be_expected(void **state)
{
	struct situation situation;

	(void)state;
	situation_init(&situation);
	assert_true(plans.effects[ADVISOR_SSE_DB].users == 10000);
	assert_true(plans.effects[ADVISOR_SSE_REDIS].users == 50000);
	assert_true(isnan(plans.effects[ADVISOR_KAFKA].users));
	assert_true(effect_latency(&plans.effects[ADVISOR_SSE_DB], &situation) == 2000);
	assert_true(effect_latency(&plans.effects[ADVISOR_POLL], &situation) == 10000);
	situation.values[FIGURE_POLL_INTERVAL] = 5;
	assert_true(effect_latency(&plans.effects[ADVISOR_POLL], &situation) == 5000);
	for (int i = 0; i < ADVISOR_METHODS; i++)
		assert_true(plans.risks[i].count >= 2);
}

/* The guide's five, for each method. */
static void metrics(void **state)
{
	(void)state;
	for (int i = 0; i < ADVISOR_METHODS; i++) {
		size_t count = 0;

		for (size_t k = 0; k < plans.metric_count; k++)
			count += (plans.metrics[k].methods & 1U << i) != 0;
		assert_int_equal(count, 5);
	}
	assert_slice(plans.metrics[0].query, "sum(allim_streams)");
}

#define TEXT	   "{en: a, ko: b}"
#define PHASES	   "phases:\n  p: {title: " TEXT ", tasks: [" TEXT "]}\n"
#define HEAD	   "version: 1\neffects: {}\nrisks: {}\n" PHASES "metrics: []\nplans:\n  - "
#define PLAN(text) HEAD "{from: [none], to: [poll], " text "}\n"

static void assert_refused(const char *text, const char *sentence)
{
	struct plans other;
	struct error error = {""};

	assert_int_equal(plans_read(&other, "p.yaml", slice_from_string(text), &error), -EINVAL);
	assert_string_equal(error.text, sentence);
}

static void mistakes_in_plans_are_refused(void **state)
{
	(void)state;
	assert_refused(PLAN("weeks: {\"1\": q}"), "p.yaml:8:40: there is no phase \"q\"");
	assert_refused(PLAN("weeks: 1"),
		       "p.yaml:8:32: a plan has a step at least, such as \"1\": test");
	assert_refused(PLAN("weeks: {}"),
		       "p.yaml:8:32: a plan has a step at least, such as \"1\": test");
	assert_refused(PLAN("weeks: {soon: p}"),
		       "p.yaml:8:40: \"soon\" are no weeks, such as \"2\" or \"2-3\"");
	assert_refused(PLAN("weeks: {\"3-2\": p}"),
		       "p.yaml:8:40: \"3-2\" are no weeks, such as \"2\" or \"2-3\"");
	assert_refused(PLAN("weeks: {\"1-2\": p, \"2\": p}"),
		       "p.yaml:8:50: week 2 comes behind week 2");
	assert_refused(HEAD "{from: [none, poll], to: [poll], weeks: {\"1\": p}}\n",
		       "p.yaml:8:13: \"none\" is no method; accepted are poll, sse-db, sse-redis, "
		       "websocket, kafka and rabbitmq");
	assert_refused(HEAD "{from: [none], to: poll, weeks: {\"1\": p}}\n",
		       "p.yaml:8:20: a list of methods is expected here");
}

static void mistakes_elsewhere_are_refused(void **state)
{
	(void)state;
	assert_refused("version: 2\n", "p.yaml:1:1: plans of version 2; this allim reads version "
				       "1");
	assert_refused("version: 1\neffects: {pol: {}}\n", "p.yaml:2:11: pol is no method");
	assert_refused("version: 1\neffects: {poll: {users: 0}}\n",
		       "p.yaml:2:18: a method is for more than 0 users");
	assert_refused("version: 1\neffects: {poll: {latency: users}}\n",
		       "p.yaml:2:18: users is no time");
	assert_refused("version: 1\neffects: {poll: {latency: soon}}\n",
		       "p.yaml:2:18: \"soon\" is no number");
	assert_refused("version: 1\neffects: {}\nrisks: {poll: [{risk: " TEXT "}]}\n",
		       "p.yaml:3:16: mitigation is missing here");
	assert_refused("version: 1\neffects: {}\nrisks: {}\nphases: {p: {title: " TEXT ", "
		       "tasks: no}}\n",
		       "p.yaml:4:37: a list of tasks is expected here");
	assert_refused("version: 1\neffects: {}\nrisks: {}\nphases: {}\nplans: []\nmetrics: {}\n",
		       "p.yaml:6:1: metrics is a list");
}

static void a_shortage_of_memory_is_survived(void **state)
{
	(void)state;
	for (unsigned n = 1;; n++) {
		struct plans other;
		struct error error;
		int result;

		failing_allocator_fail_at(n);
		result = plans_read(&other, "p.yaml", slice_from_string(plans_text), &error);
		if (result == 0)
			plans_finish(&other);
		if (!failing_allocator_reset())
			break;
		assert_int_equal(result, -ENOMEM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(from_polling_to_streams),
	    cmocka_unit_test(from_the_database_to_redis),
	    cmocka_unit_test(every_step_has_a_plan),
	    cmocka_unit_test(what_may_be_expected),
	    cmocka_unit_test(metrics),
	    cmocka_unit_test(mistakes_in_plans_are_refused),
	    cmocka_unit_test(mistakes_elsewhere_are_refused),
	    cmocka_unit_test(a_shortage_of_memory_is_survived),
	};

	return cmocka_run_group_tests_name("plans", tests, setup, teardown);
}
