/* Names are JSON's, with blanks for underscores. Numbers stand in one column whatever the depth.
 * The depth is bounded by DEEPEST, because the JSON is not ours. */
#include "cli/stats_text.h"

#include "cli/output.h"

enum { VALUE_COLUMN = 30, DEEPEST = 8, INDENTATION = 2 };

static void append_members(struct buffer *buffer, json_t *object, size_t depth, bool colours);

static void append_name(struct buffer *buffer, const char *name, size_t depth,
			enum output_style style, bool colours)
{
	size_t length = strlen(name);
	size_t width = depth * INDENTATION + length;
	size_t start;

	buffer_append_format(buffer, "%*s", (int)(depth * INDENTATION), "");
	start = buffer->length;
	output_append_styled(buffer, slice_from_bytes(name, length), style, colours);
	for (size_t i = start; i < buffer->length; i++) {
		if (buffer->data[i] == '_')
			buffer->data[i] = ' ';
	}
	if (style == OUTPUT_BOLD)
		return;
	buffer_append_format(buffer, "%*s", width < VALUE_COLUMN ? (int)(VALUE_COLUMN - width) : 1,
			     "");
}

/* Other things than these are shown as the JSON that they are. */
static void append_value(struct buffer *buffer, json_t *value)
{
	char *text;

	if (json_is_string(value)) {
		output_append_visible(
		    buffer, slice_from_bytes(json_string_value(value), json_string_length(value)));
		return;
	}
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
	if (text == NULL)
		buffer->failed = true;
	else
		output_append_visible(buffer, slice_from_string(json_is_null(value) ? "-" : text));
	free(text);
}

static void append_member(struct buffer *buffer, const char *name, json_t *value, size_t depth,
			  bool colours)
{
	bool nested = json_is_object(value) && depth < DEEPEST;

	append_name(buffer, name, depth, nested ? OUTPUT_BOLD : OUTPUT_PLAIN, colours);
	if (!nested)
		append_value(buffer, value);
	buffer_append_byte(buffer, '\n');
	if (nested)
		append_members(buffer, value, depth + 1, colours);
}

static void append_members(struct buffer *buffer, json_t *object, size_t depth, bool colours)
{
	for (void *member = json_object_iter(object); member != NULL;
	     member = json_object_iter_next(object, member))
		append_member(buffer, json_object_iter_key(member), json_object_iter_value(member),
			      depth, colours);
}

void stats_text_append(struct buffer *buffer, json_t *object, bool colours)
{
	append_members(buffer, object, 0, colours);
}
