/* Walks over the events of the file guided by the table of settings: a key is looked up before its
 * value is read, so that nothing can nest deeper than the names do and nothing is built in memory
 * but what is a tree by its type (yaml_tree.c). */
#include "config/settings_yaml.h"

#include "base/quote.h"
#include "config/nearest.h"
#include "config/yaml_file.h"
#include "yaml/yaml_reader.h"
#include "yaml/yaml_tree.h"

#include <assert.h>
#include <errno.h>

enum { PATH_BYTES = 256, FIELDS = 4 };

struct group {
	size_t first_row;
	size_t length; /* of its name */
	size_t line;
};

struct reader {
	struct yaml_reader yaml;
	struct settings_loader *loader;
	char path[PATH_BYTES];		     /* of the present key: http.listen */
	struct group groups[SETTINGS_COUNT]; /* those that were opened */
	size_t group_count;
};

static struct settings_origin place_of(const struct reader *reader)
{
	return settings_origin_in_file(yaml_reader_place(&reader->yaml));
}

static int refuse_value(struct reader *reader, const struct setting *setting, const char *what)
{
	struct settings_origin origin = place_of(reader);

	return settings_problem_value(reader->loader->error, &origin, setting, what);
}

static int refuse_field(struct reader *reader, const struct setting *setting)
{
	struct settings_origin origin = place_of(reader);
	struct slice key = yaml_reader_scalar(&reader->yaml);
	const char *nearest = nearest_name(key, setting->type->fields);
	char quote[QUOTE_BYTES];

	return settings_problem(reader->loader->error, &origin, -EINVAL,
				"unknown key %s in %s; did you mean %s?", quote_word(key, quote),
				setting->name, nearest);
}

/* Reads one field of an item that is a map into `values`, at its place among the fields. */
static int read_field(struct reader *reader, const struct setting *setting, struct slice *values)
{
	const char *const *fields = setting->type->fields;
	size_t field = 0;
	int result;

	if (reader->yaml.event.type != YAML_SCALAR_EVENT)
		return yaml_reader_refuse(&reader->yaml, "a key must be a name");
	while (fields[field] != NULL &&
	       !slice_equals(yaml_reader_scalar(&reader->yaml), slice_from_string(fields[field])))
		field++;
	if (fields[field] == NULL)
		return refuse_field(reader, setting);
	if (values[field].data != NULL)
		return refuse_value(reader, setting, "an item has a key twice");
	result = yaml_reader_next(&reader->yaml);
	if (result < 0)
		return result;
	if (reader->yaml.event.type != YAML_SCALAR_EVENT || yaml_reader_is_null(&reader->yaml))
		return refuse_value(reader, setting, "an item has a key without a text");
	if (arena_copy(&reader->loader->settings.arena, yaml_reader_scalar(&reader->yaml),
		       &values[field]) < 0)
		return settings_problem_memory(reader->loader->error);
	return 0;
}

/* Lists of maps take an item as its fields joined by colons, as in a variable. */
static int add_fields(struct reader *reader, const struct setting *setting,
		      const struct settings_origin *origin, const struct slice *values)
{
	struct buffer text = BUFFER_EMPTY;
	int result = 0;

	for (size_t i = 0; setting->type->fields[i] != NULL && result == 0; i++) {
		if (values[i].data == NULL)
			result = settings_problem(reader->loader->error, origin, -EINVAL,
						  "%s: an item lacks its %s", setting->name,
						  setting->type->fields[i]);
		if (i > 0)
			buffer_append_byte(&text, ':');
		buffer_append(&text, values[i]);
	}
	if (result == 0 && buffer_failed(&text))
		result = settings_problem_memory(reader->loader->error);
	if (result == 0)
		result = settings_loader_add(reader->loader, setting, origin, buffer_slice(&text));
	buffer_finish(&text);
	return result;
}

static int read_fields(struct reader *reader, const struct setting *setting)
{
	struct slice values[FIELDS] = {{NULL, 0}};
	struct settings_origin origin = place_of(reader);
	int result = yaml_reader_next(&reader->yaml);

	while (result == 0 && reader->yaml.event.type != YAML_MAPPING_END_EVENT) {
		result = read_field(reader, setting, values);
		if (result == 0)
			result = yaml_reader_next(&reader->yaml);
	}
	return result < 0 ? result : add_fields(reader, setting, &origin, values);
}

