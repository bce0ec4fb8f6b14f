/* Files with a key or a token: one line, which only its owner may read. */
#ifndef ALLIM_CLI_SECRET_FILE_H
#define ALLIM_CLI_SECRET_FILE_H

#include "base/buffer.h"
#include "base/error.h"

enum { SECRET_FILE_BYTES = 8192 };

/* Appends the file's line, without its end. Returns 0, or a negative errno value with a sentence:
 * for a file that others can read, that is no regular one, empty, or longer. */
int secret_file_read(const char *path, struct buffer *buffer, struct error *error);

#endif
