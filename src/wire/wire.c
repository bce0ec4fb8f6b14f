/* The list of wires. */
#include "wire/wire.h"

#include <assert.h>

const struct wire_ops *const wire_table[] = {&poll_wire_ops, &sse_wire_ops, NULL};

size_t wire_index(const struct wire_ops *ops)
{
	size_t index = 0;

	while (wire_table[index] != ops) {
		assert(wire_table[index] != NULL);
		index++;
	}
	return index;
}

const struct wire_ops *wire_find(struct slice name)
{
	for (size_t i = 0; wire_table[i] != NULL; i++) {
		if (slice_equals(slice_from_string(wire_table[i]->name), name))
			return wire_table[i];
	}
	return NULL;
}
