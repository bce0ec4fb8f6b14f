/* A sweep walks the users in memory from the last changed one backwards, so it costs what changed
 * and not what exists. Only when it reaches back beyond what memory still knows (the first sweep
 * after a start, or after very many users) does it read the table of users. */
#include "store/sqlite_heads.h"

#include <errno.h>

static int fill_head(struct sqlite_reader *reader, const struct sqlite_view *view,
		     struct store_head *head)
{
	head->seq = view->inbox.head;
	head->floor = view->inbox.floor;
	return sqlite_reader_counts(reader, view, &head->counts);
}

/* ---- of some users ---- */

int sqlite_heads_look(struct sqlite_reader *reader, struct store_request *request, void **ret_seen)
{
	const struct store_heads *heads = (const struct store_heads *)request;
	struct sqlite_view *views =
	    arena_allocate_array(&reader->arena, heads->head_count + 1, sizeof(*views));
	int result = 0;

	if (views == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < heads->head_count && result == 0; i++)
		result = sqlite_reader_look(reader, heads->heads[i].user, false, &views[i]);
	*ret_seen = views;
	return result;
}

/* The live ones of the index, then those of the tail: nothing happened to them yet. */
static int list_broadcasts(struct sqlite_reader *reader, struct store_heads *heads)
{
	const struct sqlite_view *everyone = &reader->everyone;
	sqlite3_stmt *statement = sqlite_connection_bind(&reader->connection, STATEMENT_LIVE_IDS,
							 SQLITE_NUMBERS(everyone->id));
	size_t room = (size_t)everyone->inbox.kept;
	size_t count = 0;
	int64_t *ids = arena_allocate_array(&heads->request.arena, room + 1, sizeof(*ids));
	int result = 0;

	if (ids == NULL)
		return -ENOMEM;
	while (count < room && (result = sqlite_connection_step(statement)) > 0)
		ids[count++] = sqlite3_column_int64(statement, 0);
	sqlite3_reset(statement);
	for (size_t i = 0; i < everyone->tail_count && count < room; i++)
		ids[count++] = everyone->tail[i];
	heads->broadcast_ids = ids;
	heads->broadcast_count = count;
	return result < 0 ? result : 0;
}

int sqlite_heads_answer(struct sqlite_reader *reader, struct store_request *request, void *seen)
{
	struct store_heads *heads = (struct store_heads *)request;
	struct sqlite_view *views = seen;
	int result = 0;

	for (size_t i = 0; i < heads->head_count && result == 0; i++) {
		result = sqlite_reader_complete(reader, heads->heads[i].user, &views[i]);
		if (result == 0)
			result = fill_head(reader, &views[i], &heads->heads[i]);
	}
	if (result < 0 || !heads->want_broadcasts)
		return result;
	heads->everyone.user = SLICE("");
	result = fill_head(reader, &reader->everyone, &heads->everyone);
	return result < 0 ? result : list_broadcasts(reader, heads);
}

/* ---- of all that changed ---- */

struct changed {
	struct sqlite_view *views;
	struct store_head *heads;
	size_t count;
	size_t capacity;
	int64_t position;
	bool is_incomplete; /* memory does not reach back so far */
	struct map by_name;
};

static bool matches(const void *item, struct slice key)
{
	const struct store_head *head = item;

	return slice_equals(head->user, key);
}

static int note(struct sqlite_reader *reader, struct store_sweep *sweep, struct changed *changed,
		const struct sqlite_user *user)
{
	size_t i = changed->count++;

	changed->views[i] =
	    (struct sqlite_view){.is_known = true, .id = user->id, .inbox = user->committed};
	(void)reader;
	return arena_copy(&sweep->request.arena, user->name, &changed->heads[i].user);
}

static size_t count_changed(const struct sqlite_users *users, int64_t position)
{
	size_t count = 0;

	for (struct list *link = users->by_change.previous; link != &users->by_change;
	     link = link->previous) {
		const struct sqlite_user *user = CONTAINER_OF(link, struct sqlite_user, by_change);

		if (user->committed.position <= position)
			break;
		count++;
	}
	return count;
}

