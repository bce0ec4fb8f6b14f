/* Small pieces, so that requests never wait long behind one: a checkpoint as soon as the WAL has
 * grown, folding where nobody else commits, and rounds of retention. */
#include "store/sqlite_upkeep.h"

#include "base/clock.h"
#include "store/sqlite_retention.h"
#include "store/sqlite_transaction.h"

#include <limits.h>

enum {
	CHECKPOINT_PAGES = 1000, /* of WAL, 4 MB: short enough not to be felt */
	FOLD_SLICE = 256,	 /* at least so many at a time */
	FOLD_INTERVAL = 5000,	 /* milliseconds that a notification stays unfolded, about */
};

static int count_wal_pages(void *context, sqlite3 *database, const char *name, int pages)
{
	struct sqlite_writer *writer = context;

	(void)database;
	(void)name;
	writer->wal_pages = pages;
	return SQLITE_OK;
}

/* A failure is no news: the WAL stays longer, and the next round tries again. */
static void checkpoint(struct sqlite_writer *writer)
{
	int pages = 0;
	int done = 0;

	if (writer->wal_pages < writer->checkpoint_at)
		return;
	sqlite3_wal_checkpoint_v2(writer->connection.database, NULL, SQLITE_CHECKPOINT_PASSIVE,
				  &pages, &done);
	writer->wal_pages = 0;
	/* A reader that still needs old pages keeps the WAL from starting over. */
	writer->checkpoint_at = CHECKPOINT_PAGES + (pages > done ? pages : 0);
}

static int beat(struct sqlite_writer *writer, void *context)
{
	(void)context;
	return sqlite_sidecar_beat(&writer->sidecar, &writer->connection, clock_monotonic());
}

static void bring_sidecar_up_to_date(struct sqlite_writer *writer)
{
	if (writer->sidecar.is_behind)
		sqlite_transaction_run(writer, beat, NULL);
	sqlite_sidecar_write(&writer->sidecar);
}

int sqlite_upkeep_fold(struct sqlite_writer *writer)
{
	if (!sqlite_fold_is_running(&writer->fold))
		return 0;
	return sqlite_fold_slice(&writer->fold, writer->users, &writer->connection,
				 FOLD_SLICE + 2 * writer->published);
}

static int fold_some(struct sqlite_writer *writer, void *context)
{
	(void)context;
	return sqlite_upkeep_fold(writer);
}

/* Returns true where more is due now. */
static bool fold_what_waits(struct sqlite_writer *writer, int64_t now)
{
	if (writer->users->tail_total == 0)
		writer->next_fold = INT64_MAX;
	else if (writer->next_fold == INT64_MAX)
		writer->next_fold = now + FOLD_INTERVAL;
	sqlite_fold_start(&writer->fold, writer->users, writer->committed_last_id,
			  now >= writer->next_fold);
	if (now >= writer->next_fold)
		writer->next_fold = now + FOLD_INTERVAL;
	if (!sqlite_fold_is_running(&writer->fold) || writer->queue.first != NULL)
		return false;
	return sqlite_transaction_run(writer, fold_some, NULL) == 0 &&
	       sqlite_fold_is_running(&writer->fold);
}

bool sqlite_upkeep_run(struct sqlite_writer *writer)
{
	int64_t now = clock_monotonic();
	bool more;

	checkpoint(writer);
	sqlite_sidecar_write(&writer->sidecar);
	more = fold_what_waits(writer, now);
	if (now < writer->next_round)
		return more;
	if (sqlite_retention_round(writer))
		return true;
	bring_sidecar_up_to_date(writer);
	writer->next_round = now + atomic_load_explicit(&writer->settings->maintenance_interval,
							memory_order_relaxed);
	return more;
}

/* An idle writer has nothing to fold, so only rounds wake it. */
int sqlite_upkeep_wait(const struct sqlite_writer *writer)
{
	bool folds = writer->users->tail_total > 0 && writer->next_fold < writer->next_round;
	int64_t left = (folds ? writer->next_fold : writer->next_round) - clock_monotonic();

	return left < 0 ? 0 : (int)(left > INT_MAX ? INT_MAX : left);
}

/* So that the next start finds nothing to recover. A failure only makes that one slower. */
static void fold_all(struct sqlite_writer *writer)
{
	int result = 0;

	while (result == 0 && writer->users->tail_total > 0) {
		sqlite_fold_start(&writer->fold, writer->users, writer->committed_last_id, true);
		if (!sqlite_fold_is_running(&writer->fold))
			return;
		result = sqlite_transaction_run(writer, fold_some, NULL);
	}
}

void sqlite_upkeep_start(struct sqlite_writer *writer)
{
	writer->walked_user = -1;
	writer->checkpoint_at = CHECKPOINT_PAGES;
	writer->next_fold = INT64_MAX;
	writer->next_round = clock_monotonic();
	sqlite3_wal_hook(writer->connection.database, count_wal_pages, writer);
}

void sqlite_upkeep_finish(struct sqlite_writer *writer)
{
	fold_all(writer);
	bring_sidecar_up_to_date(writer);
}
