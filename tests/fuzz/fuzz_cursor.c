/* A cursor is read only where writing it again gives the same bytes. */
#include "core/cursor.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_from_bytes((const char *)data, size);
	char text[CURSOR_TEXT_BYTES];
	struct cursor cursor, again;

	if (cursor_parse(input, &cursor) < 0)
		return 0;
	FUZZ_CHECK(cursor.seq >= 0 && cursor.broadcast_seq >= 0);
	FUZZ_CHECK(slice_equals(slice_from_bytes(text, cursor_format(&cursor, text)), input));
	FUZZ_CHECK(cursor_parse(slice_from_string(text), &again) == 0);
	FUZZ_CHECK(cursor_equals(&cursor, &again));
	return 0;
}
