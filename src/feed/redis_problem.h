/* Why a Redis cannot be used, as a sentence for who runs it. */
#ifndef ALLIM_FEED_REDIS_PROBLEM_H
#define ALLIM_FEED_REDIS_PROBLEM_H

#include "base/error.h"
#include "base/slice.h"

/* Explains an error that the server answered. Returns -EPROTO, so that it reads: return
 * redis_problem_explain(...). */
int redis_problem_explain(struct slice answer, struct error *error);

/* True for what a cluster answers while its slots move or a master is replaced: a newer map of its
 * slots helps, and nobody need hear of it. */
bool redis_problem_is_moved(struct slice answer);

#endif
