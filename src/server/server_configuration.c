/* What only shows when a node is put together would else be found by a reload, which then has half
 * of the settings. */
#include "server/server_configuration.h"

#include "intake/routing.h"
#include "server/sources.h"
#include "store/store.h"

#include <errno.h>

/* Without a key no user could ever be told from another. */
static int check_keys(const struct settings *settings, enum server_role role, struct error *error)
{
	if (role != SERVER_DELIVERS || settings->auth_jwt_secret.length > 0)
		return 0;
	return error_set(error, -EINVAL,
			 "no key for users' tokens; set auth.jwt.secret_file or ALLIM_JWT_SECRET "
			 "(`allim token make --secret` makes one), or try --demo");
}

int server_addresses(const struct settings *settings, enum server_role role,
		     union socket_address *ret_address, union socket_address *ret_admin_address,
		     struct error *error)
{
	int result =
	    socket_address_parse(slice_from_string(settings->http_listen.text), ret_address, error);

	if (result == 0)
		result = socket_address_parse(slice_from_string(settings->admin_listen.text),
					      ret_admin_address, error);
	if (result < 0)
		return result;
	if (role == SERVER_SHOWS && (!socket_address_is_loopback(ret_address) ||
				     !socket_address_is_loopback(ret_admin_address)))
		return error_set(error, -EINVAL,
				 "--demo has public passwords and listens on loopback only; use "
				 "--listen 127.0.0.1:8080");
	return 0;
}

int server_choose_feed(const struct settings *settings, const struct method *method,
		       const struct feed_ops **ret_feed, struct error *error)
{
	*ret_feed = method->feed;
	if (settings->delivery_feed[0] == '\0')
		return 0;
	return feed_find(slice_from_string(settings->delivery_feed), ret_feed, error);
}

static int check_rules(const struct settings *settings, struct error *error)
{
	struct routing *routing;
	int result = routing_create(&settings->routing_rules, &routing, error);

	if (result == 0)
		routing_destroy(routing);
	return result;
}

static int check_sources(const struct settings *settings, enum server_role role,
			 struct error *error)
{
	if (role != SERVER_CONSUMES || sources_are_wanted(settings))
		return sources_check(settings, error);
	return error_set(error, -EINVAL,
			 "there is nothing to consume; set sources.kafka.topic or "
			 "sources.rabbitmq.queue");
}

/* A node that has no clients publishes for those that have. */
static int check_store(const struct settings *settings, enum server_role role, struct error *error)
{
	const struct store_ops *store = store_find(settings->store_location);

	if (role != SERVER_CONSUMES || store == NULL || store->is_shared)
		return 0;
	return error_set(error, -EINVAL,
			 "nobody else can read what is consumed into %s; set store.location to the "
			 "PostgreSQL of the nodes that deliver",
			 settings->store_location);
}

int server_check(const struct settings *settings, enum server_role role, struct error *error)
{
	union socket_address address, admin_address;
	const struct feed_ops *feed;
	const struct method *method;
	int result = check_keys(settings, role, error);

	if (result == 0)
		result = check_sources(settings, role, error);
	if (result == 0)
		result = check_store(settings, role, error);
	if (result == 0)
		result = server_addresses(settings, role, &address, &admin_address, error);
	if (result == 0)
		result = method_find(slice_from_string(settings->method), &method, error);
	if (result == 0)
		result = server_choose_feed(settings, method, &feed, error);
	if (result == 0 && feed->check != NULL)
		result = feed->check(settings, error);
	return result == 0 ? check_rules(settings, error) : result;
}

struct configuration *server_configuration_load(const struct server_options *options,
						struct error *error)
{
	struct configuration *configuration;

	if (configuration_load(&options->sources, &configuration, error) < 0)
		return NULL;
	if (server_check(&configuration->settings, options->role, error) < 0 ||
	    routing_attach(configuration, error) < 0) {
		configuration_release(configuration);
		return NULL;
	}
	return configuration;
}
