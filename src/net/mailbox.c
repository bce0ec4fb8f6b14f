/* A stack that senders push onto with one compare-and-swap; the receiver takes all of it with one
 * exchange and turns it round. The eventfd is written only by the sender that found the stack
 * empty, so a burst costs one system call.
 *
 * That sender may be held up between its push and its write, and its message be taken meanwhile;
 * the event then wakes the receiver for nothing. So whoever is woken clears the event, even where
 * nothing waits. */
#include "net/mailbox.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int mailbox_init(struct mailbox *mailbox)
{
	atomic_init(&mailbox->newest, NULL);
	mailbox->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return mailbox->event < 0 ? -errno : 0;
}

void mailbox_finish(struct mailbox *mailbox)
{
	close(mailbox->event);
}

void mailbox_send(struct mailbox *mailbox, struct mailbox_message *message)
{
	struct mailbox_message *newest =
	    atomic_load_explicit(&mailbox->newest, memory_order_relaxed);
	uint64_t one = 1;

	do {
		message->next = newest;
	} while (!atomic_compare_exchange_weak_explicit(
	    &mailbox->newest, &newest, message, memory_order_release, memory_order_relaxed));
	/* Only a full counter makes this fail, and then the receiver is awake anyway. */
	if (newest == NULL && write(mailbox->event, &one, sizeof(one)) < 0)
		return;
}

/* What is sent after this sets the event again; who clears takes afterwards, never before. */
void mailbox_clear(struct mailbox *mailbox)
{
	uint64_t ignored;

	if (read(mailbox->event, &ignored, sizeof(ignored)) < 0)
		return; /* it was clear */
}

static struct mailbox_message *take_oldest_first(struct mailbox *mailbox)
{
	struct mailbox_message *message =
	    atomic_exchange_explicit(&mailbox->newest, NULL, memory_order_acquire);
	struct mailbox_message *oldest = NULL;

	while (message != NULL) {
		struct mailbox_message *next = message->next;

		message->next = oldest;
		oldest = message;
		message = next;
	}
	return oldest;
}

struct mailbox_message *mailbox_take(struct mailbox *mailbox)
{
	if (atomic_load_explicit(&mailbox->newest, memory_order_relaxed) == NULL)
		return NULL;
	mailbox_clear(mailbox);
	return take_oldest_first(mailbox);
}

unsigned mailbox_receive(struct mailbox *mailbox)
{
	struct mailbox_message *message = mailbox_take(mailbox);
	unsigned count = 0;

	while (message != NULL) {
		struct mailbox_message *next = message->next;

		message->on_receive(message);
		message = next;
		count++;
	}
	return count;
}

void mailbox_wait(struct mailbox *mailbox, int milliseconds)
{
	struct pollfd event = {.fd = mailbox->event, .events = POLLIN};

	if (atomic_load_explicit(&mailbox->newest, memory_order_acquire) == NULL &&
	    poll(&event, 1, milliseconds) > 0)
		mailbox_clear(mailbox);
}
