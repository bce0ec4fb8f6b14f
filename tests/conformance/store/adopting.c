#include "conformance/store/adopting.h"

#include <stdlib.h>

static void note_warning(void *context, const char *message)
{
	struct adopting *adopting = context;
	size_t length = strlen(adopting->warnings);

	snprintf(adopting->warnings + length, sizeof(adopting->warnings) - length, "%s", message);
}

PGconn *adopting_connect(const struct adopting *adopting)
{
	PGconn *connection = PQconnectdb(adopting->store->location);

	if (PQstatus(connection) != CONNECTION_OK)
		fail_msg("%s", PQerrorMessage(connection));
	return connection;
}

void adopting_init(struct adopting *adopting, void **state, const char *table)
{
	memset(adopting, 0, sizeof(*adopting));
	adopting->store = *state;
	if (adopting->store->kind != &conformance_postgres)
		skip();
	adopting->application = adopting_connect(adopting);
	PQsetNoticeProcessor(adopting->application, note_warning, adopting);
	/* The role has the name of the store's schema. */
	adopting_run(adopting->application, "SET search_path = public");
	adopting_run(adopting->application, table == NULL ? ADOPTING_TABLE : table);
}

void adopting_finish(struct adopting *adopting)
{
	assert_string_equal(
	    adopting_ask(adopting->application, "SELECT count(*) FROM allim.pending"), "0");
	PQfinish(adopting->application);
}

const char *adopting_try(PGconn *connection, const char *statements)
{
	static _Thread_local char state[8];
	PGresult *result = PQexec(connection, statements);
	const char *field = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	snprintf(state, sizeof(state), "%s", field == NULL ? "" : field);
	PQclear(result);
	return state;
}

void adopting_run(PGconn *connection, const char *statements)
{
	if (adopting_try(connection, statements)[0] != '\0')
		fail_msg("%s: %s", statements, PQerrorMessage(connection));
}

const char *adopting_ask(PGconn *connection, const char *statement)
{
	static _Thread_local char text[4096];
	PGresult *result = PQexec(connection, statement);

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", statement, PQerrorMessage(connection));
	snprintf(text, sizeof(text), "%s", PQntuples(result) == 0 ? "" : PQgetvalue(result, 0, 0));
	PQclear(result);
	return text;
}

static const char *first_of(struct slice wanted, const char *const *names)
{
	(void)wanted;
	return names[0];
}

static int change(struct adopting *adopting, const char *table,
		  const struct postgres_adopt_mapping *mapping)
{
	struct postgres_adopt *adopt = NULL;
	struct buffer sql = BUFFER_EMPTY;
	int result = postgres_adopt_open(adopting->store->location, SLICE(""), 20000, first_of,
					 &adopt, &adopting->error);

	if (result < 0)
		return result;
	result = mapping == NULL
		     ? postgres_adopt_plan_undo(adopt, table, &sql, &adopting->error)
		     : postgres_adopt_plan(adopt, table, mapping, &sql, &adopting->error);
	snprintf(adopting->plan, sizeof(adopting->plan), "%.*s", (int)sql.length,
		 buffer_slice(&sql).data);
	if (result == 0)
		result = postgres_adopt_apply(adopt, adopting->plan, &adopting->error);
	buffer_finish(&sql);
	postgres_adopt_close(adopt);
	return result;
}

int adopting_adopt(struct adopting *adopting, const char *table,
		   const struct postgres_adopt_mapping *mapping)
{
	return change(adopting, table, mapping);
}

int adopting_undo(struct adopting *adopting, const char *table)
{
	return change(adopting, table, NULL);
}

void adopting_adopt_guide(struct adopting *adopting)
{
	const struct postgres_adopt_mapping mapping = {
	    .user = "user_id",
	    .body = "message",
	    .type = "type",
	    .data = "data",
	    .created = "created_at",
	    .read = "read_at",
	};

	if (adopting_adopt(adopting, "public.notification", &mapping) < 0)
		fail_msg("%s", adopting->error.text);
}

const char *adopting_inbox(const struct adopting *adopting, const char *user)
{
	static char text[4096];
	struct store_replay replay;
	size_t length = 0;

	conformance_replay(adopting->store, user, 0, 0, 1000, &replay);
	text[0] = '\0';
	for (size_t i = 0; i < replay.change_count && length < sizeof(text); i++) {
		const struct notification *row = &replay.changes[i].notification;
		struct slice title = row->content.title;

		if (replay.changes[i].kind != CHANGE_ROW)
			continue;
		length += (size_t)snprintf(
		    text + length, sizeof(text) - length, "%s%s%.*s%s%s", length > 0 ? " " : "",
		    row->withdrawn_at ? "[" : "", (int)title.length, title.data,
		    row->state_at[NOTIFICATION_READ] != 0 ? "!" : "", row->withdrawn_at ? "]" : "");
	}
	store_request_finish(&replay.request);
	return text;
}
