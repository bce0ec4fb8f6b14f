/* Publishing, correcting and withdrawing. */
#include "server/exchange.h"
#include "server/handlers.h"
#include "server/publication_answer.h"
#include "server/worker.h"

#include "base/clock.h"

#include <errno.h>
#include <sodium.h>

enum { KEY_BYTES = 255 };

static void answer(struct exchange *exchange, const struct publication *publication)
{
	struct buffer body = BUFFER_EMPTY;

	if (publication->refusal != NULL) {
		exchange_problem(exchange, PROBLEM_INVALID_NOTIFICATION, "%s",
				 publication->refusal);
		return;
	}
	publication_answer_append(publication, &body);
	exchange_reply_json(exchange, publication_answer_status(publication), &body);
	buffer_finish(&body);
}

/* The body is that of the first time, or else the store would have refused the key. */
static void answer_again(struct exchange *exchange, struct publication *publication)
{
	json_t *body = exchange_body_json(exchange);
	int result;

	if (body == NULL)
		return;
	result = publication_recall(publication, body, &exchange->arena);
	json_decref(body);
	if (result < 0) {
		exchange_store_problem(exchange, result);
		return;
	}
	publication->refusal = NULL;
	exchange->is_replayed = true;
	answer(exchange, publication);
}

static uint64_t minute_limit(const struct exchange *exchange)
{
	const struct settings *settings = exchange->worker->settings;
	bool is_user = exchange->identity.kind == IDENTITY_USER && !exchange->worker->node->demo;

	return (uint64_t)(is_user ? settings->limits_user_publish_per_minute
				  : settings->limits_publish_per_minute);
}

/* How many a topic's members are is known only now: they count all the same, against what is left
 * of the minute or beyond it. */
static void spend_rest(struct exchange *exchange, const struct publication *publication)
{
	struct worker *worker = exchange->worker;
	size_t published = store_publish_receivers(&publication->publish);

	if (published > publication->recipients && minute_limit(exchange) > 0)
		quota_spend(worker->node->publishes, publication->publish.publisher,
			    (uint32_t)(worker->loop.now / 60000),
			    (uint32_t)(published - publication->recipients), UINT32_MAX);
}

static void count_publish(struct exchange *exchange, const struct publication *publication)
{
	struct metrics *metrics = &exchange->worker->metrics;

	metrics_add(metrics, METRIC_ITEMS_ROUTED, publication->routed);
	metrics_add(metrics, METRIC_ITEMS_DROPPED, publication->dropped);
	if (publication->publish.item_count == 0)
		return;
	metrics_add(metrics, METRIC_PUBLISHES, 1);
	metrics_add(metrics, METRIC_NOTIFICATIONS, store_publish_receivers(&publication->publish));
	spend_rest(exchange, publication);
}

static void refuse_size(struct exchange *exchange)
{
	exchange_problem(exchange, PROBLEM_INVALID_NOTIFICATION,
			 "one request makes at most %lld notifications, one for each member of a "
			 "topic; publish.notifications limits them",
			 (long long)exchange->worker->settings->publish_notifications);
}

static void on_published(struct exchange *exchange, struct store_request *request)
{
	struct publication *publication = (struct publication *)request;

	if (request->result == -EEXIST) {
		exchange_problem(exchange, PROBLEM_IDEMPOTENCY_KEY_REUSED,
				 "Use a new Idempotency-Key for each request; a repeated request "
				 "must have the same body");
	} else if (request->result == -E2BIG) {
		refuse_size(exchange);
	} else if (request->result < 0) {
		/* A name that publication_read() should have refused. */
		exchange_store_problem(exchange, request->result);
	} else if (publication->publish.replay.is_set) {
		answer_again(exchange, publication);
	} else {
		count_publish(exchange, publication);
		answer(exchange, publication);
	}
}

static bool is_printable(struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] < ' ' || text.data[i] > '~')
			return false;
	}
	return true;
}

