#include "cli/columns.h"

#include "lib/assertions.h"
#include "running.h"

#include <string.h>
#include <unistd.h>

static const char *text_of(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

static const json_t *rule_of(const json_t *json, const char *name)
{
	const json_t *rules = json_object_get(json, "rules");

	for (size_t i = 0; i < json_array_size(rules); i++) {
		const json_t *rule = json_array_get(rules, i);

		if (strcmp(text_of(rule, "name"), name) == 0)
			return rule;
	}
	fail_msg("there is no rule %s", name);
	return NULL;
}

static void what_scripts_read(void **state)
{
	json_t *json = running_json(RUN("advise", "--users", "3000", "--servers", "4", "--latency",
					"2s", "--redis", "no", "--format", "json"));
	const json_t *tree = rule_of(json, "decision tree"),
		     *budget = rule_of(json, "quick guide by budget"),
		     *scores = json_object_get(json, "scores"),
		     *poll = json_object_get(json_object_get(json, "methods"), "poll");

	(void)state;
	assert_string_equal(text_of(json, "method"), "sse-db");
	assert_string_equal(text_of(json, "decided_by"), "decision tree");
	assert_string_equal(text_of(tree, "vote"), "sse-db");
	assert_true(json_is_true(json_object_get(tree, "decides")));
	assert_int_equal(json_array_size(json_object_get(tree, "path")), 3);
	assert_string_equal(text_of(json_array_get(json_object_get(tree, "path"), 1), "taken"),
			    "up to 2000");
	assert_true(json_is_null(json_object_get(budget, "vote")));
	assert_string_equal(text_of(budget, "unknown"), "budget");
	assert_true(json_number_value(json_object_get(scores, "sse-db")) == 7.7);
	assert_true(json_is_null(json_object_get(scores, "kafka")));
	assert_string_equal(text_of(poll, "ruled_out"), "notifications are needed in real time");
	assert_string_equal(
	    text_of(json_object_get(json_object_get(json, "situation"), "users"), "source"),
	    "entered");
	json_decref(json);
}

static void growth_is_looked_ahead(void **state)
{
	json_t *json =
	    running_json(RUN("advise", "--users", "3000", "--servers", "4", "--latency", "2s",
			     "--redis", "yes", "--growth", "15%", "--format", "json"));
	const json_t *forecast = json_object_get(json, "forecast");
	const json_t *redis = json_object_get(json_object_get(json, "methods"), "sse-redis");

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(forecast, "month")), 4);
	assert_string_equal(text_of(forecast, "method"), "sse-db");
	assert_string_equal(text_of(forecast, "decided_by"), "decision tree");
	assert_string_equal(text_of(forecast, "reason"),
			    "more than 5,000 users on 10 servers at most");
	assert_int_equal(json_integer_value(json_object_get(
			     json_array_get(json_object_get(redis, "signals"), 0), "month")),
			 9);
	json_decref(json);
	running_assert_contains(RUN("advise", "--users", "3000", "--growth", "15")->output,
				"  month 9    sse-redis     more than 10,000 users at a time\n");
	running_assert_contains(RUN("advise", "--users", "3000", "--servers", "4", "--latency",
				    "2s", "--redis", "yes", "--growth", "15%")
				    ->output,
				"  month 4    the answer is sse-db: more than 5,000 users on 10 "
				"servers at most (4.1)\n"
				"  month 9    sse-redis     more than 10,000 users at a time\n");
}

/* What a rule votes for is said though it is ruled out. */
static void votes_for_what_is_ruled_out(void **state)
{
	json_t *json = running_json(RUN("advise", "--users", "3000", "--latency", "1s", "--redis",
					"yes", "--bidirectional", "yes", "--format", "json"));

	(void)state;
	assert_string_equal(text_of(json, "method"), "websocket");
	assert_string_equal(text_of(rule_of(json, "decision tree"), "vote"), "sse-redis");
	json_decref(json);
}

static const json_t *value_of(const json_t *json, const char *figure)
{
	const json_t *all = json_object_get(json, "situation");

	return json_object_get(json_object_get(all, figure), "value");
}

static void a_switch_alone_says_yes(void **state)
{
	json_t *json = running_json(RUN("advise", "--durable", "--users", "3000", "--redis=no",
					"--bidirectional", "--format", "json"));

	(void)state;
	assert_true(json_is_true(value_of(json, "durable")));
	assert_true(json_is_true(value_of(json, "bidirectional")));
	assert_true(json_is_false(value_of(json, "redis")));
	json_decref(json);
	running_assert_contains(RUN("advise", "--users", "3000", "--durable")->output,
				"(kafka)\n  no rule decides; it is the simplest of what is left\n");
}

