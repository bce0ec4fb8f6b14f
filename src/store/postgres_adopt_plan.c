/* Looks at a table and at what the role may do, and writes the SQL that adopts it: the text that is
 * shown is the text that runs. Everything that PostgreSQL would refuse in words that do not say
 * what to do is refused here. */
#include "store/postgres_adopt.h"
#include "store/postgres_adopt_session.h"
#include "store/postgres_adopt_sql.h"
#include "store/postgres_schema.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { TYPE_BYTES = 64 };

/* Of the columns of a table. */
enum { COLUMN_NAME, COLUMN_IDENTIFIER, COLUMN_TYPE, COLUMN_CAST, COLUMN_IS_UNIQUE, COLUMN_IS_KEY };

struct plan {
	struct postgres_adopt *adopt;
	PGresult *table;
	PGresult *columns;
	PGresult *schema;
	PGresult *number;
	bool has_schema;
	struct postgres_adopt_table text;
	char *escaped[ADOPT_COLUMNS + 2]; /* to be freed */
	size_t escaped_count;
};

static const struct requirement {
	const char *flag;
	const char *types; /* that fit, between spaces; NULL: any */
	const char *advice;
} requirements[ADOPT_COLUMNS];

static int refuse_table(struct postgres_adopt *adopt, const char *wanted, struct error *error)
{
	PGresult *known = NULL;
	int code =
	    postgres_adopt_ask(adopt,
			       "SELECT quote_ident(c.relname), quote_ident(n.nspname) || '.' || "
			       "quote_ident(c.relname) FROM pg_class c "
			       "JOIN pg_namespace n ON n.oid = c.relnamespace "
			       "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition "
			       "AND c.relpersistence <> 't' "
			       "AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'allim') "
			       "ORDER BY 2 LIMIT 2000",
			       NULL, &known, error);

	if (code < 0)
		return code;
	code = postgres_adopt_refuse_name(adopt, "table", wanted, known,
					  strchr(wanted, '.') == NULL ? 0 : 1, error);
	PQclear(known);
	return code;
}

static int check_kind(const PGresult *table, struct error *error)
{
	const char *name = PQgetvalue(table, 0, 0);
	char kind = PQgetvalue(table, 0, 1)[0];

	if (kind != 'r' && kind != 'p')
		return error_set(
		    error, -EINVAL,
		    "%.150s is no table but a %s; adopt the table that the application "
		    "inserts into",
		    name,
		    kind == 'v'	  ? "view"
		    : kind == 'm' ? "materialized view"
		    : kind == 'f' ? "foreign table"
				  : "thing of another kind");
	if (postgres_adopt_is_true(table, 0, 2))
		return error_set(error, -EINVAL, "%.150s is a temporary table", name);
	if (!PQgetisnull(table, 0, 3))
		return error_set(error, -EINVAL, "%.150s is a partition; adopt %.150s", name,
				 PQgetvalue(table, 0, 3));
	if (postgres_adopt_is_true(table, 0, 4))
		return error_set(error, -EINVAL,
				 "%.150s is a table of allim or of PostgreSQL itself", name);
	if (!postgres_adopt_is_true(table, 0, 5))
		return error_set(error, -EINVAL,
				 "the role %.60s does not own %.150s; connect as a member of "
				 "%.60s and of the role of the nodes, or as a superuser",
				 PQgetvalue(table, 0, 7), name, PQgetvalue(table, 0, 6));
	return 0;
}

