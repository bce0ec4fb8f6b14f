/* The server's word is the base of both: it spreads its clients already, and who waits less than it
 * says works against it. */
#include "cli/backoff.h"

void backoff_init(struct backoff *backoff, uint64_t seed)
{
	random_init(&backoff->random, seed);
	backoff->attempts = 0;
}

void backoff_reset(struct backoff *backoff)
{
	backoff->attempts = 0;
}

static int64_t base_of(int64_t told)
{
	if (told < 0)
		return BACKOFF_DEFAULT;
	if (told < BACKOFF_SHORTEST)
		return BACKOFF_SHORTEST;
	return told > BACKOFF_LONGEST_TOLD ? BACKOFF_LONGEST_TOLD : told;
}

int64_t backoff_next(struct backoff *backoff, int64_t told)
{
	int64_t base = base_of(told);
	int64_t least = base;

	for (unsigned i = 0; i < backoff->attempts && least < BACKOFF_LONGEST; i++)
		least *= 2;
	if (least > BACKOFF_LONGEST)
		least = base > BACKOFF_LONGEST ? base : BACKOFF_LONGEST;
	if (backoff->attempts < UINT32_MAX)
		backoff->attempts++;
	return least + (int64_t)random_below(&backoff->random, (uint64_t)least + 1);
}

int64_t backoff_ended(struct backoff *backoff, int64_t told)
{
	int64_t base = base_of(told);

	return base + (int64_t)random_below(&backoff->random, (uint64_t)base / 4 + 1);
}
