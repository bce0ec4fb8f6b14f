/* Who the members are decides which inboxes are locked, so it is asked in a round trip before,
 * which keys need as well. Who subscribes after that is late.
 *
 * A request under a key that was used before is answered as it was, however large its topics are
 * now; so only whoever claimed its key can be refused, and then gives it up. */
#include "store/postgres_topic.h"

#include "store/postgres_publish.h"
#include "store/store_members.h"

#include <errno.h>

static struct store_publish *publish_of(const struct postgres_batch *batch, size_t i)
{
	struct store_request *request = batch->requests[i];

	return request->operation == STORE_PUBLISH ? (struct store_publish *)request : NULL;
}

static bool names_topic(const struct store_publish *publish)
{
	return publish != NULL && publish->request.result != -ENOENT &&
	       store_publish_names_topic(publish);
}

/* One without items only asks, and may ask for one that named topics. */
static bool may_have_kept(const struct store_publish *publish)
{
	return publish != NULL && !slice_is_empty(publish->idempotency_key) &&
	       (publish->item_count == 0 || names_topic(publish));
}

bool postgres_topic_must_wait(const struct postgres_batch *batch,
			      const struct store_request *request)
{
	const struct store_publish *publish = (const struct store_publish *)request;

	if (request->operation != STORE_PUBLISH || !store_publish_names_topic(publish))
		return false;
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->requests[i]->operation == STORE_SUBSCRIBE)
			return true;
	}
	return false;
}

/* One more than the limit is enough to see that it is passed. */
static void send_members(struct postgres_batch *batch, const struct store_publish *publish)
{
	struct postgres_parameters parameters = {.count = 0};
	struct postgres_array topics;

	postgres_array_init(&topics, POSTGRES_TEXT);
	for (size_t i = 0; i < publish->item_count; i++) {
		if (!slice_is_empty(publish->items[i].topic))
			postgres_array_add_text(&topics, publish->items[i].topic);
	}
	postgres_parameters_add_array(&parameters, &topics);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT,
				       publish->limit == 0 ? INT64_MAX
							   : (int64_t)publish->limit + 1);
	postgres_connection_send(batch->connection, POSTGRES_MEMBERS, &parameters);
	postgres_array_finish(&topics);
}

static void send_key(struct postgres_batch *batch, enum postgres_statement statement,
		     const struct store_publish *publish)
{
	struct postgres_parameters parameters = {.count = 0};

	postgres_parameters_add_text(&parameters, publish->publisher);
	postgres_parameters_add_text(&parameters, publish->idempotency_key);
	postgres_connection_send(batch->connection, statement, &parameters);
}

bool postgres_topic_send_members(struct postgres_batch *batch)
{
	bool any = false;

	for (size_t i = 0; i < batch->count; i++) {
		const struct store_publish *publish = publish_of(batch, i);

		if (names_topic(publish))
			send_members(batch, publish);
		if (may_have_kept(publish))
			send_key(batch, POSTGRES_KEPT_MEMBERS, publish);
		any = any || names_topic(publish) || may_have_kept(publish);
	}
	return any;
}

/* The rows of one topic, which begin at `*row`. */
static int take_members(struct store_item *item, struct arena *arena, const PGresult *result,
			int topic, int *row)
{
	int first = *row, end = first;
	struct slice *users;

	while (end < PQntuples(result) && postgres_result_number(result, end, 0) == topic)
		end++;
	users = arena_allocate_array(arena, (size_t)(end - first) + 1, sizeof(*users));
	if (users == NULL)
		return -ENOMEM;
	for (int i = first; i < end; i++) {
		if (arena_copy(arena, postgres_result_text(result, i, 1), &users[i - first]) < 0)
			return -ENOMEM;
	}
	item->users = users;
	item->user_count = (size_t)(end - first);
	*row = end;
	return 0;
}

static int take_topics(struct store_publish *publish, const PGresult *result)
{
	int topic = 0, row = 0, code = 0;

	for (size_t i = 0; i < publish->item_count && code == 0; i++) {
		struct store_item *item = &publish->items[i];

		if (!slice_is_empty(item->topic))
			code = take_members(item, &publish->request.arena, result, ++topic, &row);
	}
	if (code == 0 && publish->limit > 0 && store_publish_receivers(publish) > publish->limit)
		publish->request.result = -E2BIG;
	return code;
}

static int receive_members(struct postgres_batch *batch, struct store_publish *publish)
{
	PGresult *result = postgres_connection_receive(batch->connection);
	int code = 0;

	if (result != NULL && publish->request.result == 0 && !publish->replay.is_set)
		code = take_topics(publish, result);
	PQclear(result);
	return code;
}

static int receive_kept(struct postgres_batch *batch, struct store_publish *publish)
{
	PGresult *result = postgres_connection_receive(batch->connection);
	int code = 0;

	if (publish->replay.is_set && PQntuples(result) == 1)
		code = store_members_unpack(publish, postgres_result_text(result, 0, 0));
	PQclear(result);
	return code;
}

int postgres_topic_receive_members(struct postgres_batch *batch)
{
	int code = 0;

	for (size_t i = 0; i < batch->count && code == 0; i++) {
		struct store_publish *publish = publish_of(batch, i);
		bool has_kept = may_have_kept(publish);

		if (names_topic(publish))
			code = receive_members(batch, publish);
		if (code == 0 && has_kept)
			code = receive_kept(batch, publish);
	}
	return code;
}

/* What is to be done with the key of a request, if anything. */
static bool is_to_keep(const struct store_publish *publish)
{
	return postgres_publish_is_due(publish) && may_have_kept(publish);
}

