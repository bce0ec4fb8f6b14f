/* Settings from anywhere: a text that begins with ALLIM_ is an environment, one variable a line;
 * one that begins with -- is a command line, one argument a line; any other is a settings file.
 *
 * What is refused must be explained on one line. What is accepted must survive being written as a
 * file and read again. */
#include "config/settings_reference.h"
#include "config/settings_table.h"

#include <assert.h>
#include <stdlib.h>

enum { LINES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sentence(const struct error *error)
{
	assert(error->text[0] != '\0');
	for (const char *letter = error->text; *letter != '\0'; letter++)
		assert((unsigned char)*letter >= 0x20 && *letter != 0x7F);
}

static void check_written(const struct settings *settings)
{
	struct settings_sources sources = {.file = "written.yaml"};
	struct buffer buffer = BUFFER_EMPTY;
	struct settings again;
	struct error error;
	int result;

	settings_reference_append_yaml(&buffer, settings);
	sources.content = buffer_slice(&buffer);
	result = settings_load(&again, &sources, &error);
	assert(result == 0);
	for (size_t i = 0; i < SETTINGS_COUNT; i++) {
		const struct setting *setting = &settings_table[i];

		assert(setting->type->secret ||
		       setting->type->equals(settings_table_value(setting, settings),
					     settings_table_value(setting, &again)));
	}
	settings_finish(&again);
	buffer_finish(&buffer);
}

static void load(const struct settings_sources *sources)
{
	struct settings settings;
	struct error error;

	if (settings_load(&settings, sources, &error) < 0) {
		check_sentence(&error);
		return;
	}
	check_written(&settings);
	settings_finish(&settings);
}

/* Cuts the text into terminated lines, NULL at the end. */
static void cut(char *text, char *lines[static LINES + 1])
{
	size_t count = 0;

	while (text != NULL && count < LINES) {
		lines[count++] = text;
		text = strchr(text, '\n');
		if (text != NULL)
			*text++ = '\0';
	}
	lines[count] = NULL;
}

static void load_arguments(char *const *arguments)
{
	struct settings_flag flags[LINES];
	struct settings_sources sources = {.flags = flags};
	struct error error;

	while (*arguments != NULL) {
		int used = settings_read_flag(&flags[sources.flag_count], arguments, NULL, &error);

		if (used < 0) {
			check_sentence(&error);
			return;
		}
		sources.flag_count++;
		arguments += used;
	}
	load(&sources);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings_sources sources = {.file = "fuzzed.yaml"};
	char *text = malloc(size + 1);
	char *lines[LINES + 1];

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (strncmp(text, "--", 2) == 0 && strncmp(text, "---", 3) != 0) {
		cut(text, lines);
		load_arguments(lines);
	} else if (strncmp(text, "ALLIM_", 6) == 0) {
		cut(text, lines);
		load(&(struct settings_sources){.environment = lines});
	} else {
		sources.content = slice_from_bytes(text, size);
		load(&sources);
	}
	free(text);
	return 0;
}
