/* CPU that a server takes to keep idle streams alive, for one stream and second. The bare program
 * sends the same heartbeats to as many sockets.
 *
 * The streams have been open for one heartbeat before the clock starts. */
#include "bench/measures.h"
#include "bench/opener.h"
#include "bench/turns.h"

static void watch_idle(struct turn *turn)
{
	struct bench *bench = turn->bench;
	const struct streams *streams = &turn->streams;
	uint64_t heartbeats;
	int64_t cpu, begin;
	double stream_seconds;

	bench_pause(bench, bench->options.idle_heartbeat * INT64_C(1000));
	heartbeats = streams->heartbeats;
	cpu = process_cpu(&turn->target.process);
	begin = bench_now();
	bench_pause(bench, bench->options.idle_seconds * INT64_C(1000));
	cpu = process_cpu(&turn->target.process) - cpu;
	stream_seconds = (double)(bench_now() - begin) / 1e9 * streams->ready;
	turn_sample(turn, "cpu_per_stream_second", (double)cpu / 1e3 / stream_seconds);
	turn_sample(turn, "heartbeats_per_stream",
		    (double)(streams->heartbeats - heartbeats) / streams->ready);
}

static int open_and_watch(struct turn *turn, struct error *error)
{
	int code = opener_open(turn->bench, &turn->target, &turn->streams,
			       turn->bench->options.idle_connections, error);

	if (code == 0)
		watch_idle(turn);
	return code;
}

int measure_idle(struct bench *bench, struct error *error)
{
	struct turns turns = {
	    .measure = "idle",
	    .streams = bench->options.idle_connections,
	    .heartbeat = bench->options.idle_heartbeat,
	    .take = open_and_watch,
	};

	return turns_take(bench, &turns, error);
}
