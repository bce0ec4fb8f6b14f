/* Rolling back means copying `committed` over `now` and cutting the tails, for the users that the
 * transaction changed; nothing is read again.
 *
 * Users leave memory only between transactions, the longest unchanged first, and only when their
 * row says all there is to say about them. */
#include "store/sqlite_user.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static bool matches(const void *item, struct slice key)
{
	const struct sqlite_user *user = item;

	return slice_equals(user->name, key);
}

int sqlite_users_init(struct sqlite_users *users, size_t limit)
{
	*users = (struct sqlite_users){.limit = limit};
	list_init(&users->by_change);
	list_init(&users->unfolded);
	map_init(&users->by_name, matches);
	return -pthread_mutex_init(&users->mutex, NULL);
}

static void user_destroy(struct sqlite_user *user)
{
	free(user->tail);
	free(user);
}

void sqlite_users_finish(struct sqlite_users *users)
{
	LIST_FOR_EACH(link, &users->by_change)
		user_destroy(CONTAINER_OF(link, struct sqlite_user, by_change));
	map_finish(&users->by_name);
	pthread_mutex_destroy(&users->mutex);
}

static void read_marker(sqlite3_stmt *statement, int column, struct sqlite_marker *ret_marker)
{
	ret_marker->seq = sqlite3_column_int64(statement, column);
	ret_marker->at = sqlite3_column_int64(statement, column + 1);
	ret_marker->broadcast_id = sqlite3_column_int64(statement, column + 2);
}

void sqlite_user_read(sqlite3_stmt *statement, struct sqlite_inbox *ret_inbox)
{
	*ret_inbox = (struct sqlite_inbox){
	    .stored = true,
	    .head = sqlite3_column_int64(statement, 2),
	    .floor = sqlite3_column_int64(statement, 3),
	    .kept = sqlite3_column_int64(statement, 4),
	    .unread = sqlite3_column_int64(statement, 5),
	    .newest = sqlite3_column_int64(statement, 6),
	    .touched = sqlite3_column_int64(statement, 7),
	    .position = sqlite3_column_int64(statement, 8),
	};
	for (int i = 0; i < NOTIFICATION_STATES; i++)
		read_marker(statement, 9 + 3 * i, &ret_inbox->markers[i]);
}

/* Puts a user with that name into memory, with the row it has or, with no row, an empty inbox. */
static int add(struct sqlite_users *users, struct slice name, int64_t id,
	       const struct sqlite_inbox *inbox, struct sqlite_user **ret_user)
{
	struct sqlite_user *user = malloc(sizeof(*user) + name.length + 1);
	char *copy;
	int result;

	if (user == NULL)
		return -ENOMEM;
	copy = (char *)(user + 1);
	if (name.length > 0)
		memcpy(copy, name.data, name.length);
	*user = (struct sqlite_user){
	    .id = id,
	    .name = slice_from_bytes(copy, name.length),
	    .now = *inbox,
	    .committed = *inbox,
	    .handled_at = UINT64_MAX,
	};
	list_init(&user->unfolded);
	pthread_mutex_lock(&users->mutex);
	result = map_insert(&users->by_name, user->name, user);
	/* Unchanged as far as this process knows, so it stands first among those that may leave. */
	if (result == 0)
		list_append(users->by_change.next, &user->by_change);
	pthread_mutex_unlock(&users->mutex);
	if (result < 0) {
		free(user);
		return result;
	}
	*ret_user = user;
	return 0;
}

static int add_from_row(struct sqlite_users *users, sqlite3_stmt *statement,
			struct sqlite_user **ret_user)
{
	struct sqlite_inbox inbox;
	int result;

	sqlite_user_read(statement, &inbox);
	result = add(users, sqlite_connection_text(statement, 1),
		     sqlite3_column_int64(statement, 0), &inbox, ret_user);
	sqlite3_reset(statement);
	return result;
}

static int insert_row(struct sqlite_users *users, struct sqlite_connection *connection,
		      struct sqlite_user *user)
{
	sqlite3_stmt *statement =
	    sqlite_connection_bind(connection, STATEMENT_USER_INSERT, SQLITE_NUMBERS(user->id));
	int result;

	sqlite_connection_bind_text(statement, 2, user->name);
	result = sqlite_connection_step(statement);
	if (result < 0)
		return result;
	sqlite_users_change(users, user);
	user->now.stored = true;
	return 0;
}

