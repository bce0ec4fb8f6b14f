/* Whom a text is for: the language of the rules' texts, and of the labels around them. */
#ifndef ALLIM_ADVISOR_AUDIENCE_H
#define ALLIM_ADVISOR_AUDIENCE_H

#include "advisor/advisor_text.h"

struct audience {
	enum advisor_language language;
	/* An English text in that language, which lives as long as the program: gettext() or its
	 * like. */
	const char *(*translate)(const char *text) __attribute__((format_arg(1)));
};

/* Who reads help and files. */
extern const struct audience audience_english;

#endif
