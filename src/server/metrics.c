/* Buckets double, so that twenty of them reach from 50 microseconds to half a minute. */
#include "server/metrics.h"

void metrics_observe_latency(struct metrics *metrics, int64_t microseconds)
{
	int bucket = 0;

	if (microseconds < 0)
		microseconds = 0;
	while (bucket < METRICS_BUCKETS - 1 && microseconds >= (int64_t)METRICS_FIRST_BUCKET
								   << bucket)
		bucket++;
	metrics_raise(&metrics->latency[bucket], 1);
	metrics_raise(&metrics->latency_sum, (uint64_t)microseconds);
}

void metrics_merge(struct metrics *into, const struct metrics *from)
{
	for (int i = 0; i < METRICS; i++)
		into->values[i] += metrics_get(from, (enum metric)i);
	for (int i = 0; i < METRICS_BUCKETS; i++)
		into->latency[i] += from->latency[i];
	into->latency_sum += from->latency_sum;
}

static uint64_t latency_count(const struct metrics *metrics)
{
	uint64_t count = 0;

	for (int i = 0; i < METRICS_BUCKETS; i++)
		count += metrics->latency[i];
	return count;
}

int64_t metrics_latency_quantile(const struct metrics *metrics, double share)
{
	double wanted = share * (double)latency_count(metrics);
	uint64_t seen = 0;

	for (int i = 0; i < METRICS_BUCKETS; i++) {
		seen += metrics->latency[i];
		if (seen > 0 && (double)seen >= wanted)
			return (int64_t)METRICS_FIRST_BUCKET << i;
	}
	return 0;
}

static void append_quantile(const struct metrics *metrics, double share, struct buffer *out)
{
	int64_t microseconds = metrics_latency_quantile(metrics, share);

	if (microseconds > 0)
		buffer_append_format(out, "%.3f", (double)microseconds / 1000);
	else
		buffer_append(out, SLICE("null"));
}

void metrics_append_quantiles(const struct metrics *metrics, struct buffer *out)
{
	buffer_append(out, SLICE("\"latency_ms\":{\"p50\":"));
	append_quantile(metrics, 0.5, out);
	buffer_append(out, SLICE(",\"p99\":"));
	append_quantile(metrics, 0.99, out);
	buffer_append_byte(out, '}');
}

void metrics_append_one(struct buffer *out, const char *name, const char *kind, const char *help,
			double value)
{
	buffer_append_format(out, "# HELP allim_%s %s\n# TYPE allim_%s %s\nallim_%s %.15g\n", name,
			     help, name, kind, name, value);
}

static void append_latency(const struct metrics *metrics, struct buffer *out)
{
	static const char name[] = "allim_delivery_latency_seconds";
	uint64_t count = 0;

	buffer_append_format(out,
			     "# HELP %s Time from the commit to the send, for changes heard live.\n"
			     "# TYPE %s histogram\n",
			     name, name);
	for (int i = 0; i < METRICS_BUCKETS - 1; i++) {
		count += metrics->latency[i];
		buffer_append_format(out, "%s_bucket{le=\"%g\"} %llu\n", name,
				     (double)((int64_t)METRICS_FIRST_BUCKET << i) / 1e6,
				     (unsigned long long)count);
	}
	count = latency_count(metrics);
	buffer_append_format(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.6f\n%s_count %llu\n", name,
			     (unsigned long long)count, name, (double)metrics->latency_sum / 1e6,
			     name, (unsigned long long)count);
}

void metrics_append(const struct metrics *metrics, struct buffer *out)
{
	static const struct {
		const char *name;
		const char *kind;
		const char *help;
	} rows[METRICS] = {
#define METRIC(name, kind, exported, help) {exported, #kind, help},
#include "server/metrics.def"
#undef METRIC
	};

	for (int i = 0; i < METRICS; i++)
		metrics_append_one(out, rows[i].name, rows[i].kind, rows[i].help,
				   (double)metrics_get(metrics, (enum metric)i));
	append_latency(metrics, out);
}
