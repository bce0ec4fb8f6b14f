/* First the Host, then one function for each kind of access; routes.def says which route has
 * which. */
#include "server/access.h"

#include "base/clock.h"
#include "protocol/url.h"
#include "server/exchange.h"
#include "server/worker.h"

#include <arpa/inet.h>
#include <errno.h>

/* `text` without its port. */
static struct slice host_of(struct slice text)
{
	const char *end = text.length == 0 ? NULL : memchr(text.data, ']', text.length);

	return end != NULL ? slice_from_bytes(text.data, (size_t)(end + 1 - text.data))
			   : slice_split(&text, ':');
}

static bool is_local(struct slice host)
{
	char text[INET_ADDRSTRLEN];
	struct in_addr address;

	if (slice_equals_ignoring_case(host, SLICE("localhost")) ||
	    slice_equals(host, SLICE("[::1]")))
		return true;
	if (host.length >= sizeof(text))
		return false;
	memcpy(text, host.data, host.length);
	text[host.length] = '\0';
	return inet_pton(AF_INET, text, &address) == 1 &&
	       ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
}

/* What asks for no key trusts that only this machine reaches it. But a page of any site can: its
 * own name may lead to 127.0.0.1 a moment after it was loaded (DNS rebinding), and then the browser
 * takes this node for that site. The Host header still has the name. Browsers always send one. */
bool access_check_host(struct exchange *exchange)
{
	struct slice host = host_of(exchange->request->host);

	if (!exchange->worker->local_only || host.length == 0 || is_local(host))
		return true;
	exchange_problem(
	    exchange, PROBLEM_MISDIRECTED,
	    "Ask for localhost, 127.0.0.1 or [::1]; behind a proxy, let it send one of "
	    "these as Host");
	return false;
}

static int64_t now_seconds(void)
{
	return clock_wall() / 1000000;
}

static void refuse(struct exchange *exchange, int result, const char *what)
{
	if (result == -EPERM)
		exchange_problem(
		    exchange, PROBLEM_FORBIDDEN_ORIGIN,
		    "List this page's origin in http.allowed_origins, or send the token "
		    "in the Authorization header");
	else if (result == -ENOMEM)
		exchange_out_of_memory(exchange);
	else
		exchange_problem(exchange, PROBLEM_UNAUTHENTICATED, "Send %s", what);
}

bool access_count(struct worker *worker, struct slice user)
{
	return quota_spend(worker->node->user_requests, user, (uint32_t)(worker->loop.now / 60000),
			   1, (uint64_t)worker->settings->limits_requests_per_minute);
}

void access_refuse_count(struct exchange *exchange)
{
	exchange_problem(exchange, PROBLEM_TOO_MANY_REQUESTS,
			 "Ask less often; limits.requests_per_minute allows %lld a minute",
			 (long long)exchange->worker->settings->limits_requests_per_minute);
}

static void spend(struct exchange *exchange)
{
	if (!access_count(exchange->worker, exchange->identity.name))
		access_refuse_count(exchange);
}

static bool takes_tickets(enum route_access access)
{
	return access == ROUTE_STREAM || access == ROUTE_WEBSOCKET;
}

static void check_user(struct exchange *exchange)
{
	int result = authenticate_user(&exchange->worker->authenticator, exchange->request,
				       now_seconds(), &exchange->arena, &exchange->identity);

	if (result == 0)
		spend(exchange);
	else if (takes_tickets(exchange->route->access))
		refuse(exchange, result,
		       "a valid user token: Authorization: Bearer TOKEN, or where a page cannot "
		       "send that header, ?ticket= with one of POST /v1/inbox/ticket");
	else
		refuse(exchange, result, "a valid user token: Authorization: Bearer TOKEN");
}

/* Publishers, and with `users_too` whoever has a token: what it allows, publish.c asks. */
static int authenticate_publishing(struct exchange *exchange, bool users_too)
{
	struct authenticator *authenticator = &exchange->worker->authenticator;
	int result = authenticate_publisher(authenticator, exchange->request, &exchange->arena,
					    &exchange->identity);

	if (result != -EACCES || !users_too)
		return result;
	return authenticate_user(authenticator, exchange->request, now_seconds(), &exchange->arena,
				 &exchange->identity);
}

