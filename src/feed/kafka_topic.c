/* Nobody asks whether it is there: whoever may create topics is told so, and who may not has to
 * have it created anyway.
 *
 * It only carries hints, which are of no use after some minutes, so it keeps them no longer. How
 * many replicas it has is the brokers' default. */
#include "feed/kafka_topic.h"

#include <errno.h>
#include <string.h>

enum {
	ASK_AGAIN = 5000, /* milliseconds */
	TIMEOUT = 4000,	  /* likewise */
	DEFAULT_REPLICAS = -1,
	PROBLEM_BYTES = 256,
};

#define RETENTION "300000" /* milliseconds */

static rd_kafka_NewTopic_t *describe(const struct kafka_topic *topic)
{
	char problem[PROBLEM_BYTES];
	rd_kafka_NewTopic_t *description = rd_kafka_NewTopic_new(
	    topic->name, topic->partitions, DEFAULT_REPLICAS, problem, sizeof(problem));

	if (description == NULL)
		return NULL;
	rd_kafka_NewTopic_set_config(description, "retention.ms", RETENTION);
	rd_kafka_NewTopic_set_config(description, "cleanup.policy", "delete");
	return description;
}

void kafka_topic_request(struct kafka_topic *topic, struct kafka_client *client, int64_t now)
{
	rd_kafka_NewTopic_t *description;
	rd_kafka_AdminOptions_t *options;
	char problem[PROBLEM_BYTES];

	if (topic->is_asked || now < topic->ask_again)
		return;
	description = describe(topic);
	if (description == NULL)
		return;
	options = rd_kafka_AdminOptions_new(client->kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_AdminOptions_set_request_timeout(options, TIMEOUT, problem, sizeof(problem));
	rd_kafka_CreateTopics(client->kafka, &description, 1, options, client->queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_NewTopic_destroy(description);
	topic->is_asked = true;
	topic->ask_again = now + ASK_AGAIN;
}

/* The code for the whole request, or for the topic. */
static rd_kafka_resp_err_t code_of(rd_kafka_event_t *event)
{
	const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
	const rd_kafka_topic_result_t **topics;
	size_t count = 0;

	if (rd_kafka_event_error(event) != 0)
		return rd_kafka_event_error(event);
	topics = rd_kafka_CreateTopics_result_topics(result, &count);
	return count == 0 ? RD_KAFKA_RESP_ERR_UNKNOWN : rd_kafka_topic_result_error(topics[0]);
}

static bool is_passing(rd_kafka_resp_err_t code)
{
	static const rd_kafka_resp_err_t passing[] = {
	    RD_KAFKA_RESP_ERR__TIMED_OUT,     RD_KAFKA_RESP_ERR__TRANSPORT,
	    RD_KAFKA_RESP_ERR__DESTROY,	      RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
	    RD_KAFKA_RESP_ERR_NOT_CONTROLLER,
	};

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		if (passing[i] == code)
			return true;
	}
	return false;
}

int kafka_topic_answer(struct kafka_topic *topic, rd_kafka_event_t *event, struct error *error)
{
	rd_kafka_resp_err_t code = code_of(event);

	topic->is_asked = false;
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
		return 0;
	return error_set(error, is_passing(code) ? -EAGAIN : -EPROTO,
			 "the topic is missing, or its user may not see it, and creating it fails "
			 "(%s); run: kafka-topics.sh --bootstrap-server %.*s --create --topic %s "
			 "--partitions %d --config retention.ms=" RETENTION,
			 rd_kafka_err2str(code), (int)strcspn(topic->brokers, ","), topic->brokers,
			 topic->name, topic->partitions);
}
