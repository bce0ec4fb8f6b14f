/* libpq's functions that wait are not used, but one: PQconnectStartParams() looks up the host's
 * name.
 *
 * A server that is frozen, or behind a link that is cut, says nothing; so one that was silent for
 * some seconds is asked something, and given up when it does not answer. The kernel's own means
 * (keepalives, tcp_user_timeout) end what is left of such a connection. */
#include "feed/pgnotify_session.h"

#include "base/log.h"
#include "store/postgres_url.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const bool allowed_moves[PGNOTIFY_STATES][PGNOTIFY_STATES] = {
    [PGNOTIFY_WAITING] = {[PGNOTIFY_CONNECTING] = true},
    [PGNOTIFY_CONNECTING] = {[PGNOTIFY_WAITING] = true, [PGNOTIFY_SUBSCRIBING] = true},
    [PGNOTIFY_SUBSCRIBING] = {[PGNOTIFY_WAITING] = true, [PGNOTIFY_LISTENING] = true},
    [PGNOTIFY_LISTENING] = {[PGNOTIFY_WAITING] = true, [PGNOTIFY_ASKING] = true},
    [PGNOTIFY_ASKING] = {[PGNOTIFY_WAITING] = true, [PGNOTIFY_LISTENING] = true},
};

static void move(struct pgnotify_session *session, enum pgnotify_state state, int64_t deadline)
{
	assert(allowed_moves[session->state][state]);
	session->state = state;
	session->deadline = deadline;
}

void pgnotify_session_init(struct pgnotify_session *session, const char *url, const char *password)
{
	*session = (struct pgnotify_session){.url = url, .password = password};
	random_init(&session->random, random_system_seed());
}

void pgnotify_session_finish(struct pgnotify_session *session)
{
	PQfinish(session->handle);
	session->handle = NULL;
}

struct pollfd pgnotify_session_descriptor(const struct pgnotify_session *session)
{
	struct pollfd descriptor = {.fd = -1, .events = POLLIN};

	if (session->handle == NULL)
		return descriptor;
	descriptor.fd = PQsocket(session->handle);
	if (session->state == PGNOTIFY_CONNECTING)
		descriptor.events = session->handshake == PGRES_POLLING_READING ? POLLIN : POLLOUT;
	else if (PQflush(session->handle) > 0)
		descriptor.events = POLLIN | POLLOUT;
	return descriptor;
}

/* libpq's message in one line, without the guesses that it adds on lines of their own. */
static void copy_reason(const struct pgnotify_session *session, const char *reason, char *ret_text,
			size_t size)
{
	if (reason == NULL)
		reason =
		    session->handle == NULL ? "out of memory" : PQerrorMessage(session->handle);
	snprintf(ret_text, size, "%s", reason);
	if (strstr(ret_text, "\n\t") != NULL)
		*strstr(ret_text, "\n\t") = '\0';
	for (size_t i = strlen(ret_text); i > 0 && ret_text[i - 1] == '\n'; i--)
		ret_text[i - 1] = '\0';
	for (char *at = ret_text; *at != '\0'; at++) {
		if (*at == '\n')
			*at = ' ';
	}
}

static int64_t choose_backoff(struct pgnotify_session *session, int64_t now)
{
	int64_t longest = PGNOTIFY_FIRST_BACKOFF;

	/* One that lasted is no attempt in a row. */
	if (session->subscribed_at != 0 && now - session->subscribed_at >= PGNOTIFY_IDLE)
		session->attempts = 0;
	for (unsigned i = 0; i < session->attempts && longest < PGNOTIFY_LONGEST_BACKOFF; i++)
		longest *= 2;
	if (longest > PGNOTIFY_LONGEST_BACKOFF)
		longest = PGNOTIFY_LONGEST_BACKOFF;
	session->attempts++;
	session->subscribed_at = 0;
	return (int64_t)random_below(&session->random, (uint64_t)longest) + 1;
}

/* `reason` NULL: what libpq says. */
static void lose(struct pgnotify_session *session, const char *reason, int64_t now)
{
	bool was_asking = session->state == PGNOTIFY_ASKING;
	char text[384];

	copy_reason(session, reason, text, sizeof(text));
	if (!session->is_told)
		log_warning("the feed pgnotify hears nothing of PostgreSQL; trying again",
			    LOG_TEXT("reason", text));
	session->is_told = true;
	pgnotify_session_finish(session);
	move(session, PGNOTIFY_WAITING, now + choose_backoff(session, now));
	if (was_asking)
		session->on_end(session, false);
}

