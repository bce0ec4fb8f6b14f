/* The server ends a statement that takes too long. A server that is silent altogether is given a
 * little longer than that, and then it counts as gone.
 *
 * The session behind a connection pooler is the application's a moment later, so nothing may be set
 * in it that outlives a statement. Limits go along with each one in the same message, which is one
 * transaction (https://www.postgresql.org/docs/current/protocol-flow.html, 55.2.2.1). */
#include "survey/survey_postgres_session.h"

#include "base/clock.h"
#include "base/slice.h"
#include "base/wording.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

enum { PATIENCE = 5000 /* milliseconds beyond a statement's own limit */ };

/* What PostgreSQL calls it (its appendix A: codes, or classes of them), and what it means here. */
static const struct {
	const char *state;
	int result;
	const char *advice;
} refusals[] = {
    {"57014", -ETIME, N_("; give it longer with --timeout")},
    {"57P", -EPIPE, ""},
    {"42501", -EACCES, N_("; give the user SELECT on it, and BYPASSRLS where policies hide rows")},
    {"42P01", -ENOENT, ""},
    {"53200", -ENOMEM, ""},
    {"55P03", -ETIME, N_("; something holds a lock on it, try again")},
    {"40001", -ETIME, N_("; try again")},
};

static int check_url(const char *url, struct error *error)
{
	char *message = NULL;
	PQconninfoOption *options = PQconninfoParse(url, &message), *option;
	bool has_password = false;

	for (option = options; option != NULL && option->keyword != NULL; option++)
		has_password |= strcmp(option->keyword, "password") == 0 && option->val != NULL;
	PQconninfoFree(options);
	PQfreemem(message);
	if (options == NULL)
		return error_set(error, -EINVAL,
				 "--db is no address of a PostgreSQL database; write it as "
				 "postgresql://USER@HOST/DATABASE");
	if (has_password)
		return error_set(error, -EINVAL,
				 "--db holds a password, which others would see; put it into "
				 "PGPASSWORD or ~/.pgpass");
	return 0;
}

/* The first line of what libpq says. */
static int fail_to_connect(struct survey_postgres_session *session, struct error *error)
{
	const char *message = PQerrorMessage(session->handle);
	bool needs_password = PQconnectionNeedsPassword(session->handle) == 1;

	error_set(error, -EPIPE, "PostgreSQL: %.*s; %s", (int)strcspn(message, "\n"), message,
		  needs_password ? "set PGPASSWORD or ~/.pgpass"
				 : "check --db and that the server runs");
	survey_postgres_session_close(session);
	return -EPIPE;
}

static PGconn *connect_to(const char *url)
{
	static const char *const names[] = {"application_name", "client_encoding",
					    "connect_timeout",	"tcp_user_timeout",
					    "dbname",		NULL};
	const char *const values[] = {"allim measure", "UTF8", "10", "30000", url, NULL};

	return PQconnectdbParams(names, values, 1);
}

static void ignore_notice(void *context, const char *message)
{
	(void)context;
	(void)message;
}

int survey_postgres_session_open(struct survey_postgres_session *session, const char *url,
				 int64_t timeout, struct error *error)
{
	int result = check_url(url, error);

	session->timeout = timeout;
	session->handle = NULL;
	if (result < 0)
		return result;
	session->handle = connect_to(url);
	if (session->handle == NULL)
		return error_set(error, -ENOMEM, "out of memory");
	if (PQstatus(session->handle) != CONNECTION_OK)
		return fail_to_connect(session, error);
	PQsetNoticeProcessor(session->handle, ignore_notice, NULL);
	return 0;
}

void survey_postgres_session_close(struct survey_postgres_session *session)
{
	PQfinish(session->handle);
	session->handle = NULL;
}

/* Returns whether a result can be had. */
static bool wait_for_result(struct survey_postgres_session *session)
{
	int64_t deadline = clock_monotonic() + session->timeout + PATIENCE;

	while (PQisBusy(session->handle)) {
		struct pollfd descriptor = {.fd = PQsocket(session->handle), .events = POLLIN};
		int64_t left = deadline - clock_monotonic();

		if (left <= 0 || (poll(&descriptor, 1, (int)left) < 0 && errno != EINTR) ||
		    !PQconsumeInput(session->handle))
			return false;
	}
	return true;
}

static int lose(struct survey_postgres_session *session, struct error *error)
{
	survey_postgres_session_close(session);
	return error_set(error, -EPIPE, _("the database went away half-way"));
}

/* -EINVAL for what is not in the table. */
static int refuse(const PGresult *result, struct error *error)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *advice = "";
	int code = -EINVAL;

	for (size_t i = 0; state != NULL && i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (strncmp(state, refusals[i].state, strlen(refusals[i].state)) != 0)
			continue;
		code = refusals[i].result;
		advice = refusals[i].advice;
	}
	return error_set(error, code, "PostgreSQL: %.300s%s", text == NULL ? "no answer" : text,
			 advice[0] == '\0' ? "" : _(advice));
}

/* The last result of a statement; those of one that failed have nothing behind them. */
static PGresult *receive(struct survey_postgres_session *session)
{
	PGresult *last = NULL, *next;

	while (wait_for_result(session)) {
		next = PQgetResult(session->handle);
		if (next == NULL)
			return last;
		PQclear(last);
		last = next;
	}
	PQclear(last);
	return NULL;
}

int survey_postgres_session_quote(struct survey_postgres_session *session, struct buffer *buffer,
				  const char *text, struct error *error)
{
	char *quoted;

	if (session->handle == NULL)
		return lose(session, error);
	quoted = PQescapeLiteral(session->handle, text, strlen(text));
	if (quoted == NULL)
		return error_set(error, -EINVAL, "PostgreSQL: %.100s cannot be quoted", text);
	buffer_append_string(buffer, quoted);
	PQfreemem(quoted);
	return 0;
}

static bool send_statement(struct survey_postgres_session *session, struct buffer *message,
			   const char *sql)
{
	buffer_append_format(message,
			     "SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = %lld; "
			     "SET LOCAL lock_timeout = 1000; SET LOCAL row_security = off; "
			     "SET LOCAL max_parallel_workers_per_gather = 0; %s",
			     (long long)session->timeout, sql);
	buffer_append_byte(message, '\0');
	return !buffer_failed(message) && PQsendQuery(session->handle, message->data) == 1;
}

int survey_postgres_session_ask(struct survey_postgres_session *session, const char *sql,
				PGresult **ret_result, struct error *error)
{
	struct buffer message = BUFFER_EMPTY;
	PGresult *result = NULL;
	bool is_short;
	int code = 0;

	if (session->handle == NULL)
		return lose(session, error);
	if (send_statement(session, &message, sql))
		result = receive(session);
	is_short = buffer_failed(&message);
	buffer_finish(&message);
	if (is_short)
		return error_set(error, -ENOMEM, "out of memory");
	if (result == NULL)
		return lose(session, error);
	if (PQresultStatus(result) == PGRES_TUPLES_OK) {
		*ret_result = result;
		return 0;
	}
	code = refuse(result, error);
	PQclear(result);
	if (code == -EPIPE || PQstatus(session->handle) == CONNECTION_BAD)
		return lose(session, error);
	return code;
}
