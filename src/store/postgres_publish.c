/* Contents are sent once each, however many users get them, in parallel arrays; the function
 * numbers the rows and answers with one line for each receiver, in the order in which they were
 * sent. */
#include "store/postgres_publish.h"

#include "store/postgres_topic.h"

#include <errno.h>

/* What a publish has to do in this batch. */
static struct store_publish *publish_of(const struct postgres_batch *batch, size_t i)
{
	struct store_request *request = batch->requests[i];

	return request->operation == STORE_PUBLISH ? (struct store_publish *)request : NULL;
}

bool postgres_publish_is_due(const struct store_publish *publish)
{
	return publish != NULL && publish->request.result == 0 && !publish->replay.is_set &&
	       (publish->item_count > 0 || publish->keeps_key);
}

static bool has_key(const struct store_publish *publish)
{
	return publish != NULL && !slice_is_empty(publish->idempotency_key);
}

static bool has_item_keys(const struct store_publish *publish)
{
	for (size_t i = 0; publish != NULL && i < publish->item_count; i++) {
		if (!slice_is_empty(publish->items[i].key))
			return true;
	}
	return false;
}

static bool is_same_key(const struct store_publish *one, const struct store_publish *other)
{
	return has_key(one) && slice_equals(one->idempotency_key, other->idempotency_key) &&
	       slice_equals(one->publisher, other->publisher);
}

bool postgres_publish_must_wait(const struct postgres_batch *batch,
				const struct store_request *request)
{
	const struct store_publish *publish = (const struct store_publish *)request;
	bool with_items, waits = false;

	if (request->operation != STORE_PUBLISH)
		return false;
	with_items = has_item_keys(publish);
	if (!with_items && !has_key(publish))
		return false;
	for (size_t i = 0; i < batch->count && !waits; i++) {
		const struct store_publish *other = publish_of(batch, i);

		waits = other != NULL &&
			(is_same_key(publish, other) || (with_items && has_item_keys(other)));
	}
	return waits;
}

/* The same request again is answered as it was; another one under the same key is refused. A row
 * without a fingerprint says that the key is new. Returns 0 or a negative errno value. */
static int answer_again(struct store_publish *publish, const PGresult *result, int row)
{
	struct arena *arena = &publish->request.arena;
	int code;

	if (PQgetisnull(result, row, 0))
		return 0;
	if (!slice_equals(postgres_result_text(result, row, 0),
			  slice_from_bytes((const char *)publish->fingerprint,
					   sizeof(publish->fingerprint)))) {
		publish->request.result = -EEXIST;
		return 0;
	}
	code = postgres_result_numbers(result, row, 1, arena, &publish->replay.ids,
				       &publish->replay.id_count);
	/* See allim.keep_members(). */
	if (code == 0 && publish->replay.id_count == 1 && publish->replay.ids[0] == 0)
		publish->replay.id_count = 0;
	if (code == 0)
		code =
		    arena_copy(arena, postgres_result_text(result, row, 2), &publish->replay.note);
	publish->created_at = postgres_result_number(result, row, 3);
	publish->replay.is_set = code == 0;
	return code;
}

/* A request without items only asks, and leaves a new key new. */
static void send_recall(struct postgres_batch *batch, const struct store_publish *publish)
{
	struct postgres_parameters parameters = {.count = 0};

	postgres_parameters_add_text(&parameters, publish->publisher);
	postgres_parameters_add_text(&parameters, publish->idempotency_key);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT,
				       postgres_batch_oldest_key(batch));
	postgres_connection_send(batch->connection, POSTGRES_RECALL, &parameters);
}

static bool send_claim(struct postgres_batch *batch)
{
	struct postgres_array publishers, keys, fingerprints;
	struct postgres_parameters parameters = {.count = 0};

	postgres_array_init(&publishers, POSTGRES_TEXT);
	postgres_array_init(&keys, POSTGRES_TEXT);
	postgres_array_init(&fingerprints, POSTGRES_BYTEA);
	for (size_t i = 0; i < batch->count; i++) {
		const struct store_publish *publish = publish_of(batch, i);

		if (!postgres_publish_is_due(publish) || !has_key(publish))
			continue;
		postgres_array_add_text(&publishers, publish->publisher);
		postgres_array_add_text(&keys, publish->idempotency_key);
		postgres_array_add_text(&fingerprints,
					slice_from_bytes((const char *)publish->fingerprint,
							 sizeof(publish->fingerprint)));
	}
	postgres_parameters_add_array(&parameters, &publishers);
	postgres_parameters_add_array(&parameters, &keys);
	postgres_parameters_add_array(&parameters, &fingerprints);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT,
				       postgres_batch_oldest_key(batch));
	if (keys.count > 0)
		postgres_connection_send(batch->connection, POSTGRES_CLAIM, &parameters);
	postgres_array_finish(&publishers);
	postgres_array_finish(&keys);
	postgres_array_finish(&fingerprints);
	return keys.count > 0;
}

