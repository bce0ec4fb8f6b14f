/* The addresses of a host's name, without waiting for them: names are looked up by a thread of
 * their own (net/blocking.h), numeric addresses are read at once. */
#ifndef ALLIM_FEED_REDIS_LOOKUP_H
#define ALLIM_FEED_REDIS_LOOKUP_H

#include "feed/redis_url.h"
#include "net/blocking.h"
#include "net/socket.h"

enum { REDIS_ADDRESSES = 8 };

struct redis_addresses {
	union socket_address list[REDIS_ADDRESSES];
	unsigned count;
};

struct redis_lookup;

/* Starts to look up; `on_found` is called on the thread of `reply`, after this returned. Where
 * nothing was found, there are no addresses, and `problem` is a sentence. NULL when memory is short
 * or too many lookups wait. */
struct redis_lookup *redis_lookup_start(
    struct blocking *blocking, struct mailbox *reply, const struct server_endpoint *endpoint,
    void (*on_found)(void *context, const struct redis_addresses *addresses, const char *problem),
    void *context);

/* `on_found` will not be called. NULL is allowed. */
void redis_lookup_forget(struct redis_lookup *lookup);

/* The address of a host that is numeric. Returns 0, or -EINVAL for a name. */
int redis_lookup_numeric(const struct server_endpoint *endpoint, struct redis_addresses *ret_found);

#endif
