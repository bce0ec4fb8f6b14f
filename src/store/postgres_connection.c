/* libpq is never asked to wait: sockets are non-blocking, and each wait here ends at the
 * deadline. So a server that is frozen, or behind a cut link, costs a session its timeout and
 * nothing more. */
#include "store/postgres_connection.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/postgres_refusal.h"
#include "store/postgres_url.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { QUIET = 60000 /* milliseconds until the same refusal is logged again */ };

/* What the server says (SQLSTATE) and what store.h calls it; a whole class by its first two
 * characters (PostgreSQL, appendix A). */
static const struct {
	const char *state;
	int result;
} results[] = {
    {"53100", -ENOSPC},			  /* disk full */
    {"53200", -ENOMEM},			  /* out of memory */
    {"53", -EAGAIN},			  /* other resources, such as connections */
    {"57014", -EAGAIN}, {"57P", -EAGAIN}, /* cancelled; shutting down, starting */
    {"55P03", -EAGAIN}, {"40", -EAGAIN},  /* a lock was not to be had; deadlock and the like */
    {"25006", -EROFS},			  /* a standby, or default_transaction_read_only */
    {"25P03", -EAGAIN}, {"08", -EAGAIN},  /* idle for too long; the connection */
};

void postgres_connection_init(struct postgres_connection *connection, const char *url,
			      struct slice password, int64_t timeout, _Atomic uint64_t *queries)
{
	*connection = (struct postgres_connection){
	    .url = url,
	    .password = password,
	    .timeout = timeout,
	    .queries = queries,
	};
}

void postgres_connection_close(struct postgres_connection *connection)
{
	PQfinish(connection->handle);
	connection->handle = NULL;
	connection->syncs = 0;
}

static void start_clock(struct postgres_connection *connection)
{
	connection->deadline = clock_monotonic() + connection->timeout;
}

/* Waits for the socket. Returns 0, or -EAGAIN where the deadline has come. */
static int wait_for_socket(struct postgres_connection *connection, short events)
{
	struct pollfd descriptor = {.fd = PQsocket(connection->handle), .events = events};
	int64_t left;
	int count;

	do {
		left = connection->deadline - clock_monotonic();
		count = left <= 0 ? 0 : poll(&descriptor, 1, (int)left);
	} while (count < 0 && errno == EINTR);
	return count > 0 ? 0 : -EAGAIN;
}

/* Hangs up, with the sentence that says why. */
static int refuse(struct postgres_connection *connection, struct error *error)
{
	int code = postgres_refusal_of_connection(connection->handle, error);

	postgres_connection_close(connection);
	return code;
}

static PGconn *start(const struct postgres_connection *connection)
{
	char *password = slice_to_string(connection->password);
	PGconn *handle = password == NULL ? NULL : postgres_url_connect(connection->url, password);

	if (password != NULL)
		explicit_bzero(password, connection->password.length);
	free(password);
	if (handle != NULL)
		PQsetErrorVerbosity(handle, PQERRORS_VERBOSE);
	return handle;
}

static int shake_hands(struct postgres_connection *connection)
{
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;

	while (status != PGRES_POLLING_OK) {
		if (status == PGRES_POLLING_FAILED ||
		    wait_for_socket(connection,
				    status == PGRES_POLLING_READING ? POLLIN : POLLOUT) < 0)
			return -EAGAIN;
		status = PQconnectPoll(connection->handle);
	}
	return 0;
}

int postgres_connection_open(struct postgres_connection *connection, struct error *error)
{
	postgres_connection_close(connection);
	connection->clock = (struct postgres_clock){0};
	start_clock(connection);
	connection->handle = start(connection);
	if (connection->handle == NULL)
		return error_set(error, -ENOMEM, "out of memory while connecting to PostgreSQL");
	if (PQstatus(connection->handle) == CONNECTION_BAD || shake_hands(connection) < 0)
		return refuse(connection, error);
	PQsetErrorVerbosity(connection->handle, PQERRORS_TERSE);
	PQsetnonblocking(connection->handle, 1);
	return 0;
}

/* Waits until the next result can be had without waiting. */
static int wait_for_result(struct postgres_connection *connection)
{
	while (PQisBusy(connection->handle)) {
		int left = PQflush(connection->handle);

		if (left < 0 ||
		    wait_for_socket(connection, left > 0 ? POLLIN | POLLOUT : POLLIN) < 0 ||
		    !PQconsumeInput(connection->handle))
			return -EAGAIN;
	}
	return 0;
}

int postgres_connection_query(struct postgres_connection *connection, const char *sql,
			      PGresult **ret_result, struct error *error)
{
	PGresult *result = NULL, *next;
	int code;

	start_clock(connection);
	if (!PQsendQuery(connection->handle, sql))
		return refuse(connection, error);
	for (;;) {
		if (wait_for_result(connection) < 0) {
			PQclear(result);
			return refuse(connection, error);
		}
		next = PQgetResult(connection->handle);
		if (next == NULL) {
			*ret_result = result;
			return 0;
		}
		PQclear(result);
		result = next;
		if (PQresultStatus(result) != PGRES_TUPLES_OK &&
		    PQresultStatus(result) != PGRES_COMMAND_OK)
			break;
	}
	code = postgres_refusal_of_result(result, error);
	PQclear(result);
	postgres_connection_close(connection);
	return code;
}

static const struct {
	const char *name;
	const char *sql;
} statements[POSTGRES_STATEMENTS] = {
#define STATEMENT(name, sql) [POSTGRES_##name] = {#name, sql},
#include "store/postgres_statements.def"
};

