/* Names of files, and their order. */
#include "lib/assertions.h"

#include "audit/audit_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void touch(int folder, const char *name)
{
	int file = openat(folder, name, O_WRONLY | O_CREAT, 0600);

	assert_true(file >= 0);
	close(file);
}

static void test_a_name_has_time_and_number(void **state)
{
	struct audit_folder_file file;

	(void)state;
	audit_folder_name(&file, 17, 1777627800250000);
	assert_string_equal(file.name, "audit-20260501T093000Z-17.jsonl");
	assert_int_equal(file.number, 17);
}

static void test_files_are_listed_by_number_and_others_are_not(void **state)
{
	static const char *const names[] = {
	    "audit-20260501T093000Z-10.jsonl", "audit-20260101T093000Z-11.jsonl",
	    "audit-20260501T093000Z-9.jsonl",  "audit-20260501T093000Z-.jsonl",
	    "audit-20260501T093000Z-1.json",   "audit-2026-501T093000Z-1.jsonl",
	    "audit-20260501T093000Z-x.jsonl",  "audit.lock",
	    "audit-20260501T093000Z--1.jsonl"};
	char path[] = "/tmp/allim-test-XXXXXX";
	struct audit_folder_list list;
	int folder;

	(void)state;
	assert_non_null(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		touch(folder, names[i]);
	assert_int_equal(audit_folder_list(folder, &list), 0);
	assert_int_equal(list.count, 3);
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(list.files[i].number, 9 + i);
	assert_string_equal(list.files[2].name, names[1]);
	audit_folder_list_finish(&list);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlinkat(folder, names[i], 0);
	close(folder);
	rmdir(path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_name_has_time_and_number),
	    cmocka_unit_test(test_files_are_listed_by_number_and_others_are_not),
	};

	return cmocka_run_group_tests_name("audit_folder", tests, NULL, NULL);
}
