/* The pieces are copied to memory of their own size, so that a sanitizer sees a parser that reads
 * beyond them or keeps pointers into them. */
#include "lib/http_summary.h"

#include <assert.h>
#include <stdlib.h>

static void append_request(struct buffer *summary, const struct http_request *request)
{
	buffer_append(summary, request->method_name);
	buffer_append(summary, SLICE(" "));
	buffer_append(summary, request->path);
	if (request->query.length > 0)
		buffer_append(summary, SLICE("?"));
	buffer_append(summary, request->query);
	for (size_t i = 0; i < request->header_count; i++) {
		buffer_append(summary, SLICE(" ["));
		buffer_append(summary, request->headers[i].name);
		buffer_append(summary, SLICE("="));
		buffer_append(summary, request->headers[i].value);
		buffer_append(summary, SLICE("]"));
	}
	buffer_append(summary, SLICE(" ("));
	buffer_append(summary, request->body);
	buffer_append(summary, SLICE(")"));
	buffer_append_string(summary, request->http_1_0 ? " 1.0" : "");
	buffer_append_string(summary, request->expects_continue ? " continue" : "");
	buffer_append_string(summary, request->keep_alive ? " keep-alive" : " close");
}

/* Feeds one piece until the parser wants another or is at an end. */
static enum http_progress feed(struct http_parser *parser, struct slice piece, size_t *ret_consumed)
{
	char *copy = malloc(piece.length == 0 ? 1 : piece.length);
	enum http_progress progress;
	size_t offset = 0, consumed;

	assert(copy != NULL);
	if (piece.length > 0)
		memcpy(copy, piece.data, piece.length);
	do {
		progress = http_parser_feed(
		    parser, slice_from_bytes(copy + offset, piece.length - offset), &consumed);
		assert(consumed <= piece.length - offset);
		offset += consumed;
	} while (progress == HTTP_HEAD_COMPLETE);
	assert(progress != HTTP_NEED_MORE || offset == piece.length);
	free(copy);
	*ret_consumed = offset;
	return progress;
}

size_t http_summary_append(struct buffer *summary, struct http_parser *parser, struct slice input,
			   size_t first, size_t piece)
{
	enum http_progress progress = HTTP_NEED_MORE;
	size_t length = first, offset = 0, consumed;

	while (progress == HTTP_NEED_MORE && offset < input.length) {
		if (length > input.length - offset)
			length = input.length - offset;
		progress = feed(parser, slice_from_bytes(input.data + offset, length), &consumed);
		offset += consumed;
		length = piece;
	}
	if (progress == HTTP_FAILED) {
		const struct http_problem *problem = http_parser_problem(parser);

		buffer_append_format(summary, "%d %s", problem->status, problem->code);
	} else if (progress == HTTP_NEED_MORE) {
		buffer_append(summary, SLICE("more"));
	} else {
		append_request(summary, http_parser_request(parser));
		buffer_append_format(summary, " +%zu", input.length - offset);
		return input.length - offset;
	}
	return 0;
}
