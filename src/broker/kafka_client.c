/* What librdkafka is told stands in two tables: properties that are always the same, and those that
 * a setting gives. Its log lines repeat what its errors say, so they are shown for debugging only;
 * people hear of kafka_problems.def.
 *
 * The descriptor is an eventfd that librdkafka's threads write to. The client's own end of it stays
 * open until they have ended. */
#include "broker/kafka_client.h"

#include "base/log.h"
#include "config/settings.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { PROBLEM_BYTES = 256, BROKER_BYTES = 512, END_WITHIN = 5 /* seconds */ };

/* kafka.security and kafka.sasl_mechanism are positions in these. */
enum security { PLAINTEXT, TLS, SASL_PLAINTEXT, SASL_TLS };

static const char *const protocols[] = {
    [PLAINTEXT] = "plaintext",
    [TLS] = "ssl",
    [SASL_PLAINTEXT] = "sasl_plaintext",
    [SASL_TLS] = "sasl_ssl",
};

static const char *const mechanisms[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};

static const struct {
	const char *property;
	const char *value;
} always[] = {
    {"client.id", "allim"},
    {"allow.auto.create.topics", "false"},
    {"ssl.endpoint.identification.algorithm", "https"},
    {"log_level", "4"},
    /* Small packets at once. */
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
    /* Milliseconds: a broker that freezes is noticed, and one that comes back is found. */
    {"socket.timeout.ms", "10000"},
    {"socket.connection.setup.timeout.ms", "5000"},
    {"reconnect.backoff.ms", "100"},
    {"reconnect.backoff.max.ms", "2000"},
};

static const struct file_setting {
	const char *name;
	const char *property;
	size_t member;
} files[] = {
    {"kafka.tls_ca_file", "ssl.ca.location", offsetof(struct settings, kafka_tls_ca_file)},
    {"kafka.tls_certificate_file", "ssl.certificate.location",
     offsetof(struct settings, kafka_tls_certificate_file)},
    {"kafka.tls_key_file", "ssl.key.location", offsetof(struct settings, kafka_tls_key_file)},
};

enum { FILES = sizeof(files) / sizeof(files[0]) };

static bool has_tls(const struct settings *settings)
{
	return settings->kafka_security == TLS || settings->kafka_security == SASL_TLS;
}

static bool has_sasl(const struct settings *settings)
{
	return settings->kafka_security == SASL_PLAINTEXT || settings->kafka_security == SASL_TLS;
}

/* Checking the settings */

static bool is_port(struct slice text)
{
	uint64_t port;

	return slice_to_unsigned(text, &port) == 0 && port > 0 && port <= 65535;
}

static bool is_host(struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] <= ' ' || strchr("/@[]", text.data[i]) != NULL)
			return false;
	}
	return text.length > 0;
}

/* HOST or [ADDRESS], with or without :PORT. librdkafka would leave out silently what it cannot
 * read. */
static bool is_broker(struct slice text)
{
	struct slice rest = text, host, port;

	if (!slice_starts_with(text, SLICE("["))) {
		host = slice_split(&rest, ':');
		return is_host(host) && (host.length == text.length || is_port(rest));
	}
	slice_split(&rest, '[');
	host = slice_split(&rest, ']');
	if (!is_host(host) || host.length + 1 == text.length || rest.length == 0)
		return is_host(host) && host.length + 2 == text.length;
	port = slice_from_bytes(rest.data + 1, rest.length - 1);
	return rest.data[0] == ':' && is_port(port);
}

static int check_brokers(const struct settings *settings, struct error *error)
{
	struct slice rest = slice_from_string(settings->kafka_brokers);

	do {
		struct slice broker = slice_trim(slice_split(&rest, ','));

		if (!is_broker(broker))
			return error_set(
			    error, -EINVAL,
			    "kafka.brokers has \"%.*s\"; accepted is HOST:PORT, or HOST for "
			    "port 9092, with commas between several",
			    (int)(broker.length < BROKER_BYTES ? broker.length : BROKER_BYTES / 2),
			    broker.data);
	} while (rest.length > 0);
	return 0;
}

