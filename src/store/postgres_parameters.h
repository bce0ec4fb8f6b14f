/* The values of a statement's parameters, in PostgreSQL's binary form, so that no text is ever
 * quoted or parsed. Integers are in network byte order; an array is a header and its elements, each
 * behind its length (PostgreSQL, src/backend/utils/adt/arrayfuncs.c: array_recv). One thread. */
#ifndef ALLIM_STORE_POSTGRES_PARAMETERS_H
#define ALLIM_STORE_POSTGRES_PARAMETERS_H

#include "base/buffer.h"

enum { POSTGRES_PARAMETERS = 16 };

/* Object ids of the types that parameters have (pg_type.dat). */
enum postgres_type {
	POSTGRES_BYTEA = 17,
	POSTGRES_BIGINT = 20,
	POSTGRES_SMALLINT = 21,
	POSTGRES_INTEGER = 23,
	POSTGRES_TEXT = 25
};

/* Freed with postgres_array_finish(). One that memory is too short for has failed when it is added
 * to parameters. */
struct postgres_array {
	struct buffer bytes;
	enum postgres_type type;
	uint32_t count; /* of what was added, also where it did not fit */
};

void postgres_array_init(struct postgres_array *array, enum postgres_type type);
void postgres_array_finish(struct postgres_array *array);
void postgres_array_add_number(struct postgres_array *array, int64_t number);
void postgres_array_add_text(struct postgres_array *array, struct slice text);

struct postgres_parameters {
	int count;
	bool failed;
	const char *values[POSTGRES_PARAMETERS];
	int lengths[POSTGRES_PARAMETERS];
	int formats[POSTGRES_PARAMETERS];
	char numbers[POSTGRES_PARAMETERS][8];
};

/* Each takes the next place. Texts and arrays are not copied. */
void postgres_parameters_add_number(struct postgres_parameters *parameters, enum postgres_type type,
				    int64_t number);
void postgres_parameters_add_boolean(struct postgres_parameters *parameters, bool value);
void postgres_parameters_add_text(struct postgres_parameters *parameters, struct slice text);
void postgres_parameters_add_array(struct postgres_parameters *parameters,
				   struct postgres_array *array);
void postgres_parameters_add_null(struct postgres_parameters *parameters);

#endif
