/* A Kafka for tests: librdkafka's mock cluster in a process of its own, so that it can be killed
 * and frozen. It takes orders on standard input and speaks on standard output, for tests in any
 * language:
 *
 *	kafka_mock [BROKERS]
 *
 * starts that many brokers (1) with the numbers 1, 2, ... on free ports of 127.0.0.1, and prints
 * one line:
 *
 *	brokers 127.0.0.1:40001,127.0.0.1:40002
 *
 * Then each line of input is an order, answered by one line: `ok`, or `error` and a sentence.
 *
 *	create TOPIC PARTITIONS         a topic; one that a client asks for without this has 4
 *	leader TOPIC PARTITION BROKER   moves a partition; broker -1: it has no leader
 *	down BROKER                     ends its connections, and those that come from now on at
 *	                                once; -1: all brokers
 *	up BROKER                       takes connections again, on the same port, with its messages
 *	latency BROKER MILLISECONDS     of each answer; -1: all brokers
 *	error KEY CODE [COUNT]          the next requests of that kind (0 Produce, 1 Fetch, 2
 *	                                ListOffsets, 3 Metadata, 22 InitProducerId, ...) are
 *	                                answered with the error (as numbered by Kafka; -195 ends
 *	                                the connection)
 *	clear KEY                       forgets what is left of these
 *	topic-error TOPIC CODE          what Metadata says of a topic: 3, it is missing; 0, nothing
 *	                                is wrong
 *
 * It ends with its input. A partition keeps 5 MB or 100,000 messages, in memory. What it does not
 * have: creating topics by clients, TLS, passwords, and answers to a Fetch before the time that the
 * client would wait at most, unless there is something at once. */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 1024, WORDS = 4, NAME_BYTES = 256, ERRORS = 1000, REPLICAS = 1 };

/* An order is a word with numbers behind it; one about a topic has its name first. */
struct arguments {
	char topic[NAME_BYTES];
	long numbers[WORDS];
	int count;
};

struct order {
	const char *name;
	bool has_topic;
	int fewest; /* numbers */
	int most;
	rd_kafka_resp_err_t (*obey)(rd_kafka_mock_cluster_t *cluster,
				    const struct arguments *arguments);
};

static rd_kafka_resp_err_t create(rd_kafka_mock_cluster_t *cluster,
				  const struct arguments *arguments)
{
	return rd_kafka_mock_topic_create(cluster, arguments->topic, (int)arguments->numbers[0],
					  REPLICAS);
}

static rd_kafka_resp_err_t leader(rd_kafka_mock_cluster_t *cluster,
				  const struct arguments *arguments)
{
	return rd_kafka_mock_partition_set_leader(cluster, arguments->topic,
						  (int32_t)arguments->numbers[0],
						  (int32_t)arguments->numbers[1]);
}

static rd_kafka_resp_err_t down(rd_kafka_mock_cluster_t *cluster, const struct arguments *arguments)
{
	return rd_kafka_mock_broker_set_down(cluster, (int32_t)arguments->numbers[0]);
}

static rd_kafka_resp_err_t up(rd_kafka_mock_cluster_t *cluster, const struct arguments *arguments)
{
	return rd_kafka_mock_broker_set_up(cluster, (int32_t)arguments->numbers[0]);
}

static rd_kafka_resp_err_t latency(rd_kafka_mock_cluster_t *cluster,
				   const struct arguments *arguments)
{
	return rd_kafka_mock_broker_set_rtt(cluster, (int32_t)arguments->numbers[0],
					    (int)arguments->numbers[1]);
}

