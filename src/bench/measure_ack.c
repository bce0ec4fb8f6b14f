/* Acknowledgements a second that a single worker takes, as the server counts them.
 *
 * A few WebSockets send frames as fast as their sockets take them; none is answered. The yardstick
 * is what a client without a WebSocket would do: a request of HTTP for each, and its answer. The
 * frames are made once and sent over and over, so that the client's core is not what limits. */
#include "bench/measures.h"
#include "bench/opener.h"
#include "bench/requests.h"
#include "bench/target_metrics.h"
#include "protocol/websocket.h"

#include <errno.h>
#include <stdlib.h>

enum { WARM_UP_MILLISECONDS = 500, FRAMES = 2048, REQUESTERS = 64 };

struct acknowledging {
	struct bench *bench;
	struct target target;
	struct streams streams;
	struct requests requests;
	struct buffer bytes; /* the frames, or the request */
	size_t *sent;	     /* by WebSocket: how many of the bytes, in this turn of them */
	bool is_running;
	int bad_status;
};

struct side {
	const char *name;
	/* Composes, connects and begins. Returns 0 or a negative errno value with a sentence. */
	int (*start)(struct acknowledging *acknowledging, struct error *error);
};

/* Goes on when the socket takes more; why it does not is told where it is read. */
static void send_frames(struct acknowledging *acknowledging, struct stream *stream)
{
	size_t *sent = &acknowledging->sent[stream - acknowledging->streams.items];
	struct slice bytes = buffer_slice(&acknowledging->bytes);
	ssize_t length;

	do {
		length = send(stream->descriptor, bytes.data + *sent, bytes.length - *sent,
			      MSG_DONTWAIT | MSG_NOSIGNAL);
		if (length > 0)
			*sent = (*sent + (size_t)length) % bytes.length;
	} while (length > 0);
}

static void on_writable(void *context, struct stream *stream)
{
	struct acknowledging *acknowledging = context;

	if (acknowledging->is_running)
		send_frames(acknowledging, stream);
}

/* Masks need not be secret here, but they are not all the same. */
static void compose_frames(struct buffer *frames)
{
	for (unsigned i = 1; i <= FRAMES; i++) {
		uint32_t number = i * UINT32_C(2654435761);
		unsigned char mask[WEBSOCKET_MASK_BYTES];
		char text[64];
		int length = snprintf(text, sizeof(text), "{\"ack\":\"0379fb041e82c435.%u.1\"}", i);

		memcpy(mask, &number, sizeof(mask));
		websocket_append_masked(frames, WEBSOCKET_TEXT,
					slice_from_bytes(text, (size_t)length), mask);
	}
}

static int start_websockets(struct acknowledging *acknowledging, struct error *error)
{
	struct bench *bench = acknowledging->bench;
	struct streams *streams = &acknowledging->streams;
	unsigned count = bench->options.ack_connections;
	int code;

	compose_frames(&acknowledging->bytes);
	acknowledging->sent = calloc(count, sizeof(*acknowledging->sent));
	if (buffer_failed(&acknowledging->bytes) || acknowledging->sent == NULL ||
	    streams_init(streams, &bench->loop, STREAM_WIRE_WEBSOCKET, count) < 0)
		return error_set(error, -ENOMEM, "memory is short");
	streams->on_writable = on_writable;
	streams->context = acknowledging;
	code = opener_open(bench, &acknowledging->target, streams, count, error);
	acknowledging->is_running = true;
	for (unsigned i = 0; i < count && code == 0; i++)
		send_frames(acknowledging, &streams->items[i]);
	return code;
}

static void on_response(void *context, struct requester *requester, const struct response *response)
{
	struct acknowledging *acknowledging = context;

	if (response->status == 204)
		requests_send(requester, buffer_slice(&acknowledging->bytes));
	else
		acknowledging->bad_status = response->status;
}

/* All connections are one user's. */
static void compose_request(const struct users *users, struct buffer *request)
{
	const struct slice body = SLICE("{\"cursor\":\"0379fb041e82c435.1.1\"}");

	buffer_append_string(request, "POST /v1/inbox/ack HTTP/1.1\r\nHost: 127.0.0.1\r\n"
				      "Authorization: Bearer ");
	users_append_token(users, 1, request);
	buffer_append_format(request,
			     "\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
			     body.length);
	buffer_append(request, body);
}