/* Sets the key, if there is one. Returns 0, or -EINVAL and the exchange is answered. */
static int read_key(struct exchange *exchange, struct store_publish *publish)
{
	const struct slice *key = http_request_header(exchange->request, SLICE("idempotency-key"));
	struct slice body = exchange->request->body;

	if (key == NULL)
		return 0;
	if (key->length == 0 || key->length > KEY_BYTES || !is_printable(*key)) {
		exchange_problem(exchange, PROBLEM_INVALID_PARAMETER,
				 "Idempotency-Key is 1 to %d printable ASCII characters",
				 KEY_BYTES);
		return -EINVAL;
	}
	publish->idempotency_key = *key;
	crypto_hash_sha256(publish->fingerprint, (const unsigned char *)body.data, body.length);
	return 0;
}

/* The publisher's notifications of the present minute. */
static bool spend(struct exchange *exchange, struct slice publisher, size_t notifications)
{
	struct worker *worker = exchange->worker;
	bool is_user = exchange->identity.kind == IDENTITY_USER && !worker->node->demo;
	uint64_t limit = minute_limit(exchange);
	bool never = limit > 0 && notifications > limit;

	if (!never &&
	    quota_spend(worker->node->publishes, publisher, (uint32_t)(worker->loop.now / 60000),
			(uint32_t)notifications, limit))
		return true;
	/* What is too much for any minute must not be tried again. */
	exchange_problem(
	    exchange, never ? PROBLEM_INVALID_NOTIFICATION : PROBLEM_TOO_MANY_REQUESTS,
	    "Publish less%s; limits.%spublish_per_minute allows %llu notifications a minute",
	    never ? " at once" : "", is_user ? "user_" : "", (unsigned long long)limit);
	return false;
}

/* What a user's token must allow, and what no user may: reach whom the user does not name, unless
 * it is a rule of the operator's that sends a message there. */
static bool may_publish(struct exchange *exchange, const struct publication *publication)
{
	if (exchange->identity.kind != IDENTITY_USER || exchange->worker->node->demo)
		return true;
	if (!exchange->identity.may_publish) {
		exchange_problem(exchange, PROBLEM_FORBIDDEN,
				 "Publish with a token that has the claim may_publish");
		return false;
	}
	for (size_t i = 0; i < publication->outcome_count && publication->refusal == NULL; i++) {
		const struct publication_outcome *outcome = &publication->outcomes[i];

		if (outcome->item == NULL || outcome->to.length > 0 ||
		    (slice_is_empty(outcome->item->topic) && outcome->item->user_count > 0))
			continue;
		exchange_problem(exchange, PROBLEM_FORBIDDEN,
				 "Only publishers with a key reach everyone or a topic; name the "
				 "users");
		return false;
	}
	return true;
}

/* Publishers' names have no colon, so no user passes for one. Returns 0, or -ENOMEM and the
 * exchange is answered. */
static int name_publisher(struct exchange *exchange, struct store_publish *publish)
{
	struct buffer name = BUFFER_EMPTY;
	int result;

	buffer_append_string(&name, exchange->identity.kind == IDENTITY_USER ? "user:" : "");
	buffer_append(&name, exchange->identity.name);
	result = buffer_failed(&name)
		     ? -ENOMEM
		     : arena_copy(&exchange->arena, buffer_slice(&name), &publish->publisher);
	buffer_finish(&name);
	if (result < 0)
		exchange_out_of_memory(exchange);
	return result;
}

static void submit(struct exchange *exchange, struct publication *publication)
{
	struct store_publish *publish = &publication->publish;

	if (!may_publish(exchange, publication) || name_publisher(exchange, publish) < 0 ||
	    read_key(exchange, publish) < 0 ||
	    !spend(exchange, publish->publisher, publication->recipients))
		return;
	if (publish->item_count > 0 || !slice_is_empty(publish->idempotency_key)) {
		exchange_ask(exchange, &publish->request, on_published);
		return;
	}
	count_publish(exchange, publication);
	audit_route_all(&exchange->worker->audit, publication);
	answer(exchange, publication);
}

/* Returns 0, or -EINVAL and the exchange is answered. */
static int read_source(struct exchange *exchange, struct notification_source *ret_body)
{
	ret_body->value = exchange_body_json(exchange);
	ret_body->text = exchange->request->body;
	return ret_body->value == NULL ? -EINVAL : 0;
}

