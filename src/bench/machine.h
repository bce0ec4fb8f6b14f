/* Where a run took place; figures mean little without it. */
#ifndef ALLIM_BENCH_MACHINE_H
#define ALLIM_BENCH_MACHINE_H

#include "base/buffer.h"

/* Appends a JSON object: processor, cores, memory, kernel, limit of open files, and how long a sync
 * of 4 KiB takes in the folder. */
void machine_append_json(const char *folder, struct buffer *buffer);

#endif
