/* The heads of all inboxes that the batch asks about are one statement, everyone's first: so the
 * polls of a moment cost the database one query. */
#include "store/postgres_read.h"

#include "store/postgres_audit.h"
#include "store/postgres_dead_letter.h"
#include "store/postgres_topic.h"

#include <errno.h>

enum {
	EVERYONE = 0, /* the line of everyone's inbox among the heads */
	SWEEP_BYTES = HINT_BATCH_BYTES,
};

struct reading {
	struct postgres_batch *batch;
	PGresult *heads;
	int next; /* the line of the next inbox that was asked about */
};

/* What an operation asks beside the heads, and how it takes the answer. */
struct operation {
	void (*add_names)(const struct store_request *request, struct postgres_array *names);
	void (*send)(struct postgres_batch *batch, const struct store_request *request);
	/* Returns 0 or -ENOMEM. */
	int (*receive)(struct reading *reading, struct store_request *request);
};

static const struct operation operations[STORE_OPERATIONS];

static void read_head(const PGresult *heads, int line, struct store_head *head)
{
	head->seq = postgres_result_number(heads, line, 0);
	head->floor = postgres_result_number(heads, line, 1);
	postgres_result_counts(heads, line, &head->counts);
}

/* The next inbox's line, and the cursor that it makes with everyone's. */
static struct cursor take_line(struct reading *reading, struct store_head *ret_head)
{
	read_head(reading->heads, reading->next++, ret_head);
	return (struct cursor){
	    .epoch = reading->batch->epoch,
	    .seq = ret_head->seq,
	    .broadcast_seq = postgres_result_number(reading->heads, EVERYONE, 0),
	};
}

static void add_heads_names(const struct store_request *request, struct postgres_array *names)
{
	const struct store_heads *heads = (const struct store_heads *)request;

	for (size_t i = 0; i < heads->head_count; i++)
		postgres_array_add_text(names, heads->heads[i].user);
}

static void send_heads(struct postgres_batch *batch, const struct store_request *request)
{
	if (((const struct store_heads *)request)->want_broadcasts)
		postgres_connection_send(batch->connection, POSTGRES_BROADCASTS, NULL);
}

static int receive_heads(struct reading *reading, struct store_request *request)
{
	struct store_heads *heads = (struct store_heads *)request;
	const int64_t *ids = NULL;
	PGresult *result;
	int code;

	for (size_t i = 0; i < heads->head_count; i++)
		(void)take_line(reading, &heads->heads[i]);
	heads->everyone.user = SLICE("");
	read_head(reading->heads, EVERYONE, &heads->everyone);
	if (!heads->want_broadcasts)
		return 0;
	result = postgres_connection_receive(reading->batch->connection);
	if (result == NULL)
		return -EAGAIN;
	code =
	    postgres_result_numbers(result, 0, 0, &request->arena, &ids, &heads->broadcast_count);
	heads->broadcast_ids = (int64_t *)(uintptr_t)ids;
	PQclear(result);
	return code;
}

static void add_replay_name(const struct store_request *request, struct postgres_array *names)
{
	postgres_array_add_text(names, ((const struct store_replay *)request)->user);
}

static void send_replay(struct postgres_batch *batch, const struct store_request *request)
{
	const struct store_replay *replay = (const struct store_replay *)request;
	const int64_t after[] = {replay->after.seq, replay->after.broadcast_seq};
	int64_t bytes = replay->limit_bytes == 0 ? INT64_MAX : (int64_t)replay->limit_bytes;

	for (int stream = 0; stream < 2 && replay->limit > 0; stream++) {
		struct postgres_parameters parameters = {.count = 0};

		postgres_parameters_add_text(&parameters, replay->user);
		postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, after[stream]);
		postgres_parameters_add_number(&parameters, POSTGRES_BIGINT,
					       (int64_t)replay->limit);
		postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, bytes);
		postgres_connection_send(batch->connection,
					 stream == 0 ? POSTGRES_REPLAY : POSTGRES_REPLAY_BROADCASTS,
					 &parameters);
	}
}

