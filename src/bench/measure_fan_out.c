/* How long a notification takes from the node that it was published at to a stream at any node,
 * with each feed. Publishers and streams are spread over the nodes, so that with five of them four
 * in five notifications go to another node.
 *
 * The nodes' own figure, from the commit to the send, is beside what the client sees: it is without
 * the client, which shares the machine, and without the way back of the acknowledgement, which
 * takes nothing off it. */
#include "bench/cluster.h"
#include "bench/database.h"
#include "bench/measures.h"
#include "bench/publishing.h"

#include <errno.h>
#include <stdlib.h>

struct side {
	const char *name;
	const char *method;
	const char *feed;
};

static const struct side sides[] = {
    {"redis", "sse-redis", NULL},
    {"pgnotify", "sse", "pgnotify"},
    {"dbpoll", "sse-db", NULL},
};

static int sample_nodes(struct report *report, const struct side *side, unsigned round,
			const struct cluster *cluster, struct error *error)
{
	struct exposition_histogram latency;
	double operations = 0, publishes = 0;
	int code = cluster_histogram(cluster, "allim_delivery_latency_seconds", &latency, error);

	if (code == 0)
		code = cluster_sum(cluster, "allim_feed_operations_total", &operations, error);
	if (code == 0)
		code = cluster_sum(cluster, "allim_publishes_total", &publishes, error);
	if (code < 0)
		return code;
	report_sample(report, "fan_out", side->name, round, "from_commit_p50",
		      exposition_quantile(&latency, 0.5) * 1e3);
	report_sample(report, "fan_out", side->name, round, "from_commit_p99",
		      exposition_quantile(&latency, 0.99) * 1e3);
	report_sample(report, "fan_out", side->name, round, "feed_operations_per_publish",
		      operations / publishes);
	return 0;
}

static int measure_side(struct bench *bench, const struct side *side, unsigned round,
			struct publishing_figures *figures, struct error *error)
{
	const struct options *options = &bench->options;
	const struct cluster_plan nodes = {
	    .nodes = options->fan_out_nodes,
	    .threads = 1,
	    .method = side->method,
	    .feed = side->feed,
	};
	const struct publishing_plan plan = {
	    .streams = options->fan_out_connections,
	    .population = options->fan_out_connections,
	    .publishers = options->publishers,
	    .items = 1,
	    .rate = options->fan_out_rate,
	    .seconds = options->fan_out_seconds,
	};
	struct cluster cluster;
	int code = cluster_start(&cluster, bench, &nodes, error);

	if (code == 0) {
		code = publishing_run(bench, cluster.nodes, cluster.count, &plan, figures, error);
		buffer_finish(&figures->event);
	}
	if (code == 0) {
		publishing_sample(figures, &bench->report, "fan_out", side->name, round);
		code = sample_nodes(&bench->report, side, round, &cluster, error);
	}
	cluster_stop(&cluster);
	return code;
}

int measure_fan_out(struct bench *bench, struct error *error)
{
	struct publishing_figures *figures = malloc(sizeof(*figures));
	struct error ignored;
	int code = 0;

	if (figures == NULL)
		return error_set(error, -ENOMEM, "memory is short");
	for (unsigned round = 1; round <= bench->options.rounds; round++) {
		for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]) && code == 0; i++)
			code = measure_side(bench, &sides[i], round, figures, error);
	}
	(void)database_drop(bench, &ignored);
	free(figures);
	return code;
}
