/* Sources that break their promises, each in one way:
 *
 *	FAULT_SOURCE=early    acknowledges a message when it comes, not when it is committed
 *	FAULT_SOURCE=keyless  publishes without the keys by which the store knows messages again
 *	FAULT_SOURCE=swap     publishes one message behind some that came after it
 *
 * By --wrap, like fault.c. */
#include "intake/message.h"
#include "source/kafka_message.h"
#include "source/rabbitmq_consumer.h"

#include "lib/wrapped.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

WRAPPED(message_read);
WRAPPED(kafka_message_create);
WRAPPED(rabbitmq_consumer_start);
WRAPPED(rabbitmq_consumer_acknowledge);
WRAPPED(lane_add);

/* Which message to one user is held back, and for how many more to that user: those come by one
 * lane, and in their order (tests/checker/lib/queue_publisher.js). */
enum { HELD = 20, BEHIND = 10 };
#define TO_ONE_USER "\"users\":[\"user-1\"]"

static struct rabbitmq_consumer *rabbitmq; /* NULL: there is none */

/* The source's thread's alone. */
static struct {
	struct lane_message *message; /* NULL: none is held back */
	unsigned taken;
	unsigned behind;
} held;

static bool is_fault(const char *name)
{
	const char *text = getenv("FAULT_SOURCE");

	return text != NULL && strcmp(text, name) == 0;
}

int __wrap_message_read(const struct message *message, const struct settings *settings,
			const struct routing *routing, int64_t now, struct arena *arena,
			struct store_item *ret_item, const char **ret_rule, struct error *error)
{
	int result =
	    __real_message_read(message, settings, routing, now, arena, ret_item, ret_rule, error);

	if (result == 0 && is_fault("keyless"))
		ret_item->key = SLICE("");
	return result;
}

struct kafka_message *__wrap_kafka_message_create(rd_kafka_event_t *event,
						  const rd_kafka_message_t *received)
{
	if (is_fault("early"))
		rd_kafka_offset_store(received->rkt, received->partition, received->offset);
	return __real_kafka_message_create(event, received);
}

int __wrap_rabbitmq_consumer_start(struct rabbitmq_consumer *consumer,
				   const struct rabbitmq_consumer_options *options)
{
	rabbitmq = consumer;
	return __real_rabbitmq_consumer_start(consumer, options);
}

/* RabbitMQ takes an acknowledgement only once. */
void __wrap_rabbitmq_consumer_acknowledge(struct rabbitmq_consumer *consumer,
					  struct rabbitmq_message *message)
{
	if (is_fault("early"))
		rabbitmq_message_destroy(message);
	else
		__real_rabbitmq_consumer_acknowledge(consumer, message);
}

static void acknowledge_early(struct lane_message *message)
{
	const struct rabbitmq_message *received = rabbitmq_message_of(&message->link);
	const amqp_basic_properties_t nothing = {._flags = 0};
	struct rabbitmq_message *copy;

	if (rabbitmq == NULL)
		return;
	copy = rabbitmq_message_create(SLICE(""), &nothing);
	assert(copy != NULL);
	copy->connection = received->connection;
	copy->tag = received->tag;
	__real_rabbitmq_consumer_acknowledge(rabbitmq, copy);
}

static bool is_to_one_user(const struct lane_message *message)
{
	struct slice body = message->content.body;

	return memmem(body.data, body.length, TO_ONE_USER, strlen(TO_ONE_USER)) != NULL;
}

static void swap(struct lane *lane, struct lane_message *message)
{
	bool is_counted = is_to_one_user(message);

	if (is_counted && ++held.taken == HELD) {
		held.message = message;
		return;
	}
	__real_lane_add(lane, message);
	if (held.message == NULL || !is_counted || ++held.behind < BEHIND)
		return;
	message = held.message;
	held.message = NULL;
	__real_lane_add(lane, message);
}

void __wrap_lane_add(struct lane *lane, struct lane_message *message)
{
	if (is_fault("early"))
		acknowledge_early(message);
	if (is_fault("swap"))
		swap(lane, message);
	else
		__real_lane_add(lane, message);
}
