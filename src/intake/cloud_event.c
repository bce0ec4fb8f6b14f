/* The same attributes, from members of an envelope or from what stands beside the data. */
#include "intake/cloud_event.h"

#include "base/buffer.h"

#include <errno.h>
#include <stddef.h>

struct attribute {
	const char *name;
	size_t member;
};

static const struct attribute attributes[] = {
    {"specversion", offsetof(struct cloud_event, specversion)},
    {"id", offsetof(struct cloud_event, id)},
    {"source", offsetof(struct cloud_event, source)},
    {"type", offsetof(struct cloud_event, type)},
    {"subject", offsetof(struct cloud_event, subject)},
};

enum { ATTRIBUTES = sizeof(attributes) / sizeof(attributes[0]) };

static struct slice *member_of(struct cloud_event *event, size_t i)
{
	return (struct slice *)(void *)((char *)event + attributes[i].member);
}

bool cloud_event_is_envelope(const json_t *value)
{
	return json_object_get(value, "specversion") != NULL;
}

int cloud_event_read(struct cloud_event *event, const json_t *envelope, struct error *error)
{
	*event = (struct cloud_event){.id = SLICE("")};
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		const json_t *value = json_object_get(envelope, attributes[i].name);

		if (value == NULL)
			continue;
		if (!json_is_string(value))
			return error_set(error, -EINVAL, "\"%s\" of the CloudEvent is no string",
					 attributes[i].name);
		*member_of(event, i) =
		    slice_from_bytes(json_string_value(value), json_string_length(value));
	}
	if (json_object_get(envelope, "data_base64") != NULL)
		return error_set(
		    error, -EINVAL,
		    "the CloudEvent has \"data_base64\"; send the notification as JSON "
		    "in \"data\"");
	return cloud_event_check(event, error);
}

void cloud_event_take(struct cloud_event *event, struct slice name, struct slice value)
{
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		if (slice_equals(name, slice_from_string(attributes[i].name)))
			*member_of(event, i) = value;
	}
}

int cloud_event_check(const struct cloud_event *event, struct error *error)
{
	if (!slice_equals(event->specversion, SLICE("1.0")))
		return error_set(error, -EINVAL,
				 "\"specversion\" of the CloudEvent is not \"1.0\"");
	if (slice_is_empty(event->id) || slice_is_empty(event->source) ||
	    slice_is_empty(event->type))
		return error_set(error, -EINVAL,
				 "the CloudEvent lacks \"id\", \"source\" or \"type\"");
	if (event->source.length + event->id.length > CLOUD_EVENT_KEY_BYTES)
		return error_set(error, -EINVAL,
				 "\"source\" and \"id\" of the CloudEvent are longer than %d bytes",
				 CLOUD_EVENT_KEY_BYTES);
	if (!slice_is_utf8(event->id) || !slice_is_utf8(event->source) ||
	    !slice_is_utf8(event->type) || !slice_is_utf8(event->subject))
		return error_set(error, -EINVAL,
				 "an attribute of the CloudEvent is not well-formed UTF-8");
	if (slice_has_control(event->id) || slice_has_control(event->source))
		return error_set(error, -EINVAL,
				 "\"source\" or \"id\" of the CloudEvent has a control "
				 "character");
	return 0;
}

static json_t *text_of(struct slice text)
{
	return json_stringn(text.data, text.length);
}

int cloud_event_complete(const struct cloud_event *event, json_t *notification)
{
	if (json_object_get(notification, "type") == NULL &&
	    json_object_set_new(notification, "type", text_of(event->type)) < 0)
		return -ENOMEM;
	if (json_object_get(notification, "to") == NULL && !slice_is_empty(event->subject) &&
	    json_object_set_new(notification, "to",
				json_pack("{s:o}", "user", text_of(event->subject))) < 0)
		return -ENOMEM;
	return 0;
}

/* A source is a URI and has no blank, so the first blank ends it. */
int cloud_event_key(const struct cloud_event *event, struct arena *arena, struct slice *ret_key)
{
	struct buffer key = BUFFER_EMPTY;
	int result;

	buffer_append(&key, SLICE("event:"));
	buffer_append(&key, event->source);
	buffer_append_byte(&key, ' ');
	buffer_append(&key, event->id);
	result = buffer_failed(&key) ? -ENOMEM : arena_copy(arena, buffer_slice(&key), ret_key);
	buffer_finish(&key);
	return result;
}
