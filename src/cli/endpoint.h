/* Where a node is: the URL that --url or --admin gave. */
#ifndef ALLIM_CLI_ENDPOINT_H
#define ALLIM_CLI_ENDPOINT_H

#include "base/error.h"
#include "base/slice.h"

#define ENDPOINT_DEFAULT       "http://127.0.0.1:8080"
#define ENDPOINT_ADMIN_DEFAULT "http://127.0.0.1:8081"

enum { ENDPOINT_HOST_BYTES = 254, ENDPOINT_TEXT_BYTES = 512 };

struct endpoint {
	char host[ENDPOINT_HOST_BYTES];		 /* a name or an address, without brackets */
	char port[6];				 /* in decimal */
	char authority[ENDPOINT_HOST_BYTES + 9]; /* for the Host header, and for people */
	char path[ENDPOINT_TEXT_BYTES]; /* before every request's own; no slash at its end */
};

/* Reads http://HOST[:PORT][/PATH]. Returns 0, or -EINVAL with a sentence. */
int endpoint_parse(struct slice url, struct endpoint *ret_endpoint, struct error *error);

/* The node to talk to: `url` as a flag gave it, or else what `variable` says, or else `fallback`.
 * Returns 0, or -EINVAL with a sentence. */
int endpoint_choose(const char *url, const char *variable, const char *fallback,
		    struct endpoint *ret_endpoint, struct error *error);

#endif