/* With --demo, its users publish too. */
static void check_publisher(struct exchange *exchange)
{
	int result = authenticate_publishing(exchange, exchange->worker->node->demo);

	if (result < 0)
		refuse(exchange, result, "a publisher's key: Authorization: Bearer KEY");
}

static void check_both(struct exchange *exchange, const char *what)
{
	int result = authenticate_publishing(exchange, true);

	if (result < 0)
		refuse(exchange, result, what);
	else if (exchange->identity.kind == IDENTITY_USER)
		spend(exchange);
}

static void check_publishing(struct exchange *exchange)
{
	check_both(exchange, "a publisher's key: Authorization: Bearer KEY");
}

static void check_either(struct exchange *exchange)
{
	check_both(exchange,
		   "a publisher's key or a valid user token: Authorization: Bearer TOKEN");
}

/* A ticket is looked at here; the route uses it up. */
static void check_stream(struct exchange *exchange)
{
	unsigned char *id;
	struct slice ticket;
	int result = exchange_parameter(exchange, SLICE("ticket"), &ticket);

	if (result == -ENOENT) {
		check_user(exchange);
		return;
	}
	if (result < 0)
		return;
	id = arena_allocate(&exchange->arena, AUTHENTICATION_TICKET_BYTES);
	result = id == NULL
		     ? -ENOMEM
		     : authenticate_ticket(&exchange->worker->authenticator, ticket, now_seconds(),
					   &exchange->arena, &exchange->identity, id);
	exchange->ticket = id;
	if (result < 0)
		refuse(exchange, result, "a new ticket; each is valid once and for a short time");
	else
		spend(exchange);
}

/* Whatever it comes with: a page of another site must not open a socket that the browser then
 * authenticates (RFC 6455, 10.2). Programs send no Origin. */
static void check_websocket(struct exchange *exchange)
{
	const struct slice *origin = http_request_header(exchange->request, SLICE("origin"));

	if (origin == NULL ||
	    authentication_origin_allowed(exchange->worker->settings, exchange->request, *origin))
		check_stream(exchange);
	else
		exchange_problem(exchange, PROBLEM_FORBIDDEN_ORIGIN,
				 "List this page's origin in http.allowed_origins");
}

bool access_over_websocket(const struct route *route)
{
	return route->access == ROUTE_USER || route->access == ROUTE_PUBLISHING ||
	       route->access == ROUTE_EITHER;
}

static void check_figures(struct exchange *exchange)
{
	if (exchange->worker->listener == ROUTE_PUBLIC && !exchange->worker->node->demo)
		check_publisher(exchange);
}

/* The other side of access_check_host(): a page need not read an answer to do harm, and a POST that
 * a form could make is sent without asking first. But browsers say which origin it comes from. */
static void check_administrator(struct exchange *exchange)
{
	const struct slice *origin = http_request_header(exchange->request, SLICE("origin"));

	if (origin != NULL && !authentication_origin_is_own(exchange->request, *origin))
		exchange_problem(exchange, PROBLEM_FORBIDDEN_ORIGIN,
				 "Administer from no page of another origin; use allim deadletter "
				 "or a program that sends no Origin");
}

static void check_nothing(struct exchange *exchange)
{
	(void)exchange;
}

void access_check(struct exchange *exchange)
{
	static void (*const checks[])(struct exchange *) = {
	    [ROUTE_ANYBODY] = check_nothing,
	    [ROUTE_PUBLISHER] = check_publisher,
	    [ROUTE_PUBLISHING] = check_publishing,
	    [ROUTE_EITHER] = check_either,
	    [ROUTE_USER] = check_user,
	    [ROUTE_STREAM] = check_stream,
	    [ROUTE_WEBSOCKET] = check_websocket,
	    [ROUTE_DEMO] = check_nothing,
	    [ROUTE_FIGURES] = check_figures,
	    [ROUTE_ADMINISTRATOR] = check_administrator,
	};

	checks[exchange->route->access](exchange);
}
