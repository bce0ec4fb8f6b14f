/* The life of a session: connected, it takes batches; lost, it tries again, at first at once and
 * then with pauses that double, of which a random part is waited, so that not all nodes come back
 * at the same moment. */
#include "store/postgres_session.h"

#include "base/log.h"
#include "store/postgres_batch.h"
#include "store/postgres_schema.h"
#include "store/postgres_upkeep.h"

#include <errno.h>
#include <stdlib.h>

enum {
	BATCH_WEIGHT = 4096, /* rows that one commit writes, and what its last request adds */
	PAUSE_MINIMUM = 100, /* milliseconds */
	PAUSE_MAXIMUM = 5000,
	IDLE = 10000,
};

void postgres_session_reply(struct postgres_session *session, struct store_request *request)
{
	store_figures_finish(&session->postgres->figures, request);
	mailbox_send(request->reply, &request->message);
}

static void refuse_all(struct postgres_session *session, struct mailbox_message *message)
{
	while (message != NULL) {
		struct mailbox_message *next = message->next;
		struct store_request *request = store_request_of(message);

		request->result = -EAGAIN;
		postgres_session_reply(session, request);
		message = next;
	}
}

/* Another epoch than before: the database was restored, perhaps while the node ran. */
static void take_epoch(struct postgres *postgres, uint64_t epoch, bool is_new)
{
	uint64_t before = atomic_exchange(&postgres->epoch, epoch);
	bool is_changed = before != epoch && before != 0;

	if (is_changed || (is_new && before == 0))
		log_warning("the database has another history than before; clients load their "
			    "inboxes anew");
	if (is_changed && postgres->options.on_epoch != NULL)
		postgres->options.on_epoch(postgres->options.on_commit_context, epoch);
}

int postgres_session_connect(struct postgres_session *session, bool migrate, struct error *error)
{
	struct postgres *postgres = session->postgres;
	struct postgres_connection *connection = &session->connection;
	bool read_only = postgres->options.read_only;
	uint64_t epoch = 0;
	bool is_new = false;
	int result = postgres_connection_open(connection, error);

	if (result == 0)
		result = postgres_schema_settle(connection, error);
	if (result == 0 && migrate)
		result = postgres_schema_migrate(connection, read_only, error);
	if (result == 0)
		result = postgres_schema_epoch(connection, read_only, &epoch, &is_new, error);
	if (result == 0)
		result = postgres_connection_prepare(connection, error);
	if (result < 0) {
		postgres_connection_close(connection);
		return result;
	}
	take_epoch(postgres, epoch, is_new);
	return 0;
}

/* Returns whether it is connected; if not, the store is closing. */
static bool connect_again(struct postgres_session *session)
{
	_Atomic unsigned *unreached = &session->postgres->unreached;
	int64_t pause = 0;
	struct error error;

	refuse_all(session, postgres_queue_disconnect(session->queue));
	while (!postgres_queue_pause(session->queue, pause)) {
		if (postgres_session_connect(session, false, &error) == 0) {
			postgres_queue_connect(session->queue);
			if (pause == 0 || atomic_fetch_sub(unreached, 1) == 1)
				log_info("connected to PostgreSQL again");
			return true;
		}
		if (pause == 0 && atomic_fetch_add(unreached, 1) == 0)
			log_warning("PostgreSQL cannot be reached; trying again",
				    LOG_TEXT("reason", error.text));
		pause = pause * 2 + PAUSE_MINIMUM;
		if (pause > PAUSE_MAXIMUM)
			pause = PAUSE_MAXIMUM;
		pause = pause / 2 + (int64_t)random_below(&session->random, (uint64_t)pause / 2);
	}
	return false;
}

/* Before anything is sent: one try, for which what waits may wait. */
static void keep_connected(struct postgres_session *session)
{
	struct error error;

	if (!postgres_connection_check(&session->connection) &&
	    postgres_session_connect(session, false, &error) == 0)
		log_info("connected to PostgreSQL again");
}

static void *run(void *context)
{
	struct postgres_session *session = context;
	bool connected = true;
	struct postgres_upkeep upkeep;

	postgres_upkeep_init(&upkeep, session);
	while (connected) {
		int64_t wait = session->keeps ? postgres_upkeep_wait(&upkeep) : IDLE;
		struct mailbox_message *oldest =
		    postgres_queue_take(session->queue, BATCH_WEIGHT, wait);

		if (oldest == NULL && postgres_queue_is_stopping(session->queue))
			break;
		keep_connected(session);
		if (oldest != NULL)
			postgres_batch_run(session->batch, session, oldest);
		if (session->keeps && postgres_connection_is_open(&session->connection))
			postgres_upkeep_run(&upkeep);
		if (!postgres_connection_is_open(&session->connection))
			connected = connect_again(session);
	}
	postgres_upkeep_finish(&upkeep);
	if (connected)
		refuse_all(session, postgres_queue_disconnect(session->queue));
	postgres_connection_close(&session->connection);
	return NULL;
}

int postgres_session_start(struct postgres_session *session)
{
	int result;

	session->batch = malloc(sizeof(*session->batch));
	if (session->batch == NULL)
		return -ENOMEM;
	postgres_queue_connect(session->queue);
	result = -pthread_create(&session->thread, NULL, run, session);
	if (result < 0) {
		(void)postgres_queue_disconnect(session->queue);
		free(session->batch);
	}
	return result;
}

void postgres_session_stop(struct postgres_session *session)
{
	pthread_join(session->thread, NULL);
	free(session->batch);
}
