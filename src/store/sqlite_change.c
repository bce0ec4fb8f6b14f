/* What a change of a row says is loaded only where a hint will carry it. */
#include "store/sqlite_change.h"

bool sqlite_change_is_carried(const struct sqlite_writer *writer)
{
	return writer->hints != NULL && hint_batch_has_room(writer->hints);
}

int sqlite_change_tell(struct sqlite_writer *writer, struct sqlite_user *user,
		       const struct change *change)
{
	struct hint hint = {.user = user->name,
			    .seq = user->now.head,
			    .has_change = sqlite_change_is_carried(writer)};
	int result = sqlite_users_counts(writer->users, &writer->connection, user, &hint.counts);

	if (result < 0)
		return result;
	if (hint.has_change)
		hint.change = *change;
	/* One that memory is too short for is a lost hint, and no reason to fail. */
	if (writer->hints != NULL)
		(void)hint_batch_add(writer->hints, &hint);
	return 0;
}

static int move_in_index(struct sqlite_writer *writer, const struct sqlite_user *user,
			 const struct notification *before, int64_t seq)
{
	int result = 0;

	if (before->seq != before->first_seq)
		result = sqlite_connection_run(&writer->connection, STATEMENT_MOVED_DELETE,
					       SQLITE_NUMBERS(user->id, before->seq));
	return result < 0 ? result
			  : sqlite_connection_run(&writer->connection, STATEMENT_MOVED_INSERT,
						  SQLITE_NUMBERS(user->id, seq, before->id));
}

int sqlite_change_move(struct sqlite_writer *writer, struct sqlite_user *user,
		       const struct notification *before, struct notification *row)
{
	struct change change = {.kind = CHANGE_ROW};
	int result;

	sqlite_users_change(writer->users, user);
	row->seq = ++user->now.head;
	row->changed_at = writer->now;
	user->now.unread += notification_is_unread(row) - notification_is_unread(before);
	result = move_in_index(writer, user, before, row->seq);
	if (result == 0)
		result = sqlite_connection_run(&writer->connection, STATEMENT_NOTIFICATION_MOVE,
					       SQLITE_NUMBERS(row->id, row->seq, row->changed_at,
							      row->state_at[NOTIFICATION_SEEN],
							      row->state_at[NOTIFICATION_READ],
							      row->state_at[NOTIFICATION_ARCHIVED],
							      row->withdrawn_at));
	change.seq = row->seq;
	change.notification = *row;
	return result < 0 ? result : sqlite_change_tell(writer, user, &change);
}
