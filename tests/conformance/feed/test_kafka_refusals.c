/* Servers that cannot be used, for reasons that a person must hear: one line, however often the
 * feed tries, and never the password. A Redis by TLS stands for whatever speaks TLS and is no
 * Kafka: no connection here comes as far as to notice the difference. */
#include "conformance/feed/conformance.h"

#include "lib/captured_log.h"
#include "lib/junk_server.h"
#include "lib/kafka_server.h"
#include "lib/redis_server.h"

#include <errno.h>
#include <stdio.h>

enum { NODE = 11, PLAINTEXT = 0, TLS = 1, SASL_PLAINTEXT = 2, SASL_TLS = 3, PLAIN = 0 };

struct scene {
	struct captured_log log;
	struct conformance_node node;
	char brokers[64];
};

static void open_node(struct scene *scene, const char *host, unsigned port, int security,
		      const char *ca_file)
{
	struct settings settings;

	settings_init_defaults(&settings);
	settings.kafka_brokers = scene->brokers;
	settings.kafka_security = security;
	settings.kafka_tls_ca_file = ca_file;
	if (security == SASL_PLAINTEXT || security == SASL_TLS) {
		settings.kafka_user = "alarm";
		settings.kafka_password = SLICE("my-own-secret");
		settings.kafka_sasl_mechanism = PLAIN;
	}
	snprintf(scene->brokers, sizeof(scene->brokers), "%s:%u", host, port);
	captured_log_start(&scene->log);
	conformance_open_with(&scene->node, &kafka_feed_ops, NODE, &settings);
}

static void close_node(struct scene *scene)
{
	conformance_close(&scene->node);
	assert_int_equal(captured_log_count(&scene->log, "my-own-secret"), 0);
	captured_log_end(&scene->log);
}

static void wait_for_reason(struct scene *scene, const char *reason)
{
	CONFORMANCE_WAIT_FOR(captured_log_count(&scene->log, reason) > 0);
	assert_false(conformance_statistics(&scene->node).connected);
	assert_int_equal(captured_log_count(&scene->log, reason), 1);
}

static void test_nobody_listens(void **state)
{
	struct scene scene = {.brokers = ""};
	struct junk_server server;

	(void)state;
	junk_server_start(&server, SLICE(""), 0);
	junk_server_stop(&server);
	open_node(&scene, "127.0.0.1", server.port, PLAINTEXT, "");
	wait_for_reason(&scene, "nobody listens there");
	close_node(&scene);
}

static void test_unknown_host(void **state)
{
	struct scene scene = {.brokers = ""};

	(void)state;
	open_node(&scene, "no-such-host.invalid", 9092, PLAINTEXT, "");
	wait_for_reason(&scene, "a host's name is not known");
	close_node(&scene);
}

static void test_tls_where_there_is_none(void **state)
{
	struct scene scene = {.brokers = ""};
	struct kafka_server server;

	(void)state;
	kafka_server_start(&server, 1);
	open_node(&scene, "127.0.0.1", server.port, TLS, "");
	wait_for_reason(&scene, "it does not answer as TLS does");
	close_node(&scene);
	kafka_server_finish(&server);
}

static void test_user_where_there_is_none(void **state)
{
	struct scene scene = {.brokers = ""};
	struct kafka_server server;

	(void)state;
	kafka_server_start(&server, 1);
	open_node(&scene, "127.0.0.1", server.port, SASL_PLAINTEXT, "");
	wait_for_reason(&scene, "it asks for no user on this port");
	close_node(&scene);
	kafka_server_finish(&server);
}

static void check_certificate(const char *host, unsigned port, const char *ca_file)
{
	struct scene scene = {.brokers = ""};

	open_node(&scene, host, port, SASL_TLS, ca_file);
	wait_for_reason(&scene, "its certificate is refused");
	close_node(&scene);
}

/* An authority that is not known, and a name that the certificate does not have. */
static void test_certificates(void **state)
{
	char ca_file[REDIS_SERVER_PATH_BYTES];
	struct redis_server server;

	(void)state;
	redis_server_init(&server);
	redis_server_use_tls(&server);
	redis_server_start(&server);
	redis_server_path(&server, "ca.pem", ca_file);
	check_certificate("127.0.0.1", server.tls_port, "");
	check_certificate("127.1", server.tls_port, ca_file);
	redis_server_finish(&server);
}

