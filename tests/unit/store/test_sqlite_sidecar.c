/* A database that was put in place gets a new epoch; one that only crashed or moved keeps its own,
 * because every client would notice the difference. */
#include "unit/store/folder.h"

#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILE_BYTES = 1 << 20 };

/* From here on what is logged goes into a file. Returns where it went before. */
static int catch_log(struct folder *folder)
{
	int before = dup(STDERR_FILENO);
	int file = open(folder_file(folder, "log"), O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(before >= 0 && file >= 0);
	dup2(file, STDERR_FILENO);
	close(file);
	return before;
}

/* Ends that, and counts how often the log said so. */
static size_t count_logged(struct folder *folder, int before, const char *what)
{
	char *text = calloc(1, FILE_BYTES);
	FILE *file = fopen(folder_file(folder, "log"), "rb");
	size_t count = 0;

	dup2(before, STDERR_FILENO);
	close(before);
	assert_true(text != NULL && file != NULL);
	assert_true(fread(text, 1, FILE_BYTES - 1, file) < FILE_BYTES - 1);
	fclose(file);
	for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
		count++;
	free(text);
	return count;
}

/* Opens the store, counts what it logs about a backup, and returns its epoch. */
static uint64_t open_counting(struct folder *folder, struct store_options options,
			      size_t *ret_notices)
{
	struct error error = {.text = ""};
	int before = catch_log(folder);
	int result = folder_open(folder, options, &error);

	*ret_notices = count_logged(folder, before, "was restored from a backup");
	if (result < 0)
		fail_msg("%s", error.text);
	return store_epoch(folder->store);
}

static uint64_t epoch_of(struct folder *folder)
{
	size_t notices;

	return open_counting(folder, (struct store_options){.location = NULL}, &notices);
}

static void assert_kept(struct folder *folder, uint64_t epoch)
{
	size_t notices;

	assert_int_equal(open_counting(folder, (struct store_options){.location = NULL}, &notices),
			 epoch);
	assert_int_equal(notices, 0);
}

/* Once: the next start knows the database again. Returns the new epoch; the store is open. */
static uint64_t assert_renewed(struct folder *folder, uint64_t epoch)
{
	size_t notices;
	uint64_t renewed =
	    open_counting(folder, (struct store_options){.location = NULL}, &notices);

	assert_int_not_equal(renewed, epoch);
	assert_int_equal(notices, 1);
	folder_close(folder);
	assert_kept(folder, renewed);
	return renewed;
}

static void copy(struct folder *folder, const char *from, const char *to)
{
	char *bytes = malloc(FILE_BYTES);
	FILE *file = fopen(folder_file(folder, from), "rb");
	size_t length;

	assert_true(bytes != NULL && file != NULL);
	length = fread(bytes, 1, FILE_BYTES, file);
	assert_true(length > 0 && length < FILE_BYTES);
	fclose(file);
	file = fopen(folder_file(folder, to), "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
	free(bytes);
}

static void put_back(struct folder *folder, const char *backup)
{
	unlink(folder_file(folder, "allim.db-wal"));
	unlink(folder_file(folder, "allim.db-shm"));
	copy(folder, backup, "allim.db");
}

static void write_sidecar(struct folder *folder, const char *text)
{
	FILE *file = fopen(folder_file(folder, "allim.epoch"), "wb");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* As `sqlite3 allim.db` does it, whether the store runs or not. */
static void vacuum_into_backup(struct folder *folder)
{
	char text[300];

	snprintf(text, sizeof(text), "VACUUM INTO '%s'", folder_file(folder, "backup"));
	folder_execute(folder, text);
}

/* The command .backup. */
static void back_up(struct folder *folder)
{
	sqlite3 *from = NULL, *to = NULL;
	sqlite3_backup *backup;

	assert_int_equal(
	    sqlite3_open_v2(folder_file(folder, "allim.db"), &from, SQLITE_OPEN_READONLY, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_open(folder_file(folder, "backup"), &to), SQLITE_OK);
	backup = sqlite3_backup_init(to, "main", from, "main");
	assert_non_null(backup);
	assert_int_equal(sqlite3_backup_step(backup, -1), SQLITE_DONE);
	assert_int_equal(sqlite3_backup_finish(backup), SQLITE_OK);
	sqlite3_close(to);
	sqlite3_close(from);
}

static void mark_all(struct folder *folder)
{
	struct store_mark mark;

	memset(&mark, 0, sizeof(mark));
	store_request_init(&mark.request, STORE_MARK, NULL, NULL);
	mark.user = SLICE("user-0");
	mark.state = NOTIFICATION_READ;
	mark.all = true;
	assert_int_equal(folder_call(folder, &mark.request), 0);
	store_request_finish(&mark.request);
}

static void test_a_fresh_database_makes_both(void **state)
{
	struct folder *folder = *state;
	struct stat status;
	uint64_t epoch;
	size_t notices;

	epoch = open_counting(folder, (struct store_options){.location = NULL}, &notices);
	assert_int_equal(notices, 0);
	assert_int_equal(stat(folder_file(folder, "allim.epoch"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	folder_close(folder);
	assert_kept(folder, epoch);
	assert_int_equal(folder_publish(folder, 10, 2, 10), 0);
	folder_close(folder);
	assert_kept(folder, epoch);
}

/* The database has its name before the sidecar has. */
static void test_killed_between_both(void **state)
{
	struct folder *folder = *state;
	uint64_t epoch = epoch_of(folder);

	folder_close(folder);
	assert_int_equal(unlink(folder_file(folder, "allim.epoch")), 0);
	assert_kept(folder, epoch);
}

static void test_a_new_database_where_an_old_one_was(void **state)
{
	struct folder *folder = *state;
	uint64_t epoch = epoch_of(folder);
	size_t notices;

	assert_int_equal(folder_publish(folder, 10, 2, 10), 0);
	folder_close(folder);
	assert_int_equal(unlink(folder_file(folder, "allim.db")), 0);
	unlink(folder_file(folder, "allim.db-wal"));
	assert_int_not_equal(
	    open_counting(folder, (struct store_options){.location = NULL}, &notices), epoch);
	assert_int_equal(notices, 0);
}

static void test_a_moved_folder(void **state)
{
	struct folder *folder = *state;
	char before[sizeof(folder->path)];
	uint64_t epoch = epoch_of(folder);

	assert_int_equal(folder_publish(folder, 10, 2, 10), 0);
	folder_close(folder);
	memcpy(before, folder->path, sizeof(before));
	snprintf(folder->path, sizeof(folder->path), "%.100s-moved", before);
	assert_int_equal(rename(before, folder->path), 0);
	assert_kept(folder, epoch);
}

/* Nothing happened after it, so no client has seen more. */
static void test_the_last_state_put_back(void **state)
{
	struct folder *folder = *state;
	uint64_t epoch = epoch_of(folder);

	assert_int_equal(folder_publish(folder, 10, 2, 10), 0);
	folder_close(folder);
	vacuum_into_backup(folder);
	put_back(folder, "backup");
	assert_kept(folder, epoch);
}

/* Of the version before the sidecar was invented. */
static void test_a_database_without_beats(void **state)
{
	struct folder *folder = *state;
	uint64_t epoch = epoch_of(folder);

	assert_int_equal(folder_publish(folder, 10, 2, 10), 0);
	folder_close(folder);
	folder_downgrade(folder, 1);
	assert_int_equal(unlink(folder_file(folder, "allim.epoch")), 0);
	assert_kept(folder, epoch);
	assert_int_equal(folder_heads(folder, 2), 10);
	assert_int_equal(folder_publish(folder, 10, 2, 10), 0);
}

static void test_an_older_copy(void **state)
{
	struct folder *folder = *state;
	uint64_t first = epoch_of(folder);
	uint64_t second;

	assert_int_equal(folder_publish(folder, 10, 2, 10), 0);
	folder_close(folder);
	copy(folder, "allim.db", "backup");
	assert_kept(folder, first);
	assert_int_equal(folder_publish(folder, 1, 1, 10), 0);
	folder_close(folder);
	put_back(folder, "backup");
	second = assert_renewed(folder, first);
	assert_int_equal(folder_heads(folder, 2), 10);
	assert_int_equal(folder_publish(folder, 100, 2, 10), 0);
	folder_close(folder);
	/* The same again: now its epoch is another one. */
	put_back(folder, "backup");
	assert_int_not_equal(assert_renewed(folder, second), first);
}

/* Less than a second between the beat and the backup, and between the backup and the mark. */
static void test_a_mark_is_enough(void **state)
{
	struct folder *folder = *state;
	uint64_t epoch = epoch_of(folder);

	assert_int_equal(folder_publish(folder, 10, 2, 10), 0);
	back_up(folder);
	mark_all(folder);
	folder_close(folder);
	put_back(folder, "backup");
	assert_renewed(folder, epoch);
}

static void test_a_copy_by_vacuum(void **state)
{
	struct folder *folder = *state;
	uint64_t epoch = epoch_of(folder);
	unsigned char header[20];
	FILE *file;

	assert_int_equal(folder_publish(folder, 10, 2, 10), 0);
	vacuum_into_backup(folder);
	assert_int_equal(folder_publish(folder, 10, 2, 10), 0);
	folder_close(folder);
	put_back(folder, "backup");
	assert_renewed(folder, epoch);
	assert_int_equal(folder_publish(folder, 10, 2, 10), 0);
	assert_int_equal(folder_heads(folder, 2), 20);
	folder_close(folder);
	/* https://www.sqlite.org/fileformat.html, 1.3.3: 2 is WAL. */
	file = fopen(folder_file(folder, "allim.db"), "rb");
	assert_non_null(file);
	assert_int_equal(fread(header, 1, sizeof(header), file), sizeof(header));
	fclose(file);
	assert_int_equal(header[18], 2);
	assert_int_equal(header[19], 2);
}

static void test_a_missing_sidecar(void **state)
{
	struct folder *folder = *state;
	uint64_t epoch = epoch_of(folder);

	assert_int_equal(folder_publish(folder, 1, 1, 10), 0);
	folder_close(folder);
	assert_int_equal(unlink(folder_file(folder, "allim.epoch")), 0);
	assert_renewed(folder, epoch);
}

static void test_a_sidecar_that_says_nothing(void **state)
{
	static const char *const texts[] = {
	    "",
	    "\n",
	    "garbage",
	    "allim epoch 00000000000000ff beat 1\n",
	    "allim epoch 00000000000000ff beat -1\n",
	    "allim epoch ",
	    "allim epoch 00000000000000ff beat 99999999999999999999999\n",
	};
	struct folder *folder = *state;
	uint64_t epoch = epoch_of(folder);
	char text[300];

	assert_int_equal(folder_publish(folder, 1, 1, 10), 0);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		folder_close(folder);
		write_sidecar(folder, texts[i]);
		epoch = assert_renewed(folder, epoch);
	}
	folder_close(folder);
	/* Right but for its end, and more than there may be. */
	snprintf(text, sizeof(text), "allim epoch %016llx beat 1", (unsigned long long)epoch);
	write_sidecar(folder, text);
	epoch = assert_renewed(folder, epoch);
	folder_close(folder);
	snprintf(text, sizeof(text), "allim epoch %016llx beat 1\n%200s", (unsigned long long)epoch,
		 "");
	write_sidecar(folder, text);
	assert_renewed(folder, epoch);
}

static void test_a_sidecar_that_cannot_be_read(void **state)
{
	struct folder *folder = *state;
	struct error error = {.text = ""};

	epoch_of(folder);
	folder_close(folder);
	unlink(folder_file(folder, "allim.epoch"));
	assert_int_equal(mkdir(folder_file(folder, "allim.epoch"), 0700), 0);
	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error),
			 -EISDIR);
	assert_non_null(strstr(error.text, "allim.epoch cannot be read"));
}

/* While it runs that is no harm; a start that must write does not happen. */
static void test_a_sidecar_that_cannot_be_written(void **state)
{
	struct folder *folder = *state;
	struct error error = {.text = ""};
	uint64_t epoch = epoch_of(folder);

	assert_int_equal(mkdir(folder_file(folder, "allim.epoch.new"), 0700), 0);
	assert_int_equal(folder_publish(folder, 10, 2, 10), 0);
	folder_close(folder);
	assert_kept(folder, epoch);
	assert_int_equal(folder_heads(folder, 2), 10);
	folder_close(folder);
	assert_int_equal(unlink(folder_file(folder, "allim.epoch")), 0);
	assert_int_equal(folder_open(folder, (struct store_options){.location = NULL}, &error),
			 -EISDIR);
	assert_non_null(strstr(error.text, "allim.epoch cannot be written"));
	assert_int_equal(rmdir(folder_file(folder, "allim.epoch.new")), 0);
	assert_renewed(folder, epoch);
}

/* With a beat in nearly every commit. */
static const struct store_options beating = {.maintenance_interval = 1};

static bool has_new_sidecar(struct folder *folder, ino_t old)
{
	struct stat status;

	assert_int_equal(stat(folder_file(folder, "allim.epoch"), &status), 0);
	return status.st_ino != old;
}

/* Once, however often it is tried; and once more when it begins again. */
static void test_a_sidecar_that_cannot_be_written_is_told(void **state)
{
	struct folder *folder = *state;
	struct error error = {.text = ""};
	struct stat status;
	int log;

	assert_int_equal(folder_open(folder, beating, &error), 0);
	log = catch_log(folder);
	for (int round = 0; round < 2; round++) {
		/* The store may be writing the file just now. */
		while (mkdir(folder_file(folder, "allim.epoch.new"), 0700) < 0)
			usleep(100);
		for (int i = 0; i < 20; i++) {
			usleep(2000);
			assert_int_equal(folder_publish(folder, 1, 1, 10), 0);
		}
		assert_int_equal(stat(folder_file(folder, "allim.epoch"), &status), 0);
		assert_int_equal(rmdir(folder_file(folder, "allim.epoch.new")), 0);
		while (!has_new_sidecar(folder, status.st_ino)) {
			usleep(2000);
			assert_int_equal(folder_publish(folder, 1, 1, 10), 0);
		}
	}
	folder_close(folder);
	assert_int_equal(count_logged(folder, log, "the epoch file cannot be written"), 2);
}

static void work_until_killed(struct folder *folder, int pipe)
{
	struct error error;

	if (folder_open(folder, beating, &error) < 0)
		_exit(2);
	for (;;) {
		if (folder_publish(folder, 3, 3, 100) < 0 || write(pipe, "+", 1) != 1)
			_exit(3);
		mark_all(folder);
	}
}

/* Returns once the child has published `publishes` times and was killed a random moment later. */
static void work_and_kill(struct folder *folder, struct random *random, int publishes)
{
	int ends[2], status;
	pid_t child;
	char byte;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		work_until_killed(folder, ends[1]);
	close(ends[1]);
	while (publishes-- > 0)
		assert_int_equal(read(ends[0], &byte, 1), 1);
	usleep((useconds_t)random_below(random, 20000));
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(ends[0]);
}

static void test_killed_at_any_moment(void **state)
{
	enum { KILLS = 24 };
	struct folder *folder = *state;
	uint64_t epoch = epoch_of(folder);
	struct random random;

	random_init(&random, 11);
	for (int i = 0; i < KILLS; i++) {
		folder_close(folder);
		/* Some kills meet a start, and some one that follows a kill. */
		work_and_kill(folder, &random, i % 4);
		if (i % 3 == 0)
			work_and_kill(folder, &random, 1);
		assert_kept(folder, epoch);
	}
}

/* The sidecar follows while the store runs, not only when it is closed. */
static void test_an_older_copy_after_a_kill(void **state)
{
	struct folder *folder = *state;
	uint64_t epoch = epoch_of(folder);
	struct random random;

	random_init(&random, 12);
	assert_int_equal(folder_publish(folder, 10, 2, 10), 0);
	folder_close(folder);
	vacuum_into_backup(folder);
	work_and_kill(folder, &random, 3);
	put_back(folder, "backup");
	assert_renewed(folder, epoch);
}

static void assert_untouched(struct folder *folder, const char *name, const struct stat *before)
{
	struct stat now;

	assert_int_equal(stat(folder_file(folder, name), &now), 0);
	assert_int_equal(now.st_ino, before->st_ino);
	assert_int_equal(now.st_size, before->st_size);
	assert_memory_equal(&now.st_mtim, &before->st_mtim, sizeof(now.st_mtim));
}

/* Dozens of rounds of maintenance write nothing once the last beat is made. */
static void test_idle(void **state)
{
	static const char *const names[] = {"allim.epoch", "allim.db", "allim.db-wal"};
	struct folder *folder = *state;
	struct store_options options = {
	    .maintenance_interval = 2, .retention_count = 100, .retention_age = 1LL << 50};
	struct stat before[3];
	struct store_statistics first, second;
	struct error error;

	assert_int_equal(folder_open(folder, options, &error), 0);
	/* A mark leaves nothing to fold, which would be due only in seconds. */
	assert_int_equal(folder_publish(folder, 1, 1, 10), 0);
	mark_all(folder);
	usleep(100000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(stat(folder_file(folder, names[i]), &before[i]), 0);
	store_statistics(folder->store, &first);
	usleep(200000);
	store_statistics(folder->store, &second);
	assert_true(second.queries > first.queries);
	assert_int_equal(second.commits, first.commits);
	for (int i = 0; i < 3; i++)
		assert_untouched(folder, names[i], &before[i]);
}

#define FOLDER_TEST(function) \
	cmocka_unit_test_setup_teardown(function, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    FOLDER_TEST(test_a_fresh_database_makes_both),
	    FOLDER_TEST(test_killed_between_both),
	    FOLDER_TEST(test_a_new_database_where_an_old_one_was),
	    FOLDER_TEST(test_a_moved_folder),
	    FOLDER_TEST(test_the_last_state_put_back),
	    FOLDER_TEST(test_a_database_without_beats),
	    FOLDER_TEST(test_an_older_copy),
	    FOLDER_TEST(test_a_mark_is_enough),
	    FOLDER_TEST(test_a_copy_by_vacuum),
	    FOLDER_TEST(test_a_missing_sidecar),
	    FOLDER_TEST(test_a_sidecar_that_says_nothing),
	    FOLDER_TEST(test_a_sidecar_that_cannot_be_read),
	    FOLDER_TEST(test_a_sidecar_that_cannot_be_written),
	    FOLDER_TEST(test_a_sidecar_that_cannot_be_written_is_told),
	    FOLDER_TEST(test_killed_at_any_moment),
	    FOLDER_TEST(test_an_older_copy_after_a_kill),
	    FOLDER_TEST(test_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
