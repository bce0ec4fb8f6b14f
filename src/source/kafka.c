/* Messages of a topic, by a consumer group.
 *
 * The group gives each of its members some of the topic's partitions, and takes them away again
 * when members come and go. Every partition is a lane; its offset is stored only behind what the
 * store has committed, and librdkafka commits stored offsets. Whoever gets the partition next may
 * so be given messages again, which the store knows by their positions.
 *
 * When more waits than sources.buffer_bytes, no events are taken until half of it is gone; what
 * librdkafka has fetched meanwhile is at hand then. Where that lasts, events must be taken, since
 * the group waits for members that do not answer to a rebalance; then all partitions are paused.
 * Not earlier: librdkafka 2.0 drops what it has fetched of a paused partition, and after a resume
 * may not fetch for a second. */
#include "base/counter.h"
#include "base/log.h"
#include "broker/kafka_client.h"
#include "broker/kafka_health.h"
#include "broker/kafka_problem.h"
#include "broker/kafka_report.h"
#include "source/kafka_partitions.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

enum {
	TICK = 200,	    /* milliseconds */
	EVENTS = 1000,	    /* of one turn */
	PAUSE_AFTER = 2000, /* milliseconds of holding back */
	LEAVE_WITHIN = 5000 /* milliseconds, for brokers that do not answer */
};

struct kafka_source {
	struct source source;
	struct source_thread thread;
	struct kafka_client client;
	struct loop_source readable;
	struct alarm tick;
	struct kafka_report report;
	struct kafka_partitions partitions;
	bool is_member; /* of the group, as far as is known */
	bool was_connected;
	bool holds_back; /* enough waits for the store */
	bool is_paused;	 /* and has for a while */
	int64_t pause_at;
	bool is_leaving;
	int64_t leave_until;
	char *brokers;
	char *topic;
};

static struct kafka_source *kafka_of(struct source_thread *thread)
{
	return CONTAINER_OF(thread, struct kafka_source, thread);
}

/* Messages */

/* Has librdkafka deliver this one again, and what follows it. */
static void go_back(struct kafka_source *kafka, const rd_kafka_message_t *message)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

	rd_kafka_topic_partition_list_add(list, kafka->topic, message->partition)->offset =
	    message->offset;
	rd_kafka_error_destroy(rd_kafka_seek_partitions(kafka->client.kafka, list, 0));
	rd_kafka_topic_partition_list_destroy(list);
}

static void tell(struct kafka_source *kafka, rd_kafka_resp_err_t code, const char *detail)
{
	struct error reason;

	if (kafka_problem_explain(code, detail, &reason) == -EPROTO)
		kafka_report_problem(&kafka->report, &reason);
}

static void on_message(struct kafka_source *kafka, rd_kafka_event_t *event)
{
	const rd_kafka_message_t *received = rd_kafka_event_message_next(event);
	struct kafka_message *message;
	struct lane *lane;

	if (received == NULL || kafka->thread.is_stopping ||
	    received->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
		if (received != NULL && received->err != RD_KAFKA_RESP_ERR_NO_ERROR)
			tell(kafka, received->err, rd_kafka_message_errstr(received));
		rd_kafka_event_destroy(event);
		return;
	}
	lane = kafka_partitions_lane(&kafka->partitions, received->partition);
	message = lane == NULL ? NULL : kafka_message_create(event, received);
	if (message == NULL) {
		go_back(kafka, received);
		rd_kafka_event_destroy(event);
		return;
	}
	lane_add(lane, &message->lane);
}

/* Members come and go */

static void set_connected(struct kafka_source *kafka, bool is_connected)
{
	struct source_figures *figures = &kafka->thread.figures;

	if (atomic_exchange(&figures->connected, is_connected) || !is_connected)
		return;
	kafka_report_use(&kafka->report);
	counter_add(&figures->reconnections, kafka->was_connected);
	kafka->was_connected = true;
}

static void use(struct kafka_source *kafka, const rd_kafka_topic_partition_list_t *assigned)
{
	log_info("partitions of a source", LOG_TEXT("source", kafka->thread.name),
		 LOG_NUMBER("given", assigned->cnt));
	kafka->is_member = true;
	set_connected(kafka, true);
}

