/* An envelope is unwrapped, what it says goes into the notification, and then it is read like any
 * other. */
#include "intake/message.h"

#include "base/buffer.h"
#include "config/settings.h"
#include "core/json_reader.h"
#include "intake/cloud_event.h"
#include "intake/publication.h"

#include <errno.h>

/* A message while it is read. */
struct reading {
	const struct message *message;
	const struct settings *settings;
	struct arena *arena;
	struct error *error;
	struct notification_source notification; /* its value is borrowed from the body's */
	struct slice key;
	const char *rule; /* that decided; or NULL */
};

static struct slice media_type(const struct message *message)
{
	struct slice rest = message->content_type;

	return slice_trim(slice_split(&rest, ';'));
}

/* Keys of different kinds never meet. */
static int set_key(struct reading *reading, struct slice kind, struct slice key)
{
	struct buffer text = BUFFER_EMPTY;
	int result;

	buffer_append(&text, kind);
	buffer_append(&text, key);
	result = buffer_failed(&text)
		     ? -ENOMEM
		     : arena_copy(reading->arena, buffer_slice(&text), &reading->key);
	buffer_finish(&text);
	return result;
}

static int take_event(struct reading *reading, const struct cloud_event *event)
{
	if (!json_is_object(reading->notification.value))
		return error_set(reading->error, -EINVAL,
				 "\"data\" of the CloudEvent is no JSON object");
	if (cloud_event_complete(event, reading->notification.value) < 0)
		return -ENOMEM;
	return cloud_event_key(event, reading->arena, &reading->key);
}

/* Structured mode: the body is the envelope. */
static int unwrap(struct reading *reading)
{
	json_t *envelope = reading->notification.value;
	struct slice text = json_reader_member(reading->notification.text, envelope, "data");
	struct cloud_event event;
	int result = cloud_event_read(&event, envelope, reading->error);

	if (result < 0)
		return result;
	reading->notification =
	    (struct notification_source){json_object_get(envelope, "data"), text};
	return take_event(reading, &event);
}

/* Binary mode: the attributes stand beside the body, which is the data. Returns 1 where there is no
 * event. */
static int take_attributes(struct reading *reading)
{
	const struct message *message = reading->message;
	struct cloud_event event = {.id = SLICE("")};
	int result;

	for (size_t i = 0; i < message->attribute_count; i++)
		cloud_event_take(&event, message->attributes[i].name, message->attributes[i].value);
	if (slice_is_empty(event.specversion))
		return 1;
	result = cloud_event_check(&event, reading->error);
	return result < 0 ? result : take_event(reading, &event);
}

static int take_envelope(struct reading *reading)
{
	struct slice type = media_type(reading->message);
	int result;

	if (slice_equals_ignoring_case(type, SLICE("application/cloudevents+json")) ||
	    cloud_event_is_envelope(reading->notification.value))
		return unwrap(reading);
	result = take_attributes(reading);
	return result < 0 ? result : 0;
}

/* The producer's own key, as the queue has it or as a member of the notification. */
static int take_own_key(struct reading *reading)
{
	const json_t *member = json_object_get(reading->notification.value, "idempotency_key");
	struct slice key = reading->message->key;

	if (member != NULL && !json_is_string(member))
		return error_set(reading->error, -EINVAL, "\"idempotency_key\" is no string");
	if (member != NULL)
		key = slice_from_bytes(json_string_value(member), json_string_length(member));
	if (key.length > MESSAGE_KEY_BYTES || !slice_is_utf8(key) || slice_has_control(key))
		return error_set(reading->error, -EINVAL,
				 "the message's key is longer than %d bytes, no UTF-8, or has a "
				 "control character",
				 MESSAGE_KEY_BYTES);
	return slice_is_empty(key) ? 0 : set_key(reading, SLICE("key:"), key);
}

/* Returns 1 where a rule drops it. */
static int read_item(struct reading *reading, const struct routing *routing, int64_t now,
		     struct store_item *ret_item)
{
	static const char *const also_allowed[] = {"to", "user", "idempotency_key", NULL};
	const struct publication_reader reader = {reading->settings, routing, now, reading->arena,
						  reading->error};
	struct publication_outcome outcome;
	int result = publication_read_item(&reader, &reading->notification, also_allowed, ret_item,
					   &outcome);

	if (result < 0)
		return result;
	reading->rule = outcome.rule;
	return outcome.is_dropped;
}

static int read_value(struct reading *reading, const struct routing *routing, int64_t now,
		      struct store_item *ret_item)
{
	int result;

	if (slice_equals_ignoring_case(media_type(reading->message),
				       SLICE("application/cloudevents-batch+json")))
		return error_set(reading->error, -EINVAL,
				 "a batch of CloudEvents cannot be read; send one event a message");
	if (!json_is_object(reading->notification.value))
		return error_set(reading->error, -EINVAL, "a message is one JSON object");
	result = take_envelope(reading);
	if (result == 0)
		result = take_own_key(reading);
	if (result == 0 && slice_is_empty(reading->key) &&
	    !slice_is_empty(reading->message->position))
		result = set_key(reading, SLICE("at:"), reading->message->position);
	if (result == 0)
		result = read_item(reading, routing, now, ret_item);
	if (result >= 0)
		ret_item->key = reading->key;
	return result;
}

int message_read(const struct message *message, const struct settings *settings,
		 const struct routing *routing, int64_t now, struct arena *arena,
		 struct store_item *ret_item, const char **ret_rule, struct error *error)
{
	struct reading reading = {
	    .message = message,
	    .settings = settings,
	    .arena = arena,
	    .error = error,
	    .notification.text = message->body,
	    .key = SLICE(""),
	};
	json_t *value = NULL;
	struct error reason;
	int result;

	*ret_rule = NULL;
	if (message->body.length > (size_t)settings->sources_message_bytes)
		return error_set(error, -EINVAL,
				 "the message has %zu bytes; sources.message_bytes allows %lld",
				 message->body.length, (long long)settings->sources_message_bytes);
	result = json_reader_read(message->body, &value, &reason);
	if (result < 0)
		return error_set(error, result, "%s%s",
				 result == -EINVAL ? "The message is not valid JSON. " : "",
				 reason.text);
	reading.notification.value = value;
	result = read_value(&reading, routing, now, ret_item);
	*ret_rule = reading.rule;
	json_decref(value);
	return result;
}
