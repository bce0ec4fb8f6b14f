/* Listing, counting and marking. */
#include "server/inbox.h"

#include "base/json.h"
#include "server/handlers.h"
#include "server/poll.h"
#include "server/worker.h"

#include <errno.h>

enum { PAGE_DEFAULT = 20, PAGE_MAXIMUM = 100, IDS_MAXIMUM = 1000 };

void inbox_add_etag(struct exchange *exchange, const struct cursor *cursor)
{
	char text[CURSOR_TEXT_BYTES + 2];
	size_t length = cursor_format(cursor, text + 1);

	text[0] = '"';
	text[length + 1] = '"';
	exchange_header(exchange, "ETag", slice_from_bytes(text, length + 2));
}

bool inbox_matches(const struct exchange *exchange, const struct cursor *cursor)
{
	const struct slice *header = http_request_header(exchange->request, SLICE("if-none-match"));
	char text[CURSOR_TEXT_BYTES + 2];
	size_t length;

	if (header == NULL)
		return false;
	length = cursor_format(cursor, text + 1);
	text[0] = '"';
	text[length + 1] = '"';
	return slice_equals(*header, SLICE("*")) ||
	       memmem(header->data, header->length, text, length + 2) != NULL;
}

/* A snapshot may be ahead of the hint of a broadcast that it has. Its badge would lack that one,
 * and stay wrong, because nothing is new to who holds this cursor. */
bool inbox_learn(struct exchange *exchange, struct store_request *request,
		 const struct cursor *cursor, const struct inbox_counts *counts)
{
	struct worker *worker = exchange->worker;
	struct inbox *inbox;

	if (request->epoch != worker->hub.epoch)
		return true;
	inbox = hub_open(&worker->hub, exchange->identity.name, worker->loop.now);
	if (inbox != NULL)
		hub_learn(inbox, cursor->seq, counts);
	hub_learn_broadcast_head(&worker->hub, cursor->broadcast_seq);
	if (worker->hub.broadcast_listed >= cursor->broadcast_seq)
		return true;
	refresh_wait(exchange, request, cursor->broadcast_seq);
	return false;
}

int64_t inbox_unread(const struct exchange *exchange, const struct inbox_counts *counts)
{
	return hub_unread(&exchange->worker->hub, counts);
}

/* The cursor of this user, where the worker knows it without the store. */
static bool known_cursor(struct exchange *exchange, struct cursor *ret_cursor,
			 struct inbox_counts *ret_counts)
{
	struct worker *worker = exchange->worker;
	struct inbox *inbox = hub_find(&worker->hub, exchange->identity.name);

	if (!hub_cursor(&worker->hub, inbox, ret_cursor))
		return false;
	hub_use(&worker->hub, inbox, worker->loop.now);
	*ret_counts = inbox->counts;
	return true;
}

static void record(struct exchange *exchange, const struct wire_answer *answer)
{
	struct audit_client client = exchange_client(exchange, poll_wire_ops.name);

	audit_deliver_list(&exchange->worker->audit, &client, answer->notifications,
			   answer->notification_count);
}

static void on_listed(struct exchange *exchange, struct store_request *request)
{
	struct store_list *list = (struct store_list *)request;
	struct wire_answer answer = {
	    .notifications = list->notifications,
	    .notification_count = list->notification_count,
	    .more = list->more,
	    .cursor = list->cursor,
	};
	struct buffer body = BUFFER_EMPTY;

	if (!inbox_learn(exchange, request, &list->cursor, &list->counts))
		return;
	inbox_add_etag(exchange, &list->cursor);
	if (inbox_matches(exchange, &list->cursor)) {
		exchange_reply_empty(exchange, 304);
		return;
	}
	answer.unread = inbox_unread(exchange, &list->counts);
	poll_wire_ops.answer(&body, &answer);
	exchange_reply_content(exchange, &body, &answer, record);
	buffer_finish(&body);
}

