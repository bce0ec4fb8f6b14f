/* Who is in memory, and what the end of a transaction does to them. */
#include "store/sqlite_user.h"

#include "store/sqlite_schema.h"
#include "unit/store/folder.h"

#include <errno.h>
#include <stdlib.h>

enum { LIMIT = 4 };

struct fixture {
	struct folder *folder;
	struct sqlite_connection connection;
	struct sqlite_users users;
	int64_t last_id;
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct error error;
	void *folder = NULL;
	const char *path;

	assert_non_null(fixture);
	folder_setup(&folder);
	fixture->folder = folder;
	path = folder_file(fixture->folder, "allim.db");
	assert_int_equal(sqlite_schema_prepare(path, false, &error), 0);
	assert_int_equal(sqlite_schema_migrate(path, &error), 0);
	assert_int_equal(sqlite_connection_open(&fixture->connection, path, true, &error), 0);
	assert_int_equal(sqlite_users_init(&fixture->users, LIMIT), 0);
	assert_int_equal(sqlite_users_find_id(&fixture->users, &fixture->connection, 0,
					      &fixture->users.everyone),
			 0);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	void *folder = fixture->folder;

	sqlite_users_finish(&fixture->users);
	sqlite_connection_close(&fixture->connection);
	folder_teardown(&folder);
	free(fixture);
	return 0;
}

static void begin(struct fixture *fixture)
{
	assert_int_equal(
	    sqlite_connection_run(&fixture->connection, STATEMENT_BEGIN_WRITE, 0, NULL), 0);
}

static void commit(struct fixture *fixture)
{
	assert_int_equal(sqlite_connection_run(&fixture->connection, STATEMENT_COMMIT, 0, NULL), 0);
	sqlite_users_commit(&fixture->users);
}

static void roll_back(struct fixture *fixture)
{
	assert_int_equal(sqlite_connection_run(&fixture->connection, STATEMENT_ROLLBACK, 0, NULL),
			 0);
	sqlite_users_rollback(&fixture->users);
}

static struct sqlite_user *find(struct fixture *fixture, const char *name)
{
	struct sqlite_user *user = NULL;

	assert_int_equal(sqlite_users_find(&fixture->users, &fixture->connection,
					   slice_from_string(name), true, &user),
			 0);
	return user;
}

/* What a publish does to a user. */
static void push(struct fixture *fixture, struct sqlite_user *user)
{
	sqlite_users_change(&fixture->users, user);
	user->now.head++;
	user->now.kept++;
	user->now.unread++;
	assert_int_equal(sqlite_users_push(&fixture->users, user, ++fixture->last_id), 0);
}

static void settle(struct fixture *fixture, struct sqlite_user *user)
{
	assert_int_equal(sqlite_users_settle(&fixture->users, &fixture->connection, user), 0);
}

static int64_t count_entries(struct fixture *fixture, const struct sqlite_user *user)
{
	sqlite3_stmt *statement = sqlite_connection_bind(&fixture->connection, STATEMENT_ENTRY_AT,
							 SQLITE_NUMBERS(user->id, INT64_MAX));
	int64_t last = 0;

	if (sqlite_connection_step(statement) > 0) {
		last = sqlite3_column_int64(statement, 0);
		sqlite3_reset(statement);
	}
	return last;
}

static void test_a_rollback_undoes_all(void **state)
{
	struct fixture *fixture = *state;
	struct sqlite_user *user;

	begin(fixture);
	user = find(fixture, "anna");
	push(fixture, user);
	commit(fixture);
	begin(fixture);
	push(fixture, user);
	push(fixture, user);
	settle(fixture, user);
	push(fixture, user);
	assert_int_equal(user->committed.head, 1);
	roll_back(fixture);
	assert_int_equal(user->now.head, 1);
	assert_int_equal(user->now.unread, 1);
	assert_int_equal(user->tail_count, 1);
	assert_int_equal(user->tail[0], 1);
	assert_int_equal(fixture->users.tail_total, 1);
	assert_int_equal(count_entries(fixture, user), 0);
}

