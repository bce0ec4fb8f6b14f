/* A Kafka for a test: its own, by the program kafka_mock, guarded, whose head says what it can be
 * told; or the real broker that ALLIM_TEST_KAFKA names (HOST:PORT), which several tests may use, so
 * that their topics need names of their own. ALLIM_TEST_KAFKA_FOLDER is the folder in which
 * scripts/kafka runs that broker, for tests that take it down. */
#ifndef ALLIM_TESTS_KAFKA_SERVER_H
#define ALLIM_TESTS_KAFKA_SERVER_H

#include "lib/guard.h"

enum { KAFKA_SERVER_BROKERS_BYTES = 256, KAFKA_SERVER_PATH_BYTES = 128 };
enum { KAFKA_SERVER_TOPIC_BYTES = 64 };

/* API keys and errors as numbered by Kafka, for orders. */
enum { KAFKA_PRODUCE = 0, KAFKA_FETCH = 1, KAFKA_LIST_OFFSETS = 2, KAFKA_INIT_PRODUCER_ID = 22 };

struct kafka_server {
	struct guard *guard;			  /* NULL: it is a real one */
	int orders;				  /* the pipe that the mock reads */
	unsigned told;				  /* how many */
	char brokers[KAFKA_SERVER_BROKERS_BYTES]; /* for the setting kafka.brokers */
	unsigned short port;			  /* of the first */
};

/* Starts a cluster of that many brokers without topics, or finds the real one, of one broker. */
void kafka_server_start(struct kafka_server *server, unsigned brokers);

bool kafka_server_is_real(const struct kafka_server *server);

/* Skips the test that calls it where the Kafka is a real one: it tells the mock what a real one
 * cannot be told. */
void kafka_server_needs_mock(const struct kafka_server *server);

/* Skips the test that calls it where nobody said how to take the real one down. */
void kafka_server_needs_control(const struct kafka_server *server);

/* A name that no other test has, and that begins with `word`. */
void kafka_server_name_topic(const char *word, char ret_topic[static KAFKA_SERVER_TOPIC_BYTES]);
void kafka_server_create(struct kafka_server *server, const char *topic, unsigned partitions);

/* All brokers go away without warning, with their connections, and come back on their ports with
 * what they had acknowledged. */
void kafka_server_down(struct kafka_server *server);
void kafka_server_up(struct kafka_server *server);

/* Gives the mock an order and waits until it is done. */
void kafka_server_tell(struct kafka_server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Freezes all brokers with their connections, and lets them go on. */
void kafka_server_freeze(struct kafka_server *server);
void kafka_server_thaw(struct kafka_server *server);

/* Kills it and removes its folder; a real one stays, up and thawed. */
void kafka_server_finish(struct kafka_server *server);

#endif
