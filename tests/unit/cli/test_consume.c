#include "lib/assertions.h"
#include "running.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

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

static void assert_refused_with(const char *folder)
{
	const struct running *running =
	    RUN("consume", "--sources-kafka-topic", "orders", "--data", folder, "--admin-listen",
		"127.0.0.1:0", "--listen", "127.0.0.1:0");

	assert_int_equal(running->status, COMMAND_FAILED);
	running_assert_contains(running->errors, "nobody else can read what is consumed into ");
	running_assert_contains(running->errors, "set store.location to the PostgreSQL of the "
						 "nodes that deliver");
}

/* Nobody else could read it, so it is not made. */
static void a_store_of_ones_own_will_not_do(void **state)
{
	char folder[] = "/tmp/allim-consume-XXXXXX", data[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(data, sizeof(data), "%s/data", folder);
	assert_refused_with(data);
	assert_int_equal(access(data, F_OK), -1);
	assert_int_equal(rmdir(folder), 0);
}

static void beside_a_node_that_uses_it_the_reason_is_the_same(void **state)
{
	char folder[] = "/tmp/allim-consume-XXXXXX", path[64];
	int lock;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/allim.lock", folder);
	lock = open(path, O_RDWR | O_CREAT, 0600);
	assert_true(lock >= 0);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	assert_refused_with(folder);
	close(lock);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
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
	    cmocka_unit_test(beside_a_node_that_uses_it_the_reason_is_the_same),
	    cmocka_unit_test(it_has_no_demo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