static void what_was_ruled_out_before_is_said(void **state)
{
	const struct running *running = RUN("advise", "--users", "233", "--servers", "4",
					    "--latency", "2s", "--bidirectional", "no");

	(void)state;
	running_assert_contains(running->output,
				"  decided by: question 1: both directions (4.2)\n");
	running_assert_contains(
	    running->output, "  decision tree (4.1): poll, which is ruled out: notifications are "
			     "needed in real time\n");
	running_assert_contains(running->output,
				"figures that it goes by\n  entered: users 233, servers 4, latency "
				"2 s, bidirectional no\n  assumed, by a rule of thumb: tabs 1.5");
}

static void nothing_known_is_said(void **state)
{
	(void)state;
	running_assert_contains(RUN("advise")->output,
				"\n  too little is known for any rule, so the scores alone say so");
}

static void what_people_read(void **state)
{
	const struct running *running =
	    RUN("advise", "--users", "7000", "--servers", "5", "--latency", "1s", "--redis", "yes");

	(void)state;
	assert_string_equal(running->errors, "");
	running_assert_contains(running->output, "SSE + database polling (sse-db)\n"
						 "  decided by: decision tree (4.1)\n");
	running_assert_contains(running->output, "  users 7000 (else) > servers 5 (up to 10)\n");
	running_assert_contains(running->output, "- 10.1 quick guide by users -> sse-redis\n"
						 "       5,000 to 20,000 users\n");
	running_assert_contains(running->output, "  4.2  question 1: both directions (say "
						 "--bidirectional)\n");
	running_assert_contains(running->output, "x poll          notifications are needed in real "
						 "time\n");
	running_assert_contains(running->output, "  sse-redis      7.3  ###############\n");
	running_assert_contains(running->output, "  servers from 5 to 11: sse-redis\n");
	running_assert_contains(running->output,
				"\nwhat each method takes (3)\n  poll\n"
				"    requests                700 requests/s          "
				"users / poll-interval\n");
	running_assert_contains(running->output,
				"  sse-db\n    database-queries        3.333 queries/s         ");
	running_assert_contains(running->output, "    redis-operations        unknown ");
	running_assert_contains(running->output, "\n  websocket, kafka, rabbitmq\n    memory");
}

/* English stands only in the names of methods, flags and products. */
static void what_people_read_in_korean(void **state)
{
	const struct running *running = RUN("advise", "--users", "7000", "--servers", "5",
					    "--latency", "1s", "--redis", "yes", "--lang", "ko");

	(void)state;
	running_assert_contains(running->output,
				"SSE + DB 폴링 (sse-db)\n"
				"  결정한 규칙: 의사결정 트리 (4.1)\n"
				"  동시 접속자가 5000명을 넘고 서버는 10대 이하다\n"
				"  동시 접속자 7000 명 (그 외) > 서버 수 5 대 (10 이하)\n");
	running_assert_contains(running->output,
				"    연결 수                 10500 연결              "
				"동시 접속자 * 탭 수\n");
	running_assert_contains(running->output, "  지연 1 초 → 499 ms: sse-redis\n");
}

static void json_is_english_unless_asked(void **state)
{
	json_t *english = running_json(RUN("advise", "--users", "300", "--format", "json")),
	       *korean = running_json(
		   RUN("advise", "--users", "300", "--format", "json", "--lang", "ko"));

	(void)state;
	assert_string_equal(text_of(rule_of(english, "quick guide by users"), "reason"),
			    "fewer than 500 users");
	assert_string_equal(text_of(rule_of(korean, "quick guide by users"), "reason"),
			    "동시 접속자가 500명 미만이다");
	json_decref(english);
	json_decref(korean);
}

static void the_environment_asks_for_korean(void **state)
{
	json_t *json;

	(void)state;
	running_locale = "ko_KR.UTF-8";
	running_assert_contains(RUN("advise", "--users", "300")->output, "REST 폴링 (poll)\n");
	running_assert_contains(RUN("advise", "--users", "300", "--lang", "en")->output,
				"REST polling (poll)\n");
	running_assert_contains(RUN("cost", "--prices", "guide")->output, "REST 폴링 ");
	json = running_json(RUN("advise", "--users", "300", "--format", "json"));
	running_locale = "C";
	assert_string_equal(text_of(rule_of(json, "quick guide by users"), "reason"),
			    "fewer than 500 users");
	json_decref(json);
}

