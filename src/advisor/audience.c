/* English is what texts are written in. */
#include "advisor/audience.h"

static const char *leave(const char *text)
{
	return text;
}

const struct audience audience_english = {ADVISOR_ENGLISH, leave};
