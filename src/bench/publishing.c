/* Every publish has a number, which stands in its title and leads from an arrival back to when it
 * was sent. What is known of a publish is forgotten when its place in a ring is needed again, which
 * is seconds later at any rate measured here.
 *
 * At a fixed rate the clock of a publish starts when it was due, not when a connection was free to
 * send it, so that a stall of the server is charged to all publishes that it held up. */
#include "bench/publishing.h"

#include "bench/opener.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
	FLIGHTS = 1 << 18,
	WARM_UP_MILLISECONDS = 1000,
	LAST_ARRIVAL_MILLISECONDS = 30000,
	USER_STRIDE = 7919, /* a prime: neighbours in time are no neighbours in memory */
	PACE_NANOSECONDS = 1000000,
};

struct flight {
	uint64_t number;
	int64_t sent;
	int64_t acknowledged;
	int64_t arrived;
};

struct publishing {
	struct bench *bench;
	const struct target *targets;
	unsigned target_count;
	const struct publishing_plan *plan;
	struct publishing_figures *figures;
	struct streams streams;
	struct requests requests;
	struct publication publication;
	struct flight *flights;
	uint64_t *in_flight; /* by publisher: the first number of its request */
	struct requester *
	    *idle;	     /* a ring of publishers that wait for their turn, at a fixed rate */
	unsigned idle_first; /* the longest idle: nobody is so for long, which servers dislike */
	unsigned idle_count;
	struct loop_source pace;
	int pace_timer;
	int64_t next_due;
	uint64_t next_number;
	uint64_t next_user;
	unsigned unanswered;
	int bad_status; /* of a publish that was refused */
	bool is_measuring;
	bool is_ending;
};

static unsigned choose_user(struct publishing *publishing)
{
	return (unsigned)(publishing->next_user++ * USER_STRIDE % publishing->plan->population) + 1;
}

static void publish(struct publishing *publishing, struct requester *requester, int64_t when)
{
	publishing->in_flight[requester->number] = publishing->next_number;
	for (unsigned i = 0; i < publishing->plan->items; i++) {
		uint64_t number = publishing->next_number++;
		unsigned user = choose_user(publishing);

		publishing->flights[number % FLIGHTS] =
		    (struct flight){.number = number, .sent = when};
		publication_set(&publishing->publication, i, user, number);
		publishing->figures->expected += user <= publishing->plan->streams;
	}
	publishing->unanswered++;
	requests_send(requester, buffer_slice(&publishing->publication.bytes));
}

static void record_flight(struct publishing *publishing, const struct flight *flight)
{
	if (!publishing->is_measuring)
		return;
	histogram_record(&publishing->figures->from_publish, flight->arrived - flight->sent);
	histogram_record(&publishing->figures->from_acknowledgement,
			 flight->arrived - flight->acknowledged);
}

static void on_notification(void *context, struct stream *stream, struct slice event)
{
	struct publishing *publishing = context;
	int64_t number = event_number(event);
	struct flight *flight = &publishing->flights[(uint64_t)number % FLIGHTS];

	(void)stream;
	if (publishing->figures->arrived++ == 0)
		buffer_append(&publishing->figures->event, event);
	if (number < 0 || flight->number != (uint64_t)number || flight->arrived != 0)
		return;
	flight->arrived = bench_now();
	if (flight->acknowledged != 0)
		record_flight(publishing, flight);
}

static void acknowledge(struct publishing *publishing, uint64_t first)
{
	const struct flight *oldest = &publishing->flights[first % FLIGHTS];
	int64_t now = bench_now();

	if (publishing->is_measuring) {
		histogram_record(&publishing->figures->publish, now - oldest->sent);
		publishing->figures->acknowledged += publishing->plan->items;
	}
	for (unsigned i = 0; i < publishing->plan->items; i++) {
		struct flight *flight = &publishing->flights[(first + i) % FLIGHTS];

		flight->acknowledged = now;
		if (flight->arrived != 0)
			record_flight(publishing, flight);
	}
}

static void wait_for_turn(struct publishing *publishing, struct requester *requester)
{
	unsigned place = publishing->idle_first + publishing->idle_count++;

	publishing->idle[place % publishing->plan->publishers] = requester;
}

static struct requester *take_longest_idle(struct publishing *publishing)
{
	unsigned place = publishing->idle_first;

	publishing->idle_first = (place + 1) % publishing->plan->publishers;
	publishing->idle_count--;
	return publishing->idle[place];
}

