/* A server whose hints get lost, and whose sweep may be broken, too: it shows that the sweep heals
 * what was lost, and that the checker notices where it does not.
 *
 * The linker puts these functions in place of the real ones (--wrap), so that the program under
 * test is otherwise the one that ships. FAULT_HINTS=N loses every N-th batch of hints, 1 loses all;
 * FAULT_SWEEP=none never sweeps. */
#include "feed/feed.h"
#include "server/sweep.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

void __real_feed_publish(struct feed *feed, struct hint_batch *batch);
void __wrap_feed_publish(struct feed *feed, struct hint_batch *batch);
void __real_sweep_start(struct worker *worker);
void __wrap_sweep_start(struct worker *worker);

static atomic_uint batches;

static unsigned period(void)
{
	const char *text = getenv("FAULT_HINTS");

	return text == NULL ? 0 : (unsigned)strtoul(text, NULL, 10);
}

/* The canaries of /health/ready pass, or the server would never be ready. */
void __wrap_feed_publish(struct feed *feed, struct hint_batch *batch)
{
	unsigned every = period();

	if (every > 0 && batch->canary == 0 && atomic_fetch_add(&batches, 1) % every == every - 1)
		return;
	__real_feed_publish(feed, batch);
}

void __wrap_sweep_start(struct worker *worker)
{
	const char *sweep = getenv("FAULT_SWEEP");

	if (sweep == NULL || strcmp(sweep, "none") != 0)
		__real_sweep_start(worker);
}
