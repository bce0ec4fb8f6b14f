/* Rates come from two samples of counters, so that nobody has to keep a history. */
#include "server/node_figures.h"

#include "base/clock.h"
#include "server/worker.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum kind { LEVEL, RATE };

static const struct {
	const char *name;
	enum kind kind;
} table[NODE_FIGURES] = {
#define NODE_FIGURE(name, kind, value) {#name, kind},
#include "server/node_figures.def"
#undef NODE_FIGURE
};

struct process_use {
	uint64_t cpu_centiseconds; /* so that its rate is in per cent of a core */
	uint64_t memory_bytes;
};

static uint64_t centiseconds(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 100 + (uint64_t)time->tv_usec / 10000;
}

uint64_t node_memory_bytes(void)
{
	unsigned long long total, resident = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%llu %llu", &total, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static struct process_use look_at_process(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (struct process_use){
	    .cpu_centiseconds = centiseconds(&usage.ru_utime) + centiseconds(&usage.ru_stime),
	    .memory_bytes = node_memory_bytes(),
	};
}

void node_sample_take(const struct node *node, struct node_sample *ret_sample)
{
	struct process_use process = look_at_process();
	struct store_statistics store;
	struct feed_statistics feed;
	struct metrics sum = {0};

	for (unsigned i = 0; i < node->worker_count; i++)
		metrics_merge(&sum, &node->workers[i]->metrics);
	store_statistics(node->store, &store);
	feed_statistics(node->feed, &feed);
	*ret_sample = (struct node_sample){.taken_at = clock_monotonic(),
					   .counters = {
#define NODE_FIGURE(name, kind, value) [NODE_FIGURE_##name] = (value),
#include "server/node_figures.def"
#undef NODE_FIGURE
					   }};
	for (int bucket = 0; bucket < METRICS_BUCKETS; bucket++)
		ret_sample->latency[bucket] = atomic_load(&sum.latency[bucket]);
}

void node_figures_compare(const struct node_sample *before, const struct node_sample *after,
			  struct node_figures *ret_figures)
{
	double seconds = (double)(after->taken_at - before->taken_at) / 1000;

	for (int i = 0; i < NODE_FIGURES; i++) {
		double value = (double)after->counters[i];

		if (table[i].kind == RATE)
			value = seconds <= 0 ? 0 : (value - (double)before->counters[i]) / seconds;
		ret_figures->values[i] = value;
	}
	memcpy(ret_figures->latency, after->latency, sizeof(after->latency));
}

void node_figures_append(const struct node_figures *figures, struct buffer *out)
{
	for (int i = 0; i < NODE_FIGURES; i++)
		buffer_append_format(out, "%s\"%s\":%.15g", i == 0 ? "" : ",", table[i].name,
				     table[i].kind == LEVEL
					 ? figures->values[i]
					 : (double)(int64_t)(figures->values[i] * 100 + 0.5) / 100);
}

void node_figures_append_latency(const struct node_figures *figures, struct buffer *out)
{
	buffer_append(out, SLICE("\"latency\":["));
	for (int bucket = 0; bucket < METRICS_BUCKETS; bucket++)
		buffer_append_format(out, "%s%llu", bucket == 0 ? "" : ",",
				     (unsigned long long)figures->latency[bucket]);
	buffer_append_byte(out, ']');
}

void node_figures_read(const json_t *object, struct node_figures *ret_figures)
{
	const json_t *latency = json_object_get(object, "latency");

	*ret_figures = (struct node_figures){.values = {0}};
	for (int i = 0; i < NODE_FIGURES; i++)
		ret_figures->values[i] = json_number_value(json_object_get(object, table[i].name));
	for (size_t bucket = 0; bucket < METRICS_BUCKETS; bucket++)
		ret_figures->latency[bucket] =
		    (uint64_t)json_integer_value(json_array_get(latency, bucket));
}

void node_figures_add(struct node_figures *sum, const struct node_figures *figures)
{
	for (int i = 0; i < NODE_FIGURES; i++)
		sum->values[i] += figures->values[i];
	for (int bucket = 0; bucket < METRICS_BUCKETS; bucket++)
		sum->latency[bucket] += figures->latency[bucket];
}

/* null where there is nothing to be a share of. */
static void append_share(struct buffer *out, const char *name, double part, double whole)
{
	buffer_append_format(out, "\"%s\":", name);
	if (whole > 0)
		buffer_append_format(out, "%.4g", part / whole);
	else
		buffer_append(out, SLICE("null"));
	buffer_append_byte(out, ',');
}

void node_figures_append_summary(const struct node_figures *figures, struct buffer *out)
{
	const double *values = figures->values;
	double taken = values[NODE_FIGURE_deliveries];
	double offered = taken + values[NODE_FIGURE_deliveries_behind];
	struct metrics metrics = {0};

	for (int bucket = 0; bucket < METRICS_BUCKETS; bucket++)
		atomic_init(&metrics.latency[bucket], figures->latency[bucket]);
	append_share(out, "tabs_per_user", values[NODE_FIGURE_streams], values[NODE_FIGURE_users]);
	append_share(out, "delivery_success_rate", taken, offered);
	metrics_append_quantiles(&metrics, out);
}
