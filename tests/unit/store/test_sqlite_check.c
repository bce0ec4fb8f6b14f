/* Each thing that can be wrong with the counters and indexes is done to a good database and found.
 */
#include "store/sqlite_check.h"
#include "unit/store/folder.h"

#include <sqlite3.h>

static const struct {
	const char *damage;
	const char *sentence;
} damages[] = {
    {"UPDATE user SET kept = kept + 1 WHERE name = 'user-1'", "not as many as its row says"},
    {"UPDATE user SET unread = 0 WHERE name = 'user-1'", "unread notifications"},
    {"UPDATE user SET newest = 1 WHERE name = 'user-1'", "the newest notification"},
    {"UPDATE user SET head = head + 1, floor = head WHERE name = 'user-1'", "below the floor"},
    {"DELETE FROM user WHERE name = 'user-1'", "has no user"},
    {"DELETE FROM entry WHERE first_seq = 3", "not in the index of its inbox"},
    {"DELETE FROM notification WHERE id = 4", "does not exist"},
    {"UPDATE notification SET seq = 90 WHERE id = 5", "not in the index of changes"},
    {"INSERT INTO moved VALUES (1, 2, 1)", "names what did not change"},
    {"UPDATE notification SET seq = 90 WHERE id = 1;"
     "INSERT INTO moved SELECT user_id, 90, 1 FROM notification WHERE id = 1",
     "above the head"},
    {"INSERT INTO broadcast_state VALUES (1, 1, 1, 0, 0, 0)", "belongs to none"},
    {"INSERT INTO notification SELECT 1000, user_id, 900, 900, priority, created_at, changed_at, "
     "0, 0, 0, 0, 0, type, title, body, link, data FROM notification WHERE id = 1",
     "without a gap"},
    {"INSERT INTO topic VALUES ('news', 0)", "the members of a topic"},
    {"INSERT INTO subscription VALUES ('news', 'user-1', 1)", "the members of a topic"},
    {"INSERT INTO subscription VALUES ('news', 'user-1', 1);"
     "INSERT INTO topic VALUES ('news', 2)",
     "the members of a topic"},
};

static void damage(struct folder *folder, const char *text)
{
	sqlite3 *database = NULL;

	assert_int_equal(sqlite3_open(folder_file(folder, "allim.db"), &database), SQLITE_OK);
	if (sqlite3_exec(database, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(database));
	sqlite3_close(database);
}

static void test_each_damage_is_found(void **state)
{
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		struct error error = {.text = ""};
		void *fresh = NULL;
		struct folder *folder;

		folder_setup(&fresh);
		folder = fresh;
		assert_int_equal(
		    folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
		assert_int_equal(folder_publish(folder, 50, 5, 10), 0);
		folder_close(folder);
		assert_int_equal(sqlite_check(folder_file(folder, "allim.db"), &error), 0);
		damage(folder, damages[i].damage);
		assert_true(sqlite_check(folder_file(folder, "allim.db"), &error) < 0);
		if (strstr(error.text, damages[i].sentence) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", error.text, damages[i].sentence);
		folder_teardown(&fresh);
	}
	(void)state;
}

static void test_a_missing_file(void **state)
{
	struct error error;

	(void)state;
	assert_true(sqlite_check("/nonexistent/allim.db", &error) < 0);
	assert_non_null(strstr(error.text, "cannot be"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_damage_is_found),
	    cmocka_unit_test(test_a_missing_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
