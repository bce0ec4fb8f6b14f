/* The inboxes that a batch changes are locked by one statement before all others, so that two
 * batches never wait for each other. Then come the requests in their order, those that follow each
 * other as publishes together. */
#include "store/postgres_write.h"

#include "store/postgres_audit.h"
#include "store/postgres_dead_letter.h"
#include "store/postgres_publish.h"
#include "store/postgres_topic.h"

#include <errno.h>

/* What an operation other than publishing sends and receives. */
struct operation {
	void (*send)(struct postgres_batch *batch, const struct store_request *request);
	void (*receive)(struct postgres_batch *batch, struct store_request *request);
};

static const struct operation operations[STORE_OPERATIONS];

/* A member that was not given is NULL, and stays as it is. */
static void add_member(struct postgres_parameters *parameters,
		       const struct notification_content *content, enum notification_member member,
		       struct slice text)
{
	if (notification_content_has(content, member))
		postgres_parameters_add_text(parameters, text);
	else
		postgres_parameters_add_null(parameters);
}

static void send_correct(struct postgres_batch *batch, const struct store_request *request)
{
	const struct store_correct *correct = (const struct store_correct *)request;
	const struct notification_content *content = &correct->correction;
	struct postgres_parameters parameters = {.count = 0};

	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, correct->id);
	add_member(&parameters, content, NOTIFICATION_TYPE, content->type);
	add_member(&parameters, content, NOTIFICATION_TITLE, content->title);
	add_member(&parameters, content, NOTIFICATION_BODY, content->body);
	add_member(&parameters, content, NOTIFICATION_LINK, content->link);
	add_member(&parameters, content, NOTIFICATION_DATA, content->data);
	if (notification_content_has(content, NOTIFICATION_PRIORITY))
		postgres_parameters_add_number(&parameters, POSTGRES_SMALLINT, content->priority);
	else
		postgres_parameters_add_null(&parameters);
	if (notification_content_has(content, NOTIFICATION_EXPIRES_AT))
		postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, content->expires_at);
	else
		postgres_parameters_add_null(&parameters);
	postgres_connection_send(batch->connection, POSTGRES_CORRECT, &parameters);
}

static void receive_correct(struct postgres_batch *batch, struct store_request *request)
{
	PGresult *result = postgres_connection_receive(batch->connection);

	if (result != NULL && PQntuples(result) == 0)
		request->result = -ENOENT;
	postgres_batch_tell_all(batch, result);
	PQclear(result);
}

static void send_withdraw(struct postgres_batch *batch, const struct store_request *request)
{
	const struct store_withdraw *withdraw = (const struct store_withdraw *)request;
	struct postgres_parameters parameters = {.count = 0};
	struct postgres_array ids;

	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, withdraw->id);
	postgres_connection_send(batch->connection, POSTGRES_EXISTS, &parameters);
	postgres_array_init(&ids, POSTGRES_BIGINT);
	postgres_array_add_number(&ids, withdraw->id);
	parameters = (struct postgres_parameters){.count = 0};
	postgres_parameters_add_array(&parameters, &ids);
	postgres_connection_send(batch->connection, POSTGRES_WITHDRAW, &parameters);
	postgres_array_finish(&ids);
}

static void receive_withdraw(struct postgres_batch *batch, struct store_request *request)
{
	PGresult *exists = postgres_connection_receive(batch->connection);
	PGresult *result = postgres_connection_receive(batch->connection);

	if (exists != NULL && postgres_result_number(exists, 0, 0) == 0)
		request->result = -ENOENT;
	postgres_batch_tell_all(batch, result);
	PQclear(exists);
	PQclear(result);
}

static void send_heads(struct postgres_batch *batch, struct slice user)
{
	struct postgres_parameters parameters = {.count = 0};
	struct postgres_array names;

	postgres_array_init(&names, POSTGRES_TEXT);
	postgres_array_add_text(&names, SLICE(""));
	postgres_array_add_text(&names, user);
	postgres_parameters_add_array(&parameters, &names);
	postgres_connection_send(batch->connection, POSTGRES_HEADS, &parameters);
	postgres_array_finish(&names);
}

