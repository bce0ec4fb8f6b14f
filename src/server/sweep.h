/* Step 4 of the rule of delivery: heals hints that were lost. */
#ifndef ALLIM_SERVER_SWEEP_H
#define ALLIM_SERVER_SWEEP_H

struct worker;

/* Starts sweeping, on the administrators' worker, before its loop runs. */
void sweep_start(struct worker *worker);

#endif
