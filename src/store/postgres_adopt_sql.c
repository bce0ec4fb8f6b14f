/* All names come quoted. A column is always written behind the alias of its table, and a variable
 * behind the label of its block, because the application's columns may be called anything. */
#include "store/postgres_adopt_sql.h"

#include <string.h>

#define DOLLARS POSTGRES_ADOPT_SQL_QUOTE

/* A function's first lines; see allim.settle() for the settings of plans. The others have a value
 * be the same text in every session. */
#define FUNCTION_SETTINGS                                                                   \
	"LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp\n"         \
	"SET standard_conforming_strings = on SET bytea_output = hex SET datestyle = iso\n" \
	"SET intervalstyle = postgres SET extra_float_digits = 1\n"                         \
	"SET enable_seqscan = off SET jit = off "
#define FUNCTION_OPTIONS FUNCTION_SETTINGS "AS " DOLLARS "\n"

#define WAKES "call.is_first AND row_number() OVER () = 1"

/* As the registry and the flags name them. */
static const char *const registry_columns[ADOPT_COLUMNS];

/* Characters of each, of which a notification takes no more; of data it takes less. */
static const unsigned longest[ADOPT_COLUMNS];

static bool is_type(const struct postgres_adopt_table *table, enum postgres_adopt_column column,
		    const char *type)
{
	return strcmp(table->columns[column].type, type) == 0;
}

static bool has(const struct postgres_adopt_table *table, enum postgres_adopt_column column)
{
	return table->columns[column].name != NULL;
}

static bool is_boolean(const struct postgres_adopt_table *table)
{
	return is_type(table, ADOPT_READ, "boolean");
}

static void append_registry(struct buffer *sql, const struct postgres_adopt_table *table)
{
	buffer_append_string(sql,
			     "INSERT INTO allim.adopted (number, source, name, type, notifies");
	for (int i = 0; i < ADOPT_COLUMNS; i++) {
		if (has(table, (enum postgres_adopt_column)i))
			buffer_append_format(sql, ", %s_column", registry_columns[i]);
	}
	buffer_append_format(sql, ")\nVALUES (%s, %s::regclass, %s, %s, %s", table->number,
			     table->literal, table->literal, table->fixed_type,
			     table->notifies ? "true" : "false");
	for (int i = 0; i < ADOPT_COLUMNS; i++) {
		if (has(table, (enum postgres_adopt_column)i))
			buffer_append_format(sql, ", %s", table->columns[i].literal);
	}
	buffer_append_string(sql, ");\n\n");
}

static void append_function_start(struct buffer *sql, const struct postgres_adopt_table *table,
				  const char *event)
{
	buffer_append_format(
	    sql,
	    "CREATE FUNCTION allim.adopted_%s_%s() RETURNS trigger\n" FUNCTION_OPTIONS "<<call>>\n"
	    "DECLARE\n"
	    "\tis_first boolean := NOT EXISTS (\n"
	    "\t\tSELECT FROM allim.pending p WHERE p.xid = pg_current_xact_id());\n"
	    "BEGIN\n",
	    table->number, event);
}

/* A trigger needs no such right, and nobody else is to call the function from another. */
static void append_function_end(struct buffer *sql, const struct postgres_adopt_table *table,
				const char *event)
{
	buffer_append_format(sql,
			     "\tRETURN NULL;\nEND\n" DOLLARS ";\n"
			     "REVOKE ALL ON FUNCTION allim.adopted_%s_%s() FROM PUBLIC;\n\n",
			     table->number, event);
}

/* What the trigger reads: the rows of the statement, or the one row. */
static void append_rows(struct buffer *sql, const struct postgres_adopt_table *table,
			const char *rows, char alias)
{
	if (table->is_partitioned)
		buffer_append_format(sql, "FROM (SELECT %s.*) %c",
				     strcmp(rows, "deleted") == 0 ? "OLD" : "NEW", alias);
	else
		buffer_append_format(sql, "FROM %s %c", rows, alias);
}

