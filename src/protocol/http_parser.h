/* Reads HTTP/1.1 requests (RFC 9112) from bytes as they come, and stops exactly behind each.
 *
 * A parser is borrowed while a request is in flight: an idle connection has none. It belongs to one
 * thread at a time. Once warm it allocates nothing for requests of ordinary size. */
#ifndef ALLIM_PROTOCOL_HTTP_PARSER_H
#define ALLIM_PROTOCOL_HTTP_PARSER_H

#include "protocol/http_head.h"

enum http_progress {
	HTTP_NEED_MORE,	    /* all input was used */
	HTTP_HEAD_COMPLETE, /* once per request: everything but the body is known */
	HTTP_COMPLETE,	    /* the body too; feeding on needs http_parser_reset() */
	HTTP_FAILED,	    /* see http_parser_problem(); answer it and close */
};

struct http_parser;

/* A parser with these limits (which are copied), ready for a request, or NULL when memory is short.
 */
struct http_parser *http_parser_create(const struct http_limits *limits);

/* NULL is allowed. */
void http_parser_destroy(struct http_parser *parser);

/* Ready for another request, perhaps with new limits. Buffers that grew beyond 16 KB are freed. */
void http_parser_reset(struct http_parser *parser, const struct http_limits *limits);

/* Reads on, through at most one step, and tells in `*ret_consumed` how much of the input was used.
 * After HTTP_HEAD_COMPLETE feed the rest (also when it is empty) to go on to the body. A
 * Content-Length beyond the limit fails with the head, before any of the body is read; what can be
 * known of the request stays readable. */
enum http_progress http_parser_feed(struct http_parser *parser, struct slice input,
				    size_t *ret_consumed);

/* At HTTP_HEAD_COMPLETE: a lower limit for the body of this request, which fails like the other.
 * Returns whether the length that the head names is within it. */
bool http_parser_limit_body(struct http_parser *parser, size_t bytes);

/* Valid from HTTP_HEAD_COMPLETE until the reset, wherever the parser moves its buffers meanwhile.
 */
const struct http_request *http_parser_request(const struct http_parser *parser);

/* After HTTP_FAILED. */
const struct http_problem *http_parser_problem(const struct http_parser *parser);

/* What the parser holds in bytes, for memory accounting. */
size_t http_parser_memory(const struct http_parser *parser);

#endif
