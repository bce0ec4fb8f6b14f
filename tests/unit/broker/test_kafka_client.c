/* Closing a client whose threads end, and one whose threads do not. librdkafka's end is replaced by
 * one that waits for as long as the test wants. */
#include "broker/kafka_client.h"

#include "config/settings.h"
#include "lib/assertions.h"
#include "lib/captured_log.h"

#include <dlfcn.h>
#include <semaphore.h>
#include <unistd.h>

#define LEFT "threads of librdkafka do not end"

static sem_t may_end, has_ended;

void rd_kafka_destroy_flags(rd_kafka_t *kafka, int flags)
{
	void (*end)(rd_kafka_t *, int);

	*(void **)&end = dlsym(RTLD_NEXT, "rd_kafka_destroy_flags");
	assert_non_null(end);
	sem_wait(&may_end);
	end(kafka, flags);
	sem_post(&has_ended);
}

static void open_client(struct kafka_client *client)
{
	rd_kafka_conf_t *configuration;
	struct settings settings;
	struct error error = {""};

	settings_init_defaults(&settings);
	settings.kafka_brokers = "127.0.0.1:1";
	if (kafka_client_configure(&settings, &configuration, &error) < 0 ||
	    kafka_client_open(client, RD_KAFKA_PRODUCER, configuration, &error) < 0)
		fail_msg("%s", error.text);
}

static int setup(void **state)
{
	(void)state;
	return sem_init(&may_end, 0, 0) != 0 || sem_init(&has_ended, 0, 0) != 0;
}

static void test_threads_that_end(void **state)
{
	struct kafka_client client;
	struct captured_log log;

	(void)state;
	open_client(&client);
	captured_log_start(&log);
	sem_post(&may_end);
	kafka_client_close(&client);
	assert_int_equal(captured_log_count(&log, LEFT), 0);
	captured_log_end(&log);
	assert_int_equal(sem_trywait(&has_ended), 0);
	assert_null(client.kafka);
	kafka_client_close(&client);
}

/* The caller goes on, and stops. */
static void test_threads_that_do_not_end(void **state)
{
	struct kafka_client client;
	struct captured_log log;
	int descriptor;

	(void)state;
	open_client(&client);
	descriptor = client.descriptor;
	captured_log_start(&log);
	kafka_client_close(&client);
	assert_int_equal(captured_log_count(&log, LEFT), 1);
	captured_log_end(&log);
	assert_null(client.kafka);
	assert_int_equal(sem_trywait(&has_ended), -1);
	sem_post(&may_end);
	sem_wait(&has_ended);
	close(descriptor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_threads_that_end, setup),
	    cmocka_unit_test_setup(test_threads_that_do_not_end, setup),
	};

	return cmocka_run_group_tests_name("kafka_client", tests, NULL, NULL);
}
