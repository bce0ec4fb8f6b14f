#include "bench/cluster.h"

#include "bench/database.h"
#include "bench/target_metrics.h"

#include <assert.h>
#include <errno.h>

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
	for (const char *const *more = plan->flags; more != NULL && *more != NULL; more++)
		*flag++ = *more;
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

int cluster_sum(const struct cluster *cluster, const char *name, double *ret_sum,
		struct error *error)
{
	double sum = 0;
	int code = 0;

	for (unsigned i = 0; i < cluster->count && code == 0; i++) {
		double value = 0;

		code = target_metrics_value(&cluster->nodes[i], name, &value, error);
		sum += value;
	}
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

		code = target_metrics_fetch(&cluster->nodes[i], &text, error);
		if (code == 0)
			exposition_add(ret_histogram, buffer_slice(&text), name);
		buffer_finish(&text);
	}
	return code;
}
