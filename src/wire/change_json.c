/* Marking everything is one change without a row. */
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
	buffer_append_byte(out, '}');
}
