/* Names of members are the same in all kinds of records: `user` is whom it was about, `id` the
 * notification, `publisher` who sent it, `by` who did it. docs/audit.md lists them. */
#include "audit/audit.h"

#include <stdio.h>

static void append_position(struct audit_page *page, struct slice position)
{
	if (!slice_is_empty(position))
		audit_page_text(page, "position", position);
}

/* Without a colon it is a publisher's name; users have one, as in the publishes that they make. */
static void append_by(struct audit_page *page, const struct audit_actor *actor)
{
	char by[320];

	snprintf(by, sizeof(by), "%s%.*s", actor->is_user ? "user:" : "", (int)actor->name.length,
		 actor->name.data);
	audit_page_text(page, "by",
			slice_is_empty(actor->name) ? SLICE("administrator")
						    : slice_from_string(by));
}

static void append_way(struct audit_page *page, const char *way)
{
	audit_page_text(page, "way", slice_from_string(way));
}

static void append_route(struct audit_page *page, const struct audit_actor *actor)
{
	char route[128];

	append_way(page, actor->way);
	if (actor->path == NULL)
		return;
	snprintf(route, sizeof(route), "%s %s", actor->method, actor->path);
	audit_page_text(page, "route", slice_from_string(route));
}

/* Publishing */

static void begin_publish(struct audit_page *page, const char *way, struct slice publisher,
			  const struct store_item *item, struct slice position)
{
	audit_page_begin(page, AUDIT_PUBLISH);
	audit_page_text(page, "publisher", publisher);
	append_way(page, way);
	append_position(page, position);
	audit_page_text(page, "type", item->content.type);
	if (!slice_is_empty(item->topic))
		audit_page_text(page, "topic", item->topic);
}

static void publish_to(struct audit_page *page, const char *way, struct slice publisher,
		       const struct store_item *item, struct slice position, size_t receiver)
{
	begin_publish(page, way, publisher, item, position);
	if (store_item_is_to_everyone(item))
		audit_page_true(page, "everyone");
	else
		audit_page_text(page, "user", item->users[receiver]);
	audit_page_number(page, "id", item->ids[receiver]);
	audit_page_end(page);
}

void audit_publish(struct audit_page *page, const char *way, struct slice publisher,
		   const struct store_item *item, struct slice position)
{
	size_t receivers = store_item_receivers(item);

	if (!audit_page_wants(page, AUDIT_PUBLISH))
		return;
	for (size_t i = 0; i < receivers; i++)
		publish_to(page, way, publisher, item, position, i);
	if (receivers > 0)
		return;
	begin_publish(page, way, publisher, item, position);
	audit_page_true(page, item->is_repeated ? "repeated" : "nobody");
	audit_page_end(page);
}

void audit_bury(struct audit_page *page, const char *way, const struct store_dead_letter *letter)
{
	if (!audit_page_wants(page, AUDIT_PUBLISH))
		return;
	audit_page_begin(page, AUDIT_PUBLISH);
	audit_page_text(page, "publisher", letter->source);
	append_way(page, way);
	append_position(page, letter->position);
	audit_page_true(page, "dead_letter");
	audit_page_end(page);
}

void audit_route(struct audit_page *page, struct slice publisher, const char *rule,
		 const struct store_item *item, struct slice position)
{
	if (rule == NULL || !audit_page_wants(page, AUDIT_ROUTE))
		return;
	audit_page_begin(page, AUDIT_ROUTE);
	audit_page_text(page, "publisher", publisher);
	append_position(page, position);
	audit_page_text(page, "rule", slice_from_string(rule));
	if (item == NULL)
		audit_page_true(page, "dropped");
	else if (store_item_receivers(item) > 0)
		audit_page_number(page, "id", item->ids[0]);
	audit_page_end(page);
}

void audit_route_all(struct audit_page *page, const struct publication *publication)
{
	for (size_t i = 0; i < publication->outcome_count; i++) {
		const struct publication_outcome *outcome = &publication->outcomes[i];

		audit_route(page, publication->publish.publisher, outcome->rule, outcome->item,
			    SLICE(""));
	}
}

