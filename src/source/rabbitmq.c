/* Messages of a queue, which is one lane as long as a connection lasts. What was not acknowledged
 * when it breaks RabbitMQ delivers again; the store knows it by its message id, where its producer
 * gave it one. */
#include "source/rabbitmq_consumer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct rabbitmq_source {
	struct source source;
	struct source_thread thread;
	struct rabbitmq_access access;
	struct rabbitmq_report report;
	struct rabbitmq_consumer consumer;
	struct list channels;
	char *queue;
};

/* The messages of one connection. */
struct channel {
	struct lane lane;
	struct list link;
	struct rabbitmq_source *rabbitmq;
	uint64_t connection;
};

static struct channel *channel_of(struct list *link)
{
	return CONTAINER_OF(link, struct channel, link);
}

static void free_messages(struct list *messages)
{
	LIST_FOR_EACH(link, messages) {
		list_remove(link);
		rabbitmq_message_destroy(rabbitmq_message_of(link));
	}
}

static void on_handled(struct lane *lane, struct list *messages)
{
	struct channel *channel = CONTAINER_OF(lane, struct channel, lane);
	struct list *last = messages->previous;

	list_remove(last);
	/* First, since the acknowledgement wakes a consumer that waits for them to go. */
	free_messages(messages);
	rabbitmq_consumer_acknowledge(&channel->rabbitmq->consumer, rabbitmq_message_of(last));
}

static void on_dropped(struct lane *lane, struct list *messages)
{
	(void)lane;
	free_messages(messages);
}

static void end_if_stopped(struct rabbitmq_source *rabbitmq)
{
	if (rabbitmq->thread.is_stopping && list_is_empty(&rabbitmq->channels))
		source_thread_end(&rabbitmq->thread);
}

static void on_closed(struct lane *lane)
{
	struct channel *channel = CONTAINER_OF(lane, struct channel, lane);
	struct rabbitmq_source *rabbitmq = channel->rabbitmq;

	list_remove(&channel->link);
	free(channel);
	end_if_stopped(rabbitmq);
}

static const struct lane_ops lane_ops = {
    .on_handled = on_handled,
    .on_dropped = on_dropped,
    .on_closed = on_closed,
};

/* Made with the connection's first message. */
static struct channel *channel_for(struct rabbitmq_source *rabbitmq, uint64_t connection)
{
	struct channel *channel;

	LIST_FOR_EACH(link, &rabbitmq->channels) {
		if (channel_of(link)->connection == connection)
			return channel_of(link);
	}
	/* A message that is left out would be acknowledged with those behind it. */
	while ((channel = malloc(sizeof(*channel))) == NULL)
		usleep(1000);
	*channel = (struct channel){.rabbitmq = rabbitmq, .connection = connection};
	lane_init(&channel->lane, &rabbitmq->thread, &lane_ops);
	list_append(&rabbitmq->channels, &channel->link);
	return channel;
}

/* Lanes of connections that are gone. */
static void close_channels(struct rabbitmq_source *rabbitmq, uint64_t before)
{
	LIST_FOR_EACH(link, &rabbitmq->channels) {
		struct channel *channel = channel_of(link);

		if (channel->connection < before && !channel->lane.is_closed)
			lane_close(&channel->lane);
	}
}

/* Those of a connection that is gone come again. */
static void on_arrival(struct mailbox_message *transfer)
{
	struct rabbitmq_message *message =
	    CONTAINER_OF(transfer, struct rabbitmq_message, transfer);
	struct rabbitmq_source *rabbitmq = message->context;
	bool is_late = message->connection < atomic_load(&rabbitmq->consumer.connection);

	if (is_late || rabbitmq->thread.is_stopping)
		rabbitmq_message_destroy(message);
	else
		lane_add(&channel_for(rabbitmq, message->connection)->lane, &message->lane);
}

static void on_lost(struct mailbox_message *message)
{
	struct rabbitmq_source *rabbitmq =
	    CONTAINER_OF(message, struct rabbitmq_source, consumer.lost);

	rabbitmq_consumer_heard(&rabbitmq->consumer);
	close_channels(rabbitmq, atomic_load(&rabbitmq->consumer.connection));
}

static void on_stop(struct source_thread *thread)
{
	struct rabbitmq_source *rabbitmq = CONTAINER_OF(thread, struct rabbitmq_source, thread);

	close_channels(rabbitmq, UINT64_MAX);
	end_if_stopped(rabbitmq);
}

/* Opening and closing */

