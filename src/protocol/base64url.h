/* Base64url without padding (RFC 4648, 5; RFC 7515, 2), strictly: one text for one sequence of
 * bytes.
 *
 * libsodium's decoder takes care that its time does not depend on the bytes, and takes ten times as
 * long. Tokens are no secret to whoever sends them, and they are decoded on every request. */
#ifndef ALLIM_PROTOCOL_BASE64URL_H
#define ALLIM_PROTOCOL_BASE64URL_H

#include "base/buffer.h"

/* Writes the bytes that the text stands for. Returns 0, or -EINVAL for other letters, padding, a
 * length that cannot be, bits left over that are not zero, or more than `size` bytes. */
int base64url_decode(struct slice text, void *bytes, size_t size, size_t *ret_length);

void base64url_append(struct buffer *buffer, struct slice bytes);

#endif
