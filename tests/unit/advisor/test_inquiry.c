#include "advisor/inquiry.h"

#include "advisor/price_book.h"
#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef int inquiry(const json_t *json, json_t **ret_answer, struct error *error);

#define SYSTEM                                                                        \
	"\"version\":1,\"figures\":{\"users\":3000,\"servers\":4,\"latency\":\"2s\"," \
	"\"redis\":false}"

#define ONE_RULE                                                                            \
	"version: 1\\nfits: {}\\nmisfits: {}\\nsignals: {}\\nscenarios: {}\\n"              \
	"criteria: {c: {title: {en: c, ko: c}, weight: 1, scores: {poll: 1, kafka: 2}}}\\n" \
	"rules: {r: {section: a, asks: users, branches: "                                   \
	"[{votes: [poll, kafka], reason: {en: x, ko: y}}]}}\\n"

#define OBJECT "an object is expected, such as {\"version\": 1, \"figures\": {\"users\": 3000}}"

static json_t *ask(inquiry *inquire, const char *text)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL),
	       *answer = NULL;
	struct error error = {""};

	assert_non_null(json);
	if (inquire(json, &answer, &error) < 0)
		fail_msg("%s", error.text);
	json_decref(json);
	return answer;
}

static void assert_refused(inquiry *inquire, const char *text, const char *sentence)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL), *answer = NULL;
	struct error error = {""};

	assert_non_null(json);
	assert_int_equal(inquire(json, &answer, &error), -EINVAL);
	assert_string_equal(error.text, sentence);
	assert_null(answer);
	json_decref(json);
}