/* The thread first: only there may a message get into a lane. */
static int start(struct rabbitmq_source *rabbitmq, const struct settings *settings,
		 struct error *error)
{
	const struct rabbitmq_consumer_options options = {
	    .access = &rabbitmq->access,
	    .report = &rabbitmq->report,
	    .receiver = &rabbitmq->thread.loop.mailbox,
	    .on_arrival = on_arrival,
	    .on_lost = on_lost,
	    .context = rabbitmq,
	    .queue = rabbitmq->queue,
	    .prefetch = (uint16_t)settings->sources_rabbitmq_prefetch,
	    .most_bytes = (uint64_t)settings->sources_buffer_bytes,
	};
	int result;

	rabbitmq->thread.on_stop = on_stop;
	result = source_thread_start(&rabbitmq->thread, error);
	if (result < 0)
		return result;
	result = rabbitmq_consumer_start(&rabbitmq->consumer, &options);
	if (result == 0)
		return 0;
	source_thread_stop(&rabbitmq->thread);
	return error_set(error, result, "cannot open the source rabbitmq: %s", strerror(-result));
}

static void destroy(struct rabbitmq_source *rabbitmq)
{
	rabbitmq_report_finish(&rabbitmq->report);
	rabbitmq_access_finish(&rabbitmq->access);
	source_thread_finish(&rabbitmq->thread);
	free(rabbitmq->queue);
	free(rabbitmq);
}

/* Reads the settings. */
static int prepare(struct rabbitmq_source *rabbitmq, const struct settings *settings,
		   struct error *error)
{
	int result = rabbitmq_access_init(&rabbitmq->access, settings, error);

	if (result < 0)
		return result;
	return rabbitmq->queue != NULL
		   ? 0
		   : error_set(error, -ENOMEM, "out of memory while opening the source rabbitmq");
}

static int open_source(const struct source_options *options, struct source **ret_source,
		       struct error *error)
{
	const struct settings *settings = &options->configuration->settings;
	struct rabbitmq_source *rabbitmq = calloc(1, sizeof(*rabbitmq));
	int result;

	if (rabbitmq == NULL)
		return error_set(error, -ENOMEM, "out of memory while opening the source rabbitmq");
	rabbitmq->source.ops = &rabbitmq_source_ops;
	list_init(&rabbitmq->channels);
	result = source_thread_init(&rabbitmq->thread, options, "rabbitmq",
				    settings->sources_rabbitmq_queue, error);
	if (result < 0) {
		free(rabbitmq);
		return result;
	}
	rabbitmq->queue = slice_to_string(slice_from_string(settings->sources_rabbitmq_queue));
	rabbitmq_report_init(&rabbitmq->report, 1, "queue", rabbitmq->queue);
	result = prepare(rabbitmq, settings, error);
	if (result == 0)
		result = start(rabbitmq, settings, error);
	if (result < 0)
		destroy(rabbitmq);
	else
		*ret_source = &rabbitmq->source;
	return result;
}

static bool is_wanted(const struct settings *settings)
{
	return settings->sources_rabbitmq_queue[0] != '\0';
}

static void reconfigure(struct source *source, struct configuration *configuration)
{
	struct rabbitmq_source *rabbitmq = (struct rabbitmq_source *)source;

	source_thread_reconfigure(&rabbitmq->thread, configuration);
	atomic_store(&rabbitmq->consumer.most_bytes,
		     (uint64_t)configuration->settings.sources_buffer_bytes);
}

static void statistics(struct source *source, struct source_statistics *ret_statistics)
{
	struct rabbitmq_source *rabbitmq = (struct rabbitmq_source *)source;
	uint64_t openings = atomic_load(&rabbitmq->consumer.session.openings);

	source_thread_statistics(&rabbitmq->thread, ret_statistics);
	ret_statistics->connected = atomic_load(&rabbitmq->consumer.is_consuming);
	ret_statistics->reconnections = openings - (openings > 0);
	ret_statistics->pauses = atomic_load(&rabbitmq->consumer.pauses);
}

/* The thread ends when the store has answered; acknowledgements that it gave then go out before the
 * connection ends. */
static void close_source(struct source *source)
{
	struct rabbitmq_source *rabbitmq = (struct rabbitmq_source *)source;

	source_thread_stop(&rabbitmq->thread);
	rabbitmq_consumer_stop(&rabbitmq->consumer);
	destroy(rabbitmq);
}

const struct source_ops rabbitmq_source_ops = {
    .name = "rabbitmq",
    .is_wanted = is_wanted,
    .check = rabbitmq_access_check,
    .open = open_source,
    .reconfigure = reconfigure,
    .statistics = statistics,
    .close = close_source,
};
