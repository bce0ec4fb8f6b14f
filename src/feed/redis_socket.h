/* A non-blocking connection of bytes to a server, plain or in TLS.
 *
 * One thread only. Nothing here waits: what cannot be done now is -EAGAIN, and
 * redis_socket_events() tells what to wait for. */
#ifndef ALLIM_FEED_REDIS_SOCKET_H
#define ALLIM_FEED_REDIS_SOCKET_H

#include "base/error.h"
#include "base/slice.h"
#include "net/socket.h"

#include <openssl/ssl.h>

struct redis_socket {
	int descriptor; /* -1 while closed */
	SSL *tls;	/* NULL: plain */
	bool connected;
	bool wants_write; /* TLS does, whatever it was asked for */
};

/* What all TLS connections of a feed share: TLS 1.2 or later, the server's certificate checked with
 * the authorities in `ca_file`, or the system's where it is empty. Returns 0, -ENOMEM, or -EINVAL
 * with a sentence. SSL_CTX_free() ends it. */
int redis_tls_create(const char *ca_file, SSL_CTX **ret_context, struct error *error);

/* For storage that the caller has; it is closed. */
void redis_socket_init(struct redis_socket *socket);

/* Starts to connect. With a TLS context the server must prove to be `host`. Returns 0 or a negative
 * errno value with a sentence. */
int redis_socket_open(struct redis_socket *socket, const union socket_address *address,
		      SSL_CTX *tls, const char *host, struct error *error);

/* Goes on connecting when the descriptor is ready. Returns 0 when connected, -EAGAIN, or another
 * negative errno value with a sentence. */
int redis_socket_connect(struct redis_socket *socket, struct error *error);

/* Returns how many bytes were read or written, -EAGAIN, or another negative errno value with a
 * sentence; the end of what the server sends is one. */
int64_t redis_socket_read(struct redis_socket *socket, char *bytes, size_t size,
			  struct error *error);
int64_t redis_socket_write(struct redis_socket *socket, struct slice bytes, struct error *error);

/* True while TLS holds bytes that it has read from the descriptor. */
bool redis_socket_has_input(const struct redis_socket *socket);

/* What epoll should wait for, where `has_output` tells whether something is to be written. */
uint32_t redis_socket_events(const struct redis_socket *socket, bool has_output);

void redis_socket_close(struct redis_socket *socket);

#endif
