/* redis://USER@HOST:PORT,HOST:PORT as the setting redis.url has it. */
#ifndef ALLIM_FEED_REDIS_URL_H
#define ALLIM_FEED_REDIS_URL_H

#include "base/server_url.h"

enum { REDIS_PORT = 6379 };

/* Without a user it is the default user. Returns 0, or -EINVAL with a sentence, which never shows
 * what stands before an @. */
int redis_url_parse(struct slice text, struct server_url *ret_url, struct error *error);

#endif
