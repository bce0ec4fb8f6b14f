/* One text for one cursor: the parser accepts only what the formatter writes, so that cursors can
 * be compared as bytes where that is cheaper. */
#include "core/cursor.h"

#include <errno.h>
#include <stdio.h>

size_t cursor_format(const struct cursor *cursor, char text[static CURSOR_TEXT_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	int64_t numbers[] = {cursor->seq, cursor->broadcast_seq};
	char *end = text;

	for (int shift = 60; shift >= 0; shift -= 4)
		*end++ = digits[(cursor->epoch >> shift) & 15];
	for (size_t i = 0; i < 2; i++) {
		char reversed[20];
		int length = 0;
		uint64_t rest = (uint64_t)numbers[i];

		do {
			reversed[length++] = (char)('0' + rest % 10);
			rest /= 10;
		} while (rest > 0);
		*end++ = '.';
		while (length > 0)
			*end++ = reversed[--length];
	}
	*end = '\0';
	return (size_t)(end - text);
}

static int parse_epoch(struct slice text, uint64_t *ret_epoch)
{
	uint64_t epoch = 0;

	if (text.length != 16)
		return -EINVAL;
	for (size_t i = 0; i < text.length; i++) {
		int digit = slice_hexadecimal(text.data[i]);

		if (digit < 0 || (text.data[i] >= 'A' && text.data[i] <= 'F'))
			return -EINVAL;
		epoch = epoch << 4 | (uint64_t)digit;
	}
	*ret_epoch = epoch;
	return 0;
}

static int parse_seq(struct slice text, int64_t *ret_seq)
{
	if (text.length > 1 && text.data[0] == '0')
		return -EINVAL;
	if (text.length > 0 && text.data[0] == '-')
		return -EINVAL;
	return slice_to_integer(text, ret_seq);
}

int cursor_parse(struct slice text, struct cursor *ret_cursor)
{
	struct slice rest = text;
	struct cursor cursor;

	if (parse_epoch(slice_split(&rest, '.'), &cursor.epoch) < 0 ||
	    parse_seq(slice_split(&rest, '.'), &cursor.seq) < 0 ||
	    parse_seq(rest, &cursor.broadcast_seq) < 0)
		return -EINVAL;
	*ret_cursor = cursor;
	return 0;
}

bool cursor_equals(const struct cursor *a, const struct cursor *b)
{
	return a->epoch == b->epoch && a->seq == b->seq && a->broadcast_seq == b->broadcast_seq;
}
