/* A cell that is too long is cut, and says so; what does not fit is in `deadletter show`. */
#include "cli/deadletter_text.h"

#include "cli/output.h"

#include <stdio.h>

enum { COLUMNS = 100, MINUTE_BYTES = 16 /* of 2026-01-31T09:30:00.000Z */ };

static const struct column {
	const char *title;
	const char *member;
	size_t width;
	bool is_number;
} columns[] = {
    {"ID", "id", 8, true},
    {"BURIED (UTC)", "buried_at", MINUTE_BYTES, false},
    {"TRIES", "tries", 5, true},
    {"SOURCE", "source", 18, false},
    {"POSITION", "position", 14, false},
    {"REASON", "reason", COLUMNS, false},
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]), TIME_COLUMN = 1 };

static void append_padding(struct buffer *buffer, size_t count)
{
	buffer_append_format(buffer, "%*s", (int)count, "");
}

/* Returns the columns that it takes. Numbers are never cut. */
static size_t append_cell(struct buffer *buffer, const struct column *column, struct slice text,
			  size_t room)
{
	size_t width = column->width < room ? column->width : room;
	bool is_last = column == &columns[COLUMN_COUNT - 1];
	size_t used;

	if (column->is_number) {
		append_padding(buffer, text.length < width ? width - text.length : 0);
		buffer_append(buffer, text);
		return text.length < width ? width : text.length;
	}
	used = output_append_cut(buffer, text, width);
	if (!is_last)
		append_padding(buffer, width - used);
	return width;
}

static void append_line(struct buffer *buffer, const struct slice cells[static COLUMN_COUNT])
{
	size_t used = 0;

	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		if (i > 0)
			append_padding(buffer, 2);
		used += i > 0 ? 2 : 0;
		used +=
		    append_cell(buffer, &columns[i], cells[i], used < COLUMNS ? COLUMNS - used : 1);
	}
	buffer_append_byte(buffer, '\n');
}

void deadletter_text_append_head(struct buffer *buffer)
{
	struct slice cells[COLUMN_COUNT];

	for (size_t i = 0; i < COLUMN_COUNT; i++)
		cells[i] = slice_from_string(columns[i].title);
	append_line(buffer, cells);
}

/* As a terminal may be shown it. */
static void append_value(struct buffer *text, const json_t *value, size_t column)
{
	struct slice string = slice_from_bytes(json_string_value(value), json_string_length(value));

	if (json_is_integer(value))
		buffer_append_integer(text, json_integer_value(value));
	else if (json_is_string(value) && column == TIME_COLUMN && string.length > MINUTE_BYTES)
		output_append_visible(text, slice_from_bytes(string.data, MINUTE_BYTES));
	else if (json_is_string(value))
		output_append_visible(text, string);
}

void deadletter_text_append_row(struct buffer *buffer, json_t *letter)
{
	struct buffer texts[COLUMN_COUNT] = {BUFFER_EMPTY};
	struct slice cells[COLUMN_COUNT];

	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		append_value(&texts[i], json_object_get(letter, columns[i].member), i);
		buffer->failed = buffer->failed || buffer_failed(&texts[i]);
		cells[i] = buffer_slice(&texts[i]);
	}
	append_line(buffer, cells);
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		buffer_finish(&texts[i]);
}