struct budget {
	size_t changes;
	size_t bytes;
};

/* Takes the changes of one stream, as far as the budget goes. The first one always fits. */
static int take_changes(struct store_replay *replay, const PGresult *result, struct budget *budget,
			struct change **ret_changes, size_t *ret_count)
{
	struct arena *arena = &replay->request.arena;
	int rows = PQntuples(result);
	struct change *changes = arena_allocate_array(arena, (size_t)rows + 1, sizeof(*changes));
	size_t count = 0;

	if (changes == NULL)
		return -ENOMEM;
	for (int row = 0; row < rows && !replay->more; row++) {
		struct hint hint;
		struct notification_content *content = &hint.change.notification.content;

		postgres_result_hint(result, row, &hint);
		replay->more = postgres_result_kind(result, row) == POSTGRES_CUT ||
			       budget->changes == 0 ||
			       (budget->bytes < notification_content_bytes(content) && count > 0);
		if (replay->more)
			break;
		if (notification_content_copy(content, arena) < 0)
			return -ENOMEM;
		changes[count++] = hint.change;
		budget->changes--;
		budget->bytes -= notification_content_bytes(content) < budget->bytes
				     ? notification_content_bytes(content)
				     : budget->bytes;
	}
	*ret_changes = changes;
	*ret_count = count;
	return 0;
}

static bool is_void(const struct store_replay *replay, const struct store_head *own,
		    const struct store_head *everyone)
{
	const struct cursor *after = &replay->after;

	return after->epoch != replay->cursor.epoch || after->seq > own->seq ||
	       after->seq < own->floor || after->broadcast_seq > everyone->seq ||
	       after->broadcast_seq < everyone->floor;
}

static int take_streams(struct store_replay *replay, const PGresult *own, const PGresult *everyone)
{
	struct budget budget = {.changes = replay->limit,
				.bytes = replay->limit_bytes == 0 ? SIZE_MAX : replay->limit_bytes};
	int result = own == NULL || everyone == NULL ? -EAGAIN : 0;

	if (result == 0)
		result =
		    take_changes(replay, own, &budget, &replay->changes, &replay->change_count);
	if (result == 0)
		result = take_changes(replay, everyone, &budget, &replay->broadcasts,
				      &replay->broadcast_count);
	return result;
}

static int receive_replay(struct reading *reading, struct store_request *request)
{
	struct store_replay *replay = (struct store_replay *)request;
	struct postgres_connection *connection = reading->batch->connection;
	struct store_head own, everyone;
	PGresult *results[2] = {NULL, NULL};
	int code = 0;

	replay->cursor = take_line(reading, &own);
	read_head(reading->heads, EVERYONE, &everyone);
	replay->counts = own.counts;
	replay->more = false;
	replay->reset = is_void(replay, &own, &everyone);
	for (int stream = 0; stream < 2 && replay->limit > 0; stream++)
		results[stream] = postgres_connection_receive(connection);
	if (replay->limit > 0 && !replay->reset)
		code = take_streams(replay, results[0], results[1]);
	PQclear(results[0]);
	PQclear(results[1]);
	return code;
}

static void add_list_name(const struct store_request *request, struct postgres_array *names)
{
	postgres_array_add_text(names, ((const struct store_list *)request)->user);
}

static void send_list(struct postgres_batch *batch, const struct store_request *request)
{
	const struct store_list *list = (const struct store_list *)request;
	struct postgres_parameters parameters = {.count = 0};
	int64_t bytes = list->limit_bytes == 0 ? INT64_MAX : (int64_t)list->limit_bytes;

	postgres_parameters_add_text(&parameters, list->user);
	postgres_parameters_add_number(&parameters, POSTGRES_SMALLINT, list->filter);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT,
				       list->before == 0 ? INT64_MAX : list->before);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, (int64_t)list->limit);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, bytes);
	postgres_connection_send(batch->connection, POSTGRES_LIST, &parameters);
}

