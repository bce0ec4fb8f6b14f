/* A thread for work that takes too long for an event loop: password hashes, and little else.
 *
 * A job is a structure of the submitter's. `run` is called on the thread, then `message.on_receive`
 * on the thread of the mailbox that the job names; in between the job belongs to this module. */
#ifndef ALLIM_NET_BLOCKING_H
#define ALLIM_NET_BLOCKING_H

#include "net/mailbox.h"

struct blocking;

struct blocking_job {
	struct mailbox_message message;
	struct mailbox *reply;
	void (*run)(struct blocking_job *job);
};

/* Starts the thread. NULL when that fails. */
struct blocking *blocking_create(void);

/* Runs what was submitted, then ends the thread. NULL is allowed. */
void blocking_destroy(struct blocking *blocking);

/* From any thread. Returns 0, or -EAGAIN when `limit` jobs wait already. */
int blocking_submit(struct blocking *blocking, struct blocking_job *job, unsigned limit);

#endif
