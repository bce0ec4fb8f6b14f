/* The conformance suites run their tests for every kind, or for the one that ALLIM_TEST_ONLY names:
 * "kafka", say. */
#ifndef ALLIM_TESTS_ONLY_H
#define ALLIM_TESTS_ONLY_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool only_allows(const char *name)
{
	const char *only = getenv("ALLIM_TEST_ONLY");

	return only == NULL || strcmp(only, name) == 0;
}

#endif
