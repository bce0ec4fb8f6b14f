#include "cli/columns.h"

#include "lib/assertions.h"
#include "running.h"

#include <string.h>
#include <unistd.h>

static const json_t *method_of(const json_t *json, const char *name)
{
	const json_t *method = json_object_get(json_object_get(json, "methods"), name);

	assert_string_equal(json_string_value(json_object_get(method, "method")), name);
	return method;
}

static void assert_number(const json_t *method, const char *name, double expected)
{
	const json_t *number = json_object_get(method, name);

	assert_true(json_is_number(number));
	assert_true(json_number_value(number) == expected);
}

static void the_guide_as_json(void **state)
{
	json_t *json =
	    running_json(RUN("cost", "--prices", "guide", "--months", "6", "--format", "json"));
	const json_t *redis = method_of(json, "sse-redis"), *socket = method_of(json, "websocket");
	const json_t *line = json_array_get(json_object_get(redis, "bill"), 0);

	(void)state;
	assert_number(json, "version", 1);
	assert_number(json, "months", 6);
	assert_string_equal(json_string_value(json_object_get(json, "prices")), "guide");
	assert_string_equal(json_string_value(json_object_get(json, "currency")), "USD");
	assert_number(redis, "infrastructure_per_month", 215);
	assert_number(redis, "development_days", 5);
	assert_number(redis, "total", 8090);
	assert_int_equal(json_array_size(json_object_get(redis, "bill")), 4);
	assert_number(line, "amount", 150);
	assert_string_equal(json_string_value(json_object_get(line, "source")), "the guide, 6.1");
	assert_true(json_is_null(json_object_get(socket, "total")));
	assert_int_equal(json_array_size(json_object_get(socket, "bill")), 0);
	json_decref(json);
}

static void what_is_unknown_is_named(void **state)
{
	json_t *json = running_json(RUN("cost", "--users", "3000", "--format=json"));
	const json_t *unknown = json_object_get(method_of(json, "poll"), "unknown");

	(void)state;
	assert_true(json_is_null(json_object_get(method_of(json, "poll"), "total")));
	assert_int_equal(json_array_size(unknown), 2);
	assert_string_equal(json_string_value(json_array_get(unknown, 0)), "servers");
	assert_string_equal(json_string_value(json_array_get(unknown, 1)), "notifications");
	json_decref(json);
	running_assert_contains(RUN("cost", "--users", "3000")->output,
				"REST polling: say --servers\n");
	running_assert_contains(RUN("cost", "--users", "3000")->output,
				"WebSocket: no days of work in this book\n");
}

static void a_bound_is_called_one(void **state)
{
	json_t *json = running_json(RUN("cost", "--users", "3000", "--servers", "3",
					"--notifications", "40", "--format=json"));
	const json_t *peaks = json_object_get(method_of(json, "sse-db"), "at_peak");
	const struct running *running;

	(void)state;
	assert_int_equal(json_array_size(peaks), 1);
	assert_string_equal(json_string_value(json_array_get(peaks, 0)), "average-notifications");
	json_decref(json);
	running = RUN("cost", "--users", "3000", "--servers", "3", "--notifications", "40");
	running_assert_contains(running->output, "every hour counts as the peak, so this is a "
						 "bound: say --average-notifications\n");
	running = RUN("cost", "--users", "3000", "--servers", "3", "--notifications", "40",
		      "--average-notifications", "4", "--average-users", "1000");
	assert_null(strstr(running->output, "bound"));
	assert_null(strstr(RUN("cost", "--prices", "guide")->output, "bound"));
}

static void a_table_for_people(void **state)
{
	const struct running *running = RUN("cost", "--prices", "guide", "--months", "6");

	(void)state;
	assert_string_equal(running->errors, "");
	running_assert_contains(running->output, "prices: guide, the guide, 6.1, ");
	running_assert_contains(
	    running->output,
	    "WebSocket + Kafka            1070            -       15          5      18000 "
	    "      24420 ##########\n");
	running_assert_contains(running->output, "WebSocket: no prices in this book\n");
	running = RUN("cost", "--prices", "guide", "--lang", "ko");
	running_assert_contains(
	    running->output,
	    "                          월 비용     1000명당       일      일/월     인건비       "
	    "6개월\n"
	    "REST 폴링                      80            -        1        0.5       1600        "
	    "2080 #\n");
	running_assert_contains(running->output, "WebSocket: 이 가격표에 가격이 없습니다\n");
}

