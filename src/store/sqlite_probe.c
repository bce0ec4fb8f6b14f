/* The writer commits a number; the request then goes on to the reader, whose snapshot must show it,
 * or a later one. All of that also works on a file that somebody has deleted or replaced, and whose
 * content ends with the process; so that is asked, too. */
#include "store/sqlite_probe.h"

#include "base/log.h"

#include <errno.h>

static bool has_moved(sqlite3 *database)
{
	int moved = 0;

	sqlite3_file_control(database, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	return moved != 0;
}

int sqlite_probe_write(struct sqlite_writer *writer, struct store_request *request)
{
	struct store_probe *probe = (struct store_probe *)request;

	if (has_moved(writer->connection.database)) {
		log_error("the database file was moved or deleted while the node runs");
		request->result = -EIO;
		return 0;
	}
	probe->number = ++writer->probe;
	return sqlite_connection_run(&writer->connection, STATEMENT_META_PROBE,
				     SQLITE_NUMBERS(writer->probe));
}

int sqlite_probe_read(struct sqlite_reader *reader, struct store_request *request, void *seen)
{
	const struct store_probe *probe = (const struct store_probe *)request;
	sqlite3_stmt *statement = reader->connection.statements[STATEMENT_META_SELECT];
	int result = sqlite_connection_step(statement);

	(void)seen;
	if (result <= 0)
		return result < 0 ? result : -EIO;
	result = sqlite3_column_int64(statement, 3) >= probe->number ? 0 : -EIO;
	sqlite3_reset(statement);
	return result;
}