static void append_trigger(struct buffer *sql, const struct postgres_adopt_table *table,
			   const char *event, const char *rows)
{
	buffer_append_format(sql, "CREATE TRIGGER allim_%s AFTER ", event);
	for (const char *letter = event; *letter != '\0'; letter++)
		buffer_append_byte(sql, (char)(*letter - 'a' + 'A'));
	buffer_append_format(sql, " ON %s\n\t", table->name);
	if (!table->is_partitioned)
		buffer_append_format(sql, "REFERENCING %s\n\t", rows);
	buffer_append_format(sql, "FOR EACH %s EXECUTE FUNCTION allim.adopted_%s_%s();\n",
			     table->is_partitioned ? "ROW" : "STATEMENT", table->number, event);
}

/* Text is not JSON before it was checked, and the type json lets pass what jsonb does not. */
static bool must_check(const struct postgres_adopt_table *table)
{
	static const char *const types[] = {"text", "character varying", "character", "json"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (has(table, ADOPT_DATA) && is_type(table, ADOPT_DATA, types[i]))
			return true;
	}
	return false;
}

/* What tells rows apart, as a text that is the same in every session. */
static void append_key(struct buffer *sql, const struct postgres_adopt_table *table, char alias)
{
	const char *name = table->columns[ADOPT_ID].name;

	if (is_type(table, ADOPT_ID, "timestamp with time zone"))
		buffer_append_format(sql, "(%c.%s AT TIME ZONE 'UTC')::text || '+00'", alias, name);
	else
		buffer_append_format(sql, "%c.%s::text", alias, name);
}

/* No more of a text than shows that it is too long. */
static void append_cut(struct buffer *sql, const struct postgres_adopt_table *table,
		       enum postgres_adopt_column column, char alias)
{
	buffer_append_format(sql, "left(%c.%s::text, %u)", alias, table->columns[column].name,
			     longest[column] + 1);
}

static void append_data(struct buffer *sql, const struct postgres_adopt_table *table, char alias)
{
	if (must_check(table) || is_type(table, ADOPT_DATA, "jsonb"))
		append_cut(sql, table, ADOPT_DATA, alias);
	else
		buffer_append_format(sql, "left(to_jsonb(%c.%s)::text, %u)", alias,
				     table->columns[ADOPT_DATA].name, longest[ADOPT_DATA] + 1);
}

/* A time that no notification can be of may not even be converted. */
static void append_time(struct buffer *sql, const struct postgres_adopt_table *table, char alias)
{
	const char *name = table->columns[ADOPT_CREATED].name;

	buffer_append_format(sql,
			     ",\n\t\tCASE WHEN %c.%s BETWEEN '1970-01-01' AND '9999-12-31' "
			     "THEN %c.%s::timestamptz END",
			     alias, name, alias, name);
}

/* The names of the columns of allim.pending that a row fills, and what fills them. A column that is
 * not there is left out, so that a correction does not touch it. */
static void append_content_names(struct buffer *sql, const struct postgres_adopt_table *table)
{
	buffer_append_string(sql, has(table, ADOPT_ID) ? "source, name, type, title"
						       : "name, type, title");
	if (has(table, ADOPT_BODY))
		buffer_append_string(sql, ", body");
	if (has(table, ADOPT_LINK))
		buffer_append_string(sql, ", link");
	if (has(table, ADOPT_DATA))
		buffer_append_string(sql, ", data");
}

static void append_text(struct buffer *sql, const struct postgres_adopt_table *table,
			enum postgres_adopt_column column, char alias, const char *indent)
{
	if (!has(table, column))
		return;
	buffer_append_format(sql, ",\n%scoalesce(", indent);
	append_cut(sql, table, column, alias);
	buffer_append_string(sql, ", '')");
}

