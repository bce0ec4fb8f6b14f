#include "advisor/bench_json.h"

#include "lib/assertions.h"

#include <errno.h>
#include <math.h>

static int read_text(const char *text, struct capacities *capacities, struct error *error)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
	int result;

	assert_non_null(json);
	*error = (struct error){""};
	result = bench_json_read(capacities, json, error);
	json_decref(json);
	return result;
}

/* As run-bench writes it, with rows that are no capacities and members that are not read. */
static void what_run_bench_writes(void **state)
{
	struct capacities capacities;
	struct error error;

	(void)state;
	assert_int_equal(
	    read_text(
		"[{\"name\":\"websocket_connection_memory\",\"value\":506.88,\"unit\":"
		"\"bytes\",\"yardstick\":\"event streams of allim's\",\"yardstick_value\":512,"
		"\"ratio\":0.99},"
		"{\"name\":\"broadcast_cpu\",\"value\":9.4,\"unit\":\"us/frame\"},"
		"{\"name\":\"broadcast_time\",\"value\":12.5,\"unit\":\"us/frame\"},"
		"{\"name\":\"publish_single\",\"value\":null,\"unit\":\"publishes/s\"}]",
		&capacities, &error),
	    0);
	assert_true(capacities.values[CAPACITY_SOCKET_MEMORY] == 0.495);
	assert_true(capacities.values[CAPACITY_STREAM_FRAMES] == 80000);
	assert_true(isnan(capacities.values[CAPACITY_PUBLISHES]));
	assert_true(isnan(capacities.values[CAPACITY_STREAM_MEMORY]));
}

static void assert_refused(const char *text, const char *sentence)
{
	struct capacities capacities;
	struct error error;

	assert_int_equal(read_text(text, &capacities, &error), -EINVAL);
	assert_string_equal(error.text, sentence);
}

static void what_is_something_else_is_refused(void **state)
{
	const char *no_list = "no list of measures, such as scripts/run-bench writes to bench.json";
	const char *none = "none of its measures is a capacity; run scripts/run-bench with --only "
			   "memory,poll,publish";

	(void)state;
	assert_refused("{\"machine\":{},\"samples\":[]}", no_list);
	assert_refused("7", no_list);
	assert_refused("{\"version\":2,\"results\":[]}",
		       "version 2; this allim reads the list of measures without a version");
	assert_refused("[]", none);
	assert_refused("[{\"name\":\"poll_1000\",\"value\":0,\"unit\":\"requests/s\"}]", none);
	assert_refused("[7]", "a measure has no name");
	assert_refused("[{\"name\":\"poll_1000\",\"value\":5,\"unit\":\"requests/min\"}]",
		       "the unit of poll_1000 is \"requests/min\"; this allim reads requests/s");
	assert_refused("[{\"name\":\"poll_1000\",\"value\":5}]",
		       "the unit of poll_1000 is \"\"; this allim reads requests/s");
	assert_refused("[{\"name\":\"poll_1000\",\"value\":\"5\",\"unit\":\"requests/s\"}]",
		       "the value of poll_1000 is no number");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_run_bench_writes),
	    cmocka_unit_test(what_is_something_else_is_refused),
	};

	return cmocka_run_group_tests_name("bench_json", tests, NULL, NULL);
}
