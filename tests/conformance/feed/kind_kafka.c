/* Kafka: a mock cluster of three brokers, or a real one (kafka_server.h), where the feed makes its
 * topic itself. */
#include "conformance/feed/conformance.h"

#include "lib/kafka_server.h"

#include <stdlib.h>

enum { BROKERS = 3, PARTITIONS = 4 };

struct place {
	struct kafka_server server;
	char topic[KAFKA_SERVER_TOPIC_BYTES];
};

static void *start(void)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	kafka_server_name_topic("hints", place->topic);
	kafka_server_start(&place->server, BROKERS);
	if (!kafka_server_is_real(&place->server))
		kafka_server_create(&place->server, place->topic, PARTITIONS);
	return place;
}

static void stop(void *context)
{
	struct place *place = context;

	kafka_server_finish(&place->server);
	free(place);
}

static void prepare(void *context, struct settings *settings)
{
	struct place *place = context;

	settings->kafka_brokers = place->server.brokers;
	settings->kafka_topic = place->topic;
	settings->kafka_partitions = PARTITIONS;
}

const struct conformance_kind conformance_kafka = {
    .name = "kafka",
    .ops = &kafka_feed_ops,
    .start = start,
    .stop = stop,
    .prepare = prepare,
};
