#include "bench/cluster.h"

#include "bench/call.h"
#include "bench/database.h"

#include <assert.h>
#include <errno.h>
#include <math.h>

static const char *const metrics_request = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

static void set_flags(struct cluster *cluster, const struct bench *bench,
		      const struct cluster_plan *plan)
{
	const char **flag = cluster->flags;

	database_location(bench, cluster->location, sizeof(cluster->location));
	*flag++ = "--store";
	*flag++ = cluster->location;
	*flag++ = "--method";
	*flag++ = plan->method;
	if (plan->feed != NULL) {
		*flag++ = "--feed";
		*flag++ = plan->feed;
	}
	if (*bench->options.redis != '\0') {
		*flag++ = "--redis";
		*flag++ = bench->options.redis;
	}
}

int cluster_start(struct cluster *cluster, const struct bench *bench,
		  const struct cluster_plan *plan, struct error *error)
{
	int code;

	assert(plan->nodes <= CLUSTER_NODES);
	cluster->count = 0;
	memset(cluster->flags, 0, sizeof(cluster->flags));
	set_flags(cluster, bench, plan);
	code = database_create(bench, error);
	if (code == 0 && plan->prepare != NULL)
		code = database_run(bench, plan->prepare, error);
	while (code == 0 && cluster->count < plan->nodes) {
		code = target_start_node(&cluster->nodes[cluster->count], bench, plan->threads,
					 cluster->flags, error);
		if (code == 0)
			cluster->count++;
	}
	return code;
}

void cluster_stop(struct cluster *cluster)
{
	while (cluster->count > 0)
		target_stop(&cluster->nodes[--cluster->count]);
}

static int fetch_metrics(const struct target *node, struct buffer *ret_text, struct error *error)
{
	int status = call_fetch(&node->admin, slice_from_string(metrics_request), ret_text);

	if (status == 200)
		return 0;
	return error_set(error, status < 0 ? status : -EPROTO,
			 "a node does not tell its metrics: %s",
			 status < 0 ? strerror(-status) : "it refuses");
}

int cluster_sum(const struct cluster *cluster, const char *name, double *ret_sum,
		struct error *error)
{
	double sum = 0;
	int code = 0;

	for (unsigned i = 0; i < cluster->count && code == 0; i++) {
		struct buffer text = BUFFER_EMPTY;

		code = fetch_metrics(&cluster->nodes[i], &text, error);
		if (code == 0)
			sum += exposition_value(buffer_slice(&text), name);
		buffer_finish(&text);
	}
	if (code == 0 && isnan(sum))
		code = error_set(error, -EBADMSG, "nodes do not tell %s", name);
	if (code == 0)
		*ret_sum = sum;
	return code;
}

int cluster_histogram(const struct cluster *cluster, const char *name,
		      struct exposition_histogram *ret_histogram, struct error *error)
{
	int code = 0;

	*ret_histogram = (struct exposition_histogram){.count = 0};
	for (unsigned i = 0; i < cluster->count && code == 0; i++) {
		struct buffer text = BUFFER_EMPTY;

		code = fetch_metrics(&cluster->nodes[i], &text, error);
		if (code == 0)
			exposition_add(ret_histogram, buffer_slice(&text), name);
		buffer_finish(&text);
	}
	return code;
}
