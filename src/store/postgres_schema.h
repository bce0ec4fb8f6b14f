/* The tables and functions of the schema `allim`, and which history of the database this is. */
#ifndef ALLIM_STORE_POSTGRES_SCHEMA_H
#define ALLIM_STORE_POSTGRES_SCHEMA_H

#include "base/buffer.h"
#include "store/postgres_connection.h"

/* The .sql files of this folder: those of the first version, in the order in which they need each
 * other, and what the second one adds or replaces. What a database may have been made with is not
 * changed: another version says what becomes of it. */
extern const char postgres_schema_sql[];
extern const char postgres_schema_sql_2[];
extern const char postgres_schema_sql_3[];

/* Makes a connected session fit for the store: refuses servers that are too old or hold another
 * encoding, and sets its limits. Returns 0 or a negative errno value with a sentence. */
int postgres_schema_settle(struct postgres_connection *connection, struct error *error);

/* Creates the schema or brings it up to date, and waits up to a minute for another node that does.
 * With `read_only` it must be there already. */
int postgres_schema_migrate(struct postgres_connection *connection, bool read_only,
			    struct error *error);

/* Whether the schema is there, and of this program's version. Returns 0 or a negative errno value
 * with a sentence. */
int postgres_schema_find(struct postgres_connection *connection, bool *ret_exists,
			 struct error *error);

/* Appends the SQL that creates it, for inside a transaction. */
void postgres_schema_append(struct buffer *sql);

/* Reads the epoch, which is new where the tables came here from another database or history. */
int postgres_schema_epoch(struct postgres_connection *connection, bool read_only,
			  uint64_t *ret_epoch, bool *ret_is_new, struct error *error);

#endif