static int read_item(struct reader *reader, const struct setting *setting)
{
	struct settings_origin origin = place_of(reader);
	bool is_map = setting->type->fields != NULL;

	if (is_map && reader->yaml.event.type == YAML_MAPPING_START_EVENT)
		return read_fields(reader, setting);
	if (is_map)
		return refuse_value(reader, setting, "an item is no mapping");
	if (reader->yaml.event.type != YAML_SCALAR_EVENT || yaml_reader_is_null(&reader->yaml))
		return refuse_value(reader, setting, "an item is no text");
	return settings_loader_add(reader->loader, setting, &origin,
				   yaml_reader_scalar(&reader->yaml));
}

static int read_list(struct reader *reader, const struct setting *setting)
{
	struct settings_origin origin = place_of(reader);
	int result;

	if (reader->yaml.event.type != YAML_SEQUENCE_START_EVENT)
		return refuse_value(reader, setting, "no list was given");
	result = settings_loader_clear(reader->loader, setting, &origin);
	if (result == 0)
		result = yaml_reader_next(&reader->yaml);
	while (result == 0 && reader->yaml.event.type != YAML_SEQUENCE_END_EVENT) {
		result = read_item(reader, setting);
		if (result == 0)
			result = yaml_reader_next(&reader->yaml);
	}
	return result;
}

static int read_tree(struct reader *reader, const struct setting *setting)
{
	struct settings_origin origin = place_of(reader);
	const struct yaml_node *tree;
	int result = yaml_tree_read(&reader->yaml, &reader->loader->settings.arena, &tree);

	return result < 0 ? result : settings_loader_take(reader->loader, setting, &origin, tree);
}

static int read_value(struct reader *reader, const struct setting *setting)
{
	struct settings_origin origin = place_of(reader);

	if (yaml_reader_is_null(&reader->yaml))
		return refuse_value(reader, setting, "no value was given");
	if (setting->type->take != NULL)
		return read_tree(reader, setting);
	if (setting->type->add != NULL)
		return read_list(reader, setting);
	if (reader->yaml.event.type == YAML_SEQUENCE_START_EVENT)
		return refuse_value(reader, setting, "a list was given");
	if (reader->yaml.event.type != YAML_SCALAR_EVENT)
		return refuse_value(reader, setting, "a mapping was given");
	return settings_loader_set(reader->loader, setting, &origin,
				   yaml_reader_scalar(&reader->yaml));
}

static int refuse_secret(struct reader *reader, const struct setting *setting)
{
	struct settings_origin origin = place_of(reader);
	char variable[SETTINGS_NAME_BYTES];

	settings_table_variable(setting, variable);
	return settings_problem(reader->loader->error, &origin, -EINVAL,
				"%s: secrets are not accepted in this file; set %s in the "
				"environment",
				setting->name, variable);
}

static int refuse_second(struct reader *reader, struct slice name, size_t line)
{
	struct settings_origin origin = place_of(reader);

	return settings_problem(reader->loader->error, &origin, -EINVAL,
				"%.*s is given twice; the first one is on line %zu",
				(int)name.length, name.data, line);
}

static int read_setting(struct reader *reader, const struct setting *setting)
{
	const struct settings_origin *before =
	    &reader->loader->origins[settings_table_row(setting)];
	int result;

	if (setting->type->secret)
		return refuse_secret(reader, setting);
	if (before->source == SETTINGS_FROM_FILE)
		return refuse_second(reader, slice_from_string(setting->name), before->line);
	result = yaml_reader_next(&reader->yaml);
	return result < 0 ? result : read_value(reader, setting);
}

static int refuse_unknown(struct reader *reader, struct slice name)
{
	struct settings_origin origin = place_of(reader);
	struct slice nearest = settings_nearest(name);
	char quote[QUOTE_BYTES];

	return settings_problem(reader->loader->error, &origin, -EINVAL,
				"unknown setting %s; did you mean %.*s?", quote_word(name, quote),
				(int)nearest.length, nearest.data);
}

/* Puts the key behind the name of its group. A name that does not fit is cut: it is unknown. */
static struct slice join(struct reader *reader, size_t length)
{
	struct slice key = yaml_reader_scalar(&reader->yaml);

