/* The log's thread and its files: what is written, what is lost, and what files become. */
#include "lib/assertions.h"
#include "lib/captured_log.h"
#include "lib/failing_allocator.h"

#include "audit/audit_folder.h"
#include "audit/audit_page.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

struct scene {
	char path[32];
	int folder;
	struct settings settings;
	struct audit_log *log;
	struct audit_page page;
	struct buffer text; /* of all files */
};

static void open_log(struct scene *scene)
{
	const struct audit_options options = {.settings = &scene->settings, .node = 0xABC};
	struct error error;

	assert_int_equal(audit_log_open(&options, &scene->log, &error), 0);
	audit_page_init(&scene->page, scene->log);
}

static void close_log(struct scene *scene)
{
	audit_page_finish(&scene->page);
	audit_log_close(scene->log);
	scene->log = NULL;
}

static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	snprintf(scene->path, sizeof(scene->path), "/tmp/allim-test-XXXXXX");
	assert_non_null(mkdtemp(scene->path));
	scene->folder = open(scene->path, O_RDONLY | O_DIRECTORY);
	settings_init_defaults(&scene->settings);
	scene->settings.audit_to = AUDIT_TO_FILES;
	scene->settings.audit_folder = scene->path;
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;
	struct audit_folder_list list;

	assert_int_equal(audit_folder_list(scene->folder, &list), 0);
	for (size_t i = 0; i < list.count; i++)
		unlinkat(scene->folder, list.files[i].name, 0);
	audit_folder_list_finish(&list);
	unlinkat(scene->folder, "audit.lock", 0);
	close(scene->folder);
	rmdir(scene->path);
	buffer_finish(&scene->text);
	free(scene);
	return 0;
}

/* Returns how many files there are; their content is in `text` one behind the other. */
static size_t read_files(struct scene *scene)
{
	struct audit_folder_list list;
	size_t count;

	buffer_clear(&scene->text);
	assert_int_equal(audit_folder_list(scene->folder, &list), 0);
	for (size_t i = 0; i < list.count; i++) {
		int file = openat(scene->folder, list.files[i].name, O_RDONLY);
		char *place = buffer_reserve(&scene->text, 1 << 20);
		ssize_t length = read(file, place, 1 << 20);

		assert_true(length >= 0);
		scene->text.length += (size_t)length;
		close(file);
	}
	count = list.count;
	audit_folder_list_finish(&list);
	return count;
}

/* The line's member; the line has to be there, and JSON. */
static json_int_t number_in_line(struct scene *scene, size_t index, const char *name)
{
	struct slice rest = buffer_slice(&scene->text), line = SLICE("");
	json_t *json;
	json_int_t number;

	for (size_t i = 0; i <= index; i++)
		line = slice_split(&rest, '\n');
	json = json_loadb(line.data, line.length, 0, NULL);
	assert_non_null(json);
	number = json_integer_value(json_object_get(json, name));
	json_decref(json);
	return number;
}

static size_t count_lines(struct scene *scene)
{
	size_t count = 0;

	for (size_t i = 0; i < scene->text.length; i++)
		count += scene->text.data[i] == '\n';
	return count;
}

static void write_record(struct scene *scene, int64_t number)
{
	audit_page_begin(&scene->page, AUDIT_READ);
	audit_page_text(&scene->page, "user", SLICE("an\"na"));
	audit_page_number(&scene->page, "number", number);
	audit_page_true(&scene->page, "all");
	audit_page_end(&scene->page);
}

static uint64_t lost(struct scene *scene)
{
	struct audit_statistics statistics;

	audit_log_statistics(scene->log, &statistics);
	return statistics.lost;
}

/* Waits until all that was given is written or lost. */
static void settle(struct scene *scene)
{
	struct audit_statistics statistics;

	do {
		usleep(1000);
		audit_log_statistics(scene->log, &statistics);
	} while (statistics.waiting_bytes > 0);
}

