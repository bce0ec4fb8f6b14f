/* Keeping secrets secret: files that only their owner can read, and no example of a manual. */
#ifndef ALLIM_CONFIG_SETTINGS_SECRET_H
#define ALLIM_CONFIG_SETTINGS_SECRET_H

#include "config/settings_loader.h"

/* Gives each secret the content of its file where one is named (SETTING_SECRET_FILE of
 * settings.def), and refuses secrets that everybody knows, and a file beside the variable.
 * Called when all sources have been read. Returns 0 or a negative errno value with the loader's
 * error set. */
int settings_secret_complete(struct settings_loader *loader);

#endif
