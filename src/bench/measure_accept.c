/* CPU that a server takes to accept a stream, read its request and send its head and first event.
 * The first streams only warm up caches and memory. */
#include "bench/measures.h"
#include "bench/opener.h"
#include "bench/turns.h"

enum { WARM_UP_STREAMS = 500, REST_MILLISECONDS = 300 };

static int open_and_measure(struct turn *turn, struct error *error)
{
	struct bench *bench = turn->bench;
	unsigned count = bench->options.accept_connections;
	int code = opener_open(bench, &turn->target, &turn->streams, WARM_UP_STREAMS, error);
	int64_t cpu, begin, end;

	if (code < 0)
		return code;
	bench_pause(bench, REST_MILLISECONDS);
	cpu = process_cpu(&turn->target.process);
	begin = bench_now();
	code = opener_open(bench, &turn->target, &turn->streams, WARM_UP_STREAMS + count, error);
	if (code < 0)
		return code;
	end = bench_now();
	bench_pause(bench, REST_MILLISECONDS);
	cpu = process_cpu(&turn->target.process) - cpu;
	turn_sample(turn, "cpu_per_stream", (double)cpu / 1e3 / count);
	turn_sample(turn, "time_per_stream", (double)(end - begin) / 1e3 / count);
	return 0;
}

int measure_accept(struct bench *bench, struct error *error)
{
	struct turns turns = {
	    .measure = "accept",
	    .streams = WARM_UP_STREAMS + bench->options.accept_connections,
	    .heartbeat = TARGET_NO_HEARTBEAT,
	    .take = open_and_measure,
	};

	return turns_take(bench, &turns, error);
}
