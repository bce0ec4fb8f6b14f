/* Servers that cannot be used, for reasons that a person must hear: one line each, however often
 * the feed tries, and never the password. Where the reason goes away, the feed goes on. */
#include "conformance/feed/conformance.h"

#include "lib/captured_log.h"
#include "lib/junk_server.h"
#include "lib/redis_server.h"

#include <errno.h>
#include <stdio.h>

enum { NODE = 11, RETRIES = 6 };

/* What a feed sends with each attempt: INFO twice, and AUTH where there is a password. */
enum { COMMANDS = 2, COMMANDS_WITH_AUTH = 3 };

struct scene {
	struct captured_log log;
	struct conformance_node node;
	char url[64];
	char ca_file[REDIS_SERVER_PATH_BYTES];
};

static void open_node(struct scene *scene, const char *scheme, const char *host, unsigned port,
		      struct slice password)
{
	struct settings settings;

	settings_init_defaults(&settings);
	settings.redis_url = scene->url;
	settings.redis_password = password;
	settings.redis_tls_ca_file = scene->ca_file;
	snprintf(scene->url, sizeof(scene->url), "%s://%s:%u", scheme, host, port);
	captured_log_start(&scene->log);
	conformance_open_with(&scene->node, &redis_feed_ops, NODE, &settings);
}

static void close_node(struct scene *scene)
{
	conformance_close(&scene->node);
	captured_log_end(&scene->log);
}

static unsigned warnings(const struct scene *scene)
{
	return captured_log_count(&scene->log, "Redis cannot be used");
}

static bool is_told(const struct scene *scene, const char *reason)
{
	return captured_log_count(&scene->log, reason) > 0;
}

static struct feed_statistics statistics(struct scene *scene)
{
	return conformance_statistics(&scene->node);
}

/* A canary that was sent before the feed subscribed does not come back, so others follow. */
static void assert_works(struct scene *scene)
{
	unsigned before = conformance_canaries(&scene->node);
	uint64_t canary = 0;

	while (conformance_canaries(&scene->node) == before) {
		conformance_publish_canary(&scene->node, ++canary);
		for (int i = 0; i < 200 && conformance_canaries(&scene->node) == before; i++)
			conformance_pause();
	}
	CONFORMANCE_WAIT_FOR(statistics(scene).connected);
}

static void start_with_password(struct redis_server *server)
{
	redis_server_init(server);
	redis_server_add(server, "requirepass right");
	server->password = "right";
	redis_server_start(server);
}

static void test_wrong_password(void **state)
{
	struct scene scene = {.url = ""};
	struct redis_server server;

	(void)state;
	start_with_password(&server);
	open_node(&scene, "redis", "127.0.0.1", server.port, SLICE("wrong-one"));
	CONFORMANCE_WAIT_FOR(statistics(&scene).operations >= COMMANDS_WITH_AUTH * RETRIES);
	assert_false(statistics(&scene).connected);
	assert_true(is_told(&scene, "it refuses the user or the password"));
	assert_int_equal(warnings(&scene), 1);
	redis_server_number(&server, "CONFIG SET requirepass wrong-one");
	assert_works(&scene);
	assert_false(is_told(&scene, "wrong-one"));
	close_node(&scene);
	redis_server_finish(&server);
}

static void test_right_password(void **state)
{
	struct scene scene = {.url = ""};
	struct redis_server server;

	(void)state;
	start_with_password(&server);
	open_node(&scene, "redis", "127.0.0.1", server.port, SLICE("right"));
	assert_works(&scene);
	assert_int_equal(warnings(&scene), 0);
	close_node(&scene);
	redis_server_finish(&server);
}

static void test_missing_password(void **state)
{
	struct scene scene = {.url = ""};
	struct redis_server server;

	(void)state;
	start_with_password(&server);
	open_node(&scene, "redis", "127.0.0.1", server.port, SLICE(""));
	CONFORMANCE_WAIT_FOR(statistics(&scene).operations >= COMMANDS * RETRIES);
	assert_true(is_told(&scene, "it asks for a password; set redis.password_file"));
	assert_int_equal(warnings(&scene), 1);
	close_node(&scene);
	redis_server_finish(&server);
}

