/* Texts that are made from the table of settings, so that no list of them is kept twice. */
#ifndef ALLIM_CONFIG_SETTINGS_REFERENCE_H
#define ALLIM_CONFIG_SETTINGS_REFERENCE_H

#include "config/settings.h"

/* All functions append; buffer_failed() tells when memory was short. */

/* A settings file with these values, each with what it means: what `allim config default` prints
 * for the defaults. Reading it gives the same settings; secrets are left out. */
void settings_reference_append_yaml(struct buffer *buffer, const struct settings *settings);

/* docs/settings.md: every setting with its type, default, accepted values, variable and flags. */
void settings_reference_append_markdown(struct buffer *buffer);

/* The lines of `allim serve --help` about flags, indented by two blanks. */
void settings_reference_append_help(struct buffer *buffer);

#endif
