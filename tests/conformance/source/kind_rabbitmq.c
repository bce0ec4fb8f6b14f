/* RabbitMQ: a real server, and a publisher that waits for confirms. */
#include "conformance/source/conformance.h"

#include "lib/rabbitmq_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SETTLE_SECONDS = 2 };

struct place {
	struct rabbitmq_server server;
	amqp_connection_state_t publisher;
	unsigned queues;
	char queue[32];
	char url[64];
};

static void connect_publisher(struct place *place)
{
	place->publisher = rabbitmq_server_connect(&place->server);
	amqp_confirm_select(place->publisher, 1);
	assert_int_equal(amqp_get_rpc_reply(place->publisher).reply_type, AMQP_RESPONSE_NORMAL);
}

static void *start(void)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	rabbitmq_server_init(&place->server);
	rabbitmq_server_start(&place->server);
	snprintf(place->url, sizeof(place->url), "amqp://127.0.0.1:%u/%%2f", place->server.port);
	connect_publisher(place);
	return place;
}

static void stop(void *context)
{
	struct place *place = context;

	amqp_destroy_connection(place->publisher);
	rabbitmq_server_finish(&place->server);
	free(place);
}

/* As a source would make it, so that messages can be sent before one is there. */
static void prepare(void *context, struct settings *settings)
{
	struct place *place = context;
	amqp_table_entry_t arguments[] = {
	    {.key = amqp_cstring_bytes("x-queue-type"),
	     .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes("quorum")}},
	    {.key = amqp_cstring_bytes("x-single-active-consumer"),
	     .value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = true}},
	};
	amqp_table_t table = {.num_entries = 2, .entries = arguments};

	snprintf(place->queue, sizeof(place->queue), "orders-%u", ++place->queues);
	amqp_queue_declare(place->publisher, 1, amqp_cstring_bytes(place->queue), false, true,
			   false, false, table);
	assert_int_equal(amqp_get_rpc_reply(place->publisher).reply_type, AMQP_RESPONSE_NORMAL);
	settings->rabbitmq_url = place->url;
	settings->sources_rabbitmq_queue = place->queue;
}

/* Returns whether RabbitMQ has it: a queue that is still coming up refuses. */
static bool publish(struct place *place, const amqp_basic_properties_t *properties,
		    const char *body)
{
	amqp_frame_t frame;

	assert_int_equal(amqp_basic_publish(place->publisher, 1, amqp_empty_bytes,
					    amqp_cstring_bytes(place->queue), true, false,
					    properties, amqp_cstring_bytes(body)),
			 AMQP_STATUS_OK);
	do {
		assert_int_equal(amqp_simple_wait_frame(place->publisher, &frame), AMQP_STATUS_OK);
	} while (frame.frame_type != AMQP_FRAME_METHOD ||
		 (frame.payload.method.id != AMQP_BASIC_ACK_METHOD &&
		  frame.payload.method.id != AMQP_BASIC_NACK_METHOD));
	amqp_maybe_release_buffers(place->publisher);
	return frame.payload.method.id == AMQP_BASIC_ACK_METHOD;
}

static void send_message(void *context, const char *user, const char *key, const char *body)
{
	struct place *place = context;
	amqp_basic_properties_t properties = {
	    ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG,
	    .content_type = amqp_cstring_bytes("application/json"),
	    .delivery_mode = 2,
	};

	(void)user;
	if (key != NULL) {
		properties._flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
		properties.message_id = amqp_cstring_bytes(key);
	}
	while (!publish(place, &properties, body))
		conformance_pause();
}

/* A quorum queue that is new is written down half a second later; where RabbitMQ is killed before,
 * it never has a leader again. */
static void go_down(void *context)
{
	struct place *place = context;

	sleep(SETTLE_SECONDS);
	amqp_destroy_connection(place->publisher);
	rabbitmq_server_kill(&place->server);
}

static void come_up(void *context)
{
	struct place *place = context;

	rabbitmq_server_start(&place->server);
	connect_publisher(place);
}

const struct conformance_kind conformance_rabbitmq = {
    .name = "rabbitmq",
    .makes_queues = true,
    .start = start,
    .stop = stop,
    .prepare = prepare,
    .send = send_message,
    .go_down = go_down,
    .come_up = come_up,
};
