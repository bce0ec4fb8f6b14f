/* What happened to an inbox as JSON, for all wires that speak it: the names of events, and the data
 * of each. */
#ifndef ALLIM_WIRE_EVENT_JSON_H
#define ALLIM_WIRE_EVENT_JSON_H

#include "wire/wire.h"

enum event {
#define EVENT(name) EVENT_##name,
#include "core/events.def"
#undef EVENT
	EVENTS
};

/* Which event a change is. */
enum event event_of_change(bool is_new);

/* {"all":"read","at":"2026-05-01T09:30:00.250Z","seq":9,"everyone_up_to":5} */
void event_json_append_all(struct buffer *out, const struct change *change);

/* The notification, or what was done to all of them; with the count behind, where that is told: not
 * of a new one, which the client counts by itself. */
void event_json_append_change(struct buffer *out, const struct change *change, bool is_new,
			      int64_t unread);

/* {"unread":3} */
void event_json_append_count(struct buffer *out, int64_t unread);

/* {"reason":"epoch"} */
void event_json_append_reset(struct buffer *out, enum wire_reset reason);

#endif
