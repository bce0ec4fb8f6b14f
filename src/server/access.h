/* Who may use which route, and how often. */
#ifndef ALLIM_SERVER_ACCESS_H
#define ALLIM_SERVER_ACCESS_H

#include <stdbool.h>

struct exchange;

/* Whether the Host header is one that this listener answers to; where not, the exchange is
 * answered. To be asked before all else. */
bool access_check_host(struct exchange *exchange);

/* Finds out who asks and sets the exchange's identity, or answers why not. Runs when the head of
 * the request is there, before any of its body is read. */
void access_check(struct exchange *exchange);

struct route;

/* Whether requests to the route may come over a socket. */
bool access_over_socket(const struct route *route);

/* Sets the identity of a message's exchange to the socket's and counts it, or answers why not. */
void access_check_message(struct exchange *exchange);

#endif
