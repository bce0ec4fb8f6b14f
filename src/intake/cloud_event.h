/* CloudEvents 1.0: the envelope that a notification may come in.
 *
 * The notification is the event's data. What it does not say itself, the envelope says: `type`, and
 * with `subject` to whom. `source` and `id` together tell one event from another (CloudEvents 1.0,
 * "id"), so they are the message's key. */
#ifndef ALLIM_INTAKE_CLOUD_EVENT_H
#define ALLIM_INTAKE_CLOUD_EVENT_H

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>

enum { CLOUD_EVENT_KEY_BYTES = 1024 };

/* The attributes that matter here; empty where there is none. */
struct cloud_event {
	struct slice specversion;
	struct slice id;
	struct slice source;
	struct slice type;
	struct slice subject;
};

/* Whether an object is an envelope, whatever it was called (CloudEvents JSON format 1.0, 3). */
bool cloud_event_is_envelope(const json_t *value);

/* Reads the attributes of an envelope; their texts are borrowed from it. Returns 0, or -EINVAL with
 * a sentence. */
int cloud_event_read(struct cloud_event *event, const json_t *envelope, struct error *error);

/* Takes one attribute that came beside the data (binary mode); others than those above are left
 * alone. The text stays the caller's. */
void cloud_event_take(struct cloud_event *event, struct slice name, struct slice value);

/* Returns 0, or -EINVAL with a sentence where something is missing, of another version or too
 * long. */
int cloud_event_check(const struct cloud_event *event, struct error *error);

/* Gives the notification what the event says and it does not. Returns 0 or -ENOMEM. */
int cloud_event_complete(const struct cloud_event *event, json_t *notification);

/* What tells the event from all others. Returns 0 or -ENOMEM. */
int cloud_event_key(const struct cloud_event *event, struct arena *arena, struct slice *ret_key);

#endif
