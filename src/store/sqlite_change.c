/* Texts are copied into a batch of hints until it holds HINT_BYTES of them: a request that touches
 * a thousand large rows must not hold them all in memory at once. Behind that a hint only says
 * that the head rose, and whoever listens to that inbox reads the change from the store. */
#include "store/sqlite_change.h"

enum { HINT_BYTES = 8 << 20 };

bool sqlite_change_is_carried(const struct sqlite_writer *writer)
{
	return writer->hint_bytes < HINT_BYTES;
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
	if (hint.has_change) {
		hint.change = *change;
		writer->hint_bytes += notification_content_bytes(&change->notification.content);
	}
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
