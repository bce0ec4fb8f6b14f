/* redis://USER@HOST:PORT,HOST:PORT as the setting redis.url has it. */
#ifndef ALLIM_FEED_REDIS_URL_H
#define ALLIM_FEED_REDIS_URL_H

#include "base/error.h"
#include "base/slice.h"

enum { REDIS_HOST_BYTES = 256, REDIS_USER_BYTES = 256, REDIS_URL_ENDPOINTS = 32 };

struct redis_endpoint {
	char host[REDIS_HOST_BYTES]; /* a name or a numeric address, without brackets */
	uint16_t port;
};

struct redis_url {
	bool tls;
	char user[REDIS_USER_BYTES]; /* empty: the default user */
	struct redis_endpoint endpoints[REDIS_URL_ENDPOINTS];
	unsigned endpoint_count;
};

/* Returns 0, or -EINVAL with a sentence, which never shows what stands before an @. */
int redis_url_parse(struct slice text, struct redis_url *ret_url, struct error *error);

/* Reads HOST, HOST:PORT or [ADDRESS]:PORT; the port is 6379 where it is left out. Returns 0 or
 * -EINVAL. */
int redis_endpoint_parse(struct slice text, struct redis_endpoint *ret_endpoint);

/* Returns 0, or -EINVAL for a host that is empty or too long, or a port that is none. */
int redis_endpoint_set(struct redis_endpoint *ret_endpoint, struct slice host, int64_t port);

bool redis_endpoint_equals(const struct redis_endpoint *one, const struct redis_endpoint *other);

/* HOST:PORT with its terminator. */
enum { REDIS_ENDPOINT_BYTES = REDIS_HOST_BYTES + 8 };
void redis_endpoint_format(const struct redis_endpoint *endpoint,
			   char text[static REDIS_ENDPOINT_BYTES]);

#endif
