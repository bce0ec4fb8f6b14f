/* The producer is idempotent: librdkafka numbers what it sends, so that a message that is sent
 * again, because its answer got lost, is neither doubled nor overtaken. A producer whose numbers a
 * broker no longer accepts is broken for good, and another takes its place.
 *
 * The partition comes from the key's checksum, also where the key is empty. Only failures are
 * reported: nobody waits for success. */
#include "feed/kafka_sender.h"

#include "broker/kafka_problem.h"

#include <errno.h>
#include <sys/epoll.h>

enum { STABLE = 5000 /* milliseconds without a failure until a problem counts as solved */ };

static const struct {
	const char *property;
	const char *value;
} properties[] = {
    {"statistics.interval.ms", "1000"},
    {"enable.idempotence", "true"}, /* which means acks=all */
    {"partitioner", "consistent"},
    {"delivery.report.only.error", "true"},
    {"linger.ms", "1"},
    {"message.timeout.ms", "10000"},
    {"request.timeout.ms", "5000"},
    {"topic.metadata.refresh.interval.ms", "5000"},
    /* What waits for brokers. */
    {"queue.buffering.max.kbytes", "16384"},
    {"queue.buffering.max.messages", "100000"},
};

/* What is vague or passes, and what keeps brokers away, the tail tells. */
static void note_problem(struct kafka_sender *sender, rd_kafka_resp_err_t code, const char *detail)
{
	struct error problem;

	if (kafka_problem_explain(code, detail, &problem) != -EPROTO)
		return;
	sender->problem = problem;
	sender->failed = sender->loop->now;
}

static void on_delivery(struct kafka_sender *sender, rd_kafka_event_t *event)
{
	const rd_kafka_message_t *message;
	uint64_t count = 0;

	while ((message = rd_kafka_event_message_next(event)) != NULL) {
		if (message->err == 0)
			continue;
		count++;
		note_problem(sender, message->err, NULL);
	}
	if (count > 0)
		sender->on_unsent(sender->context, count);
}

/* What is wrong with brokers, those who listen tell; here counts what is wrong with appending. */
static void on_error(struct kafka_sender *sender, rd_kafka_event_t *event)
{
	rd_kafka_resp_err_t code = rd_kafka_event_error(event);

	if (rd_kafka_event_error_is_fatal(event) || code == RD_KAFKA_RESP_ERR__FATAL)
		sender->is_broken = true;
	if (code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
	    code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
		note_problem(sender, code, rd_kafka_event_error_string(event));
}

static void on_statistics(struct kafka_sender *sender, rd_kafka_event_t *event)
{
	struct kafka_health health;
	const char *statistics = rd_kafka_event_stats(event);

	if (kafka_health_read(slice_from_string(statistics), sender->topic, &health) == 0)
		atomic_store(&sender->requests, sender->past + health.requests);
}

static const struct {
	rd_kafka_event_type_t type;
	void (*on_event)(struct kafka_sender *sender, rd_kafka_event_t *event);
} handlers[] = {
    {RD_KAFKA_EVENT_DR, on_delivery},
    {RD_KAFKA_EVENT_ERROR, on_error},
    {RD_KAFKA_EVENT_STATS, on_statistics},
};

static void on_ready(struct loop_source *source, uint32_t events)
{
	struct kafka_sender *sender = CONTAINER_OF(source, struct kafka_sender, source);
	rd_kafka_event_t *event;

	(void)events;
	while ((event = kafka_client_next(&sender->client)) != NULL) {
		for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
			if (handlers[i].type == rd_kafka_event_type(event))
				handlers[i].on_event(sender, event);
		}
		rd_kafka_event_destroy(event);
	}
}

/* librdkafka takes a pointer to what it copies as one that it may change. */
static void *copied(struct slice bytes)
{
	return (void *)(uintptr_t)bytes.data;
}

int kafka_sender_send(struct kafka_sender *sender, struct slice key, struct slice message)
{
	const rd_kafka_vu_t parts[] = {
	    {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = sender->topic},
	    {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
	    {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {copied(key), key.length}},
	    {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {copied(message), message.length}},
	};
	rd_kafka_error_t *error;

	if (sender->client.kafka == NULL)
		return -ENOTCONN;
	error = rd_kafka_produceva(sender->client.kafka, parts, sizeof(parts) / sizeof(parts[0]));
	if (error == NULL)
		return 0;
	if (rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__FATAL)
		sender->is_broken = true;
	note_problem(sender, rd_kafka_error_code(error), NULL);
	rd_kafka_error_destroy(error);
	return -ENOBUFS;
}

static int open_client(struct kafka_sender *sender, struct error *error)
{
	int result = kafka_client_open(&sender->client, RD_KAFKA_PRODUCER,
				       rd_kafka_conf_dup(sender->configuration), error);

	if (result < 0)
		return result;
	result = loop_add(sender->loop, sender->client.descriptor, EPOLLIN, &sender->source);
	if (result == 0)
		return 0;
	kafka_client_close(&sender->client);
	return error_set(error, result, "cannot open the feed: %s", strerror(-result));
}

static void close_client(struct kafka_sender *sender)
{
	if (sender->client.kafka == NULL)
		return;
	loop_remove(sender->loop, sender->client.descriptor);
	rd_kafka_purge(sender->client.kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
						 RD_KAFKA_PURGE_F_NON_BLOCKING);
	kafka_client_close(&sender->client);
}

/* What the broken one had is given up. */
static void replace_client(struct kafka_sender *sender)
{
	struct error error;
	uint64_t unsent = 0;

	if (sender->client.kafka != NULL)
		unsent = (uint64_t)rd_kafka_outq_len(sender->client.kafka);
	close_client(sender);
	sender->past = atomic_load(&sender->requests);
	sender->is_broken = open_client(sender, &error) < 0;
	if (unsent > 0)
		sender->on_unsent(sender->context, unsent);
}

void kafka_sender_tick(struct kafka_sender *sender)
{
	if (sender->is_broken)
		replace_client(sender);
	if (sender->problem.text[0] == '\0')
		return;
	if (sender->loop->now - sender->failed < STABLE) {
		kafka_report_problem(&sender->report, &sender->problem);
		return;
	}
	sender->problem.text[0] = '\0';
	kafka_report_use(&sender->report);
}

int kafka_sender_init(struct kafka_sender *sender, struct kafka_sender_options *options,
		      struct error *error)
{
	int result;

	*sender = (struct kafka_sender){
	    .source.on_ready = on_ready,
	    .loop = options->loop,
	    .configuration = options->configuration,
	    .on_unsent = options->on_unsent,
	    .context = options->context,
	    .topic = options->topic,
	    .report = {.brokers = options->brokers, .topic = options->topic, .in_use = true},
	};
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		kafka_client_set(options->configuration, properties[i].property,
				 properties[i].value);
	result = open_client(sender, error);
	if (result < 0)
		rd_kafka_conf_destroy(sender->configuration);
	return result;
}

void kafka_sender_finish(struct kafka_sender *sender)
{
	close_client(sender);
	rd_kafka_conf_destroy(sender->configuration);
}
