/* Marking everything is one change without a row. It is a change of the user's own stream, and what
 * came to everyone may reach a client sooner or later than that: so it says which of those it
 * means. */
#include "wire/change_json.h"

#include "base/json.h"

void change_json_append_all(struct buffer *out, const struct change *change)
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
