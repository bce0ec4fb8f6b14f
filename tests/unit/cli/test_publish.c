#include "cli/publish_items.h"

#include "lib/assertions.h"
#include "running.h"
#include "scripted_server.h"

#include <stdio.h>
#include <stdlib.h>

#define CREATED                                                                                  \
	SCRIPTED_JSON("201 Created", "{\"id\":17,\"notifications\":[{\"id\":17,\"user\":\"a\"}," \
				     "{\"id\":18,\"user\":\"b\"}]}")

#define PUBLISHED "{\"status\":201,\"notifications\":[{\"id\":1}]}"

static struct scripted_server server;

#define PUBLISH(answer_, ...)                                                         \
	(scripted_server_start(&server, (const char *const[]){answer_, NULL}, false), \
	 setenv("ALLIM_URL", server.url, 1), RUN("publish", __VA_ARGS__))

#define ONE "--to", "a", "--to=b", "--type", "t", "--title", "x"

static void ids_are_printed(void **state)
{
	const struct running *running = PUBLISH(CREATED, ONE, "--idempotency-key", "k");

	(void)state;
	scripted_server_stop(&server);
	assert_string_equal(running->errors, "");
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, "17\n18\n");
	assert_non_null(strstr(server.requests[0], "POST /v1/notifications HTTP/1.1\r\n"));
	assert_non_null(strstr(server.requests[0], "Authorization: Bearer key-of-the-test\r\n"));
	assert_non_null(strstr(server.requests[0], "Idempotency-Key: k\r\n"));
	assert_non_null(
	    strstr(server.requests[0],
		   "{\"to\":{\"users\":[\"a\",\"b\"]},\"type\":\"t\",\"title\":\"x\"}"));
	running = PUBLISH(SCRIPTED_JSON("201 Created", "{\"notifications\":[{\"id\": 5}]}"), ONE,
			  "--json");
	scripted_server_stop(&server);
	assert_string_equal(running->output, "{\"notifications\":[{\"id\":5}]}\n");
}

static void a_topic_may_reach_nobody(void **state)
{
	const struct running *running =
	    PUBLISH(SCRIPTED_JSON("201 Created",
				  "{\"topic\":\"news\",\"recipients\":0,\"notifications\":[]}"),
		    "--topic", "news", "--type", "t", "--title", "x");

	(void)state;
	scripted_server_stop(&server);
	assert_string_equal(running->errors, "");
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, "");
	assert_non_null(strstr(server.requests[0], "{\"to\":{\"topic\":\"news\"},"));
}

static void each_refused_item_is_told(void **state)
{
	static const char *const answers[] = {
	    SCRIPTED_JSON("200 OK", "{\"results\":[{\"status\":422,\"detail\":\"no title\"},"
				    "{\"status\":201,\"id\":3,\"notifications\":[{\"id\":3}]}]}"),
	    NULL};
	const struct running *running;

	(void)state;
	scripted_server_start(&server, answers, false);
	setenv("ALLIM_URL", server.url, 1);
	running = RUN_WITH("{\"a\":1}\n{\"a\":2}\n", "publish", "--file", "-");
	scripted_server_stop(&server);
	assert_int_equal(running->status, COMMAND_REFUSED);
	assert_string_equal(running->output, "3\n");
	assert_string_equal(running->errors, "allim publish: notification 1: no title (422)\n");
	assert_non_null(strstr(server.requests[0], "\r\n\r\n[{\"a\":1},{\"a\":2}]"));
}

static const char *input_of_two_requests(void)
{
	static char input[3 * (PUBLISH_ITEMS_BODY_COUNT + 1) + 1];

	for (size_t i = 0; i <= PUBLISH_ITEMS_BODY_COUNT; i++)
		memcpy(input + 3 * i, "{}\n", 3);
	return input;
}

/* More items than one request takes: the second has a key of its own, and counting goes on. */
static void many_items_take_several_requests(void **state)
{
	struct buffer first = BUFFER_EMPTY;
	const char *answers[] = {NULL, SCRIPTED_JSON("200 OK", "{\"results\":[{\"status\":400}]}"),
				 NULL};
	const struct running *running;

	(void)state;
	buffer_append_string(&first, SCRIPTED_JSON("200 OK", "{\"results\":["));
	for (size_t i = 0; i < PUBLISH_ITEMS_BODY_COUNT; i++)
		buffer_append_format(&first, "%s" PUBLISHED, i == 0 ? "" : ",");
	buffer_append(&first, slice_from_bytes("]}", 3));
	answers[0] = first.data;
	scripted_server_start(&server, answers, false);
	setenv("ALLIM_URL", server.url, 1);
	running = RUN_WITH(input_of_two_requests(), "publish", "--file=-", "--idempotency-key=k");
	scripted_server_stop(&server);
	assert_string_equal(running->errors,
			    "allim publish: notification 501: the server refused it (400)\n");
	assert_int_equal(running->status, COMMAND_REFUSED);
	assert_non_null(strstr(server.requests[0], "Idempotency-Key: k\r\n"));
	assert_non_null(strstr(server.requests[1], "Idempotency-Key: k-2\r\n"));
	assert_non_null(strstr(server.requests[1], "\r\n\r\n[{}]"));
	buffer_finish(&first);
}

