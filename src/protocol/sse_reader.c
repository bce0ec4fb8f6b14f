/* Lines that came whole are read where they are; only what is cut by the end of the input is kept.
 *
 * In one point browsers do other than the text says, and so do we: the id of the last event
 * outlives a reconnect even when the new stream's first event has none. Otherwise a `retry:` at the
 * start of a stream would make a client forget where it was. */
#include "protocol/sse_reader.h"

#include <errno.h>

enum { BOM_BYTES = 3 };

void sse_reader_init(struct sse_reader *reader, size_t limit)
{
	*reader = (struct sse_reader){.limit = limit, .retry = -1};
}

void sse_reader_finish(struct sse_reader *reader)
{
	buffer_finish(&reader->line);
	buffer_finish(&reader->type);
	buffer_finish(&reader->data);
	buffer_finish(&reader->id);
	buffer_finish(&reader->last_id);
}

/* Replaces the text, or leaves it as it was where memory is short. */
static int assign(struct buffer *buffer, struct slice text)
{
	buffer_clear(buffer);
	buffer_append(buffer, text);
	return buffer_failed(buffer) ? -ENOMEM : 0;
}

void sse_reader_reconnect(struct sse_reader *reader)
{
	buffer_clear(&reader->line);
	buffer_clear(&reader->type);
	buffer_clear(&reader->data);
	buffer_clear(&reader->id);
	reader->failed = false;
	reader->bom_bytes = 0;
	reader->after_cr = false;
}

struct slice sse_reader_last_id(const struct sse_reader *reader)
{
	return buffer_slice(&reader->last_id);
}

struct delivery {
	int (*on_message)(void *context, const struct sse_message *message);
	void *context;
};

static int dispatch(struct sse_reader *reader, const struct delivery *delivery)
{
	struct sse_message message;
	int result;

	if (assign(&reader->last_id, buffer_slice(&reader->id)) < 0)
		return -ENOMEM;
	if (reader->data.length == 0) {
		buffer_clear(&reader->type);
		return 0;
	}
	message.type = reader->type.length == 0 ? SLICE("message") : buffer_slice(&reader->type);
	message.data = slice_from_bytes(reader->data.data, reader->data.length - 1);
	message.last_id = buffer_slice(&reader->last_id);
	result = delivery->on_message(delivery->context, &message);
	buffer_clear(&reader->type);
	buffer_clear(&reader->data);
	return result;
}

static int on_type(struct sse_reader *reader, struct slice value)
{
	return assign(&reader->type, value);
}

static int on_data(struct sse_reader *reader, struct slice value)
{
	if (reader->data.length + value.length + 1 > reader->limit)
		return -EMSGSIZE;
	buffer_append(&reader->data, value);
	buffer_append_byte(&reader->data, '\n');
	return buffer_failed(&reader->data) ? -ENOMEM : 0;
}

static int on_id(struct sse_reader *reader, struct slice value)
{
	if (value.length > 0 && memchr(value.data, '\0', value.length) != NULL)
		return 0;
	return assign(&reader->id, value);
}

/* Only digits count; what no clock can wait for is left out as well. */
static int on_retry(struct sse_reader *reader, struct slice value)
{
	uint64_t milliseconds;

	if (slice_to_unsigned(value, &milliseconds) == 0 && milliseconds <= INT64_MAX)
		reader->retry = (int64_t)milliseconds;
	return 0;
}

static int process_field(struct sse_reader *reader, struct slice name, struct slice value)
{
	static const struct {
		struct slice name;
		int (*on_value)(struct sse_reader *reader, struct slice value);
	} fields[] = {{{"data", 4}, on_data},
		      {{"event", 5}, on_type},
		      {{"id", 2}, on_id},
		      {{"retry", 5}, on_retry}};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (slice_equals(fields[i].name, name))
			return fields[i].on_value(reader, value);
	}
	return 0;
}

static int process_line(struct sse_reader *reader, struct slice line,
			const struct delivery *delivery)
{
	struct slice name;

	if (line.length == 0)
		return dispatch(reader, delivery);
	name = slice_split(&line, ':');
	if (name.length == 0)
		return 0;
	if (slice_starts_with(line, SLICE(" ")))
		line = slice_from_bytes(line.data + 1, line.length - 1);
	return process_field(reader, name, line);
}

static int keep(struct sse_reader *reader, struct slice piece)
{
	if (reader->line.length + piece.length > reader->limit)
		return -EMSGSIZE;
	buffer_append(&reader->line, piece);
	return buffer_failed(&reader->line) ? -ENOMEM : 0;
}

static int end_line(struct sse_reader *reader, struct slice piece, const struct delivery *delivery)
{
	int result;

	if (reader->line.length + piece.length > reader->limit)
		return -EMSGSIZE;
	if (reader->line.length == 0)
		return process_line(reader, piece, delivery);
	result = keep(reader, piece);
	if (result == 0)
		result = process_line(reader, buffer_slice(&reader->line), delivery);
	buffer_clear(&reader->line);
	return result;
}

/* One byte order mark at the very start is dropped; what only began like one is text. */
static int skip_bom(struct sse_reader *reader, struct slice *input)
{
	static const char bom[] = "\xEF\xBB\xBF";

	while (reader->bom_bytes < BOM_BYTES && input->length > 0) {
		if (input->data[0] != bom[reader->bom_bytes]) {
			unsigned seen = reader->bom_bytes;

			reader->bom_bytes = BOM_BYTES;
			return keep(reader, slice_from_bytes(bom, seen));
		}
		reader->bom_bytes++;
		*input = slice_from_bytes(input->data + 1, input->length - 1);
	}
	return 0;
}

static size_t find_line_end(struct slice text)
{
	size_t end = 0;

	while (end < text.length && text.data[end] != '\n' && text.data[end] != '\r')
		end++;
	return end;
}

static int read_lines(struct sse_reader *reader, struct slice input,
		      const struct delivery *delivery)
{
	int result = skip_bom(reader, &input);

	while (result == 0 && input.length > 0) {
		size_t end;

		if (reader->after_cr && input.data[0] == '\n') {
			reader->after_cr = false;
			input = slice_from_bytes(input.data + 1, input.length - 1);
			continue;
		}
		reader->after_cr = false;
		end = find_line_end(input);
		if (end == input.length)
			return keep(reader, input);
		reader->after_cr = input.data[end] == '\r';
		result = end_line(reader, slice_from_bytes(input.data, end), delivery);
		input = slice_from_bytes(input.data + end + 1, input.length - end - 1);
	}
	return result;
}

int sse_reader_feed(struct sse_reader *reader, struct slice input,
		    int (*on_message)(void *context, const struct sse_message *message),
		    void *context)
{
	const struct delivery delivery = {on_message, context};
	int result;

	if (reader->failed)
		return -ENOMEM;
	result = read_lines(reader, input, &delivery);
	reader->failed = result != 0;
	return result;
}
