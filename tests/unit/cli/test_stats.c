#include "lib/assertions.h"
#include "running.h"
#include "scripted_server.h"

#include <stdlib.h>

#define FIGURES SCRIPTED_JSON("200 OK", "{\"version\":\"1\",\"store\":{\"heads\":3}}")

static const struct running *run(struct scripted_server *server, const char *const *answers,
				 const char *flag)
{
	const struct running *running;

	scripted_server_start(server, answers, false);
	running = RUN("stats", "--admin", server->url, flag);
	scripted_server_stop(server);
	return running;
}

static void figures_are_a_table_or_json(void **state)
{
	static const char *const answers[] = {FIGURES, NULL};
	static struct scripted_server server;
	const struct running *running = run(&server, answers, NULL);

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, "version                       1\n"
					     "store\n"
					     "  heads                       3\n");
	assert_non_null(strstr(server.requests[0], "GET /stats HTTP/1.1\r\n"));
	running = run(&server, answers, "--json");
	assert_string_equal(running->output, "{\"version\":\"1\",\"store\":{\"heads\":3}}\n");
}

static void watching_goes_on_until_the_server_ends(void **state)
{
	static const char *const answers[] = {FIGURES, FIGURES, SCRIPTED_JSON("503 Busy", ""),
					      NULL};
	static struct scripted_server server;
	const struct running *running = run(&server, answers, "--watch=100ms");

	(void)state;
	assert_int_equal(running->status, COMMAND_REFUSED);
	assert_string_equal(running->output, "version                       1\n"
					     "store\n"
					     "  heads                       3\n\n"
					     "version                       1\n"
					     "store\n"
					     "  heads                       3\n\n");
}

static void other_answers_are_told(void **state)
{
	static const char *const others[] = {SCRIPTED_JSON("200 OK", "[]"),
					     SCRIPTED_JSON("200 OK", "{}"),
					     SCRIPTED_JSON("200 OK", "{\"version\":[]}")};
	static struct scripted_server server;
	const struct running *running;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		running = run(&server, (const char *const[]){others[i], NULL}, NULL);
		assert_int_equal(running->status, COMMAND_FAILED);
		assert_string_equal(running->output, "");
		running_assert_contains(running->errors, " the admin listener of allim?");
	}
	running = run(
	    &server,
	    (const char *const[]){SCRIPTED_JSON("401 No", "{\"detail\":\"log \\u001b in\"}"), NULL},
	    NULL);
	assert_int_equal(running->status, COMMAND_REFUSED);
	running_assert_contains(running->errors,
				"allim stats: the server refused (401): log \\x1b in; is http");
	assert_int_equal(RUN("stats", "--admin", server.url)->status, COMMAND_UNREACHABLE);
	assert_int_equal(RUN("stats", "--admin", "x")->status, COMMAND_MISUSED);
}

static void the_variable_names_the_listener(void **state)
{
	static const char *const answers[] = {FIGURES, NULL};
	static struct scripted_server server;

	(void)state;
	scripted_server_start(&server, answers, false);
	setenv("ALLIM_ADMIN_URL", server.url, 1);
	assert_int_equal(RUN("stats")->status, COMMAND_DONE);
	unsetenv("ALLIM_ADMIN_URL");
	scripted_server_stop(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(figures_are_a_table_or_json),
	    cmocka_unit_test(watching_goes_on_until_the_server_ends),
	    cmocka_unit_test(other_answers_are_told),
	    cmocka_unit_test(the_variable_names_the_listener),
	};

	return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
