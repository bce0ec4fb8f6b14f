/* Wakes other nodes with PostgreSQL's LISTEN and NOTIFY: a notification says that there is
 * something to look at, and the node looks at the store. So it needs no other server, and a
 * notification that is lost costs a moment.
 *
 * Who publishes raises a flag and goes on. The feed's thread sends one statement at a time; what is
 * published meanwhile shares the next. What is not known to be sent is sent again by the next
 * session. Payloads: the number of the node, which ignores its own; `canary:NODE:NUMBER`; and what
 * triggers of adopted tables send, which is empty. */
#include "base/clock.h"
#include "base/counter.h"
#include "config/settings.h"
#include "feed/feed.h"
#include "feed/pgnotify_session.h"
#include "store/postgres_url.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	CANARIES = 8, /* under way; the oldest gives way to a ninth */
	NODE_DIGITS = 16,
	PAYLOAD_BYTES = 64,
	STATEMENT_BYTES = (CANARIES + 1) * (PAYLOAD_BYTES + 32),
	GAP_SPREAD = 250, /* milliseconds: nodes whose server restarted do not all look at once */
};

/* A canary on its way; `number` 0 is none. */
struct canary {
	uint64_t epoch;
	uint64_t number;
	bool is_sent;
};

struct pgnotify_feed {
	struct feed feed;
	struct feed_options options;
	char *url;
	char *password;
	char node[NODE_DIGITS + 1];
	pthread_t thread;
	int event; /* an eventfd: there is something for the thread */
	_Atomic bool is_stopping;
	_Atomic bool is_pending; /* something was published that no node was told of */

	pthread_mutex_t mutex; /* of the canaries */
	struct canary canaries[CANARIES];
	unsigned next_canary;

	/* Of the thread. */
	struct pgnotify_session session;
	bool is_telling; /* the statement under way tells of what was published */
	bool has_listened;
	bool has_heard;	 /* since the last look */
	int64_t look_at; /* when to have the node look, monotonic milliseconds; 0: not */

	_Atomic bool is_connected;
	_Atomic uint64_t published, received, failures, operations, reconnections, wakes;
};

static struct pgnotify_feed *feed_of(struct pgnotify_session *session)
{
	return (struct pgnotify_feed *)((char *)session - offsetof(struct pgnotify_feed, session));
}

static void nudge(struct pgnotify_feed *pgnotify)
{
	uint64_t one = 1;

	/* Where it fails, the counter is full, and the thread is nudged already. */
	(void)!write(pgnotify->event, &one, sizeof(one));
}

static void keep_canary(struct pgnotify_feed *pgnotify, const struct hint_batch *batch)
{
	pthread_mutex_lock(&pgnotify->mutex);
	pgnotify->canaries[pgnotify->next_canary++ % CANARIES] =
	    (struct canary){.epoch = batch->epoch, .number = batch->canary};
	pthread_mutex_unlock(&pgnotify->mutex);
}

static void publish(struct feed *feed, struct hint_batch *batch)
{
	struct pgnotify_feed *pgnotify = (struct pgnotify_feed *)feed;

	if (batch->canary != 0) {
		keep_canary(pgnotify, batch);
		nudge(pgnotify);
		return;
	}
	counter_add(&pgnotify->published, 1);
	if (!atomic_exchange(&pgnotify->is_pending, true))
		nudge(pgnotify);
}

/* Appends the canaries that were not sent. Returns the new length. */
static size_t append_canaries(struct pgnotify_feed *pgnotify, char *statement, size_t length)
{
	pthread_mutex_lock(&pgnotify->mutex);
	for (size_t i = 0; i < CANARIES; i++) {
		struct canary *canary = &pgnotify->canaries[i];

		if (canary->number == 0 || canary->is_sent)
			continue;
		canary->is_sent = true;
		length += (size_t)snprintf(statement + length, STATEMENT_BYTES - length,
					   "NOTIFY " PGNOTIFY_CHANNEL ", 'canary:%s:%" PRIu64 "';",
					   pgnotify->node, canary->number);
	}
	pthread_mutex_unlock(&pgnotify->mutex);
	return length;
}

/* The flag goes down before the statement goes out: what is published from here on needs
 * another. */
