#include "bench/disk.h"

#include "lib/assertions.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void test_appends(void **state)
{
	char folder[] = "/tmp/allim-test-disk-XXXXXX";
	struct histogram durations;
	struct error error;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(disk_measure(folder, 4096, 1, &durations, &error), 0);
	assert_true(durations.total > 0);
	assert_true(durations.maximum > 0);
	assert_int_equal(rmdir(folder), 0);
}

static void test_no_folder(void **state)
{
	struct histogram durations;
	struct error error;

	(void)state;
	assert_int_equal(disk_measure("/no/such/folder", 4096, 1, &durations, &error), -ENOENT);
	assert_non_null(strstr(error.text, "/no/such/folder/append"));
	assert_int_equal(durations.total, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_appends),
	    cmocka_unit_test(test_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
