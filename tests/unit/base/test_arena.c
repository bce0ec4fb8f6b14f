#include "base/arena.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#include <errno.h>
#include <stdalign.h>

static void test_alignment_and_no_overlap(void **state)
{
	struct arena arena = ARENA_EMPTY;
	unsigned char *found[200];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		found[i] = arena_allocate(&arena, i * 31);
		assert_non_null(found[i]);
		assert_int_equal((uintptr_t)found[i] % alignof(max_align_t), 0);
		memset(found[i], (int)i, i * 31);
	}
	for (size_t i = 0; i < 200; i++) {
		for (size_t byte = 0; byte < i * 31; byte++)
			assert_int_equal(found[i][byte], i);
	}
	arena_finish(&arena);
	assert_null(arena.blocks);
}

static void test_array(void **state)
{
	struct arena arena = ARENA_EMPTY;
	const char *zeros = arena_allocate_array(&arena, 100, 3);

	(void)state;
	for (int i = 0; i < 300; i++)
		assert_int_equal(zeros[i], 0);
	assert_null(arena_allocate_array(&arena, SIZE_MAX / 2, 3));
	assert_null(arena_allocate_array(&arena, SIZE_MAX / 2 + 2, 1));
	assert_null(arena_allocate(&arena, SIZE_MAX));
	arena_finish(&arena);
}

static void test_copy(void **state)
{
	struct arena arena = ARENA_EMPTY;
	char text[] = "abc";
	struct slice copy;

	(void)state;
	assert_int_equal(arena_copy(&arena, slice_from_string(text), &copy), 0);
	text[0] = 'x';
	assert_slice(copy, "abc");
	assert_int_equal(copy.data[3], '\0');
	assert_int_equal(arena_copy(&arena, slice_from_bytes(NULL, 0), &copy), 0);
	assert_slice(copy, "");
	assert_int_equal(arena_copy(&arena, slice_from_bytes(text, SIZE_MAX), &copy), -ENOMEM);
	arena_finish(&arena);
}

static int fill(struct arena *arena)
{
	struct slice copy;

	for (int i = 0; i < 300; i++) {
		if (arena_copy(arena, SLICE("some text of a request"), &copy) < 0)
			return -ENOMEM;
		if (i % 50 == 0 && arena_allocate(arena, 5000) == NULL)
			return -ENOMEM;
	}
	return 0;
}

static void test_every_allocation(void **state)
{
	unsigned n = 1;

	(void)state;
	for (;; n++) {
		struct arena arena = ARENA_EMPTY;
		int result;

		failing_allocator_fail_at(n);
		result = fill(&arena);
		arena_finish(&arena);
		if (!failing_allocator_reset()) {
			assert_int_equal(result, 0);
			break;
		}
		assert_int_equal(result, -ENOMEM);
	}
	assert_true(n > 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_alignment_and_no_overlap),
	    cmocka_unit_test(test_array),
	    cmocka_unit_test(test_copy),
	    cmocka_unit_test(test_every_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
