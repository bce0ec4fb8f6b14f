/* A producer for tests, in a process of its own so that it can be killed:
 *
 *	rabbitmq_producer PORT QUEUE
 *
 * sends what it is told (producer_input.h) to the queue of the RabbitMQ on that port of 127.0.0.1,
 * as docs/sources.md asks producers to: messages are mandatory and persistent, their ids are
 * message ids, and RabbitMQ confirms them. It makes the queue as allim would where it is missing.
 * Without its connection, or where RabbitMQ refuses a message, it ends with status 1; when its
 * input has ended, behind the last answer. */
#include "lib/producer_input.h"

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHANNEL = 1,
	FRAME_BYTES = 131072,
	TURN = 50,	   /* milliseconds */
	UNCONFIRMED = 1024 /* at most */
};

/* RabbitMQ counts what is published on a channel from 1 on and confirms by these tags. */
struct producer {
	amqp_connection_state_t connection;
	const char *queue;
	uint64_t sent;
	uint64_t confirmed;		    /* all up to this tag */
	unsigned long numbers[UNCONFIRMED]; /* by tag, round and round */
	bool is_done[UNCONFIRMED];
};

static void check(const struct producer *producer, const char *what)
{
	if (amqp_get_rpc_reply(producer->connection).reply_type != AMQP_RESPONSE_NORMAL)
		producer_give_up("RabbitMQ refuses %s, or is gone", what);
}

static void open_connection(struct producer *producer, int port)
{
	amqp_socket_t *socket;

	producer->connection = amqp_new_connection();
	socket = producer->connection == NULL ? NULL : amqp_tcp_socket_new(producer->connection);
	if (socket == NULL)
		producer_give_up("out of memory");
	if (amqp_socket_open(socket, "127.0.0.1", port) != AMQP_STATUS_OK)
		producer_give_up("RabbitMQ is not there");
	if (amqp_login(producer->connection, "/", 0, FRAME_BYTES, 0, AMQP_SASL_METHOD_PLAIN,
		       "guest", "guest")
		.reply_type != AMQP_RESPONSE_NORMAL)
		producer_give_up("RabbitMQ does not let guest in");
}

static void open_queue(struct producer *producer)
{
	amqp_table_entry_t arguments[] = {
	    {.key = amqp_cstring_bytes("x-queue-type"),
	     .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes("quorum")}},
	    {.key = amqp_cstring_bytes("x-single-active-consumer"),
	     .value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = true}},
	};
	amqp_table_t table = {.num_entries = 2, .entries = arguments};

	amqp_channel_open(producer->connection, CHANNEL);
	check(producer, "a channel");
	amqp_confirm_select(producer->connection, CHANNEL);
	check(producer, "to confirm");
	amqp_queue_declare(producer->connection, CHANNEL, amqp_cstring_bytes(producer->queue),
			   false, true, false, false, table);
	check(producer, "the queue");
}

static void send_message(struct producer *producer, const struct producer_message *message)
{
	amqp_basic_properties_t properties = {
	    ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG,
	    .content_type = amqp_cstring_bytes("application/json"),
	    .delivery_mode = AMQP_DELIVERY_PERSISTENT,
	};
	uint64_t tag = ++producer->sent;

	if (tag - producer->confirmed > UNCONFIRMED)
		producer_give_up("more than %d messages wait for RabbitMQ", UNCONFIRMED);
	if (message->id != NULL) {
		properties._flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
		properties.message_id = amqp_cstring_bytes(message->id);
	}
	producer->numbers[tag % UNCONFIRMED] = message->number;
	producer->is_done[tag % UNCONFIRMED] = false;
	if (amqp_basic_publish(producer->connection, CHANNEL, amqp_empty_bytes,
			       amqp_cstring_bytes(producer->queue), true, false, &properties,
			       amqp_cstring_bytes(message->body)) != AMQP_STATUS_OK)
		producer_give_up("RabbitMQ is gone");
}

static void confirm(struct producer *producer, uint64_t tag)
{
	bool *is_done = &producer->is_done[tag % UNCONFIRMED];

	if (!*is_done)
		producer_acknowledge(producer->numbers[tag % UNCONFIRMED]);
	*is_done = true;
}

static void on_ack(struct producer *producer, const amqp_basic_ack_t *ack)
{
	if (!ack->multiple)
		confirm(producer, ack->delivery_tag);
	for (uint64_t tag = producer->confirmed + 1; ack->multiple && tag <= ack->delivery_tag;
	     tag++)
		confirm(producer, tag);
	while (producer->confirmed < producer->sent &&
	       producer->is_done[(producer->confirmed + 1) % UNCONFIRMED])
		producer->confirmed++;
}

/* Takes one frame, if there is one. */
static bool take_frame(struct producer *producer)
{
	struct timeval at_once = {.tv_sec = 0};
	amqp_frame_t frame;
	int status = amqp_simple_wait_frame_noblock(producer->connection, &frame, &at_once);

	if (status == AMQP_STATUS_TIMEOUT)
		return false;
	if (status != AMQP_STATUS_OK)
		producer_give_up("RabbitMQ is gone");
	if (frame.frame_type != AMQP_FRAME_METHOD)
		return true;
	switch (frame.payload.method.id) {
	case AMQP_BASIC_ACK_METHOD:
		on_ack(producer, frame.payload.method.decoded);
		break;
	case AMQP_CONNECTION_BLOCKED_METHOD:
	case AMQP_CONNECTION_UNBLOCKED_METHOD:
		break;
	default:
		producer_give_up("RabbitMQ refuses a message: %s",
				 amqp_method_name(frame.payload.method.id));
	}
	amqp_maybe_release_buffers(producer->connection);
	return true;
}

static void run(struct producer *producer)
{
	static struct producer_input input;
	struct producer_message message;
	int socket = amqp_get_sockfd(producer->connection);

	while (!input.has_ended || producer->confirmed < producer->sent) {
		if (producer_input_next(&input, socket, TURN, &message))
			send_message(producer, &message);
		while (take_frame(producer))
			;
	}
}

int main(int argument_count, char **arguments)
{
	static struct producer producer;

	if (argument_count != 3)
		producer_give_up("usage: rabbitmq_producer PORT QUEUE");
	producer.queue = arguments[2];
	open_connection(&producer, atoi(arguments[1]));
	open_queue(&producer);
	run(&producer);
	amqp_destroy_connection(producer.connection);
	return 0;
}