static void append_content(struct buffer *sql, const struct postgres_adopt_table *table, char alias,
			   const char *indent)
{
	buffer_append_string(sql, indent);
	if (has(table, ADOPT_ID)) {
		append_key(sql, table, alias);
		buffer_append_format(sql, ",\n%s", indent);
	}
	append_cut(sql, table, ADOPT_USER, alias);
	buffer_append_format(sql, ",\n%s", indent);
	if (has(table, ADOPT_TYPE)) {
		buffer_append_string(sql, "coalesce(nullif(");
		append_cut(sql, table, ADOPT_TYPE, alias);
		buffer_append_format(sql, ", ''), %s)", table->fixed_type);
	} else {
		buffer_append_string(sql, table->fixed_type);
	}
	append_text(sql, table, ADOPT_TITLE, alias, indent);
	append_text(sql, table, ADOPT_BODY, alias, indent);
	append_text(sql, table, ADOPT_LINK, alias, indent);
	if (has(table, ADOPT_DATA)) {
		buffer_append_format(sql, ",\n%scoalesce(", indent);
		append_data(sql, table, alias);
		buffer_append_string(sql, ", '')");
	}
}

static void append_is_read(struct buffer *sql, const struct postgres_adopt_table *table, char alias)
{
	buffer_append_format(sql, "%c.%s %s", alias, table->columns[ADOPT_READ].name,
			     is_boolean(table) ? "IS TRUE" : "IS NOT NULL");
}

static void append_insert(struct buffer *sql, const struct postgres_adopt_table *table)
{
	buffer_append_string(sql, "-- Each new row is a publish.\n");
	append_function_start(sql, table, "insert");
	buffer_append_string(sql,
			     "\tINSERT INTO allim.pending (wakes, kind, adopted, is_checked, ");
	append_content_names(sql, table);
	if (has(table, ADOPT_CREATED))
		buffer_append_string(sql, ", created_at");
	if (has(table, ADOPT_READ))
		buffer_append_string(sql, ", is_read");
	buffer_append_format(sql, ")\n\tSELECT " WAKES ", 0, %s, %s,\n", table->number,
			     must_check(table) ? "false" : "true");
	append_content(sql, table, 'n', "\t\t");
	if (has(table, ADOPT_CREATED))
		append_time(sql, table, 'n');
	if (has(table, ADOPT_READ)) {
		buffer_append_string(sql, ",\n\t\t");
		append_is_read(sql, table, 'n');
	}
	buffer_append_string(sql, "\n\t");
	append_rows(sql, table, "inserted", 'n');
	buffer_append_string(sql, ";\n");
	append_function_end(sql, table, "insert");
}

static void append_correction(struct buffer *sql, const struct postgres_adopt_table *table)
{
	buffer_append_string(sql,
			     "\tINSERT INTO allim.pending (wakes, kind, adopted, is_checked, ");
	append_content_names(sql, table);
	buffer_append_format(sql, ")\n\tSELECT " WAKES ", 1, %s, %s, c.*\n\tFROM (\n\t\tSELECT\n",
			     table->number, must_check(table) ? "false" : "true");
	append_content(sql, table, 'n', "\t\t\t");
	buffer_append_string(sql, "\n\t\t");
	append_rows(sql, table, "updated", 'n');
	buffer_append_string(sql, "\n\t\tEXCEPT\n\t\tSELECT\n");
	append_content(sql, table, 'o', "\t\t\t");
	buffer_append_string(sql, "\n\t\t");
	append_rows(sql, table, "deleted", 'o');
	buffer_append_string(sql, "\n\t) c;\n");
}

static void append_read(struct buffer *sql, const struct postgres_adopt_table *table)
{
	buffer_append_format(
	    sql,
	    "\tINSERT INTO allim.pending (wakes, kind, adopted, source)\n"
	    "\tSELECT " WAKES " AND NOT EXISTS (\n"
	    "\t\tSELECT FROM allim.pending p WHERE p.xid = pg_current_xact_id()),\n"
	    "\t\t3, %s, r.id\n\tFROM (\n\t\tSELECT ",
	    table->number);
	append_key(sql, table, 'n');
	buffer_append_byte(sql, ' ');
	append_rows(sql, table, "updated", 'n');
	buffer_append_string(sql, " WHERE ");
	append_is_read(sql, table, 'n');
	buffer_append_string(sql, "\n\t\tEXCEPT\n\t\tSELECT ");
	append_key(sql, table, 'o');
	buffer_append_byte(sql, ' ');
	append_rows(sql, table, "deleted", 'o');
	buffer_append_string(sql, " WHERE ");
	append_is_read(sql, table, 'o');
	/* What was read here is known already. */
	buffer_append_format(
	    sql,
	    "\n\t) r (id)\n"
	    "\tWHERE NOT EXISTS (\n"
	    "\t\tSELECT FROM allim.adopted_row a JOIN allim.own o ON o.id = a.notification_id\n"
	    "\t\tWHERE a.adopted = %s AND a.source = r.id AND o.read_at <> 0);\n",
	    table->number);
}

