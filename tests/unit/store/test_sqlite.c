/* Opening, closing, and what goes wrong with the folder and the disk. */
#include "unit/store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static mode_t mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 0777;
}

static void test_a_missing_folder_is_made(void **state)
{
	struct folder *folder = *state;
	char parent[sizeof(folder->path)];
	struct error error = {.text = ""};

	memcpy(parent, folder->path, sizeof(parent));
	snprintf(folder->path, sizeof(folder->path), "%.100s/new/data", parent);
	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
	assert_int_equal(folder_publish(folder, 1, 1, 10), 0);
	assert_int_equal(mode_of(folder->path), 0700);
	assert_int_equal(mode_of(folder_file(folder, "allim.db")), 0600);
	assert_int_equal(mode_of(folder_file(folder, "allim.db-wal")), 0600);
	assert_int_equal(mode_of(folder_file(folder, "allim.lock")), 0600);
	folder_close(folder);
	memcpy(folder->path, parent, sizeof(parent));
}

static void test_a_folder_serves_one_at_a_time(void **state)
{
	struct folder *folder = *state;
	struct store_options options = {.location = folder->path};
	struct error error = {.text = ""};
	struct store *second = NULL;

	assert_int_equal(folder_open(folder, options, &error), 0);
	assert_int_equal(store_open(&options, &second, &error), -EBUSY);
	assert_non_null(strstr(error.text, "another allim uses the folder"));
	folder_close(folder);
	assert_int_equal(store_open(&options, &second, &error), 0);
	store_close(second);
}

static void test_a_file_is_no_folder(void **state)
{
	struct folder *folder = *state;
	struct store_options options = {.location = "/dev/null"};
	struct error error = {.text = ""};

	assert_int_equal(store_open(&options, &folder->store, &error), -ENOTDIR);
	assert_string_equal(error.text, "/dev/null is not a folder; name one for the data");
}

/* Root may write everywhere, so this one steps down. */
static void test_a_folder_that_cannot_be_written(void **state)
{
	struct folder *folder = *state;
	struct error error = {.text = ""};
	uid_t before = geteuid();

	assert_int_equal(chmod(folder->path, 0555), 0);
	if (before == 0)
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error),
			 -EACCES);
	assert_non_null(strstr(error.text, "cannot be written"));
	if (before == 0)
		assert_int_equal(seteuid(before), 0);
	assert_int_equal(chmod(folder->path, 0700), 0);
}

static void test_reading_only_changes_nothing(void **state)
{
	struct folder *folder = *state;
	struct error error = {.text = ""};
	struct store *reader = NULL;
	struct store_options options = {.location = folder->path, .read_only = true};
	struct store_statistics statistics;

	assert_int_equal(store_open(&options, &reader, &error), -ENOENT);
	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
	assert_int_equal(folder_publish(folder, 10, 2, 10), 0);
	/* Beside the one that runs, and with what is not folded yet. */
	assert_int_equal(store_open(&options, &reader, &error), 0);
	store_statistics(reader, &statistics);
	assert_true(statistics.bytes > 0);
	assert_int_equal(store_check(reader, &error), 0);
	store_close(reader);
	folder_close(folder);
	assert_int_equal(folder_open(folder, options, &error), 0);
	assert_int_equal(folder_publish(folder, 1, 1, 10), -EROFS);
	assert_int_equal(folder_heads(folder, 2), 10);
}

/* By the writer and by the reader. */
static void test_statements_are_counted(void **state)
{
	struct folder *folder = *state;
	struct store_statistics opened, written, read;
	struct error error = {.text = ""};

	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
	store_statistics(folder->store, &opened);
	assert_int_equal(folder_publish(folder, 100, 100, 10), 0);
	store_statistics(folder->store, &written);
	assert_true(written.queries >= opened.queries + 100);
	assert_int_equal(folder_heads(folder, 100), 100);
	store_statistics(folder->store, &read);
	assert_true(read.queries >= written.queries + 100);
	folder_close(folder);
}

/* A small disk of its own; only root may have one. */
static bool mount_small_disk(struct folder *folder)
{
	if (mount("none", folder->path, "tmpfs", 0, "size=4m") == 0)
		return true;
	print_message("skipped: no permission to mount a small disk (%s)\n", strerror(errno));
	return false;
}

static void test_a_full_disk(void **state)
{
	struct folder *folder = *state;
	struct error error = {.text = ""};
	int64_t published = 0;
	int result = 0;
	char *filler = calloc(1, 1 << 20);
	int file;

	if (!mount_small_disk(folder)) {
		free(filler);
		skip();
	}
	assert_non_null(filler);
	file = open(folder_file(folder, "filler"), O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(file, filler, 1 << 20), 1 << 20);
	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
	for (int i = 0; i < 1000 && result == 0; i++) {
		result = folder_publish(folder, 10, 10, 2000);
		published += result == 0 ? 10 : 0;
	}
	assert_int_equal(result, -ENOSPC);
	/* Nothing of it stayed, reading goes on, and it says so again. */
	assert_int_equal(folder_heads(folder, 10), published);
	assert_int_equal(folder_publish(folder, 10, 10, 200000), -ENOSPC);
	assert_int_equal(folder_heads(folder, 10), published);
	/* It recovers by itself. */
	assert_int_equal(ftruncate(file, 0), 0);
	close(file);
	assert_int_equal(folder_publish(folder, 10, 10, 2000), 0);
	assert_int_equal(folder_heads(folder, 10), published + 10);
	assert_int_equal(store_check(folder->store, &error), 0);
	folder_close(folder);
	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
	assert_int_equal(folder_heads(folder, 10), published + 10);
	folder_close(folder);
	assert_int_equal(umount(folder->path), 0);
	free(filler);
}

#define FOLDER_TEST(function) \
	cmocka_unit_test_setup_teardown(function, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    FOLDER_TEST(test_a_missing_folder_is_made),
	    FOLDER_TEST(test_a_folder_serves_one_at_a_time),
	    FOLDER_TEST(test_a_file_is_no_folder),
	    FOLDER_TEST(test_a_folder_that_cannot_be_written),
	    FOLDER_TEST(test_reading_only_changes_nothing),
	    FOLDER_TEST(test_statements_are_counted),
	    FOLDER_TEST(test_a_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
