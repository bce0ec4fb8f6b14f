/* A file's name is the user's own and is shown whole, but on one line. */
#include "yaml/yaml_problem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void yaml_place_append(struct buffer *buffer, struct yaml_place place)
{
	for (size_t i = 0; i < place.file.length; i++) {
		char byte = place.file.data[i];

		buffer_append_byte(buffer, (unsigned char)byte < 0x20 || byte == 0x7F ? '?' : byte);
	}
	if (place.line > 0)
		buffer_append_format(buffer, ":%zu:%zu", place.line, place.column);
}

int yaml_problem(struct error *error, struct yaml_place place, const char *format, ...)
{
	struct buffer buffer = BUFFER_EMPTY;
	struct error sentence;
	va_list arguments;
	int result = -EINVAL;

	va_start(arguments, format);
	vsnprintf(sentence.text, sizeof(sentence.text), format, arguments);
	va_end(arguments);
	yaml_place_append(&buffer, place);
	buffer_append_string(&buffer, ": ");
	buffer_append_string(&buffer, sentence.text);
	if (buffer_failed(&buffer))
		result = yaml_problem_memory(error);
	else
		error_set(error, result, "%.*s", (int)buffer.length, buffer.data);
	buffer_finish(&buffer);
	return result;
}

int yaml_problem_memory(struct error *error)
{
	return error_set(error, -ENOMEM, "out of memory while reading a file");
}
