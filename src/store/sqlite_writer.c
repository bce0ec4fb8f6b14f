/* Group commit: the writer takes everything that waits, does it in one transaction, syncs once and
 * answers. While it syncs, the next requests gather.
 *
 * A request that fails half-way takes the transaction with it: it is answered with its error, and
 * the others are done again in a new transaction. That is rare (memory ran short), and it costs
 * those that succeed nothing, as a savepoint for each would. When the disk is full or failing, all
 * fail. */
#include "store/sqlite_writer.h"

#include "base/clock.h"
#include "store/sqlite_correct.h"
#include "store/sqlite_mark.h"
#include "store/sqlite_publish.h"
#include "store/sqlite_retention.h"
#include "store/sqlite_transaction.h"

#include <errno.h>
#include <limits.h>
#include <time.h>

enum {
	BATCH_WEIGHT = 4096,	 /* notifications of one commit, unless one request has more */
	CROWD = 8,		 /* requests of one commit that promise as many for the next */
	CROWD_PAUSE = 1000,	 /* microseconds from one crowded commit to the next, at least */
	CHECKPOINT_PAGES = 1000, /* of WAL, 4 MB: short enough not to be felt */
	FOLD_SLICE = 256,	 /* at least so many at a time */
	FOLD_INTERVAL = 5000,	 /* milliseconds that a notification stays unfolded, about */
};

typedef int operation(struct sqlite_writer *writer, struct store_request *request);

static operation *const operations[STORE_OPERATIONS];

/* ---- queues ---- */

static void queue_append(struct sqlite_queue *queue, struct mailbox_message *message)
{
	message->next = NULL;
	if (queue->first == NULL)
		queue->first = message;
	else
		queue->last->next = message;
	queue->last = message;
}

static struct mailbox_message *queue_take(struct sqlite_queue *queue)
{
	struct mailbox_message *message = queue->first;

	if (message != NULL)
		queue->first = message->next;
	return message;
}

static void queue_receive(struct sqlite_writer *writer)
{
	struct mailbox_message *message = mailbox_take(&writer->mailbox);

	while (message != NULL) {
		struct mailbox_message *next = message->next;

		if (message == &writer->last)
			writer->is_stopping = true;
		else
			queue_append(&writer->queue, message);
		message = next;
	}
}

static int64_t microseconds_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* As many as share a commit. */
static struct sqlite_queue take_batch(struct sqlite_writer *writer)
{
	struct sqlite_queue batch = {.first = NULL};
	size_t weight = 0;

	writer->last_batch = 0;
	writer->last_started = microseconds_now();
	while (writer->queue.first != NULL && weight < BATCH_WEIGHT) {
		struct mailbox_message *message = queue_take(&writer->queue);

		weight += sqlite_publish_weight(store_request_of(message));
		queue_append(&batch, message);
		writer->last_batch++;
	}
	return batch;
}

/* A commit costs as much processor time as dozens of publishes. When many publish at once, waiting
 * a moment lets more of them share one; a single publisher never waits. */
static void let_a_crowd_gather(struct sqlite_writer *writer)
{
	int64_t left = writer->last_started + CROWD_PAUSE - microseconds_now();

	if (writer->last_batch < CROWD || left <= 0)
		return;
	nanosleep(&(struct timespec){.tv_nsec = left * 1000}, NULL);
	queue_receive(writer);
}

/* ---- what operations do ---- */

int sqlite_writer_hint(struct sqlite_writer *writer, struct sqlite_user *user,
		       const struct change *change)
{
	struct hint hint = {
	    .user = user->name, .seq = user->now.head, .has_change = change != NULL};
	int result = sqlite_users_counts(writer->users, &writer->connection, user, &hint.counts);

	if (result < 0)
		return result;
	if (change != NULL)
		hint.change = *change;
	if (writer->hints != NULL && hint_batch_add(writer->hints, &hint) < 0)
		return 0;
	return 0;
}

static int move_in_index(struct sqlite_writer *writer, const struct sqlite_user *user,
			 const struct notification *before, int64_t seq)
{
	int result = 0;

	if (before->seq != before->first_seq)
		result = sqlite_connection_run(&writer->connection, STATEMENT_MOVED_DELETE,
					       SQLITE_NUMBERS(user->id, before->seq));
	return result < 0 ? result
			  : sqlite_connection_run(&writer->connection, STATEMENT_MOVED_INSERT,
						  SQLITE_NUMBERS(user->id, seq, before->id));
}

int sqlite_writer_move(struct sqlite_writer *writer, struct sqlite_user *user,
		       const struct notification *before, struct notification *row)
{
	struct change change = {.kind = CHANGE_ROW};
	int result;

	sqlite_users_change(writer->users, user);
	row->seq = ++user->now.head;
	row->changed_at = writer->now;
	user->now.unread += notification_is_unread(row) - notification_is_unread(before);
	result = move_in_index(writer, user, before, row->seq);
	if (result == 0)
		result = sqlite_connection_run(&writer->connection, STATEMENT_NOTIFICATION_MOVE,
					       SQLITE_NUMBERS(row->id, row->seq, row->changed_at,
							      row->state_at[NOTIFICATION_SEEN],
							      row->state_at[NOTIFICATION_READ],
							      row->state_at[NOTIFICATION_ARCHIVED],
							      row->withdrawn_at));
	change.seq = row->seq;
	change.notification = *row;
	return result < 0 ? result : sqlite_writer_hint(writer, user, &change);
}

