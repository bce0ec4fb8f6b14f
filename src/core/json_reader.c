/* jansson reads; depth is looked at before, because it recurses.
 *
 * Where memory runs short inside of a string, jansson leaves bytes of it out and goes on. So its
 * allocations come by here, and what was read while one failed does not count. jansson gives them
 * no context, hence a variable of the thread. */
#include "core/json_reader.h"

#include "base/json.h"

#include <errno.h>
#include <stdlib.h>

static _Thread_local bool is_short_of_memory;

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	if (memory == NULL)
		is_short_of_memory = true;
	return memory;
}

void json_reader_adopt(void)
{
	json_set_alloc_funcs(allocate, free);
}

/* What jansson says in words of its own work, as it looks from outside. */
static const char *sentence_of(const json_error_t *reason)
{
	if (json_error_code(reason) == json_error_premature_end_of_input)
		return "the text ends too early";
	if (json_error_code(reason) == json_error_invalid_utf8)
		return "this is not UTF-8";
	return reason->text;
}

int json_reader_read(struct slice text, json_t **ret_value, struct error *error)
{
	json_error_t reason = {0};
	json_t *value;

	if (json_depth(text) > JSON_READER_DEPTH)
		return error_set(error, -EINVAL, "Nest at most %d levels deep", JSON_READER_DEPTH);
	is_short_of_memory = false;
	value = json_loadb(text.data, text.length,
			   JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &reason);
	if (is_short_of_memory) {
		json_decref(value);
		return error_set(error, -ENOMEM, "Out of memory");
	}
	if (value != NULL) {
		*ret_value = value;
		return 0;
	}
	return error_set(error, -EINVAL, "Line %d, column %d: %s", reason.line, reason.column,
			 sentence_of(&reason));
}

/* Members come from the parser in the order in which they stand in the text. */
struct slice json_reader_member(struct slice text, json_t *object, const char *name)
{
	struct slice rest = text, written_name, value_text = SLICE("");
	const char *each;
	json_t *value;

	json_object_foreach(object, each, value)
	{
		json_next(&rest, &written_name, &value_text);
		if (strcmp(each, name) == 0)
			return value_text;
	}
	return SLICE("");
}
