/* The row moves to the end of its inbox with what its user did to it so far. */
#include "store/sqlite_correct.h"

#include "store/sqlite_change.h"
#include "store/sqlite_row.h"

#include <errno.h>

static int load(struct sqlite_writer *writer, int64_t id, struct arena *arena,
		struct notification *ret_row, struct sqlite_user **ret_user)
{
	int64_t user_id;
	int result = sqlite_row_load(&writer->connection, id, arena, ret_row, &user_id);

	if (result == 0)
		result =
		    sqlite_users_find_id(writer->users, &writer->connection, user_id, ret_user);
	if (result == 0)
		sqlite_row_apply_markers(ret_row, &(*ret_user)->now);
	return result;
}

static int write_content(struct sqlite_writer *writer, const struct notification *row)
{
	const struct notification_content *content = &row->content;
	sqlite3_stmt *statement =
	    sqlite_connection_bind(&writer->connection, STATEMENT_NOTIFICATION_CORRECT,
				   SQLITE_NUMBERS(row->id, content->priority, content->expires_at));

	sqlite_connection_bind_text(statement, 4, content->type);
	sqlite_connection_bind_text(statement, 5, content->title);
	sqlite_connection_bind_text(statement, 6, content->body);
	sqlite_connection_bind_text(statement, 7, content->link);
	sqlite_connection_bind_text(statement, 8, content->data);
	return sqlite_connection_step(statement);
}

/* The inbox is settled first: only what is folded may move. */
static int move(struct sqlite_writer *writer, struct sqlite_user *user,
		const struct notification *before, struct notification *row)
{
	int result = sqlite_users_settle(writer->users, &writer->connection, user);

	if (result == 0)
		result = sqlite_change_move(writer, user, before, row);
	if (result == 0)
		result = sqlite_users_settle(writer->users, &writer->connection, user);
	return result;
}

int sqlite_correct(struct sqlite_writer *writer, struct store_request *request)
{
	const struct store_correct *correct = (const struct store_correct *)request;
	struct notification before, row;
	struct sqlite_user *user = NULL;
	int result = load(writer, correct->id, &request->arena, &before, &user);

	if (result == -ENOENT || (result == 0 && !notification_is_live(&before))) {
		request->result = -ENOENT;
		return 0;
	}
	if (result < 0)
		return result;
	row = before;
	notification_content_correct(&row.content, &correct->correction);
	result = write_content(writer, &row);
	return result < 0 ? result : move(writer, user, &before, &row);
}

int sqlite_correct_take_back(struct sqlite_writer *writer, int64_t id, bool *ret_changed)
{
	struct arena texts = ARENA_EMPTY;
	struct notification before, row;
	struct sqlite_user *user = NULL;
	int result = load(writer, id, &texts, &before, &user);

	*ret_changed = result == 0 && notification_is_live(&before);
	if (*ret_changed) {
		row = before;
		row.withdrawn_at = writer->now;
		if (row.to_everyone)
			writer->users->broadcast_generation++;
		result = move(writer, user, &before, &row);
	}
	arena_finish(&texts);
	return result;
}

int sqlite_correct_withdraw(struct sqlite_writer *writer, struct store_request *request)
{
	const struct store_withdraw *withdraw = (const struct store_withdraw *)request;
	bool changed;
	int result = sqlite_correct_take_back(writer, withdraw->id, &changed);

	if (result == -ENOENT) {
		request->result = -ENOENT;
		return 0;
	}
	return result;
}
