/* PostgreSQL: a database for each test, all in one server that belongs to the program. A kill of
 * the server loses nothing that it wrote, so it need not sync; that a commit is synced is the
 * business of PostgreSQL, whose setting the store checks. */
#include "conformance/store/conformance.h"

#include "lib/postgres_server.h"

static struct postgres_server *server;

static int create_database(char *ret_location, size_t size)
{
	const struct postgres_server_options options = {.is_volatile = true};
	char url[POSTGRES_SERVER_URL_BYTES];

	if (server == NULL)
		server = postgres_server_create(&options);
	postgres_server_create_database(server, url);
	return snprintf(ret_location, size, "%s", url) < (int)size ? 0 : -1;
}

static void destroy_database(const char *location)
{
	postgres_server_drop_database(server, location);
}

static void crash(struct conformance *conformance)
{
	postgres_server_kill(server);
	conformance_close(conformance);
	postgres_server_start(server);
	/* It would keep house for some seconds more. */
	postgres_server_run(server, conformance->location,
			    "UPDATE allim.meta SET keeper_until = 0");
}

const struct conformance_kind conformance_postgres = {
    .name = "postgresql",
    .create = create_database,
    .destroy = destroy_database,
    .crash = crash,
};
