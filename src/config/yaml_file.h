/* Files of YAML: settings, rules, prices. */
#ifndef ALLIM_CONFIG_YAML_FILE_H
#define ALLIM_CONFIG_YAML_FILE_H

#include "base/buffer.h"
#include "base/error.h"

/* Appends what is in the file. Returns 0, or a negative errno value with a sentence: it cannot be
 * read, or is larger than YAML_READER_LIMIT. */
int yaml_file_read(const char *file, struct buffer *content, struct error *error);

#endif
