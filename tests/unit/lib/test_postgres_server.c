#include "lib/postgres_server.h"

#include "lib/assertions.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* One server for all tests: making one takes seconds. */
static struct postgres_server *server;

static int start(void **state)
{
	(void)state;
	server = postgres_server_create(NULL);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	postgres_server_destroy(server);
	return 0;
}

static void test_answers(void **state)
{
	(void)state;
	assert_string_equal(postgres_server_ask(server, NULL, "SELECT 6 * 7"), "42");
	assert_string_equal(postgres_server_ask(server, NULL, "SELECT 1 WHERE false"), "");
	assert_string_equal(postgres_server_ask(server, NULL, "SHOW server_encoding"), "UTF8");
	assert_string_equal(postgres_server_ask(server, NULL, "SHOW fsync"), "on");
	assert_string_equal(postgres_server_ask(server, NULL, "SHOW listen_addresses"),
			    "127.0.0.1");
	assert_string_equal(postgres_server_ask(server, NULL, "SELECT current_user"),
			    POSTGRES_SERVER_USER);
}

static void test_databases_are_apart(void **state)
{
	char first[POSTGRES_SERVER_URL_BYTES], second[POSTGRES_SERVER_URL_BYTES];

	(void)state;
	postgres_server_create_database(server, first);
	postgres_server_create_database(server, second);
	postgres_server_run(server, first, "CREATE TABLE t (n int); INSERT INTO t VALUES (5)");
	postgres_server_run(server, second, "CREATE TABLE t (n int)");
	assert_string_equal(postgres_server_ask(server, first, "SELECT n FROM t"), "5");
	assert_string_equal(postgres_server_ask(server, second, "SELECT n FROM t"), "");
	postgres_server_drop_database(server, first);
	postgres_server_drop_database(server, second);
	assert_string_equal(
	    postgres_server_ask(server, NULL,
				"SELECT count(*) FROM pg_database WHERE datname LIKE 'test%'"),
	    "0");
}

/* What was committed is there after either end; a connection does not survive. */
static void check_end(void (*end)(struct postgres_server *server))
{
	uint16_t port = postgres_server_port(server);
	char url[POSTGRES_SERVER_URL_BYTES];
	PGconn *connection, *refused;

	postgres_server_create_database(server, url);
	postgres_server_run(server, url, "CREATE TABLE t (n int); INSERT INTO t VALUES (7)");
	connection = postgres_server_connect(server, url);
	end(server);
	refused = PQconnectdb(url);
	assert_int_equal(PQstatus(refused), CONNECTION_BAD);
	PQfinish(refused);
	postgres_server_start(server);
	assert_int_equal(postgres_server_port(server), port);
	PQclear(PQexec(connection, "SELECT 1"));
	assert_int_equal(PQstatus(connection), CONNECTION_BAD);
	PQfinish(connection);
	assert_string_equal(postgres_server_ask(server, url, "SELECT n FROM t"), "7");
	postgres_server_drop_database(server, url);
}

static void test_stop(void **state)
{
	(void)state;
	check_end(postgres_server_stop);
	assert_null(strstr(postgres_server_log(server), "was not properly shut down"));
}

static void test_kill(void **state)
{
	(void)state;
	check_end(postgres_server_kill);
	assert_non_null(strstr(postgres_server_log(server), "was not properly shut down"));
}

static bool is_readable(PGconn *connection, int milliseconds)
{
	struct pollfd descriptor = {.fd = PQsocket(connection), .events = POLLIN};

	return poll(&descriptor, 1, milliseconds) > 0;
}

/* The kernel takes the question; the answer comes only when the server goes on. Silence cannot be
 * waited for, so a moment of it must do; a server that is not frozen answers in less. */
static void test_freeze(void **state)
{
	PGconn *connection = postgres_server_connect(server, NULL);
	PGresult *result;

	(void)state;
	postgres_server_freeze(server);
	assert_int_equal(PQsendQuery(connection, "SELECT 1"), 1);
	assert_false(is_readable(connection, 200));
	postgres_server_thaw(server);
	assert_true(is_readable(connection, -1));
	result = PQgetResult(connection);
	assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
	PQclear(result);
	PQfinish(connection);
}

static void test_frozen_server_is_killed(void **state)
{
	(void)state;
	postgres_server_freeze(server);
	postgres_server_kill(server);
	postgres_server_start(server);
	assert_string_equal(postgres_server_ask(server, NULL, "SELECT 1"), "1");
}

static void test_password_and_settings(void **state)
{
	static const char *const settings[] = {"max_connections=23", "log_statement=all", NULL};
	struct postgres_server *guarded = postgres_server_create(&(struct postgres_server_options){
	    .password = "open \"sesame\"", .is_volatile = true, .settings = settings});
	char url[POSTGRES_SERVER_URL_BYTES];
	PGconn *refused;

	(void)state;
	assert_string_equal(postgres_server_ask(guarded, NULL, "SHOW fsync"), "off");
	assert_string_equal(postgres_server_ask(guarded, NULL, "SHOW max_connections"), "23");
	postgres_server_url(guarded, "postgres", url);
	refused = PQconnectdb(url);
	assert_int_equal(PQstatus(refused), CONNECTION_BAD);
	PQfinish(refused);
	postgres_server_destroy(guarded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_databases_are_apart),
	    cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_kill),
	    cmocka_unit_test(test_freeze),
	    cmocka_unit_test(test_frozen_server_is_killed),
	    cmocka_unit_test(test_password_and_settings),
	};

	return cmocka_run_group_tests(tests, start, finish);
}
