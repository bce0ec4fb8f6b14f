/* Advice and costs for a page: the answers are those of allim advise and allim cost. They are
 * computed at once, which inquiry.h bounds. */
#include "advisor/advisor_json.h"
#include "advisor/inquiry.h"
#include "server/exchange.h"
#include "server/handlers.h"

#include <errno.h>

static void reply(struct exchange *exchange, const json_t *answer)
{
	struct buffer body = BUFFER_EMPTY;

	advisor_json_append(&body, answer);
	exchange_reply_json(exchange, 200, &body);
	buffer_finish(&body);
}

static void answer_by(struct exchange *exchange,
		      int (*inquire)(const json_t *json, json_t **ret_answer, struct error *error))
{
	json_t *json, *answer = NULL;
	struct error error;
	int result;

	if (exchange_check_no_parameters(exchange) < 0)
		return;
	json = exchange_body_json(exchange);
	if (json == NULL)
		return;
	result = inquire(json, &answer, &error);
	if (result == 0)
		reply(exchange, answer);
	else if (result == -ENOMEM)
		exchange_out_of_memory(exchange);
	else
		exchange_problem(exchange, PROBLEM_INVALID_INQUIRY, "%s", error.text);
	json_decref(answer);
	json_decref(json);
}

void advisor_post_advice(struct exchange *exchange)
{
	answer_by(exchange, inquiry_advise);
}

void advisor_post_cost(struct exchange *exchange)
{
	answer_by(exchange, inquiry_cost);
}
