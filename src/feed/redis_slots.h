/* Where a cluster keeps what: hash slots, and the map of them that CLUSTER SLOTS answers. */
#ifndef ALLIM_FEED_REDIS_SLOTS_H
#define ALLIM_FEED_REDIS_SLOTS_H

#include "feed/redis_url.h"

#include <hiredis/hiredis.h>

enum { REDIS_SLOTS = 16384 };

/* The slot of a key or sharded channel: of what is between its first braces, or of all of it. */
unsigned redis_slot_of(struct slice key);

/* Finds the master of a slot in an answer of CLUSTER SLOTS; `asked` is the server that gave it, and
 * that an entry without a host means. Returns false where nobody has the slot. */
bool redis_slots_find(const redisReply *slots, unsigned slot, const struct server_endpoint *asked,
		      struct server_endpoint *ret_master);

#endif
