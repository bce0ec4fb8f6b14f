/* This machine, and the settings of an application's pool of connections (the guide's 2.1 C). */
#ifndef ALLIM_SURVEY_SURVEY_HOST_H
#define ALLIM_SURVEY_SURVEY_HOST_H

#include "advisor/observation.h"

/* Reads the environment, too; no other thread may change it meanwhile. */
void survey_host_observe(struct observations *observations);

#endif