int sqlite_heads_look_changed(struct sqlite_reader *reader, struct store_request *request,
			      void **ret_seen)
{
	struct store_sweep *sweep = (struct store_sweep *)request;
	const struct sqlite_users *users = reader->users;
	struct changed *changed = arena_allocate_array(&reader->arena, 1, sizeof(*changed));
	struct list *link = users->by_change.previous;
	size_t count = sweep->position == 0 ? 0 : count_changed(users, sweep->position);
	int result = 0;

	if (changed == NULL)
		return -ENOMEM;
	changed->position = users->committed_position;
	changed->is_incomplete = sweep->position != 0 && sweep->position < users->left_position;
	changed->views = arena_allocate_array(&reader->arena, count + 1, sizeof(*changed->views));
	changed->heads = arena_allocate_array(&request->arena, count + 1, sizeof(*changed->heads));
	if (changed->views == NULL || changed->heads == NULL)
		return -ENOMEM;
	for (; changed->count < count && result == 0; link = link->previous)
		result =
		    note(reader, sweep, changed, CONTAINER_OF(link, struct sqlite_user, by_change));
	changed->capacity = count;
	*ret_seen = changed;
	return result;
}

static int grow(struct store_sweep *sweep, struct changed *changed)
{
	size_t capacity = changed->capacity * 2 + 64;
	struct store_head *heads =
	    arena_allocate_array(&sweep->request.arena, capacity, sizeof(*heads));

	if (heads == NULL)
		return -ENOMEM;
	memcpy(heads, changed->heads, changed->count * sizeof(*heads));
	changed->heads = heads;
	changed->capacity = capacity;
	return 0;
}

static int add_row(struct sqlite_reader *reader, struct store_sweep *sweep, struct changed *changed,
		   sqlite3_stmt *statement)
{
	struct sqlite_view view = {.id = sqlite3_column_int64(statement, 0)};
	struct store_head head = {.user = sqlite_connection_text(statement, 1)};
	int result;

	if (map_find(&changed->by_name, head.user) != NULL)
		return 0;
	if (changed->count == changed->capacity && grow(sweep, changed) < 0)
		return -ENOMEM;
	sqlite_user_read(statement, &view.inbox);
	result = fill_head(reader, &view, &head);
	if (result == 0)
		result = arena_copy(&sweep->request.arena, head.user, &head.user);
	if (result == 0)
		changed->heads[changed->count++] = head;
	return result;
}

/* Memory knows better about the users that it holds, so those rows are left out. */
static int add_rows(struct sqlite_reader *reader, struct store_sweep *sweep,
		    struct changed *changed)
{
	sqlite3_stmt *statement = sqlite_connection_bind(
	    &reader->connection, STATEMENT_USERS_CHANGED, SQLITE_NUMBERS(sweep->position));
	struct store_head *known = changed->heads;
	size_t known_count = changed->count;
	int result = 0;

	map_init(&changed->by_name, matches);
	for (size_t i = 0; i < known_count && result == 0; i++)
		result = map_insert(&changed->by_name, known[i].user, &known[i]);
	while (result == 0 && (result = sqlite_connection_step(statement)) > 0)
		result = add_row(reader, sweep, changed, statement);
	sqlite3_reset(statement);
	map_finish(&changed->by_name);
	return result;
}

int sqlite_heads_answer_changed(struct sqlite_reader *reader, struct store_request *request,
				void *seen)
{
	struct store_sweep *sweep = (struct store_sweep *)request;
	struct changed *changed = seen;
	int result = 0;

	for (size_t i = 0; i < changed->count && result == 0; i++)
		result = fill_head(reader, &changed->views[i], &changed->heads[i]);
	if (result == 0 && changed->is_incomplete)
		result = add_rows(reader, sweep, changed);
	if (result < 0)
		return result;
	sweep->heads = changed->heads;
	sweep->head_count = changed->count;
	sweep->position = changed->position;
	return 0;
}

/* ---- the probe ---- */

/* The writer has committed it; a row that cannot be read here would have failed the snapshot. */
int sqlite_heads_answer_probe(struct sqlite_reader *reader, struct store_request *request,
			      void *seen)
{
	sqlite3_stmt *statement = reader->connection.statements[STATEMENT_META_SELECT];
	int result = sqlite_connection_step(statement);

	(void)request;
	(void)seen;
	if (result <= 0)
		return result < 0 ? result : -EIO;
	result = sqlite3_column_int64(statement, 3) > 0 ? 0 : -EIO;
	sqlite3_reset(statement);
	return result;
}
