/* Hints by Redis Pub/Sub.
 *
 * A publisher only puts a reference into the thread's mailbox; the thread encodes and sends as fast
 * as Redis takes. What waits is bounded by the bytes of its texts, and beyond that dropped: the
 * other nodes read the store anyway.
 *
 * What Redis carries may be lost in two places, and each side heals its own. A node that subscribed
 * anew, for whatever reason, looks at the store. A node that could not send, or does not know
 * whether it did, sends an empty batch as soon as it can, which has the others look at the store.
 * Both wait a random moment first, since all nodes notice a restart of Redis together. */
#include "base/counter.h"
#include "config/settings.h"
#include "core/hint_codec.h"
#include "feed/feed.h"
#include "feed/handover.h"
#include "feed/reception.h"
#include "feed/redis_bus.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { MESSAGE_BYTES = 8 << 20 };

struct redis_feed {
	struct feed feed;
	struct server_url url;
	char *password;
	uint64_t node;
	SSL_CTX *tls;
	struct blocking *lookups;
	struct loop loop;
	struct redis_bus bus;
	pthread_t thread;
	struct mailbox_message stop;
	struct handover handover;
	struct reception reception;
	/* On the thread. */
	struct alarm look;
	struct buffer message;
};

static void publish(struct feed *feed, struct hint_batch *batch)
{
	handover_give(&((struct redis_feed *)feed)->handover, batch);
}

/* Sending, on the thread */

/* Batches of one user go the same way, so that they arrive in order while all is well. */
static uint64_t hash_of(const struct hint_batch *batch)
{
	struct slice user = batch->count == 0 ? SLICE("") : batch->hints[0].user;
	uint64_t hash = 14695981039346656037U + batch->canary; /* FNV-1a */

	for (size_t i = 0; i < user.length; i++)
		hash = (hash ^ (unsigned char)user.data[i]) * 1099511628211U;
	return hash ^ hash >> 32;
}

/* Returns 0, -EAGAIN where nobody takes it now, or another negative errno value. */
static int send_batch(struct redis_feed *redis, const struct hint_batch *batch)
{
	struct redis_channel *channel = redis_bus_choose(&redis->bus, hash_of(batch));
	struct hint_encoder encoder;
	int result = channel == NULL ? -EAGAIN : 1;

	hint_encoder_init(&encoder, batch, redis->node, MESSAGE_BYTES);
	while (result == 1) {
		buffer_clear(&redis->message);
		result = hint_encoder_next(&encoder, &redis->message);
		if (result == 1 &&
		    redis_bus_publish(&redis->bus, channel, buffer_slice(&redis->message)) < 0)
			result = -ENOMEM;
	}
	return result;
}

static void tell_of_loss(struct redis_feed *redis)
{
	const struct hint_batch nothing = {.count = 0};

	if (handover_take_loss(&redis->handover) && send_batch(redis, &nothing) < 0)
		handover_lose(&redis->handover, 0);
}

static void send_waiting(struct redis_feed *redis)
{
	struct hint_batch *batch;
	int result = 0;

	while ((batch = handover_oldest(&redis->handover)) != NULL) {
		result = send_batch(redis, batch);
		if (result == -EAGAIN)
			return;
		if (result < 0)
			handover_lose(&redis->handover, 1);
		handover_drop_oldest(&redis->handover);
	}
	if (result == 0)
		tell_of_loss(redis);
}

static void on_unsent(void *context, uint64_t batches)
{
	handover_lose(&((struct redis_feed *)context)->handover, batches);
}

/* Receiving, on the thread */

static void on_subscribed(void *context, bool is_first)
{
	struct redis_feed *redis = context;

	reception_hear(&redis->reception, is_first, redis->loop.now);
}

static void on_message(void *context, struct slice message)
{
	struct redis_feed *redis = context;
	uint64_t node;

	reception_take(&redis->reception, message, redis->loop.now, &node);
}

/* The timer only has the loop take a turn. */
static void on_look(struct alarm *alarm)
{
	(void)alarm;
}

static void on_turn(struct loop *loop)
{
	struct redis_feed *redis = CONTAINER_OF(loop, struct redis_feed, loop);
	int64_t look_at = reception_turn(&redis->reception, loop->now);

	if (look_at != 0 && !timer_is_set(&redis->look.timer))
		timer_set(&loop->timers, &redis->look.timer, look_at);
	send_waiting(redis);
	redis_bus_flush(&redis->bus);
}

static const struct redis_bus_ops bus_ops = {
    .on_message = on_message,
    .on_subscribed = on_subscribed,
    .on_unsent = on_unsent,
};

/* Opening and closing */

