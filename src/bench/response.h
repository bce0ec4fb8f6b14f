/* Finding the end of an HTTP response in what was received, and nothing more: the client shares its
 * cores with the server that it measures. */
#ifndef ALLIM_BENCH_RESPONSE_H
#define ALLIM_BENCH_RESPONSE_H

#include "base/slice.h"

struct response {
	int status;
	struct slice head; /* with the blank line */
	struct slice body;
};

/* Looks at the response that `bytes` begin with. Returns 0 when all of it is there, -EAGAIN while
 * more must come (the head may be there already), or -EBADMSG for what is no HTTP/1.1 response with
 * a Content-Length. */
int response_read(struct slice bytes, struct response *ret_response);

/* A header's value, or the empty slice. The name is compared as the servers here write it. */
struct slice response_header(const struct response *response, const char *name);

#endif