static int look_at_table(struct plan *plan, const char *name, struct error *error)
{
	char oid[POSTGRES_ADOPT_OID_BYTES];
	int code = postgres_adopt_find(plan->adopt, name, oid, error);

	if (code == 0)
		code = postgres_adopt_ask(
		    plan->adopt,
		    "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind, "
		    "c.relpersistence = 't', CASE WHEN c.relispartition THEN (SELECT "
		    "p.oid::regclass::text FROM pg_partition_root(c.oid) p (oid)) END, "
		    "n.nspname IN ('allim', 'pg_catalog', 'information_schema'), "
		    "pg_has_role(c.relowner, 'USAGE'), pg_get_userbyid(c.relowner), "
		    "current_user, c.oid "
		    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
		    "WHERE c.oid = $1::oid",
		    oid, &plan->table, error);
	if (code == 0 && PQntuples(plan->table) == 0)
		code = refuse_table(plan->adopt, name, error);
	if (code == 0)
		code = check_kind(plan->table, error);
	if (code == 0)
		code = postgres_adopt_ask(
		    plan->adopt,
		    "SELECT a.attname, quote_ident(a.attname), "
		    "format_type(t.oid, NULL), "
		    "quote_ident(n.nspname) || '.' || quote_ident(t.typname), "
		    "EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid "
		    "AND i.indisunique AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum "
		    "AND i.indpred IS NULL), "
		    "EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid "
		    "AND i.indisprimary AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) "
		    "FROM pg_attribute a CROSS JOIN LATERAL ("
		    "WITH RECURSIVE base AS (SELECT d.* FROM pg_type d WHERE d.oid = a.atttypid "
		    "UNION ALL SELECT d.* FROM base b JOIN pg_type d ON d.oid = b.typbasetype) "
		    "SELECT b.* FROM base b WHERE b.typbasetype = 0) t "
		    "JOIN pg_namespace n ON n.oid = t.typnamespace "
		    "WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped "
		    "ORDER BY a.attnum",
		    PQgetvalue(plan->table, 0, 8), &plan->columns, error);
	return code;
}

/* May the role do all that it will? Asked of what everybody may read. */
static int look_at_schema(struct plan *plan, struct error *error)
{
	int code = postgres_adopt_ask(
	    plan->adopt,
	    "SELECT CASE WHEN n.oid IS NULL THEN has_database_privilege(d.oid, 'CREATE') "
	    "ELSE pg_has_role(n.nspowner, 'USAGE') END, pg_get_userbyid(n.nspowner), "
	    "current_user, quote_ident(pg_get_userbyid(n.nspowner)) FROM pg_database d "
	    "LEFT JOIN pg_namespace n ON n.nspname = 'allim' "
	    "WHERE d.datname = current_database()",
	    NULL, &plan->schema, error);

	if (code < 0 || postgres_adopt_is_true(plan->schema, 0, 0))
		return code;
	if (PQgetisnull(plan->schema, 0, 1))
		return error_set(
		    error, -EINVAL,
		    "the schema allim is missing and the role %.60s may not create it; "
		    "have a node start first, or GRANT CREATE ON DATABASE",
		    PQgetvalue(plan->schema, 0, 2));
	return error_set(error, -EINVAL,
			 "the role %.60s may not write into the schema allim, which is of %.60s; "
			 "connect as a member of both that role and the table's owner",
			 PQgetvalue(plan->schema, 0, 2), PQgetvalue(plan->schema, 0, 1));
}

static int look_for_tables(struct plan *plan, struct error *error)
{
	int code = postgres_schema_find(&plan->adopt->connection, &plan->has_schema, error);

	if (code < 0)
		return code;
	return postgres_adopt_ask(plan->adopt,
				  plan->has_schema
				      ? "SELECT coalesce(max(number), 0) + 1 FROM allim.adopted"
				      : "SELECT 1",
				  NULL, &plan->number, error);
}

static int check_new(struct plan *plan, struct error *error)
{
	PGresult *found = NULL;
	int code;

	if (!plan->has_schema)
		return 0;
	code = postgres_adopt_ask(plan->adopt,
				  "SELECT FROM allim.adopted WHERE source = $1::oid::regclass",
				  PQgetvalue(plan->table, 0, 8), &found, error);
	if (code < 0)
		return code;
	if (PQntuples(found) > 0)
		code = error_set(error, -EINVAL,
				 "%.150s is adopted already; to change how, take it back first: "
				 "allim adopt --undo --table %.150s",
				 PQgetvalue(plan->table, 0, 0), PQgetvalue(plan->table, 0, 0));
	PQclear(found);
	return code;
}

static const char *escape(struct plan *plan, const char *text)
{
	char *literal = PQescapeLiteral(plan->adopt->connection.handle, text, strlen(text));

	plan->escaped[plan->escaped_count++] = literal;
	return literal;
}

