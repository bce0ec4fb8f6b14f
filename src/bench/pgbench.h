/* pgbench, which measures PostgreSQL by a script of statements, as a yardstick. */
#ifndef ALLIM_BENCH_PGBENCH_H
#define ALLIM_BENCH_PGBENCH_H

#include "bench/bench.h"

struct pgbench_plan {
	const char *script; /* as pgbench reads it; :users is ... */
	unsigned users;
	unsigned clients;
	unsigned seconds;
};

struct pgbench_figures {
	double rate;	/* transactions a second, without connecting */
	double latency; /* milliseconds of a transaction, on average */
};

/* Runs the script in the benchmarks' database (database.h), with prepared statements. Returns 0 or
 * a negative errno value with a sentence. */
int pgbench_run(const struct bench *bench, const struct pgbench_plan *plan,
		struct pgbench_figures *ret_figures, struct error *error);

/* Reads what pgbench prints at its end, of version 13 and later. Returns 0, or -EBADMSG where a
 * figure is missing or transactions failed. */
int pgbench_read(struct slice output, struct pgbench_figures *ret_figures);

#endif
