/* How many letters there are is counted once, at the start, and then kept: the writer alone changes
 * the table, and counting it for every glance at the metrics would read all of it. */
#include "store/sqlite_dead_letter.h"

#include "store/store_dead_letter.h"

#include <errno.h>

static int changes(const struct sqlite_writer *writer)
{
	return sqlite3_changes(writer->connection.database);
}

static int insert(struct sqlite_writer *writer, const struct store_dead_letter *letter)
{
	sqlite3_stmt *statement =
	    sqlite_connection_bind(&writer->connection, STATEMENT_DEAD_LETTER_INSERT,
				   SQLITE_NUMBERS(letter->tries, letter->first_at, writer->now));

	sqlite_connection_bind_text(statement, 4, letter->source);
	sqlite_connection_bind_text(statement, 5, letter->position);
	sqlite_connection_bind_bytes(statement, 6, letter->key.data, letter->key.length);
	sqlite_connection_bind_bytes(statement, 7, letter->content_type.data,
				     letter->content_type.length);
	sqlite_connection_bind_text(statement, 8, letter->reason);
	sqlite_connection_bind_bytes(statement, 9, letter->body.data, letter->body.length);
	return sqlite_connection_step(statement);
}

int sqlite_dead_letter_bury(struct sqlite_writer *writer, struct store_request *request)
{
	struct store_bury *bury = (struct store_bury *)request;
	int result = 0;

	bury->buried = 0;
	for (size_t i = 0; i < bury->letter_count && result == 0; i++) {
		result = insert(writer, &bury->letters[i]);
		if (result == 0)
			bury->buried += (size_t)changes(writer);
	}
	writer->buried += (int64_t)bury->buried;
	return result;
}

int sqlite_dead_letter_bury_again(struct sqlite_writer *writer, struct store_request *request)
{
	const struct store_bury_again *again = (const struct store_bury_again *)request;
	sqlite3_stmt *statement = sqlite_connection_bind(
	    &writer->connection, STATEMENT_DEAD_LETTER_BLAME, SQLITE_NUMBERS(again->id));
	int result;

	sqlite_connection_bind_text(statement, 2, again->reason);
	result = sqlite_connection_step(statement);
	if (result == 0 && changes(writer) == 0)
		request->result = -ENOENT;
	return result;
}

static int exhume_oldest(struct sqlite_writer *writer, const struct store_exhume *exhume)
{
	int64_t limit = exhume->limit > INT64_MAX ? INT64_MAX : (int64_t)exhume->limit;
	sqlite3_stmt *statement;

	if (slice_is_empty(exhume->source))
		return sqlite_connection_run(&writer->connection, STATEMENT_DEAD_LETTERS_DELETE,
					     SQLITE_NUMBERS(limit));
	statement = sqlite_connection_bind(
	    &writer->connection, STATEMENT_DEAD_LETTERS_DELETE_SOURCE, SQLITE_NUMBERS(limit));
	sqlite_connection_bind_text(statement, 2, exhume->source);
	return sqlite_connection_step(statement);
}

int sqlite_dead_letter_exhume(struct sqlite_writer *writer, struct store_request *request)
{
	struct store_exhume *exhume = (struct store_exhume *)request;
	int result = 0;

	exhume->exhumed = 0;
	for (size_t i = 0; i < exhume->id_count && result == 0; i++) {
		result = sqlite_connection_run(&writer->connection, STATEMENT_DEAD_LETTER_DELETE,
					       SQLITE_NUMBERS(exhume->ids[i]));
		if (result == 0)
			exhume->exhumed += (size_t)changes(writer);
	}
	if (exhume->id_count == 0) {
		result = exhume_oldest(writer, exhume);
		exhume->exhumed = result == 0 ? (size_t)changes(writer) : 0;
	}
	writer->buried -= (int64_t)exhume->exhumed;
	return result;
}

int sqlite_dead_letter_prune(struct sqlite_writer *writer, int most, int *ret_pruned)
{
	int64_t age =
	    atomic_load_explicit(&writer->settings->dead_letter_age, memory_order_relaxed);
	int result;

	if (age <= 0)
		return 0;
	result = sqlite_connection_run(&writer->connection, STATEMENT_DEAD_LETTERS_PRUNE,
				       SQLITE_NUMBERS(writer->now - age, most));
	if (result < 0)
		return result;
	*ret_pruned = changes(writer);
	writer->buried -= *ret_pruned;
	writer->letters_forgotten += (uint64_t)*ret_pruned;
	return 0;
}

int sqlite_dead_letter_count(struct sqlite_connection *connection, struct store_figures *figures)
{
	int64_t count = 0;
	int result =
	    sqlite_connection_number(connection, STATEMENT_DEAD_LETTERS_COUNT, 0, NULL, &count);

	atomic_store(&figures->dead_letters, (uint64_t)count);
	return result;
}

static struct store_dead_letter read_letter(sqlite3_stmt *statement, bool with_body)
{
	return (struct store_dead_letter){
	    .id = sqlite3_column_int64(statement, 0),
	    .tries = sqlite3_column_int64(statement, 1),
	    .first_at = sqlite3_column_int64(statement, 2),
	    .buried_at = sqlite3_column_int64(statement, 3),
	    .body_length = (size_t)sqlite3_column_int64(statement, 4),
	    .source = sqlite_connection_text(statement, 5),
	    .position = sqlite_connection_text(statement, 6),
	    .key = sqlite_connection_text(statement, 7),
	    .content_type = sqlite_connection_text(statement, 8),
	    .reason = sqlite_connection_text(statement, 9),
	    .body = with_body ? sqlite_connection_text(statement, 10) : SLICE(""),
	};
}

static int fill(struct store_dead_letters *page, sqlite3_stmt *statement)
{
	int result;

	while ((result = sqlite_connection_step(statement)) > 0) {
		struct store_dead_letter letter = read_letter(statement, page->id != 0);

		result = store_dead_letter_add(page, &letter);
		if (result <= 0)
			break;
	}
	sqlite3_reset(statement);
	return result;
}

int sqlite_dead_letter_answer(struct sqlite_reader *reader, struct store_request *request,
			      void *seen)
{
	struct store_dead_letters *page = (struct store_dead_letters *)request;
	struct sqlite_connection *connection = &reader->connection;
	int64_t before = page->before == 0 ? INT64_MAX : page->before;
	sqlite3_stmt *statement;

	(void)seen;
	if (store_dead_letter_begin(page, page->id != 0 ? 1 : page->limit) < 0)
		return -ENOMEM;
	if (page->id != 0)
		return fill(page, sqlite_connection_bind(connection, STATEMENT_DEAD_LETTER_SELECT,
							 SQLITE_NUMBERS(page->id)));
	if (slice_is_empty(page->source))
		return fill(page, sqlite_connection_bind(connection, STATEMENT_DEAD_LETTERS_DOWN,
							 SQLITE_NUMBERS(before)));
	statement = sqlite_connection_bind(connection, STATEMENT_DEAD_LETTERS_DOWN_SOURCE,
					   SQLITE_NUMBERS(before));
	sqlite_connection_bind_text(statement, 2, page->source);
	return fill(page, statement);
}
