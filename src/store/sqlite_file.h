/* Files that are there wholly or not at all, whatever happens meanwhile. */
#ifndef ALLIM_STORE_SQLITE_FILE_H
#define ALLIM_STORE_SQLITE_FILE_H

#include "base/error.h"

#include <stddef.h>

/* Gives a file that was written aside and synced its name; what had that name is gone. Durable on
 * return. Returns 0, or a negative errno value with a sentence. */
int sqlite_file_put_in_place(const char *from, const char *to, struct error *error);

/* Writes a small file of mode 0600 anew, through `path`.new. Durable on return; on failure the old
 * one stays. Returns 0, or a negative errno value with a sentence. */
int sqlite_file_replace(const char *path, const char *text, size_t length, struct error *error);

#endif
