#include "lib/assertions.h"
#include "running.h"
#include "scripted_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LETTER(id_)                                                                             \
	"{\"id\":" id_ ",\"source\":\"kafka:orders\",\"position\":\"3/" id_ "\",\"key\":\"k\"," \
	"\"content_type\":\"application/json\",\"reason\":\"why\",\"tries\":5,"                 \
	"\"first_at\":\"2026-01-31T09:30:00.000Z\",\"buried_at\":\"2026-01-31T09:30:00.000Z\"," \
	"\"body_bytes\":3"

#define PAGE(letters_, more_) \
	SCRIPTED_JSON("200 OK", "{\"dead_letters\":[" letters_ "],\"more\":" more_ "}")

#define ROW(id_) \
	"       " id_ "  2026-01-31T09:30      5  kafka:orders        3/" id_ "             why\n"
#define HEAD "      ID  BURIED (UTC)      TRIES  SOURCE              POSITION        REASON\n"

#define GONE		 SCRIPTED_JSON("204 No Content", "")
#define REFUSED(status_) SCRIPTED_JSON(status_, "{\"detail\":\"it will not do\"}")

static struct scripted_server server;

/* Runs the command with these answers; `words` follow `deadletter`. */
static const struct running *run(const char *const *answers, const char *input,
				 const char *const *words)
{
	const char *all[16] = {"deadletter"};
	const struct running *running;
	size_t count = 1;

	scripted_server_start(&server, answers, false);
	while (*words != NULL)
		all[count++] = *words++;
	all[count++] = "--admin";
	all[count] = server.url;
	running = running_of(input, all);
	scripted_server_stop(&server);
	return running;
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_request(size_t index, const char *line)
{
	running_assert_contains(server.requests[index], line);
}

static void letters_are_listed(void **state)
{
	const struct running *running =
	    run(LIST(PAGE(LETTER("7") "}," LETTER("5") "}", "false")), NULL, LIST("list"));

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, HEAD ROW("7") ROW("5"));
	assert_request(0, "GET /admin/dead-letters?limit=100 HTTP/1.1\r\n");
	running = run(LIST(PAGE(LETTER("7") "}", "false")), NULL,
		      LIST("list", "--json", "--source", "kafka:a&b"));
	assert_string_equal(running->output, LETTER("7") "}\n");
	assert_request(0, "GET /admin/dead-letters?limit=100&source=kafka%3Aa%26b HTTP/1.1\r\n");
	running = run(LIST(PAGE("", "false")), NULL, LIST("list"));
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, "");
}

static void pages_follow_each_other(void **state)
{
	const struct running *running =
	    run(LIST(PAGE(LETTER("9") "}", "true"), PAGE(LETTER("7") "}", "true")), NULL,
		LIST("list", "--limit", "2"));

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, HEAD ROW("9") ROW("7"));
	assert_request(0, "limit=2 HTTP/1.1\r\n");
	assert_request(1, "limit=1&before=9 HTTP/1.1\r\n");
	running_assert_contains(running->errors, "there are more; --limit NUMBER shows them");
}

static void a_letter_is_shown(void **state)
{
	const char *const text = SCRIPTED_JSON("200 OK", LETTER("7") ",\"body\":\"a\\u001b\\nb\"}");
	const char *const bytes =
	    SCRIPTED_JSON("200 OK", LETTER("7") ",\"body\":\"data:x/y;base64,AP8=\"}");
	const struct running *running = run(LIST(text), NULL, LIST("show", "7"));

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	assert_request(0, "GET /admin/dead-letters/7 HTTP/1.1\r\n");
	running_assert_contains(running->output, "position                      3/7\n");
	running_assert_contains(running->output, "body bytes                    3\n\na\\x1b\nb\n");
	running = run(LIST(text), NULL, LIST("show", "7", "--body"));
	assert_string_equal(running->output, "a\033\nb");
	running = run(LIST(bytes), NULL, LIST("show", "7", "--body"));
	assert_memory_equal(running->output, "\0\xFF", 3);
	running = run(LIST(bytes), NULL, LIST("show", "7", "--json"));
	assert_string_equal(running->output, LETTER("7") ",\"body\":\"data:x/y;base64,AP8=\"}\n");
}

