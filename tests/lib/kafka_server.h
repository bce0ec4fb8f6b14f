/* A Kafka of a test's own: the program kafka_mock, guarded. Its head says what it can be told. */
#ifndef ALLIM_TESTS_KAFKA_SERVER_H
#define ALLIM_TESTS_KAFKA_SERVER_H

#include "lib/guard.h"

enum { KAFKA_SERVER_BROKERS_BYTES = 256, KAFKA_SERVER_PATH_BYTES = 128 };

/* API keys and errors as numbered by Kafka, for orders. */
enum { KAFKA_PRODUCE = 0, KAFKA_FETCH = 1, KAFKA_LIST_OFFSETS = 2, KAFKA_INIT_PRODUCER_ID = 22 };

struct kafka_server {
	struct guard *guard;
	int orders;				  /* the pipe that it reads */
	unsigned told;				  /* how many */
	char brokers[KAFKA_SERVER_BROKERS_BYTES]; /* for the setting kafka.brokers */
	unsigned short port;			  /* of the first */
};

/* Starts a cluster without topics. */
void kafka_server_start(struct kafka_server *server, unsigned brokers);

/* Gives an order and waits until it is done. */
void kafka_server_tell(struct kafka_server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Freezes all brokers with their connections, and lets them go on. */
void kafka_server_freeze(struct kafka_server *server);
void kafka_server_thaw(struct kafka_server *server);

/* Kills it and removes its folder. */
void kafka_server_finish(struct kafka_server *server);

#endif
