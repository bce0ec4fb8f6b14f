/* What one session of one node does between batches: expiry, retention and pruning, in small
 * transactions. Nodes agree by a lease in allim.meta on who keeps house. On the session's
 * thread. */
#ifndef ALLIM_STORE_POSTGRES_UPKEEP_H
#define ALLIM_STORE_POSTGRES_UPKEEP_H

#include "store/postgres_horizon.h"
#include "store/postgres_session.h"

struct postgres_upkeep {
	struct postgres_session *session;
	int64_t number; /* who asks for the lease */
	int64_t next_round;
	int64_t next_lease;
	int64_t next_walk;
	int64_t next_size;
	int64_t walked; /* the last inbox that the walk came to; -1: it begins anew */
	struct postgres_horizon horizon;
	bool is_keeper;
	bool more; /* the last round left something */
};

void postgres_upkeep_init(struct postgres_upkeep *upkeep, struct postgres_session *session);

/* Milliseconds until there is something to do. */
int64_t postgres_upkeep_wait(const struct postgres_upkeep *upkeep);

/* Does what is due. */
void postgres_upkeep_run(struct postgres_upkeep *upkeep);

/* Gives the lease back, so that another node need not wait for its end. */
void postgres_upkeep_finish(struct postgres_upkeep *upkeep);

#endif
