/* Which function answers which request. */
#ifndef ALLIM_SERVER_ROUTE_H
#define ALLIM_SERVER_ROUTE_H

#include "base/buffer.h"
#include "protocol/http_request.h"

enum route_listener { ROUTE_PUBLIC, ROUTE_ADMIN };

enum route_access {
	ROUTE_ANYBODY,
	ROUTE_PUBLISHER,
	ROUTE_PUBLISHING,
	ROUTE_EITHER,
	ROUTE_USER,
	ROUTE_STREAM,
	ROUTE_WEBSOCKET,
	ROUTE_DEMO,
	ROUTE_FIGURES,
	ROUTE_ADMINISTRATOR
};

struct exchange;

struct route {
	enum http_method method;
	const char *path;
	enum route_listener listener;
	enum route_access access;
	/* Answers at once or later; see exchange.h. */
	void (*handle)(struct exchange *exchange);
	const char *summary;
};

/* All routes, ended by a row without a path. */
extern const struct route route_table[];

enum route_result { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD };

/* Finds the route of a request. HEAD finds GET's. `ret_parameter` gets what stands for {id}, {file}
 * or {topic}. With `demo` false the DEMO routes are not there. With ROUTE_NO_METHOD, `ret_allowed`
 * gets the methods of the path as a list. */
enum route_result route_find(enum route_listener listener, bool demo, enum http_method method,
			     struct slice path, const struct route **ret_route,
			     struct slice *ret_parameter, struct buffer *ret_allowed);

#endif
