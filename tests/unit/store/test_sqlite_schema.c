/* Files that are not a database of this version are refused with one sentence and left as they are.
 */
#include "store/sqlite_schema.h"
#include "unit/store/folder.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>

static long read_file(const char *path, char *bytes, size_t size)
{
	FILE *file = fopen(path, "rb");
	size_t length;

	assert_non_null(file);
	length = fread(bytes, 1, size, file);
	fclose(file);
	return (long)length;
}

static void write_file(const char *path, const void *bytes, size_t length)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
}

enum { FILE_BYTES = 1 << 20 };

static void assert_refused(struct folder *folder, const char *sentence)
{
	char *before = calloc(2, FILE_BYTES);
	const char *path = folder_file(folder, "allim.db");
	struct error error = {.text = ""};
	long length;

	assert_non_null(before);
	length = read_file(path, before, FILE_BYTES);
	assert_true(folder_open(folder, (struct store_options){.location = NULL}, &error) < 0);
	if (strstr(error.text, sentence) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", error.text, sentence);
	assert_null(strchr(error.text, '\n'));
	assert_int_equal(read_file(path, before + FILE_BYTES, FILE_BYTES), length);
	assert_memory_equal(before, before + FILE_BYTES, (size_t)length);
	free(before);
}

/* A good database with something in it. */
static void make_database(struct folder *folder)
{
	struct error error;

	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
	assert_int_equal(folder_publish(folder, 100, 10, 500), 0);
	folder_close(folder);
}

static void test_text_is_no_database(void **state)
{
	struct folder *folder = *state;

	write_file(folder_file(folder, "allim.db"), "hello", 5);
	assert_refused(folder, "is not a database of allim's");
	write_file(folder_file(folder, "allim.db"), "", 0);
	assert_refused(folder, "is not a database of allim's");
}

static void test_a_foreign_database(void **state)
{
	struct folder *folder = *state;

	folder_execute(folder, "CREATE TABLE user (name)");
	assert_refused(folder, "is the database of another application");
}

static void test_a_newer_version(void **state)
{
	struct folder *folder = *state;

	make_database(folder);
	folder_execute(folder, "PRAGMA user_version = 99");
	assert_refused(folder, "was written by a newer allim (version 99 of its schema");
}

static void test_a_version_that_nobody_writes(void **state)
{
	struct folder *folder = *state;

	make_database(folder);
	folder_execute(folder, "PRAGMA user_version = 0");
	assert_refused(folder, "is damaged: no allim writes version 0 of the schema; restore it");
	folder_execute(folder, "PRAGMA user_version = -5");
	assert_refused(folder, "is damaged: no allim writes version -5 of the schema; restore it");
}

static void test_a_cut_file(void **state)
{
	struct folder *folder = *state;
	char *bytes = calloc(1, FILE_BYTES);
	long length;

	assert_non_null(bytes);
	make_database(folder);
	length = read_file(folder_file(folder, "allim.db"), bytes, FILE_BYTES);
	write_file(folder_file(folder, "allim.db"), bytes, (size_t)length / 2);
	assert_refused(folder, "a part of it is missing");
	write_file(folder_file(folder, "allim.db"), bytes, 60);
	assert_refused(folder, "was cut short");
	free(bytes);
}

static void test_a_damaged_file(void **state)
{
	struct folder *folder = *state;
	char *bytes = calloc(1, FILE_BYTES);
	long length;

	assert_non_null(bytes);
	make_database(folder);
	length = read_file(folder_file(folder, "allim.db"), bytes, FILE_BYTES);
	memset(bytes + 100, 0xA5, 4000);
	write_file(folder_file(folder, "allim.db"), bytes, (size_t)length);
	assert_refused(folder, "restore it from a backup");
	free(bytes);
}

static void test_a_missing_table(void **state)
{
	struct folder *folder = *state;

	make_database(folder);
	folder_execute(folder, "DROP TABLE moved");
	assert_refused(folder, "no such table: moved");
}

static void test_a_half_made_file_is_made_again(void **state)
{
	struct folder *folder = *state;

	write_file(folder_file(folder, "allim.db.new"), "half", 4);
	make_database(folder);
}

static bool exists(struct folder *folder, const char *name)
{
	struct stat status;

	return stat(folder_file(folder, name), &status) == 0;
}

/* kill -9 leaves a WAL; whoever then removes the database alone may want it back. */
static void test_the_wal_of_a_removed_database(void **state)
{
	struct folder *folder = *state;
	struct error error = {.text = ""};
	char *bytes = calloc(2, FILE_BYTES);
	long length, wal_length;

	assert_non_null(bytes);
	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
	assert_int_equal(folder_publish(folder, 100, 10, 500), 0);
	length = read_file(folder_file(folder, "allim.db"), bytes, FILE_BYTES);
	wal_length = read_file(folder_file(folder, "allim.db-wal"), bytes + FILE_BYTES, FILE_BYTES);
	assert_true(wal_length > 0);
	folder_close(folder);
	write_file(folder_file(folder, "allim.db-wal"), bytes + FILE_BYTES, (size_t)wal_length);
	assert_int_equal(remove(folder_file(folder, "allim.db")), 0);
	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error),
			 -EEXIST);
	assert_non_null(strstr(error.text, "/allim.db is gone, but "));
	assert_non_null(strstr(error.text, "/allim.db-wal too to begin with an empty database"));
	assert_true(exists(folder, "allim.epoch"));
	assert_false(exists(folder, "allim.db"));
	/* Both ways that the sentence names. */
	write_file(folder_file(folder, "allim.db"), bytes, (size_t)length);
	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
	assert_int_equal(folder_heads(folder, 10), 100);
	folder_close(folder);
	assert_int_equal(remove(folder_file(folder, "allim.db")), 0);
	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
	assert_int_equal(folder_heads(folder, 10), 0);
	free(bytes);
}

