/* CPU that a server takes to keep idle streams alive, for one stream and second. The bare program
 * sends the same heartbeats to as many sockets.
 *
 * The streams have been open for one heartbeat before the clock starts. */
#include "bench/measures.h"
#include "bench/opener.h"

#include <errno.h>

static void watch_idle(struct bench *bench, const struct target *target, struct streams *streams,
		       const char *side, unsigned round)
{
	uint64_t heartbeats;
	int64_t cpu, begin;
	double stream_seconds;

	bench_pause(bench, bench->options.idle_heartbeat * INT64_C(1000));
	heartbeats = streams->heartbeats;
	cpu = process_cpu(&target->process);
	begin = bench_now();
	bench_pause(bench, bench->options.idle_seconds * INT64_C(1000));
	cpu = process_cpu(&target->process) - cpu;
	stream_seconds = (double)(bench_now() - begin) / 1e9 * streams->ready;
	report_sample(&bench->report, "idle", side, round, "cpu_per_stream_second",
		      (double)cpu / 1e3 / stream_seconds);
	report_sample(&bench->report, "idle", side, round, "heartbeats_per_stream",
		      (double)(streams->heartbeats - heartbeats) / streams->ready);
}

static int measure_side(struct bench *bench, enum target_kind kind, const char *side,
			unsigned round, struct error *error)
{
	unsigned count = bench->options.idle_connections;
	struct streams streams;
	struct target target;
	int code;

	if (streams_init(&streams, &bench->loop, count) < 0)
		return error_set(error, -ENOMEM, "memory is short");
	code = target_start(&target, kind, bench, bench->threads, bench->options.idle_heartbeat,
			    error);
	if (code == 0)
		code = opener_open(bench, &target, &streams, count, error);
	if (code == 0)
		watch_idle(bench, &target, &streams, side, round);
	if (code == 0 && streams.error < 0)
		code =
		    error_set(error, streams.error, "a stream ended: %s", strerror(-streams.error));
	streams_finish(&streams);
	target_stop(&target);
	return code;
}

int measure_idle(struct bench *bench, struct error *error)
{
	int code = 0;

	for (unsigned round = 1; round <= bench->options.rounds && code == 0; round++) {
		code = measure_side(bench, TARGET_ALLIM, "allim", round, error);
		if (code == 0)
			code = measure_side(bench, TARGET_BARE, "bare", round, error);
	}
	return code;
}
