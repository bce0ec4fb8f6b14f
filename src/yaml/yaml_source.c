/* A member's name that is none of those that are accepted is answered with all of them. */
#include "yaml/yaml_source.h"

#include "base/quote.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { NUMBER_BYTES = 32 };

int yaml_source_refuse(const struct yaml_source *source, const struct yaml_node *node,
		       const char *format, ...)
{
	struct yaml_place place = {source->file, node->line, node->column};
	bool is_known = source->name.length > 0;
	struct error sentence;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence.text, sizeof(sentence.text), format, arguments);
	va_end(arguments);
	return yaml_problem(source->error, place, "%s%s%.*s%s%s", is_known ? source->part : "",
			    is_known ? " " : "", (int)source->name.length, source->name.data,
			    is_known ? ": " : "", sentence.text);
}

int yaml_source_refuse_name(const struct yaml_source *source, const struct yaml_node *node,
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
		     ? yaml_source_memory(source)
		     : yaml_source_refuse(source, node, "%s is no member of %s; accepted are %s",
					  quote_word(node->name, quote), of, accepted.data);
	buffer_finish(&accepted);
	return result;
}

int yaml_source_memory(const struct yaml_source *source)
{
	return yaml_problem_memory(source->error);
}

static bool is_among(struct slice name, const char *const *names)
{
	for (size_t i = 0; names[i] != NULL; i++) {
		if (slice_equals(name, slice_from_string(names[i])))
			return true;
	}
	return false;
}

static int check_is_map(const struct yaml_source *source, const struct yaml_node *node,
			const char *of)
{
	return node->kind == YAML_NODE_MAP
		   ? 0
		   : yaml_source_refuse(source, node, "%s is written as NAME: VALUE pairs", of);
}

int yaml_source_check_map(const struct yaml_source *source, const struct yaml_node *node,
			  const char *of, const char *const *names)
{
	int result = check_is_map(source, node, of);

	if (result < 0)
		return result;
	for (const struct yaml_node *member = node->first; member != NULL; member = member->next) {
		if (!is_among(member->name, names))
			return yaml_source_refuse_name(source, member, of, names);
	}
	return 0;
}

const struct yaml_node *yaml_source_member(const struct yaml_node *map, const char *name)
{
	for (const struct yaml_node *member = map->first; member != NULL; member = member->next) {
		if (slice_equals(member->name, slice_from_string(name)))
			return member;
	}
	return NULL;
}

int yaml_source_need(const struct yaml_source *source, const struct yaml_node *map,
		     const char *name, const struct yaml_node **ret_member)
{
	const struct yaml_node *member = yaml_source_member(map, name);

	if (member == NULL)
		return yaml_source_refuse(source, map, "%s is missing here", name);
	*ret_member = member;
	return 0;
}

int yaml_source_number(const struct yaml_source *source, const struct yaml_node *node,
		       double *ret_number)
{
	char text[NUMBER_BYTES] = "", quote[QUOTE_BYTES], *end = text;
	double number = NAN;

	if (node->kind != YAML_NODE_TEXT)
		return yaml_source_refuse(source, node, "a list or map is no number");
	if (node->text.length < sizeof(text)) {
		memcpy(text, node->text.data, node->text.length);
		number = strtod(text, &end);
	}
	if (end == text || *end != '\0' || !isfinite(number) || text[0] == '+')
		return yaml_source_refuse(source, node, "%s is no number",
					  quote_text(node->text, quote));
	if (!node->is_bare)
		return yaml_source_refuse(source, node, "%s is a text; a number has no quotes",
					  quote_text(node->text, quote));
	*ret_number = number;
	return 0;
}

int yaml_source_need_map(const struct yaml_source *source, const struct yaml_node *map,
			 const char *name, const struct yaml_node **ret_map)
{
	const struct yaml_node *member;
	int result = yaml_source_need(source, map, name, &member);

	if (result == 0)
		result = check_is_map(source, member, name);
	if (result == 0)
		*ret_map = member;
	return result;
}

int yaml_source_check_version(const struct yaml_source *source, const struct yaml_node *root,
			      const char *of, int version)
{
	const struct yaml_node *node;
	double number;
	int result = check_is_map(source, root, of);

	if (result == 0)
		result = yaml_source_need(source, root, "version", &node);
	if (result == 0)
		result = yaml_source_number(source, node, &number);
	if (result < 0)
		return result;
	return number == version
		   ? 0
		   : yaml_source_refuse(source, node,
					"%s of version %g; this allim reads version %d", of, number,
					version);
}