static void send_mark(struct postgres_batch *batch, const struct store_request *request)
{
	const struct store_mark *mark = (const struct store_mark *)request;
	struct postgres_parameters parameters = {.count = 0};
	struct postgres_array ids;

	postgres_array_init(&ids, POSTGRES_BIGINT);
	postgres_parameters_add_text(&parameters, mark->user);
	postgres_parameters_add_number(&parameters, POSTGRES_SMALLINT, mark->state);
	if (!mark->all) {
		for (size_t i = 0; i < mark->id_count; i++)
			postgres_array_add_number(&ids, mark->ids[i]);
		postgres_parameters_add_array(&parameters, &ids);
	}
	postgres_connection_send(batch->connection, mark->all ? POSTGRES_MARK_ALL : POSTGRES_MARK,
				 &parameters);
	postgres_array_finish(&ids);
	send_heads(batch, mark->user);
}

static void receive_mark(struct postgres_batch *batch, struct store_request *request)
{
	struct store_mark *mark = (struct store_mark *)request;
	PGresult *result = postgres_connection_receive(batch->connection);
	PGresult *heads = postgres_connection_receive(batch->connection);

	mark->marked = result == NULL ? 0 : (size_t)PQntuples(result);
	mark->missing_id = 0;
	if (mark->marked > 0 && postgres_result_kind(result, 0) == POSTGRES_MISSING) {
		struct hint hint;

		postgres_result_hint(result, 0, &hint);
		mark->marked = 0;
		mark->missing_id = hint.change.notification.id;
		request->result = -ENOENT;
	} else {
		postgres_batch_tell_all(batch, result);
	}
	if (heads != NULL) {
		postgres_result_counts(heads, 1, &mark->counts);
		mark->cursor = (struct cursor){
		    .epoch = batch->epoch,
		    .seq = postgres_result_number(heads, 1, 0),
		    .broadcast_seq = postgres_result_number(heads, 0, 0),
		};
	}
	PQclear(result);
	PQclear(heads);
}

static void send_redeem(struct postgres_batch *batch, const struct store_request *request)
{
	const struct store_redeem *redeem = (const struct store_redeem *)request;
	struct postgres_parameters parameters = {.count = 0};

	postgres_parameters_add_text(
	    &parameters, slice_from_bytes((const char *)redeem->ticket, sizeof(redeem->ticket)));
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, redeem->expires_at);
	postgres_connection_send(batch->connection, POSTGRES_REDEEM, &parameters);
}

static void receive_redeem(struct postgres_batch *batch, struct store_request *request)
{
	PGresult *result = postgres_connection_receive(batch->connection);

	if (result != NULL && PQntuples(result) == 0)
		request->result = -EEXIST;
	PQclear(result);
}

static void send_probe(struct postgres_batch *batch, const struct store_request *request)
{
	(void)request;
	postgres_connection_send(batch->connection, POSTGRES_PROBE, NULL);
}

static void receive_probe(struct postgres_batch *batch, struct store_request *request)
{
	PGresult *result = postgres_connection_receive(batch->connection);

	if (result != NULL && PQntuples(result) == 1)
		((struct store_probe *)request)->number = postgres_result_number(result, 0, 0);
	PQclear(result);
}

static void send_beat(struct postgres_batch *batch, const struct store_request *request)
{
	const struct store_beat *beat = (const struct store_beat *)request;
	struct postgres_parameters parameters = {.count = 0};

	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, (int64_t)beat->number);
	postgres_parameters_add_text(&parameters, beat->figures);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, beat->lifetime);
	postgres_connection_send(batch->connection, POSTGRES_BEAT, &parameters);
}

static int take_nodes(struct store_beat *beat, const PGresult *result)
{
	struct arena *arena = &beat->request.arena;
	size_t count = (size_t)PQntuples(result);

	beat->node_count = 0;
	beat->nodes = arena_allocate_array(arena, count + 1, sizeof(*beat->nodes));
	if (beat->nodes == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct store_node *node = &beat->nodes[i];

		node->number = (uint64_t)postgres_result_number(result, (int)i, 0);
		if (arena_copy(arena, postgres_result_text(result, (int)i, 1), &node->figures) < 0)
			return -ENOMEM;
	}
	beat->node_count = count;
	return 0;
}

