/* A node's figures as the nodes of a cluster exchange them. */
#ifndef ALLIM_SERVER_NODE_FIGURES_H
#define ALLIM_SERVER_NODE_FIGURES_H

#include "server/metrics.h"

#include <jansson.h>

struct node;

enum node_figure {
#define NODE_FIGURE(name, kind, value) NODE_FIGURE_##name,
#include "server/node_figures.def"
#undef NODE_FIGURE
	NODE_FIGURES
};

/* What the process keeps in memory, 0 where that cannot be read. */
uint64_t node_memory_bytes(void);

/* The counters at one moment. */
struct node_sample {
	int64_t taken_at; /* monotonic milliseconds */
	uint64_t counters[NODE_FIGURES];
	uint64_t latency[METRICS_BUCKETS]; /* as struct metrics has it */
};

/* From any thread. */
void node_sample_take(const struct node *node, struct node_sample *ret_sample);

/* Figures of a node, or of several that were added up. */
struct node_figures {
	double values[NODE_FIGURES];
	uint64_t latency[METRICS_BUCKETS];
};

/* What happened between two samples. */
void node_figures_compare(const struct node_sample *before, const struct node_sample *after,
			  struct node_figures *ret_figures);

/* Writes the members of a JSON object, for people; and one more, of which other nodes make
 * theirs. */
void node_figures_append(const struct node_figures *figures, struct buffer *out);
void node_figures_append_latency(const struct node_figures *figures, struct buffer *out);

/* Reads both. What is missing or is no number counts as 0, since it comes from a node of another
 * version. */
void node_figures_read(const json_t *object, struct node_figures *ret_figures);

void node_figures_add(struct node_figures *sum, const struct node_figures *figures);

/* Appends what people ask about first, from the figures: tabs of a user, the share of changes that
 * a connection took at once, latencies. */
void node_figures_append_summary(const struct node_figures *figures, struct buffer *out);

#endif
