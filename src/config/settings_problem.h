/* Saying what is wrong with a setting: where it was given, what it says, what would be accepted.
 * One line always: whatever comes from outside is quoted, cut and escaped. */
#ifndef ALLIM_CONFIG_SETTINGS_PROBLEM_H
#define ALLIM_CONFIG_SETTINGS_PROBLEM_H

#include "config/settings_table.h"
#include "yaml/yaml_problem.h"

enum settings_source {
	SETTINGS_FROM_DEFAULT,
	SETTINGS_FROM_FILE,
	SETTINGS_FROM_VARIABLE,
	SETTINGS_FROM_FLAG
};

/* Where a value comes from. `name` is that of the file, the variable or the flag (without dashes);
 * lines and columns count from 1, and line 0 is the file as a whole. */
struct settings_origin {
	enum settings_source source;
	struct slice name;
	size_t line;
	size_t column;
};

static inline struct settings_origin settings_origin_in_file(struct yaml_place place)
{
	return (struct settings_origin){SETTINGS_FROM_FILE, place.file, place.line, place.column};
}

/* For the types: `"text" is wrong`, without a place. Returns -EINVAL. */
int settings_problem_refuse(struct error *error, struct slice text, const char *what);

/* Fills in `error` with the place and the sentence; returns `code`, or -ENOMEM. */
int settings_problem(struct error *error, const struct settings_origin *origin, int code,
		     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same about a value: the place, the setting unless the place names it, the sentence, and what
 * is accepted. */
int settings_problem_value(struct error *error, const struct settings_origin *origin,
			   const struct setting *setting, const char *sentence);

/* Returns -ENOMEM with its sentence. */
int settings_problem_memory(struct error *error);

#endif