static void append_update(struct buffer *sql, const struct postgres_adopt_table *table)
{
	buffer_append_string(sql,
			     "-- What is changed in a row is corrected in its notification.\n");
	append_function_start(sql, table, "update");
	append_correction(sql, table);
	if (has(table, ADOPT_READ))
		append_read(sql, table);
	append_function_end(sql, table, "update");
}

static void append_delete(struct buffer *sql, const struct postgres_adopt_table *table)
{
	buffer_append_string(sql, "-- A row that is deleted is withdrawn.\n");
	append_function_start(sql, table, "delete");
	buffer_append_format(sql,
			     "\tINSERT INTO allim.pending (wakes, kind, adopted, source)\n"
			     "\tSELECT " WAKES ", 2, %s, ",
			     table->number);
	append_key(sql, table, 'o');
	buffer_append_string(sql, "\n\t");
	append_rows(sql, table, "deleted", 'o');
	buffer_append_string(sql, ";\n");
	append_function_end(sql, table, "delete");
}

/* Rows that the application has locked are left for later. */
static void append_mark(struct buffer *sql, const struct postgres_adopt_table *table)
{
	const struct postgres_adopt_source *id = &table->columns[ADOPT_ID];
	const char *read = table->columns[ADOPT_READ].name;
	const char *is_unread = is_boolean(table) ? "IS NOT TRUE" : "IS NULL";

	buffer_append_format(
	    sql,
	    "-- What a user reads is marked in its row.\n"
	    "CREATE FUNCTION allim.adopted_%s_read(sources text[]) RETURNS void\n" FUNCTION_SETTINGS
	    "SET lock_timeout = '100ms' AS " DOLLARS "\n"
	    "BEGIN\n"
	    "\tUPDATE %s n SET %s = %s\n"
	    "\tWHERE n.%s = ANY (ARRAY(\n"
	    "\t\tSELECT o.%s FROM %s o\n"
	    "\t\tWHERE o.%s = ANY ($1::%s[]) AND o.%s %s\n"
	    "\t\tFOR NO KEY UPDATE SKIP LOCKED));\n"
	    "\tINSERT INTO allim.adopted_late (adopted, source)\n"
	    "\tSELECT %s, ",
	    table->number, table->name, read, is_boolean(table) ? "true" : "now()", id->name,
	    id->name, table->name, id->name, id->cast, read, is_unread, table->number);
	append_key(sql, table, 'n');
	buffer_append_format(sql,
			     " FROM %s n\n"
			     "\tWHERE n.%s = ANY ($1::%s[]) AND n.%s %s\n"
			     "\tON CONFLICT DO NOTHING;\n"
			     "END\n" DOLLARS ";\n"
			     "REVOKE ALL ON FUNCTION allim.adopted_%s_read(text[]) FROM PUBLIC;\n"
			     "SELECT allim.adopted_%s_read('{}'); -- to see that it works\n",
			     table->name, id->name, id->cast, read, is_unread, table->number,
			     table->number);
	if (table->owner != NULL)
		buffer_append_format(
		    sql, "GRANT EXECUTE ON FUNCTION allim.adopted_%s_read(text[]) TO %s;\n",
		    table->number, table->owner);
	buffer_append_format(
	    sql,
	    "\n"
	    "CREATE TRIGGER adopted_%s_marks AFTER UPDATE ON allim.notification\n"
	    "\tREFERENCING OLD TABLE AS before_change NEW TABLE AS after_change\n"
	    "\tFOR EACH STATEMENT EXECUTE FUNCTION allim.mirror_marks(%s);\n"
	    "CREATE TRIGGER adopted_%s_mark_of_all AFTER UPDATE OF read_seq ON allim.inbox\n"
	    "\tFOR EACH ROW WHEN (OLD.read_seq < NEW.read_seq)\n"
	    "\tEXECUTE FUNCTION allim.mirror_mark_of_all(%s);\n\n",
	    table->number, table->number, table->number, table->number);
}

