/* Why a database cannot be used, as one sentence with what to do about it. One thread. */
#ifndef ALLIM_STORE_POSTGRES_REFUSAL_H
#define ALLIM_STORE_POSTGRES_REFUSAL_H

#include "base/error.h"

#include <libpq-fe.h>

/* Of a handle whose connection could not be made, or broke, and which shows states (verbose). One
 * that is not broken waits for a server that did not answer in time. Returns -EAGAIN where it may
 * be otherwise later, or another negative errno value. */
int postgres_refusal_of_connection(const PGconn *handle, struct error *error);

/* Of a statement that was refused. Returns a negative errno value. */
int postgres_refusal_of_result(const PGresult *result, struct error *error);

#endif
