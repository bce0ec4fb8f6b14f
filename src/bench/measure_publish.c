/* Durable publishes to single users while their streams are held: one by one, and in arrays, also
 * to WebSockets, and to ten times as many users as listen.
 *
 * The yardstick is the disk: a loop that appends what the server wrote for one round of the
 * publishers, and syncs it. No group commit of that many waiting publishers can be faster. */
#include "bench/disk.h"
#include "bench/measures.h"
#include "bench/publishing.h"

#include <errno.h>
#include <stdlib.h>

enum { DISK_SECONDS = 2, FEW_ONLINE = 10 };

/* Names of the samples of one way of publishing. */
struct way {
	bool is_array;
	enum stream_wire wire;
	unsigned users_per_stream;
	const char *rate;
	const char *p50;
	const char *p99;
	const char *delivery_p99;
	const char *from_acknowledgement_p99;
	const char *cpu;
	const char *client_cpu;
	const char *written;
	const char *missing;
};

static double milliseconds(const struct histogram *histogram, double share)
{
	return (double)histogram_percentile(histogram, share) / 1e6;
}

static void sample_figures(struct report *report, const struct way *way, unsigned round,
			   const struct publishing_figures *figures)
{
	double count = (double)figures->acknowledged;
	const struct {
		const char *quantity;
		double value;
	} samples[] = {
	    {way->rate, count / figures->seconds},
	    {way->p50, milliseconds(&figures->publish, 0.5)},
	    {way->p99, milliseconds(&figures->publish, 0.99)},
	    {way->delivery_p99, milliseconds(&figures->from_publish, 0.99)},
	    {way->from_acknowledgement_p99, milliseconds(&figures->from_acknowledgement, 0.99)},
	    {way->cpu, (double)figures->cpu / 1e3 / count},
	    {way->client_cpu, (double)figures->client_cpu / 1e3 / count},
	    {way->written, (double)figures->written / count},
	    {way->missing, (double)figures->expected - (double)figures->arrived},
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		report_sample(report, "publish", "allim", round, samples[i].quantity,
			      samples[i].value);
}

static int measure_disk(struct bench *bench, const struct way *way, unsigned round,
			const struct publishing_plan *plan,
			const struct publishing_figures *figures, struct error *error)
{
	double in_round = (double)plan->publishers * plan->items;
	double bytes = (double)figures->written / (double)figures->acknowledged * in_round;
	struct histogram durations;
	int code;

	if (bytes < 1)
		return 0;
	code = disk_measure(bench->options.folder, (size_t)bytes, DISK_SECONDS, &durations, error);
	if (code < 0)
		return code;
	report_sample(&bench->report, "publish", "disk", round, way->rate,
		      (double)durations.total / DISK_SECONDS * in_round);
	report_sample(&bench->report, "publish", "disk", round, way->p50,
		      milliseconds(&durations, 0.5));
	report_sample(&bench->report, "publish", "disk", round, way->p99,
		      milliseconds(&durations, 0.99));
	return 0;
}

static int measure_way(struct bench *bench, const struct way *way, unsigned round,
		       struct publishing_figures *figures, struct error *error)
{
	const struct options *options = &bench->options;
	struct publishing_plan plan = {
	    .wire = way->wire,
	    .streams = options->publish_connections,
	    .population = options->publish_connections * way->users_per_stream,
	    .publishers = options->publishers,
	    .items = way->is_array ? options->array_items : 1,
	    .seconds = options->publish_seconds,
	};
	struct target target;
	int code =
	    target_start(&target, TARGET_ALLIM, bench, bench->threads, TARGET_NO_HEARTBEAT, error);

	if (code < 0)
		return code;
	code = publishing_run(bench, &target, 1, &plan, figures, error);
	target_stop(&target);
	buffer_finish(&figures->event);
	if (code < 0)
		return code;
	sample_figures(&bench->report, way, round, figures);
	return measure_disk(bench, way, round, &plan, figures, error);
}

#define WAY(is_array_, wire_, users_, prefix_)                                                    \
	{                                                                                         \
		is_array_, STREAM_WIRE_##wire_, users_, prefix_ "_rate", prefix_ "_p50",          \
		    prefix_ "_p99", prefix_ "_delivery_p99", prefix_ "_from_acknowledgement_p99", \
		    prefix_ "_cpu", prefix_ "_client_cpu", prefix_ "_written_bytes",              \
		    prefix_ "_missing",                                                           \
	}

static const struct way ways[] = {
    WAY(false, SSE, 1, "single"),
    WAY(true, SSE, 1, "array"),
    WAY(true, WEBSOCKET, 1, "array_websocket"),
    WAY(true, SSE, FEW_ONLINE, "array_wide"),
};

int measure_publish(struct bench *bench, struct error *error)
{
	struct publishing_figures *figures = malloc(sizeof(*figures));
	int code = 0;

	if (figures == NULL)
		return error_set(error, -ENOMEM, "memory is short");
	for (unsigned round = 1; round <= bench->options.rounds; round++) {
		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && code == 0; i++)
			code = measure_way(bench, &ways[i], round, figures, error);
	}
	free(figures);
	return code;
}
