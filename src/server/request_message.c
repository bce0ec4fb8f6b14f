#include "server/request_message.h"

#include "base/json.h"

#include <errno.h>
#include <stdlib.h>

enum member_kind { MEMBER_TEXT, MEMBER_WRITTEN };

static const struct member {
	struct slice name;
	enum member_kind kind;
	size_t offset;
} members[] = {
#define MEMBER(name, kind)                                                                        \
	{                                                                                         \
		{#name, sizeof(#name) - 1}, MEMBER_##kind, offsetof(struct request_message, name) \
	}
    MEMBER(id, WRITTEN), MEMBER(ack, TEXT),	MEMBER(method, TEXT),
    MEMBER(path, TEXT),	 MEMBER(body, WRITTEN), MEMBER(idempotency_key, TEXT),
#undef MEMBER
};

static int refuse(const char *sentence, const char **ret_sentence)
{
	*ret_sentence = sentence;
	return -EINVAL;
}

int request_message_read_id(const json_t *json, struct arena *arena, struct slice *ret_id,
			    const char **ret_sentence)
{
	const json_t *value = json_object_get(json, "id");
	char *text;
	int result;

	*ret_id = (struct slice){"", 0};
	if (value == NULL)
		return 0;
	if (!json_is_integer(value) &&
	    (!json_is_string(value) || json_string_length(value) > REQUEST_MESSAGE_ID_BYTES))
		return refuse("id is an integer, or a string of at most 64 bytes", ret_sentence);
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	result = text == NULL ? -ENOMEM : arena_copy(arena, slice_from_string(text), ret_id);
	free(text);
	return result;
}

static const struct member *find_member(struct slice name)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (slice_equals(members[i].name, name))
			return &members[i];
	}
	return NULL;
}

static int read_member(struct slice name, const json_t *value, struct slice written,
		       struct request_message *message, const char **ret_sentence)
{
	const struct member *member = find_member(name);
	struct slice *place;

	if (member == NULL)
		return refuse("A message has the members ack, or id, method, path, body and "
			      "idempotency_key",
			      ret_sentence);
	place = (struct slice *)(void *)((char *)message + member->offset);
	*place = written;
	if (member->kind == MEMBER_WRITTEN)
		return 0;
	if (!json_is_string(value))
		return refuse("ack, method, path and idempotency_key are strings", ret_sentence);
	*place = slice_from_bytes(json_string_value(value), json_string_length(value));
	return 0;
}

static bool asks(const struct request_message *message)
{
	return message->method.data != NULL || message->path.data != NULL ||
	       message->body.data != NULL || message->idempotency_key.data != NULL;
}

static bool is_whole(const struct request_message *message)
{
	if (request_message_acknowledges(message))
		return !asks(message);
	return message->id.data != NULL && message->method.data != NULL &&
	       message->path.data != NULL;
}

/* Strings are read as jansson decoded them, other values as they were written: a number in a body
 * stays as it was. jansson keeps the order of members, and its reader refused doubled ones. */
int request_message_read(json_t *json, struct slice text, struct request_message *ret_message,
			 const char **ret_sentence)
{
	struct request_message message = {.id = {NULL, 0}};
	const char *name;
	json_t *value;

	json_object_foreach(json, name, value)
	{
		struct slice name_as_written, written;

		json_next(&text, &name_as_written, &written);
		if (read_member(slice_from_string(name), value, written, &message, ret_sentence) <
		    0)
			return -EINVAL;
	}
	if (!is_whole(&message))
		return refuse("A request has id, method and path; an acknowledgement has ack",
			      ret_sentence);
	*ret_message = message;
	return 0;
}