/* ?filter=, or ?unread=1 for short. Returns 0, or -EINVAL and the exchange is answered. */
static int read_filter(struct exchange *exchange, enum store_filter *ret_filter)
{
	static const struct {
		const char *name;
		enum store_filter filter;
	} filters[] = {
	    {"inbox", STORE_FILTER_INBOX},
	    {"unread", STORE_FILTER_UNREAD},
	    {"archived", STORE_FILTER_ARCHIVED},
	    {"all", STORE_FILTER_ALL},
	};
	struct slice text;
	int64_t unread = 0;
	int result;

	if (exchange_number(exchange, SLICE("unread"), 0, 1, &unread) < 0)
		return -EINVAL;
	*ret_filter = unread == 1 ? STORE_FILTER_UNREAD : STORE_FILTER_INBOX;
	result = exchange_parameter(exchange, SLICE("filter"), &text);
	if (result < 0)
		return result == -ENOENT ? 0 : result;
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		if (slice_equals(text, slice_from_string(filters[i].name))) {
			*ret_filter = filters[i].filter;
			return 0;
		}
	}
	exchange_problem(exchange, PROBLEM_INVALID_PARAMETER,
			 "The query parameter filter is inbox, unread, archived or all");
	return -EINVAL;
}

static void list(struct exchange *exchange)
{
	enum store_filter filter;
	int64_t limit = PAGE_DEFAULT, before = 0;
	struct cursor cursor;
	struct inbox_counts counts;
	struct store_list *request;

	if (read_filter(exchange, &filter) < 0 ||
	    exchange_number(exchange, SLICE("limit"), 1, PAGE_MAXIMUM, &limit) < 0 ||
	    exchange_number(exchange, SLICE("before"), 1, INT64_MAX, &before) < 0)
		return;
	if (known_cursor(exchange, &cursor, &counts) && inbox_matches(exchange, &cursor)) {
		metrics_add(&exchange->worker->metrics, METRIC_POLLS_UNCHANGED, 1);
		inbox_add_etag(exchange, &cursor);
		exchange_reply_empty(exchange, 304);
		return;
	}
	request = exchange_store_request(exchange, sizeof(*request), STORE_LIST);
	if (request == NULL)
		return;
	request->user = exchange->identity.name;
	request->filter = filter;
	request->limit = (size_t)limit;
	request->limit_bytes = (size_t)exchange->worker->settings->delivery_replay_bytes;
	request->before = before;
	exchange_ask(exchange, &request->request, on_listed);
}

/* Each way of reading has its own parameters, and refuses the other's. */
void inbox_get(struct exchange *exchange)
{
	static const struct slice polling[] = {{"after", 5}, {"wait", 4}, {"limit", 5}, {NULL, 0}};
	static const struct slice listing[] = {
	    {"limit", 5}, {"before", 6}, {"filter", 6}, {"unread", 6}, {NULL, 0}};
	struct slice after;
	int result = exchange_parameter(exchange, SLICE("after"), &after);

	if (result == 0 && exchange_check_parameters(exchange, polling) == 0)
		poll_changes(exchange, after);
	else if (result == -ENOENT && exchange_check_parameters(exchange, listing) == 0)
		list(exchange);
}

static void reply_count(struct exchange *exchange, const struct cursor *cursor,
			const struct inbox_counts *counts)
{
	char text[CURSOR_TEXT_BYTES];
	struct buffer body = BUFFER_EMPTY;

	inbox_add_etag(exchange, cursor);
	if (inbox_matches(exchange, cursor)) {
		exchange_reply_empty(exchange, 304);
		return;
	}
	cursor_format(cursor, text);
	buffer_append_format(&body, "{\"unread\":%lld,\"cursor\":\"%s\"}",
			     (long long)inbox_unread(exchange, counts), text);
	exchange_reply_json(exchange, 200, &body);
	buffer_finish(&body);
}

static void on_counted(struct exchange *exchange, struct store_request *request)
{
	struct store_replay *replay = (struct store_replay *)request;

	if (!inbox_learn(exchange, request, &replay->cursor, &replay->counts))
		return;
	reply_count(exchange, &replay->cursor, &replay->counts);
}

