/* Records as rows of the node's store.
 *
 * They are appended in transactions of their own, one at a time and of a bounded size, so that a
 * publish waits behind a small one at most. One whose end is not known is tried again with the same
 * number and the same records, and then the store has them once. */
#include "audit/audit_target.h"
#include "base/clock.h"
#include "store/store.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

enum { BATCH_RECORDS = 500, GATHER = 1000 };

struct audit_rows {
	struct audit_target target;
	struct store *store;
	uint64_t node;
	struct mailbox mailbox; /* where requests come back to */
	int64_t batch;		/* the number of the next one */
	struct buffer doubtful; /* the records of one that may have been appended */
};

/* A batch on its way: what its records point to. */
struct batch {
	struct store_audit request;
	struct store_audit_record records[BATCH_RECORDS];
	json_t *lines[BATCH_RECORDS];
};

static struct slice text_of(const json_t *line, const char *name)
{
	const json_t *member = json_object_get(line, name);

	return slice_from_bytes(json_string_value(member), json_string_length(member));
}

/* Only what is searched by is looked at. A line is one of ours; one that is no JSON all the same is
 * kept, and found by its time alone. Returns 0 or -ENOMEM. */
static int read_line(struct batch *batch, struct slice text)
{
	size_t place = batch->request.record_count;
	struct store_audit_record *record = &batch->records[place];
	json_error_t error;
	json_t *line = json_loadb(text.data, text.length, 0, &error);

	if (line == NULL && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	batch->lines[place] = line;
	batch->request.record_count++;
	*record = (struct store_audit_record){
	    .event = text_of(line, "event"),
	    .user = text_of(line, "user"),
	    .line = text,
	};
	if (clock_parse_wall(text_of(line, "time"), &record->time) < 0)
		record->time = clock_wall();
	return 0;
}

/* The first lines, as many as a batch takes. Returns 0 or -ENOMEM. */
static int read_lines(struct batch *batch, struct slice lines, size_t *ret_bytes)
{
	struct slice rest = lines;
	int result = 0;

	while (rest.length > 0 && batch->request.record_count < BATCH_RECORDS && result == 0)
		result = read_line(batch, slice_split(&rest, '\n'));
	*ret_bytes = lines.length - rest.length;
	return result;
}

static void on_appended(struct mailbox_message *message)
{
	*(bool *)store_request_of(message)->context = true;
}

static int append(struct audit_rows *rows, struct batch *batch)
{
	struct store_request *request = &batch->request.request;
	bool is_back = false;

	request->context = &is_back;
	batch->request.node = rows->node;
	batch->request.batch = rows->batch;
	batch->request.records = batch->records;
	store_submit(rows->store, request);
	while (!is_back) {
		mailbox_wait(&rows->mailbox, -1);
		mailbox_receive(&rows->mailbox);
	}
	return request->result;
}

static void forget_batch(struct batch *batch)
{
	for (size_t i = 0; i < batch->request.record_count; i++)
		json_decref(batch->lines[i]);
	store_request_finish(&batch->request.request);
	free(batch);
}

/* What is tried again must be what was tried before; anything else is another batch. */
static struct slice choose(struct audit_rows *rows, struct slice lines)
{
	struct slice doubtful = buffer_slice(&rows->doubtful);

	if (doubtful.length == 0)
		return lines;
	if (slice_starts_with(lines, doubtful))
		return slice_from_bytes(lines.data, doubtful.length);
	buffer_clear(&rows->doubtful);
	rows->batch++;
	return lines;
}

/* Where memory is too short to know them again, records may be there twice; under the same number,
 * others might be missing. */
static void settle(struct audit_rows *rows, int result, struct slice tried)
{
	buffer_clear(&rows->doubtful);
	if (result == -EAGAIN)
		buffer_append(&rows->doubtful, tried);
	if (rows->doubtful.length == 0)
		rows->batch++;
}

static int write_batch(struct audit_rows *rows, struct slice lines, size_t *ret_bytes)
{
	struct batch *batch = calloc(1, sizeof(*batch));
	size_t bytes = 0;
	int result;

	if (batch == NULL)
		return -EAGAIN;
	store_request_init(&batch->request.request, STORE_AUDIT, &rows->mailbox, on_appended);
	result = read_lines(batch, choose(rows, lines), &bytes);
	if (result == 0) {
		result = append(rows, batch);
		settle(rows, result, slice_from_bytes(lines.data, bytes));
	}
	forget_batch(batch);
	if (result == 0)
		*ret_bytes = bytes;
	return result == -ENOMEM ? -EAGAIN : result;
}

static int write_lines(struct audit_target *target, struct slice lines, size_t *ret_written)
{
	struct audit_rows *rows = (struct audit_rows *)target;
	int result = 0;

	*ret_written = 0;
	while (result == 0 && *ret_written < lines.length) {
		size_t bytes = 0;

		result = write_batch(
		    rows, slice_from_bytes(lines.data + *ret_written, lines.length - *ret_written),
		    &bytes);
		*ret_written += bytes;
	}
	return result;
}

static int keep(struct audit_target *target)
{
	(void)target;
	return -1;
}

static void close_rows(struct audit_target *target)
{
	struct audit_rows *rows = (struct audit_rows *)target;

	mailbox_finish(&rows->mailbox);
	buffer_finish(&rows->doubtful);
	free(rows);
}

static int open_rows(const struct audit_options *options, struct audit_target **ret_target,
		     struct error *error)
{
	struct audit_rows *rows = calloc(1, sizeof(*rows));
	int result = rows == NULL ? -ENOMEM : mailbox_init(&rows->mailbox);

	if (result < 0) {
		free(rows);
		return error_set(error, result, "cannot open the audit log: %s", strerror(-result));
	}
	rows->target.ops = &audit_rows_ops;
	rows->store = options->store;
	rows->node = options->node;
	rows->batch = 1;
	*ret_target = &rows->target;
	return 0;
}

const struct audit_target_ops audit_rows_ops = {
    .gather = GATHER,
    .needs_store = true,
    .open = open_rows,
    .write = write_lines,
    .keep = keep,
    .close = close_rows,
};
