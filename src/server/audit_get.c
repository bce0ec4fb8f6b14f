/* Reading the audit log, where it is kept in the store. */
#include "base/clock.h"
#include "server/exchange.h"
#include "server/handlers.h"
#include "server/worker.h"

#include <errno.h>

enum { PAGE_DEFAULT = 100, PAGE_MAXIMUM = 1000, PAGE_BYTES = 1 << 20 };

static int read_event(struct exchange *exchange, struct slice *ret_event)
{
	int result = exchange_text(exchange, SLICE("event"), ret_event);

	if (result < 0 || slice_is_empty(*ret_event))
		return result;
	for (int event = 0; event < AUDIT_EVENTS; event++) {
		if (slice_equals(*ret_event, slice_from_string(audit_event_names[event])))
			return 0;
	}
	exchange_problem(exchange, PROBLEM_INVALID_PARAMETER,
			 "The query parameter event is a kind of record, such as publish; "
			 "docs/audit.md lists them");
	return -EINVAL;
}

static int read_since(struct exchange *exchange, int64_t *ret_since)
{
	struct slice text;
	int result = exchange_text(exchange, SLICE("since"), &text);

	*ret_since = 0;
	if (result < 0 || slice_is_empty(text) || clock_parse_wall(text, ret_since) == 0)
		return result;
	exchange_problem(exchange, PROBLEM_INVALID_PARAMETER,
			 "The query parameter since is a time, such as 2026-05-01T09:30:00Z");
	return -EINVAL;
}

static void on_read(struct exchange *exchange, struct store_request *request)
{
	const struct store_audit_read *page = (const struct store_audit_read *)request;
	struct buffer body = BUFFER_EMPTY;

	buffer_append(&body, SLICE("{\"records\":["));
	for (size_t i = 0; i < page->record_count; i++) {
		if (i > 0)
			buffer_append_byte(&body, ',');
		buffer_append(&body, page->records[i].line);
	}
	buffer_append_format(&body, "],\"last\":%lld,\"more\":%s}", (long long)page->last,
			     page->more ? "true" : "false");
	exchange_reply_json(exchange, 200, &body);
	buffer_finish(&body);
}

/* Returns 0, or -ENOENT and the exchange is answered. */
static int check_place(struct exchange *exchange)
{
	const struct settings *settings = exchange->worker->settings;

	if (exchange->worker->node->audit != NULL &&
	    audit_log_needs_store(exchange->worker->node->audit))
		return 0;
	if (exchange->worker->node->audit == NULL)
		exchange_problem(exchange, PROBLEM_NOT_FOUND,
				 "This node keeps no audit log; audit.to says where one goes");
	else
		exchange_problem(exchange, PROBLEM_NOT_FOUND,
				 "This node's audit log is in files; read them with allim audit "
				 "--folder %s",
				 settings->audit_folder);
	return -ENOENT;
}

void audit_get(struct exchange *exchange)
{
	static const struct slice names[] = {{"user", 4},  {"event", 5}, {"since", 5},
					     {"after", 5}, {"limit", 5}, {NULL, 0}};
	int64_t limit = PAGE_DEFAULT, after = 0, since;
	struct store_audit_read *page;
	struct slice user, event;

	if (exchange_check_parameters(exchange, names) < 0 ||
	    exchange_text(exchange, SLICE("user"), &user) < 0 || read_event(exchange, &event) < 0 ||
	    read_since(exchange, &since) < 0 ||
	    exchange_number(exchange, SLICE("limit"), 1, PAGE_MAXIMUM, &limit) < 0 ||
	    exchange_number(exchange, SLICE("after"), 0, INT64_MAX, &after) < 0 ||
	    check_place(exchange) < 0)
		return;
	page = exchange_store_request(exchange, sizeof(*page), STORE_AUDIT_READ);
	if (page == NULL)
		return;
	page->user = user;
	page->event = event;
	page->since = since;
	page->after = after;
	page->limit = (size_t)limit;
	page->limit_bytes = PAGE_BYTES;
	exchange_ask(exchange, &page->request, on_read);
}