static int find_column(const struct plan *plan, const char *name)
{
	for (int i = 0; i < PQntuples(plan->columns); i++) {
		if (strcmp(PQgetvalue(plan->columns, i, COLUMN_NAME), name) == 0)
			return i;
	}
	return -1;
}

static int check_type(const struct plan *plan, int row, const struct requirement *requirement,
		      struct error *error)
{
	char type[80];

	snprintf(type, sizeof(type), " %s ", PQgetvalue(plan->columns, row, COLUMN_TYPE));
	if (requirement->types == NULL || strstr(requirement->types, type) != NULL)
		return 0;
	return error_set(
	    error, -EINVAL, "the column %.60s of %.100s is of type %s; --%s-column needs %s",
	    PQgetvalue(plan->columns, row, COLUMN_NAME), PQgetvalue(plan->table, 0, 0),
	    PQgetvalue(plan->columns, row, COLUMN_TYPE), requirement->flag, requirement->advice);
}

/* What a function is made of must not end the quotes around it. */
static int check_quote(const char *text, struct error *error)
{
	if (text == NULL || strstr(text, POSTGRES_ADOPT_SQL_QUOTE) == NULL)
		return 0;
	return error_set(error, -EINVAL,
			 "%.100s holds " POSTGRES_ADOPT_SQL_QUOTE
			 ", which stands around functions; name it otherwise",
			 text);
}

static int map_column(struct plan *plan, enum postgres_adopt_column column, const char *name,
		      struct error *error)
{
	const struct requirement *requirement = &requirements[column];
	struct postgres_adopt_source *source = &plan->text.columns[column];
	char what[200];
	int row = find_column(plan, name);

	snprintf(what, sizeof(what), "column for --%s-column in %.100s called", requirement->flag,
		 PQgetvalue(plan->table, 0, 0));
	if (row < 0)
		return postgres_adopt_refuse_name(plan->adopt, what, name, plan->columns,
						  COLUMN_NAME, error);
	if (check_type(plan, row, requirement, error) < 0)
		return -EINVAL;
	if (column == ADOPT_ID && !plan->text.is_partitioned &&
	    !postgres_adopt_is_true(plan->columns, row, COLUMN_IS_UNIQUE))
		return error_set(error, -EINVAL,
				 "the column %.60s does not tell the rows of %.100s apart; "
				 "--id-column needs one with a unique index of its own",
				 name, PQgetvalue(plan->table, 0, 0));
	source->name = PQgetvalue(plan->columns, row, COLUMN_IDENTIFIER);
	source->type = PQgetvalue(plan->columns, row, COLUMN_TYPE);
	source->cast = PQgetvalue(plan->columns, row, COLUMN_CAST);
	source->literal = escape(plan, name);
	if (check_quote(source->name, error) < 0 || check_quote(source->cast, error) < 0)
		return -EINVAL;
	return source->literal == NULL ? error_set(error, -ENOMEM, "out of memory") : 0;
}

/* NULL where the key is not one column. */
static const char *key_of(const struct plan *plan)
{
	for (int i = 0; i < PQntuples(plan->columns); i++) {
		if (postgres_adopt_is_true(plan->columns, i, COLUMN_IS_KEY))
			return PQgetvalue(plan->columns, i, COLUMN_NAME);
	}
	return NULL;
}

static int map_columns(struct plan *plan, const struct postgres_adopt_mapping *mapping,
		       struct error *error)
{
	const char *const names[ADOPT_COLUMNS] = {
	    [ADOPT_USER] = mapping->user,
	    [ADOPT_TITLE] = mapping->title == NULL ? "title" : mapping->title,
	    [ADOPT_BODY] = mapping->body,
	    [ADOPT_TYPE] = mapping->type,
	    [ADOPT_DATA] = mapping->data,
	    [ADOPT_LINK] = mapping->link,
	    [ADOPT_CREATED] = mapping->created,
	    [ADOPT_READ] = mapping->read,
	    [ADOPT_ID] = mapping->id == NULL ? key_of(plan) : mapping->id,
	};
	int code = 0;

