/* One HTTP request on a connection of its own, waiting for the answer: to ask whether a server is
 * up and to tell it something. Never while measuring. */
#ifndef ALLIM_BENCH_CALL_H
#define ALLIM_BENCH_CALL_H

#include "base/buffer.h"
#include "net/socket.h"

/* Sends the bytes and waits up to ten seconds. Returns the response's status, or a negative errno
 * value. */
int call_server(const union socket_address *address, struct slice request);

/* The same, for a response with a Content-Length, of which the body is appended. */
int call_fetch(const union socket_address *address, struct slice request, struct buffer *body);

#endif