static rd_kafka_resp_err_t fail(rd_kafka_mock_cluster_t *cluster, const struct arguments *arguments)
{
	long count = arguments->count > 2 ? arguments->numbers[2] : 1;
	rd_kafka_resp_err_t errors[ERRORS];

	if (count < 1 || count > ERRORS)
		return RD_KAFKA_RESP_ERR__INVALID_ARG;
	for (long i = 0; i < count; i++)
		errors[i] = (rd_kafka_resp_err_t)arguments->numbers[1];
	rd_kafka_mock_push_request_errors_array(cluster, (int16_t)arguments->numbers[0],
						(size_t)count, errors);
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t clear(rd_kafka_mock_cluster_t *cluster,
				 const struct arguments *arguments)
{
	rd_kafka_mock_clear_request_errors(cluster, (int16_t)arguments->numbers[0]);
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t topic_error(rd_kafka_mock_cluster_t *cluster,
				       const struct arguments *arguments)
{
	rd_kafka_mock_topic_set_error(cluster, arguments->topic,
				      (rd_kafka_resp_err_t)arguments->numbers[0]);
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static const struct order orders[] = {
    {"create", true, 1, 1, create},    {"leader", true, 2, 2, leader},
    {"down", false, 1, 1, down},       {"up", false, 1, 1, up},
    {"latency", false, 2, 2, latency}, {"error", false, 2, 3, fail},
    {"clear", false, 1, 1, clear},     {"topic-error", true, 1, 1, topic_error},
};

static const struct order *find_order(const char *name)
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		if (strcmp(orders[i].name, name) == 0)
			return &orders[i];
	}
	return NULL;
}

/* Returns whether the words behind the order's name are as it wants them. */
static bool read_arguments(const struct order *order, char **rest, struct arguments *ret_arguments)
{
	const char *word;
	char *end;

	*ret_arguments = (struct arguments){.count = 0};
	if (order->has_topic) {
		word = strtok_r(NULL, " ", rest);
		if (word == NULL || strlen(word) >= NAME_BYTES)
			return false;
		snprintf(ret_arguments->topic, NAME_BYTES, "%s", word);
	}
	while ((word = strtok_r(NULL, " ", rest)) != NULL) {
		if (ret_arguments->count == order->most)
			return false;
		ret_arguments->numbers[ret_arguments->count++] = strtol(word, &end, 10);
		if (*end != '\0')
			return false;
	}
	return ret_arguments->count >= order->fewest;
}

static void obey(rd_kafka_mock_cluster_t *cluster, char *line)
{
	char *rest = NULL;
	const char *name = strtok_r(line, " ", &rest);
	const struct order *order = name == NULL ? NULL : find_order(name);
	struct arguments arguments;
	rd_kafka_resp_err_t code;

	if (order == NULL || !read_arguments(order, &rest, &arguments)) {
		puts("error not understood; see the head of kafka_mock.c");
		return;
	}
	code = order->obey(cluster, &arguments);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		puts("ok");
	else
		printf("error %s\n", rd_kafka_err2str(code));
}

static void obey_all(rd_kafka_mock_cluster_t *cluster)
{
	char line[LINE_BYTES];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		obey(cluster, line);
	}
}

/* The cluster lives in a client, which has nobody to connect to and is not to say so. */
static rd_kafka_t *make_client(void)
{
	rd_kafka_conf_t *configuration = rd_kafka_conf_new();

	rd_kafka_conf_set(configuration, "log_level", "3", NULL, 0);
	return rd_kafka_new(RD_KAFKA_PRODUCER, configuration, NULL, 0);
}

int main(int argument_count, char **arguments)
{
	int brokers = argument_count > 1 ? atoi(arguments[1]) : 1;
	rd_kafka_mock_cluster_t *cluster;
	rd_kafka_t *kafka = make_client();

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (kafka == NULL || brokers < 1) {
		fprintf(stderr, "usage: kafka_mock [BROKERS]\n");
		return 2;
	}
	cluster = rd_kafka_mock_cluster_new(kafka, brokers);
	if (cluster == NULL) {
		fprintf(stderr, "kafka_mock: the cluster does not start\n");
		return 1;
	}
	printf("brokers %s\n", rd_kafka_mock_cluster_bootstraps(cluster));
	obey_all(cluster);
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(kafka);
	return 0;
}