void inbox_count(struct exchange *exchange)
{
	struct store_replay *replay;
	struct inbox_counts counts;
	struct cursor cursor;

	if (exchange_check_no_parameters(exchange) < 0)
		return;
	if (known_cursor(exchange, &cursor, &counts)) {
		reply_count(exchange, &cursor, &counts);
		return;
	}
	replay = exchange_store_request(exchange, sizeof(*replay), STORE_REPLAY);
	if (replay == NULL)
		return;
	replay->user = exchange->identity.name;
	replay->after.epoch = exchange->worker->hub.epoch;
	exchange_ask(exchange, &replay->request, on_counted);
}

static void on_marked(struct exchange *exchange, struct store_request *request)
{
	struct store_mark *mark = (struct store_mark *)request;
	char cursor[CURSOR_TEXT_BYTES];
	struct buffer body = BUFFER_EMPTY;

	if (request->result == -ENOENT) {
		exchange_problem(exchange, PROBLEM_NOT_FOUND,
				 "This inbox has no notification %lld; nothing was marked",
				 (long long)mark->missing_id);
		return;
	}
	if (!inbox_learn(exchange, request, &mark->cursor, &mark->counts))
		return;
	cursor_format(&mark->cursor, cursor);
	buffer_append_format(&body, "{\"marked\":%zu,\"unread\":%lld,\"cursor\":\"%s\"}",
			     mark->marked, (long long)inbox_unread(exchange, &mark->counts),
			     cursor);
	exchange_reply_json(exchange, 200, &body);
	buffer_finish(&body);
}

/* {"ids": [...]} or {"all": true}. Returns 0, -EINVAL for any other shape, or -ENOMEM. */
static int read_marks(struct store_mark *mark, const json_t *body, struct arena *arena)
{
	const json_t *ids = json_object_get(body, "ids");
	size_t count = json_array_size(ids);
	int64_t *numbers;

	if (!json_is_object(body) || json_object_size(body) != 1)
		return -EINVAL;
	if (json_is_true(json_object_get(body, "all"))) {
		mark->all = true;
		return 0;
	}
	if (count == 0 || count > IDS_MAXIMUM)
		return -EINVAL;
	numbers = arena_allocate_array(arena, count, sizeof(*numbers));
	if (numbers == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const json_t *id = json_array_get(ids, i);

		if (!json_is_integer(id))
			return -EINVAL;
		numbers[i] = json_integer_value(id);
	}
	mark->ids = numbers;
	mark->id_count = count;
	return 0;
}

static void mark(struct exchange *exchange, enum notification_state state)
{
	struct store_mark *request;
	json_t *body;
	int result;

	if (exchange_check_no_parameters(exchange) < 0)
		return;
	body = exchange_body_json(exchange);
	if (body == NULL)
		return;
	request = exchange_store_request(exchange, sizeof(*request), STORE_MARK);
	if (request == NULL) {
		json_decref(body);
		return;
	}
	result = read_marks(request, body, &exchange->arena);
	json_decref(body);
	if (result == -ENOMEM) {
		exchange_out_of_memory(exchange);
		return;
	}
	if (result < 0) {
		exchange_problem(exchange, PROBLEM_INVALID_PARAMETER,
				 "Send {\"ids\": [1, 2]} with 1 to %d numbers, or {\"all\": true}",
				 IDS_MAXIMUM);
		return;
	}
	request->user = exchange->identity.name;
	request->state = state;
	exchange_ask(exchange, &request->request, on_marked);
}

void inbox_seen(struct exchange *exchange)
{
	mark(exchange, NOTIFICATION_SEEN);
}

void inbox_read(struct exchange *exchange)
{
	mark(exchange, NOTIFICATION_READ);
}

void inbox_archive(struct exchange *exchange)
{
	mark(exchange, NOTIFICATION_ARCHIVED);
}
