/* Publishing a dead letter after all:
 *
 *	look it up -> read its body, as a queue's -> publish -> take it out -> answer
 *	                        |
 *	                        +- refused -> say so, in the letter too -> answer
 *
 * It is read and keyed as the source does it, with the source as publisher. So what was published
 * before is not published again: by the source, by a retry that was pressed twice, or by one that
 * ended between publishing and taking out.
 *
 * A message that the request brings replaces the letter's body. Where that is refused the letter
 * stays as it is, because its reason speaks of its own body. */
#include "server/dead_letter.h"

#include "base/clock.h"
#include "base/json.h"
#include "intake/message.h"
#include "server/handlers.h"
#include "server/publication_answer.h"
#include "server/worker.h"

#include <errno.h>

struct retry {
	int64_t id;
	bool is_corrected; /* the request brings the message */
	struct slice source;
	struct message message;
	struct store_item item;
	struct publication_outcome outcome;
	int status; /* what is answered when the letter is out, */
	struct slice answer;
	char reason[sizeof(((struct error *)NULL)->text)]; /* or when its refusal is written down */
};

static void reply_refused(struct exchange *exchange)
{
	const struct retry *retry = exchange->task;

	exchange_problem(exchange, PROBLEM_INVALID_NOTIFICATION, "%s", retry->reason);
}

/* Whether or not the letter was still there. */
static void on_buried_again(struct exchange *exchange, struct store_request *request)
{
	(void)request;
	reply_refused(exchange);
}

/* The reason may quote what came, and end in the middle of a character. */
static void refuse(struct exchange *exchange, const char *reason)
{
	struct retry *retry = exchange->task;
	struct store_bury_again *again;

	snprintf(retry->reason, sizeof(retry->reason), "%s", reason);
	retry->reason[slice_drop_malformed(retry->reason, strlen(retry->reason))] = '\0';
	if (retry->is_corrected) {
		reply_refused(exchange);
		return;
	}
	again = exchange_store_request(exchange, sizeof(*again), STORE_BURY_AGAIN);
	if (again == NULL)
		return;
	again->id = retry->id;
	again->reason = slice_from_string(retry->reason);
	exchange_ask(exchange, &again->request, on_buried_again);
}

static void on_taken_out(struct exchange *exchange, struct store_request *request)
{
	const struct retry *retry = exchange->task;

	(void)request;
	exchange_reply(exchange, retry->status, "application/json", retry->answer);
}

static void take_out(struct exchange *exchange)
{
	struct retry *retry = exchange->task;
	struct store_exhume *exhume =
	    exchange_store_request(exchange, sizeof(*exhume), STORE_EXHUME);

	if (exhume == NULL)
		return;
	exhume->ids = &retry->id;
	exhume->id_count = 1;
	exchange_ask(exchange, &exhume->request, on_taken_out);
}

/* What will be answered when the letter is gone. Takes the buffer's memory. Returns 0 or
 * -ENOMEM. */
static int keep_answer(struct exchange *exchange, int status, struct buffer *answer)
{
	struct retry *retry = exchange->task;
	int result = buffer_failed(answer)
			 ? -ENOMEM
			 : arena_copy(&exchange->arena, buffer_slice(answer), &retry->answer);

	buffer_finish(answer);
	retry->status = status;
	return result;
}

/* The ids end with the store's next answer, so they are written down now. */
static int keep_published(struct exchange *exchange, const struct publication *publication)
{
	const struct retry *retry = exchange->task;
	struct buffer answer = BUFFER_EMPTY;

	if (retry->item.is_repeated)
		buffer_append(&answer, SLICE("{\"repeated\":true}"));
	else
		publication_answer_append(publication, &answer);
	return keep_answer(exchange, retry->item.is_repeated ? 200 : 201, &answer);
}

static int keep_dropped(struct exchange *exchange)
{
	const struct retry *retry = exchange->task;
	struct buffer answer = BUFFER_EMPTY;

	buffer_append(&answer, SLICE("{\"dropped_by\":"));
	json_append_string(&answer, slice_from_string(retry->outcome.rule));
	buffer_append_byte(&answer, '}');
	return keep_answer(exchange, 202, &answer);
}

