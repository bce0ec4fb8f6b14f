/* What nodes that look at PostgreSQL every moment ask of it while nobody publishes, at several
 * numbers of streams: it must not depend on them.
 *
 * The nodes count what they send. PostgreSQL counts too, by kinds, where it has the module
 * pg_stat_statements: the tail is what the feed dbpoll asks, the registry what nodes tell of each
 * other, upkeep the lease and what its keeper does. */
#include "bench/cluster.h"
#include "bench/database.h"
#include "bench/measures.h"
#include "bench/opener.h"

#include <errno.h>

enum { SETTLE_MILLISECONDS = 3000, INTERVAL_MILLISECONDS = 1500 };

enum count { ALL, TAIL, REGISTRY, UPKEEP, COUNTS };

/* One number of streams, and the names of its samples. */
struct step {
	unsigned streams;
	const char *names[COUNTS];
};

static const char *const count_in_database =
    "ALTER DATABASE allim_bench SET pg_stat_statements.track = 'top'";

static const char *const reset_counts = "SELECT count(pg_stat_statements_reset()::text)";

static const char *const ask_counts =
    "SELECT coalesce(sum(s.calls), 0), "
    "coalesce(sum(s.calls) FILTER (WHERE s.query LIKE '%allim.tail(%'), 0), "
    "coalesce(sum(s.calls) FILTER (WHERE s.query LIKE '%allim.beat(%'), 0), "
    "coalesce(sum(s.calls) FILTER (WHERE s.query LIKE '%pg_total_relation_size%' "
    "OR s.query LIKE '%pg_snapshot_xmin%' "
    "OR s.query ~ 'allim[.](keep_house|expire|prune|walk)'), 0) "
    "FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid "
    "WHERE d.datname = 'allim_bench'";

static void sample_counts(struct bench *bench, const struct step *step, unsigned round,
			  const double *counts, double seconds)
{
	report_sample(&bench->report, "queries", "postgres", round, step->names[ALL],
		      counts[ALL] / seconds);
	for (int i = TAIL; i < COUNTS; i++)
		report_sample(&bench->report, "queries", "allim", round, step->names[i],
			      counts[i] / seconds);
	report_sample(&bench->report, "queries", "interval", round, step->names[TAIL],
		      bench->options.queries_nodes * 1000.0 / INTERVAL_MILLISECONDS);
}

static int watch(struct bench *bench, const struct cluster *cluster, const struct step *step,
		 unsigned round, struct error *error)
{
	double before = 0, after = 0, reset, counts[COUNTS] = {0};
	struct error ignored;
	int64_t begin;
	bool is_counted;
	int code;

	is_counted = database_ask(bench, reset_counts, &reset, 1, &ignored) == 0;
	code = cluster_sum(cluster, "allim_store_queries_total", &before, error);
	begin = bench_now();
	bench_pause(bench, bench->options.queries_seconds * INT64_C(1000));
	if (code == 0)
		code = cluster_sum(cluster, "allim_store_queries_total", &after, error);
	if (code == 0 && is_counted)
		code = database_ask(bench, ask_counts, counts, COUNTS, error);
	if (code < 0)
		return code;
	report_sample(&bench->report, "queries", "allim", round, step->names[ALL],
		      (after - before) / ((double)(bench_now() - begin) / 1e9));
	if (is_counted)
		sample_counts(bench, step, round, counts, (double)(bench_now() - begin) / 1e9);
	return 0;
}

#define STEP(streams_)                                                              \
	{                                                                           \
		streams_,                                                           \
		{                                                                   \
			"all_" #streams_, "tail_" #streams_, "registry_" #streams_, \
			    "upkeep_" #streams_                                     \
		}                                                                   \
	}

static const struct step steps[] = {STEP(100), STEP(1000), STEP(5000), STEP(15000)};

static int take_steps(struct bench *bench, const struct cluster *cluster, struct streams *streams,
		      unsigned round, struct error *error)
{
	int code = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && code == 0; i++) {
		if (steps[i].streams > bench->options.queries_connections)
			break;
		code = opener_spread(bench, cluster->nodes, cluster->count, streams,
				     steps[i].streams, error);
		bench_pause(bench, SETTLE_MILLISECONDS);
		if (code == 0)
			code = watch(bench, cluster, &steps[i], round, error);
	}
	return code;
}

static int take_round(struct bench *bench, unsigned round, struct error *error)
{
	const struct cluster_plan plan = {
	    .nodes = bench->options.queries_nodes,
	    .threads = 1,
	    .method = "sse-db",
	    .prepare = count_in_database,
	};
	struct streams streams;
	struct cluster cluster;
	int code;

	if (streams_init(&streams, &bench->loop, STREAM_WIRE_SSE,
			 bench->options.queries_connections) < 0)
		return error_set(error, -ENOMEM, "memory is short");
	code = cluster_start(&cluster, bench, &plan, error);
	if (code == 0)
		code = take_steps(bench, &cluster, &streams, round, error);
	if (code == 0 && streams.error < 0)
		code =
		    error_set(error, streams.error, "a stream ended: %s", strerror(-streams.error));
	streams_finish(&streams);
	cluster_stop(&cluster);
	return code;
}

int measure_queries(struct bench *bench, struct error *error)
{
	struct error ignored;
	int code = 0;

	for (unsigned round = 1; round <= bench->options.rounds && code == 0; round++)
		code = take_round(bench, round, error);
	(void)database_drop(bench, &ignored);
	return code;
}
