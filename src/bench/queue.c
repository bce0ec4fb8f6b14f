/* Each side has a database of its own that is as full as the other's: a queue that was filled
 * before, which a node then empties; and publishes over HTTP, one by one and in arrays, for the
 * same users. The rate is taken while the node is at it: from the first look that finds messages
 * published to the last. */
#include "bench/queue.h"

#include "bench/cluster.h"
#include "bench/database.h"
#include "bench/publication.h"
#include "bench/publishing.h"
#include "bench/target_metrics.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { LOOK_MICROSECONDS = 20000, LOOKS = 30000, METRIC_BYTES = 96 };

struct emptying {
	struct bench *bench;
	const char *measure;
	const struct queue *queue;
	unsigned round;
	char name[QUEUE_NAME_BYTES];
	const char *flags[QUEUE_FLAGS];
};

void queue_body(const struct bench *bench, unsigned number, char body[static QUEUE_BODY_BYTES],
		char user[static QUEUE_NAME_BYTES])
{
	unsigned to = number % bench->options.database_users;

	snprintf(user, QUEUE_NAME_BYTES, "user-%0*u", USERS_DIGITS, to);
	snprintf(body, QUEUE_BODY_BYTES, PUBLICATION_TO_USER, USERS_DIGITS, to, number);
}

static void sample(const struct emptying *emptying, const char *side, const char *quantity,
		   double value)
{
	report_sample(&emptying->bench->report, emptying->measure, side, emptying->round, quantity,
		      value);
}

/* How many messages the node has published. */
static int look(const struct emptying *emptying, const struct cluster *cluster, double *ret_count,
		struct error *error)
{
	char metric[METRIC_BYTES];

	snprintf(metric, sizeof(metric), "allim_source_published_total{source=\"%s\"}",
		 emptying->queue->source);
	return target_metrics_value(&cluster->nodes[0], metric, ret_count, error);
}

static int watch(const struct emptying *emptying, const struct cluster *cluster,
		 struct error *error)
{
	double all = emptying->bench->options.queue_messages, first = 0, count = 0;
	int64_t begin = 0, end = 0;

	for (unsigned looks = 0; looks < LOOKS && count < all; looks++) {
		int code = look(emptying, cluster, &count, error);

		if (code < 0)
			return code;
		end = bench_now();
		if (begin == 0 && count > 0) {
			begin = end;
			first = count;
		}
		usleep(LOOK_MICROSECONDS);
	}
	if (count < all || end == begin)
		return error_set(error, -ETIMEDOUT, "%.0f of %.0f messages were published", count,
				 all);
	sample(emptying, emptying->queue->source, "rate",
	       (count - first) / ((double)(end - begin) / 1e9));
	return 0;
}

static int measure_queue(struct emptying *emptying, struct error *error)
{
	struct bench *bench = emptying->bench;
	const struct cluster_plan plan = {
	    .nodes = 1, .threads = bench->threads, .method = "sse", .flags = emptying->flags};
	struct cluster cluster;
	int code;

	snprintf(emptying->name, sizeof(emptying->name), "bench-%lld",
		 (long long)(bench_now() / 1000000));
	emptying->queue->set_flags(bench, emptying->name, emptying->flags);
	code = emptying->queue->fill(bench, emptying->name, bench->options.queue_messages, error);
	if (code < 0)
		return code;
	code = cluster_start(&cluster, bench, &plan, error);
	if (code == 0)
		code = watch(emptying, &cluster, error);
	cluster_stop(&cluster);
	return code;
}

static int measure_publishes(struct emptying *emptying, const char *quantity, unsigned publishers,
			     unsigned items, struct error *error)
{
	struct bench *bench = emptying->bench;
	const struct cluster_plan nodes = {.nodes = 1, .threads = bench->threads, .method = "sse"};
	const struct publishing_plan plan = {
	    .population = bench->options.database_users,
	    .publishers = publishers,
	    .items = items,
	    .seconds = bench->options.durable_seconds,
	};
	struct publishing_figures figures = {0};
	struct cluster cluster;
	int code = cluster_start(&cluster, bench, &nodes, error);

	if (code == 0)
		code = publishing_run(bench, cluster.nodes, cluster.count, &plan, &figures, error);
	if (code == 0)
		sample(emptying, "http", quantity, (double)figures.acknowledged / figures.seconds);
	cluster_stop(&cluster);
	return code;
}

int queue_measure(struct bench *bench, const char *measure, const struct queue *queue,
		  struct error *error)
{
	const struct options *options = &bench->options;
	struct emptying emptying = {.bench = bench, .measure = measure, .queue = queue};
	struct error ignored;
	int code = 0;

	for (unsigned round = 1; round <= options->rounds && code == 0; round++) {
		emptying.round = round;
		code = measure_queue(&emptying, error);
		if (code == 0)
			code = measure_publishes(&emptying, "single_rate",
						 options->durable_publishers, 1, error);
		if (code == 0)
			code = measure_publishes(&emptying, "array_rate",
						 options->durable_array_publishers,
						 options->array_items, error);
	}
	(void)database_drop(bench, &ignored);
	return code;
}
