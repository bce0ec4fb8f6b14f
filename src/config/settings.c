/* Sources are read from the weakest to the strongest into one loader, whose settings become the
 * caller's only when all of them and all checks have succeeded. */
#include "config/settings.h"

#include "base/quote.h"
#include "config/settings_check.h"
#include "config/settings_loader.h"
#include "config/settings_secret.h"
#include "config/settings_yaml.h"

#include <assert.h>
#include <errno.h>

/* Lists and secrets are empty and need no memory; a default that its own type refuses is a bug. */
void settings_init_defaults(struct settings *settings)
{
	*settings = (struct settings){.arena = ARENA_EMPTY};
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		const struct setting *setting = &settings_table[i];
		struct error error;
		int result;

		if (setting->type->secret) {
			*(struct slice *)settings_table_member(setting, settings) = SLICE("");
			continue;
		}
		result = setting->type->read(setting, slice_from_string(setting->initial),
					     &settings->arena,
					     settings_table_member(setting, settings), &error);
		assert(result == 0);
	}
}

static void wipe(struct slice *secret)
{
	if (secret->length > 0)
		explicit_bzero((char *)(uintptr_t)secret->data, secret->length);
}

void settings_finish(struct settings *settings)
{
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		if (settings_table[i].type->secret)
			wipe(settings_table_member(&settings_table[i], settings));
	}
	arena_finish(&settings->arena);
	settings_init_defaults(settings);
}

static int read_file(struct settings_loader *loader, const struct settings_sources *sources)
{
	if (sources->content.data != NULL)
		return settings_yaml_read(
		    loader, sources->file == NULL ? "settings" : sources->file, sources->content);
	return sources->file == NULL ? 0 : settings_yaml_read_file(loader, sources->file);
}

static int read_sources(struct settings_loader *loader, const struct settings_sources *sources)
{
	int result = read_file(loader, sources);

	if (result == 0)
		result = settings_loader_read_environment(loader, sources->environment);
	if (result == 0)
		result = settings_loader_read_flags(loader, sources->flags, sources->flag_count);
	if (result == 0)
		result = settings_secret_complete(loader);
	return result == 0 ? settings_check(loader) : result;
}

int settings_load(struct settings *ret_settings, const struct settings_sources *sources,
		  struct error *error)
{
	struct settings_loader loader;
	int result;

	settings_loader_init(&loader, error);
	result = read_sources(&loader, sources);
	if (result < 0)
		settings_finish(&loader.settings);
	else
		*ret_settings = loader.settings;
	return result;
}

int settings_check_flags(const struct settings_flag *flags, size_t count, struct error *error)
{
	struct settings_loader loader;
	int result;

	settings_loader_init(&loader, error);
	result = settings_loader_read_flags(&loader, flags, count);
	settings_finish(&loader.settings);
	return result;
}

size_t settings_difference(const struct settings *before, const struct settings *after,
			   const char *ret_names[static SETTINGS_COUNT])
{
	size_t count = 0;

	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		const struct setting *setting = &settings_table[i];

		if (!setting->reloadable &&
		    !setting->type->equals(settings_table_value(setting, before),
					   settings_table_value(setting, after)))
			ret_names[count++] = setting->name;
	}
	return count;
}

static int refuse_flag(struct slice name, const char *const *others, struct error *error)
{
	struct settings_origin origin = {SETTINGS_FROM_FLAG, name, 0, 0};
	char nearest[SETTINGS_NAME_BYTES] = "";

	settings_table_nearest_flag(name, others, nearest);
	return settings_problem(error, &origin, -EINVAL, "unknown flag; did you mean --%s?",
				nearest);
}

int settings_read_flag(struct settings_flag *ret_flag, char *const *arguments,
		       const char *const *others, struct error *error)
{
	struct slice name = slice_from_string(arguments[0]), value;
	const struct setting *setting;
	char quote[QUOTE_BYTES];

	if (!slice_starts_with(name, SLICE("--")) || name.length == 2)
		return error_set(error, -EINVAL, "unexpected argument %s", quote_word(name, quote));
	value = slice_from_bytes(name.data + 2, name.length - 2);
	name = slice_split(&value, '=');
	setting = settings_table_find_flag(name);
	if (setting == NULL)
		return refuse_flag(name, others, error);
	if (name.data[name.length] == '=') {
		*ret_flag = (struct settings_flag){name, value.data};
		return 1;
	}
	if (setting->type->optional_value || setting->type->secret || arguments[1] == NULL) {
		*ret_flag = (struct settings_flag){name, NULL};
		return 1;
	}
	*ret_flag = (struct settings_flag){name, arguments[1]};
	return 2;
}
