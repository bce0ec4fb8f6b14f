/* What a rule asks of one value of a message, read from the text that stands in the settings:
 *
 *	order.created		the text itself			order.*    texts that begin so
 *	1000			the number			true       the boolean
 *	">= 1000"		compared as numbers		">= 10, < 20"  both
 *	"!= KR"			is there, and is something else
 *	"= order.*"		exactly this, whatever it looks like
 *	present, absent		whether it is there at all
 *
 * Quotes make a text of what would be a number, a boolean, present or absent. Texts compare byte by
 * byte; numbers by their value, exactly, whether they are written with a fraction or not; a value
 * of another type is unequal to all of them. An array passes where one of its elements does (and
 * "!=" where none is equal). */
#ifndef ALLIM_INTAKE_ROUTE_TEST_H
#define ALLIM_INTAKE_ROUTE_TEST_H

#include "yaml/yaml_source.h"

#include <jansson.h>

enum { ROUTE_TEST_COMPARISONS = 4, ROUTE_TEST_BYTES = 1024 };

enum route_test_kind {
	ROUTE_TEST_PRESENT,
	ROUTE_TEST_ABSENT,
	ROUTE_TEST_TEXT,
	ROUTE_TEST_PREFIX,
	ROUTE_TEST_BOOLEAN,
	ROUTE_TEST_NUMBER
};

struct route_number {
	bool is_real;
	int64_t integer;
	double real;
};

/* Which outcomes of comparing a value with the number will do. */
struct route_comparison {
	bool less;
	bool equal;
	bool more;
	struct route_number number;
};

struct route_test {
	enum route_test_kind kind;
	bool negated; /* "!=" */
	bool truth;
	struct slice text;
	size_t comparison_count; /* all of them must hold */
	struct route_comparison comparisons[ROUTE_TEST_COMPARISONS];
};

/* Reads a text node. Texts point into the node. Returns 0 or -EINVAL with the source's error
 * set. */
int route_test_read(struct route_test *test, const struct yaml_node *node,
		    const struct yaml_source *source);

/* `value` is what the message has; where it has none, nothing but ROUTE_TEST_ABSENT passes, and
 * this is not asked. */
bool route_test_passes(const struct route_test *test, const json_t *value);

/* Less than, equal to or greater than 0, as a is to b. */
int route_number_compare(struct route_number a, struct route_number b);

#endif