/* In the order of the items; those without a key have none to send. */
static bool send_take(struct postgres_batch *batch, const struct store_publish *publish)
{
	struct postgres_parameters parameters = {.count = 0};
	struct postgres_array keys;
	bool takes;

	postgres_array_init(&keys, POSTGRES_TEXT);
	for (size_t i = 0; i < publish->item_count; i++) {
		if (!slice_is_empty(publish->items[i].key))
			postgres_array_add_text(&keys, publish->items[i].key);
	}
	postgres_parameters_add_text(&parameters, publish->publisher);
	postgres_parameters_add_array(&parameters, &keys);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT,
				       postgres_batch_oldest_key(batch));
	takes = keys.count > 0;
	if (takes)
		postgres_connection_send(batch->connection, POSTGRES_TAKE, &parameters);
	postgres_array_finish(&keys);
	return takes;
}

/* The answer names the places of new keys, rising; what it leaves out was taken before. */
static void receive_take(struct postgres_batch *batch, struct store_publish *publish)
{
	PGresult *result = postgres_connection_receive(batch->connection);
	int64_t place = 0;
	int row = 0;

	for (size_t i = 0; i < publish->item_count && result != NULL; i++) {
		struct store_item *item = &publish->items[i];

		if (slice_is_empty(item->key))
			continue;
		place++;
		item->is_repeated =
		    row == PQntuples(result) || postgres_result_number(result, row, 0) != place;
		row += !item->is_repeated;
	}
	PQclear(result);
}

static int receive_claims(struct postgres_batch *batch, bool claims, const bool *asks)
{
	PGresult *claimed = claims ? postgres_connection_receive(batch->connection) : NULL;
	int row = 0, code = 0;

	for (size_t i = 0; i < batch->count && code == 0; i++) {
		struct store_publish *publish = publish_of(batch, i);
		PGresult *recalled =
		    asks[i] ? postgres_connection_receive(batch->connection) : NULL;

		if (publish != NULL && recalled != NULL && PQntuples(recalled) == 1)
			code = answer_again(publish, recalled, 0);
		else if (claimed != NULL && has_key(publish) && postgres_publish_is_due(publish))
			code = answer_again(publish, claimed, row++);
		PQclear(recalled);
	}
	PQclear(claimed);
	return code;
}

/* Of all requests of a batch at most one has items with keys. */
static struct store_publish *taker_of(const struct postgres_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct store_publish *publish = publish_of(batch, i);

		if (publish != NULL && publish->request.result == 0 && has_item_keys(publish))
			return publish;
	}
	return NULL;
}

static int claim(struct postgres_batch *batch, bool *asks)
{
	struct store_publish *taker = taker_of(batch);
	bool claims = send_claim(batch), any = claims;
	int code, result;

	for (size_t i = 0; i < batch->count; i++) {
		const struct store_publish *publish = publish_of(batch, i);

		asks[i] = has_key(publish) && publish->item_count == 0 && !publish->keeps_key;
		any = any || asks[i];
		if (asks[i])
			send_recall(batch, publish);
	}
	if (taker != NULL)
		any = send_take(batch, taker) || any;
	any = postgres_topic_send_members(batch) || any;
	if (!any)
		return 0;
	postgres_connection_sync(batch->connection);
	PQclear(postgres_connection_receive(batch->connection)); /* of BEGIN */
	code = receive_claims(batch, claims, asks);
	if (taker != NULL && code == 0)
		receive_take(batch, taker);
	if (code == 0)
		code = postgres_topic_receive_members(batch);
	result = postgres_connection_receive_sync(batch->connection);
	batch->begun = true;
	return result < 0 ? result : code;
}

