/* The embedded store: one folder, one file, one process. */
#ifndef ALLIM_STORE_SQLITE_H
#define ALLIM_STORE_SQLITE_H

#include "store/store.h"

/* `location` is the folder; it is created where it is missing. It holds `allim.db`, SQLite's files
 * beside it, `allim.epoch`, which tells a database that was put in place (sqlite_sidecar.c), and
 * `allim.lock`, which keeps a second process out. */
extern const struct store_ops sqlite_store_ops;

#endif
