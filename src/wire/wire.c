/* The list of wires. */
#include "wire/wire.h"

const struct wire_ops *const wire_table[] = {&poll_wire_ops, &sse_wire_ops, NULL};

const struct wire_ops *wire_find(struct slice name)
{
	for (size_t i = 0; wire_table[i] != NULL; i++) {
		if (slice_equals(slice_from_string(wire_table[i]->name), name))
			return wire_table[i];
	}
	return NULL;
}
