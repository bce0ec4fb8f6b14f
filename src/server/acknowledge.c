/* Nothing of delivery depends on acknowledgements: a client that comes again brings its cursor.
 * They are counted, so that a team sees what reached its users' screens and not only their
 * sockets. */
#include "server/acknowledge.h"

#include "server/exchange.h"
#include "server/handlers.h"
#include "server/worker.h"

static void record(struct exchange *exchange, const struct cursor *cursor)
{
	struct audit_client client = exchange_client(exchange, exchange->carrier->name);

	audit_acknowledge(&exchange->worker->audit, &client, cursor);
}

void acknowledge(struct exchange *exchange, struct slice text)
{
	struct cursor cursor;

	if (cursor_parse(text, &cursor) < 0) {
		exchange_problem(exchange, PROBLEM_INVALID_CURSOR,
				 "Acknowledge with the cursor of an event or of an answer");
		return;
	}
	metrics_add(&exchange->worker->metrics, METRIC_ACKNOWLEDGEMENTS, 1);
	record(exchange, &cursor);
	exchange_confirm(exchange);
}

void inbox_ack(struct exchange *exchange)
{
	json_t *body, *cursor;

	if (exchange_check_no_parameters(exchange) < 0)
		return;
	body = exchange_body_json(exchange);
	if (body == NULL)
		return;
	cursor = json_object_get(body, "cursor");
	if (json_is_string(cursor) && json_object_size(body) == 1)
		acknowledge(exchange, slice_from_bytes(json_string_value(cursor),
						       json_string_length(cursor)));
	else
		exchange_problem(exchange, PROBLEM_INVALID_PARAMETER,
				 "Send {\"cursor\": \"...\"} with the last that was applied");
	json_decref(body);
}
