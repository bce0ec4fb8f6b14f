/* Exchanges that come as requests of HTTP (RFC 9110), one after the other on a connection. */
#ifndef ALLIM_SERVER_EXCHANGE_HTTP_H
#define ALLIM_SERVER_EXCHANGE_HTTP_H

#include "server/exchange.h"

/* An exchange with a parser, or NULL. */
struct exchange *exchange_http_create(struct connection *connection);

/* The head is there: finds the route, authenticates, and says whether the body may come. */
void exchange_http_on_head(struct exchange *exchange);

/* All is there: calls the handler. */
void exchange_http_on_complete(struct exchange *exchange);

/* The parser refused the bytes; or they came too slowly. */
void exchange_http_on_failure(struct exchange *exchange);
void exchange_http_on_timeout(struct exchange *exchange);

/* The head of a 200 answer whose body follows without a length, for streams. */
void exchange_http_append_stream_head(struct exchange *exchange, const char *content_type,
				      struct buffer *out);

#endif
