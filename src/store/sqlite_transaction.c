/* The order of the end: the sidecar's beat goes into the transaction, memory follows the commit
 * under the readers' mutex, and hints leave only when the commit is durable. */
#include "store/sqlite_transaction.h"

#include "base/clock.h"

/* Milliseconds from one beat of the sidecar to the next, at least. */
enum { BEAT_INTERVAL = 1000 };

static void step(const struct sqlite_writer *writer, const char *name)
{
	if (writer->on_step != NULL)
		writer->on_step(name);
}

static int begin(struct sqlite_writer *writer)
{
	int result = sqlite_connection_run(&writer->connection, STATEMENT_BEGIN_WRITE, 0, NULL);

	writer->now = clock_wall();
	writer->changes = sqlite3_total_changes64(writer->connection.database);
	writer->published = 0;
	writer->expired = 0;
	writer->forgotten = 0;
	writer->buried = 0;
	writer->letters_forgotten = 0;
	writer->hints = hint_batch_create(writer->epoch, 64);
	if (result == 0)
		step(writer, "begin");
	return result;
}

static void roll_back(struct sqlite_writer *writer)
{
	/* Some errors have rolled back already. */
	if (!sqlite3_get_autocommit(writer->connection.database))
		sqlite_connection_run(&writer->connection, STATEMENT_ROLLBACK, 0, NULL);
	sqlite_users_rollback(writer->users);
	sqlite_fold_rollback(&writer->fold);
	sqlite_sidecar_rollback(&writer->sidecar);
	writer->last_id = writer->committed_last_id;
	hint_batch_release(writer->hints);
	writer->hints = NULL;
}

static void count_commit(struct sqlite_writer *writer, int64_t started)
{
	struct store_figures *figures = writer->figures;

	/* One that found nothing to do syncs nothing either. */
	if (sqlite3_total_changes64(writer->connection.database) == writer->changes)
		return;
	store_figures_add(&figures->commits, 1);
	store_figures_add(&figures->rows_expired, writer->expired);
	store_figures_add(&figures->rows_forgotten, writer->forgotten);
	store_figures_add(&figures->dead_letters, (uint64_t)writer->buried);
	store_figures_add(&figures->dead_letters_forgotten, writer->letters_forgotten);
	store_figures_add(&figures->commit_microseconds, (uint64_t)(clock_wall() - started));
}

static void tell(struct sqlite_writer *writer)
{
	if (writer->hints != NULL && writer->hints->count > 0 && writer->on_commit != NULL) {
		writer->hints->committed_at = clock_wall();
		writer->on_commit(writer->on_commit_context, writer->hints);
	}
	hint_batch_release(writer->hints);
	writer->hints = NULL;
	step(writer, "hinted");
}

static int follow_with_sidecar(struct sqlite_writer *writer)
{
	int64_t interval =
	    atomic_load_explicit(&writer->settings->maintenance_interval, memory_order_relaxed);

	return sqlite_sidecar_follow(&writer->sidecar, &writer->connection, clock_monotonic(),
				     interval < BEAT_INTERVAL ? interval : BEAT_INTERVAL);
}

/* Readers take their snapshot and look at memory under the same mutex, so they see both before the
 * commit or both after it. */
static int commit_both(struct sqlite_writer *writer)
{
	int result;

	pthread_mutex_lock(&writer->users->mutex);
	result = sqlite_connection_run(&writer->connection, STATEMENT_COMMIT, 0, NULL);
	if (result == 0) {
		sqlite_users_commit(writer->users);
		sqlite_fold_commit(&writer->fold);
		writer->committed_last_id = writer->last_id;
	}
	pthread_mutex_unlock(&writer->users->mutex);
	return result;
}

static int commit(struct sqlite_writer *writer)
{
	const struct sqlite_users *users = writer->users;
	bool with_news = users->position != users->committed_position;
	int64_t started = clock_wall();
	int result = with_news ? follow_with_sidecar(writer) : 0;

	if (result < 0)
		return result;
	step(writer, "written");
	result = commit_both(writer);
	if (result < 0)
		return result;
	sqlite_sidecar_commit(&writer->sidecar, with_news);
	count_commit(writer, started);
	step(writer, "committed");
	tell(writer);
	return 0;
}

int sqlite_transaction_run(struct sqlite_writer *writer,
			   int (*work)(struct sqlite_writer *writer, void *context), void *context)
{
	int result = begin(writer);

	if (result == 0)
		result = work(writer, context);
	if (result == 0)
		result = commit(writer);
	if (result < 0)
		roll_back(writer);
	return result;
}
