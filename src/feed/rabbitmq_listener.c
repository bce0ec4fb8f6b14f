/* The queue belongs to the connection and ends with it; what is in it then is nothing that a new
 * subscription and a look at the store do not replace.
 *
 * A node that hangs must not fill the server's memory. So the queue is bounded in bytes; and
 * messages are acknowledged, since the server else hands out hundreds of them, of whatever size,
 * before it lets a queue fill. A full queue drops its oldest message. RabbitMQ says nothing of that
 * to anybody, so messages are numbered (see rabbitmq_numbers.h), and who misses one looks at the
 * store. To have a full queue refuse messages (reject-publish) would tell the publisher, who then
 * had every node look at the store because one is slow.
 *
 * Where somebody deletes the exchange, the queue stays and stays silent. So the node binds it again
 * every few seconds, which does nothing where it is bound, and fails where there is no exchange. */
#include "feed/rabbitmq_listener.h"

#include "base/counter.h"
#include "base/list.h"
#include "feed/rabbitmq_exchange.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum {
	QUEUE_BYTES = 64 << 20,
	MESSAGE_BYTES = 64 << 20,
	BIND_PERIOD = 5000, /* milliseconds */
	PREFETCH = 32,	    /* messages that are handed out and not acknowledged */
	NAME_BYTES = 200,
};

static struct rabbitmq_listener *listener_of(struct rabbitmq_session *session)
{
	return CONTAINER_OF(session, struct rabbitmq_listener, session);
}

static void on_time(struct rabbitmq_session *session)
{
	int64_t look_at = reception_turn(&listener_of(session)->reception, session->now);

	if (look_at != 0)
		rabbitmq_session_call_at(session, look_at);
}

/* Subscribing */

static int declare_queue(struct rabbitmq_listener *listener, struct error *error)
{
	amqp_table_entry_t bound = {
	    .key = amqp_cstring_bytes("x-max-length-bytes"),
	    .value = {.kind = AMQP_FIELD_KIND_I64, .value.i64 = QUEUE_BYTES},
	};
	amqp_table_t arguments = {.num_entries = 1, .entries = &bound};

	/* The one of a connection that broke may be there until the server notices. */
	snprintf(listener->queue, sizeof(listener->queue), "%.*s.%016" PRIx64 ".%u", NAME_BYTES,
		 listener->exchange, listener->reception.node, ++listener->queues);
	amqp_queue_declare(listener->session.connection.handle, RABBITMQ_CHANNEL,
			   amqp_cstring_bytes(listener->queue), false, false, true, true,
			   arguments);
	return rabbitmq_connection_outcome(&listener->session.connection, error);
}

static int bind(struct rabbitmq_listener *listener, struct error *error)
{
	listener->bind_at = listener->session.now + BIND_PERIOD;
	counter_add(&listener->operations, 1);
	amqp_queue_bind(listener->session.connection.handle, RABBITMQ_CHANNEL,
			amqp_cstring_bytes(listener->queue), amqp_cstring_bytes(listener->exchange),
			amqp_empty_bytes, amqp_empty_table);
	return rabbitmq_connection_outcome(&listener->session.connection, error);
}

static int consume(struct rabbitmq_listener *listener, struct error *error)
{
	listener->delivered = listener->acknowledged = 0;
	amqp_basic_qos(listener->session.connection.handle, RABBITMQ_CHANNEL, 0, PREFETCH, false);
	if (rabbitmq_connection_outcome(&listener->session.connection, error) < 0)
		return -EPROTO;
	amqp_basic_consume(listener->session.connection.handle, RABBITMQ_CHANNEL,
			   amqp_cstring_bytes(listener->queue), amqp_empty_bytes, false, false,
			   true, amqp_empty_table);
	return rabbitmq_connection_outcome(&listener->session.connection, error);
}

static int on_open(struct rabbitmq_session *session, struct error *error)
{
	struct rabbitmq_listener *listener = listener_of(session);
	int result = rabbitmq_exchange_declare(&session->connection, listener->exchange, error);

	counter_add(&listener->operations, 4);
	if (result == 0)
		result = declare_queue(listener, error);
	if (result == 0)
		result = bind(listener, error);
	if (result == 0)
		result = consume(listener, error);
	if (result < 0)
		return result;
	reception_hear(&listener->reception, atomic_load(&session->openings) == 0, session->now);
	atomic_store(&listener->is_subscribed, true);
	return 0;
}

