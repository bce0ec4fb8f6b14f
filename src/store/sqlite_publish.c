/* The hot path: per notification one appended row, no index, no user row (see sqlite_fold.h). */
#include "store/sqlite_publish.h"

#include "store/sqlite_retention.h"

#include <errno.h>

static size_t receivers_of(const struct store_item *item)
{
	return item->user_count == 0 ? 1 : item->user_count;
}

size_t sqlite_publish_weight(const struct store_request *request)
{
	const struct store_publish *publish = (const struct store_publish *)request;
	size_t weight = 0;

	if (request->operation != STORE_PUBLISH)
		return 1;
	for (size_t i = 0; i < publish->item_count; i++)
		weight += receivers_of(&publish->items[i]);
	return weight;
}

static int insert_row(struct sqlite_writer *writer, int64_t user_id, const struct notification *row)
{
	const struct notification_content *content = &row->content;
	sqlite3_stmt *statement =
	    sqlite_connection_bind(&writer->connection, STATEMENT_NOTIFICATION_INSERT,
				   SQLITE_NUMBERS(row->id, user_id, row->seq, content->priority,
						  row->created_at, content->expires_at));

	sqlite_connection_bind_text(statement, 7, content->type);
	sqlite_connection_bind_text(statement, 8, content->title);
	sqlite_connection_bind_text(statement, 9, content->body);
	sqlite_connection_bind_text(statement, 10, content->link);
	sqlite_connection_bind_text(statement, 11, content->data);
	return sqlite_connection_step(statement);
}

/* A little more than the limit may be kept, so that the oldest go many at a time. */
static bool is_too_full(const struct sqlite_writer *writer, const struct sqlite_user *user)
{
	int64_t limit =
	    atomic_load_explicit(&writer->settings->retention_count, memory_order_relaxed);

	return limit > 0 && user->now.kept > limit + limit / 8 + 1;
}

static int publish_to(struct sqlite_writer *writer, struct slice name,
		      const struct notification_content *content, int64_t *ret_id)
{
	struct change change = {.kind = CHANGE_ROW};
	struct notification *row = &change.notification;
	struct sqlite_user *user;
	int result = sqlite_users_find(writer->users, &writer->connection, name, true, &user);

	if (result < 0)
		return result;
	sqlite_users_change(writer->users, user);
	change.seq = ++user->now.head;
	user->now.kept++;
	user->now.unread++;
	user->now.newest = ++writer->last_id;
	*row = (struct notification){
	    .id = writer->last_id,
	    .seq = change.seq,
	    .first_seq = change.seq,
	    .to_everyone = user == writer->users->everyone,
	    .content = *content,
	    .created_at = writer->now,
	    .changed_at = writer->now,
	};
	result = insert_row(writer, user->id, row);
	if (result == 0)
		result = sqlite_users_push(writer->users, user, row->id);
	if (result == 0 && is_too_full(writer, user))
		result = sqlite_retention_trim(writer, user);
	if (result == 0)
		result = sqlite_writer_hint(writer, user, &change);
	*ret_id = row->id;
	writer->published++;
	return result;
}

static int publish_item(struct sqlite_writer *writer, struct store_publish *publish,
			struct store_item *item)
{
	int result = 0;

	item->ids =
	    arena_allocate(&publish->request.arena, receivers_of(item) * sizeof(*item->ids));
	if (item->ids == NULL)
		return -ENOMEM;
	if (item->user_count == 0)
		return publish_to(writer, SLICE(""), &item->content, &item->ids[0]);
	for (size_t i = 0; i < item->user_count && result == 0; i++)
		result = publish_to(writer, item->users[i], &item->content, &item->ids[i]);
	return result;
}

/* ---- idempotency ---- */

static void hand_out_ids(struct store_publish *publish, int64_t *ids)
{
	for (size_t i = 0; i < publish->item_count; i++) {
		publish->items[i].ids = ids;
		ids += receivers_of(&publish->items[i]);
	}
}

/* The same request again is answered as it was; another one under the same key is refused. */
static int answer_again(struct store_publish *publish, sqlite3_stmt *statement)
{
	size_t length = sqlite_publish_weight(&publish->request) * sizeof(int64_t);
	struct slice fingerprint = sqlite_connection_text(statement, 0);
	struct slice stored = sqlite_connection_text(statement, 1);
	int64_t *ids;

	if (!slice_equals(fingerprint, slice_from_bytes((const char *)publish->fingerprint,
							sizeof(publish->fingerprint))) ||
	    stored.length != length) {
		publish->request.result = -EEXIST;
		return 0;
	}
	ids = arena_allocate(&publish->request.arena, length + 1);
	if (ids == NULL)
		return -ENOMEM;
	if (length > 0)
		memcpy(ids, stored.data, length);
	hand_out_ids(publish, ids);
	publish->replayed = true;
	publish->created_at = sqlite3_column_int64(statement, 2);
	return 0;
}

/* Returns 1 where the key was used before and the request is answered, 0 where it is new. */
static int find_key(struct sqlite_writer *writer, struct store_publish *publish)
{
	sqlite3_stmt *statement = writer->connection.statements[STATEMENT_IDEMPOTENCY_SELECT];
	int64_t age =
	    atomic_load_explicit(&writer->settings->idempotency_age, memory_order_relaxed);
	int result;

	sqlite_connection_bind_text(statement, 1, publish->publisher);
	sqlite_connection_bind_text(statement, 2, publish->idempotency_key);
	result = sqlite_connection_step(statement);
	if (result <= 0)
		return result;
	if (age > 0 && sqlite3_column_int64(statement, 2) < writer->now - age) {
		sqlite3_reset(statement);
		return 0;
	}
	result = answer_again(publish, statement);
	sqlite3_reset(statement);
	return result < 0 ? result : 1;
}

static int remember_key(struct sqlite_writer *writer, struct store_publish *publish)
{
	size_t count = sqlite_publish_weight(&publish->request);
	int64_t *ids = arena_allocate_array(&publish->request.arena, count + 1, sizeof(*ids));
	int64_t *end = ids;
	sqlite3_stmt *statement;

	if (ids == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < publish->item_count; i++) {
		size_t receivers = receivers_of(&publish->items[i]);

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
	return sqlite_connection_step(statement);
}

/* The empty name is everyone's inbox; who is sent there by mistake must not reach everyone. */
static bool names_nobody(const struct store_publish *publish)
{
	for (size_t i = 0; i < publish->item_count; i++) {
		for (size_t k = 0; k < publish->items[i].user_count; k++) {
			if (slice_is_empty(publish->items[i].users[k]))
				return true;
		}
	}
	return false;
}

int sqlite_publish(struct sqlite_writer *writer, struct store_request *request)
{
	struct store_publish *publish = (struct store_publish *)request;
	bool has_key = !slice_is_empty(publish->idempotency_key);
	int result = 0;

	publish->replayed = false;
	if (names_nobody(publish)) {
		request->result = -ENOENT;
		return 0;
	}
	if (has_key) {
		result = find_key(writer, publish);
		if (result != 0)
			return result < 0 ? result : 0;
	}
	publish->created_at = writer->now;
	for (size_t i = 0; i < publish->item_count && result == 0; i++)
		result = publish_item(writer, publish, &publish->items[i]);
	if (result == 0 && has_key)
		result = remember_key(writer, publish);
	return result;
}

int sqlite_publish_redeem(struct sqlite_writer *writer, struct store_request *request)
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