static void test_needless_password(void **state)
{
	struct scene scene = {.url = ""};
	struct redis_server server;

	(void)state;
	redis_server_init(&server);
	redis_server_start(&server);
	open_node(&scene, "redis", "127.0.0.1", server.port, SLICE("needless"));
	CONFORMANCE_WAIT_FOR(is_told(&scene, "it has no password; leave out"));
	close_node(&scene);
	redis_server_finish(&server);
}

/* A user with no more than the documents say, and then less. */
static void test_user(void **state)
{
	struct scene scene = {.url = ""};
	struct redis_server server;

	(void)state;
	redis_server_init(&server);
	redis_server_start(&server);
	freeReplyObject(redis_server_command(
	    &server, "ACL SETUSER alarm on >secret resetchannels &allim:* -@all +ping +info "
		     "+publish +subscribe"));
	open_node(&scene, "redis", "alarm@127.0.0.1", server.port, SLICE("secret"));
	assert_works(&scene);
	assert_int_equal(warnings(&scene), 0);
	redis_server_number(&server, "ACL SETUSER alarm -publish");
	conformance_publish(&scene.node, 1);
	CONFORMANCE_WAIT_FOR(is_told(&scene, "its user may not do that"));
	CONFORMANCE_WAIT_FOR(statistics(&scene).reconnections >= 3);
	assert_int_equal(warnings(&scene), 1);
	redis_server_number(&server, "ACL SETUSER alarm +publish -info");
	redis_server_number(&server, "CLIENT KILL TYPE pubsub");
	assert_works(&scene);
	close_node(&scene);
	redis_server_finish(&server);
}

/* The one that it was made with is known; another is not, nor is another name. */
static void test_certificates(void **state)
{
	struct scene scene = {.url = ""};
	struct redis_server server, other;

	(void)state;
	redis_server_init(&server);
	redis_server_use_tls(&server);
	redis_server_start(&server);
	redis_server_init(&other);
	redis_server_use_tls(&other);

	redis_server_path(&other, "ca.pem", scene.ca_file);
	open_node(&scene, "rediss", "127.0.0.1", server.tls_port, SLICE(""));
	CONFORMANCE_WAIT_FOR(is_told(&scene, "its certificate is refused"));
	assert_int_equal(statistics(&scene).operations, 0);
	close_node(&scene);

	scene.ca_file[0] = '\0';
	open_node(&scene, "rediss", "127.0.0.1", server.tls_port, SLICE(""));
	CONFORMANCE_WAIT_FOR(is_told(&scene, "its certificate is refused"));
	close_node(&scene);

	redis_server_path(&server, "ca.pem", scene.ca_file);
	/* An address to connect to, and a name that the certificate does not have. */
	open_node(&scene, "rediss", "127.1", server.tls_port, SLICE(""));
	CONFORMANCE_WAIT_FOR(is_told(&scene, "its certificate is refused"));
	assert_int_equal(statistics(&scene).operations, 0);
	close_node(&scene);

	open_node(&scene, "rediss", "127.0.0.1", server.tls_port, SLICE(""));
	assert_works(&scene);
	close_node(&scene);
	redis_server_finish(&other);
	redis_server_finish(&server);
}

static void test_tls_where_there_is_none(void **state)
{
	struct scene scene = {.url = ""};
	struct redis_server server;

	(void)state;
	redis_server_init(&server);
	redis_server_start(&server);
	open_node(&scene, "rediss", "127.0.0.1", server.port, SLICE(""));
	CONFORMANCE_WAIT_FOR(is_told(&scene, "see that it speaks TLS on this port"));
	close_node(&scene);
	redis_server_finish(&server);
}

