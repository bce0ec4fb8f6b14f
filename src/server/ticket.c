/* Single-use tickets, for streams whose client cannot send headers. */
#include "server/exchange.h"
#include "server/handlers.h"
#include "server/worker.h"

#include "base/clock.h"

void ticket_post(struct exchange *exchange)
{
	struct authenticator *authenticator = &exchange->worker->authenticator;
	struct buffer body = BUFFER_EMPTY;

	buffer_append(&body, SLICE("{\"ticket\":\""));
	if (authentication_make_ticket(authenticator, &exchange->identity, clock_wall() / 1000000,
				       &body) < 0) {
		exchange_problem(exchange, PROBLEM_OUT_OF_MEMORY, "Try again later");
	} else {
		buffer_append_format(&body, "\",\"expires_in\":%lld}",
				     (long long)authenticator->settings->auth_ticket_lifetime /
					 1000);
		exchange_reply_json(exchange, 201, &body);
	}
	buffer_finish(&body);
}
