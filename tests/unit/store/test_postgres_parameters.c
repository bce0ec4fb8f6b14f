/* Byte by byte what PostgreSQL's array_recv() and the receive functions of the types read. */
#include "store/postgres_parameters.h"

#include "lib/assertions.h"
#include "lib/failing_allocator.h"

#define BYTES(text) slice_from_bytes((text), sizeof(text) - 1)

static struct slice value(const struct postgres_parameters *parameters, int place)
{
	return slice_from_bytes(parameters->values[place], (size_t)parameters->lengths[place]);
}

static void test_numbers(void **state)
{
	struct postgres_parameters parameters = {.count = 0};

	(void)state;
	postgres_parameters_add_number(&parameters, POSTGRES_SMALLINT, 258);
	postgres_parameters_add_number(&parameters, POSTGRES_INTEGER, -2);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, INT64_MIN);
	postgres_parameters_add_number(&parameters, POSTGRES_BIGINT, INT64_MAX);
	postgres_parameters_add_boolean(&parameters, true);
	postgres_parameters_add_boolean(&parameters, false);
	assert_int_equal(parameters.count, 6);
	assert_false(parameters.failed);
	assert_slices(value(&parameters, 0), BYTES("\x01\x02"));
	assert_slices(value(&parameters, 1), BYTES("\xff\xff\xff\xfe"));
	assert_slices(value(&parameters, 2), BYTES("\x80\0\0\0\0\0\0\0"));
	assert_slices(value(&parameters, 3), BYTES("\x7f\xff\xff\xff\xff\xff\xff\xff"));
	assert_slices(value(&parameters, 4), BYTES("\x01"));
	assert_slices(value(&parameters, 5), BYTES("\0"));
	for (int i = 0; i < parameters.count; i++)
		assert_int_equal(parameters.formats[i], 1);
}

/* What is empty is not NULL. */
static void test_texts(void **state)
{
	struct postgres_parameters parameters = {.count = 0};

	(void)state;
	postgres_parameters_add_text(&parameters, SLICE("우리"));
	postgres_parameters_add_text(&parameters, (struct slice){NULL, 0});
	postgres_parameters_add_null(&parameters);
	assert_slices(value(&parameters, 0), SLICE("우리"));
	assert_non_null(parameters.values[1]);
	assert_int_equal(parameters.lengths[1], 0);
	assert_null(parameters.values[2]);
}

static void test_arrays(void **state)
{
	struct postgres_parameters parameters = {.count = 0};
	struct postgres_array numbers, small, texts;

	(void)state;
	postgres_array_init(&numbers, POSTGRES_BIGINT);
	postgres_array_add_number(&numbers, 1);
	postgres_array_add_number(&numbers, -1);
	postgres_parameters_add_array(&parameters, &numbers);
	assert_slices(value(&parameters, 0),
		      BYTES("\0\0\0\x01\0\0\0\0\0\0\0\x14\0\0\0\x02\0\0\0\x01"
			    "\0\0\0\x08\0\0\0\0\0\0\0\x01"
			    "\0\0\0\x08\xff\xff\xff\xff\xff\xff\xff\xff"));
	postgres_array_init(&small, POSTGRES_SMALLINT);
	postgres_array_add_number(&small, 3);
	postgres_parameters_add_array(&parameters, &small);
	assert_slices(value(&parameters, 1),
		      BYTES("\0\0\0\x01\0\0\0\0\0\0\0\x15\0\0\0\x01\0\0\0\x01"
			    "\0\0\0\x02\0\x03"));
	postgres_array_init(&texts, POSTGRES_TEXT);
	postgres_array_add_text(&texts, SLICE("ab"));
	postgres_array_add_text(&texts, SLICE(""));
	postgres_parameters_add_array(&parameters, &texts);
	assert_slices(value(&parameters, 2),
		      BYTES("\0\0\0\x01\0\0\0\0\0\0\0\x19\0\0\0\x02\0\0\0\x01"
			    "\0\0\0\x02"
			    "ab\0\0\0\0"));
	assert_false(parameters.failed);
	postgres_array_finish(&numbers);
	postgres_array_finish(&small);
	postgres_array_finish(&texts);
}

static void test_an_empty_array(void **state)
{
	struct postgres_parameters parameters = {.count = 0};
	struct postgres_array array;

	(void)state;
	postgres_array_init(&array, POSTGRES_BYTEA);
	postgres_parameters_add_array(&parameters, &array);
	assert_slices(value(&parameters, 0),
		      BYTES("\0\0\0\x01\0\0\0\0\0\0\0\x11\0\0\0\0\0\0\0\x01"));
	postgres_array_finish(&array);
}

/* An array that memory was too short for says so when it is used, not before. */
static void test_short_memory(void **state)
{
	static const char text[3000] = "";

	(void)state;
	for (unsigned n = 1;; n++) {
		struct postgres_parameters parameters = {.count = 0};
		struct postgres_array array;

		failing_allocator_fail_at(n);
		postgres_array_init(&array, POSTGRES_TEXT);
		for (int i = 0; i < 3; i++)
			postgres_array_add_text(&array, BYTES(text));
		assert_int_equal(array.count, 3);
		postgres_parameters_add_array(&parameters, &array);
		if (!failing_allocator_reset()) {
			assert_false(parameters.failed);
			postgres_array_finish(&array);
			break;
		}
		assert_true(parameters.failed);
		postgres_array_finish(&array);
	}
}

static void test_numbers_in_short_memory(void **state)
{
	struct postgres_parameters parameters = {.count = 0};
	struct postgres_array array;

	(void)state;
	failing_allocator_fail_at(1);
	postgres_array_init(&array, POSTGRES_BIGINT);
	postgres_array_add_number(&array, 1);
	assert_true(failing_allocator_reset());
	assert_int_equal(array.count, 1);
	postgres_parameters_add_array(&parameters, &array);
	assert_true(parameters.failed);
	postgres_array_finish(&array);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers),	 cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_arrays),	 cmocka_unit_test(test_an_empty_array),
	    cmocka_unit_test(test_short_memory), cmocka_unit_test(test_numbers_in_short_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
