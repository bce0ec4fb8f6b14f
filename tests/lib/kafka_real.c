/* Topics are made by librdkafka's own client; scripts/kafka does the rest. */
#include "lib/kafka_real.h"

#include "lib/assertions.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_BYTES = 512, REPLICAS = 1 };

const char *kafka_real_broker(void)
{
	const char *broker = getenv("ALLIM_TEST_KAFKA");

	return broker == NULL || broker[0] == '\0' ? NULL : broker;
}

bool kafka_real_has_control(void)
{
	return getenv("ALLIM_TEST_KAFKA_FOLDER") != NULL;
}

static rd_kafka_t *open_client(void)
{
	rd_kafka_conf_t *configuration = rd_kafka_conf_new();
	char problem[TEXT_BYTES];
	rd_kafka_t *client;

	rd_kafka_conf_set(configuration, "bootstrap.servers", kafka_real_broker(), NULL, 0);
	client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, problem, sizeof(problem));
	if (client == NULL)
		fail_msg("%s", problem);
	return client;
}

static void check_answer(rd_kafka_event_t *event)
{
	const rd_kafka_topic_result_t **results;
	size_t count;

	assert_non_null(event);
	if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
		fail_msg("no topic can be made: %s", rd_kafka_event_error_string(event));
	results =
	    rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
	assert_int_equal(count, 1);
	if (rd_kafka_topic_result_error(results[0]) != RD_KAFKA_RESP_ERR_NO_ERROR)
		fail_msg("the topic cannot be made: %s",
			 rd_kafka_topic_result_error_string(results[0]));
}

void kafka_real_create(const char *topic, unsigned partitions)
{
	rd_kafka_t *client = open_client();
	rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
	char problem[TEXT_BYTES];
	rd_kafka_NewTopic_t *wanted =
	    rd_kafka_NewTopic_new(topic, (int)partitions, REPLICAS, problem, sizeof(problem));
	rd_kafka_event_t *event;

	assert_non_null(wanted);
	rd_kafka_CreateTopics(client, &wanted, 1, NULL, queue);
	event = rd_kafka_queue_poll(queue, -1);
	check_answer(event);
	rd_kafka_event_destroy(event);
	rd_kafka_NewTopic_destroy(wanted);
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy(client);
}

void kafka_real_control(const char *order)
{
	const char *folder = getenv("ALLIM_TEST_KAFKA_FOLDER");
	char command[TEXT_BYTES];
	int length;

	assert_non_null(folder);
	length = snprintf(command, sizeof(command), "'%s' %s '%s' >/dev/null", KAFKA_SCRIPT, order,
			  folder);
	assert_true(length > 0 && (size_t)length < sizeof(command));
	assert_int_equal(system(command), 0);
}
