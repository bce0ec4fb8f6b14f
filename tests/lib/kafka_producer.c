/* A producer for tests, in a process of its own so that it can be killed:
 *
 *	kafka_producer BROKERS TOPIC
 *
 * sends what it is told (producer_input.h) to the topic, as docs/sources.md asks producers to: it
 * is idempotent, a message has its key, and its id is the header Idempotency-Key. It tries for as
 * long as it takes, and ends behind the last answer when its input has ended. */
#include "lib/producer_input.h"

#include <librdkafka/rdkafka.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { TURN = 5 }; /* milliseconds */

/* Where a later message is taken, an idempotent producer knows that the earlier ones were, since
 * Kafka takes no gaps; the mock cluster does. So one request at a time is under way. */
static const struct {
	const char *property;
	const char *value;
} properties[] = {
    {"enable.idempotence", "true"},
    {"max.in.flight", "1"},
    {"message.timeout.ms", "0"}, /* never */
    {"linger.ms", "0"},
    {"reconnect.backoff.max.ms", "500"},
    {"retry.backoff.ms", "50"},
    {"topic.metadata.refresh.interval.ms", "1000"},
    {"log_level", "0"},
};

static void on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *context)
{
	(void)kafka;
	(void)context;
	if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
		producer_give_up("%s", rd_kafka_err2str(message->err));
	producer_acknowledge((unsigned long)(uintptr_t)message->_private);
}

static rd_kafka_t *open_producer(const char *brokers)
{
	rd_kafka_conf_t *configuration = rd_kafka_conf_new();
	char problem[256] = "";
	rd_kafka_t *kafka;

	rd_kafka_conf_set(configuration, "bootstrap.servers", brokers, NULL, 0);
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		if (rd_kafka_conf_set(configuration, properties[i].property, properties[i].value,
				      problem, sizeof(problem)) != RD_KAFKA_CONF_OK)
			producer_give_up("%s", problem);
	}
	rd_kafka_conf_set_dr_msg_cb(configuration, on_delivery);
	kafka = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, problem, sizeof(problem));
	if (kafka == NULL)
		producer_give_up("%s", problem);
	return kafka;
}

static void send_message(rd_kafka_t *kafka, const char *topic,
			 const struct producer_message *message)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
	rd_kafka_resp_err_t code;

	if (message->id != NULL)
		rd_kafka_header_add(headers, "Idempotency-Key", -1, message->id, -1);
	code = rd_kafka_producev(
	    kafka, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(message->key, strlen(message->key)),
	    RD_KAFKA_V_VALUE((void *)(uintptr_t)message->body, strlen(message->body)),
	    RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
	    RD_KAFKA_V_OPAQUE((void *)(uintptr_t)message->number), RD_KAFKA_V_END);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		producer_give_up("%s", rd_kafka_err2str(code));
}

int main(int argument_count, char **arguments)
{
	static struct producer_input input;
	struct producer_message message;
	rd_kafka_t *kafka;

	if (argument_count != 3)
		producer_give_up("usage: kafka_producer BROKERS TOPIC");
	kafka = open_producer(arguments[1]);
	while (!input.has_ended || rd_kafka_outq_len(kafka) > 0) {
		if (producer_input_next(&input, -1, TURN, &message))
			send_message(kafka, arguments[2], &message);
		rd_kafka_poll(kafka, 0);
	}
	rd_kafka_destroy(kafka);
	return 0;
}