static int take_page(struct store_list *list, const PGresult *result)
{
	struct arena *arena = &list->request.arena;
	int rows = PQntuples(result);

	list->notification_count = 0;
	list->more = false;
	list->notifications =
	    arena_allocate_array(arena, (size_t)rows + 1, sizeof(*list->notifications));
	if (list->notifications == NULL)
		return -ENOMEM;
	for (int row = 0; row < rows && !list->more; row++) {
		struct notification *notification = &list->notifications[list->notification_count];
		struct hint hint;

		list->more = postgres_result_kind(result, row) == POSTGRES_CUT;
		if (list->more)
			break;
		postgres_result_hint(result, row, &hint);
		*notification = hint.change.notification;
		if (notification_content_copy(&notification->content, arena) < 0)
			return -ENOMEM;
		list->notification_count++;
	}
	return 0;
}

static int receive_list(struct reading *reading, struct store_request *request)
{
	struct store_list *list = (struct store_list *)request;
	PGresult *result = postgres_connection_receive(reading->batch->connection);
	struct store_head own;
	int code;

	list->cursor = take_line(reading, &own);
	list->counts = own.counts;
	code = result == NULL ? -EAGAIN : take_page(list, result);
	PQclear(result);
	return code;
}

static void send_sweep(struct postgres_batch *batch, const struct store_request *request)
{
	const struct store_sweep *sweep = (const struct store_sweep *)request;
	struct postgres_parameters parameters = {.count = 0};

	postgres_parameters_add_text(&parameters, sweep->position);
	postgres_parameters_add_boolean(&parameters, sweep->want_changes);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, SWEEP_BYTES);
	postgres_connection_send(batch->connection, POSTGRES_TAIL, &parameters);
}

/* The first row names the snapshot. */
static int take_hints(struct store_sweep *sweep, const PGresult *result)
{
	struct arena *arena = &sweep->request.arena;
	size_t count = (size_t)PQntuples(result) - 1;
	struct hint hint;

	sweep->hints = arena_allocate_array(arena, count + 1, sizeof(*sweep->hints));
	if (sweep->hints == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		postgres_result_hint(result, (int)i + 1, &hint);
		if (arena_copy(arena, hint.user, &hint.user) < 0 ||
		    notification_content_copy(&hint.change.notification.content, arena) < 0)
			return -ENOMEM;
		sweep->hints[i] = hint;
	}
	sweep->hint_count = count;
	postgres_result_hint(result, 0, &hint);
	return arena_copy(arena, hint.user, &sweep->position);
}

/* Under the feet of a running node the schema was made anew: connecting again finds out what is
 * there now. */
static int meet_another_history(struct reading *reading)
{
	postgres_connection_close(reading->batch->connection);
	return -EAGAIN;
}

static int receive_sweep(struct reading *reading, struct store_request *request)
{
	struct store_sweep *sweep = (struct store_sweep *)request;
	PGresult *result = postgres_connection_receive(reading->batch->connection);
	int code = -EAGAIN;

	sweep->hint_count = 0;
	if (result != NULL && PQntuples(result) > 0 &&
	    postgres_result_kind(result, 0) == POSTGRES_SNAPSHOT)
		code = (uint64_t)postgres_result_id(result, 0) == reading->batch->epoch
			   ? take_hints(sweep, result)
			   : meet_another_history(reading);
	PQclear(result);
	return code;
}

static int receive_topics(struct reading *reading, struct store_request *request)
{
	return postgres_topic_receive_page(reading->batch, request);
}

static void send_probed(struct postgres_batch *batch, const struct store_request *request)
{
	(void)request;
	postgres_connection_send(batch->connection, POSTGRES_PROBED, NULL);
}