static void what_a_rule_drops_is_told_and_no_failure(void **state)
{
	const struct running *running =
	    PUBLISH(SCRIPTED_JSON("202 Accepted", "{\"dropped_by\":\"no-debug\"}"), ONE);

	(void)state;
	scripted_server_stop(&server);
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, "");
	assert_string_equal(running->errors,
			    "allim publish: notification 1 was dropped by the rule no-debug\n");
	running =
	    PUBLISH(SCRIPTED_JSON("202 Accepted", "{\"dropped_by\":\"no-debug\"}"), ONE, "--json");
	scripted_server_stop(&server);
	assert_string_equal(running->output, "{\"dropped_by\":\"no-debug\"}\n");
}

/* Whatever does not tell the id of each notification proves nothing. */
static void other_answers_are_no_success(void **state)
{
	static const char *const bodies[] = {
	    "what",
	    "null",
	    "[]",
	    "{}",
	    "{\"id\":1}",
	    "{\"id\":1,\"notifications\":5}",
	    "{\"id\":1,\"notifications\":[]}",
	    "{\"id\":1,\"notifications\":[{\"id\":1},null]}",
	    "{\"id\":1,\"notifications\":[{\"id\":\"x\"}]}",
	    "{\"results\":5}",
	    "{\"results\":[]}",
	    "{\"results\":[null]}",
	    "{\"results\":[{\"status\":201}]}",
	    "{\"dropped_by\":5}",
	    "{\"results\":[{\"status\":202}]}",
	    "{\"results\":[" PUBLISHED "," PUBLISHED "]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		char answer[256];
		const struct running *running;

		snprintf(answer, sizeof(answer), SCRIPTED_JSON("201 Created", "%s"), bodies[i]);
		running = PUBLISH(answer, ONE);
		scripted_server_stop(&server);
		running_assert_contains(
		    running->errors,
		    "allim publish: what the server answered is not understood; is ");
		assert_string_equal(running->output, "");
		assert_int_equal(running->status, COMMAND_FAILED);
	}
}

/* Room for the -2 of the second request. */
static void a_key_is_short_enough_for_all_requests(void **state)
{
	char key[256] = {0};
	const struct running *running;

	(void)state;
	memset(key, 'k', 254);
	running =
	    RUN_WITH(input_of_two_requests(), "publish", "--file=-", "--idempotency-key", key);
	assert_int_equal(running->status, COMMAND_MISUSED);
	assert_non_null(strstr(running->errors, "too long for a file of 2 requests; shorten it to "
						"253 bytes"));
	key[253] = '\0';
	running =
	    RUN_WITH(input_of_two_requests(), "publish", "--file=-", "--idempotency-key", key);
	assert_int_equal(running->status, COMMAND_UNREACHABLE);
	memset(key, 'k', 255);
	running = RUN("publish", ONE, "--idempotency-key", key);
	assert_int_equal(running->status, COMMAND_UNREACHABLE);
}

static void refusals_have_their_status(void **state)
{
	const struct running *running =
	    PUBLISH(SCRIPTED_JSON("401 No", "{\"detail\":\"the API key is not known\"}"), ONE);

	(void)state;
	scripted_server_stop(&server);
	assert_int_equal(running->status, COMMAND_REFUSED);
	assert_string_equal(running->errors,
			    "allim publish: the server refused (401): the API key is not known\n");
	assert_int_equal(RUN("publish", ONE)->status, COMMAND_UNREACHABLE);
}

static void mistakes_reach_no_server(void **state)
{
	char long_key[300] = {0};

	(void)state;
	memset(long_key, 'k', sizeof(long_key) - 1);
	assert_int_equal(RUN("publish")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("publish", "--to", "a")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("publish", "--file", "-", "--to", "a")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("publish", ONE, "--url", "x")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("publish", ONE, "--idempotency-key", long_key)->status,
			 COMMAND_MISUSED);
	assert_int_equal(RUN("publish", ONE, "--api-key-file", "/nowhere")->status, COMMAND_FAILED);
	assert_int_equal(RUN_WITH("[", "publish", "--file", "-")->status, COMMAND_FAILED);
	assert_int_equal(RUN("publish", ONE, "--api-key", "k")->status, COMMAND_MISUSED);
	unsetenv("ALLIM_API_KEY");
	assert_int_equal(RUN("publish", ONE)->status, COMMAND_FAILED);
	setenv("ALLIM_API_KEY", "key-of-the-test", 1);
}

static int set_up(void **state)
{
	(void)state;
	return setenv("ALLIM_API_KEY", "key-of-the-test", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ids_are_printed),
	    cmocka_unit_test(a_topic_may_reach_nobody),
	    cmocka_unit_test(each_refused_item_is_told),
	    cmocka_unit_test(many_items_take_several_requests),
	    cmocka_unit_test(a_key_is_short_enough_for_all_requests),
	    cmocka_unit_test(what_a_rule_drops_is_told_and_no_failure),
	    cmocka_unit_test(other_answers_are_no_success),
	    cmocka_unit_test(refusals_have_their_status),
	    cmocka_unit_test(mistakes_reach_no_server),
	};

	return cmocka_run_group_tests_name("publish", tests, set_up, NULL);
}