static void on_response(void *context, struct requester *requester, const struct response *response)
{
	struct publishing *publishing = context;

	publishing->unanswered--;
	if (response->status == 200 || response->status == 201)
		acknowledge(publishing, publishing->in_flight[requester->number]);
	else
		publishing->bad_status = response->status;
	if (publishing->is_ending || publishing->bad_status != 0)
		return;
	if (publishing->plan->rate == 0)
		publish(publishing, requester, bench_now());
	else
		wait_for_turn(publishing, requester);
}

/* Sends all publishes that are due and find a connection. */
static void on_pace(struct loop_source *source, uint32_t events)
{
	struct publishing *publishing = CONTAINER_OF(source, struct publishing, pace);
	int64_t interval = INT64_C(1000000000) / publishing->plan->rate, now = bench_now();
	uint64_t ticks;

	(void)events;
	if (read(publishing->pace_timer, &ticks, sizeof(ticks)) < 0 || publishing->is_ending)
		return;
	while (publishing->next_due <= now && publishing->idle_count > 0) {
		publish(publishing, take_longest_idle(publishing), publishing->next_due);
		publishing->next_due += interval;
	}
}

static int start_pace(struct publishing *publishing, struct error *error)
{
	struct itimerspec every = {{0, PACE_NANOSECONDS}, {0, PACE_NANOSECONDS}};

	for (unsigned i = 0; i < publishing->requests.count; i++)
		wait_for_turn(publishing, &publishing->requests.items[i]);
	publishing->pace.on_ready = on_pace;
	publishing->next_due = bench_now();
	publishing->pace_timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (publishing->pace_timer < 0 ||
	    timerfd_settime(publishing->pace_timer, 0, &every, NULL) < 0 ||
	    loop_add(&publishing->bench->loop, publishing->pace_timer, EPOLLIN, &publishing->pace) <
		0)
		return error_set(error, -errno, "cannot start a timer: %s", strerror(errno));
	return 0;
}

static int start(struct publishing *publishing, struct error *error)
{
	if (publishing->plan->rate > 0)
		return start_pace(publishing, error);
	for (unsigned i = 0; i < publishing->requests.count; i++)
		publish(publishing, &publishing->requests.items[i], bench_now());
	return 0;
}

static int compose(struct publishing *publishing)
{
	const struct publishing_plan *plan = publishing->plan;

	if (plan->is_bare)
		return publication_init_bare(&publishing->publication, "/to/000000", plan->event);
	return publication_init_users(&publishing->publication, plan->items);
}

/* Publisher n is a client of the server n % `target_count`. */
static int connect_publishers(struct publishing *publishing, struct error *error)
{
	struct requests *requests = &publishing->requests;
	unsigned publishers = publishing->plan->publishers;
	int code = requests_reserve(requests, &publishing->bench->loop, publishers, error);

	while (code == 0 && requests->count < publishers)
		code = requests_connect(
		    requests,
		    &publishing->targets[requests->count % publishing->target_count].address,
		    error);
	return code;
}

static int prepare(struct publishing *publishing, struct error *error)
{
	const struct publishing_plan *plan = publishing->plan;
	struct loop *loop = &publishing->bench->loop;
	int code;

	publishing->flights = calloc(FLIGHTS, sizeof(*publishing->flights));
	publishing->in_flight = calloc(plan->publishers, sizeof(*publishing->in_flight));
	publishing->idle = calloc(plan->publishers, sizeof(struct requester *));
	if (publishing->flights == NULL || publishing->in_flight == NULL ||
	    publishing->idle == NULL || compose(publishing) < 0 ||
	    streams_init(&publishing->streams, loop, plan->wire, plan->streams) < 0)
		return error_set(error, -ENOMEM, "memory is short");
	publishing->streams.on_notification = on_notification;
	publishing->streams.context = publishing;
	code = opener_spread(publishing->bench, publishing->targets, publishing->target_count,
			     &publishing->streams, plan->streams, error);
	if (code == 0)
		code = connect_publishers(publishing, error);
	publishing->requests.on_response = on_response;
	publishing->requests.context = publishing;
	return code;
}

static void release(struct publishing *publishing)
{
	if (publishing->pace_timer >= 0)
		close(publishing->pace_timer);
	requests_finish(&publishing->requests);
	streams_finish(&publishing->streams);
	publication_finish(&publishing->publication);
	free(publishing->flights);
	free(publishing->in_flight);
	free(publishing->idle);
}

