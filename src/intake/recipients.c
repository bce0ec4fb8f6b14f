/* Names are copied one by one; a map finds those that stand twice. */
#include "intake/recipients.h"

#include "base/map.h"
#include "core/hub.h"
#include "core/topic.h"

#include <errno.h>

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

int recipients_read_users(const json_t *json, size_t limit, struct arena *arena,
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

int recipients_read(const json_t *to, size_t limit, struct arena *arena, struct store_item *item,
		    struct error *error)
{
	const json_t *user = json_object_get(to, "user");
	const json_t *users = json_object_get(to, "users");
	const json_t *topic = json_object_get(to, "topic");

	if (!json_is_object(to) || json_object_size(to) != 1)
		goto unclear;
	if (users != NULL)
		return recipients_read_users(users, limit, arena, item, error);
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
