/* A name leads into an object; a number also into an array, counted from 0. A name with a dot in it
 * cannot be reached. */
#include "intake/route_path.h"

#include "base/quote.h"

#include <errno.h>

/* The members of a message that rules may ask for; only those that hold objects lead further. */
static const char *const holders[] = {"data", "to", "user", NULL};
static const char *const members[] = {"type", "title",	    "body", "link", "priority",
				      "data", "expires_at", "to",   "user", NULL};

static bool is_listed(const char *name, const char *const *names)
{
	while (*names != NULL && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

static int refuse(const struct yaml_source *source, const struct yaml_node *node, struct slice text,
		  const char *why)
{
	char quote[QUOTE_BYTES];

	return yaml_source_refuse(source, node, "%s is no path: %s", quote_text(text, quote), why);
}

static int check_first(const struct route_path *path, const struct yaml_node *node,
		       const struct yaml_source *source)
{
	const struct yaml_node named = {
	    .name = slice_from_string(path->names[0]), .line = node->line, .column = node->column};

	if (!is_listed(path->names[0], members))
		return yaml_source_refuse_name(source, &named, "a message", members);
	if (path->names[1] != NULL && !is_listed(path->names[0], holders))
		return refuse(source, node, path->text,
			      "only data, user and to have members of their own");
	return 0;
}

int route_path_read(struct route_path *path, struct slice text, const struct yaml_node *node,
		    const struct yaml_source *source)
{
	const char **names =
	    arena_allocate_array(source->arena, ROUTE_PATH_NAMES + 1, sizeof(*names));
	struct slice rest = text, copy;
	size_t count = 0;

	if (names == NULL)
		return yaml_source_memory(source);
	if (text.length == 0 || text.length > ROUTE_PATH_BYTES || text.data[text.length - 1] == '.')
		return refuse(source, node, text, "write 1 to 128 bytes such as data.amount");
	while (rest.length > 0) {
		struct slice name = slice_split(&rest, '.');

		if (name.length == 0)
			return refuse(source, node, text, "a name between its dots is missing");
		if (count == ROUTE_PATH_NAMES)
			return refuse(source, node, text, "it has more than 8 names");
		if (arena_copy(source->arena, name, &copy) < 0)
			return yaml_source_memory(source);
		names[count++] = copy.data;
	}
	if (arena_copy(source->arena, text, &path->text) < 0)
		return yaml_source_memory(source);
	path->names = names;
	return check_first(path, node, source);
}

static const json_t *step(const json_t *value, const char *name)
{
	uint64_t index;

	if (!json_is_array(value))
		return json_object_get(value, name);
	if (slice_to_unsigned(slice_from_string(name), &index) < 0)
		return NULL;
	return json_array_get(value, (size_t)index);
}

const json_t *route_path_find(const struct route_path *path, const json_t *message)
{
	const json_t *value = message;

	for (size_t i = 0; path->names[i] != NULL && value != NULL; i++)
		value = step(value, path->names[i]);
	return json_is_null(value) ? NULL : value;
}
