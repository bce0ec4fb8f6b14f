/* The document of systems that are known, in part, not at all, and that no method suits. */
#include "advisor/document_html.h"
#include "advisor/document_markdown.h"
#include "advisor/report_json.h"

#include "built_in.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#define SYSTEM "users=3000 servers=4 latency=2s redis=no"

static struct plans plans;
static struct price_book guide;

static int setup(void **state)
{
	const char *prices = price_book_find(SLICE("guide"));
	struct error error;

	if (built_in_setup(state) < 0 ||
	    plans_read(&plans, "plans.yaml", slice_from_string(plans_text), &error) < 0 ||
	    price_book_read(&guide, "guide", slice_from_string(prices), &error) < 0)
		fail_msg("%s", error.text);
	return 0;
}

static int teardown(void **state)
{
	price_book_finish(&guide);
	plans_finish(&plans);
	return built_in_teardown(state);
}

/* A report of the built-in files, and what it points to. */
struct scene {
	struct situation situation;
	struct advice advice;
	double weights[8];
	struct report report;
	struct buffer text; /* terminated */
};

static void begin(struct scene *scene, const char *given)
{
	*scene = (struct scene){.text = BUFFER_EMPTY};
	built_in_take(&scene->situation, given);
	for (size_t i = 0; i < rules.criterion_count; i++)
		scene->weights[i] = rules.criteria[i].weight;
	assert_int_equal(advice_give(&scene->advice, &rules, &scene->situation, scene->weights), 0);
	scene->report = (struct report){
	    .situation = &scene->situation,
	    .rules = &rules,
	    .weights = scene->weights,
	    .advice = &scene->advice,
	    .book = &guide,
	    .prices = "guide",
	    .plans = &plans,
	    .current = ADVISOR_METHODS,
	    .months = 6,
	    .date = {2026, 11, 30},
	    .audience = &audience_english,
	};
}

static const char *fill(struct scene *scene)
{
	struct document document;

	document_init(&document, scene->report.audience->language);
	assert_int_equal(report_fill(&document, &scene->report), 0);
	buffer_finish(&scene->text);
	document_markdown_append(&scene->text, &document);
	buffer_append_byte(&scene->text, '\0');
	document_finish(&document);
	assert_false(buffer_failed(&scene->text));
	return scene->text.data;
}

static void end(struct scene *scene)
{
	buffer_finish(&scene->text);
	advice_finish(&scene->advice);
}

/* Each part, in this order. */
static void assert_parts(const char *text, const char *const *parts)
{
	for (; *parts != NULL; parts++) {
		const char *found = strstr(text, *parts);

		if (found == NULL)
			fail_msg("it does not contain, or not here: %s\n%s", *parts, text);
		text = found + strlen(*parts);
	}
}

static void assert_absent(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("it contains: %s\n%s", part, text);
}

/* The guide's numbers, to the digit. */
static void the_guide(void **state)
{
	static const char *const parts[] = {
	    "# Delivery of notifications: the decision\n\n*2026-11-30. ",
	    "**SSE + database polling: 500 to 5,000 users who need it in real time, and Redis "
	    "cannot be run.**",
	    "- **Infrastructure a month**: $140 (price book guide)\n",
	    "- [x] Concurrent users at the peak: 3,000 users (entered)\n",
	    "- [x] Connections of a user: 1.5 connections/user (assumed)\n",
	    "| Effort of building it | 30 % | 10 | **7** | 5 | 3 |\n",
	    "| **Sum by weight** | **100 %** | **7.4** | **7.7** | **7.3** | **6.1** |\n",
	    "*Not scored: WebSocket + Kafka, WebSocket + RabbitMQ.*",
	    "6 of 6 rules that have a say agree.",
	    "| **Decision tree** | **4.1** | **SSE + database polling** | **500 to 5,000 users who "
	    "need it in real time, and Redis cannot be run** | **decides** |\n",
	    "| Quick guide by budget | 10.1 | – | nobody said: Budget | open |\n",
	    "1. 500 to 5,000 users who need it in real time, and Redis cannot be run (decision "
	    "tree, 4.1)\n",
	    "| Concurrent users, up to | 10,000 users | 3,000 users | met | guide 7.2 |\n",
	    "| Real time, within | 2 s | 2 s | met | guide 7.2 |\n",
	    "| Database queries | 2.667 queries/s | servers / tail interval |\n",
	    "| REST polling | $80 | $26.67 | 1 | 0.5 | $480 | $1,600 | $2,080 |\n",
	    "| SSE + Redis Pub/Sub | $215 | $71.67 | 5 | 2 | $1,290 | $6,800 | $8,090 |\n",
	    "| WebSocket + Kafka | $1,070 | $357 | 15 | 5 | $6,420 | $18,000 | $24,420 |\n",
	    "*Not in this book: WebSocket, WebSocket + RabbitMQ.*",
	    "| Connections | `sum(allim_streams)` |",
	    "| Head of development | ______ | ______ |\n",
	    NULL,
	};
	struct scene scene;

	(void)state;
	begin(&scene, SYSTEM);
	assert_parts(fill(&scene), parts);
	end(&scene);
}

