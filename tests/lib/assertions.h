/* cmocka with what it needs included, and assertions in this project's types. */
#ifndef ALLIM_TESTS_ASSERTIONS_H
#define ALLIM_TESTS_ASSERTIONS_H

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define assert_slice(actual, expected) assert_slices((actual), slice_from_string(expected))

#define assert_slices(actual, expected)                                                         \
	do {                                                                                    \
		struct slice actual_ = (actual), expected_ = (expected);                        \
                                                                                                \
		if (!slice_equals(actual_, expected_))                                          \
			fail_msg("\"%.*s\" is not \"%.*s\"", (int)actual_.length, actual_.data, \
				 (int)expected_.length, expected_.data);                        \
	} while (0)

#define assert_buffer(buffer, expected) assert_slice(buffer_slice(&(buffer)), expected)

#endif
