/* The two clocks. Code that decides something takes the time as an argument; only the edges
 * (event loop, store threads, commands) read a clock. */
#ifndef ALLIM_BASE_CLOCK_H
#define ALLIM_BASE_CLOCK_H

#include "base/buffer.h"

/* Milliseconds since some start; never goes back, whatever happens to the date. */
int64_t clock_monotonic(void);

/* The same in microseconds, for how long something took. */
int64_t clock_monotonic_fine(void);

/* Microseconds since 1970-01-01T00:00:00Z. */
int64_t clock_wall(void);

/* Appends a wall time as RFC 3339 in UTC with milliseconds: 2026-05-01T09:30:00.250Z. For times
 * from 1970 to 9999. */
void clock_append_wall(struct buffer *buffer, int64_t microseconds);

/* Reads an RFC 3339 date-time (section 5.6) whose moment in UTC lies in the years 1970 to 9999,
 * those that clock_append_wall() can write. Returns 0 or -EINVAL. */
int clock_parse_wall(struct slice text, int64_t *ret_microseconds);

#endif
