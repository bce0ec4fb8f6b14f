/* Watches the raw bytes of a head before the parser proper sees them.
 *
 * Parsers differ in what they forgive, and whatever two of them read differently can smuggle a
 * request past the first (RFC 9112, 11.2). The guard forgives nothing: lines end with CRLF, field
 * names are tokens with the colon right behind, values hold no control characters, no line begins
 * with a blank. It looks at each byte once, however the bytes are cut. */
#ifndef ALLIM_PROTOCOL_HTTP_GUARD_H
#define ALLIM_PROTOCOL_HTTP_GUARD_H

#include "base/slice.h"
#include "protocol/http_problem.h"

enum http_guard_state {
	HTTP_GUARD_START, /* before the request line; empty lines are skipped */
	HTTP_GUARD_START_LF,
	HTTP_GUARD_LINE, /* in the request line */
	HTTP_GUARD_LINE_LF,
	HTTP_GUARD_NAME_START, /* at the start of a header line, or of the empty line */
	HTTP_GUARD_NAME,
	HTTP_GUARD_VALUE,
	HTTP_GUARD_VALUE_LF,
	HTTP_GUARD_END_LF, /* in the empty line */
	HTTP_GUARD_DONE,
};

struct http_guard {
	enum http_guard_state state;
};

/* For a head, or for the trailer section behind the last chunk. */
void http_guard_init(struct http_guard *guard);
void http_guard_init_trailers(struct http_guard *guard);

/* Looks at the input up to the end of the head, and tells in `*ret_consumed` how far that is; the
 * state is HTTP_GUARD_DONE when it was reached. Returns 0, or -EBADMSG with `*ret_kind` set. */
int http_guard_scan(struct http_guard *guard, struct slice input, size_t *ret_consumed,
		    enum http_problem_kind *ret_kind);

/* The first line of a head that the guard let through, without its CRLF, cut into its three parts.
 * Returns 0, or -EBADMSG with `*ret_kind` set. */
int http_guard_request_line(struct slice line, struct slice *ret_method, struct slice *ret_target,
			    struct slice *ret_version, enum http_problem_kind *ret_kind);

#endif
