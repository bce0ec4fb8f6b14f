/* Servers that cannot be used, for reasons that a person must hear: one line each, however often
 * the feed tries, and never the password. Where the reason goes away, the feed goes on. */
#include "conformance/feed/conformance.h"

#include "lib/captured_log.h"
#include "lib/junk_server.h"
#include "lib/rabbitmq_server.h"

#include <errno.h>
#include <stdio.h>

/* Each attempt is an operation, and there are two connections. */
enum { NODE = 11, ATTEMPTS = 10 };

static struct rabbitmq_server server;

struct scene {
	struct captured_log log;
	struct conformance_node node;
	char url[96];
	char ca_file[RABBITMQ_SERVER_PATH_BYTES];
	const char *exchange;
};

static void open_at(struct scene *scene, struct slice password)
{
	struct settings settings;

	settings_init_defaults(&settings);
	settings.rabbitmq_url = scene->url;
	settings.rabbitmq_password = password;
	settings.rabbitmq_tls_ca_file = scene->ca_file;
	if (scene->exchange != NULL)
		settings.rabbitmq_exchange = scene->exchange;
	captured_log_start(&scene->log);
	conformance_open_with(&scene->node, &rabbitmq_feed_ops, NODE, &settings);
}

static void open_node(struct scene *scene, const char *before_port, unsigned port,
		      const char *virtual_host, struct slice password)
{
	snprintf(scene->url, sizeof(scene->url), "%s:%u/%s", before_port, port, virtual_host);
	open_at(scene, password);
}

static void close_node(struct scene *scene)
{
	conformance_close(&scene->node);
	captured_log_end(&scene->log);
}

static unsigned warnings(const struct scene *scene)
{
	return captured_log_count(&scene->log, "RabbitMQ cannot be used");
}

static bool is_told(const struct scene *scene, const char *reason)
{
	return captured_log_count(&scene->log, reason) > 0;
}

static struct feed_statistics statistics(struct scene *scene)
{
	return conformance_statistics(&scene->node);
}

