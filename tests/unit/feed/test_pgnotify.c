/* With a real PostgreSQL. What must not come is looked for behind something that comes later on the
 * same way: notifications arrive in order. */
#include "config/settings.h"
#include "feed/feed.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"
#include "lib/postgres_server.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { EPOCH = 7, PUBLISHES = 500, THREADS = 4 };

static struct postgres_server *server;

/* A node as far as a feed knows one. */
struct node {
	struct feed *feed;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	unsigned wakes;
	unsigned batches;
	uint64_t epoch;
	uint64_t canary; /* the last */
};

static void on_hints(void *context, struct hint_batch *batch)
{
	struct node *node = context;

	pthread_mutex_lock(&node->mutex);
	assert_int_equal(batch->count, 0);
	node->batches++;
	node->epoch = batch->epoch;
	node->canary = batch->canary;
	pthread_cond_broadcast(&node->changed);
	pthread_mutex_unlock(&node->mutex);
}

static void on_wake(void *context)
{
	struct node *node = context;

	pthread_mutex_lock(&node->mutex);
	node->wakes++;
	pthread_cond_broadcast(&node->changed);
	pthread_mutex_unlock(&node->mutex);
}

static unsigned wakes_of(struct node *node)
{
	unsigned wakes;

	pthread_mutex_lock(&node->mutex);
	wakes = node->wakes;
	pthread_mutex_unlock(&node->mutex);
	return wakes;
}

static void wait_for_wakes(struct node *node, unsigned wakes)
{
	pthread_mutex_lock(&node->mutex);
	while (node->wakes < wakes)
		pthread_cond_wait(&node->changed, &node->mutex);
	pthread_mutex_unlock(&node->mutex);
}

static struct feed_statistics statistics_of(struct node *node)
{
	struct feed_statistics statistics;

	feed_statistics(node->feed, &statistics);
	return statistics;
}

#define WAIT_FOR(condition)  \
	while (!(condition)) \
	usleep(2000)

static void open_node(struct node *node, uint64_t number, const char *url, struct slice password)
{
	struct settings settings;
	struct feed_options options = {.node = number,
				       .settings = &settings,
				       .on_hints = on_hints,
				       .on_wake = on_wake,
				       .context = node};
	struct error error = {""};

	settings_init_defaults(&settings);
	settings.store_location = url;
	settings.store_password = password;
	*node = (struct node){.feed = NULL};
	pthread_mutex_init(&node->mutex, NULL);
	pthread_cond_init(&node->changed, NULL);
	if (feed_open(&pgnotify_feed_ops, &options, &node->feed, &error) < 0)
		fail_msg("%s", error.text);
}

static void close_node(struct node *node)
{
	feed_close(node->feed);
	pthread_cond_destroy(&node->changed);
	pthread_mutex_destroy(&node->mutex);
}

/* Two nodes that listen, a and b, and have looked at the store once. */
struct pair {
	char url[POSTGRES_SERVER_URL_BYTES];
	struct node a, b;
};

static int open_pair(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	assert_non_null(pair);
	postgres_server_create_database(server, pair->url);
	open_node(&pair->a, 0xa, pair->url, SLICE(""));
	open_node(&pair->b, UINT64_MAX, pair->url, SLICE(""));
	wait_for_wakes(&pair->a, 1);
	wait_for_wakes(&pair->b, 1);
	*state = pair;
	return 0;
}

static int close_pair(void **state)
{
	struct pair *pair = *state;

	close_node(&pair->a);
	close_node(&pair->b);
	postgres_server_drop_database(server, pair->url);
	free(pair);
	return 0;
}

static void publish(struct node *node)
{
	struct hint_batch *batch = hint_batch_create(EPOCH, 0);

	feed_publish(node->feed, batch);
	assert_int_equal(batch->references, 1);
	hint_batch_release(batch);
}

/* Sends a canary and waits for its return: what was sent before it has arrived. */
static void prove(struct node *node, uint64_t number)
{
	struct hint_batch *batch = hint_batch_create(EPOCH, 0);

	batch->canary = number;
	feed_publish(node->feed, batch);
	hint_batch_release(batch);
	pthread_mutex_lock(&node->mutex);
	while (node->canary != number)
		pthread_cond_wait(&node->changed, &node->mutex);
	pthread_mutex_unlock(&node->mutex);
}

static void notify(const struct pair *pair, const char *payload)
{
	char statement[128];

	snprintf(statement, sizeof(statement), "NOTIFY allim_hints%s%s%s", payload[0] ? ", '" : "",
		 payload, payload[0] ? "'" : "");
	postgres_server_run(server, pair->url, statement);
}

