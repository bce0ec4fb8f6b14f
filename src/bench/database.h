/* The database allim_bench of the PostgreSQL of --postgres: made anew for every turn of a measure,
 * so that each begins with the same. Everything here waits, and is not for while something is
 * measured. */
#ifndef ALLIM_BENCH_DATABASE_H
#define ALLIM_BENCH_DATABASE_H

#include "bench/bench.h"

/* Drops what was there and makes an empty one. Returns 0 or a negative errno value with a sentence,
 * here and below. */
int database_create(const struct bench *bench, struct error *error);

/* Drops it, with whoever is still connected. */
int database_drop(const struct bench *bench, struct error *error);

/* Its address as allim, psql and pgbench take it. */
void database_location(const struct bench *bench, char *location, size_t size);

/* Runs one statement in it. */
int database_run(const struct bench *bench, const char *statement, struct error *error);

/* Asks another database of the server, so that the question counts for nothing in this one, for a
 * row of `count` numbers. */
int database_ask(const struct bench *bench, const char *question, double *ret_numbers,
		 unsigned count, struct error *error);

/* The same, asked of itself. */
int database_ask_own(const struct bench *bench, const char *question, double *ret_numbers,
		     unsigned count, struct error *error);

/* command_run() for a client program of PostgreSQL or for allim, with the password. */
int database_command(const char *const *arguments, struct buffer *output, struct error *error);

#endif
