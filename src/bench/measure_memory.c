/* User memory of an idle stream: what a server's anonymous memory grows by between two numbers of
 * connections, each of another user. The slope leaves out what a server needs without any.
 *
 * Memory is read when it has stopped changing, so that buffers which were lent while the streams
 * opened are back. */
#include "bench/measures.h"
#include "bench/opener.h"

#include <errno.h>

enum { STEP_MILLISECONDS = 250, STEADY_STEPS = 12 };

static int64_t settled_memory(struct bench *bench, const struct target *target)
{
	int64_t steps = bench->options.settle_seconds * INT64_C(1000) / STEP_MILLISECONDS;
	int64_t memory = process_anonymous(&target->process);

	for (int steady = 0; steps > 0 && steady < STEADY_STEPS; steps--) {
		int64_t before = memory;

		bench_pause(bench, STEP_MILLISECONDS);
		memory = process_anonymous(&target->process);
		steady = memory == before ? steady + 1 : 0;
	}
	return memory;
}

static int read_slope(struct bench *bench, const struct target *target, struct streams *streams,
		      const char *side, unsigned round, struct error *error)
{
	unsigned low = bench->options.memory_low, high = bench->options.memory_high;
	int64_t first, second, first_counter, second_counter;
	int code = opener_open(bench, target, streams, low, error);

	if (code < 0)
		return code;
	first = settled_memory(bench, target);
	first_counter = process_anonymous_counter(&target->process);
	code = opener_open(bench, target, streams, high, error);
	if (code < 0)
		return code;
	second = settled_memory(bench, target);
	second_counter = process_anonymous_counter(&target->process);
	report_sample(&bench->report, "memory", side, round, "at_low", (double)first);
	report_sample(&bench->report, "memory", side, round, "at_high", (double)second);
	report_sample(&bench->report, "memory", side, round, "slope",
		      (double)(second - first) / (high - low));
	report_sample(&bench->report, "memory", side, round, "slope_by_counter",
		      (double)(second_counter - first_counter) / (high - low));
	return 0;
}

static int measure_side(struct bench *bench, enum target_kind kind, const char *side,
			unsigned round, struct error *error)
{
	struct streams streams;
	struct target target;
	int code;

	if (streams_init(&streams, &bench->loop, bench->options.memory_high) < 0)
		return error_set(error, -ENOMEM, "memory is short");
	code = target_start(&target, kind, bench, bench->threads, bench->options.idle_heartbeat,
			    error);
	if (code == 0)
		code = read_slope(bench, &target, &streams, side, round, error);
	streams_finish(&streams);
	target_stop(&target);
	return code;
}

int measure_memory(struct bench *bench, struct error *error)
{
	int code = 0;

	for (unsigned round = 1; round <= bench->options.rounds && code == 0; round++) {
		code = measure_side(bench, TARGET_ALLIM, "allim", round, error);
		if (code == 0)
			code = measure_side(bench, TARGET_BARE, "bare", round, error);
	}
	return code;
}
