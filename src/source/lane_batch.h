/* Messages of a lane that are read into one request of the store's, so that they are committed as
 * a whole. On the source's thread. */
#ifndef ALLIM_SOURCE_LANE_BATCH_H
#define ALLIM_SOURCE_LANE_BATCH_H

#include "source/lane_message.h"
#include "source/source_thread.h"

struct lane_batch {
	struct source_thread *thread;
	void (*on_published)(struct mailbox_message *message);
	void *context;
	struct list messages;
	struct store_publish publish;
	bool has_request; /* with what was read of the messages */
	size_t room;	  /* of the request, for items */
	size_t count;	  /* of the messages */
	size_t bytes;	  /* of the bodies */
	size_t receivers; /* at most */
};

/* For storage that the caller has. The request's answer goes to `on_published`, with its context.
 */
void lane_batch_init(struct lane_batch *batch, struct source_thread *thread,
		     void (*on_published)(struct mailbox_message *message), void *context);

/* Takes messages from the front of `waiting`, and reads them, until there are `limit` or as many as
 * will do for one request. May be called again when there are more. Returns 0, or -ENOMEM: then
 * the one that could not be read is the first of `waiting`. */
int lane_batch_fill(struct lane_batch *batch, struct list *waiting, size_t limit);

/* Frees what was read; the messages stay. */
void lane_batch_finish(struct lane_batch *batch);

#endif
