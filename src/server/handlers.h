/* The functions that answer requests, by the names that routes.def gives them. Each runs on the
 * worker of the connection, once per request, and answers at once or later (exchange.h). */
#ifndef ALLIM_SERVER_HANDLERS_H
#define ALLIM_SERVER_HANDLERS_H

struct exchange;

#define ROUTE(method, path, listener, access, handler, summary) \
	void handler(struct exchange *exchange);
#include "server/routes.def"
#undef ROUTE

#endif
