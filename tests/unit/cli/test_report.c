#include "lib/assertions.h"
#include "running.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM "--users", "3000", "--servers", "4", "--latency", "2s", "--redis", "no"

static const char *text_of(const json_t *json, const char *name)
{
	return json_string_value(json_object_get(json, name));
}

/* The file's content, which is then removed. */
static const char *take_file(const char *path)
{
	static char content[256 * 1024];
	int descriptor = open(path, O_RDONLY);
	ssize_t length = read(descriptor, content, sizeof(content) - 1);

	assert_true(length >= 0);
	content[length] = '\0';
	close(descriptor);
	unlink(path);
	return content;
}

static void markdown_on_standard_output(void **state)
{
	const struct running *running = RUN("report", SYSTEM, "--prices", "guide", "--lang", "en");

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->errors, "");
	running_assert_contains(running->output, "# Delivery of notifications: the decision\n\n*2");
	running_assert_contains(running->output, "| $2,080 |\n");
}

static void a_link_stays_where_what_it_leads_to_is_written(void **state)
{
	char folder[] = "/tmp/allim-report-XXXXXX", file[64], link[64];
	struct stat status;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/decision.md", folder);
	snprintf(link, sizeof(link), "%s/latest.md", folder);
	close(open(file, O_WRONLY | O_CREAT, 0600));
	assert_int_equal(symlink("decision.md", link), 0);
	assert_int_equal(RUN("report", SYSTEM, "--lang", "en", "-o", link)->status, COMMAND_DONE);
	assert_int_equal(lstat(link, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	running_assert_contains(take_file(file), "# Delivery of notifications: the decision\n");
	unlink(link);
	assert_int_equal(rmdir(folder), 0);
}

static void what_costs_lack_is_named(void **state)
{
	(void)state;
	running_assert_contains(
	    RUN("report", SYSTEM, "--lang", "en")->output,
	    "*Costs stay open as long as nobody says: Notifications at the peak.*");
	running_assert_contains(
	    RUN("report", SYSTEM, "--notifications", "20", "--lang", "en")->output,
	    "*Every hour counts as the peak, so that costs are a bound, as long as nobody says: "
	    "Concurrent users on average, Notifications on average.*");
	running_assert_contains(
	    RUN("report", SYSTEM, "--days", "2", "--budget", "9000", "--lang", "en")->output,
	    "\nWhat it does not keep: time for building it. See the expected effects.\n");
	assert_null(strstr(RUN("report", SYSTEM, "--lang", "en")->output, "does not keep"));
}

static void korean(void **state)
{
	const struct running *running = RUN("report", SYSTEM, "--growth", "15%", "--lang", "ko");

	(void)state;
	running_assert_contains(running->output, "# 알림 시스템 기술 선택 결정서\n");
	running_assert_contains(running->output, "- [x] 피크 동시 접속자: 3,000명 (입력)\n");
	running_assert_contains(running->output, "의견을 낸 규칙 6개 중 6개가 일치한다.");
	running_assert_contains(running->output, "- **1주차**: 준비\n  - SSE 엔드포인트 개발\n");
}

static void a_file_by_its_ending(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "/tmp/allim-report-%ld.html", (long)getpid());
	assert_string_equal(RUN("report", SYSTEM, "-o", path)->output, "");
	running_assert_contains(take_file(path), "<!DOCTYPE html>\n");
	assert_int_equal(RUN("report", SYSTEM, "--output", path, "--format", "json")->status,
			 COMMAND_DONE);
	running_assert_contains(take_file(path), "\"decision\":{");
	running_assert_contains(RUN("report", "-o", "-", "--format", "md", "--lang", "en")->output,
				"# Delivery");
}

static void what_programs_read(void **state)
{
	json_t *json = running_json(
	    RUN("report", SYSTEM, "--current", "poll", "--prices", "guide", "--format", "json"));
	const json_t *costs = json_object_get(json, "costs");

	(void)state;
	assert_string_equal(text_of(json, "current"), "poll");
	assert_string_equal(text_of(json_object_get(json, "decision"), "method"), "sse-db");
	assert_string_equal(text_of(costs, "prices"), "guide");
	json_decref(json);
}

static void what_was_measured(void **state)
{
	static const char *const measured =
	    "{\"version\": 1, \"figures\": {\"users\": {\"value\": 900, \"source\": \"measured\"}},"
	    "\"observations\": {\"daily-users\": {\"value\": 5000, \"state\": \"sampled\", "
	    "\"note\": \"1 % of the rows\"}}}";
	const struct running *running =
	    RUN_WITH(measured, "report", "--from", "/dev/stdin", "--lang", "en");

	(void)state;
	running_assert_contains(running->output,
				"Daily active users (DAU): 5,000 users (sampled; 1 % of the rows)");
	running_assert_contains(running->output,
				"Concurrent users at the peak: 900 users (measured)");
	running_assert_contains(RUN_WITH("{\"version\": 1, \"figures\": {}, \"observations\": 1}",
					 "report", "--from", "/dev/stdin")
				    ->errors,
				"/dev/stdin: observations is no object");
}

static void plans_of_ones_own(void **state)
{
	char path[] = "/tmp/allim-plans-XXXXXX";

	(void)state;
	running_save(RUN("report", "--export-plans"), path);
	running_assert_contains(RUN("report", SYSTEM, "--plans", path, "--lang", "en")->output,
				"- **Week 1**: Preparation\n");
	unlink(path);
	running_assert_contains(RUN("report", "--plans", path)->errors,
				"cannot be read: No such file or directory");
}

static void mistakes_are_refused(void **state)
{
	(void)state;
	running_assert_contains(RUN("report", "--format", "pdf")->errors,
				"--format is md, html or json");
	running_assert_contains(RUN("report", "--lang", "fr")->errors, "--lang is en or ko");
	running_assert_contains(RUN("report", "--current", "smoke")->errors,
				"--current is none, poll, sse-db, ");
	running_assert_contains(RUN("report", "--weight", "speed=1")->errors,
				"there is no criterion speed");
	running_assert_contains(RUN("report", "-o")->errors, "--output needs a value: FILE");
	running_assert_contains(RUN("report", "-o", "/nowhere/x.md")->errors,
				"cannot write /nowhere/x.md: No such file or directory");
	running_assert_contains(RUN("report", "-o", "/tmp")->errors,
				"cannot write /tmp: Is a directory");
	running_assert_contains(RUN("report", "--prices", "/nowhere")->errors,
				"/nowhere: cannot be read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(markdown_on_standard_output),
	    cmocka_unit_test(a_link_stays_where_what_it_leads_to_is_written),
	    cmocka_unit_test(what_costs_lack_is_named),
	    cmocka_unit_test(korean),
	    cmocka_unit_test(a_file_by_its_ending),
	    cmocka_unit_test(what_programs_read),
	    cmocka_unit_test(what_was_measured),
	    cmocka_unit_test(plans_of_ones_own),
	    cmocka_unit_test(mistakes_are_refused),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
