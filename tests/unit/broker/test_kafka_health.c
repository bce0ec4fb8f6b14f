/* Statistics as librdkafka writes them, cut to what is read. */
#include "broker/kafka_health.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <stdio.h>

#define BROKERS                                               \
	"{\"tx\":42,\"brokers\":{"                            \
	"\"a:1/bootstrap\":{\"nodeid\":-1,\"state\":\"%s\"}," \
	"\"a:1/1\":{\"nodeid\":1,\"state\":\"UP\"},"          \
	"\"a:2/2\":{\"nodeid\":2,\"state\":\"%s\"}}"

#define PARTITION(number, broker, unknown)                                                        \
	"\"" #number "\":{\"partition\":" #number ",\"broker\":" #broker ",\"unknown\":" #unknown \
	"}"

static const char partitions[] =
    ",\"topics\":{\"t\":{\"partitions\":{" PARTITION(0, 1, false) "," PARTITION(
	1, 2, false) "," PARTITION(-1, -1, false) "," PARTITION(2, -1, true) "}}}}";

static struct kafka_health read_health(const char *second, const char *rest)
{
	struct kafka_health health = {.requests = 1};
	char text[1024];

	snprintf(text, sizeof(text), BROKERS "%s", "DOWN", second, rest);
	assert_int_equal(kafka_health_read(slice_from_string(text), "t", &health), 0);
	assert_int_equal(health.requests, 42);
	assert_true(health.any_up);
	return health;
}

static void test_partitions(void **state)
{
	(void)state;
	assert_int_equal(read_health("UP", partitions).partitions, 2);
	assert_true(read_health("UP", partitions).all_up);
	assert_true(read_health("UPDATE", partitions).all_up);
	assert_false(read_health("CONNECT", partitions).all_up);
}

static void test_no_topic(void **state)
{
	(void)state;
	assert_int_equal(read_health("UP", "}").partitions, 0);
	assert_false(read_health("UP", "}").all_up);
	assert_int_equal(read_health("UP", ",\"topics\":{\"u\":{}}}").partitions, 0);
}

static void test_partition_without_leader(void **state)
{
	static const char rest[] =
	    ",\"topics\":{\"t\":{\"partitions\":{" PARTITION(0, -1, false) "}}}}";

	(void)state;
	assert_int_equal(read_health("UP", rest).partitions, 1);
	assert_false(read_health("UP", rest).all_up);
}

static void test_junk(void **state)
{
	struct kafka_health health = {.requests = 1};

	(void)state;
	assert_int_equal(kafka_health_read(SLICE("{\"tx\":"), "t", &health), -EPROTO);
	assert_int_equal(health.requests, 1);
	assert_int_equal(kafka_health_read(SLICE("[]"), "t", &health), 0);
	assert_int_equal(health.partitions, 0);
	assert_false(health.any_up);
}

static void test_out_of_memory(void **state)
{
	struct kafka_health health = {.requests = 1};
	bool failed = true;

	(void)state;
	for (unsigned n = 1; failed; n++) {
		int result;

		failing_allocator_fail_at(n);
		result = kafka_health_read(SLICE("{\"tx\":3,\"brokers\":{}}"), "t", &health);
		failed = failing_allocator_reset();
		assert_int_equal(result, failed ? -ENOMEM : 0);
	}
	assert_int_equal(health.requests, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_partitions),
	    cmocka_unit_test(test_no_topic),
	    cmocka_unit_test(test_partition_without_leader),
	    cmocka_unit_test(test_junk),
	    cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
