/* How threads talk: any thread sends, one thread receives, nobody locks.
 *
 * A message is a link inside a structure of the sender's. Sending hands that structure over;
 * `on_receive` is called once, on the receiving thread, and from then on the structure is whoever's
 * its own header says. Messages of one sender arrive in order. */
#ifndef ALLIM_NET_MAILBOX_H
#define ALLIM_NET_MAILBOX_H

#include <stdatomic.h>
#include <stdbool.h>

struct mailbox_message {
	struct mailbox_message *next;
	void (*on_receive)(struct mailbox_message *message);
};

struct mailbox {
	_Atomic(struct mailbox_message *) newest;
	int event; /* an eventfd: readable while something waits */
};

/* Returns 0 or a negative errno value. */
int mailbox_init(struct mailbox *mailbox);

/* What was sent and not received is dropped unseen: the owner drains first. */
void mailbox_finish(struct mailbox *mailbox);

/* From any thread; never fails and never blocks. Wakes the receiver where the mailbox was empty. */
void mailbox_send(struct mailbox *mailbox, struct mailbox_message *message);

/* On the receiver's thread: receives what waits, in order. Returns how many there were. */
unsigned mailbox_receive(struct mailbox *mailbox);

/* On the receiver's thread: takes what waits, oldest first, linked by `next`, without calling
 * `on_receive`. For a receiver that keeps the messages in a queue of its own. */
struct mailbox_message *mailbox_take(struct mailbox *mailbox);

/* On the receiver's thread, when `event` was found readable: makes it unreadable until something is
 * sent. To be followed by mailbox_receive() or mailbox_take(), not preceded. */
void mailbox_clear(struct mailbox *mailbox);

/* On the receiver's thread, for one without an event loop: sleeps until something waits or
 * `milliseconds` have passed; -1 waits for ever. */
void mailbox_wait(struct mailbox *mailbox, int milliseconds);

#endif