void postgres_adopt_sql_append_begin(struct buffer *sql)
{
	buffer_append_string(
	    sql, "BEGIN;\n"
		 "SET LOCAL search_path = pg_catalog, pg_temp;\n"
		 "SET LOCAL standard_conforming_strings = on;\n"
		 "-- Shorter than deadlock_timeout: it is not the application that gives way.\n"
		 "SET LOCAL lock_timeout = '900ms';\n\n");
}

void postgres_adopt_sql_append_commit(struct buffer *sql)
{
	buffer_append_string(sql, "\nCOMMIT;\n");
}

void postgres_adopt_sql_append(struct buffer *sql, const struct postgres_adopt_table *table)
{
	append_registry(sql, table);
	append_insert(sql, table);
	if (has(table, ADOPT_ID)) {
		append_update(sql, table);
		append_delete(sql, table);
	}
	if (has(table, ADOPT_READ))
		append_mark(sql, table);
	/* Last, because they lock the table. */
	append_trigger(sql, table, "insert", "NEW TABLE AS inserted");
	if (has(table, ADOPT_ID)) {
		append_trigger(sql, table, "update", "OLD TABLE AS deleted NEW TABLE AS updated");
		append_trigger(sql, table, "delete", "OLD TABLE AS deleted");
	}
}

static void append_forget_rows(struct buffer *sql, const char *number)
{
	buffer_append_format(sql, "DELETE FROM allim.adopted_row WHERE adopted = %s;\n", number);
}

void postgres_adopt_sql_append_undo(struct buffer *sql, const char *number, const char *name,
				    bool follows, bool marks)
{
	/* Twice: first the many, then, when nobody writes any more, the last. */
	append_forget_rows(sql, number);
	if (name != NULL) {
		buffer_append_format(sql, "DROP TRIGGER allim_insert ON %s;\n", name);
		if (follows)
			buffer_append_format(sql,
					     "DROP TRIGGER allim_update ON %s;\n"
					     "DROP TRIGGER allim_delete ON %s;\n",
					     name, name);
	}
	if (marks)
		buffer_append_format(sql,
				     "DROP TRIGGER adopted_%s_marks ON allim.notification;\n"
				     "DROP TRIGGER adopted_%s_mark_of_all ON allim.inbox;\n"
				     "DROP FUNCTION allim.adopted_%s_read(text[]);\n",
				     number, number, number);
	buffer_append_format(sql, "DROP FUNCTION allim.adopted_%s_insert();\n", number);
	if (follows)
		buffer_append_format(sql,
				     "DROP FUNCTION allim.adopted_%s_update();\n"
				     "DROP FUNCTION allim.adopted_%s_delete();\n",
				     number, number);
	append_forget_rows(sql, number);
	buffer_append_format(sql,
			     "DELETE FROM allim.adopted_late WHERE adopted = %s;\n"
			     "DELETE FROM allim.adopted WHERE number = %s;\n",
			     number, number);
}

static const char *const registry_columns[ADOPT_COLUMNS] = {
    [ADOPT_USER] = "user",	 [ADOPT_TITLE] = "title", [ADOPT_BODY] = "body",
    [ADOPT_TYPE] = "type",	 [ADOPT_DATA] = "data",	  [ADOPT_LINK] = "link",
    [ADOPT_CREATED] = "created", [ADOPT_READ] = "read",	  [ADOPT_ID] = "id",
};

static const unsigned longest[ADOPT_COLUMNS] = {
    [ADOPT_USER] = 255,	 [ADOPT_TITLE] = 500,	 [ADOPT_BODY] = 10000, [ADOPT_TYPE] = 64,
    [ADOPT_LINK] = 2000, [ADOPT_DATA] = 1 << 20, /* with white space; see allim.flaw_of_data() */
};
