/* What a benchmark wrote, as capacities of the hardware. */
#ifndef ALLIM_CLI_BENCH_FILE_H
#define ALLIM_CLI_BENCH_FILE_H

#include "advisor/capacity.h"

/* Reads a file such as bench.json. Returns 0 or a negative errno value with a sentence. */
int bench_file_read(const char *file, struct capacities *ret_capacities, struct error *error);

#endif