static void send_pending(struct pgnotify_feed *pgnotify, int64_t now)
{
	char statement[STATEMENT_BYTES];
	size_t length = 0;

	if (pgnotify->session.state != PGNOTIFY_LISTENING)
		return;
	pgnotify->is_telling = atomic_exchange(&pgnotify->is_pending, false);
	if (pgnotify->is_telling)
		length = (size_t)snprintf(statement, sizeof(statement),
					  "NOTIFY " PGNOTIFY_CHANNEL ", '%s';", pgnotify->node);
	length = append_canaries(pgnotify, statement, length);
	if (length == 0)
		return;
	counter_add(&pgnotify->operations, 1);
	pgnotify_session_send(&pgnotify->session, statement, now);
}

static void on_end(struct pgnotify_session *session, bool done)
{
	struct pgnotify_feed *pgnotify = feed_of(session);

	if (!done && pgnotify->is_telling) {
		counter_add(&pgnotify->failures, 1);
		atomic_store(&pgnotify->is_pending, true);
	}
	pgnotify->is_telling = false;
}

/* Canaries that were not heard go out again: their notifications went to the session before. */
static void renew_canaries(struct pgnotify_feed *pgnotify)
{
	pthread_mutex_lock(&pgnotify->mutex);
	for (size_t i = 0; i < CANARIES; i++)
		pgnotify->canaries[i].is_sent = false;
	pthread_mutex_unlock(&pgnotify->mutex);
}

/* What was notified before is lost. */
static void on_listening(struct pgnotify_session *session)
{
	struct pgnotify_feed *pgnotify = feed_of(session);

	counter_add(&pgnotify->operations, 1);
	renew_canaries(pgnotify);
	pgnotify->look_at = clock_monotonic();
	if (pgnotify->has_listened) {
		counter_add(&pgnotify->reconnections, 1);
		pgnotify->look_at += (int64_t)random_below(&session->random, GAP_SPREAD + 1);
	}
	pgnotify->has_listened = true;
}

static bool take_canary(struct pgnotify_feed *pgnotify, uint64_t number, uint64_t *ret_epoch)
{
	bool found = false;

	pthread_mutex_lock(&pgnotify->mutex);
	for (size_t i = 0; i < CANARIES && !found; i++) {
		struct canary *canary = &pgnotify->canaries[i];

		found = number != 0 && canary->number == number && canary->is_sent;
		if (!found)
			continue;
		*ret_epoch = canary->epoch;
		canary->number = 0;
	}
	pthread_mutex_unlock(&pgnotify->mutex);
	return found;
}

static void hear_canary(struct pgnotify_feed *pgnotify, struct slice number)
{
	struct hint_batch *batch;
	uint64_t canary, epoch;

	if (slice_to_unsigned(number, &canary) < 0 || !take_canary(pgnotify, canary, &epoch))
		return;
	batch = hint_batch_create(epoch, 0);
	if (batch == NULL) {
		counter_add(&pgnotify->failures, 1);
		return;
	}
	batch->canary = canary;
	pgnotify->options.on_hints(pgnotify->options.context, batch);
	hint_batch_release(batch);
}

static void on_notification(struct pgnotify_session *session, const char *payload)
{
	struct pgnotify_feed *pgnotify = feed_of(session);
	struct slice own = slice_from_string(pgnotify->node);
	struct slice rest = slice_from_string(payload);

	if (slice_equals(rest, own))
		return;
	if (!slice_starts_with(rest, SLICE("canary:"))) {
		counter_add(&pgnotify->received, 1);
		pgnotify->has_heard = true;
		return;
	}
	slice_split(&rest, ':');
	if (slice_equals(slice_split(&rest, ':'), own))
		hear_canary(pgnotify, rest);
}

/* However many notifications came at once: one look. */
static void look(struct pgnotify_feed *pgnotify, int64_t now)
{
	bool is_due = pgnotify->look_at != 0 && now >= pgnotify->look_at;

	if (!is_due && !pgnotify->has_heard)
		return;
	pgnotify->has_heard = false;
	pgnotify->look_at = 0;
	counter_add(&pgnotify->wakes, 1);
	pgnotify->options.on_wake(pgnotify->options.context);
}

static void wait_for_work(struct pgnotify_feed *pgnotify)
{
	struct pollfd descriptors[2] = {
	    {.fd = pgnotify->event, .events = POLLIN},
	    pgnotify_session_descriptor(&pgnotify->session),
	};
	int64_t until = pgnotify->session.deadline, left;
	uint64_t nudges;

	if (pgnotify->look_at != 0 && pgnotify->look_at < until)
		until = pgnotify->look_at;
	left = until - clock_monotonic();
	if (poll(descriptors, 2, left > 0 ? (int)left : 0) > 0 && descriptors[0].revents != 0)
		(void)!read(pgnotify->event, &nudges, sizeof(nudges));
}

