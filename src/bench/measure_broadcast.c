/* One notification to every stream, or every WebSocket: CPU of the server for each frame, and time
 * for each frame from the publish until the last stream has it.
 *
 * The bare program sends the bytes that allim sent, which the first round of allim captures. Both
 * run with a thread for each core and with one. On few cores the client that reads the frames takes
 * its share of the time on all sides; its CPU is noted, which must not depend on the wire. */
#include "bench/measures.h"
#include "bench/opener.h"
#include "bench/publication.h"
#include "bench/requests.h"

#include <errno.h>

enum { PATIENCE_MILLISECONDS = 60000, REST_MILLISECONDS = 100 };

struct side {
	const char *name;
	enum target_kind kind;
	enum stream_wire wire;
	bool has_one_thread;
};

struct broadcast {
	struct bench *bench;
	const struct side *side;
	struct target target;
	struct streams streams;
	struct requests publisher;
	struct publication publication;
	struct buffer *event; /* as allim sends it over this wire */
	uint64_t wanted;      /* notifications that are to have arrived */
	int status;	      /* of the publish; 0 before it is answered */
};

static void on_response(void *context, struct requester *requester, const struct response *response)
{
	struct broadcast *broadcast = context;

	(void)requester;
	broadcast->status = response->status;
}

static void on_notification(void *context, struct stream *stream, struct slice event)
{
	struct broadcast *broadcast = context;

	(void)stream;
	if (broadcast->event->length == 0)
		buffer_append(broadcast->event, event);
}

static bool has_arrived(void *context)
{
	const struct broadcast *broadcast = context;

	return broadcast->streams.error < 0 || broadcast->publisher.error < 0 ||
	       broadcast->status >= 400 ||
	       (broadcast->streams.notifications >= broadcast->wanted && broadcast->status > 0);
}

/* Publishes once. Returns 0 with the time until the last stream had it, in nanoseconds. */
static int send_once(struct broadcast *broadcast, uint64_t number, int64_t *ret_time,
		     struct error *error)
{
	struct streams *streams = &broadcast->streams;
	int64_t begin = bench_now();
	int code;

	broadcast->status = 0;
	broadcast->wanted = streams->notifications + streams->ready;
	publication_set(&broadcast->publication, 0, 0, number);
	requests_send(&broadcast->publisher.items[0], buffer_slice(&broadcast->publication.bytes));
	code = bench_run_until(broadcast->bench, has_arrived, broadcast, PATIENCE_MILLISECONDS);
	if (code < 0 || streams->notifications != broadcast->wanted)
		return error_set(
		    error, -EIO, "a broadcast, answered %d, left %lld of %u streams without it",
		    broadcast->status, (long long)(broadcast->wanted - streams->notifications),
		    streams->ready);
	*ret_time = bench_now() - begin;
	return 0;
}

static int send_and_measure(struct broadcast *broadcast, unsigned round, struct error *error)
{
	struct report *report = &broadcast->bench->report;
	const char *side = broadcast->side->name;
	double frames = broadcast->streams.ready;
	unsigned count = broadcast->bench->options.broadcasts;
	int64_t cpu, client_cpu, time = 0;
	int code = send_once(broadcast, 0, &time, error);

	bench_pause(broadcast->bench, REST_MILLISECONDS);
	cpu = process_cpu(&broadcast->target.process);
	client_cpu = bench_cpu();
	for (unsigned i = 1; i <= count && code == 0; i++) {
		code = send_once(broadcast, i, &time, error);
		if (code == 0)
			report_sample(report, "broadcast", side, round, "time_per_frame",
				      (double)time / 1e3 / frames);
		bench_pause(broadcast->bench, REST_MILLISECONDS);
	}
	cpu = process_cpu(&broadcast->target.process) - cpu;
	client_cpu = bench_cpu() - client_cpu;
	if (code < 0)
		return code;
	report_sample(report, "broadcast", side, round, "cpu_per_frame",
		      (double)cpu / 1e3 / frames / count);
	report_sample(report, "broadcast", side, round, "client_cpu_per_frame",
		      (double)client_cpu / 1e3 / frames / count);
	report_sample(report, "broadcast", side, round, "frame_bytes",
		      (double)broadcast->event->length);
	return 0;
}

static int compose(struct broadcast *broadcast)
{
	if (broadcast->side->kind == TARGET_ALLIM)
		return publication_init_everyone(&broadcast->publication);
	return publication_init_bare(&broadcast->publication, "/broadcast",
				     buffer_slice(broadcast->event));
}

static int prepare(struct broadcast *broadcast, struct error *error)
{
	struct bench *bench = broadcast->bench;
	unsigned threads = broadcast->side->has_one_thread ? 1 : bench->threads;
	int code;

	if (compose(broadcast) < 0 ||
	    streams_init(&broadcast->streams, &bench->loop, broadcast->side->wire,
			 bench->options.broadcast_connections) < 0)
		return error_set(error, -ENOMEM, "memory is short");
	broadcast->streams.on_notification = on_notification;
	broadcast->streams.context = broadcast;
	code = target_start(&broadcast->target, broadcast->side->kind, bench, threads,
			    TARGET_NO_HEARTBEAT, error);
	if (code == 0)
		code = opener_open(bench, &broadcast->target, &broadcast->streams,
				   bench->options.broadcast_connections, error);
	if (code == 0)
		code = requests_init(&broadcast->publisher, &bench->loop,
				     &broadcast->target.address, 1, error);
	broadcast->publisher.on_response = on_response;
	broadcast->publisher.context = broadcast;
	return code;
}

static int measure_side(struct bench *bench, const struct side *side, struct buffer *event,
			unsigned round, struct error *error)
{
	struct broadcast broadcast = {.bench = bench, .side = side, .event = event};
	int code = prepare(&broadcast, error);

	if (code == 0)
		code = send_and_measure(&broadcast, round, error);
	requests_finish(&broadcast.publisher);
	streams_finish(&broadcast.streams);
	publication_finish(&broadcast.publication);
	target_stop(&broadcast.target);
	return code;
}

static const struct side sides[] = {
    {"websocket", TARGET_ALLIM, STREAM_WIRE_WEBSOCKET, false},
    {"allim", TARGET_ALLIM, STREAM_WIRE_SSE, false},
    {"bare", TARGET_BARE, STREAM_WIRE_SSE, false},
    {"allim_one", TARGET_ALLIM, STREAM_WIRE_SSE, true},
    {"bare_one", TARGET_BARE, STREAM_WIRE_SSE, true},
};

int measure_broadcast(struct bench *bench, struct error *error)
{
	struct buffer events[STREAM_WIRES] = {BUFFER_EMPTY};
	int code = 0;

	for (unsigned round = 1; round <= bench->options.rounds && code == 0; round++) {
		for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]) && code == 0; i++)
			code = measure_side(bench, &sides[i], &events[sides[i].wire], round, error);
	}
	for (size_t i = 0; i < STREAM_WIRES; i++)
		buffer_finish(&events[i]);
	return code;
}
