/* However the network cuts it, a stream of requests is the same requests. */
#include "fuzz/fuzz.h"
#include "lib/http_summary.h"
#include "protocol/url.h"

#include <errno.h>

static const struct http_limits limits = {
    .head_bytes = 600, .target_bytes = 200, .header_count = 12, .body_bytes = 300};

static void summarize(struct http_parser *parser, struct slice input, size_t first, size_t piece,
		      struct buffer *summary)
{
	size_t left = input.length;

	buffer_clear(summary);
	while (left > 0) {
		http_parser_reset(parser, &limits);
		left = http_summary_append(summary, parser,
					   slice_from_bytes(input.data + input.length - left, left),
					   first, piece);
		buffer_append_byte(summary, '\n');
	}
}

/* What must hold of each request that was let through. */
static void check_request(const struct http_request *request)
{
	struct slice value;

	FUZZ_CHECK(request->header_count <= limits.header_count);
	FUZZ_CHECK(request->body.length <= limits.body_bytes);
	FUZZ_CHECK(request->target.length <= limits.target_bytes);
	FUZZ_CHECK(request->path.length > 0);
	FUZZ_CHECK(url_is_host(request->host));
	FUZZ_CHECK(request->http_1_0 || http_request_header(request, SLICE("host")) != NULL);
	for (size_t i = 0; i < request->header_count; i++) {
		const struct http_header *header = &request->headers[i];

		FUZZ_CHECK(header->name.length > 0);
		FUZZ_CHECK(header->value.length == 0 ||
			   (memchr(header->value.data, '\r', header->value.length) == NULL &&
			    memchr(header->value.data, '\n', header->value.length) == NULL &&
			    memchr(header->value.data, '\0', header->value.length) == NULL));
	}
	http_request_cookie(request, SLICE("a"), &value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_from_bytes((const char *)data, size);
	size_t first = (size_t)fuzz_take_byte(&input) + 1;
	size_t piece = (size_t)fuzz_take_byte(&input) + 1;
	struct http_parser *parser = http_parser_create(&limits);
	struct buffer whole = BUFFER_EMPTY, cut = BUFFER_EMPTY;

	if (parser == NULL)
		return 0;
	summarize(parser, input, first, piece, &cut);
	summarize(parser, input, input.length, input.length, &whole);
	FUZZ_CHECK(slice_equals(buffer_slice(&whole), buffer_slice(&cut)));
	http_parser_reset(parser, &limits);
	buffer_clear(&whole);
	http_summary_append(&whole, parser, input, input.length, input.length);
	if (http_parser_problem(parser) == NULL &&
	    !slice_equals(buffer_slice(&whole), SLICE("more")) && whole.length > 0)
		check_request(http_parser_request(parser));
	buffer_finish(&whole);
	buffer_finish(&cut);
	http_parser_destroy(parser);
	return 0;
}
