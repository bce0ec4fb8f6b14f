/* From JSON to store items, and from ids to the answer. */
#include "server/publication.h"

#include "base/json.h"
#include "base/map.h"
#include "config/settings.h"
#include "core/hub.h"
#include "protocol/jwt.h"
#include "server/problem.h"

#include <assert.h>
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

static_assert((int)INBOX_NAME_BYTES == JWT_SUBJECT_BYTES,
	      "whoever can be published to can log in, and the reverse");

/* A name that a token can have, too. Returns 0, -ENOMEM or -EINVAL. */
static int read_user(const json_t *json, struct arena *arena, struct slice *ret_user,
		     struct error *error)
{
	struct slice user = slice_from_bytes(json_string_value(json), json_string_length(json));

	if (!json_is_string(json) || user.length == 0 || user.length > INBOX_NAME_BYTES)
		return error_set(error, -EINVAL, "a user in \"to\" is a string of 1 to %d bytes",
				 INBOX_NAME_BYTES);
	if (slice_has_control(user))
		return error_set(error, -EINVAL,
				 "a user in \"to\" has a control character; leave it out");
	return arena_copy(arena, user, ret_user);
}

static bool is_user(const void *item, struct slice key)
{
	return slice_equals(*(const struct slice *)item, key);
}

/* Each user once, in the order given. */
static int read_users(const json_t *json, size_t limit, struct arena *arena,
		      struct store_item *item, struct error *error)
{
	size_t count = json_array_size(json);
	struct slice *users;
	struct map known;
	int result = 0;