static bool is_to_give_up(const struct store_publish *publish)
{
	return publish != NULL && publish->request.result == -E2BIG && may_have_kept(publish);
}

static int send_keep(struct postgres_batch *batch, struct store_publish *publish)
{
	struct postgres_parameters parameters = {.count = 0};
	struct slice members;

	if (store_members_pack(publish, &members) < 0)
		return -ENOMEM;
	postgres_parameters_add_text(&parameters, publish->publisher);
	postgres_parameters_add_text(&parameters, publish->idempotency_key);
	postgres_parameters_add_text(&parameters, publish->note);
	postgres_parameters_add_text(&parameters, members);
	postgres_connection_send(batch->connection, POSTGRES_KEEP_MEMBERS, &parameters);
	return 0;
}

int postgres_topic_send_kept(struct postgres_batch *batch, size_t from, size_t to)
{
	int result = 0;

	for (size_t i = from; i < to && result == 0; i++) {
		struct store_publish *publish = publish_of(batch, i);

		if (is_to_keep(publish))
			result = send_keep(batch, publish);
		else if (is_to_give_up(publish))
			send_key(batch, POSTGRES_GIVE_UP_KEY, publish);
	}
	return result;
}

void postgres_topic_receive_kept(struct postgres_batch *batch, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const struct store_publish *publish = publish_of(batch, i);

		if (is_to_keep(publish) || is_to_give_up(publish))
			PQclear(postgres_connection_receive(batch->connection));
	}
}

static bool names_nobody(const struct store_subscribe *subscribe)
{
	for (size_t i = 0; i < subscribe->user_count; i++) {
		if (slice_is_empty(subscribe->users[i]))
			return true;
	}
	return false;
}

void postgres_topic_send_subscribe(struct postgres_batch *batch,
				   const struct store_request *request)
{
	const struct store_subscribe *subscribe = (const struct store_subscribe *)request;
	struct postgres_parameters parameters = {.count = 0};
	struct postgres_array users;

	if (names_nobody(subscribe))
		return;
	postgres_array_init(&users, POSTGRES_TEXT);
	for (size_t i = 0; i < subscribe->user_count; i++)
		postgres_array_add_text(&users, subscribe->users[i]);
	postgres_parameters_add_text(&parameters, subscribe->topic);
	postgres_parameters_add_array(&parameters, &users);
	if (!subscribe->ends) {
		postgres_parameters_add_number(&parameters, POSTGRES_BIGINT,
					       (int64_t)subscribe->member_limit);
		postgres_parameters_add_number(&parameters, POSTGRES_BIGINT,
					       (int64_t)subscribe->topic_limit);
	}
	postgres_connection_send(batch->connection,
				 subscribe->ends ? POSTGRES_UNSUBSCRIBE : POSTGRES_SUBSCRIBE,
				 &parameters);
	postgres_array_finish(&users);
}

/* The full user is one of those that the request named. */
static void take_refusal(struct store_subscribe *subscribe, struct slice full_user)
{
	subscribe->request.result = -E2BIG;
	for (size_t i = 0; i < subscribe->user_count; i++) {
		if (slice_equals(subscribe->users[i], full_user))
			subscribe->full_user = subscribe->users[i];
	}
}

void postgres_topic_receive_subscribe(struct postgres_batch *batch, struct store_request *request)
{
	struct store_subscribe *subscribe = (struct store_subscribe *)request;
	PGresult *result;

	subscribe->changed = 0;
	subscribe->full_user = SLICE("");
	if (names_nobody(subscribe)) {
		request->result = -ENOENT;
		return;
	}
	result = postgres_connection_receive(batch->connection);
	if (result != NULL && PQntuples(result) == 1) {
		subscribe->changed = (size_t)postgres_result_number(result, 0, 0);
		if (!subscribe->ends && !PQgetisnull(result, 0, 1))
			take_refusal(subscribe, postgres_result_text(result, 0, 1));
	}
	PQclear(result);
}

void postgres_topic_send_page(struct postgres_batch *batch, const struct store_request *request)
{
	const struct store_topics *topics = (const struct store_topics *)request;
	struct postgres_parameters parameters = {.count = 0};
	enum postgres_statement statement = POSTGRES_TOPICS;

	postgres_parameters_add_text(&parameters, topics->after);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, (int64_t)topics->limit + 1);
	if (!slice_is_empty(topics->user)) {
		statement = POSTGRES_TOPICS_OF_USER;
		postgres_parameters_add_text(&parameters, topics->user);
	} else if (!slice_is_empty(topics->topic)) {
		statement = POSTGRES_MEMBERS_OF_TOPIC;
		postgres_parameters_add_text(&parameters, topics->topic);
	}
	postgres_connection_send(batch->connection, statement, &parameters);
}

static int take_page(struct store_topics *topics, const PGresult *result)
{
	struct arena *arena = &topics->request.arena;
	size_t found = (size_t)PQntuples(result);

	topics->more = found > topics->limit;
	topics->row_count = topics->more ? topics->limit : found;
	topics->rows = arena_allocate_array(arena, topics->row_count + 1, sizeof(*topics->rows));
	if (topics->rows == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < topics->row_count; i++) {
		struct store_topics_row *row = &topics->rows[i];

		if (arena_copy(arena, postgres_result_text(result, (int)i, 0), &row->name) < 0)
			return -ENOMEM;
		row->number = postgres_result_number(result, (int)i, 1);
	}
	return 0;
}

int postgres_topic_receive_page(struct postgres_batch *batch, struct store_request *request)
{
	PGresult *result = postgres_connection_receive(batch->connection);
	int code = result == NULL ? -EAGAIN : take_page((struct store_topics *)request, result);

	PQclear(result);
	return code;
}
