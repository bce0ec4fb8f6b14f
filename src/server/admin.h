/* What administrators ask of a node. */
#ifndef ALLIM_SERVER_ADMIN_H
#define ALLIM_SERVER_ADMIN_H

#include <stdint.h>

struct worker;

/* A readiness check's proof came back through the feed. */
void admin_receive_canary(struct worker *worker, uint64_t canary);

/* Answers the readiness checks whose proof did not come in time. */
void admin_expire_canaries(struct worker *worker);

/* When the worker ends: lets go of the checks that wait, for connections that are gone. */
void admin_finish_canaries(struct worker *worker);

#endif
