/* One channel with confirms; every thousand messages the confirms are waited for. */
#include "bench/measures.h"
#include "bench/queue.h"

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#include <errno.h>
#include <stdio.h>

enum { CHANNEL = 1, WINDOW = 1000, FRAME_BYTES = 131072, PERSISTENT = 2 };

static void set_flags(const struct bench *bench, const char *name,
		      const char *flags[static QUEUE_FLAGS])
{
	const char *all[QUEUE_FLAGS] = {"--rabbitmq", bench->options.rabbitmq,
					"--sources-rabbitmq-queue", name};

	memcpy(flags, all, sizeof(all));
}

static int fail(const char *what, struct error *error)
{
	return error_set(error, -EIO, "RabbitMQ: %s failed", what);
}

static bool is_done(amqp_connection_state_t connection)
{
	return amqp_get_rpc_reply(connection).reply_type == AMQP_RESPONSE_NORMAL;
}

/* amqp://HOST:PORT, with the user that a fresh server has. */
static int connect_to(const char *url, amqp_connection_state_t connection, struct error *error)
{
	char host[QUEUE_BODY_BYTES] = "";
	unsigned port = 0;

	if (sscanf(url, "amqp://%255[^:/]:%u", host, &port) != 2)
		return error_set(error, -EINVAL, "--rabbitmq is amqp://HOST:PORT");
	if (amqp_socket_open(amqp_tcp_socket_new(connection), host, (int)port) != AMQP_STATUS_OK)
		return fail("connecting", error);
	if (amqp_login(connection, "/", 1, FRAME_BYTES, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest")
		.reply_type != AMQP_RESPONSE_NORMAL)
		return fail("the login", error);
	amqp_channel_open(connection, CHANNEL);
	return is_done(connection) ? 0 : fail("the channel", error);
}

/* As a source makes it. */
static int make_queue(amqp_connection_state_t connection, const char *name, struct error *error)
{
	amqp_table_entry_t arguments[] = {
	    {.key = amqp_cstring_bytes("x-queue-type"),
	     .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes("quorum")}},
	    {.key = amqp_cstring_bytes("x-single-active-consumer"),
	     .value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = true}},
	};
	amqp_table_t table = {.num_entries = 2, .entries = arguments};

	amqp_queue_declare(connection, CHANNEL, amqp_cstring_bytes(name), false, true, false, false,
			   table);
	if (!is_done(connection))
		return fail("making the queue", error);
	amqp_confirm_select(connection, CHANNEL);
	return is_done(connection) ? 0 : fail("asking for confirms", error);
}

/* The messages that are waited for: tags from `base` + 1 on. */
struct window {
	uint64_t base;
	unsigned count;
	unsigned left;
	bool is_confirmed[WINDOW];
};

/* A confirm is for one message, or for all up to it. */
static void confirm(struct window *window, const amqp_basic_ack_t *ack)
{
	uint64_t last = ack->delivery_tag - window->base - 1;

	for (uint64_t i = ack->multiple ? 0 : last; i <= last && i < window->count; i++) {
		window->left -= !window->is_confirmed[i];
		window->is_confirmed[i] = true;
	}
}

static int wait_for_confirms(amqp_connection_state_t connection, struct window *window,
			     struct error *error)
{
	while (window->left > 0) {
		amqp_frame_t frame;

		amqp_maybe_release_buffers(connection);
		if (amqp_simple_wait_frame(connection, &frame) != AMQP_STATUS_OK ||
		    frame.frame_type != AMQP_FRAME_METHOD ||
		    frame.payload.method.id != AMQP_BASIC_ACK_METHOD)
			return fail("publishing", error);
		confirm(window, frame.payload.method.decoded);
	}
	return 0;
}

static int publish(amqp_connection_state_t connection, const struct bench *bench, const char *name,
		   unsigned number, struct error *error)
{
	char body[QUEUE_BODY_BYTES], user[QUEUE_NAME_BYTES], id[QUEUE_NAME_BYTES];
	const amqp_basic_properties_t properties = {
	    ._flags = AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG,
	    .message_id = {.len = (size_t)snprintf(id, sizeof(id), "m-%u", number), .bytes = id},
	    .delivery_mode = PERSISTENT,
	};

	queue_body(bench, number, body, user);
	return amqp_basic_publish(connection, CHANNEL, amqp_empty_bytes, amqp_cstring_bytes(name),
				  true, false, &properties,
				  amqp_cstring_bytes(body)) == AMQP_STATUS_OK
		   ? 0
		   : fail("publishing", error);
}

static int publish_window(amqp_connection_state_t connection, const struct bench *bench,
			  const char *name, unsigned first, unsigned count, struct error *error)
{
	struct window window = {.base = first, .count = count, .left = count};
	int code = 0;

	for (unsigned i = 0; i < count && code == 0; i++)
		code = publish(connection, bench, name, first + i, error);
	return code < 0 ? code : wait_for_confirms(connection, &window, error);
}

static int fill(const struct bench *bench, const char *name, unsigned count, struct error *error)
{
	amqp_connection_state_t connection = amqp_new_connection();
	int code;

	if (connection == NULL)
		return error_set(error, -ENOMEM, "memory is short");
	code = connect_to(bench->options.rabbitmq, connection, error);
	if (code == 0)
		code = make_queue(connection, name, error);
	for (unsigned first = 0; first < count && code == 0; first += WINDOW)
		code = publish_window(connection, bench, name, first,
				      count - first < WINDOW ? count - first : WINDOW, error);
	amqp_destroy_connection(connection);
	return code;
}

static const struct queue queue = {.source = "rabbitmq", .set_flags = set_flags, .fill = fill};

int measure_rabbitmq(struct bench *bench, struct error *error)
{
	return queue_measure(bench, "rabbitmq", &queue, error);
}
