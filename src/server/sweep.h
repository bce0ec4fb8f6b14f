/* Step 4 of the rule of delivery: heals hints that were lost. Where the feed hears by looking, or
 * wakes it, this is also how the hints come at all. */
#ifndef ALLIM_SERVER_SWEEP_H
#define ALLIM_SERVER_SWEEP_H

#include "base/buffer.h"
#include "store/store.h"

struct worker;

/* One worker's: where its last sweep ended, and the one that is under way. */
struct sweep {
	struct store_sweep request;
	struct buffer position;
	bool outstanding;
	bool again;		     /* at once when the one under way is answered */
	struct mailbox_message wake; /* on its way while `woken` */
	_Atomic bool woken;
};

/* Starts sweeping, on the administrators' worker. To be called before any worker runs: the first
 * answer is the position from which on nothing is missed. */
void sweep_start(struct worker *worker);

/* The worker's task: one sweep, unless the store has not answered the last one. */
void sweep_run(struct worker *worker);

/* A sweep as soon as possible. From any thread, while the worker's mailbox is there. */
void sweep_wake(struct worker *worker);

/* Begins anew: the store has another history than before. On the worker's thread. */
void sweep_restart(struct worker *worker);

/* Behind the worker's last turn. */
void sweep_finish(struct sweep *sweep);

#endif
