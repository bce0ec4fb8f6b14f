/* Where the commands take settings from: --config or ALLIM_CONFIG, and the environment. */
#ifndef ALLIM_CLI_SOURCES_H
#define ALLIM_CLI_SOURCES_H

#include "config/settings.h"

/* Sets file and environment; `config` is what --config said, or NULL. The environment is a list of
 * the caller's to give to sources_finish(), its texts are the process's own. Returns 0 or -ENOMEM.
 */
int sources_init(struct settings_sources *sources, const char *config);

void sources_finish(struct settings_sources *sources);

#endif
