/* Headers are few; the table says which matter, and an attribute needs no copy. */
#include "source/kafka_message.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { ATTRIBUTES = 16 };

struct header {
	struct slice name;
	struct slice value;
};

static bool read_header(const rd_kafka_headers_t *headers, size_t i, struct header *ret_header)
{
	const char *name;
	const void *value;
	size_t length;

	if (rd_kafka_header_get_all(headers, i, &name, &value, &length) != 0)
		return false;
	*ret_header = (struct header){
	    .name = slice_from_string(name),
	    .value = value == NULL ? SLICE("") : slice_from_bytes(value, length),
	};
	return true;
}

/* A topic that is deleted and made again counts from 0 again, and so does a partition that lost its
 * end with its leader: what is at an offset then has another time. Kafka keeps that, and messages
 * of producers from before 0.10 have none. */
static void name_position(struct kafka_message *message, const rd_kafka_message_t *received)
{
	rd_kafka_timestamp_type_t type;
	int64_t time = rd_kafka_message_timestamp(received, &type);

	snprintf(message->position, sizeof(message->position),
		 type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? "%" PRId32 "/%" PRId64
							  : "%" PRId32 "/%" PRId64 "@%" PRId64,
		 received->partition, received->offset, time);
	message->lane.content.position = slice_from_string(message->position);
}

static int take_attribute(struct kafka_message *message, const struct header *header)
{
	struct message *content = &message->lane.content;
	size_t prefix = sizeof("ce_") - 1;

	if (message->attributes == NULL)
		message->attributes = calloc(ATTRIBUTES, sizeof(*message->attributes));
	if (message->attributes == NULL)
		return -1;
	content->attributes = message->attributes;
	if (content->attribute_count < ATTRIBUTES)
		message->attributes[content->attribute_count++] = (struct message_attribute){
		    slice_from_bytes(header->name.data + prefix, header->name.length - prefix),
		    header->value};
	return 0;
}

static int take_headers(struct kafka_message *message, const rd_kafka_message_t *received)
{
	struct message *content = &message->lane.content;
	rd_kafka_headers_t *headers;
	struct header header;

	if (rd_kafka_message_headers(received, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return 0;
	for (size_t i = 0; read_header(headers, i, &header); i++) {
		message->lane.beside += header.name.length + header.value.length;
		if (slice_equals_ignoring_case(header.name, SLICE("content-type")))
			content->content_type = header.value;
		else if (slice_equals_ignoring_case(header.name, SLICE("idempotency-key")))
			content->key = header.value;
		else if (slice_starts_with(header.name, SLICE("ce_")) &&
			 take_attribute(message, &header) < 0)
			return -1;
	}
	return 0;
}

struct kafka_message *kafka_message_create(rd_kafka_event_t *event,
					   const rd_kafka_message_t *received)
{
	struct kafka_message *message = calloc(1, sizeof(*message));
	struct message *content;

	if (message == NULL)
		return NULL;
	content = &message->lane.content;
	message->offset = received->offset;
	message->lane.beside = received->key_len;
	name_position(message, received);
	message->lane.is_done = received->payload == NULL;
	content->body = received->payload == NULL
			    ? SLICE("")
			    : slice_from_bytes(received->payload, received->len);
	if (take_headers(message, received) < 0) {
		free(message->attributes);
		free(message);
		return NULL;
	}
	message->event = event;
	return message;
}

void kafka_message_destroy(struct kafka_message *message)
{
	rd_kafka_event_destroy(message->event);
	free(message->attributes);
	free(message);
}
