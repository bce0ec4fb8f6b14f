/* What a complete head means: where the request goes, and how long its body is. */
#ifndef ALLIM_PROTOCOL_HTTP_HEAD_H
#define ALLIM_PROTOCOL_HTTP_HEAD_H

#include "protocol/http_problem.h"
#include "protocol/http_request.h"

struct http_limits {
	size_t head_bytes; /* request line and headers together */
	size_t target_bytes;
	size_t header_count;
	size_t body_bytes;
};

/* Fills in the request from its method, target, version and headers, all but what only a parser
 * knows (`keep_alive`, `body`). Returns 0, or -EBADMSG with `*ret_kind` set; the parts that were
 * found before the problem are set. */
int http_head_check(struct http_request *request, const struct http_limits *limits,
		    enum http_problem_kind *ret_kind);

#endif