static bool has_failed(const struct publishing *publishing)
{
	return publishing->streams.error < 0 || publishing->requests.error < 0 ||
	       publishing->bad_status != 0;
}

static bool is_broken(void *context)
{
	return has_failed(context);
}

static bool is_complete(void *context)
{
	const struct publishing *publishing = context;

	return has_failed(publishing) ||
	       (publishing->unanswered == 0 &&
		publishing->figures->arrived >= publishing->figures->expected);
}

static int64_t sum_over_targets(const struct publishing *publishing,
				int64_t (*read)(const struct process *process))
{
	int64_t sum = 0;

	for (unsigned i = 0; i < publishing->target_count; i++)
		sum += read(&publishing->targets[i].process);
	return sum;
}

/* Measures for as long as planned, and lets the rest arrive, which still counts as delivery. */
static void measure(struct publishing *publishing)
{
	struct publishing_figures *figures = publishing->figures;
	int64_t cpu = sum_over_targets(publishing, process_cpu);
	int64_t written = sum_over_targets(publishing, process_written);
	int64_t begin = bench_now(), client_cpu = bench_cpu();
	uint64_t acknowledged;

	publishing->is_measuring = true;
	bench_run_until(publishing->bench, is_broken, publishing,
			publishing->plan->seconds * INT64_C(1000));
	figures->seconds = (double)(bench_now() - begin) / 1e9;
	figures->client_cpu = bench_cpu() - client_cpu;
	figures->cpu = sum_over_targets(publishing, process_cpu) - cpu;
	figures->written = sum_over_targets(publishing, process_written) - written;
	acknowledged = figures->acknowledged;
	publishing->is_ending = true;
	bench_run_until(publishing->bench, is_complete, publishing, LAST_ARRIVAL_MILLISECONDS);
	figures->acknowledged = acknowledged;
}

static int explain(const struct publishing *publishing, struct error *error)
{
	if (publishing->bad_status != 0)
		return error_set(error, -EPROTO, "a publish was answered with %d",
				 publishing->bad_status);
	if (publishing->streams.error < 0)
		return error_set(error, publishing->streams.error, "a stream failed: %s %s",
				 strerror(-publishing->streams.error), publishing->streams.refusal);
	return error_set(error, publishing->requests.error, "a publisher failed: %s",
			 strerror(-publishing->requests.error));
}

int publishing_run(struct bench *bench, const struct target *targets, unsigned target_count,
		   const struct publishing_plan *plan, struct publishing_figures *ret_figures,
		   struct error *error)
{
	struct publishing publishing = {
	    .bench = bench,
	    .targets = targets,
	    .target_count = target_count,
	    .plan = plan,
	    .figures = ret_figures,
	    .pace_timer = -1,
	};
	int code;

	memset(ret_figures, 0, sizeof(*ret_figures));
	code = prepare(&publishing, error);
	if (code == 0)
		code = start(&publishing, error);
	if (code == 0) {
		bench_run_until(bench, is_broken, &publishing, WARM_UP_MILLISECONDS);
		measure(&publishing);
	}
	if (code == 0 && has_failed(&publishing))
		code = explain(&publishing, error);
	release(&publishing);
	return code;
}

static double milliseconds(const struct histogram *histogram, double share)
{
	return (double)histogram_percentile(histogram, share) / 1e6;
}

void publishing_sample(const struct publishing_figures *figures, struct report *report,
		       const char *measure, const char *side, unsigned round)
{
	const struct {
		const char *quantity;
		double value;
	} samples[] = {
	    {"rate", (double)figures->acknowledged / figures->seconds},
	    {"from_acknowledgement_p50", milliseconds(&figures->from_acknowledgement, 0.5)},
	    {"from_acknowledgement_p99", milliseconds(&figures->from_acknowledgement, 0.99)},
	    {"from_publish_p50", milliseconds(&figures->from_publish, 0.5)},
	    {"from_publish_p99", milliseconds(&figures->from_publish, 0.99)},
	    {"publish_p99", milliseconds(&figures->publish, 0.99)},
	    {"cores", (double)figures->cpu / 1e9 / figures->seconds},
	    {"cpu_per_notification", (double)figures->cpu / 1e3 / (double)figures->acknowledged},
	    {"client_cpu_per_notification",
	     (double)figures->client_cpu / 1e3 / (double)figures->acknowledged},
	    {"missing", (double)figures->expected - (double)figures->arrived},
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		report_sample(report, measure, side, round, samples[i].quantity, samples[i].value);
}
