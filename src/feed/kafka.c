/* Hints by a topic of Kafka.
 *
 * Every node appends what it commits to one topic and reads all of its partitions from their ends.
 * A publisher only hands a reference to the feed's thread, which encodes and gives the messages to
 * librdkafka; what waits is bounded in both places, and beyond that dropped: the other nodes read
 * the store anyway.
 *
 * What Kafka carries may be lost in two places, and each side heals its own. A node that hears
 * anew, for whatever reason, looks at the store. A node that could not send, or does not know
 * whether it did, sends an empty batch a moment later, which has the others look at the store. Both
 * wait a random moment first, since all nodes notice a restart of brokers together.
 *
 * The key of a message is the user of its first hint, so that while all is well what one user is
 * told stays in order. */
#include "base/counter.h"
#include "base/random.h"
#include "broker/kafka_client.h"
#include "config/settings.h"
#include "core/hint_codec.h"
#include "feed/feed.h"
#include "feed/handover.h"
#include "feed/kafka_sender.h"
#include "feed/kafka_tail.h"
#include "feed/reception.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { PART_BYTES = KAFKA_MESSAGE_BYTES / 2 /* of hints that share a message, roughly */ };

struct kafka_feed {
	struct feed feed;
	char *brokers;
	char *topic;
	uint64_t node;
	struct loop loop;
	struct handover handover;
	struct reception reception;
	struct kafka_tail tail;
	struct kafka_sender sender;
	pthread_t thread;
	struct mailbox_message stop;
	/* On the thread. */
	struct timer look;
	struct random random;
	struct buffer message;
};

static void publish(struct feed *feed, struct hint_batch *batch)
{
	handover_give(&((struct kafka_feed *)feed)->handover, batch);
}

/* Sending, on the thread */

static struct slice key_of(const struct hint_batch *part, const uint64_t *number)
{
	return part->count > 0 ? part->hints[0].user
			       : slice_from_bytes((const char *)number, sizeof(*number));
}

/* A part is a batch whose hints are some of another's. Without hints its key is `number`. */
static int send_part(struct kafka_feed *kafka, const struct hint_batch *part, uint64_t number)
{
	struct hint_encoder encoder;
	int result = 1;

	hint_encoder_init(&encoder, part, kafka->node, KAFKA_MESSAGE_BYTES);
	while (result == 1) {
		buffer_clear(&kafka->message);
		result = hint_encoder_next(&encoder, &kafka->message);
		if (result == 1 && kafka_sender_send(&kafka->sender, key_of(part, &number),
						     buffer_slice(&kafka->message)) < 0)
			result = -ENOBUFS;
	}
	return result;
}

/* How many hints go together. One that is too large for a message goes alone, and the encoder
 * leaves out what it cannot carry. */
static size_t hints_of_part(const struct hint_batch *rest)
{
	size_t bytes = 0, hints = 0;

	while (hints < rest->count) {
		bytes += handover_hint_bytes(&rest->hints[hints]);
		if (bytes > PART_BYTES && hints > 0)
			break;
		hints++;
	}
	return hints;
}

static int send_batch(struct kafka_feed *kafka, const struct hint_batch *batch)
{
	struct hint_batch rest = {
	    .epoch = batch->epoch,
	    .canary = batch->canary,
	    .committed_at = batch->committed_at,
	    .count = batch->count,
	    .hints = batch->hints,
	};
	int result;

	do {
		struct hint_batch part = rest;

		part.count = hints_of_part(&rest);
		result = send_part(kafka, &part, batch->canary);
		rest.hints += part.count;
		rest.count -= part.count;
	} while (result == 0 && rest.count > 0);
	return result;
}

static void send_waiting(struct kafka_feed *kafka)
{
	struct hint_batch *batch;

	if (!kafka_tail_has_topic(&kafka->tail))
		return;
	while ((batch = handover_oldest(&kafka->handover)) != NULL) {
		if (send_batch(kafka, batch) < 0)
			handover_lose(&kafka->handover, 1);
		handover_drop_oldest(&kafka->handover);
	}
}

/* Any partition will do, and not always the same, which may be the one without a leader. */
static void tell_of_loss(struct kafka_feed *kafka)
{
	const struct hint_batch nothing = {.count = 0};

	if (!kafka_tail_has_topic(&kafka->tail) || !handover_take_loss(&kafka->handover))
		return;
	if (send_part(kafka, &nothing, random_next(&kafka->random)) < 0)
		handover_lose(&kafka->handover, 0);
}

static void on_unsent(void *context, uint64_t messages)
{
	handover_lose(&((struct kafka_feed *)context)->handover, messages);
}

/* Receiving, on the thread */

static void on_heard(void *context, bool is_first)
{
	struct kafka_feed *kafka = context;

	reception_hear(&kafka->reception, is_first, kafka->loop.now);
}

static void on_message(void *context, struct slice message)
{
	struct kafka_feed *kafka = context;
	uint64_t node;

	reception_take(&kafka->reception, message, kafka->loop.now, &node);
}

/* The timer only has the loop take a turn. */
static void on_expire(struct timer_wheel *wheel, struct timer *timer)
{
	(void)wheel;
	(void)timer;
}

static void on_turn(struct loop *loop)
{
	struct kafka_feed *kafka = CONTAINER_OF(loop, struct kafka_feed, loop);
	int64_t look_at = reception_turn(&kafka->reception, loop->now);

	if (look_at != 0 && !timer_is_set(&kafka->look))
		timer_set(&loop->timers, &kafka->look, look_at);
	send_waiting(kafka);
}

static void on_tick(void *context)
{
	struct kafka_feed *kafka = context;

	kafka_sender_tick(&kafka->sender);
	tell_of_loss(kafka);
}

