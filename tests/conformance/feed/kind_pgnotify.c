/* PostgreSQL, which only wakes. */
#include "conformance/feed/conformance.h"

#include "lib/postgres_server.h"

#include <stdlib.h>

struct place {
	struct postgres_server *server;
	char url[POSTGRES_SERVER_URL_BYTES];
};

static void *start(void)
{
	struct postgres_server_options options = {.is_volatile = true};
	struct place *place = calloc(1, sizeof(*place));

	assert_non_null(place);
	place->server = postgres_server_create(&options);
	postgres_server_create_database(place->server, place->url);
	return place;
}

static void stop(void *context)
{
	struct place *place = context;

	postgres_server_destroy(place->server);
	free(place);
}

static void prepare(void *context, struct settings *settings)
{
	struct place *place = context;

	settings->store_location = place->url;
}

const struct conformance_kind conformance_pgnotify = {
    .name = "pgnotify",
    .ops = &pgnotify_feed_ops,
    .start = start,
    .stop = stop,
    .prepare = prepare,
};
