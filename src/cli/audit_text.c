/* What does not fit is cut, and --json has it. */
#include "cli/audit_text.h"

#include "cli/output.h"

#include <string.h>

enum { COLUMNS = 100, TIME_COLUMNS = 24, EVENT_COLUMNS = 11, GAP = 2 };

static struct slice text_of(const json_t *record, const char *name)
{
	const json_t *member = json_object_get(record, name);

	return slice_from_bytes(json_string_value(member), json_string_length(member));
}

static bool is_shown_apart(const char *name)
{
	return strcmp(name, "time") == 0 || strcmp(name, "node") == 0 || strcmp(name, "event") == 0;
}

static void append_value(struct buffer *text, const json_t *value)
{
	if (json_is_string(value))
		output_append_visible(
		    text, slice_from_bytes(json_string_value(value), json_string_length(value)));
	else if (json_is_integer(value))
		buffer_append_integer(text, json_integer_value(value));
}

/* name=value; what is true is its name alone. */
static void append_members(struct buffer *text, const json_t *record)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)record, name, value)
	{
		if (is_shown_apart(name))
			continue;
		buffer_append_string(text, text->length > 0 ? " " : "");
		output_append_visible(text, slice_from_string(name));
		if (json_is_true(value))
			continue;
		buffer_append_byte(text, '=');
		append_value(text, value);
	}
}

static void append_padded(struct buffer *buffer, struct slice text, size_t columns,
			  enum output_style style, bool colours)
{
	output_append_styled(buffer, text, style, colours);
	buffer_append_format(buffer, "%*s",
			     (int)((text.length < columns ? columns - text.length : 0) + GAP), "");
}

void audit_text_append(struct buffer *buffer, const json_t *record, bool colours)
{
	struct buffer members = BUFFER_EMPTY;

	append_members(&members, record);
	append_padded(buffer, text_of(record, "time"), TIME_COLUMNS, OUTPUT_DIM, colours);
	append_padded(buffer, text_of(record, "event"), EVENT_COLUMNS, OUTPUT_ACCENT, colours);
	output_append_cut(buffer, buffer_slice(&members),
			  COLUMNS - TIME_COLUMNS - EVENT_COLUMNS - 2 * GAP);
	buffer_append_byte(buffer, '\n');
	buffer->failed = buffer->failed || buffer_failed(&members);
	buffer_finish(&members);
}
