/* A server of a later version may send events and members that are not known here: those are shown
 * as they came, and what is missing is left out. */
#include "cli/event_text.h"

#include "base/json.h"
#include "cli/output.h"

#include <errno.h>
#include <jansson.h>

struct line {
	struct buffer *buffer;
	json_t *data;
	bool colours;
};

/* How many rows the tables have, with the one that ends each. */
enum {
	EVENTS = 1
#define EVENT(name) +1
#include "core/events.def"
#undef EVENT
	,
	RESETS = 1
#define RESET(name, word, meaning) +1
#include "core/resets.def"
#undef RESET
};

static const struct event {
	struct slice type;
	void (*append)(const struct line *line);
} events[EVENTS];

static const struct reset {
	const char *word, *meaning;
} resets[RESETS];

static bool is_json(struct slice text)
{
	json_t *value = json_loadb(text.data, text.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	json_decref(value);
	return value != NULL;
}

static void append_data(struct buffer *buffer, struct slice data)
{
	if (is_json(data))
		buffer_append(buffer, data);
	else
		json_append_string(buffer, data);
}

int event_text_append_json(struct buffer *buffer, const struct sse_message *message)
{
	struct buffer line = BUFFER_EMPTY;

	if (!slice_is_utf8(message->type) || !slice_is_utf8(message->last_id) ||
	    !slice_is_utf8(message->data))
		return -EILSEQ;
	buffer_append_string(&line, "{\"event\":");
	json_append_string(&line, message->type);
	buffer_append_string(&line, ",\"id\":");
	json_append_string(&line, message->last_id);
	buffer_append_string(&line, ",\"data\":");
	append_data(&line, message->data);
	buffer_append_byte(&line, '}');
	output_append_json(buffer, buffer_slice(&line));
	buffer_append_byte(buffer, '\n');
	buffer->failed = buffer->failed || buffer_failed(&line);
	buffer_finish(&line);
	return 0;
}

static struct slice text_of(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	if (!json_is_string(value))
		return SLICE("");
	return slice_from_bytes(json_string_value(value), json_string_length(value));
}

static void append(const struct line *line, struct slice text, enum output_style style)
{
	output_append_styled(line->buffer, text, style, line->colours);
}

/* `before` and the member, if it has a text. */
static void append_member(const struct line *line, const char *before, const char *name,
			  enum output_style style)
{
	struct slice text = text_of(line->data, name);

	if (text.length == 0)
		return;
	buffer_append_string(line->buffer, before);
	append(line, text, style);
}

static void append_id(const struct line *line)
{
	buffer_append_string(line->buffer, " #");
	buffer_append_integer(line->buffer, json_integer_value(json_object_get(line->data, "id")));
}

static void append_unread(const struct line *line)
{
	json_t *unread = json_object_get(line->data, "unread");

	if (!json_is_integer(unread))
		return;
	buffer_append_string(line->buffer, " (");
	buffer_append_integer(line->buffer, json_integer_value(unread));
	buffer_append_string(line->buffer, " unread)");
}

static void append_notification(const struct line *line)
{
	struct slice priority = text_of(line->data, "priority");

	append_member(line, "", "created_at", OUTPUT_DIM);
	append_id(line);
	append_member(line, " ", "type", OUTPUT_ACCENT);
	if (priority.length > 0 && !slice_equals(priority, SLICE("normal")))
		append_member(line, " ", "priority", OUTPUT_BOLD);
	if (json_is_true(json_object_get(line->data, "everyone")))
		buffer_append_string(line->buffer, " to everyone");
	append_member(line, "  ", "title", OUTPUT_BOLD);
	append_member(line, ": ", "body", OUTPUT_PLAIN);
	append_member(line, "  ", "link", OUTPUT_DIM);
}

/* A notification keeps the time of each thing that happened to it; the strongest says it all. */
static void append_row_change(const struct line *line)
{
	static const struct {
		const char *name, *word;
	} states[] = {
	    {"withdrawn_at", "withdrawn"}, {"archived_at", "archived"}, {"read_at", "read"},
	    {"seen_at", "seen"},	   {NULL, "corrected"},
	};
	size_t i = 0;

	while (states[i].name != NULL && text_of(line->data, states[i].name).length == 0)
		i++;
	append_member(line, "", states[i].name == NULL ? "created_at" : states[i].name, OUTPUT_DIM);
	append_id(line);
	buffer_append_byte(line->buffer, ' ');
	append(line, slice_from_string(states[i].word), OUTPUT_ACCENT);
	append_member(line, "  ", "title", OUTPUT_PLAIN);
}

static void append_change(const struct line *line)
{
	if (text_of(line->data, "all").length > 0) {
		append_member(line, "", "at", OUTPUT_DIM);
		append_member(line, " all ", "all", OUTPUT_ACCENT);
	} else {
		append_row_change(line);
	}
	append_unread(line);
}

static void append_count(const struct line *line)
{
	append(line, SLICE("count"), OUTPUT_ACCENT);
	append_unread(line);
}

static void append_reset(const struct line *line)
{
	struct slice reason = text_of(line->data, "reason");

	append(line, SLICE("reset"), OUTPUT_ACCENT);
	for (const struct reset *reset = resets; reset->word != NULL; reset++) {
		if (slice_equals(slice_from_string(reset->word), reason))
			buffer_append_format(line->buffer, ": %s; load the list again",
					     reset->meaning);
	}
}

void event_text_append_readable(struct buffer *buffer, const struct sse_message *message,
				bool colours)
{
	const struct event *event = events;
	struct line line = {buffer, NULL, colours};

	line.data = json_loadb(message->data.data, message->data.length,
			       JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	while (event->append != NULL && !slice_equals(event->type, message->type))
		event++;
	if (event->append != NULL && json_is_object(line.data)) {
		event->append(&line);
	} else {
		append(&line, message->type, OUTPUT_ACCENT);
		buffer_append_byte(buffer, ' ');
		append(&line, message->data, OUTPUT_PLAIN);
	}
	buffer_append_byte(buffer, '\n');
	json_decref(line.data);
}

static const struct event events[EVENTS] = {
#define EVENT(name) {{#name, sizeof(#name) - 1}, append_##name},
#include "core/events.def"
#undef EVENT
    {{NULL, 0}, NULL},
};

static const struct reset resets[RESETS] = {
#define RESET(name, word, meaning) {word, meaning},
#include "core/resets.def"
#undef RESET
    {NULL, NULL},
};
