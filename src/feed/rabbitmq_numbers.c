/* A cluster has few nodes, so they are searched one by one. */
#include "feed/rabbitmq_numbers.h"

#include <stddef.h>

/* The place of that node, or, of one that has none, the place of who was silent longest. */
static size_t place_of(const struct rabbitmq_numbers *numbers, uint64_t node)
{
	size_t oldest = 0;

	for (size_t i = 0; i < RABBITMQ_NUMBERS_NODES; i++) {
		if (numbers->nodes[i].number != 0 && numbers->nodes[i].node == node)
			return i;
		if (numbers->nodes[i].heard < numbers->nodes[oldest].heard)
			oldest = i;
	}
	return oldest;
}

bool rabbitmq_numbers_take(struct rabbitmq_numbers *numbers, uint64_t node, uint64_t number)
{
	size_t place = place_of(numbers, node);
	uint64_t before = numbers->nodes[place].node == node ? numbers->nodes[place].number : 0;

	if (number == 0)
		return false;
	numbers->nodes[place].node = node;
	numbers->nodes[place].heard = ++numbers->heard;
	/* A late one, of a connection that the node gave up, is none that was skipped. */
	if (number > before)
		numbers->nodes[place].number = number;
	return before != 0 && number > before + 1;
}
