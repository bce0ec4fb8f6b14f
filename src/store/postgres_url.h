/* Addresses of databases as settings give them. */
#ifndef ALLIM_STORE_POSTGRES_URL_H
#define ALLIM_STORE_POSTGRES_URL_H

#include "base/error.h"

#include <stdbool.h>

struct pg_conn; /* PGconn of libpq-fe.h */

/* postgresql://... or postgres://... */
bool postgres_url_is_one(const char *location);

/* Refuses what libpq cannot read, and a password, which a command line or a settings file would
 * show to others. Returns 0 or -EINVAL with a sentence. */
int postgres_url_check(const char *url, struct error *error);

/* Begins to connect without waiting, as all sessions of a node do. PQfinish() is the caller's; NULL
 * where memory is short. */
struct pg_conn *postgres_url_connect(const char *url, const char *password);

#endif
