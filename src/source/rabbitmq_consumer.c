/* A queue that is there is used as it is. One that is missing is made: durable, replicated
 * (quorum), and with one active consumer, since several at a time would take a user's messages out
 * of order; the others wait to take its place.
 *
 * When messages hold more than so many bytes, no frame is taken from the connection until half of
 * them is gone: what RabbitMQ has sent waits in the sockets, and the rest with RabbitMQ, whose
 * writing TCP stops. AMQP has nothing better. RabbitMQ refuses channel.flow and a prefetch in
 * bytes. Cancelling the consumer stops nothing of what was handed out, up to the whole prefetch,
 * and gives the queue to the next consumer while this one still has messages that come before. */
#include "source/rabbitmq_consumer.h"

#include "base/log.h"

#include <errno.h>
#include <stdlib.h>

enum { BODY_BYTES = 16 << 20 };

static struct rabbitmq_consumer *consumer_of(struct rabbitmq_session *session)
{
	return CONTAINER_OF(session, struct rabbitmq_consumer, session);
}

/* Consuming */

/* Asking for a queue that is not there has cost the channel. */
static int make_queue(struct rabbitmq_consumer *consumer, struct error *error)
{
	amqp_table_entry_t arguments[] = {
	    {.key = amqp_cstring_bytes("x-queue-type"),
	     .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes("quorum")}},
	    {.key = amqp_cstring_bytes("x-single-active-consumer"),
	     .value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = true}},
	};
	amqp_table_t table = {.num_entries = 2, .entries = arguments};
	int result = rabbitmq_connection_reopen(&consumer->session.connection, error);

	if (result < 0)
		return result;
	amqp_queue_declare(consumer->session.connection.handle, RABBITMQ_CHANNEL,
			   amqp_cstring_bytes(consumer->queue), false, true, false, false, table);
	result = rabbitmq_connection_outcome(&consumer->session.connection, error);
	if (result == 0)
		log_info("a queue was missing, and is made", LOG_TEXT("queue", consumer->queue));
	return result;
}

static bool is_missing(const amqp_rpc_reply_t *reply)
{
	const amqp_channel_close_t *end = reply->reply.decoded;

	return reply->reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
	       reply->reply.id == AMQP_CHANNEL_CLOSE_METHOD && end->reply_code == AMQP_NOT_FOUND;
}

static int find_queue(struct rabbitmq_consumer *consumer, struct error *error)
{
	amqp_rpc_reply_t reply;

	amqp_queue_declare(consumer->session.connection.handle, RABBITMQ_CHANNEL,
			   amqp_cstring_bytes(consumer->queue), true, false, false, false,
			   amqp_empty_table);
	reply = amqp_get_rpc_reply(consumer->session.connection.handle);
	return is_missing(&reply) ? make_queue(consumer, error)
				  : rabbitmq_problem_reply(&reply, RABBITMQ_WORKING, error);
}

static int consume(struct rabbitmq_consumer *consumer, struct error *error)
{
	amqp_connection_state_t handle = consumer->session.connection.handle;

	amqp_basic_qos(handle, RABBITMQ_CHANNEL, 0, consumer->prefetch, false);
	if (rabbitmq_connection_outcome(&consumer->session.connection, error) < 0)
		return -EPROTO;
	amqp_basic_consume(handle, RABBITMQ_CHANNEL, amqp_cstring_bytes(consumer->queue),
			   amqp_empty_bytes, false, false, false, amqp_empty_table);
	return rabbitmq_connection_outcome(&consumer->session.connection, error);
}

static int on_open(struct rabbitmq_session *session, struct error *error)
{
	struct rabbitmq_consumer *consumer = consumer_of(session);
	int result = find_queue(consumer, error);

	if (result == 0)
		result = consume(consumer, error);
	if (result == 0)
		atomic_store(&consumer->is_consuming, true);
	return result;
}

static void on_lost(struct rabbitmq_session *session)
{
	struct rabbitmq_consumer *consumer = consumer_of(session);

	atomic_store(&consumer->is_consuming, false);
	atomic_fetch_add(&consumer->connection, 1);
	if (!atomic_exchange(&consumer->lost_is_sent, true))
		mailbox_send(consumer->receiver, &consumer->lost);
}

/* Messages */

static void hold_back(struct rabbitmq_consumer *consumer)
{
	uint64_t held = atomic_load(&consumer->held_bytes);
	uint64_t most = atomic_load(&consumer->most_bytes);
	bool holds_back = consumer->session.holds_back ? held > most / 2 : held > most;

	atomic_fetch_add(&consumer->pauses, holds_back && !consumer->session.holds_back);
	consumer->session.holds_back = holds_back;
}

