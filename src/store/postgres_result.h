/* What a statement brought, in PostgreSQL's binary form. One thread. */
#ifndef ALLIM_STORE_POSTGRES_RESULT_H
#define ALLIM_STORE_POSTGRES_RESULT_H

#include "core/change.h"
#include "core/hint.h"

#include <libpq-fe.h>

/* An integer of any width, or a boolean. */
int64_t postgres_result_number(const PGresult *result, int row, int column);

/* Ends with the result. */
struct slice postgres_result_text(const PGresult *result, int row, int column);

/* Copies an array of bigint into the arena. Returns 0, -ENOMEM, or -EIO where it is none. */
int postgres_result_numbers(const PGresult *result, int row, int column, struct arena *arena,
			    const int64_t **ret_numbers, size_t *ret_count);

/* The counts in a row of allim.heads(). */
void postgres_result_counts(const PGresult *result, int row, struct inbox_counts *ret_counts);

/* The kinds of rows of the type allim.change. */
enum postgres_kind {
	POSTGRES_MISSING = -1, /* an id that is not in the inbox */
	POSTGRES_ROW = 0,
	POSTGRES_ALL = 1,
	POSTGRES_HEAD = 2,    /* only the seq is known */
	POSTGRES_CUT = 3,     /* the limits leave out what begins here */
	POSTGRES_SNAPSHOT = 4 /* the name is the snapshot's, the id is the epoch */
};

enum postgres_kind postgres_result_kind(const PGresult *result, int row);

/* The id of a row of the type allim.change. */
int64_t postgres_result_id(const PGresult *result, int row);

/* A row of the type allim.change, as the hint that tells of it. The texts end with the result. */
void postgres_result_hint(const PGresult *result, int row, struct hint *ret_hint);

#endif
