/* The tail under a hundred writers whose transactions take from nothing to ten seconds, end in any
 * order and partly roll back, while one stays open all the time.
 *
 * Beside it, at the same moments, ask the cursors that are often used instead: `id > last` and
 * `created_at > last`, which must be seen to skip rows, and "only what is older than the oldest
 * running transaction", which must be seen to wait for the one that stays open. */
#include "conformance/store/postgres_node.h"

#include "base/clock.h"
#include "base/random.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	WRITERS = 100,
	LONG_WRITERS = 40, /* each has a user of its own, whose inbox its transactions hold */
	TRANSACTIONS = 3,
	ROWS = 3, /* of each transaction */
	SHARED_USERS = 7,
	LONGEST = 10000, /* milliseconds */
	PAUSE = 10000,	 /* microseconds between two questions */
	MOST_IDS = (WRITERS + 1) * TRANSACTIONS * ROWS + 100,
};

struct writer {
	pthread_t thread;
	PGconn *connection;
	unsigned number;
	unsigned failures;
};

/* What one cursor saw of each id. */
struct seen {
	const char *name;
	const char *query;
	unsigned times[MOST_IDS];
	char last[32];
	size_t count;
};

static struct postgres_server *server;
static char url[POSTGRES_SERVER_URL_BYTES];
static _Atomic unsigned finished;

/* Each asks for the rows behind the last one that it saw, and for what it goes on from. */
static struct seen by_id = {.name = "id > last",
			    .query = "SELECT id, id FROM allim.notification WHERE id > $1 "
				     "ORDER BY id",
			    .last = "0"};
static struct seen by_time = {.name = "created_at > last",
			      .query = "SELECT id, created_at FROM allim.notification "
				       "WHERE created_at > $1 ORDER BY created_at",
			      .last = "0"};
static struct seen by_horizon = {
    .name = "below the oldest running transaction",
    .query = "SELECT id, xid FROM allim.notification WHERE xid > $1 "
	     "AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid",
    .last = "0"};
static struct seen by_tail = {.name = "allim.tail()"};

static bool run(PGconn *connection, const char *sql)
{
	PGresult *result = PQexec(connection, sql);
	ExecStatusType status = PQresultStatus(result);

	PQclear(result);
	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

static bool append(PGconn *connection, const char *user)
{
	char sql[640];

	snprintf(sql, sizeof(sql),
		 "SELECT allim.lock_inboxes(ARRAY['%s'], '{}', '{}');"
		 "SELECT * FROM allim.append(ARRAY[1], ARRAY['%s'], ARRAY['t'], ARRAY['title'],"
		 "ARRAY['body'], ARRAY[''], ARRAY[''], ARRAY[1::smallint], ARRAY[0::bigint], NULL,"
		 "'{}', '{}', '{}', '{}', '{}')",
		 user, user);
	return run(connection, sql);
}

static bool transact(const struct writer *writer, struct random *random)
{
	bool is_long = writer->number < LONG_WRITERS;
	unsigned duration = (unsigned)random_below(random, is_long ? LONGEST : LONGEST / 200);
	bool commits = random_below(random, 5) != 0;
	bool worked = run(writer->connection, "BEGIN");
	char user[32];

	snprintf(user, sizeof(user), "%s-%u", is_long ? "own" : "shared",
		 is_long ? writer->number : (unsigned)random_below(random, SHARED_USERS));
	for (int row = 0; row < ROWS; row++) {
		worked = append(writer->connection, user) && worked;
		usleep(duration * 1000 / ROWS);
	}
	return run(writer->connection, commits ? "COMMIT" : "ROLLBACK") && worked;
}

static void *write_rows(void *context)
{
	struct writer *writer = context;
	struct random random;

	random_init(&random, writer->number);
	for (int i = 0; i < TRANSACTIONS; i++) {
		writer->failures += !transact(writer, &random);
		if (writer->number >= LONG_WRITERS)
			usleep((unsigned)random_below(&random, LONGEST * 1000 / TRANSACTIONS));
	}
	atomic_fetch_add(&finished, 1);
	return NULL;
}

static void see(struct seen *seen, int64_t id)
{
	assert_true(id > 0 && id < MOST_IDS);
	seen->times[id]++;
	seen->count++;
}

static void poll_cursor(PGconn *connection, struct seen *seen)
{
	const char *const values[] = {seen->last};
	PGresult *result = PQexecParams(connection, seen->query, 1, NULL, values, NULL, NULL, 0);
	int rows = PQntuples(result);

	assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
	for (int row = 0; row < rows; row++)
		see(seen, strtoll(PQgetvalue(result, row, 0), NULL, 10));
	if (rows > 0)
		snprintf(seen->last, sizeof(seen->last), "%s", PQgetvalue(result, rows - 1, 1));
	PQclear(result);
}

/* The position of before goes in, that of now is kept. */
static void poll_tail(struct conformance *node, struct buffer *position)
{
	CONFORMANCE_REQUEST(store_sweep, sweep, STORE_SWEEP);
	sweep.position = buffer_slice(position);
	sweep.want_changes = true;
	assert_int_equal(conformance_call(node, &sweep.request), 0);
	for (size_t i = 0; i < sweep.hint_count; i++) {
		assert_true(sweep.hints[i].has_change);
		see(&by_tail, sweep.hints[i].change.notification.id);
	}
	buffer_finish(position);
	*position = BUFFER_EMPTY;
	buffer_append(position, sweep.position);
	store_request_finish(&sweep.request);
}

static void poll_all(struct conformance *node, PGconn *connection, struct buffer *position)
{
	poll_tail(node, position);
	poll_cursor(connection, &by_id);
	poll_cursor(connection, &by_time);
	poll_cursor(connection, &by_horizon);
}

/* How many rows it never saw. */
static size_t count_skipped(PGconn *connection, const struct seen *seen)
{
	PGresult *result = PQexec(connection, "SELECT id FROM allim.notification");
	size_t skipped = 0;

	for (int row = 0; row < PQntuples(result); row++)
		skipped += seen->times[strtoll(PQgetvalue(result, row, 0), NULL, 10)] == 0;
	print_message("%-40s saw %4zu of %4d rows, skipped %zu\n", seen->name, seen->count,
		      PQntuples(result), skipped);
	PQclear(result);
	return skipped;
}

static void start_writers(struct writer writers[static WRITERS])
{
	for (unsigned i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){.number = i,
					     .connection = postgres_server_connect(server, url)};
		assert_int_equal(pthread_create(&writers[i].thread, NULL, write_rows, &writers[i]),
				 0);
	}
}