static void *run(void *argument)
{
	struct pgnotify_feed *pgnotify = argument;

	while (!atomic_load(&pgnotify->is_stopping)) {
		int64_t now = clock_monotonic();

		pgnotify_session_step(&pgnotify->session, now);
		send_pending(pgnotify, now);
		atomic_store_explicit(&pgnotify->is_connected,
				      pgnotify->session.state >= PGNOTIFY_LISTENING,
				      memory_order_relaxed);
		look(pgnotify, clock_monotonic());
		wait_for_work(pgnotify);
	}
	pgnotify_session_finish(&pgnotify->session);
	return NULL;
}

static void destroy(struct pgnotify_feed *pgnotify)
{
	if (pgnotify->event >= 0)
		close(pgnotify->event);
	if (pgnotify->password != NULL)
		explicit_bzero(pgnotify->password, strlen(pgnotify->password));
	free(pgnotify->password);
	free(pgnotify->url);
	pthread_mutex_destroy(&pgnotify->mutex);
	free(pgnotify);
}

static struct pgnotify_feed *create(const struct feed_options *options)
{
	struct pgnotify_feed *pgnotify = calloc(1, sizeof(*pgnotify));

	if (pgnotify == NULL)
		return NULL;
	pgnotify->feed.ops = &pgnotify_feed_ops;
	pgnotify->options = *options;
	snprintf(pgnotify->node, sizeof(pgnotify->node), "%" PRIx64, options->node);
	pthread_mutex_init(&pgnotify->mutex, NULL);
	pgnotify->url = slice_to_string(slice_from_string(options->settings->store_location));
	pgnotify->password = slice_to_string(options->settings->store_password);
	pgnotify->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pgnotify_session_init(&pgnotify->session, pgnotify->url, pgnotify->password);
	pgnotify->session.on_listening = on_listening;
	pgnotify->session.on_notification = on_notification;
	pgnotify->session.on_end = on_end;
	return pgnotify;
}

static int open_feed(const struct feed_options *options, struct feed **ret_feed,
		     struct error *error)
{
	const char *location = options->settings->store_location;
	struct pgnotify_feed *pgnotify;

	if (!postgres_url_is_one(location))
		return error_set(
		    error, -EINVAL,
		    "the feed pgnotify needs a PostgreSQL store; set store.location to "
		    "postgresql://USER@HOST/DATABASE, or choose another feed or method");
	if (postgres_url_check(location, error) < 0)
		return -EINVAL;
	pgnotify = create(options);
	if (pgnotify == NULL)
		return error_set(error, -ENOMEM, "out of memory while opening the feed");
	if (pgnotify->url == NULL || pgnotify->password == NULL || pgnotify->event < 0 ||
	    pthread_create(&pgnotify->thread, NULL, run, pgnotify) != 0) {
		destroy(pgnotify);
		return error_set(error, -ENOMEM,
				 "out of memory, descriptors or threads while opening the feed");
	}
	*ret_feed = &pgnotify->feed;
	return 0;
}

static void statistics(struct feed *feed, struct feed_statistics *ret_statistics)
{
	struct pgnotify_feed *pgnotify = (struct pgnotify_feed *)feed;

	*ret_statistics = (struct feed_statistics){
	    .connected = atomic_load_explicit(&pgnotify->is_connected, memory_order_relaxed),
	    .published = counter_read(&pgnotify->published),
	    .received = counter_read(&pgnotify->received),
	    .failures = counter_read(&pgnotify->failures),
	    .operations = counter_read(&pgnotify->operations),
	    .reconnections = counter_read(&pgnotify->reconnections),
	    .wakes = counter_read(&pgnotify->wakes),
	};
}

static void close_feed(struct feed *feed)
{
	struct pgnotify_feed *pgnotify = (struct pgnotify_feed *)feed;

	atomic_store(&pgnotify->is_stopping, true);
	nudge(pgnotify);
	pthread_join(pgnotify->thread, NULL);
	destroy(pgnotify);
}

const struct feed_ops pgnotify_feed_ops = {
    .name = "pgnotify",
    .way = FEED_WAKES,
    .open = open_feed,
    .publish = publish,
    .statistics = statistics,
    .close = close_feed,
};
