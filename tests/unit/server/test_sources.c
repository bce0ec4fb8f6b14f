/* Which sources a node has, and what it says of them. */
#include "server/sources.h"

#include "base/buffer.h"
#include "base/log.h"
#include "lib/assertions.h"

#include <pthread.h>

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

static struct configuration *configure(void)
{
	static const struct settings_flag flags[] = {
	    {{"sources-rabbitmq-queue", 22}, "orders"},
	    {{"rabbitmq-url", 12}, "amqp://127.0.0.1:1"}, /* where nobody answers */
	};
	struct settings_sources sources = {.flags = flags, .flag_count = 2};
	struct configuration *configuration;
	struct error error;

	if (configuration_load(&sources, &configuration, &error) < 0)
		fail_msg("%s", error.text);
	return configuration;
}

/* A worker that is asked for /stats again and again, until there is a source. */
static void *look(void *argument)
{
	struct buffer out = BUFFER_EMPTY;

	do {
		buffer_clear(&out);
		sources_append(argument, &out);
	} while (out.length <= 2);
	buffer_finish(&out);
	return NULL;
}

/* ThreadSanitizer looks on. */
static void test_workers_look_while_sources_open(void **state)
{
	struct configuration *configuration = configure();
	const struct source_options options = {.configuration = configuration};
	struct sources sources = {.count = 0};
	struct error error;
	pthread_t worker;

	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(pthread_create(&worker, NULL, look, &sources), 0);
	if (sources_open(&sources, &options, &error) < 0)
		fail_msg("%s", error.text);
	assert_int_equal(sources.count, 1);
	pthread_join(worker, NULL);
	sources_close(&sources);
	assert_int_equal(sources.count, 0);
	configuration_release(configuration);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_figures),
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_wanted),
	    cmocka_unit_test(test_workers_look_while_sources_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
