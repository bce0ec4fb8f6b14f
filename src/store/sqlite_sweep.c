/* A sweep walks the users in memory from the last changed one backwards, so it costs what changed
 * and not what exists. Only when it reaches back beyond what memory still knows (the first sweep
 * after a start, or where more users changed since the last one than stay in memory) does it read
 * the table of users, at about 70 ns for each there is: 0.07 s for a million. That stays, because
 * it is the reader's time and one sweep in ten seconds, while an index on `position` would cost
 * every fold of every user a second random page, on the writer. */
#include "store/sqlite_sweep.h"

#include "store/sqlite_heads.h"

#include <errno.h>
#include <stdio.h>

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

static int note(struct store_sweep *sweep, struct changed *changed, const struct sqlite_user *user)
{
	size_t i = changed->count++;

	changed->views[i] =
	    (struct sqlite_view){.is_known = true, .id = user->id, .inbox = user->committed};
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

/* The text of a position is the number. */
static int64_t position_of(const struct store_sweep *sweep)
{
	int64_t position = 0;

	return slice_to_integer(sweep->position, &position) < 0 ? 0 : position;
}

int sqlite_sweep_look(struct sqlite_reader *reader, struct store_request *request, void **ret_seen)
{
	struct store_sweep *sweep = (struct store_sweep *)request;
	const struct sqlite_users *users = reader->users;
	struct changed *changed = arena_allocate_array(&reader->arena, 1, sizeof(*changed));
	struct list *link = users->by_change.previous;
	int64_t position = position_of(sweep);
	size_t count = position == 0 ? 0 : count_changed(users, position);
	int result = 0;

	if (changed == NULL)
		return -ENOMEM;
	changed->position = users->committed_position;
	changed->is_incomplete = position != 0 && position < users->left_position;
	changed->views = arena_allocate_array(&reader->arena, count + 1, sizeof(*changed->views));
	changed->heads = arena_allocate_array(&request->arena, count + 1, sizeof(*changed->heads));
	if (changed->views == NULL || changed->heads == NULL)
		return -ENOMEM;
	for (; changed->count < count && result == 0; link = link->previous)
		result = note(sweep, changed, CONTAINER_OF(link, struct sqlite_user, by_change));
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
	result = sqlite_heads_fill(reader, &view, &head);
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
	    &reader->connection, STATEMENT_USERS_CHANGED, SQLITE_NUMBERS(position_of(sweep)));
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

static int answer(struct store_sweep *sweep, const struct changed *changed)
{
	struct arena *arena = &sweep->request.arena;
	char position[24];

	sweep->hints = arena_allocate_array(arena, changed->count + 1, sizeof(*sweep->hints));
	if (sweep->hints == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < changed->count; i++) {
		sweep->hints[i] = (struct hint){
		    .user = changed->heads[i].user,
		    .seq = changed->heads[i].seq,
		    .counts = changed->heads[i].counts,
		};
	}
	sweep->hint_count = changed->count;
	snprintf(position, sizeof(position), "%lld", (long long)changed->position);
	return arena_copy(arena, slice_from_string(position), &sweep->position);
}

int sqlite_sweep_answer(struct sqlite_reader *reader, struct store_request *request, void *seen)
{
	struct store_sweep *sweep = (struct store_sweep *)request;
	struct changed *changed = seen;
	int result = 0;

	for (size_t i = 0; i < changed->count && result == 0; i++)
		result = sqlite_heads_fill(reader, &changed->views[i], &changed->heads[i]);
	if (result == 0 && changed->is_incomplete)
		result = add_rows(reader, sweep, changed);
	return result < 0 ? result : answer(sweep, changed);
}
