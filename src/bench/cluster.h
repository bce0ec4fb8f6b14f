/* Several nodes of allim on one fresh database, as an array of targets. */
#ifndef ALLIM_BENCH_CLUSTER_H
#define ALLIM_BENCH_CLUSTER_H

#include "bench/exposition.h"
#include "bench/target.h"

enum { CLUSTER_NODES = 9, CLUSTER_FLAGS = 24 };

struct cluster_plan {
	unsigned nodes;	  /* at most CLUSTER_NODES */
	unsigned threads; /* of each */
	const char *method;
	const char *feed;	  /* instead of the method's; NULL: that one */
	const char *const *flags; /* further ones, NULL at the end; NULL: none */
	const char *prepare; /* a statement for the database before nodes connect; NULL: none */
};

struct cluster {
	struct target nodes[CLUSTER_NODES];
	unsigned count; /* of those that were started */
	char location[TARGET_PATH_BYTES];
	const char *flags[CLUSTER_FLAGS];
};

/* Makes the database and starts the nodes, one after the other, the first of which makes the
 * tables. Returns 0 or a negative errno value with a sentence; cluster_stop() is needed in either
 * case. */
int cluster_start(struct cluster *cluster, const struct bench *bench,
		  const struct cluster_plan *plan, struct error *error);

/* Ends the nodes; the database stays. */
void cluster_stop(struct cluster *cluster);

/* The sum of a counter of all nodes. Returns 0 or a negative errno value with a sentence. */
int cluster_sum(const struct cluster *cluster, const char *name, double *ret_sum,
		struct error *error);

/* Adds up a histogram of all nodes. */
int cluster_histogram(const struct cluster *cluster, const char *name,
		      struct exposition_histogram *ret_histogram, struct error *error);

#endif
