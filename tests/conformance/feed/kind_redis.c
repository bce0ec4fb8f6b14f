/* Redis: one server, plain and by TLS, and a cluster of three. */
#include "conformance/feed/conformance.h"

#include "lib/redis_server.h"

#include <stdlib.h>

enum { CHANNELS = 16 };

/* The texts of options live as long as the place. */
struct place {
	struct redis_server servers[REDIS_CLUSTER_SERVERS];
	char url[64];
	char ca_file[REDIS_SERVER_PATH_BYTES];
};

static struct place *create_place(void)
{
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	return place;
}

static void *start_one(void)
{
	struct place *place = create_place();

	redis_server_init(&place->servers[0]);
	redis_server_start(&place->servers[0]);
	snprintf(place->url, sizeof(place->url), "redis://127.0.0.1:%u", place->servers[0].port);
	return place;
}

static void *start_tls(void)
{
	struct place *place = create_place();

	redis_server_init(&place->servers[0]);
	redis_server_use_tls(&place->servers[0]);
	redis_server_start(&place->servers[0]);
	redis_server_path(&place->servers[0], "ca.pem", place->ca_file);
	snprintf(place->url, sizeof(place->url), "rediss://localhost:%u",
		 place->servers[0].tls_port);
	return place;
}

static void *start_cluster(void)
{
	struct place *place = create_place();

	redis_cluster_start(place->servers);
	snprintf(place->url, sizeof(place->url), "redis://127.0.0.1:%u,127.0.0.1:%u",
		 place->servers[2].port, place->servers[1].port);
	return place;
}

static void stop_one(void *context)
{
	struct place *place = context;

	redis_server_finish(&place->servers[0]);
	free(place);
}

static void stop_cluster(void *context)
{
	struct place *place = context;

	redis_cluster_finish(place->servers);
	free(place);
}

static void prepare(void *context, struct settings *settings)
{
	struct place *place = context;

	settings->redis_url = place->url;
	settings->redis_tls_ca_file = place->ca_file;
}

static void prepare_cluster(void *context, struct settings *settings)
{
	prepare(context, settings);
	settings->redis_cluster = true;
	settings->redis_channels = CHANNELS;
}

const struct conformance_kind conformance_redis = {
    .name = "redis",
    .ops = &redis_feed_ops,
    .start = start_one,
    .stop = stop_one,
    .prepare = prepare,
};

const struct conformance_kind conformance_redis_tls = {
    .name = "redis, by TLS",
    .ops = &redis_feed_ops,
    .start = start_tls,
    .stop = stop_one,
    .prepare = prepare,
};

const struct conformance_kind conformance_redis_cluster = {
    .name = "redis, a cluster",
    .ops = &redis_feed_ops,
    .start = start_cluster,
    .stop = stop_cluster,
    .prepare = prepare_cluster,
};
