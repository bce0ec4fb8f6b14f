/* New keys and secrets. */
#ifndef ALLIM_CLI_TOKEN_KEY_H
#define ALLIM_CLI_TOKEN_KEY_H

#include "base/buffer.h"

/* Appends 32 random bytes as 43 characters of base64url. Returns 0 or -ENOMEM. */
int token_key_make(struct buffer *buffer);

/* Appends the lines of YAML that let the publisher in: its name, and the SHA-256 of its key.
 * Returns 0 or -ENOMEM. */
int token_key_append_settings(struct buffer *buffer, struct slice name, struct slice key);

#endif
