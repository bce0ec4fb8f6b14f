/* Which sources a node has, and what it says of them. */
#include "server/sources.h"

#include "base/buffer.h"
#include "lib/assertions.h"

static void read_statistics(struct source *source, struct source_statistics *ret_statistics)
{
	(void)source;
	*ret_statistics = (struct source_statistics){.connected = true,
						     .received = 5,
						     .published = 3,
						     .repeated = 1,
						     .buried = 1,
						     .pauses = 4,
						     .waiting = 2};
}

static void test_figures(void **state)
{
	static const struct source_ops ops[] = {{.name = "one", .statistics = read_statistics},
						{.name = "two", .statistics = read_statistics}};
	struct source one = {.ops = &ops[0]}, two = {.ops = &ops[1]};
	struct sources sources = {.open = {&one, &two}, .count = 2};
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	sources_append(&sources, &out);
	buffer_append_byte(&out, '\0');
	assert_non_null(strstr(out.data,
			       "[{\"name\":\"one\",\"connected\":true,\"received_total\":5,"
			       "\"published_total\":3,\"repeated_total\":1,"));
	assert_non_null(strstr(out.data, "},{\"name\":\"two\","));
	buffer_clear(&out);
	sources_append_metrics(&sources, &out);
	buffer_append_byte(&out, '\0');
	assert_non_null(strstr(out.data, "# TYPE allim_source_published_total counter\n"
					 "allim_source_published_total{source=\"one\"} 3\n"
					 "allim_source_published_total{source=\"two\"} 3\n"
					 "# HELP "));
	assert_non_null(strstr(out.data, "allim_source_pauses_total{source=\"two\"} 4\n"));
	assert_non_null(strstr(out.data, "allim_source_connected{source=\"one\"} 1\n"));
	buffer_finish(&out);
}

static void test_none(void **state)
{
	struct sources sources = {.count = 0};
	struct buffer out = BUFFER_EMPTY;

	(void)state;
	sources_append_metrics(&sources, &out);
	assert_int_equal(out.length, 0);
	sources_append(&sources, &out);
	assert_buffer(out, "[]");
	buffer_finish(&out);
}

static void test_wanted(void **state)
{
	struct settings settings;

	(void)state;
	settings_init_defaults(&settings);
	assert_false(sources_are_wanted(&settings));
	settings.sources_rabbitmq_queue = "orders";
	assert_true(sources_are_wanted(&settings));
	settings.sources_rabbitmq_queue = "";
	settings.sources_kafka_topic = "orders";
	assert_true(sources_are_wanted(&settings));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_figures),
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
