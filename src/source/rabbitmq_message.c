/* Properties belong to librabbitmq's pools, which the next frame may take. */
#include "source/rabbitmq_message.h"

#include "broker/rabbitmq_connection.h"

#include <stdlib.h>

enum { ATTRIBUTES = 16 };

/* The name of an attribute, without its prefix; empty: it is none. */
static struct slice attribute_name(struct slice header)
{
	static const struct slice prefixes[] = {{"cloudEvents:", 12}, {"cloudEvents_", 12}};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (slice_starts_with(header, prefixes[i]))
			return slice_from_bytes(header.data + prefixes[i].length,
						header.length - prefixes[i].length);
	}
	return SLICE("");
}

static int copy(struct rabbitmq_message *message, struct slice bytes, struct slice *ret_copy)
{
	message->lane.beside += bytes.length;
	return arena_copy(&message->arena, bytes, ret_copy);
}

static bool is_text(const amqp_field_value_t *value)
{
	return value->kind == AMQP_FIELD_KIND_UTF8 || value->kind == AMQP_FIELD_KIND_BYTES;
}

static int take_attributes(struct rabbitmq_message *message, const amqp_table_t *headers)
{
	struct message *content = &message->lane.content;
	struct message_attribute *attributes = NULL;

	for (int i = 0; i < headers->num_entries && content->attribute_count < ATTRIBUTES; i++) {
		const amqp_table_entry_t *header = &headers->entries[i];
		struct slice name = attribute_name(rabbitmq_slice(header->key));
		struct message_attribute *attribute;

		if (slice_is_empty(name) || !is_text(&header->value))
			continue;
		if (attributes == NULL)
			attributes =
			    arena_allocate_array(&message->arena, ATTRIBUTES, sizeof(*attributes));
		if (attributes == NULL)
			return -1;
		attribute = &attributes[content->attribute_count++];
		if (copy(message, name, &attribute->name) < 0 ||
		    copy(message, rabbitmq_slice(header->value.value.bytes), &attribute->value) < 0)
			return -1;
	}
	content->attributes = attributes;
	return 0;
}

static int take(struct rabbitmq_message *message, struct slice body,
		const amqp_basic_properties_t *properties)
{
	struct message *content = &message->lane.content;

	if (arena_copy(&message->arena, body, &content->body) < 0)
		return -1;
	if ((properties->_flags & AMQP_BASIC_CONTENT_TYPE_FLAG) &&
	    copy(message, rabbitmq_slice(properties->content_type), &content->content_type) < 0)
		return -1;
	if ((properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG) &&
	    copy(message, rabbitmq_slice(properties->message_id), &content->key) < 0)
		return -1;
	/* All that a message keeps when it is delivered again. */
	if (slice_is_utf8(content->key) && !slice_has_control(content->key))
		content->position = content->key;
	return (properties->_flags & AMQP_BASIC_HEADERS_FLAG)
		   ? take_attributes(message, &properties->headers)
		   : 0;
}

struct rabbitmq_message *rabbitmq_message_create(struct slice body,
						 const amqp_basic_properties_t *properties)
{
	struct rabbitmq_message *message = calloc(1, sizeof(*message));

	if (message == NULL)
		return NULL;
	if (take(message, body, properties) == 0)
		return message;
	rabbitmq_message_destroy(message);
	return NULL;
}

void rabbitmq_message_hold(struct rabbitmq_message *message, _Atomic uint64_t *held)
{
	message->held = held;
	atomic_fetch_add(held, lane_message_bytes(&message->lane));
}

void rabbitmq_message_destroy(struct rabbitmq_message *message)
{
	if (message->held != NULL)
		atomic_fetch_sub(message->held, lane_message_bytes(&message->lane));
	arena_finish(&message->arena);
	free(message->lane.refusal);
	free(message);
}
