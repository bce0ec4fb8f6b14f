/* A server whose feed misbehaves, and whose sweep may be broken, too: it shows that the rule of
 * delivery heals what a feed does, and that the checker notices where nothing does.
 *
 * The linker puts these functions in place of the real ones (--wrap), so that the program under
 * test is otherwise the one that ships.
 *
 *	FAULT_HINTS=N     loses every N-th batch of hints, 1 loses all
 *	FAULT_FEED=late   a thread of its own passes batches on, up to LATEST milliseconds later, in
 *	                  any order, every third one twice
 *	FAULT_SWEEP=none  never sweeps */
#include "base/clock.h"
#include "base/list.h"
#include "base/random.h"
#include "feed/feed.h"
#include "server/node.h"
#include "server/sweep.h"

#include "lib/wrapped.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LATEST = 40 };

WRAPPED(node_publish);
WRAPPED(feed_close);
WRAPPED(sweep_start);
WRAPPED(sweep_wake);

struct late_batch {
	struct list link;
	struct node *node;
	struct hint_batch *batch;
	int64_t due; /* monotonic milliseconds */
};

static struct {
	pthread_mutex_t mutex;
	struct list batches;
	struct random random;
	pthread_t thread;
	bool started;
	bool stopping;
} late = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static atomic_uint published; /* batches */

static bool is_set(const char *variable, const char *value)
{
	const char *text = getenv(variable);

	return text != NULL && strcmp(text, value) == 0;
}

static unsigned period(void)
{
	const char *text = getenv("FAULT_HINTS");

	return text == NULL ? 0 : (unsigned)strtoul(text, NULL, 10);
}

/* Without the mutex: whoever gets the batch may publish. */
static void pass_on(struct late_batch *one)
{
	__real_node_publish(one->node, one->batch);
	hint_batch_release(one->batch);
	free(one);
}

static struct late_batch *take_due(int64_t now)
{
	struct late_batch *found = NULL;

	pthread_mutex_lock(&late.mutex);
	LIST_FOR_EACH(link, &late.batches) {
		struct late_batch *one = CONTAINER_OF(link, struct late_batch, link);

		if (found == NULL && one->due <= now) {
			list_remove(link);
			found = one;
		}
	}
	pthread_mutex_unlock(&late.mutex);
	return found;
}

/* What is late when the node ends comes all the same, while the feed is being closed. */
static void *run(void *context)
{
	struct late_batch *one;
	bool stopping;

	do {
		pthread_mutex_lock(&late.mutex);
		stopping = late.stopping;
		pthread_mutex_unlock(&late.mutex);
		while ((one = take_due(stopping ? INT64_MAX : clock_monotonic())) != NULL)
			pass_on(one);
		usleep(1000);
	} while (!stopping);
	return context;
}

static void delay(struct node *node, struct hint_batch *batch)
{
	struct late_batch *one = malloc(sizeof(*one));

	if (one == NULL)
		return;
	*one = (struct late_batch){.node = node, .batch = hint_batch_reference(batch)};
	list_init(&one->link);
	pthread_mutex_lock(&late.mutex);
	if (!late.started) {
		late.started = true;
		list_init(&late.batches);
		random_init(&late.random, random_system_seed());
		pthread_create(&late.thread, NULL, run, NULL);
	}
	one->due = clock_monotonic() + (int64_t)random_below(&late.random, LATEST);
	list_append(&late.batches, &one->link);
	pthread_mutex_unlock(&late.mutex);
}

void __wrap_node_publish(struct node *node, struct hint_batch *batch)
{
	unsigned every = period();
	unsigned number = atomic_fetch_add(&published, 1);

	if (every > 0 && number % every == every - 1)
		return;
	if (!is_set("FAULT_FEED", "late")) {
		__real_node_publish(node, batch);
		return;
	}
	delay(node, batch);
	if (number % 3 == 0)
		delay(node, batch);
}

void __wrap_feed_close(struct feed *feed)
{
	if (late.started) {
		pthread_mutex_lock(&late.mutex);
		late.stopping = true;
		pthread_mutex_unlock(&late.mutex);
		pthread_join(late.thread, NULL);
	}
	__real_feed_close(feed);
}

void __wrap_sweep_start(struct worker *worker)
{
	if (!is_set("FAULT_SWEEP", "none"))
		__real_sweep_start(worker);
}

void __wrap_sweep_wake(struct worker *worker)
{
	if (!is_set("FAULT_SWEEP", "none"))
		__real_sweep_wake(worker);
}
