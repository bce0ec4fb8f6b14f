/* What a client has applied: the store's epoch, the seq of its own inbox and that of the
 * broadcasts.
 *
 * Its text, `epoch.seq.broadcast_seq`, is opaque to clients: SSE id, ETag and `after=` alike. */
#ifndef ALLIM_CORE_CURSOR_H
#define ALLIM_CORE_CURSOR_H

#include "base/slice.h"

struct cursor {
	uint64_t epoch;
	int64_t seq;
	int64_t broadcast_seq;
};

enum { CURSOR_TEXT_BYTES = 16 + 1 + 19 + 1 + 19 + 1 };

/* Writes the text with a terminator and returns its length without it. */
size_t cursor_format(const struct cursor *cursor, char text[static CURSOR_TEXT_BYTES]);

/* Reads what cursor_format() wrote and nothing else: 16 hexadecimal digits in lower case and two
 * decimal numbers without leading zeros. Returns 0 or -EINVAL. */
int cursor_parse(struct slice text, struct cursor *ret_cursor);

bool cursor_equals(const struct cursor *a, const struct cursor *b);

#endif
