/* Records may come late, when the store could not be reached for a while. So they have two times:
 * their own, and that of the commit, which rises with the ids. The second finds where to begin
 * looking, and what is old. */
#include "store/sqlite_audit.h"

#include "store/store_audit.h"

#include <errno.h>

/* Clocks of nodes differ, so a record may seem to be younger than the commit that it came with. */
enum { CLOCKS_DIFFER = 60 * 1000 * 1000 };

static int insert(struct sqlite_writer *writer, const struct store_audit_record *record)
{
	sqlite3_stmt *statement = sqlite_connection_bind(
	    &writer->connection, STATEMENT_AUDIT_INSERT, SQLITE_NUMBERS(writer->now, record->time));

	sqlite_connection_bind_text(statement, 3, record->event);
	sqlite_connection_bind_text(statement, 4, record->user);
	sqlite_connection_bind_text(statement, 5, record->line);
	return sqlite_connection_step(statement);
}

int sqlite_audit_append(struct sqlite_writer *writer, struct store_request *request)
{
	const struct store_audit *audit = (const struct store_audit *)request;
	int result =
	    sqlite_connection_run(&writer->connection, STATEMENT_AUDIT_BATCH,
				  SQLITE_NUMBERS((int64_t)audit->node, audit->batch, writer->now));

	if (result < 0 || sqlite3_changes(writer->connection.database) == 0)
		return result;
	for (size_t i = 0; i < audit->record_count && result == 0; i++)
		result = insert(writer, &audit->records[i]);
	return result;
}

static int prune(struct sqlite_writer *writer, enum sqlite_statement statement, int64_t oldest,
		 int most, int *pruned)
{
	int result =
	    sqlite_connection_run(&writer->connection, statement, SQLITE_NUMBERS(oldest, most));
	int gone = sqlite3_changes(writer->connection.database);

	if (result == 0 && gone > *pruned)
		*pruned = gone;
	return result;
}

int sqlite_audit_prune(struct sqlite_writer *writer, int most, int *pruned)
{
	int64_t age = atomic_load_explicit(&writer->settings->audit_age, memory_order_relaxed);
	int result;

	if (age <= 0)
		return 0;
	result = prune(writer, STATEMENT_AUDIT_PRUNE, writer->now - age, most, pruned);
	return result < 0
		   ? result
		   : prune(writer, STATEMENT_AUDIT_PRUNE_NODES, writer->now - age, most, pruned);
}

static bool is_wanted(const struct store_audit_read *page, sqlite3_stmt *statement)
{
	return sqlite3_column_int64(statement, 1) >= page->since &&
	       (slice_is_empty(page->event) ||
		slice_equals(page->event, sqlite_connection_text(statement, 2)));
}

static int fill(struct store_audit_read *page, sqlite3_stmt *statement, int64_t from)
{
	int64_t last = from;
	int result, scanned = 0;

	while ((result = sqlite_connection_step(statement)) > 0) {
		int64_t id = sqlite3_column_int64(statement, 0);

		if (is_wanted(page, statement)) {
			result = store_audit_add(page, id, sqlite_connection_text(statement, 3));
			if (result <= 0)
				break;
		}
		last = id;
		scanned++;
	}
	sqlite3_reset(statement);
	if (result == 0)
		store_audit_end(page, last, scanned == STORE_AUDIT_SCAN);
	return result;
}

int sqlite_audit_answer(struct sqlite_reader *reader, struct store_request *request, void *seen)
{
	struct store_audit_read *page = (struct store_audit_read *)request;
	struct sqlite_connection *connection = &reader->connection;
	bool any = slice_is_empty(page->user);
	int64_t from = 0;
	sqlite3_stmt *statement;
	int result;

	(void)seen;
	if (store_audit_begin(page, page->limit) < 0)
		return -ENOMEM;
	result = page->since <= 0
		     ? 0
		     : sqlite_connection_number(connection, STATEMENT_AUDIT_BEFORE,
						SQLITE_NUMBERS(page->since - CLOCKS_DIFFER), &from);
	if (result < 0)
		return result;
	if (from < page->after)
		from = page->after;
	statement =
	    sqlite_connection_bind(connection, any ? STATEMENT_AUDIT_UP : STATEMENT_AUDIT_UP_USER,
				   SQLITE_NUMBERS(from, STORE_AUDIT_SCAN));
	if (!any)
		sqlite_connection_bind_text(statement, 3, page->user);
	return fill(page, statement, from);
}
