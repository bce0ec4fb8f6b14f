/* Listing, showing and dropping messages of queues that could not be handled. What queues bring
 * need be no text, and JSON holds nothing else: bytes are shown as a data URL. So is a text that
 * begins like one, and who reads `data:` knows what it is. */
#include "server/dead_letter.h"

#include "base/json.h"
#include "protocol/data_url.h"
#include "server/handlers.h"
#include "server/worker.h"

#include <errno.h>

enum {
	PAGE_DEFAULT = 20,
	PAGE_MAXIMUM = 100,
	DROP_MAXIMUM = 1000, /* letters in a transaction: publishes wait behind it */
};

static bool is_shown_as_text(struct slice bytes)
{
	return slice_is_utf8(bytes) && !slice_starts_with(bytes, SLICE("data:")) &&
	       (bytes.length == 0 || memchr(bytes.data, '\0', bytes.length) == NULL);
}

static void append_bytes(struct buffer *out, const char *name, struct slice type,
			 struct slice bytes)
{
	struct buffer url = BUFFER_EMPTY;

	buffer_append_byte(out, ',');
	json_append_name(out, name);
	if (is_shown_as_text(bytes)) {
		json_append_string(out, bytes);
		return;
	}
	data_url_append(&url, type, bytes);
	json_append_string(out, buffer_slice(&url));
	out->failed = out->failed || buffer_failed(&url);
	buffer_finish(&url);
}

static void append_time(struct buffer *out, const char *name, int64_t microseconds)
{
	buffer_append_byte(out, ',');
	json_append_name(out, name);
	json_append_time(out, microseconds);
}

static void append_letter(struct buffer *out, const struct store_dead_letter *letter,
			  bool with_body)
{
	struct slice no_type = SLICE("");

	buffer_append_format(out, "{\"id\":%lld", (long long)letter->id);
	append_bytes(out, "source", no_type, letter->source);
	append_bytes(out, "position", no_type, letter->position);
	append_bytes(out, "key", no_type, letter->key);
	append_bytes(out, "content_type", no_type, letter->content_type);
	append_bytes(out, "reason", no_type, letter->reason);
	buffer_append_format(out, ",\"tries\":%lld", (long long)letter->tries);
	append_time(out, "first_at", letter->first_at);
	append_time(out, "buried_at", letter->buried_at);
	buffer_append_format(out, ",\"body_bytes\":%zu", letter->body_length);
	if (with_body)
		append_bytes(out, "body", letter->content_type, letter->body);
	buffer_append_byte(out, '}');
}

static void on_listed(struct exchange *exchange, struct store_request *request)
{
	const struct store_dead_letters *page = (const struct store_dead_letters *)request;
	struct buffer body = BUFFER_EMPTY;

	buffer_append(&body, SLICE("{\"dead_letters\":["));
	for (size_t i = 0; i < page->letter_count; i++) {
		if (i > 0)
			buffer_append_byte(&body, ',');
		append_letter(&body, &page->letters[i], false);
	}
	buffer_append_format(&body, "],\"more\":%s}", page->more ? "true" : "false");
	exchange_reply_json(exchange, 200, &body);
	buffer_finish(&body);
}

/* ?source=, which is any where it is absent. Returns 0, or -EINVAL and the exchange is answered. */
static int read_source(struct exchange *exchange, struct slice *ret_source)
{
	int result = exchange_parameter(exchange, SLICE("source"), ret_source);

	if (result == -ENOENT) {
		*ret_source = SLICE("");
		return 0;
	}
	if (result == 0 && slice_is_empty(*ret_source)) {
		exchange_problem(
		    exchange, PROBLEM_INVALID_PARAMETER,
		    "The query parameter source is empty; leave it out for any source");
		return -EINVAL;
	}
	return result;
}

void dead_letters_get(struct exchange *exchange)
{
	static const struct slice names[] = {{"source", 6}, {"before", 6}, {"limit", 5}, {NULL, 0}};
	int64_t limit = PAGE_DEFAULT, before = 0;
	struct store_dead_letters *page;
	struct slice source;

	if (exchange_check_parameters(exchange, names) < 0 || read_source(exchange, &source) < 0 ||
	    exchange_number(exchange, SLICE("limit"), 1, PAGE_MAXIMUM, &limit) < 0 ||
	    exchange_number(exchange, SLICE("before"), 1, INT64_MAX, &before) < 0)
		return;
	page = exchange_store_request(exchange, sizeof(*page), STORE_DEAD_LETTERS);
	if (page == NULL)
		return;
	page->source = source;
	page->before = before;
	page->limit = (size_t)limit;
	page->limit_bytes = (size_t)exchange->worker->settings->delivery_replay_bytes;
	exchange_ask(exchange, &page->request, on_listed);
}