static void test_a_record_is_a_line_of_json(void **state)
{
	struct scene *scene = *state;

	open_log(scene);
	write_record(scene, 7);
	write_record(scene, 8);
	close_log(scene);
	assert_int_equal(read_files(scene), 1);
	assert_int_equal(count_lines(scene), 2);
	assert_int_equal(number_in_line(scene, 1, "number"), 8);
	assert_non_null(
	    memmem(scene->text.data, scene->text.length,
		   "\"node\":\"0000000000000abc\",\"event\":\"read\",\"user\":\"an\\\"na"
		   "\",\"number\":7,\"all\":true}\n",
		   strlen("\"node\":\"0000000000000abc\",\"event\":\"read\",\"user\":"
			  "\"an\\\"na\",\"number\":7,\"all\":true}\n")));
}

static void test_there_is_no_log_without_a_place(void **state)
{
	struct scene *scene = *state;

	scene->settings.audit_to = AUDIT_TO_NOWHERE;
	open_log(scene);
	assert_null(scene->log);
	assert_false(audit_page_wants(&scene->page, AUDIT_READ));
	assert_int_equal(lost(scene), 0);
	close_log(scene);
}

static void test_deliveries_are_left_out_unless_they_are_named(void **state)
{
	static const char *const words[] = {"deliver"};
	struct scene *scene = *state;

	open_log(scene);
	assert_true(audit_log_wants(scene->log, AUDIT_PUBLISH));
	assert_true(audit_log_wants(scene->log, AUDIT_ADMINISTER));
	assert_false(audit_log_wants(scene->log, AUDIT_DELIVER));
	scene->settings.audit_events = (struct settings_list){words, 1};
	audit_log_reconfigure(scene->log, &scene->settings);
	assert_true(audit_log_wants(scene->log, AUDIT_DELIVER));
	assert_false(audit_log_wants(scene->log, AUDIT_PUBLISH));
	close_log(scene);
}

static void test_what_does_not_fit_is_lost_and_told(void **state)
{
	struct scene *scene = *state;
	struct captured_log log;

	scene->settings.audit_waiting_bytes = 1000;
	captured_log_start(&log);
	open_log(scene);
	for (int i = 0; i < 10; i++)
		write_record(scene, i);
	audit_page_turn(&scene->page);
	assert_int_equal(lost(scene), 10);
	write_record(scene, 10);
	close_log(scene);
	assert_int_equal(captured_log_count(&log, "records of the audit log are lost"), 1);
	captured_log_end(&log);
	read_files(scene);
	assert_int_equal(count_lines(scene), 2);
	assert_int_equal(number_in_line(scene, 0, "number") + number_in_line(scene, 1, "number"),
			 10);
	assert_int_equal(number_in_line(scene, 0, "records") + number_in_line(scene, 1, "records"),
			 10);
}

/* What could not even be given takes no room. */
static void test_without_memory_a_page_is_lost(void **state)
{
	struct scene *scene = *state;
	struct audit_statistics statistics;

	open_log(scene);
	write_record(scene, 1);
	failing_allocator_fail_at(1);
	audit_page_turn(&scene->page);
	assert_true(failing_allocator_reset());
	audit_log_statistics(scene->log, &statistics);
	assert_int_equal(statistics.lost, 1);
	assert_int_equal(statistics.waiting_bytes, 0);
	close_log(scene);
}

static void test_files_follow_one_another(void **state)
{
	struct scene *scene = *state;

	scene->settings.audit_file_bytes = 500;
	scene->settings.audit_files = 3;
	open_log(scene);
	for (int i = 0; i < 20; i++) {
		write_record(scene, i);
		audit_page_turn(&scene->page);
		settle(scene);
	}
	close_log(scene);
	assert_int_equal(read_files(scene), 3);
	assert_int_equal(number_in_line(scene, count_lines(scene) - 1, "number"), 19);
	assert_true(scene->text.length <= 1500);
	assert_true(count_lines(scene) >= 5);
}