/* libpq's message has advice of its own in its further lines. */
static int lose(struct postgres_connection *connection)
{
	const char *message = PQerrorMessage(connection->handle);
	struct slice reason = slice_from_bytes(message, strcspn(message, "\n"));

	if (connection->handle != NULL)
		log_warning("the connection to PostgreSQL was lost",
			    LOG_SLICE("reason", slice_is_empty(reason) ? SLICE("no answer in time")
								       : reason));
	postgres_connection_close(connection);
	connection->result = -EAGAIN;
	return -EAGAIN;
}

void postgres_connection_send(struct postgres_connection *connection,
			      enum postgres_statement statement,
			      const struct postgres_parameters *parameters)
{
	static const struct postgres_parameters none;

	if (connection->handle == NULL || connection->result < 0)
		return;
	if (parameters == NULL)
		parameters = &none;
	if (parameters->failed) {
		connection->result = -ENOMEM;
		return;
	}
	atomic_fetch_add_explicit(connection->queries, 1, memory_order_relaxed);
	if (!PQsendQueryPrepared(connection->handle, statements[statement].name, parameters->count,
				 parameters->values, parameters->lengths, parameters->formats, 1))
		lose(connection);
}

void postgres_connection_sync(struct postgres_connection *connection)
{
	start_clock(connection);
	if (connection->handle == NULL)
		return;
	if (PQpipelineSync(connection->handle))
		connection->syncs++;
	else
		lose(connection);
}

static int result_of(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	for (size_t i = 0; state != NULL && i < sizeof(results) / sizeof(results[0]); i++) {
		if (strncmp(state, results[i].state, strlen(results[i].state)) == 0)
			return results[i].result;
	}
	return -EIO;
}

/* What is refused again and again, as by a server that is read only, is logged now and then. The
 * server's details stay out: they may quote rows. */
static void note_failure(struct postgres_connection *connection, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	int64_t now = clock_monotonic();

	if (connection->result < 0)
		return;
	connection->result = result_of(result);
	if (state == NULL)
		state = "";
	if (strcmp(state, connection->noted) == 0 && now < connection->quiet_until)
		return;
	snprintf(connection->noted, sizeof(connection->noted), "%s", state);
	connection->quiet_until = now + QUIET;
	log_error("PostgreSQL refused a statement",
		  LOG_TEXT("reason", text == NULL ? "no reason given" : text),
		  LOG_TEXT("state", state));
}

/* The next result, whatever it is; NULL between two statements, or where the connection is lost. */
static PGresult *next_result(struct postgres_connection *connection)
{
	PGresult *result;

	if (connection->handle == NULL)
		return NULL;
	if (wait_for_result(connection) < 0) {
		lose(connection);
		return NULL;
	}
	result = PQgetResult(connection->handle);
	if (PQstatus(connection->handle) == CONNECTION_BAD) {
		if (result != NULL && PQresultStatus(result) == PGRES_FATAL_ERROR)
			note_failure(connection, result);
		PQclear(result);
		lose(connection);
		return NULL;
	}
	return result;
}

PGresult *postgres_connection_receive(struct postgres_connection *connection)
{
	PGresult *result = next_result(connection);
	ExecStatusType status = PQresultStatus(result);

	if (result == NULL)
		return NULL;
	/* Behind the result of each statement comes a NULL. */
	if (status != PGRES_PIPELINE_SYNC)
		PQclear(next_result(connection));
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return result;
	if (status == PGRES_FATAL_ERROR)
		note_failure(connection, result);
	if (status == PGRES_PIPELINE_SYNC)
		connection->syncs--;
	PQclear(result);
	return NULL;
}

/* What nobody received is dropped. */
int postgres_connection_receive_sync(struct postgres_connection *connection)
{
	int result;

	while (connection->handle != NULL && connection->syncs > 0)
		PQclear(postgres_connection_receive(connection));
	result = connection->handle == NULL ? -EAGAIN : connection->result;
	connection->result = 0;
	return result;
}

/* Every statement's answer up to the sync. Returns 0 or what the first refusal was. */
static int receive_prepared(struct postgres_connection *connection, struct error *error)
{
	int code = 0;

	while (connection->syncs > 0) {
		PGresult *result;
		ExecStatusType status;

		if (wait_for_result(connection) < 0)
			return refuse(connection, error);
		result = PQgetResult(connection->handle);
		status = PQresultStatus(result);
		if (PQstatus(connection->handle) == CONNECTION_BAD)
			code = refuse(connection, error);
		else if (result != NULL && status == PGRES_FATAL_ERROR && code == 0)
			code = postgres_refusal_of_result(result, error);
		else if (status == PGRES_PIPELINE_SYNC)
			connection->syncs--;
		PQclear(result);
	}
	return code;
}

int postgres_connection_prepare(struct postgres_connection *connection, struct error *error)
{
	int code;

	connection->result = 0;
	if (!PQenterPipelineMode(connection->handle))
		return refuse(connection, error);
	for (size_t i = 0; i < POSTGRES_STATEMENTS; i++) {
		if (!PQsendPrepare(connection->handle, statements[i].name, statements[i].sql, 0,
				   NULL))
			return refuse(connection, error);
	}
	start_clock(connection);
	if (!PQpipelineSync(connection->handle))
		return refuse(connection, error);
	connection->syncs++;
	code = receive_prepared(connection, error);
	if (code < 0)
		postgres_connection_close(connection);
	return code;
}

bool postgres_connection_check(struct postgres_connection *connection)
{
	struct pollfd descriptor = {.events = POLLIN};

	while (connection->handle != NULL) {
		descriptor.fd = PQsocket(connection->handle);
		if (poll(&descriptor, 1, 0) <= 0)
			return true;
		if (!PQconsumeInput(connection->handle))
			lose(connection);
	}
	return false;
}
