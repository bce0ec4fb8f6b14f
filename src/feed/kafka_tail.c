/* Each partition is started at its end, and is heard from the moment at which a fetch of it was
 * answered, with a message or with the word that there is none yet. By then librdkafka knows the
 * end's number and keeps its place, whatever happens to connections and leaders: nothing that is
 * appended from then on is missed. Where it cannot keep its place (the topic was made anew, or its
 * messages were deleted sooner than they were read) it says so, and the partition starts again.
 *
 * All are heard while each has been and the brokers that they are read from are connected, which
 * the statistics tell. They also tell of partitions that were added, and are the clock by which
 * failures are tried again.
 *
 * librdkafka's older interface for consumers is what fits: it needs no group, which users would
 * have to be allowed, and starts partitions one by one. */
#include "feed/kafka_tail.h"

#include "broker/kafka_problem.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum {
	STABLE = 5000,		/* milliseconds until a problem counts as solved, */
	SILENT = 5000,		/* and until what has no clear reason is told */
	REFRESH_TIMEOUT = 1000, /* milliseconds */
	PARTITIONS = 4096,
};

static const struct {
	const char *property;
	const char *value;
} properties[] = {
    {"statistics.interval.ms", "500"},
    {"enable.partition.eof", "true"},
    {"enable.auto.commit", "false"},
    {"isolation.level", "read_uncommitted"},
    {"topic.metadata.refresh.interval.ms", "5000"},
    /* A broker answers when there is something, or else after this. */
    {"fetch.wait.max.ms", "250"},
    {"fetch.min.bytes", "1"},
    {"fetch.error.backoff.ms", "50"},
    /* What waits for a slow listener. */
    {"queued.min.messages", "1000"},
    {"queued.max.messages.kbytes", "4096"},
};

/* Being heard */

static bool is_all_heard(const struct kafka_tail *tail)
{
	if (tail->count == 0 || tail->count != tail->health.partitions)
		return false;
	for (size_t i = 0; i < tail->count; i++) {
		if (!tail->partitions[i].is_heard)
			return false;
	}
	return tail->health.all_up;
}

static void evaluate(struct kafka_tail *tail)
{
	bool is_heard = is_all_heard(tail);

	if (is_heard == atomic_load(&tail->is_heard))
		return;
	tail->since = tail->loop->now;
	if (is_heard) {
		atomic_fetch_add(&tail->reconnections, tail->was_heard);
		tail->ops->on_heard(tail->context, !tail->was_heard);
		tail->was_heard = true;
	}
	atomic_store(&tail->is_heard, is_heard);
}

/* Partitions */

static void stop_partition(struct kafka_tail *tail, size_t number)
{
	struct kafka_partition *partition = &tail->partitions[number];

	if (partition->is_started)
		rd_kafka_consume_stop(tail->handle, (int32_t)number);
	*partition = (struct kafka_partition){.is_started = false};
}

static void start_partition(struct kafka_tail *tail, size_t number)
{
	struct kafka_partition *partition = &tail->partitions[number];
	int result = rd_kafka_consume_start_queue(tail->handle, (int32_t)number,
						  RD_KAFKA_OFFSET_END, tail->client.queue);

	*partition = (struct kafka_partition){.is_started = result == 0};
}

/* Stops in one tick and starts in the next: what the queue still has of the time before is gone by
 * then, and cannot be taken for an answer to the new start. */
static void restart_failed(struct kafka_tail *tail)
{
	for (size_t i = 0; i < tail->count; i++) {
		if (!tail->partitions[i].is_started)
			start_partition(tail, i);
		else if (tail->partitions[i].has_failed)
			stop_partition(tail, i);
	}
}

/* The topic has so many now. Where memory is short the next tick tries again. */
static void set_count(struct kafka_tail *tail, size_t count)
{
	struct kafka_partition *partitions;

	while (tail->count > count)
		stop_partition(tail, --tail->count);
	if (tail->count == count)
		return;
	partitions = realloc(tail->partitions, count * sizeof(*partitions));
	if (partitions == NULL)
		return;
	tail->partitions = partitions;
	while (tail->count < count)
		start_partition(tail, tail->count++);
}

static struct kafka_partition *find_partition(struct kafka_tail *tail, int32_t number)
{
	return number >= 0 && (size_t)number < tail->count ? &tail->partitions[number] : NULL;
}

static void hear(struct kafka_tail *tail, int32_t number)
{
	struct kafka_partition *partition = find_partition(tail, number);

	if (partition == NULL || partition->is_heard || !partition->is_started)
		return;
	partition->is_heard = !partition->has_failed;
	evaluate(tail);
}

/* Events */

static void on_fetch(struct kafka_tail *tail, rd_kafka_event_t *event)
{
	const rd_kafka_message_t *message;

	while ((message = rd_kafka_event_message_next(event)) != NULL) {
		if (message->err != 0)
			continue;
		hear(tail, message->partition);
		tail->ops->on_message(
		    tail->context,
		    slice_from_bytes(message->payload == NULL ? "" : message->payload,
				     message->len));
	}
}

/* A vague reason (-EAGAIN) is kept until a clear one comes, and does not take its place. */
static void note_problem(struct kafka_tail *tail, int result, const struct error *problem)
{
	if (result == 0 || (result == -EAGAIN && tail->problem.text[0] != '\0'))
		return;
	tail->problem = *problem;
	tail->is_vague = result == -EAGAIN;
}

static void note_error(struct kafka_tail *tail, rd_kafka_event_t *event)
{
	struct error problem;
	int result = kafka_problem_explain(rd_kafka_event_error(event),
					   rd_kafka_event_error_string(event), &problem);

	note_problem(tail, result, &problem);
}