static int load(struct sqlite_users *users, struct sqlite_connection *connection, struct slice name,
		bool create, struct sqlite_user **ret_user)
{
	const struct sqlite_inbox empty = {.stored = false};
	sqlite3_stmt *statement = connection->statements[STATEMENT_USER_BY_NAME];
	int result;

	sqlite_connection_bind_text(statement, 1, name);
	result = sqlite_connection_step(statement);
	if (result < 0)
		return result;
	if (result > 0)
		return add_from_row(users, statement, ret_user);
	if (!create)
		return -ENOENT;
	return add(users, name, ++users->last_user_id, &empty, ret_user);
}

int sqlite_users_find(struct sqlite_users *users, struct sqlite_connection *connection,
		      struct slice name, bool create, struct sqlite_user **ret_user)
{
	struct sqlite_user *user = map_find(&users->by_name, name);
	int result = user == NULL ? load(users, connection, name, create, &user) : 0;

	if (result < 0)
		return result;
	if (!user->now.stored) {
		result = create ? insert_row(users, connection, user) : -ENOENT;
		if (result < 0)
			return result;
	}
	*ret_user = user;
	return 0;
}

int sqlite_users_find_id(struct sqlite_users *users, struct sqlite_connection *connection,
			 int64_t id, struct sqlite_user **ret_user)
{
	sqlite3_stmt *statement =
	    sqlite_connection_bind(connection, STATEMENT_USER_BY_ID, SQLITE_NUMBERS(id));
	int result = sqlite_connection_step(statement);
	struct sqlite_user *user;

	if (result <= 0)
		return result < 0 ? result : -ENOENT;
	user = map_find(&users->by_name, sqlite_connection_text(statement, 1));
	if (user == NULL)
		return add_from_row(users, statement, ret_user);
	sqlite3_reset(statement);
	*ret_user = user;
	return 0;
}

void sqlite_users_change(struct sqlite_users *users, struct sqlite_user *user)
{
	user->now.position = ++users->position;
	if (user->is_changed)
		return;
	user->is_changed = true;
	user->next_changed = users->changed;
	users->changed = user;
}

/* Readers copy tails, so one moves only under the mutex. */
static int grow_tail(struct sqlite_users *users, struct sqlite_user *user)
{
	size_t capacity = user->tail_capacity == 0 ? 4 : user->tail_capacity * 2;
	int64_t *tail;

	pthread_mutex_lock(&users->mutex);
	tail = realloc(user->tail, capacity * sizeof(*tail));
	if (tail != NULL) {
		user->tail = tail;
		user->tail_capacity = capacity;
	}
	pthread_mutex_unlock(&users->mutex);
	return tail == NULL ? -ENOMEM : 0;
}

int sqlite_users_push(struct sqlite_users *users, struct sqlite_user *user, int64_t id)
{
	if (user->tail_count == user->tail_capacity && grow_tail(users, user) < 0)
		return -ENOMEM;
	user->tail[user->tail_count++] = id;
	users->tail_total++;
	if (list_is_empty(&user->unfolded))
		list_append(&users->unfolded, &user->unfolded);
	return 0;
}

static int fold_tail(struct sqlite_connection *connection, struct sqlite_user *user)
{
	int64_t seq = user->now.head - (int64_t)(user->tail_count - user->tail_folded) + 1;

	while (user->tail_folded < user->tail_count) {
		int result = sqlite_connection_run(
		    connection, STATEMENT_ENTRY_INSERT,
		    SQLITE_NUMBERS(user->id, seq, user->tail[user->tail_folded]));

		if (result < 0)
			return result;
		user->tail_folded++;
		seq++;
	}
	return 0;
}

int sqlite_users_settle(struct sqlite_users *users, struct sqlite_connection *connection,
			struct sqlite_user *user)
{
	const struct sqlite_inbox *inbox = &user->now;
	const struct sqlite_marker *seen = &inbox->markers[NOTIFICATION_SEEN];
	const struct sqlite_marker *read = &inbox->markers[NOTIFICATION_READ];
	const struct sqlite_marker *archived = &inbox->markers[NOTIFICATION_ARCHIVED];
	int result = fold_tail(connection, user);

