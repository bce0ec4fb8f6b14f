/* Which of the messages that were published on a channel the server has answered for. Messages have
 * the numbers 1, 2, 3 …; the server answers for one, or for all up to one, in any order. */
#ifndef ALLIM_FEED_RABBITMQ_CONFIRMS_H
#define ALLIM_FEED_RABBITMQ_CONFIRMS_H

#include <stdbool.h>
#include <stdint.h>

enum {
	RABBITMQ_CONFIRMS_WINDOW = 8192, /* messages from the oldest unanswered one on */
	RABBITMQ_CONFIRMS_FULL = 4096,	 /* so many are enough; the rest is for a large batch */
};

struct rabbitmq_confirms {
	uint64_t oldest; /* that is not answered */
	uint64_t next;	 /* to be published */
	uint64_t unanswered;
	uint64_t answered[RABBITMQ_CONFIRMS_WINDOW / 64]; /* bits, by number modulo the window */
};

/* For a new channel. */
void rabbitmq_confirms_init(struct rabbitmq_confirms *confirms);

/* Counts one that is published. Returns false, and does not, where the window is full. */
bool rabbitmq_confirms_add(struct rabbitmq_confirms *confirms);

/* Counts an answer. Returns for how many messages it is the first. */
uint64_t rabbitmq_confirms_answer(struct rabbitmq_confirms *confirms, uint64_t number,
				  bool and_before);

static inline bool rabbitmq_confirms_is_full(const struct rabbitmq_confirms *confirms)
{
	return confirms->next - confirms->oldest >= RABBITMQ_CONFIRMS_FULL;
}

#endif
