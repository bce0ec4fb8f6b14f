/* The connection of a command that adopts a table, or takes that back: it asks, runs, and says in
 * words what is in the way.
 *
 * One thread; calls wait for the server. */
#ifndef ALLIM_STORE_POSTGRES_ADOPT_SESSION_H
#define ALLIM_STORE_POSTGRES_ADOPT_SESSION_H

#include "store/postgres_connection.h"

struct postgres_adopt {
	struct postgres_connection connection;
	_Atomic uint64_t queries;
	const char *(*nearest)(struct slice wanted, const char *const *names);
	char *schemas; /* that names without one are looked for in, as SQL writes them */
};

enum { POSTGRES_ADOPT_OID_BYTES = 12 };

/* Asks with one parameter, or with NULL none. Returns 0 with a result that has rows and is for
 * PQclear(), or -EINVAL with a sentence. */
int postgres_adopt_ask(struct postgres_adopt *adopt, const char *sql, const char *parameter,
		       PGresult **ret_result, struct error *error);

/* A boolean of a result. */
static inline bool postgres_adopt_is_true(const PGresult *result, int row, int column)
{
	return PQgetvalue(result, row, column)[0] == 't';
}

/* Tells the oid of a table whose name is as SQL writes it: 0 where there is none. Returns 0 or
 * -EINVAL with a sentence. */
int postgres_adopt_find(struct postgres_adopt *adopt, const char *name,
			char oid[static POSTGRES_ADOPT_OID_BYTES], struct error *error);

/* Says that there is no such thing (`what`), and which of those in a column of `known` was probably
 * meant. Returns -EINVAL. */
int postgres_adopt_refuse_name(struct postgres_adopt *adopt, const char *what, const char *wanted,
			       const PGresult *known, int column, struct error *error);

#endif
