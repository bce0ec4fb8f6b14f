/* A text is cut at its `${path}`s when it is read; making one only joins the pieces. */
#include "intake/route_target.h"

#include "core/hub.h"
#include "core/topic.h"

#include <errno.h>

static const char *const members[] = {"topic", "user", "users", "everyone", NULL};

/* Where `${` or '}' stands, or the length of the text. */
static size_t find(struct slice text, const char *mark)
{
	const char *at =
	    text.length == 0 ? NULL : memmem(text.data, text.length, mark, strlen(mark));

	return at == NULL ? text.length : (size_t)(at - text.data);
}

static struct slice from(struct slice text, size_t offset)
{
	return slice_from_bytes(text.data + offset, text.length - offset);
}

/* `rest` begins with "${"; afterwards it is what stands behind the brace. */
static int read_placeholder(struct route_text *text, struct slice *rest,
			    const struct yaml_node *node, const struct yaml_source *source)
{
	struct slice path = from(*rest, 2);
	size_t length = find(path, "}");

	if (length == path.length)
		return yaml_source_refuse(source, node, "a ${ without its }; close it");
	if (text->path_count == ROUTE_TARGET_PATHS)
		return yaml_source_refuse(source, node, "more than %d ${...} in one text",
					  ROUTE_TARGET_PATHS);
	*rest = from(path, length + 1);
	return route_path_read(&text->paths[text->path_count++],
			       slice_from_bytes(path.data, length), node, source);
}

/* What stands in the settings must fit by itself where nothing of the message is added. */
static int read_text(struct route_text *text, const struct yaml_node *node, size_t most,
		     const struct yaml_source *source)
{
	struct slice rest = node->text;
	int result = 0;

	if (node->kind != YAML_NODE_TEXT || rest.length == 0 || rest.length > most)
		return yaml_source_refuse(source, node,
					  "a name in \"to\" is a text of 1 to %zu bytes", most);
	for (;;) {
		size_t length = find(rest, "${");

		text->literals[text->path_count] = slice_from_bytes(rest.data, length);
		if (length == rest.length)
			return 0;
		rest = from(rest, length);
		result = read_placeholder(text, &rest, node, source);
		if (result < 0)
			return result;
	}
}

static int read_texts(struct route_target *target, const struct yaml_node *first, size_t count,
		      size_t most, const struct yaml_source *source)
{
	struct route_text *texts = arena_allocate_array(source->arena, count, sizeof(*texts));
	int result = 0;

	if (texts == NULL)
		return yaml_source_memory(source);
	for (size_t i = 0; i < count && result == 0; i++, first = first->next)
		result = read_text(&texts[i], first, most, source);
	target->texts = texts;
	target->text_count = count;
	return result;
}

static int read_topic(struct route_target *target, const struct yaml_node *node,
		      const struct yaml_source *source)
{
	target->kind = ROUTE_TARGET_TOPIC;
	return read_texts(target, node, 1, TOPIC_BYTES, source);
}

static int read_user(struct route_target *target, const struct yaml_node *node,
		     const struct yaml_source *source)
{
	target->kind = ROUTE_TARGET_USER;
	return read_texts(target, node, 1, INBOX_NAME_BYTES, source);
}

static bool is_one_path(const struct route_text *text)
{
	return text->path_count == 1 && slice_is_empty(text->literals[0]) &&
	       slice_is_empty(text->literals[1]);
}

/* One text instead of a list is the path of an array. */
static int read_users(struct route_target *target, const struct yaml_node *node,
		      const struct yaml_source *source)
{
	int result;

	target->kind = ROUTE_TARGET_USERS_LISTED;
	if (node->kind == YAML_NODE_LIST && node->count > 0 && node->count <= ROUTE_TARGET_USERS)
		return read_texts(target, node->first, node->count, INBOX_NAME_BYTES, source);
	if (node->kind != YAML_NODE_TEXT)
		return yaml_source_refuse(source, node,
					  "\"users\" is a list of 1 to %d names, or one "
					  "\"${path}\" of an array in the message",
					  ROUTE_TARGET_USERS);
	target->kind = ROUTE_TARGET_USERS_FOUND;
	result = read_texts(target, node, 1, INBOX_NAME_BYTES, source);
	if (result == 0 && !is_one_path(&target->texts[0]))
		return yaml_source_refuse(source, node,
					  "\"users\" with one name; write a list, or \"user\"");
	return result;
}

static int read_everyone(struct route_target *target, const struct yaml_node *node,
			 const struct yaml_source *source)
{
	target->kind = ROUTE_TARGET_EVERYONE;
	if (node->is_bare && slice_equals(node->text, SLICE("true")))
		return 0;
	return yaml_source_refuse(source, node, "\"everyone\" can only be true");
}

