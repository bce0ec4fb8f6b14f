/* /stats for people and `allim stats`, /metrics for Prometheus: the same figures. */
#include "server/figures.h"

#include "base/clock.h"
#include "base/json.h"
#include "server/exchange.h"
#include "server/handlers.h"
#include "server/worker.h"

static void sum_workers(const struct node *node, struct metrics *ret_sum)
{
	*ret_sum = (struct metrics){0};
	for (unsigned i = 0; i < node->worker_count; i++)
		metrics_merge(ret_sum, &node->workers[i]->metrics);
}

static double uptime_seconds(const struct node *node)
{
	return (double)(clock_wall() - node->started_at) / 1e6;
}

/* The store's figures: FIGURE(name, kind, help, value). */
#define STORE_FIGURES                                                                      \
	FIGURE("commits_total", "counter", "Commits.", (double)statistics.commits)         \
	FIGURE("writes_total", "counter", "Writes committed.", (double)statistics.writes)  \
	FIGURE("reads_total", "counter", "Reads answered.", (double)statistics.reads)      \
	FIGURE("queries_total", "counter", "Statements run.", (double)statistics.queries)  \
	FIGURE("failures_total", "counter", "Requests that the store failed.",             \
	       (double)statistics.failures)                                                \
	FIGURE("rows_expired_total", "counter", "Notifications that expired.",             \
	       (double)statistics.rows_expired)                                            \
	FIGURE("rows_forgotten_total", "counter", "Notifications that retention removed.", \
	       (double)statistics.rows_forgotten)                                          \
	FIGURE("dead_letters_forgotten_total", "counter",                                  \
	       "Messages that could not be handled and were forgotten for their age.",     \
	       (double)statistics.dead_letters_forgotten)                                  \
	FIGURE("size_bytes", "gauge", "Size on disk.", (double)statistics.bytes)           \
	FIGURE("queue", "gauge", "Requests that wait.", (double)statistics.queue)          \
	FIGURE("commit_seconds_total", "counter", "Time spent committing.",                \
	       (double)statistics.commit_microseconds / 1e6)                               \
	FIGURE("horizon_seconds", "gauge",                                                 \
	       "Age of the oldest transaction that may still write, in PostgreSQL.",       \
	       (double)statistics.horizon_milliseconds / 1e3)

/* The feed's figures, likewise. */
#define FEED_FIGURES                                                                            \
	FIGURE("connected", "gauge", "1 while what other nodes publish can be heard.",          \
	       (double)statistics.connected)                                                    \
	FIGURE("published_total", "counter", "Commits that were handed to the feed.",           \
	       (double)statistics.published)                                                    \
	FIGURE("received_total", "counter", "Batches of hints that came from other nodes.",     \
	       (double)statistics.received)                                                     \
	FIGURE("failures_total", "counter", "Batches that could not be sent, or not be read.",  \
	       (double)statistics.failures)                                                     \
	FIGURE("operations_total", "counter", "Requests to the server that the feed uses.",     \
	       (double)statistics.operations)                                                   \
	FIGURE("reconnections_total", "counter", "Times that the feed connected again.",        \
	       (double)statistics.reconnections)                                                \
	FIGURE("wakes_total", "counter", "Times that the feed had the node look at the store.", \
	       (double)statistics.wakes)

static void append_feed_metrics(const struct node *node, struct buffer *out)
{
	struct feed_statistics statistics;

	feed_statistics(node->feed, &statistics);
#define FIGURE(name, kind, help, value) metrics_append_one(out, "feed_" name, kind, help, value);
	FEED_FIGURES
#undef FIGURE
}

static void append_audit_metrics(const struct node *node, struct buffer *out)
{
	struct audit_statistics statistics;

	audit_log_statistics(node->audit, &statistics);
	metrics_append_one(out, "audit_records_total", "counter",
			   "Records of the audit log that were written.",
			   (double)statistics.records);
	metrics_append_one(out, "audit_lost_total", "counter",
			   "Records of the audit log that could not be written.",
			   (double)statistics.lost);
	metrics_append_one(out, "audit_waiting_bytes", "gauge",
			   "Records of the audit log that wait to be written.",
			   (double)statistics.waiting_bytes);
}

