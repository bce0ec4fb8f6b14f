/* Whatever claims to be compressed is read within the limit or refused, and what we compress is
 * read again. */
#include "fuzz/fuzz.h"
#include "protocol/websocket_deflate.h"

enum { LIMIT = 3000 };

static void check_inflating(struct websocket_deflate *codec, struct slice message)
{
	struct buffer out = BUFFER_EMPTY;
	int result = websocket_inflate(codec, message, LIMIT, &out);

	FUZZ_CHECK(result == 0 ? out.length <= LIMIT : out.length <= LIMIT + 1);
	buffer_finish(&out);
}

static void check_round_trip(struct websocket_deflate *codec, struct slice text)
{
	struct buffer message = BUFFER_EMPTY, out = BUFFER_EMPTY;

	if (text.length > LIMIT)
		text.length = LIMIT;
	websocket_deflate_append(codec, text, &message);
	websocket_deflate_append_stored(SLICE(""), &message);
	FUZZ_CHECK(websocket_inflate(codec, buffer_slice(&message), LIMIT, &out) == 0);
	FUZZ_CHECK(slice_equals(buffer_slice(&out), text));
	buffer_finish(&message);
	buffer_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_from_bytes((const char *)data, size);
	struct websocket_deflate *codec = websocket_deflate_create();

	FUZZ_CHECK(codec != NULL);
	check_inflating(codec, input);
	check_round_trip(codec, input);
	check_inflating(codec, input);
	websocket_deflate_destroy(codec);
	return 0;
}
