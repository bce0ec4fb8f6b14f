/* What is taken for a message says the same when it is written again. */
#include "core/hint_codec.h"
#include "fuzz/fuzz.h"

enum { NO_LIMIT = 64 << 20 };

static struct buffer encode(const struct hint_batch *batch, uint64_t node)
{
	struct buffer message = BUFFER_EMPTY;
	struct hint_encoder encoder;

	hint_encoder_init(&encoder, batch, node, NO_LIMIT);
	FUZZ_CHECK(hint_encoder_next(&encoder, &message) == 1);
	FUZZ_CHECK(hint_encoder_next(&encoder, &message) == 0);
	return message;
}

static void check_texts(const struct hint_batch *batch)
{
	struct buffer text = BUFFER_EMPTY;

	for (size_t i = 0; i < batch->count; i++) {
		const struct hint *hint = &batch->hints[i];

		if (hint->has_change && hint->change.kind == CHANGE_ROW)
			notification_append_json(&hint->change.notification, &text);
	}
	FUZZ_CHECK(text.length == 0 || slice_is_utf8(buffer_slice(&text)));
	FUZZ_CHECK(text.length == 0 || memchr(text.data, '\n', text.length) == NULL);
	buffer_finish(&text);
}

/* Numbers may have been written longer than they need be, so only the second writing is the same as
 * the first. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_from_bytes((const char *)data, size);
	struct hint_batch *batch, *again;
	struct buffer messages[2];
	uint64_t node, node_again;

	if (hint_codec_decode(input, &node, &batch) < 0)
		return 0;
	check_texts(batch);
	messages[0] = encode(batch, node);
	FUZZ_CHECK(messages[0].length <= size);
	FUZZ_CHECK(hint_codec_decode(buffer_slice(&messages[0]), &node_again, &again) == 0);
	messages[1] = encode(again, node_again);
	FUZZ_CHECK(slice_equals(buffer_slice(&messages[0]), buffer_slice(&messages[1])));
	buffer_finish(&messages[0]);
	buffer_finish(&messages[1]);
	hint_batch_release(batch);
	hint_batch_release(again);
	return 0;
}
