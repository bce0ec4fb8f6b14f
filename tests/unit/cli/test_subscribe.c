#include "lib/assertions.h"
#include "running.h"
#include "scripted_server.h"

#include <stdlib.h>

#define SECRET "0ZpJk2n8Qw7vX4rT1sLm6bYc9dHe3fGa"
#define EPOCH  "00000000000000aa"

#define EVENT(type_, data_, cursor_) \
	"event: " type_ "\ndata: " data_ "\nid: " EPOCH "." cursor_ "\n\n"
#define CAME(id_, cursor_) EVENT("notification", "{\"id\":" id_ "}", cursor_)

#define UNAUTHORIZED SCRIPTED_JSON("401 Unauthorized", "{\"detail\":\"log in\"}")

static struct scripted_server server;

/* Streams stay open behind their last event, and other answers end. */
static const struct running *subscribe(const char *const *answers, const char *first,
				       const char *second)
{
	size_t last = 0;
	const struct running *running;

	while (answers[last + 1] != NULL)
		last++;
	scripted_server_start(&server, answers,
			      strncmp(answers[last], SCRIPTED_STREAM, strlen(SCRIPTED_STREAM)) ==
				  0);
	setenv("ALLIM_URL", server.url, 1);
	running = RUN("subscribe", "--json", first, first == NULL ? NULL : second);
	scripted_server_stop(&server);
	return running;
}

static void nothing_is_shown_twice_or_missed(void **state)
{
	static const char *const answers[] = {
	    SCRIPTED_STREAM EVENT("count", "{\"unread\":0}", "0.0") CAME("1", "1.0")
		CAME("2", "2.0"),
	    SCRIPTED_JSON("503 Busy", ""),
	    SCRIPTED_STREAM EVENT("count", "{\"unread\":0}", "2.0") CAME("2", "2.0")
		CAME("3", "2.1") CAME("3", "2.1") EVENT("reset", "{\"reason\":\"epoch\"}", "0.0")
		    CAME("4", "1.0"),
	    UNAUTHORIZED, NULL};
	const struct running *running = subscribe(answers, NULL, NULL);

	(void)state;
	assert_string_equal(
	    running->output,
	    "{\"event\":\"notification\",\"id\":\"" EPOCH ".1.0\",\"data\":{\"id\":1}}\n"
	    "{\"event\":\"notification\",\"id\":\"" EPOCH ".2.0\",\"data\":{\"id\":2}}\n"
	    "{\"event\":\"notification\",\"id\":\"" EPOCH ".2.1\",\"data\":{\"id\":3}}\n"
	    "{\"event\":\"reset\",\"id\":\"" EPOCH ".0.0\",\"data\":{\"reason\":\"epoch\"}}\n"
	    "{\"event\":\"notification\",\"id\":\"" EPOCH ".1.0\",\"data\":{\"id\":4}}\n");
	assert_int_equal(running->status, COMMAND_REFUSED);
	running_assert_contains(running->errors, "allim subscribe: connected again to 127.0.0.1");
	running_assert_contains(running->errors,
				"allim subscribe: the server refused (401): log in\n");
	assert_non_null(strstr(server.requests[1], "Last-Event-ID: " EPOCH ".2.0\r\n"));
	assert_non_null(strstr(server.requests[3], "Last-Event-ID: " EPOCH ".1.0\r\n"));
}

static void counting_ends_it(void **state)
{
	static const char *const answers[] = {
	    SCRIPTED_STREAM EVENT("count", "{}", "0.0") CAME("1", "1.0") CAME("2", "2.0"), NULL};
	const struct running *running = subscribe(answers, "--count=1", NULL);

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, "{\"event\":\"notification\",\"id\":\"" EPOCH
					     ".1.0\",\"data\":{\"id\":1}}\n");
	running = subscribe(answers, "--count=1", "--unread-counts");
	assert_string_equal(running->output,
			    "{\"event\":\"count\",\"id\":\"" EPOCH ".0.0\",\"data\":{}}\n");
}

