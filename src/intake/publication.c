/* From JSON to store items. */
#include "intake/publication.h"

#include "base/json.h"
#include "base/map.h"
#include "config/settings.h"
#include "core/hub.h"
#include "core/topic.h"

#include <errno.h>

struct notification_limits publication_limits(const struct settings *settings)
{
	return (struct notification_limits){
	    .type = (size_t)settings->notification_type_bytes,
	    .title = (size_t)settings->notification_title_bytes,
	    .body = (size_t)settings->notification_body_bytes,
	    .link = (size_t)settings->notification_link_bytes,
	    .data = (size_t)settings->notification_data_bytes,
	};
}

/* A name that a token can have, too. Returns 0, -ENOMEM or -EINVAL. */
static int read_user(const json_t *json, struct arena *arena, struct slice *ret_user,
		     struct error *error)
{
	struct slice user = slice_from_bytes(json_string_value(json), json_string_length(json));

	if (!json_is_string(json) || user.length == 0 || user.length > INBOX_NAME_BYTES)
		return error_set(error, -EINVAL, "a user is a string of 1 to %d bytes",
				 INBOX_NAME_BYTES);
	if (slice_has_control(user))
		return error_set(error, -EINVAL, "a user has a control character; leave it out");
	return arena_copy(arena, user, ret_user);
}

static bool is_user(const void *item, struct slice key)
{
	return slice_equals(*(const struct slice *)item, key);
}

int publication_read_users(const json_t *json, size_t limit, struct arena *arena,
			   struct store_item *item, struct error *error)
{
	size_t count = json_array_size(json);
	struct slice *users;
	struct map known;
	int result = 0;

	if (!json_is_array(json) || count == 0 || count > limit)
		return error_set(error, -EINVAL,
				 "\"users\" is an array of 1 to %zu users; publish.recipients "
				 "limits it",
				 limit);
	users = arena_allocate_array(arena, count, sizeof(*users));
	if (users == NULL)
		return -ENOMEM;
	map_init(&known, is_user);
	for (size_t i = 0; i < count && result == 0; i++) {
		struct slice *user = &users[item->user_count];

		result = read_user(json_array_get(json, i), arena, user, error);
		if (result < 0 || map_find(&known, *user) != NULL)
			continue;
		result = map_insert(&known, *user, user);
		item->user_count++;
	}
	map_finish(&known);
	item->users = users;
	return result;
}

static int read_topic(const json_t *json, struct arena *arena, struct store_item *item,
		      struct error *error)
{
	struct slice topic = slice_from_bytes(json_string_value(json), json_string_length(json));

	if (!json_is_string(json) || !topic_is_name(topic))
		return error_set(error, -EINVAL, TOPIC_RULE);
	return arena_copy(arena, topic, &item->topic);
}

static int read_recipients(const json_t *to, size_t limit, struct arena *arena,
			   struct store_item *item, struct error *error)
{
	const json_t *user = json_object_get(to, "user");
	const json_t *users = json_object_get(to, "users");
	const json_t *topic = json_object_get(to, "topic");

	if (!json_is_object(to) || json_object_size(to) != 1)
		goto unclear;
	if (users != NULL)
		return publication_read_users(users, limit, arena, item, error);
	if (topic != NULL)
		return read_topic(topic, arena, item, error);
	if (user != NULL) {
		struct slice *one = arena_allocate_array(arena, 1, sizeof(*one));

		if (one == NULL)
			return -ENOMEM;
		item->users = one;
		item->user_count = 1;
		return read_user(user, arena, one, error);
	}
	if (json_is_true(json_object_get(to, "everyone")))
		return 0;
unclear:
	return error_set(error, -EINVAL,
			 "\"to\" is {\"user\": name}, {\"users\": [names]}, {\"topic\": name} or "
			 "{\"everyone\": true}");
}

int publication_read_item(const struct notification_source *source, const char *const *also_allowed,
			  const struct settings *settings, int64_t now, struct arena *arena,
			  struct store_item *item, struct error *error)
{
	struct notification_limits limits = publication_limits(settings);
	int result;

	*item = (struct store_item){.content.priority = NOTIFICATION_NORMAL};
	if (!json_is_object(source->value))
		return error_set(error, -EINVAL, "a notification is a JSON object");
	result = read_recipients(json_object_get(source->value, "to"),
				 (size_t)settings->publish_recipients, arena, item, error);
	if (result == 0)
		result = notification_content_read(&item->content, source, also_allowed, &limits,
						   arena, error);
	if (result < 0)
		return result;
	if (item->content.type.length == 0)
		return error_set(error, -EINVAL, "\"type\" is missing; it is required");
	if (item->content.title.length == 0)
		return error_set(error, -EINVAL, "\"title\" is missing; it is required");
	if (item->content.expires_at != 0 && item->content.expires_at <= now)
		return error_set(error, -EINVAL, "\"expires_at\" is in the past");
	return 0;
}

static int copy_text(struct arena *arena, const char *text, const char **ret_copy)
{
	struct slice copy;
	int result = arena_copy(arena, slice_from_string(text), &copy);

	*ret_copy = copy.data;
	return result;
}

/* One item into its place. Only a shortage of memory fails the whole. */
static int read_outcome(struct publication *publication, size_t index,
			const struct notification_source *source, const struct settings *settings,
			int64_t now, struct arena *arena, struct error *error)
{
	static const char *const also_allowed[] = {"to", NULL};
	struct store_item *item = &publication->publish.items[publication->publish.item_count];
	int result;

	result = publication_read_item(source, also_allowed, settings, now, arena, item, error);
	if (result == 0) {
		publication->outcomes[index].item = item;
		publication->publish.item_count++;
		publication->recipients +=
		    slice_is_empty(item->topic) ? store_item_receivers(item) : 1;
		return 0;
	}
	return result != -EINVAL
		   ? -ENOMEM
		   : copy_text(arena, error->text, &publication->outcomes[index].refusal);
}