static int (*const readers[])(struct route_target *target, const struct yaml_node *node,
			      const struct yaml_source *source) = {
    read_topic,
    read_user,
    read_users,
    read_everyone,
};

int route_target_read(struct route_target *target, const struct yaml_node *node,
		      const struct yaml_source *source)
{
	if (node->kind != YAML_NODE_MAP || node->count != 1)
		return yaml_source_refuse(source, node,
					  "\"to\" is {topic: NAME}, {user: NAME}, {users: [NAMES]} "
					  "or {everyone: true}");
	for (size_t i = 0; members[i] != NULL; i++) {
		if (slice_equals(node->first->name, slice_from_string(members[i])))
			return readers[i](target, node->first, source);
	}
	return yaml_source_refuse_name(source, node->first, "\"to\"", members);
}

static int refuse_value(const struct route_path *path, const json_t *value, const char *wanted,
			struct error *error)
{
	if (value == NULL)
		return error_set(error, -EINVAL,
				 "its recipient is %.*s, which it lacks; send that along",
				 (int)path->text.length, path->text.data);
	return error_set(error, -EINVAL, "its recipient is %.*s, which is no %s",
			 (int)path->text.length, path->text.data, wanted);
}

static int append_value(struct buffer *name, const struct route_path *path, const json_t *message,
			struct error *error)
{
	const json_t *value = route_path_find(path, message);

	if (json_is_integer(value))
		buffer_append_integer(name, json_integer_value(value));
	else if (json_is_string(value))
		buffer_append(
		    name, slice_from_bytes(json_string_value(value), json_string_length(value)));
	else
		return refuse_value(path, value, "text or whole number", error);
	return 0;
}

static int make_text(const struct route_text *text, const json_t *message, json_t **ret_text,
		     struct error *error)
{
	struct buffer name = BUFFER_EMPTY;
	int result = 0;

	for (size_t i = 0; i < text->path_count && result == 0; i++) {
		buffer_append(&name, text->literals[i]);
		result = append_value(&name, &text->paths[i], message, error);
	}
	buffer_append(&name, text->literals[text->path_count]);
	if (result == 0) {
		*ret_text = buffer_failed(&name)
				? NULL
				: json_stringn(buffer_slice(&name).data, name.length);
		result = *ret_text == NULL ? -ENOMEM : 0;
	}
	buffer_finish(&name);
	return result;
}

static int make_list(const struct route_target *target, const json_t *message, json_t **ret_list,
		     struct error *error)
{
	json_t *list = json_array(), *name;
	int result = list == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < target->text_count && result == 0; i++) {
		result = make_text(&target->texts[i], message, &name, error);
		if (result == 0 && json_array_append_new(list, name) < 0)
			result = -ENOMEM;
	}
	if (result < 0)
		json_decref(list);
	else
		*ret_list = list;
	return result;
}

static int make_found(const struct route_target *target, const json_t *message, json_t **ret_list,
		      struct error *error)
{
	const struct route_path *path = &target->texts[0].paths[0];
	const json_t *value = route_path_find(path, message);

	if (!json_is_array(value))
		return refuse_value(path, value, "array", error);
	*ret_list = json_deep_copy(value);
	return *ret_list == NULL ? -ENOMEM : 0;
}

static int make_value(const struct route_target *target, const json_t *message, json_t **ret_value,
		      struct error *error)
{
	if (target->kind == ROUTE_TARGET_USERS_LISTED)
		return make_list(target, message, ret_value, error);
	if (target->kind == ROUTE_TARGET_USERS_FOUND)
		return make_found(target, message, ret_value, error);
	if (target->kind == ROUTE_TARGET_EVERYONE) {
		*ret_value = json_true();
		return 0;
	}
	return make_text(&target->texts[0], message, ret_value, error);
}

static const char *const member_of[] = {
    [ROUTE_TARGET_TOPIC] = "topic",	   [ROUTE_TARGET_USER] = "user",
    [ROUTE_TARGET_USERS_LISTED] = "users", [ROUTE_TARGET_USERS_FOUND] = "users",
    [ROUTE_TARGET_EVERYONE] = "everyone",
};

int route_target_make(const struct route_target *target, const json_t *message, json_t **ret_to,
		      struct error *error)
{
	json_t *value = NULL, *to;
	int result = make_value(target, message, &value, error);

	if (result < 0)
		return result;
	to = json_object();
	if (to == NULL || json_object_set_new(to, member_of[target->kind], value) < 0) {
		if (to == NULL)
			json_decref(value);
		json_decref(to);
		return -ENOMEM;
	}
	*ret_to = to;
	return 0;
}