static int pass_on(struct rabbitmq_consumer *consumer, uint64_t tag,
		   const amqp_basic_properties_t *properties, bool is_whole, struct error *error)
{
	struct slice body = is_whole ? buffer_slice(&consumer->body) : SLICE("");
	struct rabbitmq_message *message = rabbitmq_message_create(body, properties);

	if (message == NULL)
		return error_set(error, -ENOMEM, "out of memory while taking a message");
	if (!is_whole)
		message->lane.refusal = strdup("the message is larger than 16 MiB, and not kept");
	message->connection = atomic_load(&consumer->connection);
	message->tag = tag;
	message->context = consumer->context;
	message->transfer.on_receive = consumer->on_arrival;
	rabbitmq_message_hold(message, &consumer->held_bytes);
	mailbox_send(consumer->receiver, &message->transfer);
	hold_back(consumer);
	return 0;
}

static int take_delivery(struct rabbitmq_consumer *consumer, uint64_t tag, struct error *error)
{
	const amqp_basic_properties_t *properties = NULL;
	int result = rabbitmq_connection_content(&consumer->session.connection, BODY_BYTES,
						 &consumer->body, &properties, error);

	if (result < 0)
		return result;
	if (buffer_failed(&consumer->body)) {
		buffer_finish(&consumer->body);
		return error_set(error, -ENOMEM, "out of memory while taking a message");
	}
	return pass_on(consumer, tag, properties, result == 1, error);
}

static int on_frame(struct rabbitmq_session *session, const amqp_frame_t *frame,
		    struct error *error)
{
	if (frame->frame_type != AMQP_FRAME_METHOD)
		return 0;
	if (frame->payload.method.id == AMQP_BASIC_DELIVER_METHOD) {
		const amqp_basic_deliver_t *delivery = frame->payload.method.decoded;

		return take_delivery(consumer_of(session), delivery->delivery_tag, error);
	}
	if (frame->payload.method.id == AMQP_BASIC_CANCEL_METHOD)
		return error_set(error, -EPROTO, "the queue %s was deleted",
				 consumer_of(session)->queue);
	return 0;
}

static int on_turn(struct rabbitmq_session *session, struct error *error)
{
	(void)error;
	hold_back(consumer_of(session));
	return 0;
}

static void on_time(struct rabbitmq_session *session)
{
	(void)session;
}

static const struct rabbitmq_role role = {
    .on_open = on_open,
    .on_frame = on_frame,
    .on_turn = on_turn,
    .on_time = on_time,
    .on_lost = on_lost,
};

/* Acknowledging. A failure shows with the next frame. */

static void on_acknowledgement(struct mailbox_message *transfer)
{
	struct rabbitmq_message *message =
	    CONTAINER_OF(transfer, struct rabbitmq_message, transfer);
	struct rabbitmq_consumer *consumer = message->context;

	if (consumer->session.is_open && message->connection == atomic_load(&consumer->connection))
		(void)amqp_basic_ack(consumer->session.connection.handle, RABBITMQ_CHANNEL,
				     message->tag, true);
	rabbitmq_message_destroy(message);
}

void rabbitmq_consumer_acknowledge(struct rabbitmq_consumer *consumer,
				   struct rabbitmq_message *message)
{
	message->context = consumer;
	message->transfer.on_receive = on_acknowledgement;
	mailbox_send(&consumer->session.mailbox, &message->transfer);
}

void rabbitmq_consumer_heard(struct rabbitmq_consumer *consumer)
{
	atomic_store(&consumer->lost_is_sent, false);
}

int rabbitmq_consumer_start(struct rabbitmq_consumer *consumer,
			    const struct rabbitmq_consumer_options *options)
{
	int result;

	*consumer = (struct rabbitmq_consumer){
	    .receiver = options->receiver,
	    .on_arrival = options->on_arrival,
	    .context = options->context,
	    .queue = options->queue,
	    .prefetch = options->prefetch,
	    .most_bytes = options->most_bytes,
	    .lost.on_receive = options->on_lost,
	};
	result = rabbitmq_session_init(&consumer->session, options->access, "allim: source", &role,
				       options->report, 0);
	if (result < 0)
		return result;
	result = rabbitmq_session_start(&consumer->session);
	if (result < 0)
		rabbitmq_session_finish(&consumer->session);
	return result;
}

void rabbitmq_consumer_stop(struct rabbitmq_consumer *consumer)
{
	rabbitmq_session_stop(&consumer->session);
	rabbitmq_session_finish(&consumer->session);
	buffer_finish(&consumer->body);
}
