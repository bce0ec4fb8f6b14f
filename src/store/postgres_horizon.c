/* Samples below the oldest running transaction say nothing any more and go, all but the last of
 * them: the transaction began behind it, and before the next. When the table is full every second
 * one of the rest goes, so that it reaches back as far as needed, ever more coarsely. */
#include "store/postgres_horizon.h"

#include <string.h>

static void forget_ended(struct postgres_horizon *horizon, int64_t oldest)
{
	int gone = 0;

	while (gone + 1 < horizon->count && horizon->samples[gone + 1].next <= oldest)
		gone++;
	horizon->count -= gone;
	memmove(horizon->samples, horizon->samples + gone,
		(size_t)horizon->count * sizeof(horizon->samples[0]));
}

static void thin_out(struct postgres_horizon *horizon)
{
	int kept = 1;

	for (int i = 1; i < horizon->count; i += 2)
		horizon->samples[kept++] = horizon->samples[i];
	horizon->count = kept;
}

int64_t postgres_horizon_observe(struct postgres_horizon *horizon, int64_t oldest, int64_t next,
				 int64_t now)
{
	forget_ended(horizon, oldest);
	if (horizon->count == POSTGRES_HORIZON_SAMPLES)
		thin_out(horizon);
	horizon->samples[horizon->count].next = next;
	horizon->samples[horizon->count++].at = now;
	if (oldest >= next)
		return 0;
	/* It began before the first sample that is above it; if that is this one, just now. */
	for (int i = 0; i < horizon->count; i++) {
		if (horizon->samples[i].next > oldest)
			return now - horizon->samples[i].at;
	}
	return 0;
}

bool postgres_horizon_worsened(struct postgres_horizon *horizon, int64_t age)
{
	bool was_old = horizon->is_old;

	horizon->is_old = age >= POSTGRES_HORIZON_OLD;
	return horizon->is_old && !was_old;
}
