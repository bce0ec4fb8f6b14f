/* Content that was accepted keeps its limits, is written on one line, and reads back the same. */
#include "core/notification.h"
#include "fuzz/fuzz.h"

static const struct notification_limits limits = {
    .type = 64, .title = 100, .body = 200, .link = 100, .data = 500};

static void check_data(const json_t *object, struct slice data)
{
	json_t *expected = json_object_get(object, "data");
	json_t *read = json_loadb(data.data, data.length, JSON_DECODE_ANY, NULL);

	FUZZ_CHECK(data.length == 0 ? expected == NULL || json_is_null(expected)
				    : json_equal(expected, read));
	json_decref(read);
}

static int read_content(struct slice text, const char *const *also_allowed, struct arena *arena,
			struct notification_content *ret_content)
{
	const struct notification_source source = {
	    json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES, NULL), text};
	struct error error;
	int result = -1;

	*ret_content = (struct notification_content){.priority = NOTIFICATION_NORMAL};
	if (json_is_object(source.value))
		result = notification_content_read(ret_content, &source, also_allowed, &limits,
						   arena, &error);
	if (result == 0)
		check_data(source.value, ret_content->data);
	json_decref(source.value);
	return result;
}

static void check_content(const struct notification_content *content)
{
	FUZZ_CHECK(content->type.length <= limits.type);
	FUZZ_CHECK(content->title.length <= limits.title);
	FUZZ_CHECK(content->body.length <= limits.body);
	FUZZ_CHECK(content->link.length <= limits.link);
	FUZZ_CHECK(content->data.length <= limits.data);
	FUZZ_CHECK(content->priority < NOTIFICATION_PRIORITIES);
}

/* A notification has members beside its content; a new object is made of its content's, without the
 * data, whose numbers the parser writes in other words. */
static void pick_content(struct slice text, struct slice data, struct buffer *buffer)
{
	static const char *const names[] = {"type", "title",	"body",
					    "link", "priority", "expires_at"};
	json_t *object = json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES, NULL);
	json_t *picked = json_object();
	char *dumped;

	FUZZ_CHECK(object != NULL && picked != NULL);
	check_data(object, data);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		json_object_set(picked, names[i], json_object_get(object, names[i]));
	dumped = json_dumps(picked, JSON_COMPACT);
	buffer_append_string(buffer, dumped);
	free(dumped);
	json_decref(object);
	json_decref(picked);
}

static void check_round_trip(const struct notification_content *content, struct arena *arena)
{
	struct notification notification = {.id = 1, .seq = 1, .content = *content};
	struct buffer line = BUFFER_EMPTY, picked = BUFFER_EMPTY;
	struct notification_content again;

	notification_append_json(&notification, &line);
	FUZZ_CHECK(memchr(line.data, '\n', line.length) == NULL);
	FUZZ_CHECK(memchr(line.data, '\r', line.length) == NULL);
	FUZZ_CHECK(memchr(line.data, '\0', line.length) == NULL);
	pick_content(buffer_slice(&line), content->data, &picked);
	FUZZ_CHECK(read_content(buffer_slice(&picked), NULL, arena, &again) == 0);
	FUZZ_CHECK(slice_equals(content->type, again.type));
	FUZZ_CHECK(slice_equals(content->title, again.title));
	FUZZ_CHECK(slice_equals(content->body, again.body));
	FUZZ_CHECK(slice_equals(content->link, again.link));
	FUZZ_CHECK(content->priority == again.priority);
	FUZZ_CHECK(content->expires_at / 1000 == again.expires_at / 1000);
	buffer_finish(&line);
	buffer_finish(&picked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const also_allowed[] = {"to", NULL};
	struct slice input = slice_from_bytes((const char *)data, size);
	struct notification_content content;
	struct arena arena = ARENA_EMPTY;

	if (read_content(input, also_allowed, &arena, &content) == 0) {
		check_content(&content);
		/* Times are written in milliseconds, and the first of them means none. */
		if (content.type.length > 0 &&
		    (content.expires_at == 0 || content.expires_at >= 1000))
			check_round_trip(&content, &arena);
	}
	arena_finish(&arena);
	return 0;
}
