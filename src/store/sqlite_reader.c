/* Requests that wait share a snapshot. What they need of memory is copied while the writer cannot
 * commit, which is short: the longest part is the writer's own commit, if one is running. */
#include "store/sqlite_reader.h"

#include "base/clock.h"
#include "store/sqlite_audit.h"
#include "store/sqlite_beat.h"
#include "store/sqlite_dead_letter.h"
#include "store/sqlite_heads.h"
#include "store/sqlite_list.h"
#include "store/sqlite_probe.h"
#include "store/sqlite_replay.h"
#include "store/sqlite_sweep.h"
#include "store/sqlite_topic.h"

#include <errno.h>

enum { BATCH = 64 };

/* How an operation reads: `look` runs under the mutex and may only copy memory. */
static const struct reading {
	int (*look)(struct sqlite_reader *reader, struct store_request *request, void **ret_seen);
	int (*answer)(struct sqlite_reader *reader, struct store_request *request, void *seen);
} readings[STORE_OPERATIONS];

struct sitting {
	size_t count;
	struct store_request *requests[BATCH];
	void *seen[BATCH];
};

int sqlite_reader_counts(struct sqlite_reader *reader, const struct sqlite_view *view,
			 struct inbox_counts *ret_counts)
{
	int64_t marked = sqlite_inbox_broadcasts_marked(&view->inbox);
	int64_t handled = 0;

	if (view->inbox.touched > marked) {
		int result = sqlite_connection_number(&reader->connection, STATEMENT_STATES_HANDLED,
						      SQLITE_NUMBERS(view->id, marked), &handled);

		if (result < 0)
			return result;
	}
	*ret_counts = (struct inbox_counts){
	    .unread = view->inbox.unread,
	    .broadcasts_marked = marked,
	    .broadcasts_handled = handled,
	};
	return 0;
}

struct cursor sqlite_reader_cursor(const struct sqlite_reader *reader,
				   const struct sqlite_view *view)
{
	return (struct cursor){
	    .epoch = reader->epoch,
	    .seq = view->inbox.head,
	    .broadcast_seq = reader->everyone.inbox.head,
	};
}

static int copy_view(struct arena *arena, const struct sqlite_user *user, bool with_tail,
		     struct sqlite_view *ret_view)
{
	struct sqlite_view view = {.is_known = true, .id = user->id, .inbox = user->committed};

	if (with_tail && user->tail_committed > 0) {
		view.tail = arena_allocate(arena, user->tail_committed * sizeof(*view.tail));
		if (view.tail == NULL)
			return -ENOMEM;
		memcpy(view.tail, user->tail, user->tail_committed * sizeof(*view.tail));
		view.tail_count = user->tail_committed;
	}
	*ret_view = view;
	return 0;
}

int sqlite_reader_look(struct sqlite_reader *reader, struct slice name, bool with_tail,
		       struct sqlite_view *ret_view)
{
	const struct sqlite_user *user = sqlite_users_peek(reader->users, name);

	if (user == NULL) {
		*ret_view = (struct sqlite_view){.is_known = false};
		return 0;
	}
	return copy_view(&reader->arena, user, with_tail, ret_view);
}

int sqlite_reader_complete(struct sqlite_reader *reader, struct slice name,
			   struct sqlite_view *view)
{
	sqlite3_stmt *statement = reader->connection.statements[STATEMENT_USER_BY_NAME];
	int result;

	if (view->is_known)
		return 0;
	sqlite_connection_bind_text(statement, 1, name);
	result = sqlite_connection_step(statement);
	if (result <= 0) {
		view->id = -1;
		return result;
	}
	view->id = sqlite3_column_int64(statement, 0);
	sqlite_user_read(statement, &view->inbox);
	sqlite3_reset(statement);
	return 0;
}

/* The snapshot begins with the first row read, not with BEGIN. */
static int open_snapshot(struct sqlite_reader *reader)
{
	int result = sqlite_connection_run(&reader->connection, STATEMENT_BEGIN_READ, 0, NULL);

	if (result == 0)
		result = sqlite_connection_run(&reader->connection, STATEMENT_META_SELECT, 0, NULL);
	if (result == 0)
		result =
		    copy_view(&reader->arena, reader->users->everyone, true, &reader->everyone);
	return result;
}

static void close_snapshot(struct sqlite_reader *reader)
{
	if (!sqlite3_get_autocommit(reader->connection.database))
		sqlite_connection_run(&reader->connection, STATEMENT_COMMIT, 0, NULL);
	arena_finish(&reader->arena);
}

static void look_at_all(struct sqlite_reader *reader, struct sitting *sitting)
{
	int result;

	pthread_mutex_lock(&reader->users->mutex);
	result = open_snapshot(reader);
	for (size_t i = 0; i < sitting->count; i++) {
		struct store_request *request = sitting->requests[i];
		const struct reading *reading = &readings[request->operation];

		sitting->seen[i] = NULL;
		request->result = result;
		if (result == 0 && reading->look != NULL)
			request->result = reading->look(reader, request, &sitting->seen[i]);
	}
	pthread_mutex_unlock(&reader->users->mutex);
}

static void sit(struct sqlite_reader *reader, struct sitting *sitting)
{
	reader->now = clock_wall();
	look_at_all(reader, sitting);
	for (size_t i = 0; i < sitting->count; i++) {
		struct store_request *request = sitting->requests[i];

		if (request->result == 0)
			request->result =
			    readings[request->operation].answer(reader, request, sitting->seen[i]);
		store_figures_finish(reader->figures, request);
		mailbox_send(request->reply, &request->message);
	}
	close_snapshot(reader);
}

static void *run(void *context)
{
	struct sqlite_reader *reader = context;
	bool is_stopping = false;

	while (!is_stopping) {
		struct mailbox_message *message = mailbox_take(&reader->mailbox);

		if (message == NULL)
			mailbox_wait(&reader->mailbox, -1);
		while (message != NULL) {
			struct sitting sitting = {.count = 0};

			while (message != NULL && sitting.count < BATCH) {
				struct mailbox_message *next = message->next;

				if (message == &reader->last)
					is_stopping = true;
				else
					sitting.requests[sitting.count++] =
					    store_request_of(message);
				message = next;
			}
			if (sitting.count > 0)
				sit(reader, &sitting);
		}
	}
	return NULL;
}

int sqlite_reader_start(struct sqlite_reader *reader)
{
	int result = mailbox_init(&reader->mailbox);

	if (result < 0)
		return result;
	result = -pthread_create(&reader->thread, NULL, run, reader);
	if (result < 0)
		mailbox_finish(&reader->mailbox);
	return result;
}

void sqlite_reader_stop(struct sqlite_reader *reader)
{
	mailbox_send(&reader->mailbox, &reader->last);
	pthread_join(reader->thread, NULL);
	mailbox_finish(&reader->mailbox);
}

static const struct reading readings[STORE_OPERATIONS] = {
    [STORE_HEADS] = {sqlite_heads_look, sqlite_heads_answer},
    [STORE_SWEEP] = {sqlite_sweep_look, sqlite_sweep_answer},
    [STORE_PROBE] = {NULL, sqlite_probe_read},
    [STORE_REPLAY] = {sqlite_replay_look, sqlite_replay_answer},
    [STORE_LIST] = {sqlite_list_look, sqlite_list_answer},
    [STORE_TOPICS] = {NULL, sqlite_topic_answer},
    [STORE_BEAT] = {NULL, sqlite_beat_answer},
    [STORE_DEAD_LETTERS] = {NULL, sqlite_dead_letter_answer},
    [STORE_AUDIT_READ] = {NULL, sqlite_audit_answer},
};
