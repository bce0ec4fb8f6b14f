/* jansson keeps the members' order and every integer; a member that occurs twice is refused,
 * because which of the two is meant only the author knows. What the members mean is left to the
 * server. */
#include "cli/publish_items.h"

#include "base/clock.h"
#include "config/nearest.h"
#include "core/topic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int out_of_memory(struct error *error)
{
	return error_set(error, -ENOMEM, "out of memory");
}

static json_t *address(const struct publish_content *content)
{
	json_t *users;

	if (content->everyone)
		return json_pack("{s:b}", "everyone", 1);
	if (content->topic != NULL)
		return json_pack("{s:s}", "topic", content->topic);
	if (content->to.count == 1)
		return json_pack("{s:s}", "user", content->to.items[0]);
	users = json_array();
	for (size_t i = 0; i < content->to.count; i++) {
		if (json_array_append_new(users, json_string(content->to.items[i])) < 0) {
			json_decref(users);
			return NULL;
		}
	}
	return json_pack("{s:o}", "users", users);
}

static int check_priority(const char *priority, struct error *error)
{
	const char *names[NOTIFICATION_PRIORITIES + 1] = {NULL};
	struct slice wanted = slice_from_string(priority);

	for (int i = 0; i < NOTIFICATION_PRIORITIES; i++) {
		names[i] = notification_priority_name((enum notification_priority)i);
		if (slice_equals(wanted, slice_from_string(names[i])))
			return 0;
	}
	return error_set(error, -EINVAL, "--priority: \"%.60s\" is none; did you mean %s?",
			 priority, nearest_name(wanted, names));
}

static int check_required(const struct publish_content *content, struct error *error)
{
	int ways = (content->to.count > 0) + (content->topic != NULL) + content->everyone;

	if (ways == 0)
		return error_set(error, -EINVAL,
				 "say to whom: --to USER, --topic NAME or --everyone");
	if (ways > 1)
		return error_set(error, -EINVAL, "--to, --topic and --everyone exclude each other");
	if (content->topic != NULL && !topic_is_name(slice_from_string(content->topic)))
		return error_set(error, -EINVAL, "--topic: " TOPIC_RULE);
	if (content->members[NOTIFICATION_TYPE] == NULL)
		return error_set(error, -EINVAL, "--type is missing");
	if (content->members[NOTIFICATION_TITLE] == NULL)
		return error_set(error, -EINVAL, "--title is missing");
	return 0;
}

static int check_expires_at(const char *expires_at, struct error *error)
{
	int64_t time;

	if (clock_parse_wall(slice_from_string(expires_at), &time) == 0)
		return 0;
	return error_set(error, -EINVAL,
			 "--expires-at: \"%.60s\" is no time such as 2030-01-31T09:30:00Z",
			 expires_at);
}

/* Behind the check of --expires-at, whose name is not quite that of the member. */
static int check_texts(const struct publish_content *content, struct error *error)
{
	for (int i = 0; i < NOTIFICATION_MEMBERS; i++) {
		if (!slice_is_utf8(slice_from_string(content->members[i])))
			return error_set(error, -EINVAL, "--%s is not UTF-8",
					 notification_member_name((enum notification_member)i));
	}
	for (size_t i = 0; i < content->to.count; i++) {
		if (!slice_is_utf8(slice_from_string(content->to.items[i])))
			return error_set(error, -EINVAL, "--to is not UTF-8");
	}
	return 0;
}

static int check_content(const struct publish_content *content, struct error *error)
{
	const char *priority = content->members[NOTIFICATION_PRIORITY];
	const char *expires_at = content->members[NOTIFICATION_EXPIRES_AT];
	int result = check_required(content, error);

	if (result == 0 && priority != NULL)
		result = check_priority(priority, error);
	if (result == 0 && expires_at != NULL)
		result = check_expires_at(expires_at, error);
	return result == 0 ? check_texts(content, error) : result;
}

static int parse_data(const char *text, json_t **ret_data, struct error *error)
{
	json_error_t where;

	*ret_data = NULL;
	if (text == NULL)
		return 0;
	*ret_data = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &where);
	if (*ret_data != NULL)
		return 0;
	return error_set(error, -EINVAL, "--data is no JSON: %s (at byte %d)", where.text,
			 where.position);
}

/* Takes `data` over, also when it fails; absent members are left out. */
static int fill_item(json_t *item, const struct publish_content *content, json_t *data)
{
	int result = json_object_set_new(item, "to", address(content));

	for (int i = 0; i < NOTIFICATION_MEMBERS; i++) {
		const char *text = content->members[i];
		json_t *value = i == NOTIFICATION_DATA ? data : json_string(text);

		if (text != NULL)
			result |= json_object_set_new(
			    item, notification_member_name((enum notification_member)i), value);
	}
	return result == 0 ? 0 : -ENOMEM;
}

int publish_items_from_flags(const struct publish_content *content, json_t **ret_items,
			     struct error *error)
{
	json_t *data = NULL, *items, *item;
	int result = check_content(content, error);

	if (result == 0)
		result = parse_data(content->members[NOTIFICATION_DATA], &data, error);
	if (result < 0)
		return result;
	item = json_object();
	items = json_array();
	if (fill_item(item, content, data) < 0 || json_array_append(items, item) < 0)
		result = out_of_memory(error);
	json_decref(item);
	if (result < 0)
		json_decref(items);
	else
		*ret_items = items;
	return result;
}

