/* The requests that share a transaction, and what their operations need. */
#ifndef ALLIM_STORE_POSTGRES_BATCH_H
#define ALLIM_STORE_POSTGRES_BATCH_H

#include "store/postgres_session.h"

enum { POSTGRES_BATCH = 1024 /* requests */ };

struct postgres_batch {
	struct postgres_session *session;
	struct postgres_connection *connection;
	uint64_t epoch; /* when it began */
	struct store_request *requests[POSTGRES_BATCH];
	size_t count;
	int64_t *ids[POSTGRES_BATCH]; /* of a publish: those of all its items, in order */
	bool begun;		      /* the result of BEGIN was received */
	bool locks;		      /* inboxes */
	struct hint_batch *hints;     /* of what is written; NULL where memory is short */
	struct arena arena;
};

/* Does all of the requests, which are linked by `next`, and answers them. The batch is only a place
 * to work in, which the session keeps. */
void postgres_batch_run(struct postgres_batch *batch, struct postgres_session *session,
			struct mailbox_message *oldest);

/* Tells a hint, when the batch is committed. Never fails: at worst the hint is lost. */
void postgres_batch_tell(struct postgres_batch *batch, const struct hint *hint);

/* Passes the hints on and gives up the batch of them. */
void postgres_batch_publish(struct postgres_batch *batch);

/* Tells the changes of a result of type allim.change. */
void postgres_batch_tell_all(struct postgres_batch *batch, const PGresult *result);

/* Parameters of the batch's arena, or NULL when memory is short. */
struct postgres_parameters *postgres_batch_parameters(struct postgres_batch *batch);

/* The age of keys that are still remembered, as a time. */
int64_t postgres_batch_oldest_key(const struct postgres_batch *batch);

/* How many notifications an inbox keeps, as the next parameter: NULL for any number. */
void postgres_batch_add_keep(const struct postgres_batch *batch,
			     struct postgres_parameters *parameters);

#endif
