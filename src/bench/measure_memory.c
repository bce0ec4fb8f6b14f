/* User memory of an idle stream or WebSocket: what a server's anonymous memory grows by between two
 * numbers of connections, each of another user. The slope leaves out what a server needs without
 * any.
 *
 * Memory is read when it has stopped changing, so that buffers which were lent while the streams
 * opened are back. */
#include "bench/measures.h"
#include "bench/opener.h"
#include "bench/turns.h"

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

static int read_slope(struct turn *turn, struct error *error)
{
	struct bench *bench = turn->bench;
	const struct target *target = &turn->target;
	unsigned low = bench->options.memory_low, high = bench->options.memory_high;
	int64_t first, second, first_counter, second_counter;
	int code = opener_open(bench, target, &turn->streams, low, error);

	if (code < 0)
		return code;
	first = settled_memory(bench, target);
	first_counter = process_anonymous_counter(&target->process);
	code = opener_open(bench, target, &turn->streams, high, error);
	if (code < 0)
		return code;
	second = settled_memory(bench, target);
	second_counter = process_anonymous_counter(&target->process);
	turn_sample(turn, "at_low", (double)first);
	turn_sample(turn, "at_high", (double)second);
	turn_sample(turn, "slope", (double)(second - first) / (high - low));
	turn_sample(turn, "slope_by_counter",
		    (double)(second_counter - first_counter) / (high - low));
	return 0;
}

int measure_memory(struct bench *bench, struct error *error)
{
	struct turns turns = {
	    .measure = "memory",
	    .streams = bench->options.memory_high,
	    .heartbeat = bench->options.idle_heartbeat,
	    .with_websockets = true,
	    .take = read_slope,
	};

	return turns_take(bench, &turns, error);
}
