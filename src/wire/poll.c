/* REST polling: one JSON object an answer. A list of rows and a list of changes have the same
 * shape, so that a client handles both with the same lines: put each row where its id is. */
#include "wire/wire.h"

#include "base/json.h"
#include "wire/event_json.h"

static void append_list(struct buffer *out, const struct wire_answer *answer)
{
	for (size_t i = 0; i < answer->notification_count; i++) {
		if (i > 0)
			buffer_append_byte(out, ',');
		notification_append_json(&answer->notifications[i], out);
	}
}

/* The changes of one kind: rows, or marks of everything. */
static void append_changes(struct buffer *out, const struct wire_answer *answer,
			   enum change_kind kind)
{
	bool first = true;

	for (size_t i = 0; i < answer->change_count; i++) {
		const struct change *change = &answer->changes[i];

		if (change->kind != kind)
			continue;
		if (!first)
			buffer_append_byte(out, ',');
		first = false;
		if (kind == CHANGE_ROW)
			notification_append_json(&change->notification, out);
		else
			event_json_append_all(out, change);
	}
}

static void append_boolean(struct buffer *out, const char *name, bool value)
{
	buffer_append_byte(out, ',');
	json_append_name(out, name);
	buffer_append_string(out, value ? "true" : "false");
}

static void poll_answer(struct buffer *out, const struct wire_answer *answer)
{
	char cursor[CURSOR_TEXT_BYTES];

	cursor_format(&answer->cursor, cursor);
	buffer_append(out, SLICE("{\"notifications\":["));
	if (answer->is_replay) {
		append_changes(out, answer, CHANGE_ROW);
		buffer_append(out, SLICE("],\"marked\":["));
		append_changes(out, answer, CHANGE_ALL);
	} else {
		append_list(out, answer);
	}
	buffer_append(out, SLICE("],\"unread\":"));
	buffer_append_integer(out, answer->unread);
	buffer_append(out, SLICE(",\"cursor\":\""));
	buffer_append_string(out, cursor);
	buffer_append_byte(out, '"');
	append_boolean(out, "more", answer->more);
	if (answer->is_replay)
		append_boolean(out, "reset", answer->reset);
	buffer_append_byte(out, '}');
}

const struct wire_ops poll_wire_ops = {
    .name = "poll",
    .content_type = "application/json",
    .answer = poll_answer,
};
