/* What a page asks the advisor. */
#include "core/json_reader.h"
#include "lib/assertions.h"
#include "lib/failing_allocator.h"
#include "lib/lone_worker.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct lone_worker lone;

static int start(void **state)
{
	(void)state;
	lone_worker_start(&lone, ROUTE_ADMIN, NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	lone_worker_stop(&lone);
	return 0;
}

static void ask(int client, const char *path, const char *headers, const char *body)
{
	char lines[1024];

	snprintf(lines, sizeof(lines),
		 "%sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", headers,
		 strlen(body), body);
	lone_worker_request(&lone, client, "POST", path, NULL, lines);
}

static void check(const char *path, const char *headers, const char *body, const char *expected)
{
	int client = lone_worker_connect(&lone, NULL);

	ask(client, path, headers, body);
	lone_worker_check_answer(client, expected);
}

static void answers_come_at_once(void **state)
{
	const char *system = "{\"version\":1,\"figures\":{\"users\":100,\"servers\":1}}";

	(void)state;
	check("/admin/advise", "", system, "{\"version\":1,\"method\":\"poll\",");
	check("/admin/cost", "", system, "{\"version\":1,\"prices\":\"aws-2026\",");
	assert_int_equal(lone.asked_count, 0);
}

static void mistakes_are_refused(void **state)
{
	(void)state;
	check("/admin/advise", "", "{\"version\":1,", "\"code\":\"invalid_json\"");
	check("/admin/advise", "", "{\"version\":3}", "HTTP/1.1 422");
	check("/admin/cost", "", "{\"version\":3}",
	      "\"code\":\"invalid_inquiry\",\"detail\":\"version 3; this allim reads version 1\"");
	check("/admin/cost?months=6", "", "{}", "\"code\":\"invalid_parameter\"");
	check("/admin/advise", "Origin: http://elsewhere.example\r\n", "{}",
	      "\"code\":\"forbidden_origin\"");
}

/* Each request gets the answer or a 503, or its connection is closed. */
static void a_shortage_of_memory_is_survived(void **state)
{
	const char *body = "{\"version\":1,\"figures\":{\"servers\":2},\"prices\":\"guide\"}";
	bool failed = true;

	(void)state;
	json_reader_adopt();
	for (unsigned n = 1; failed; n++) {
		const char *received;
		char byte;
		int client = lone_worker_connect(&lone, NULL);

		failing_allocator_fail_at(n);
		ask(client, "/admin/cost", "", body);
		failed = failing_allocator_reset();
		received = lone_worker_received(client);
		if (received[0] == '\0')
			assert_int_equal(recv(client, &byte, 1, 0), 0);
		else if (strstr(received, "HTTP/1.1 503") == NULL)
			assert_non_null(strstr(received, "\"total\":24420"));
		close(client);
		lone_worker_turn(&lone);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(answers_come_at_once, start, stop),
	    cmocka_unit_test_setup_teardown(mistakes_are_refused, start, stop),
	    cmocka_unit_test_setup_teardown(a_shortage_of_memory_is_survived, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
