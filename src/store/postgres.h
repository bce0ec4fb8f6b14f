/* The store in PostgreSQL: the schema `allim` of a database that other nodes, and the application,
 * may use too. postgres_session.h says how it works. */
#ifndef ALLIM_STORE_POSTGRES_H
#define ALLIM_STORE_POSTGRES_H

#include "store/store.h"

extern const struct store_ops postgres_store_ops;

#endif
