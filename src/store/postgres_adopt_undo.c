/* Takes an adoption back, also that of a table which is gone or has another name now. */
#include "store/postgres_adopt.h"
#include "store/postgres_adopt_session.h"
#include "store/postgres_adopt_sql.h"
#include "store/postgres_schema.h"

#include <errno.h>
#include <string.h>

#define FIND                                                                                      \
	"SELECT a.number, (SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) "       \
	"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = a.source), " \
	"a.id_column IS NOT NULL, a.read_column IS NOT NULL FROM allim.adopted a"

/* The adoption of a table, or of one that is gone or renamed, by the name that it had. */
static int find_adoption(struct postgres_adopt *adopt, const char *table, PGresult **ret_found,
			 struct error *error)
{
	char oid[POSTGRES_ADOPT_OID_BYTES];
	bool has_schema;
	int code = postgres_schema_find(&adopt->connection, &has_schema, error);

	if (code < 0)
		return code;
	if (!has_schema)
		return error_set(error, -EINVAL,
				 "%.150s is not adopted: the schema allim is missing", table);
	code = postgres_adopt_find(adopt, table, oid, error);
	if (code < 0)
		return code;
	return strcmp(oid, "0") != 0
		   ? postgres_adopt_ask(adopt, FIND " WHERE a.source = $1::oid", oid, ret_found,
					error)
		   : postgres_adopt_ask(adopt,
					FIND " WHERE $1 IN (a.name, split_part(a.name, '.', 2)) "
					     "ORDER BY a.number LIMIT 1",
					table, ret_found, error);
}

static int refuse_undo(struct postgres_adopt *adopt, const char *table, struct error *error)
{
	PGresult *known = NULL;
	int code = postgres_adopt_ask(
	    adopt, "SELECT a.name FROM allim.adopted a ORDER BY a.name LIMIT 2000", NULL, &known,
	    error);

	if (code < 0)
		return code;
	code =
	    PQntuples(known) == 0
		? error_set(error, -EINVAL, "%.150s is not adopted, nor is any other table", table)
		: postgres_adopt_refuse_name(adopt, "adopted table", table, known, 0, error);
	PQclear(known);
	return code;
}

int postgres_adopt_plan_undo(struct postgres_adopt *adopt, const char *table, struct buffer *sql,
			     struct error *error)
{
	PGresult *found = NULL;
	int code = find_adoption(adopt, table, &found, error);

	if (code < 0)
		return code;
	if (PQntuples(found) == 0) {
		code = refuse_undo(adopt, table, error);
	} else {
		postgres_adopt_sql_append_begin(sql);
		postgres_adopt_sql_append_undo(
		    sql, PQgetvalue(found, 0, 0),
		    PQgetisnull(found, 0, 1) ? NULL : PQgetvalue(found, 0, 1),
		    postgres_adopt_is_true(found, 0, 2), postgres_adopt_is_true(found, 0, 3));
		postgres_adopt_sql_append_commit(sql);
		if (buffer_failed(sql))
			code = error_set(error, -ENOMEM, "out of memory");
	}
	PQclear(found);
	return code;
}
