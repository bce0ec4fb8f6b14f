/* Room for connections: when accepting stops, and when it goes on. */
#include "lib/assertions.h"
#include "lib/lone_worker.h"

#include <sys/resource.h>
#include <unistd.h>

enum { LIMIT = 130, ROOM = LIMIT / 64 + 1, CLIENTS = LIMIT + 20 };

static struct lone_worker lone;
static int clients[CLIENTS];

static int start(void **state)
{
	(void)state;
	lone_worker_start(&lone, ROUTE_PUBLIC, NULL);
	lone.node.connection_limit = LIMIT;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	lone_worker_stop(&lone);
	return 0;
}

static void connect_all(void)
{
	struct error error;

	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = socket_connect(&lone.address, &error);
		assert_true(clients[i] >= 0);
	}
	for (int i = 0; i < 10; i++)
		lone_worker_turn(&lone);
}

static void close_from(int first, int count)
{
	for (int i = first; i < first + count; i++) {
		close(clients[i]);
		lone_worker_turn(&lone);
	}
}

static void test_limit(void **state)
{
	const struct acceptor *acceptor = &lone.worker->acceptor;

	(void)state;
	connect_all();
	assert_int_equal(lone.node.connections, LIMIT);
	assert_false(acceptor->accepting);
	assert_true(acceptor->crowded);
	close_from(0, ROOM - 1);
	lone_worker_turn(&lone);
	assert_false(acceptor->accepting);
	assert_int_equal(lone.node.connections, LIMIT - ROOM + 1);
	close_from(ROOM - 1, 1);
	for (int i = 0; i < 3; i++)
		lone_worker_turn(&lone);
	assert_int_equal(lone.node.connections, LIMIT); /* those that waited got in */
	assert_false(acceptor->accepting);
	close_from(ROOM, CLIENTS - ROOM);
	for (int i = 0; i < 5; i++)
		lone_worker_turn(&lone);
	assert_true(acceptor->accepting);
	assert_int_equal(lone.node.connections, 0);
	assert_true(acceptor->crowded); /* for it was so just now */
	acceptor_keep(lone.worker);
	assert_true(acceptor->crowded);
	lone.worker->loop.now += 10000;
	acceptor_keep(lone.worker);
	assert_false(acceptor->crowded);
}

/* Once a second a place that is free is given, and what was short may be there again. */
static void test_files_run_out(void **state)
{
	const struct acceptor *acceptor = &lone.worker->acceptor;
	struct rlimit limit, none;
	struct error error;
	int client;

	(void)state;
	client = socket_connect(&lone.address, &error);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)client; /* all below are in use */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	lone_worker_turn(&lone);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_false(acceptor->accepting);
	lone_worker_turn(&lone);
	assert_false(acceptor->accepting);
	acceptor_keep(lone.worker);
	assert_true(acceptor->accepting);
	lone_worker_turn(&lone);
	assert_int_equal(lone.node.connections, 1);
	close(client);
}

static int start_admin(void **state)
{
	(void)state;
	lone_worker_start(&lone, ROUTE_ADMIN, NULL);
	lone.node.admin_connection_limit = LIMIT;
	return 0;
}

/* Administrators have their own places, which are not counted among the users'. */
static void test_admin_limit(void **state)
{
	const struct acceptor *acceptor = &lone.worker->acceptor;

	(void)state;
	connect_all();
	assert_int_equal(metrics_get(&lone.worker->metrics, METRIC_CONNECTIONS), LIMIT);
	assert_int_equal(lone.node.connections, 0);
	assert_false(acceptor->accepting);
	close_from(0, CLIENTS);
	for (int i = 0; i < 5; i++)
		lone_worker_turn(&lone);
	assert_true(acceptor->accepting);
	assert_int_equal(metrics_get(&lone.worker->metrics, METRIC_CONNECTIONS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_limit, start, stop),
	    cmocka_unit_test_setup_teardown(test_files_run_out, start, stop),
	    cmocka_unit_test_setup_teardown(test_admin_limit, start_admin, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
