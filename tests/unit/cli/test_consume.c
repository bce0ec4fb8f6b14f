#include "lib/assertions.h"
#include "running.h"

#include <stdlib.h>

static void its_help_lists_settings(void **state)
{
	const struct running *running = RUN("consume", "--help");

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	running_assert_contains(running->output, "--sources-kafka-topic");
}

static void without_a_queue_there_is_nothing_to_do(void **state)
{
	const struct running *running = RUN("consume");

	(void)state;
	assert_int_equal(running->status, COMMAND_FAILED);
	running_assert_contains(running->errors, "allim consume: there is nothing to consume; set "
						 "sources.kafka.topic or sources.rabbitmq.queue");
}

/* Nobody else could read it. */
static void a_store_of_ones_own_will_not_do(void **state)
{
	char folder[] = "/tmp/allim-consume-XXXXXX";
	const struct running *running;

	(void)state;
	assert_non_null(mkdtemp(folder));
	running = RUN("consume", "--sources-kafka-topic", "orders", "--data", folder,
		      "--admin-listen", "127.0.0.1:0", "--listen", "127.0.0.1:0");
	assert_int_equal(running->status, COMMAND_FAILED);
	running_assert_contains(running->errors, "set store.location to the PostgreSQL of the "
						 "nodes that deliver");
}

static void it_has_no_demo(void **state)
{
	(void)state;
	assert_int_equal(RUN("consume", "--demo")->status, COMMAND_MISUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(its_help_lists_settings),
	    cmocka_unit_test(without_a_queue_there_is_nothing_to_do),
	    cmocka_unit_test(a_store_of_ones_own_will_not_do),
	    cmocka_unit_test(it_has_no_demo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
