/* The rows of settings.def, found by any of their names. */
#ifndef ALLIM_CONFIG_SETTINGS_TABLE_H
#define ALLIM_CONFIG_SETTINGS_TABLE_H

#include "config/settings_type.h"

enum { SETTINGS_NAME_BYTES = 64 }; /* of every name, variable and flag, with its NUL */

struct setting {
	const char *name;
	const struct settings_type *type;
	size_t offset; /* of the member in struct settings */
	const char *initial;
	int64_t minimum;
	int64_t maximum;
	const char *unit;
	const char *description;
	bool reloadable;
};

extern const struct setting settings_table[SETTINGS_COUNT];

static inline size_t settings_table_row(const struct setting *setting)
{
	return (size_t)(setting - settings_table);
}

static inline void *settings_table_member(const struct setting *setting, struct settings *settings)
{
	return (char *)settings + setting->offset;
}

static inline const void *settings_table_value(const struct setting *setting,
					       const struct settings *settings)
{
	return (const char *)settings + setting->offset;
}

/* NULL where there is none. Variables come with ALLIM_, flags without dashes. */
const struct setting *settings_table_find(struct slice name);
const struct setting *settings_table_find_variable(struct slice name);
const struct setting *settings_table_find_flag(struct slice name);

/* The first setting of a group such as `auth.jwt`, or NULL where it is no group. */
const struct setting *settings_table_find_group(struct slice name);

/* Write the one variable, and the flag with all of the name. */
void settings_table_variable(const struct setting *setting, char text[static SETTINGS_NAME_BYTES]);
void settings_table_flag(const struct setting *setting, char text[static SETTINGS_NAME_BYTES]);

/* The n-th shorter flag of the setting, or NULL. */
const char *settings_table_alias(const struct setting *setting, size_t n);

/* Write the known variable or flag that is most like `name`. A flag may also be one of `others`
 * (NULL at the end, or NULL). */
void settings_table_nearest_variable(struct slice name, char text[static SETTINGS_NAME_BYTES]);
void settings_table_nearest_flag(struct slice name, const char *const *others,
				 char text[static SETTINGS_NAME_BYTES]);

#endif
