/* Opens and closes the store, and gives each request to the writers or the readers. */
#include "store/postgres.h"

#include "base/log.h"
#include "store/postgres_check.h"
#include "store/postgres_session.h"
#include "store/postgres_url.h"

#include <errno.h>
#include <stdlib.h>

static struct postgres *postgres_of(struct store *store)
{
	return (struct postgres *)store;
}

static void apply_settings(struct postgres *postgres, const struct store_options *options)
{
	atomic_store(&postgres->retention_age, options->retention_age);
	atomic_store(&postgres->retention_count, options->retention_count);
	atomic_store(&postgres->idempotency_age, options->idempotency_age);
	atomic_store(&postgres->dead_letter_age, options->dead_letter_age);
	atomic_store(&postgres->audit_age, options->audit_age);
	atomic_store(&postgres->maintenance_interval, options->maintenance_interval);
}

static void stop_sessions(struct postgres *postgres)
{
	postgres_queue_stop(&postgres->writes);
	for (unsigned i = 0; i < postgres->session_count; i++) {
		if (postgres->sessions[i].writes)
			postgres_session_stop(&postgres->sessions[i]);
	}
	/* Probes go on from the writers to the readers. */
	postgres_queue_stop(&postgres->reads);
	for (unsigned i = 0; i < postgres->session_count; i++) {
		if (!postgres->sessions[i].writes)
			postgres_session_stop(&postgres->sessions[i]);
	}
}

static void close_store(struct store *store)
{
	struct postgres *postgres = postgres_of(store);

	stop_sessions(postgres);
	postgres_queue_finish(&postgres->writes);
	postgres_queue_finish(&postgres->reads);
	free(postgres->location);
	if (postgres->password != NULL)
		explicit_bzero(postgres->password, strlen(postgres->password));
	free(postgres->password);
	free(postgres);
}

/* The next session, not yet connected. */
static struct postgres_session *add_session(struct postgres *postgres, bool writes)
{
	struct postgres_session *session = &postgres->sessions[postgres->session_count];

	*session = (struct postgres_session){
	    .postgres = postgres,
	    .queue = writes ? &postgres->writes : &postgres->reads,
	    .writes = writes,
	    .keeps = postgres->session_count == 0,
	};
	random_init(&session->random, random_system_seed());
	postgres_connection_init(&session->connection, postgres->location,
				 slice_from_string(postgres->password), postgres->options.timeout,
				 &postgres->queries);
	return session;
}

static int start_session(struct postgres *postgres, bool writes, struct error *error)
{
	struct postgres_session *session = add_session(postgres, writes);
	bool is_first = postgres->session_count == 0;
	int result = postgres_session_connect(session, is_first, error);

	if (result < 0)
		return result;
	result = postgres_session_start(session);
	if (result < 0) {
		postgres_connection_close(&session->connection);
		return error_set(error, result, "the store's threads cannot be started: %s",
				 strerror(-result));
	}
	postgres->session_count++;
	return 0;
}

static int start(struct postgres *postgres, struct error *error)
{
	int64_t wanted = postgres->options.connections;
	int result = 0;

	if (wanted < 2)
		wanted = 2;
	if (wanted > POSTGRES_SESSIONS)
		wanted = POSTGRES_SESSIONS;
	for (int64_t i = 0; i < wanted && result == 0; i++)
		result = start_session(postgres, i < wanted / 2, error);
	return result;
}

static int open_store(const struct store_options *options, struct store **ret_store,
		      struct error *error)
{
	struct postgres *postgres;
	int result = postgres_url_check(options->location, error);

	if (result < 0)
		return result;
	postgres = calloc(1, sizeof(*postgres));
	if (postgres == NULL)
		return error_set(error, -ENOMEM, "out of memory");
	postgres->store.ops = &postgres_store_ops;
	postgres->options = *options;
	postgres->location = slice_to_string(slice_from_string(options->location));
	postgres->password = slice_to_string(options->password);
	apply_settings(postgres, options);
	postgres_queue_init(&postgres->writes);
	postgres_queue_init(&postgres->reads);
	if (postgres->location == NULL || postgres->password == NULL)
		result = error_set(error, -ENOMEM, "out of memory");
	else
		result = start(postgres, error);
	if (result < 0) {
		close_store(&postgres->store);
		return result;
	}
	*ret_store = &postgres->store;
	return 0;
}

/* A beat changes no inbox, but writes a row. */
static bool goes_to_writers(enum store_operation operation)
{
	return store_operation_is_write(operation) || operation == STORE_BEAT;
}

static void submit(struct store *store, struct store_request *request)
{
	struct postgres *postgres = postgres_of(store);
	bool writes = goes_to_writers(request->operation);

	store_figures_submit(&postgres->figures);
	if (writes && postgres->options.read_only)
		request->result = -EROFS;
	else if (postgres_queue_add(writes ? &postgres->writes : &postgres->reads, request))
		return;
	else
		request->result = -EAGAIN;
	store_figures_finish(&postgres->figures, request);
	mailbox_send(request->reply, &request->message);
}

static uint64_t epoch(const struct store *store)
{
	/* `store` is the first member. */
	return atomic_load(&((const struct postgres *)store)->epoch);
}

static void statistics(struct store *store, struct store_statistics *ret_statistics)
{
	struct postgres *postgres = postgres_of(store);

	*ret_statistics = (struct store_statistics){
	    .queries = atomic_load(&postgres->queries),
	    .bytes = atomic_load(&postgres->bytes),
	    .horizon_milliseconds = atomic_load(&postgres->horizon),
	};
	store_figures_read(&postgres->figures, ret_statistics);
}

static void reconfigure(struct store *store, const struct store_options *options)
{
	apply_settings(postgres_of(store), options);
}

static int check(struct store *store, struct error *error)
{
	const struct postgres *postgres = postgres_of(store);

	return postgres_check(postgres->location, slice_from_string(postgres->password),
			      postgres->options.timeout, error);
}

const struct store_ops postgres_store_ops = {
    .name = "postgresql",
    .takes = postgres_url_is_one,
    .is_shared = true,
    .open = open_store,
    .close = close_store,
    .submit = submit,
    .epoch = epoch,
    .statistics = statistics,
    .reconfigure = reconfigure,
    .check = check,
};
