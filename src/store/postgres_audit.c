/* A batch is one statement with an array for each column. */
#include "store/postgres_audit.h"

#include "store/store_audit.h"

#include <errno.h>

enum { COLUMN_TIME, COLUMN_EVENT, COLUMN_USER, COLUMN_LINE, COLUMNS };

void postgres_audit_send(struct postgres_batch *batch, const struct store_request *request)
{
	const struct store_audit *audit = (const struct store_audit *)request;
	struct postgres_parameters parameters = {.count = 0};
	struct postgres_array columns[COLUMNS];

	for (int i = 0; i < COLUMNS; i++)
		postgres_array_init(&columns[i],
				    i == COLUMN_TIME ? POSTGRES_BIGINT : POSTGRES_TEXT);
	for (size_t i = 0; i < audit->record_count; i++) {
		postgres_array_add_number(&columns[COLUMN_TIME], audit->records[i].time);
		postgres_array_add_text(&columns[COLUMN_EVENT], audit->records[i].event);
		postgres_array_add_text(&columns[COLUMN_USER], audit->records[i].user);
		postgres_array_add_text(&columns[COLUMN_LINE], audit->records[i].line);
	}
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, (int64_t)audit->node);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, audit->batch);
	for (int i = 0; i < COLUMNS; i++)
		postgres_parameters_add_array(&parameters, &columns[i]);
	postgres_connection_send(batch->connection, POSTGRES_AUDIT, &parameters);
	for (int i = 0; i < COLUMNS; i++)
		postgres_array_finish(&columns[i]);
}

void postgres_audit_receive(struct postgres_batch *batch, struct store_request *request)
{
	(void)request;
	PQclear(postgres_connection_receive(batch->connection));
}

/* One more than the page takes tells whether there are more. */
void postgres_audit_send_read(struct postgres_batch *batch, const struct store_request *request)
{
	const struct store_audit_read *page = (const struct store_audit_read *)request;
	struct postgres_parameters parameters = {.count = 0};

	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, page->after);
	postgres_parameters_add_text(&parameters, page->user);
	postgres_parameters_add_text(&parameters, page->event);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, page->since);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, (int64_t)page->limit + 1);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, STORE_AUDIT_SCAN);
	postgres_connection_send(batch->connection, POSTGRES_AUDIT_READ, &parameters);
}

/* The last row says how far the store looked. */
static int fill(struct store_audit_read *page, const PGresult *result)
{
	int rows = PQntuples(result) - 1;
	int added = 1;

	if (rows < 0)
		return -EIO;
	if (store_audit_begin(page, (size_t)rows) < 0)
		return -ENOMEM;
	for (int row = 0; row < rows && added > 0; row++)
		added = store_audit_add(page, postgres_result_number(result, row, 0),
					postgres_result_text(result, row, 1));
	if (added >= 0)
		store_audit_end(page, postgres_result_number(result, rows, 0),
				postgres_result_number(result, rows, 2) != 0);
	return added < 0 ? added : 0;
}

int postgres_audit_receive_read(struct postgres_batch *batch, struct store_request *request)
{
	PGresult *result = postgres_connection_receive(batch->connection);
	int code = result == NULL ? -EAGAIN : fill((struct store_audit_read *)request, result);

	PQclear(result);
	return code;
}
