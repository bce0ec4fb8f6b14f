/* As much as one request may carry, and what that does to those that come after it: nothing here
 * may take longer than a session waits for its answer. */
#include "conformance/store/postgres_node.h"

#include <stdlib.h>

enum {
	FIRST = 4096,	/* receivers of the first publish: a full batch, */
	SECOND = 10000, /* and of the one that is taken along */
	TIMEOUT = 6000, /* milliseconds */
	LARGE = 64 << 10,
	LARGE_ITEMS = 500, /* of 64 KiB each: 32 MB */
};

static struct postgres_server *server;
static char url[POSTGRES_SERVER_URL_BYTES];
static struct conformance node;

/* The users user-0 and so on. To be freed at once: the names stand behind the slices. */
static struct slice *name_users(size_t count)
{
	struct slice *users = malloc(count * (sizeof(*users) + 16));
	char *text = (char *)(users + count);

	assert_non_null(users);
	for (size_t i = 0; i < count; i++, text += 16) {
		snprintf(text, 16, "user-%zu", i);
		users[i] = slice_from_string(text);
	}
	return users;
}

/* Returns how many hints there were, of those with changes. */
static size_t sweep(struct buffer *position)
{
	size_t changes = 0;

	CONFORMANCE_REQUEST(store_sweep, request, STORE_SWEEP);
	request.position = buffer_slice(position);
	request.want_changes = true;
	assert_int_equal(conformance_call(&node, &request.request), 0);
	for (size_t i = 0; i < request.hint_count; i++)
		changes += request.hints[i].has_change;
	buffer_finish(position);
	*position = BUFFER_EMPTY;
	buffer_append(position, request.position);
	store_request_finish(&request.request);
	return changes;
}

static void test_as_many_receivers_as_may_be(void **state)
{
	struct slice *users = name_users(SECOND);
	struct store_item first = {
	    .users = users, .user_count = FIRST, .content = conformance_content("first")};
	struct store_item second = {
	    .users = users, .user_count = SECOND, .content = conformance_content("second")};
	struct buffer position = BUFFER_EMPTY;

	(void)state;
	sweep(&position);
	CONFORMANCE_REQUEST(store_publish, one, STORE_PUBLISH);
	CONFORMANCE_REQUEST(store_publish, two, STORE_PUBLISH);
	one.items = &first;
	two.items = &second;
	one.item_count = two.item_count = 1;
	conformance_submit(&node, &one.request);
	conformance_submit(&node, &two.request);
	conformance_wait(&node);
	assert_int_equal(one.request.result, 0);
	assert_int_equal(two.request.result, 0);
	for (size_t i = 1; i < SECOND; i++)
		assert_true(second.ids[i] > second.ids[i - 1]);
	assert_int_equal(conformance_head(&node, "user-0").seq, 2);
	assert_int_equal(conformance_head(&node, "user-9999").seq, 1);
	assert_int_equal(sweep(&position), FIRST + SECOND);
	store_request_finish(&one.request);
	conformance_check(&node);

	/* Among many more, of which statistics say that nothing ever changes. */
	postgres_server_run(
	    server, url,
	    "INSERT INTO allim.notification SELECT 1000000 + g, 1000000, g, g, '3', 1, "
	    "1, 1, 0, 0, 0, 0, 0, 't', 't', 'b', '', '' FROM "
	    "generate_series(1, 300000) g; ANALYZE");
	sweep(&position);
	store_request_finish(&two.request);
	conformance_prepare(&two.request, STORE_PUBLISH);
	assert_int_equal(conformance_call(&node, &two.request), 0);
	assert_int_equal(sweep(&position), SECOND);
	assert_int_equal(sweep(&position), 0);
	store_request_finish(&two.request);
	buffer_finish(&position);
	free(users);
}

/* The tail carries only so many bytes of texts; the rest is told by heads. */
static void test_large_bodies(void **state)
{
	char *body = malloc(LARGE);
	struct slice *users = name_users(LARGE_ITEMS);
	struct store_item *items = calloc(LARGE_ITEMS, sizeof(*items));
	struct buffer position = BUFFER_EMPTY;
	struct store_replay replay;
	size_t changes;

	(void)state;
	assert_true(body != NULL && items != NULL);
	memset(body, 'b', LARGE);
	for (size_t i = 0; i < LARGE_ITEMS; i++) {
		items[i] = (struct store_item){.users = &users[i / 2],
					       .user_count = 1,
					       .content = conformance_content("large")};
		items[i].content.body = slice_from_bytes(body, LARGE);
	}
	sweep(&position);
	CONFORMANCE_REQUEST(store_publish, publish, STORE_PUBLISH);
	publish.items = items;
	publish.item_count = LARGE_ITEMS;
	assert_int_equal(conformance_call(&node, &publish.request), 0);
	store_request_finish(&publish.request);
	changes = sweep(&position);
	assert_in_range(changes, HINT_BATCH_BYTES / LARGE / 2, HINT_BATCH_BYTES / LARGE);
	conformance_replay(&node, "user-249", 0, 0, 10, &replay);
	assert_int_equal(replay.change_count, 2);
	assert_int_equal(replay.changes[1].notification.content.body.length, LARGE);
	store_request_finish(&replay.request);
	buffer_finish(&position);
	conformance_check(&node);
	free(body);
	free(users);
	free(items);
}

static int setup(void **state)
{
	server = *state;
	postgres_server_create_database(server, url);
	postgres_node_init(&node, url);
	node.options.timeout = TIMEOUT;
	conformance_open(&node);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	postgres_node_finish(&node);
	postgres_server_drop_database(server, url);
	return 0;
}

#define LIMIT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    LIMIT(test_as_many_receivers_as_may_be),
	    LIMIT(test_large_bodies),
	};

	return cmocka_run_group_tests(tests, postgres_node_start_server, postgres_node_end_server);
}
