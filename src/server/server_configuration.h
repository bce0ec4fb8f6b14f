/* The settings that a node starts or goes on with: all that could not work is refused before
 * anything is started. */
#ifndef ALLIM_SERVER_SERVER_CONFIGURATION_H
#define ALLIM_SERVER_SERVER_CONFIGURATION_H

#include "config/configuration.h"
#include "method/method.h"
#include "net/socket.h"
#include "server/server.h"

/* Loads and checks, with the rules attached. With one reference, or NULL with a sentence. */
struct configuration *server_configuration_load(const struct server_options *options,
						struct error *error);

/* The addresses that a node with these settings listens on. Returns 0, or a negative errno value
 * with a sentence. */
int server_addresses(const struct settings *settings, enum server_role role,
		     union socket_address *ret_address, union socket_address *ret_admin_address,
		     struct error *error);

/* The method's feed, unless another one is named. Returns 0, or -EINVAL with a sentence. */
int server_choose_feed(const struct settings *settings, const struct method *method,
		       const struct feed_ops **ret_feed, struct error *error);

#endif
