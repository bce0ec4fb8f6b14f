#include "config/settings_reference.h"

#include "lib/assertions.h"
#include "running.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SECRET "32 bytes and more that are secret"

static char path[] = "/tmp/allim-config-XXXXXX";

static void write_file(const char *content)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(content, file);
	assert_int_equal(fclose(file), 0);
}

static void a_fine_file_is_fine(void **state)
{
	char line[64];
	const struct running *running;

	(void)state;
	write_file("http:\n  workers: 2\n");
	running = RUN("config", "check", path);
	snprintf(line, sizeof(line), "%s: fine\n", path);
	assert_int_equal(running->status, COMMAND_DONE);
	assert_string_equal(running->output, line);
	setenv("ALLIM_CONFIG", path, 1);
	assert_string_equal(RUN("config", "check")->output, line);
	unsetenv("ALLIM_CONFIG");
	assert_string_equal(RUN("config", "check")->output, "environment: fine\n");
}

static void a_mistake_is_one_line_and_status_1(void **state)
{
	const struct running *running;
	char line[64];

	(void)state;
	write_file("http:\n  lisen: 127.0.0.1:80\n");
	running = RUN("config", "check", path);
	snprintf(line, sizeof(line), "allim config check: %s:2:3: ", path);
	assert_int_equal(running->status, COMMAND_FAILED);
	assert_string_equal(running->output, "");
	running_assert_contains(running->errors, line);
	running_assert_contains(running->errors, "http.listen");
	assert_ptr_equal(strchr(running->errors, '\n'),
			 running->errors + strlen(running->errors) - 1);
	assert_int_equal(RUN("config", "check", "/nowhere.yaml")->status, COMMAND_FAILED);
}

static void the_default_file_passes_its_own_check(void **state)
{
	const struct running *running = RUN("config", "default");

	(void)state;
	assert_int_equal(running->status, COMMAND_DONE);
	write_file(running->output);
	assert_int_equal(RUN("config", "check", path)->status, COMMAND_DONE);
}

/* What a start would refuse is not fine, however well it is written. */
static void what_a_node_refuses_is_refused(void **state)
{
	const struct running *running;

	(void)state;
	write_file("method: smoke\n");
	running = RUN("config", "check", path);
	assert_int_equal(running->status, COMMAND_FAILED);
	running_assert_contains(running->errors, "smoke");
	assert_string_equal(running->output, "");
	write_file("http:\n  workers: 2\n");
	unsetenv("ALLIM_JWT_SECRET");
	running = RUN("config", "check", path);
	assert_int_equal(running->status, COMMAND_FAILED);
	running_assert_contains(running->errors, "no key for users' tokens");
	assert_string_equal(running->output, "");
	setenv("ALLIM_JWT_SECRET", SECRET, 1);
}

/* Without a broker: what its address and its user may be is known before. */
static void what_a_broker_cannot_be_asked_with_is_refused(void **state)
{
	static const struct {
		const char *settings, *sentence;
	} rows[] = {
	    {"method: kafka\nkafka: {brokers: 'http://kafka:9092'}\n", "kafka.brokers has"},
	    {"method: sse\ndelivery: {feed: kafka}\nkafka: {security: sasl_tls}\n",
	     "set kafka.user, and kafka.password_file"},
	    {"method: rabbitmq\nrabbitmq: {url: 'rabbit:5672'}\n",
	     "rabbitmq.url must begin with amqp://"},
	    {"method: sse-redis\nredis: {url: 'redis://a,b'}\n", "set redis.cluster to true"},
	    {"kafka: {brokers: ','}\nsources: {kafka: {topic: orders}}\n", "kafka.brokers has"},
	    {"rabbitmq: {url: 'rabbit'}\nsources: {rabbitmq: {queue: orders}}\n", "rabbitmq.url"},
	    {"kafka: {topic: orders}\nsources: {kafka: {topic: orders}}\n",
	     "kafka.topic and sources.kafka.topic are both orders"},
	    {"sources: {kafka: {topic: or ders}}\n", "sources.kafka.topic"},
	    {"kafka: {brokers: 'kafka:0'}\nsources: {kafka: {topic: orders}}\n",
	     "HOST:PORT, or HOST for port 9092"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct running *running;

		write_file(rows[i].settings);
		running = RUN("config", "check", path);
		running_assert_contains(running->errors, rows[i].sentence);
		assert_int_equal(running->status, COMMAND_FAILED);
	}
	write_file("kafka: {brokers: ','}\nrabbitmq: {url: 'rabbit'}\n");
	assert_int_equal(RUN("config", "check", path)->status, COMMAND_DONE);
}

static void the_reference_is_the_settings_own(void **state)
{
	const struct running *running = RUN("config", "reference");
	struct buffer expected = BUFFER_EMPTY;

	(void)state;
	settings_reference_append_markdown(&expected);
	assert_buffer(expected, running->output);
	buffer_finish(&expected);
}

static int set_up(void **state)
{
	int descriptor = mkstemp(path);

	(void)state;
	unsetenv("ALLIM_CONFIG");
	setenv("ALLIM_JWT_SECRET", SECRET, 1);
	return descriptor < 0 ? -1 : close(descriptor);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_fine_file_is_fine),
	    cmocka_unit_test(a_mistake_is_one_line_and_status_1),
	    cmocka_unit_test(the_default_file_passes_its_own_check),
	    cmocka_unit_test(what_a_node_refuses_is_refused),
	    cmocka_unit_test(what_a_broker_cannot_be_asked_with_is_refused),
	    cmocka_unit_test(the_reference_is_the_settings_own),
	};

	return cmocka_run_group_tests_name("config", tests, set_up, tear_down);
}