/* The whole request was made before, and what came of it was recorded then. */
static void repeat(struct audit_page *page, const struct audit_actor *actor,
		   const struct store_publish *publish)
{
	if (!audit_page_wants(page, AUDIT_PUBLISH))
		return;
	audit_page_begin(page, AUDIT_PUBLISH);
	audit_page_text(page, "publisher", publish->publisher);
	append_way(page, actor->way);
	audit_page_true(page, "repeated");
	if (publish->replay.id_count > 0)
		audit_page_number(page, "id", publish->replay.ids[0]);
	audit_page_end(page);
}

static void publish_done(struct audit_page *page, const struct audit_actor *actor,
			 const struct store_request *request)
{
	const struct publication *publication = (const struct publication *)request;
	const struct store_publish *publish = &publication->publish;

	if (publish->replay.is_set) {
		repeat(page, actor, publish);
		return;
	}
	for (size_t i = 0; i < publish->item_count; i++)
		audit_publish(page, actor->way, publish->publisher, &publish->items[i], SLICE(""));
	audit_route_all(page, publication);
}

static void change_content(struct audit_page *page, const struct audit_actor *actor,
			   const char *action, int64_t id)
{
	if (!audit_page_wants(page, AUDIT_PUBLISH))
		return;
	audit_page_begin(page, AUDIT_PUBLISH);
	audit_page_text(page, "publisher", actor->name);
	append_way(page, actor->way);
	audit_page_text(page, "action", slice_from_string(action));
	audit_page_number(page, "id", id);
	audit_page_end(page);
}

static void correct_done(struct audit_page *page, const struct audit_actor *actor,
			 const struct store_request *request)
{
	change_content(page, actor, "correct", ((const struct store_correct *)request)->id);
}

static void withdraw_done(struct audit_page *page, const struct audit_actor *actor,
			  const struct store_request *request)
{
	change_content(page, actor, "withdraw", ((const struct store_withdraw *)request)->id);
}

/* Marking */

static void begin_mark(struct audit_page *page, const struct audit_actor *actor,
		       const struct store_mark *mark)
{
	audit_page_begin(page, AUDIT_READ);
	audit_page_text(page, "user", mark->user);
	append_way(page, actor->way);
	audit_page_text(page, "mark", slice_from_string(notification_state_name(mark->state)));
}

/* What had that mark before is not told apart: the user did the same to all. */
static void mark_done(struct audit_page *page, const struct audit_actor *actor,
		      const struct store_request *request)
{
	const struct store_mark *mark = (const struct store_mark *)request;

	if (mark->marked == 0 || !audit_page_wants(page, AUDIT_READ))
		return;
	for (size_t i = 0; i < mark->id_count && !mark->all; i++) {
		begin_mark(page, actor, mark);
		audit_page_number(page, "id", mark->ids[i]);
		audit_page_end(page);
	}
	if (mark->all) {
		begin_mark(page, actor, mark);
		audit_page_true(page, "all");
		audit_page_end(page);
	}
}

/* Administering */

static void begin_administer(struct audit_page *page, const struct audit_actor *actor,
			     const char *action)
{
	audit_page_begin(page, AUDIT_ADMINISTER);
	audit_page_text(page, "action", slice_from_string(action));
	append_by(page, actor);
	append_route(page, actor);
}

static void subscribe_done(struct audit_page *page, const struct audit_actor *actor,
			   const struct store_request *request)
{
	const struct store_subscribe *subscribe = (const struct store_subscribe *)request;

	if (subscribe->changed == 0 || !audit_page_wants(page, AUDIT_ADMINISTER))
		return;
	for (size_t i = 0; i < subscribe->user_count; i++) {
		begin_administer(page, actor, subscribe->ends ? "unsubscribe" : "subscribe");
		audit_page_text(page, "topic", subscribe->topic);
		audit_page_text(page, "user", subscribe->users[i]);
		audit_page_end(page);
	}
}

static void bury_again_done(struct audit_page *page, const struct audit_actor *actor,
			    const struct store_request *request)
{
	if (!audit_page_wants(page, AUDIT_ADMINISTER))
		return;
	begin_administer(page, actor, "bury again");
	audit_page_number(page, "letter", ((const struct store_bury_again *)request)->id);
	audit_page_end(page);
}

