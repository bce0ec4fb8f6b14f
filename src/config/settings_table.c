/* Names of variables and flags are made from the names of the rows whenever they are needed: there
 * are few, and they are looked at only when settings are loaded. */
#include "config/settings_table.h"

#include "config/nearest.h"

#include <assert.h>
#include <stdio.h>

struct alias {
	const char *name;
	size_t row;
};

static const struct alias flag_aliases[] = {
#define SETTING_FLAG(name_, member_) {(name_), SETTINGS_ROW_##member_},
#include "config/settings.def"
    {NULL, 0},
};

static const struct alias variable_aliases[] = {
#define SETTING_VARIABLE(name_, member_) {(name_), SETTINGS_ROW_##member_},
#include "config/settings.def"
    {NULL, 0},
};

const struct setting *settings_table_find(struct slice name)
{
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		if (slice_equals(name, slice_from_string(settings_table[i].name)))
			return &settings_table[i];
	}
	return NULL;
}

const struct setting *settings_table_find_group(struct slice name)
{
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		struct slice row = slice_from_string(settings_table[i].name);

		if (slice_starts_with(row, name) && row.length > name.length &&
		    row.data[name.length] == '.' && name.length > 0)
			return &settings_table[i];
	}
	return NULL;
}

static char upper(char letter)
{
	return letter >= 'a' && letter <= 'z' ? (char)(letter - ('a' - 'A')) : letter;
}

void settings_table_variable(const struct setting *setting, char text[static SETTINGS_NAME_BYTES])
{
	const struct alias *alias = variable_aliases;

	while (alias->name != NULL && alias->row != settings_table_row(setting))
		alias++;
	if (alias->name != NULL) {
		snprintf(text, SETTINGS_NAME_BYTES, "%s", alias->name);
		return;
	}
	snprintf(text, SETTINGS_NAME_BYTES, "ALLIM_%s", setting->name);
	for (char *letter = text; *letter != '\0'; letter++)
		*letter = *letter == '.' ? '_' : upper(*letter);
}

void settings_table_flag(const struct setting *setting, char text[static SETTINGS_NAME_BYTES])
{
	snprintf(text, SETTINGS_NAME_BYTES, "%s", setting->name);
	for (char *letter = text; *letter != '\0'; letter++) {
		if (*letter == '.' || *letter == '_')
			*letter = '-';
	}
}

const char *settings_table_alias(const struct setting *setting, size_t n)
{
	for (const struct alias *alias = flag_aliases; alias->name != NULL; alias++) {
		if (alias->row == settings_table_row(setting) && n-- == 0)
			return alias->name;
	}
	return NULL;
}

const struct setting *settings_table_find_variable(struct slice name)
{
	char variable[SETTINGS_NAME_BYTES];

	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		settings_table_variable(&settings_table[i], variable);
		if (slice_equals(name, slice_from_string(variable)))
			return &settings_table[i];
	}
	return NULL;
}

const struct setting *settings_table_find_flag(struct slice name)
{
	char flag[SETTINGS_NAME_BYTES];

	for (const struct alias *alias = flag_aliases; alias->name != NULL; alias++) {
		if (slice_equals(name, slice_from_string(alias->name)))
			return &settings_table[alias->row];
	}
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		settings_table_flag(&settings_table[i], flag);
		if (slice_equals(name, slice_from_string(flag)))
			return &settings_table[i];
	}
	return NULL;
}

/* The best candidate so far, while going through all. */
struct search {
	struct slice wanted;
	size_t distance;
};

static bool is_better(struct search *search, struct slice candidate)
{
	size_t distance = nearest_distance(search->wanted, candidate);

	if (distance >= search->distance)
		return false;
	search->distance = distance;
	return true;
}

/* The last word of a name, for a key that stands in the wrong group. */
static struct slice last_word(struct slice name)
{
	struct slice word = name;

	for (size_t i = 0; i < name.length; i++) {
		if (name.data[i] == '.')
			word = slice_from_bytes(name.data + i + 1, name.length - i - 1);
	}
	return word;
}

/* Groups count as well: a mistake in the name of a group is found at its key. */
static struct slice nearest_by_distance(struct slice name)
{
	struct search search = {name, SIZE_MAX};
	struct slice best = {"", 0};

	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		struct slice row = slice_from_string(settings_table[i].name);

		for (size_t length = 1; length <= row.length; length++) {
			struct slice candidate = slice_from_bytes(row.data, length);

			if ((length == row.length || row.data[length] == '.') &&
			    is_better(&search, candidate))
				best = candidate;
		}
	}
	return best;
}

static struct slice nearest_in_other_groups(struct slice name)
{
	struct search search = {name, SIZE_MAX};
	struct slice best = {"", 0};

	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		struct slice row = slice_from_string(settings_table[i].name);

		if (slice_equals(last_word(name), last_word(row)) && is_better(&search, row))
			best = row;
	}
	return best;
}

struct slice settings_nearest(struct slice name)
{
	struct slice misspelt = nearest_by_distance(name);
	struct slice misplaced = nearest_in_other_groups(name);

	return misplaced.length == 0 || nearest_distance(name, misspelt) <= 2 ? misspelt
									      : misplaced;
}

void settings_table_nearest_variable(struct slice name, char text[static SETTINGS_NAME_BYTES])
{
	struct search search = {name, SIZE_MAX};
	char variable[SETTINGS_NAME_BYTES];

	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		settings_table_variable(&settings_table[i], variable);
		if (is_better(&search, slice_from_string(variable)))
			memcpy(text, variable, SETTINGS_NAME_BYTES);
	}
}

void settings_table_nearest_flag(struct slice name, const char *const *others,
				 char text[static SETTINGS_NAME_BYTES])
{
	struct search search = {name, SIZE_MAX};
	char flag[SETTINGS_NAME_BYTES];

	for (; others != NULL && *others != NULL; others++) {
		if (is_better(&search, slice_from_string(*others)))
			snprintf(text, SETTINGS_NAME_BYTES, "%s", *others);
	}
	for (const struct alias *alias = flag_aliases; alias->name != NULL; alias++) {
		if (is_better(&search, slice_from_string(alias->name)))
			snprintf(text, SETTINGS_NAME_BYTES, "%s", alias->name);
	}
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		settings_table_flag(&settings_table[i], flag);
		if (!settings_table[i].type->secret && is_better(&search, slice_from_string(flag)))
			memcpy(text, flag, SETTINGS_NAME_BYTES);
	}
}

#define KIBIBYTES(count_) ((count_)*INT64_C(1024))
#define MEBIBYTES(count_) ((count_)*INT64_C(1048576))
#define SECONDS(count_)	  ((count_)*INT64_C(1000))
#define MINUTES(count_)	  ((count_)*INT64_C(60000))
#define HOURS(count_)	  ((count_)*INT64_C(3600000))
#define DAYS(count_)	  ((count_)*INT64_C(86400000))

enum { RESTART = false, RELOAD = true };

const struct setting settings_table[SETTINGS_COUNT] = {
#define SETTING(name_, member_, type_, initial_, minimum_, maximum_, unit_, reload_, description_) \
	{                                                                                          \
	    .name = (name_),                                                                       \
	    .type = &settings_type_##type_,                                                        \
	    .offset = offsetof(struct settings, member_),                                          \
	    .initial = (initial_),                                                                 \
	    .minimum = (minimum_),                                                                 \
	    .maximum = (maximum_),                                                                 \
	    .unit = (unit_),                                                                       \
	    .description = (description_),                                                         \
	    .reloadable = (reload_),                                                               \
	},
#include "config/settings.def"
};
