/* All names come quoted. A column is always written behind the alias of its table, and a variable
 * behind the label of its block, because the application's columns may be called anything. */
#include "store/postgres_adopt_sql.h"

#include <string.h>

#define DOLLARS POSTGRES_ADOPT_SQL_QUOTE

/* A function's first lines; see allim.settle() for the setting. */
#define FUNCTION_SETTINGS                                                           \
	"LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp\n" \
	"SET enable_seqscan = off SET jit = off "
#define FUNCTION_OPTIONS FUNCTION_SETTINGS "AS " DOLLARS "\n"

#define WAKES "call.is_first AND row_number() OVER () = 1"

/* As the registry and the flags name them. */
static const char *const registry_columns[ADOPT_COLUMNS];

bool postgres_adopt_sql_is_text(const char *type)
{
	return strcmp(type, "text") == 0 || strncmp(type, "character", 9) == 0;
}

static bool has(const struct postgres_adopt_table *table, enum postgres_adopt_column column)
{
	return table->columns[column].name != NULL;
}

static bool is_boolean(const struct postgres_adopt_table *table)
{
	return strcmp(table->columns[ADOPT_READ].type, "boolean") == 0;
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

static void append_function_end(struct buffer *sql)
{
	buffer_append_string(sql, "\tRETURN NULL;\nEND\n" DOLLARS ";\n\n");
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

static void append_data(struct buffer *sql, const struct postgres_adopt_source *column, char alias)
{
	if (postgres_adopt_sql_is_text(column->type) || strcmp(column->type, "json") == 0 ||
	    strcmp(column->type, "jsonb") == 0)
		buffer_append_format(sql, "%c.%s::text", alias, column->name);
	else
		buffer_append_format(sql, "to_jsonb(%c.%s)::text", alias, column->name);
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
	if (has(table, column))
		buffer_append_format(sql, ",\n%scoalesce(%c.%s::text, '')", indent, alias,
				     table->columns[column].name);
}

static void append_content(struct buffer *sql, const struct postgres_adopt_table *table, char alias,
			   const char *indent)
{
	const struct postgres_adopt_source *columns = table->columns;

	if (has(table, ADOPT_ID))
		buffer_append_format(sql, "%s%c.%s::text,\n", indent, alias,
				     columns[ADOPT_ID].name);
	buffer_append_format(sql, "%s%c.%s::text,\n%s", indent, alias, columns[ADOPT_USER].name,
			     indent);
	if (has(table, ADOPT_TYPE))
		buffer_append_format(sql, "coalesce(nullif(%c.%s::text, ''), %s)", alias,
				     columns[ADOPT_TYPE].name, table->fixed_type);
	else
		buffer_append_string(sql, table->fixed_type);
	append_text(sql, table, ADOPT_TITLE, alias, indent);
	append_text(sql, table, ADOPT_BODY, alias, indent);
	append_text(sql, table, ADOPT_LINK, alias, indent);
	if (has(table, ADOPT_DATA)) {
		buffer_append_format(sql, ",\n%scoalesce(", indent);
		append_data(sql, &columns[ADOPT_DATA], alias);
		buffer_append_string(sql, ", '')");
	}
}

static void append_is_read(struct buffer *sql, const struct postgres_adopt_table *table, char alias)
{
	buffer_append_format(sql, "%c.%s %s", alias, table->columns[ADOPT_READ].name,
			     is_boolean(table) ? "IS TRUE" : "IS NOT NULL");
}

/* Text is not JSON before it was checked. */
static bool must_check(const struct postgres_adopt_table *table)
{
	return has(table, ADOPT_DATA) &&
	       postgres_adopt_sql_is_text(table->columns[ADOPT_DATA].type);
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
		buffer_append_format(sql, ",\n\t\tn.%s::timestamptz",
				     table->columns[ADOPT_CREATED].name);
	if (has(table, ADOPT_READ)) {
		buffer_append_string(sql, ",\n\t\t");
		append_is_read(sql, table, 'n');
	}
	buffer_append_string(sql, "\n\t");
	append_rows(sql, table, "inserted", 'n');
	buffer_append_string(sql, ";\n");
	append_function_end(sql);
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
	const char *id = table->columns[ADOPT_ID].name;

	buffer_append_format(
	    sql,
	    "\tINSERT INTO allim.pending (wakes, kind, adopted, source)\n"
	    "\tSELECT " WAKES " AND NOT EXISTS (\n"
	    "\t\tSELECT FROM allim.pending p WHERE p.xid = pg_current_xact_id()),\n"
	    "\t\t3, %s, r.id\n\tFROM (\n\t\tSELECT n.%s::text ",
	    table->number, id);
	append_rows(sql, table, "updated", 'n');
	buffer_append_string(sql, " WHERE ");
	append_is_read(sql, table, 'n');
	buffer_append_format(sql, "\n\t\tEXCEPT\n\t\tSELECT o.%s::text ", id);
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
	append_function_end(sql);
}

static void append_delete(struct buffer *sql, const struct postgres_adopt_table *table)
{
	buffer_append_string(sql, "-- A row that is deleted is withdrawn.\n");
	append_function_start(sql, table, "delete");
	buffer_append_format(sql,
			     "\tINSERT INTO allim.pending (wakes, kind, adopted, source)\n"
			     "\tSELECT " WAKES ", 2, %s, o.%s::text\n\t",
			     table->number, table->columns[ADOPT_ID].name);
	append_rows(sql, table, "deleted", 'o');
	buffer_append_string(sql, ";\n");
	append_function_end(sql);
}

/* Rows that the application has locked are left for later. */
static void append_mark(struct buffer *sql, const struct postgres_adopt_table *table)
{
	const struct postgres_adopt_source *id = &table->columns[ADOPT_ID];
	const char *read = table->columns[ADOPT_READ].name;
	const char *is_unread = is_boolean(table) ? "IS NOT TRUE" : "IS NULL";

	buffer_append_string(sql, "-- What a user reads is marked in its row.\n");
	buffer_append_format(
	    sql,
	    "CREATE FUNCTION allim.adopted_%s_read(sources text[]) RETURNS void\n" FUNCTION_SETTINGS
	    "SET lock_timeout = '100ms' AS " DOLLARS "\n"
	    "BEGIN\n"
	    "\tUPDATE %s n SET %s = %s\n"
	    "\tWHERE n.%s = ANY (ARRAY(\n"
	    "\t\tSELECT o.%s FROM %s o\n"
	    "\t\tWHERE o.%s = ANY ($1::%s[]) AND o.%s %s\n"
	    "\t\tFOR NO KEY UPDATE SKIP LOCKED));\n"
	    "\tINSERT INTO allim.adopted_late (adopted, source)\n"
	    "\tSELECT %s, n.%s::text FROM %s n\n"
	    "\tWHERE n.%s = ANY ($1::%s[]) AND n.%s %s\n"
	    "\tON CONFLICT DO NOTHING;\n"
	    "END\n" DOLLARS ";\n"
	    "REVOKE ALL ON FUNCTION allim.adopted_%s_read(text[]) FROM PUBLIC;\n",
	    table->number, table->name, read, is_boolean(table) ? "true" : "now()", id->name,
	    id->name, table->name, id->name, id->type, read, is_unread, table->number, id->name,
	    table->name, id->name, id->type, read, is_unread, table->number);
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
