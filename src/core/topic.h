/* The names of topics. No I/O; any thread. */
#ifndef ALLIM_CORE_TOPIC_H
#define ALLIM_CORE_TOPIC_H

#include "base/slice.h"

enum { TOPIC_BYTES = 128 };

/* What topic_is_name() asks for, as a sentence without its beginning and end. */
#define TOPIC_RULE                                                                     \
	"a topic is 1 to 128 letters, digits, dots, hyphens, underscores and colons, " \
	"the first of them a letter or a digit"

bool topic_is_name(struct slice text);

/* Whether a pattern stands for the topic: its name, or what it begins with and a star. */
bool topic_matches(struct slice pattern, struct slice topic);

#endif
