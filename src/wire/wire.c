/* The list of wires. */
#include "wire/wire.h"

#include <assert.h>

const struct wire_ops *const wire_table[WIRES + 1] = {
    &poll_wire_ops, &sse_wire_ops, &websocket_wire_ops, &websocket_deflate_wire_ops, NULL};

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

size_t wire_begin_event(const struct wire_ops *ops, struct buffer *out)
{
	size_t start = out->length;

	char *head = buffer_reserve(out, ops->head_bytes);

	if (head != NULL) {
		memset(head, 0, ops->head_bytes);
		out->length += ops->head_bytes;
	}
	return start;
}

void wire_end_event(const struct wire_ops *ops, struct buffer *out, size_t start,
		    const struct cursor *cursor)
{
	size_t gap = ops->end(out, start, cursor);

	if (buffer_failed(out) || gap == 0)
		return;
	out->length -= gap;
	memmove(out->data + start, out->data + start + gap, out->length - start);
}