static void one_that_is_refused_keeps_no_other(void **state)
{
	const struct running *running = run(LIST(SCRIPTED_JSON("201 Created", "{}"),
						 REFUSED("422 No"), SCRIPTED_JSON("200 OK", "{}")),
					    NULL, LIST("retry", "3", "4", "5"));

	(void)state;
	assert_int_equal(running->status, COMMAND_REFUSED);
	assert_string_equal(running->output, "3\n5\n");
	assert_request(1, "POST /admin/dead-letters/4/retry HTTP/1.1\r\n");
	running_assert_contains(running->errors,
				"allim deadletter retry: dead letter 4: the server "
				"refused (422): it will not do\n");
}

static void a_server_that_cannot_is_not_asked_again(void **state)
{
	static const char *const answers[] = {REFUSED("503 Busy"), REFUSED("429 Slow")};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct running *running =
		    run(LIST(answers[i]), NULL, LIST("retry", "3", "4"));

		assert_int_equal(running->status, COMMAND_REFUSED);
		assert_int_equal(server.served, 1);
	}
	assert_int_equal(RUN("deadletter", "retry", "3", "--admin", server.url)->status,
			 COMMAND_UNREACHABLE);
}

static void all_are_tried_from_the_oldest_on(void **state)
{
	const struct running *running =
	    run(LIST(PAGE(LETTER("9") "}," LETTER("7") "}", "true"), PAGE(LETTER("5") "}", "false"),
		     SCRIPTED_JSON("201 Created", "{}"), SCRIPTED_JSON("201 Created", "{}"),
		     SCRIPTED_JSON("201 Created", "{}")),
		NULL, LIST("retry", "--all", "--source", "kafka:orders"));

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, "5\n7\n9\n");
	assert_request(0, "limit=100&source=kafka%3Aorders ");
	assert_request(1, "limit=100&before=7&source=kafka%3Aorders ");
	assert_request(4, "POST /admin/dead-letters/9/retry ");
	running =
	    run(LIST(SCRIPTED_JSON("200 OK", "{\"repeated\":true}")), NULL, LIST("retry", "3"));
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, "3\n");
	assert_string_equal(running->errors,
			    "allim deadletter retry: dead letter 3 was published before; it is "
			    "gone now\n");
	running = run(LIST(SCRIPTED_JSON("200 OK", "{\"dropped_by\":\"quiet\"}")), NULL,
		      LIST("retry", "3"));
	running_assert_contains(running->errors, "dead letter 3 was dropped by the rule quiet\n");
	running = run(LIST(PAGE("", "false")), NULL, LIST("retry", "--all"));
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, "");
}

static void another_message_is_sent(void **state)
{
	const struct running *running = run(LIST(SCRIPTED_JSON("201 Created", "{}")), "{\"a\":1}\n",
					    LIST("retry", "3", "--file", "-"));

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	assert_request(0, "Content-Length: 8\r\n\r\n{\"a\":1}\n");
	running = run(LIST(GONE), "", LIST("retry", "3", "--file", "-"));
	assert_int_equal(running->status, COMMAND_FAILED);
	assert_int_equal(server.served, 0);
	running = run(LIST(GONE), NULL, LIST("retry", "3", "--file", "/nowhere/at/all"));
	assert_int_equal(running->status, COMMAND_FAILED);
	running_assert_contains(running->errors, "cannot read /nowhere/at/all: ");
}

