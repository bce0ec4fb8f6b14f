/* Which messages of each node are missing. A node numbers what it publishes 1, 2, 3 …, and RabbitMQ
 * keeps the order; so a number that is skipped is a message that was dropped on the way: by a queue
 * that was full, or by an exchange to which the queue was not bound for a moment, of which RabbitMQ
 * says nothing. */
#ifndef ALLIM_FEED_RABBITMQ_NUMBERS_H
#define ALLIM_FEED_RABBITMQ_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* Of more nodes the one that was silent longest is forgotten. */
enum { RABBITMQ_NUMBERS_NODES = 256 };

struct rabbitmq_numbers {
	uint64_t heard; /* messages so far */
	struct {
		uint64_t node;
		uint64_t number; /* of its last message; 0: no such node */
		uint64_t heard;	 /* when that was */
	} nodes[RABBITMQ_NUMBERS_NODES];
};

/* Counts a message. Returns whether one between it and the one before of that node is missing. Of a
 * node that is heard for the first time nothing is: what it published before, the node that begins
 * to listen reads from the store. */
bool rabbitmq_numbers_take(struct rabbitmq_numbers *numbers, uint64_t node, uint64_t number);

#endif
