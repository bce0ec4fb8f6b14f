/* A mark-all touches no rows: it leaves a marker in the user's row, and here is where it takes
 * effect. A row that changed after the marker holds its effective states itself, so only older ones
 * look. */
#include "store/sqlite_row.h"

#include <errno.h>

static void read_numbers(sqlite3_stmt *statement, struct notification *ret_row,
			 int64_t *ret_user_id)
{
	*ret_user_id = sqlite3_column_int64(statement, 1);
	*ret_row = (struct notification){
	    .id = sqlite3_column_int64(statement, 0),
	    .seq = sqlite3_column_int64(statement, 2),
	    .first_seq = sqlite3_column_int64(statement, 3),
	    .to_everyone = *ret_user_id == SQLITE_EVERYONE_ID,
	    .content = {.priority = (enum notification_priority)sqlite3_column_int(statement, 4),
			.expires_at = sqlite3_column_int64(statement, 11)},
	    .created_at = sqlite3_column_int64(statement, 5),
	    .changed_at = sqlite3_column_int64(statement, 6),
	    .state_at = {sqlite3_column_int64(statement, 7), sqlite3_column_int64(statement, 8),
			 sqlite3_column_int64(statement, 9)},
	    .withdrawn_at = sqlite3_column_int64(statement, 10),
	};
}

void sqlite_row_read(sqlite3_stmt *statement, struct notification *ret_row, int64_t *ret_user_id)
{
	struct notification_content *content = &ret_row->content;

	read_numbers(statement, ret_row, ret_user_id);
	content->type = sqlite_connection_text(statement, 12);
	content->title = sqlite_connection_text(statement, 13);
	content->body = sqlite_connection_text(statement, 14);
	content->link = sqlite_connection_text(statement, 15);
	content->data = sqlite_connection_text(statement, 16);
}

void sqlite_row_apply_markers(struct notification *row, const struct sqlite_inbox *inbox)
{
	for (int i = 0; i < NOTIFICATION_STATES; i++) {
		if (row->state_at[i] == 0 && row->seq < inbox->markers[i].seq)
			row->state_at[i] = inbox->markers[i].at;
	}
}

static int read_own_states(struct notification *row, struct sqlite_connection *connection,
			   int64_t user_id)
{
	sqlite3_stmt *statement = sqlite_connection_bind(connection, STATEMENT_STATE_SELECT,
							 SQLITE_NUMBERS(user_id, row->id));
	int result = sqlite_connection_step(statement);

	if (result <= 0)
		return result;
	row->seq = sqlite3_column_int64(statement, 0);
	row->first_seq = 0;
	for (int i = 0; i < NOTIFICATION_STATES; i++)
		row->state_at[i] = sqlite3_column_int64(statement, 1 + i);
	sqlite3_reset(statement);
	return 0;
}

int sqlite_row_apply_states(struct notification *row, struct sqlite_connection *connection,
			    int64_t user_id, const struct sqlite_inbox *inbox)
{
	if (inbox->touched >= row->id) {
		int result = read_own_states(row, connection, user_id);

		if (result < 0)
			return result;
	}
	for (int i = 0; i < NOTIFICATION_STATES; i++) {
		if (row->state_at[i] == 0 && row->id <= inbox->markers[i].broadcast_id)
			row->state_at[i] = inbox->markers[i].at;
	}
	return 0;
}

int sqlite_row_find(struct sqlite_connection *connection, int64_t id, struct notification *ret_row,
		    int64_t *ret_user_id)
{
	sqlite3_stmt *statement =
	    sqlite_connection_bind(connection, STATEMENT_NOTIFICATION_NUMBERS, SQLITE_NUMBERS(id));
	int result = sqlite_connection_step(statement);

	if (result <= 0)
		return result < 0 ? result : -ENOENT;
	read_numbers(statement, ret_row, ret_user_id);
	sqlite3_reset(statement);
	return 0;
}

int sqlite_row_load(struct sqlite_connection *connection, int64_t id, struct arena *arena,
		    struct notification *ret_row, int64_t *ret_user_id)
{
	sqlite3_stmt *statement =
	    sqlite_connection_bind(connection, STATEMENT_NOTIFICATION_SELECT, SQLITE_NUMBERS(id));
	int result = sqlite_connection_step(statement);

	if (result <= 0)
		return result < 0 ? result : -ENOENT;
	sqlite_row_read(statement, ret_row, ret_user_id);
	result = notification_content_copy(&ret_row->content, arena);
	sqlite3_reset(statement);
	return result;
}
