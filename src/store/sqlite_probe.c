/* The writer commits a number; the request then goes on to the reader, whose snapshot must show it,
 * or a later one. */
#include "store/sqlite_probe.h"

#include <errno.h>

int sqlite_probe_write(struct sqlite_writer *writer, struct store_request *request)
{
	struct store_probe *probe = (struct store_probe *)request;

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