static void assert_refused(const char *location, const char *part)
{
	struct settings settings;
	struct feed_options options = {
	    .settings = &settings, .on_hints = on_hints, .on_wake = on_wake};
	struct error error = {""};
	struct feed *feed = NULL;

	settings_init_defaults(&settings);
	settings.store_location = location;
	assert_int_equal(feed_open(&pgnotify_feed_ops, &options, &feed, &error), -EINVAL);
	assert_null(feed);
	if (strstr(error.text, part) == NULL)
		fail_msg("\"%s\" is not in: %s", part, error.text);
}

static void test_needs_postgresql(void **state)
{
	(void)state;
	assert_refused("./allim-data", "the feed pgnotify needs a PostgreSQL store");
	assert_refused(NULL, "the feed pgnotify needs a PostgreSQL store");
	assert_refused("postgresql://u:secret@h/d", "holds a password");
	assert_refused("postgresql://u@h:nonsense:/d?what=ever", "postgresql://USER@HOST/DATABASE");
}

static void test_wakes_the_others(void **state)
{
	struct pair *pair = *state;

	publish(&pair->a);
	wait_for_wakes(&pair->b, 2);
	prove(&pair->a, 1);
	assert_int_equal(wakes_of(&pair->a), 1);
	publish(&pair->b);
	wait_for_wakes(&pair->a, 2);
	prove(&pair->b, 2);
	assert_int_equal(wakes_of(&pair->b), 2);
	assert_int_equal(statistics_of(&pair->a).published, 1);
	assert_int_equal(statistics_of(&pair->a).received, 1);
	assert_int_equal(statistics_of(&pair->a).wakes, 2);
	assert_int_equal(statistics_of(&pair->a).failures, 0);
	assert_true(statistics_of(&pair->a).connected);
}

static void test_canary_comes_back_to_its_node(void **state)
{
	struct pair *pair = *state;

	prove(&pair->a, UINT64_MAX);
	assert_true(pair->a.epoch == EPOCH);
	prove(&pair->b, 5);
	prove(&pair->a, 6);
	assert_int_equal(pair->a.batches, 2);
	assert_int_equal(pair->b.batches, 1);
	assert_int_equal(wakes_of(&pair->a), 1);
	assert_int_equal(wakes_of(&pair->b), 1);
}

static void test_canaries_of_nobody(void **state)
{
	struct pair *pair = *state;

	notify(pair, "canary:a:5");
	notify(pair, "canary:a:");
	notify(pair, "canary:a:0");
	notify(pair, "canary:");
	notify(pair, "canary:a:x");
	prove(&pair->a, 1);
	assert_int_equal(pair->a.batches, 1);
	assert_int_equal(wakes_of(&pair->a), 1);
}

/* Triggers of adopted tables notify without a payload. */
static void test_other_payloads(void **state)
{
	static const char *const payloads[] = {"", "A", "a:", "hello", "aa"};
	struct pair *pair = *state;

	for (unsigned i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
		notify(pair, payloads[i]);
		wait_for_wakes(&pair->a, i + 2);
	}
}

static void terminate(const struct pair *pair, const char *condition)
{
	char statement[256];

	snprintf(statement, sizeof(statement),
		 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
		 " WHERE application_name = 'allim' AND %s",
		 condition);
	postgres_server_run(server, pair->url, statement);
}

/* A session that was cut off may have missed something. */
static void test_terminated_listener(void **state)
{
	struct pair *pair = *state;

	for (unsigned i = 1; i <= 3; i++) {
		terminate(pair, "true");
		wait_for_wakes(&pair->a, i + 1);
		wait_for_wakes(&pair->b, i + 1);
		assert_int_equal(statistics_of(&pair->a).reconnections, i);
	}
	publish(&pair->a);
	wait_for_wakes(&pair->b, 5);
}

static void test_killed_server(void **state)
{
	struct pair *pair = *state;

	postgres_server_kill(server);
	WAIT_FOR(!statistics_of(&pair->a).connected && !statistics_of(&pair->b).connected);
	for (unsigned i = 0; i < PUBLISHES; i++)
		publish(&pair->a);
	postgres_server_start(server);
	wait_for_wakes(&pair->a, 2);
	wait_for_wakes(&pair->b, 2);
	assert_int_equal(statistics_of(&pair->b).reconnections, 1);
	prove(&pair->a, 1);
}