/* 15 % a month: 3,000 users are beyond 10,000 in the ninth month, beyond 50,000 in the 21st. */
static void growth(void **state)
{
	static const char *const parts[] = {
	    "- [x] Expected growth: 15 % a month (entered; 131 % in six months)\n",
	    "| More than 10,000 users at a time | SSE + Redis Pub/Sub | month 9 (2027-08) |\n",
	    "At this growth the answer changes in month 21 (2028-08): WebSocket.",
	    "3,000 users become 64,934 in 22 months",
	    "The 10,000 users that SSE + database polling is stable for are passed in month 9 "
	    "(2027-08). The 50,000 users that SSE + Redis Pub/Sub is stable for are passed in "
	    "month 21 (2028-08).",
	    NULL,
	};
	struct scene scene;

	(void)state;
	begin(&scene, SYSTEM " growth=15%");
	assert_parts(fill(&scene), parts);
	end(&scene);
	begin(&scene, SYSTEM " growth=0%");
	assert_parts(fill(&scene), (const char *const[]){"stays the same for ten years",
							 "become 3,000 in 12 months", NULL});
	assert_absent(scene.text.data, "passed in");
	end(&scene);
	begin(&scene, SYSTEM);
	assert_parts(fill(&scene),
		     (const char *const[]){"Nothing can be said of later months", NULL});
	end(&scene);
}

static void a_plan(struct scene *scene, enum advisor_method current, const char *const *parts)
{
	scene->report.current = current;
	assert_parts(fill(scene), parts);
}

static void milestones(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, SYSTEM);
	a_plan(&scene, ADVISOR_METHODS,
	       (const char *const[]){"everyone has it after 4 weeks",
				     "A first version: SSE + database polling.",
				     "allim serve --method sse-db", "- **Week 1**: Preparation\n",
				     "- **Week 4**: All users\n", NULL});
	a_plan(&scene, ADVISOR_POLL,
	       (const char *const[]){"- [x] Delivery today: REST polling (entered)\n",
				     "From REST polling to SSE + database polling. The plan is the "
				     "guide's (8.1).",
				     "- **Week 3**: Rolled out step by step\n  - 10 % of the "
				     "traffic is moved",
				     NULL});
	a_plan(&scene, ADVISOR_SSE_DB,
	       (const char *const[]){"none; it is there already", "| Until everyone has it | now |",
				     "is there already, and stays.",
				     "- **Week 2-12**: Looking again\n", NULL});
	assert_absent(scene.text.data, "With allim");
	end(&scene);
}

static void staying_costs_no_building(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, SYSTEM);
	a_plan(
	    &scene, ADVISOR_SSE_DB,
	    (const char *const[]){
		"| Work for building it | none; it is there already |",
		"| REST polling | $80 | $26.67 | 1 | 0.5 | $480 | $1,600 | $2,080 |\n",
		"| **SSE + database polling** | **$140** | **$46.67** | **0** | **1** | **$840** "
		"| **$2,400** | **$3,240** |\n",
		"*In use, and not built again: SSE + database polling.*", NULL});
	a_plan(&scene, ADVISOR_POLL,
	       (const char *const[]){
		   "| REST polling | $80 | $26.67 | 0 | 0.5 | $480 | $1,200 | $1,680 |\n",
		   "*In use, and not built again: REST polling.*", NULL});
	scene.report.current = ADVISOR_METHODS;
	assert_absent(fill(&scene), "In use");
	end(&scene);
}