static void fail_partition(struct kafka_tail *tail, int32_t number)
{
	struct kafka_partition *partition = find_partition(tail, number);

	if (partition == NULL)
		return;
	partition->is_heard = false;
	partition->has_failed = true;
	evaluate(tail);
}

/* An error of a partition, or of a broker or the client. */
static void on_error(struct kafka_tail *tail, rd_kafka_event_t *event)
{
	rd_kafka_topic_partition_t *place = rd_kafka_event_topic_partition(event);

	if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		if (place != NULL)
			hear(tail, place->partition);
	} else {
		note_error(tail, event);
		if (place != NULL)
			fail_partition(tail, place->partition);
	}
	if (place != NULL)
		rd_kafka_topic_partition_destroy(place);
}

/* Having made the topic, or been told that it is there, the client is to see it at once. */
static void on_created(struct kafka_tail *tail, rd_kafka_event_t *event)
{
	const struct rd_kafka_metadata *metadata;
	struct error problem;
	int result = kafka_topic_answer(&tail->topic, event, &problem);

	if (tail->count == 0)
		note_problem(tail, result, &problem);
	if (result == 0 &&
	    rd_kafka_metadata(tail->client.kafka, 0, tail->handle, &metadata, REFRESH_TIMEOUT) == 0)
		rd_kafka_metadata_destroy(metadata);
}

/* The tick */

static void forget_problem(struct kafka_tail *tail)
{
	tail->problem.text[0] = '\0';
	tail->is_vague = false;
}

/* A Kafka that was in trouble is in use when it has been well for a while. */
static void tell(struct kafka_tail *tail)
{
	int64_t past = tail->loop->now - tail->since;

	if (atomic_load(&tail->is_heard)) {
		forget_problem(tail);
		if (tail->report.count == 0 || past >= STABLE)
			kafka_report_use(&tail->report);
		return;
	}
	if (tail->problem.text[0] == '\0' && tail->count > 0 && past >= SILENT)
		error_set(&tail->problem, -EPROTO,
			  "not every partition of its topic can be read; see their leaders with "
			  "kafka-topics.sh --describe, and whether their brokers run");
	if (tail->problem.text[0] != '\0' && (!tail->is_vague || past >= SILENT))
		kafka_report_problem(&tail->report, &tail->problem);
}

static void on_statistics(struct kafka_tail *tail, rd_kafka_event_t *event)
{
	const char *statistics = rd_kafka_event_stats(event);

	if (kafka_health_read(slice_from_string(statistics), tail->topic.name, &tail->health) < 0)
		return;
	atomic_store(&tail->requests, tail->health.requests);
	set_count(tail,
		  tail->health.partitions < PARTITIONS ? tail->health.partitions : PARTITIONS);
	if (tail->count == 0 && tail->health.any_up)
		kafka_topic_request(&tail->topic, &tail->client, tail->loop->now);
	restart_failed(tail);
	evaluate(tail);
	tell(tail);
	tail->ops->on_tick(tail->context);
}

static const struct {
	rd_kafka_event_type_t type;
	void (*on_event)(struct kafka_tail *tail, rd_kafka_event_t *event);
} handlers[] = {
    {RD_KAFKA_EVENT_FETCH, on_fetch},
    {RD_KAFKA_EVENT_ERROR, on_error},
    {RD_KAFKA_EVENT_STATS, on_statistics},
    {RD_KAFKA_EVENT_CREATETOPICS_RESULT, on_created},
};

static void on_ready(struct loop_source *source, uint32_t events)
{
	struct kafka_tail *tail = CONTAINER_OF(source, struct kafka_tail, source);
	rd_kafka_event_t *event;

	(void)events;
	while ((event = kafka_client_next(&tail->client)) != NULL) {
		for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
			if (handlers[i].type == rd_kafka_event_type(event))
				handlers[i].on_event(tail, event);
		}
		rd_kafka_event_destroy(event);
	}
}

/* Opening and closing */

static int start(struct kafka_tail *tail)
{
	rd_kafka_topic_conf_t *configuration = rd_kafka_topic_conf_new();

	/* To begin somewhere else by itself would be to lose messages without a word. */
	rd_kafka_topic_conf_set(configuration, "auto.offset.reset", "error", NULL, 0);
	tail->handle = rd_kafka_topic_new(tail->client.kafka, tail->topic.name, configuration);
	if (tail->handle == NULL)
		return -ENOMEM;
	tail->source.on_ready = on_ready;
	return loop_add(tail->loop, tail->client.descriptor, EPOLLIN, &tail->source);
}

int kafka_tail_init(struct kafka_tail *tail, struct kafka_tail_options *options,
		    struct error *error)
{
	int result;

	*tail = (struct kafka_tail){
	    .loop = options->loop,
	    .ops = options->ops,
	    .context = options->context,
	    .topic = {.name = options->topic,
		      .brokers = options->brokers,
		      .partitions = options->partitions},
	    .report = {.brokers = options->brokers, .topic = options->topic},
	    .since = options->loop->now,
	};
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		kafka_client_set(options->configuration, properties[i].property,
				 properties[i].value);
	result = kafka_client_open(&tail->client, RD_KAFKA_CONSUMER, options->configuration, error);
	if (result < 0)
		return result;
	result = start(tail);
	if (result == 0)
		return 0;
	kafka_tail_finish(tail);
	return error_set(error, result, "cannot open the feed: %s", strerror(-result));
}

void kafka_tail_finish(struct kafka_tail *tail)
{
	if (tail->client.kafka == NULL)
		return;
	loop_remove(tail->loop, tail->client.descriptor);
	set_count(tail, 0);
	free(tail->partitions);
	if (tail->handle != NULL)
		rd_kafka_topic_destroy(tail->handle);
	kafka_client_close(&tail->client);
}
