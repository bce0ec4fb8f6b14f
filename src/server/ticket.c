/* Single-use tickets, for streams whose client cannot send headers. */
#include "server/exchange.h"
#include "server/handlers.h"
#include "server/worker.h"

#include "base/clock.h"

void ticket_post(struct exchange *exchange)
{
	struct authenticator *authenticator = &exchange->worker->authenticator;
	int64_t now = clock_wall() / 1000000;
	int64_t lifetime = authenticator->settings->auth_ticket_lifetime / 1000;
	struct buffer body = BUFFER_EMPTY;

	if (exchange_check_no_parameters(exchange) < 0)
		return;
	if (lifetime > exchange->identity.expires_at - now)
		lifetime = exchange->identity.expires_at - now;
	buffer_append(&body, SLICE("{\"ticket\":\""));
	if (authentication_make_ticket(authenticator, &exchange->identity, now, &body) < 0) {
		exchange_out_of_memory(exchange);
	} else {
		buffer_append_format(&body, "\",\"expires_in\":%lld}", (long long)lifetime);
		exchange_reply_json(exchange, 201, &body);
	}
	buffer_finish(&body);
}
