/* Loading settings in one line, and expecting one sentence. */
#ifndef ALLIM_TESTS_UNIT_CONFIG_LOADING_H
#define ALLIM_TESTS_UNIT_CONFIG_LOADING_H

#include "config/settings.h"
#include "lib/assertions.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct loading {
	struct settings settings;
	struct error error;
	int result;
};

static inline struct loading loading_of(const struct settings_sources *sources)
{
	struct loading loading = {.error = {""}};

	settings_init_defaults(&loading.settings);
	loading.result = settings_load(&loading.settings, sources, &loading.error);
	return loading;
}

/* The content of a file called allim.yaml. */
static inline struct loading loading_yaml(const char *content)
{
	struct settings_sources sources = {.file = "allim.yaml",
					   .content = slice_from_string(content)};

	return loading_of(&sources);
}

static inline struct loading loading_variable(const char *variable)
{
	char *copy = strdup(variable);
	char *environment[] = {copy, NULL};
	struct settings_sources sources = {.environment = environment};
	struct loading loading = loading_of(&sources);

	free(copy);
	return loading;
}

static inline struct loading loading_flag(const char *name, const char *value)
{
	struct settings_flag flag = {slice_from_string(name), value};
	struct settings_sources sources = {.flags = &flag, .flag_count = 1};

	return loading_of(&sources);
}

#define assert_loaded(loading)                                \
	do {                                                  \
		if ((loading).result != 0)                    \
			fail_msg("%s", (loading).error.text); \
	} while (0)

/* One line that begins with `sentence`. */
#define assert_refused(loading_, sentence)                                                 \
	do {                                                                               \
		struct loading refused_ = (loading_);                                      \
                                                                                           \
		assert_true(refused_.result < 0);                                          \
		assert_null(strchr(refused_.error.text, '\n'));                            \
		if (strncmp(refused_.error.text, (sentence), strlen(sentence)) != 0)       \
			fail_msg("\"%s\" does not begin with \"%s\"", refused_.error.text, \
				 (sentence));                                              \
	} while (0)

#define assert_refused_yaml(content, sentence) assert_refused(loading_yaml(content), sentence)

#endif