static const char *text_of(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

static const json_t *rule_of(const json_t *answer, size_t index)
{
	return json_array_get(json_object_get(answer, "rules"), index);
}

static void advice_is_given(void **state)
{
	json_t *answer = ask(inquiry_advise, "{" SYSTEM ",\"notes\":[\"left alone\"]}");

	(void)state;
	assert_string_equal(text_of(answer, "method"), "sse-db");
	assert_string_equal(text_of(answer, "decided_by"), "decision tree");
	json_decref(answer);
}

static void weights_rules_and_language_count(void **state)
{
	json_t *answer =
	    ask(inquiry_advise, "{" SYSTEM ",\"weights\":{\"effort\":0,\"operation\":0,\"cost\":0,"
				"\"scale\":0},\"language\":\"ko\"}");

	(void)state;
	assert_true(json_number_value(json_object_get(json_object_get(answer, "scores"), "poll")) ==
		    3);
	assert_non_null(strstr(text_of(rule_of(answer, 0), "reason"), "운영할 수 없다"));
	json_decref(answer);
	answer = ask(inquiry_advise, "{" SYSTEM ",\"rules\":\"" ONE_RULE "\"}");
	assert_int_equal(json_array_size(json_object_get(answer, "rules")), 1);
	assert_string_equal(text_of(answer, "method"), "kafka");
	assert_string_equal(text_of(rule_of(answer, 0), "reason"), "x");
	json_decref(answer);
}

static void mistakes_in_advice_are_refused(void **state)
{
	(void)state;
	assert_refused(inquiry_advise, "[]", OBJECT);
	assert_refused(inquiry_advise, "{\"version\":2}", "version 2; this allim reads version 1");
	assert_refused(inquiry_advise, "{\"version\":1,\"figures\":{\"users\":-1}}",
		       "users is -1; accepted is 0 to 1000000000 users");
	assert_refused(inquiry_advise, "{" SYSTEM ",\"weights\":[]}",
		       "weights is an object of criteria and numbers");
	assert_refused(inquiry_advise, "{" SYSTEM ",\"weights\":{\"cost\":\"1\"}}",
		       "the weight of cost is no number");
	assert_refused(inquiry_advise, "{" SYSTEM ",\"weights\":{\"cost\":-1}}",
		       "the weight of cost is -1; accepted is 0 to 1000000");
	assert_refused(inquiry_advise, "{" SYSTEM ",\"weights\":{\"cost\":1e9}}",
		       "the weight of cost is 1e+09; accepted is 0 to 1000000");
	assert_refused(
	    inquiry_advise, "{" SYSTEM ",\"weights\":{\"a b\":1}}",
	    "there is no criterion \"a b\"; there are effort, operation, latency, scale, "
	    "cost");
	assert_refused(inquiry_advise,
		       "{" SYSTEM ",\"rules\":\"" ONE_RULE "\",\"weights\":{\"c\":0}}",
		       "no criterion has a weight; give one of them more than 0");
	assert_refused(inquiry_advise, "{" SYSTEM ",\"rules\":1}", "rules is no text");
	assert_refused(inquiry_advise, "{" SYSTEM ",\"rules\":\"version: 1\"}",
		       "rules:1:1: criteria is missing here");
	assert_refused(inquiry_advise, "{" SYSTEM ",\"language\":\"fr\"}", "language is en or ko");
	assert_refused(inquiry_advise, "{" SYSTEM ",\"language\":null}", "language is no text");
}

static double number_of(const json_t *answer, const char *method, const char *name)
{
	const json_t *methods = json_object_get(answer, "methods");

	return json_number_value(json_object_get(json_object_get(methods, method), name));
}

static void costs_are_counted(void **state)
{
	json_t *answer = ask(inquiry_cost, "{" SYSTEM "}");

	(void)state;
	assert_string_equal(text_of(answer, "prices"), "aws-2026");
	assert_int_equal(json_integer_value(json_object_get(answer, "months")), 6);
	json_decref(answer);
	answer = ask(inquiry_cost, "{" SYSTEM ",\"prices\":\"guide\",\"months\":1}");
	assert_string_equal(text_of(answer, "prices"), "guide");
	assert_true(number_of(answer, "poll", "total") == 80 + 1.5 * 8 * 50);
	assert_true(json_is_null(json_object_get(answer, "current")));
	json_decref(answer);
}

static void what_is_in_use_is_not_built_again(void **state)
{
	json_t *answer = ask(inquiry_cost,
			     "{" SYSTEM ",\"prices\":\"guide\",\"months\":1,\"current\":\"poll\"}");

	(void)state;
	assert_string_equal(text_of(answer, "current"), "poll");
	assert_true(number_of(answer, "poll", "total") == 80 + 0.5 * 8 * 50);
	assert_true(number_of(answer, "sse-db", "total") == 140 + 4 * 8 * 50);
	json_decref(answer);
	answer = ask(inquiry_cost, "{" SYSTEM ",\"current\":\"none\"}");
	assert_true(json_is_null(json_object_get(answer, "current")));
	json_decref(answer);
}

/* The text of a built-in book with another price. */
static void a_book_of_ones_own(void **state)
{
	json_t *json =
	    json_pack("{s:i,s:{},s:s}", "version", 1, "figures", "prices", price_book_guide);
	char *text = json_dumps(json, 0);
	char *price = strstr(text, "t3.small: 15");
	json_t *answer;

	(void)state;
	assert_non_null(price);
	memcpy(price, "t3.small: 95", 12);
	answer = ask(inquiry_cost, text);
	assert_string_equal(text_of(answer, "prices"), "own");
	assert_true(number_of(answer, "poll", "infrastructure_per_month") == 80 + 3 * 80);
	json_decref(answer);
	json_decref(json);
	free(text);
}

static void mistakes_in_costs_are_refused(void **state)
{
	const char *months = "months is a whole number from 1 to 1200";
	const char *current =
	    "current is none, poll, sse-db, sse-redis, websocket, kafka or rabbitmq";

	(void)state;
	assert_refused(inquiry_cost, "7", OBJECT);
	assert_refused(inquiry_cost, "{\"version\":1,\"figures\":{\"sla\":101}}",
		       "sla is 101; accepted is 0 to 100 %");
	assert_refused(inquiry_cost,
		       "{\"version\":1,\"figures\":{\"notifications\":1,"
		       "\"average-notifications\":2}}",
		       "average-notifications is 2, but notifications, at the peak, is 1; correct "
		       "one of them");
	assert_refused(inquiry_cost, "{" SYSTEM ",\"months\":0}", months);
	assert_refused(inquiry_cost, "{" SYSTEM ",\"months\":1201}", months);
	assert_refused(inquiry_cost, "{" SYSTEM ",\"months\":1.5}", months);
	assert_refused(inquiry_cost, "{" SYSTEM ",\"months\":\"6\"}", months);
	assert_refused(inquiry_cost, "{" SYSTEM ",\"current\":1}", "current is no text");
	assert_refused(inquiry_cost, "{" SYSTEM ",\"current\":\"poll\\u0000\"}", current);
	assert_refused(inquiry_cost, "{" SYSTEM ",\"current\":\"smoke\"}", current);
	assert_refused(inquiry_cost, "{" SYSTEM ",\"prices\":{}}", "prices is no text");
	assert_refused(inquiry_cost, "{" SYSTEM ",\"prices\":\"moon\"}",
		       "there is no price book \"moon\"; prices is guide, aws-2026, or the YAML of "
		       "a book");
	assert_refused(inquiry_cost, "{" SYSTEM ",\"prices\":\"guide\\u0000\"}",
		       "prices:1:6: not YAML: control characters are not allowed");
	assert_refused(inquiry_cost, "{" SYSTEM ",\"prices\":\"version: 1\\n\"}",
		       "prices:1:1: currency is missing here");
}

static void texts_have_a_limit(void **state)
{
	char *text = malloc(INQUIRY_TEXT_BYTES + 200);
	const char *sentence = "prices is longer than 65536 bytes; use the command line";
	json_t *json, *answer = NULL;
	struct error error;

	(void)state;
	assert_non_null(text);
	memset(text, '#', INQUIRY_TEXT_BYTES + 1);
	for (size_t extra = 0; extra < 2; extra++) {
		text[INQUIRY_TEXT_BYTES + extra] = '\0';
		json = json_pack("{s:i,s:{},s:s}", "version", 1, "figures", "prices", text);
		assert_int_equal(inquiry_cost(json, &answer, &error), -EINVAL);
		if (extra == 1)
			assert_string_equal(error.text, sentence);
		else
			assert_string_not_equal(error.text, sentence);
		json_decref(json);
		text[INQUIRY_TEXT_BYTES] = '#';
	}
	free(text);
}

static void assert_survives(inquiry *inquire, const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	for (unsigned n = 1;; n++) {
		json_t *answer = NULL;
		struct error error;
		int result;
		bool failed;

		failing_allocator_fail_at(n);
		result = inquire(json, &answer, &error);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
		json_decref(answer);
		if (!failed)
			break;
	}
	json_decref(json);
}

static void a_shortage_of_memory_is_survived(void **state)
{
	(void)state;
	assert_survives(inquiry_advise, "{" SYSTEM ",\"rules\":\"" ONE_RULE "\"}");
	assert_survives(inquiry_cost, "{" SYSTEM ",\"prices\":\"guide\",\"current\":\"poll\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(advice_is_given),
	    cmocka_unit_test(weights_rules_and_language_count),
	    cmocka_unit_test(mistakes_in_advice_are_refused),
	    cmocka_unit_test(costs_are_counted),
	    cmocka_unit_test(what_is_in_use_is_not_built_again),
	    cmocka_unit_test(a_book_of_ones_own),
	    cmocka_unit_test(mistakes_in_costs_are_refused),
	    cmocka_unit_test(texts_have_a_limit),
	    cmocka_unit_test(a_shortage_of_memory_is_survived),
	};

	failing_allocator_adopt_jansson();
	return cmocka_run_group_tests_name("inquiry", tests, NULL, NULL);
}