/* Only one node is cut off: the other has no gap, and must be told afterwards. */
static void test_what_could_not_be_sent_is_sent_later(void **state)
{
	struct pair *pair = *state;
	char url[POSTGRES_SERVER_URL_BYTES + 16];
	struct node cut_off;

	postgres_server_run(server, pair->url, "CREATE ROLE other LOGIN");
	snprintf(url, sizeof(url), "postgresql://other%s", strchr(pair->url, '@'));
	open_node(&cut_off, 0xc, url, SLICE(""));
	wait_for_wakes(&cut_off, 1);
	postgres_server_run(server, pair->url, "ALTER ROLE other NOLOGIN");
	terminate(pair, "usename = 'other'");
	WAIT_FOR(!statistics_of(&cut_off).connected);
	publish(&cut_off);
	prove(&pair->b, 1);
	assert_int_equal(wakes_of(&pair->b), 1);
	postgres_server_run(server, pair->url, "ALTER ROLE other LOGIN");
	wait_for_wakes(&pair->b, 2);
	close_node(&cut_off);
	postgres_server_run(server, pair->url, "DROP ROLE other");
}

/* The backend of one node alone stands still with the statement, so only its next session can
 * tell. */
static void test_unanswered_statement_is_sent_again(void **state)
{
	struct pair *pair = *state;
	char url[POSTGRES_SERVER_URL_BYTES + 16];
	struct node silent;
	pid_t backend;

	postgres_server_run(server, pair->url, "CREATE ROLE other LOGIN");
	snprintf(url, sizeof(url), "postgresql://other%s", strchr(pair->url, '@'));
	open_node(&silent, 0xc, url, SLICE(""));
	wait_for_wakes(&silent, 1);
	backend = (pid_t)strtol(
	    postgres_server_ask(server, NULL,
				"SELECT pid FROM pg_stat_activity WHERE usename = 'other'"),
	    NULL, 10);
	assert_true(backend > 0);
	assert_int_equal(kill(backend, SIGSTOP), 0);
	publish(&silent);
	wait_for_wakes(&pair->b, 2);
	assert_int_equal(statistics_of(&silent).failures, 1);
	assert_int_equal(statistics_of(&silent).reconnections, 1);
	assert_int_equal(kill(backend, SIGCONT), 0);
	close_node(&silent);
	WAIT_FOR(strcmp(postgres_server_ask(
			    server, NULL,
			    "SELECT count(*) FROM pg_stat_activity WHERE usename = 'other'"),
			"0") == 0);
	postgres_server_run(server, pair->url, "DROP ROLE other");
}

/* One statement is under way, and all that is published meanwhile shares the next. */
static void test_publishes_are_bundled(void **state)
{
	struct pair *pair = *state;
	uint64_t operations = statistics_of(&pair->a).operations;

	postgres_server_freeze(server);
	publish(&pair->a);
	WAIT_FOR(statistics_of(&pair->a).operations == operations + 1);
	for (unsigned i = 0; i < PUBLISHES; i++)
		publish(&pair->a);
	postgres_server_thaw(server);
	WAIT_FOR(statistics_of(&pair->b).received == 2);
	prove(&pair->a, 1);
	assert_int_equal(statistics_of(&pair->a).operations, operations + 3);
	assert_int_equal(statistics_of(&pair->b).received, 2);
}

/* Publishing goes on; the connection is given up; and everything is made good. */
static void test_frozen_server(void **state)
{
	struct pair *pair = *state;
	unsigned wakes = wakes_of(&pair->b);

	postgres_server_freeze(server);
	for (unsigned i = 0; i < PUBLISHES; i++)
		publish(&pair->a);
	WAIT_FOR(!statistics_of(&pair->a).connected);
	assert_int_equal(statistics_of(&pair->a).failures, 1);
	WAIT_FOR(!statistics_of(&pair->b).connected); /* it only listened */
	postgres_server_thaw(server);
	wait_for_wakes(&pair->a, 2);
	wait_for_wakes(&pair->b, wakes + 1);
	assert_int_equal(statistics_of(&pair->a).reconnections, 1);
	prove(&pair->a, 1);
	prove(&pair->b, 2);
}

static void test_close_never_waits_for_a_server(void **state)
{
	struct pair *pair = *state;
	struct node late;

	postgres_server_freeze(server);
	publish(&pair->a);
	close_node(&pair->a);
	open_node(&late, 0xd, pair->url, SLICE(""));
	publish(&late);
	close_node(&late);
	postgres_server_thaw(server);
	open_node(&pair->a, 0xa, pair->url, SLICE(""));
}

static void *publish_all(void *node)
{
	for (unsigned i = 0; i < PUBLISHES; i++)
		publish(node);
	return NULL;
}

