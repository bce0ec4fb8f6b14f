/* A sentence of the rules, in the languages that documents come in. */
#ifndef ALLIM_ADVISOR_ADVISOR_TEXT_H
#define ALLIM_ADVISOR_ADVISOR_TEXT_H

#include "yaml/yaml_source.h"

enum advisor_language { ADVISOR_ENGLISH, ADVISOR_KOREAN, ADVISOR_LANGUAGES };

struct advisor_text {
	struct slice languages[ADVISOR_LANGUAGES];
};

/* "en", "ko" */
const char *advisor_text_language_name(enum advisor_language language);

/* Returns 0 or -ENOENT. */
int advisor_text_find_language(struct slice name, enum advisor_language *ret_language);

/* Reads a map of `en` and `ko`, both of which are needed. The text is the tree's. Returns 0,
 * -EINVAL or -ENOMEM. */
int advisor_text_read(struct advisor_text *text, const struct yaml_node *node,
		      const struct yaml_source *source);

#endif
