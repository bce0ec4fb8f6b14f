/* libpq tells the state of a refused connection (SQLSTATE) only inside its message, and there only
 * where the message is verbose: `connection to server at "...", port ... failed: FATAL:  28P01:
 * password authentication failed ...`. The severity may be translated; the state is not. libpq adds
 * advice of its own in further lines, which ours replaces. */
#include "store/postgres_refusal.h"

#include "base/slice.h"

#include <errno.h>

enum { STATE_BYTES = 5 };

/* By state, or by its class, the first two characters (PostgreSQL, appendix A). The first fits. */
static const struct refusal {
	const char *state;
	int code;
	const char *advice;
} refusals[] = {
    {"28P01", -EACCES, "correct store.password_file or ALLIM_STORE_PASSWORD"},
    {"28", -EACCES, "check the user in store.location and the server's pg_hba.conf"},
    {"3D000", -ENOENT, "create the database, or name another one in store.location"},
    {"42501", -EACCES,
     "give the user of store.location the right to create in the database, or the schema allim"},
    {"42", -EINVAL,
     "the schema allim is not as this program makes it: restore it, or use another database"},
    {"25006", -EROFS, "give store.location the primary server, which takes writes"},
    {"53100", -ENOSPC, "make room on the server's disk"},
    {"53300", -EAGAIN, "raise the server's max_connections or lower store.connections"},
    {"57P03", -EAGAIN, "wait until the server has started"},
    {"55P03", -EAGAIN, "another session holds what is needed: try again"},
    {"57014", -EAGAIN, "the server is too slow: try again, or raise store.timeout"},
};

static const struct refusal unreachable = {
    .code = -EAGAIN,
    .advice = "check store.location and that the server runs",
};
static const struct refusal silent = {
    .code = -EAGAIN,
    .advice = "check that it runs, or raise store.timeout",
};
static const struct refusal no_password = {
    .code = -EACCES,
    .advice = "set store.password_file or ALLIM_STORE_PASSWORD",
};
static const struct refusal unknown = {
    .code = -EIO,
    .advice = "the server's own log says more",
};

static const struct refusal *find(struct slice state, const struct refusal *otherwise)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (slice_starts_with(state, slice_from_string(refusals[i].state)))
			return &refusals[i];
	}
	return otherwise;
}

static int refuse(const struct refusal *refusal, struct slice before, struct slice text,
		  struct error *error)
{
	return error_set(error, refusal->code, "PostgreSQL: %.*s%.*s; %s", (int)before.length,
			 before.data, (int)text.length, text.data, refusal->advice);
}

/* Where `:  28P01: ` stands, or NULL. */
static const char *find_state(const char *message)
{
	const char *at = message;

	while ((at = strstr(at, ":  ")) != NULL) {
		size_t length = strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

		if (length == STATE_BYTES && strncmp(at + 3 + length, ": ", 2) == 0)
			return at;
		at += 3;
	}
	return NULL;
}

/* The part of the line that stands before the severity. */
static struct slice before_severity(const char *message, const char *colon)
{
	const char *start = colon, *end;

	while (start > message && start[-1] != '\n')
		start--;
	for (end = colon; end > start && strncmp(end - 1, ": ", 2) != 0; end--)
		;
	return slice_from_bytes(start, end == start ? 0 : (size_t)(end + 1 - start));
}

static struct slice line_of(const char *text)
{
	return slice_from_bytes(text, strcspn(text, "\n"));
}

int postgres_refusal_of_connection(const PGconn *handle, struct error *error)
{
	const char *message = PQerrorMessage(handle);
	const char *colon = find_state(message);

	if (colon != NULL)
		return refuse(find(slice_from_bytes(colon + 3, STATE_BYTES), &unreachable),
			      before_severity(message, colon), line_of(colon + 3 + STATE_BYTES + 2),
			      error);
	if (PQstatus(handle) != CONNECTION_BAD || message[0] == '\0')
		return refuse(&silent, SLICE(""), SLICE("the server did not answer in time"),
			      error);
	return refuse(PQconnectionNeedsPassword(handle) ? &no_password : &unreachable, SLICE(""),
		      line_of(message), error);
}

int postgres_refusal_of_result(const PGresult *result, struct error *error)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	if (state == NULL || text == NULL)
		return refuse(&unreachable, SLICE(""), line_of(PQresultErrorMessage(result)),
			      error);
	return refuse(find(slice_from_string(state), &unknown), SLICE(""), line_of(text), error);
}