	if (!json_is_array(json) || count == 0 || count > limit)
		return error_set(error, -EINVAL,
				 "\"users\" in \"to\" is an array of 1 to %zu users; "
				 "publish.recipients limits it",
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

static int read_recipients(const json_t *to, const struct settings *settings, struct arena *arena,
			   struct store_item *item, struct error *error)
{
	const json_t *user = json_object_get(to, "user");
	const json_t *users = json_object_get(to, "users");

	if (!json_is_object(to) || json_object_size(to) != 1)
		goto unclear;
	if (users != NULL)
		return read_users(users, (size_t)settings->publish_recipients, arena, item, error);
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
	return error_set(
	    error, -EINVAL,
	    "\"to\" is {\"user\": name}, {\"users\": [names]} or {\"everyone\": true}");
}

static int read_item(const json_t *json, const struct settings *settings, int64_t now,
		     struct arena *arena, struct store_item *item, struct error *error)
{
	static const char *const also_allowed[] = {"to", NULL};
	struct notification_limits limits = publication_limits(settings);
	size_t ids;
	int result;

	item->content.priority = NOTIFICATION_NORMAL;
	if (!json_is_object(json))
		return error_set(error, -EINVAL, "a notification is a JSON object");
	result = read_recipients(json_object_get(json, "to"), settings, arena, item, error);
	if (result == 0)
		result = notification_content_read(&item->content, (json_t *)(uintptr_t)json,
						   also_allowed, &limits, arena, error);
	if (result < 0)
		return result;
	if (item->content.type.length == 0)
		return error_set(error, -EINVAL, "\"type\" is missing; it is required");
	if (item->content.title.length == 0)
		return error_set(error, -EINVAL, "\"title\" is missing; it is required");
	if (item->content.expires_at != 0 && item->content.expires_at <= now)
		return error_set(error, -EINVAL, "\"expires_at\" is in the past");
	ids = item->user_count == 0 ? 1 : item->user_count;
	item->ids = arena_allocate_array(arena, ids, sizeof(*item->ids));
	return item->ids == NULL ? -ENOMEM : 0;
}

/* One item into its place. Only a shortage of memory fails the whole. */
static int read_outcome(struct publication *publication, size_t index, const json_t *json,
			const struct settings *settings, int64_t now, struct arena *arena,
			struct error *error)
{
	struct store_item *item = &publication->publish.items[publication->publish.item_count];
	struct slice refusal;
	int result;

	*item = (struct store_item){0};
	result = read_item(json, settings, now, arena, item, error);
	if (result == 0) {
		publication->outcomes[index].item = item;
		publication->publish.item_count++;
		publication->recipients += item->user_count == 0 ? 1 : item->user_count;
		return 0;
	}
	if (result != -EINVAL || arena_copy(arena, slice_from_string(error->text), &refusal) < 0)
		return -ENOMEM;
	publication->outcomes[index].refusal = refusal.data;
	return 0;
}

int publication_read(struct publication *publication, const json_t *body,
		     const struct settings *settings, int64_t now, struct arena *arena,
		     struct error *error)
{
	size_t count = json_is_array(body) ? json_array_size(body) : 1;

	if (count == 0 || count > (size_t)settings->publish_items)
		return error_set(error, -EINVAL,
				 "send 1 to %lld notifications; publish.items limits them",
				 (long long)settings->publish_items);
	publication->is_array = json_is_array(body);
	publication->outcome_count = count;
	publication->outcomes = arena_allocate_array(arena, count, sizeof(*publication->outcomes));
	publication->publish.items =
	    arena_allocate_array(arena, count, sizeof(*publication->publish.items));
	if (publication->outcomes == NULL || publication->publish.items == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const json_t *json = publication->is_array ? json_array_get(body, i) : body;

		if (read_outcome(publication, i, json, settings, now, arena, error) < 0)
			return -ENOMEM;
		if (publication->recipients > (size_t)settings->publish_notifications)
			return error_set(error, -EINVAL,
					 "one request makes at most %lld notifications, one for "
					 "each user; publish.notifications limits them",
					 (long long)settings->publish_notifications);
	}
	if (!publication->is_array && publication->outcomes[0].refusal != NULL)
		return -EINVAL;
	return 0;
}

static void append_notifications(const struct store_item *item, struct buffer *out)
{
	size_t count = item->user_count == 0 ? 1 : item->user_count;

	buffer_append(out, SLICE("\"notifications\":["));
	for (size_t i = 0; i < count; i++) {
		buffer_append(out, i == 0 ? SLICE("{\"id\":") : SLICE(",{\"id\":"));
		buffer_append_integer(out, item->ids[i]);
		if (item->user_count == 0) {
			buffer_append(out, SLICE(",\"everyone\":true}"));
		} else {
			buffer_append(out, SLICE(",\"user\":"));
			json_append_string(out, item->users[i]);
			buffer_append_byte(out, '}');
		}
	}
	buffer_append_byte(out, ']');
}

/* The members of an object that is open; the caller closes it. */
static void append_published(const struct publication *publication, const struct store_item *item,
			     struct buffer *out)
{
	buffer_append(out, SLICE("\"id\":"));
	buffer_append_integer(out, item->ids[0]);
	buffer_append_byte(out, ',');
	append_notifications(item, out);
	buffer_append(out, SLICE(",\"created_at\":"));
	json_append_time(out, publication->publish.created_at);
}

static void append_refused(const char *refusal, struct buffer *out)
{
	const struct problem_row *problem = &problem_table[PROBLEM_INVALID_NOTIFICATION];

	buffer_append_format(out, "{\"status\":%d,\"code\":\"%s\",\"detail\":", problem->status,
			     problem->code);
	json_append_string(out, slice_from_string(refusal));
}

void publication_append_answer(const struct publication *publication, struct buffer *out)
{
	if (!publication->is_array) {
		buffer_append_byte(out, '{');
		append_published(publication, publication->outcomes[0].item, out);
		buffer_append_byte(out, '}');
		return;
	}
	buffer_append(out, SLICE("{\"results\":["));
	for (size_t i = 0; i < publication->outcome_count; i++) {
		const struct publication_outcome *outcome = &publication->outcomes[i];

		if (i > 0)
			buffer_append_byte(out, ',');
		if (outcome->item == NULL) {
			append_refused(outcome->refusal, out);
		} else {
			buffer_append(out, SLICE("{\"status\":201,"));
			append_published(publication, outcome->item, out);
		}
		buffer_append_byte(out, '}');
	}
	buffer_append(out, SLICE("]}"));
}
