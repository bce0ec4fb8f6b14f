/* Kafka: a mock cluster of three brokers, or the real one that ALLIM_TEST_KAFKA names (HOST:PORT),
 * where the feed makes its topic itself. */
#include "conformance/feed/conformance.h"

#include "base/random.h"
#include "lib/kafka_server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { BROKERS = 3, PARTITIONS = 4 };

struct place {
	struct kafka_server server;
	const char *brokers;
	char topic[64];
	bool is_real;
};

static void *start(void)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	snprintf(place->topic, sizeof(place->topic), "allim-test-%" PRIx64, random_system_seed());
	place->brokers = getenv("ALLIM_TEST_KAFKA");
	place->is_real = place->brokers != NULL;
	if (place->is_real)
		return place;
	kafka_server_start(&place->server, BROKERS);
	kafka_server_tell(&place->server, "create %s %d", place->topic, PARTITIONS);
	place->brokers = place->server.brokers;
	return place;
}

static void stop(void *context)
{
	struct place *place = context;

	if (!place->is_real)
		kafka_server_finish(&place->server);
	free(place);
}

static void prepare(void *context, struct settings *settings)
{
	struct place *place = context;

	settings->kafka_brokers = place->brokers;
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
