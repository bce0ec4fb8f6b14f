/* A list under a mutex: several sessions take from it, which a mailbox does not allow, and beside a
 * round trip to a server the mutex costs nothing. */
#include "store/postgres_queue.h"

#include <errno.h>
#include <time.h>

void postgres_queue_init(struct postgres_queue *queue)
{
	pthread_condattr_t attributes;

	*queue = (struct postgres_queue){.first = NULL};
	pthread_mutex_init(&queue->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&queue->arrived, &attributes);
	pthread_cond_init(&queue->stopped, &attributes);
	pthread_condattr_destroy(&attributes);
}

void postgres_queue_finish(struct postgres_queue *queue)
{
	pthread_cond_destroy(&queue->arrived);
	pthread_cond_destroy(&queue->stopped);
	pthread_mutex_destroy(&queue->mutex);
}

bool postgres_queue_add(struct postgres_queue *queue, struct store_request *request)
{
	struct mailbox_message *message = &request->message;
	bool is_taken;

	pthread_mutex_lock(&queue->mutex);
	is_taken = queue->connected > 0;
	if (is_taken) {
		message->next = NULL;
		if (queue->first == NULL)
			queue->first = message;
		else
			queue->last->next = message;
		queue->last = message;
		pthread_cond_signal(&queue->arrived);
	}
	pthread_mutex_unlock(&queue->mutex);
	return is_taken;
}

static struct timespec after(int64_t milliseconds)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_sec += milliseconds / 1000;
	time.tv_nsec += milliseconds % 1000 * 1000000;
	if (time.tv_nsec >= 1000000000) {
		time.tv_sec++;
		time.tv_nsec -= 1000000000;
	}
	return time;
}

/* With the mutex held. At least one, whatever it weighs. */
static struct mailbox_message *cut(struct postgres_queue *queue, size_t weight)
{
	struct mailbox_message *oldest = queue->first, *newest = oldest;
	size_t taken;

	if (oldest == NULL)
		return NULL;
	taken = store_request_weight(store_request_of(oldest));
	while (newest->next != NULL && taken < weight) {
		newest = newest->next;
		taken += store_request_weight(store_request_of(newest));
	}
	queue->first = newest->next;
	newest->next = NULL;
	return oldest;
}

struct mailbox_message *postgres_queue_take(struct postgres_queue *queue, size_t weight,
					    int64_t milliseconds)
{
	struct timespec end = after(milliseconds);
	struct mailbox_message *oldest;

	pthread_mutex_lock(&queue->mutex);
	while (queue->first == NULL && !queue->is_stopping &&
	       pthread_cond_timedwait(&queue->arrived, &queue->mutex, &end) != ETIMEDOUT)
		;
	oldest = cut(queue, weight);
	if (queue->first != NULL)
		pthread_cond_signal(&queue->arrived);
	pthread_mutex_unlock(&queue->mutex);
	return oldest;
}

void postgres_queue_connect(struct postgres_queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	queue->connected++;
	pthread_mutex_unlock(&queue->mutex);
}

struct mailbox_message *postgres_queue_disconnect(struct postgres_queue *queue)
{
	struct mailbox_message *rest = NULL;

	pthread_mutex_lock(&queue->mutex);
	if (--queue->connected == 0) {
		rest = queue->first;
		queue->first = NULL;
	}
	pthread_mutex_unlock(&queue->mutex);
	return rest;
}

bool postgres_queue_pause(struct postgres_queue *queue, int64_t milliseconds)
{
	struct timespec end = after(milliseconds);
	bool is_stopping;

	pthread_mutex_lock(&queue->mutex);
	while (!queue->is_stopping &&
	       pthread_cond_timedwait(&queue->stopped, &queue->mutex, &end) != ETIMEDOUT)
		;
	is_stopping = queue->is_stopping;
	pthread_mutex_unlock(&queue->mutex);
	return is_stopping;
}

void postgres_queue_stop(struct postgres_queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	queue->is_stopping = true;
	pthread_cond_broadcast(&queue->arrived);
	pthread_cond_broadcast(&queue->stopped);
	pthread_mutex_unlock(&queue->mutex);
}

bool postgres_queue_is_stopping(struct postgres_queue *queue)
{
	bool is_stopping;

	pthread_mutex_lock(&queue->mutex);
	is_stopping = queue->is_stopping;
	pthread_mutex_unlock(&queue->mutex);
	return is_stopping;
}
