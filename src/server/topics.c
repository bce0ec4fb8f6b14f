/* Who is on which topic. A user may change that for the topics in topics.open; the others are the
 * publishers', who put users on them and take them off. What is published to a topic is read in
 * intake/publication.c. */
#include "core/topic.h"

#include "base/json.h"
#include "intake/recipients.h"
#include "server/exchange.h"
#include "server/handlers.h"
#include "server/worker.h"

#include <errno.h>

enum { PAGE_DEFAULT = 100, PAGE_MAXIMUM = 1000 };

/* Returns 0, or -EINVAL and the exchange is answered. */
static int read_topic(struct exchange *exchange)
{
	if (topic_is_name(exchange->parameter))
		return 0;
	exchange_problem(exchange, PROBLEM_INVALID_PARAMETER, "Name a topic; " TOPIC_RULE);
	return -EINVAL;
}

/* The last name of the page before. Returns 0, or -EINVAL and the exchange is answered. */
static int read_after(struct exchange *exchange, struct slice *ret_after)
{
	int result = exchange_text(exchange, SLICE("after"), ret_after);

	if (result < 0)
		return result;
	if (ret_after->length <= INBOX_NAME_BYTES && !slice_has_control(*ret_after))
		return 0;
	exchange_problem(exchange, PROBLEM_INVALID_PARAMETER,
			 "The query parameter after is the last name of the page before");
	return -EINVAL;
}

/* A request for a page, or NULL and the exchange is answered. */
static struct store_topics *read_page(struct exchange *exchange)
{
	static const struct slice parameters[] = {{"after", 5}, {"limit", 5}, {NULL, 0}};
	int64_t limit = PAGE_DEFAULT;
	struct store_topics *topics;
	struct slice after;

	if (exchange_check_parameters(exchange, parameters) < 0 ||
	    read_after(exchange, &after) < 0 ||
	    exchange_number(exchange, SLICE("limit"), 1, PAGE_MAXIMUM, &limit) < 0)
		return NULL;
	topics = exchange_store_request(exchange, sizeof(*topics), STORE_TOPICS);
	if (topics == NULL)
		return NULL;
	topics->after = after;
	topics->limit = (size_t)limit;
	return topics;
}

/* How a page is written: of what it is a list, and what its rows' two members are called. */
struct page_form {
	const char *list;
	const char *name;
	const char *number;
	bool is_time;
};

static void append_row(struct buffer *out, const struct page_form *form,
		       const struct store_topics_row *row)
{
	buffer_append_format(out, "{\"%s\":", form->name);
	json_append_string(out, row->name);
	buffer_append_format(out, ",\"%s\":", form->number);
	if (form->is_time)
		json_append_time(out, row->number);
	else
		buffer_append_integer(out, row->number);
	buffer_append_byte(out, '}');
}

static void reply_page(struct exchange *exchange, const struct store_topics *topics,
		       const struct page_form *form)
{
	struct buffer body = BUFFER_EMPTY;

	buffer_append_format(&body, "{\"%s\":[", form->list);
	for (size_t i = 0; i < topics->row_count; i++) {
		buffer_append_string(&body, i == 0 ? "" : ",");
		append_row(&body, form, &topics->rows[i]);
	}
	buffer_append_string(&body, topics->more ? "],\"more\":true}" : "],\"more\":false}");
	exchange_reply_json(exchange, 200, &body);
	buffer_finish(&body);
}

static void on_listed(struct exchange *exchange, struct store_request *request)
{
	static const struct page_form own = {"topics", "topic", "since", true};
	static const struct page_form all = {"topics", "topic", "members", false};
	const struct store_topics *topics = (const struct store_topics *)request;

	reply_page(exchange, topics, slice_is_empty(topics->user) ? &all : &own);
}

void topics_get(struct exchange *exchange)
{
	struct store_topics *topics = read_page(exchange);

	if (topics == NULL)
		return;
	if (exchange->identity.kind == IDENTITY_USER)
		topics->user = exchange->identity.name;
	exchange_ask(exchange, &topics->request, on_listed);
}

static void on_members_listed(struct exchange *exchange, struct store_request *request)
{
	static const struct page_form form = {"members", "user", "since", true};

	reply_page(exchange, (const struct store_topics *)request, &form);
}

void topics_get_members(struct exchange *exchange)
{
	struct store_topics *topics;

	if (read_topic(exchange) < 0)
		return;
	topics = read_page(exchange);
	if (topics == NULL)
		return;
	topics->topic = exchange->parameter;
	exchange_ask(exchange, &topics->request, on_members_listed);
}

/* A topic with more members than a request may make notifications could not be published to. */
static int64_t member_limit(const struct settings *settings, const char **ret_setting)
{
	bool is_own = settings->topics_members <= settings->publish_notifications;

	*ret_setting = is_own ? "topics.members" : "publish.notifications";
	return is_own ? settings->topics_members : settings->publish_notifications;
}