static void test_the_journal_of_a_removed_database(void **state)
{
	struct folder *folder = *state;
	struct error error = {.text = ""};

	write_file(folder_file(folder, "allim.db-journal"), "pages", 5);
	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error),
			 -EEXIST);
	assert_non_null(strstr(error.text, "allim.db-journal holds a part of it"));
	write_file(folder_file(folder, "allim.db-journal"), "", 0);
	write_file(folder_file(folder, "allim.db-shm"), "index", 5);
	make_database(folder);
	assert_false(exists(folder, "allim.db-journal"));
}

/* As version 2 was: without what later migrations add. */
static void test_an_older_version_is_brought_up(void **state)
{
	struct folder *folder = *state;
	struct error error = {.text = ""};

	make_database(folder);
	folder_downgrade(folder, 2);
	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error), 0);
	assert_int_equal(folder_heads(folder, 10), 100);
	folder_close(folder);
	folder_execute(folder, "SELECT * FROM forgotten_broadcast; DROP INDEX ticket_expiry;"
			       "SELECT * FROM dead_letter; DROP INDEX dead_letter_position;"
			       "SELECT * FROM subscription; DROP INDEX subscription_user;"
			       "SELECT * FROM audit_node; DROP INDEX audit_user");
}

#define FOLDER_TEST(function) \
	cmocka_unit_test_setup_teardown(function, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    FOLDER_TEST(test_text_is_no_database),
	    FOLDER_TEST(test_a_foreign_database),
	    FOLDER_TEST(test_a_newer_version),
	    FOLDER_TEST(test_a_version_that_nobody_writes),
	    FOLDER_TEST(test_a_cut_file),
	    FOLDER_TEST(test_a_damaged_file),
	    FOLDER_TEST(test_a_missing_table),
	    FOLDER_TEST(test_a_half_made_file_is_made_again),
	    FOLDER_TEST(test_the_wal_of_a_removed_database),
	    FOLDER_TEST(test_the_journal_of_a_removed_database),
	    FOLDER_TEST(test_an_older_version_is_brought_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
