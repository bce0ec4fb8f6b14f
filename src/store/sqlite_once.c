/* An Idempotency-Key is remembered in the transaction of its publish, with the ids that it gave
 * out; an item's key, and a ticket, is used by the one who could insert it. */
#include "store/sqlite_once.h"

#include "store/sqlite_publish.h"
#include "store/store_members.h"

#include <errno.h>

/* The same request again is answered as it was; another one under the same key is refused. */
static int answer_again(struct store_publish *publish, sqlite3_stmt *statement)
{
	struct arena *arena = &publish->request.arena;
	struct slice fingerprint = sqlite_connection_text(statement, 0);
	struct slice ids = sqlite_connection_text(statement, 1);
	size_t count = ids.length / sizeof(int64_t);
	int64_t *copy;
	int result;

	if (!slice_equals(fingerprint, slice_from_bytes((const char *)publish->fingerprint,
							sizeof(publish->fingerprint)))) {
		publish->request.result = -EEXIST;
		return 0;
	}
	copy = arena_allocate_array(arena, count + 1, sizeof(*copy));
	if (copy == NULL ||
	    arena_copy(arena, sqlite_connection_text(statement, 3), &publish->replay.note) < 0)
		return -ENOMEM;
	memcpy(copy, ids.data, count * sizeof(*copy));
	result = store_members_unpack(publish, sqlite_connection_text(statement, 4));
	if (result < 0)
		return result;
	publish->replay.ids = copy;
	publish->replay.id_count = count;
	publish->replay.is_set = true;
	publish->created_at = sqlite3_column_int64(statement, 2);
	return 0;
}

/* Keys that are older count no longer. */
static int64_t oldest_key(const struct sqlite_writer *writer)
{
	int64_t age =
	    atomic_load_explicit(&writer->settings->idempotency_age, memory_order_relaxed);

	return age > 0 ? writer->now - age : 0;
}

int sqlite_once_find(struct sqlite_writer *writer, struct store_publish *publish)
{
	sqlite3_stmt *statement = writer->connection.statements[STATEMENT_IDEMPOTENCY_SELECT];
	int result;

	sqlite_connection_bind_text(statement, 1, publish->publisher);
	sqlite_connection_bind_text(statement, 2, publish->idempotency_key);
	result = sqlite_connection_step(statement);
	if (result <= 0)
		return result;
	if (sqlite3_column_int64(statement, 2) < oldest_key(writer)) {
		sqlite3_reset(statement);
		return 0;
	}
	result = answer_again(publish, statement);
	sqlite3_reset(statement);
	return result < 0 ? result : 1;
}

int sqlite_once_remember(struct sqlite_writer *writer, struct store_publish *publish)
{
	size_t count = store_publish_receivers(publish);
	int64_t *ids = arena_allocate_array(&publish->request.arena, count + 1, sizeof(*ids));
	int64_t *end = ids;
	struct slice members;
	sqlite3_stmt *statement;

	if (ids == NULL || store_members_pack(publish, &members) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < publish->item_count; i++) {
		size_t receivers = store_item_receivers(&publish->items[i]);

		memcpy(end, publish->items[i].ids, receivers * sizeof(*ids));
		end += receivers;
	}
	statement = sqlite_connection_bind(&writer->connection, STATEMENT_IDEMPOTENCY_REPLACE,
					   SQLITE_NUMBERS(publish->created_at));
	sqlite_connection_bind_text(statement, 2, publish->publisher);
	sqlite_connection_bind_text(statement, 3, publish->idempotency_key);
	sqlite_connection_bind_bytes(statement, 4, publish->fingerprint,
				     sizeof(publish->fingerprint));
	sqlite_connection_bind_bytes(statement, 5, ids, count * sizeof(*ids));
	sqlite_connection_bind_text(statement, 6, publish->note);
	sqlite_connection_bind_bytes(statement, 7, members.data, members.length);
	return sqlite_connection_step(statement);
}

int sqlite_once_take(struct sqlite_writer *writer, struct slice publisher, struct slice key)
{
	sqlite3_stmt *statement =
	    sqlite_connection_bind(&writer->connection, STATEMENT_ITEM_KEY_TAKE,
				   SQLITE_NUMBERS(writer->now, oldest_key(writer)));
	int result;

	sqlite_connection_bind_text(statement, 3, publisher);
	sqlite_connection_bind_text(statement, 4, key);
	result = sqlite_connection_step(statement);
	return result < 0 ? result : sqlite3_changes(writer->connection.database) > 0;
}

int sqlite_once_redeem(struct sqlite_writer *writer, struct store_request *request)
{
	const struct store_redeem *redeem = (const struct store_redeem *)request;
	sqlite3_stmt *statement = sqlite_connection_bind(
	    &writer->connection, STATEMENT_TICKET_INSERT, SQLITE_NUMBERS(redeem->expires_at));
	int result;

	sqlite_connection_bind_bytes(statement, 2, redeem->ticket, sizeof(redeem->ticket));
	result = sqlite_connection_step(statement);
	if (result == 0 && sqlite3_changes(writer->connection.database) == 0)
		request->result = -EEXIST;
	return result;
}