/* That is all it says, though it tries again and again. */
static void assert_told_once(struct scene *scene, const char *reason)
{
	uint64_t before;

	CONFORMANCE_WAIT_FOR(is_told(scene, reason));
	before = statistics(scene).operations;
	CONFORMANCE_WAIT_FOR(statistics(scene).operations >= before + ATTEMPTS);
	assert_int_equal(warnings(scene), 1);
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

static void add_user(const char *name, const char *password)
{
	RABBITMQ_CONTROL(&server, "add_user", name, password);
}

static void permit(const char *user, const char *configure, const char *write, const char *read)
{
	RABBITMQ_CONTROL(&server, "set_permissions", user, configure, write, read);
}

static void test_wrong_password(void **state)
{
	struct scene scene = {.exchange = NULL};

	(void)state;
	add_user("paula", "right");
	permit("paula", ".*", ".*", ".*");
	open_node(&scene, "amqp://paula@127.0.0.1", server.port, "", SLICE("wrong-one"));
	assert_told_once(&scene, "it refuses the user or the password; correct rabbitmq.url");
	assert_false(statistics(&scene).connected);
	RABBITMQ_CONTROL(&server, "change_password", "paula", "wrong-one");
	assert_works(&scene);
	assert_false(is_told(&scene, "wrong-one"));
	close_node(&scene);
}

static void test_missing_password(void **state)
{
	struct scene scene = {.exchange = NULL};

	(void)state;
	add_user("mia", "secret");
	open_node(&scene, "amqp://mia@127.0.0.1", server.port, "", SLICE(""));
	assert_told_once(&scene, "it refuses the user or the password");
	close_node(&scene);
}

/* A channel remembers what was permitted. */
static void close_connections(void)
{
	RABBITMQ_CONTROL(&server, "eval",
			 "[rabbit_networking:close_connection(C, \"a test\") || "
			 "C <- rabbit_networking:connections()].");
}

/* A user with no more than the documents say, and then less: it may bind its queue, and not
 * publish. */
static void test_permissions(void **state)
{
	static const char own[] = "^allim\\.hints";
	struct scene scene = {.exchange = NULL};

	(void)state;
	add_user("alarm", "secret");
	permit("alarm", own, own, own);
	open_node(&scene, "amqp://alarm@127.0.0.1", server.port, "%2F", SLICE("secret"));
	assert_works(&scene);
	assert_int_equal(warnings(&scene), 0);
	permit("alarm", own, "^allim\\.hints\\.", own);
	close_connections();
	CONFORMANCE_WAIT_FOR(statistics(&scene).reconnections >= 2);
	conformance_publish(&scene.node, 1);
	CONFORMANCE_WAIT_FOR(is_told(&scene, "its user may not do that; give it the permissions"));
	CONFORMANCE_WAIT_FOR(statistics(&scene).reconnections >= 5);
	assert_int_equal(captured_log_count(&scene.log, "its user may not do that"), 1);
	permit("alarm", own, own, own);
	assert_works(&scene);
	CONFORMANCE_WAIT_FOR(statistics(&scene).connected);
	close_node(&scene);
}

static void test_no_permissions(void **state)
{
	struct scene scene = {.exchange = NULL};

	(void)state;
	add_user("nora", "secret");
	permit("nora", "^$", "^$", "^$");
	open_node(&scene, "amqp://nora@127.0.0.1", server.port, "", SLICE("secret"));
	assert_told_once(&scene, "its user may not do that; give it the permissions");
	close_node(&scene);
}

static void test_virtual_hosts(void **state)
{
	struct scene scene = {.exchange = NULL};

	(void)state;
	open_node(&scene, "amqp://127.0.0.1", server.port, "a%2Fb", SLICE(""));
	assert_told_once(&scene, "it has no such virtual host; correct the end of rabbitmq.url");
	RABBITMQ_CONTROL(&server, "add_vhost", "a/b");
	CONFORMANCE_WAIT_FOR(is_told(&scene, "its user may not use the virtual host"));
	RABBITMQ_CONTROL(&server, "set_permissions", "-p", "a/b", "guest", ".*", ".*", ".*");
	assert_works(&scene);
	close_node(&scene);
}

static void test_full_virtual_host(void **state)
{
	struct scene scene = {.exchange = NULL};

	(void)state;
	RABBITMQ_CONTROL(&server, "add_vhost", "full");
	RABBITMQ_CONTROL(&server, "set_permissions", "-p", "full", "guest", ".*", ".*", ".*");
	RABBITMQ_CONTROL(&server, "set_vhost_limits", "-p", "full", "{\"max-connections\": 0}");
	open_node(&scene, "amqp://127.0.0.1", server.port, "full", SLICE(""));
	assert_told_once(&scene, "it takes no more connections");
	close_node(&scene);
}

static void test_other_exchange(void **state)
{
	struct scene scene = {.exchange = "test.direct"};
	amqp_connection_state_t connection = rabbitmq_server_connect(&server);

	(void)state;
	assert_non_null(amqp_exchange_declare(connection, 1, amqp_cstring_bytes("test.direct"),
					      amqp_cstring_bytes("direct"), false, true, false,
					      false, amqp_empty_table));
	open_node(&scene, "amqp://127.0.0.1", server.port, "", SLICE(""));
	assert_told_once(&scene, "it has another kind of exchange by that name");
	assert_non_null(
	    amqp_exchange_delete(connection, 1, amqp_cstring_bytes("test.direct"), false));
	assert_works(&scene);
	close_node(&scene);
	amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(connection);
}

static void test_reserved_exchange(void **state)
{
	struct scene scene = {.exchange = "amq.hints"};

	(void)state;
	open_node(&scene, "amqp://127.0.0.1", server.port, "", SLICE(""));
	assert_told_once(&scene, "names that begin with amq. are its own");
	close_node(&scene);
}

/* The authority that it was made with is known; another is not, nor is another name. */
static void test_certificates(void **state)
{
	struct scene scene = {.exchange = NULL};
	struct rabbitmq_server other;

	(void)state;
	rabbitmq_server_init(&other);
	rabbitmq_server_use_tls(&other);
	rabbitmq_server_path(&other, "ca.pem", scene.ca_file);
	open_node(&scene, "amqps://127.0.0.1", server.tls_port, "", SLICE(""));
	assert_told_once(&scene, "its certificate is refused: self-signed certificate");
	close_node(&scene);
	rabbitmq_server_finish(&other);

	scene.ca_file[0] = '\0';
	open_node(&scene, "amqps://127.0.0.1", server.tls_port, "", SLICE(""));
	CONFORMANCE_WAIT_FOR(is_told(&scene, "its certificate is refused"));
	close_node(&scene);

	rabbitmq_server_path(&server, "ca.pem", scene.ca_file);
	/* An address to connect to, and a name that the certificate does not have. */
	open_node(&scene, "amqps://127.1", server.tls_port, "", SLICE(""));
	CONFORMANCE_WAIT_FOR(is_told(&scene, "its certificate is refused: hostname mismatch"));
	close_node(&scene);

	open_node(&scene, "amqps://127.0.0.1", server.tls_port, "", SLICE(""));
	assert_works(&scene);
	assert_int_equal(warnings(&scene), 0);
	close_node(&scene);
}

static void test_tls_where_there_is_none(void **state)
{
	struct scene scene = {.exchange = NULL};

	(void)state;
	open_node(&scene, "amqps://127.0.0.1", server.port, "", SLICE(""));
	assert_told_once(&scene, "see that it speaks TLS on this port");
	close_node(&scene);
	open_node(&scene, "amqp://127.0.0.1", server.tls_port, "", SLICE(""));
	assert_told_once(&scene, "which begins with amqps:// where the server speaks TLS");
	close_node(&scene);
}

/* A name that no resolver has (RFC 6761, 6.4). */
static void test_unknown_host(void **state)
{
	struct scene scene = {.exchange = NULL};

	(void)state;
	open_node(&scene, "amqp://nowhere.invalid", server.port, "", SLICE(""));
	CONFORMANCE_WAIT_FOR(is_told(&scene, "its host has no address; correct rabbitmq.url"));
	close_node(&scene);
}

/* Of several servers one is enough. */
static void test_second_server(void **state)
{
	struct scene scene = {.exchange = NULL};

	(void)state;
	open_node(&scene, "amqp://127.0.0.1:1,127.0.0.1", server.port, "", SLICE(""));
	assert_works(&scene);
	close_node(&scene);
}

static void check_junk(struct slice greeting, const char *reason)
{
	struct scene scene = {.exchange = NULL};
	struct junk_server junk;

	junk_server_start(&junk, greeting, 0);
	open_node(&scene, "amqp://127.0.0.1", junk.port, "", SLICE(""));
	CONFORMANCE_WAIT_FOR(is_told(&scene, reason));
	CONFORMANCE_WAIT_FOR(atomic_load(&junk.connections) >= 4);
	assert_int_equal(warnings(&scene), 1);
	close_node(&scene);
	junk_server_stop(&junk);
}

/* The second is what a server says that speaks another AMQP; the third claims a large frame. */
static void test_junk(void **state)
{
	static const char other_version[] = {'A', 'M', 'Q', 'P', 3, 1, 0, 0};
	static const char large_frame[] = {1, 0, 0, 127, -1, -1, -1, 0};

	(void)state;
	check_junk(SLICE("HTTP/1.1 400 Bad Request\r\n\r\n"),
		   "it does not answer as RabbitMQ does");
	check_junk(slice_from_bytes(other_version, sizeof(other_version)),
		   "it does not answer as RabbitMQ does");
	check_junk(slice_from_bytes(large_frame, sizeof(large_frame)),
		   "it does not answer as RabbitMQ does");
	check_junk(SLICE(""), "it did not answer within 5 s");
}

static void check_open_refuses(const char *url, const char *ca_file, const char *text)
{
	struct settings settings;
	struct feed_options options = {.node = NODE, .settings = &settings};
	struct error error = {""};
	struct feed *feed = NULL;

	settings_init_defaults(&settings);
	settings.rabbitmq_url = url;
	settings.rabbitmq_tls_ca_file = ca_file;
	assert_int_equal(feed_open(&rabbitmq_feed_ops, &options, &feed, &error), -EINVAL);
	assert_null(feed);
	if (strstr(error.text, text) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", error.text, text);
}

static void test_settings_that_cannot_be(void **state)
{
	(void)state;
	check_open_refuses("http://localhost", "", "amqp://");
	check_open_refuses("amqp://guest:secret@localhost", "", "rabbitmq.password_file");
	check_open_refuses("amqps://localhost", "/nonexistent.pem", "rabbitmq.tls_ca_file");
}

static int start_server(void **state)
{
	(void)state;
	rabbitmq_server_init(&server);
	rabbitmq_server_use_tls(&server);
	rabbitmq_server_start(&server);
	return 0;
}

static int stop_server(void **state)
{
	(void)state;
	rabbitmq_server_finish(&server);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wrong_password), cmocka_unit_test(test_missing_password),
	    cmocka_unit_test(test_permissions),	   cmocka_unit_test(test_no_permissions),
	    cmocka_unit_test(test_virtual_hosts),  cmocka_unit_test(test_full_virtual_host),
	    cmocka_unit_test(test_other_exchange), cmocka_unit_test(test_reserved_exchange),
	    cmocka_unit_test(test_certificates),   cmocka_unit_test(test_tls_where_there_is_none),
	    cmocka_unit_test(test_unknown_host),   cmocka_unit_test(test_second_server),
	    cmocka_unit_test(test_junk),	   cmocka_unit_test(test_settings_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
