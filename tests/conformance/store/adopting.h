/* An application with a table of its own, beside the store of a test. */
#ifndef ALLIM_TESTS_CONFORMANCE_STORE_ADOPTING_H
#define ALLIM_TESTS_CONFORMANCE_STORE_ADOPTING_H

#include "conformance/store/conformance.h"
#include "store/postgres_adopt.h"

#include <libpq-fe.h>

/* The guide's table, in the schema public. */
#define ADOPTING_TABLE                                                                          \
	"CREATE TABLE public.notification (id bigserial PRIMARY KEY, user_id text, type text, " \
	"title text, message text, data jsonb, read_at timestamptz, "                           \
	"created_at timestamptz DEFAULT now())"

struct adopting {
	struct conformance *store;
	PGconn *application;
	char warnings[1024]; /* that the application was sent */
	char plan[256 * 1024];
	struct error error;
};

/* `state` is that of a conformance test. Skips the test where the store is not PostgreSQL. Runs
 * `table`, or ADOPTING_TABLE where it is NULL. */
void adopting_init(struct adopting *adopting, void **state, const char *table);
void adopting_finish(struct adopting *adopting);

/* Another connection of the application's, closed with PQfinish(). */
PGconn *adopting_connect(const struct adopting *adopting);

/* Runs statements. The second returns the SQLSTATE, "" where it went well. */
void adopting_run(PGconn *connection, const char *statements);
const char *adopting_try(PGconn *connection, const char *statements);

/* The first value, as text. Static storage until the next call. */
const char *adopting_ask(PGconn *connection, const char *statement);

/* Plan and apply; return the result, with `error` and `plan` set. */
int adopting_adopt(struct adopting *adopting, const char *table,
		   const struct postgres_adopt_mapping *mapping);
int adopting_undo(struct adopting *adopting, const char *table);

/* Adopts the guide's table with all its columns. */
void adopting_adopt_guide(struct adopting *adopting);

/* What a user's inbox holds, in the order of changes: "title title". A title is followed by ! where
 * it was read, and stands in brackets where it was withdrawn. Static storage until the next
 * call. */
const char *adopting_inbox(const struct adopting *adopting, const char *user);

#endif
