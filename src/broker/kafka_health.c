/* The JSON that STATISTICS.md of librdkafka describes: `brokers` by name with `nodeid` and `state`,
 * and `topics` by name with `partitions` by number. */
#include "broker/kafka_health.h"

#include <errno.h>
#include <jansson.h>

static bool is_up(json_t *broker)
{
	const char *state = json_string_value(json_object_get(broker, "state"));

	return state != NULL && (strcmp(state, "UP") == 0 || strcmp(state, "UPDATE") == 0);
}

static bool is_broker_up(json_t *brokers, json_int_t node)
{
	const char *name;
	json_t *broker;

	json_object_foreach(brokers, name, broker)
	{
		if (json_integer_value(json_object_get(broker, "nodeid")) == node && node >= 0 &&
		    is_up(broker))
			return true;
	}
	return false;
}

static void read_brokers(json_t *brokers, struct kafka_health *health)
{
	const char *name;
	json_t *broker;

	json_object_foreach(brokers, name, broker)
	{
		health->any_up = health->any_up || is_up(broker);
	}
}

/* Number -1 is where librdkafka keeps messages that have no partition yet. One that was deleted is
 * still listed for as long as it is wanted. */
static void read_partitions(json_t *partitions, json_t *brokers, struct kafka_health *health)
{
	const char *name;
	json_t *partition;

	json_object_foreach(partitions, name, partition)
	{
		if (json_integer_value(json_object_get(partition, "partition")) < 0 ||
		    json_is_true(json_object_get(partition, "unknown")))
			continue;
		health->partitions++;
		if (!is_broker_up(brokers,
				  json_integer_value(json_object_get(partition, "broker"))))
			health->all_up = false;
	}
}

int kafka_health_read(struct slice statistics, const char *topic, struct kafka_health *ret_health)
{
	struct kafka_health health = {.all_up = true};
	json_error_t problem;
	json_t *root = json_loadb(statistics.data, statistics.length, 0, &problem);
	json_t *brokers = json_object_get(root, "brokers");

	if (root == NULL)
		return json_error_code(&problem) == json_error_out_of_memory ? -ENOMEM : -EPROTO;
	health.requests = (uint64_t)json_integer_value(json_object_get(root, "tx"));
	read_brokers(brokers, &health);
	read_partitions(
	    json_object_get(json_object_get(json_object_get(root, "topics"), topic), "partitions"),
	    brokers, &health);
	health.all_up = health.all_up && health.partitions > 0;
	*ret_health = health;
	json_decref(root);
	return 0;
}