int postgres_publish_claim(struct postgres_batch *batch)
{
	bool *asks = arena_allocate_array(&batch->arena, batch->count, sizeof(*asks));

	if (asks == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < batch->count; i++) {
		struct store_publish *publish = publish_of(batch, i);

		if (publish == NULL)
			continue;
		publish->replay.is_set = false;
		for (size_t item = 0; item < publish->item_count; item++)
			publish->items[item].is_repeated = false;
		if (store_publish_names_nobody(publish))
			publish->request.result = -ENOENT;
	}
	return claim(batch, asks);
}

/* The empty name is everyone's. */
static struct slice receiver_of(const struct store_item *item, size_t i)
{
	return store_item_is_to_everyone(item) ? SLICE("") : item->users[i];
}

void postgres_publish_add_names(const struct postgres_batch *batch, size_t from, size_t to,
				struct postgres_array *names)
{
	for (size_t i = from; i < to; i++) {
		const struct store_publish *publish = publish_of(batch, i);

		if (!postgres_publish_is_due(publish))
			continue;
		for (size_t item = 0; item < publish->item_count; item++) {
			const struct store_item *each = &publish->items[item];

			for (size_t user = 0; user < store_item_receivers(each); user++)
				postgres_array_add_text(names, receiver_of(each, user));
		}
	}
}

/* The parameters of allim.append(), in their order. */
enum column {
	ITEMS,
	NAMES,
	TYPES,
	TITLES,
	BODIES,
	LINKS,
	DATAS,
	PRIORITIES,
	EXPIRIES,
	KEEP, /* no array */
	PUBLISHERS,
	KEYS,
	NOTES,
	FIRSTS,
	COUNTS,
	COLUMNS
};

static const enum postgres_type column_types[COLUMNS] = {
    [ITEMS] = POSTGRES_INTEGER, [NAMES] = POSTGRES_TEXT,	  [TYPES] = POSTGRES_TEXT,
    [TITLES] = POSTGRES_TEXT,	[BODIES] = POSTGRES_TEXT,	  [LINKS] = POSTGRES_TEXT,
    [DATAS] = POSTGRES_TEXT,	[PRIORITIES] = POSTGRES_SMALLINT, [EXPIRIES] = POSTGRES_BIGINT,
    [KEEP] = POSTGRES_BIGINT,	[PUBLISHERS] = POSTGRES_TEXT,	  [KEYS] = POSTGRES_TEXT,
    [NOTES] = POSTGRES_TEXT,	[FIRSTS] = POSTGRES_INTEGER,	  [COUNTS] = POSTGRES_INTEGER,
};

static void add_content(struct postgres_array *columns, const struct notification_content *content)
{
	postgres_array_add_text(&columns[TYPES], content->type);
	postgres_array_add_text(&columns[TITLES], content->title);
	postgres_array_add_text(&columns[BODIES], content->body);
	postgres_array_add_text(&columns[LINKS], content->link);
	postgres_array_add_text(&columns[DATAS], content->data);
	postgres_array_add_number(&columns[PRIORITIES], content->priority);
	postgres_array_add_number(&columns[EXPIRIES], content->expires_at);
}

static void add_publish(struct postgres_array *columns, const struct store_publish *publish)
{
	if (has_key(publish)) {
		postgres_array_add_text(&columns[PUBLISHERS], publish->publisher);
		postgres_array_add_text(&columns[KEYS], publish->idempotency_key);
		postgres_array_add_text(&columns[NOTES], publish->note);
		postgres_array_add_number(&columns[FIRSTS], columns[ITEMS].count + 1);
		postgres_array_add_number(&columns[COUNTS],
					  (int64_t)store_publish_receivers(publish));
	}
	for (size_t item = 0; item < publish->item_count; item++) {
		size_t receivers = store_item_receivers(&publish->items[item]);

		if (receivers > 0)
			add_content(columns, &publish->items[item].content);
		for (size_t i = 0; i < receivers; i++)
			postgres_array_add_number(&columns[ITEMS], columns[TYPES].count);
	}
}

/* Makes room for the ids of a publish, all in one piece. */
static int allocate_ids(struct store_publish *publish, int64_t **ret_ids)
{
	size_t count = store_publish_receivers(publish);
	int64_t *ids = arena_allocate_array(&publish->request.arena, count + 1, sizeof(*ids));

	*ret_ids = ids;
	if (ids == NULL)
		return -ENOMEM;
	for (size_t item = 0; item < publish->item_count; item++) {
		publish->items[item].ids = ids;
		ids += store_item_receivers(&publish->items[item]);
	}
	return 0;
}

