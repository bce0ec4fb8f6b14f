/* Keeps a worker's list of the broadcasts right: asks the store where the hub lacks something.
 *
 * One question is out at a time, and answers that cannot be given without the list wait for it
 * together. After a failure the next question comes a second later. All on the worker's thread. */
#ifndef ALLIM_SERVER_REFRESH_H
#define ALLIM_SERVER_REFRESH_H

#include "base/list.h"
#include "store/store.h"

struct exchange;
struct worker;

struct refresh {
	struct store_heads heads;
	bool outstanding;
	bool failed;  /* lately: not to be asked at once */
	bool recheck; /* what the hub wanted when it was asked */
	bool recount;
	struct list waiting; /* exchanges whose answers wait */
};

void refresh_init(struct refresh *refresh);

/* When the worker ends: lets go of what still waits, for connections that are gone. */
void refresh_finish(struct refresh *refresh);

/* At the end of each turn: asks where that is needed, and gives the answers that can be given. */
void refresh_turn(struct worker *worker);

/* Once a second: after a failure, asks again. */
void refresh_keep(struct worker *worker);

/* From the callback of exchange_ask(): calls it again with the same answer when the worker has a
 * list of the broadcasts up to `head`. Where that fails, or memory is short, the exchange is
 * answered. */
void refresh_wait(struct exchange *exchange, struct store_request *request, int64_t head);

#endif
