/* Makes the n-th allocation fail, for tests that try every n:
 *
 *	for (unsigned n = 1;; n++) {
 *		failing_allocator_fail_at(n);
 *		result = work();
 *		if (!failing_allocator_reset())
 *			break;
 *		assert_int_equal(result, -ENOMEM);
 *	}
 *
 * Works through the linker (--wrap), so it sees what our own objects allocate; the dependency in
 * meson, `failing_allocator`, brings the options. Counts over all threads. */
#ifndef ALLIM_TESTS_FAILING_ALLOCATOR_H
#define ALLIM_TESTS_FAILING_ALLOCATOR_H

#include <stdbool.h>

/* The n-th malloc, calloc or realloc from now fails once; n starts at 1. */
void failing_allocator_fail_at(unsigned n);

/* Stops it. Tells whether an allocation failed since failing_allocator_fail_at(). */
bool failing_allocator_reset(void);

/* Lets jansson allocate through it as well. */
void failing_allocator_adopt_jansson(void);

#endif
