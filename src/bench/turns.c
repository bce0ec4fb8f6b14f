#include "bench/turns.h"

#include <errno.h>

static int take_turn(struct bench *bench, const struct turns *turns, enum target_kind kind,
		     const char *side, unsigned round, struct error *error)
{
	struct turn turn = {
	    .bench = bench, .measure = turns->measure, .side = side, .round = round};
	int code;

	if (streams_init(&turn.streams, &bench->loop, STREAM_WIRE_SSE, turns->streams) < 0)
		return error_set(error, -ENOMEM, "memory is short");
	code = target_start(&turn.target, kind, bench, bench->threads, turns->heartbeat, error);
	if (code == 0)
		code = turns->take(&turn, error);
	if (code == 0 && turn.streams.error < 0)
		code = error_set(error, turn.streams.error, "a stream ended: %s",
				 strerror(-turn.streams.error));
	streams_finish(&turn.streams);
	target_stop(&turn.target);
	return code;
}

int turns_take(struct bench *bench, const struct turns *turns, struct error *error)
{
	int code = 0;

	for (unsigned round = 1; round <= bench->options.rounds && code == 0; round++) {
		code = take_turn(bench, turns, TARGET_ALLIM, "allim", round, error);
		if (code == 0)
			code = take_turn(bench, turns, TARGET_BARE, "bare", round, error);
	}
	return code;
}

void turn_sample(const struct turn *turn, const char *quantity, double value)
{
	report_sample(&turn->bench->report, turn->measure, turn->side, turn->round, quantity,
		      value);
}
