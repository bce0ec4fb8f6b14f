/* What is read of a message is what the JSON says, and whatever is refused has a sentence. */
#include "core/json_reader.h"
#include "fuzz/fuzz.h"
#include "server/request_message.h"

#include <errno.h>

static void check_json(struct slice text, const json_t *expected)
{
	struct error error;
	json_t *json;

	FUZZ_CHECK(json_reader_read(text, &json, &error) == 0);
	FUZZ_CHECK(json_equal(json, expected));
	json_decref(json);
}

static void check_text(struct slice text, const json_t *expected)
{
	FUZZ_CHECK((text.data == NULL) == (expected == NULL));
	FUZZ_CHECK(expected == NULL ||
		   slice_equals(text, slice_from_bytes(json_string_value(expected),
						       json_string_length(expected))));
}

static void check_sentence(const char *sentence)
{
	FUZZ_CHECK(sentence != NULL && sentence[0] != '\0');
}

/* As it goes into the answer: compact, and the same value. */
static void check_id(const json_t *json)
{
	struct arena arena = ARENA_EMPTY;
	const char *sentence = NULL;
	struct slice id;
	int result = request_message_read_id(json, &arena, &id, &sentence);

	FUZZ_CHECK(result == 0 || result == -EINVAL);
	if (result < 0)
		check_sentence(sentence);
	else if (id.length > 0)
		check_json(id, json_object_get(json, "id"));
	else
		FUZZ_CHECK(json_object_get(json, "id") == NULL);
	arena_finish(&arena);
}

static void check_message(json_t *json, struct slice text)
{
	const char *sentence = NULL;
	struct request_message message;
	const json_t *body = json_object_get(json, "body");

	if (request_message_read(json, text, &message, &sentence) < 0) {
		check_sentence(sentence);
		return;
	}
	check_text(message.ack, json_object_get(json, "ack"));
	check_text(message.method, json_object_get(json, "method"));
	check_text(message.path, json_object_get(json, "path"));
	check_text(message.idempotency_key, json_object_get(json, "idempotency_key"));
	FUZZ_CHECK((message.body.data == NULL) == (body == NULL));
	if (body != NULL)
		check_json(message.body, body);
	FUZZ_CHECK(request_message_acknowledges(&message) || message.method.data != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_from_bytes((const char *)data, size);
	struct error error;
	json_t *json;

	if (json_reader_read(text, &json, &error) < 0)
		return 0;
	if (json_is_object(json)) {
		check_id(json);
		check_message(json, text);
	}
	json_decref(json);
	return 0;
}