void publish_post(struct exchange *exchange)
{
	struct publication *publication;
	struct notification_source body;
	int result;

	if (exchange_check_no_parameters(exchange) < 0 || read_source(exchange, &body) < 0)
		return;
	publication = exchange_store_request(exchange, sizeof(*publication), STORE_PUBLISH);
	if (publication == NULL) {
		json_decref(body.value);
		return;
	}
	result = publication_read(publication, &body, exchange->worker->settings,
				  exchange->worker->configuration->routing, clock_wall(),
				  &exchange->arena);
	json_decref(body.value);
	if (result == 0)
		result = publication_set_note(publication, &exchange->arena);
	if (result < 0)
		exchange_out_of_memory(exchange);
	else
		submit(exchange, publication);
}

/* Returns 0, or -EINVAL and the exchange is answered. */
static int read_id(struct exchange *exchange, int64_t *ret_id)
{
	if (exchange_check_no_parameters(exchange) < 0)
		return -EINVAL;
	if (slice_to_integer(exchange->parameter, ret_id) == 0 && *ret_id > 0)
		return 0;
	exchange_problem(exchange, PROBLEM_NOT_FOUND,
			 "An id is the number that publishing answered with");
	return -EINVAL;
}

static void reply_not_found(struct exchange *exchange, int64_t id)
{
	exchange_problem(exchange, PROBLEM_NOT_FOUND, "There is no notification %lld",
			 (long long)id);
}

static void on_corrected(struct exchange *exchange, struct store_request *request)
{
	struct store_correct *correct = (struct store_correct *)request;
	struct buffer body = BUFFER_EMPTY;

	if (request->result < 0) {
		reply_not_found(exchange, correct->id);
		return;
	}
	buffer_append_format(&body, "{\"id\":%lld}", (long long)correct->id);
	exchange_reply_json(exchange, 200, &body);
	buffer_finish(&body);
}

/* Returns 0, -ENOMEM, or -EINVAL with a sentence. */
static int read_correction(struct exchange *exchange, struct notification_content *correction,
			   const struct notification_source *body, struct error *error)
{
	struct notification_limits limits = publication_limits(exchange->worker->settings);
	int result;

	if (!json_is_object(body->value) || json_object_size(body->value) == 0)
		return error_set(error, -EINVAL, "send an object with the members to change");
	if (json_object_get(body->value, "to") != NULL)
		return error_set(error, -EINVAL,
				 "\"to\" cannot be changed; withdraw this one and publish another");
	result =
	    notification_content_read(correction, body, NULL, &limits, &exchange->arena, error);
	if (result < 0)
		return result;
	if (notification_content_has(correction, NOTIFICATION_TITLE) &&
	    slice_is_empty(correction->title))
		return error_set(error, -EINVAL, "\"title\" must not become empty");
	if (correction->expires_at != 0 && correction->expires_at <= clock_wall())
		return error_set(error, -EINVAL, "\"expires_at\" is in the past");
	return 0;
}

void publish_patch(struct exchange *exchange)
{
	struct store_correct *correct;
	struct notification_source body;
	struct error error = {""};
	int64_t id;
	int result;

	if (read_id(exchange, &id) < 0 || read_source(exchange, &body) < 0)
		return;
	correct = exchange_store_request(exchange, sizeof(*correct), STORE_CORRECT);
	if (correct == NULL) {
		json_decref(body.value);
		return;
	}
	result = read_correction(exchange, &correct->correction, &body, &error);
	json_decref(body.value);
	correct->id = id;
	if (result == -ENOMEM)
		exchange_out_of_memory(exchange);
	else if (result < 0)
		exchange_problem(exchange, PROBLEM_INVALID_NOTIFICATION, "%s", error.text);
	else
		exchange_ask(exchange, &correct->request, on_corrected);
}

static void on_withdrawn(struct exchange *exchange, struct store_request *request)
{
	if (request->result < 0)
		reply_not_found(exchange, ((struct store_withdraw *)request)->id);
	else
		exchange_reply_empty(exchange, 204);
}

void publish_delete(struct exchange *exchange)
{
	struct store_withdraw *withdraw;
	int64_t id;

	if (read_id(exchange, &id) < 0)
		return;
	withdraw = exchange_store_request(exchange, sizeof(*withdraw), STORE_WITHDRAW);
	if (withdraw == NULL)
		return;
	withdraw->id = id;
	exchange_ask(exchange, &withdraw->request, on_withdrawn);
}
