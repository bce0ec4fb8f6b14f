/* Headers are few, so a look-up compares them one by one, lengths first. */
#include "protocol/http_request.h"

#include <assert.h>
#include <errno.h>

static const char *const method_names[HTTP_METHODS];
static const struct slice single_headers[12];

const char *http_request_method_name(enum http_method method)
{
	assert(method >= 0 && method < HTTP_METHODS);
	return method_names[method];
}

enum http_method http_request_method(struct slice name)
{
	for (int method = 0; method < HTTP_METHOD_OTHER; method++) {
		if (slice_equals(name, slice_from_string(method_names[method])))
			return (enum http_method)method;
	}
	return HTTP_METHOD_OTHER;
}

static const struct http_header *next_header(const struct http_request *request, struct slice name,
					     size_t *position)
{
	while (*position < request->header_count) {
		const struct http_header *header = &request->headers[(*position)++];

		if (slice_equals_ignoring_case(header->name, name))
			return header;
	}
	return NULL;
}

const struct slice *http_request_header(const struct http_request *request, struct slice name)
{
	size_t position = 0;
	const struct http_header *header = next_header(request, name, &position);

	return header == NULL ? NULL : &header->value;
}

static bool has_token(const struct http_request *request, struct slice name, struct slice token,
		      bool (*equals)(struct slice a, struct slice b))
{
	const struct http_header *header;

	for (size_t position = 0; (header = next_header(request, name, &position)) != NULL;) {
		struct slice rest = header->value;

		while (rest.length > 0) {
			struct slice item = slice_trim(slice_split(&rest, ','));

			if (equals(item, token))
				return true;
		}
	}
	return false;
}

bool http_request_has_token(const struct http_request *request, struct slice name,
			    struct slice token)
{
	return has_token(request, name, token, slice_equals_ignoring_case);
}

bool http_request_has_exact_token(const struct http_request *request, struct slice name,
				  struct slice token)
{
	return has_token(request, name, token, slice_equals);
}

static struct slice without_quotes(struct slice text)
{
	if (text.length >= 2 && text.data[0] == '"' && text.data[text.length - 1] == '"')
		return slice_from_bytes(text.data + 1, text.length - 2);
	return text;
}

int http_request_cookie(const struct http_request *request, struct slice name,
			struct slice *ret_value)
{
	const struct http_header *header;
	struct slice found = {NULL, 0};

	for (size_t position = 0;
	     (header = next_header(request, SLICE("cookie"), &position)) != NULL;) {
		struct slice rest = header->value;

		while (rest.length > 0) {
			struct slice value = slice_trim(slice_split(&rest, ';'));

			if (!slice_equals(slice_split(&value, '='), name))
				continue;
			value = without_quotes(value);
			if (found.data != NULL && !slice_equals(found, value))
				return -EINVAL;
			found = value;
		}
	}
	if (found.data == NULL)
		return -ENOENT;
	*ret_value = found;
	return 0;
}

unsigned http_request_single_bit(struct slice name)
{
	for (unsigned i = 0; i < sizeof(single_headers) / sizeof(single_headers[0]); i++) {
		if (slice_equals_ignoring_case(name, single_headers[i]))
			return 1U << i;
	}
	return 0;
}

static const char *const method_names[HTTP_METHODS] = {"GET",	"HEAD",	  "POST",    "PUT",
						       "PATCH", "DELETE", "OPTIONS", ""};

static const struct slice single_headers[12] = {
    {"host", 4},
    {"authorization", 13},
    {"content-length", 14},
    {"content-type", 12},
    {"expect", 6},
    {"idempotency-key", 15},
    {"if-none-match", 13},
    {"last-event-id", 13},
    {"origin", 6},
    {"sec-websocket-key", 17},
    {"sec-websocket-version", 21},
    {"transfer-encoding", 17},
};