/* All that were delivered, at once. */
static int acknowledge(struct rabbitmq_listener *listener, struct error *error)
{
	int status;

	if (listener->acknowledged == listener->delivered)
		return 0;
	listener->acknowledged = listener->delivered;
	counter_add(&listener->operations, 1);
	status = amqp_basic_ack(listener->session.connection.handle, RABBITMQ_CHANNEL,
				listener->delivered, true);
	return status == AMQP_STATUS_OK ? 0
					: rabbitmq_problem_status(status, RABBITMQ_WORKING, error);
}

static int on_turn(struct rabbitmq_session *session, struct error *error)
{
	struct rabbitmq_listener *listener = listener_of(session);
	int result = acknowledge(listener, error);

	if (result == 0 && session->now >= listener->bind_at)
		result = bind(listener, error);
	return result;
}

static void on_lost(struct rabbitmq_session *session)
{
	atomic_store(&listener_of(session)->is_subscribed, false);
}

/* Hearing */

static void take_message(struct rabbitmq_listener *listener, uint64_t number)
{
	int64_t now = listener->session.now;
	uint64_t node;

	if (reception_take(&listener->reception, buffer_slice(&listener->message), now, &node) ==
		0 &&
	    rabbitmq_numbers_take(&listener->numbers, node, number))
		reception_miss(&listener->reception, now);
}

static int take_delivery(struct rabbitmq_listener *listener, const amqp_basic_deliver_t *delivery,
			 struct error *error)
{
	uint64_t tag = delivery->delivery_tag, number = 0;
	const amqp_basic_properties_t *properties = NULL;
	int result = rabbitmq_connection_content(&listener->session.connection, MESSAGE_BYTES,
						 &listener->message, &properties, error);

	if (result < 0)
		return result;
	slice_to_unsigned(rabbitmq_slice(properties->message_id), &number);
	if (result == 0)
		counter_add(&listener->failures, 1);
	else
		take_message(listener, number);
	listener->delivered = tag;
	return tag - listener->acknowledged < PREFETCH / 2 ? 0 : acknowledge(listener, error);
}

static int on_frame(struct rabbitmq_session *session, const amqp_frame_t *frame,
		    struct error *error)
{
	if (frame->frame_type != AMQP_FRAME_METHOD)
		return 0;
	if (frame->payload.method.id == AMQP_BASIC_DELIVER_METHOD)
		return take_delivery(listener_of(session), frame->payload.method.decoded, error);
	if (frame->payload.method.id == AMQP_BASIC_CANCEL_METHOD)
		return error_set(error, -EPROTO,
				 "the queue of this node was deleted; it is made anew");
	return 0;
}

static const struct rabbitmq_role role = {
    .on_open = on_open,
    .on_frame = on_frame,
    .on_turn = on_turn,
    .on_time = on_time,
    .on_lost = on_lost,
};

static void finish(struct rabbitmq_listener *listener)
{
	rabbitmq_session_finish(&listener->session);
	buffer_finish(&listener->message);
}

int rabbitmq_listener_start(struct rabbitmq_listener *listener,
			    const struct rabbitmq_access *access, struct rabbitmq_report *report,
			    const struct feed_options *options, const char *exchange)
{
	int result = rabbitmq_session_init(&listener->session, access, "allim: hints, listening",
					   &role, report, 1);

	if (result < 0)
		return result;
	reception_init(&listener->reception, options);
	listener->exchange = exchange;
	listener->message = BUFFER_EMPTY;
	result = rabbitmq_session_start(&listener->session);
	if (result < 0)
		finish(listener);
	return result;
}

void rabbitmq_listener_stop(struct rabbitmq_listener *listener)
{
	rabbitmq_session_stop(&listener->session);
	finish(listener);
}

bool rabbitmq_listener_is_connected(const struct rabbitmq_listener *listener)
{
	return atomic_load(&listener->is_subscribed) && !reception_is_behind(&listener->reception);
}
