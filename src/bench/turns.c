#include "bench/turns.h"

#include <errno.h>

struct side {
	const char *name;
	enum target_kind kind;
	enum stream_wire wire;
};

static const struct side sides[] = {
    {"websocket", TARGET_ALLIM, STREAM_WIRE_WEBSOCKET},
    {"allim", TARGET_ALLIM, STREAM_WIRE_SSE},
    {"bare", TARGET_BARE, STREAM_WIRE_SSE},
};

static int take_turn(struct bench *bench, const struct turns *turns, const struct side *side,
		     unsigned round, struct error *error)
{
	struct turn turn = {
	    .bench = bench, .measure = turns->measure, .side = side->name, .round = round};
	int code;

	if (streams_init(&turn.streams, &bench->loop, side->wire, turns->streams) < 0)
		return error_set(error, -ENOMEM, "memory is short");
	code =
	    target_start(&turn.target, side->kind, bench, bench->threads, turns->heartbeat, error);
	if (code == 0)
		code = turns->take(&turn, error);
	if (code == 0 && turn.streams.error < 0)
		code = error_set(error, turn.streams.error, "a stream ended: %s",
				 strerror(-turn.streams.error));
	streams_finish(&turn.streams);
	target_stop(&turn.target);
	return code;
}

static int take_round(struct bench *bench, const struct turns *turns, unsigned round,
		      struct error *error)
{
	int code = 0;

	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]) && code == 0; i++) {
		if (sides[i].wire != STREAM_WIRE_WEBSOCKET || turns->with_websockets)
			code = take_turn(bench, turns, &sides[i], round, error);
	}
	return code;
}

int turns_take(struct bench *bench, const struct turns *turns, struct error *error)
{
	int code = 0;

	for (unsigned round = 1; round <= bench->options.rounds && code == 0; round++)
		code = take_round(bench, turns, round, error);
	return code;
}

void turn_sample(const struct turn *turn, const char *quantity, double value)
{
	report_sample(&turn->bench->report, turn->measure, turn->side, turn->round, quantity,
		      value);
}
