/* A batch that fails as a whole, for a reason that may lie in one of its requests, is done again
 * request by request. That is rare, and it costs those that succeed nothing, as a savepoint for
 * each would.
 *
 * Where the connection breaks while a commit is under way nobody knows whether it came to be; but
 * it does not begin later (see postgres_clock.h). Its requests are answered with -EAGAIN: a
 * client that must not publish twice tries again with the same Idempotency-Key. */
#include "store/postgres_batch.h"

#include "base/clock.h"
#include "store/postgres_publish.h"
#include "store/postgres_read.h"
#include "store/postgres_topic.h"
#include "store/postgres_write.h"

#include <errno.h>

struct postgres_parameters *postgres_batch_parameters(struct postgres_batch *batch)
{
	return arena_allocate_array(&batch->arena, 1, sizeof(struct postgres_parameters));
}

int64_t postgres_batch_oldest_key(const struct postgres_batch *batch)
{
	int64_t age = atomic_load(&batch->session->postgres->idempotency_age);

	return age > 0 ? clock_wall() - age : 0;
}

void postgres_batch_add_keep(const struct postgres_batch *batch,
			     struct postgres_parameters *parameters)
{
	int64_t count = atomic_load(&batch->session->postgres->retention_count);

	if (count > 0)
		postgres_parameters_add_number(parameters, POSTGRES_BIGINT, count);
	else
		postgres_parameters_add_null(parameters);
}

void postgres_batch_tell(struct postgres_batch *batch, const struct hint *hint)
{
	if (batch->hints != NULL)
		(void)hint_batch_add(batch->hints, hint);
}

void postgres_batch_tell_all(struct postgres_batch *batch, const PGresult *result)
{
	for (int row = 0; row < PQntuples(result); row++) {
		struct hint hint;

		postgres_result_hint(result, row, &hint);
		postgres_batch_tell(batch, &hint);
	}
}

void postgres_batch_publish(struct postgres_batch *batch)
{
	const struct store_options *options = &batch->session->postgres->options;

	if (batch->hints != NULL && batch->hints->count > 0 && options->on_commit != NULL) {
		batch->hints->committed_at = clock_wall();
		options->on_commit(options->on_commit_context, batch->hints);
	}
	hint_batch_release(batch->hints);
	batch->hints = NULL;
}

static void step(const struct postgres_batch *batch, const char *name)
{
	if (batch->session->postgres->options.on_step != NULL)
		batch->session->postgres->options.on_step(name);
}

/* Tells the hints and answers. */
static void finish(struct postgres_batch *batch, int result)
{
	struct postgres_session *session = batch->session;

	if (result == 0 && session->writes) {
		step(batch, "committed");
		postgres_batch_publish(batch);
		step(batch, "hinted");
	}
	for (size_t i = 0; i < batch->count; i++) {
		struct store_request *request = batch->requests[i];

		request->epoch = batch->epoch;
		if (result < 0)
			request->result = result;
		if (request->operation == STORE_PROBE && session->writes && request->result == 0 &&
		    postgres_queue_add(&session->postgres->reads, request))
			continue;
		postgres_session_reply(session, request);
	}
}

/* Nothing of the transaction stays. First what was sent comes to its end: a rollback behind a
 * statement that failed would be skipped like all others. */
static void roll_back(struct postgres_batch *batch)
{
	(void)postgres_connection_receive_sync(batch->connection);
	postgres_connection_sync(batch->connection);
	(void)postgres_connection_receive_sync(batch->connection);
	postgres_connection_send(batch->connection, POSTGRES_ROLLBACK, NULL);
	postgres_connection_sync(batch->connection);
	(void)postgres_connection_receive_sync(batch->connection);
}

/* From the result that is next. Where there is none, since something failed, the clock has to be
 * read anew. */
static void take_clock(struct postgres_connection *connection)
{
	PGresult *result = postgres_connection_receive(connection);

	connection->clock = (struct postgres_clock){0};
	if (result != NULL)
		postgres_clock_take(&connection->clock, postgres_result_number(result, 0, 0),
				    clock_monotonic_fine());
	PQclear(result);
}