static void on_published(struct exchange *exchange, struct store_request *request)
{
	const struct publication *publication = (const struct publication *)request;
	const struct retry *retry = exchange->task;
	struct metrics *metrics = &exchange->worker->metrics;
	int result = request->result;

	if (result == 0 && !retry->item.is_repeated) {
		metrics_add(metrics, METRIC_ITEMS_ROUTED, publication->routed);
		metrics_add(metrics, METRIC_PUBLISHES, 1);
		metrics_add(metrics, METRIC_NOTIFICATIONS, store_item_receivers(&retry->item));
	}
	if (result == 0)
		result = keep_published(exchange, publication);
	if (result < 0)
		exchange_store_problem(exchange, result);
	else
		take_out(exchange);
}

static void submit(struct exchange *exchange)
{
	struct retry *retry = exchange->task;
	struct publication *publication =
	    exchange_store_request(exchange, sizeof(*publication), STORE_PUBLISH);

	if (publication == NULL)
		return;
	retry->outcome.item = &retry->item;
	publication->outcomes = &retry->outcome;
	publication->outcome_count = 1;
	publication->routed = retry->outcome.rule != NULL;
	publication->publish.items = &retry->item;
	publication->publish.item_count = 1;
	publication->publish.publisher = retry->source;
	exchange_ask(exchange, &publication->publish.request, on_published);
}

/* A rule says that nobody is to get it, so it is handled. */
static void drop(struct exchange *exchange)
{
	struct retry *retry = exchange->task;

	audit_route(&exchange->worker->audit, retry->source, retry->outcome.rule, NULL,
		    retry->message.position);
	metrics_add(&exchange->worker->metrics, METRIC_ITEMS_ROUTED, 1);
	metrics_add(&exchange->worker->metrics, METRIC_ITEMS_DROPPED, 1);
	if (keep_dropped(exchange) < 0)
		exchange_out_of_memory(exchange);
	else
		take_out(exchange);
}

static void read_and_publish(struct exchange *exchange)
{
	struct retry *retry = exchange->task;
	struct error error;
	int result = message_read(&retry->message, exchange->worker->settings,
				  exchange->worker->configuration->routing, clock_wall(),
				  &exchange->arena, &retry->item, &retry->outcome.rule, &error);

	if (result == -EINVAL)
		refuse(exchange, error.text);
	else if (result < 0)
		exchange_out_of_memory(exchange);
	else if (result > 0)
		drop(exchange);
	else
		submit(exchange);
}

/* The letter ends with the store's next answer. A corrected message need not be of the letter's
 * type, which may be what was wrong. Returns 0 or -ENOMEM. */
static int copy_letter(struct retry *retry, const struct store_dead_letter *letter,
		       struct arena *arena)
{
	struct message *message = &retry->message;
	int result = arena_copy(arena, letter->source, &retry->source);

	if (result == 0)
		result = arena_copy(arena, letter->position, &message->position);
	if (result == 0)
		result = arena_copy(arena, letter->key, &message->key);
	if (result == 0 && !retry->is_corrected)
		result = arena_copy(arena, letter->content_type, &message->content_type);
	if (result == 0 && !retry->is_corrected)
		result = arena_copy(arena, letter->body, &message->body);
	return result;
}

static void on_found(struct exchange *exchange, struct store_request *request)
{
	const struct store_dead_letters *found = (const struct store_dead_letters *)request;

	if (found->letter_count == 0)
		dead_letter_reply_not_found(exchange, found->id);
	else if (copy_letter(exchange->task, found->letters, &exchange->arena) < 0)
		exchange_out_of_memory(exchange);
	else
		read_and_publish(exchange);
}

/* A message that is no JSON at all is refused before the letter is looked for. Returns 0, or
 * -EINVAL and the exchange is answered. */
static int read_correction(struct exchange *exchange, struct retry *retry)
{
	json_t *json;

	if (slice_is_empty(exchange->request->body))
		return 0;
	json = exchange_body_json(exchange);
	if (json == NULL)
		return -EINVAL;
	json_decref(json);
	retry->is_corrected = true;
	retry->message.body = exchange->request->body;
	return 0;
}

void dead_letter_retry(struct exchange *exchange)
{
	struct retry *retry = arena_allocate_array(&exchange->arena, 1, sizeof(*retry));
	struct store_dead_letters *letter;

	if (retry == NULL) {
		exchange_out_of_memory(exchange);
		return;
	}
	exchange->task = retry;
	retry->message = (struct message){.body = SLICE(""), .content_type = SLICE("")};
	if (dead_letter_read_id(exchange, &retry->id) < 0 || read_correction(exchange, retry) < 0)
		return;
	letter = exchange_store_request(exchange, sizeof(*letter), STORE_DEAD_LETTERS);
	if (letter == NULL)
		return;
	letter->id = retry->id;
	exchange_ask(exchange, &letter->request, on_found);
}
