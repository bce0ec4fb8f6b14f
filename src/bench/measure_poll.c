/* Polls with nothing new, as fast as they are answered: allim says 304 to an If-None-Match, nginx
 * sends a static file, and the bare program an empty 304. Each connection polls as a user of its
 * own and asks again as soon as it has its answer; all sides have as many threads or worker
 * processes. */
#include "bench/measures.h"
#include "bench/requests.h"
#include "bench/target.h"

#include <errno.h>
#include <stdlib.h>

enum { WARM_UP_MILLISECONDS = 500, PATIENCE_MILLISECONDS = 10000 };

struct side {
	const char *name;
	enum target_kind kind;
	int status; /* what an answer must be */
};

struct load {
	unsigned connections;
	const char *rate;
	const char *cpu;
	const char *client_cpu;
};

struct polling {
	struct bench *bench;
	const struct side *side;
	struct target target;
	struct requests requests;
	struct buffer *polls; /* by connection */
	bool is_running;      /* before: the first answers are awaited, which bring the ETags */
	unsigned waiting;
	uint64_t answers;
	int bad_status;
};

/* The answer to the first, unconditional request. nginx gets no If-None-Match, to send its file. */
static void compose_poll(struct polling *polling, unsigned number, const struct response *response)
{
	struct slice etag = response_header(response, "ETag");
	struct buffer *poll = &polling->polls[number];

	buffer_clear(poll);
	target_append_poll_request(&polling->target, &polling->bench->users, number + 1,
				   polling->side->kind == TARGET_NGINX ? SLICE("") : etag, poll);
	polling->waiting--;
}

static void on_response(void *context, struct requester *requester, const struct response *response)
{
	struct polling *polling = context;

	if (!polling->is_running) {
		if (response->status != 200)
			polling->bad_status = response->status;
		compose_poll(polling, requester->number, response);
		return;
	}
	polling->answers++;
	if (response->status != polling->side->status)
		polling->bad_status = response->status;
	else
		requests_send(requester, buffer_slice(&polling->polls[requester->number]));
}

static bool has_failed(const struct polling *polling)
{
	return polling->bad_status != 0 || polling->requests.error < 0;
}

static bool is_prepared(void *context)
{
	const struct polling *polling = context;

	return polling->waiting == 0 || has_failed(polling);
}

static bool is_broken(void *context)
{
	return has_failed(context);
}

static int explain(const struct polling *polling, struct error *error)
{
	if (polling->bad_status != 0)
		return error_set(error, -EPROTO, "a poll of %s was answered with %d",
				 polling->side->name, polling->bad_status);
	return error_set(error, polling->requests.error, "a connection to %s failed: %s",
			 polling->side->name, strerror(-polling->requests.error));
}

/* Every connection asks once, which brings its ETag and the user into the server's memory. */
static int ask_first(struct polling *polling, struct error *error)
{
	struct buffer request = BUFFER_EMPTY;
	int code;

	polling->waiting = polling->requests.count;
	for (unsigned i = 0; i < polling->requests.count; i++) {
		buffer_clear(&request);
		target_append_poll_request(&polling->target, &polling->bench->users, i + 1,
					   SLICE(""), &request);
		requests_send(&polling->requests.items[i], buffer_slice(&request));
	}
	buffer_finish(&request);
	code = bench_run_until(polling->bench, is_prepared, polling, PATIENCE_MILLISECONDS);
	if (code < 0)
		return error_set(error, code, "%s did not answer %u first polls",
				 polling->side->name, polling->waiting);
	return has_failed(polling) ? explain(polling, error) : 0;
}

static int run(struct polling *polling, const struct load *load, unsigned round,
	       struct error *error)
{
	struct bench *bench = polling->bench;
	const char *side = polling->side->name;
	int64_t begin, cpu, client_cpu;
	uint64_t answers;
	double seconds;

	polling->is_running = true;
	for (unsigned i = 0; i < polling->requests.count; i++)
		requests_send(&polling->requests.items[i], buffer_slice(&polling->polls[i]));
	bench_run_until(bench, is_broken, polling, WARM_UP_MILLISECONDS);
	answers = polling->answers;
	cpu = process_cpu(&polling->target.process);
	client_cpu = bench_cpu();
	begin = bench_now();
	bench_run_until(bench, is_broken, polling, bench->options.poll_seconds * INT64_C(1000));
	seconds = (double)(bench_now() - begin) / 1e9;
	cpu = process_cpu(&polling->target.process) - cpu;
	client_cpu = bench_cpu() - client_cpu;
	answers = polling->answers - answers;
	if (has_failed(polling))
		return explain(polling, error);
	report_sample(&bench->report, "poll", side, round, load->rate, (double)answers / seconds);
	report_sample(&bench->report, "poll", side, round, load->cpu,
		      (double)cpu / 1e3 / (double)answers);
	report_sample(&bench->report, "poll", side, round, load->client_cpu,
		      (double)client_cpu / 1e3 / (double)answers);
	return 0;
}

static void release(struct polling *polling, unsigned connections)
{
	requests_finish(&polling->requests);
	for (unsigned i = 0; polling->polls != NULL && i < connections; i++)
		buffer_finish(&polling->polls[i]);
	free(polling->polls);
	target_stop(&polling->target);
}

static int measure_side(struct bench *bench, const struct side *side, const struct load *load,
			unsigned round, struct error *error)
{
	struct polling polling = {.bench = bench, .side = side};
	int code;

	polling.polls = calloc(load->connections, sizeof(*polling.polls));
	if (polling.polls == NULL)
		return error_set(error, -ENOMEM, "memory is short");
	code = target_start(&polling.target, side->kind, bench, bench->threads, TARGET_NO_HEARTBEAT,
			    error);
	if (code == 0)
		code = requests_init(&polling.requests, &bench->loop, &polling.target.address,
				     load->connections, error);
	polling.requests.on_response = on_response;
	polling.requests.context = &polling;
	if (code == 0)
		code = ask_first(&polling, error);
	if (code == 0)
		code = run(&polling, load, round, error);
	release(&polling, load->connections);
	return code;
}

static const struct side sides[] = {
    {"allim", TARGET_ALLIM, 304},
    {"nginx", TARGET_NGINX, 200},
    {"bare", TARGET_BARE, 304},
};

static const struct load loads[] = {
    {64, "rate_64", "cpu_per_request_64", "client_cpu_per_request_64"},
    {1000, "rate_1000", "cpu_per_request_1000", "client_cpu_per_request_1000"},
};

int measure_poll(struct bench *bench, struct error *error)
{
	int code = 0;

	for (unsigned round = 1; round <= bench->options.rounds; round++) {
		for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
			for (size_t j = 0; j < sizeof(sides) / sizeof(sides[0]) && code == 0; j++)
				code = measure_side(bench, &sides[j], &loads[i], round, error);
		}
	}
	return code;
}