static void receive_beat(struct postgres_batch *batch, struct store_request *request)
{
	PGresult *result = postgres_connection_receive(batch->connection);

	if (result != NULL)
		request->result = take_nodes((struct store_beat *)request, result);
	PQclear(result);
}

/* Whose inboxes are changed by marks, and in whose inboxes the notifications are that are corrected
 * or withdrawn. The empty name is everyone's, whose inbox nobody marks. */
static void add_marked(const struct postgres_batch *batch, struct postgres_array *names,
		       struct postgres_array *ids)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct store_request *request = batch->requests[i];
		const struct store_mark *mark = (const struct store_mark *)request;

		if (request->operation == STORE_MARK && !slice_is_empty(mark->user) &&
		    (mark->all || mark->id_count > 0))
			postgres_array_add_text(names, mark->user);
		if (request->operation == STORE_CORRECT)
			postgres_array_add_number(ids, ((const struct store_correct *)request)->id);
		if (request->operation == STORE_WITHDRAW)
			postgres_array_add_number(ids,
						  ((const struct store_withdraw *)request)->id);
	}
}

static void send_lock(struct postgres_batch *batch)
{
	struct postgres_parameters parameters = {.count = 0};
	struct postgres_array published, marked, ids;

	postgres_array_init(&published, POSTGRES_TEXT);
	postgres_array_init(&marked, POSTGRES_TEXT);
	postgres_array_init(&ids, POSTGRES_BIGINT);
	postgres_publish_add_names(batch, 0, batch->count, &published);
	add_marked(batch, &marked, &ids);
	postgres_parameters_add_array(&parameters, &published);
	postgres_parameters_add_array(&parameters, &marked);
	postgres_parameters_add_array(&parameters, &ids);
	batch->locks = published.count + marked.count + ids.count > 0;
	if (batch->locks)
		postgres_connection_send(batch->connection, POSTGRES_LOCK, &parameters);
	postgres_array_finish(&published);
	postgres_array_finish(&marked);
	postgres_array_finish(&ids);
}

/* Where the publishes end that begin there. */
static size_t end_of_publishes(const struct postgres_batch *batch, size_t from)
{
	while (from < batch->count && batch->requests[from]->operation == STORE_PUBLISH)
		from++;
	return from;
}

int postgres_write_send(struct postgres_batch *batch)
{
	int result = 0;

	send_lock(batch);
	for (size_t i = 0; i < batch->count && result == 0;) {
		size_t end = end_of_publishes(batch, i);

		if (end > i) {
			result = postgres_publish_send(batch, i, end);
			i = end;
		} else {
			operations[batch->requests[i]->operation].send(batch, batch->requests[i]);
			i++;
		}
	}
	return result;
}

void postgres_write_receive(struct postgres_batch *batch)
{
	if (!batch->begun)
		PQclear(postgres_connection_receive(batch->connection));
	if (batch->locks)
		PQclear(postgres_connection_receive(batch->connection));
	for (size_t i = 0; i < batch->count;) {
		size_t end = end_of_publishes(batch, i);

		if (end > i) {
			postgres_publish_receive(batch, i, end);
			i = end;
		} else {
			operations[batch->requests[i]->operation].receive(batch,
									  batch->requests[i]);
			i++;
		}
	}
}

static const struct operation operations[STORE_OPERATIONS] = {
    [STORE_CORRECT] = {send_correct, receive_correct},
    [STORE_WITHDRAW] = {send_withdraw, receive_withdraw},
    [STORE_MARK] = {send_mark, receive_mark},
    [STORE_SUBSCRIBE] = {postgres_topic_send_subscribe, postgres_topic_receive_subscribe},
    [STORE_REDEEM] = {send_redeem, receive_redeem},
    [STORE_PROBE] = {send_probe, receive_probe},
    [STORE_BEAT] = {send_beat, receive_beat},
    [STORE_BURY] = {postgres_dead_letter_send_bury, postgres_dead_letter_receive_bury},
    [STORE_BURY_AGAIN] = {postgres_dead_letter_send_bury_again,
			  postgres_dead_letter_receive_bury_again},
    [STORE_EXHUME] = {postgres_dead_letter_send_exhume, postgres_dead_letter_receive_exhume},
    [STORE_AUDIT] = {postgres_audit_send, postgres_audit_receive},
};