static void check_junk(struct slice greeting, const char *reason)
{
	struct scene scene = {.url = ""};
	struct junk_server server;

	junk_server_start(&server, greeting, 0);
	open_node(&scene, "redis", "127.0.0.1", server.port, SLICE(""));
	CONFORMANCE_WAIT_FOR(is_told(&scene, reason));
	CONFORMANCE_WAIT_FOR(atomic_load(&server.connections) >= 4);
	assert_int_equal(warnings(&scene), 1);
	close_node(&scene);
	junk_server_stop(&server);
}

static void test_junk(void **state)
{
	(void)state;
	check_junk(SLICE("HTTP/1.1 400 Bad Request\r\n\r\n"), "it does not answer as Redis does");
	check_junk(SLICE("$-7\r\n"), "it does not answer as Redis does");
	check_junk(SLICE("*2000000000\r\n"), "does not fit into memory");
	check_junk(SLICE("-ERR \x1B[31m\"what\"\r\n"), "it answers");
	check_junk(SLICE("-DENIED Redis is running in protected mode\r\n"),
		   "it runs in protected mode");
	check_junk(SLICE(""), "it did not answer within 5 s");
}

/* Of what it announces, 64 MiB are taken. The server writes to one connection at a time, so the
 * other may have other reasons to complain. */
static void test_endless_answer(void **state)
{
	struct scene scene = {.url = ""};
	struct junk_server server;

	(void)state;
	junk_server_start(&server, SLICE("$500000000\r\n"), 70);
	open_node(&scene, "redis", "127.0.0.1", server.port, SLICE(""));
	CONFORMANCE_WAIT_FOR(is_told(&scene, "its answer is longer than 64 MiB"));
	close_node(&scene);
	junk_server_stop(&server);
}

static void test_no_cluster(void **state)
{
	struct settings settings;
	struct scene scene = {.url = ""};
	struct redis_server server;

	(void)state;
	redis_server_init(&server);
	redis_server_start(&server);
	snprintf(scene.url, sizeof(scene.url), "redis://127.0.0.1:%u", server.port);
	settings_init_defaults(&settings);
	settings.redis_url = scene.url;
	settings.redis_cluster = true;
	settings.redis_channels = 4;
	captured_log_start(&scene.log);
	conformance_open_with(&scene.node, &redis_feed_ops, NODE, &settings);
	CONFORMANCE_WAIT_FOR(statistics(&scene).operations >= COMMANDS * RETRIES);
	assert_true(is_told(&scene, "it is no cluster; set redis.cluster to false"));
	assert_int_equal(warnings(&scene), 1);
	close_node(&scene);
	redis_server_finish(&server);
}

static void check_open_refuses(const char *url, const char *ca_file, const char *text)
{
	struct settings settings;
	struct feed_options options = {.node = NODE, .settings = &settings};
	struct error error = {""};
	struct feed *feed = NULL;

	settings_init_defaults(&settings);
	settings.redis_url = url;
	settings.redis_tls_ca_file = ca_file;
	assert_int_equal(feed_open(&redis_feed_ops, &options, &feed, &error), -EINVAL);
	assert_null(feed);
	if (strstr(error.text, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", error.text, text);
}

static void test_settings_that_cannot_be(void **state)
{
	(void)state;
	check_open_refuses("http://localhost", "", "redis://");
	check_open_refuses("redis://a:1,b:1", "", "redis.cluster");
	check_open_refuses("rediss://localhost", "/nonexistent.pem", "redis.tls_ca_file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wrong_password),
	    cmocka_unit_test(test_right_password),
	    cmocka_unit_test(test_missing_password),
	    cmocka_unit_test(test_needless_password),
	    cmocka_unit_test(test_user),
	    cmocka_unit_test(test_certificates),
	    cmocka_unit_test(test_tls_where_there_is_none),
	    cmocka_unit_test(test_junk),
	    cmocka_unit_test(test_endless_answer),
	    cmocka_unit_test(test_no_cluster),
	    cmocka_unit_test(test_settings_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