	if (result < 0)
		return result;
	if (!user->is_changed) {
		user->is_changed = true;
		user->next_changed = users->changed;
		users->changed = user;
	}
	return sqlite_connection_run(
	    connection, STATEMENT_USER_UPDATE,
	    SQLITE_NUMBERS(user->id, inbox->head, inbox->floor, inbox->kept, inbox->unread,
			   inbox->newest, inbox->touched, inbox->position, seen->seq, seen->at,
			   seen->broadcast_id, read->seq, read->at, read->broadcast_id,
			   archived->seq, archived->at, archived->broadcast_id));
}

int64_t sqlite_inbox_broadcasts_marked(const struct sqlite_inbox *inbox)
{
	int64_t read = inbox->markers[NOTIFICATION_READ].broadcast_id;
	int64_t archived = inbox->markers[NOTIFICATION_ARCHIVED].broadcast_id;

	return read > archived ? read : archived;
}

int sqlite_users_counts(struct sqlite_users *users, struct sqlite_connection *connection,
			struct sqlite_user *user, struct inbox_counts *ret_counts)
{
	int64_t marked = sqlite_inbox_broadcasts_marked(&user->now);
	int64_t handled = 0;
	int result;

	if (user->now.touched > marked && user->handled_at == users->broadcast_generation) {
		handled = user->handled;
	} else if (user->now.touched > marked) {
		result = sqlite_connection_number(connection, STATEMENT_STATES_HANDLED,
						  SQLITE_NUMBERS(user->id, marked), &handled);
		if (result < 0)
			return result;
		user->handled = handled;
		user->handled_at = users->broadcast_generation;
	}
	*ret_counts = (struct inbox_counts){
	    .unread = user->now.unread,
	    .broadcasts_marked = marked,
	    .broadcasts_handled = handled,
	};
	return 0;
}

static struct sqlite_user *take_changed(struct sqlite_users *users)
{
	struct sqlite_user *user = users->changed;

	if (user != NULL) {
		users->changed = user->next_changed;
		user->is_changed = false;
	}
	return user;
}

static void drop_folded(struct sqlite_users *users, struct sqlite_user *user)
{
	size_t rest = user->tail_count - user->tail_folded;

	if (user->tail_folded == 0)
		return;
	memmove(user->tail, user->tail + user->tail_folded, rest * sizeof(*user->tail));
	users->tail_total -= user->tail_folded;
	user->tail_count = rest;
	user->tail_folded = 0;
	if (rest > 0)
		return;
	list_remove(&user->unfolded);
	free(user->tail);
	user->tail = NULL;
	user->tail_capacity = 0;
}

static bool may_leave(const struct sqlite_users *users, const struct sqlite_user *user)
{
	return user != users->everyone && user->tail_count == 0 && !user->is_pinned;
}

/* Looks at a few more than must go, because some may not. */
static void let_oldest_go(struct sqlite_users *users)
{
	size_t looks =
	    users->by_name.count > users->limit ? users->by_name.count - users->limit + 16 : 0;

	LIST_FOR_EACH(link, &users->by_change) {
		struct sqlite_user *user = CONTAINER_OF(link, struct sqlite_user, by_change);

		if (looks-- == 0 || users->by_name.count <= users->limit)
			return;
		if (!may_leave(users, user))
			continue;
		if (user->committed.position > users->left_position)
			users->left_position = user->committed.position;
		map_remove(&users->by_name, user->name);
		list_remove(&user->by_change);
		user_destroy(user);
	}
}

void sqlite_users_commit(struct sqlite_users *users)
{
	struct sqlite_user *user;

	while ((user = take_changed(users)) != NULL) {
		bool moved = user->now.position != user->committed.position;

		drop_folded(users, user);
		user->tail_committed = user->tail_count;
		user->committed = user->now;
		if (moved) {
			list_remove(&user->by_change);
			list_append(&users->by_change, &user->by_change);
		}
	}
	users->committed_position = users->position;
	let_oldest_go(users);
}

void sqlite_users_rollback(struct sqlite_users *users)
{
	struct sqlite_user *user;

	while ((user = take_changed(users)) != NULL) {
		users->tail_total -= user->tail_count - user->tail_committed;
		user->tail_count = user->tail_committed;
		user->tail_folded = 0;
		user->now = user->committed;
		user->handled_at = UINT64_MAX;
		if (user->tail_count == 0)
			list_remove(&user->unfolded);
	}
	users->position = users->committed_position;
}

const struct sqlite_user *sqlite_users_peek(const struct sqlite_users *users, struct slice name)
{
	return map_find(&users->by_name, name);
}
