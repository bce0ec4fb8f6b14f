/* Group commit: the writer takes everything that waits, does it in one transaction, syncs once and
 * answers. While it syncs, the next requests gather.
 *
 * A request that fails half-way takes the transaction with it: it is answered with its error, and
 * the others are done again in a new transaction. That is rare (memory ran short), and it costs
 * those that succeed nothing, as a savepoint for each would. When the disk is full or failing, all
 * fail. */
#include "store/sqlite_writer.h"

#include "base/clock.h"
#include "store/sqlite_audit.h"
#include "store/sqlite_correct.h"
#include "store/sqlite_dead_letter.h"
#include "store/sqlite_mark.h"
#include "store/sqlite_once.h"
#include "store/sqlite_probe.h"
#include "store/sqlite_publish.h"
#include "store/sqlite_topic.h"
#include "store/sqlite_transaction.h"
#include "store/sqlite_upkeep.h"

#include <errno.h>

enum {
	BATCH_WEIGHT = 4096, /* rows that one commit writes, and what its last request adds */
	CROWD = 8,	     /* requests of one commit that promise as many for the next */
	CROWD_PAUSE = 1000,  /* microseconds from one crowded commit to the next, at least */
};

typedef int operation(struct sqlite_writer *writer, struct store_request *request);

static operation *const operations[STORE_OPERATIONS];

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

/* As many as share a commit. */
static struct sqlite_queue take_batch(struct sqlite_writer *writer)
{
	struct sqlite_queue batch = {.first = NULL};
	size_t weight = 0;

	writer->last_batch = 0;
	writer->last_started = clock_monotonic_fine();
	while (writer->queue.first != NULL && weight < BATCH_WEIGHT) {
		struct mailbox_message *message = queue_take(&writer->queue);

		weight += store_request_weight(store_request_of(message));
		queue_append(&batch, message);
		writer->last_batch++;
	}
	return batch;
}

/* A commit costs as much processor time as dozens of publishes. When many publish at once, waiting
 * a moment lets more of them share one; a single publisher never waits. */
static void let_a_crowd_gather(struct sqlite_writer *writer)
{
	int64_t left = writer->last_started + CROWD_PAUSE - clock_monotonic_fine();

	if (writer->last_batch < CROWD || left <= 0)
		return;
	nanosleep(&(struct timespec){.tv_nsec = left * 1000}, NULL);
	queue_receive(writer);
}

static void reply(struct sqlite_writer *writer, struct mailbox_message *message)
{
	struct store_request *request = store_request_of(message);

	/* The reader counts it. */
	if (request->operation == STORE_PROBE && request->result == 0) {
		mailbox_send(writer->reader, message);
		return;
	}
	store_figures_finish(writer->figures, request);
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
	return sqlite_upkeep_fold(writer);
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
		more = !writer->is_stopping && sqlite_upkeep_run(writer);
		if (!more && !writer->is_stopping && writer->queue.first == NULL)
			mailbox_wait(&writer->mailbox, sqlite_upkeep_wait(writer));
	}
	sqlite_upkeep_finish(writer);
	return NULL;
}

int sqlite_writer_start(struct sqlite_writer *writer)
{
	int result;

	writer->committed_last_id = writer->last_id;
	sqlite_upkeep_start(writer);
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
    [STORE_PUBLISH] = sqlite_publish,
    [STORE_CORRECT] = sqlite_correct,
    [STORE_WITHDRAW] = sqlite_correct_withdraw,
    [STORE_MARK] = sqlite_mark,
    [STORE_SUBSCRIBE] = sqlite_topic_subscribe,
    [STORE_REDEEM] = sqlite_once_redeem,
    [STORE_PROBE] = sqlite_probe_write,
    [STORE_BURY] = sqlite_dead_letter_bury,
    [STORE_BURY_AGAIN] = sqlite_dead_letter_bury_again,
    [STORE_EXHUME] = sqlite_dead_letter_exhume,
    [STORE_AUDIT] = sqlite_audit_append,
};
