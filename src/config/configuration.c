/* Counting who uses the settings. */
#include "config/configuration.h"

#include <errno.h>
#include <stdlib.h>

int configuration_load(const struct settings_sources *sources,
		       struct configuration **ret_configuration, struct error *error)
{
	struct configuration *configuration = calloc(1, sizeof(*configuration));
	int result;

	if (configuration == NULL)
		return error_set(error, -ENOMEM, "out of memory while reading the settings");
	atomic_init(&configuration->references, 1);
	result = settings_load(&configuration->settings, sources, error);
	if (result < 0)
		free(configuration);
	else
		*ret_configuration = configuration;
	return result;
}

struct configuration *configuration_reference(struct configuration *configuration)
{
	atomic_fetch_add_explicit(&configuration->references, 1, memory_order_relaxed);
	return configuration;
}

void configuration_release(struct configuration *configuration)
{
	if (configuration == NULL ||
	    atomic_fetch_sub_explicit(&configuration->references, 1, memory_order_acq_rel) != 1)
		return;
	if (configuration->on_release != NULL)
		configuration->on_release(configuration);
	settings_finish(&configuration->settings);
	free(configuration);
}
