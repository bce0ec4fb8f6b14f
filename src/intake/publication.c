/* From JSON to store items. */
#include "intake/publication.h"

#include "base/json.h"
#include "config/settings.h"
#include "core/json_reader.h"
#include "intake/recipients.h"
#include "intake/routing.h"

#include <errno.h>
#include <stdlib.h>

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

static int read_content(const struct publication_reader *reader,
			const struct notification_source *source, const char *const *also_allowed,
			struct notification_content *content)
{
	struct notification_limits limits = publication_limits(reader->settings);
	int result;

	result = notification_content_read(content, source, also_allowed, &limits, reader->arena,
					   reader->error);
	if (result < 0)
		return result;
	if (content->type.length == 0)
		return error_set(reader->error, -EINVAL, "\"type\" is missing; it is required");
	if (content->title.length == 0)
		return error_set(reader->error, -EINVAL, "\"title\" is missing; it is required");
	if (content->expires_at != 0 && content->expires_at <= reader->now)
		return error_set(reader->error, -EINVAL, "\"expires_at\" is in the past");
	return 0;
}

/* The attributes of the user are for rules only, and are not kept. */
static int check_message(const struct publication_reader *reader, const json_t *message)
{
	const json_t *user = json_object_get(message, "user");

	if (!json_is_object(message))
		return error_set(reader->error, -EINVAL, "a notification is a JSON object");
	if (user != NULL && !json_is_object(user))
		return error_set(reader->error, -EINVAL,
				 "\"user\" is an object of attributes that rules may ask for; whom "
				 "it is for stands in \"to\"");
	return 0;
}

static int address(const struct publication_reader *reader, const json_t *to,
		   struct store_item *item)
{
	if (to == NULL)
		return error_set(reader->error, -EINVAL,
				 "\"to\" is missing; say whom it is for, or let a rule of "
				 "routing.rules do so");
	return recipients_read(to, (size_t)reader->settings->publish_recipients, reader->arena,
			       item, reader->error);
}

static int copy_json(struct arena *arena, const json_t *json, struct slice *ret_copy)
{
	char *text = json_dumps(json, JSON_COMPACT);
	int result = text == NULL ? -ENOMEM : arena_copy(arena, slice_from_string(text), ret_copy);

	free(text);
	return result;
}

/* The rule may be gone before the answer is written, so its name is copied. */
static int note_decision(const struct publication_reader *reader,
			 const struct routing_decision *decision,
			 struct publication_outcome *outcome)
{
	struct slice name;
	int result = 0;

	if (decision->rule == NULL)
		return 0;
	if (arena_copy(reader->arena, decision->rule->name, &name) < 0)
		return -ENOMEM;
	outcome->rule = name.data;
	outcome->is_dropped = decision->rule->drops;
	if (decision->to != NULL)
		result = copy_json(reader->arena, decision->to, &outcome->to);
	return result;
}

static void overrule(const struct routing_decision *decision, struct notification_content *content)
{
	if (decision->rule == NULL)
		return;
	if (decision->rule->has_priority)
		content->priority = decision->rule->priority;
	if (decision->expires_at != 0)
		content->expires_at = decision->expires_at;
}

/* What is dropped must be valid all the same, but for its recipients. */
static int decide_and_read(const struct publication_reader *reader,
			   const struct notification_source *source,
			   const char *const *also_allowed, struct store_item *item,
			   struct publication_outcome *outcome)
{
	struct routing_decision decision = {.rule = NULL};
	int result =
	    routing_apply(reader->routing, source->value, reader->now, &decision, reader->error);

	if (result == 0)
		result = note_decision(reader, &decision, outcome);
	if (result == 0 && !outcome->is_dropped)
		result = address(
		    reader,
		    decision.to != NULL ? decision.to : json_object_get(source->value, "to"), item);
	if (result == 0)
		result = read_content(reader, source, also_allowed, &item->content);
	overrule(&decision, &item->content);
	json_decref(decision.to);
	return result;
}

int publication_read_item(const struct publication_reader *reader,
			  const struct notification_source *source, const char *const *also_allowed,
			  struct store_item *ret_item, struct publication_outcome *ret_outcome)
{
	struct publication_outcome outcome = {.item = NULL};
	struct store_item item = {.content.priority = NOTIFICATION_NORMAL};
	int result = check_message(reader, source->value);

	if (result == 0)
		result = decide_and_read(reader, source, also_allowed, &item, &outcome);
	if (result < 0)
		return result;
	*ret_item = item;
	*ret_outcome = outcome;
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
			const struct publication_reader *reader,
			const struct notification_source *source)
{
	static const char *const also_allowed[] = {"to", "user", NULL};
	struct store_item *item = &publication->publish.items[publication->publish.item_count];
	struct publication_outcome *outcome = &publication->outcomes[index];
	int result = publication_read_item(reader, source, also_allowed, item, outcome);

	if (result < 0)
		return result != -EINVAL
			   ? -ENOMEM
			   : copy_text(reader->arena, reader->error->text, &outcome->refusal);
	publication->routed += outcome->rule != NULL;
	publication->dropped += outcome->is_dropped;
	if (outcome->is_dropped)
		return 0;
	outcome->item = item;
	publication->publish.item_count++;
	publication->recipients += slice_is_empty(item->topic) ? store_item_receivers(item) : 1;
	return 0;
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
		     const struct publication_reader *reader)
{
	const struct settings *settings = reader->settings;
	size_t count = json_is_array(body->value) ? json_array_size(body->value) : 1;
	struct slice rest = body->text, no_name;

	publication->publish.limit = (size_t)reader->settings->publish_notifications;
	if (count == 0 || count > (size_t)settings->publish_items)
		return error_set(reader->error, -EINVAL,
				 "send 1 to %lld notifications; publish.items limits them",
				 (long long)settings->publish_items);
	if (prepare(publication, body->value, reader->arena) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct notification_source source = {item_of(body->value, i), body->text};

		if (publication->is_array)
			json_next(&rest, &no_name, &source.text);
		if (read_outcome(publication, i, reader, &source) < 0)
			return -ENOMEM;
		if (publication->recipients > (size_t)settings->publish_notifications)
			return error_set(reader->error, -EINVAL,
					 "one request makes at most %lld notifications, one for "
					 "each user; publish.notifications limits them",
					 (long long)settings->publish_notifications);
	}
	return !publication->is_array && publication->outcomes[0].refusal != NULL ? -EINVAL : 0;
}

