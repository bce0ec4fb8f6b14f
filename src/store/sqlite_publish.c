/* The hot path: per notification one appended row, no index, no user row (see sqlite_fold.h). */
#include "store/sqlite_publish.h"

#include "store/sqlite_change.h"
#include "store/sqlite_forget.h"
#include "store/sqlite_once.h"
#include "store/sqlite_topic.h"

#include <errno.h>

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
		result = sqlite_forget_oldest(writer, user);
	if (result == 0)
		result = sqlite_change_tell(writer, user, &change);
	*ret_id = row->id;
	writer->published++;
	return result;
}

static int publish_item(struct sqlite_writer *writer, struct store_publish *publish,
			struct store_item *item)
{
	int64_t *ids;
	int result = 0;

	item->is_repeated = false;
	if (!slice_is_empty(item->key)) {
		result = sqlite_once_take(writer, publish->publisher, item->key);
		item->is_repeated = result == 0;
		if (result <= 0)
			return result;
		result = 0;
	}
	ids = arena_allocate_array(&publish->request.arena, store_item_receivers(item) + 1,
				   sizeof(*ids));
	item->ids = ids;
	if (ids == NULL)
		return -ENOMEM;
	if (store_item_is_to_everyone(item))
		return publish_to(writer, SLICE(""), &item->content, &ids[0]);
	for (size_t i = 0; i < item->user_count && result == 0; i++)
		result = publish_to(writer, item->users[i], &item->content, &ids[i]);
	return result;
}

int sqlite_publish(struct sqlite_writer *writer, struct store_request *request)
{
	struct store_publish *publish = (struct store_publish *)request;
	bool has_key = !slice_is_empty(publish->idempotency_key);
	int result = 0;

	publish->replay.is_set = false;
	if (store_publish_names_nobody(publish)) {
		request->result = -ENOENT;
		return 0;
	}
	if (has_key) {
		result = sqlite_once_find(writer, publish);
		if (result != 0)
			return result < 0 ? result : 0;
	}
	result = sqlite_topic_expand(writer, publish);
	if (result < 0 || request->result < 0)
		return result;
	publish->created_at = writer->now;
	for (size_t i = 0; i < publish->item_count && result == 0; i++)
		result = publish_item(writer, publish, &publish->items[i]);
	if (result == 0 && has_key && (publish->item_count > 0 || publish->keeps_key))
		result = sqlite_once_remember(writer, publish);
	return result;
}
