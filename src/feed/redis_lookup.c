/* A lookup cannot be called back, so who no longer wants it forgets it, and it frees itself when it
 * returns. */
#include "feed/redis_lookup.h"

#include "base/list.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

/* Many connections to few servers ask at once when a network comes back. */
enum { LOOKUPS = 4096 };

struct redis_lookup {
	struct blocking_job job;
	struct server_endpoint endpoint;
	struct redis_addresses found;
	int code; /* of getaddrinfo() */
	void (*on_found)(void *context, const struct redis_addresses *addresses,
			 const char *problem);
	void *context;
};

static void add(struct redis_addresses *found, const struct addrinfo *item)
{
	if (item->ai_addrlen > sizeof(found->list[0]) || found->count == REDIS_ADDRESSES)
		return;
	memcpy(&found->list[found->count++], item->ai_addr, item->ai_addrlen);
}

static int look_up(const struct server_endpoint *endpoint, int flags, struct redis_addresses *found)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	char port[8];
	int code;

	found->count = 0;
	hints.ai_flags = AI_NUMERICSERV | flags;
	snprintf(port, sizeof(port), "%u", endpoint->port);
	code = getaddrinfo(endpoint->host, port, &hints, &list);
	if (code != 0)
		return code;
	for (const struct addrinfo *item = list; item != NULL; item = item->ai_next)
		add(found, item);
	freeaddrinfo(list);
	return 0;
}

static void run(struct blocking_job *job)
{
	struct redis_lookup *lookup = CONTAINER_OF(job, struct redis_lookup, job);

	lookup->code = look_up(&lookup->endpoint, 0, &lookup->found);
}

static void on_reply(struct mailbox_message *message)
{
	struct redis_lookup *lookup = CONTAINER_OF(message, struct redis_lookup, job.message);

	if (lookup->on_found != NULL)
		lookup->on_found(lookup->context, &lookup->found,
				 lookup->code == 0 ? "" : gai_strerror(lookup->code));
	free(lookup);
}

struct redis_lookup *redis_lookup_start(
    struct blocking *blocking, struct mailbox *reply, const struct server_endpoint *endpoint,
    void (*on_found)(void *context, const struct redis_addresses *addresses, const char *problem),
    void *context)
{
	struct redis_lookup *lookup = malloc(sizeof(*lookup));

	if (lookup == NULL)
		return NULL;
	*lookup = (struct redis_lookup){
	    .job = {.message.on_receive = on_reply, .reply = reply, .run = run},
	    .endpoint = *endpoint,
	    .on_found = on_found,
	    .context = context,
	};
	if (blocking_submit(blocking, &lookup->job, LOOKUPS) == 0)
		return lookup;
	free(lookup);
	return NULL;
}

void redis_lookup_forget(struct redis_lookup *lookup)
{
	if (lookup != NULL)
		lookup->on_found = NULL;
}

int redis_lookup_numeric(const struct server_endpoint *endpoint, struct redis_addresses *ret_found)
{
	return look_up(endpoint, AI_NUMERICHOST, ret_found) == 0 && ret_found->count > 0 ? 0
											 : -EINVAL;
}
