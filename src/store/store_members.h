/* Whom the publishes to topics of one request reached, as bytes that a store keeps with the
 * Idempotency-Key: the members of a topic change, and the same request again is answered as it was.
 * Any thread. */
#ifndef ALLIM_STORE_STORE_MEMBERS_H
#define ALLIM_STORE_STORE_MEMBERS_H

#include "store/store.h"

/* The users of all items that have a topic; empty where none has. The bytes are in the request's
 * arena. Returns 0 or -ENOMEM. */
int store_members_pack(struct store_publish *publish, struct slice *ret_bytes);

/* Sets `topics` of the request's replay, in the request's arena. Returns 0, -ENOMEM, or -EIO where
 * the bytes are not what packing makes. */
int store_members_unpack(struct store_publish *publish, struct slice bytes);

#endif