static void test_no_tls_where_there_is(void **state)
{
	struct scene scene = {.brokers = ""};
	struct redis_server server;

	(void)state;
	redis_server_init(&server);
	redis_server_use_tls(&server);
	redis_server_start(&server);
	open_node(&scene, "127.0.0.1", server.tls_port, PLAINTEXT, "");
	wait_for_reason(&scene, "if it speaks TLS on this port");
	close_node(&scene);
	redis_server_finish(&server);
}

static void check_junk(struct slice greeting, const char *reason)
{
	struct scene scene = {.brokers = ""};
	struct junk_server server;

	junk_server_start(&server, greeting, 0);
	open_node(&scene, "127.0.0.1", server.port, PLAINTEXT, "");
	wait_for_reason(&scene, reason);
	close_node(&scene);
	junk_server_stop(&server);
}

static void test_junk(void **state)
{
	(void)state;
	check_junk(SLICE("HTTP/1.1 400 Bad Request\r\n\r\n"), "it does not answer as Kafka does");
	check_junk(SLICE(""), "it does not answer; see");
}

static const struct refusal {
	const char *brokers;
	int security;
	const char *user;
	const char *password;
	const char *ca_file;
	const char *text;
} refusals[] = {
    {"", PLAINTEXT, "", "", "", "kafka.brokers has \"\"; accepted is HOST:PORT"},
    {"a:1,,b:2", PLAINTEXT, "", "", "", "kafka.brokers"},
    {"http://a:1", PLAINTEXT, "", "", "", "kafka.brokers has \"http://a:1\""},
    {"a:0", PLAINTEXT, "", "", "", "kafka.brokers"},
    {"a:65536", PLAINTEXT, "", "", "", "kafka.brokers"},
    {"a b:1", PLAINTEXT, "", "", "", "kafka.brokers"},
    {"[::1:9", PLAINTEXT, "", "", "", "kafka.brokers"},
    {"a:1", SASL_TLS, "alarm", "", "", "set kafka.user, and kafka.password_file"},
    {"a:1", SASL_PLAINTEXT, "", "secret", "", "set kafka.user, and kafka.password_file"},
    {"a:1", TLS, "alarm", "secret", "", "set it to sasl_tls"},
    {"a:1", PLAINTEXT, "", "secret", "", "set it to sasl_tls"},
    {"a:1", TLS, "", "", "/nonexistent.pem", "kafka.tls_ca_file \"/nonexistent.pem\" cannot be"},
    {"a:1", PLAINTEXT, "", "", "/etc/hostname", "kafka.security is without TLS"},
    {"a:1", TLS, "", "", "/etc/hostname", "kafka.tls_ca_file names a file that is of no use"},
};

static int try_to_open(const struct refusal *refusal, struct error *error)
{
	struct settings settings;
	struct feed_options options = {.node = NODE, .settings = &settings};
	struct conformance_ear ear;
	struct feed *feed = NULL;
	int result;

	conformance_ear_init(&ear);
	conformance_listen(&options, &ear);
	settings_init_defaults(&settings);
	settings.kafka_brokers = refusal->brokers;
	settings.kafka_security = refusal->security;
	settings.kafka_user = refusal->user;
	settings.kafka_password = slice_from_string(refusal->password);
	settings.kafka_tls_ca_file = refusal->ca_file;
	result = feed_open(&kafka_feed_ops, &options, &feed, error);
	feed_close(feed);
	conformance_ear_finish(&ear);
	return result;
}

static void test_settings_that_cannot_be(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct error error = {""};

		assert_int_equal(try_to_open(&refusals[i], &error), -EINVAL);
		if (strstr(error.text, refusals[i].text) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", error.text, refusals[i].text);
	}
}

static void test_settings_that_can_be(void **state)
{
	static const char *const brokers[] = {"localhost", "a:1, b:2", "[::1]:9092", "[::1]"};

	(void)state;
	for (size_t i = 0; i < sizeof(brokers) / sizeof(brokers[0]); i++) {
		const struct refusal none = {brokers[i], PLAINTEXT, "", "", "", ""};
		struct error error = {""};

		if (try_to_open(&none, &error) < 0)
			fail_msg("%s", error.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_settings_that_cannot_be),
	    cmocka_unit_test(test_settings_that_can_be),
	    cmocka_unit_test(test_nobody_listens),
	    cmocka_unit_test(test_unknown_host),
	    cmocka_unit_test(test_tls_where_there_is_none),
	    cmocka_unit_test(test_user_where_there_is_none),
	    cmocka_unit_test(test_certificates),
	    cmocka_unit_test(test_no_tls_where_there_is),
	    cmocka_unit_test(test_junk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
