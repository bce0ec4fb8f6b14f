/* A message while it is a lane's: embedded in whatever the source keeps of it. */
#ifndef ALLIM_SOURCE_LANE_MESSAGE_H
#define ALLIM_SOURCE_LANE_MESSAGE_H

#include "base/list.h"
#include "intake/message.h"

struct lane_message {
	struct list link;
	struct message content;
	size_t beside;	  /* bytes that it holds beside its body; set before it is added */
	int64_t first_at; /* when it was tried first; wall time */
	int64_t tries;	  /* alone, that the store refused */
	char *refusal;	  /* why it is buried, the lane's; NULL: it is to be published */
	char letter[20];  /* its dead letter's position, where it has none; empty: not made yet */
	bool has_item;	  /* among those of its batch, in their order */
	const char *rule; /* that decided in this batch; or NULL */
	/* It was published, or dropped, and waits for others of its batch; or there was nothing to
	 * be done about it from the start. */
	bool is_done;
};

/* What the lane and the source keep of a message, roughly. */
enum { LANE_MESSAGE_BYTES = 512 };

static inline size_t lane_message_bytes(const struct lane_message *message)
{
	return LANE_MESSAGE_BYTES + message->content.body.length + message->beside;
}

static inline struct lane_message *lane_message_of(struct list *link)
{
	return CONTAINER_OF(link, struct lane_message, link);
}

#endif