static void test_many_threads(void **state)
{
	struct pair *pair = *state;
	pthread_t threads[THREADS];

	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, publish_all, &pair->a), 0);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	wait_for_wakes(&pair->b, 2);
	prove(&pair->a, 1);
	assert_int_equal(wakes_of(&pair->a), 1);
	assert_int_equal(statistics_of(&pair->a).published, THREADS * PUBLISHES);
}

static unsigned count_of(const char *text, const char *part)
{
	unsigned count = 0;

	for (; (text = strstr(text, part)) != NULL; text++)
		count++;
	return count;
}

/* One clear line however often it fails, and it goes on until the password is right. */
static void test_wrong_password(void **state)
{
	struct postgres_server *strict = postgres_server_create(
	    &(struct postgres_server_options){.password = "right", .is_volatile = true});
	char path[] = "/tmp/allim-log-XXXXXX", text[8192], url[POSTGRES_SERVER_URL_BYTES];
	int file = mkstemp(path), standard_error = dup(STDERR_FILENO);
	struct node node;
	ssize_t length;

	(void)state;
	assert_true(file >= 0 && standard_error >= 0);
	unlink(path);
	dup2(file, STDERR_FILENO);
	postgres_server_url(strict, "postgres", url);
	open_node(&node, 0xa, url, SLICE("wrong-secret"));
	WAIT_FOR(count_of(postgres_server_log(strict), "password authentication failed") >= 3);
	assert_false(statistics_of(&node).connected);
	assert_int_equal(wakes_of(&node), 0);
	postgres_server_run(strict, NULL, "CREATE ROLE second SUPERUSER LOGIN PASSWORD 'right'");
	postgres_server_run(strict, NULL, "ALTER ROLE allim PASSWORD 'wrong-secret'");
	wait_for_wakes(&node, 1);
	close_node(&node);
	dup2(standard_error, STDERR_FILENO);
	close(standard_error);
	length = pread(file, text, sizeof(text) - 1, 0);
	close(file);
	text[length < 0 ? 0 : length] = '\0';
	assert_int_equal(count_of(text, "\"level\":\"warning\""), 1);
	assert_int_equal(count_of(text, "password authentication failed for user"), 1);
	assert_int_equal(count_of(text, "hears PostgreSQL again"), 1);
	assert_int_equal(count_of(text, "secret"), 0);
	postgres_server_destroy(strict);
}

static void test_out_of_memory(void **state)
{
	struct pair *pair = *state;
	struct node node = {.feed = NULL};
	struct settings settings;
	struct feed_options options = {
	    .settings = &settings, .on_hints = on_hints, .on_wake = on_wake, .context = &node};
	bool failed = true;

	settings_init_defaults(&settings);
	settings.store_location = pair->url;
	pthread_mutex_init(&node.mutex, NULL);
	pthread_cond_init(&node.changed, NULL);
	for (unsigned n = 1; failed; n++) {
		struct error error = {""};
		struct feed *feed = NULL;
		int result;

		failing_allocator_fail_at(n);
		result = feed_open(&pgnotify_feed_ops, &options, &feed, &error);
		failed = failing_allocator_reset();
		assert_true(result == 0 || (result == -ENOMEM && feed == NULL));
		assert_true(failed == (result < 0));
		assert_true(result == 0 || error.text[0] != '\0');
		feed_close(feed);
	}
}

static int start_server(void **state)
{
	(void)state;
	server = postgres_server_create(NULL);
	return 0;
}

static int stop_server(void **state)
{
	(void)state;
	postgres_server_destroy(server);
	return 0;
}

#define PAIR_TEST(function) cmocka_unit_test_setup_teardown(function, open_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_needs_postgresql),
	    PAIR_TEST(test_wakes_the_others),
	    PAIR_TEST(test_canary_comes_back_to_its_node),
	    PAIR_TEST(test_canaries_of_nobody),
	    PAIR_TEST(test_other_payloads),
	    PAIR_TEST(test_terminated_listener),
	    PAIR_TEST(test_killed_server),
	    PAIR_TEST(test_what_could_not_be_sent_is_sent_later),
	    PAIR_TEST(test_unanswered_statement_is_sent_again),
	    PAIR_TEST(test_publishes_are_bundled),
	    PAIR_TEST(test_frozen_server),
	    PAIR_TEST(test_close_never_waits_for_a_server),
	    PAIR_TEST(test_many_threads),
	    cmocka_unit_test(test_wrong_password),
	    PAIR_TEST(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
