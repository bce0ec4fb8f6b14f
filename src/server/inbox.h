/* What reading and marking an inbox have in common. */
#ifndef ALLIM_SERVER_INBOX_H
#define ALLIM_SERVER_INBOX_H

#include "core/hub.h"
#include "server/exchange.h"
#include "wire/wire.h"

/* Adds the ETag of a cursor to the answer. */
void inbox_add_etag(struct exchange *exchange, const struct cursor *cursor);

/* Whether If-None-Match names this cursor (RFC 9110, 13.1.2). */
bool inbox_matches(const struct exchange *exchange, const struct cursor *cursor);

/* Tells the worker's hub what the store has just said of this user. False where the hub lacks
 * broadcasts that a badge at this cursor is counted with: the exchange is taken care of, and the
 * callback of the request will be called with it again when they are there. */
bool inbox_learn(struct exchange *exchange, struct store_request *request,
		 const struct cursor *cursor, const struct inbox_counts *counts);

/* The badge of these counts, for this worker. */
int64_t inbox_unread(const struct exchange *exchange, const struct inbox_counts *counts);

#endif
