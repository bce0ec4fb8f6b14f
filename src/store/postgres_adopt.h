/* Adopting a table that an application already inserts into: its rows become notifications in the
 * application's own transactions. This looks at the table, writes the SQL that does so or takes it
 * back, and runs it; postgres_adopt.sql has what all adopted tables share.
 *
 * For commands: one thread, and calls wait for the server. */
#ifndef ALLIM_STORE_POSTGRES_ADOPT_H
#define ALLIM_STORE_POSTGRES_ADOPT_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdint.h>

/* Names of columns as they are in the database, without quotes; NULL where there is none. */
struct postgres_adopt_mapping {
	const char *user;
	const char *title; /* NULL: "title" */
	const char *body;
	const char *type;
	const char *fixed_type; /* of rows without one; NULL: "notification" */
	const char *data;
	const char *link;
	const char *created;
	const char *read;
	const char *id; /* NULL: the primary key, where that is one column */
	bool notifies;
};

struct postgres_adopt;

/* Connects. The texts must outlive it. `nearest` says which of the names (NULL at the end) was
 * probably meant. Returns 0, -EAGAIN where the server cannot be reached, or another negative errno
 * value, with a sentence. */
int postgres_adopt_open(const char *url, struct slice password, int64_t timeout,
			const char *(*nearest)(struct slice wanted, const char *const *names),
			struct postgres_adopt **ret_adopt, struct error *error);

/* NULL is allowed. */
void postgres_adopt_close(struct postgres_adopt *adopt);

/* Append the SQL, which is one transaction. `table` is a name as SQL writes it. Return 0, or
 * -ENOMEM or -EINVAL with a sentence that says what is in the way. */
int postgres_adopt_plan(struct postgres_adopt *adopt, const char *table,
			const struct postgres_adopt_mapping *mapping, struct buffer *sql,
			struct error *error);
int postgres_adopt_plan_undo(struct postgres_adopt *adopt, const char *table, struct buffer *sql,
			     struct error *error);

/* Runs what was planned, again for some seconds where the table is locked. Returns 0 or -EINVAL
 * with a sentence; then nothing has changed. */
int postgres_adopt_apply(struct postgres_adopt *adopt, const char *sql, struct error *error);

#endif
