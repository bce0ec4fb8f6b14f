/* Addresses of databases as settings give them. */
#ifndef ALLIM_STORE_POSTGRES_URL_H
#define ALLIM_STORE_POSTGRES_URL_H

#include "base/error.h"

#include <stdbool.h>

/* postgresql://... or postgres://... */
bool postgres_url_is_one(const char *location);

/* Refuses what libpq cannot read, and a password, which a command line or a settings file would
 * show to others. Returns 0 or -EINVAL with a sentence. */
int postgres_url_check(const char *url, struct error *error);

#endif