static int probe(struct sqlite_writer *writer, struct store_request *request)
{
	(void)request;
	writer->probe++;
	return sqlite_connection_run(&writer->connection, STATEMENT_META_PROBE,
				     SQLITE_NUMBERS(writer->probe));
}

/* ---- batches ---- */

static void reply(struct sqlite_writer *writer, struct mailbox_message *message)
{
	struct store_request *request = store_request_of(message);

	if (request->operation == STORE_PROBE && request->result == 0) {
		mailbox_send(writer->reader, message);
		return;
	}
	atomic_fetch_sub_explicit(&writer->figures->queue, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&writer->figures->writes, 1, memory_order_relaxed);
	mailbox_send(request->reply, message);
}

static void reply_all(struct sqlite_writer *writer, struct sqlite_queue *batch, int result)
{
	struct mailbox_message *message;

	while ((message = queue_take(batch)) != NULL) {
		if (result < 0)
			store_request_of(message)->result = result;
		reply(writer, message);
	}
}

struct batch {
	struct sqlite_queue requests;
	struct mailbox_message *failed; /* the one that broke the transaction, if it was one */
};

static int fold_some(struct sqlite_writer *writer, void *context)
{
	(void)context;
	return sqlite_fold_slice(&writer->fold, writer->users, &writer->connection,
				 FOLD_SLICE + 2 * writer->published);
}

static int work_through(struct sqlite_writer *writer, void *context)
{
	struct batch *batch = context;

	for (struct mailbox_message *message = batch->requests.first; message != NULL;
	     message = message->next) {
		struct store_request *request = store_request_of(message);
		int result;

		request->result = 0;
		result = operations[request->operation](writer, request);
		if (result < 0) {
			batch->failed = message;
			return result;
		}
	}
	return sqlite_fold_is_running(&writer->fold) ? fold_some(writer, NULL) : 0;
}

static void remove_message(struct sqlite_queue *queue, const struct mailbox_message *unwanted)
{
	struct sqlite_queue rest = {.first = NULL};
	struct mailbox_message *message;

	while ((message = queue_take(queue)) != NULL) {
		if (message != unwanted)
			queue_append(&rest, message);
	}
	*queue = rest;
}

static void run_batch(struct sqlite_writer *writer)
{
	struct batch batch = {.requests = take_batch(writer)};
	int result = 0;

	while (batch.requests.first != NULL) {
		batch.failed = NULL;
		result = sqlite_transaction_run(writer, work_through, &batch);
		if (result != -ENOMEM || batch.failed == NULL)
			break;
		remove_message(&batch.requests, batch.failed);
		store_request_of(batch.failed)->result = result;
		reply(writer, batch.failed);
	}
	reply_all(writer, &batch.requests, result);
}

/* ---- upkeep ---- */

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

/* Returns true where more is due now. */
static bool keep_up(struct sqlite_writer *writer)
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
static int milliseconds_to_wait(const struct sqlite_writer *writer)
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

static void *run(void *context)
{
	struct sqlite_writer *writer = context;

	for (;;) {
		bool more;

		queue_receive(writer);
		if (writer->queue.first != NULL) {
			let_a_crowd_gather(writer);
			run_batch(writer);
		} else if (writer->is_stopping) {
			break;
		}
		more = !writer->is_stopping && keep_up(writer);
		if (!more && !writer->is_stopping && writer->queue.first == NULL)
			mailbox_wait(&writer->mailbox, milliseconds_to_wait(writer));
	}
	fold_all(writer);
	bring_sidecar_up_to_date(writer);
	return NULL;
}

int sqlite_writer_start(struct sqlite_writer *writer)
{
	int64_t now = clock_monotonic();
	int result;

	writer->committed_last_id = writer->last_id;
	writer->walked_user = -1;
	writer->checkpoint_at = CHECKPOINT_PAGES;
	writer->next_fold = INT64_MAX;
	writer->next_round = now;
	sqlite3_wal_hook(writer->connection.database, count_wal_pages, writer);
	result = mailbox_init(&writer->mailbox);
	if (result < 0)
		return result;
	result = -pthread_create(&writer->thread, NULL, run, writer);
	if (result < 0)
		mailbox_finish(&writer->mailbox);
	return result;
}

void sqlite_writer_stop(struct sqlite_writer *writer)
{
	mailbox_send(&writer->mailbox, &writer->last);
	pthread_join(writer->thread, NULL);
	mailbox_finish(&writer->mailbox);
	sqlite_fold_finish(&writer->fold);
}

static operation *const operations[STORE_OPERATIONS] = {
    [STORE_PUBLISH] = sqlite_publish,		[STORE_CORRECT] = sqlite_correct,
    [STORE_WITHDRAW] = sqlite_correct_withdraw, [STORE_MARK] = sqlite_mark,
    [STORE_REDEEM] = sqlite_publish_redeem,	[STORE_PROBE] = probe,
};