static void letters_are_dropped(void **state)
{
	const struct running *running =
	    run(LIST(GONE, REFUSED("404 Gone")), NULL, LIST("drop", "3", "4"));

	(void)state;
	assert_int_equal(running->status, COMMAND_REFUSED);
	assert_string_equal(running->output, "3\n");
	assert_request(0, "DELETE /admin/dead-letters/3 HTTP/1.1\r\n");
	running = run(LIST(SCRIPTED_JSON("200 OK", "{\"dropped\":1000,\"more\":true}"),
			   SCRIPTED_JSON("200 OK", "{\"dropped\":3,\"more\":false}")),
		      NULL, LIST("drop", "--all", "--yes", "--source", "a/b"));
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, "1003\n");
	assert_request(1, "DELETE /admin/dead-letters?source=a%2Fb HTTP/1.1\r\n");
	running = run(
	    LIST(SCRIPTED_JSON("200 OK", "{\"dropped\":1000,\"more\":true}"), REFUSED("503 Busy")),
	    NULL, LIST("drop", "--all", "--yes"));
	assert_int_equal(running->status, COMMAND_REFUSED);
	assert_string_equal(running->output, "1000\n");
	assert_request(0, "DELETE /admin/dead-letters?all=1 HTTP/1.1\r\n");
}

static void wrong_command_lines(void **state)
{
	(void)state;
	running_assert_contains(RUN("deadletter", "show")->errors, "give the letter's id");
	running_assert_contains(RUN("deadletter", "show", "seven")->errors,
				"\"seven\" is no id; allim deadletter list shows them");
	running_assert_contains(RUN("deadletter", "show", "7", "--body", "--json")->errors,
				"exclude each other");
	running_assert_contains(RUN("deadletter", "retry")->errors,
				"give the ids of letters, or --all");
	running_assert_contains(RUN("deadletter", "retry", "7", "--all")->errors,
				"give the ids of letters, or --all");
	running_assert_contains(RUN("deadletter", "retry", "7", "--source", "x")->errors,
				"--source is for --all");
	running_assert_contains(RUN("deadletter", "retry", "7", "8", "--file", "x")->errors,
				"--file is the message of one letter");
	running_assert_contains(RUN("deadletter", "retry", "--all", "--file", "x")->errors,
				"--file is the message of one letter");
	running_assert_contains(RUN("deadletter", "drop", "--all")->errors, "add --yes");
	running_assert_contains(RUN("deadletter", "drop", "0")->errors, "\"0\" is no id");
	assert_int_equal(RUN("deadletter", "drop", "0")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("deadletter", "list", "--admin", "x")->status, COMMAND_MISUSED);
	assert_int_equal(RUN("deadletter", "list", "--limit", "0")->status, COMMAND_MISUSED);
}

/* What answers may be anything. */
static void other_answers_are_told(void **state)
{
	static const char *const others[] = {
	    SCRIPTED_JSON("200 OK", "[]"), SCRIPTED_JSON("200 OK", "{"),
	    SCRIPTED_JSON("200 OK", "{\"dead_letters\":7}"),
	    SCRIPTED_JSON("200 OK", "{\"dead_letters\":[{\"id\":\"7\"}],\"more\":true}")};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const struct running *running = run(LIST(others[i]), NULL, LIST("list"));

		assert_int_equal(running->status, COMMAND_FAILED);
		assert_string_equal(running->output, "");
		running_assert_contains(running->errors, " the admin listener of allim?");
	}
	assert_int_equal(run(LIST(SCRIPTED_JSON("200 OK", "{}")), NULL, LIST("show", "7"))->status,
			 COMMAND_FAILED);
	assert_int_equal(run(LIST(SCRIPTED_JSON("200 OK", "{\"body\":\"data:;base64,?\"}")), NULL,
			     LIST("show", "7", "--body"))
			     ->status,
			 COMMAND_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(letters_are_listed),
	    cmocka_unit_test(pages_follow_each_other),
	    cmocka_unit_test(a_letter_is_shown),
	    cmocka_unit_test(one_that_is_refused_keeps_no_other),
	    cmocka_unit_test(a_server_that_cannot_is_not_asked_again),
	    cmocka_unit_test(all_are_tried_from_the_oldest_on),
	    cmocka_unit_test(another_message_is_sent),
	    cmocka_unit_test(letters_are_dropped),
	    cmocka_unit_test(wrong_command_lines),
	    cmocka_unit_test(other_answers_are_told),
	};

	unsetenv("ALLIM_ADMIN_URL");
	return cmocka_run_group_tests_name("deadletter", tests, NULL, NULL);
}
