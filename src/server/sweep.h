/* Step 4 of the rule of delivery: heals hints that were lost. */
#ifndef ALLIM_SERVER_SWEEP_H
#define ALLIM_SERVER_SWEEP_H

#include "store/store.h"

struct worker;

/* One worker's: where its last sweep ended, and the one that is under way. */
struct sweep {
	struct store_sweep request;
	int64_t position;
	bool outstanding;
};

/* Starts sweeping, on the administrators' worker. To be called before any worker runs: the first
 * answer is the position from which on nothing is missed. */
void sweep_start(struct worker *worker);

/* The worker's task: one sweep, unless the store has not answered the last one. */
void sweep_run(struct worker *worker);

#endif