	for (int i = 0; i < ADOPT_COLUMNS && code == 0; i++) {
		if (names[i] != NULL)
			code = map_column(plan, (enum postgres_adopt_column)i, names[i], error);
	}
	if (code == 0 && mapping->read != NULL && names[ADOPT_ID] == NULL)
		return error_set(error, -EINVAL,
				 "%.100s has no primary key of one column, so --read-column needs "
				 "--id-column too",
				 PQgetvalue(plan->table, 0, 0));
	return code;
}

static int check_fixed_type(const char *type, struct error *error)
{
	struct slice text = slice_from_string(type);

	if (text.length == 0 || text.length > TYPE_BYTES || slice_has_control(text))
		return error_set(error, -EINVAL,
				 "--type is a text of 1 to %d bytes without control characters",
				 TYPE_BYTES);
	return 0;
}

/* Everything that the SQL is made of. */
static int prepare(struct plan *plan, const char *table,
		   const struct postgres_adopt_mapping *mapping, struct error *error)
{
	const char *type = mapping->fixed_type == NULL ? "notification" : mapping->fixed_type;
	int code = check_fixed_type(type, error);

	if (code == 0)
		code = look_at_table(plan, table, error);
	if (code == 0)
		code = look_at_schema(plan, error);
	if (code == 0)
		code = look_for_tables(plan, error);
	if (code == 0)
		code = check_new(plan, error);
	if (code < 0)
		return code;
	plan->text.name = PQgetvalue(plan->table, 0, 0);
	plan->text.literal = escape(plan, plan->text.name);
	plan->text.fixed_type = escape(plan, type);
	plan->text.number = PQgetvalue(plan->number, 0, 0);
	plan->text.owner = PQgetisnull(plan->schema, 0, 3) ? NULL : PQgetvalue(plan->schema, 0, 3);
	plan->text.is_partitioned = PQgetvalue(plan->table, 0, 1)[0] == 'p';
	plan->text.notifies = mapping->notifies;
	if (plan->text.literal == NULL || plan->text.fixed_type == NULL)
		return error_set(error, -ENOMEM, "out of memory");
	if (check_quote(plan->text.name, error) < 0 ||
	    check_quote(plan->text.fixed_type, error) < 0 ||
	    check_quote(plan->text.owner, error) < 0)
		return -EINVAL;
	return map_columns(plan, mapping, error);
}

static void finish(struct plan *plan)
{
	PQclear(plan->table);
	PQclear(plan->columns);
	PQclear(plan->schema);
	PQclear(plan->number);
	for (size_t i = 0; i < plan->escaped_count; i++)
		PQfreemem(plan->escaped[i]);
}

int postgres_adopt_plan(struct postgres_adopt *adopt, const char *table,
			const struct postgres_adopt_mapping *mapping, struct buffer *sql,
			struct error *error)
{
	struct plan plan = {.adopt = adopt};
	int code = prepare(&plan, table, mapping, error);

	if (code == 0) {
		postgres_adopt_sql_append_begin(sql);
		if (!plan.has_schema)
			postgres_schema_append(sql);
		postgres_adopt_sql_append(sql, &plan.text);
		postgres_adopt_sql_append_commit(sql);
	}
	finish(&plan);
	if (code < 0)
		return code;
	if (buffer_failed(sql))
		return error_set(error, -ENOMEM, "out of memory");
	return 0;
}

#define TIMES " timestamp with time zone timestamp without time zone "

static const struct requirement requirements[ADOPT_COLUMNS] = {
    [ADOPT_USER] = {"user", NULL, NULL},
    [ADOPT_TITLE] = {"title", NULL, NULL},
    [ADOPT_BODY] = {"body", NULL, NULL},
    [ADOPT_TYPE] = {"type", NULL, NULL},
    [ADOPT_DATA] = {"data", NULL, NULL},
    [ADOPT_LINK] = {"link", NULL, NULL},
    [ADOPT_CREATED] = {"created", TIMES "date ", "a timestamp or a date"},
    [ADOPT_READ] = {"read", TIMES "boolean ", "a timestamp or a boolean"},
    [ADOPT_ID] = {"id", NULL, NULL},
};
