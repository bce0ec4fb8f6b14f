/* A file that a command writes: it is there wholly, or what was there before stays. */
#ifndef ALLIM_CLI_OUTPUT_FILE_H
#define ALLIM_CLI_OUTPUT_FILE_H

#include "base/error.h"
#include "base/slice.h"

/* Writes it aside, in the same folder, and gives it its name. Returns 0 or a negative errno value
 * with a sentence. */
int output_file_write(const char *path, struct slice bytes, struct error *error);

#endif
