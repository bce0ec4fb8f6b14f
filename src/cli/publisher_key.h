/* The key that commands publish with. */
#ifndef ALLIM_CLI_PUBLISHER_KEY_H
#define ALLIM_CLI_PUBLISHER_KEY_H

#include "base/buffer.h"
#include "base/error.h"

/* Appends the value of the header Authorization, with the key of the file or, where `file` is NULL,
 * of ALLIM_API_KEY. Returns 0 or a negative errno value with a sentence. */
int publisher_key_read(const char *file, struct buffer *authorization, struct error *error);

#endif
