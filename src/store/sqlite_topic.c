/* `subscription` is the truth; `topic` counts each topic's members, so that lists and limits need
 * not. All changes are the writer's, so a publish sees every subscription that was committed before
 * its transaction, and those that come earlier in it.
 *
 * A request that is refused must leave nothing in the transaction that it shares with others: so a
 * subscription that breaks a limit is taken back, with those of the request before it. */
#include "store/sqlite_topic.h"

#include <errno.h>

static int count_members(struct sqlite_writer *writer, struct slice topic, size_t *ret_count)
{
	sqlite3_stmt *statement = writer->connection.statements[STATEMENT_TOPIC_MEMBERS];
	int result;

	sqlite_connection_bind_text(statement, 1, topic);
	result = sqlite_connection_step(statement);
	*ret_count = result > 0 ? (size_t)sqlite3_column_int64(statement, 0) : 0;
	sqlite3_reset(statement);
	return result < 0 ? result : 0;
}

static int read_members(struct sqlite_writer *writer, struct arena *arena, struct store_item *item)
{
	size_t room = item->user_count;
	sqlite3_stmt *statement = sqlite_connection_bind(
	    &writer->connection, STATEMENT_SUBSCRIPTIONS_OF_TOPIC, SQLITE_NUMBERS((int64_t)room));
	struct slice *users = arena_allocate_array(arena, room + 1, sizeof(*users));
	int result = users == NULL ? -ENOMEM : 0;

	item->users = users;
	item->user_count = 0;
	sqlite_connection_bind_text(statement, 2, item->topic);
	sqlite_connection_bind_text(statement, 3, SLICE(""));
	while (result == 0 && (result = sqlite_connection_step(statement)) > 0)
		result = arena_copy(arena, sqlite_connection_text(statement, 0),
				    &users[item->user_count++]);
	sqlite3_reset(statement);
	return result;
}

/* First how many they are: a request that is too large costs no more than that. */
int sqlite_topic_expand(struct sqlite_writer *writer, struct store_publish *publish)
{
	int result = 0;

	if (!store_publish_names_topic(publish))
		return 0;
	for (size_t i = 0; i < publish->item_count && result == 0; i++) {
		struct store_item *item = &publish->items[i];

		if (!slice_is_empty(item->topic))
			result = count_members(writer, item->topic, &item->user_count);
	}
	if (result == 0 && publish->limit > 0 &&
	    store_publish_receivers(publish) > publish->limit) {
		publish->request.result = -E2BIG;
		return 0;
	}
	for (size_t i = 0; i < publish->item_count && result == 0; i++) {
		struct store_item *item = &publish->items[i];

		if (!slice_is_empty(item->topic))
			result = read_members(writer, &publish->request.arena, item);
	}
	return result;
}

/* Returns 1 where something changed, 0, or a negative errno value. */
static int change_one(struct sqlite_writer *writer, enum sqlite_statement what, struct slice topic,
		      struct slice user)
{
	sqlite3_stmt *statement =
	    sqlite_connection_bind(&writer->connection, what, SQLITE_NUMBERS(writer->now));
	int result;

	sqlite_connection_bind_text(statement, 2, topic);
	sqlite_connection_bind_text(statement, 3, user);
	result = sqlite_connection_step(statement);
	return result < 0 ? result : sqlite3_changes(writer->connection.database) > 0;
}

/* Counts `changed` members more or less. */
static int count_change(struct sqlite_writer *writer, struct slice topic, int64_t changed)
{
	sqlite3_stmt *statement = sqlite_connection_bind(
	    &writer->connection, STATEMENT_TOPIC_CHANGE, SQLITE_NUMBERS(changed));
	int result;

	if (changed == 0)
		return 0;
	sqlite_connection_bind_text(statement, 2, topic);
	result = sqlite_connection_step(statement);
	if (result < 0 || changed > 0)
		return result;
	statement = writer->connection.statements[STATEMENT_TOPIC_DELETE];
	sqlite_connection_bind_text(statement, 1, topic);
	return sqlite_connection_step(statement);
}

/* With the subscription just made. Sets the request's result where it is one too many. */
static int check_user(struct sqlite_writer *writer, struct store_subscribe *subscribe,
		      struct slice user)
{
	sqlite3_stmt *statement = writer->connection.statements[STATEMENT_SUBSCRIPTIONS_COUNT];
	size_t topics;
	int result;

	if (subscribe->topic_limit == 0)
		return 0;
	sqlite_connection_bind_text(statement, 1, user);
	result = sqlite_connection_step(statement);
	topics = result > 0 ? (size_t)sqlite3_column_int64(statement, 0) : 0;
	sqlite3_reset(statement);
	if (topics > subscribe->topic_limit) {
		subscribe->request.result = -E2BIG;
		subscribe->full_user = user;
	}
	return result < 0 ? result : 0;
}

