/* A whole number is written without a point, as a person would. */
#include "advisor/advisor_json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define LARGEST_WHOLE 9007199254740992.0 /* 2^53: beyond it, neighbours are no doubles */

json_t *advisor_json_number(double number)
{
	if (isnan(number))
		return json_null();
	if (number == floor(number) && fabs(number) <= LARGEST_WHOLE)
		return json_integer((json_int_t)number);
	return json_real(number);
}

json_t *advisor_json_text(struct slice text)
{
	return json_stringn(text.data, text.length);
}

json_t *advisor_json_method(enum advisor_method method)
{
	return method == ADVISOR_METHODS ? json_null() : json_string(advisor_method_name(method));
}

int advisor_json_set(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) < 0 ? -ENOMEM : 0;
}

void advisor_json_append(struct buffer *buffer, const json_t *value)
{
	char *line = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15));

	if (line == NULL)
		buffer->failed = true;
	else
		buffer_append_string(buffer, line);
	free(line);
}
