/* One HTTP/1.1 request, as slices of the parser that read it, and look-ups in it.
 *
 * Everything here is valid until the parser is reset or goes on to another request. */
#ifndef ALLIM_PROTOCOL_HTTP_REQUEST_H
#define ALLIM_PROTOCOL_HTTP_REQUEST_H

#include "base/slice.h"

enum http_method {
	HTTP_METHOD_GET,
	HTTP_METHOD_HEAD,
	HTTP_METHOD_POST,
	HTTP_METHOD_PUT,
	HTTP_METHOD_PATCH,
	HTTP_METHOD_DELETE,
	HTTP_METHOD_OPTIONS,
	HTTP_METHOD_OTHER, /* a registered one that no route of ours has */
	HTTP_METHODS
};

struct http_header {
	struct slice name;  /* as it was sent */
	struct slice value; /* without blanks around it */
};

struct http_request {
	enum http_method method;
	struct slice method_name;
	struct slice target; /* as it was sent */
	struct slice host;   /* of an absolute target, else of the Host header; empty: none */
	struct slice path;   /* not decoded; begins with '/', or is "*" */
	struct slice query;  /* behind the '?', not decoded */
	const struct http_header *headers;
	size_t header_count;
	uint64_t content_length; /* 0 for a chunked body: its length is not known before */
	struct slice body;	 /* once complete */
	bool chunked;
	bool has_body; /* something follows the head */
	bool http_1_0;
	bool keep_alive;
	bool expects_continue; /* answer 100 before the body comes (RFC 9110, 10.1.1) */
};

/* "GET" and so on; "" for HTTP_METHOD_OTHER. Static storage. */
const char *http_request_method_name(enum http_method method);

/* The method of that exact name, else HTTP_METHOD_OTHER. */
enum http_method http_request_method(struct slice name);

/* The first header of that name (without regard to case), or NULL. Headers that may occur only once
 * (Host, Authorization, Content-Length, Content-Type, Expect, Idempotency-Key, If-None-Match,
 * Last-Event-ID, Origin, Sec-WebSocket-Key, Sec-WebSocket-Version, Transfer-Encoding) occur at most
 * once, or the parser refused the request. */
const struct slice *http_request_header(const struct http_request *request, struct slice name);

/* Whether one of the headers of that name has the token in its list (RFC 9110, 5.6.1), without
 * regard to case. */
bool http_request_has_token(const struct http_request *request, struct slice name,
			    struct slice token);

/* The same for a token whose case matters. */
bool http_request_has_exact_token(const struct http_request *request, struct slice name,
				  struct slice token);

/* The value of a cookie (RFC 6265, 4.2), without quotes. Returns 0, -ENOENT, or -EINVAL where the
 * name occurs with two different values. */
int http_request_cookie(const struct http_request *request, struct slice name,
			struct slice *ret_value);

/* A bit of its own for each header that may occur only once, 0 for all others. */
unsigned http_request_single_bit(struct slice name);

#endif
