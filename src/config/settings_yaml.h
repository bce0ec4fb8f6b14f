/* The settings file. */
#ifndef ALLIM_CONFIG_SETTINGS_YAML_H
#define ALLIM_CONFIG_SETTINGS_YAML_H

#include "config/settings_loader.h"

/* Reads a file's content into the loader; `file` is what messages call it and must outlive the
 * loader. Returns 0, or a negative errno value with the loader's error set. */
int settings_yaml_read(struct settings_loader *loader, const char *file, struct slice content);

/* The same from the file itself. */
int settings_yaml_read_file(struct settings_loader *loader, const char *file);

#endif
