/* What a server says of itself when a connection begins, and whether it will do. */
#ifndef ALLIM_FEED_REDIS_GREETING_H
#define ALLIM_FEED_REDIS_GREETING_H

#include "base/error.h"
#include "base/slice.h"

#include <hiredis/hiredis.h>

/* The commands that are sent first, in this order; AUTH where there is a user or a password. */
enum redis_greeting { REDIS_AUTH, REDIS_INFO_SERVER, REDIS_INFO_REPLICATION, REDIS_GREETED };

struct redis_expectation {
	bool cluster;	 /* it is a node of one */
	bool any_server; /* a replica will do */
};

/* Looks at the answer to one of them. Returns 0, or -EPROTO with a sentence. `*ret_is_cluster`
 * becomes true where the server says that it is a node of a cluster. */
int redis_greeting_check(enum redis_greeting step, const redisReply *reply,
			 const struct redis_expectation *expectation, bool *ret_is_cluster,
			 struct error *error);

#endif
