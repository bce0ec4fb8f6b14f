/* Settings in the making: the values so far, and where each came from, for what is found wrong only
 * when all are there. */
#ifndef ALLIM_CONFIG_SETTINGS_LOADER_H
#define ALLIM_CONFIG_SETTINGS_LOADER_H

#include "config/settings_problem.h"

struct settings_loader {
	struct settings settings;
	struct settings_origin origins[SETTINGS_COUNT];
	struct error *error;
};

/* Starts with the defaults. What is loaded is finished with settings_finish(&loader->settings). */
void settings_loader_init(struct settings_loader *loader, struct error *error);

/* Gives a setting its value, whichever it had. The text is copied; origin names must live as long
 * as the loader. All functions return 0 or a negative errno value with the loader's error set. */
int settings_loader_set(struct settings_loader *loader, const struct setting *setting,
			const struct settings_origin *origin, struct slice text);

/* Empties a list, and appends an item to it. */
int settings_loader_clear(struct settings_loader *loader, const struct setting *setting,
			  const struct settings_origin *origin);
int settings_loader_add(struct settings_loader *loader, const struct setting *setting,
			const struct settings_origin *origin, struct slice text);

/* Gives a setting that is a tree its value, which must be in the arena of the settings. */
int settings_loader_take(struct settings_loader *loader, const struct setting *setting,
			 const struct settings_origin *origin, const struct yaml_node *tree);

/* Reads the ALLIM_... variables of an environment; NULL has none. */
int settings_loader_read_environment(struct settings_loader *loader, char *const *environment);

int settings_loader_read_flags(struct settings_loader *loader, const struct settings_flag *flags,
			       size_t count);

#endif