/* Makes room for what becomes of each item of the body. */
static int prepare(struct publication *publication, const json_t *body, struct arena *arena)
{
	size_t count = json_is_array(body) ? json_array_size(body) : 1;

	publication->is_array = json_is_array(body);
	publication->outcome_count = count;
	publication->outcomes = arena_allocate_array(arena, count, sizeof(*publication->outcomes));
	publication->publish.items =
	    arena_allocate_array(arena, count, sizeof(*publication->publish.items));
	return publication->outcomes == NULL || publication->publish.items == NULL ? -ENOMEM : 0;
}

static json_t *item_of(json_t *body, size_t index)
{
	return json_is_array(body) ? json_array_get(body, index) : body;
}

static int read_body(struct publication *publication, const struct notification_source *body,
		     const struct settings *settings, int64_t now, struct arena *arena,
		     struct error *error)
{
	size_t count = json_is_array(body->value) ? json_array_size(body->value) : 1;
	struct slice rest = body->text, no_name;

	publication->publish.limit = (size_t)settings->publish_notifications;
	if (count == 0 || count > (size_t)settings->publish_items)
		return error_set(error, -EINVAL,
				 "send 1 to %lld notifications; publish.items limits them",
				 (long long)settings->publish_items);
	if (prepare(publication, body->value, arena) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct notification_source source = {item_of(body->value, i), body->text};

		if (publication->is_array)
			json_next(&rest, &no_name, &source.text);
		if (read_outcome(publication, i, &source, settings, now, arena, error) < 0)
			return -ENOMEM;
		if (publication->recipients > (size_t)settings->publish_notifications)
			return error_set(error, -EINVAL,
					 "one request makes at most %lld notifications, one for "
					 "each user; publish.notifications limits them",
					 (long long)settings->publish_notifications);
	}
	return !publication->is_array && publication->outcomes[0].refusal != NULL ? -EINVAL : 0;
}

int publication_read(struct publication *publication, const struct notification_source *body,
		     const struct settings *settings, int64_t now, struct arena *arena)
{
	struct error error = {""};
	int result = read_body(publication, body, settings, now, arena, &error);

	if (result != -EINVAL)
		return result;
	publication->publish.item_count = 0;
	publication->recipients = 0;
	return copy_text(arena, error.text, &publication->refusal);
}

/* The note is empty where nothing was refused; else an array with the reason, or null, for each
 * item. */
int publication_set_note(struct publication *publication, struct arena *arena)
{
	struct buffer note = BUFFER_EMPTY;
	int result = 0;

	if (publication->publish.item_count == 0 ||
	    publication->publish.item_count == publication->outcome_count)
		return 0;
	for (size_t i = 0; i < publication->outcome_count; i++) {
		const char *refusal = publication->outcomes[i].refusal;

		buffer_append_byte(&note, i == 0 ? '[' : ',');
		if (refusal == NULL)
			buffer_append(&note, SLICE("null"));
		else
			json_append_string(&note, slice_from_string(refusal));
	}
	buffer_append_byte(&note, ']');
	if (buffer_failed(&note) ||
	    arena_copy(arena, buffer_slice(&note), &publication->publish.note) < 0)
		result = -ENOMEM;
	buffer_finish(&note);
	return result;
}

/* What of a replay the items so far have taken. */
struct recalled {
	size_t ids;
	size_t topics;
};

/* The members are those of then. */
static int recall_members(const struct store_publish_replay *replay, struct store_item *item,
			  struct recalled *recalled)
{
	const struct store_members *members;

	if (slice_is_empty(item->topic))
		return 0;
	if (recalled->topics == replay->topic_count)
		return -EIO;
	members = &replay->topics[recalled->topics++];
	item->users = members->users;
	item->user_count = members->count;
	return 0;
}

/* Who gets an item is the same as then; whether it may be sent was decided then. */
static int recall_item(struct publication *publication, size_t index, const json_t *json,
		       struct arena *arena, struct recalled *recalled)
{
	const struct store_publish_replay *replay = &publication->publish.replay;
	struct store_item *item = &publication->publish.items[index];
	struct error error;
	int result;

	*item = (struct store_item){0};
	result = read_recipients(json_object_get(json, "to"), SIZE_MAX, arena, item, &error);
	if (result < 0)
		return result == -ENOMEM ? -ENOMEM : -EIO;
	if (recall_members(replay, item, recalled) < 0 ||
	    store_item_receivers(item) > replay->id_count - recalled->ids)
		return -EIO;
	item->ids = replay->ids + recalled->ids;
	recalled->ids += store_item_receivers(item);
	publication->outcomes[index].item = item;
	return 0;
}

int publication_recall(struct publication *publication, json_t *body, struct arena *arena)
{
	struct slice note = publication->publish.replay.note;
	json_t *refusals = json_loadb(note.data, note.length, 0, NULL);
	struct recalled recalled = {.ids = 0};
	int result = prepare(publication, body, arena);

	for (size_t i = 0; i < publication->outcome_count && result == 0; i++) {
		const char *refusal = json_string_value(json_array_get(refusals, i));

		result = refusal == NULL
			     ? recall_item(publication, i, item_of(body, i), arena, &recalled)
			     : copy_text(arena, refusal, &publication->outcomes[i].refusal);
	}
	json_decref(refusals);
	return result;
}
