/* The server runs on a thread and tells by a callback that it is ready. */
#include "lib/node.h"

#include "base/clock.h"
#include "base/log.h"
#include "lib/assertions.h"
#include "protocol/jwt.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* on_ready has no context, and there is one node at a time. */
static struct test_node *starting;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void on_ready(const char *address, const char *admin_address)
{
	struct error error;

	pthread_mutex_lock(&mutex);
	socket_address_parse(slice_from_string(address), &starting->address, &error);
	socket_address_parse(slice_from_string(admin_address), &starting->admin_address, &error);
	starting->ready = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
}

static void *run(void *argument)
{
	struct test_node *node = argument;
	int result = server_run(&node->options, &node->error);

	pthread_mutex_lock(&mutex);
	node->result = result;
	node->ended = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static void block_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

void node_restart(struct test_node *node)
{
	bool ready;

	node->ready = false;
	node->ended = false;
	starting = node;
	assert_int_equal(pthread_create(&node->thread, NULL, run, node), 0);
	pthread_mutex_lock(&mutex);
	while (!node->ready && !node->ended)
		pthread_cond_wait(&changed, &mutex);
	ready = node->ready;
	pthread_mutex_unlock(&mutex);
	if (!ready) {
		pthread_join(node->thread, NULL);
		fail_msg("%s", node->error.text);
	}
}

static void add_flag(struct test_node *node, const char *name, const char *value)
{
	struct slice rest = slice_from_string(name);

	assert_true(node->options.sources.flag_count < NODE_FLAGS);
	node->flags[node->options.sources.flag_count++] =
	    (struct settings_flag){slice_split(&rest, '='), value};
}

void node_start(struct test_node *node, bool demo, const char *const *settings)
{
	static char api_key[] = "ALLIM_API_KEY=" NODE_API_KEY;
	static char jwt_secret[] = "ALLIM_JWT_SECRET=" NODE_JWT_SECRET;
	static char *const environment[] = {api_key, jwt_secret, NULL};

	*node = (struct test_node){.location = "/tmp/allim-test-XXXXXX"};
	assert_non_null(mkdtemp(node->location));
	node->options = (struct server_options){.role = demo ? SERVER_SHOWS : SERVER_DELIVERS,
						.on_ready = on_ready};
	node->options.sources.environment = environment;
	node->options.sources.flags = node->flags;
	add_flag(node, "http-listen", "127.0.0.1:0");
	add_flag(node, "admin-listen", "127.0.0.1:0");
	add_flag(node, "store-location", node->location);
	add_flag(node, "log-level", "error");
	add_flag(node, "drain-duration", "100ms");
	for (size_t i = 0; settings != NULL && settings[i] != NULL; i++)
		add_flag(node, settings[i], strchr(settings[i], '=') + 1);
	block_signals();
	node_restart(node);
}

void node_stop(struct test_node *node)
{
	kill(getpid(), SIGTERM);
	pthread_join(node->thread, NULL);
	if (node->result != 0)
		fail_msg("%s", node->error.text);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

void node_remove(struct test_node *node)
{
	nftw(node->location, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *node_token(const char *user, int64_t lifetime)
{
	static char text[JWT_TOKEN_BYTES];
	struct jwt_claims claims = {.subject = slice_from_string(user),
				    .issued_at = clock_wall() / 1000000,
				    .expires_at = clock_wall() / 1000000 + lifetime};
	struct buffer token = BUFFER_EMPTY;
	struct jwt_key *key;
	struct error error;

	assert_int_equal(
	    jwt_key_create(SLICE("HS256"), SLICE(""), SLICE(NODE_JWT_SECRET), &key, &error), 0);
	assert_int_equal(jwt_make(key, &claims, &token), 0);
	snprintf(text, sizeof(text), "%.*s", (int)token.length, token.data);
	buffer_finish(&token);
	jwt_key_destroy(key);
	return text;
}
