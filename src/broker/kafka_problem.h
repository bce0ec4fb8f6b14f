/* Why a Kafka cannot be used, as a sentence for who runs it. */
#ifndef ALLIM_BROKER_KAFKA_PROBLEM_H
#define ALLIM_BROKER_KAFKA_PROBLEM_H

#include "base/error.h"

#include <librdkafka/rdkafka.h>

/* Explains an error of librdkafka's. `detail` is its own text, which often says more than the code;
 * NULL is allowed. Returns -EPROTO with a sentence, -EAGAIN with one that says little (another
 * attempt may bring a better reason), or 0 where nobody need hear of it: what passes by itself, and
 * what only follows from another error. */
int kafka_problem_explain(rd_kafka_resp_err_t code, const char *detail, struct error *error);

#endif
