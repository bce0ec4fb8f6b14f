/* What RabbitMQ and librabbitmq say, and the sentence that a person gets. Real servers say most of
 * it in tests/conformance/feed/test_rabbitmq_refusals.c. */
#include "broker/rabbitmq_problem.h"

#include "lib/assertions.h"

#include <amqp_framing.h>
#include <errno.h>
#include <stdio.h>

static void assert_says(const struct error *error, const char *sentence)
{
	if (strstr(error->text, sentence) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", error->text, sentence);
}

static void check_answer(unsigned code, const char *text, int result, const char *sentence)
{
	struct error error = {""};

	assert_int_equal(rabbitmq_problem_explain(code, slice_from_string(text), &error), result);
	assert_says(&error, sentence);
}

static void test_answers(void **state)
{
	(void)state;
	check_answer(403, "ACCESS_REFUSED - Login was refused using", -EACCES,
		     "it refuses the user or the password");
	check_answer(403, "ACCESS_REFUSED - access to exchange", -EACCES, "set_permissions");
	check_answer(530, "NOT_ALLOWED - vhost x not found", -EPROTO, "add_vhost");
	check_answer(530,
		     "NOT_ALLOWED - access to vhost 'x' refused for user 'u': "
		     "connection limit (1) is reached",
		     -EPROTO, "it takes no more connections");
	check_answer(541,
		     "INTERNAL_ERROR - access to vhost 'x' refused for user 'u': "
		     "vhost 'x' is down",
		     -EPROTO, "restart_vhost");
	check_answer(320, "CONNECTION_FORCED - broker forced connection closure", -EPROTO,
		     "an operator");
	check_answer(599, "SOMETHING \x1B[31m new", -EPROTO, "it says 599 \"SOMETHING");
	check_answer(406, "", -EPROTO, "it says 406 \"\"");
}

static void test_long_answer(void **state)
{
	char text[2048];
	struct error error = {""};

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	rabbitmq_problem_explain(1, slice_from_string(text), &error);
	assert_true(strlen(error.text) < 200);
}

static void check_status(int status, enum rabbitmq_step step, int result, const char *sentence)
{
	struct error error = {""};

	assert_int_equal(rabbitmq_problem_status(status, step, &error), result);
	assert_says(&error, sentence);
}

/* The same status means something else while it connects, logs in and works. */
static void test_statuses(void **state)
{
	(void)state;
	check_status(AMQP_STATUS_TIMEOUT, RABBITMQ_CONNECTING, -ETIMEDOUT, "cannot connect within");
	check_status(AMQP_STATUS_TIMEOUT, RABBITMQ_WORKING, -ETIMEDOUT, "it did not answer");
	check_status(AMQP_STATUS_SOCKET_ERROR, RABBITMQ_CONNECTING, -ECONNREFUSED,
		     "cannot connect; see that RabbitMQ runs");
	check_status(AMQP_STATUS_CONNECTION_CLOSED, RABBITMQ_LOGGING_IN, -ECONNRESET,
		     "instead of answering");
	check_status(AMQP_STATUS_CONNECTION_CLOSED, RABBITMQ_WORKING, -ECONNRESET,
		     "it ended the connection");
	check_status(AMQP_STATUS_HEARTBEAT_TIMEOUT, RABBITMQ_WORKING, -ETIMEDOUT,
		     "nothing came from it for 10 s");
	check_status(AMQP_STATUS_NO_MEMORY, RABBITMQ_WORKING, -ENOMEM, "out of memory");
	check_status(AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD, RABBITMQ_LOGGING_IN, -EPROTO,
		     "auth_mechanisms");
	check_status(AMQP_STATUS_BAD_AMQP_DATA, RABBITMQ_LOGGING_IN, -EPROTO,
		     "it does not answer as RabbitMQ does");
}

static void test_replies(void **state)
{
	amqp_channel_close_t end = {.reply_code = 404,
				    .reply_text = amqp_cstring_bytes("NOT_FOUND - no exchange")};
	amqp_rpc_reply_t reply = {.reply_type = AMQP_RESPONSE_NORMAL};
	struct error error = {""};

	(void)state;
	assert_int_equal(rabbitmq_problem_reply(&reply, RABBITMQ_WORKING, &error), 0);
	reply.reply_type = AMQP_RESPONSE_SERVER_EXCEPTION;
	reply.reply = (amqp_method_t){.id = AMQP_CHANNEL_CLOSE_METHOD, .decoded = &end};
	assert_int_equal(rabbitmq_problem_reply(&reply, RABBITMQ_WORKING, &error), -EPROTO);
	assert_says(&error, "its exchange was deleted");
	reply.reply_type = AMQP_RESPONSE_LIBRARY_EXCEPTION;
	reply.library_error = AMQP_STATUS_TIMEOUT;
	assert_int_equal(rabbitmq_problem_reply(&reply, RABBITMQ_WORKING, &error), -ETIMEDOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_long_answer),
	    cmocka_unit_test(test_statuses),
	    cmocka_unit_test(test_replies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