static void what_is_asked_for_may_not_be_met(void **state)
{
	static const char *const parts[] = {
	    "| Infrastructure a month | $140 | 120 USD a month | not met | price book guide |\n",
	    "| Work for building it | 3 days | 1 day | not met | price book guide |\n",
	    NULL,
	};
	struct scene scene;

	(void)state;
	begin(&scene, SYSTEM " budget=120 days=1");
	assert_parts(fill(&scene), parts);
	end(&scene);
}

static void rules_disagree(void **state)
{
	static const char *const parts[] = {
	    "**SSE + database polling: more than 5,000 users on 10 servers at most.**",
	    "4 of 6 rules that have a say agree. Where they contradict each other, the first one "
	    "that votes for a method which is not ruled out decides: decision tree.",
	    "| Quick guide by users | 10.1 | SSE + Redis Pub/Sub | 5,000 to 20,000 users | "
	    "disagrees |\n",
	    NULL,
	};
	struct scene scene;

	(void)state;
	begin(&scene, "users=7000 servers=5 latency=1s redis=yes");
	assert_parts(fill(&scene), parts);
	end(&scene);
}

/* Those that are left then have no score. */
static void a_queue_is_needed(void **state)
{
	static const char *const parts[] = {
	    "WebSocket + Kafka: the simplest of the methods that are left.",
	    "None decides: of the methods that are left, which have no score, the simplest is ",
	    NULL,
	};
	struct scene scene;

	(void)state;
	begin(&scene, "users=3000 durable=yes");
	assert_parts(fill(&scene), parts);
	end(&scene);
}

static void nothing_known(void **state)
{
	static const char *const parts[] = {
	    "SSE + database polling: the best score of the methods that are left.",
	    "- [ ] Concurrent users at the peak: ______ (open)\n",
	    "No rule has a say, because the figures that rules ask for are open. None decides: ",
	    "| Concurrent users, up to | 10,000 users | – | – | guide 7.2 |\n",
	    "| Database queries | – | servers / tail interval |\n",
	    "No single figure does.",
	    "| More than 10,000 users at a time | SSE + Redis Pub/Sub | open |\n",
	    NULL,
	};
	struct scene scene;

	(void)state;
	begin(&scene, "");
	assert_parts(fill(&scene), parts);
	end(&scene);
}

static void no_method_at_all(void **state)
{
	static const char *const parts[] = {
	    "No method does all that is asked for.",
	    "- **Concurrent users, up to**: ______\n",
	    "- **Chosen method**: ______\n",
	    "1. REST polling is ruled out: ",
	    "| Concurrent users, up to | ______ | 3,000 users | – | – |\n",
	    "## Approval",
	    NULL,
	};
	struct scene scene;

	(void)state;
	begin(&scene, SYSTEM);
	scene.advice.method = ADVISOR_METHODS;
	scene.advice.rule = NULL;
	assert_parts(fill(&scene), parts);
	assert_absent(scene.text.data, "## Milestones");
	end(&scene);
}

static void what_was_measured(void **state)
{
	static const char *const parts[] = {
	    "- [x] Daily active users (DAU): 12,345 users (measured)\n",
	    "- [x] Concurrent users at the peak: 3,100 users (sampled; of 1 % of the rows)\n",
	    "- [ ] Concurrent users on average: ______ (open; there is no table user\\_activity)\n",
	    "- [x] CPU of a server: 1 core (measured)\n",
	    NULL,
	};
	struct observations observations;
	struct scene scene;

	(void)state;
	observations_init(&observations);
	observations_note(&observations, OBSERVATION_DAILY_USERS, 12345, OBSERVATION_MEASURED, "%s",
			  "");
	observations_note(&observations, OBSERVATION_PEAK_USERS, 3100, OBSERVATION_SAMPLED,
			  "of %d %% of the\nrows", 1);
	observations_note(&observations, OBSERVATION_CORES, 1, OBSERVATION_MEASURED, "%s", "");
	observations_leave(&observations, OBSERVATION_AVERAGE_USERS,
			   "there is no table user_activity");
	begin(&scene, SYSTEM);
	observations_apply(&observations, &scene.situation);
	scene.report.observations = &observations;
	assert_parts(fill(&scene), parts);
	end(&scene);
}

