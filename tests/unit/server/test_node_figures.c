#include "server/node_figures.h"

#include "lib/assertions.h"

static struct node_figures figures_of(const char *text)
{
	json_t *object = json_loads(text, 0, NULL);
	struct node_figures figures;

	node_figures_read(object, &figures);
	json_decref(object);
	return figures;
}

static void test_rates_come_from_two_samples(void **state)
{
	struct node_sample before = {.taken_at = 1000}, after = {.taken_at = 6000};
	struct node_figures figures;

	(void)state;
	before.counters[NODE_FIGURE_publishes_per_second] = 100;
	after.counters[NODE_FIGURE_publishes_per_second] = 150;
	before.counters[NODE_FIGURE_streams] = 7;
	after.counters[NODE_FIGURE_streams] = 3;
	after.latency[4] = 9;
	node_figures_compare(&before, &after, &figures);
	assert_true(figures.values[NODE_FIGURE_publishes_per_second] == 10);
	assert_true(figures.values[NODE_FIGURE_streams] == 3);
	assert_int_equal(figures.latency[4], 9);
	/* The first beat has nothing to compare with. */
	node_figures_compare(&after, &after, &figures);
	assert_true(figures.values[NODE_FIGURE_publishes_per_second] == 0);
}

static void test_what_is_told_is_read(void **state)
{
	struct node_figures told = {.values = {0}}, read;
	struct buffer text = BUFFER_EMPTY;

	(void)state;
	for (int i = 0; i < NODE_FIGURES; i++)
		told.values[i] = i * 1.25;
	told.values[NODE_FIGURE_memory_bytes] = 12345678901;
	told.latency[METRICS_BUCKETS - 1] = 3;
	buffer_append_byte(&text, '{');
	node_figures_append(&told, &text);
	buffer_append_byte(&text, ',');
	node_figures_append_latency(&told, &text);
	buffer_append(&text, SLICE("}\0"));
	read = figures_of(text.data);
	buffer_finish(&text);
	for (int i = 0; i < NODE_FIGURES; i++)
		assert_true(read.values[i] == told.values[i]);
	assert_memory_equal(read.latency, told.latency, sizeof(read.latency));
}

/* Of a node of another version, or of nobody. */
static void test_what_is_missing_counts_as_nothing(void **state)
{
	struct node_figures figures;

	(void)state;
	node_figures_read(NULL, &figures);
	assert_true(figures.values[NODE_FIGURE_streams] == 0);
	figures = figures_of("{\"streams\":\"many\",\"users\":4,\"latency\":[1]}");
	assert_true(figures.values[NODE_FIGURE_streams] == 0);
	assert_true(figures.values[NODE_FIGURE_users] == 4);
	assert_int_equal(figures.latency[0], 1);
	assert_int_equal(figures.latency[1], 0);
}

static void test_the_summary_is_of_all(void **state)
{
	struct node_figures sum = figures_of("{\"streams\":30,\"users\":20,\"deliveries\":90}");
	struct node_figures other =
	    figures_of("{\"streams\":10,\"users\":0,\"deliveries_behind\":10,\"latency\":[0,0,5]}");
	struct buffer text = BUFFER_EMPTY;

	(void)state;
	node_figures_add(&sum, &other);
	node_figures_append_summary(&sum, &text);
	assert_slice(buffer_slice(&text), "\"tabs_per_user\":2,\"delivery_success_rate\":0.9,"
					  "\"latency_ms\":{\"p50\":0.200,\"p99\":0.200}");
	buffer_clear(&text);
	node_figures_read(NULL, &sum);
	node_figures_append_summary(&sum, &text);
	assert_slice(buffer_slice(&text), "\"tabs_per_user\":null,\"delivery_success_rate\":null,"
					  "\"latency_ms\":{\"p50\":null,\"p99\":null}");
	buffer_finish(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rates_come_from_two_samples),
	    cmocka_unit_test(test_what_is_told_is_read),
	    cmocka_unit_test(test_what_is_missing_counts_as_nothing),
	    cmocka_unit_test(test_the_summary_is_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
