#include "lib/assertions.h"
#include "running.h"
#include "scripted_server.h"

#include <stdlib.h>

static struct scripted_server server;

#define ANSWERS(...)                                                                      \
	(scripted_server_start(&server, (const char *const[]){__VA_ARGS__, NULL}, false), \
	 setenv("ALLIM_URL", server.url, 1))

static void a_list_is_printed_page_by_page(void **state)
{
	const struct running *running;

	(void)state;
	ANSWERS(SCRIPTED_JSON("200 OK",
			      "{\"members\":[{\"user\":\"a b\"},{\"user\":\"c\xC3\xA9\"}],"
			      "\"more\":true}"),
		SCRIPTED_JSON("200 OK", "{\"members\":[{\"user\":\"x\\u001b\"}],\"more\":false}"));
	running = RUN("topic", "members", "room:7");
	scripted_server_stop(&server);
	assert_string_equal(running->errors, "");
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, "a b\nc\xC3\xA9\nx\\x1b\n");
	running_assert_contains(server.requests[0],
				"GET /v1/topics/room:7/members?limit=1000 HTTP/1.1\r\n");
	running_assert_contains(server.requests[0], "Authorization: Bearer key-of-the-test\r\n");
	running_assert_contains(server.requests[1], "?limit=1000&after=c%C3%A9 HTTP/1.1\r\n");
}

static void topics_have_counts(void **state)
{
	const struct running *running;

	(void)state;
	ANSWERS(SCRIPTED_JSON("200 OK", "{\"topics\":[{\"topic\":\"news\",\"members\":12}]}"));
	running = RUN("topic", "list");
	scripted_server_stop(&server);
	assert_string_equal(running->output, "news\t12\n");
	running_assert_contains(server.requests[0], "GET /v1/topics?limit=1000 HTTP/1.1\r\n");
}

static void members_come_and_go(void **state)
{
	const struct running *running;

	(void)state;
	ANSWERS(SCRIPTED_JSON("200 OK", "{\"added\":2}"),
		SCRIPTED_JSON("200 OK", "{\"removed\":1}"));
	running = RUN("topic", "add", "news", "--user", "a", "--user=b");
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, "");
	running = RUN("topic", "remove", "--user", "a", "news");
	scripted_server_stop(&server);
	assert_int_equal(running->status, COMMAND_DONE);
	running_assert_contains(server.requests[0], "POST /v1/topics/news/members HTTP/1.1\r\n");
	running_assert_contains(server.requests[0], "{\"users\":[\"a\",\"b\"]}");
	running_assert_contains(server.requests[1], "DELETE /v1/topics/news/members HTTP/1.1\r\n");
	running_assert_contains(server.requests[1], "{\"users\":[\"a\"]}");
}

static void what_is_wrong_is_told(void **state)
{
	const struct running *running;

	(void)state;
	ANSWERS(SCRIPTED_JSON("422 No", "{\"detail\":\"It is full\"}"),
		SCRIPTED_JSON("200 OK", "x"));
	running = RUN("topic", "add", "news", "--user", "a");
	assert_int_equal(running->status, COMMAND_REFUSED);
	running_assert_contains(running->errors, "It is full");
	running = RUN("topic", "list");
	scripted_server_stop(&server);
	assert_int_equal(running->status, COMMAND_FAILED);
	running_assert_contains(running->errors, "is not understood; is ");
	assert_int_equal(RUN("topic", "members")->status, COMMAND_MISUSED);
	running_assert_contains(RUN("topic", "members", "a/b")->errors, "a topic is 1 to 128");
	running_assert_contains(RUN("topic", "remove", "news")->errors, "say who: --user NAME");
	assert_int_equal(RUN("topic", "list", "news")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("topic", "add", "news", "--user", "\xff")->status, COMMAND_FAILED);
	unsetenv("ALLIM_API_KEY");
	running_assert_contains(RUN("topic", "list")->errors, "set ALLIM_API_KEY");
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
	    cmocka_unit_test(a_list_is_printed_page_by_page),
	    cmocka_unit_test(topics_have_counts),
	    cmocka_unit_test(members_come_and_go),
	    cmocka_unit_test(what_is_wrong_is_told),
	};

	return cmocka_run_group_tests_name("topic", tests, set_up, NULL);
}