/* Rules speak Korean, and units stand as Korean has them; labels are the catalogue's. */
static void in_korean(void **state)
{
	static const char *const parts[] = {
	    "동시 접속자 500-5000명에 실시간성이 필요하지만 Redis를 운영할 수 없다.**",
	    "| 구현 난이도 | 30% | 10 |",
	    "**의사결정 트리**",
	    "DB가 느려지거나 중단되면 새 알림을 전달하지 못한다",
	    ": 준비\n  - SSE 엔드포인트 개발\n",
	    "| 연결 수 | `sum(allim_streams)` |",
	    NULL,
	};
	const struct audience korean = {ADVISOR_KOREAN, audience_english.translate};
	struct scene scene;

	(void)state;
	begin(&scene, SYSTEM);
	scene.report.audience = &korean;
	assert_parts(fill(&scene), parts);
	end(&scene);
}

static void another_currency(void **state)
{
	const char *text = price_book_find(SLICE("guide")), *place = strstr(text, "USD");
	char won[8 * 1024];
	struct price_book book;
	struct error error;
	struct scene scene;

	(void)state;
	snprintf(won, sizeof(won), "%.*sCHF%s", (int)(place - text), text, place + 3);
	assert_int_equal(price_book_read(&book, "won", slice_from_string(won), &error), 0);
	begin(&scene, SYSTEM " budget=100");
	scene.report.book = &book;
	scene.report.prices = "/home/anna/francs.yaml";
	assert_parts(fill(&scene),
		     (const char *const[]){"| 140 CHF | 100 USD a month | – |", "| 2,080 CHF |\n",
					   "*Prices of the book francs.yaml: ", NULL});
	end(&scene);
	price_book_finish(&book);
}

static void as_json(void **state)
{
	const json_t *decision, *costs, *poll;
	struct scene scene;
	json_t *json;

	(void)state;
	begin(&scene, SYSTEM);
	scene.report.current = ADVISOR_POLL;
	json = report_json_create(&scene.report);
	decision = json_object_get(json, "decision");
	costs = json_object_get(json, "costs");
	poll = json_object_get(json_object_get(costs, "methods"), "poll");
	assert_string_equal(json_string_value(json_object_get(json, "date")), "2026-11-30");
	assert_string_equal(json_string_value(json_object_get(json, "current")), "poll");
	assert_string_equal(json_string_value(json_object_get(decision, "method")), "sse-db");
	assert_string_equal(json_string_value(json_object_get(costs, "current")), "poll");
	assert_int_equal(json_integer_value(json_object_get(poll, "total")), 1680);
	json_decref(json);
	end(&scene);
}

static void a_shortage_of_memory_is_told(void **state)
{
	struct scene scene;

	(void)state;
	begin(&scene, SYSTEM " growth=15%");
	for (unsigned n = 1;; n++) {
		struct document document;
		int result;

		failing_allocator_fail_at(n);
		document_init(&document, ADVISOR_ENGLISH);
		result = report_fill(&document, &scene.report);
		document_finish(&document);
		if (!failing_allocator_reset())
			break;
		assert_int_equal(result, -ENOMEM);
	}
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_guide),
	    cmocka_unit_test(growth),
	    cmocka_unit_test(milestones),
	    cmocka_unit_test(staying_costs_no_building),
	    cmocka_unit_test(what_is_asked_for_may_not_be_met),
	    cmocka_unit_test(rules_disagree),
	    cmocka_unit_test(a_queue_is_needed),
	    cmocka_unit_test(nothing_known),
	    cmocka_unit_test(no_method_at_all),
	    cmocka_unit_test(what_was_measured),
	    cmocka_unit_test(in_korean),
	    cmocka_unit_test(another_currency),
	    cmocka_unit_test(as_json),
	    cmocka_unit_test(a_shortage_of_memory_is_told),
	};

	return cmocka_run_group_tests_name("report", tests, setup, teardown);
}