static void start(struct pgnotify_session *session, int64_t now)
{
	move(session, PGNOTIFY_CONNECTING, now + PGNOTIFY_TIMEOUT);
	session->handle = postgres_url_connect(session->url, session->password);
	session->handshake = PGRES_POLLING_WRITING;
	if (session->handle == NULL || PQstatus(session->handle) == CONNECTION_BAD)
		lose(session, NULL, now);
}

static void shake_hands(struct pgnotify_session *session, int64_t now)
{
	struct pollfd descriptor = pgnotify_session_descriptor(session);

	if (poll(&descriptor, 1, 0) <= 0)
		return;
	session->handshake = PQconnectPoll(session->handle);
	if (session->handshake == PGRES_POLLING_FAILED)
		lose(session, NULL, now);
	if (session->handshake != PGRES_POLLING_OK)
		return;
	move(session, PGNOTIFY_SUBSCRIBING, now + PGNOTIFY_TIMEOUT);
	if (PQsetnonblocking(session->handle, 1) < 0 ||
	    !PQsendQuery(session->handle, "LISTEN " PGNOTIFY_CHANNEL))
		lose(session, NULL, now);
}

static void end_statement(struct pgnotify_session *session, int64_t now)
{
	bool was_asking = session->state == PGNOTIFY_ASKING;

	move(session, PGNOTIFY_LISTENING, now + PGNOTIFY_IDLE);
	if (was_asking) {
		session->on_end(session, true);
		return;
	}
	session->subscribed_at = now;
	if (session->is_told)
		log_info("the feed pgnotify hears PostgreSQL again");
	session->is_told = false;
	session->on_listening(session);
}

/* Returns false where the connection was lost. */
static bool receive_results(struct pgnotify_session *session, int64_t now)
{
	while (session->state != PGNOTIFY_LISTENING && !PQisBusy(session->handle)) {
		PGresult *result = PQgetResult(session->handle);
		ExecStatusType status = PQresultStatus(result);

		PQclear(result);
		if (result == NULL) {
			end_statement(session, now);
		} else if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
			   status != PGRES_EMPTY_QUERY) {
			lose(session, NULL, now);
			return false;
		}
	}
	return true;
}

static void receive_notifications(struct pgnotify_session *session, int64_t now)
{
	PGnotify *notification;

	while ((notification = PQnotifies(session->handle)) != NULL) {
		if (session->state == PGNOTIFY_LISTENING)
			session->deadline = now + PGNOTIFY_IDLE;
		session->on_notification(session, notification->extra);
		PQfreemem(notification);
	}
}

static void receive(struct pgnotify_session *session, int64_t now)
{
	if (!PQconsumeInput(session->handle) || PQflush(session->handle) < 0)
		lose(session, NULL, now);
	else if (receive_results(session, now))
		receive_notifications(session, now);
}

static void send_statement(struct pgnotify_session *session, const char *statement, int64_t now)
{
	move(session, PGNOTIFY_ASKING, now + PGNOTIFY_TIMEOUT);
	if (!PQsendQuery(session->handle, statement) || PQflush(session->handle) < 0)
		lose(session, NULL, now);
}

static void expire(struct pgnotify_session *session, int64_t now)
{
	if (session->state == PGNOTIFY_WAITING)
		start(session, now);
	else if (session->state == PGNOTIFY_LISTENING)
		send_statement(session, "", now);
	else
		lose(session, "no answer in time", now);
}

void pgnotify_session_step(struct pgnotify_session *session, int64_t now)
{
	if (session->state == PGNOTIFY_CONNECTING)
		shake_hands(session, now);
	else if (session->state != PGNOTIFY_WAITING)
		receive(session, now);
	if (now >= session->deadline)
		expire(session, now);
}

void pgnotify_session_send(struct pgnotify_session *session, const char *statement, int64_t now)
{
	assert(session->state == PGNOTIFY_LISTENING);
	send_statement(session, statement, now);
}