static int receive_probed(struct reading *reading, struct store_request *request)
{
	const struct store_probe *probe = (const struct store_probe *)request;
	PGresult *result = postgres_connection_receive(reading->batch->connection);
	bool is_proved = result != NULL && PQntuples(result) == 1 &&
			 postgres_result_number(result, 0, 0) >= probe->number;

	PQclear(result);
	return is_proved ? 0 : -EIO;
}

static int receive_audit(struct reading *reading, struct store_request *request)
{
	return postgres_audit_receive_read(reading->batch, request);
}

static int receive_dead_letters(struct reading *reading, struct store_request *request)
{
	return postgres_dead_letter_receive(reading->batch, request);
}

/* Everyone's line stands first; nobody's is asked for where no request needs one. */
static bool send_heads_of_all(struct postgres_batch *batch)
{
	struct postgres_parameters parameters = {.count = 0};
	struct postgres_array names;
	bool is_needed = false;

	postgres_array_init(&names, POSTGRES_TEXT);
	postgres_array_add_text(&names, SLICE(""));
	for (size_t i = 0; i < batch->count; i++) {
		const struct operation *operation = &operations[batch->requests[i]->operation];

		if (operation->add_names == NULL)
			continue;
		is_needed = true;
		operation->add_names(batch->requests[i], &names);
	}
	postgres_parameters_add_array(&parameters, &names);
	if (is_needed)
		postgres_connection_send(batch->connection, POSTGRES_HEADS, &parameters);
	postgres_array_finish(&names);
	return is_needed;
}

/* A single statement has a snapshot of its own and needs no transaction around it: a node that only
 * looks for changes, or whose polls only ask for heads, costs one query each time. */
static bool is_one_statement(const struct postgres_batch *batch)
{
	if (batch->count == 1 && operations[batch->requests[0]->operation].add_names == NULL)
		return true;
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->requests[i]->operation != STORE_HEADS ||
		    ((const struct store_heads *)batch->requests[i])->want_broadcasts)
			return false;
	}
	return true;
}

static void receive_all(struct reading *reading)
{
	struct postgres_batch *batch = reading->batch;

	for (size_t i = 0; i < batch->count; i++) {
		struct store_request *request = batch->requests[i];

		request->result = operations[request->operation].receive(reading, request);
	}
}

int postgres_read_all(struct postgres_batch *batch)
{
	struct postgres_connection *connection = batch->connection;
	struct reading reading = {.batch = batch, .next = EVERYONE + 1};
	bool is_single = is_one_statement(batch), has_heads;

	if (!is_single)
		postgres_connection_send(connection, POSTGRES_BEGIN_READ, NULL);
	has_heads = send_heads_of_all(batch);
	for (size_t i = 0; i < batch->count; i++)
		operations[batch->requests[i]->operation].send(batch, batch->requests[i]);
	if (!is_single)
		postgres_connection_send(connection, POSTGRES_COMMIT, NULL);
	postgres_connection_sync(connection);
	if (!is_single)
		PQclear(postgres_connection_receive(connection));
	if (has_heads)
		reading.heads = postgres_connection_receive(connection);
	if (!has_heads || reading.heads != NULL)
		receive_all(&reading);
	PQclear(reading.heads);
	return postgres_connection_receive_sync(connection);
}

static const struct operation operations[STORE_OPERATIONS] = {
    [STORE_HEADS] = {add_heads_names, send_heads, receive_heads},
    [STORE_REPLAY] = {add_replay_name, send_replay, receive_replay},
    [STORE_LIST] = {add_list_name, send_list, receive_list},
    [STORE_TOPICS] = {NULL, postgres_topic_send_page, receive_topics},
    [STORE_SWEEP] = {NULL, send_sweep, receive_sweep},
    [STORE_PROBE] = {NULL, send_probed, receive_probed},
    [STORE_DEAD_LETTERS] = {NULL, postgres_dead_letter_send, receive_dead_letters},
    [STORE_AUDIT_READ] = {NULL, postgres_audit_send_read, receive_audit},
};