static void test_a_restart_goes_on_in_the_newest_file(void **state)
{
	struct scene *scene = *state;
	int file;

	open_log(scene);
	write_record(scene, 1);
	close_log(scene);
	open_log(scene);
	write_record(scene, 2);
	close_log(scene);
	assert_int_equal(read_files(scene), 1);
	assert_int_equal(count_lines(scene), 2);
	/* A line that was cut stays by itself. */
	file = openat(scene->folder, "audit-20260501T093000Z-2.jsonl", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(file, "{\"cut", 5), 5);
	close(file);
	open_log(scene);
	write_record(scene, 3);
	close_log(scene);
	assert_int_equal(read_files(scene), 2);
	assert_int_equal(count_lines(scene), 4);
	assert_int_equal(number_in_line(scene, 3, "number"), 3);
}

/* What comes afterwards is not written to a file without a name. */
static void test_a_removed_file_is_followed_by_the_next(void **state)
{
	struct scene *scene = *state;
	struct audit_folder_list list;
	struct captured_log log;

	open_log(scene);
	write_record(scene, 1);
	audit_page_turn(&scene->page);
	settle(scene);
	assert_int_equal(audit_folder_list(scene->folder, &list), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(unlinkat(scene->folder, list.files[0].name, 0), 0);
	audit_folder_list_finish(&list);
	captured_log_start(&log);
	for (int i = 2; i < 4; i++) {
		write_record(scene, i);
		audit_page_turn(&scene->page);
		settle(scene);
	}
	assert_int_equal(captured_log_count(&log, "was removed while it was written"), 1);
	captured_log_end(&log);
	close_log(scene);
	assert_int_equal(read_files(scene), 1);
	assert_int_equal(count_lines(scene), 2);
	assert_int_equal(number_in_line(scene, 0, "number"), 2);
}

static void test_a_folder_has_one_node(void **state)
{
	struct scene *scene = *state;
	const struct audit_options options = {.settings = &scene->settings};
	struct audit_log *second;
	struct error error;

	open_log(scene);
	assert_int_equal(audit_log_open(&options, &second, &error), -EBUSY);
	assert_non_null(strstr(error.text, "give each node its own folder with audit.folder"));
	close_log(scene);
}

/* Half of a page has been written when the file may not grow any more. */
static void test_a_page_that_is_cut_is_taken_back(void **state)
{
	struct scene *scene = *state;
	struct captured_log log;
	struct rlimit limit;
	rlim_t before;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	before = limit.rlim_cur;
	open_log(scene);
	write_record(scene, 1);
	audit_page_turn(&scene->page);
	settle(scene);
	limit.rlim_cur = 400;
	setrlimit(RLIMIT_FSIZE, &limit);
	captured_log_start(&log);
	for (int i = 0; i < 5; i++)
		write_record(scene, 2 + i);
	audit_page_turn(&scene->page);
	settle(scene);
	limit.rlim_cur = before;
	setrlimit(RLIMIT_FSIZE, &limit);
	assert_int_equal(lost(scene), 5);
	write_record(scene, 7);
	close_log(scene);
	assert_int_equal(captured_log_count(&log, "File too large"), 1);
	captured_log_end(&log);
	read_files(scene);
	assert_int_equal(count_lines(scene), 3);
	assert_int_equal(number_in_line(scene, 0, "number"), 1);
	assert_int_equal(number_in_line(scene, 1, "number") + number_in_line(scene, 2, "number"),
			 7);
	assert_int_equal(number_in_line(scene, 1, "records") + number_in_line(scene, 2, "records"),
			 5);
}

#define LOG_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    LOG_TEST(test_a_record_is_a_line_of_json),
	    LOG_TEST(test_there_is_no_log_without_a_place),
	    LOG_TEST(test_deliveries_are_left_out_unless_they_are_named),
	    LOG_TEST(test_what_does_not_fit_is_lost_and_told),
	    LOG_TEST(test_without_memory_a_page_is_lost),
	    LOG_TEST(test_files_follow_one_another),
	    LOG_TEST(test_a_restart_goes_on_in_the_newest_file),
	    LOG_TEST(test_a_removed_file_is_followed_by_the_next),
	    LOG_TEST(test_a_folder_has_one_node),
	    LOG_TEST(test_a_page_that_is_cut_is_taken_back),
	};

	return cmocka_run_group_tests_name("audit_log", tests, NULL, NULL);
}