static void time_ends_it(void **state)
{
	static const char *const answers[] = {SCRIPTED_STREAM CAME("1", "1.0"), NULL};
	const struct running *running = subscribe(answers, "--timeout=500ms", NULL);

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	running_assert_contains(running->output, "{\"id\":1}");
	running = subscribe(answers, "--timeout=500ms", "--count=2");
	assert_int_equal(running->status, COMMAND_FAILED);
	running_assert_contains(running->errors, "only 1 of 2 events came in time\n");
}

static void statuses_tell_why(void **state)
{
	(void)state;
	assert_int_equal(subscribe((const char *const[]){UNAUTHORIZED, NULL}, NULL, NULL)->status,
			 COMMAND_REFUSED);
	assert_int_equal(
	    subscribe((const char *const[]){SCRIPTED_JSON("200 OK", "{}"), NULL}, NULL, NULL)
		->status,
	    COMMAND_FAILED);
	assert_int_equal(RUN("subscribe")->status, COMMAND_UNREACHABLE);
	assert_int_equal(RUN("subscribe", "--user=a", "--token-file=b")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("subscribe", "--token-file=/nowhere")->status, COMMAND_FAILED);
	assert_int_equal(RUN("subscribe", "--count=0")->status, COMMAND_MISUSED);
	unsetenv("ALLIM_TOKEN");
	assert_int_equal(RUN("subscribe")->status, COMMAND_FAILED);
	setenv("ALLIM_TOKEN", "t", 1);
}

/* For publish as well: scripts read one table of exit statuses. */
static void the_first_answer_decides(void **state)
{
	static const struct {
		const char *answer;
		int status;
	} rows[] = {
	    {"SSH-2.0-OpenSSH\r\n", COMMAND_UNREACHABLE},
	    {"HTTP/1.1 200 OK\r\nContent-", COMMAND_UNREACHABLE},
	    {SCRIPTED_JSON("999 What", ""), COMMAND_REFUSED},
	    {SCRIPTED_JSON("503 Busy", ""), COMMAND_REFUSED},
	    {SCRIPTED_JSON("404 Not Found", ""), COMMAND_REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const answers[] = {rows[i].answer, NULL};
		const struct running *running;

		assert_int_equal(subscribe(answers, NULL, NULL)->status, rows[i].status);
		scripted_server_start(&server, answers, false);
		setenv("ALLIM_API_KEY", "key-of-the-test", 1);
		running = RUN("publish", "--to=a", "--type=t", "--title=x", "--url", server.url);
		assert_int_equal(running->status, rows[i].status);
		scripted_server_stop(&server);
	}
}

static void a_user_gets_a_token(void **state)
{
	static const char *const answers[] = {UNAUTHORIZED, NULL};

	(void)state;
	subscribe(answers, "--user=anna", "--after=start");
	assert_non_null(strstr(server.requests[0], "Authorization: Bearer eyJ"));
	assert_non_null(strstr(server.requests[0], "GET /v1/inbox/stream?after=start "));
	subscribe(answers, "--after= &b\r\n", NULL);
	assert_non_null(strstr(server.requests[0], "Authorization: Bearer t\r\n"));
	assert_non_null(
	    strstr(server.requests[0], "GET /v1/inbox/stream?after=%20%26b%0D%0A HTTP/1.1\r\n"));
}

static int set_up(void **state)
{
	(void)state;
	unsetenv("ALLIM_CONFIG");
	setenv("ALLIM_JWT_SECRET", SECRET, 1);
	return setenv("ALLIM_TOKEN", "t", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_shown_twice_or_missed),
	    cmocka_unit_test(counting_ends_it),
	    cmocka_unit_test(time_ends_it),
	    cmocka_unit_test(statuses_tell_why),
	    cmocka_unit_test(the_first_answer_decides),
	    cmocka_unit_test(a_user_gets_a_token),
	};

	return cmocka_run_group_tests_name("subscribe", tests, set_up, NULL);
}
