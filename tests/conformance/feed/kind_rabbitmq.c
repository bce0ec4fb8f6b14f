/* RabbitMQ: one server, plain and by TLS. */
#include "conformance/feed/conformance.h"

#include "lib/rabbitmq_server.h"

#include <stdlib.h>

/* The texts of settings live as long as the place. */
struct place {
	struct rabbitmq_server server;
	char url[64];
	char ca_file[RABBITMQ_SERVER_PATH_BYTES];
};

static struct place *create_place(void)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	rabbitmq_server_init(&place->server);
	return place;
}

static void *start_plain(void)
{
	struct place *place = create_place();

	rabbitmq_server_start(&place->server);
	snprintf(place->url, sizeof(place->url), "amqp://127.0.0.1:%u/%%2f", place->server.port);
	return place;
}

static void *start_tls(void)
{
	struct place *place = create_place();

	rabbitmq_server_use_tls(&place->server);
	rabbitmq_server_start(&place->server);
	rabbitmq_server_path(&place->server, "ca.pem", place->ca_file);
	snprintf(place->url, sizeof(place->url), "amqps://localhost:%u", place->server.tls_port);
	return place;
}

static void stop(void *context)
{
	struct place *place = context;

	rabbitmq_server_finish(&place->server);
	free(place);
}

static void prepare(void *context, struct settings *settings)
{
	struct place *place = context;

	settings->rabbitmq_url = place->url;
	settings->rabbitmq_tls_ca_file = place->ca_file;
}

const struct conformance_kind conformance_rabbitmq = {
    .name = "rabbitmq",
    .ops = &rabbitmq_feed_ops,
    .start = start_plain,
    .stop = stop,
    .prepare = prepare,
};

const struct conformance_kind conformance_rabbitmq_tls = {
    .name = "rabbitmq, by TLS",
    .ops = &rabbitmq_feed_ops,
    .start = start_tls,
    .stop = stop,
    .prepare = prepare,
};
