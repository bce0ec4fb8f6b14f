/* Kafka: a mock cluster of three brokers, or a real one (kafka_server.h), and an idempotent
 * producer. */
#include "conformance/source/conformance.h"

#include "lib/kafka_server.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>

enum { PARTITIONS = 4 };

struct place {
	struct kafka_server server;
	rd_kafka_t *producer;
	char topic[KAFKA_SERVER_TOPIC_BYTES];
	unsigned acknowledged;
};

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *context)
{
	struct place *place = context;

	(void)producer;
	if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
		fail_msg("the producer failed: %s", rd_kafka_err2str(message->err));
	place->acknowledged++;
}

static void open_producer(struct place *place)
{
	rd_kafka_conf_t *configuration = rd_kafka_conf_new();
	char problem[256];

	rd_kafka_conf_set(configuration, "bootstrap.servers", place->server.brokers, NULL, 0);
	rd_kafka_conf_set(configuration, "enable.idempotence", "true", NULL, 0);
	rd_kafka_conf_set(configuration, "linger.ms", "0", NULL, 0);
	rd_kafka_conf_set(configuration, "log_level", "0", NULL, 0);
	rd_kafka_conf_set_dr_msg_cb(configuration, on_delivery);
	rd_kafka_conf_set_opaque(configuration, place);
	place->producer = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, problem, sizeof(problem));
	if (place->producer == NULL)
		fail_msg("%s", problem);
}

static void *start(void)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	kafka_server_start(&place->server, 3);
	open_producer(place);
	return place;
}

static void stop(void *context)
{
	struct place *place = context;

	rd_kafka_destroy(place->producer);
	kafka_server_finish(&place->server);
	free(place);
}

static void prepare(void *context, struct settings *settings)
{
	struct place *place = context;

	kafka_server_name_topic("orders", place->topic);
	kafka_server_create(&place->server, place->topic, PARTITIONS);
	settings->kafka_brokers = place->server.brokers;
	settings->sources_kafka_topic = place->topic;
	settings->sources_kafka_group = place->topic;
}

/* The mock deletes no topics, so it is another one, whose place the settings point to. */
static bool make_again(void *context)
{
	struct place *place = context;

	if (kafka_server_is_real(&place->server))
		return false;
	rd_kafka_destroy(place->producer);
	kafka_server_finish(&place->server);
	kafka_server_start(&place->server, 3);
	open_producer(place);
	kafka_server_create(&place->server, place->topic, PARTITIONS);
	return true;
}

static void send_message(void *context, const char *user, const char *key, const char *body)
{
	struct place *place = context;
	unsigned before = place->acknowledged;
	rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
	rd_kafka_resp_err_t code;

	if (key != NULL)
		rd_kafka_header_add(headers, "Idempotency-Key", -1, key, -1);
	code = rd_kafka_producev(
	    place->producer, RD_KAFKA_V_TOPIC(place->topic), RD_KAFKA_V_KEY(user, strlen(user)),
	    RD_KAFKA_V_VALUE((void *)(uintptr_t)body, (body == NULL ? 0 : strlen(body))),
	    RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
	assert_int_equal(code, RD_KAFKA_RESP_ERR_NO_ERROR);
	while (place->acknowledged == before)
		rd_kafka_poll(place->producer, 100);
}

static void go_down(void *context)
{
	kafka_server_down(&((struct place *)context)->server);
}

static void come_up(void *context)
{
	kafka_server_up(&((struct place *)context)->server);
}

const struct conformance_kind conformance_kafka = {
    .name = "kafka",
    .has_positions = true,
    .has_tombstones = true,
    .shares = true,
    .start = start,
    .stop = stop,
    .prepare = prepare,
    .make_again = make_again,
    .send = send_message,
    .go_down = go_down,
    .come_up = come_up,
};
