/* A TCP connection for commands: they wait for it, but never longer than they mean to.
 *
 * Deadlines are times of clock_monotonic(), in milliseconds; INT64_MAX is none. */
#ifndef ALLIM_CLI_CLIENT_SOCKET_H
#define ALLIM_CLI_CLIENT_SOCKET_H

#include "base/error.h"
#include "base/slice.h"
#include "cli/endpoint.h"

#include <sys/types.h>

/* Connects to the first of the host's addresses that answers. The look-up of a name takes as long
 * as the resolver does. Returns the descriptor, which is the caller's to close, or a negative errno
 * value with a sentence. */
int client_socket_open(const struct endpoint *endpoint, int64_t deadline, struct error *error);

/* Sends all of it. Returns 0, -ETIMEDOUT or another negative errno value. */
int client_socket_send(int descriptor, struct slice bytes, int64_t deadline);

/* Receives what is there, at least a byte. Returns the number, 0 when the peer closed, -ETIMEDOUT
 * or another negative errno value. */
ssize_t client_socket_receive(int descriptor, char *bytes, size_t size, int64_t deadline);

#endif
