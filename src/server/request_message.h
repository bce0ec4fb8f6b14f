/* A request, or an acknowledgement, as a message of a WebSocket's client has it. No I/O: it takes
 * JSON that has been read, and gives slices of it. */
#ifndef ALLIM_SERVER_REQUEST_MESSAGE_H
#define ALLIM_SERVER_REQUEST_MESSAGE_H

#include "base/arena.h"

#include <jansson.h>

enum { REQUEST_MESSAGE_ID_BYTES = 64 };

/* What a message says; absent members are empty. */
struct request_message {
	struct slice id; /* as it was written */
	struct slice ack;
	struct slice method;
	struct slice path;
	struct slice body; /* as it was written */
	struct slice idempotency_key;
};

/* The id of a message as compact JSON, copied to the arena, or empty where it has none; to be read
 * before all else, so that every refusal has it. Returns 0, -ENOMEM, or -EINVAL with a sentence in
 * static storage. */
int request_message_read_id(const json_t *json, struct arena *arena, struct slice *ret_id,
			    const char **ret_sentence);

/* Reads a message. `text` is what the object was read from; the result is valid while both are.
 * Returns 0, or -EINVAL with a sentence: then it is neither a request nor an acknowledgement. */
int request_message_read(json_t *json, struct slice text, struct request_message *ret_message,
			 const char **ret_sentence);

/* Whether a message that was read is an acknowledgement; it is a request otherwise. */
static inline bool request_message_acknowledges(const struct request_message *message)
{
	return message->ack.data != NULL;
}

#endif