/* Returns whether all of this member's partitions are paused, or none, as was asked. */
static bool pause_all(struct kafka_source *kafka, bool pause)
{
	rd_kafka_topic_partition_list_t *list = NULL;
	bool is_done =
	    rd_kafka_assignment(kafka->client.kafka, &list) == RD_KAFKA_RESP_ERR_NO_ERROR;

	if (!is_done)
		return false;
	if (pause)
		rd_kafka_pause_partitions(kafka->client.kafka, list);
	else
		rd_kafka_resume_partitions(kafka->client.kafka, list);
	for (int i = 0; i < list->cnt; i++)
		is_done = is_done && list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_topic_partition_list_destroy(list);
	return is_done;
}

/* A partition that is paused when it is taken away stays so, and would be when it comes back. */
static void on_rebalance(struct kafka_source *kafka, rd_kafka_event_t *event)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_event_topic_partition_list(event);
	rd_kafka_t *client = kafka->client.kafka;

	if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
		rd_kafka_assign(client, list);
		if (kafka->is_paused)
			pause_all(kafka, true);
		use(kafka, list);
	} else {
		for (int i = 0; i < list->cnt; i++)
			kafka_partitions_close(&kafka->partitions, list->elems[i].partition);
		if (kafka->is_paused)
			pause_all(kafka, false);
		rd_kafka_assign(client, NULL);
	}
}

/* Events */

static void on_error(struct kafka_source *kafka, rd_kafka_event_t *event)
{
	if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
		set_connected(kafka, false);
	tell(kafka, rd_kafka_event_error(event), rd_kafka_event_error_string(event));
}

/* There is no event for brokers that come back. */
static void on_statistics(struct kafka_source *kafka, rd_kafka_event_t *event)
{
	struct kafka_health health;

	if (kafka_health_read(slice_from_string(rd_kafka_event_stats(event)), kafka->topic,
			      &health) == 0)
		set_connected(kafka, kafka->is_member && health.any_up);
}

static void on_event(struct kafka_source *kafka, rd_kafka_event_t *event)
{
	switch (rd_kafka_event_type(event)) {
	case RD_KAFKA_EVENT_FETCH:
		on_message(kafka, event);
		return;
	case RD_KAFKA_EVENT_REBALANCE:
		on_rebalance(kafka, event);
		break;
	case RD_KAFKA_EVENT_STATS:
		on_statistics(kafka, event);
		break;
	case RD_KAFKA_EVENT_ERROR:
		on_error(kafka, event);
		break;
	default:
		break;
	}
	rd_kafka_event_destroy(event);
}

/* Holding back */

static bool takes_events(const struct kafka_source *kafka)
{
	return !kafka->holds_back || kafka->is_paused;
}

/* The descriptor tells of events, or is left alone. */
static void watch(struct kafka_source *kafka)
{
	loop_modify(&kafka->thread.loop, kafka->client.descriptor,
		    takes_events(kafka) ? EPOLLIN : 0, &kafka->readable);
}

/* What cannot be done now is tried again with the next tick. */
static void set_paused(struct kafka_source *kafka, bool is_paused)
{
	if (kafka->is_paused != is_paused && pause_all(kafka, is_paused))
		kafka->is_paused = is_paused;
}

static void set_holding_back(struct kafka_source *kafka, bool holds_back)
{
	struct loop *loop = &kafka->thread.loop;

	kafka->holds_back = holds_back;
	kafka->pause_at = loop->now + PAUSE_AFTER;
	if (!holds_back) {
		set_paused(kafka, false);
		/* Some may have come that the descriptor does not tell of. */
		timer_set(&loop->timers, &kafka->tick.timer, loop->now);
	}
	watch(kafka);
}

static void hold_back_or_go_on(struct kafka_source *kafka)
{
	uint64_t waiting = counter_read(&kafka->thread.figures.waiting_bytes);
	uint64_t most = (uint64_t)kafka->thread.settings->sources_buffer_bytes;
	bool holds_back = kafka->holds_back ? waiting > most / 2 : waiting > most;

	if (holds_back == kafka->holds_back || kafka->thread.is_stopping)
		return;
	counter_add(&kafka->thread.figures.pauses, holds_back);
	set_holding_back(kafka, holds_back);
}

