/* A broadcast that many users marked goes at once, and their states of it in slices. */
#include "store/sqlite_forget.h"

#include "unit/store/folder.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <unistd.h>

enum { STATES = 3 * SQLITE_FORGET_SLICE + 100 };

static sqlite3 *watcher;
static _Atomic int64_t states, largest_step;

static int64_t count(const char *query)
{
	sqlite3_stmt *statement = NULL;
	int64_t number;

	assert_int_equal(sqlite3_prepare_v2(watcher, query, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

/* On the writer's thread, while nobody else looks at the watcher. */
static void on_step(const char *step)
{
	int64_t left, gone;

	if (strcmp(step, "committed") != 0 || atomic_load(&states) == 0)
		return;
	left = count("SELECT count(*) FROM broadcast_state");
	gone = atomic_load(&states) - left;
	if (gone > atomic_load(&largest_step))
		atomic_store(&largest_step, gone);
	atomic_store(&states, left);
}

static void publish_to_everyone(struct folder *folder)
{
	struct store_item item = {.content = {.type = SLICE("t"), .title = SLICE("t")}};
	struct store_publish publish;

	memset(&publish, 0, sizeof(publish));
	store_request_init(&publish.request, STORE_PUBLISH, NULL, NULL);
	publish.items = &item;
	publish.item_count = 1;
	assert_int_equal(folder_call(folder, &publish.request), 0);
	store_request_finish(&publish.request);
}

/* As many users as marked each of them, one by one. */
static void add_states(struct folder *folder)
{
	char text[1000];

	snprintf(
	    text, sizeof(text),
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
	    " INSERT INTO user (id, name, head, touched) SELECT i, 'user-' || i, 2, 2 FROM n;"
	    "INSERT INTO broadcast_state SELECT u.id, b.id, b.id, 9, 9, 0 FROM user u,"
	    " (SELECT 1 AS id UNION ALL SELECT 2) b WHERE u.id > 0 AND (b.id = 1 OR u.id %% 2);"
	    "INSERT INTO moved SELECT user_id, seq, notification_id FROM broadcast_state",
	    STATES);
	assert_int_equal(sqlite3_open(folder_file(folder, "allim.db"), &watcher), SQLITE_OK);
	if (sqlite3_exec(watcher, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(watcher));
}

static void test_states_go_in_slices(void **state)
{
	struct folder *folder = *state;
	struct store_options options = {.on_step = on_step};
	struct error error = {.text = ""};

	assert_int_equal(folder_open(folder, options, &error), 0);
	publish_to_everyone(folder);
	publish_to_everyone(folder);
	folder_close(folder);
	add_states(folder);
	atomic_store(&states, count("SELECT count(*) FROM broadcast_state"));
	assert_int_equal(atomic_load(&states), STATES + STATES / 2);
	options.retention_age = 1;
	options.maintenance_interval = 5;
	assert_int_equal(folder_open(folder, options, &error), 0);
	while (atomic_load(&states) > 0) {
		if (store_check(folder->store, &error) < 0)
			fail_msg("%s", error.text);
		usleep(1000);
	}
	folder_close(folder);
	assert_true(atomic_load(&largest_step) <= SQLITE_FORGET_SLICE);
	assert_int_equal(count("SELECT count(*) FROM moved"), 0);
	assert_int_equal(count("SELECT count(*) FROM notification"), 0);
	assert_int_equal(count("SELECT count(*) FROM forgotten_broadcast"), 0);
	sqlite3_close(watcher);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_states_go_in_slices, folder_setup,
					    folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