static void end_writers(struct writer writers[static WRITERS])
{
	for (unsigned i = 0; i < WRITERS; i++) {
		pthread_join(writers[i].thread, NULL);
		assert_int_equal(writers[i].failures, 0);
		PQfinish(writers[i].connection);
	}
}

static void test_the_tail_skips_nothing(void **state)
{
	static struct writer writers[WRITERS];
	struct conformance *node = *state;
	struct buffer position = BUFFER_EMPTY;
	PGconn *connection = postgres_server_connect(server, url);
	PGconn *holder = postgres_server_connect(server, url);
	struct store_statistics statistics;
	size_t rows;

	poll_all(node, connection, &position);
	assert_true(run(holder, "BEGIN") && append(holder, "held"));
	start_writers(writers);
	while (atomic_load(&finished) < WRITERS) {
		poll_all(node, connection, &position);
		usleep(PAUSE);
	}
	end_writers(writers);
	poll_all(node, connection, &position);

	/* All is told, although one transaction has been open since before. */
	rows = (size_t)postgres_node_number(server, url, "SELECT count(*) FROM allim.notification");
	assert_true(rows > WRITERS);
	assert_int_equal(by_tail.count, rows);
	assert_int_equal(by_horizon.count, 0);
	store_statistics(node->store, &statistics);
	assert_true(statistics.horizon_milliseconds > 0);

	assert_true(run(holder, "COMMIT"));
	poll_all(node, connection, &position);
	poll_all(node, connection, &position);
	assert_int_equal(count_skipped(connection, &by_tail), 0);
	for (size_t id = 0; id < MOST_IDS; id++)
		assert_true(by_tail.times[id] <= 1);
	assert_int_equal(by_tail.count, rows + 1);
	assert_true(count_skipped(connection, &by_id) >= 1);
	assert_true(count_skipped(connection, &by_time) >= 1);
	assert_int_equal(count_skipped(connection, &by_horizon), 0);
	conformance_check(node);
	buffer_finish(&position);
	PQfinish(connection);
	PQfinish(holder);
}

static int setup(void **state)
{
	static struct conformance node;

	postgres_server_create_database(server, url);
	postgres_node_init(&node, url);
	conformance_open(&node);
	*state = &node;
	return 0;
}

static int teardown(void **state)
{
	postgres_node_finish(*state);
	postgres_server_drop_database(server, url);
	return 0;
}

static int start_server(void **state)
{
	static const char *const settings[] = {"max_connections=120", NULL};
	const struct postgres_server_options options = {.is_volatile = true, .settings = settings};

	(void)state;
	server = postgres_server_create(&options);
	return 0;
}

static int end_server(void **state)
{
	(void)state;
	postgres_server_destroy(server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_the_tail_skips_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, start_server, end_server);
}
