/* Who may use which route, and how often. On the worker's thread. */
#ifndef ALLIM_SERVER_ACCESS_H
#define ALLIM_SERVER_ACCESS_H

#include "base/slice.h"

struct exchange;
struct route;
struct worker;

/* Whether the Host header is one that this listener answers to; where not, the exchange is
 * answered. To be asked before all else. */
bool access_check_host(struct exchange *exchange);

/* Finds out who asks and sets the exchange's identity, or answers why not. Runs when the head of
 * the request is there, before any of its body is read. */
void access_check(struct exchange *exchange);

/* Whether requests to the route may come over a WebSocket. */
bool access_over_websocket(const struct route *route);

/* Counts a request of this user in the present minute. False: one too many. */
bool access_count(struct worker *worker, struct slice user);

/* Answers that it was one too many. */
void access_refuse_count(struct exchange *exchange);

#endif
