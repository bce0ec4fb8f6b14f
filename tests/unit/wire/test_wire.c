#include "wire/wire.h"

#include "lib/assertions.h"

static void test_names(void **state)
{
	(void)state;
	assert_ptr_equal(wire_find(SLICE("poll")), &poll_wire_ops);
	assert_ptr_equal(wire_find(SLICE("sse")), &sse_wire_ops);
	assert_ptr_equal(wire_find(SLICE("websocket")), &websocket_wire_ops);
	assert_null(wire_find(SLICE("")));
	assert_null(wire_find(SLICE("pol")));
	assert_null(wire_find(SLICE("polls")));
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; wire_table[i] != NULL; i++) {
		assert_int_equal(wire_index(wire_table[i]), i);
		assert_ptr_equal(wire_find(slice_from_string(wire_table[i]->name)), wire_table[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
