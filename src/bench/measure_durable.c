/* Durable publishes a second through one node on PostgreSQL: one by one from many connections, and
 * in arrays.
 *
 * The yardstick is pgbench, which does what an application would do by itself, in the same tables:
 * it raises a random inbox's head and inserts a row of the same size, either in a transaction of
 * two statements or in one statement, which is the least that PostgreSQL can be asked for. Several
 * numbers of clients are tried, and the best counts. Every turn has a database of its own that is
 * as full as that of the others. */
#include "bench/cluster.h"
#include "bench/database.h"
#include "bench/measures.h"
#include "bench/pgbench.h"
#include "bench/publishing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { STATEMENT_BYTES = 2048 };

struct durable {
	struct bench *bench;
	unsigned round;
	struct publishing_figures figures;
};

static const unsigned client_counts[] = {8, 32, 64};

static const char *const transaction =
    "\\set inbox random(1, :users)\n"
    "BEGIN;\n"
    "UPDATE allim.inbox SET head = head + 1, kept = kept + 1, unread = unread + 1\n"
    "WHERE id = :inbox RETURNING head \\gset\n"
    "INSERT INTO allim.notification (id, inbox_id, seq, first_seq, priority, created_at,\n"
    "	changed_at, type, title, body, link, data)\n"
    "VALUES (nextval('allim.notification_id'), :inbox, :head, :head, 1, allim.now(), allim.now(),\n"
    "	'comment', 'n0000000000', 'Minjun answered your comment.', '',\n"
    "	'{\"article\":1234,\"comment\":56789}');\n"
    "COMMIT;\n";

static const char *const statement =
    "\\set inbox random(1, :users)\n"
    "WITH raised AS (\n"
    "	UPDATE allim.inbox SET head = head + 1, kept = kept + 1, unread = unread + 1\n"
    "	WHERE id = :inbox RETURNING id, head\n"
    ")\n"
    "INSERT INTO allim.notification (id, inbox_id, seq, first_seq, priority, created_at,\n"
    "	changed_at, type, title, body, link, data)\n"
    "SELECT nextval('allim.notification_id'), r.id, r.head, r.head, 1, allim.now(), allim.now(),\n"
    "	'comment', 'n0000000000', 'Minjun answered your comment.', '',\n"
    "	'{\"article\":1234,\"comment\":56789}'\n"
    "FROM raised r;\n";

static void sample(struct durable *durable, const char *side, const char *quantity, double value)
{
	report_sample(&durable->bench->report, "durable", side, durable->round, quantity, value);
}

/* A node makes the tables; then there are users and statistics of them, and nothing to be written
 * out. */
static int start(struct durable *durable, struct cluster *cluster, struct error *error)
{
	struct bench *bench = durable->bench;
	const struct cluster_plan plan = {.nodes = 1, .threads = bench->threads, .method = "sse"};
	char users[STATEMENT_BYTES];
	int code = cluster_start(cluster, bench, &plan, error);

	snprintf(users, sizeof(users),
		 "INSERT INTO allim.inbox (name) SELECT 'user-' || lpad(i::text, %d, '0') "
		 "FROM generate_series(1, %u) AS i",
		 USERS_DIGITS, bench->options.database_users);
	if (code == 0)
		code = database_run(bench, users, error);
	if (code == 0)
		code = database_run(bench, "VACUUM (ANALYZE) allim.inbox", error);
	if (code == 0)
		code = database_run(bench, "CHECKPOINT", error);
	return code;
}

static void sample_node(struct durable *durable, const char *side)
{
	const struct publishing_figures *figures = &durable->figures;
	double count = (double)figures->acknowledged;

	sample(durable, side, "rate", count / figures->seconds);
	sample(durable, side, "p50", (double)histogram_percentile(&figures->publish, 0.5) / 1e6);
	sample(durable, side, "p99", (double)histogram_percentile(&figures->publish, 0.99) / 1e6);
	sample(durable, side, "cpu", (double)figures->cpu / 1e3 / count);
	sample(durable, side, "client_cpu", (double)figures->client_cpu / 1e3 / count);
}

static int measure_node(struct durable *durable, const char *side, unsigned publishers,
			unsigned items, struct error *error)
{
	struct bench *bench = durable->bench;
	const struct publishing_plan plan = {
	    .population = bench->options.database_users,
	    .publishers = publishers,
	    .items = items,
	    .seconds = bench->options.durable_seconds,
	};
	struct cluster cluster;
	double commits = 0, notifications = 0;
	int code = start(durable, &cluster, error);

	if (code == 0)
		code = publishing_run(bench, cluster.nodes, cluster.count, &plan, &durable->figures,
				      error);
	if (code == 0)
		code = cluster_sum(&cluster, "allim_store_commits_total", &commits, error);
	if (code == 0)
		code = cluster_sum(&cluster, "allim_notifications_total", &notifications, error);
	if (code == 0) {
		sample_node(durable, side);
		sample(durable, side, "notifications_per_commit", notifications / commits);
	}
	cluster_stop(&cluster);
	return code;
}

static int run_pgbench(struct durable *durable, const char *script, unsigned clients,
		       struct pgbench_figures *ret_figures, struct error *error)
{
	struct bench *bench = durable->bench;
	const struct pgbench_plan plan = {
	    .script = script,
	    .users = bench->options.database_users,
	    .clients = clients,
	    .seconds = bench->options.durable_seconds,
	};
	struct cluster cluster;
	int code = start(durable, &cluster, error);

	cluster_stop(&cluster);
	return code < 0 ? code : pgbench_run(bench, &plan, ret_figures, error);
}

static int measure_pgbench(struct durable *durable, const char *side, const char *script,
			   struct error *error)
{
	struct pgbench_figures best = {0}, figures;
	unsigned best_clients = 0;
	int code = 0;

	for (size_t i = 0; i < sizeof(client_counts) / sizeof(client_counts[0]); i++) {
		code = run_pgbench(durable, script, client_counts[i], &figures, error);
		if (code < 0)
			return code;
		if (figures.rate <= best.rate)
			continue;
		best = figures;
		best_clients = client_counts[i];
	}
	sample(durable, side, "rate", best.rate);
	sample(durable, side, "latency", best.latency);
	sample(durable, side, "clients", best_clients);
	return 0;
}

static int take_round(struct durable *durable, struct error *error)
{
	const struct options *options = &durable->bench->options;
	int code = measure_node(durable, "allim_single", options->durable_publishers, 1, error);

	if (code == 0)
		code = measure_pgbench(durable, "pgbench_transaction", transaction, error);
	if (code == 0)
		code = measure_node(durable, "allim_array", options->durable_array_publishers,
				    options->array_items, error);
	if (code == 0)
		code = measure_pgbench(durable, "pgbench_statement", statement, error);
	return code;
}

int measure_durable(struct bench *bench, struct error *error)
{
	struct durable *durable = calloc(1, sizeof(*durable));
	struct error ignored;
	int code = 0;

	if (durable == NULL)
		return error_set(error, -ENOMEM, "memory is short");
	durable->bench = bench;
	for (unsigned round = 1; round <= bench->options.rounds && code == 0; round++) {
		durable->round = round;
		code = take_round(durable, error);
	}
	(void)database_drop(bench, &ignored);
	free(durable);
	return code;
}