static size_t count_lines(struct slice text)
{
	size_t lines = 0;

	for (size_t i = 0; i < text.length; i++)
		lines += text.data[i] == '\n';
	return lines;
}

static struct slice skip_blanks(struct slice text)
{
	while (text.length > 0 && strchr(" \t\r\n", text.data[0]) != NULL && text.data[0] != '\0')
		text = slice_from_bytes(text.data + 1, text.length - 1);
	return text;
}

/* Adds one value: an object, or the objects of an array. */
static int add(json_t *items, json_t *value)
{
	if (json_is_object(value))
		return json_array_append(items, value) < 0 ? -ENOMEM : 0;
	if (!json_is_array(value))
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (!json_is_object(json_array_get(value, i)))
			return -EINVAL;
	}
	return json_array_extend(items, value) < 0 ? -ENOMEM : 0;
}

/* Reads the value that `rest` begins with. */
static int parse_value(struct slice *rest, size_t line, const char *name, json_t *items,
		       struct error *error)
{
	json_error_t where;
	json_t *value =
	    json_loadb(rest->data, rest->length,
		       JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);
	size_t used;
	int result;

	if (value == NULL)
		return error_set(error, -EINVAL, "%.200s:%zu: no JSON object: %s", name,
				 line + (where.line > 0 ? (size_t)where.line - 1 : 0), where.text);
	result = add(items, value);
	json_decref(value);
	if (result == -EINVAL)
		return error_set(error, result, "%.200s:%zu: only objects can be published", name,
				 line);
	if (result < 0)
		return out_of_memory(error);
	used = (size_t)where.position;
	*rest = slice_from_bytes(rest->data + used, rest->length - used);
	return 0;
}

int publish_items_parse(struct slice text, const char *name, json_t **ret_items,
			struct error *error)
{
	json_t *items = json_array();
	struct slice rest = skip_blanks(text);
	size_t line = 1;
	const char *counted = text.data;
	int result = items == NULL ? out_of_memory(error) : 0;

	while (result == 0 && rest.length > 0) {
		line += count_lines(slice_from_bytes(counted, (size_t)(rest.data - counted)));
		counted = rest.data;
		result = parse_value(&rest, line, name, items, error);
		rest = skip_blanks(rest);
	}
	if (result == 0 && json_array_size(items) == 0)
		result = error_set(error, -EINVAL, "%.200s holds no notification", name);
	if (result < 0)
		json_decref(items);
	else
		*ret_items = items;
	return result;
}

static int read_all(FILE *file, struct buffer *text)
{
	for (;;) {
		char *end = buffer_reserve(text, 64 * 1024);
		size_t count;

		if (end == NULL)
			return -ENOMEM;
		errno = 0;
		count = fread(end, 1, 64 * 1024, file);
		text->length += count;
		if (text->length > PUBLISH_ITEMS_FILE_BYTES)
			return -EFBIG;
		if (count == 0)
			return ferror(file) ? (errno == 0 ? -EIO : -errno) : 0;
	}
}

static bool is_standard_input(const char *path)
{
	return strcmp(path, "-") == 0;
}

int publish_items_read_text(const char *path, struct buffer *text, struct error *error)
{
	FILE *file = is_standard_input(path) ? stdin : fopen(path, "re");
	int result;

	if (file == NULL)
		return error_set(error, -errno, "cannot read %.200s: %s", path, strerror(errno));
	result = read_all(file, text);
	if (result < 0)
		error_set(error, result, "cannot read %.200s: %s", path,
			  result == -EFBIG ? "it is larger than 64 MiB" : strerror(-result));
	if (!is_standard_input(path))
		fclose(file);
	return result;
}

int publish_items_read(const char *path, json_t **ret_items, struct error *error)
{
	struct buffer text = BUFFER_EMPTY;
	int result = publish_items_read_text(path, &text, error);

	if (result == 0)
		result = publish_items_parse(buffer_slice(&text),
					     is_standard_input(path) ? "standard input" : path,
					     ret_items, error);
	buffer_finish(&text);
	return result;
}

static int append_item(struct buffer *body, json_t *item)
{
	char *text = json_dumps(item, JSON_COMPACT);

	if (text == NULL)
		return -ENOMEM;
	buffer_append_string(body, text);
	free(text);
	return buffer_failed(body) ? -ENOMEM : 0;
}

/* An item that goes beyond the limit is taken off again and begins the next body. */
static int append_array(json_t *items, size_t *position, struct buffer *body)
{
	size_t first = *position, index = first;

	for (; index < json_array_size(items) && index - first < PUBLISH_ITEMS_BODY_COUNT;
	     index++) {
		size_t length = body->length;

		buffer_append_byte(body, index == first ? '[' : ',');
		if (append_item(body, json_array_get(items, index)) < 0)
			return -ENOMEM;
		if (body->length >= PUBLISH_ITEMS_BODY_BYTES && index > first) {
			body->length = length;
			break;
		}
	}
	buffer_append_byte(body, ']');
	*position = index;
	return buffer_failed(body) ? -ENOMEM : 0;
}

int publish_items_next_body(json_t *items, size_t *position, struct buffer *body)
{
	if (json_array_size(items) > 1)
		return append_array(items, position, body);
	*position = 1;
	return append_item(body, json_array_get(items, 0));
}