int publication_read(struct publication *publication, const struct notification_source *body,
		     const struct settings *settings, const struct routing *routing, int64_t now,
		     struct arena *arena)
{
	struct error error = {""};
	struct publication_reader reader = {settings, routing, now, arena, &error};
	int result = read_body(publication, body, &reader);

	publication->publish.keeps_key = publication->dropped > 0 && result == 0;
	if (result != -EINVAL)
		return result;
	publication->publish.item_count = 0;
	publication->outcome_count = 0;
	publication->recipients = 0;
	publication->routed = 0;
	publication->dropped = 0;
	return copy_text(arena, error.text, &publication->refusal);
}

static void append_note(struct buffer *note, const struct publication_outcome *outcome)
{
	if (outcome->refusal != NULL) {
		json_append_string(note, slice_from_string(outcome->refusal));
		return;
	}
	if (outcome->rule == NULL) {
		buffer_append(note, SLICE("null"));
		return;
	}
	buffer_append(note, SLICE("{\"rule\":"));
	json_append_string(note, slice_from_string(outcome->rule));
	if (outcome->is_dropped)
		buffer_append(note, SLICE(",\"dropped\":true"));
	if (outcome->to.length > 0) {
		buffer_append(note, SLICE(",\"to\":"));
		buffer_append(note, outcome->to);
	}
	buffer_append_byte(note, '}');
}

/* Whether the request itself and the ids do not say all; where nothing is kept, nothing need be. */
static bool needs_note(const struct publication *publication)
{
	size_t published = publication->publish.item_count;

	return (published > 0 || publication->dropped > 0) &&
	       (published < publication->outcome_count || publication->routed > 0);
}

/* The note is empty where each item was published as it says itself; else an array with an element
 * for each item: the reason of a refusal, what a rule decided, or null. */
int publication_set_note(struct publication *publication, struct arena *arena)
{
	struct buffer note = BUFFER_EMPTY;
	int result = 0;

	if (!needs_note(publication))
		return 0;
	for (size_t i = 0; i < publication->outcome_count; i++) {
		buffer_append_byte(&note, i == 0 ? '[' : ',');
		append_note(&note, &publication->outcomes[i]);
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

/* Whom it goes to was decided then, as was whether it may be sent. */
static int recall_item(struct publication *publication, size_t index, const json_t *to,
		       struct arena *arena, struct recalled *recalled)
{
	const struct store_publish_replay *replay = &publication->publish.replay;
	struct store_item *item = &publication->publish.items[index];
	struct error error;
	int result;

	*item = (struct store_item){0};
	result = recipients_read(to, SIZE_MAX, arena, item, &error);
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

/* `kept` is what the note says of the item; `item` is what the request does. */
static int recall_outcome(struct publication *publication, size_t index, const json_t *kept,
			  const json_t *item, struct arena *arena, struct recalled *recalled)
{
	struct publication_outcome *outcome = &publication->outcomes[index];
	const char *rule = json_string_value(json_object_get(kept, "rule"));
	const json_t *to = json_object_get(kept, "to");
	int result = 0;

	if (json_is_string(kept))
		return copy_text(arena, json_string_value(kept), &outcome->refusal);
	if (rule != NULL)
		result = copy_text(arena, rule, &outcome->rule);
	outcome->is_dropped = json_is_true(json_object_get(kept, "dropped"));
	if (result < 0 || outcome->is_dropped)
		return result;
	return recall_item(publication, index, to != NULL ? to : json_object_get(item, "to"), arena,
			   recalled);
}

/* NULL where nothing was noted: all went as the request says. */
static int read_note(struct slice note, json_t **ret_kept)
{
	struct error error;
	json_t *kept = NULL;
	int result = slice_is_empty(note) ? 0 : json_reader_read(note, &kept, &error);

	if (result < 0)
		return result == -ENOMEM ? -ENOMEM : -EIO;
	*ret_kept = kept;
	return 0;
}

int publication_recall(struct publication *publication, json_t *body, struct arena *arena)
{
	struct recalled recalled = {.ids = 0};
	json_t *kept;
	int result = read_note(publication->publish.replay.note, &kept);

	if (result < 0)
		return result;
	result = prepare(publication, body, arena);
	for (size_t i = 0; i < publication->outcome_count && result == 0; i++)
		result = recall_outcome(publication, i, json_array_get(kept, i), item_of(body, i),
					arena, &recalled);
	json_decref(kept);
	return result;
}
