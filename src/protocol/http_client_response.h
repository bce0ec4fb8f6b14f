/* Reading a response, for the commands that talk to a node: publish, subscribe, stats.
 *
 * The head is kept; the body is handed out as it comes. */
#ifndef ALLIM_PROTOCOL_HTTP_CLIENT_RESPONSE_H
#define ALLIM_PROTOCOL_HTTP_CLIENT_RESPONSE_H

#include "base/slice.h"

struct http_client_response;

struct http_client_response_events {
	/* The head is complete: status and headers can be asked for. May be NULL. Interim responses
	 * (1xx) are skipped and not told. A result other than 0 stops the reader and is
	 * http_client_response_feed()'s. */
	int (*on_head)(void *context, struct http_client_response *response);
	/* Bytes of the body, valid until it returns. The same holds for its result. */
	int (*on_body)(void *context, struct slice bytes);
	void *context;
};

/* A reader of one response, or NULL when memory is short. `head_bytes` bounds its head;
 * `without_body` says that it answers a HEAD request. The events are copied. */
struct http_client_response *
http_client_response_create(const struct http_client_response_events *events, size_t head_bytes,
			    bool without_body);

/* NULL is allowed. */
void http_client_response_destroy(struct http_client_response *response);

/* Ready for the next response. */
void http_client_response_reset(struct http_client_response *response, bool without_body);

/* Before the first bytes: 101 is an answer, which ends with its head, and what follows is no
 * HTTP. */
void http_client_response_allow_upgrade(struct http_client_response *response);

/* Reads on. `*ret_consumed` tells how much belonged to this response. Returns 0, -EBADMSG for what
 * is no HTTP/1.1 response, -EMSGSIZE for a head beyond the limit, -ENOMEM, or a callback's result.
 */
int http_client_response_feed(struct http_client_response *response, struct slice input,
			      size_t *ret_consumed);

/* The server closed the connection. Returns 0 where that completes the response (or did not cut it
 * short), else -ECONNRESET. */
int http_client_response_end(struct http_client_response *response);

/* True once head and body are here; what follows belongs to the next response. */
bool http_client_response_is_complete(const struct http_client_response *response);

/* 0 before the head is complete. */
int http_client_response_status(const struct http_client_response *response);

/* The first header of that name, without regard to case, or the empty slice; valid until the reset.
 */
struct slice http_client_response_header(const struct http_client_response *response,
					 struct slice name);

/* The headers of that name one by one: `*position` is 0 before the first. False: there is no
 * further one. */
bool http_client_response_next_header(const struct http_client_response *response,
				      struct slice name, size_t *position, struct slice *ret_value);

#endif
