/* What librdkafka says, word for word, and the sentence that it becomes. */
#include "broker/kafka_problem.h"

#include "lib/assertions.h"

#include <errno.h>

struct row {
	rd_kafka_resp_err_t code;
	int result;
	const char *detail;
	const char *sentence; /* a part of it */
};

static const struct row rows[] = {
    {RD_KAFKA_RESP_ERR__TRANSPORT, -EPROTO,
     "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in "
     "state CONNECT)",
     "nobody listens there"},
    {RD_KAFKA_RESP_ERR__TRANSPORT, -EPROTO,
     "127.0.0.1:1/bootstrap: Disconnected while requesting ApiVersion: might be caused by "
     "incorrect security.protocol configuration (connecting to a SSL listener?) or broker version "
     "is < 0.10 (see api.version.request) (after 1ms in state APIVERSION_QUERY)",
     "if it speaks TLS on this port, set kafka.security"},
    {RD_KAFKA_RESP_ERR__TRANSPORT, -EPROTO,
     "ssl://127.0.0.1:1/bootstrap: SSL handshake failed: Disconnected: connecting to a PLAINTEXT "
     "broker listener? (after 0ms in state SSL_HANDSHAKE)",
     "it does not answer as TLS does"},
    {RD_KAFKA_RESP_ERR__TRANSPORT, -EPROTO,
     "127.0.0.1:1/1: Connection setup timed out in state CONNECT (after 5002ms in state CONNECT)",
     "it does not answer"},
    {RD_KAFKA_RESP_ERR__TRANSPORT, -EAGAIN, "127.0.0.1:1/1: Disconnected (after 12ms in state UP)",
     "its connections break"},
    {RD_KAFKA_RESP_ERR__SSL, -EPROTO,
     "ssl://127.0.0.1:1/bootstrap: SSL handshake failed: error:0A000126:SSL routines::unexpected "
     "eof while reading (after 2ms in state SSL_HANDSHAKE)",
     "it does not answer as TLS does"},
    {RD_KAFKA_RESP_ERR__SSL, -EPROTO,
     "ssl://127.0.0.1:1/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate "
     "verify failed: broker certificate could not be verified, verify that ssl.ca.location is "
     "correctly configured or root CA certificates are installed",
     "kafka.tls_ca_file"},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, -EPROTO,
     "sasl_plaintext://127.0.0.1:1/bootstrap: SASL authentication error: Authentication failed "
     "during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-512 (after "
     "14ms in state AUTH_REQ)",
     "it refuses the user or the password; correct kafka.user"},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, -EPROTO,
     "sasl_plaintext://127.0.0.1:1/bootstrap: SASL SCRAM-SHA-512 mechanism handshake failed: "
     "Broker: Unsupported SASL mechanism: broker's supported mechanisms: PLAIN (after 3ms in state "
     "AUTH_HANDSHAKE)",
     "set kafka.sasl_mechanism"},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, -EPROTO,
     "sasl_plaintext://127.0.0.1:1/bootstrap: SASL PLAIN mechanism handshake failed: Broker: "
     "Request not valid in current SASL state: broker's supported mechanisms:  (after 0ms in state "
     "AUTH_HANDSHAKE)",
     "it asks for no user on this port"},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, -EPROTO, NULL, "its user may not use the topic"},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, -EPROTO, NULL, "IdempotentWrite"},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, -EPROTO, "", "raise max.message.bytes"},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, 0, "3/3 brokers are down", ""},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, 0, NULL, ""},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, -EPROTO, NULL, "it says \"Broker: Policy violation\""},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, -EPROTO, "nothing of the kind",
     "it says \"nothing of the"},
};

static void test_sentences(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error error = {""};

		assert_int_equal(kafka_problem_explain(rows[i].code, rows[i].detail, &error),
				 rows[i].result);
		if (strstr(error.text, rows[i].sentence) == NULL)
			fail_msg("row %zu: \"%s\" does not say \"%s\"", i, error.text,
				 rows[i].sentence);
	}
}

static void test_long_detail(void **state)
{
	char detail[4096];
	struct error error;

	(void)state;
	memset(detail, 'x', sizeof(detail));
	detail[sizeof(detail) - 1] = '\0';
	kafka_problem_explain(RD_KAFKA_RESP_ERR_UNKNOWN, detail, &error);
	assert_true(strlen(error.text) < 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sentences),
	    cmocka_unit_test(test_long_detail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
