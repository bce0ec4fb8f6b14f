/* The sentences are in rabbitmq_problems.def. What a server says of itself may be anything, so it
 * is shown cut and without control characters (the log escapes them). */
#include "broker/rabbitmq_problem.h"

#include "broker/rabbitmq_connection.h"

#include <errno.h>

enum { SHOWN_BYTES = 160 };

struct problem {
	unsigned code;
	const char *words;
	const char *sentence;
};

#define RABBITMQ_PROBLEM(code, words, sentence) {(code), (words), (sentence)},
static const struct problem problems[] = {
#include "broker/rabbitmq_problems.def"
};
#undef RABBITMQ_PROBLEM

static bool has_words(struct slice text, const char *words)
{
	size_t length = strlen(words);

	return length == 0 || memmem(text.data, text.length, words, length) != NULL;
}

int rabbitmq_problem_explain(unsigned code, struct slice text, struct error *error)
{
	int result = code == AMQP_ACCESS_REFUSED ? -EACCES : -EPROTO;

	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
		if (problems[i].code == code && has_words(text, problems[i].words))
			return error_set(error, result, "%s", problems[i].sentence);
	}
	return error_set(error, result, "it says %u \"%.*s\"", code,
			 (int)(text.length < SHOWN_BYTES ? text.length : SHOWN_BYTES), text.data);
}

static int no_answer(enum rabbitmq_step step, struct error *error)
{
	if (step == RABBITMQ_CONNECTING)
		return error_set(error, -ETIMEDOUT,
				 "cannot connect within %d s; see that RabbitMQ runs, and "
				 "rabbitmq.url",
				 RABBITMQ_TIMEOUT_SECONDS);
	return error_set(error, -ETIMEDOUT, "it did not answer within %d s",
			 RABBITMQ_TIMEOUT_SECONDS);
}

static int no_connection(enum rabbitmq_step step, struct error *error)
{
	if (step == RABBITMQ_CONNECTING)
		return error_set(error, -ECONNREFUSED,
				 "cannot connect; see that RabbitMQ runs, and rabbitmq.url");
	if (step == RABBITMQ_LOGGING_IN)
		return error_set(error, -ECONNRESET,
				 "it ended the connection instead of answering; correct "
				 "rabbitmq.url, which begins with amqps:// where the server speaks "
				 "TLS");
	return error_set(error, -ECONNRESET, "it ended the connection");
}

static int no_tls(struct error *error)
{
	return error_set(error, -EPROTO,
			 "the TLS handshake failed; see that it speaks TLS on this port, or use "
			 "amqp://");
}

static int not_rabbitmq(struct error *error)
{
	return error_set(error, -EPROTO,
			 "it does not answer as RabbitMQ does; correct rabbitmq.url, which begins "
			 "with amqps:// where the server speaks TLS");
}

int rabbitmq_problem_status(int status, enum rabbitmq_step step, struct error *error)
{
	switch (status) {
	case AMQP_STATUS_NO_MEMORY:
		return error_set(error, -ENOMEM, "out of memory while using the connection");
	case AMQP_STATUS_HOSTNAME_RESOLUTION_FAILED:
		return error_set(error, -EHOSTUNREACH,
				 "its host has no address; correct rabbitmq.url");
	case AMQP_STATUS_TIMEOUT:
		return no_answer(step, error);
	case AMQP_STATUS_HEARTBEAT_TIMEOUT:
		return error_set(error, -ETIMEDOUT, "nothing came from it for %d s",
				 2 * RABBITMQ_HEARTBEAT_SECONDS);
	case AMQP_STATUS_CONNECTION_CLOSED:
	case AMQP_STATUS_SOCKET_CLOSED:
	case AMQP_STATUS_SOCKET_ERROR:
	case AMQP_STATUS_TCP_ERROR:
		return no_connection(step, error);
	case AMQP_STATUS_SSL_ERROR:
		return step == RABBITMQ_CONNECTING ? no_tls(error) : no_connection(step, error);
	case AMQP_STATUS_SSL_CONNECTION_FAILED:
	case AMQP_STATUS_SSL_PEER_VERIFY_FAILED:
		return no_tls(error);
	case AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD:
		return error_set(
		    error, -EPROTO,
		    "it takes no passwords; allow the mechanism PLAIN (auth_mechanisms "
		    "in rabbitmq.conf)");
	default:
		return not_rabbitmq(error);
	}
}

static int explain_exception(const amqp_method_t *method, struct error *error)
{
	if (method->id == AMQP_CONNECTION_CLOSE_METHOD) {
		const amqp_connection_close_t *end = method->decoded;

		return rabbitmq_problem_explain(end->reply_code, rabbitmq_slice(end->reply_text),
						error);
	}
	if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
		const amqp_channel_close_t *end = method->decoded;

		return rabbitmq_problem_explain(end->reply_code, rabbitmq_slice(end->reply_text),
						error);
	}
	return not_rabbitmq(error);
}

int rabbitmq_problem_reply(const amqp_rpc_reply_t *reply, enum rabbitmq_step step,
			   struct error *error)
{
	if (reply->reply_type == AMQP_RESPONSE_NORMAL)
		return 0;
	if (reply->reply_type == AMQP_RESPONSE_SERVER_EXCEPTION)
		return explain_exception(&reply->reply, error);
	return rabbitmq_problem_status(reply->library_error, step, error);
}
