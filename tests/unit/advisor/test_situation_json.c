#include "advisor/situation_json.h"

#include "lib/assertions.h"

#include <errno.h>
#include <math.h>

static int read_text(struct situation *situation, const char *text, struct error *error)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
	int result;

	assert_non_null(json);
	situation_init(situation);
	result = situation_json_read(situation, json, error);
	json_decref(json);
	return result;
}

static void figures_are_taken(void **state)
{
	struct situation situation;
	struct error error = {""};

	(void)state;
	if (read_text(
		&situation,
		"{\"version\":1,\"at\":\"2026\",\"figures\":{\"users\":{\"value\":3000,"
		"\"source\":\"measured\",\"how\":\"SQL\"},\"latency\":\"2s\",\"redis\":true,"
		"\"durable\":\"no\",\"tabs\":2,\"binary\":{\"value\":1,\"source\":\"unknown\"},"
		"\"servers\":{\"value\":null},\"budget\":null}}",
		&error) < 0)
		fail_msg("%s", error.text);
	assert_true(situation.values[FIGURE_USERS] == 3000);
	assert_int_equal(situation.sources[FIGURE_USERS], FIGURE_MEASURED);
	assert_true(situation.values[FIGURE_LATENCY] == 2000);
	assert_int_equal(situation.sources[FIGURE_LATENCY], FIGURE_ENTERED);
	assert_true(situation.values[FIGURE_REDIS] == 1);
	assert_true(situation.values[FIGURE_DURABLE] == 0);
	assert_true(situation.values[FIGURE_TABS] == 2);
	assert_true(isnan(situation.values[FIGURE_SERVERS]));
	assert_true(isnan(situation.values[FIGURE_BUDGET]));
	assert_true(isnan(situation.values[FIGURE_BINARY]));
}

#define OBJECT "an object is expected, such as {\"version\": 1, \"figures\": {\"users\": 3000}}"

static void assert_refused(const char *text, const char *sentence)
{
	struct situation situation;
	struct error error = {""};

	assert_int_equal(read_text(&situation, text, &error), -EINVAL);
	assert_string_equal(error.text, sentence);
}

#define FIGURES_OF(text) "{\"version\":1,\"figures\":{" text "}}"

static void mistakes_are_refused(void **state)
{
	(void)state;
	assert_refused("[]", OBJECT);
	assert_refused("{}", "version is missing; this allim reads version 1");
	assert_refused("{\"version\":2}", "version 2; this allim reads version 1");
	assert_refused("{\"version\":1}",
		       "figures is missing; it is an object of names and values");
	assert_refused("{\"version\":1,\"figures\":[]}",
		       "figures is not an object of names and values");
	assert_refused("{\"version\":\"1\"}", "version is no number; this allim reads version 1");
	assert_refused(FIGURES_OF("\"moon\":1"),
		       "\"moon\" is no figure; allim advise --help lists all");
	assert_refused(FIGURES_OF("\"users\":true"), "users is no number");
	assert_refused(FIGURES_OF("\"users\":{}"), "users has no value");
	assert_refused(FIGURES_OF("\"users\":[1]"), "users is no number");
	assert_refused(FIGURES_OF("\"users\":-1"),
		       "users is -1; accepted is 0 to 1000000000 users");
	assert_refused(
	    FIGURES_OF("\"latency\":\"2\""),
	    "latency is \"2\"; accepted is a time with its unit, such as 500ms, 2s or 5m");
	assert_refused(FIGURES_OF("\"redis\":2"), "redis is 2; accepted is yes or no");
	assert_refused(FIGURES_OF("\"users\":{\"value\":1,\"source\":\"dreamt\"}"),
		       "the source of users is unknown, assumed, entered or measured");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(figures_are_taken),
	    cmocka_unit_test(mistakes_are_refused),
	};

	return cmocka_run_group_tests_name("situation_json", tests, NULL, NULL);
}
