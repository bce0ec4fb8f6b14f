/* Binary data of a notification, as such: its "data" is then a string that is a data URL in base64
 * (RFC 2397), which lists and events carry as it is.
 *
 * What publishers put there comes from this origin, so a browser must neither run nor show it. */
#include "protocol/data_url.h"
#include "server/exchange.h"
#include "server/handlers.h"
#include "server/worker.h"

#include <errno.h>
#include <sodium.h>

/* Types that are only looked at or heard. Any other is bytes: a script that a page of this origin
 * would run, for one. */
static bool is_medium(struct slice type)
{
	return slice_starts_with(type, SLICE("image/")) ||
	       slice_starts_with(type, SLICE("audio/")) || slice_starts_with(type, SLICE("video/"));
}

static void reply_bytes(struct exchange *exchange, struct slice type, struct slice bytes)
{
	struct buffer name = BUFFER_EMPTY;

	exchange_header(exchange, "Content-Disposition", SLICE("attachment"));
	exchange_header(exchange, "Content-Security-Policy", SLICE("default-src 'none'; sandbox"));
	exchange_header(exchange, "Cross-Origin-Resource-Policy", SLICE("same-origin"));
	buffer_append(&name, is_medium(type) ? type : SLICE("application/octet-stream"));
	buffer_append_byte(&name, '\0');
	if (buffer_failed(&name))
		exchange_out_of_memory(exchange);
	else
		exchange_reply_bytes(exchange, name.data, bytes);
	buffer_finish(&name);
}

/* Returns 0, -EINVAL where it is no binary data, or -ENOMEM. */
static int decode(struct exchange *exchange, struct slice text, struct slice *ret_type,
		  struct slice *ret_bytes)
{
	struct slice base64;
	unsigned char *bytes;
	size_t length;

	if (data_url_split(text, ret_type, &base64) < 0)
		return -EINVAL;
	bytes = arena_allocate(&exchange->arena, base64.length + 1);
	if (bytes == NULL)
		return -ENOMEM;
	if (sodium_base642bin(bytes, base64.length + 1, base64.data, base64.length, NULL, &length,
			      NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
		return -EINVAL;
	*ret_bytes = slice_from_bytes((const char *)bytes, length);
	return 0;
}

static void reply_none(struct exchange *exchange)
{
	exchange_problem(exchange, PROBLEM_NOT_FOUND,
			 "No notification of yours has this id and a \"data\" that is a data: URL "
			 "in base64");
}

/* The text was JSON when it was stored, so only memory can fail. Returns as decode() does. */
static int read_data(struct exchange *exchange, struct slice data, struct slice *ret_type,
		     struct slice *ret_bytes)
{
	json_t *json = json_loadb(data.data, data.length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	struct slice text;
	int result = json == NULL ? -ENOMEM : -EINVAL;

	if (json_is_string(json)) {
		result = arena_copy(
		    &exchange->arena,
		    slice_from_bytes(json_string_value(json), json_string_length(json)), &text);
		if (result == 0)
			result = decode(exchange, text, ret_type, ret_bytes);
	}
	json_decref(json);
	return result;
}

static void reply_data(struct exchange *exchange, const struct notification *notification)
{
	struct slice type, bytes;
	int result = read_data(exchange, notification->content.data, &type, &bytes);

	if (result == 0)
		reply_bytes(exchange, type, bytes);
	else if (result == -ENOMEM)
		exchange_out_of_memory(exchange);
	else
		reply_none(exchange);
}

static void on_listed(struct exchange *exchange, struct store_request *request)
{
	const struct store_list *list = (const struct store_list *)request;

	if (list->notification_count == 1 && list->notifications[0].id == list->before - 1)
		reply_data(exchange, &list->notifications[0]);
	else
		reply_none(exchange);
}

/* A page of one, which begins with that id. */
void inbox_data(struct exchange *exchange)
{
	struct store_list *list;
	int64_t id;

	if (exchange_check_no_parameters(exchange) < 0)
		return;
	if (slice_to_integer(exchange->parameter, &id) < 0 || id < 1 || id == INT64_MAX) {
		reply_none(exchange);
		return;
	}
	list = exchange_store_request(exchange, sizeof(*list), STORE_LIST);
	if (list == NULL)
		return;
	list->user = exchange->identity.name;
	list->filter = STORE_FILTER_ALL;
	list->before = id + 1;
	list->limit = 1;
	exchange_ask(exchange, &list->request, on_listed);
}
