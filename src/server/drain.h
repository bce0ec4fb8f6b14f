/* The end of a worker: no more connections, and those that there are end in batches. */
#ifndef ALLIM_SERVER_DRAIN_H
#define ALLIM_SERVER_DRAIN_H

struct worker;

/* On the worker's thread. Twice is once. */
void drain_start(struct worker *worker);

/* Ends a batch; the worker's task. */
void drain_some(struct worker *worker);

/* Closes every connection at once. */
void drain_close_all(struct worker *worker);

/* Ends all streams, and answers all waiting polls. */
void drain_held(struct worker *worker);

#endif
