/* Programs that run to their end, such as psql and pgbench. Never while measuring something
 * else. */
#ifndef ALLIM_BENCH_COMMAND_H
#define ALLIM_BENCH_COMMAND_H

#include "base/buffer.h"
#include "base/error.h"

/* Runs a program with the environment given (NAME=value, NULL at the end) and nothing else, and
 * appends what it writes, errors included. Returns 0, or a negative errno value with a sentence
 * where it could not be run or ended with another status than 0. */
int command_run(const char *const *arguments, const char *const *environment, struct buffer *output,
		struct error *error);

#endif
