/* Sockets: addresses as text, listening, connecting, and the options that every connection gets. */
#ifndef ALLIM_NET_SOCKET_H
#define ALLIM_NET_SOCKET_H

#include "base/error.h"
#include "base/slice.h"

#include <netinet/in.h>
#include <sys/socket.h>

union socket_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

enum { SOCKET_ADDRESS_BYTES = 64 };

/* Reads `127.0.0.1:8080` or `[::1]:8080`. Names are not looked up, except `localhost`. Returns 0 or
 * -EINVAL with a sentence. */
int socket_address_parse(struct slice text, union socket_address *ret_address, struct error *error);

/* The address as text, with its port. */
void socket_address_format(const union socket_address *address,
			   char text[static SOCKET_ADDRESS_BYTES]);

/* The address of who a socket is connected with, likewise; empty where it is gone already. */
void socket_peer_format(int descriptor, char text[static SOCKET_ADDRESS_BYTES]);

bool socket_address_is_loopback(const union socket_address *address);

/* The bytes that tell one client from another: 4 of IPv4, the first 8 (a /64) of IPv6, because one
 * host has all addresses of its network there. */
struct slice socket_address_client(const union socket_address *address);

/* The first listener of an address, which no other program has or gets: not another allim either,
 * of two that start at once. Non-blocking. Port 0 takes a free one; `address` is updated. Returns
 * the descriptor or a negative errno value with a sentence. */
int socket_claim(union socket_address *address, int backlog, struct error *error);

/* The same, sharing the port with the other listeners of this user's (SO_REUSEPORT): for all but
 * the first of a process. */
int socket_listen(union socket_address *address, int backlog, struct error *error);

/* Blocking, for commands. Returns the descriptor or a negative errno value with a sentence. */
int socket_connect(const union socket_address *address, struct error *error);

/* For a connection of our own: small packets at once; a peer that vanished is noticed within a
 * minute (keepalive 30/10/3 and TCP_USER_TIMEOUT 60 s). Failures are harmless and ignored.
 *
 * Accepted connections have no keepalive: heartbeats and answers are what finds those that
 * vanished. Its probes would go out in the same moment for all who connected in the same moment,
 * and whoever's probes are lost in the rush would be reset, though it is there. */
void socket_tune(int descriptor);

#endif
