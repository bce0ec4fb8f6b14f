/* How large a team is, in words. */
#ifndef ALLIM_CLI_TEAM_H
#define ALLIM_CLI_TEAM_H

#include "base/slice.h"

#define TEAM_WORDS "small, medium or large"

/* How many developers "small", "medium" and "large" stand for. Returns 0 or -ENOENT. */
int team_find(struct slice name, double *ret_developers);

#endif
