/* Where sweeps stand: what an answer moves, and what it does not. */
#include "lib/assertions.h"
#include "lib/lone_worker.h"
#include "server/sweep.h"

#include <errno.h>

static struct lone_worker lone;

static int start(void **state)
{
	(void)state;
	lone_worker_start(&lone, ROUTE_ADMIN, NULL);
	lone.node.running = true;
	sweep_start(lone.worker);
	lone_worker_answer(&lone, lone_worker_take(&lone, STORE_SWEEP), 0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	lone_worker_stop(&lone);
	return 0;
}

static struct store_sweep *sweep(void)
{
	sweep_run(lone.worker);
	lone_worker_turn(&lone);
	return lone_worker_take(&lone, STORE_SWEEP);
}

static void test_the_next_sweep_begins_where_the_last_one_ended(void **state)
{
	struct store_sweep *asked = sweep();

	(void)state;
	assert_slice(asked->position, "");
	asked->position = SLICE("5");
	lone_worker_answer(&lone, asked, 0);
	asked = sweep();
	assert_slice(asked->position, "5");
	lone_worker_answer(&lone, asked, 0);
}

static void test_a_sweep_that_failed_is_repeated(void **state)
{
	struct store_sweep *asked = sweep();

	(void)state;
	asked->position = SLICE("5");
	lone_worker_answer(&lone, asked, -EAGAIN);
	asked = sweep();
	assert_slice(asked->position, "");
	lone_worker_answer(&lone, asked, 0);
}

/* A node that ends closes its store first, and the store's last answers are received afterwards. */
static void test_an_answer_may_outlive_the_store(void **state)
{
	struct hint hints[] = {{.user = SLICE("anna"), .seq = 1}};
	struct store_sweep *asked = sweep();

	(void)state;
	asked->hints = hints;
	asked->hint_count = 1;
	asked->position = SLICE("5");
	lone.node.store = NULL;
	lone.node.running = false;
	lone_worker_answer(&lone, asked, 0);
	assert_slice(buffer_slice(&lone.worker->sweep.position), "5");
}

/* What came while one was under way may be behind its snapshot. */
static void test_who_wakes_gets_a_sweep_that_begins_later(void **state)
{
	struct store_sweep *asked = sweep();

	(void)state;
	sweep_wake(lone.worker);
	sweep_wake(lone.worker);
	lone_worker_turn(&lone);
	assert_int_equal(lone.asked_count, 0);
	asked->position = SLICE("5");
	lone_worker_answer(&lone, asked, 0);
	asked = lone_worker_take(&lone, STORE_SWEEP);
	assert_slice(asked->position, "5");
	lone_worker_answer(&lone, asked, 0);
	assert_int_equal(lone.asked_count, 0);
	sweep_wake(lone.worker);
	lone_worker_turn(&lone);
	lone_worker_answer(&lone, lone_worker_take(&lone, STORE_SWEEP), 0);
}

/* A feed wakes it while the node ends: the message is received behind the feed and the store. */
static void test_a_wake_may_outlive_the_feed(void **state)
{
	(void)state;
	sweep_wake(lone.worker);
	lone.node.running = false;
	lone.node.feed = NULL;
	lone_worker_turn(&lone);
	assert_int_equal(lone.asked_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_the_next_sweep_begins_where_the_last_one_ended,
					    start, stop),
	    cmocka_unit_test_setup_teardown(test_a_sweep_that_failed_is_repeated, start, stop),
	    cmocka_unit_test_setup_teardown(test_an_answer_may_outlive_the_store, start, stop),
	    cmocka_unit_test_setup_teardown(test_who_wakes_gets_a_sweep_that_begins_later, start,
					    stop),
	    cmocka_unit_test_setup_teardown(test_a_wake_may_outlive_the_feed, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
