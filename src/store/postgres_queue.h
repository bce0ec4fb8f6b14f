/* Requests that wait for one of several sessions. Any thread. */
#ifndef ALLIM_STORE_POSTGRES_QUEUE_H
#define ALLIM_STORE_POSTGRES_QUEUE_H

#include "store/store.h"

#include <pthread.h>

struct postgres_queue {
	pthread_mutex_t mutex;
	pthread_cond_t arrived;
	pthread_cond_t stopped;
	struct mailbox_message *first;
	struct mailbox_message *last;
	unsigned connected; /* sessions that take from it */
	bool is_stopping;
};

void postgres_queue_init(struct postgres_queue *queue);
void postgres_queue_finish(struct postgres_queue *queue);

/* Returns false, and does not take the request, where no session is connected: then waiting would
 * only keep the client waiting. */
bool postgres_queue_add(struct postgres_queue *queue, struct store_request *request);

/* What waits, oldest first, linked by `next`: up to `weight` rows, as store_request_weight()
 * counts. Waits for it for so many milliseconds, and returns NULL where nothing came. */
struct mailbox_message *postgres_queue_take(struct postgres_queue *queue, size_t weight,
					    int64_t milliseconds);

/* Counts a session in or out. With the last one everything that waits is returned, to be
 * refused. */
void postgres_queue_connect(struct postgres_queue *queue);
struct mailbox_message *postgres_queue_disconnect(struct postgres_queue *queue);

/* Sleeps, but not beyond the stop. Returns whether the queue is stopping. */
bool postgres_queue_pause(struct postgres_queue *queue, int64_t milliseconds);

/* Nobody adds any more; who takes is woken. */
void postgres_queue_stop(struct postgres_queue *queue);
bool postgres_queue_is_stopping(struct postgres_queue *queue);

#endif
