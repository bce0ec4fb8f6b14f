/* Step 4 of the rule of delivery: heals hints that were lost. */
#ifndef ALLIM_SERVER_SWEEP_H
#define ALLIM_SERVER_SWEEP_H

struct worker;

/* Starts sweeping, on the administrators' worker. To be called before any worker runs: the first
 * answer is the position from which on nothing is missed. Returns 0 or -ENOMEM. */
int sweep_start(struct worker *worker);

/* The worker's task: one sweep. */
void sweep_run(struct worker *worker);

#endif
