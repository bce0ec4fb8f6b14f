/* A message is mandatory and to be confirmed, so the server answers for each: it was routed; it
 * came back, since no queue is bound; or the server lost it. What was not routed, or not answered
 * for when the connection broke, is lost: an empty batch follows as soon as one can be sent, which
 * has the other nodes look at the store. */
#include "feed/rabbitmq_publisher.h"

#include "base/counter.h"
#include "core/hint_codec.h"
#include "feed/rabbitmq_exchange.h"

#include <errno.h>
#include <stdio.h>

enum {
	MESSAGE_BYTES = 8 << 20,
	MESSAGE_HEAD_BYTES = 128, /* of a message on the wire, roughly */
	/* After so much the server's word is heard: one that blocks publishers says so at once, and
	 * what is sent nevertheless waits in the middle of a message. */
	TURN_BYTES = 128 << 10,
	TELL_PAUSE = 1000, /* milliseconds between attempts to tell of a loss */
};

/* Sending, on the thread */

static struct rabbitmq_publisher *publisher_of(struct rabbitmq_session *session)
{
	return CONTAINER_OF(session, struct rabbitmq_publisher, session);
}

/* A number is taken whether or not the message gets away: one that does not, is missing. */
static int send_message(struct rabbitmq_publisher *publisher, struct error *error)
{
	char number[24];
	amqp_basic_properties_t properties = {._flags = AMQP_BASIC_MESSAGE_ID_FLAG};
	int status;

	snprintf(number, sizeof(number), "%llu", (unsigned long long)++publisher->number);
	properties.message_id = amqp_cstring_bytes(number);
	if (!rabbitmq_confirms_add(&publisher->confirms))
		return error_set(error, -EPROTO, "it answers for nothing that was published");
	counter_add(&publisher->operations, 1);
	publisher->turn_bytes += MESSAGE_HEAD_BYTES + publisher->message.length;
	status = amqp_basic_publish(publisher->session.connection.handle, RABBITMQ_CHANNEL,
				    amqp_cstring_bytes(publisher->exchange), amqp_empty_bytes, true,
				    false, &properties,
				    rabbitmq_bytes(buffer_slice(&publisher->message)));
	return status == AMQP_STATUS_OK ? 0
					: rabbitmq_problem_status(status, RABBITMQ_WORKING, error);
}

/* Returns 0, or a negative errno value with a sentence where the connection failed; what finds no
 * memory is lost. */
static int send_batch(struct rabbitmq_publisher *publisher, const struct hint_batch *batch,
		      struct error *error)
{
	struct hint_encoder encoder;
	int result = 0, more = 1;

	hint_encoder_init(&encoder, batch, publisher->node, MESSAGE_BYTES);
	while (result == 0 && more == 1) {
		buffer_clear(&publisher->message);
		more = hint_encoder_next(&encoder, &publisher->message);
		if (more == 1)
			result = send_message(publisher, error);
	}
	if (more < 0)
		handover_lose(&publisher->handover, 1);
	return result;
}

static bool takes_messages(const struct rabbitmq_publisher *publisher)
{
	return !publisher->session.connection.is_blocked &&
	       !rabbitmq_confirms_is_full(&publisher->confirms);
}

static int tell_of_loss(struct rabbitmq_publisher *publisher, struct error *error)
{
	const struct hint_batch nothing = {.count = 0};
	int result;

	if (!atomic_load(&publisher->handover.has_lost) || !takes_messages(publisher))
		return 0;
	if (publisher->session.now < publisher->tell_at) {
		rabbitmq_session_call_at(&publisher->session, publisher->tell_at);
		return 0;
	}
	handover_take_loss(&publisher->handover);
	result = send_batch(publisher, &nothing, error);
	publisher->told = publisher->number;
	return result;
}

/* What is lost with the connection, on_lost() counts: a message of it is not answered for. */
static int send_waiting(struct rabbitmq_publisher *publisher, struct error *error)
{
	const struct hint_batch *batch = handover_oldest(&publisher->handover);

	publisher->turn_bytes = 0;
	while (batch != NULL && publisher->turn_bytes < TURN_BYTES) {
		int result;

		if (!takes_messages(publisher))
			return 0;
		result = send_batch(publisher, batch, error);
		handover_drop_oldest(&publisher->handover);
		if (result < 0)
			return result;
		batch = handover_oldest(&publisher->handover);
	}
	if (batch == NULL)
		return tell_of_loss(publisher, error);
	rabbitmq_session_call_at(&publisher->session, publisher->session.now);
	return 0;
}

