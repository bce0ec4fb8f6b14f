/* The measures. Each lets its sides take turns, notes what it sees in the report, and leaves
 * nothing running. They return 0 or a negative errno value with a sentence. */
#ifndef ALLIM_BENCH_MEASURES_H
#define ALLIM_BENCH_MEASURES_H

#include "bench/bench.h"

#define MEASURE(name_, ...) int measure_##name_(struct bench *bench, struct error *error);
#include "bench/measures.def"

#endif
