/* What no setting can say about itself alone. */
#ifndef ALLIM_CONFIG_SETTINGS_CHECK_H
#define ALLIM_CONFIG_SETTINGS_CHECK_H

#include "config/settings_loader.h"

/* Returns 0, or -EINVAL with the loader's error set at the place of the setting to change. */
int settings_check(const struct settings_loader *loader);

#endif
