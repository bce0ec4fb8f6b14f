/* Runs a command in this process and keeps what it printed. */
#ifndef ALLIM_TESTS_UNIT_CLI_RUNNING_H
#define ALLIM_TESTS_UNIT_CLI_RUNNING_H

#include "cli/command.h"

#include <jansson.h>

struct running {
	int status;
	char output[64 * 1024];
	char errors[8 * 1024];
};

/* `words` are the words behind allim, NULL at the end. Standard input is what `input` says, or
 * nothing. The result lives until the next call. */
const struct running *running_of(const char *input, const char *const *words);

#define RUN(...)	      running_of(NULL, (const char *const[]){__VA_ARGS__, NULL})
#define RUN_WITH(input_, ...) running_of(input_, (const char *const[]){__VA_ARGS__, NULL})

/* LC_ALL of what runs; "C" at first, so that texts are English. */
extern const char *running_locale;

/* Fails the test, showing both, unless `text` contains `part`. */
void running_assert_contains(const char *text, const char *part);

/* What a command that is done has printed as JSON; fails the test otherwise. The caller drops the
 * reference. */
json_t *running_json(const struct running *running);

/* Writes what it printed to a new file whose name takes the place of the six X at the end. */
void running_save(const struct running *running, char *path);

#endif
