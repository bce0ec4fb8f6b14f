#include "cli/client.h"

#include "base/clock.h"
#include "cli/command.h"
#include "lib/assertions.h"
#include "lib/failing_allocator.h"
#include "scripted_server.h"

#include <errno.h>

static const struct client_request get = {.method = "GET", .path = "/stats"};

static void requests_are_written(void **state)
{
	const struct client_header headers[] = {
	    {"Authorization", SLICE("Bearer k")}, {"Absent", SLICE("")}, {NULL, SLICE("")}};
	const struct client_request request = {
	    .method = "POST", .path = "/v1?a=b", .headers = headers, .body = SLICE("{}")};
	struct buffer buffer = BUFFER_EMPTY;
	struct endpoint endpoint;
	struct error error;

	(void)state;
	assert_int_equal(endpoint_parse(SLICE("http://[::1]:8080/p/"), &endpoint, &error), 0);
	assert_int_equal(client_append_request(&buffer, &endpoint, &request, &error), 0);
	assert_buffer(buffer, "POST /p/v1?a=b HTTP/1.1\r\nHost: [::1]:8080\r\n"
			      "User-Agent: allim/" ALLIM_VERSION "\r\nAuthorization: Bearer k\r\n"
			      "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
	buffer_finish(&buffer);
}

static void values_cannot_leave_their_line(void **state)
{
	static const char *const values[] = {"a\r\nX: y", "a\n", "\x7f", "\xC3\xA9", NULL};
	struct endpoint endpoint;
	struct error error;

	(void)state;
	assert_int_equal(endpoint_parse(SLICE("http://h"), &endpoint, &error), 0);
	for (const char *const *value = values; *value != NULL; value++) {
		const struct client_header headers[] = {
		    {"Idempotency-Key", slice_from_string(*value)}, {NULL, SLICE("")}};
		const struct client_request request = {
		    .method = "GET", .path = "/", .headers = headers};
		struct buffer buffer = BUFFER_EMPTY;

		assert_int_equal(client_append_request(&buffer, &endpoint, &request, &error),
				 -EINVAL);
		buffer_finish(&buffer);
	}
}

static int exchange(const char *const *answers, size_t limit, struct client_answer *ret_answer,
		    struct error *error)
{
	static struct scripted_server server;
	int result;

	scripted_server_start(&server, answers, false);
	result = client_exchange(&server.endpoint, &get, limit, ret_answer, error);
	scripted_server_stop(&server);
	return result;
}

static void answers_are_read(void **state)
{
	static const struct {
		const char *answer;
		int status;
		int64_t retry_after;
		const char *body;
	} rows[] = {
	    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, 0, "{}"},
	    {"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\n\r\nlater", 429, 7, "later"},
	    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", 204, 0, ""},
	    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n",
	     200, 0, "ab"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const answers[] = {rows[i].answer, NULL};
		struct client_answer answer;
		struct error error = {""};

		if (exchange(answers, 100, &answer, &error) < 0)
			fail_msg("%s", error.text);
		assert_int_equal(answer.status, rows[i].status);
		assert_int_equal(answer.retry_after, rows[i].retry_after);
		assert_buffer(answer.body, rows[i].body);
		client_answer_finish(&answer);
	}
}

static void bad_answers_are_told_apart(void **state)
{
	static const struct {
		const char *answer;
		int result, exit_status;
	} rows[] = {
	    {"SSH-2.0-OpenSSH\r\n", -EBADMSG, COMMAND_UNREACHABLE},
	    {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", -ECONNRESET, COMMAND_UNREACHABLE},
	    {"", -ECONNRESET, COMMAND_UNREACHABLE},
	    {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nlarger", -EMSGSIZE, COMMAND_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const answers[] = {rows[i].answer, NULL};
		struct client_answer answer;
		struct error error = {""};
		int result = exchange(answers, 5, &answer, &error);

		assert_int_equal(result, rows[i].result);
		assert_int_equal(client_exit_status(result), rows[i].exit_status);
		assert_string_not_equal(error.text, "");
	}
}

static void nobody_there_is_said(void **state)
{
	static const char *const answers[] = {NULL};
	struct scripted_server server;
	struct client_answer answer;
	struct error error;
	int result;

	(void)state;
	scripted_server_start(&server, answers, false);
	scripted_server_stop(&server);
	result = client_exchange(&server.endpoint, &get, 5, &answer, &error);
	assert_int_equal(result, -ECONNREFUSED);
	assert_int_equal(client_exit_status(result), COMMAND_UNREACHABLE);
	assert_non_null(strstr(error.text, "cannot connect to 127.0.0.1:"));
}

static void waiting_ends(void **state)
{
	static const char *const answers[] = {"", NULL};
	const struct client_request request = {.method = "GET", .path = "/stats", .timeout = 100};
	struct scripted_server server;
	struct client_answer answer;
	struct error error;
	int64_t start = clock_monotonic();
	int result;

	(void)state;
	scripted_server_start(&server, answers, true);
	result = client_exchange(&server.endpoint, &request, 5, &answer, &error);
	scripted_server_stop(&server);
	assert_int_equal(result, -ETIMEDOUT);
	assert_int_equal(client_exit_status(result), COMMAND_UNREACHABLE);
	assert_true(clock_monotonic() - start >= 100);
	assert_true(clock_monotonic() - start < CLIENT_TIMEOUT);
}

static void refusals_are_explained(void **state)
{
	static const struct {
		const char *body;
		int64_t retry_after;
		const char *sentence;
	} rows[] = {
	    {"{\"title\":\"Bad\",\"detail\":\"type is missing\"}", 0,
	     "the server refused (422): type is missing"},
	    {"{\"title\":\"Bad\"}", 3, "the server refused (422): Bad; try again in 3 s"},
	    {"<html>", 0, "the server answered with status 422"},
	    {"{\"detail\":5}", 0, "the server answered with status 422"},
	    {"", 0, "the server answered with status 422"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error error;

		client_explain(422, slice_from_string(rows[i].body), rows[i].retry_after, &error);
		assert_string_equal(error.text, rows[i].sentence);
	}
}

static void every_allocation_may_fail(void **state)
{
	static const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
					      NULL};

	(void)state;
	for (unsigned n = 1;; n++) {
		static struct scripted_server server;
		struct client_answer answer;
		struct error error;
		int result;
		bool failed;

		scripted_server_start(&server, answers, false);
		failing_allocator_fail_at(n);
		result = client_exchange(&server.endpoint, &get, 100, &answer, &error);
		failed = failing_allocator_reset();
		if (result == 0)
			client_answer_finish(&answer);
		scripted_server_stop(&server);
		if (!failed) {
			assert_int_equal(result, 0);
			break;
		}
		assert_true(result < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_are_written),
	    cmocka_unit_test(values_cannot_leave_their_line),
	    cmocka_unit_test(answers_are_read),
	    cmocka_unit_test(bad_answers_are_told_apart),
	    cmocka_unit_test(nobody_there_is_said),
	    cmocka_unit_test(waiting_ends),
	    cmocka_unit_test(refusals_are_explained),
	    cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