static int check_user(const struct settings *settings, struct error *error)
{
	bool has_user = settings->kafka_user[0] != '\0';
	bool has_password = settings->kafka_password.length > 0;

	if (has_sasl(settings) && !(has_user && has_password))
		return error_set(error, -EINVAL,
				 "kafka.security asks for a user and a password; set kafka.user, "
				 "and kafka.password_file or ALLIM_KAFKA_PASSWORD");
	if (!has_sasl(settings) && (has_user || has_password))
		return error_set(error, -EINVAL,
				 "kafka.user or a password is set, and kafka.security has no use "
				 "for them; set it to sasl_tls or sasl_plaintext");
	return 0;
}

static const char *path_of(const struct settings *settings, const struct file_setting *file)
{
	return *(const char *const *)(const void *)((const char *)settings + file->member);
}

static int check_file(const struct settings *settings, const struct file_setting *file,
		      struct error *error)
{
	const char *path = path_of(settings, file);

	if (path[0] == '\0')
		return 0;
	if (!has_tls(settings))
		return error_set(error, -EINVAL,
				 "%s is set, and kafka.security is without TLS; set it to tls or "
				 "sasl_tls",
				 file->name);
	if (access(path, R_OK) < 0)
		return error_set(error, -EINVAL, "%s \"%s\" cannot be read: %s", file->name, path,
				 strerror(errno));
	return 0;
}

int kafka_client_check(const struct settings *settings, struct error *error)
{
	int result = check_brokers(settings, error);

	if (result == 0)
		result = check_user(settings, error);
	for (size_t i = 0; i < FILES && result == 0; i++)
		result = check_file(settings, &files[i], error);
	return result;
}

/* Configuring */

void kafka_client_set(rd_kafka_conf_t *configuration, const char *property, const char *value)
{
	rd_kafka_conf_res_t result = rd_kafka_conf_set(configuration, property, value, NULL, 0);

	assert(result == RD_KAFKA_CONF_OK);
}

static int set_password(rd_kafka_conf_t *configuration, struct slice password)
{
	char *text = slice_to_string(password);

	if (text == NULL)
		return -ENOMEM;
	kafka_client_set(configuration, "sasl.password", text);
	explicit_bzero(text, password.length);
	free(text);
	return 0;
}

static int set_all(rd_kafka_conf_t *configuration, const struct settings *settings)
{
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		kafka_client_set(configuration, always[i].property, always[i].value);
	kafka_client_set(configuration, "bootstrap.servers", settings->kafka_brokers);
	kafka_client_set(configuration, "security.protocol", protocols[settings->kafka_security]);
	for (size_t i = 0; i < FILES; i++) {
		const char *path = path_of(settings, &files[i]);

		if (path[0] != '\0')
			kafka_client_set(configuration, files[i].property, path);
	}
	if (!has_sasl(settings))
		return 0;
	kafka_client_set(configuration, "sasl.mechanism",
			 mechanisms[settings->kafka_sasl_mechanism]);
	kafka_client_set(configuration, "sasl.username", settings->kafka_user);
	return set_password(configuration, settings->kafka_password);
}

/* On any of librdkafka's threads. */
static void on_log(const rd_kafka_t *kafka, int level, const char *facility, const char *text)
{
	(void)kafka;
	(void)level;
	log_debug("librdkafka", LOG_TEXT("facility", facility), LOG_TEXT("text", text));
}

int kafka_client_configure(const struct settings *settings, rd_kafka_conf_t **ret_configuration,
			   struct error *error)
{
	int result = kafka_client_check(settings, error);
	rd_kafka_conf_t *configuration;

