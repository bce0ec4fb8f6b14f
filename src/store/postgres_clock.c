#include "store/postgres_clock.h"

enum { FRESH = 60000000 /* microseconds; no clock drifts by much in that time */ };

bool postgres_clock_is_stale(const struct postgres_clock *clock, int64_t now)
{
	return clock->read_at == 0 || now - clock->read_at > FRESH;
}

void postgres_clock_take(struct postgres_clock *clock, int64_t reading, int64_t now)
{
	clock->ahead = reading - now;
	clock->read_at = now;
}

int64_t postgres_clock_after(const struct postgres_clock *clock, int64_t now, int64_t duration)
{
	return clock->ahead + now + duration;
}