static void *run_thread(void *argument)
{
	struct redis_feed *redis = argument;
	sigset_t signals;

	/* OpenSSL writes to sockets that may be closed. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	loop_run(&redis->loop);
	return NULL;
}

static void on_stop(struct mailbox_message *message)
{
	struct redis_feed *redis = CONTAINER_OF(message, struct redis_feed, stop);

	loop_stop(&redis->loop);
}

static int out_of_memory(struct error *error)
{
	return error_set(error, -ENOMEM, "out of memory while opening the feed");
}

static int read_url(const struct settings *settings, struct server_url *ret_url,
		    struct error *error)
{
	int result = redis_url_parse(slice_from_string(settings->redis_url), ret_url, error);

	if (result == 0 && !settings->redis_cluster && ret_url->endpoint_count > 1)
		return error_set(error, -EINVAL,
				 "redis.url names several servers, which only a cluster has; name "
				 "one, or set redis.cluster to true");
	return result;
}

static int check(const struct settings *settings, struct error *error)
{
	struct server_url url;

	return read_url(settings, &url, error);
}

static int read_options(struct redis_feed *redis, const struct feed_options *options,
			struct error *error)
{
	const struct settings *settings = options->settings;
	int result = read_url(settings, &redis->url, error);

	if (result < 0)
		return result;
	redis->password = slice_to_string(settings->redis_password);
	if (redis->password == NULL)
		return out_of_memory(error);
	redis->node = options->node;
	return redis->url.tls ? redis_tls_create(settings->redis_tls_ca_file, &redis->tls, error)
			      : 0;
}

static int start_bus(struct redis_feed *redis, const struct settings *settings)
{
	struct redis_bus_options bus = {
	    .loop = &redis->loop,
	    .lookups = redis->lookups,
	    .tls = redis->tls,
	    .url = &redis->url,
	    .password = slice_from_bytes(redis->password, settings->redis_password.length),
	    .cluster = settings->redis_cluster,
	    .channels = (size_t)settings->redis_channels,
	    .ops = &bus_ops,
	    .context = redis,
	};
	int result = redis_bus_init(&redis->bus, &bus);

	if (result < 0)
		return result;
	result = -pthread_create(&redis->thread, NULL, run_thread, redis);
	if (result < 0)
		redis_bus_finish(&redis->bus);
	return result;
}

static int start(struct redis_feed *redis, const struct settings *settings, struct error *error)
{
	int result = loop_init(&redis->loop, alarm_expire);

	if (result < 0)
		return error_set(error, result, "cannot open the feed: %s", strerror(-result));
	redis->loop.on_turn = on_turn;
	redis->lookups = blocking_create();
	result = redis->lookups == NULL ? -ENOMEM : start_bus(redis, settings);
	if (result == 0)
		return 0;
	blocking_destroy(redis->lookups);
	loop_finish(&redis->loop);
	return error_set(error, result, "cannot open the feed: %s", strerror(-result));
}

static void free_feed(struct redis_feed *redis)
{
	SSL_CTX_free(redis->tls);
	free(redis->password);
	buffer_finish(&redis->message);
	free(redis);
}

static int open_feed(const struct feed_options *options, struct feed **ret_feed,
		     struct error *error)
{
	struct redis_feed *redis = calloc(1, sizeof(*redis));
	int result;

	if (redis == NULL)
		return out_of_memory(error);
	redis->feed.ops = &redis_feed_ops;
	redis->message = BUFFER_EMPTY;
	redis->stop.on_receive = on_stop;
	handover_init(&redis->handover, &redis->loop.mailbox);
	reception_init(&redis->reception, options);
	alarm_init(&redis->look, on_look);
	result = read_options(redis, options, error);
	if (result == 0)
		result = start(redis, options->settings, error);
	if (result < 0)
		free_feed(redis);
	else
		*ret_feed = &redis->feed;
	return result;
}

static void statistics(struct feed *feed, struct feed_statistics *ret_statistics)
{
	struct redis_feed *redis = (struct redis_feed *)feed;

	*ret_statistics = (struct feed_statistics){
	    .connected =
		redis_bus_is_subscribed(&redis->bus) && !reception_is_behind(&redis->reception),
	    .published = counter_read(&redis->handover.published),
	    .received = counter_read(&redis->reception.received),
	    .failures =
		counter_read(&redis->handover.failures) + counter_read(&redis->reception.failures),
	    .operations = counter_read(&redis->bus.shared.operations),
	    .reconnections = counter_read(&redis->bus.shared.reconnections),
	    .wakes = counter_read(&redis->reception.looks),
	};
}

/* Lookups that are under way end in the mailbox, so they end first. */
static void close_feed(struct feed *feed)
{
	struct redis_feed *redis = (struct redis_feed *)feed;

	mailbox_send(&redis->loop.mailbox, &redis->stop);
	pthread_join(redis->thread, NULL);
	redis_bus_finish(&redis->bus);
	blocking_destroy(redis->lookups);
	mailbox_receive(&redis->loop.mailbox);
	handover_finish(&redis->handover);
	loop_finish(&redis->loop);
	free_feed(redis);
}

const struct feed_ops redis_feed_ops = {
    .name = "redis",
    .way = FEED_CARRIES,
    .check = check,
    .open = open_feed,
    .publish = publish,
    .statistics = statistics,
    .close = close_feed,
};
