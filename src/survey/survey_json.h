/* measurement.json. */
#ifndef ALLIM_SURVEY_SURVEY_JSON_H
#define ALLIM_SURVEY_SURVEY_JSON_H

#include "survey/survey.h"

#include <jansson.h>

/* All that was seen, with the figures that advice takes from it. A new reference, or NULL when
 * memory is short. */
json_t *survey_json_create(const struct survey *survey);

#endif