void figures_append_metrics(const struct node *node, struct buffer *out)
{
	struct store_statistics statistics;
	struct metrics sum;

	sum_workers(node, &sum);
	store_statistics(node->store, &statistics);
	metrics_append(&sum, out);
#define FIGURE(name, kind, help, value) metrics_append_one(out, "store_" name, kind, help, value);
	STORE_FIGURES
#undef FIGURE
	metrics_append_one(
	    out, "dead_letters", "gauge",
	    "Messages that could not be handled and wait for somebody to look at them.",
	    (double)statistics.dead_letters);
	append_audit_metrics(node, out);
	append_feed_metrics(node, out);
	sources_append_metrics(&node->sources, out);
	metrics_append_one(out, "uptime_seconds", "gauge", "Time since the start.",
			   uptime_seconds(node));
	metrics_append_one(out, "memory_bytes", "gauge", "Resident memory.",
			   (double)node_memory_bytes());
	buffer_append_format(
	    out,
	    "# HELP allim_info Always 1; its labels are the version, the method and the feed.\n"
	    "# TYPE allim_info gauge\n"
	    "allim_info{version=\"%s\",method=\"%s\",feed=\"%s\"} 1\n",
	    ALLIM_VERSION, node->method->name, node->feed->ops->name);
}

static void append_store(const struct node *node, struct buffer *out)
{
	struct store_statistics statistics;
	const char *separator = "";

	store_statistics(node->store, &statistics);
	buffer_append(out, SLICE("\"store\":{"));
#define FIGURE(name, kind, help, value)                                      \
	buffer_append_format(out, "%s\"%s\":%.15g", separator, name, value); \
	separator = ",";
	STORE_FIGURES
#undef FIGURE
	buffer_append_format(out, "},\"dead_letters\":%llu",
			     (unsigned long long)statistics.dead_letters);
}

static void append_feed(const struct node *node, struct buffer *out)
{
	struct feed_statistics statistics;

	feed_statistics(node->feed, &statistics);
	buffer_append_format(out, ",\"feed\":{\"name\":\"%s\"", node->feed->ops->name);
#define FIGURE(name, kind, help, value) buffer_append_format(out, ",\"%s\":%.15g", name, value);
	FEED_FIGURES
#undef FIGURE
	buffer_append_byte(out, '}');
}

void figures_get(struct exchange *exchange)
{
	const struct node *node = exchange->worker->node;
	struct buffer body = BUFFER_EMPTY;
	struct metrics sum;

	sum_workers(node, &sum);
	buffer_append_format(
	    &body,
	    "{\"version\":\"%s\",\"uptime_seconds\":%.0f,\"method\":\"%s\",\"wire\":\"%s\","
	    "\"workers\":%u,"
	    "\"memory_bytes\":%llu,\"connections\":%llu,\"streams\":%llu,\"polls_waiting\":%llu,"
	    "\"users\":%llu,\"requests\":%llu,\"publishes\":%llu,\"notifications\":%llu,"
	    "\"deliveries\":%llu,",
	    ALLIM_VERSION, uptime_seconds(node), node->method->name, node->method->wire->name,
	    node->worker_count - 1, (unsigned long long)node_memory_bytes(),
	    (unsigned long long)metrics_get(&sum, METRIC_CONNECTIONS),
	    (unsigned long long)metrics_get(&sum, METRIC_STREAMS),
	    (unsigned long long)metrics_get(&sum, METRIC_POLLS_WAITING),
	    (unsigned long long)metrics_get(&sum, METRIC_USERS),
	    (unsigned long long)metrics_get(&sum, METRIC_REQUESTS),
	    (unsigned long long)metrics_get(&sum, METRIC_PUBLISHES),
	    (unsigned long long)metrics_get(&sum, METRIC_NOTIFICATIONS),
	    (unsigned long long)metrics_get(&sum, METRIC_DELIVERIES));
	metrics_append_quantiles(&sum, &body);
	buffer_append_byte(&body, ',');
	append_store(node, &body);
	append_feed(exchange->worker->node, &body);
	buffer_append(&body, SLICE(",\"sources\":"));
	sources_append(&node->sources, &body);
	buffer_append(&body, SLICE(",\"cluster\":"));
	registry_append(&exchange->worker->node->registry, &body);
	buffer_append_byte(&body, '}');
	exchange_reply_json(exchange, 200, &body);
	buffer_finish(&body);
}
