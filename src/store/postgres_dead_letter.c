/* One statement for each letter: they go in one pipeline, and a flood of letters is rare. */
#include "store/postgres_dead_letter.h"

#include "store/store_dead_letter.h"

#include <errno.h>

static void send_letter(struct postgres_batch *batch, const struct store_dead_letter *letter)
{
	struct postgres_parameters parameters = {.count = 0};

	postgres_parameters_add_text(&parameters, letter->source);
	postgres_parameters_add_text(&parameters, letter->position);
	postgres_parameters_add_text(&parameters, letter->key);
	postgres_parameters_add_text(&parameters, letter->content_type);
	postgres_parameters_add_text(&parameters, letter->reason);
	postgres_parameters_add_text(&parameters, letter->body);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, letter->tries);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, letter->first_at);
	postgres_connection_send(batch->connection, POSTGRES_BURY, &parameters);
}

void postgres_dead_letter_send_bury(struct postgres_batch *batch,
				    const struct store_request *request)
{
	const struct store_bury *bury = (const struct store_bury *)request;

	for (size_t i = 0; i < bury->letter_count; i++)
		send_letter(batch, &bury->letters[i]);
}

void postgres_dead_letter_receive_bury(struct postgres_batch *batch, struct store_request *request)
{
	struct store_bury *bury = (struct store_bury *)request;

	bury->buried = 0;
	for (size_t i = 0; i < bury->letter_count; i++) {
		PGresult *result = postgres_connection_receive(batch->connection);

		bury->buried += result == NULL ? 0 : (size_t)PQntuples(result);
		PQclear(result);
	}
}

void postgres_dead_letter_send_bury_again(struct postgres_batch *batch,
					  const struct store_request *request)
{
	const struct store_bury_again *again = (const struct store_bury_again *)request;
	struct postgres_parameters parameters = {.count = 0};

	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, again->id);
	postgres_parameters_add_text(&parameters, again->reason);
	postgres_connection_send(batch->connection, POSTGRES_BURY_AGAIN, &parameters);
}

void postgres_dead_letter_receive_bury_again(struct postgres_batch *batch,
					     struct store_request *request)
{
	PGresult *result = postgres_connection_receive(batch->connection);

	if (result != NULL && PQntuples(result) == 0)
		request->result = -ENOENT;
	PQclear(result);
}

static void send_exhume_oldest(struct postgres_batch *batch, const struct store_exhume *exhume)
{
	int64_t limit = exhume->limit > INT64_MAX ? INT64_MAX : (int64_t)exhume->limit;
	struct postgres_parameters parameters = {.count = 0};

	postgres_parameters_add_text(&parameters, exhume->source);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, limit);
	postgres_connection_send(batch->connection, POSTGRES_EXHUME_OLDEST, &parameters);
}

void postgres_dead_letter_send_exhume(struct postgres_batch *batch,
				      const struct store_request *request)
{
	const struct store_exhume *exhume = (const struct store_exhume *)request;
	struct postgres_parameters parameters = {.count = 0};
	struct postgres_array ids;

	if (exhume->id_count == 0) {
		send_exhume_oldest(batch, exhume);
		return;
	}
	postgres_array_init(&ids, POSTGRES_BIGINT);
	for (size_t i = 0; i < exhume->id_count; i++)
		postgres_array_add_number(&ids, exhume->ids[i]);
	postgres_parameters_add_array(&parameters, &ids);
	postgres_connection_send(batch->connection, POSTGRES_EXHUME, &parameters);
	postgres_array_finish(&ids);
}

void postgres_dead_letter_receive_exhume(struct postgres_batch *batch,
					 struct store_request *request)
{
	struct store_exhume *exhume = (struct store_exhume *)request;
	PGresult *result = postgres_connection_receive(batch->connection);

	exhume->exhumed = result == NULL ? 0 : (size_t)postgres_result_number(result, 0, 0);
	PQclear(result);
}

void postgres_dead_letter_send(struct postgres_batch *batch, const struct store_request *request)
{
	const struct store_dead_letters *page = (const struct store_dead_letters *)request;
	struct postgres_parameters parameters = {.count = 0};
	int64_t bytes = page->limit_bytes == 0 ? INT64_MAX : (int64_t)page->limit_bytes;

	if (page->id != 0) {
		postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, page->id);
		postgres_connection_send(batch->connection, POSTGRES_DEAD_LETTER, &parameters);
		return;
	}
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT,
				       page->before == 0 ? INT64_MAX : page->before);
	postgres_parameters_add_text(&parameters, page->source);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, (int64_t)page->limit);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, bytes);
	postgres_connection_send(batch->connection, POSTGRES_DEAD_LETTERS, &parameters);
}

static struct store_dead_letter read_letter(const PGresult *result, int row, bool with_body)
{
	return (struct store_dead_letter){
	    .id = postgres_result_number(result, row, 0),
	    .tries = postgres_result_number(result, row, 1),
	    .first_at = postgres_result_number(result, row, 2),
	    .buried_at = postgres_result_number(result, row, 3),
	    .body_length = (size_t)postgres_result_number(result, row, 4),
	    .source = postgres_result_text(result, row, 5),
	    .position = postgres_result_text(result, row, 6),
	    .key = postgres_result_text(result, row, 7),
	    .content_type = postgres_result_text(result, row, 8),
	    .reason = postgres_result_text(result, row, 9),
	    .body = with_body ? postgres_result_text(result, row, 10) : SLICE(""),
	};
}

static int fill(struct store_dead_letters *page, const PGresult *result)
{
	int rows = PQntuples(result);
	int added = 1;

	if (store_dead_letter_begin(page, (size_t)rows) < 0)
		return -ENOMEM;
	for (int row = 0; row < rows && added > 0; row++) {
		struct store_dead_letter letter = read_letter(result, row, page->id != 0);

		added = store_dead_letter_add(page, &letter);
	}
	return added < 0 ? added : 0;
}

int postgres_dead_letter_receive(struct postgres_batch *batch, struct store_request *request)
{
	PGresult *result = postgres_connection_receive(batch->connection);
	int code = result == NULL ? -EAGAIN : fill((struct store_dead_letters *)request, result);

	PQclear(result);
	return code;
}
