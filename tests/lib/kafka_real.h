/* The real Kafka of the environment, for kafka_server.c: see there. */
#ifndef ALLIM_TESTS_KAFKA_REAL_H
#define ALLIM_TESTS_KAFKA_REAL_H

#include <stdbool.h>

/* HOST:PORT, or NULL: there is none. */
const char *kafka_real_broker(void);

/* Whether it can be controlled. */
bool kafka_real_has_control(void);

/* Makes a topic and waits until it is there. */
void kafka_real_create(const char *topic, unsigned partitions);

/* One of scripts/kafka's orders for a folder: up, down, freeze, thaw. Returns when it is done. */
void kafka_real_control(const char *order);

#endif