static const struct kafka_tail_ops tail_ops = {
    .on_message = on_message,
    .on_heard = on_heard,
    .on_tick = on_tick,
};

/* Opening and closing */

static void *run_thread(void *argument)
{
	struct kafka_feed *kafka = argument;

	loop_run(&kafka->loop);
	return NULL;
}

static void on_stop(struct mailbox_message *message)
{
	struct kafka_feed *kafka = CONTAINER_OF(message, struct kafka_feed, stop);

	loop_stop(&kafka->loop);
}

static int start_sender(struct kafka_feed *kafka, const struct settings *settings,
			struct error *error)
{
	struct kafka_sender_options options = {
	    .loop = &kafka->loop,
	    .brokers = kafka->brokers,
	    .topic = kafka->topic,
	    .on_unsent = on_unsent,
	    .context = kafka,
	};
	int result = kafka_client_configure(settings, &options.configuration, error);

	return result < 0 ? result : kafka_sender_init(&kafka->sender, &options, error);
}

static int start_tail(struct kafka_feed *kafka, const struct settings *settings,
		      struct error *error)
{
	struct kafka_tail_options options = {
	    .loop = &kafka->loop,
	    .brokers = kafka->brokers,
	    .topic = kafka->topic,
	    .partitions = (int)settings->kafka_partitions,
	    .ops = &tail_ops,
	    .context = kafka,
	};
	int result = kafka_client_configure(settings, &options.configuration, error);

	return result < 0 ? result : kafka_tail_init(&kafka->tail, &options, error);
}

static int start_clients(struct kafka_feed *kafka, const struct settings *settings,
			 struct error *error)
{
	int result = start_sender(kafka, settings, error);

	if (result < 0)
		return result;
	result = start_tail(kafka, settings, error);
	if (result < 0)
		kafka_sender_finish(&kafka->sender);
	return result;
}

static int start(struct kafka_feed *kafka, const struct settings *settings, struct error *error)
{
	int result = loop_init(&kafka->loop, on_expire);

	if (result < 0)
		return error_set(error, result, "cannot open the feed: %s", strerror(-result));
	kafka->loop.on_turn = on_turn;
	result = start_clients(kafka, settings, error);
	if (result == 0) {
		result = -pthread_create(&kafka->thread, NULL, run_thread, kafka);
		if (result == 0)
			return 0;
		kafka_tail_finish(&kafka->tail);
		kafka_sender_finish(&kafka->sender);
		error_set(error, result, "cannot open the feed: %s", strerror(-result));
	}
	loop_finish(&kafka->loop);
	return result;
}

static void free_feed(struct kafka_feed *kafka)
{
	free(kafka->brokers);
	free(kafka->topic);
	buffer_finish(&kafka->message);
	free(kafka);
}

static struct kafka_feed *create(const struct feed_options *options)
{
	struct kafka_feed *kafka = calloc(1, sizeof(*kafka));

	if (kafka == NULL)
		return NULL;
	kafka->feed.ops = &kafka_feed_ops;
	kafka->brokers = slice_to_string(slice_from_string(options->settings->kafka_brokers));
	kafka->topic = slice_to_string(slice_from_string(options->settings->kafka_topic));
	kafka->node = options->node;
	kafka->message = BUFFER_EMPTY;
	kafka->stop.on_receive = on_stop;
	handover_init(&kafka->handover, &kafka->loop.mailbox);
	reception_init(&kafka->reception, options);
	timer_init(&kafka->look);
	random_init(&kafka->random, random_system_seed());
	return kafka;
}

static int open_feed(const struct feed_options *options, struct feed **ret_feed,
		     struct error *error)
{
	struct kafka_feed *kafka = create(options);
	int result = -ENOMEM;

	if (kafka != NULL && kafka->brokers != NULL && kafka->topic != NULL)
		result = start(kafka, options->settings, error);
	else
		error_set(error, result, "out of memory while opening the feed");
	if (result == 0)
		*ret_feed = &kafka->feed;
	else if (kafka != NULL)
		free_feed(kafka);
	return result;
}

static void statistics(struct feed *feed, struct feed_statistics *ret_statistics)
{
	struct kafka_feed *kafka = (struct kafka_feed *)feed;

	*ret_statistics = (struct feed_statistics){
	    .connected =
		atomic_load(&kafka->tail.is_heard) && !reception_is_behind(&kafka->reception),
	    .published = counter_read(&kafka->handover.published),
	    .received = counter_read(&kafka->reception.received),
	    .failures =
		counter_read(&kafka->handover.failures) + counter_read(&kafka->reception.failures),
	    .operations =
		counter_read(&kafka->tail.requests) + counter_read(&kafka->sender.requests),
	    .reconnections = counter_read(&kafka->tail.reconnections),
	    .wakes = counter_read(&kafka->reception.looks),
	};
}

static void close_feed(struct feed *feed)
{
	struct kafka_feed *kafka = (struct kafka_feed *)feed;

	mailbox_send(&kafka->loop.mailbox, &kafka->stop);
	pthread_join(kafka->thread, NULL);
	kafka_tail_finish(&kafka->tail);
	kafka_sender_finish(&kafka->sender);
	mailbox_receive(&kafka->loop.mailbox);
	handover_finish(&kafka->handover);
	loop_finish(&kafka->loop);
	free_feed(kafka);
}

const struct feed_ops kafka_feed_ops = {
    .name = "kafka",
    .way = FEED_CARRIES,
    .check = kafka_client_check,
    .open = open_feed,
    .publish = publish,
    .statistics = statistics,
    .close = close_feed,
};
