/* Messages about rules look like those about other settings. */
#include "intake/route_source.h"

#include "base/quote.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int route_source_refuse(const struct route_source *source, const struct yaml_node *node,
			const char *format, ...)
{
	struct yaml_place place = {source->file, node->line, node->column};
	bool is_known = source->rule.length > 0;
	struct error sentence;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence.text, sizeof(sentence.text), format, arguments);
	va_end(arguments);
	return yaml_problem(source->error, place, "%s%.*s%s%s", is_known ? "rule " : "",
			    (int)source->rule.length, source->rule.data, is_known ? ": " : "",
			    sentence.text);
}

int route_source_refuse_name(const struct route_source *source, const struct yaml_node *node,
			     const char *of, const char *const *names)
{
	struct buffer accepted = BUFFER_EMPTY;
	char quote[QUOTE_BYTES];
	int result;

	for (size_t i = 0; names[i] != NULL; i++)
		buffer_append_format(&accepted, "%s%s",
				     i == 0		    ? ""
				     : names[i + 1] == NULL ? " and "
							    : ", ",
				     names[i]);
	buffer_append_byte(&accepted, '\0');
	result = buffer_failed(&accepted)
		     ? route_source_memory(source)
		     : route_source_refuse(source, node, "%s is no member of %s; accepted are %s",
					   quote_word(node->name, quote), of, accepted.data);
	buffer_finish(&accepted);
	return result;
}

int route_source_memory(const struct route_source *source)
{
	return yaml_problem_memory(source->error);
}