static int read_clock(struct postgres_connection *connection)
{
	if (!postgres_clock_is_stale(&connection->clock, clock_monotonic_fine()))
		return 0;
	postgres_connection_send(connection, POSTGRES_CLOCK, NULL);
	postgres_connection_sync(connection);
	take_clock(connection);
	return postgres_connection_receive_sync(connection);
}

/* Nobody waits for it longer than the session's timeout, and a commit that begins later is
 * refused. */
static void send_commit(struct postgres_connection *connection)
{
	struct postgres_parameters parameters = {.count = 0};
	int64_t until = postgres_clock_after(&connection->clock, clock_monotonic_fine(),
					     connection->timeout * 1000);

	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, until);
	postgres_connection_send(connection, POSTGRES_IN_TIME, &parameters);
	postgres_connection_send(connection, POSTGRES_COMMIT, NULL);
	postgres_connection_sync(connection);
}

/* What is received is not written again, so that receiving must not fail: memory for it is there
 * before the statements go. */
static int write_all(struct postgres_batch *batch)
{
	struct postgres_connection *connection = batch->connection;
	struct store_figures *figures = &batch->session->postgres->figures;
	int64_t began = clock_monotonic_fine();
	int result = read_clock(connection);

	if (result < 0)
		return result;
	batch->hints = hint_batch_create(batch->epoch, batch->count);
	step(batch, "begin");
	postgres_connection_send(connection, POSTGRES_BEGIN, NULL);
	result = postgres_publish_claim(batch);
	if (result == 0)
		result = postgres_write_send(batch);
	if (result < 0)
		return result;
	step(batch, "written");
	send_commit(connection);
	postgres_write_receive(batch);
	take_clock(connection);
	result = postgres_connection_receive_sync(connection);
	if (result < 0)
		return result;
	store_figures_add(&figures->commits, 1);
	store_figures_add(&figures->commit_microseconds,
			  (uint64_t)(clock_monotonic_fine() - began));
	return 0;
}

/* Does the requests once, in one transaction. Returns what came of the whole. */
static int run(struct postgres_batch *batch)
{
	int result;

	batch->epoch = atomic_load(&batch->session->postgres->epoch);
	for (size_t i = 0; i < batch->count; i++)
		batch->requests[i]->result = 0;
	result = batch->session->writes ? write_all(batch) : postgres_read_all(batch);
	if (result < 0) {
		roll_back(batch);
		hint_batch_release(batch->hints);
		batch->hints = NULL;
	}
	arena_finish(&batch->arena);
	return result;
}

/* One by one, as long as that does not take too long for those that wait. */
static void run_singly(const struct postgres_batch *failed)
{
	int64_t until = clock_monotonic() + failed->connection->timeout;

	for (size_t i = 0; i < failed->count; i++) {
		struct postgres_batch single = {
		    .session = failed->session,
		    .connection = failed->connection,
		    .requests = {failed->requests[i]},
		    .count = 1,
		};

		finish(&single, clock_monotonic() > until ? -EAGAIN : run(&single));
	}
}

static void run_and_answer(struct postgres_batch *batch)
{
	int result = run(batch);

	if (result < 0 && result != -ENOSPC && result != -EROFS && batch->count > 1 &&
	    postgres_connection_is_open(batch->connection))
		run_singly(batch);
	else
		finish(batch, result);
}

/* Requests under one Idempotency-Key take turns: the second is to find what the first left. So do
 * subscribing and publishing to topics. */
void postgres_batch_run(struct postgres_batch *batch, struct postgres_session *session,
			struct mailbox_message *oldest)
{
	while (oldest != NULL) {
		*batch =
		    (struct postgres_batch){.session = session, .connection = &session->connection};
		while (oldest != NULL && batch->count < POSTGRES_BATCH) {
			struct store_request *request = store_request_of(oldest);

			if (postgres_publish_must_wait(batch, request) ||
			    postgres_topic_must_wait(batch, request))
				break;
			oldest = oldest->next;
			batch->requests[batch->count++] = request;
		}
		run_and_answer(batch);
	}
}