	if (length > 0)
		reader->path[length++] = '.';
	if (key.length > PATH_BYTES - length)
		key.length = PATH_BYTES - length;
	memcpy(reader->path + length, key.data, key.length);
	return slice_from_bytes(reader->path, length + key.length);
}

static int open_group(struct reader *reader, const struct setting *first, struct slice name)
{
	struct group *group = reader->groups;
	struct group *end = reader->groups + reader->group_count;

	while (group < end &&
	       (group->first_row != settings_table_row(first) || group->length != name.length))
		group++;
	if (group < end)
		return refuse_second(reader, name, group->line);
	assert(reader->group_count < SETTINGS_COUNT);
	*end = (struct group){settings_table_row(first), name.length,
			      reader->yaml.event.start_mark.line + 1};
	reader->group_count++;
	return 0;
}

static int read_group(struct reader *reader, size_t length);

/* A group with nothing in it is what remains when all of its settings are commented out. */
static int read_subgroup(struct reader *reader, const struct setting *first, struct slice name)
{
	struct settings_origin origin;
	int result = open_group(reader, first, name);

	if (result == 0)
		result = yaml_reader_next(&reader->yaml);
	if (result < 0 || yaml_reader_is_null(&reader->yaml))
		return result;
	if (reader->yaml.event.type == YAML_MAPPING_START_EVENT)
		return read_group(reader, name.length);
	origin = place_of(reader);
	return settings_problem(reader->loader->error, &origin, -EINVAL,
				"%.*s is a group of settings; accepted is a mapping with %s in it",
				(int)name.length, name.data, first->name + name.length + 1);
}

static int read_pair(struct reader *reader, size_t length)
{
	const struct setting *setting;
	struct slice name;

	if (reader->yaml.event.type != YAML_SCALAR_EVENT)
		return yaml_reader_refuse(&reader->yaml, "a key must be the name of a setting");
	name = join(reader, length);
	setting = settings_table_find(name);
	if (setting != NULL)
		return read_setting(reader, setting);
	setting = settings_table_find_group(name);
	return setting == NULL ? refuse_unknown(reader, name)
			       : read_subgroup(reader, setting, name);
}

/* From the start of a mapping to its end. `length` is that of the group's name in the path. */
static int read_group(struct reader *reader, size_t length)
{
	int result = yaml_reader_next(&reader->yaml);

	while (result == 0 && reader->yaml.event.type != YAML_MAPPING_END_EVENT) {
		result = read_pair(reader, length);
		if (result == 0)
			result = yaml_reader_next(&reader->yaml);
	}
	return result;
}

static int read_root(struct reader *reader)
{
	if (reader->yaml.event.type == YAML_MAPPING_START_EVENT)
		return read_group(reader, 0);
	return yaml_reader_is_null(&reader->yaml)
		   ? 0
		   : yaml_reader_refuse(&reader->yaml, "accepted is a mapping of settings only");
}

/* Start of stream, start of document, the root, end of document, end of stream. */
static int read_stream(struct reader *reader)
{
	int result = yaml_reader_next(&reader->yaml);

	if (result == 0)
		result = yaml_reader_next(&reader->yaml);
	if (result < 0 || reader->yaml.event.type == YAML_STREAM_END_EVENT)
		return result;
	result = yaml_reader_next(&reader->yaml);
	if (result == 0)
		result = read_root(reader);
	if (result == 0)
		result = yaml_reader_next(&reader->yaml);
	return result < 0 ? result : yaml_reader_next(&reader->yaml);
}

int settings_yaml_read(struct settings_loader *loader, const char *file, struct slice content)
{
	struct reader reader = {.loader = loader};
	int result = yaml_reader_init(&reader.yaml, file, content, loader->error);

	if (result < 0)
		return result;
	result = read_stream(&reader);
	yaml_reader_finish(&reader.yaml);
	return result;
}

int settings_yaml_read_file(struct settings_loader *loader, const char *file)
{
	struct buffer content = BUFFER_EMPTY;
	int result = yaml_file_read(file, &content, loader->error);

	if (result == 0)
		result = settings_yaml_read(loader, file, buffer_slice(&content));
	buffer_finish(&content);
	return result;
}
