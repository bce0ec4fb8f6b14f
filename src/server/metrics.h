/* Counters of one worker: written by it alone, read by anybody. */
#ifndef ALLIM_SERVER_METRICS_H
#define ALLIM_SERVER_METRICS_H

#include "base/buffer.h"

#include <stdatomic.h>

enum metric {
#define METRIC(name, kind, exported, help) METRIC_##name,
#include "server/metrics.def"
#undef METRIC
	METRICS
};

/* The buckets of latencies: bucket i counts those below 2^i * 50 microseconds, the last the rest.
 */
enum { METRICS_BUCKETS = 20, METRICS_FIRST_BUCKET = 50 };

struct metrics {
	_Atomic uint64_t values[METRICS];
	_Atomic uint64_t latency[METRICS_BUCKETS]; /* from the commit to the send */
	_Atomic uint64_t latency_sum;		   /* microseconds */
};

/* What counts is the worker that owns the metrics, alone: no addition need be locked. */
static inline void metrics_raise(_Atomic uint64_t *value, uint64_t amount)
{
	atomic_store_explicit(value, atomic_load_explicit(value, memory_order_relaxed) + amount,
			      memory_order_relaxed);
}

static inline void metrics_add(struct metrics *metrics, enum metric metric, uint64_t amount)
{
	metrics_raise(&metrics->values[metric], amount);
}

static inline void metrics_subtract(struct metrics *metrics, enum metric metric, uint64_t amount)
{
	metrics_add(metrics, metric, 0 - amount);
}

/* By the same worker. */
void metrics_observe_latency(struct metrics *metrics, int64_t microseconds);

static inline uint64_t metrics_get(const struct metrics *metrics, enum metric metric)
{
	return atomic_load_explicit(&metrics->values[metric], memory_order_relaxed);
}

/* Adds what `from` counted. */
void metrics_merge(struct metrics *into, const struct metrics *from);

/* The latency below which that share (0 to 1) of all deliveries was, in microseconds: the upper end
 * of its bucket. */
int64_t metrics_latency_quantile(const struct metrics *metrics, double share);

/* Appends the member "latency_ms" of a JSON object; null where nothing was delivered. */
void metrics_append_quantiles(const struct metrics *metrics, struct buffer *out);

/* Prometheus text exposition format, version 0.0.4. */
void metrics_append(const struct metrics *metrics, struct buffer *out);

/* One further metric in the same format. `kind` is "counter" or "gauge". */
void metrics_append_one(struct buffer *out, const char *name, const char *kind, const char *help,
			double value);

#endif
