/* Content is read member by member through one table, so that a publish and a correction obey the
 * same limits and say the same sentences. Writing JSON appends literals and numbers only: it runs
 * once per change and wire, on the hot path. */
#include "core/notification.h"

#include "base/clock.h"
#include "base/json.h"

#include <errno.h>
#include <stdlib.h>

struct reader {
	struct notification_content *content;
	const struct notification_limits *limits;
	struct arena *arena;
	struct error *error;
	struct slice text; /* of the present member's value */
};

static const char *const state_names[NOTIFICATION_STATES];
static const char *const priority_names[NOTIFICATION_PRIORITIES];

const char *notification_state_name(enum notification_state state)
{
	return state_names[state];
}

const char *notification_priority_name(enum notification_priority priority)
{
	return priority_names[priority];
}

static struct slice string_of(const json_t *value)
{
	return slice_from_bytes(json_string_value(value), json_string_length(value));
}

static int read_text(struct reader *reader, const char *name, const json_t *value, size_t limit,
		     struct slice *ret_text)
{
	if (!json_is_string(value))
		return error_set(reader->error, -EINVAL, "\"%s\" must be a string", name);
	if (json_string_length(value) > limit)
		return error_set(reader->error, -EINVAL,
				 "\"%s\" is longer than %zu bytes; shorten it", name, limit);
	if (memchr(json_string_value(value), '\0', json_string_length(value)) != NULL)
		return error_set(reader->error, -EINVAL,
				 "\"%s\" holds U+0000, which not every store keeps; leave it out",
				 name);
	return arena_copy(reader->arena, string_of(value), ret_text);
}

static int read_type(struct reader *reader, const json_t *value)
{
	if (json_is_string(value) && json_string_length(value) == 0)
		return error_set(reader->error, -EINVAL,
				 "\"type\" is empty; name the kind of notification");
	if (json_is_string(value) && slice_has_control(string_of(value)))
		return error_set(reader->error, -EINVAL,
				 "\"type\" contains a control character; use printable text");
	return read_text(reader, "type", value, reader->limits->type, &reader->content->type);
}

static int read_title(struct reader *reader, const json_t *value)
{
	return read_text(reader, "title", value, reader->limits->title, &reader->content->title);
}

static int read_body(struct reader *reader, const json_t *value)
{
	if (json_is_null(value)) {
		reader->content->body = SLICE("");
		return 0;
	}
	return read_text(reader, "body", value, reader->limits->body, &reader->content->body);
}

static int read_link(struct reader *reader, const json_t *value)
{
	if (json_is_null(value)) {
		reader->content->link = SLICE("");
		return 0;
	}
	return read_text(reader, "link", value, reader->limits->link, &reader->content->link);
}

/* As it is written, because a number may say more than a double can keep. */
static int read_data(struct reader *reader, const json_t *value)
{
	size_t length = json_compact(reader->text, NULL);
	char *data;

	if (json_is_null(value)) {
		reader->content->data = SLICE("");
		return 0;
	}
	if (length > reader->limits->data)
		return error_set(reader->error, -EINVAL,
				 "\"data\" is longer than %zu bytes as compact JSON; shorten it",
				 reader->limits->data);
	data = arena_allocate(reader->arena, length + 1);
	if (data == NULL)
		return -ENOMEM;
	json_compact(reader->text, data);
	data[length] = '\0';
	reader->content->data = slice_from_bytes(data, length);
	return 0;
}

static int read_priority(struct reader *reader, const json_t *value)
{
	for (int i = 0; json_is_string(value) && i < NOTIFICATION_PRIORITIES; i++) {
		if (slice_equals(string_of(value), slice_from_string(priority_names[i]))) {
			reader->content->priority = (enum notification_priority)i;
			return 0;
		}
	}
	return error_set(reader->error, -EINVAL,
			 "\"priority\" must be \"low\", \"normal\", \"high\" or \"urgent\"");
}

static int read_expires_at(struct reader *reader, const json_t *value)
{
	int64_t expires_at = 0;

	if (!json_is_null(value) &&
	    (!json_is_string(value) || clock_parse_wall(string_of(value), &expires_at) < 0 ||
	     expires_at <= 0))
		return error_set(
		    reader->error, -EINVAL,
		    "\"expires_at\" must be null or a time as RFC 3339 writes it, such "
		    "as \"2030-01-31T12:00:00Z\"");
	reader->content->expires_at = expires_at;
	return 0;
}

static const struct member {
	const char *name;
	int (*read)(struct reader *reader, const json_t *value);
} members[NOTIFICATION_MEMBERS];

const char *notification_member_name(enum notification_member member)
{
	return members[member].name;
}

static const struct member *member_named(const char *name)
{
	for (int i = 0; i < NOTIFICATION_MEMBERS; i++) {
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
	}
	return NULL;
}

static bool is_listed(const char *name, const char *const *names)
{
	for (; names != NULL && *names != NULL; names++) {
		if (strcmp(*names, name) == 0)
			return true;
	}
	return false;
}

/* A name of the client's is shown cut short, so that the sentence stays one. */
static int refuse_member(struct reader *reader, const char *name)
{
	return error_set(
	    reader->error, -EINVAL,
	    "\"%.64s\" is no member of a notification; leave it out or put it into \"data\"", name);
}

/* Members come from the parser in the order in which they stand in the text. */
int notification_content_read(struct notification_content *content,
			      const struct notification_source *source,
			      const char *const *also_allowed,
			      const struct notification_limits *limits, struct arena *arena,
			      struct error *error)
{
	struct notification_content changed = *content;
	struct reader reader = {&changed, limits, arena, error, SLICE("")};
	struct slice rest = source->text, written_name;
	const char *name;
	json_t *value;
	int result;