static int on_turn(struct rabbitmq_session *session, struct error *error)
{
	struct rabbitmq_publisher *publisher = publisher_of(session);

	atomic_store(&publisher->is_blocked, session->connection.is_blocked);
	return send_waiting(publisher, error);
}

/* Answers, on the thread */

static void wait_before_telling(struct rabbitmq_publisher *publisher)
{
	publisher->tell_at = publisher->session.now + TELL_PAUSE;
}

static int on_ack(struct rabbitmq_publisher *publisher, const amqp_basic_ack_t *ack)
{
	rabbitmq_confirms_answer(&publisher->confirms, ack->delivery_tag, ack->multiple);
	return 0;
}

static int on_nack(struct rabbitmq_publisher *publisher, const amqp_basic_nack_t *nack)
{
	handover_lose(
	    &publisher->handover,
	    rabbitmq_confirms_answer(&publisher->confirms, nack->delivery_tag, nack->multiple));
	wait_before_telling(publisher);
	return 0;
}

/* No queue is bound, not even this node's own. An ack follows. Where what came back only told of a
 * loss, none is added. */
static int on_return(struct rabbitmq_publisher *publisher, struct error *error)
{
	const amqp_basic_properties_t *properties = NULL;
	uint64_t number = 0;
	int result = rabbitmq_connection_content(&publisher->session.connection, 0,
						 &publisher->returned, &properties, error);

	if (result < 0)
		return result;
	slice_to_unsigned(rabbitmq_slice(properties->message_id), &number);
	handover_lose(&publisher->handover, number != publisher->told);
	wait_before_telling(publisher);
	return 0;
}

static int on_frame(struct rabbitmq_session *session, const amqp_frame_t *frame,
		    struct error *error)
{
	struct rabbitmq_publisher *publisher = publisher_of(session);

	if (frame->frame_type != AMQP_FRAME_METHOD)
		return 0;
	switch (frame->payload.method.id) {
	case AMQP_BASIC_ACK_METHOD:
		return on_ack(publisher, frame->payload.method.decoded);
	case AMQP_BASIC_NACK_METHOD:
		return on_nack(publisher, frame->payload.method.decoded);
	case AMQP_BASIC_RETURN_METHOD:
		return on_return(publisher, error);
	default:
		return 0;
	}
}

static int on_open(struct rabbitmq_session *session, struct error *error)
{
	struct rabbitmq_publisher *publisher = publisher_of(session);
	int result = rabbitmq_exchange_declare(&session->connection, publisher->exchange, error);

	counter_add(&publisher->operations, 2);
	if (result < 0)
		return result;
	rabbitmq_confirms_init(&publisher->confirms);
	amqp_confirm_select(session->connection.handle, RABBITMQ_CHANNEL);
	return rabbitmq_connection_outcome(&session->connection, error);
}

static void on_lost(struct rabbitmq_session *session)
{
	struct rabbitmq_publisher *publisher = publisher_of(session);

	atomic_store(&publisher->is_blocked, false);
	if (publisher->confirms.unanswered > 0)
		handover_lose(&publisher->handover, publisher->confirms.unanswered);
	rabbitmq_confirms_init(&publisher->confirms);
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

static void finish(struct rabbitmq_publisher *publisher)
{
	rabbitmq_session_finish(&publisher->session);
	handover_finish(&publisher->handover);
	buffer_finish(&publisher->message);
	buffer_finish(&publisher->returned);
}

int rabbitmq_publisher_start(struct rabbitmq_publisher *publisher,
			     const struct rabbitmq_access *access, struct rabbitmq_report *report,
			     uint64_t node, const char *exchange)
{
	int result = rabbitmq_session_init(&publisher->session, access, "allim: hints, publishing",
					   &role, report, 0);

	if (result < 0)
		return result;
	publisher->node = node;
	publisher->exchange = exchange;
	publisher->message = publisher->returned = BUFFER_EMPTY;
	handover_init(&publisher->handover, &publisher->session.mailbox);
	rabbitmq_confirms_init(&publisher->confirms);
	result = rabbitmq_session_start(&publisher->session);
	if (result < 0)
		finish(publisher);
	return result;
}

void rabbitmq_publisher_stop(struct rabbitmq_publisher *publisher)
{
	rabbitmq_session_stop(&publisher->session);
	finish(publisher);
}