static void what_is_in_use_is_not_built_again(void **state)
{
	json_t *json = running_json(
	    RUN("cost", "--prices", "guide", "--current", "sse-db", "--format", "json"));
	const json_t *stays = method_of(json, "sse-db"), *other = method_of(json, "poll");
	const struct running *running;

	(void)state;
	assert_string_equal(json_string_value(json_object_get(json, "current")), "sse-db");
	assert_number(stays, "development_days", 0);
	assert_number(stays, "maintenance_days_per_month", 1);
	assert_number(stays, "labour", 2400);
	assert_number(stays, "total", 3240);
	assert_number(other, "development_days", 1);
	assert_number(other, "total", 2080);
	json_decref(json);
	running = RUN("cost", "--prices", "guide", "--current", "sse-db");
	running_assert_contains(
	    running->output,
	    "SSE + database polling        140            -        0          1       2400 "
	    "       3240 #\n");
	running_assert_contains(running->output,
				"\nSSE + database polling: in use, and not built again\n");
	running = RUN("cost", "--prices", "guide", "--current", "poll", "--lang", "ko");
	running_assert_contains(running->output,
				"\nREST 폴링: 이미 사용 중이라 다시 만들지 않습니다\n");
}

static void nothing_may_be_in_use(void **state)
{
	json_t *json =
	    running_json(RUN("cost", "--prices", "guide", "--current", "none", "--format=json"));

	(void)state;
	assert_true(json_is_null(json_object_get(json, "current")));
	assert_number(method_of(json, "poll"), "total", 2080);
	json_decref(json);
	assert_null(strstr(RUN("cost", "--prices", "guide")->output, "in use"));
}

static void assert_fits(const char *line)
{
	for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
		assert_true(columns_width(slice_from_bytes(line, (size_t)(end - line))) <=
			    COLUMNS_OF_LINE);
}

static void lines_fit_a_terminal(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		const char *language = i == 0 ? "en" : "ko";

		assert_fits(RUN("cost", "--users", "100000", "--servers", "40", "--notifications",
				"5000", "--months", "36", "--lang", language)
				->output);
		assert_fits(RUN("cost", "--users", "1000000000", "--servers", "100000", "--tabs",
				"100", "--notifications", "10000000", "--row-bytes", "999999999",
				"--months", "1200", "--lang", language)
				->output);
	}
}

static void a_book_of_ones_own(void **state)
{
	char path[] = "/tmp/allim-prices-XXXXXX";
	const struct running *running;
	json_t *json;

	(void)state;
	running_save(RUN("cost", "--prices", "guide", "--export"), path);
	json = running_json(RUN("cost", "--prices", path, "--format", "json"));
	assert_number(method_of(json, "kafka"), "total", 24420);
	json_decref(json);
	unlink(path);
	running = RUN("cost", "--prices", path);
	assert_int_equal(running->status, COMMAND_FAILED);
	running_assert_contains(running->errors, "cannot be read: No such file or directory");
}

static void mistakes_are_refused(void **state)
{
	(void)state;
	assert_int_equal(RUN("cost", "--format", "xml")->status, COMMAND_MISUSED);
	running_assert_contains(RUN("cost", "--usrs", "4")->errors, "did you mean --users?");
	running_assert_contains(RUN("cost", "--prcies", "x")->errors, "did you mean --prices?");
	running_assert_contains(RUN("cost", "--users")->errors, "--users needs a value: NUMBER");
	running_assert_contains(RUN("cost", "--users", "many")->errors,
				"users is \"many\"; accepted is a number");
	running_assert_contains(RUN("cost", "--users", "-5")->errors,
				"users is -5; accepted is 0 to 1000000000 users");
	running_assert_contains(RUN("cost", "--users", "1", "--users=2")->errors,
				"--users is given twice");
	running_assert_contains(RUN("cost", "--users", "--tabs")->errors, "--users");
	running_assert_contains(RUN("cost", "--months", "0")->errors, "months");
	running_assert_contains(RUN("cost", "--current", "smoke")->errors,
				"--current is none, poll, sse-db, ");
	assert_int_equal(RUN("cost", "--current", "")->status, COMMAND_MISUSED);
	running_assert_contains(RUN("cost", "--lang", "fr")->errors, "--lang is en or ko");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_guide_as_json),
	    cmocka_unit_test(what_is_unknown_is_named),
	    cmocka_unit_test(a_bound_is_called_one),
	    cmocka_unit_test(a_table_for_people),
	    cmocka_unit_test(what_is_in_use_is_not_built_again),
	    cmocka_unit_test(nothing_may_be_in_use),
	    cmocka_unit_test(lines_fit_a_terminal),
	    cmocka_unit_test(a_book_of_ones_own),
	    cmocka_unit_test(mistakes_are_refused),
	};

	return cmocka_run_group_tests_name("cost", tests, NULL, NULL);
}