	if (result < 0)
		return result;
	configuration = rd_kafka_conf_new();
	rd_kafka_conf_set_log_cb(configuration, on_log);
	result = set_all(configuration, settings);
	if (result == 0) {
		*ret_configuration = configuration;
		return 0;
	}
	rd_kafka_conf_destroy(configuration);
	return error_set(error, result, "out of memory while preparing Kafka");
}

/* Opening and closing */

/* What librdkafka finds wrong with a file begins with the property's name. */
static int explain_refusal(const char *problem, struct error *error)
{
	for (size_t i = 0; i < FILES; i++) {
		if (strstr(problem, files[i].property) != NULL)
			return error_set(error, -EINVAL, "%s names a file that is of no use: %.*s",
					 files[i].name, PROBLEM_BYTES, problem);
	}
	return error_set(error, -EINVAL, "Kafka cannot be prepared: %.*s", PROBLEM_BYTES, problem);
}

static int start(struct kafka_client *client, rd_kafka_type_t type, rd_kafka_conf_t *configuration,
		 struct error *error)
{
	char problem[PROBLEM_BYTES] = "";
	uint64_t one = 1;

	client->kafka = rd_kafka_new(type, configuration, problem, sizeof(problem));
	if (client->kafka == NULL) {
		rd_kafka_conf_destroy(configuration);
		return explain_refusal(problem, error);
	}
	if (type == RD_KAFKA_CONSUMER && rd_kafka_poll_set_consumer(client->kafka) == 0)
		client->queue = rd_kafka_queue_get_consumer(client->kafka);
	else
		client->queue = rd_kafka_queue_get_main(client->kafka);
	rd_kafka_queue_io_event_enable(client->queue, client->descriptor, &one, sizeof(one));
	/* What came before that was not told of, and nothing behind it would be. */
	(void)!write(client->descriptor, &one, sizeof(one));
	return 0;
}

int kafka_client_open(struct kafka_client *client, rd_kafka_type_t type,
		      rd_kafka_conf_t *configuration, struct error *error)
{
	int result;

	*client = (struct kafka_client){.descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	if (client->descriptor < 0) {
		result = -errno;
		rd_kafka_conf_destroy(configuration);
		return error_set(error, result, "Kafka cannot be prepared: %s", strerror(-result));
	}
	rd_kafka_conf_set_events(configuration, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_FETCH |
						    RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS |
						    RD_KAFKA_EVENT_REBALANCE |
						    RD_KAFKA_EVENT_OFFSET_COMMIT);
	result = start(client, type, configuration, error);
	if (result < 0)
		close(client->descriptor);
	return result;
}

rd_kafka_event_t *kafka_client_next(struct kafka_client *client)
{
	uint64_t ignored;
	rd_kafka_event_t *event = rd_kafka_queue_poll(client->queue, 0);

	if (event != NULL)
		return event;
	/* Made unreadable first and looked at again: what comes between is not missed. */
	(void)!read(client->descriptor, &ignored, sizeof(ignored));
	return rd_kafka_queue_poll(client->queue, 0);
}

static void *end(void *kafka)
{
	rd_kafka_destroy_flags(kafka, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	return NULL;
}

/* librdkafka waits for its threads, and one of them may never end: in 2.0 where a topic was deleted
 * while it was consumed. A node would never stop then. Returns whether all have ended. */
static bool end_threads(rd_kafka_t *kafka)
{
	struct timespec limit;
	pthread_t thread;

	if (pthread_create(&thread, NULL, end, kafka) != 0) {
		end(kafka);
		return true;
	}
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += END_WITHIN;
	if (pthread_timedjoin_np(thread, NULL, &limit) == 0)
		return true;
	pthread_detach(thread);
	log_warning("threads of librdkafka do not end; they are left to the end of the process");
	return false;
}

void kafka_client_close(struct kafka_client *client)
{
	if (client->kafka == NULL)
		return;
	rd_kafka_queue_io_event_enable(client->queue, -1, NULL, 0);
	rd_kafka_queue_destroy(client->queue);
	if (end_threads(client->kafka))
		close(client->descriptor);
	client->kafka = NULL;
}
