/* CPU that a server takes to accept a stream, read its request and send its head and first event.
 * The first streams only warm up caches and memory. */
#include "bench/measures.h"
#include "bench/opener.h"

#include <errno.h>

enum { WARM_UP_STREAMS = 500, REST_MILLISECONDS = 300 };

static int open_and_measure(struct bench *bench, const struct target *target,
			    struct streams *streams, const char *side, unsigned round,
			    struct error *error)
{
	unsigned count = bench->options.accept_connections;
	int code = opener_open(bench, target, streams, WARM_UP_STREAMS, error);
	int64_t cpu, begin, end;

	if (code < 0)
		return code;
	bench_pause(bench, REST_MILLISECONDS);
	cpu = process_cpu(&target->process);
	begin = bench_now();
	code = opener_open(bench, target, streams, WARM_UP_STREAMS + count, error);
	if (code < 0)
		return code;
	end = bench_now();
	bench_pause(bench, REST_MILLISECONDS);
	cpu = process_cpu(&target->process) - cpu;
	report_sample(&bench->report, "accept", side, round, "cpu_per_stream",
		      (double)cpu / 1e3 / count);
	report_sample(&bench->report, "accept", side, round, "time_per_stream",
		      (double)(end - begin) / 1e3 / count);
	return 0;
}

static int measure_side(struct bench *bench, enum target_kind kind, const char *side,
			unsigned round, struct error *error)
{
	struct streams streams;
	struct target target;
	int code;

	if (streams_init(&streams, &bench->loop,
			 WARM_UP_STREAMS + bench->options.accept_connections) < 0)
		return error_set(error, -ENOMEM, "memory is short");
	code = target_start(&target, kind, bench, bench->threads, TARGET_NO_HEARTBEAT, error);
	if (code == 0)
		code = open_and_measure(bench, &target, &streams, side, round, error);
	streams_finish(&streams);
	target_stop(&target);
	return code;
}

int measure_accept(struct bench *bench, struct error *error)
{
	int code = 0;

	for (unsigned round = 1; round <= bench->options.rounds && code == 0; round++) {
		code = measure_side(bench, TARGET_ALLIM, "allim", round, error);
		if (code == 0)
			code = measure_side(bench, TARGET_BARE, "bare", round, error);
	}
	return code;
}
