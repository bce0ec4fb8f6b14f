/* The SQL that adopts one table. */
#ifndef ALLIM_STORE_POSTGRES_ADOPT_SQL_H
#define ALLIM_STORE_POSTGRES_ADOPT_SQL_H

#include "base/buffer.h"

#include <stdbool.h>

/* Around functions; no name may hold it. */
#define POSTGRES_ADOPT_SQL_QUOTE "$allim$"

enum postgres_adopt_column {
	ADOPT_USER,
	ADOPT_TITLE,
	ADOPT_BODY,
	ADOPT_TYPE,
	ADOPT_DATA,
	ADOPT_LINK,
	ADOPT_CREATED,
	ADOPT_READ,
	ADOPT_ID,
	ADOPT_COLUMNS
};

/* A column that is read. All texts are as SQL writes them. */
struct postgres_adopt_source {
	const char *name; /* an identifier; NULL: there is none */
	const char *literal;
	const char *type; /* that a domain is of, as PostgreSQL shows it */
	const char *cast; /* the same as SQL takes it whatever the search_path */
};

struct postgres_adopt_table {
	const char *number;	/* of the adoption */
	const char *name;	/* with the schema, as identifiers */
	const char *literal;	/* the same as a string */
	const char *fixed_type; /* a string */
	const char *owner;	/* of the schema allim, an identifier; NULL: whoever runs this */
	/* A partitioned table has no transition tables that see what is inserted into a partition,
	 * so its triggers are called for each row. */
	bool is_partitioned;
	bool notifies;
	struct postgres_adopt_source columns[ADOPT_COLUMNS];
};

/* What the one transaction begins and ends with. */
void postgres_adopt_sql_append_begin(struct buffer *sql);
void postgres_adopt_sql_append_commit(struct buffer *sql);

/* Appends the statements between. */
void postgres_adopt_sql_append(struct buffer *sql, const struct postgres_adopt_table *table);

/* The reverse. `name` NULL: the table is gone. */
void postgres_adopt_sql_append_undo(struct buffer *sql, const char *number, const char *name,
				    bool follows, bool marks);

#endif