static void send_append(struct postgres_batch *batch, struct postgres_array *columns)
{
	struct postgres_parameters parameters = {.count = 0};

	for (int column = 0; column < COLUMNS; column++) {
		if (column == KEEP)
			postgres_batch_add_keep(batch, &parameters);
		else
			postgres_parameters_add_array(&parameters, &columns[column]);
	}
	if (columns[ITEMS].count > 0 || columns[KEYS].count > 0)
		postgres_connection_send(batch->connection, POSTGRES_APPEND, &parameters);
}

int postgres_publish_send(struct postgres_batch *batch, size_t from, size_t to)
{
	struct postgres_array columns[COLUMNS];
	int result = 0;

	for (int column = 0; column < COLUMNS; column++)
		postgres_array_init(&columns[column], column_types[column]);
	postgres_publish_add_names(batch, from, to, &columns[NAMES]);
	for (size_t i = from; i < to && result == 0; i++) {
		struct store_publish *publish = publish_of(batch, i);

		if (!postgres_publish_is_due(publish))
			continue;
		result = allocate_ids(publish, &batch->ids[i]);
		add_publish(columns, publish);
	}
	if (result == 0)
		send_append(batch, columns);
	if (result == 0)
		result = postgres_topic_send_kept(batch, from, to);
	for (int column = 0; column < COLUMNS; column++)
		postgres_array_finish(&columns[column]);
	return result;
}

/* The hint of one line of the answer. */
static void tell(struct postgres_batch *batch, struct slice user,
		 const struct notification_content *content, const PGresult *result, int row)
{
	int64_t seq = postgres_result_number(result, row, 1);
	int64_t created_at = postgres_result_number(result, row, 2);
	struct hint hint = {
	    .user = user,
	    .seq = seq,
	    .counts = {.unread = postgres_result_number(result, row, 3),
		       .broadcasts_marked = postgres_result_number(result, row, 4),
		       .broadcasts_handled = postgres_result_number(result, row, 5)},
	    .has_change = true,
	    .change = {.kind = CHANGE_ROW,
		       .seq = seq,
		       .notification = {.id = postgres_result_number(result, row, 0),
					.seq = seq,
					.first_seq = seq,
					.to_everyone = slice_is_empty(user),
					.content = *content,
					.created_at = created_at,
					.changed_at = created_at}},
	};

	postgres_batch_tell(batch, &hint);
}

static void receive_publish(struct postgres_batch *batch, struct store_publish *publish,
			    int64_t *ids, const PGresult *result, int *row)
{
	if (store_publish_receivers(publish) > 0)
		publish->created_at = postgres_result_number(result, *row, 2);
	for (size_t item = 0; item < publish->item_count; item++) {
		const struct store_item *each = &publish->items[item];

		for (size_t i = 0; i < store_item_receivers(each); i++, ++*row) {
			*ids++ = postgres_result_number(result, *row, 0);
			tell(batch, receiver_of(each, i), &each->content, result, *row);
		}
	}
}

/* How many lines the answer must have; -1 where nothing was sent. A key that is kept without items
 * is sent, too, and gets no line. */
static int count_lines(const struct postgres_batch *batch, size_t from, size_t to)
{
	bool sent = false;
	size_t count = 0;

	for (size_t i = from; i < to; i++) {
		const struct store_publish *publish = publish_of(batch, i);

		if (!postgres_publish_is_due(publish))
			continue;
		count += store_publish_receivers(publish);
		sent = sent || has_key(publish);
	}
	return sent || count > 0 ? (int)count : -1;
}

void postgres_publish_receive(struct postgres_batch *batch, size_t from, size_t to)
{
	int count = count_lines(batch, from, to);
	PGresult *result = count >= 0 ? postgres_connection_receive(batch->connection) : NULL;
	bool is_whole = result != NULL && PQntuples(result) == count;
	int row = 0;

	for (size_t i = from; i < to && result != NULL; i++) {
		struct store_publish *publish = publish_of(batch, i);

		if (postgres_publish_is_due(publish) && is_whole)
			receive_publish(batch, publish, batch->ids[i], result, &row);
		else if (postgres_publish_is_due(publish))
			publish->request.result = -EIO;
	}
	PQclear(result);
	postgres_topic_receive_kept(batch, from, to);
}