static void test_a_new_user_that_was_rolled_back(void **state)
{
	struct fixture *fixture = *state;
	struct sqlite_user *user = NULL;

	begin(fixture);
	push(fixture, find(fixture, "anna"));
	roll_back(fixture);
	assert_int_equal(
	    sqlite_users_find(&fixture->users, &fixture->connection, SLICE("anna"), false, &user),
	    -ENOENT);
	begin(fixture);
	user = find(fixture, "anna");
	assert_true(user->now.stored);
	push(fixture, user);
	settle(fixture, user);
	commit(fixture);
	assert_int_equal(user->committed.head, 1);
	assert_int_equal(count_entries(fixture, user), 1);
}

static void test_settling_folds_the_tail(void **state)
{
	struct fixture *fixture = *state;
	struct sqlite_user *user;

	begin(fixture);
	user = find(fixture, "anna");
	for (int i = 0; i < 20; i++)
		push(fixture, user);
	commit(fixture);
	assert_int_equal(user->tail_committed, 20);
	begin(fixture);
	settle(fixture, user);
	push(fixture, user);
	commit(fixture);
	assert_int_equal(count_entries(fixture, user), 20);
	assert_int_equal(user->tail_count, 1);
	assert_int_equal(user->tail[0], 21);
	assert_int_equal(fixture->users.tail_total, 1);
}

static void test_the_longest_unchanged_leave(void **state)
{
	struct fixture *fixture = *state;
	struct sqlite_users *users = &fixture->users;

	for (int i = 0; i < 20; i++) {
		char name[24];
		struct sqlite_user *user;

		snprintf(name, sizeof(name), "user-%d", i);
		begin(fixture);
		user = find(fixture, name);
		push(fixture, user);
		/* Two of them keep a tail, so they may not leave. */
		if (i >= 2)
			settle(fixture, user);
		commit(fixture);
	}
	assert_true(users->by_name.count <= LIMIT + 1);
	assert_non_null(sqlite_users_peek(users, SLICE("")));
	assert_non_null(sqlite_users_peek(users, SLICE("user-0")));
	assert_non_null(sqlite_users_peek(users, SLICE("user-19")));
	assert_null(sqlite_users_peek(users, SLICE("user-5")));
	assert_true(users->left_position > 0 && users->left_position < users->committed_position);
	/* Who left comes back as it was. */
	assert_int_equal(find(fixture, "user-5")->now.head, 1);
	assert_int_equal(find(fixture, "user-5")->now.unread, 1);
}

static void test_the_badge_counts_what_was_marked_singly(void **state)
{
	struct fixture *fixture = *state;
	struct inbox_counts counts;
	struct sqlite_user *user;

	begin(fixture);
	user = find(fixture, "anna");
	push(fixture, user);
	assert_int_equal(sqlite_users_counts(&fixture->users, &fixture->connection, user, &counts),
			 0);
	assert_int_equal(counts.unread, 1);
	assert_int_equal(counts.broadcasts_handled, 0);
	user->now.markers[NOTIFICATION_READ].broadcast_id = 3;
	user->now.markers[NOTIFICATION_ARCHIVED].broadcast_id = 5;
	assert_int_equal(sqlite_users_counts(&fixture->users, &fixture->connection, user, &counts),
			 0);
	assert_int_equal(counts.broadcasts_marked, 5);
	commit(fixture);
}

#define USER_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    USER_TEST(test_a_rollback_undoes_all),
	    USER_TEST(test_a_new_user_that_was_rolled_back),
	    USER_TEST(test_settling_folds_the_tail),
	    USER_TEST(test_the_longest_unchanged_leave),
	    USER_TEST(test_the_badge_counts_what_was_marked_singly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
