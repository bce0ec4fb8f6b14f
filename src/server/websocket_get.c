/* The route of WebSockets: the opening handshake (RFC 6455, 4.2). A client that may not come gets
 * an answer of HTTP, which a browser does not show to the page; the log of its console has it. */
#include "protocol/websocket_handshake.h"
#include "server/exchange.h"
#include "server/handlers.h"
#include "server/websocket.h"

#include <errno.h>

static int check_handshake(struct exchange *exchange)
{
	const char *sentence;
	enum websocket_refusal refusal = websocket_handshake_check(exchange->request, &sentence);

	if (refusal == WEBSOCKET_REFUSAL_NONE)
		return 0;
	if (refusal == WEBSOCKET_REFUSAL_UPGRADE) {
		exchange_header(exchange, "Upgrade", SLICE("websocket"));
		exchange_header(exchange, "Connection", SLICE("Upgrade"));
	} else if (refusal == WEBSOCKET_REFUSAL_VERSION) {
		exchange_header(exchange, "Sec-WebSocket-Version", SLICE(WEBSOCKET_VERSION));
	}
	exchange_problem(exchange,
			 refusal == WEBSOCKET_REFUSAL_REQUEST ? PROBLEM_INVALID_HANDSHAKE
							      : PROBLEM_UPGRADE_REQUIRED,
			 "%s", sentence);
	return -EINVAL;
}

/* A client that offers others only would take our answer for a failure. */
static int check_subprotocol(struct exchange *exchange)
{
	bool any;

	if (websocket_handshake_offers(exchange->request, SLICE(WEBSOCKET_SUBPROTOCOL), &any) ||
	    !any)
		return 0;
	exchange_problem(exchange, PROBLEM_INVALID_HANDSHAKE,
			 "Offer the subprotocol " WEBSOCKET_SUBPROTOCOL ", or none");
	return -EINVAL;
}

static void begin(struct exchange *exchange)
{
	enum stream_start start;
	struct cursor after;

	if (stream_read_start(exchange, &start, &after) < 0)
		return;
	if (exchange->following.length > 0) {
		exchange->connection->last = true; /* what follows is no HTTP */
		exchange_problem(exchange, PROBLEM_INVALID_HANDSHAKE,
				 "Wait for the answer before you send frames");
	} else if (exchange->worker->draining) {
		exchange_problem(exchange, PROBLEM_DRAINING, "This node is about to stop");
	} else {
		stream_open(exchange, websocket_choose_kind(exchange), start, &after);
	}
}

/* A request that is refused uses up no ticket. */
void websocket_get(struct exchange *exchange)
{
	static const struct slice parameters[] = {{"after", 5}, {"ticket", 6}, {NULL, 0}};
	enum stream_start start;
	struct cursor after;

	if (check_handshake(exchange) == 0 && check_subprotocol(exchange) == 0 &&
	    exchange_check_parameters(exchange, parameters) == 0 &&
	    stream_read_start(exchange, &start, &after) == 0)
		stream_redeem(exchange, begin);
}
