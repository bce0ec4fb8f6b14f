/* Settings that threads use together: nobody changes them; a reload makes new ones, and the last
 * user frees the old. From any thread. */
#ifndef ALLIM_CONFIG_CONFIGURATION_H
#define ALLIM_CONFIG_CONFIGURATION_H

#include "config/settings.h"

#include <stdatomic.h>

struct routing;

struct configuration {
	_Atomic unsigned references;
	struct settings settings;
	struct routing *routing; /* what routing_attach() made of the settings; NULL: nothing */
	void (*on_release)(struct configuration *configuration); /* before they go; or NULL */
};

/* Reads the settings; the one reference is the caller's. Returns 0, or what settings_load() does
 * with its sentence. */
int configuration_load(const struct settings_sources *sources,
		       struct configuration **ret_configuration, struct error *error);

struct configuration *configuration_reference(struct configuration *configuration);

/* NULL is allowed. */
void configuration_release(struct configuration *configuration);

#endif