static void exhume_done(struct audit_page *page, const struct audit_actor *actor,
			const struct store_request *request)
{
	const struct store_exhume *exhume = (const struct store_exhume *)request;

	if (exhume->exhumed == 0 || !audit_page_wants(page, AUDIT_ADMINISTER))
		return;
	begin_administer(page, actor, "exhume");
	if (exhume->id_count > 0)
		audit_page_number(page, "letter", exhume->ids[0]);
	else if (!slice_is_empty(exhume->source))
		audit_page_text(page, "source", exhume->source);
	audit_page_number(page, "letters", (int64_t)exhume->exhumed);
	audit_page_end(page);
}

void audit_administer(struct audit_page *page, const char *action, const char *name,
		      const char *text)
{
	if (!audit_page_wants(page, AUDIT_ADMINISTER))
		return;
	audit_page_begin(page, AUDIT_ADMINISTER);
	audit_page_text(page, "action", slice_from_string(action));
	if (name != NULL)
		audit_page_text(page, name, slice_from_string(text));
	audit_page_end(page);
}

/* Delivering */

static void append_client(struct audit_page *page, const struct audit_client *client)
{
	char connection[32];

	snprintf(connection, sizeof(connection), "%u-%u", client->worker, client->connection);
	audit_page_text(page, "user", client->user);
	audit_page_text(page, "wire", slice_from_string(client->wire));
	audit_page_text(page, "connection", slice_from_string(connection));
}

void audit_connect(struct audit_page *page, const struct audit_client *client, struct slice address)
{
	if (!audit_page_wants(page, AUDIT_CONNECT))
		return;
	audit_page_begin(page, AUDIT_CONNECT);
	append_client(page, client);
	audit_page_text(page, "address", address);
	audit_page_end(page);
}

static void deliver_row(struct audit_page *page, const struct audit_client *client,
			const struct notification *row, const char *word)
{
	audit_page_begin(page, AUDIT_DELIVER);
	append_client(page, client);
	audit_page_text(page, "change", slice_from_string(word));
	audit_page_number(page, "id", row->id);
	audit_page_number(page, "seq", row->seq);
	if (row->to_everyone)
		audit_page_true(page, "everyone");
	if (row->withdrawn_at != 0)
		audit_page_true(page, "withdrawn");
	audit_page_end(page);
}

void audit_deliver(struct audit_page *page, const struct audit_client *client,
		   const struct change *change, bool is_new)
{
	if (!audit_page_wants(page, AUDIT_DELIVER))
		return;
	if (change->kind == CHANGE_ROW) {
		deliver_row(page, client, &change->notification,
			    is_new ? "notification" : "change");
		return;
	}
	audit_page_begin(page, AUDIT_DELIVER);
	append_client(page, client);
	audit_page_text(page, "change", SLICE("all"));
	audit_page_text(page, "mark", slice_from_string(notification_state_name(change->state)));
	audit_page_number(page, "seq", change->seq);
	audit_page_end(page);
}

void audit_deliver_list(struct audit_page *page, const struct audit_client *client,
			const struct notification *notifications, size_t count)
{
	for (size_t i = 0; i < count && audit_page_wants(page, AUDIT_DELIVER); i++)
		deliver_row(page, client, &notifications[i], "list");
}

void audit_acknowledge(struct audit_page *page, const struct audit_client *client,
		       const struct cursor *cursor)
{
	if (!audit_page_wants(page, AUDIT_ACKNOWLEDGE))
		return;
	audit_page_begin(page, AUDIT_ACKNOWLEDGE);
	append_client(page, client);
	audit_page_number(page, "seq", cursor->seq);
	audit_page_number(page, "broadcast_seq", cursor->broadcast_seq);
	audit_page_end(page);
}

static void (*const done[STORE_OPERATIONS])(struct audit_page *page,
					    const struct audit_actor *actor,
					    const struct store_request *request) = {
    [STORE_PUBLISH] = publish_done,	[STORE_CORRECT] = correct_done,
    [STORE_WITHDRAW] = withdraw_done,	[STORE_MARK] = mark_done,
    [STORE_SUBSCRIBE] = subscribe_done, [STORE_BURY_AGAIN] = bury_again_done,
    [STORE_EXHUME] = exhume_done,
};

void audit_done(struct audit_page *page, const struct audit_actor *actor,
		const struct store_request *request)
{
	if (done[request->operation] != NULL)
		done[request->operation](page, actor, request);
}