int dead_letter_read_id(struct exchange *exchange, int64_t *ret_id)
{
	if (exchange_check_no_parameters(exchange) < 0)
		return -EINVAL;
	if (slice_to_integer(exchange->parameter, ret_id) == 0 && *ret_id > 0)
		return 0;
	exchange_problem(exchange, PROBLEM_NOT_FOUND,
			 "An id is the number that the list of dead letters has");
	return -EINVAL;
}

void dead_letter_reply_not_found(struct exchange *exchange, int64_t id)
{
	exchange_problem(exchange, PROBLEM_NOT_FOUND, "There is no dead letter %lld",
			 (long long)id);
}

static void on_found(struct exchange *exchange, struct store_request *request)
{
	const struct store_dead_letters *page = (const struct store_dead_letters *)request;
	struct buffer body = BUFFER_EMPTY;

	if (page->letter_count == 0) {
		dead_letter_reply_not_found(exchange, page->id);
		return;
	}
	append_letter(&body, &page->letters[0], true);
	exchange_reply_json(exchange, 200, &body);
	buffer_finish(&body);
}

void dead_letter_get(struct exchange *exchange)
{
	struct store_dead_letters *page;
	int64_t id;

	if (dead_letter_read_id(exchange, &id) < 0)
		return;
	page = exchange_store_request(exchange, sizeof(*page), STORE_DEAD_LETTERS);
	if (page == NULL)
		return;
	page->id = id;
	exchange_ask(exchange, &page->request, on_found);
}

static void on_dropped(struct exchange *exchange, struct store_request *request)
{
	const struct store_exhume *exhume = (const struct store_exhume *)request;

	if (exhume->exhumed == 0)
		dead_letter_reply_not_found(exchange, exhume->ids[0]);
	else
		exchange_reply_empty(exchange, 204);
}

void dead_letter_delete(struct exchange *exchange)
{
	struct store_exhume *exhume;
	int64_t id, *ids;

	if (dead_letter_read_id(exchange, &id) < 0)
		return;
	exhume = exchange_store_request(exchange, sizeof(*exhume), STORE_EXHUME);
	if (exhume == NULL)
		return;
	ids = arena_allocate_array(&exchange->arena, 1, sizeof(*ids));
	if (ids == NULL) {
		exchange_out_of_memory(exchange);
		return;
	}
	*ids = id;
	exhume->ids = ids;
	exhume->id_count = 1;
	exchange_ask(exchange, &exhume->request, on_dropped);
}

static void on_all_dropped(struct exchange *exchange, struct store_request *request)
{
	const struct store_exhume *exhume = (const struct store_exhume *)request;
	struct buffer body = BUFFER_EMPTY;

	buffer_append_format(&body, "{\"dropped\":%zu,\"more\":%s}", exhume->exhumed,
			     exhume->exhumed == exhume->limit ? "true" : "false");
	exchange_reply_json(exchange, 200, &body);
	buffer_finish(&body);
}

/* What a forgotten parameter would drop is more than anybody wants to lose by accident. Returns 0,
 * or -EINVAL and the exchange is answered. */
static int read_whose(struct exchange *exchange, struct slice *ret_source)
{
	int64_t all = 0;

	if (read_source(exchange, ret_source) < 0 ||
	    exchange_number(exchange, SLICE("all"), 0, 1, &all) < 0)
		return -EINVAL;
	if ((all == 1) != slice_is_empty(*ret_source)) {
		exchange_problem(exchange, PROBLEM_INVALID_PARAMETER,
				 "Give either source=NAME or all=1");
		return -EINVAL;
	}
	return 0;
}

void dead_letters_delete(struct exchange *exchange)
{
	static const struct slice names[] = {{"source", 6}, {"all", 3}, {NULL, 0}};
	struct store_exhume *exhume;
	struct slice source;

	if (exchange_check_parameters(exchange, names) < 0 || read_whose(exchange, &source) < 0)
		return;
	exhume = exchange_store_request(exchange, sizeof(*exhume), STORE_EXHUME);
	if (exhume == NULL)
		return;
	exhume->source = source;
	exhume->limit = DROP_MAXIMUM;
	exchange_ask(exchange, &exhume->request, on_all_dropped);
}
