/* jansson reads; depth is looked at before, because it recurses. */
#include "core/json_reader.h"

#include "base/json.h"

#include <errno.h>

/* Where jansson gives no reason it lacks memory; inside a string it calls that a syntax error, or
 * even leaves bytes of the string out, and only errno tells. */
static bool is_short_of_memory(const json_error_t *reason)
{
	return errno == ENOMEM || json_error_code(reason) == json_error_out_of_memory ||
	       json_error_code(reason) == json_error_unknown;
}

int json_reader_read(struct slice text, json_t **ret_value, struct error *error)
{
	json_error_t reason = {0};
	json_t *value;

	if (json_depth(text) > JSON_READER_DEPTH)
		return error_set(error, -EINVAL, "Nest at most %d levels deep", JSON_READER_DEPTH);
	errno = 0;
	value = json_loadb(text.data, text.length,
			   JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &reason);
	if (value != NULL && errno != ENOMEM) {
		*ret_value = value;
		return 0;
	}
	json_decref(value);
	if (value != NULL || is_short_of_memory(&reason))
		return error_set(error, -ENOMEM, "Out of memory");
	return error_set(error, -EINVAL, "Line %d, column %d: %s", reason.line, reason.column,
			 reason.text);
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