static int start_requests(struct acknowledging *acknowledging, struct error *error)
{
	struct bench *bench = acknowledging->bench;
	struct requests *requests = &acknowledging->requests;
	struct buffer *request = &acknowledging->bytes;
	int code;

	compose_request(&bench->users, request);
	if (buffer_failed(request))
		return error_set(error, -ENOMEM, "memory is short");
	code = requests_init(requests, &bench->loop, &acknowledging->target.address, REQUESTERS,
			     error);
	requests->on_response = on_response;
	requests->context = acknowledging;
	for (unsigned i = 0; i < REQUESTERS && code == 0; i++)
		requests_send(&requests->items[i], buffer_slice(request));
	return code;
}

static bool has_failed(void *context)
{
	const struct acknowledging *acknowledging = context;

	return acknowledging->streams.error < 0 || acknowledging->requests.error < 0 ||
	       acknowledging->bad_status != 0;
}

static int explain(const struct acknowledging *acknowledging, struct error *error)
{
	int code = acknowledging->streams.error < 0 ? acknowledging->streams.error
						    : acknowledging->requests.error;

	if (acknowledging->bad_status != 0)
		return error_set(error, -EPROTO, "an acknowledgement was answered with %d",
				 acknowledging->bad_status);
	return error_set(error, code, "a connection failed: %s", strerror(-code));
}

static int count(const struct acknowledging *acknowledging, double *ret_count, struct error *error)
{
	return target_metrics_value(&acknowledging->target, "allim_acknowledgements_total",
				    ret_count, error);
}

/* What the server had not taken yet when it was asked for its count counts on neither side. */
static int watch(struct acknowledging *acknowledging, const char *side, unsigned round,
		 struct error *error)
{
	struct bench *bench = acknowledging->bench;
	const struct process *process = &acknowledging->target.process;
	double before = 0, after = 0, seconds;
	int64_t begin, cpu, client_cpu;
	int code;

	bench_run_until(bench, has_failed, acknowledging, WARM_UP_MILLISECONDS);
	code = count(acknowledging, &before, error);
	begin = bench_now();
	cpu = process_cpu(process);
	client_cpu = bench_cpu();
	bench_run_until(bench, has_failed, acknowledging,
			bench->options.ack_seconds * INT64_C(1000));
	if (code == 0)
		code = count(acknowledging, &after, error);
	seconds = (double)(bench_now() - begin) / 1e9;
	if (has_failed(acknowledging))
		return explain(acknowledging, error);
	if (code < 0)
		return code;
	report_sample(&bench->report, "ack", side, round, "rate", (after - before) / seconds);
	report_sample(&bench->report, "ack", side, round, "cores",
		      (double)(process_cpu(process) - cpu) / 1e9 / seconds);
	report_sample(&bench->report, "ack", side, round, "client_cores",
		      (double)(bench_cpu() - client_cpu) / 1e9 / seconds);
	return 0;
}

static void release(struct acknowledging *acknowledging)
{
	streams_finish(&acknowledging->streams);
	requests_finish(&acknowledging->requests);
	buffer_finish(&acknowledging->bytes);
	free(acknowledging->sent);
	target_stop(&acknowledging->target);
}

static int measure_side(struct bench *bench, const struct side *side, unsigned round,
			struct error *error)
{
	struct acknowledging acknowledging = {.bench = bench};
	int code =
	    target_start(&acknowledging.target, TARGET_ALLIM, bench, 1, TARGET_NO_HEARTBEAT, error);

	if (code == 0)
		code = side->start(&acknowledging, error);
	if (code == 0)
		code = watch(&acknowledging, side->name, round, error);
	release(&acknowledging);
	return code;
}

static const struct side sides[] = {
    {"websocket", start_websockets},
    {"http", start_requests},
};

int measure_ack(struct bench *bench, struct error *error)
{
	int code = 0;

	for (unsigned round = 1; round <= bench->options.rounds; round++) {
		for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]) && code == 0; i++)
			code = measure_side(bench, &sides[i], round, error);
	}
	return code;
}