static void pause_if_it_lasts(struct kafka_source *kafka)
{
	set_paused(kafka, kafka->holds_back && kafka->thread.loop.now >= kafka->pause_at);
	watch(kafka);
}

static void take_events(struct kafka_source *kafka)
{
	for (int i = 0; i < EVENTS && takes_events(kafka); i++) {
		rd_kafka_event_t *event = kafka_client_next(&kafka->client);

		if (event == NULL)
			break;
		on_event(kafka, event);
		hold_back_or_go_on(kafka);
	}
}

static void on_readable(struct loop_source *readable, uint32_t events)
{
	(void)events;
	take_events(CONTAINER_OF(readable, struct kafka_source, readable));
}

/* The store has answered, perhaps. */
static void on_turn(struct loop *loop)
{
	hold_back_or_go_on(CONTAINER_OF(loop, struct kafka_source, thread.loop));
}

/* Stopping: what is at the store comes back first, so that its offsets are committed. */

static void leave(struct kafka_source *kafka)
{
	kafka->is_leaving = true;
	kafka->leave_until = kafka->thread.loop.now + LEAVE_WITHIN;
	rd_kafka_error_destroy(
	    rd_kafka_consumer_close_queue(kafka->client.kafka, kafka->client.queue));
}

static void on_stop(struct source_thread *thread)
{
	struct kafka_source *kafka = kafka_of(thread);

	set_holding_back(kafka, false);
	kafka_partitions_close_all(&kafka->partitions);
}

static void stop(struct kafka_source *kafka)
{
	if (!kafka_partitions_are_closed(&kafka->partitions))
		return;
	if (!kafka->is_leaving)
		leave(kafka);
	if (rd_kafka_consumer_closed(kafka->client.kafka) ||
	    kafka->thread.loop.now > kafka->leave_until)
		source_thread_end(&kafka->thread);
}

/* A consumer that does not poll for minutes loses its partitions. */
static void on_tick(struct alarm *tick)
{
	struct kafka_source *kafka = CONTAINER_OF(tick, struct kafka_source, tick);

	pause_if_it_lasts(kafka);
	take_events(kafka);
	if (kafka->thread.is_stopping)
		stop(kafka);
	timer_set(&kafka->thread.loop.timers, &tick->timer, kafka->thread.loop.now + TICK);
}

/* Opening and closing */

static const struct {
	const char *property;
	const char *value;
} properties[] = {
    {"enable.auto.offset.store", "false"},
    {"enable.auto.commit", "true"},
    {"auto.commit.interval.ms", "1000"},
    {"auto.offset.reset", "earliest"},
    /* Not cooperative-sticky: before 2.3, librdkafka aborts the program when a member leaves
     * that was never given partitions. */
    {"partition.assignment.strategy", "range,roundrobin"},
    /* A topic that is made, or gets more partitions, is found. */
    {"topic.metadata.refresh.interval.ms", "5000"},
    {"session.timeout.ms", "10000"},
    {"heartbeat.interval.ms", "2000"},
    /* Memory: what librdkafka fetches ahead, beside what waits for the store. */
    {"queued.min.messages", "100000"},
    {"queued.max.messages.kbytes", "16384"},
    {"fetch.max.bytes", "8388608"},
    {"fetch.wait.max.ms", "100"},
    {"isolation.level", "read_committed"},
    {"statistics.interval.ms", "1000"},
};

static int subscribe(struct kafka_source *kafka, struct error *error)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_resp_err_t code;

	rd_kafka_topic_partition_list_add(list, kafka->topic, RD_KAFKA_PARTITION_UA);
	code = rd_kafka_subscribe(kafka->client.kafka, list);
	rd_kafka_topic_partition_list_destroy(list);
	return code == RD_KAFKA_RESP_ERR_NO_ERROR
		   ? 0
		   : error_set(error, -EINVAL, "sources.kafka.topic cannot be read: %s",
			       rd_kafka_err2str(code));
}