static int check_topic(struct sqlite_writer *writer, struct store_subscribe *subscribe)
{
	size_t members;
	int result = count_members(writer, subscribe->topic, &members);

	if (result == 0 && subscribe->changed > 0 && subscribe->member_limit > 0 &&
	    members + subscribe->changed > subscribe->member_limit)
		subscribe->request.result = -E2BIG;
	return result;
}

static int take_back(struct sqlite_writer *writer, struct store_subscribe *subscribe,
		     const bool *is_new)
{
	int result = 0;

	for (size_t i = 0; i < subscribe->user_count && result >= 0; i++) {
		if (is_new[i])
			result = change_one(writer, STATEMENT_SUBSCRIPTION_DELETE, subscribe->topic,
					    subscribe->users[i]);
	}
	subscribe->changed = 0;
	return result < 0 ? result : 0;
}

static int put_on(struct sqlite_writer *writer, struct store_subscribe *subscribe)
{
	const int *refusal = &subscribe->request.result;
	bool *is_new = arena_allocate_array(&subscribe->request.arena, subscribe->user_count + 1,
					    sizeof(*is_new));
	int result = is_new == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < subscribe->user_count && result == 0 && *refusal == 0; i++) {
		struct slice user = subscribe->users[i];

		result = change_one(writer, STATEMENT_SUBSCRIPTION_INSERT, subscribe->topic, user);
		if (result <= 0)
			continue;
		is_new[i] = true;
		subscribe->changed++;
		result = check_user(writer, subscribe, user);
	}
	if (result == 0 && *refusal == 0)
		result = check_topic(writer, subscribe);
	if (result == 0 && *refusal < 0)
		return take_back(writer, subscribe, is_new);
	return result < 0 ? result
			  : count_change(writer, subscribe->topic, (int64_t)subscribe->changed);
}

static int take_off(struct sqlite_writer *writer, struct store_subscribe *subscribe)
{
	int result = 0;

	for (size_t i = 0; i < subscribe->user_count && result >= 0; i++) {
		result = change_one(writer, STATEMENT_SUBSCRIPTION_DELETE, subscribe->topic,
				    subscribe->users[i]);
		subscribe->changed += result > 0;
	}
	return result < 0 ? result
			  : count_change(writer, subscribe->topic, -(int64_t)subscribe->changed);
}

int sqlite_topic_subscribe(struct sqlite_writer *writer, struct store_request *request)
{
	struct store_subscribe *subscribe = (struct store_subscribe *)request;

	subscribe->changed = 0;
	subscribe->full_user = SLICE("");
	for (size_t i = 0; i < subscribe->user_count; i++) {
		if (slice_is_empty(subscribe->users[i])) {
			request->result = -ENOENT;
			return 0;
		}
	}
	return subscribe->ends ? take_off(writer, subscribe) : put_on(writer, subscribe);
}

static enum sqlite_statement statement_of(const struct store_topics *topics)
{
	if (!slice_is_empty(topics->user))
		return STATEMENT_SUBSCRIPTIONS_OF_USER;
	return slice_is_empty(topics->topic) ? STATEMENT_TOPICS_LIST
					     : STATEMENT_SUBSCRIPTIONS_OF_TOPIC;
}

/* One more than the page is asked for, and tells that there are more. */
static int read_page(struct store_topics *topics, sqlite3_stmt *statement)
{
	struct arena *arena = &topics->request.arena;
	int result;

	while ((result = sqlite_connection_step(statement)) > 0) {
		struct store_topics_row *row = &topics->rows[topics->row_count];

		topics->more = topics->row_count == topics->limit;
		if (topics->more)
			break;
		if (arena_copy(arena, sqlite_connection_text(statement, 0), &row->name) < 0)
			return -ENOMEM;
		row->number = sqlite3_column_int64(statement, 1);
		topics->row_count++;
	}
	return result < 0 ? result : 0;
}

int sqlite_topic_answer(struct sqlite_reader *reader, struct store_request *request, void *seen)
{
	struct store_topics *topics = (struct store_topics *)request;
	sqlite3_stmt *statement = sqlite_connection_bind(
	    &reader->connection, statement_of(topics), SQLITE_NUMBERS((int64_t)topics->limit + 1));
	int result;

	(void)seen;
	topics->row_count = 0;
	topics->more = false;
	topics->rows =
	    arena_allocate_array(&request->arena, topics->limit + 1, sizeof(*topics->rows));
	if (topics->rows == NULL)
		return -ENOMEM;
	sqlite_connection_bind_text(statement, 2,
				    slice_is_empty(topics->user) ? topics->topic : topics->user);
	sqlite_connection_bind_text(statement, 3, topics->after);
	result = read_page(topics, statement);
	sqlite3_reset(statement);
	return result;
}
