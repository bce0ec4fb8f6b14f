/* The language of texts for people, by gettext (base/wording.h).
 *
 * gettext's language is the process's, so it is chosen on the main thread before others exist. */
#ifndef ALLIM_CLI_TRANSLATION_H
#define ALLIM_CLI_TRANSLATION_H

#include "advisor/audience.h"
#include "base/wording.h"

/* What --lang says, "en" or "ko"; where that is NULL, what the environment asks for by LC_ALL,
 * LC_MESSAGES or LANG, the first of them that is set. Returns 0, or -EINVAL for another word. */
int translation_find(const char *name, enum advisor_language *ret_language);

/* From here on texts are in that language. They stay English where the catalogue is not installed.
 */
void translation_use(enum advisor_language language);

/* Whom translation_use() was told of, for code that gets its gettext handed in. */
struct audience translation_audience(enum advisor_language language);

/* The text in the language that is used; it lives as long as the program. */
const char *translation_of(const char *text) __attribute__((format_arg(1)));

/* What a figure or a size is called: its name in tables, where that has no translation. */
const char *translation_of_name(const char *name);

#endif
