/* Batches of hints as bytes, for every feed that carries them over a network.
 *
 * A message is whole or refused: whoever decodes it has checked every length, number and text
 * before it is used, and allocates for what is there and not for what is claimed. */
#ifndef ALLIM_CORE_HINT_CODEC_H
#define ALLIM_CORE_HINT_CODEC_H

#include "core/hint.h"

/* Hints of one message; a batch of more becomes several. */
enum { HINT_CODEC_HINTS = 65536 };

/* What is left of a batch to be encoded. */
struct hint_encoder {
	const struct hint_batch *batch;
	uint64_t node;
	size_t limit;
	size_t next;
	bool heads_only;
	bool finished;
};

/* Prepares to encode the batch, as published by `node`, in messages of at most `limit` bytes. A
 * batch that would be longer goes without its changes, and in several messages where its heads
 * alone are too many; a head that does not even fit alone is a lost hint. The batch stays the
 * caller's and is read by hint_encoder_next(). */
void hint_encoder_init(struct hint_encoder *encoder, const struct hint_batch *batch, uint64_t node,
		       size_t limit);

/* Appends the next message to `buffer`. Returns 1, or 0 when there are no more, or -ENOMEM. */
int hint_encoder_next(struct hint_encoder *encoder, struct buffer *buffer);

/* Makes a batch of one message; the reference is the caller's, and nothing of it points into the
 * message. Returns 0, -ENOMEM, -EPROTONOSUPPORT for a message of another version, or -EPROTO for
 * what is none. */
int hint_codec_decode(struct slice message, uint64_t *ret_node, struct hint_batch **ret_batch);

#endif
