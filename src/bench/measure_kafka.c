/* librdkafka waits for nobody; its reports of delivery count. The topic is made by the broker when
 * it is asked for, with as many partitions as that gives by default. */
#include "bench/measures.h"
#include "bench/queue.h"

#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>

enum { PROBLEM_BYTES = 256, PATIENCE = 1000 };

struct filling {
	unsigned delivered;
	unsigned failed;
};

static void set_flags(const struct bench *bench, const char *name,
		      const char *flags[static QUEUE_FLAGS])
{
	const char *all[QUEUE_FLAGS] = {"--kafka", bench->options.kafka, "--sources-kafka-topic",
					name};

	memcpy(flags, all, sizeof(all));
}

static void on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *context)
{
	struct filling *filling = context;

	(void)kafka;
	filling->delivered += message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
	filling->failed += message->err != RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_t *open_producer(const struct bench *bench, struct filling *filling,
				 struct error *error)
{
	rd_kafka_conf_t *configuration = rd_kafka_conf_new();
	char problem[PROBLEM_BYTES] = "";
	rd_kafka_t *kafka;

	rd_kafka_conf_set(configuration, "bootstrap.servers", bench->options.kafka, NULL, 0);
	rd_kafka_conf_set(configuration, "enable.idempotence", "true", NULL, 0);
	rd_kafka_conf_set(configuration, "linger.ms", "20", NULL, 0);
	rd_kafka_conf_set_dr_msg_cb(configuration, on_delivery);
	rd_kafka_conf_set_opaque(configuration, filling);
	kafka = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, problem, sizeof(problem));
	if (kafka == NULL) {
		rd_kafka_conf_destroy(configuration);
		error_set(error, -EIO, "cannot produce to Kafka: %s", problem);
	}
	return kafka;
}

/* librdkafka takes a pointer to what it copies as one that it may change. */
static void *copied(const char *text)
{
	return (void *)(uintptr_t)text;
}

static rd_kafka_resp_err_t send_one(rd_kafka_t *kafka, const char *name, const char *user,
				    const char *body)
{
	rd_kafka_resp_err_t code;

	for (;;) {
		code = rd_kafka_producev(kafka, RD_KAFKA_V_TOPIC(name),
					 RD_KAFKA_V_KEY(copied(user), strlen(user)),
					 RD_KAFKA_V_VALUE(copied(body), strlen(body)),
					 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
		if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
			return code;
		rd_kafka_poll(kafka, PATIENCE);
	}
}

static int fill(const struct bench *bench, const char *name, unsigned count, struct error *error)
{
	char body[QUEUE_BODY_BYTES], user[QUEUE_NAME_BYTES];
	struct filling filling = {0};
	rd_kafka_t *kafka = open_producer(bench, &filling, error);

	if (kafka == NULL)
		return -EIO;
	for (unsigned i = 0; i < count && filling.failed == 0; i++) {
		queue_body(bench, i, body, user);
		filling.failed += send_one(kafka, name, user, body) != RD_KAFKA_RESP_ERR_NO_ERROR;
		rd_kafka_poll(kafka, 0);
	}
	while (filling.delivered < count && filling.failed == 0)
		rd_kafka_poll(kafka, PATIENCE);
	rd_kafka_destroy(kafka);
	return filling.failed == 0 ? 0
				   : error_set(error, -EIO, "Kafka took %u of %u messages",
					       filling.delivered, count);
}

static const struct queue queue = {.source = "kafka", .set_flags = set_flags, .fill = fill};

int measure_kafka(struct bench *bench, struct error *error)
{
	return queue_measure(bench, "kafka", &queue, error);
}
