/* What the disk alone can do: appending and fdatasync(), in a bare loop. */
#ifndef ALLIM_BENCH_DISK_H
#define ALLIM_BENCH_DISK_H

#include "base/error.h"
#include "bench/histogram.h"

#include <stddef.h>

/* Appends `bytes` and syncs, again and again for so many seconds, to a file in the folder that is
 * gone afterwards. Durations (nanoseconds) of each append with its sync go to the histogram.
 * Returns 0 or a negative errno value with a sentence. */
int disk_measure(const char *folder, size_t bytes, unsigned seconds,
		 struct histogram *ret_durations, struct error *error);

#endif
