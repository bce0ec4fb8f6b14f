/* A sentence is put together in a buffer, since parts of it are written by the type of the setting,
 * and cut where it would not fit a struct error. */
#include "config/settings_problem.h"

#include "base/quote.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int settings_problem_refuse(struct error *error, struct slice text, const char *what)
{
	char quote[QUOTE_BYTES];

	return error_set(error, -EINVAL, "%s %s", quote_text(text, quote), what);
}

int settings_problem_memory(struct error *error)
{
	return error_set(error, -ENOMEM, "out of memory while reading the settings");
}

static void append_place(struct buffer *buffer, const struct settings_origin *origin)
{
	char quote[QUOTE_BYTES];

	if (origin->source == SETTINGS_FROM_FILE)
		yaml_place_append(buffer,
				  (struct yaml_place){origin->name, origin->line, origin->column});
	else if (origin->source == SETTINGS_FROM_FLAG)
		buffer_append_format(buffer, "--%s", quote_word(origin->name, quote));
	else if (origin->source == SETTINGS_FROM_VARIABLE)
		buffer_append_string(buffer, quote_word(origin->name, quote));
	else
		buffer_append_string(buffer, "default settings");
	buffer_append_string(buffer, ": ");
}

static int finish(struct error *error, int code, struct buffer *sentence)
{
	if (buffer_failed(sentence))
		code = settings_problem_memory(error);
	else
		error_set(error, code, "%.*s", (int)sentence->length, sentence->data);
	buffer_finish(sentence);
	return code;
}

int settings_problem(struct error *error, const struct settings_origin *origin, int code,
		     const char *format, ...)
{
	struct buffer buffer = BUFFER_EMPTY;
	struct error sentence;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence.text, sizeof(sentence.text), format, arguments);
	va_end(arguments);
	append_place(&buffer, origin);
	buffer_append_string(&buffer, sentence.text);
	return finish(error, code, &buffer);
}

int settings_problem_value(struct error *error, const struct settings_origin *origin,
			   const struct setting *setting, const char *sentence)
{
	struct buffer buffer = BUFFER_EMPTY;

	append_place(&buffer, origin);
	if (origin->source == SETTINGS_FROM_FILE || origin->source == SETTINGS_FROM_DEFAULT)
		buffer_append_format(&buffer, "%s: ", setting->name);
	buffer_append_format(&buffer, "%s; accepted is ", sentence);
	setting->type->append_accepted(&buffer, setting);
	return finish(error, -EINVAL, &buffer);
}