static void assert_fits(const char *language)
{
	const struct running *running =
	    RUN("advise", "--users", "60000", "--servers", "60", "--latency", "40ms", "--redis",
		"no", "--bidirectional", "yes", "--durable", "yes", "--budget", "5000", "--days",
		"60", "--sla", "99.99%", "--developers", "1", "--lang", language);
	const char *line = running->output;

	assert_string_equal(running->errors, "");
	for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
		assert_true(columns_width(slice_from_bytes(line, (size_t)(end - line))) <=
			    COLUMNS_OF_LINE);
}

static void lines_fit_a_terminal(void **state)
{
	(void)state;
	assert_fits("en");
	assert_fits("ko");
}

static void weights_and_rules_of_ones_own(void **state)
{
	char path[] = "/tmp/allim-rules-XXXXXX";
	json_t *json;

	(void)state;
	running_save(RUN("advise", "--export-rules"), path);
	json = running_json(RUN("advise", "--rules", path, "--weight", "effort=0", "--weight",
				"operation=0", "--weight=cost=0", "--weight=scale=0",
				"--format=json"));
	assert_true(
	    json_number_value(json_object_get(json_object_get(json, "scores"), "websocket")) == 10);
	assert_string_equal(text_of(json, "method"), "sse-redis"); /* the best score decides */
	json_decref(json);
	unlink(path);
}

static void figures_come_from_a_file(void **state)
{
	const char *file = "/dev/stdin";
	json_t *json;

	(void)state;
	json =
	    running_json(RUN_WITH("{\"version\":1,\"figures\":{\"users\":{\"value\":300,\"source\":"
				  "\"measured\"},\"latency\":\"30s\"}}",
				  "advise", "--from", file, "--users", "600", "--format", "json"));
	assert_string_equal(text_of(json, "method"), "sse-db");
	assert_string_equal(
	    text_of(json_object_get(json_object_get(json, "situation"), "users"), "source"),
	    "entered");
	json_decref(json);
	running_assert_contains(RUN_WITH("{\"version\":1,", "advise", "--from", file)->errors,
				"/dev/stdin: ");
	running_assert_contains(RUN("advise", "--from", "/nowhere")->errors,
				"/nowhere: cannot be read: No such file or directory");
}

static void a_team_is_so_many_developers(void **state)
{
	json_t *json = running_json(RUN("advise", "--team", "medium", "--format", "json"));
	const json_t *developers =
	    json_object_get(json_object_get(json, "situation"), "developers");

	(void)state;
	assert_true(json_number_value(json_object_get(developers, "value")) == 5);
	assert_string_equal(text_of(developers, "source"), "entered");
	json_decref(json);
	running_assert_contains(RUN("advise", "--team", "tiny")->errors,
				"--team is small, medium or large");
	running_assert_contains(RUN("advise", "--team")->errors,
				"--team needs a value: small, medium or large");
	running_assert_contains(RUN("advise", "--developers", "3", "--team", "small")->errors,
				"--developers is given twice; --team says it, too");
	running_assert_contains(RUN("advise", "--taem", "small")->errors, "did you mean --team?");
	running_assert_contains(
	    RUN("advise", "--help")->output,
	    "  --team SIZE               small, medium or large: 2, 5 or 10 developers\n");
}

/* Who says a number must know per what. */
static void help_tells_units(void **state)
{
	const struct running *running = RUN("advise", "--help");

	(void)state;
	running_assert_contains(running->output, "are published, at the peak (notifications/s)\n");
	running_assert_contains(running->output, "what infrastructure may cost (USD a month)\n");
	running_assert_contains(running->output, "tabs and devices (1.5 connections/user)\n");
	running_assert_contains(running->output, "whether the team can run Redis\n");
}

static void empty_sections_are_left_out(void **state)
{
	const struct running *running = RUN("advise");

	(void)state;
	running_assert_contains(running->output, "\nwhat each rule says");
	running_assert_contains(running->output, "\nscores (9.2)");
	assert_null(strstr(running->output, "for and against"));
	assert_null(strstr(running->output, "what would change"));
	assert_null(strstr(running->output, "what this hardware does"));
}

static const char bench[] =
    "[{\"name\":\"idle_connection_memory\",\"value\":512,\"unit\":\"bytes\"},"
    "{\"name\":\"poll_1000\",\"value\":160000,\"unit\":\"requests/s\"}]";

