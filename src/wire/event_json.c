/* Marking everything is one change without a row. It is a change of the user's own stream, and what
 * came to everyone may reach a client sooner or later than that: so it says which of those it
 * means. */
#include "wire/event_json.h"

#include "base/json.h"

static const char *const reset_words[WIRE_RESETS];

enum event event_of_change(bool is_new)
{
	return is_new ? EVENT_notification : EVENT_change;
}

void event_json_append_all(struct buffer *out, const struct change *change)
{
	buffer_append(out, SLICE("{\"all\":\""));
	buffer_append_string(out, notification_state_name(change->state));
	buffer_append(out, SLICE("\",\"at\":"));
	json_append_time(out, change->marked_at);
	buffer_append(out, SLICE(",\"seq\":"));
	buffer_append_integer(out, change->seq);
	buffer_append(out, SLICE(",\"everyone_up_to\":"));
	buffer_append_integer(out, change->marked_broadcasts);
	buffer_append_byte(out, '}');
}

/* The count joins the object that was just appended, in place of its last brace. */
static void join_unread(struct buffer *out, int64_t unread)
{
	if (buffer_failed(out) || unread < 0)
		return;
	out->length--;
	buffer_append(out, SLICE(",\"unread\":"));
	buffer_append_integer(out, unread);
	buffer_append_byte(out, '}');
}

void event_json_append_change(struct buffer *out, const struct change *change, bool is_new,
			      int64_t unread)
{
	if (change->kind == CHANGE_ROW)
		notification_append_json(&change->notification, out);
	else
		event_json_append_all(out, change);
	if (!is_new)
		join_unread(out, unread);
}

void event_json_append_count(struct buffer *out, int64_t unread)
{
	buffer_append(out, SLICE("{\"unread\":"));
	buffer_append_integer(out, unread);
	buffer_append_byte(out, '}');
}

void event_json_append_reset(struct buffer *out, enum wire_reset reason)
{
	buffer_append(out, SLICE("{\"reason\":\""));
	buffer_append_string(out, reset_words[reason]);
	buffer_append(out, SLICE("\"}"));
}

static const char *const reset_words[WIRE_RESETS] = {
#define RESET(name, word, meaning) [WIRE_RESET_##name] = word,
#include "core/resets.def"
#undef RESET
};
