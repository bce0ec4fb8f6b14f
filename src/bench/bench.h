/* What every measure works with: options, report, event loop and users. One thread. */
#ifndef ALLIM_BENCH_BENCH_H
#define ALLIM_BENCH_BENCH_H

#include "bench/options.h"
#include "bench/report.h"
#include "bench/users.h"
#include "net/loop.h"

#include <time.h>

struct bench {
	struct options options;
	struct report report;
	struct users users;
	struct loop loop;
	unsigned threads; /* of each server */
	struct timer deadline;
	bool is_late;
	bool (*is_done)(void *context);
	void *context;
};

/* Nanoseconds of the monotonic clock. */
static inline int64_t bench_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* CPU time that this process, the client of all servers, has used, in nanoseconds. */
static inline int64_t bench_cpu(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* Returns 0 or a negative errno value with a sentence. */
int bench_init(struct bench *bench, const struct options *options, struct error *error);
void bench_finish(struct bench *bench);

/* Turns the loop until `is_done`, which is asked now and after every turn and may send more.
 * Returns 0, or -ETIMEDOUT after that many milliseconds. */
int bench_run_until(struct bench *bench, bool (*is_done)(void *context), void *context,
		    int64_t milliseconds);

/* Turns the loop for a while. */
void bench_pause(struct bench *bench, int64_t milliseconds);

#endif