static int connect_client(struct kafka_source *kafka, const struct settings *settings,
			  struct error *error)
{
	rd_kafka_conf_t *configuration;
	int result = kafka_client_configure(settings, &configuration, error);

	if (result < 0)
		return result;
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		kafka_client_set(configuration, properties[i].property, properties[i].value);
	kafka_client_set(configuration, "group.id", settings->sources_kafka_group);
	result = kafka_client_open(&kafka->client, RD_KAFKA_CONSUMER, configuration, error);
	if (result < 0)
		return result;
	kafka->partitions.kafka = kafka->client.kafka;
	result = loop_add(&kafka->thread.loop, kafka->client.descriptor, EPOLLIN, &kafka->readable);
	if (result < 0)
		error_set(error, result, "cannot open the source kafka: %s", strerror(-result));
	return result < 0 ? result : subscribe(kafka, error);
}

static void destroy(struct kafka_source *kafka)
{
	kafka_client_close(&kafka->client);
	source_thread_finish(&kafka->thread);
	free(kafka->brokers);
	free(kafka->topic);
	free(kafka);
}

static int start(struct kafka_source *kafka, const struct settings *settings, struct error *error)
{
	int result;

	kafka->brokers = slice_to_string(slice_from_string(settings->kafka_brokers));
	kafka->topic = slice_to_string(slice_from_string(settings->sources_kafka_topic));
	if (kafka->brokers == NULL || kafka->topic == NULL)
		return error_set(error, -ENOMEM, "out of memory while opening the source kafka");
	kafka_partitions_init(&kafka->partitions, &kafka->thread, kafka->topic);
	kafka->report = (struct kafka_report){.brokers = kafka->brokers, .topic = kafka->topic};
	kafka->readable.on_ready = on_readable;
	kafka->thread.on_stop = on_stop;
	kafka->thread.loop.on_turn = on_turn;
	alarm_init(&kafka->tick, on_tick);
	timer_set(&kafka->thread.loop.timers, &kafka->tick.timer, kafka->thread.loop.now + TICK);
	result = connect_client(kafka, settings, error);
	return result < 0 ? result : source_thread_start(&kafka->thread, error);
}

static int open_source(const struct source_options *options, struct source **ret_source,
		       struct error *error)
{
	const struct settings *settings = &options->configuration->settings;
	struct kafka_source *kafka = calloc(1, sizeof(*kafka));
	int result;

	if (kafka == NULL)
		return error_set(error, -ENOMEM, "out of memory while opening the source kafka");
	kafka->source.ops = &kafka_source_ops;
	result = source_thread_init(&kafka->thread, options, "kafka", settings->sources_kafka_topic,
				    error);
	if (result < 0) {
		free(kafka);
		return result;
	}
	result = start(kafka, settings, error);
	if (result < 0)
		destroy(kafka);
	else
		*ret_source = &kafka->source;
	return result;
}

static bool is_wanted(const struct settings *settings)
{
	return settings->sources_kafka_topic[0] != '\0';
}

/* Hints in the queue would all become dead letters, and messages among the hints be read by
 * nobody. */
static int check(const struct settings *settings, struct error *error)
{
	if (strcmp(settings->sources_kafka_topic, settings->kafka_topic) == 0)
		return error_set(error, -EINVAL,
				 "kafka.topic and sources.kafka.topic are both %s; nodes tell each "
				 "other of commits by the first and read messages from the second, "
				 "so name two topics",
				 settings->kafka_topic);
	return kafka_client_check(settings, error);
}

static void reconfigure(struct source *source, struct configuration *configuration)
{
	source_thread_reconfigure(&((struct kafka_source *)source)->thread, configuration);
}

static void statistics(struct source *source, struct source_statistics *ret_statistics)
{
	source_thread_statistics(&((struct kafka_source *)source)->thread, ret_statistics);
}

static void close_source(struct source *source)
{
	struct kafka_source *kafka = (struct kafka_source *)source;

	source_thread_stop(&kafka->thread);
	destroy(kafka);
}

const struct source_ops kafka_source_ops = {
    .name = "kafka",
    .is_wanted = is_wanted,
    .check = check,
    .open = open_source,
    .reconfigure = reconfigure,
    .statistics = statistics,
    .close = close_source,
};