static void a_benchmark_stands_beside_the_guide(void **state)
{
	const char *file = "/dev/stdin";
	json_t *json;
	const struct running *running =
	    RUN_WITH(bench, "advise", "--users", "7000", "--servers", "5", "--bench", file);

	(void)state;
	running_assert_contains(running->output, "\nwhat this hardware does\n");
	running_assert_contains(
	    running->output,
	    "  memory of an event stream                 0.5 KB                    2  "
	    "           -\n"
	    "  polls that a node answers                 160000 requests/s         100"
	    "           700\n"
	    "\n");
	running_assert_contains(running->output,
				"  memory                  5.127 MB                connections * "
				"stream-kilobytes / 1024\n");
	running_assert_contains(
	    RUN_WITH(bench, "advise", "--bench", file, "--lang", "ko")->output,
	    "  노드 한 대가 응답하는 폴링                160000 요청/초            100           "
	    "-\n");
	json = running_json(RUN_WITH(bench, "advise", "--bench", file, "--format", "json"));
	assert_int_equal(
	    json_integer_value(json_object_get(
		json_object_get(json_object_get(json, "capacities"), "polls"), "value")),
	    160000);
	assert_string_equal(
	    text_of(json_object_get(json_object_get(json, "situation"), "stream-kilobytes"),
		    "source"),
	    "measured");
	json_decref(json);
}

static void a_broken_benchmark_is_refused(void **state)
{
	const char *file = "/dev/stdin";

	(void)state;
	assert_int_equal(RUN_WITH("[{", "advise", "--bench", file)->status, COMMAND_FAILED);
	running_assert_contains(RUN_WITH("[{\"name\":\"po", "advise", "--bench", file)->errors,
				"/dev/stdin: ");
	running_assert_contains(RUN_WITH("{\"version\":2}", "advise", "--bench", file)->errors,
				"/dev/stdin: version 2; this allim reads the list of measures");
	running_assert_contains(RUN("advise", "--bench", "/nowhere")->errors,
				"/nowhere: cannot be read: No such file or directory");
}

static void mistakes_are_refused(void **state)
{
	(void)state;
	assert_int_equal(RUN("advise", "--format", "xml")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("advise", "--lang", "fr")->status, COMMAND_MISUSED);
	running_assert_contains(RUN("advise", "--weight", "cost")->errors,
				"--weight is NAME=NUMBER");
	running_assert_contains(RUN("advise", "--weight", "speed=1")->errors,
				"there is no criterion speed");
	running_assert_contains(RUN("advise", "--weight=effort=0", "--weight=operation=0",
				    "--weight=latency=0", "--weight=scale=0", "--weight=cost=0")
				    ->errors,
				"no criterion has a weight");
	running_assert_contains(RUN("advise", "--rules", "/nowhere")->errors,
				"/nowhere: cannot be read: No such file or directory");
	running_assert_contains(RUN("advise", "--sla", "101")->errors,
				"sla is 101; accepted is 0 to 100 %");
}

static void an_average_above_the_peak_is_refused(void **state)
{
	const struct running *running =
	    RUN("advise", "--users", "10", "--average-users", "11", "--format", "json");

	(void)state;
	assert_int_equal(running->status, COMMAND_MISUSED);
	running_assert_contains(running->errors, "average-users is 11, but users, at the peak, is "
						 "10; correct one of them");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_scripts_read),
	    cmocka_unit_test(an_average_above_the_peak_is_refused),
	    cmocka_unit_test(growth_is_looked_ahead),
	    cmocka_unit_test(votes_for_what_is_ruled_out),
	    cmocka_unit_test(a_switch_alone_says_yes),
	    cmocka_unit_test(what_was_ruled_out_before_is_said),
	    cmocka_unit_test(nothing_known_is_said),
	    cmocka_unit_test(what_people_read),
	    cmocka_unit_test(what_people_read_in_korean),
	    cmocka_unit_test(json_is_english_unless_asked),
	    cmocka_unit_test(the_environment_asks_for_korean),
	    cmocka_unit_test(lines_fit_a_terminal),
	    cmocka_unit_test(weights_and_rules_of_ones_own),
	    cmocka_unit_test(figures_come_from_a_file),
	    cmocka_unit_test(a_team_is_so_many_developers),
	    cmocka_unit_test(empty_sections_are_left_out),
	    cmocka_unit_test(a_benchmark_stands_beside_the_guide),
	    cmocka_unit_test(a_broken_benchmark_is_refused),
	    cmocka_unit_test(mistakes_are_refused),
	    cmocka_unit_test(help_tells_units),
	};

	return cmocka_run_group_tests_name("advise", tests, NULL, NULL);
}
