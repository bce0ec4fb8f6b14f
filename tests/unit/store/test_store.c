/* The table of operations, and what a store that may only be read refuses. */
#include "store/store.h"

#include "unit/store/folder.h"

#include <errno.h>

static bool is_question(enum store_operation operation)
{
	return operation == STORE_HEADS || operation == STORE_REPLAY || operation == STORE_LIST ||
	       operation == STORE_TOPICS || operation == STORE_SWEEP || operation == STORE_BEAT ||
	       operation == STORE_DEAD_LETTERS || operation == STORE_AUDIT_READ;
}

static void test_only_writes_are_refused(void **state)
{
	struct folder *folder = *state;
	struct store_options options = {.location = NULL};
	struct error error = {.text = ""};

	assert_int_equal(folder_open(folder, options, &error), 0);
	folder_close(folder);
	options.read_only = true;
	assert_int_equal(folder_open(folder, options, &error), 0);
	for (int i = 0; i < STORE_OPERATIONS; i++) {
		enum store_operation operation = (enum store_operation)i;
		union {
			struct store_request request;
			struct store_heads heads;
			struct store_replay replay;
			struct store_list list;
			struct store_topics topics;
			struct store_sweep sweep;
			struct store_beat beat;
			struct store_dead_letters dead_letters;
		} any;

		assert_non_null(store_operation_name(operation));
		memset(&any, 0, sizeof(any));
		store_request_init(&any.request, operation, NULL, NULL);
		assert_int_equal(store_operation_is_write(operation), !is_question(operation));
		if (folder_call(folder, &any.request) != (is_question(operation) ? 0 : -EROFS))
			fail_msg("%s: %d", store_operation_name(operation), any.request.result);
		store_request_finish(&any.request);
	}
}

static void test_addresses_that_nobody_takes(void **state)
{
	static const char *const locations[] = {"mysql://root@db/allim",
						"postgresql//allim@db/allim", "postgres:allim@db"};

	(void)state;
	for (size_t i = 0; i < sizeof(locations) / sizeof(locations[0]); i++) {
		const struct store_options options = {.location = locations[i]};
		struct error error = {.text = ""};
		struct store *store = NULL;

		assert_int_equal(store_open(&options, &store, &error), -EINVAL);
		assert_non_null(strstr(error.text, "is no store that allim knows"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses_that_nobody_takes),
	    cmocka_unit_test_setup_teardown(test_only_writes_are_refused, folder_setup,
					    folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