	if (!json_is_object(source->value))
		return error_set(error, -EINVAL, "a notification must be a JSON object");
	json_object_foreach(source->value, name, value)
	{
		const struct member *member = member_named(name);

		if (member == NULL && !is_listed(name, also_allowed))
			return refuse_member(&reader, name);
		json_next(&rest, &written_name, &reader.text);
		if (member == NULL)
			continue;
		result = member->read(&reader, value);
		if (result < 0)
			return result;
		changed.given |= 1u << (member - members);
	}
	*content = changed;
	return 0;
}

bool notification_is_live(const struct notification *notification)
{
	return notification->withdrawn_at == 0;
}

bool notification_is_unread(const struct notification *notification)
{
	return notification->withdrawn_at == 0 && notification->state_at[NOTIFICATION_READ] == 0 &&
	       notification->state_at[NOTIFICATION_ARCHIVED] == 0;
}

void notification_content_correct(struct notification_content *content,
				  const struct notification_content *correction)
{
	struct notification_content before = *content;

	*content = *correction;
	if (!notification_content_has(correction, NOTIFICATION_TYPE))
		content->type = before.type;
	if (!notification_content_has(correction, NOTIFICATION_TITLE))
		content->title = before.title;
	if (!notification_content_has(correction, NOTIFICATION_BODY))
		content->body = before.body;
	if (!notification_content_has(correction, NOTIFICATION_LINK))
		content->link = before.link;
	if (!notification_content_has(correction, NOTIFICATION_DATA))
		content->data = before.data;
	if (!notification_content_has(correction, NOTIFICATION_PRIORITY))
		content->priority = before.priority;
	if (!notification_content_has(correction, NOTIFICATION_EXPIRES_AT))
		content->expires_at = before.expires_at;
}

size_t notification_content_bytes(const struct notification_content *content)
{
	return content->type.length + content->title.length + content->body.length +
	       content->link.length + content->data.length;
}

int notification_content_copy(struct notification_content *content, struct arena *arena)
{
	struct slice *texts[] = {&content->type, &content->title, &content->body, &content->link,
				 &content->data};
	const size_t count = sizeof(texts) / sizeof(texts[0]);
	size_t length = 0;
	char *copy;

	for (size_t i = 0; i < count; i++)
		length += texts[i]->length + 1;
	copy = arena_allocate(arena, length);
	if (copy == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (texts[i]->length > 0)
			memcpy(copy, texts[i]->data, texts[i]->length);
		copy[texts[i]->length] = '\0';
		*texts[i] = slice_from_bytes(copy, texts[i]->length);
		copy += texts[i]->length + 1;
	}
	return 0;
}

static void append_text(struct buffer *buffer, struct slice name, struct slice text)
{
	buffer_append(buffer, name);
	json_append_string(buffer, text);
}

static void append_time(struct buffer *buffer, struct slice name, int64_t time)
{
	buffer_append(buffer, name);
	json_append_time(buffer, time);
}

void notification_append_json(const struct notification *notification, struct buffer *buffer)
{
	const struct notification_content *content = &notification->content;
	const int64_t *state_at = notification->state_at;

	buffer_append(buffer, SLICE("{\"id\":"));
	buffer_append_integer(buffer, notification->id);
	buffer_append(buffer, SLICE(",\"seq\":"));
	buffer_append_integer(buffer, notification->seq);
	buffer_append(buffer, notification->to_everyone ? SLICE(",\"everyone\":true")
							: SLICE(",\"everyone\":false"));
	append_text(buffer, SLICE(",\"type\":"), content->type);
	append_text(buffer, SLICE(",\"title\":"), content->title);
	append_text(buffer, SLICE(",\"body\":"), content->body);
	append_text(buffer, SLICE(",\"link\":"), content->link);
	buffer_append(buffer, SLICE(",\"priority\":\""));
	buffer_append_string(buffer, priority_names[content->priority]);
	buffer_append(buffer, SLICE("\",\"data\":"));
	buffer_append(buffer, content->data.length == 0 ? SLICE("null") : content->data);
	append_time(buffer, SLICE(",\"created_at\":"), notification->created_at);
	append_time(buffer, SLICE(",\"expires_at\":"), content->expires_at);
	if (!notification->of_nobody) {
		append_time(buffer, SLICE(",\"seen_at\":"), state_at[NOTIFICATION_SEEN]);
		append_time(buffer, SLICE(",\"read_at\":"), state_at[NOTIFICATION_READ]);
		append_time(buffer, SLICE(",\"archived_at\":"), state_at[NOTIFICATION_ARCHIVED]);
	}
	append_time(buffer, SLICE(",\"withdrawn_at\":"), notification->withdrawn_at);
	buffer_append_byte(buffer, '}');
}

static const char *const state_names[NOTIFICATION_STATES] = {
    [NOTIFICATION_SEEN] = "seen",
    [NOTIFICATION_READ] = "read",
    [NOTIFICATION_ARCHIVED] = "archived",
};

static const char *const priority_names[NOTIFICATION_PRIORITIES] = {
    [NOTIFICATION_LOW] = "low",
    [NOTIFICATION_NORMAL] = "normal",
    [NOTIFICATION_HIGH] = "high",
    [NOTIFICATION_URGENT] = "urgent",
};

static const struct member members[NOTIFICATION_MEMBERS] = {
    [NOTIFICATION_TYPE] = {"type", read_type},
    [NOTIFICATION_TITLE] = {"title", read_title},
    [NOTIFICATION_BODY] = {"body", read_body},
    [NOTIFICATION_LINK] = {"link", read_link},
    [NOTIFICATION_DATA] = {"data", read_data},
    [NOTIFICATION_PRIORITY] = {"priority", read_priority},
    [NOTIFICATION_EXPIRES_AT] = {"expires_at", read_expires_at},
};