static void refuse(struct exchange *exchange, const struct store_subscribe *subscribe)
{
	struct slice user = subscribe->full_user, topic = subscribe->topic;
	const char *setting;
	int64_t limit = member_limit(exchange->worker->settings, &setting);

	if (slice_is_empty(user))
		exchange_problem(exchange, PROBLEM_TOPIC_LIMIT,
				 "Use another topic; %.*s would have more than the %lld members "
				 "that %s allows",
				 (int)topic.length, topic.data, (long long)limit, setting);
	else
		exchange_problem(exchange, PROBLEM_TOPIC_LIMIT,
				 "Unsubscribe %.*s from another topic first; topics.per_user "
				 "allows %lld",
				 (int)user.length, user.data,
				 (long long)exchange->worker->settings->topics_per_user);
}

/* A request for the topic in the path, or NULL and the exchange is answered. */
static struct store_subscribe *prepare(struct exchange *exchange, bool ends)
{
	const struct settings *settings = exchange->worker->settings;
	struct store_subscribe *subscribe;
	const char *setting;

	if (exchange_check_no_parameters(exchange) < 0 || read_topic(exchange) < 0)
		return NULL;
	subscribe = exchange_store_request(exchange, sizeof(*subscribe), STORE_SUBSCRIBE);
	if (subscribe == NULL)
		return NULL;
	subscribe->topic = exchange->parameter;
	subscribe->ends = ends;
	subscribe->member_limit = (size_t)member_limit(settings, &setting);
	subscribe->topic_limit = (size_t)settings->topics_per_user;
	return subscribe;
}

static bool is_open(const struct settings *settings, struct slice topic)
{
	for (size_t i = 0; i < settings->topics_open.count; i++) {
		if (topic_matches(slice_from_string(settings->topics_open.items[i]), topic))
			return true;
	}
	return false;
}

static void on_own_changed(struct exchange *exchange, struct store_request *request)
{
	if (request->result == 0)
		exchange_reply_empty(exchange, 204);
	else if (request->result == -E2BIG)
		refuse(exchange, (const struct store_subscribe *)request);
	else
		exchange_store_problem(exchange, request->result);
}

/* The same answer whether the topic has members or not: who may not be on it learns nothing of it.
 */
static void change_own(struct exchange *exchange, bool ends)
{
	struct store_subscribe *subscribe = prepare(exchange, ends);

	if (subscribe == NULL)
		return;
	if (!is_open(exchange->worker->settings, subscribe->topic)) {
		exchange_problem(exchange, PROBLEM_FORBIDDEN,
				 "Ask whoever publishes to this topic; users choose by themselves "
				 "only those in topics.open");
		return;
	}
	subscribe->users = &exchange->identity.name;
	subscribe->user_count = 1;
	exchange_ask(exchange, &subscribe->request, on_own_changed);
}

void topics_put(struct exchange *exchange)
{
	change_own(exchange, false);
}

void topics_delete(struct exchange *exchange)
{
	change_own(exchange, true);
}

static void on_members_changed(struct exchange *exchange, struct store_request *request)
{
	const struct store_subscribe *subscribe = (const struct store_subscribe *)request;
	struct buffer body = BUFFER_EMPTY;

	if (request->result == -E2BIG) {
		refuse(exchange, subscribe);
		return;
	}
	if (request->result < 0) {
		exchange_store_problem(exchange, request->result);
		return;
	}
	buffer_append_string(&body, "{\"topic\":");
	json_append_string(&body, subscribe->topic);
	buffer_append_format(&body, ",\"%s\":%zu}", subscribe->ends ? "removed" : "added",
			     subscribe->changed);
	exchange_reply_json(exchange, 200, &body);
	buffer_finish(&body);
}

/* {"users": [...]}. Returns 0, -ENOMEM, or -EINVAL with a sentence. */
static int read_members(struct exchange *exchange, const json_t *body,
			struct store_subscribe *subscribe, struct error *error)
{
	struct store_item item = {.user_count = 0};
	int result;

	if (!json_is_object(body) || json_object_size(body) != 1)
		return error_set(error, -EINVAL, "send {\"users\": [names]}");
	result = recipients_read_users(json_object_get(body, "users"),
				       (size_t)exchange->worker->settings->publish_recipients,
				       &exchange->arena, &item, error);
	subscribe->users = item.users;
	subscribe->user_count = item.user_count;
	return result;
}

static void change_members(struct exchange *exchange, bool ends)
{
	struct store_subscribe *subscribe = prepare(exchange, ends);
	json_t *body = subscribe == NULL ? NULL : exchange_body_json(exchange);
	struct error error = {""};
	int result;

	if (body == NULL)
		return;
	result = read_members(exchange, body, subscribe, &error);
	json_decref(body);
	if (result == -ENOMEM)
		exchange_out_of_memory(exchange);
	else if (result < 0)
		exchange_problem(exchange, PROBLEM_INVALID_PARAMETER, "%s", error.text);
	else
		exchange_ask(exchange, &subscribe->request, on_members_changed);
}

void topics_post_members(struct exchange *exchange)
{
	change_members(exchange, false);
}

void topics_delete_members(struct exchange *exchange)
{
	change_members(exchange, true);
}
