/* Readiness checks that wait for their proof. */
#include "server/admin.h"

#include "lib/assertions.h"
#include "lib/lone_worker.h"

#include <string.h>
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

/* Asks; the store works, and the canary is on its way. */
static int ask(void)
{
	int client = lone_worker_connect(&lone, NULL);

	lone_worker_request(&lone, client, "GET", "/health/ready", NULL, "");
	lone_worker_answer(&lone, lone_worker_take(&lone, STORE_PROBE), 0);
	assert_false(list_is_empty(&lone.worker->canaries));
	return client;
}

static void check_answer(int client, const char *text)
{
	assert_true(list_is_empty(&lone.worker->canaries));
	lone_worker_check_answer(client, text);
}

static void test_ready(void **state)
{
	int client = ask();

	(void)state;
	admin_receive_canary(lone.worker, lone.canary + 1);
	assert_string_equal(lone_worker_received(client), "");
	admin_receive_canary(lone.worker, lone.canary);
	check_answer(client, "HTTP/1.1 200");
}

static void test_not_in_time(void **state)
{
	int client = ask();

	(void)state;
	admin_expire_canaries(lone.worker);
	assert_string_equal(lone_worker_received(client), "");
	lone.worker->loop.now += 10000;
	admin_expire_canaries(lone.worker);
	check_answer(client, "\"status\":\"degraded\"");
}

/* The worker ends while a check waits whose client has gone; nothing is left. */
static void test_leaving(void **state)
{
	(void)state;
	close(ask());
	lone_worker_turn(&lone);
	lone_worker_turn(&lone);
	assert_true(list_is_empty(&lone.worker->connections));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_ready, start, stop),
	    cmocka_unit_test_setup_teardown(test_not_in_time, start, stop),
	    cmocka_unit_test_setup_teardown(test_leaving, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
